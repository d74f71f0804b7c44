"""Which kind of document a file really is, whatever the link to it says."""

from __future__ import annotations

from typing import Any

from bot.format.models.base import DocumentKind

#: What only a document of this kind has at its top level: all of the keys of one of the sets.
_SIGNS: tuple[tuple[DocumentKind, tuple[frozenset[str], ...]], ...] = (
    (DocumentKind.MANIFEST, (frozenset({"plugins", "meta"}), frozenset({"plugins", "resource"}))),
    (
        DocumentKind.TOOL_PROVIDER,
        (frozenset({"identity", "tools"}), frozenset({"identity", "credentials_for_provider"})),
    ),
    (DocumentKind.MODEL_PROVIDER, (frozenset({"provider", "supported_model_types"}),)),
    (DocumentKind.ENDPOINT_GROUP, (frozenset({"endpoints"}),)),
    (DocumentKind.AGENT_STRATEGY_PROVIDER, (frozenset({"identity", "strategies"}),)),
    (DocumentKind.DATASOURCE_PROVIDER, (frozenset({"identity", "datasources"}),)),
    (
        DocumentKind.TRIGGER_PROVIDER,
        (frozenset({"identity", "events"}), frozenset({"identity", "subscription_constructor"})),
    ),
    (DocumentKind.MODEL, (frozenset({"model", "model_type"}),)),
    (DocumentKind.ENDPOINT, (frozenset({"path", "method"}),)),
)

#: What a provider lists: these four look alike, and follow from the provider.
_LISTED = {
    DocumentKind.TOOL_PROVIDER: DocumentKind.TOOL,
    DocumentKind.AGENT_STRATEGY_PROVIDER: DocumentKind.AGENT_STRATEGY,
    DocumentKind.DATASOURCE_PROVIDER: DocumentKind.DATASOURCE,
    DocumentKind.TRIGGER_PROVIDER: DocumentKind.EVENT,
}
_LEAVES = frozenset(_LISTED.values())
_LEAF_SIGNS = ({"identity", "description"}, {"identity", "parameters"})


def kind_of(path: str, data: Any, expected: DocumentKind) -> DocumentKind:
    """The kind of a document that a link expects to be of kind `expected`: another one only where that is certain."""
    # S entities/model/provider.py:256: of what a model pattern finds, files with this ending are order lists.
    if expected is DocumentKind.MODEL and path.endswith("_position.yaml"):
        return DocumentKind.MODEL_POSITION
    if not isinstance(data, dict):
        return expected
    keys = frozenset(key for key in data if isinstance(key, str))
    looks = [kind for kind, signs in _SIGNS if any(sign <= keys for sign in signs)]
    if expected in looks:
        return expected
    if expected in _LEAVES:
        return looks[0] if len(looks) == 1 else expected
    if looks:
        return looks[0] if len(looks) == 1 else expected
    leaf = _LISTED.get(expected)
    if leaf is not None and any(sign <= keys for sign in _LEAF_SIGNS) and "extra" in keys and "tools" not in keys:
        # A provider has a description too, but inside its identity.
        return leaf
    return expected


def shape_of(data: Any) -> DocumentKind | None:
    """The kind of a document that no link leads to, where its keys tell; a tool stands for all that look like one."""
    if not isinstance(data, dict):
        return None
    keys = frozenset(key for key in data if isinstance(key, str))
    looks = [kind for kind, signs in _SIGNS if any(sign <= keys for sign in signs)]
    if len(looks) == 1:
        return looks[0]
    return DocumentKind.TOOL if not looks and {"identity", "extra"} <= keys else None
