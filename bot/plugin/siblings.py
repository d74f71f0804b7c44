"""The package that was published before another one, where a folder keeps the versions of a plugin."""

from __future__ import annotations

import posixpath

from bot.patterns import regex
from bot.plugin.discovery import PACKAGE_SUFFIX, PluginRoot
from bot.source import Kind, Tree

_VERSION = regex(r"[-_@ .]*v?(\d{1,9}(?:\.\d{1,9}){1,3})(?:[-+.][0-9A-Za-z.-]+)?$")


def published_before(tree: Tree, root: PluginRoot) -> str | None:
    """The path of the package of the highest version below that of `root`, by the names of the files beside it.

    Names are those of one plugin when they differ in the version only. None when there is no such package.
    """
    folder = posixpath.dirname(root.path)
    name, version = _parts(root.path)
    found = [
        (_parts(path)[1], path)
        for path, entry in tree.entries().items()
        if path.lower().endswith(PACKAGE_SUFFIX)
        and posixpath.dirname(path) == folder
        and path != root.path
        and entry.kind is Kind.FILE
        and _parts(path)[0] == name
    ]
    lower = [item for item in found if not version or item[0] < version]
    return max(lower, default=(None, None))[1]


def _parts(path: str) -> tuple[str, tuple[int, ...]]:
    """The name of a package without its version, and the version; () where the name has none."""
    stem = posixpath.basename(path)[: -len(PACKAGE_SUFFIX)]
    found = _VERSION.search(stem) if len(stem) < 256 else None  # No file system keeps a longer name.
    if found is None:
        return stem.lower(), ()
    numbers = tuple(int(part) for part in found[1].split("."))
    return stem[: found.start()].lower(), numbers + (0,) * (3 - len(numbers))
