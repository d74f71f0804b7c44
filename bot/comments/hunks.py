"""Which lines a change shows and which it changed: unified diffs, read into hunks.

GitHub takes a review comment only on a line that lies inside a hunk, so these positions decide what can be said
inline. Line numbers are 1-based throughout. Nothing here fails on malformed text: a hunk that does not hold what its
header promises, as at the end of a truncated patch, is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Literal

from msgspec import Struct, field

from bot.patterns import regex

#: The side of a diff, in GitHub's words: LEFT is the file before the change, RIGHT after it.
Side = Literal["LEFT", "RIGHT"]

#: What `git diff` has to be told so that no configuration changes the form of what `parse_diff` reads.
GIT_DIFF_OPTIONS = (
    "--unified=3",
    "--find-renames",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--submodule=short",
)

_HUNK_HEADER = regex(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@")


class Hunk(Struct, frozen=True):
    """One hunk, with the numbers of its header. Each of `lines` starts with its mark: space, `-` or `+`.

    A side without lines has count 0, and its start is the line before the hunk.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[str, ...]

    @property
    def old_range(self) -> range:
        """The lines shown of the file before the change. An empty range still stands where they would be."""
        return _lines(self.old_start, self.old_count)

    @property
    def new_range(self) -> range:
        """The lines shown of the file after the change. An empty range still stands where they would be."""
        return _lines(self.new_start, self.new_count)


def _lines(start: int, count: int) -> range:
    first = start if count else start + 1
    return range(first, first + count)


class ChangedLines(Struct, frozen=True):
    """Lines `old` replaced by lines `new`; either may be empty, and then stands where the lines would be."""

    old: range
    new: range


class FileHunks(Struct, frozen=True, dict=True):
    """The hunks of one file, in order, none overlapping another."""

    hunks: tuple[Hunk, ...] = ()

    def contains(self, line: int, side: Side = "RIGHT") -> bool:
        """Whether the diff shows this line of that side, changed or as context."""
        return self.anchor(line, line, side) is not None

    def anchor(self, start_line: int, end_line: int, side: Side = "RIGHT") -> tuple[int, int] | None:
        """`(start_line, end_line)` where GitHub takes a comment on these lines, all in one hunk; else None."""
        shown = self._shown[side]
        index = bisect_right(shown, start_line, key=lambda lines: lines.start) - 1
        if index < 0 or start_line > end_line or end_line >= shown[index].stop:
            return None
        return start_line, end_line

    @cached_property
    def _shown(self) -> dict[Side, list[range]]:
        return {"LEFT": [hunk.old_range for hunk in self.hunks], "RIGHT": [hunk.new_range for hunk in self.hunks]}

    @cached_property
    def changes(self) -> tuple[ChangedLines, ...]:
        """Every run of removed and added lines, in order."""
        return tuple(change for hunk in self.hunks for change in _changes(hunk))

    def new_line(self, old_line: int) -> int | None:
        """The number in the new file of a line of the old one, or None if the change removed it."""
        index = bisect_right(self.changes, old_line, key=lambda change: change.old.start) - 1
        if index < 0:
            return old_line
        change = self.changes[index]
        return None if old_line in change.old else old_line - change.old.stop + change.new.stop

    def old_line(self, new_line: int) -> int | None:
        """The number in the old file of a line of the new one, or None if the change added it."""
        index = bisect_right(self.changes, new_line, key=lambda change: change.new.start) - 1
        if index < 0:
            return new_line
        change = self.changes[index]
        return None if new_line in change.new else new_line - change.new.stop + change.old.stop


def _changes(hunk: Hunk) -> Iterator[ChangedLines]:
    old = first_old = hunk.old_range.start
    new = first_new = hunk.new_range.start
    for line in hunk.lines:
        if line[0] == "-":
            old += 1
        elif line[0] == "+":
            new += 1
        else:
            if old > first_old or new > first_new:
                yield ChangedLines(range(first_old, old), range(first_new, new))
            old = first_old = old + 1
            new = first_new = new + 1
    if old > first_old or new > first_new:
        yield ChangedLines(range(first_old, old), range(first_new, new))


def parse_patch(patch: str) -> tuple[Hunk, ...]:
    """The hunks of the `patch` that GitHub gives for one file: hunks only, no file header."""
    lines = patch.split("\n")
    hunks: list[Hunk] = []
    index = 0
    while index < len(lines):
        index = _read_hunk(lines, index, hunks) if lines[index].startswith("@@ ") else index + 1
    return tuple(hunks)


def _read_hunk(lines: Sequence[str], index: int, hunks: list[Hunk]) -> int:
    """Reads the hunk whose header is `lines[index]`, adds it to `hunks` if it is sound, and gives the next index."""
    header = _HUNK_HEADER.match(lines[index])
    index += 1
    if header is None:
        return index
    old_start, old_count, new_start, new_count = (1 if number is None else int(number) for number in header.groups())
    old_left, new_left = old_count, new_count
    body = []
    while old_left or new_left:  # below zero they never meet zero again, and the hunk is left out
        # The text after the last line break is not a line unless it has a mark of its own.
        if index >= len(lines) or (index == len(lines) - 1 and not lines[index]):
            return index
        line = lines[index] or " "  # git leaves the mark of an empty line out if it is configured to
        mark = line[0]
        if mark not in " -+\\":
            return index
        if mark != "\\":  # "\ No newline at end of file" is about the line before it
            old_left -= mark != "+"
            new_left -= mark != "-"
            body.append(line)
        index += 1
    hunk = Hunk(old_start, old_count, new_start, new_count, tuple(body))
    if body and _follows(hunk, hunks):
        hunks.append(hunk)
    return index


