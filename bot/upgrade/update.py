"""An update as people read it: what it breaks, old beside new, what else can be felt, and what is new in it.

All texts are messages: every piece of the plugin stands between backticks, put there by `quote`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bot.findings import Location, quote, quote_list
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


@dataclass(frozen=True, slots=True)
class Break:
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


@dataclass(frozen=True, slots=True)
class Update:
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
        return f"{owner}{quote(first.subject)}: {quote_list([change.old or '' for change in changes], _NAMES)}"
    if len(changes) > 1:
        names = quote_list([change.subject for change in changes], _NAMES)
        return f"{owner}{len(changes)} {plural(first)}" + ("" if first.what == "added-required" else f": {names}")
    if first.what == "added-required":
        return f"{owner}no {quote(first.subject)}"
    if first.sort is None or first.sort is Sort.PROVIDER:
        return quote(first.old or first.subject)
    value = "optional" if first.what == "now-required" else quote(first.old) if first.old is not None else ""
    return f"{owner}{quote(first.subject)}" + (f": {value}" if value else "")


def _new(change: Change) -> str:
    """What there is now in its place."""
    if change.what in ("added-required", "now-required"):
        return "required"
    if change.what.endswith("removed") and change.sort is not Sort.PROVIDER:
        return f"{quote(change.rename.name)}?" if change.rename is not None else "gone"
    return quote(change.new) if change.new is not None else "gone"


# --- news -------------------------------------------------------------------------------------------------------------


def _added(changes: Sequence[Change]) -> list[str]:
    """What is new, many of a kind in one sentence."""
    news = []
    ordered = sorted(changes, key=lambda change: (change.kind, change.owner or ("", "")))
    for _, members in groupby(ordered, key=lambda change: (change.kind, change.owner, change.what != "added")):
        several = list(members)
        news += [said(*several)] if several[0].what == "added" else [said(change) for change in several]
    return news


def _stock_news(old: Plugin, new: Plugin) -> list[str]:
    """What is new in the files: what the code is able to do, dependencies, and how large the package is."""
    news = _passport_news(old, new)
    before, after = ({each.name: each.text for each in declared_requirements(plugin)} for plugin in (old, new))
    added = [text for name, text in after.items() if name not in before]
    if added:
        noun = "dependency" if len(added) == 1 else "dependencies"
        news.append(f"{len(added)} new {noun}: {quote_list(added, _NAMES)}.")
    raised = [
        f"{quote(before[name])} is {quote(text)} now" for name, text in after.items() if before.get(name, text) != text
    ]
    if raised:
        news.append(f"Dependencies changed: {'; '.join(raised[:_NAMES])}.")
    sizes = [_size(plugin) for plugin in (old, new)]
    if abs(sizes[1] - sizes[0]) >= _GROWTH:
        verb = "grows" if sizes[1] > sizes[0] else "shrinks"
        news.append(f"What is packed {verb} from {_bytes(sizes[0])} to {_bytes(sizes[1])}.")
    return news


def _passport_news(old: Plugin, new: Plugin) -> list[str]:
    if not changed_files(new, old, lambda path: path.endswith(".py")):
        return []  # Most updates bring models and texts, and reading the code of two versions takes time.
    before, after = passport_of(old), passport_of(new)
    news = [
        f"The code {capability} now: {quote(uses[0].what)} in {quote(uses[0].path)}."
        for capability, uses in after.capabilities.items()
        if capability not in before.capabilities
    ]
    known = {host.name for host in before.hosts}
    hosts = [host.name for host in after.hosts if host.name not in known]
    if hosts:
        news.append(
            f"The plugin speaks to {'a new host' if len(hosts) == 1 else 'new hosts'}: {quote_list(hosts, _NAMES)}."
        )
    return news


def _size(plugin: Plugin) -> int:
    entries = plugin.tree.entries()
    files = (entries[path] for path in plugin.packed_files if path in entries)
    return sum(entry.size or 0 for entry in files if entry.kind is Kind.FILE)


def _bytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MiB" if size >= 1024 * 1024 else f"{size / 1024:.0f} KiB"
