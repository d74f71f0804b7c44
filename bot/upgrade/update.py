"""An update as people read it: what it breaks, old beside new, what else can be felt, and what is new in it.

All texts are messages: every piece of the plugin stands between backticks, put there by `quote`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct

from bot.findings import Location, quote, quote_list
from bot.messages import joined, say, say_plural
from bot.plugin import Plugin
from bot.plugin.changes import changed_files
from bot.plugin.dependencies import declared_requirements
from bot.plugin.passport import passport_of
from bot.source import Kind
from bot.upgrade.difference import Change, Difference, Weight, change_of
from bot.upgrade.surface import Place, Sort
from bot.upgrade.words import effect, plural, said, way_out

#: So many changes of one kind at one place are one row.
MANY: Final = 4
#: How many names a sentence of news has.
_NAMES: Final = 12
#: A package that grows by less is not worth saying (bytes).
_GROWTH: Final = 100 * 1024


class Break(Struct, frozen=True):
    """One row of what an update breaks: `old` and `new` beside each other, and what happens to whom.

    `before` and `after` are the places of the two. `change` is the row as one sentence, `way_out` how to do without
    the break.
    """

    kind: str
    old: str
    new: str
    change: str
    effect: str
    way_out: str
    before: Location | None = None
    after: Location | None = None


class Update(Struct, frozen=True):
    """What an update from `old_version` to `new_version` means.

    `announced` says whether the number of the new version announces a break, so that no workspace gets it unasked;
    `right` is the next one that does. `count` says how many things break; a row may be about several.
    """

    old_version: str | None
    new_version: str | None
    announced: bool
    right: str | None
    count: int = 0
    breaks: tuple[Break, ...] = ()
    #: What can be felt though nothing breaks.
    lesser: tuple[str, ...] = ()
    #: What is new: tools, permissions, dependencies, size.
    news: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()


def update_of(plugin: Plugin) -> Update | None:
    """The update from the version that users have; None where there is none, or it cannot be compared."""
    found = change_of(plugin)
    if plugin.previous is None or found is None or isinstance(found, str):
        return None
    return made_of(found, plugin.previous, plugin)


def made_of(found: Difference, old: Plugin, new: Plugin) -> Update:
    """The update that a difference is."""
    return Update(
        old_version=found.old.version,
        new_version=found.new.version,
        announced=found.step.announced,
        right=found.step.right,
        count=len(found.breaks),
        breaks=tuple(_row(changes, old, new) for changes in together(found.breaks)),
        lesser=tuple(map(said, found.of(Weight.LESSER))),
        news=(*_added(found.of(Weight.ADDS)), *_stock_news(old, new)),
        not_compared=found.not_compared,
    )


def together(changes: Iterable[Change]) -> list[tuple[Change, ...]]:
    """The changes in rows: `MANY` or more of one kind at one place are one, as they are gone from one list."""
    found: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        place = change.after
        key = (change.kind, change.owner, place.path if place else "", place.span if place else None)
        found.setdefault(key, []).append(change)
    rows: list[tuple[Change, ...]] = []
    for members in found.values():
        rows += [tuple(members)] if len(members) >= MANY else [(change,) for change in members]
    return rows


def _row(changes: tuple[Change, ...], old: Plugin, new: Plugin) -> Break:
    first = changes[0]
    return Break(
        kind=first.kind,
        old=_old(changes),
        new=_new(first),
        change=said(*changes),
        effect=effect(first),
        way_out=way_out(first),
        before=_location(old, first.before),
        after=_location(new, first.after),
    )


def _location(plugin: Plugin, place: Place | None) -> Location | None:
    return plugin.location(place.path, place.span) if place is not None else None


def _old(changes: Sequence[Change]) -> str:
    """What there was: `weather` › `city`, with its value where that changed."""
    first = changes[0]
    owner = f"{quote(first.owner[1])} › " if first.owner is not None else ""
    if len(changes) > 1 and first.what == "option-removed":
        options = quote_list([change.old or "" for change in changes], _NAMES)
        return say("{owner}{subject}: {value}", owner=owner, subject=quote(first.subject), value=options)
    if len(changes) > 1:
        names = quote_list([change.subject for change in changes], _NAMES)
        several = say("{owner}{count} {things}", owner=owner, count=len(changes), things=plural(first))
        if first.what == "added-required":
            return several
        return say("{owner}{subject}: {value}", owner="", subject=several, value=names)
    if first.what == "added-required":
        return say("{owner}no {subject}", owner=owner, subject=quote(first.subject))
    if first.sort is None or first.sort is Sort.PROVIDER:
        return quote(first.old or first.subject)
    value = say("optional") if first.what == "now-required" else quote(first.old) if first.old is not None else ""
    if not value:
        return f"{owner}{quote(first.subject)}"
    return say("{owner}{subject}: {value}", owner=owner, subject=quote(first.subject), value=value)


def _new(change: Change) -> str:
    """What there is now in its place."""
    if change.what in ("added-required", "now-required"):
        return say("required")
    if change.what.endswith("removed") and change.sort is not Sort.PROVIDER:
        return f"{quote(change.rename.name)}?" if change.rename is not None else say("gone")
    return quote(change.new) if change.new is not None else say("gone")


# --- news -------------------------------------------------------------------------------------------------------------


def _added(changes: Sequence[Change]) -> list[str]:
    """What is new, many of a kind in one sentence."""
    news: list[str] = []
    ordered = sorted(changes, key=lambda change: (change.kind, change.owner or ("", "")))
    for _, members in groupby(ordered, key=lambda change: (change.kind, change.owner, change.what != "added")):
        several = list(members)
        news += [said(*several)] if several[0].what == "added" else [said(change) for change in several]
    return news


def _stock_news(old: Plugin, new: Plugin) -> list[str]:
    """What is new in the files: what the code is able to do, dependencies, and how large the package is."""
    news: list[str] = [*_passport_news(old, new)]
    before, after = ({each.name: each.text for each in declared_requirements(plugin)} for plugin in (old, new))
    added = [text for name, text in after.items() if name not in before]
    if added:
        names = quote_list(added, _NAMES)
        news.append(
            say_plural("{n} new dependency: {names}.", "{n} new dependencies: {names}.", len(added), names=names)
        )
    raised = [
        say("{before} is {text} now", before=quote(before[name]), text=quote(text))
        for name, text in after.items()
        if before.get(name, text) != text
    ]
    if raised:
        news.append(say("Dependencies changed: {raised}.", raised=joined("{first}; {second}", raised[:_NAMES])))
    sizes = [_size(plugin) for plugin in (old, new)]
    if abs(sizes[1] - sizes[0]) >= _GROWTH:
        old_size, new_size = map(_bytes, sizes)
        news.append(
            say("What is packed grows from {old} to {new}.", old=old_size, new=new_size)
            if sizes[1] > sizes[0]
            else say("What is packed shrinks from {old} to {new}.", old=old_size, new=new_size)
        )
    return news


def _passport_news(old: Plugin, new: Plugin) -> list[str]:
    if not changed_files(new, old, lambda path: path.endswith(".py")):
        return []  # Most updates bring models and texts, and reading the code of two versions takes time.
    before, after = passport_of(old), passport_of(new)
    news: list[str] = [
        say(
            "The code {capability} now: {what} in {path}.",
            capability=capability,
            what=quote(uses[0].what),
            path=quote(uses[0].path),
        )
        for capability, uses in after.capabilities.items()
        if capability not in before.capabilities
    ]
    known = {host.name for host in before.hosts}
    hosts = [host.name for host in after.hosts if host.name not in known]
    if hosts:
        news.append(
            say_plural(
                "The plugin speaks to a new host: {hosts}.",
                "The plugin speaks to new hosts: {hosts}.",
                len(hosts),
                hosts=quote_list(hosts, _NAMES),
            )
        )
    return news


def _size(plugin: Plugin) -> int:
    entries = plugin.tree.entries()
    files = (entries[path] for path in plugin.packed_files if path in entries)
    return sum(entry.size or 0 for entry in files if entry.kind is Kind.FILE)


def _bytes(size: int) -> str:
    return (
        say("{size:.1f} MiB", size=size / 1024 / 1024)
        if size >= 1024 * 1024
        else say("{size:.0f} KiB", size=size / 1024)
    )
