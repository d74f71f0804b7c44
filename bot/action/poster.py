"""Writes what is posted on a pull request, and knows it again: Markdown for `bot.github.conversation`."""

from __future__ import annotations

import re

from msgspec import Struct

from bot.comments.plan import FileComment, InlineComment, Review
from bot.patterns import regex
from bot.report import markdown
from bot.report.links import Context

_SUGGESTION = regex(r"^`{3,}suggestion\s*$", re.MULTILINE)


class Poster(Struct, frozen=True):
    """Writes for one pull request.

    A comment is ours by its author and by the mark in its last lines. One that quotes ours has the mark elsewhere, and
    one of a job that reviews another part of the repository has another mark.
    """

    context: Context

    def summary(self, review: Review) -> str:
        return markdown.summary_comment(review, self.context)

    def review_body(self, review: Review) -> str:
        return markdown.review_body(review, self.context)

    def comment(self, comment: InlineComment | FileComment) -> str:
        if isinstance(comment, InlineComment):
            return markdown.inline_comment(comment, self.context)
        return markdown.file_comment(comment, self.context)

    def is_summary(self, body: str) -> bool:
        marker, *_ = [*_last_lines(body, 2), ""]
        return (
            marker == markdown.summary_marker(self.context.scope)
            and markdown.read_state(_last_lines(body, 1)[0]) is not None
        )

    def told(self, body: str) -> tuple[str, ...]:
        state = markdown.read_state(_last_lines(body, 1)[0])
        return state.told if state is not None else ()

    def keys(self, body: str) -> tuple[str, ...]:
        return markdown.read_keys(_last_lines(body, 1)[0], self.context.scope)

    def suggests(self, body: str) -> bool:
        return _SUGGESTION.search(body) is not None


def _last_lines(body: str, count: int) -> list[str]:
    return body.rstrip().splitlines()[-count:] or [""]
