"""What a package brings that the version before did not have: files, size, permissions, hosts, uses, dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.findings import quote, quote_list
from bot.plugin import Plugin
from bot.plugin.dependencies import declared_requirements
from bot.plugin.passport import passport_of
from bot.source import Unreadable

#: Names that one line gives.
SHOWN: Final = 8


def package_changes(plugin: Plugin) -> tuple[str, ...]:
    """What is new in a package, in sentences of a message; empty where there is nothing to compare with."""
    previous = plugin.previous
    if previous is None or not plugin.root.package or plugin.broken_package or previous.broken_package:
        return ()
    return (*_files(plugin, previous), *_abilities(plugin, previous), *_dependencies(plugin, previous))


def _files(plugin: Plugin, previous: Plugin) -> Iterator[str]:
    now, before = plugin.tree.entries(), previous.tree.entries()
    added, removed = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
    changed = [path for path in now.keys() & before.keys() if _differs(plugin, previous, path)]
    sizes = [sum(entry.size or 0 for entry in entries.values()) for entries in (before, now)]
    counts = f"{len(added)} added, {len(removed)} removed, {len(changed)} changed"
    yield f"Files: {counts}; {sizes[0]:,} bytes before, {sizes[1]:,} now."
    if added:
        yield f"Added: {quote_list(added, SHOWN)}."
    if removed:
        yield f"Removed: {quote_list(removed, SHOWN)}."


def _differs(plugin: Plugin, previous: Plugin, path: str) -> bool:
    try:
        return plugin.tree.read(path) != previous.tree.read(path)
    except Unreadable:
        return True


def _abilities(plugin: Plugin, previous: Plugin) -> Iterator[str]:
    now, before = passport_of(plugin), passport_of(previous)
    permissions = [name for name in now.permissions if name not in before.permissions]
    if permissions:
        yield f"New permissions: {quote_list(permissions, SHOWN)}."
    known = {host.name for host in before.hosts}
    hosts = list(dict.fromkeys(host.name for host in now.hosts if host.name not in known))
    if hosts:
        yield f"New hosts: {quote_list(hosts, SHOWN)}."
    for capability, uses in now.capabilities.items():
        if capability not in before.capabilities:
            place = quote(f"{uses[0].path}:{uses[0].span.line}")
            yield f"New: the code {capability.value} ({quote(uses[0].what)}, {place})."


def _dependencies(plugin: Plugin, previous: Plugin) -> Iterator[str]:
    now = {each.name: each.text for each in declared_requirements(plugin)}
    before = {each.name: each.text for each in declared_requirements(previous)}
    texts = [now[name] for name in now if name not in before]
    if texts:
        yield f"New dependencies: {quote_list(texts, SHOWN)}."
    other = [
        f"{quote(before[name])} is {quote(now[name])} now" for name in now if before.get(name, now[name]) != now[name]
    ]
    if other:
        yield f"Other dependencies: {', '.join(other[:SHOWN])}."
