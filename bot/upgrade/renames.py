"""Finds what was renamed: elements that are gone, paired with new ones that are like them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from msgspec import Struct

from bot.findings import Confidence
from bot.upgrade.surface import Element, Sort

#: Lists in which more elements are gone and new are not paired: comparing each with each takes time.
MAX_PAIRS = 400
_LIKELY = 0.55
_CERTAIN = 0.85
#: Longer texts are compared by their beginnings (characters).
_TEXT = 200


class Rename(Struct, frozen=True):
    """The new name, and how sure it is that just the name changed."""

    name: str
    confidence: Confidence


def renamed(gone: Sequence[Element], come: Sequence[Element]) -> dict[str, Rename]:
    """By the name of what is gone, the new element that it most likely became. Each is paired once."""
    if len(gone) * len(come) > MAX_PAIRS:
        return {}
    scores = sorted(
        ((likeness(old, new), i, j) for i, old in enumerate(gone) for j, new in enumerate(come)),
        key=lambda each: (-each[0], each[1], each[2]),
    )
    found: dict[str, Rename] = {}
    taken: set[int] = set()
    for score, i, j in scores:
        if score >= _LIKELY and gone[i].name not in found and j not in taken:
            confidence = Confidence.CERTAIN if score >= _CERTAIN else Confidence.LIKELY
            found[gone[i].name] = Rename(come[j].name, confidence)
            taken.add(j)
    return found


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rpartition("/")[2].casefold())


def likeness(old: Element, new: Element) -> float:
    """From 0 to 1, how like two elements are, by what is not their name."""
    if old.sort is Sort.MODEL and _key(old.name) != _key(new.name):
        return 0.0  # Another model is like it in all but its name.
    if old.sort is not new.sort or old.facts.get("type") != new.facts.get("type"):
        return 0.0
    shares = list(_shares(old, new))
    total = sum(weight for weight, _ in shares)
    return sum(weight * share for weight, share in shares) / total if total else 0.0


def _shares(old: Element, new: Element) -> Iterator[tuple[float, float]]:
    """What counts for how much, and how far it agrees."""
    yield 1.0, _text_likeness(old.name, new.name)
    yield 1.0, 1.0 if old.position == new.position else 0.0
    for key, weight in (("label", 2.0), ("description", 3.0)):
        texts = _text(old.facts.get(key)), _text(new.facts.get(key))
        if any(texts):
            yield weight, _text_likeness(*texts)
    for key, weight in (("source", 2.0), ("form", 0.5), ("options", 1.0), ("required", 0.5)):
        values = old.facts.get(key), new.facts.get(key)
        if any(values):
            yield weight, 1.0 if values[0] == values[1] else 0.0
    for name, listing in old.lists.items():
        names = set(listing.elements), set(new.lists[name].elements) if name in new.lists else set()
        if names[0] | names[1]:
            yield 2.0, len(names[0] & names[1]) / len(names[0] | names[1])


def _text(value: Any) -> str:
    """The English text of a localized one, or the texts of a mapping together."""
    if isinstance(value, dict):
        inner = value.get("en_US") or value.get("human") or value.get("llm")
        return _text(inner)
    return value[:_TEXT] if isinstance(value, str) else ""


def _text_likeness(old: str, new: str) -> float:
    """How many of their pairs of characters two texts share (Dice's coefficient): it takes time in proportion."""
    if old == new:
        return 1.0 if old else 0.0
    pairs = _pairs(old), _pairs(new)
    total = len(pairs[0]) + len(pairs[1])
    return 2 * len(pairs[0] & pairs[1]) / total if total else 0.0


@lru_cache(maxsize=4096)
def _pairs(text: str) -> frozenset[str]:
    folded = text.casefold()
    return frozenset(map("".join, pairwise(folded)))
