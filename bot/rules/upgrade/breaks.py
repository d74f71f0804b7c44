"""What an update breaks, as hits: one for each thing that breaks, or one for many at one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from yaml import ScalarNode

from bot.findings import Edit, Fix, Related, Safety, Severity, quote
from bot.messages import say, sentences
from bot.plugin import Plugin
from bot.rules.registry import Hit
from bot.upgrade import Change, Difference, Place, Sort, Weight, change_of
from bot.upgrade.update import MANY, together
from bot.upgrade.words import effect, said, way_out

#: What workspaces fill in once: credentials, settings and what makes a subscription.
FIELDS: Final = (Sort.CREDENTIAL, Sort.SETTING, Sort.SUBSCRIPTION_PROPERTY, Sort.SUBSCRIPTION_PARAMETER)

#: So many places of the version before are named with one finding.
_MOST_RELATED: Final = 20

#: How a break reaches those who have the plugin, for the pages of rules.
STEP: Final = (
    "Dify installs every release with the same first two numbers by itself, and every release of a model plugin: such "
    "a break arrives overnight. Where the version announces it, it is a notice."
)


def breaks(plugin: Plugin, sorts: Collection[Sort | None], *what: str) -> Iterator[Hit]:
    """The hits for what happens (`removed`, `type`) to elements of some sorts, in the order of the documents."""
    found = change_of(plugin)
    if not isinstance(found, Difference):
        return
    changes = [change for change in found.breaks if change.sort in sorts and change.what in what]
    counts = Counter(change.kind for change in changes)
    for members in together(changes):
        first = members[0]
        group = first.kind if len(members) < counts[first.kind] >= MANY else None
        yield _hit(plugin, found, members, sentences(said(*members), effect(first), way_out(first)), group)


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
        related=tuple(_before(plugin, change) for change in changes[:_MOST_RELATED] if change.before is not None),
    )


def _before(plugin: Plugin, change: Change) -> Related:
    place, previous = change.before, plugin.previous
    if place is None or previous is None:
        raise ValueError("the change has no place in the version before")
    message = say("The list") if change.what == "added-required" else quote(change.subject)
    return Related(
        previous.location(place.path, place.span), say("{message} in the version before.", message=message), before=True
    )


def _announced(plugin: Plugin, found: Difference) -> Fix | None:
    """Gives the version a number that announces a break, so that workspaces get it when they ask for it."""
    node = plugin.manifest.node(("version",))
    if found.step.right is None or not isinstance(node, ScalarNode):
        return None
    written = (plugin.manifest.text or "")[node.start_mark.index : node.end_mark.index]
    text = written.replace(node.value, found.step.right)
    edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), text)
    return Fix(
        say("Call the version {right}, which announces that it breaks something", right=quote(found.step.right)),
        Safety.UNSAFE,
        (edit,),
    )
