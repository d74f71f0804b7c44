"""What Dify makes of the value of a form field, for the rules about forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.document.scalars import is_true
from bot.findings import quote
from bot.format.judge.unknown import nearest
from bot.format.models.base import Spec
from bot.format.traits import Structure
from bot.messages import say
from bot.plugin.forms import Item, console_value
from bot.rules.registry import Example

_TOOL = "tools/current_weather.yaml"


def parameter_example(text: str, name: str = "units", more: str = "") -> Example:
    """One parameter of the example tool, with `text` as the lines that matter."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    head = f"parameters:\n  - name: {name}\n{lines}"
    tail = "    label:\n      en_US: Units\n    human_description:\n      en_US: The units of the values shown.\n"
    return Example(head + ("" if "form:" in text else "    form: form\n") + tail + more, path=_TOOL)


def fails_when_unset(item: Item) -> bool:
    """Whether Dify checks and casts the default whenever the parameter is left unset: that of an agent strategy."""
    return item.structure is Structure.AGENT_PARAMETER


def fails_in_agents(item: Item) -> bool:
    """Whether Dify checks and casts the default when an agent leaves the parameter unset.

    It does so for parameters of tools that users preset. A workflow node leaves them out (tool_manager.py:1067).
    """
    return item.structure is Structure.TOOL_PARAMETER and item.data.get("form") == "form"


def is_meant_for(item: Item, key: str) -> bool:
    """Whether the item has a key that somebody wrote for `key`: that is reported as such, and is the root cause."""
    return has_key_for(item.model, item.data, key)


def has_key_for(model: type[Spec], data: Mapping[Any, Any], key: str) -> bool:
    """Whether a mapping has an unread key that somebody wrote for `key`."""
    return any(
        model.mistaken.get(other) == key or nearest(other, [key]) is not None
        for other in data
        if isinstance(other, str) and other not in model.model_fields
    )


def default_of_other_type(item: Item) -> tuple[str, bool] | None:
    """What Dify makes of the item's default if that is of another type, and whether it gets through."""
    if item.type is None or item.data.get("default") is None:
        return None
    return _judge(item, item.type, console_value(item.document, item.at("default")))


_FAILS = say("Dify cannot convert it: agents fail while the value is unset.")


_CONVERTED = say("Dify converts it.")


TRUE = ("true", "yes", "y", "1")


FALSE = ("false", "no", "n", "0")


def _judge(item: Item, kind: str, value: Any) -> tuple[str, bool] | None:
    """What Dify makes of a default of another type, as a sentence, and whether it gets through; None when it fits."""
    if item.structure is Structure.MODEL_FORM:
        wrong = kind == "switch" and isinstance(value, str) and value.lower() not in ("", "true", "false")
        return (say("A switch takes `true` and `false` only."), True) if wrong else None
    if not isinstance(value, str | int | float | list | dict):
        return None  # A date: the models of the format say so.
    match kind:
        case "number":
            return _judge_number(value)
        case "boolean":
            # What the SDK reads as a boolean and the console as text is a matter of spelling, not of type.
            return None if isinstance(item.data["default"], bool) else _judge_boolean(value)
        case "string" | "secret-input" | "text-input" | "dynamic-select":
            if isinstance(value, str):
                return None
            if kind == "dynamic-select" and isinstance(value, list):
                return _judge_list(item)
            if isinstance(value, bool):
                return (say("Dify makes the text {value} of it.", value=quote(value)), True)
            return (_CONVERTED if isinstance(value, int | float) else "Dify makes its Python notation of it.", True)
        case "select":
            return _judge_list(item) if isinstance(value, list) else None
        case "array":
            fits = isinstance(value, list) or (isinstance(value, str) and isinstance(_json(value), list))
            return None if fits else ("Dify makes a list with this one value of it.", True)
        case "object":
            fits = isinstance(value, dict) or (isinstance(value, str) and isinstance(_json(value), dict))
            return None if fits else ("Dify drops it, and the plugin gets an empty object.", True)
        case "model-selector" | "app-selector":
            return None if isinstance(value, dict) else (_FAILS, False)
        case "array[tools]":
            return None if isinstance(value, list) or not value else (_FAILS, False)
        case "file" | "files":
            return ("The plugin gets something that is not a file.", True)
    return None


def _judge_number(value: Any) -> tuple[str, bool] | None:
    if isinstance(value, bool):
        return ("Dify counts true as 1 and false as 0.", True)
    if isinstance(value, int | float) or value == "":
        return None
    if isinstance(value, str):
        try:
            float(value) if "." in value else int(value)
        except ValueError:
            return (_FAILS, False)
        return (_CONVERTED, True)
    return ("Dify drops it.", True)


def _judge_boolean(value: Any) -> tuple[str, bool] | None:
    if isinstance(value, bool) or value == "":
        return None
    if isinstance(value, str) and value.lower() not in (*TRUE, *FALSE):
        return ("Dify takes any other text for true.", True)
    return (_CONVERTED, True)


def _judge_list(item: Item) -> tuple[str, bool] | None:
    if is_true(item.data.get("multiple")):
        return None
    return ("Only one value can be chosen, because `multiple` is not true.", True)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def number(value: Any) -> float | None:
    """The value if it is a number; true and false are not numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    return None
