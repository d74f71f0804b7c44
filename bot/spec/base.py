"""What spec models are made of.

A spec model describes the documents that *every* authority accepts, in pydantic's strict mode and with unknown keys
forbidden. Each field carries an `Origin`: what it means and who reads it, with pointers into the sources. When a
document departs from the model, `bot.spec.verdict` works out from the origin who objects and what then happens.

Pointers into sources: `D` is the documentation, `G` the plugin daemon (packager and installer), `S` the Python SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from bot.findings import By


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field comes from. An empty pointer means that this authority does not read the key.

    `required_by` names who refuses a document that lacks the key; it matters only for fields without a default.
    `checked_by` names who refuses a value outside the field's choices, pattern or range; by default the SDK, if it
    reads the field. `rule` sends violations of the field to a rule of its own.
    """

    text: str
    docs: str = ""
    daemon: str = ""
    sdk: str = ""
    required_by: tuple[By, ...] = ()
    checked_by: tuple[By, ...] | None = None
    rule: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "description": self.text}


@dataclass(frozen=True, slots=True)
class Link:
    """The field is a path, from the plugin root, to a document of this kind."""

    to: DocumentKind


@dataclass(frozen=True, slots=True)
class Glob:
    """The field is a pattern, from the plugin root, for documents of this kind."""

    to: DocumentKind


@dataclass(frozen=True, slots=True)
class Asset:
    """The field is the name of a file below `_assets`.

    `checked_by` says who refuses the plugin when the file is missing.
    """

    checked_by: tuple[By, ...]


@dataclass(frozen=True, slots=True)
class PythonSource:
    """The field is the path of a Python file that must define subclasses of `base` from the SDK."""

    base: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Localized:
    """The field is shown to users in their language."""


class Spec(BaseModel):
    """A mapping of the format."""

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=(), defer_build=True)

    #: Keys that authors write for another one, with the key that is meant. The fix is certain.
    mistaken: ClassVar[Mapping[str, str]] = {}
    #: Keys that nobody reads but that have a place elsewhere, with where they belong, in words.
    misplaced: ClassVar[Mapping[str, str]] = {}
    #: The rule for keys that nobody reads; I18nObject has rules of its own.
    unknown_key_rule: ClassVar[str] = "schema/unknown-key"


#: Both the packager and the SDK refuse a document without the key.
EVERYONE = (By.PACKAGER, By.SDK)
