"""ProviderConfig: one item of a form for credentials, endpoint settings, subscriptions and OAuth clients.

D general-specifications.mdx:46; G config.go:283; S provider_config.py:86. Model providers have a form of their own,
`bot.format.models.model_provider.CredentialFormSchema`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from bot.format.builtin import PLATFORM_SCOPES
from bot.format.models.base import PLATFORM, Origin, Shape, Spec
from bot.format.models.i18n import I18n
from bot.format.models.parameter import OPTION_MISTAKES
from bot.format.models.values import Basic

#: D general-specifications.mdx:100; G config.go:72; S provider_config.py:90. The documentation's `tool-selector` and
#: `dataset-selector` are refused by daemon and SDK.
ProviderConfigType = Literal[
    "secret-input", "text-input", "select", "boolean", "model-selector", "app-selector", "array[tools]"
]


#: Daemon and SDK take any text; the daemon wants of it, in remote debugging, what suits the type.
ProviderConfigScope = Literal[PLATFORM_SCOPES]  # type: ignore[valid-type]


class ProviderConfigOption(Spec):
    mistaken: ClassVar[Mapping[str, str]] = OPTION_MISTAKES

    value: Annotated[str, Origin("The value that the plugin receives, in quotes if it is a number, true or false.")]
    label: Annotated[I18n, Origin("The text shown for it.")]


_MISTAKES: Mapping[str, str] = {
    "helper": "help",
    "description": "help",
    "human_description": "help",
    "place_holder": "placeholder",
    "labels": "label",
}


class NamelessProviderConfig(Spec):
    """A ProviderConfig in a mapping, where its key is its name."""

    mistaken: ClassVar[Mapping[str, str]] = _MISTAKES

    type: Annotated[ProviderConfigType, Origin("The kind of input.")]
    label: Annotated[I18n, Origin("The name shown to users.")]
    required: Annotated[bool, Origin("Whether a value must be given.")] = False
    default: Annotated[Any, Basic(lists=PLATFORM), Origin("The value when none is given.")] = None
    options: Annotated[list[ProviderConfigOption] | None, Origin("What a `select` offers.")] = None
    multiple: Annotated[bool | None, Origin("Whether several options can be chosen.")] = None
    scope: Annotated[
        ProviderConfigScope | None,
        Origin("What a selector offers: one word. The platform takes no two joined by `&`.", checked_by=PLATFORM),
    ] = None
    help: Annotated[I18n | None, Origin("The text of the help link.")] = None
    url: Annotated[str | None, Origin("Where the help link leads.")] = None
    placeholder: Annotated[I18n | None, Origin("The text in the empty field.")] = None


class ProviderConfig(NamelessProviderConfig):
    """A ProviderConfig in a list."""

    mistaken: ClassVar[Mapping[str, str]] = {**_MISTAKES, "variable": "name"}

    name: Annotated[str, Origin("The name under which the plugin receives the value, unique in the form.")]


class NamedProviderConfig(NamelessProviderConfig):
    """A ProviderConfig in a mapping that repeats its key; the key wins (G tool_declaration.go:271,"""

    name: Annotated[str | None, Origin("Not needed: the key is the name.", sdk=False)] = None


LIST_OF_PROVIDER_CONFIGS = "Write a list, and give each item its key as `name`."
MAPPING_OF_PROVIDER_CONFIGS = "Write a mapping from the name of each credential to its form item, without `name`."
#: The daemon takes either form here, whatever the SDK thinks of it.
LIST_OR_MAPPING = frozenset({Shape.NULL, Shape.LIST, Shape.MAPPING})
