"""The sections of a model provider and the models that they reach, for the rules about models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from bot.document import Document, Pointer
from bot.findings import quote
from bot.format.builtin import SECTIONS
from bot.format.traits import DocumentKind
from bot.plugin import LinkedDocument, Plugin, Reference
from bot.plugin.forms import spelling

PROVIDER_PATH = "provider/acme.yaml"


MODEL_PATH = "models/llm/acme-small.yaml"


class _Section(Struct, frozen=True):
    """A section of a provider's models, such as `models.llm`."""

    provider: LinkedDocument
    key: str
    data: dict[Any, Any]
    #: What its patterns find: models, and files with their order.
    found: tuple[LinkedDocument, ...]
    #: The order that it names.
    position: Reference | None

    @property
    def type(self) -> str:
        return SECTIONS[self.key][0]

    @property
    def models(self) -> list[LinkedDocument]:
        return [each for each in self.found if each.kind is DocumentKind.MODEL and each.document.readable]

    @property
    def orders(self) -> list[LinkedDocument]:
        return [each for each in self.found if each.kind is DocumentKind.MODEL_POSITION]


def model_sections(plugin: Plugin) -> list[_Section]:
    """The sections of every model provider of the plugin."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    positions: dict[tuple[str, str], Reference] = {}
    for reference in plugin.references:
        match reference.pointer:
            case ("models", str(key), "predefined", *_):
                found.setdefault((reference.source, key), {}).update(dict.fromkeys(reference.found))
            case ("models", str(key), "position"):
                positions[reference.source, key] = reference
    sections = []
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        for key in SECTIONS:
            data = provider.document.get("models", key)
            if isinstance(data, dict):
                place = (provider.path, key)
                documents = tuple(plugin.documents[path] for path in found.get(place, ()))
                sections.append(_Section(provider, key, data, documents, positions.get(place)))
    return sections


def are_sections(document: Document) -> bool:
    """Whether what stands under `models` are sections and their patterns: anything else is reported as such."""
    models = document.get("models")
    if not isinstance(models, dict):
        return "models" not in (document.data or ())
    return all(
        key in SECTIONS and isinstance(section, dict) and isinstance(section.get("predefined", []), list)
        for key, section in models.items()
    )


def misplaced_models(plugin: Plugin) -> dict[str, tuple[LinkedDocument, str]]:
    """The models that no section of their type finds, by path, with the section that does."""
    wrong: dict[str, tuple[LinkedDocument, str]] = {}
    right: set[str] = set()
    for section in model_sections(plugin):
        for linked in section.models:
            kind = linked.document.text_at("model_type")
            if kind == section.type:
                right.add(linked.path)
            elif kind in MODEL_TYPES:
                wrong.setdefault(linked.path, (linked, section.key))
    return {path: place for path, place in wrong.items() if path not in right}


MODEL_TYPES = {kind for kind, _ in SECTIONS.values()}


def text_items(value: Any) -> list[str] | None:
    """The list if it holds texts only: anything else is reported as such."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return None


def parameter_rules(document: Document) -> Iterator[tuple[Pointer, dict[Any, Any]]]:
    rules = document.get("parameter_rules")
    for index, data in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(data, dict):
            yield ("parameter_rules", index), data


def shown_value(document: Document, pointer: Pointer) -> str:
    """A value for a message: as it is spelled in the file."""
    text = spelling(document, pointer, document.get(*pointer))
    return quote(text) if text is not None else "a list or a mapping"
