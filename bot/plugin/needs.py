"""Which features of the format a plugin uses, and which Dify it needs for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from bot.document import Document, Pointer
from bot.format.gates import FEATURES, Feature, Since
from bot.format.judge.fields import matches
from bot.format.traits import DocumentKind
from bot.plugin.plugin import Plugin


class Used(Struct, frozen=True):
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
    by_kind: dict[DocumentKind, list[Document]] = {}
    for linked in plugin.linked():
        by_kind.setdefault(linked.kind, []).append(linked.document)
    found = (_first_use(by_kind, feature) for feature in FEATURES)
    return tuple(used for used in found if used is not None)


def needed_dify(plugin: Plugin) -> tuple[tuple[Used, Since], ...]:
    """The features that the plugin uses and not every release of Dify has."""
    return tuple((used, used.feature.dify) for used in plugin.derived(used_features) if used.feature.dify is not None)


def _first_use(by_kind: Mapping[DocumentKind, Sequence[Document]], feature: Feature) -> Used | None:
    for use in feature.uses:
        for document in by_kind.get(use.kind, ()):
            for pointer, value in matches(document.data, use.pattern):
                if use.when(value):
                    return Used(feature, use.kind, document, pointer, value)
    return None
