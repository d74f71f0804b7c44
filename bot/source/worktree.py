"""Git's ids of the files of a work tree, most of them without reading a file: as `git status` does it.

The index has the id, the size and the time of each file when it was last added. A file whose size and time are still
those is what it was; one that was touched since is hashed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from bot.errors import ToolError
from bot.patterns import regex
from bot.source.git import GitTree, run_git
from bot.source.local import LocalTree
from bot.source.tree import Entry, Kind, Unreadable, is_object

#: One entry of `git ls-files --stage --debug -z`.
_ENTRY = regex(
    rb"[0-7]{6} ([0-9a-f]{40,64}) 0\t([^\0]*)\0  ctime: \d+:\d+\n  mtime: (\d+):(\d+)\n.*\n.*\n  size: (\d+)\t.*\n"
)


class _Indexed(Struct, frozen=True):
    oid: str
    size: int
    #: When the file was last changed, in nanoseconds.
    time: int


class WorkTree:
    """The files of `folder`, which is `inside` the work tree of `repository`, compared with revisions of it."""

    def __init__(self, repository: Path, folder: Path, inside: str, tree: LocalTree) -> None:
        self._repository = repository
        self._folder = os.fspath(folder)
        self._prefix = "" if inside == "." else f"{inside}/"
        self._tree = tree
        self._index, self._written = _read_index(repository)

    def same(self, base: GitTree, roots: Iterable[str]) -> frozenset[str]:
        """Which files and folders hold at a revision just the files that they hold now, in the same modes."""
        wanted = frozenset(roots)
        now, before = self._tree.entries(), base.entries()
        changed: set[str] = set()
        for path, entry in now.items():
            owners = {above for above in _above(path) if above in wanted} - changed
            if owners and not self._is_same(path, entry, before.get(self._prefix + path), base):
                changed |= owners
        for path in before:
            if path.startswith(self._prefix) and (inner := path[len(self._prefix) :]) not in now:
                changed.update(above for above in _above(inner) if above in wanted)
        return wanted - changed

    def _is_same(self, path: str, now: Entry, before: Entry | None, base: GitTree) -> bool:
        # A link is what it leads to, which may have changed.
        if before is None or before.kind is not now.kind or now.kind is not Kind.FILE:
            return False
        if os.name == "posix" and before.executable != now.executable:
            return False
        return self._has_id(path, base.oid(self._prefix + path))

    def _has_id(self, path: str, expected: str | None) -> bool:
        """Whether a file has this id."""
        if expected is None:
            return False
        indexed = self._index.get(self._prefix + path)
        try:
            status = os.lstat(f"{self._folder}/{path}")
        except OSError:
            return False
        # What was changed in the moment in which the index was written may have been changed after that.
        if (
            indexed is not None
            and (status.st_size, status.st_mtime_ns) == (indexed.size, indexed.time)
            and status.st_mtime_ns < self._written
        ):
            return indexed.oid == expected
        try:
            content = self._tree.read(path)
        except Unreadable:
            return False
        return is_object(expected, content)


def _above(path: str) -> Iterator[str]:
    """The path, and every folder that holds it; "" is the whole tree."""
    yield path
    while path:
        path = path.rpartition("/")[0]
        yield path


def _read_index(repository: Path) -> tuple[dict[str, _Indexed], int]:
    """What the index says of each file, and when it was written; nothing where it cannot be read."""
    try:
        listing = run_git(repository, "ls-files", "--stage", "--debug", "-z")
        written = (repository / ".git" / "index").stat().st_mtime_ns
    except (OSError, ToolError):
        return {}, 0
    return {
        name.decode("utf-8", "surrogateescape"): _Indexed(
            oid.decode(), int(size), int(seconds) * 1_000_000_000 + int(nanoseconds)
        )
        for oid, name, seconds, nanoseconds, size in _ENTRY.findall(listing)
    }, written
