"""What a change did to a plugin: its version and its packed files, compared with the base revision."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

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
    except InvalidVersion:
        return None


def changed_files(plugin: Plugin, base: Plugin) -> list[str]:
    """The packed files that differ between two states of a plugin, sorted. Links count as unchanged.

    Names and sizes come first, then the ids that a revision has for contents. Only files that are alike in all of
    these are read, and only where nothing else shows a change: then the list is complete, otherwise it may lack files
    that changed without changing their size.
    """
    now, before = plugin.tree.entries(), base.tree.entries()
    changed = set(plugin.packed_files ^ base.packed_files)
    alike = []
    for path in plugin.packed_files & base.packed_files:
        if now[path].kind is not Kind.FILE or before[path].kind is not Kind.FILE:
            continue
        sizes = (now[path].size, before[path].size)
        if None not in sizes and sizes[0] != sizes[1]:
            changed.add(path)
        elif not _same_id(plugin, base, path):
            alike.append(path)
    if not changed:
        plugin.tree.prefetch(alike)
        base.tree.prefetch(alike)
        changed.update(path for path in alike if _differs(plugin, base, path))
    return sorted(changed)


def _same_id(plugin: Plugin, base: Plugin, path: str) -> bool:
    """Whether both trees know ids of contents, and have the same one for a file."""
    now, before = (getattr(tree, "oid", None) for tree in (plugin.tree, base.tree))
    if now is None or before is None:
        return False
    identity = now(path)
    return identity is not None and identity == before(path)


def _differs(plugin: Plugin, base: Plugin, path: str) -> bool:
    try:
        return plugin.tree.read(path) != base.tree.read(path)
    except Unreadable:
        return False
