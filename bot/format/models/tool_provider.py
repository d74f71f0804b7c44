"""A tool provider, linked from `plugins.tools` of the manifest."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from bot.findings import By, Severity
from bot.format.models.base import (
    ANY_SHAPE,
    Asset,
    Link,
    Origin,
    PythonSource,
    Remark,
    Spec,
    empty_dict,
    empty_list,
    noise,
)
from bot.format.models.identity import ProviderIdentity
from bot.format.models.oauth import OAuthSchema
from bot.format.models.provider_config import LIST_OR_MAPPING, MAPPING_OF_PROVIDER_CONFIGS, NamedProviderConfig
from bot.format.models.tags import ToolTag
from bot.format.traits import DocumentKind


class ToolProviderIdentity(ProviderIdentity):
    remarks: ClassVar[Mapping[str, Remark]] = noise("icon_small", "icon_large")
    mistaken: ClassVar[Mapping[str, str]] = {"tag": "tags"}

    icon: Annotated[str, Asset(checked_by=(By.PACKAGER, By.INSTALLER)), Origin("The name of a file in `_assets`.")]
    icon_dark: Annotated[
        str | None,
        Asset(checked_by=(By.INSTALLER,)),
        Origin("The icon for the dark theme: the name of a file in `_assets`."),
    ] = None
    tags: Annotated[
        list[Annotated[ToolTag, Origin("A tag.", place="ToolProviderIdentity.tags.item")]],
        Origin("Tags that help users find the provider; without any, those of the manifest count."),
    ] = Field(default_factory=empty_list)


class ToolProviderPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str, PythonSource("ToolProvider"), Origin("The file that defines the provider's class.", daemon=False)
    ]


class ToolProviderExtra(Spec):
    python: Annotated[ToolProviderPython, Origin("Where the code is.", daemon=False)]


class ToolProvider(Spec):
    misplaced: ClassVar[Mapping[str, str]] = {"tags": "`identity`"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "credentials_schema": Remark(
            Severity.WARNING,
            "The console shows this form, but the SDK reads `credentials_for_provider` only and knows no credentials.",
        ),
        **noise("supported_model_types", "help"),
    }

    identity: Annotated[ToolProviderIdentity, Origin("Who the provider is.")]
    credentials_for_provider: Annotated[
        dict[str, Annotated[NamedProviderConfig, Origin("A form item.", nested=True, daemon_takes=ANY_SHAPE)]],
        Origin(
            "The credentials to ask for, by name.", daemon_takes=LIST_OR_MAPPING, advice=MAPPING_OF_PROVIDER_CONFIGS
        ),
    ] = Field(default_factory=empty_dict)
    oauth_schema: Annotated[OAuthSchema | None, Origin("How to get credentials by OAuth.")] = None
    tools: Annotated[
        list[
            Annotated[
                str,
                Link(DocumentKind.TOOL),
                Origin(
                    "The path of a tool's file.",
                    nested=True,
                    daemon_takes=ANY_SHAPE,
                    advice="Put the tool into a file of its own and write its path here.",
                ),
            ]
        ],
        Origin(
            "The files of the tools, as paths from the plugin root.",
            daemon_takes=ANY_SHAPE,
            advice="Write a list of paths.",
        ),
    ] = Field(default_factory=empty_list)
    extra: Annotated[ToolProviderExtra, Origin("What only the SDK reads.", daemon=False)]
