"""A trigger provider, linked from `plugins.triggers`.

D trigger-plugin.mdx:65; G trigger_declaration.go:142; S trigger.py:334.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from bot.findings import By, Reach, Severity
from bot.format.models.base import (
    ANY_SHAPE,
    PLATFORM,
    PROVIDER_ID,
    Asset,
    DocumentKind,
    Link,
    Origin,
    PythonSource,
    Remark,
    Shape,
    Spec,
    noise,
)
from bot.format.models.i18n import I18n
from bot.format.models.oauth import OAuthSchema
from bot.format.models.parameter import EventParameter
from bot.format.models.provider_config import (
    LIST_OF_PROVIDER_CONFIGS,
    LIST_OR_MAPPING,
    NamedProviderConfig,
    ProviderConfig,
)
from bot.format.models.values import Unwelcome


class TriggerProviderIdentity(Spec):
    author: Annotated[
        str, Origin("The author of the provider.", daemon="trigger_declaration.go:88", sdk="trigger.py:152")
    ]
    name: Annotated[
        str,
        StringConstraints(pattern=PROVIDER_ID),
        Origin(
            "The name of the provider: small letters, digits, - and _.",
            daemon="trigger_declaration.go:89",
            sdk="trigger.py:153",
            platform="models/provider_ids.py:27",
            checked_by=PLATFORM,
            reach=Reach.PROVIDER,
        ),
    ]
    description: Annotated[
        I18n, Origin("What the provider does.", daemon="trigger_declaration.go:90", sdk="trigger.py:155")
    ]
    icon: Annotated[
        str | None,
        Asset(checked_by=(By.PACKAGER, By.INSTALLER)),
        Origin("The name of a file in `_assets`.", daemon="trigger_declaration.go:91", sdk="trigger.py:159"),
    ] = None
    icon_dark: Annotated[
        str | None,
        Asset(checked_by=(By.INSTALLER,)),
        Origin(
            "The icon for the dark theme: the name of a file in `_assets`.",
            daemon="trigger_declaration.go:92",
            sdk="trigger.py:163",
        ),
    ] = None
    label: Annotated[I18n, Origin("The name shown to users.", daemon="trigger_declaration.go:93", sdk="trigger.py:154")]
    tags: Annotated[
        list[
            Annotated[
                Literal["webhooks"],
                Unwelcome(),
                Origin("The daemon knows no such tag.", daemon="tags.go:10", sdk="trigger.py:142"),
            ]
        ],
        Origin(
            "The SDK takes `webhooks` only, the daemon any other tag: leave it out, and give the manifest tags.",
            daemon="trigger_declaration.go:94",
            sdk="trigger.py:167",
        ),
    ] = Field(default_factory=list)


class TriggerPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str,
        PythonSource("Trigger"),
        Origin("The file that defines the classes of the trigger and its constructor.", sdk="trigger.py:246"),
    ]


class TriggerProviderExtra(Spec):
    python: Annotated[TriggerPython, Origin("Where the code is.", sdk="trigger.py:251")]


class SubscriptionConstructorPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str,
        Origin(
            "Read but not used: the class is looked up in the source of the provider.",
            docs="trigger-plugin.mdx:299",
            sdk="trigger.py:265",
        ),
    ]


class SubscriptionConstructorExtra(Spec):
    python: Annotated[SubscriptionConstructorPython, Origin("Where the code is.", sdk="trigger.py:270")]


def _form(value: Any) -> str:
    return "\0mapping" if isinstance(value, dict) else "\0list"


_Item = Annotated[NamedProviderConfig, Origin("A form item.", daemon_takes=frozenset({Shape.MAPPING}))]
#: Credentials as a list or as a mapping from name to form item (G trigger_declaration.go:179, S trigger.py:313).
Credentials = Annotated[
    Annotated[list[ProviderConfig], Tag("\0list")] | Annotated[dict[str, _Item], Tag("\0mapping")],
    Discriminator(_form),
]


class SubscriptionConstructor(Spec):
    """How users subscribe. D trigger-plugin.mdx:254; G trigger_declaration.go:135; S trigger.py:277."""

    parameters: Annotated[
        list[EventParameter],
        Origin(
            "What to ask users for when they subscribe.",
            docs="trigger-plugin.mdx:264",
            daemon="trigger_declaration.go:136",
            sdk="trigger.py:280",
        ),
    ] = Field(default_factory=list)
    credentials_schema: Annotated[
        Credentials,
        Origin(
            "The credentials to ask for, as a mapping from name to form item or as a list.",
            docs="trigger-plugin.mdx:280",
            daemon="trigger_declaration.go:137",
            sdk="trigger.py:284",
        ),
    ] = Field(default_factory=list)
    oauth_schema: Annotated[
        OAuthSchema,
        Origin(
            "How to get credentials by OAuth.",
            daemon="trigger_declaration.go:138",
            sdk="trigger.py:288",
            sdk_takes=frozenset({Shape.NULL}),
            platform="core/plugin/entities/oauth.py:11",
            platform_refuses=frozenset({Shape.NULL}),
            advice="Without OAuth, leave the key out.",
        ),
    ] = None  # type: ignore[assignment]
    extra: Annotated[
        SubscriptionConstructorExtra | None,
        Origin("Where the code would be.", docs="trigger-plugin.mdx:297", sdk="trigger.py:294"),
    ] = None


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

    identity: Annotated[
        TriggerProviderIdentity,
        Origin("Who the provider is.", daemon="trigger_declaration.go:143", sdk="trigger.py:337"),
    ]
    subscription_schema: Annotated[
        list[ProviderConfig],
        Origin(
            "What to ask users for when they make a subscription by hand.",
            docs="trigger-plugin.mdx:88",
            daemon="trigger_declaration.go:144",
            sdk="trigger.py:341",
            daemon_takes=LIST_OR_MAPPING,
            advice=LIST_OF_PROVIDER_CONFIGS,
        ),
    ] = Field(default_factory=list)
    subscription_constructor: Annotated[
        SubscriptionConstructor | None,
        Origin(
            "How subscriptions are made for users.",
            docs="trigger-plugin.mdx:263",
            daemon="trigger_declaration.go:145",
            sdk="trigger.py:345",
            daemon_takes=ANY_SHAPE,
        ),
    ] = None
    events: Annotated[
        list[
            Annotated[
                str,
                Link(DocumentKind.EVENT),
                Origin(
                    "The path of an event's file.",
                    daemon_takes=ANY_SHAPE,
                    advice="Put the event into a file of its own and write its path here.",
                ),
            ]
        ],
        Origin(
            "The files of the events, as paths from the plugin root.",
            daemon="trigger_declaration.go:146",
            sdk="trigger.py:351",
            daemon_takes=ANY_SHAPE,
            advice="Write a list of paths.",
        ),
    ] = Field(default_factory=list)
    extra: Annotated[TriggerProviderExtra, Origin("What only the SDK reads.", sdk="trigger.py:355")]
