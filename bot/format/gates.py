"""Since when things exist: features of the format by the first SDK release and the first Dify version that know them.

As of 2026-11-21. The releases are those of PyPI; the first release of a feature is the first tag of the SDK's
repository that contains it, the Dify versions are those that the documentation names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bot.format.judge.fields import EACH, Pattern
from bot.format.models.base import DocumentKind


class Older(Enum):
    """What an SDK that does not know a feature makes of it; the value is what then happens, as a sentence."""

    REFUSES = "An older SDK refuses the document, and the plugin does not start."
    LOSES = "An older SDK knows nothing of it: what it adds never works."
    #: The daemon reads the key itself, so an installed plugin has it all the same.
    HIDES = "Remote debugging with an older SDK goes without it."


@dataclass(frozen=True, slots=True)
class Use:
    """Where a feature shows in documents: a value for which `when` holds, at the places of a pattern."""

    kind: DocumentKind
    pattern: Pattern
    when: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class SdkGate:
    """A feature of the format that releases of the SDK before `since` do not know."""

    feature: str
    since: str
    older: Older
    uses: tuple[Use, ...]
    source: str


@dataclass(frozen=True, slots=True)
class DifyGate:
    """A feature of the format that versions of Dify before `since` do not know."""

    feature: str
    since: str
    uses: tuple[Use, ...]
    source: str


_RELEASES = """
    0.0.1b2 0.0.1b3 0.0.1b4 0.0.1b5 0.0.1b6 0.0.1b7 0.0.1b8 0.0.1b9 0.0.1b10 0.0.1b11 0.0.1b12 0.0.1b14 0.0.1b15
    0.0.1b16 0.0.1b17 0.0.1b18 0.0.1b19 0.0.1b20 0.0.1b21 0.0.1b22 0.0.1b23 0.0.1b24 0.0.1b26 0.0.1b27 0.0.1b28
    0.0.1b29 0.0.1b31 0.0.1b32 0.0.1b33 0.0.1b34 0.0.1b35 0.0.1b36 0.0.1b37 0.0.1b38 0.0.1b39 0.0.1b40 0.0.1b42
    0.0.1b43 0.0.1b44 0.0.1b45 0.0.1b46 0.0.1b47 0.0.1b48 0.0.1b49 0.0.1b51 0.0.1b52 0.0.1b53 0.0.1b54 0.0.1b55
    0.0.1b56 0.0.1b57 0.0.1b58 0.0.1b59 0.0.1b60 0.0.1b61 0.0.1b62 0.0.1b63 0.0.1b64 0.0.1b65 0.0.1b66 0.0.1b67
    0.0.1b68 0.0.1b69 0.0.1b70 0.0.1b71 0.0.1b72 0.0.1b73 0.0.1b74 0.0.1b75 0.0.1b76 0.0.1b77 0.1.0 0.2.0 0.2.1
    0.2.2 0.2.4 0.3.0 0.3.1 0.3.2 0.3.3 0.3.4 0.3.5 0.4.0b1 0.4.0b2 0.4.0b3 0.4.0b4 0.4.0b5 0.4.0b6 0.4.0b7 0.4.0b8
    0.4.0 0.4.1 0.4.2b1 0.4.2b2 0.4.2 0.4.3 0.4.4b2 0.4.4 0.4.5b1 0.4.5b2 0.4.5 0.5.0b2 0.5.0b3 0.5.0b4 0.5.0b6
    0.5.0b8 0.5.0b9 0.5.0b10 0.5.0b11 0.5.0b12 0.5.0b13 0.5.0b14 0.5.0b15 0.5.0 0.5.1 0.6.0b1 0.6.0b2 0.6.0b3 0.6.0b4
    0.6.0b5 0.6.0b6 0.6.0b7 0.6.0b8 0.6.0b9 0.6.0b10 0.6.0b11 0.6.0b12 0.6.0b13 0.6.0b14 0.6.0 0.6.1 0.6.2 0.7.0b1
    0.7.0 0.7.1 0.7.2 0.7.3 0.7.4 0.8.0 0.9.0 0.9.1 0.10.0 0.10.1 0.10.2
