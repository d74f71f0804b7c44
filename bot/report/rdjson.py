"""The result as Reviewdog Diagnostic Format, `DiagnosticResult` in JSON, for `reviewdog -f=rdjson`.

Its columns count bytes of UTF-8, so they need the text of the file; where that is not at hand, lines are named alone.
"""

from __future__ import annotations

from typing import Any, Final

from bot.document.edits import BadEdit, Positions, as_lines
from bot.findings import Finding, Safety, Severity, Span
from bot.options import Profile
from bot.report import escape, words
from bot.report.formats import Texts
from bot.report.json import dumps
from bot.review.result import Result

_SEVERITIES: Final = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTICE: "INFO"}


def render(result: Result, texts: Texts | None = None) -> str:
    """The findings that count, what could have failed the review and was not judged, and faults of the tool."""
    not_judged = "INFO" if result.profile is Profile.AUTHOR else "ERROR"
    diagnostics = [_diagnostic(finding, texts) for finding in result.active]
    diagnostics += [
        _other(not_judged, entry.plugin, entry.rule, f"Not judged: {entry.reason}") for entry in result.open_questions
    ]
    diagnostics += [_other("ERROR", ".", "tool-error", text) for text in result.errors]
    return dumps({"source": {"name": words.TOOL, "url": words.HOME}, "diagnostics": diagnostics}) + "\n"


def _diagnostic(finding: Finding, texts: Texts | None) -> dict[str, Any]:
    location = finding.location
    in_file = words.is_in_file(finding)
    lines = texts(location) if texts is not None and in_file else None
    place: dict[str, Any] = {"path": escape.visible(location.path if location.source is None else finding.plugin)}
    if location.span is not None and in_file:
        place["range"] = _range(location.span, lines)
    rule = words.rule(finding.rule)
    data: dict[str, Any] = {
        "message": escape.visible(words.standalone(finding)),
        "location": place,
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule} | ({"url": rule.docs} if rule is not None else {}),
    }
    suggestion = _suggestion(finding, lines)
    return data | ({"suggestions": [suggestion]} if suggestion is not None else {})


def _other(severity: str, path: str, rule: str, text: str) -> dict[str, Any]:
    return {
        "message": escape.visible(text),
        "location": {"path": escape.visible(path)},
        "severity": severity,
        "code": {"value": rule},
    }


def _range(span: Span, text: str | None) -> dict[str, Any]:
    if text is None:
        return {"start": {"line": span.line}, "end": {"line": span.end_line}}
    positions = Positions(text)
    try:
        return {
            "start": {"line": span.line, "column": _column(positions, text, span.line, span.column)},
            "end": {"line": span.end_line, "column": _column(positions, text, span.end_line, span.end_column)},
        }
    except BadEdit:  # The file has changed since it was reviewed.
        return _range(span, None)


def _column(positions: Positions, text: str, line: int, column: int) -> int:
    """The column in bytes of UTF-8, from 1 on."""
    before = text[positions.line_start(line) : positions.offset(line, column)]
    return len(before.encode("utf-8", "replace")) + 1


def _suggestion(finding: Finding, text: str | None) -> dict[str, Any] | None:
    """The safe fix as whole lines, where it changes only the file of the finding."""
    fix, span = finding.fix, finding.location.span
    prefix = "" if finding.plugin == "." else f"{finding.plugin}/"
    if fix is None or fix.safety is not Safety.SAFE or text is None or span is None:
        return None
    if fix.moves or any(prefix + edit.path != finding.location.path for edit in fix.edits):
        return None
    try:
        made = as_lines(text, fix.edits, span.line, span.line)
    except BadEdit:
        return None
    if made is None or not made.text:
        return None
    replaced = escape.encodable(made.text.removesuffix("\n"))
    end = text.split("\n")[made.line - 1]
    stop = {"line": made.line, "column": len(end.encode("utf-8", "replace")) + 1}
    return {"range": {"start": {"line": made.start, "column": 1}, "end": stop}, "text": replaced}
