"""A trigger provider, linked from `plugins.triggers`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from bot.findings import By, Severity
from bot.format.models.base import ANY_SHAPE, Asset, Link, Origin, PythonSource, Remark, Shape, Spec, empty_list, noise
from bot.format.models.event import EventParameter
from bot.format.models.identity import ProviderIdentity
from bot.format.models.oauth import OAuthSchema
from bot.format.models.provider_config import (
    LIST_OF_PROVIDER_CONFIGS,
    LIST_OR_MAPPING,
    NamedProviderConfig,
    ProviderConfig,
)
from bot.format.models.values import Unwelcome
from bot.format.traits import DocumentKind


class TriggerProviderIdentity(ProviderIdentity):
    icon: Annotated[
        str | None, Asset(checked_by=(By.PACKAGER, By.INSTALLER)), Origin("The name of a file in `_assets`.")
    ] = None
    icon_dark: Annotated[
        str | None,
        Asset(checked_by=(By.INSTALLER,)),
        Origin("The icon for the dark theme: the name of a file in `_assets`."),
    ] = None
    tags: Annotated[
        list[
            Annotated[
                Literal["webhooks"],
                Unwelcome(),
                Origin("The daemon knows no such tag.", place="TriggerProviderIdentity.tags.item"),
            ]
        ],
        Origin("The SDK takes `webhooks` only, the daemon any other tag: leave it out, and give the manifest tags."),
    ] = Field(default_factory=empty_list)


class TriggerPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str,
        PythonSource("Trigger"),
        Origin("The file that defines the classes of the trigger and its constructor.", daemon=False),
    ]


class TriggerProviderExtra(Spec):
    python: Annotated[TriggerPython, Origin("Where the code is.", daemon=False)]


class SubscriptionConstructorPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str, Origin("Read but not used: the class is looked up in the source of the provider.", daemon=False)
    ]


class SubscriptionConstructorExtra(Spec):
    python: Annotated[SubscriptionConstructorPython, Origin("Where the code is.", daemon=False)]


def _form(value: Any) -> str:
    return "\0mapping" if isinstance(value, dict) else "\0list"


_Item = Annotated[NamedProviderConfig, Origin("A form item.", nested=True, daemon_takes=frozenset({Shape.MAPPING}))]
#: Credentials as a list or as a mapping from name to form item (G trigger_declaration.go:179, S trigger.py:313).
Credentials = Annotated[
    Annotated[list[ProviderConfig], Tag("\0list")] | Annotated[dict[str, _Item], Tag("\0mapping")], Discriminator(_form)
]


class SubscriptionConstructor(Spec):
    """How users subscribe."""

    parameters: Annotated[list[EventParameter], Origin("What to ask users for when they subscribe.")] = Field(
        default_factory=empty_list
    )
    credentials_schema: Annotated[
        Credentials, Origin("The credentials to ask for, as a mapping from name to form item or as a list.")
    ] = Field(default_factory=empty_list)
    oauth_schema: Annotated[
        OAuthSchema,
        Origin(
            "How to get credentials by OAuth.",
            sdk_takes=frozenset({Shape.NULL}),
            platform_refuses=frozenset({Shape.NULL}),
            advice="Without OAuth, leave the key out.",
        ),
    ] = None  # type: ignore[assignment]
    extra: Annotated[SubscriptionConstructorExtra | None, Origin("Where the code would be.", daemon=False)] = None


_LOST = "Daemon and SDK drop it here: it belongs under `subscription_constructor`."


class TriggerProvider(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = {
        "credentials_schema": Remark(
            Severity.WARNING, _LOST, refused_by=(By.SDK,), takes=frozenset({Shape.LIST, Shape.MAPPING})
        ),
        "oauth_schema": Remark(Severity.WARNING, _LOST),
        **noise("channel"),
    }
    misplaced: ClassVar[Mapping[str, str]] = {"tags": "`identity`"}

    identity: Annotated[TriggerProviderIdentity, Origin("Who the provider is.")]
    subscription_schema: Annotated[
        list[ProviderConfig],
        Origin(
            "What to ask users for when they make a subscription by hand.",
            daemon_takes=LIST_OR_MAPPING,
            advice=LIST_OF_PROVIDER_CONFIGS,
        ),
    ] = Field(default_factory=empty_list)
    subscription_constructor: Annotated[
        SubscriptionConstructor | None, Origin("How subscriptions are made for users.", daemon_takes=ANY_SHAPE)
    ] = None
    events: Annotated[
        list[
            Annotated[
                str,
                Link(DocumentKind.EVENT),
                Origin(
                    "The path of an event's file.",
                    nested=True,
                    daemon_takes=ANY_SHAPE,
                    advice="Put the event into a file of its own and write its path here.",
                ),
            ]
        ],
        Origin(
            "The files of the events, as paths from the plugin root.",
            daemon_takes=ANY_SHAPE,
            advice="Write a list of paths.",
        ),
    ] = Field(default_factory=empty_list)
    extra: Annotated[TriggerProviderExtra, Origin("What only the SDK reads.", daemon=False)]
