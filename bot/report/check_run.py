"""The review as a check run: a title, a summary, and annotations in the form that GitHub's API takes."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from bot.comments.plan import Review
from bot.findings import Severity
from bot.languages import told
from bot.report import escape, markdown, words
from bot.report.links import NOWHERE, Context
from bot.report.workflow import annotation_message
from bot.review.outline import Row, rows
from bot.review.result import Conclusion

#: GitHub adds up the annotations of all requests and names no limit; each fifty cost a request.
MAX_ANNOTATIONS: Final = 250
#: GitHub's limit for the title of an annotation (code points); the title of the check run is kept to it too.
_TITLE_POINTS: Final = 255
#: GitHub's limit for the message of an annotation is 64 KB.
_MESSAGE_POINTS: Final = 10_000
_MESSAGE_BYTES: Final = 60_000

_LEVELS: Final = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTICE: "notice"}


class CheckRun(Struct, frozen=True):
    """What a check run shows. `annotations` are those that there is room for, the most severe first."""

    conclusion: str
    title: str
    summary: str
    annotations: tuple[dict[str, Any], ...]


def check_run(review: Review, context: Context = NOWHERE) -> CheckRun:
    """The check run of a review. It says everything, also what comments say.

    A required check passes also when it is neutral or skipped, so whatever is not a success is a failure.
    """
    result = review.result
    # An annotation needs a file, which the text of a pull request is not: the summary says those findings.
    annotated = rows(finding for finding in result.active if finding.location.source is None)
    passed = result.conclusion in (Conclusion.PASSED, Conclusion.NOTHING_TO_CHECK)
    return CheckRun(
        conclusion="success" if passed else "failure",
        title=_plain(told(words.headline(result, on_change=review.on_change)), _TITLE_POINTS),
        summary=markdown.check_summary(review, context),
        annotations=tuple(_annotation(row) for row in annotated[:MAX_ANNOTATIONS]),
    )


def _annotation(row: Row) -> dict[str, Any]:
    location, span = row.first.location, row.first.location.span
    place = {"path": location.path, "start_line": 1, "end_line": 1}
    if span is not None and location.member is None:
        place |= {"start_line": span.line, "end_line": span.end_line}
        # GitHub takes columns only where they are on one line.
        if span.line == span.end_line:
            place |= {"start_column": span.column, "end_column": span.end_column}
    return {
        **place,
        "path": escape.encodable(location.path),
        "annotation_level": _LEVELS[row.severity],
        "title": _plain(row.first.rule, _TITLE_POINTS),
        "message": _plain(annotation_message(row), _MESSAGE_POINTS),
    }


def _plain(text: str, points: int) -> str:
    """A text where GitHub shows plain text."""
    return escape.clip(escape.visible(text, newline="\n"), points, _MESSAGE_BYTES)
