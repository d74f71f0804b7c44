"""Which kind of document a file really is, whatever the link to it says."""

from __future__ import annotations

from typing import Any

from bot.format.traits import LEAF_KEYS, TRAITS, DocumentKind


def kind_of(path: str, data: Any, expected: DocumentKind) -> DocumentKind:
    """The kind of a document that a link expects to be of kind `expected`: another one only where that is certain."""
    # S entities/model/provider.py:256: of what a model pattern finds, files with this ending are order lists.
    if expected is DocumentKind.MODEL and path.endswith("_position.yaml"):
        return DocumentKind.MODEL_POSITION
    if not isinstance(data, dict):
        return expected
    keys = frozenset(key for key in data if isinstance(key, str))
    if keys & TRAITS[expected].own_keys:
        return expected
    looks = _looks_like(keys)
    if looks:
        return looks[0] if len(looks) == 1 else expected
    leaf = TRAITS[expected].lists
    return leaf if leaf and TRAITS[leaf].own_keys == LEAF_KEYS and _is_leaf(keys) else expected


def shape_of(data: Any) -> DocumentKind | None:
    """The kind of a document that no link leads to, where its keys tell; a tool stands for all that look like one."""
    if not isinstance(data, dict):
        return None
    keys = frozenset(key for key in data if isinstance(key, str))
    if _is_leaf(keys):
        return DocumentKind.TOOL
    looks = _looks_like(keys)
    if len(looks) == 1:
        return looks[0]
    return DocumentKind.TOOL if not looks and {"identity", "extra"} <= keys else None


def _looks_like(keys: frozenset[str]) -> list[DocumentKind]:
    return [kind for kind, traits in TRAITS.items() if any(sign <= keys for sign in traits.signs)]


def _is_leaf(keys: frozenset[str]) -> bool:
    """Whether a document looks like what a provider lists."""
    return {"identity", "extra"} <= keys and bool(keys & LEAF_KEYS)
