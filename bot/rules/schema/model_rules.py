"""Rules about the parameter rules of models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.document import Document, Pointer
from bot.findings import Authority, By, Severity, quote, quote_list
from bot.format.builtin import TEMPLATES, Template
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, at_value, rule
from bot.rules.schema.form_values import number
from bot.rules.schema.model_sections import MODEL_PATH, parameter_rules, shown_value, text_items

# --- models -----------------------------------------------------------------------------------------------------


@rule(
    "schema/rule-range",
    severity=Severity.WARNING,
    summary="The limits and the default of a model's parameter contradict each other.",
    why="A rule takes over the limits of its template where it has none of its own: `max_tokens` goes up to 2048, the "
    "penalties up to 1. With a default outside, the slider starts where it does not reach, and the value is lost as "
    "soon as it is touched.",
    fix="Correct the default, or give the rule limits of its own.",
    authorities=(
        Authority(By.CONSOLE, "The default is out of reach.", "model_declaration.go:116, entities/model/schema.py:45"),
    ),
    bad=Example(
        "parameter_rules:\n  - name: max_tokens\n    use_template: max_tokens\n    default: 4096\n",
        path=MODEL_PATH,
        base="model",
    ),
    good=Example(
        "parameter_rules:\n  - name: max_tokens\n    use_template: max_tokens\n    default: 4096\n    max: 8192\n",
        path=MODEL_PATH,
        base="model",
    ),
)
def rule_range(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.MODEL):
        for pointer, data in parameter_rules(linked.document):
            yield from _limits(linked.document, pointer, data)
            yield from _rule_default(linked.document, pointer, data)


def _template(data: dict[Any, Any]) -> Template | None:
    name = data.get("use_template")
    return TEMPLATES.get(name) if isinstance(name, str) else None


def _limit(data: dict[Any, Any], key: str) -> float | None:
    """The rule's own limit or default, else that of its template."""
    value = data.get(key)
    if value is None:
        template = _template(data)
        value = getattr(template, key) if template is not None else None
    return number(value)


def _name(data: dict[Any, Any]) -> str:
    name = data.get("name")
    return quote(name if isinstance(name, str) and name else "?")


def _limits(document: Document, pointer: Pointer, data: dict[Any, Any]) -> Iterator[Hit]:
    low, high, default = (_limit(data, key) for key in ("min", "max", "default"))
    name = _name(data)
    if low is not None and high is not None and low > high:
        key = "max" if data.get("max") is not None else "min"
        message = say(
            "The least value of {name}, {low:g}, is above the greatest, {high:g}: no number fits.",
            name=name,
            low=low,
            high=high,
        )
        yield at_value(document, (*pointer, key), message, subject=f"{low:g} {high:g}")
        return
    for limit, key in ((low, "min"), (high, "max")):
        if default is None or limit is None or (default >= limit if key == "min" else default <= limit):
            continue
        template = data.get("use_template") if data.get(key) is None else None
        whose = say(" of the template {template}", template=quote(template)) if template is not None else ""
        # The value that the rule itself gives is at fault; the other comes from the template.
        at = "default" if data.get("default") is not None else key
        lead = say("The default") if at == "default" else say("The template's default")
        below = "{lead} of {name}, {default:g}, is below the least value{whose}, {limit:g}."
        above = "{lead} of {name}, {default:g}, is above the greatest value{whose}, {limit:g}."
        message = say(below if key == "min" else above, lead=lead, name=name, default=default, whose=whose, limit=limit)
        yield at_value(document, (*pointer, at), message, subject=f"{default:g} {limit:g}")


def _rule_default(document: Document, pointer: Pointer, data: dict[Any, Any]) -> Iterator[Hit]:
    default = data.get("default")
    template = _template(data)
    kind = data.get("type", template.type if template is not None else None)
    name = _name(data)
    at = (*pointer, "default")
    options = text_items(data.get("options"))
    if default is None:
        return
    if options:
        if isinstance(default, str) and default and default not in options:
            message = say(
                "The default of {name} is {default}, which is not one of its options: {options}.",
                name=name,
                default=quote(default),
                options=quote_list(options, 8),
            )
            yield at_value(document, at, message, subject=default)
        return
    wrong = {
        "int": number(default) is None or not float(number(default) or 0).is_integer(),
        "float": number(default) is None,
        "boolean": not isinstance(default, bool),
        "string": not isinstance(default, str),
        "text": not isinstance(default, str),
    }
    if isinstance(kind, str) and wrong.get(kind, False):
        message = say(
            "The default of {name} is {shown_value}, but its type is {kind}.",
            name=name,
            shown_value=shown_value(document, at),
            kind=quote(kind),
        )
        yield at_value(document, at, message, subject=shown_value(document, at))
