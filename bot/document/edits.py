"""Applies the edits of fixes to a text, exactly: positions are those of findings, nothing else changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec import Struct

from bot.findings import Edit, Span

_BOM = "\ufeff"


class BadEdit(ValueError):
    """The edits cannot be applied together: two overlap, or one lies outside the text."""


class Positions:
    """Where lines and columns are in a text.

    Only LF ends a line, so the CR of a CR LF is the last column of its line. A byte order mark at the start of the
    text is not a column: it is before line 1, column 1.
    """

    def __init__(self, text: str) -> None:
        starts = [len(_BOM) if text.startswith(_BOM) else 0]
        at = text.find("\n", starts[0])
        while at >= 0:
            starts.append(at + 1)
            at = text.find("\n", at + 1)
        self._starts = starts
        self._end = len(text)

    @property
    def lines(self) -> int:
        """How many lines the text has: what comes after the last LF is one only when it is not empty."""
        return len(self._starts) - (self._starts[-1] == self._end)

    def line_start(self, line: int) -> int:
        """The offset of a 1-based line; the line after the last one starts at the end of the text."""
        return self._starts[line - 1] if line <= len(self._starts) else self._end

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based position. Raises `BadEdit` unless the position is in the text or at its end."""
        if not 1 <= line <= len(self._starts) or column < 1:
            raise BadEdit(f"there is no line {line}, column {column}")
        offset = self._starts[line - 1] + column - 1
        # The position after a line's LF is the start of the next line and has no other name.
        if offset > self._end or (line < len(self._starts) and offset >= self._starts[line]):
            raise BadEdit(f"there is no line {line}, column {column}")
        return offset

    def offsets(self, span: Span) -> tuple[int, int]:
        """The offsets of a span. Raises `BadEdit`."""
        start, end = self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)
        if end < start:
            raise BadEdit(f"the span ends at line {span.end_line}, before it starts at line {span.line}")
        return start, end


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all edits made. Their order does not matter; the same edit twice counts once.

    Raises `BadEdit` when two edits overlap, when two insert at the same place (which comes first would be a guess),
    or when one lies outside the text. Line endings and a byte order mark stay as they are.
    """
    positions = Positions(text)
    located = sorted({(*positions.offsets(edit.span), edit.text) for edit in edits})
    for (start, end, _), (next_start, next_end, _) in pairwise(located):
        if next_start < end or (start, end) == (next_start, next_end):
            raise BadEdit("two edits change the same text")
    return "".join(_pieces(text, located))


def _pieces(text: str, located: Iterable[tuple[int, int, str]]) -> Iterator[str]:
    done = 0
    for start, end, replacement in located:
        yield text[done:start]
        yield replacement
        done = end
    yield text[done:]


class Replacement(Struct, frozen=True):
    """Whole lines `start`..`line` (1-based, inclusive) of a text, and what stands there after some edits.

    `text` has its own line endings; it is empty when the lines are deleted.
    """

    start: int
    line: int
    text: str


def as_lines(text: str, edits: Iterable[Edit], first: int, last: int) -> Replacement | None:
    """The edits as a replacement of whole lines that includes the lines `first`..`last`.

    None when the edits change nothing, and when there are no lines. Raises `BadEdit` as `apply_edits` does.
    """
    edits = tuple(edits)
    changed = apply_edits(text, edits)
    positions = Positions(text)
    if changed == text or not positions.lines:
        return None
    # What is added after the last line belongs to the last line.
    start = min([first, positions.lines, *(edit.span.line for edit in edits)])
    line = min(max([last, *(_last_line(edit.span) for edit in edits)]), positions.lines)
    while True:
        from_offset, to_offset = positions.line_start(start), positions.line_start(line + 1)
        lines = changed[from_offset : len(changed) - (len(text) - to_offset)]
        # Edits that take away the last line ending join the next line, which then belongs to the replacement.
        if not lines or lines.endswith("\n") or to_offset == len(text):
            return Replacement(start, line, lines)
        line += 1


def _last_line(span: Span) -> int:
    """The last line that a span touches: one that ends before the first column of a line does not touch it."""
    return span.end_line - 1 if span.end_column == 1 and span.end_line > span.line else span.end_line
