"""Turns places of findings into positions of the Language Server Protocol and back.

The protocol counts lines and characters from 0, ends lines at LF, CR LF and CR, and counts characters in units that
editor and server agree on: of UTF-16 where nothing else is said. Findings count from 1, end lines at LF alone, and
count code points. A byte order mark at the start of a file is in neither.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Final

from lsprotocol.types import Position, PositionEncodingKind, Range

from bot.findings import Span
from bot.patterns import regex

_BOM: Final = "\ufeff"
_LINE_END: Final = regex("\r\n|\n|\r")


def _utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


#: How many units a text has.
_UNITS: Final[Mapping[str, Callable[[str], int]]] = {
    PositionEncodingKind.Utf8: _utf8,
    PositionEncodingKind.Utf16: _utf16,
    PositionEncodingKind.Utf32: len,
}


class Text:
    """The text of one file, without its byte order mark."""

    def __init__(self, content: str, encoding: str = PositionEncodingKind.Utf16) -> None:
        self.content = content.removeprefix(_BOM)
        self._units = _UNITS[encoding]
        self._lines = [0, *(match.end() for match in _LINE_END.finditer(self.content))]
        self._span_lines = [0, *(match.end() for match in re.finditer("\n", self.content))]

    # --- of findings --------------------------------------------------------------------------------------------------

    def range_of(self, span: Span | None) -> Range:
        """Where a finding stands: the start of the file where it is about the whole file."""
        if span is None:
            return Range(Position(0, 0), Position(0, 0))
        start = self._offset_of(span.line, span.column)
        return self.range_between(start, max(start, self._offset_of(span.end_line, span.end_column)))

    def _offset_of(self, line: int, column: int) -> int:
        starts = self._span_lines
        if line > len(starts):
            return len(self.content)
        line = max(line, 1)
        end = starts[line] - 1 if line < len(starts) else len(self.content)
        return min(starts[line - 1] + max(column, 1) - 1, end)

    # --- of the protocol ----------------------------------------------------------------------------------------------

    def range_between(self, start: int, end: int) -> Range:
        """What stands between two offsets, in code points."""
        return Range(self.position_at(start), self.position_at(end))

    def position_at(self, offset: int) -> Position:
        line = bisect_right(self._lines, offset) - 1
        return Position(line, self._units(self.content[self._lines[line] : offset]))

    def offset_at(self, position: Position) -> int:
        """The offset of a position, in code points. One that is not in the text counts as the nearest that is.

        Editors are asked for positions between characters; one inside of a character counts as before it.
        """
        line = min(max(position.line, 0), len(self._lines) - 1)
        if position.line > line:
            return len(self.content)
        row = self.line(line)
        if row.isascii():
            return self._lines[line] + min(max(position.character, 0), len(row))
        taken = 0
        for index, character in enumerate(row):
            taken += self._units(character)
            if taken > position.character:
                return self._lines[line] + index
        return self._lines[line] + len(row)

    @property
    def lines(self) -> int:
        return len(self._lines)

    def line_start(self, line: int) -> int:
        """The offset at which a line starts; lines count from 0."""
        return self._lines[line]

    def line_at(self, offset: int) -> int:
        return bisect_right(self._lines, offset) - 1

    def line(self, line: int) -> str:
        """A line without its end."""
        end = self._lines[line + 1] if line + 1 < len(self._lines) else len(self.content)
        return self.content[self._lines[line] : end].rstrip("\r\n")
