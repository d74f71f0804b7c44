"""A tool provider, linked from `plugins.tools` of the manifest.

D tool-plugin.mdx:91; G tool_declaration.go:182; S tool.py:241.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

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
    Spec,
    noise,
)
from bot.format.models.i18n import I18n
from bot.format.models.oauth import OAuthSchema
from bot.format.models.provider_config import LIST_OR_MAPPING, MAPPING_OF_PROVIDER_CONFIGS, NamedProviderConfig

#: The tags that daemon and SDK take for tools (S tool.py:218); the daemon knows `agent` and `trigger` besides.
ToolTag = Literal[
    "search",
    "image",
    "videos",
    "weather",
    "finance",
    "design",
    "travel",
    "social",
    "news",
    "medical",
    "productivity",
    "education",
    "business",
    "entertainment",
    "utilities",
    "rag",
    "other",
]


class ToolProviderIdentity(Spec):
    author: Annotated[
        str,
        Origin(
            "The author of the provider.",
            docs="tool-plugin.mdx:101",
            daemon="tool_declaration.go:183",
            sdk="tool.py:242",
        ),
    ]
    name: Annotated[
        str,
        StringConstraints(pattern=PROVIDER_ID),
        Origin(
            "The name of the provider: small letters, digits, - and _.",
            docs="tool-plugin.mdx:102",
            daemon="tool_declaration.go:184",
            sdk="tool.py:243",
            platform="models/provider_ids.py:27",
            checked_by=PLATFORM,
            reach=Reach.PROVIDER,
        ),
    ]
    description: Annotated[
        I18n,
        Origin(
            "What the provider does.", docs="tool-plugin.mdx:106", daemon="tool_declaration.go:185", sdk="tool.py:244"
        ),
    ]
    icon: Annotated[
        str,
        Asset(checked_by=(By.PACKAGER, By.INSTALLER)),
        Origin(
            "The name of a file in `_assets`.",
            docs="tool-plugin.mdx:109",
            daemon="tool_declaration.go:186",
            sdk="tool.py:245",
        ),
    ]
    icon_dark: Annotated[
        str | None,
        Asset(checked_by=(By.INSTALLER,)),
        Origin(
            "The icon for the dark theme: the name of a file in `_assets`.",
            daemon="tool_declaration.go:187",
            sdk="tool.py:246",
        ),
    ] = None
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.", docs="tool-plugin.mdx:103", daemon="tool_declaration.go:188", sdk="tool.py:247"
        ),
    ]
    tags: Annotated[
        list[Annotated[ToolTag, Origin("A tag.", daemon="tags.go:10", sdk="tool.py:218")]],
        Origin(
            "Tags that help users find the provider; without any, those of the manifest count.",
            docs="tool-plugin.mdx:110",
            daemon="tool_declaration.go:189",
            sdk="tool.py:248",
        ),
    ] = Field(default_factory=list)


class ToolProviderPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str,
        PythonSource("ToolProvider"),
        Origin("The file that defines the provider's class.", docs="tool-plugin.mdx:186", sdk="tool.py:260"),
    ]


class ToolProviderExtra(Spec):
    python: Annotated[ToolProviderPython, Origin("Where the code is.", docs="tool-plugin.mdx:185", sdk="tool.py:262")]


class ToolProvider(Spec):
    misplaced: ClassVar[Mapping[str, str]] = {"tags": "`identity`"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "credentials_schema": Remark(
            Severity.WARNING,
            "The console shows this form, but the SDK reads `credentials_for_provider` only and knows no credentials.",
        ),
        **noise("supported_model_types", "help"),
    }

    identity: Annotated[
        ToolProviderIdentity,
        Origin("Who the provider is.", docs="tool-plugin.mdx:100", daemon="tool_declaration.go:204", sdk="tool.py:271"),
    ]
    credentials_for_provider: Annotated[
        dict[str, Annotated[NamedProviderConfig, Origin("A form item.", daemon_takes=ANY_SHAPE)]],
        Origin(
            "The credentials to ask for, by name.",
            docs="tool-plugin.mdx:168",
            daemon="tool_declaration.go:227",
            sdk="tool.py:288",
            daemon_takes=LIST_OR_MAPPING,
            advice=MAPPING_OF_PROVIDER_CONFIGS,
        ),
    ] = Field(default_factory=dict)
    oauth_schema: Annotated[
        OAuthSchema | None,
        Origin(
            "How to get credentials by OAuth.",
            docs="tool-oauth.mdx:116",
            daemon="tool_declaration.go:206",
            sdk="tool.py:277",
        ),
    ] = None
    tools: Annotated[
        list[
            Annotated[
                str,
                Link(DocumentKind.TOOL),
                Origin(
                    "The path of a tool's file.",
                    daemon_takes=ANY_SHAPE,
                    advice="Put the tool into a file of its own and write its path here.",
                ),
            ]
        ],
        Origin(
            "The files of the tools, as paths from the plugin root.",
            docs="tool-plugin.mdx:182",
            daemon="tool_declaration.go:283",
            sdk="tool.py:281",
            daemon_takes=ANY_SHAPE,
            advice="Write a list of paths.",
        ),
    ] = Field(default_factory=list)
    extra: Annotated[
        ToolProviderExtra,
        Origin("What only the SDK reads.", docs="tool-plugin.mdx:184", sdk="tool.py:285"),
    ]
