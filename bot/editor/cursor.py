"""Where a cursor stands in YAML that is still being written, which no parser takes.

The text is read line by line, as far as its indentation tells: block mappings and lists, which is how plugins are
written. In anything else, such as text of several lines or a mapping in braces, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from bot.document import Pointer
from bot.editor.text import Text
from bot.patterns import regex

#: So many lines are looked at in each direction.
_MAX_LINES: Final = 20_000

# Nothing is given back once it is matched: lines of any length are read in linear time.
_HEAD: Final = regex(r" *+(?:-(?: ++|$))*+")
_KEY: Final = regex(
    r"""(?P<key>"(?:[^"\\]|\\.)*+"|'[^']*+'|[^\s#"'\[\]{}&*!|>%@`,:-][^#:]*+|-[^\s:#][^#:]*+)\s*+:(?=\s|$)"""
)
_ITEM: Final = regex(r"-(?: ++|$)")
#: What may stand between a key and the lines below it without being the value.
_NO_VALUE: Final = regex(r"\s*+(?:[&!]\S*+\s*+)*+(?:#.*)?")


class Cursor(Struct, frozen=True):
    """What would stand at a cursor: a key of the mapping at `pointer`, or the value at `pointer`.

    An item of a list may be both: a key of the item at `pointer`, or the item itself. `start` and `end` are the offsets
    of what is there already, and `keys` those of the same mapping. Items of lists are all 0 in the pointer.
    """

    pointer: Pointer
    is_key: bool
    is_value: bool
    start: int
    end: int
    keys: frozenset[str] = frozenset()
    #: A colon follows already.
    has_colon: bool = False


class _Line(Struct, frozen=True):
    """The columns of the items that a line begins, and its key with what follows."""

    items: tuple[int, ...]
    key: str | None
    column: int
    rest: str


def cursor_at(text: Text, offset: int) -> Cursor | None:
    """None where indentation does not tell what stands there."""
    number = text.line_at(offset)
    row = text.line(number)
    column = offset - text.line_start(number)
    head = _HEAD.match(row)
    start = min(head.end() if head is not None else 0, column)
    before = row[start:column]
    found = _KEY.match(row, start)
    if "#" in before and re.search(r"(?:^|\s)#", before):
        return None
    if row[:column].strip(" ") == "" and column < start:
        start = column
    line = text.line_start(number)
    above = _above(text, number, row[:start], start)
    if above is None:
        return None
    if found is not None and column >= found.end():
        value = row[found.end() :]
        begin = found.end() + len(value) - len(value.lstrip(" "))
        end = found.end() + len(_without_comment(value))
        begin, end = min(begin, column), max(end, column)
        if value.strip()[:1] in ("{", "[", "|", ">"):
            return None
        return Cursor((*above, _plain(found["key"])), False, True, line + begin, line + end)
    if before[:1] in ("{", "[", "|", ">", "&", "*", "!"):
        return None
    end = start + len(found["key"].rstrip() if found is not None else _without_comment(row[start:]))
    keys = frozenset(_siblings(text, number, start))
    is_item = bool(above) and above[-1] == 0 and row[:start].endswith("- ") and found is None
    return Cursor(above, True, is_item, line + start, line + max(end, column), keys, found is not None)


def _read(row: str) -> _Line | None:
    """What a line begins; None for one without content."""
    column = len(row) - len(row.lstrip(" "))
    if column == len(row) or row[column] == "#" or row.startswith(("---", "...", "%")):
        return None
    items = []
    while (item := _ITEM.match(row, column)) is not None:
        items.append(column)
        column = item.end()
    found = _KEY.match(row, column)
    if found is None:
        return _Line(tuple(items), None, column, row[column:])
    return _Line(tuple(items), _plain(found["key"]), column, row[found.end() :])


def _without_comment(value: str) -> str:
    return value.split(" #", 1)[0].rstrip()


def _plain(key: str) -> str:
    return key[1:-1] if key[:1] in ("'", '"') and len(key) > 1 else key.strip()


def _above(text: Text, number: int, own: str, column: int) -> Pointer | None:
    """The pointer of the mapping whose keys stand in this column; None where it is not one."""
    pointer: list[str | int] = []
    bound = column
    after_item = False
    for item in reversed([index for index, character in enumerate(own) if character == "-"]):
        pointer.append(0)
        bound, after_item = item, True
    for row in (text.line(index) for index in range(number - 1, max(number - _MAX_LINES, -1), -1)):
        if bound == 0 and not after_item:
            break
        line = _read(row)
        if line is None:
            continue
        if line.key is not None and (line.column < bound or (after_item and line.column == bound)):
            if not _NO_VALUE.fullmatch(line.rest):
                return None
            pointer.append(line.key)
            bound, after_item = line.column, False
        elif line.key is None and line.column < bound and not line.items:
            return None
        for item in reversed(line.items):
            if item < bound:
                pointer.append(0)
                bound, after_item = item, True
    return tuple(reversed(pointer))


def _siblings(text: Text, number: int, column: int) -> Iterator[str]:
    """The other keys of the mapping whose keys stand in this column."""
    own = _read(text.line(number))
    if own is None or not own.items:
        for index in range(number - 1, max(number - _MAX_LINES, -1), -1):
            line = _read(text.line(index))
            if line is None:
                continue
            if line.column == column and line.key is not None:
                yield line.key
            if min((*line.items, line.column)) < column:
                break
    for index in range(number + 1, min(number + _MAX_LINES, text.lines)):
        line = _read(text.line(index))
        if line is None:
            continue
        if min((*line.items, line.column)) < column or (line.items and line.column == column):
            break
        if line.column == column and line.key is not None:
            yield line.key
