"""Symbolic links that stay in their tree: the packager packs what they lead to, under the name of the link."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from bot.source.tree import MAX_PATH_BYTES, Entry, Kind, Tree, Unreadable, subtree

#: Links of one plugin that are followed, and of a repository in the search for those that lead to a path. On GitHub
#: a hundred cost a request.
MAX_LINKS: Final = 2_000
#: Links on the way to one file: as many as Linux follows (`MAXSYMLINKS`, include/linux/namei.h).
_MAX_STEPS: Final = 40


def followed(tree: Tree, root: str, links: Iterable[str]) -> Tree:
    """The folder `root` of a tree, in which those of the links that lead to regular files of the tree are these files.

    `links` are paths from the root on. Those that lead elsewhere, to folders and in circles stay links, and so do those
    after the first `MAX_LINKS`. A tree that is a folder of a larger one, `around`, may have links to files there.
    """
    inner = subtree(tree, root)
    wanted = sorted(links)[:MAX_LINKS]
    if not wanted:
        return inner
    around: tuple[Tree, str] | None = getattr(tree, "around", None)
    whole, folder = around if around is not None else (tree, "")
    place = posixpath.normpath(f"{folder}/{root}".strip("/"))
    start = "" if place == "." else f"{place}/"
    ends = follow(whole, [start + path for path in wanted])
    targets = {path.removeprefix(start): target for path, target in ends.items()}
    return _Followed(inner, whole, targets) if targets else inner


def follow(tree: Tree, links: Iterable[str]) -> dict[str, str]:
    """The regular file of the tree that each of the links leads to, by the path of the link."""
    found = ((path, _end(tree, path, written)) for path, written in tree.targets(links).items())
    return {path: end for path, end in found if end is not None}


def leading_to(tree: Tree, links: Iterable[str], paths: Iterable[str]) -> set[str]:
    """Those of the links that lead to one of the paths."""
    wanted = frozenset(paths)
    return {link for link, target in follow(tree, links).items() if target in wanted}


def _end(tree: Tree, path: str, written: str) -> str | None:
    """The regular file at the end of a link, walked name by name as the system does."""
    entries = tree.entries()
    place = path.split("/")[:-1]
    names = _names(written)
    steps = 1
    while names:
        name = names.pop()
        if name == "..":
            if not place:
                return None
            place.pop()
            continue
        place.append(name)
        here = "/".join(place)
        entry = entries.get(here)
        if entry is None:
            continue  # A folder, or nothing at all, which the end tells.
        if entry.kind is Kind.FILE:
            return None if names else here
        steps += 1
        onward = tree.targets([here]).get(here) if entry.kind is Kind.LINK and steps <= _MAX_STEPS else None
        if onward is None or not (more := _names(onward)):
            return None
        place.pop()
        names += more
        if len(names) > MAX_PATH_BYTES:
            return None
    return None


def _names(written: str) -> list[str]:
    """The names of a relative path from the last to the first; none for what leaves every tree."""
    if not written or len(written) > MAX_PATH_BYTES or written.startswith("/") or "\\" in written or "\0" in written:
        return []
    return [name for name in reversed(written.split("/")) if name not in ("", ".")]


class _Followed:
    """A folder of a tree in which some links are the files that they lead to: `targets`, paths of the whole tree."""

    def __init__(self, inner: Tree, whole: Tree, targets: Mapping[str, str]) -> None:
        self._inner = inner
        self._whole = whole
        self._targets = targets
        files = whole.entries()
        self._entries = {
            path: replace(files[targets[path]], path=path) if path in targets else entry
            for path, entry in inner.entries().items()
        }

    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    def read(self, path: str) -> bytes:
        if path not in self._targets:
            return self._inner.read(path)
        try:
            return self._whole.read(self._targets[path])
        except Unreadable as error:
            raise type(error)(path, error.reason) from error

    @property
    def has_git(self) -> bool:
        """Whether git's own data are in the folder, which are not listed."""
        return bool(getattr(self._inner, "has_git", False))

    def oid(self, path: str) -> str | None:
        """Git's id of the content of a file, where the tree knows one: equal ids mean equal contents."""
        tree, there = (self._whole, self._targets[path]) if path in self._targets else (self._inner, path)
        of_tree = getattr(tree, "oid", None)
        return of_tree(there) if of_tree is not None else None

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        return self._inner.targets(path for path in paths if path not in self._targets)

    def prefetch(self, paths: Iterable[str]) -> None:
        wanted = set(paths)
        self._inner.prefetch(path for path in wanted if path not in self._targets)
        self._whole.prefetch(self._targets[path] for path in wanted if path in self._targets)
