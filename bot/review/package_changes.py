"""What a package brings that the version before did not have: files, size, permissions, hosts, uses, dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.findings import quote, quote_list
from bot.messages import say
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
    counts = say(
        "{count} added, {count2} removed, {count3} changed", count=len(added), count2=len(removed), count3=len(changed)
    )
    yield say("Files: {counts}; {size:,} bytes before, {size2:,} now.", counts=counts, size=sizes[0], size2=sizes[1])
    if added:
        yield say("Added: {added}.", added=quote_list(added, SHOWN))
    if removed:
        yield say("Removed: {removed}.", removed=quote_list(removed, SHOWN))


def _differs(plugin: Plugin, previous: Plugin, path: str) -> bool:
    try:
        return plugin.tree.read(path) != previous.tree.read(path)
    except Unreadable:
        return True


def _abilities(plugin: Plugin, previous: Plugin) -> Iterator[str]:
    now, before = passport_of(plugin), passport_of(previous)
    permissions = [name for name in now.permissions if name not in before.permissions]
    if permissions:
        yield say("New permissions: {permissions}.", permissions=quote_list(permissions, SHOWN))
    known = {host.name for host in before.hosts}
    hosts = list(dict.fromkeys(host.name for host in now.hosts if host.name not in known))
    if hosts:
        yield say("New hosts: {hosts}.", hosts=quote_list(hosts, SHOWN))
    for capability, uses in now.capabilities.items():
        if capability not in before.capabilities:
            place = quote(f"{uses[0].path}:{uses[0].span.line}")
            yield say(
                "New: the code {value} ({what}, {place}).",
                value=capability.value,
                what=quote(uses[0].what),
                place=place,
            )


def _dependencies(plugin: Plugin, previous: Plugin) -> Iterator[str]:
    now = {each.name: each.text for each in declared_requirements(plugin)}
    before = {each.name: each.text for each in declared_requirements(previous)}
    texts = [now[name] for name in now if name not in before]
    if texts:
        yield say("New dependencies: {texts}.", texts=quote_list(texts, SHOWN))
    other = [
        say("{before} is {now} now", before=quote(before[name]), now=quote(now[name]))
        for name in now
        if before.get(name, now[name]) != now[name]
    ]
    if other:
        yield say("Other dependencies: {other}.", other=", ".join(other[:SHOWN]))