"""
#: Every release of the SDK that is not yanked, oldest first.
SDK_RELEASES: Final = tuple(_RELEASES.split())

#: The oldest Python 3 (its minor version) that the releases from one on need, newest first (PyPI, `Requires-Python`).
#: Releases before these run on any that plugins are written for.
SDK_PYTHONS: Final = (("0.8.0", 12), ("0.0.1b45", 11))


def _among(*values: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in values


def _is_true(value: Any) -> bool:
    return value is True


def _is_filled(value: Any) -> bool:
    return isinstance(value, str | list | dict) and bool(value)


_CONFIGS: Final = (
    (DocumentKind.TOOL_PROVIDER, ("credentials_for_provider", EACH)),
    (DocumentKind.DATASOURCE_PROVIDER, ("credentials_schema", EACH)),
    (DocumentKind.ENDPOINT_GROUP, ("settings", EACH)),
    (DocumentKind.TRIGGER_PROVIDER, ("subscription_schema", EACH)),
    (DocumentKind.TRIGGER_PROVIDER, ("subscription_constructor", "credentials_schema", EACH)),
)
_PARAMETERS: Final = (
    (DocumentKind.TOOL, ("parameters", EACH)),
    (DocumentKind.AGENT_STRATEGY, ("parameters", EACH)),
    (DocumentKind.DATASOURCE, ("parameters", EACH)),
    (DocumentKind.EVENT, ("parameters", EACH)),
    (DocumentKind.TRIGGER_PROVIDER, ("subscription_constructor", "parameters", EACH)),
)


def _parameters(key: str, when: Callable[[Any], bool]) -> tuple[Use, ...]:
    return tuple(Use(kind, (*pattern, key), when) for kind, pattern in _PARAMETERS)


def _tool_type(*types: str) -> tuple[Use, ...]:
    return (Use(DocumentKind.TOOL, ("parameters", EACH, "type"), _among(*types)),)


def _feature(name: str) -> tuple[Use, ...]:
    return (Use(DocumentKind.MODEL, ("features", EACH), _among(name)),)


def _extension(key: str) -> tuple[Use, ...]:
    return (Use(DocumentKind.MANIFEST, ("plugins", key), _is_filled),)


SDK_GATES: Final = (
    SdkGate(
        "A hidden endpoint",
        "0.0.1b24",
        Older.HIDES,
        (
            Use(DocumentKind.ENDPOINT, ("hidden",), _is_true),
            Use(DocumentKind.ENDPOINT_GROUP, ("endpoints", EACH, "hidden"), _is_true),
        ),
        "entities/endpoint.py:26",
    ),
    SdkGate(
        "The type `array[tools]`",
        "0.0.1b24",
        Older.REFUSES,
        (
            Use(DocumentKind.AGENT_STRATEGY, ("parameters", EACH, "type"), _among("array[tools]")),
            *(Use(kind, (*pattern, "type"), _among("array[tools]")) for kind, pattern in _CONFIGS),
        ),
        "entities/agent.py:60",
    ),
    SdkGate(
        "A parameter that is a template",
        "0.0.1b26",
        Older.HIDES,
        _parameters("template", _is_filled),
        "entities/parameters.py:76",
    ),
    SdkGate(
        "A parameter that the console generates",
        "0.0.1b26",
        Older.HIDES,
        _parameters("auto_generate", _is_filled),
        "entities/parameters.py:66",
    ),
    SdkGate(
        "The feature `history-messages`",
        "0.0.1b49",
        Older.LOSES,
        (Use(DocumentKind.AGENT_STRATEGY, ("features", EACH), _among("history-messages")),),
        "entities/agent.py:36",
    ),
    SdkGate(
        "`minimum_dify_version`",
        "0.2.0",
        Older.HIDES,
        (Use(DocumentKind.MANIFEST, ("meta", "minimum_dify_version"), _is_filled),),
        "core/entities/plugin/setup.py:199",
    ),
    SdkGate(
        "The feature `structured-output`",
        "0.2.0",
        Older.REFUSES,
        _feature("structured-output"),
        "entities/model/schema.py:215",
    ),
    SdkGate(
        "OAuth",
        "0.2.2",
        Older.LOSES,
        (
            Use(DocumentKind.TOOL_PROVIDER, ("oauth_schema",), _is_filled),
            Use(DocumentKind.DATASOURCE_PROVIDER, ("oauth_schema",), _is_filled),
        ),
        "entities/oauth.py:14",
    ),
    SdkGate(
        "A parameter of the type `object` or `array`",
        "0.3.4",
        Older.REFUSES,
        _tool_type("object", "array"),
        "entities/tool.py:92",
    ),
    SdkGate(
        "A parameter of the type `dynamic-select`",
        "0.4.0",
        Older.REFUSES,
        _tool_type("dynamic-select"),
        "entities/tool.py:94",
    ),
    SdkGate(
        "A datasource",
        "0.4.0b1",
        Older.LOSES,
        _extension("datasources"),
        "core/entities/plugin/setup.py:160",
    ),
    SdkGate(
        "An icon for the dark theme",
        "0.4.1",
        Older.HIDES,
        (
            Use(DocumentKind.MANIFEST, ("icon_dark",), _is_filled),
            Use(DocumentKind.TOOL_PROVIDER, ("identity", "icon_dark"), _is_filled),
            Use(DocumentKind.AGENT_STRATEGY_PROVIDER, ("identity", "icon_dark"), _is_filled),
            Use(DocumentKind.MODEL_PROVIDER, ("icon_small_dark",), _is_filled),
            Use(DocumentKind.MODEL_PROVIDER, ("icon_large_dark",), _is_filled),
        ),
        "core/entities/plugin/setup.py:231",
    ),
    SdkGate(
        "The tag `rag` of a provider",
        "0.5.0",
        Older.REFUSES,
        (
            Use(DocumentKind.TOOL_PROVIDER, ("identity", "tags", EACH), _among("rag")),
            Use(DocumentKind.AGENT_STRATEGY_PROVIDER, ("identity", "tags", EACH), _among("rag")),
        ),
        "entities/tool.py:218",
    ),
    SdkGate(
        "A trigger",
        "0.6.0",
        Older.LOSES,
        _extension("triggers"),
        "core/entities/plugin/setup.py:170",
    ),
    SdkGate(
        "A parameter of the type `checkbox`",
        "0.6.0",
        Older.REFUSES,
        _tool_type("checkbox"),
        "entities/tool.py:88",
    ),
    SdkGate(
        "The feature `polling`",
        "0.9.0",
        Older.REFUSES,
        _feature("polling"),
        "entities/model/schema.py:229",
    ),
    SdkGate(
        "A list or a mapping as the default of a tool's parameter",
        "0.10.0",
        Older.REFUSES,
        (Use(DocumentKind.TOOL, ("parameters", EACH, "default"), lambda value: isinstance(value, list | dict)),),
        "entities/tool.py:146",
    ),
    SdkGate(
        "A tool's parameter with several choices",
        "0.10.0",
        Older.HIDES,
        (Use(DocumentKind.TOOL, ("parameters", EACH, "multiple"), _is_true),),
        "entities/tool.py:139",
    ),
    SdkGate(
        "A parameter of the type `date`",
        "0.10.1",
        Older.REFUSES,
        _tool_type("date"),
        "entities/tool.py:95",
    ),
    SdkGate(
        "`show_on` of a tool's parameter",
        "0.10.1",
        Older.HIDES,
        (
            Use(DocumentKind.TOOL, ("parameters", EACH, "show_on"), _is_filled),
            Use(DocumentKind.TOOL, ("parameters", EACH, "options", EACH, "show_on"), _is_filled),
        ),
        "entities/tool.py:50",
    ),
    SdkGate(
        "A parameter of the type `date-range`",
        "0.10.2",
        Older.REFUSES,
        _tool_type("date-range"),
        "entities/tool.py:96",
    ),
)

DIFY_GATES: Final = (
    DifyGate("A datasource", "1.9.0", _extension("datasources"), "datasource-plugin.mdx:84"),
    DifyGate("A trigger", "1.10.0", _extension("triggers"), "trigger-plugin.mdx:60"),
)
