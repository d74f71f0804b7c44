"""Rules about the defaults of form fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from yaml import ScalarNode

from bot.document.scalars import is_plain
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.format.judge.verdict import quoted
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.forms import Item, console_value, items, spelling
from bot.rules.registry import Hit, at_value, rule
from bot.rules.schema.form_values import (
    FALSE,
    TRUE,
    default_of_other_type,
    fails_in_agents,
    fails_when_unset,
    parameter_example,
)

_CAST = "core/plugin/entities/parameters.py, cast_parameter_value"


@rule(
    "schema/default-type",
    severity=Severity.WARNING,
    summary="A default is not of the type of its parameter.",
    why="Nobody compares the two when the plugin is packaged. Dify converts the default where an agent needs it: "
    "text of digits to a number, `true`, `yes`, `y` and `1` to true, `false`, `no`, `n` and `0` to false, and any "
    "other text to true. What cannot be converted fails at that moment.",
    fix="Write the default as the type wants it: numbers and booleans without quotes, text in quotes.",
    authorities=(Authority(By.CONSOLE, "Dify converts the value, or fails when it cannot.", _CAST),),
    yields_to=("schema/wrong-type", "schema/invalid-value"),
    bad=parameter_example("type: number\ndefault: '10'"),
    good=parameter_example("type: number\ndefault: 10"),
)
def default_type(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin):
        said = default_of_other_type(item)
        if said is None:
            continue
        becomes, castable = said
        pointer = item.at("default")
        value = console_value(item.document, pointer)
        fatal = not castable and fails_when_unset(item)
        if not castable and fails_in_agents(item):
            becomes = say(
                "In an agent, Dify cannot convert it, and fails when the value is left unset; a workflow leaves it out."
            )
        name, kind = quote(item.name or "?"), item.type or ""
        message = say(
            "The default of {name} is {kind}, but its type is {kind2}. {becomes}",
            name=name,
            kind=_kind(value),
            kind2=quote(kind),
            becomes=becomes,
        )
        severity = Severity.ERROR if fatal else Severity.WARNING
        subject = spelling(item.document, pointer, value) or _kind(value)
        fix = _retyped(item, kind, value)
        yield at_value(item.document, pointer, message, severity=severity, subject=subject, fix=fix)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return say("a boolean")
        case int() | float():
            return say("a number")
        case str():
            return say("the text {value}", value=quote(value, 40))
        case list():
            return say("a list")
        case dict():
            return say("a mapping")
    return say("of another type")


_NUMBER = regex(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,14})?", re.ASCII)


def _retyped(item: Item, kind: str, value: Any) -> Fix | None:
    node = item.document.node(item.at("default"))
    if not isinstance(node, ScalarNode) or "\n" in node.value:
        return None
    span = item.document.span_of(node)
    text = node.value
    if kind in ("string", "secret-input", "text-input") and is_plain(node) and isinstance(value, int | float):
        # Quotes keep what Dify makes of it, unless Python spells the value otherwise.
        safety = Safety.SAFE if str(value) == text else Safety.UNSAFE
        return Fix(say("Put the value in quotes"), safety, (Edit(item.document.path, span, quoted(text)),))
    if is_plain(node) or not isinstance(value, str):
        return None
    bare = None
    if kind == "number" and _NUMBER.fullmatch(text):
        bare = text
    elif kind == "boolean" and text.lower() in (*TRUE, *FALSE):
        bare = "true" if text.lower() in TRUE else "false"
    if bare is None:
        return None
    return Fix(
        say("Write {bare} without quotes", bare=quote(bare)), Safety.SAFE, (Edit(item.document.path, span, bare),)
    )
