"""A file's change between two commits, and which of its lines a review may speak about.

GitHub numbers the lines of a diff in two ways. A *line* is counted in the file itself, on the RIGHT side (the new
text: added and unchanged lines) or on the LEFT side (the old text: deleted and unchanged lines). A *position* is
counted down from a file's first `@@`; the line below it is 1, and later `@@` lines count too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from msgspec import Struct

Side = Literal["LEFT", "RIGHT"]
Status = Literal["added", "removed", "modified", "renamed", "copied", "changed"]

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Place(Struct, frozen=True):
    """Where an anchor lies in a patch: in the `hunk`-th `@@` block, `position` lines below the first `@@`."""

    hunk: int
    position: int


class FileDiff(Struct, frozen=True, dict=True):
    """One file's change. `patch` begins at its first `@@`; it is None where there is none to show.

    `sha` is the blob on the new side, or on the old side for a removed file. `previous` is the old path of a renamed
    or copied file.
    """

    path: str
    previous: str | None
    status: Status
    sha: str
    additions: int
    deletions: int
    patch: str | None
    submodule: bool = False

    @property
    def old_path(self) -> str:
        return self.previous or self.path

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the patch; index 0 is the first `@@`, so an index is a position."""
        return tuple(self.patch.split("\n")) if self.patch else ()

    @cached_property
    def _places(self) -> dict[tuple[Side, int], Place]:
        return dict(self._walk())

    @cached_property
    def _anchors(self) -> dict[int, tuple[Side, int]]:
        """What a position means; an unchanged line is one of the RIGHT side."""
        anchors: dict[int, tuple[Side, int]] = {}
        for anchor, place in self._walk():
            if anchor[0] == "RIGHT" or place.position not in anchors:
                anchors[place.position] = anchor
        return anchors

    def _walk(self) -> Iterator[tuple[tuple[Side, int], Place]]:
        hunk, old, new = -1, 0, 0
        for position, text in enumerate(self.lines):
            if header := _HUNK.match(text):
                hunk, old, new = hunk + 1, int(header[1]), int(header[3])
                continue
            place = Place(hunk, position)
            if text[:1] in ("-", " "):
                yield ("LEFT", old), place
                old += 1
            if text[:1] in ("+", " "):
                yield ("RIGHT", new), place
                new += 1

    def place(self, side: Side, line: int) -> Place | None:
        """Where `line` of `side` is in the patch, or None if it is in no hunk."""
        return self._places.get((side, line))

    def anchor(self, position: int) -> tuple[Side, int] | None:
        """The side and line that a position stands for, or None if it stands for none."""
        return self._anchors.get(position)

    def hunk_until(self, place: Place) -> str:
        """The hunk of `place` from its `@@` down to the line itself: what GitHub shows above a comment."""
        start = place.position
        while not _HUNK.match(self.lines[start]):
            start -= 1
        return "\n".join(self.lines[start : place.position + 1])

    @cached_property
    def _unchanged(self) -> dict[int, int]:
        """The unchanged lines inside the hunks: their number in the old text and in the new text."""
        by_position: dict[int, int] = {}
        unchanged: dict[int, int] = {}
        for (side, line), place in self._walk():
            if side == "LEFT":
                by_position[place.position] = line
            elif place.position in by_position:
                unchanged[by_position[place.position]] = line
        return unchanged

    def follow(self, line: int) -> int | None:
        """The number that a line of the old text has in the new one, or None if it was changed or deleted."""
        if self.status == "removed" or (self.patch is None and self.additions + self.deletions):
            return None
        shift = 0
        for text in self.lines:
            header = _HUNK.match(text)
            if header is None:
                continue
            start, count, new_count = int(header[1]), int(header[2] or 1), int(header[4] or 1)
            if line < start:
                break
            if line < start + count:
                return self._unchanged.get(line)
            shift += new_count - count
        return line + shift
