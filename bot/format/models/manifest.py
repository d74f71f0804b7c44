"""The plugin manifest, `manifest.yaml`.

D plugin-info-by-manifest.mdx; G plugin_declaration.go; S core/entities/plugin/setup.py. It is the one document whose
values the packager checks as well as its shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from bot.findings import By, Severity
from bot.format.models.base import EVERYONE, PACKAGER, Asset, DocumentKind, Link, Origin, Remark, Shape, Spec, noise
from bot.format.models.i18n import I18n
from bot.format.models.values import Time

#: The packager's version syntax (G version.go:25). The SDK parses it by PEP 440 besides.
VERSION = r"^[0-9]{1,4}(\.[0-9]{1,4}){2}(-[0-9A-Za-z_]{1,16})?$"

#: The tags that the packager accepts (G tags.go:10).
PluginTag = Literal[
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
    "agent",
    "rag",
    "trigger",
    "other",
]


def _permission(text: str, daemon: str, sdk: str) -> Origin:
    return Origin(text, docs="plugin-info-by-manifest.mdx:92", daemon=daemon, sdk=sdk)


class ToolPermission(Spec):
    enabled: Annotated[
        bool | None, _permission("Whether the plugin may call tools.", "plugin_declaration.go:85", "setup.py:47")
    ] = None


class ModelPermission(Spec):
    """A flag for a model type counts only while `enabled` is true (G plugin_declaration.go:44)."""

    remarks: ClassVar[Mapping[str, Remark]] = {
        "vision": Remark(Severity.WARNING, "There is no such permission: `llm` covers models that see.")
    }

    enabled: Annotated[
        bool | None, _permission("Whether the plugin may call models.", "plugin_declaration.go:89", "setup.py:53")
    ] = None
    llm: Annotated[bool | None, _permission("Whether it may call LLMs.", "plugin_declaration.go:90", "setup.py:56")] = (
        None
    )
    text_embedding: Annotated[
        bool | None,
        _permission("Whether it may call text embedding models.", "plugin_declaration.go:91", "setup.py:59"),
    ] = None
    rerank: Annotated[
        bool | None, _permission("Whether it may call rerank models.", "plugin_declaration.go:92", "setup.py:63")
    ] = None
    tts: Annotated[
        bool | None,
        _permission("Whether it may call text-to-speech models.", "plugin_declaration.go:93", "setup.py:66"),
    ] = None
    speech2text: Annotated[
        bool | None,
        _permission("Whether it may call speech-to-text models.", "plugin_declaration.go:94", "setup.py:69"),
    ] = None
    moderation: Annotated[
        bool | None, _permission("Whether it may call moderation models.", "plugin_declaration.go:95", "setup.py:72")
    ] = None


class NodePermission(Spec):
    enabled: Annotated[
        bool | None,
        _permission("Whether the plugin may call workflow nodes.", "plugin_declaration.go:99", "setup.py:80"),
    ] = None


class EndpointPermission(Spec):
    enabled: Annotated[
        bool | None,
        _permission("Whether the plugin may register endpoints.", "plugin_declaration.go:103", "setup.py:88"),
    ] = None


class AppPermission(Spec):
    enabled: Annotated[
        bool | None, _permission("Whether the plugin may call apps.", "plugin_declaration.go:107", "setup.py:96")
    ] = None


class StoragePermission(Spec):
    enabled: Annotated[
        bool | None, _permission("Whether the plugin may store data.", "plugin_declaration.go:111", "setup.py:104")
    ] = None
    size: Annotated[
        int,
        Field(ge=1024, le=1073741824),
        Origin(
            "The storage to reserve, in bytes: 1 KiB to 1 GiB.",
            docs="plugin-info-by-manifest.mdx:167",
            daemon="plugin_declaration.go:112",
            sdk="setup.py:107",
            required_by=(By.PACKAGER,),
            checked_by=EVERYONE,
        ),
    ]


class Permission(Spec):
    tool: Annotated[
        ToolPermission | None, _permission("Calling tools.", "plugin_declaration.go:27", "setup.py:111")
    ] = None
    model: Annotated[
        ModelPermission | None, _permission("Calling models.", "plugin_declaration.go:28", "setup.py:112")
    ] = None
    node: Annotated[
        NodePermission | None, _permission("Calling workflow nodes.", "plugin_declaration.go:30", "setup.py:113")
    ] = None
    endpoint: Annotated[
        EndpointPermission | None, _permission("Registering endpoints.", "plugin_declaration.go:31", "setup.py:114")
    ] = None
    app: Annotated[AppPermission | None, _permission("Calling apps.", "plugin_declaration.go:32", "setup.py:117")] = (
        None
    )
    storage: Annotated[
        StoragePermission | None, _permission("Storing data.", "plugin_declaration.go:33", "setup.py:118")
    ] = None


class Resource(Spec):
    memory: Annotated[
        int,
        Origin(
            "The memory the plugin needs, in bytes.",
            docs="plugin-info-by-manifest.mdx:89",
            daemon="plugin_declaration.go:117",
            sdk="setup.py:37",
            required_by=EVERYONE,
        ),
    ]
    permission: Annotated[
        Permission | None,
        Origin(
            "What the plugin may ask Dify to do.",
            docs="plugin-info-by-manifest.mdx:92",
            daemon="plugin_declaration.go:119",
            sdk="setup.py:122",
        ),
    ] = None


def _extensions(text: str, daemon: str, sdk: str) -> Origin:
    return Origin(text, docs="plugin-info-by-manifest.mdx:187", daemon=daemon, sdk=sdk)


_Path = Annotated[str, StringConstraints(max_length=128), Origin("A path from the plugin root.", checked_by=PACKAGER)]


class Plugins(Spec):
    """The providers of each kind. The packager keeps the last of each list, the SDK all."""

    mistaken: ClassVar[Mapping[str, str]] = {
        "tool": "tools",
        "model": "models",
        "endpoint": "endpoints",
        "agent_strategy": "agent_strategies",
        "datasource": "datasources",
        "trigger": "triggers",
    }

    tools: Annotated[
        list[Annotated[_Path, Link(DocumentKind.TOOL_PROVIDER)]],
        _extensions("Tool provider files.", "plugin_declaration.go:138", "setup.py:137"),
    ] = Field(default_factory=list)
    models: Annotated[
        list[Annotated[_Path, Link(DocumentKind.MODEL_PROVIDER)]],
        _extensions("Model provider files.", "plugin_declaration.go:139", "setup.py:144"),
    ] = Field(default_factory=list)
    endpoints: Annotated[
        list[Annotated[_Path, Link(DocumentKind.ENDPOINT_GROUP)]],
        _extensions("Endpoint group files.", "plugin_declaration.go:140", "setup.py:151"),
    ] = Field(default_factory=list)
    agent_strategies: Annotated[
        list[Annotated[_Path, Link(DocumentKind.AGENT_STRATEGY_PROVIDER)]],
        _extensions("Agent strategy provider files.", "plugin_declaration.go:141", "setup.py:158"),
    ] = Field(default_factory=list)
    datasources: Annotated[
        list[Annotated[_Path, Link(DocumentKind.DATASOURCE_PROVIDER)]],
        _extensions("Datasource provider files.", "plugin_declaration.go:142", "setup.py:163"),
    ] = Field(default_factory=list)
    triggers: Annotated[
        list[Annotated[_Path, Link(DocumentKind.TRIGGER_PROVIDER)]],
        _extensions("Trigger provider files.", "plugin_declaration.go:143", "setup.py:168"),
    ] = Field(default_factory=list)


class Runner(Spec):
    language: Annotated[
        Literal["python"],
        Origin(
            "The language of the plugin.",
            docs="plugin-info-by-manifest.mdx:218",
            daemon="plugin_declaration.go:125",
            sdk="setup.py:182",
            required_by=EVERYONE,
            checked_by=EVERYONE,
        ),
    ]
    version: Annotated[
        str,
        StringConstraints(min_length=1, max_length=128),
        Origin(
            "The Python version, in quotes: 3.12. Dify always runs 3.12.",
            docs="plugin-info-by-manifest.mdx:222",
            daemon="plugin_declaration.go:126",
            sdk="setup.py:183",
            required_by=EVERYONE,
            checked_by=PACKAGER,
        ),
    ]
    entrypoint: Annotated[
        str,
        StringConstraints(min_length=1, max_length=256),
        Origin(
            "The module that starts the plugin.",
            docs="plugin-info-by-manifest.mdx:226",
            daemon="plugin_declaration.go:127",
            sdk="setup.py:184",
            required_by=EVERYONE,
            checked_by=PACKAGER,
        ),
    ]


class Meta(Spec):
    version: Annotated[
        str,
        StringConstraints(pattern=VERSION),
        Origin(
            "The version of the manifest format.",
            docs="plugin-info-by-manifest.mdx:207",
            daemon="plugin_declaration.go:131",
            sdk="setup.py:186",
            required_by=EVERYONE,
            checked_by=PACKAGER,
        ),
    ]
    arch: Annotated[
        list[Annotated[Literal["amd64", "arm64"], Origin("A processor architecture.", checked_by=EVERYONE)]],
        Origin(
            "The processor architectures the plugin runs on.",
            docs="plugin-info-by-manifest.mdx:211",
            daemon="plugin_declaration.go:132",
            sdk="setup.py:197",
            required_by=EVERYONE,
        ),
    ]
    runner: Annotated[
        Runner,
        Origin(
            "How the plugin is run.",
            docs="plugin-info-by-manifest.mdx:214",
            daemon="plugin_declaration.go:133",
            sdk="setup.py:198",
            required_by=EVERYONE,
        ),
    ]
    minimum_dify_version: Annotated[
        str | None,
        Origin(
            "The oldest Dify that the plugin works with, in quotes.",
            docs="datasource-plugin.mdx:81",
            daemon="plugin_declaration.go:134",
            sdk="setup.py:199",
        ),
    ] = None


class Manifest(Spec):
    mistaken: ClassVar[Mapping[str, str]] = {"labels": "label", "create_at": "created_at", "plugin": "plugins"}
    remarks: ClassVar[Mapping[str, Remark]] = noise("provider_type")
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
            docs="plugin-info-by-manifest.mdx:62",
            daemon="plugin_declaration.go:147",
            sdk="setup.py:224",
            required_by=EVERYONE,
            checked_by=PACKAGER,
            rule="manifest/version",
        ),
    ]
    type: Annotated[
        Literal["plugin"],
        Origin(
            "What the package is: a plugin.",
            docs="plugin-info-by-manifest.mdx:66",
            daemon="plugin_declaration.go:148",
            sdk="setup.py:225",
            required_by=EVERYONE,
            checked_by=EVERYONE,
        ),
    ]
    author: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$"),
        Origin(
            "The author: lower-case letters, digits, - and _.",
            docs="plugin-info-by-manifest.mdx:70",
            daemon="plugin_declaration.go:149",
            sdk="setup.py:226",
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
            "The name of the plugin: lower-case letters, digits, - and _.",
            docs="plugin-info-by-manifest.mdx:24",
            daemon="plugin_declaration.go:150",
            sdk="setup.py:227",
            required_by=EVERYONE,
            checked_by=(By.INSTALLER, By.SDK),
            rule="manifest/name",
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.",
            docs="plugin-info-by-manifest.mdx:74",
            daemon="plugin_declaration.go:151",
            sdk="setup.py:232",
            required_by=EVERYONE,
        ),
    ]
    description: Annotated[
        I18n,
        Origin(
            "What the plugin does.",
            daemon="plugin_declaration.go:152",
            sdk="setup.py:229",
            required_by=EVERYONE,
        ),
    ]
    icon: Annotated[
        str,
        StringConstraints(min_length=1, max_length=128),
        Asset(checked_by=(By.PACKAGER, By.INSTALLER)),
        Origin(
            "The name of a file in `_assets`.",
            docs="plugin-info-by-manifest.mdx:82",
            daemon="plugin_declaration.go:153",
            sdk="setup.py:230",
            required_by=EVERYONE,
            checked_by=PACKAGER,
        ),
    ]
    icon_dark: Annotated[
        str | None,
        StringConstraints(max_length=128),
        Asset(checked_by=(By.PACKAGER, By.INSTALLER)),
        Origin(
            "The icon for the dark theme: the name of a file in `_assets`.",
            daemon="plugin_declaration.go:154",
            sdk="setup.py:231",
            checked_by=PACKAGER,
        ),
    ] = None
    created_at: Annotated[
        Any,
        Time(),
        Origin(
            "When the plugin was made: an unquoted date or date and time, or RFC 3339 in quotes.",
            docs="plugin-info-by-manifest.mdx:78",
            daemon="plugin_declaration.go:159",
            sdk="setup.py:233",
            required_by=EVERYONE,
            rule="manifest/created-at",
        ),
    ]
    resource: Annotated[
        Resource,
        Origin(
            "The memory and the permissions that the plugin asks for.",
            docs="plugin-info-by-manifest.mdx:86",
            daemon="plugin_declaration.go:155",
            sdk="setup.py:234",
            required_by=EVERYONE,
        ),
    ]
    plugins: Annotated[
        Plugins,
        Origin(
            "The files of the plugin's providers, by kind.",
            docs="plugin-info-by-manifest.mdx:174",
            daemon="plugin_declaration.go:156",
            sdk="setup.py:235",
            required_by=(By.INSTALLER, By.SDK),
        ),
    ]
    meta: Annotated[
        Meta,
        Origin(
            "The manifest format and how the plugin is run.",
            docs="plugin-info-by-manifest.mdx:204",
            daemon="plugin_declaration.go:157",
            sdk="setup.py:236",
            required_by=EVERYONE,
        ),
    ]
    tags: Annotated[
        list[Annotated[PluginTag, Origin("A tag.", daemon="tags.go:10", checked_by=PACKAGER)]] | None,
        Origin("Tags that help users find the plugin.", docs="tool-plugin.mdx:127", daemon="plugin_declaration.go:158"),
    ] = None
    privacy: Annotated[
        str | None,
        Origin(
            "The privacy policy: a file of the plugin or a URL.",
            docs="plugin-info-by-manifest.mdx:232",
            daemon="plugin_declaration.go:160",
        ),
    ] = None
    repo: Annotated[
        str | None,
        Origin("The URL of the source repository.", daemon="plugin_declaration.go:161", sdk="setup.py:228"),
    ] = None
    verified: Annotated[
        bool | None,
        Origin("Whether the package is signed. The installer finds out by itself.", daemon="plugin_declaration.go:185"),
    ] = None
    contact: Annotated[Any, Origin("An e-mail address. Read by the marketplace alone.")] = None
    network: Annotated[Any, Origin("The domains the plugin talks to. Read by the marketplace alone.")] = None
