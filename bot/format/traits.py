"""What sets the kinds of document apart, in one place: whoever treats kinds differently asks here.

A new kind is a name and an entry here, a model in `bot/format/models/`, and a link in the model that leads to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Final

from msgspec import Struct

Keys = tuple[str, ...]


class DocumentKind(StrEnum):
    """The kinds of YAML document that a plugin is made of. The value is the name shown to people."""

    MANIFEST = "manifest"
    BUNDLE = "bundle"
    TOOL_PROVIDER = "tool provider"
    TOOL = "tool"
    MODEL_PROVIDER = "model provider"
    MODEL = "model"
    MODEL_POSITION = "model position"
    ENDPOINT_GROUP = "endpoint group"
    ENDPOINT = "endpoint"
    AGENT_STRATEGY_PROVIDER = "agent strategy provider"
    AGENT_STRATEGY = "agent strategy"
    DATASOURCE_PROVIDER = "datasource provider"
    DATASOURCE = "datasource"
    TRIGGER_PROVIDER = "trigger provider"
    EVENT = "event"


class Structure(Enum):
    """The structure of the format that an item of a form belongs to, by its name there."""

    __hash__ = object.__hash__  # Enum's own is in Python.

    TOOL_PARAMETER = "ToolParameter"
    AGENT_PARAMETER = "AgentStrategyParameter"
    DATASOURCE_PARAMETER = "DatasourceParameter"
    #: Of events and of subscription constructors.
    EVENT_PARAMETER = "EventParameter"
    #: Credentials of tools, datasources and triggers, OAuth clients, settings of endpoints.
    CONFIG = "ProviderConfig"
    #: The forms of model providers.
    MODEL_FORM = "CredentialFormSchema"


class Traits(Struct, frozen=True):
    """One kind of document."""

    #: The module in `bot/format/models/` and the class in it.
    model: tuple[str, str]
    #: Keys that only this kind has at its top level: all of one of the sets make a document one of this kind.
    signs: tuple[frozenset[str], ...] = ()
    #: Keys that no relative of this kind has: with one of them a document is what the link to it says.
    own_keys: frozenset[str] = frozenset()
    #: The kind of document that this one lists.
    lists: DocumentKind | None = None
    #: Where forms are, with the structure of their items.
    forms: tuple[tuple[Keys, Structure], ...] = ()
    #: Where the names of the plugin or a provider are: they are the same in every language.
    names: tuple[Keys, ...] = ()
    #: What the platform lists in one go with this document in it, such as "tool"; "" where it lists nothing.
    platform_list: str = ""
    #: Whether the platform reads the document for that list only, and not when the plugin is installed.
    in_list_only: bool = False
    #: Whether `output_schema` describes variables for workflows.
    has_output: bool = False
    #: Where the provider asks for credentials, and the method of its class that checks them.
    credentials: tuple[str, str] | None = None
    #: Whether the provider can ask for OAuth.
    has_oauth: bool = False
    #: Whether a parameter can be of the type `dynamic-select`.
    has_dynamic_options: bool = False


_IDENTITY: Final = (("identity", "name"), ("identity", "label"))
_OAUTH: Final = (
    (("oauth_schema", "client_schema"), Structure.CONFIG),
    (("oauth_schema", "credentials_schema"), Structure.CONFIG),
)
#: Tools, strategies, datasources and events look alike: which one a document is follows from the provider that lists
#: it. A provider has a description too, but inside its identity.
LEAF_KEYS: Final = frozenset({"description", "parameters", "output_schema"})


def _below(key: str, forms: tuple[tuple[Keys, Structure], ...]) -> tuple[tuple[Keys, Structure], ...]:
    return tuple(((key, *keys), structure) for keys, structure in forms)


TRAITS: Final[Mapping[DocumentKind, Traits]] = {
    DocumentKind.MANIFEST: Traits(
        ("manifest", "Manifest"),
        signs=(frozenset({"plugins", "meta"}), frozenset({"plugins", "resource"})),
        names=(("name",), ("author",), ("label",)),
    ),
    DocumentKind.BUNDLE: Traits(("bundle", "Bundle"), names=(("name",), ("author",), ("labels",))),
    DocumentKind.TOOL_PROVIDER: Traits(
        ("tool_provider", "ToolProvider"),
        signs=(frozenset({"identity", "tools"}), frozenset({"identity", "credentials_for_provider"})),
        own_keys=frozenset({"tools", "credentials_for_provider"}),
        lists=DocumentKind.TOOL,
        forms=((("credentials_for_provider",), Structure.CONFIG), *_OAUTH),
        names=_IDENTITY,
        platform_list="tool",
        credentials=("credentials_for_provider", "_validate_credentials"),
        has_oauth=True,
    ),
    DocumentKind.TOOL: Traits(
        ("tool", "Tool"),
        own_keys=LEAF_KEYS,
        forms=((("parameters",), Structure.TOOL_PARAMETER),),
        platform_list="tool",
        in_list_only=True,
        has_output=True,
        has_dynamic_options=True,
    ),
    DocumentKind.MODEL_PROVIDER: Traits(
        ("model_provider", "ModelProvider"),
        signs=(frozenset({"provider", "supported_model_types"}),),
        own_keys=frozenset({"supported_model_types", "configurate_methods", "models"}),
        lists=DocumentKind.MODEL,
        forms=(
            (("provider_credential_schema", "credential_form_schemas"), Structure.MODEL_FORM),
            (("model_credential_schema", "credential_form_schemas"), Structure.MODEL_FORM),
        ),
        names=(("provider",), ("label",)),
        platform_list="model",
    ),
    DocumentKind.MODEL: Traits(
        ("model", "Model"),
        signs=(frozenset({"model", "model_type"}),),
        own_keys=frozenset({"model", "model_properties"}),
        platform_list="model",
    ),
    DocumentKind.MODEL_POSITION: Traits(("model_position", "ModelPosition")),
    DocumentKind.ENDPOINT_GROUP: Traits(
        ("endpoint_group", "EndpointGroup"),
        signs=(frozenset({"endpoints"}),),
        own_keys=frozenset({"endpoints", "settings"}),
        lists=DocumentKind.ENDPOINT,
        forms=((("settings",), Structure.CONFIG),),
    ),
    DocumentKind.ENDPOINT: Traits(
        ("endpoint", "Endpoint"),
        signs=(frozenset({"path", "method"}),),
        own_keys=frozenset({"path", "method"}),
    ),
    DocumentKind.AGENT_STRATEGY_PROVIDER: Traits(
        ("agent_strategy_provider", "AgentStrategyProvider"),
        signs=(frozenset({"identity", "strategies"}),),
        own_keys=frozenset({"strategies"}),
        lists=DocumentKind.AGENT_STRATEGY,
        names=_IDENTITY,
        platform_list="agent strategy",
    ),
    DocumentKind.AGENT_STRATEGY: Traits(
        ("agent_strategy", "AgentStrategy"),
        own_keys=LEAF_KEYS,
        forms=((("parameters",), Structure.AGENT_PARAMETER),),
        platform_list="agent strategy",
        in_list_only=True,
    ),
    DocumentKind.DATASOURCE_PROVIDER: Traits(
        ("datasource_provider", "DatasourceProvider"),
        signs=(frozenset({"identity", "datasources"}),),
        own_keys=frozenset({"datasources", "provider_type"}),
        lists=DocumentKind.DATASOURCE,
        forms=((("credentials_schema",), Structure.CONFIG), *_OAUTH),
        names=_IDENTITY,
        platform_list="datasource",
        credentials=("credentials_schema", "_validate_credentials"),
        has_oauth=True,
    ),
    DocumentKind.DATASOURCE: Traits(
        ("datasource", "Datasource"),
        own_keys=LEAF_KEYS,
        forms=((("parameters",), Structure.DATASOURCE_PARAMETER),),
        platform_list="datasource",
        in_list_only=True,
        has_output=True,
    ),
    DocumentKind.TRIGGER_PROVIDER: Traits(
        ("trigger_provider", "TriggerProvider"),
        signs=(frozenset({"identity", "events"}), frozenset({"identity", "subscription_constructor"})),
        own_keys=frozenset({"events", "subscription_schema", "subscription_constructor"}),
        lists=DocumentKind.EVENT,
        forms=(
            (("subscription_schema",), Structure.CONFIG),
            *_below(
                "subscription_constructor",
                (
                    (("parameters",), Structure.EVENT_PARAMETER),
                    (("credentials_schema",), Structure.CONFIG),
                    *_OAUTH,
                ),
            ),
        ),
        names=_IDENTITY,
        platform_list="trigger",
        credentials=("credentials_schema", "_validate_api_key"),
        has_oauth=True,
        has_dynamic_options=True,
    ),
    DocumentKind.EVENT: Traits(
        ("event", "Event"),
        own_keys=LEAF_KEYS,
        forms=((("parameters",), Structure.EVENT_PARAMETER),),
        platform_list="trigger",
        has_output=True,
        has_dynamic_options=True,
    ),
}


def kinds_with(trait: str) -> tuple[DocumentKind, ...]:
    """The kinds that have a trait, by the name of its attribute."""
    return tuple(kind for kind, traits in TRAITS.items() if getattr(traits, trait))
