"""The plugin manifest, `manifest.yaml`.

D plugin-info-by-manifest.mdx; G plugin_declaration.go; S core/entities/plugin/setup.py. It is the one document whose
values the packager checks as well as its shape.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from bot.findings import By, Severity
from bot.format.models.base import (
    EVERYONE,
    INSTALLER,
    PACKAGER,
    Asset,
    Link,
    Origin,
    Remark,
    Shape,
    Spec,
    empty_list,
    noise,
)
from bot.format.models.i18n import I18n
from bot.format.models.tags import PluginTag
from bot.format.models.values import Time
from bot.format.traits import DocumentKind

#: The packager's version syntax (G version.go:25). The SDK parses it by PEP 440 besides.
VERSION = r"^[0-9]{1,4}(\.[0-9]{1,4}){2}(-[0-9A-Za-z_]{1,16})?$"


class ToolPermission(Spec):
    enabled: Annotated[bool | None, Origin("Whether the plugin may call tools.")] = None


class ModelPermission(Spec):
    """A flag for a model type counts only while `enabled` is true (G plugin_declaration.go:44)."""

    remarks: ClassVar[Mapping[str, Remark]] = {
        "vision": Remark(Severity.WARNING, "There is no such permission: `llm` covers models that see.")
    }

    enabled: Annotated[bool | None, Origin("Whether the plugin may call models.")] = None
    llm: Annotated[bool | None, Origin("Whether it may call LLMs.")] = None
    text_embedding: Annotated[bool | None, Origin("Whether it may call text embedding models.")] = None
    rerank: Annotated[bool | None, Origin("Whether it may call rerank models.")] = None
    tts: Annotated[bool | None, Origin("Whether it may call text-to-speech models.")] = None
    speech2text: Annotated[bool | None, Origin("Whether it may call speech-to-text models.")] = None
    moderation: Annotated[bool | None, Origin("Whether it may call moderation models.")] = None


class NodePermission(Spec):
    enabled: Annotated[bool | None, Origin("Whether the plugin may call workflow nodes.")] = None


class EndpointPermission(Spec):
    enabled: Annotated[bool | None, Origin("Whether the plugin may register endpoints.")] = None


class AppPermission(Spec):
    enabled: Annotated[bool | None, Origin("Whether the plugin may call apps.")] = None


class StoragePermission(Spec):
    enabled: Annotated[bool | None, Origin("Whether the plugin may store data.")] = None
    size: Annotated[
        int,
        Field(ge=1024, le=1073741824),
        Origin("The storage to reserve, in bytes: 1 KiB to 1 GiB.", required_by=(By.PACKAGER,), checked_by=EVERYONE),
    ]


class Permission(Spec):
    tool: Annotated[ToolPermission | None, Origin("Calling tools.")] = None
    model: Annotated[ModelPermission | None, Origin("Calling models.")] = None
    node: Annotated[NodePermission | None, Origin("Calling workflow nodes.")] = None
    endpoint: Annotated[EndpointPermission | None, Origin("Registering endpoints.")] = None
    app: Annotated[AppPermission | None, Origin("Calling apps.")] = None
    storage: Annotated[StoragePermission | None, Origin("Storing data.")] = None


class Resource(Spec):
    memory: Annotated[int, Origin("The memory the plugin needs, in bytes.", required_by=EVERYONE)]
    permission: Annotated[Permission | None, Origin("What the plugin may ask Dify to do.")] = None


_Path = Annotated[
    str, StringConstraints(max_length=128), Origin("A path from the plugin root.", nested=True, checked_by=PACKAGER)
]


class Plugins(Spec):
    """The providers of each kind. The packager keeps the last of each list, the SDK all."""

    refused_empty_by: ClassVar[tuple[By, ...]] = INSTALLER
    mistaken: ClassVar[Mapping[str, str]] = {
        "tool": "tools",
        "model": "models",
        "endpoint": "endpoints",
        "agent_strategy": "agent_strategies",
        "datasource": "datasources",
        "trigger": "triggers",
    }

    tools: Annotated[list[Annotated[_Path, Link(DocumentKind.TOOL_PROVIDER)]], Origin("Tool provider files.")] = Field(
        default_factory=empty_list
    )
    models: Annotated[list[Annotated[_Path, Link(DocumentKind.MODEL_PROVIDER)]], Origin("Model provider files.")] = (
        Field(default_factory=empty_list)
    )
    endpoints: Annotated[list[Annotated[_Path, Link(DocumentKind.ENDPOINT_GROUP)]], Origin("Endpoint group files.")] = (
        Field(default_factory=empty_list)
    )
    agent_strategies: Annotated[
        list[Annotated[_Path, Link(DocumentKind.AGENT_STRATEGY_PROVIDER)]], Origin("Agent strategy provider files.")
    ] = Field(default_factory=empty_list)
    datasources: Annotated[
        list[Annotated[_Path, Link(DocumentKind.DATASOURCE_PROVIDER)]], Origin("Datasource provider files.")
    ] = Field(default_factory=empty_list)
    triggers: Annotated[
        list[Annotated[_Path, Link(DocumentKind.TRIGGER_PROVIDER)]], Origin("Trigger provider files.")
    ] = Field(default_factory=empty_list)


class Runner(Spec):
    language: Annotated[
        Literal["python"], Origin("The language of the plugin.", required_by=EVERYONE, checked_by=EVERYONE)
    ]
    version: Annotated[
        str,
        StringConstraints(min_length=1, max_length=128),
        Origin(
            "The Python version, in quotes: 3.12. Dify always runs 3.12.", required_by=EVERYONE, checked_by=PACKAGER
        ),
    ]
    entrypoint: Annotated[
        str,
        StringConstraints(min_length=1, max_length=256),
        Origin("The module that starts the plugin.", required_by=EVERYONE, checked_by=PACKAGER),
    ]


class Meta(Spec):
    version: Annotated[
        str,
        StringConstraints(pattern=VERSION),
        Origin("The version of the manifest format.", required_by=EVERYONE, checked_by=PACKAGER),
    ]
    arch: Annotated[
        list[
            Annotated[Literal["amd64", "arm64"], Origin("A processor architecture.", nested=True, checked_by=EVERYONE)]
        ],
        Origin("The processor architectures the plugin runs on.", required_by=EVERYONE),
    ]
    runner: Annotated[Runner, Origin("How the plugin is run.", required_by=EVERYONE)]
    minimum_dify_version: Annotated[str | None, Origin("The oldest Dify that the plugin works with, in quotes.")] = None


#: What the files under `plugins` say takes its place.
_INLINE = Remark(
    Severity.WARNING,
    "The daemon alone reads a provider here, and the SDK never sees it: a provider has a file of its own, which "
    "`plugins` names.",
    refused_by=PACKAGER,
    takes=frozenset({Shape.NULL, Shape.MAPPING}),
    source="plugin_declaration.go:186",
)


class Manifest(Spec):
    mistaken: ClassVar[Mapping[str, str]] = {
        "labels": "label",
        "create_at": "created_at",
        "plugin": "plugins",
        "tag": "tags",
    }
    remarks: ClassVar[Mapping[str, Remark]] = {
        **noise("provider_type"),
        **dict.fromkeys(("tool", "model", "endpoint", "agent_strategy", "datasource", "trigger"), _INLINE),
    }
    misplaced: ClassVar[Mapping[str, str]] = {
        "minimum_dify_version": "`meta`",
        "permission": "`resource`",
        "memory": "`resource`",
        "arch": "`meta`",
        "runner": "`meta`",
    }

    version: Annotated[
        str,
        StringConstraints(pattern=VERSION),
        Origin(
            "The version of the plugin: three numbers, then at most a pre-release such as -beta1.",
            required_by=EVERYONE,
            checked_by=PACKAGER,
            rule="manifest/version",
        ),
    ]
    type: Annotated[
        Literal["plugin"], Origin("What the package is: a plugin.", required_by=EVERYONE, checked_by=EVERYONE)
    ]
    author: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$"),
        Origin(
            "The author: lower-case letters, digits, `-` and `_`.",
            required_by=(By.INSTALLER, By.SDK),
            checked_by=(By.INSTALLER,),
            rule="manifest/author",
            sdk_takes=frozenset({Shape.NULL}),
        ),
    ]
    name: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9_-]{1,128}$"),
        Origin(
            "The name of the plugin: lower-case letters, digits, `-` and `_`.",
            required_by=EVERYONE,
            checked_by=(By.INSTALLER, By.SDK),
            rule="manifest/name",
        ),
    ]
    label: Annotated[I18n, Origin("The name shown to users.", required_by=EVERYONE)]
    description: Annotated[I18n, Origin("What the plugin does.", required_by=EVERYONE)]
    icon: Annotated[
        str,
        StringConstraints(min_length=1, max_length=128),
        Asset(checked_by=(By.PACKAGER, By.INSTALLER)),
        Origin("The name of a file in `_assets`.", required_by=EVERYONE, checked_by=PACKAGER),
    ]
    icon_dark: Annotated[
        str | None,
        StringConstraints(max_length=128),
        Asset(checked_by=(By.PACKAGER, By.INSTALLER)),
        Origin("The icon for the dark theme: the name of a file in `_assets`.", checked_by=PACKAGER),
    ] = None
    created_at: Annotated[
        Any,
        Time(),
        Origin(
            "When the plugin was made: an unquoted date or date and time, or RFC 3339 in quotes.",
            required_by=EVERYONE,
            rule="manifest/created-at",
        ),
    ]
    resource: Annotated[
        Resource, Origin("The memory and the permissions that the plugin asks for.", required_by=EVERYONE)
    ]
    plugins: Annotated[
        Plugins, Origin("The files of the plugin's providers, by kind.", required_by=(By.INSTALLER, By.SDK))
    ]
    meta: Annotated[Meta, Origin("The manifest format and how the plugin is run.", required_by=EVERYONE)]
    tags: Annotated[
        list[Annotated[PluginTag, Origin("A tag.", sdk=False, place="Manifest.tags.item", checked_by=PACKAGER)]] | None,
        Origin("Tags that help users find the plugin.", sdk=False),
    ] = None
    privacy: Annotated[str | None, Origin("The privacy policy: a file of the plugin or a URL.", sdk=False)] = None
    repo: Annotated[str | None, Origin("The URL of the source repository.")] = None
    verified: Annotated[
        bool | None, Origin("Whether the package is signed. The installer finds out by itself.", sdk=False)
    ] = None
    contact: Annotated[Any, Origin("An e-mail address. Read by the marketplace alone.", nested=True)] = None
    network: Annotated[Any, Origin("The domains the plugin talks to. Read by the marketplace alone.", nested=True)] = (
        None
    )
