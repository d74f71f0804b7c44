"""Which features of the format a plugin uses, and which Dify it needs for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.document import Document, Pointer
from bot.format.gates import FEATURES, Feature, Since
from bot.format.judge.fields import matches
from bot.format.traits import DocumentKind
from bot.plugin.plugin import Plugin


@dataclass(frozen=True, slots=True)
class Used:
    """A feature that a plugin uses, with the first place where it shows."""

    feature: Feature
    kind: DocumentKind
    document: Document
    pointer: Pointer
    value: Any

    @property
    def line(self) -> int:
        return self.document.span(self.pointer).line


def used_features(plugin: Plugin) -> tuple[Used, ...]:
    """The features that the plugin uses, in the order of the table."""
    found = (_first_use(plugin, feature) for feature in FEATURES)
    return tuple(used for used in found if used is not None)


def needed_dify(plugin: Plugin) -> tuple[tuple[Used, Since], ...]:
    """The features that the plugin uses and not every release of Dify has."""
    return tuple((used, used.feature.dify) for used in plugin.derived(used_features) if used.feature.dify is not None)


def _first_use(plugin: Plugin, feature: Feature) -> Used | None:
    for use in feature.uses:
        for linked in plugin.linked(use.kind):
            for pointer, value in matches(linked.document.data, use.pattern):
                if use.when(value):
                    return Used(feature, use.kind, linked.document, pointer, value)
    return None
