"""The fixes of findings as changes that an editor makes, exactly as `fix` would."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from lsprotocol.types import Position, Range, TextEdit

from bot.document.edits import BadEdit, Positions
from bot.editor.text import Text
from bot.findings import Edit

#: Texts with more lines are compared at their ends alone.
_MAX_COMPARED = 5_000


def edits_of(
    edits: Iterable[Edit], texts: Mapping[str, Text], known: Container[str]
) -> dict[str, list[TextEdit]] | None:
    """The edits of a fix by the path of the file; None where one does not fit its file. `known` are the files."""
    found: dict[str, list[TextEdit]] = {}
    try:
        for edit in dict.fromkeys(edits):
            text = texts[edit.path] if edit.path in known else Text("")
            start, end = Positions(text.content).offsets(edit.span)
            found.setdefault(edit.path, []).append(TextEdit(text.range_between(start, end), edit.text))
    except (BadEdit, KeyError):
        return None
    return found


def edits_between(before: Text, after: str) -> list[TextEdit]:
    """The edits that make one text of another, line by line, so that an editor keeps its place."""
    old, new = before.content.splitlines(keepends=True), after.splitlines(keepends=True)
    offsets = [0]
    for line in old:
        offsets.append(offsets[-1] + len(line))
    return [
        TextEdit(before.range_between(offsets[start], offsets[end]), "".join(new[first:last]))
        for start, end, first, last in _differences(old, new)
    ]


def _differences(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, int]]:
    if max(len(old), len(new)) <= _MAX_COMPARED:
        for tag, *places in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag != "equal":
                yield places[0], places[1], places[2], places[3]
        return
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if (start, start) != (len(old) - end, len(new) - end):
        yield start, len(old) - end, start, len(new) - end


def overlap(one: Range, other: Range) -> bool:
    """Whether two ranges have a place in common; the end of a range counts."""
    return _at(one.start) <= _at(other.end) and _at(other.start) <= _at(one.end)


def _at(position: Position) -> tuple[int, int]:
    return position.line, position.character