def _follows(hunk: Hunk, hunks: Sequence[Hunk]) -> bool:
    old_end, new_end = (hunks[-1].old_range.stop, hunks[-1].new_range.stop) if hunks else (1, 1)
    return hunk.old_range.start >= old_end and hunk.new_range.start >= new_end


# --- whole diffs ----------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """What a change did to a file, in GitHub's words."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    RENAMED = "renamed"
    COPIED = "copied"


class FileDiff(Struct, frozen=True):
    """What a change did to one file. `path` is its name after the change, or before it if it was removed."""

    path: str
    status: Status = Status.MODIFIED
    #: The name before the change: `path` itself unless the file was renamed or copied, None if it was added.
    old_path: str | None = None
    hunks: FileHunks = FileHunks()
    binary: bool = False


def parse_diff(text: bytes | str) -> dict[str, FileDiff]:
    """What `git diff` (with `GIT_DIFF_OPTIONS`) or GitHub's diff of a pull request says, by path.

    Bytes are read as UTF-8; bytes that are not become lone surrogates, in paths too (as `os.fsdecode` does). Where a
    file changed its type git tells of a removal and an addition: the addition counts. Merge diffs are left out.
    """
    lines = (text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text).split("\n")
    files: dict[str, FileDiff] = {}
    header: _Header | None = None
    hunks: list[Hunk] = []

    def finish() -> None:
        diff = header.file_diff(tuple(hunks)) if header else None
        if diff:
            files[diff.path] = diff

    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith("diff --"):
            finish()
            header = _Header(line.removeprefix("diff --git ")) if line.startswith("diff --git ") else None
            hunks = []
        elif header and line.startswith("@@ "):
            header.complete = True
            index = _read_hunk(lines, index, hunks)
            continue
        elif header and not header.complete:
            header.read(line)
        index += 1
    finish()
    return files


class _Header(Struct):
    """The lines of a file's diff before its first hunk."""

    names: str
    #: Set at the first hunk: after it a line that looks like a header is content of a broken hunk.
    complete: bool = False
    _facts: dict[str, str] = field(default_factory=dict)

    def read(self, line: str) -> None:
        for key in (
            "--- ", "+++ ", "new file mode ", "deleted file mode ", "rename from ", "rename to ", "copy from ",
            "copy to ", "Binary files ", "GIT binary patch",
        ):  # fmt: skip
            if line.startswith(key):
                self._facts[key.strip()] = line.removeprefix(key)

    def file_diff(self, hunks: tuple[Hunk, ...]) -> FileDiff | None:
        """None if the names cannot be made out."""
        facts = self._facts
        both = _common_name(self.names)
        old = _side_name(facts, "---", "a/", "rename from", "copy from") or both
        new = _side_name(facts, "+++", "b/", "rename to", "copy to") or both
        if "new file mode" in facts:
            status, path, old_path = Status.ADDED, new, None
        elif "deleted file mode" in facts:
            status, path, old_path = Status.REMOVED, old, old
        else:
            status, path, old_path = Status.MODIFIED, new, old
            if "rename to" in facts:
                status = Status.RENAMED
            elif "copy to" in facts:
                status = Status.COPIED
        if path is None or (old_path is None and status is not Status.ADDED):
            return None
        binary = "Binary files" in facts or "GIT binary patch" in facts
        return FileDiff(path, status, old_path, FileHunks(hunks), binary)


def _side_name(facts: dict[str, str], marker: str, prefix: str, *moves: str) -> str | None:
    for move in moves:
        if move in facts:
            return _unquoted(facts[move])
    # git ends a name with spaces in it with a tab, for the sake of other readers of diffs.
    name = _unquoted(facts.get(marker, "").removesuffix("\t"))
    return name.removeprefix(prefix) if name and name.startswith(prefix) else None


def _common_name(names: str) -> str | None:
    """The name in `a/name b/name`, which is all there is when no line changed."""
    if names.startswith('"'):
        quoted = _QUOTED_NAME.match(names)
        first = _unquoted(quoted[0]) if quoted else None
        return first.removeprefix("a/") if first and first.startswith("a/") else None
    half = len(names) // 2
    first, second = names[:half], names[half + 1 :]
    same = (
        first.startswith("a/") and second.startswith("b/") and first[2:] == second[2:] and names[half : half + 1] == " "
    )
    return first[2:] if same else None


_QUOTED_NAME = regex(r'"(?:[^"\\]|\\.)*"')
_NO_BYTE = regex(r"[\ud800-\udc7f\udd00-\udfff]")
_ESCAPE = regex(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


def _unquoted(name: str) -> str | None:
    """A name as git writes it: as it is, or in double quotes with C escapes, bytes in octal. None if malformed."""
    if not name.startswith('"'):
        return name
    if not _QUOTED_NAME.fullmatch(name):
        return None
    raw = _NO_BYTE.sub("\ufffd", name[1:-1]).encode("utf-8", "surrogateescape")
    plain = _ESCAPE.sub(lambda e: bytes([int(e[1], 8)]) if len(e[1]) == 3 else _ESCAPED.get(e[1], e[1]), raw)
    return plain.decode("utf-8", "surrogateescape")
