"""Rules about `min`, `max` and `precision` of form fields."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.format.traits import Structure
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.forms import Item, items
from bot.rules.registry import Hit, at_key, at_value, rule
from bot.rules.schema.form_values import number, parameter_example

_PARAMETERS = (
    Structure.TOOL_PARAMETER,
    Structure.AGENT_PARAMETER,
    Structure.DATASOURCE_PARAMETER,
    Structure.EVENT_PARAMETER,
)


# --- numbers ----------------------------------------------------------------------------------------------------


@rule(
    "schema/range",
    severity=Severity.WARNING,
    summary="The least, the greatest and the default number contradict each other.",
    why="The form offers numbers from `min` to `max`. With a default outside, the form starts with a value that it "
    "does not accept; with `min` above `max`, it accepts none.",
    fix="Correct the limits or the default.",
    authorities=(Authority(By.CONSOLE, "The form does not accept the value.", "tool-plugin.mdx:247"),),
    bad=parameter_example("type: number\nmin: 1\nmax: 10\ndefault: 20"),
    good=parameter_example("type: number\nmin: 1\nmax: 10\ndefault: 5"),
)
def number_range(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, *_PARAMETERS):
        if item.type is None:
            continue
        if item.type != "number":
            yield from _needless_limits(item)
            continue
        low, high, default = (number(item.data.get(key)) for key in ("min", "max", "default"))
        name = quote(item.name or "?")
        if low is not None and high is not None and low > high:
            message = say(
                "The least value of {name}, {low:g}, is above the greatest, {high:g}: no number fits.",
                name=name,
                low=low,
                high=high,
            )
            yield at_value(item.document, item.at("max"), message, subject=f"{low:g} {high:g}")
        elif default is not None and low is not None and default < low:
            message = say(
                "The default of {name}, {default:g}, is below the least value, {low:g}.",
                name=name,
                default=default,
                low=low,
            )
            yield at_value(item.document, item.at("default"), message, subject=f"{default:g}")
        elif default is not None and high is not None and default > high:
            message = say(
                "The default of {name}, {default:g}, is above the greatest value, {high:g}.",
                name=name,
                default=default,
                high=high,
            )
            yield at_value(item.document, item.at("default"), message, subject=f"{default:g}")
        else:
            yield from _precision(item, default)


def _precision(item: Item, default: float | None) -> Iterator[Hit]:
    places = item.data.get("precision")
    if not isinstance(places, int) or isinstance(places, bool):
        return
    if places < 0:
        message = say("`precision` counts decimal places and cannot be negative.")
        yield at_value(item.document, item.at("precision"), message)
    elif default is not None and places < 15 and not math.isclose(round(default, places), default, abs_tol=1e-15):
        message = say(
            "The default of {name}, {default:g}, has more decimal places than `precision` allows: {places}.",
            name=quote(item.name or "?"),
            default=default,
            places=places,
        )
        yield at_value(item.document, item.at("default"), message, subject=f"{default:g}")


def _needless_limits(item: Item) -> Iterator[Hit]:
    for key in ("min", "max", "precision"):
        if number(item.data.get(key)) is not None:
            message = say(
                "{key} has no effect: {name} is of the type {type}.",
                key=quote(key),
                name=quote(item.name or "?"),
                type=quote(item.type),
            )
            yield at_key(item.document, item.at(key), message, severity=Severity.NOTICE, subject=key)
