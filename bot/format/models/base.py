"""What spec models are made of.

A spec model describes the documents that *every* authority accepts, in pydantic's strict mode and with unknown keys
forbidden. Each field carries an `Origin`: what it means and who reads it. When a
document departs from the model, `bot.format.judge.verdict` works out from the origin who objects and what then happens.

Pointers into sources: `D` is the documentation, `G` the plugin daemon (packager and installer), `A` the API server of
Dify (the platform), `S` the Python SDK.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from bot.findings import By, Reach, Severity
from bot.format.traits import DocumentKind


def empty_list() -> list[Any]:
    """The default of a list. pydantic asks for its signature, which for `list` itself Python has to parse."""
    return []


def empty_dict() -> dict[str, Any]:
    """The default of a mapping."""
    return {}


class Shape(StrEnum):
    """What a YAML node is before anybody asks what it means. The value is the word used in messages."""

    NULL = "nothing"
    SCALAR = "a single value"
    LIST = "a list"
    MAPPING = "a mapping"


#: What the daemon takes where it keeps the YAML node as it is and looks inside later, or never.
ANY_SHAPE = frozenset(Shape)


class Origin(Struct, frozen=True):
    """What a field means and who reads it. Where that is written is in `references.toml`, by `place`.

    `daemon` and `sdk` say whether these read the key. A `nested` origin is about an item or form of a field: whoever
    reads the field reads it. `place` is `Class.field` unless something else is said. `inherited` are the places
    in the classes that the field comes from, the nearest first: they count where the table has no entry for this one.

    `required_by` names who refuses a document that lacks the key; it matters only for fields without a default.
    `checked_by` names who refuses a value outside the field's choices, pattern or range; by default the SDK, if it
    reads the field. `rule` sends violations of the field to a rule of its own.

    `daemon_takes` are the shapes that the daemon decodes without an error where these are not just the shape of the
    field's type and null; it drops what it cannot use. `sdk_takes` are shapes that the SDK takes besides. `advice`
    says what to write instead of a wrong shape. `daemon_loses` says what the daemon drops when it cannot decode
    something inside, where it does not refuse the plugin.

    `platform_refuses` are shapes that the platform refuses. `reach` is how far a refusal by the platform reaches, where
    that is not what a refusal of such a document means, and `since` the first release of Dify that refuses.
    """

    text: str
    daemon: bool = True
    sdk: bool = True
    nested: bool = False
    place: str = ""
    inherited: tuple[str, ...] = ()
    required_by: tuple[By, ...] = ()
    checked_by: tuple[By, ...] | None = None
    rule: str = ""
    daemon_takes: frozenset[Shape] | None = None
    sdk_takes: frozenset[Shape] | None = None
    advice: str = ""
    daemon_loses: str = ""
    platform_refuses: frozenset[Shape] = frozenset()
    reach: Reach | None = None
    since: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "description": self.text}


class Link(Struct, frozen=True):
    """The field is a path, from the plugin root, to a document of this kind."""

    to: DocumentKind


class Glob(Struct, frozen=True):
    """The field is a pattern, from the plugin root, for documents of this kind."""

    to: DocumentKind


class Asset(Struct, frozen=True):
    """The field is the name of a file below `_assets`.

    `checked_by` says who refuses the plugin when the file is missing.
    """

    checked_by: tuple[By, ...]


class PythonSource(Struct, frozen=True):
    """The field is the path of a Python file that must define subclasses of `base` from the SDK.

    `base` is the name of the class, or `A | B` where one of several will do. It is empty where the class follows from
    another document: then `by` maps the values of `provider_type` in the linking provider to class names.
    """

    base: str
    many: bool = False
    by: tuple[tuple[str, str], ...] = ()


class Localized(Struct, frozen=True):
    """The field is shown to users in their language."""


class SdkOnly(Struct, frozen=True):
    """Choices that the SDK takes and somebody else refuses: by default the daemon, when the plugin is debugged."""

    choices: tuple[str, ...]
    refused_by: tuple[By, ...] = (By.DEBUGGING,)


class Stringified(Struct, frozen=True):
    """The SDK turns any value into text with `str()`, the daemon keeps the text as written."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "type": ["string", "number"]}


class Unpacked(Struct, frozen=True):
    """The SDK passes the mapping as keyword arguments: a key that is not text stops it."""


class Remark(Struct, frozen=True):
    """What to say of one key that no model lists: its severity, and a sentence on why it has no effect.

    `refused_by` names who fails because of it, `takes` the shapes that they let pass all the same, and `source` says
    where that is written.
    """

    severity: Severity
    text: str
    refused_by: tuple[By, ...] = ()
    takes: frozenset[Shape] = frozenset()
    source: str = ""


def _placed(origin: Origin, place: str) -> Origin:
    inherited = (origin.place, *origin.inherited) if origin.place else ()
    return replace(origin, place=place, inherited=inherited)


class Spec(BaseModel):
    """A mapping of the format."""

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=(), defer_build=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        for name, field in cls.model_fields.items():
            # The field of a base is another one here: of this class, authorities write at other lines.
            place = f"{cls.__name__}.{name}"
            field.metadata = [
                _placed(marker, place) if isinstance(marker, Origin) else marker for marker in field.metadata
            ]

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = handler(schema)
        handler.resolve_ref_schema(made).pop("description", None)  # Docstrings are for readers of the code.
        return made

    #: Keys that authors write for another one, with the key that is meant. The fix is certain.
    mistaken: ClassVar[Mapping[str, str]] = {}
    #: Keys that nobody reads but that have a place elsewhere, with where they belong, in words.
    misplaced: ClassVar[Mapping[str, str]] = {}
    #: Keys with a story of their own.
    remarks: ClassVar[Mapping[str, Remark]] = {}
    #: Who refuses a mapping with a key that is not listed; as a rule nobody does.
    closed_by: ClassVar[tuple[By, ...]] = ()
    #: Who refuses a mapping in which no listed key has content.
    refused_empty_by: ClassVar[tuple[By, ...]] = ()
    #: What is lost by a key that is not listed, when that is as bad as a refusal: a sentence.
    lost: ClassVar[str] = ""
    #: The rule for keys that nobody reads; I18nObject has rules of its own.
    unknown_key_rule: ClassVar[str] = "schema/unknown-key"


#: Both the packager and the SDK refuse a document without the key.
EVERYONE = (By.PACKAGER, By.SDK)
PACKAGER = (By.PACKAGER,)
INSTALLER = (By.INSTALLER,)
PLATFORM = (By.PLATFORM,)
#: Only remote debugging checks the value: the daemon's validator never runs over the linked files of a package.
DEBUGGING = (By.DEBUGGING,)


def noise(*keys: str) -> dict[str, Remark]:
    """Remarks for keys that authors write although no reader has ever looked at them."""
    return {key: Remark(Severity.NOTICE, "") for key in keys}


#: What the daemon wants of the names that end up in addresses and tool calls (G tool_declaration.go:24).
IDENTIFIER = r"^[a-zA-Z0-9_-]+$"
#: What the platform takes for the last part of a provider's id (A models/provider_ids.py:27).
PROVIDER_ID = r"^[a-z0-9_-]+$"
