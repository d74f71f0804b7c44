"""The forms of a plugin: every parameter, setting and credential that users or models fill in, wherever it stands.

Five structures of the format are close relatives: parameters of tools, agent strategies, datasources and events, and
the items of credential forms. Rules about defaults, options and names see them all as `Item`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from msgspec import Struct
from yaml import ScalarNode

from bot.document import Document, Pointer
from bot.document.scalars import Reading, go_reading, is_plain
from bot.format.judge.fields import EACH, matches, root_field, step
from bot.format.kinds import model_of_structure
from bot.format.models.base import SdkOnly, Spec
from bot.format.traits import TRAITS, Structure
from bot.messages import say
from bot.plugin.plugin import LinkedDocument, Plugin


class Item(Struct, frozen=True):
    """One item of a form. `data` is its mapping as the SDK reads it; nothing in it is checked."""

    linked: LinkedDocument
    pointer: Pointer
    structure: Structure
    data: dict[Any, Any]

    @property
    def document(self) -> Document:
        return self.linked.document

    @property
    def model(self) -> type[Spec]:
        """The spec model of the item."""
        return model_of_structure(self.structure)

    @property
    def type(self) -> str | None:
        """The type, if it is one that the structure knows: what is said of a type does not hold for any other."""
        value = self.data.get("type")
        return value if isinstance(value, str) and value in _types(self.structure) else None

    @property
    def name_pointer(self) -> Pointer:
        """Where the name stands; in a mapping of items this is the item, whose key is the name."""
        if isinstance(self.pointer[-1], str):
            return self.pointer
        return (*self.pointer, "variable" if self.structure is Structure.MODEL_FORM else "name")

    @property
    def name(self) -> str | None:
        last = self.pointer[-1]
        value = last if isinstance(last, str) else self.data.get(self.name_pointer[-1])
        return value if isinstance(value, str) else None

    @property
    def called(self) -> str:
        """What messages call the item when they say what it is."""
        return say("field") if self.structure in (Structure.CONFIG, Structure.MODEL_FORM) else say("parameter")

    def at(self, *keys: str | int) -> Pointer:
        return (*self.pointer, *keys)

    def options(self) -> list[tuple[int, dict[Any, Any]]]:
        """The options that are mappings, with their indexes."""
        value = self.data.get("options")
        options = value if isinstance(value, list) else []
        return [(index, each) for index, each in enumerate(options) if isinstance(each, dict)]

    def option_values(self) -> list[tuple[int, str]]:
        """What the console offers, as the daemon spells it, with the indexes of the options.

        The daemon decodes the value of an option as text, whatever YAML makes of it.
        """
        found = []
        for index, option in self.options():
            if "value" in option:
                text = spelling(self.document, self.at("options", index, "value"), option["value"])
                if text is not None:
                    found.append((index, text))
        return found


@cache
def _types(structure: Structure) -> frozenset[str]:
    """The types that daemon or SDK take in a structure."""
    field = step(root_field(model_of_structure(structure)), "type")
    if field is None:
        return frozenset()
    only = field.marker(SdkOnly)
    return frozenset((*field.choices, *(only.choices if only else ())))


def forms(plugin: Plugin) -> Sequence[Sequence[Item]]:
    """The items of each form of the plugin, form by form. What is not a mapping is left out."""
    return plugin.derived(_forms)


def _forms(plugin: Plugin) -> tuple[tuple[Item, ...], ...]:
    return tuple(_found(plugin))


def _found(plugin: Plugin) -> Iterator[tuple[Item, ...]]:
    for linked in plugin.linked():
        for pattern, structure in TRAITS[linked.kind].forms:
            for pointer, value in matches(linked.document.data, pattern):
                found = tuple(
                    Item(linked, (*pointer, *inner), structure, data)
                    for inner, data in matches(value, (EACH,))
                    if isinstance(data, dict)
                )
                if found:
                    yield found


def items(plugin: Plugin, *structures: Structure) -> Iterator[Item]:
    """Every item of these structures (of all, when none is named)."""
    for form in forms(plugin):
        if not structures or form[0].structure in structures:
            yield from form


def spelling(document: Document, pointer: Pointer, value: Any) -> str | None:
    """A scalar as it is spelled in the file, which is how the daemon reads it where it wants text."""
    if isinstance(value, str):
        return value
    node = document.node(pointer)
    return node.value if isinstance(node, ScalarNode) else None


def console_value(document: Document, pointer: Pointer) -> Any:
    """A value as the console gets it from the daemon where the type is free, such as a default.

    The daemon reads YAML 1.2: `no` is text to it, and `1e6` a number. Anything but a scalar is as the SDK reads it.
    """
    value = document.get(*pointer)
    node = document.node(pointer)
    if not isinstance(node, ScalarNode) or not is_plain(node) or _is_tagged(document, node):
        return value
    reading = go_reading(node)
    if reading is Reading.TEXT:
        return node.value
    if isinstance(value, str) and reading in (Reading.INTEGER, Reading.FLOAT):
        return _number(node.value)
    return value


def _is_tagged(document: Document, node: ScalarNode) -> bool:
    start: int = node.start_mark.index
    return (document.text or "")[start : start + 1] == "!"


def _number(text: str) -> float | str:
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return text
