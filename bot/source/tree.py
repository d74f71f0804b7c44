"""The interface of a source tree, and a view of one of its folders."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from bot.messages import say

#: No file larger than this is read (bytes). The packager refuses packages over 50 MiB.
MAX_FILE_BYTES = 50 * 1024 * 1024

#: Bytes of a path that Linux takes (`limits.h`, PATH_MAX): no link leads farther.
MAX_PATH_BYTES = 4096

#: A folder or revision with more names than this is not listed: to list so many takes half a GiB of memory and some
#: twenty seconds. The largest monorepo of Dify plugins has 8,000.
MAX_ENTRIES = 1_000_000


class Kind(Enum):
    """What a name in the tree stands for."""

    FILE = "file"
    #: A symbolic link. No tree follows it: `bot.source.links` does, where it stays in the tree.
    LINK = "link"
    #: A submodule, device, socket, folder that may not be listed, or an entry of a package that no reader would accept.
    OTHER = "other"


class Entry(Struct, frozen=True):
    """One name in a tree. Folders have no entry of their own: they are the prefixes of their files."""

    path: str
    kind: Kind
    #: Size in bytes, or None where the tree cannot tell without reading.
    size: int | None = None
    executable: bool = False


class Unreadable(Exception):
    """A file could not be read; `reason` is a short clause in plain words ("is larger than 50 MiB")."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path = path
        self.reason = reason


class Unchanged(Unreadable):
    """A file was not read because the base revision has the same content: what is wrong with it is old."""


class Tree(Protocol):
    """A read-only set of files. Paths are POSIX, relative to the tree's root, in exact spelling.

    A name that is not valid UTF-8 carries its stray bytes as lone surrogates (PEP 383). Names may hold anything
    else a file system allows, line breaks and control characters included: escape them where they are printed.
    """

    def entries(self) -> Mapping[str, Entry]:
        """Every entry by path, sorted by path. Computed once; the mapping must not be changed."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of the regular file at `path`.

        Raises `Unreadable` when there is no such regular file, when it is larger than `MAX_FILE_BYTES`, when
        reading it would leave the root, or when the system refuses.
        """
        ...

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Where the symbolic links among `paths` lead, as it is written in them. What cannot be read is left out."""
        ...

    def prefetch(self, paths: Iterable[str]) -> None:
        """A hint that these files will be read soon, so that a remote tree can fetch them together."""
        ...


def is_object(oid: str, content: bytes, kind: str = "blob") -> bool:
    """Whether git calls an object with this content `oid`."""
    digest = hashlib.sha256 if len(oid) == 64 else hashlib.sha1
    made = digest(b"%s %d\0" % (kind.encode(), len(content)), usedforsecurity=False)
    made.update(content)
    return made.hexdigest() == oid


def regular_file(entries: Mapping[str, Entry], path: str) -> Entry:
    """The entry of the regular file at `path`, in exactly that spelling.

    Every tree asks this before it reads, so that a disk which ignores case, or a path such as `a/../b`, cannot
    give what the listing does not show. Raises `Unreadable`.
    """
    entry = entries.get(path)
    if entry is None:
        raise Unreadable(path, say("does not exist"))
    if entry.kind is Kind.LINK:
        raise Unreadable(path, say("is a symbolic link"))
    if entry.kind is not Kind.FILE:
        raise Unreadable(path, say("is not a regular file"))
    if entry.size is not None and entry.size > MAX_FILE_BYTES:
        raise Unreadable(path, TOO_LARGE)
    return entry


def is_odd_name(path: str) -> bool:
    """Whether a path of a git tree is one that git refuses to check out."""
    return any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/"))


#: The reason of every file over `MAX_FILE_BYTES`.
TOO_LARGE = say("is larger than {n} MiB", n=MAX_FILE_BYTES // 1024**2)


def subtree(tree: Tree, root: str) -> Tree:
    """The view of `tree` below the folder `root` (`""` is the tree itself, as far as it lies in its own folder)."""
    return _Subtree(tree, root) if root else getattr(tree, "inside", tree)


@lru_cache(maxsize=2)  # the head and the base
def _sorted_paths(tree: Tree) -> Sequence[str]:
    """The paths of a tree in their order: a folder of a large repository is found without going through all of it."""
    return tuple(tree.entries())


def paths_below(tree: Tree, prefix: str) -> Sequence[str]:
    """The paths that begin with `prefix`, which ends with a slash; all of them for `""`."""
    paths = _sorted_paths(tree)  # type: ignore[arg-type]  # trees are told apart by identity
    if not prefix:
        return paths
    end = prefix[:-1] + chr(ord("/") + 1)
    return paths[bisect_left(paths, prefix) : bisect_left(paths, end)]


class _Subtree:
    def __init__(self, tree: Tree, root: str) -> None:
        self._tree = tree
        self._prefix = root.rstrip("/") + "/"
        self._entries: dict[str, Entry] | None = None

    @property
    def around(self) -> tuple[Tree, str]:
        """The whole tree, and where in it the folder is."""
        return self._tree, self._prefix

    def entries(self) -> Mapping[str, Entry]:
        if self._entries is None:
            cut = len(self._prefix)
            entries = self._tree.entries()
            self._entries = {}
            for path in paths_below(self._tree, self._prefix):
                entry = entries[path]
                self._entries[path[cut:]] = Entry(path[cut:], entry.kind, entry.size, entry.executable)
        return self._entries

    def read(self, path: str) -> bytes:
        try:
            return self._tree.read(self._prefix + path)
        except Unreadable as error:
            raise type(error)(path, error.reason) from error

    def oid(self, path: str) -> str | None:
        """Git's id of the content of a file, where the tree knows one: equal ids mean equal contents."""
        of_tree = getattr(self._tree, "oid", None)
        return of_tree(self._prefix + path) if of_tree is not None else None

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        written = self._tree.targets(self._prefix + path for path in paths)
        return {path.removeprefix(self._prefix): target for path, target in written.items()}

    def prefetch(self, paths: Iterable[str]) -> None:
        self._tree.prefetch(self._prefix + path for path in paths)
