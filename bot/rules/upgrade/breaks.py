"""What an update breaks, as hits: one for each thing that breaks, or one for many at one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from yaml import ScalarNode

from bot.findings import Edit, Fix, Related, Safety, Severity, quote
from bot.plugin import Plugin
from bot.rules.registry import Hit
from bot.upgrade import Change, Difference, Place, Sort, Weight, difference
from bot.upgrade.words import effect, said, several, way_out

#: So many changes of one kind at one place are said at once.
MANY: Final = 4

#: What workspaces fill in once: credentials, settings and what makes a subscription.
FIELDS: Final = (Sort.CREDENTIAL, Sort.SETTING, Sort.SUBSCRIPTION_PROPERTY, Sort.SUBSCRIPTION_PARAMETER)

#: How a break reaches those who have the plugin, for the pages of rules.
STEP: Final = (
    "Dify installs every release with the same first two numbers by itself, and every release of a model plugin: such "
    "a break arrives overnight. Where the version announces it, it is a notice."
)


def difference_of(plugin: Plugin) -> Difference | str | None:
    """The difference from the version that users have; a clause why there is none; None with nothing to compare."""
    return plugin.derived(_difference)


def _difference(plugin: Plugin) -> Difference | str | None:
    before = plugin.previous
    if before is None or plugin.is_bundle or plugin.broken_package or not plugin.manifest.readable:
        return None  # What is wrong with this version is a finding of its own.
    return difference(before, plugin)


def breaks(plugin: Plugin, sorts: Collection[Sort | None], *what: str) -> Iterator[Hit]:
    """The hits for what happens (`removed`, `type`) to elements of some sorts, in the order of the documents."""
    found = difference_of(plugin)
    if not isinstance(found, Difference):
        return
    changes = [change for change in found.breaks if change.sort in sorts and change.what in what]
    counts = Counter(change.kind for change in changes)
    for together in _together(changes):
        first = together[0]
        if len(together) < MANY:
            for change in together:
                group = change.kind if counts[change.kind] >= MANY else None
                yield _hit(plugin, found, (change,), f"{said(change)} {effect(change)} {way_out(change)}", group)
        else:
            yield _hit(plugin, found, together, f"{several(together)} {effect(first)} {way_out(first)}", None)


def _together(changes: Sequence[Change]) -> list[tuple[Change, ...]]:
    """The changes by kind and place: what is gone from one list has one place."""
    found: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        place = change.after
        key = (change.kind, change.owner, place.path if place else "", place.span if place else None)
        found.setdefault(key, []).append(change)
    return [tuple(members) for members in found.values()]


def _hit(plugin: Plugin, found: Difference, changes: tuple[Change, ...], message: str, group: str | None) -> Hit:
    first = changes[0]
    place = first.after or Place(plugin.manifest, ())
    severity = None
    if found.step.announced and first.weight is Weight.BREAKS:
        severity = Severity.NOTICE
    return Hit(
        message,
        place.path,
        place.span,
        place.pointer,
        severity,
        subject=" ".join(f"{change.subject} {change.old or ''}".strip() for change in changes)[:200],
        anchor=f"{place.document.anchor(place.pointer)} {first.kind}",
        fix=None if severity is Severity.NOTICE or first.weight is Weight.ORPHANS else _announced(plugin, found),
        group=group,
        related=tuple(_before(plugin, change) for change in changes if change.before is not None),
    )


def _before(plugin: Plugin, change: Change) -> Related:
    place, previous = change.before, plugin.previous
    if place is None or previous is None:
        raise ValueError("the change has no place in the version before")
    message = "the list before" if change.what == "added-required" else f"{quote(change.subject)} before"
    return Related(previous.location(place.path, place.span), message, before=True)


def _announced(plugin: Plugin, found: Difference) -> Fix | None:
    """Gives the version a number that announces a break, so that workspaces get it when they ask for it."""
    node = plugin.manifest.node(("version",))
    if found.step.right is None or not isinstance(node, ScalarNode):
        return None
    written = (plugin.manifest.text or "")[node.start_mark.index : node.end_mark.index]
    text = written.replace(node.value, found.step.right)
    edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), text)
    return Fix(
        f"Call the version {quote(found.step.right)}, which announces that it breaks something", Safety.UNSAFE, (edit,)
    )
