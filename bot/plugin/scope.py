"""Which plugins a change is about, and which of its paths belong to none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set

from msgspec import Struct

from bot.findings import Outside, quote
from bot.messages import say
from bot.plugin.discovery import SKIPPED, PluginRoot, find_roots, folders_above, linking
from bot.source import Kind, Tree

_CODE = (".yaml", ".yml", ".py")


class Scope(Struct, frozen=True):
    """The plugins that a change touches, and the account of its other paths."""

    roots: tuple[PluginRoot, ...]
    outside: tuple[Outside, ...] = ()


def scope_of(head: Tree, base: Tree, paths: Set[str], renamed: Mapping[str, str]) -> Scope:
    """The scope of a change between two trees: `paths` differ, `renamed` has old paths by new ones.

    A plugin that the base has and the head has not, while files of it remain, is one still: that its manifest is
    missing or is not a plugin's any more is for the rules to say. One that is gone as a whole is named.
    """
    # What a link leads to is packed under the name of the link.
    touched = paths | linking(head, paths) | linking(base, paths)
    roots = set(find_roots(head, above=touched))
    found = {root.path for root in roots}
    moved = set(renamed.values())
    gone: dict[str, Outside] = {}
    for root in find_roots(base, above=touched):
        if root.path in found:
            continue
        if root.manifest in moved:
            gone[root.path] = Outside(root.shown, say("is where a plugin was, which has moved"))
        elif root.package or not _remains(head, base, root, roots):
            if root.package:
                removed = say("is where a package was, which the change removes")
            else:
                removed = say("is where a plugin was, which the change removes")
            gone[root.path] = Outside(root.shown, removed)
        else:
            roots.add(root)
    packages = {root.path for root in roots if root.package} | {path for path in gone if path in paths}
    folders = {root.path for root in roots if not root.package}
    outside = list(gone.values())
    for path in sorted(paths):
        above = list(folders_above(path))
        if path in packages or not folders.isdisjoint(above) or not gone.keys().isdisjoint(above):
            continue
        outside.append(Outside(path, _reason(head, base, path, above)))
    return Scope(tuple(sorted(roots)), tuple(outside))


def _remains(head: Tree, base: Tree, root: PluginRoot, others: Iterable[PluginRoot]) -> bool:
    """Whether code of a plugin of the base is in its folder still, outside of other plugins."""
    inner = [other for other in others if not other.package and root.holds(other.path)]
    prefix = f"{root.path}/" if root.path else ""
    before = base.entries()
    return any(
        path.startswith(prefix)
        and path.endswith(_CODE)
        and path in before
        and not any(part.startswith(".") for part in path.removeprefix(prefix).split("/"))
        and not any(other.holds(path) for other in inner)
        for path in head.entries()
    )


def _reason(head: Tree, base: Tree, path: str, above: Collection[str]) -> str:
    """Why a changed path belongs to no plugin, as a clause about it."""
    entry = head.entries().get(path) or base.entries().get(path)
    skipped = next((name for folder in above if (name := folder.rpartition("/")[2]) in SKIPPED), None)
    if skipped is not None:
        return say("is in a folder {folder}, which is not searched for plugins", folder=quote(skipped))
    if entry is not None and entry.kind is Kind.OTHER:
        return say("is a submodule or another thing that is not a file, and is not followed")
    if entry is not None and entry.kind is Kind.LINK:
        return say("is a symbolic link outside of plugins")
    return say("has no `manifest.yaml` of a plugin in a folder above it")
