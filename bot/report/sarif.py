"""The result as SARIF 2.1.0, within what GitHub's code scanning takes."""

from __future__ import annotations

from typing import Any, Final

from bot import __version__
from bot.findings import Confidence, Finding, Fix, Location, Severity, Span
from bot.report import escape, words
from bot.report.json import dumps
from bot.review.result import Conclusion, Result

#: GitHub rejects a file with more results in a run.
MAX_RESULTS: Final = 25_000

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}
# GitHub's own words for the severity and the certainty of a rule.
_PROBLEM_SEVERITIES: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTICE: "recommendation",
}
_PRECISIONS: Final = {Confidence.CERTAIN: "very-high", Confidence.LIKELY: "high"}
_ROOT = "%SRCROOT%"


def render(result: Result) -> str:
    """The result as a SARIF log. What GitHub would not take is left out, the least severe first, and counted."""
    return dumps(to_data(result)) + "\n"


def to_data(result: Result) -> dict[str, Any]:
    """The SARIF log as plain data."""
    ranked = sorted(result.findings, key=_rank)
    kept = sorted(ranked[:MAX_RESULTS], key=lambda finding: finding.sort_key)
    rules = sorted({finding.rule for finding in kept})
    indexes = {rule: index for index, rule in enumerate(rules)}
    notifications = [_notification("error", error) for error in result.errors]
    if len(ranked) > len(kept):
        text = f"{len(ranked) - len(kept):,} of {len(ranked):,} findings are left out, the least severe ones."
        notifications.append(_notification("warning", text))
    notifications += [
        _notification("note", f"{entry.rule} was not checked in {entry.plugin}: {entry.reason}")
        for entry in result.unchecked
    ]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": words.TOOL,
                        "fullName": f"Dify Plugin Review {__version__}",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "informationUri": words.HOME,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": result.conclusion is not Conclusion.ERROR,
                        "exitCode": result.exit_code,
                        "toolExecutionNotifications": notifications,
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
                "results": [_result(finding, indexes[finding.rule], result) for finding in kept],
            }
        ],
    }


def _rank(finding: Finding) -> tuple[object, ...]:
    counts = finding.new and finding.suppressed is None
    return (not counts, -finding.severity, finding.sort_key)


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": _message(text)}


def _message(text: str) -> dict[str, str]:
    """A message. In SARIF `[text](target)` is a link, which nothing of a plugin may make."""
    return {"text": escape.visible(text, newline="\n").replace("](", "] (")}


def _rule(rule: str) -> dict[str, Any]:
    known = words.rule(rule)
    if known is None:
        # GitHub asks for every text.
        text = {"text": f"A rule of another version of {words.TOOL}."}
        return {"id": rule, "shortDescription": text, "fullDescription": text, "help": text}
    return {
        "id": rule,
        "shortDescription": {"text": known.summary},
        "fullDescription": {"text": known.why},
        "helpUri": known.docs,
        "help": {
            "text": f"{known.why}\n\nFix: {known.fix}",
            "markdown": f"{known.why}\n\n**Fix:** {known.fix}\n\n[{rule}]({known.docs})",
        },
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
        "properties": {
            "tags": ["dify-plugin", known.family],
            "precision": _PRECISIONS[known.confidence],
            "problem.severity": _PROBLEM_SEVERITIES[known.severity],
        },
    }


def _result(finding: Finding, rule_index: int, result: Result) -> dict[str, Any]:
    location = finding.location
    text = finding.message
    if location.member is not None:
        text = f"In {location.member}: {text}"
    elif location.source is not None:
        text = f"In the {words.location(finding.location)}: {text}"
    data: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": _message(text),
        "locations": [_location(location, finding.plugin, finding.excerpt)],
        # GitHub recognises an alert by the first of these, whatever line it is on.
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
            "difyPluginReview/v1": finding.fingerprint,
        },
    }
    # GitHub shows one revision only: places in another one have no lines there.
    related = [item for item in finding.related if not item.before]
    if related:
        data["relatedLocations"] = [
            {"id": number, **_location(item.location, finding.plugin, item.excerpt), "message": _message(item.message)}
            for number, item in enumerate(related, 1)
        ]
    if result.known_from:
        data["baselineState"] = "new" if finding.new else "unchanged"
    if finding.suppressed is not None:
        # A suppression is written in the file it is about, or else in the configuration.
        kind = "inSource" if finding.suppressed.where.startswith(location.path or "\0") else "external"
        justification = escape.visible(finding.suppressed.reason, newline="\n")
        data["suppressions"] = [{"kind": kind, "status": "accepted", "justification": justification}]
    # SARIF has no words for a file that is moved.
    if finding.fix is not None and finding.fix.edits and not finding.fix.moves and location.member is None:
        data["fixes"] = [_fix(finding.fix, finding.plugin)]
    return data


def _location(location: Location, plugin: str, excerpt: str = "") -> dict[str, Any]:
    span = location.span
    # GitHub asks for a file and a line. A file as a whole, and a file inside a package, are its first; what is said of
    # the text of a pull request stands at the plugin that it submits.
    in_file = location.member is None and location.source is None
    region: dict[str, Any] = {"startLine": 1}
    if span is not None and in_file:
        region = dict(_region(span))
        if excerpt:
            region["snippet"] = {"text": escape.visible(excerpt)}
    path = location.path if location.source is None else plugin
    data: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(path), "region": region}}
    if location.source is not None:
        data["logicalLocations"] = [{"fullyQualifiedName": location.file, "kind": "member"}]
    if location.member is not None:
        data["logicalLocations"] = [{"fullyQualifiedName": escape.visible(location.file), "kind": "member"}]
    return data


def _artifact(path: str) -> dict[str, str]:
    return {"uri": escape.sarif_uri(path), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fix(fix: Fix, plugin: str) -> dict[str, Any]:
    prefix = "" if plugin == "." else f"{plugin}/"
    by_path: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {
            "deletedRegion": _region(edit.span),
            "insertedContent": {"text": escape.encodable(edit.text)},
        }
        by_path.setdefault(prefix + edit.path, []).append(replacement)
    changes = [{"artifactLocation": _artifact(path), "replacements": edits} for path, edits in by_path.items()]
    return {"description": _message(fix.title), "artifactChanges": changes}
