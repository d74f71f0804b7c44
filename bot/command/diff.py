"""The `diff` command: what changes between two versions of a plugin, and what that breaks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePath

from msgspec import Struct

from bot.command.check import find_targets
from bot.errors import UsageError
from bot.findings import quote
from bot.options import Options
from bot.plugin import Plugin, PluginRoot, find_roots
from bot.report.update import Compared, Comparison
from bot.review.engine import open_plugin
from bot.source import GitTree, Tree, find_repository, subtree
from bot.upgrade import difference
from bot.upgrade.update import made_of


class _Side(Struct, frozen=True):
    """One of the two versions: a tree with plugins in it. `name` is how it was called."""

    name: str
    tree: Tree
    roots: Mapping[str, PluginRoot]

    def called(self, path: str) -> str:
        """How to name one of its plugins."""
        return f"{self.name.rstrip('/')}/{path}" if path else self.name


def run(old: str, new: str) -> Comparison:
    """Compares two versions: packages, folders, or git revisions (`REV` or `REV:PATH`).

    Raises `UsageError` for anything else, and for a side without a plugin.
    """
    with ExitStack() as stack:
        before, after = _side(old, stack), _side(new, stack)
        for side in (before, after):
            if not side.roots:
                raise UsageError(f"there is no plugin in {quote(side.name)}")
        pairs = list(_pairs(before, after))
        compared = [_compared(before, a, after, b) for a, b in pairs if a and b and not _is_same(before, a, after, b)]
        return Comparison(
            tuple(compared),
            tuple(after.called(b.path) for a, b in pairs if b and not a),
            tuple(before.called(a.path) for a, b in pairs if a and not b),
        )


def _side(name: str, stack: ExitStack) -> _Side:
    if os.path.lexists(name):
        (target,) = find_targets([name])
        return _Side(name, target.tree, {root.path: root for root in target.roots})
    revision, _, path = name.partition(":")
    repository = find_repository(Path())
    if repository is None or not revision or name.lower().endswith(".difypkg"):
        raise UsageError(f"{quote(name)} is neither a package nor a folder, nor a revision of a git repository")
    tree = stack.enter_context(GitTree(repository, revision))
    inside = PurePath(os.path.relpath(Path().resolve(), repository))
    folder = PurePath(os.path.normpath(inside / path)).as_posix()
    if folder.startswith(".."):
        raise UsageError(f"{quote(path)} is outside of the repository")
    whole: Tree = tree if folder == "." else subtree(tree, folder)
    if folder.lower().endswith(".difypkg"):
        return _Side(name, tree, {"": PluginRoot(folder, package=True)} if folder in tree.entries() else {})
    return _Side(name, whole, {root.path: root for root in find_roots(whole)})


def _pairs(old: _Side, new: _Side) -> Iterator[tuple[PluginRoot | None, PluginRoot | None]]:
    """The plugins of the two sides by their places; where each has one, it is the same plugin."""
    if len(old.roots) == len(new.roots) == 1:
        yield next(iter(old.roots.values())), next(iter(new.roots.values()))
        return
    for path in sorted(old.roots.keys() | new.roots.keys()):
        yield old.roots.get(path), new.roots.get(path)


def _is_same(old: _Side, a: PluginRoot, new: _Side, b: PluginRoot) -> bool:
    """Whether git says, by the ids of the contents, that two folders hold the same."""
    ids = [_ids(side.tree, root) for side, root in ((old, a), (new, b))]
    return len(old.roots) > 1 and ids[0] is not None and ids[0] == ids[1]


def _ids(tree: Tree, root: PluginRoot) -> dict[str, str] | None:
    oid = getattr(tree, "oid", None)
    if oid is None:
        return None
    prefix = f"{root.path}/" if root.path and not root.package else ""
    paths = [root.path] if root.package else [path for path in tree.entries() if path.startswith(prefix)]
    found = {path.removeprefix(prefix): oid(path) for path in paths}
    return None if None in found.values() else found


def _compared(old: _Side, a: PluginRoot, new: _Side, b: PluginRoot) -> Compared:
    options = Options()
    before = open_plugin(old.tree, a, options)
    after = open_plugin(new.tree, b, options, previous=before)
    found = difference(before, after)
    names = old.called(a.path if len(old.roots) > 1 else ""), new.called(b.path if len(new.roots) > 1 else "")
    if isinstance(found, str):
        return Compared(_name(after, names[1]), *names, None, found)
    return Compared(_name(after, names[1]), *names, made_of(found, before, after))


def _name(plugin: Plugin, fallback: str) -> str:
    """`author/name`, as Dify knows a plugin."""
    manifest = plugin.manifest
    author, name = manifest.text_at("author"), manifest.text_at("name")
    return f"{author}/{name}"[:200] if author and name else name or fallback
