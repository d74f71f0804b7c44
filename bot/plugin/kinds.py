"""Which kind of document a file really is, whatever the link to it says."""

from __future__ import annotations

from typing import Any

from bot.format.models.base import LISTED, DocumentKind

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

#: What a document of this kind has at its top level and no relative of it: with any one of these keys it is what the
#: link to it says, whatever else it holds. Nobody reads the rest.
_OWN: dict[DocumentKind, frozenset[str]] = {
    DocumentKind.TOOL_PROVIDER: frozenset({"tools", "credentials_for_provider"}),
    DocumentKind.MODEL_PROVIDER: frozenset({"supported_model_types", "configurate_methods", "models"}),
    DocumentKind.ENDPOINT_GROUP: frozenset({"endpoints", "settings"}),
    DocumentKind.AGENT_STRATEGY_PROVIDER: frozenset({"strategies"}),
    DocumentKind.DATASOURCE_PROVIDER: frozenset({"datasources", "provider_type"}),
    DocumentKind.TRIGGER_PROVIDER: frozenset({"events", "subscription_schema", "subscription_constructor"}),
    DocumentKind.MODEL: frozenset({"model", "model_properties"}),
    DocumentKind.ENDPOINT: frozenset({"path", "method"}),
}

#: These four look alike, and which of them a document is follows from the provider that lists it.
_LEAVES = frozenset({DocumentKind.TOOL, DocumentKind.AGENT_STRATEGY, DocumentKind.DATASOURCE, DocumentKind.EVENT})
#: A provider has a description too, but inside its identity.
_LEAF = frozenset({"description", "parameters", "output_schema"})
_OWN.update((leaf, _LEAF) for leaf in _LEAVES)


def kind_of(path: str, data: Any, expected: DocumentKind) -> DocumentKind:
    """The kind of a document that a link expects to be of kind `expected`: another one only where that is certain."""
    # S entities/model/provider.py:256: of what a model pattern finds, files with this ending are order lists.
    if expected is DocumentKind.MODEL and path.endswith("_position.yaml"):
        return DocumentKind.MODEL_POSITION
    if not isinstance(data, dict):
        return expected
    keys = frozenset(key for key in data if isinstance(key, str))
    if keys & _OWN.get(expected, frozenset()):
        return expected
    looks = [kind for kind, signs in _SIGNS if any(sign <= keys for sign in signs)]
    if looks:
        return looks[0] if len(looks) == 1 else expected
    leaf = LISTED.get(expected)
    return leaf if leaf in _LEAVES and _is_leaf(keys) else expected


def shape_of(data: Any) -> DocumentKind | None:
    """The kind of a document that no link leads to, where its keys tell; a tool stands for all that look like one."""
    if not isinstance(data, dict):
        return None
    keys = frozenset(key for key in data if isinstance(key, str))
    if _is_leaf(keys):
        return DocumentKind.TOOL
    looks = [kind for kind, signs in _SIGNS if any(sign <= keys for sign in signs)]
    if len(looks) == 1:
        return looks[0]
    return DocumentKind.TOOL if not looks and {"identity", "extra"} <= keys else None


def _is_leaf(keys: frozenset[str]) -> bool:
    """Whether a document looks like what a provider lists."""
    return {"identity", "extra"} <= keys and bool(keys & _LEAF)
