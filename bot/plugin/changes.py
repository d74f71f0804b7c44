"""What a change did to a plugin: its version and its packed files, compared with the base revision."""

from __future__ import annotations

from collections.abc import Callable

from packaging.version import Version

from bot.plugin.plugin import Plugin
from bot.source import Kind, Unreadable


def versions(plugin: Plugin) -> tuple[Version, Version] | None:
    """The versions at the base revision and now; None where there is nothing to compare."""
    base = plugin.base
    if base is None or not plugin.manifest.readable or not base.manifest.readable:
        return None
    before, now = base.manifest.text_at("version"), plugin.manifest.text_at("version")
    if before is None or now is None or plugin.manifest.text_at("name") != base.manifest.text_at("name"):
        return None
    try:
        return Version(before), Version(now)
    except ValueError:
        return None


def changed_files(plugin: Plugin, base: Plugin, matters: Callable[[str], bool] = lambda path: True) -> list[str]:
    """The packed files that matter and differ between two states of a plugin, sorted. Links count as unchanged.

    Names, sizes and the ids that a revision has for contents come first. Files of which these say nothing are read,
    and only where nothing else shows a change: then the list is complete, otherwise it may lack files that changed
    without changing their size.
    """
    now, before = plugin.tree.entries(), base.tree.entries()
    changed = set(filter(matters, plugin.packed_files ^ base.packed_files))
    unsure = []
    for path in filter(matters, plugin.packed_files & base.packed_files):
        if now[path].kind is not Kind.FILE or before[path].kind is not Kind.FILE:
            continue
        sizes = (now[path].size, before[path].size)
        differs = _ids_differ(plugin, base, path)
        if differs or (None not in sizes and sizes[0] != sizes[1]):
            changed.add(path)
        elif differs is None:
            unsure.append(path)
    if not changed:
        plugin.tree.prefetch(unsure)
        base.tree.prefetch(unsure)
        changed.update(path for path in unsure if _differs(plugin, base, path))
    return sorted(changed)


def is_same_file(plugin: Plugin, base: Plugin, path: str) -> bool:
    """Whether a file, a link or a submodule is certainly what it was in another state of a plugin."""
    now, before = plugin.tree.entries().get(path), base.tree.entries().get(path)
    if now is None or before is None or now.kind is not before.kind:
        return False
    differs = _ids_differ(plugin, base, path)
    if differs is not None:
        return not differs
    if now.kind is Kind.LINK:
        target = plugin.tree.targets([path]).get(path)
        return target is not None and target == base.tree.targets([path]).get(path)
    try:
        return plugin.tree.read(path) == base.tree.read(path)
    except Unreadable:
        return False


def _ids_differ(plugin: Plugin, base: Plugin, path: str) -> bool | None:
    """Whether the ids of a file's content differ; None where a tree knows none."""
    now, before = (oid(path) if (oid := getattr(tree, "oid", None)) else None for tree in (plugin.tree, base.tree))
    return None if now is None or before is None else now != before


def _differs(plugin: Plugin, base: Plugin, path: str) -> bool:
    try:
        return plugin.tree.read(path) != base.tree.read(path)
    except Unreadable:
        return False
