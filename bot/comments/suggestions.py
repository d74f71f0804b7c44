"""Keeps the suggestions of a review that prove right: what GitHub would commit is made in memory and reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from bot.comments.plan import InlineComment, Review
from bot.document.edits import Positions
from bot.errors import ToolError
from bot.findings import Finding
from bot.fixes.proof import Trial, settle
from bot.options import Options
from bot.plugin import PluginRoot
from bot.review.engine import Base
from bot.source import Tree, Unreadable

#: A plugin is reviewed at most so often to find out which of its suggestions are not right.
MAX_TRIALS: Final = 12


def proven(
    review: Review, tree: Tree, roots: Iterable[PluginRoot], options: Options, base: Base | None = None
) -> Review:
    """The review without the suggestions that do not prove right when they are committed together.

    Their comments stay, but for those that have nothing else to say. `tree` is what was reviewed, against `base`.
    """
    by_name = {root.shown: root for root in roots}
    by_plugin: dict[str, list[InlineComment]] = {}
    for comment in (*review.inline, *review.further):
        for plugin in {finding.plugin for finding in _mended(comment)}:
            by_plugin.setdefault(plugin, []).append(comment)
    wrong: set[int] = set()
    for plugin, comments in by_plugin.items():
        try:
            trial = Trial(tree, by_name[plugin], options, base, review.result)
        except ToolError:  # Nothing can be proved where files cannot be read any more.
            wrong |= set(map(id, comments))
        else:
            wrong |= _wrong(comments, tree, plugin, trial)
    inline = (_without_suggestion(comment) if id(comment) in wrong else comment for comment in review.inline)
    further = (comment for comment in review.further if id(comment) not in wrong)
    return replace(review, inline=tuple(inline), further=tuple(further))


def _wrong(comments: Sequence[InlineComment], tree: Tree, plugin: str, trial: Trial) -> set[int]:
    """The ids of those of a plugin's comments whose suggestions do not prove right."""
    left = MAX_TRIALS

    def objection(some: Sequence[InlineComment]) -> str | None:
        nonlocal left
        if not left:
            return "too many others are not right"
        left -= 1
        try:
            findings = [finding for comment in some for finding in _mended(comment) if finding.plugin == plugin]
            return trial.objection(_contents(tree, some), findings)
        except (ToolError, Unreadable, UnicodeError) as error:
            return str(error)

    return set(map(id, comments)) - set(map(id, settle(comments, objection, lambda comment, reason: None)))


def _mended(comment: InlineComment) -> list[Finding]:
    """The findings that the suggestion takes away."""
    return [finding for finding in comment.findings if finding.fingerprint in comment.suggested]


def _contents(tree: Tree, comments: Iterable[InlineComment]) -> dict[str, bytes]:
    """The files with the suggestions made, by path. Raises `ToolError`, `Unreadable` and `UnicodeError`."""
    by_path: dict[str, list[InlineComment]] = {}
    for comment in comments:
        by_path.setdefault(comment.path, []).append(comment)
    return {path: _made(tree.read(path).decode(), members).encode() for path, members in by_path.items()}


def _made(text: str, comments: Iterable[InlineComment]) -> str:
    """A text with the lines of the comments replaced, which do not overlap."""
    positions = Positions(text)
    for comment in sorted(comments, key=lambda comment: comment.line, reverse=True):
        start, end = positions.line_start(comment.start_line), positions.line_start(comment.line + 1)
        text = text[:start] + (comment.suggestion or "") + text[end:]
    return text


def _without_suggestion(comment: InlineComment) -> InlineComment:
    line = comment.rows[0].line
    return replace(comment, start_line=line, line=line, suggestion=None, suggested=frozenset())
