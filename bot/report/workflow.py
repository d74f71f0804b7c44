"""The findings as annotations of a workflow run, which need no permission at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.findings import Finding, Safety, Severity
from bot.languages import told
from bot.messages import say, sentences
from bot.report import escape, words
from bot.review.outline import Row, rows
from bot.review.result import Result

#: The runner shows so many annotations of each level for a step, and drops the others without a message.
MAX_PER_LEVEL: Final = 10

#: The title of annotations about the run.
TITLE: Final = "Dify Plugin Review"

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "notice"}


def render(
    result: Result, findings: Iterable[Finding] | None = None, elsewhere: str = "--format text", notices: int = 0
) -> str:
    """What to print in a step: an annotation a line, the most severe first, then the verdict.

    `findings` are those to annotate: all that count, unless something else says some of them already. `elsewhere` says
    where those are for which there is no room. So many `notices` about the step itself are printed besides.
    """
    shown = rows(result.active if findings is None else findings)
    lines = []
    left: list[Finding] = []
    for severity in words.SEVERITIES:
        of_level = [row for row in shown if row.severity is severity]
        room = max(0, MAX_PER_LEVEL - (notices if severity is Severity.NOTICE else 0))
        lines += [_annotation(row) for row in of_level[:room]]
        left += [finding for row in of_level[room:] for finding in row.findings]
    if left:
        more = say("{findings} more: see {place}.", findings=words.tally(left), place=elsewhere)
        lines.append(escape.log_line(told(more)))
    failures = [told(say("The review failed: {error}", error=error)) for error in result.errors]
    lines += [escape.command("error", {"title": TITLE}, failure) for failure in failures[:1]]
    lines += [escape.log_line(failure) for failure in failures[1:]]
    lines.append(escape.log_line(verdict(result)))
    return "".join(f"{line}\n" for line in lines)


def verdict(result: Result) -> str:
    """The verdict in one line, to be escaped where it is printed."""
    headline = words.headline(result, on_change=result.compared_to is not None)
    return told(say("{clause}.", clause=headline))


def _annotation(row: Row) -> str:
    finding = row.first
    location, span = finding.location, finding.location.span
    # The text of a pull request is no file: its findings are shown without one.
    place: dict[str, str | int] = {"file": location.path}
    if span is not None and location.member is None and location.source is None:
        place |= {"line": span.line, "endLine": span.end_line}
        # The runner takes columns only where they are on one line.
        if span.line == span.end_line:
            place |= {"col": span.column, "endColumn": span.end_column}
    return escape.command(_COMMANDS[row.severity], {**place, "title": finding.rule}, annotation_message(row))


def annotation_message(row: Row) -> str:
    """What an annotation says, to be escaped where it is written."""
    finding, *others = row.findings
    location = finding.location
    named = location.member is not None or location.source is not None
    parts = [finding.message]
    if named:
        parts = [say("In {place}: {message}", place=words.place(finding), message=finding.message)]
    if others:
        parts.append(say("{n} more like it.", n=len(others)))
    if finding.fix is not None:
        title = finding.fix.title
        is_safe = finding.fix.safety is Safety.SAFE
        parts.append(say("Fix: {title}.", title=title) if is_safe else say("Likely fix: {title}.", title=title))
    return told(sentences(*parts))
