"""Rules about the options of form fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from yaml import ScalarNode

from bot.document.scalars import is_true
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote, quote_list
from bot.format.judge.unknown import nearest
from bot.format.judge.verdict import quoted
from bot.format.traits import DocumentKind, Structure
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.forms import Item, console_value, items, spelling
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule, violations
from bot.rules.schema.form_values import (
    default_of_other_type,
    fails_in_agents,
    fails_when_unset,
    is_meant_for,
    parameter_example,
)

_CONSOLE = "core/plugin/entities/parameters.py, init_frontend_parameter"


_OPTIONS = (
    "    options:\n      - value: metric\n        label:\n          en_US: Metric\n      - value: imperial\n"
    "        label:\n          en_US: Imperial\n"
)


# --- options ----------------------------------------------------------------------------------------------------


@rule(
    "schema/select-without-options",
    severity=Severity.ERROR,
    summary="A drop-down has nothing to choose from.",
    why="`select` and `radio` offer the values of `options` and nothing else. Where a value is required, the form can "
    "never be completed; where it is not, the field has no effect. Only `dynamic-select` asks the plugin for its "
    "options.",
    fix="List the options, or choose another type.",
    authorities=(Authority(By.CONSOLE, "Users see an empty drop-down.", _CONSOLE),),
    bad=parameter_example("type: select\nrequired: true"),
    good=parameter_example("type: select\nrequired: true", more=_OPTIONS),
)
def select_without_options(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin):
        options = item.data.get("options")
        if item.type not in ("select", "radio") or options not in (None, []) or is_meant_for(item, "options"):
            continue
        if is_true(item.document.get("has_runtime_parameters")):
            continue  # The plugin gives the parameters anew for every call, with their options.
        required = is_true(item.data.get("required"))
        happens = say("A value is required, so nobody can use it.") if required else say("Nobody can choose anything.")
        message = say(
            "The {called} {name} is a {type} without options. {happens}",
            called=item.called,
            name=quote(item.name or "?"),
            type=quote(item.type),
            happens=happens,
        )
        severity = Severity.ERROR if required else Severity.WARNING
        place = at_key if "options" in item.data else at_parent
        yield place(item.document, item.at("options"), message, severity=severity, subject=item.type)


@rule(
    "schema/ignored-options",
    severity=Severity.NOTICE,
    summary="Options stand beside a type that does not offer any.",
    why="Only `select` (and `radio` in the forms of model providers) shows options as a drop-down. Beside another type "
    "users see a plain field and do not learn what they could choose, and neither does the model with `form: llm`.",
    fix="Write `type: select`, or describe the values in the help text.",
    authorities=(Authority(By.CONSOLE, "The options are never offered.", "tool-plugin.mdx:243"),),
    bad=parameter_example("type: string", more=_OPTIONS),
    good=parameter_example("type: select", more=_OPTIONS),
)
def ignored_options(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin):
        if item.type is None or item.type in ("select", "radio", "dynamic-select", "checkbox"):
            continue
        values = [value for _, value in item.option_values()]
        if values and not (isinstance(item.data.get("default"), str) and default_of_other_type(item) is not None):
            message = say(
                "The options of {name} are never offered: the type is {type}, not `select`.",
                name=quote(item.name or "?"),
                type=quote(item.type),
            )
            yield at_key(item.document, item.at("options"), message, subject=item.type)


@rule(
    "schema/duplicate-option",
    severity=Severity.WARNING,
    summary="A drop-down offers the same value twice.",
    why="The plugin cannot tell the two options apart. Usually one of them was copied and its value forgotten, so what "
    "its label promises cannot be chosen.",
    fix="Give each option its own value, or remove one.",
    authorities=(Authority(By.CONSOLE, "Both options mean the same.", _CONSOLE),),
    bad=parameter_example("type: select", more=_OPTIONS.replace("imperial", "metric")),
    good=parameter_example("type: select", more=_OPTIONS),
)
def duplicate_option(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin):
        first: dict[str, int] = {}
        for index, value in item.option_values():
            other = first.setdefault(value, index)
            conditions = [item.document.get(*item.at("options", each, "show_on")) for each in (other, index)]
            if other == index or conditions[0] != conditions[1]:
                continue
            line = item.document.span(item.at("options", other, "value")).line
            message = say(
                "{name} offers {value} a second time; the first is on line {line}.",
                name=quote(item.name or "?"),
                value=quote(value),
                line=line,
            )
            yield at_value(item.document, item.at("options", index, "value"), message, subject=value)


@rule(
    "schema/option-value-changes",
    severity=Severity.WARNING,
    summary="The value of an option is one text to the console and another to the plugin.",
    why="YAML 1.1, which the SDK reads, takes `no` for false and `1.50` for a number; of these it makes the texts "
    "`False` and `1.5`. The daemon keeps what is written, so the console offers `no`, and the code waits for `False`.",
    fix="Put the value in quotes.",
    authorities=(Authority(By.SDK, "The text changes.", "entities/parameters.py:55"),),
    bad=parameter_example("type: select", more=_OPTIONS.replace("value: metric", "value: no")),
    good=parameter_example("type: select", more=_OPTIONS.replace("value: metric", 'value: "no"')),
)
def option_value_changes(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "schema/option-value-changes")


@rule(
    "schema/ignored-multiple",
    severity=Severity.NOTICE,
    summary="`multiple` stands beside a type with nothing to choose from.",
    why="Several values can be chosen of a drop-down. Beside other types the key has no effect.",
    fix="Remove the key, or write `type: select`.",
    authorities=(Authority(By.CONSOLE, "The key has no effect.", "entities/trigger.py:127"),),
    bad=Example(
        "parameters:\n  - name: repository\n    type: string\n    multiple: true\n    label:\n"
        "      en_US: Repository\n",
        path="events/star.yaml",
        base="trigger",
    ),
    good=Example(
        "parameters:\n  - name: repository\n    type: string\n    label:\n      en_US: Repository\n",
        path="events/star.yaml",
        base="trigger",
    ),
)
def ignored_multiple(plugin: Plugin) -> Iterator[Hit]:
    # The SDK refuses it in a tool's parameter, which the models of the format say; the others do not mind.
    for item in items(plugin, Structure.EVENT_PARAMETER, Structure.CONFIG):
        if item.type is None or item.type in ("select", "dynamic-select", "checkbox"):
            continue
        if is_true(item.data.get("multiple")):
            message = say(
                "`multiple` has no effect: {name} is of the type {type}.",
                name=quote(item.name or "?"),
                type=quote(item.type),
            )
            yield at_key(item.document, item.at("multiple"), message, subject=item.type)


# --- defaults ---------------------------------------------------------------------------------------------------


@rule(
    "schema/default-not-in-options",
    severity=Severity.WARNING,
    summary="The default of a drop-down is not one of its options.",
    why="Where a user leaves a parameter of a strategy alone, or a preset parameter of a tool in an agent, Dify takes "
    "the default and looks for it among the options. It compares as it stands: options are always text, so a number "
    "never equals one of them, and an empty text needs an option of its own. A workflow node leaves the parameter of a "
    "tool out. Other forms start with a value that nobody can choose.",
    fix="Write the value of one of the options, in quotes if it is a number, or remove the default.",
    authorities=(Authority(By.CONSOLE, "Agents fail with “not in options” while the value is unset.", _CONSOLE),),
    bad=parameter_example("type: select\ndefault: kelvin", more=_OPTIONS),
    good=parameter_example("type: select\ndefault: metric", more=_OPTIONS),
)
def default_not_in_options(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin):
        if item.type in ("select", "radio") and item.data.get("default") is not None:
            values = dict.fromkeys(value for _, value in item.option_values())
            if values and len(item.option_values()) == len(item.data["options"]):
                for keys in _defaults(item):
                    yield from _not_offered(item, item.at(*keys), values)


def _defaults(item: Item) -> Iterator[tuple[str | int, ...]]:
    """Where the default stands, or its elements where several may be chosen."""
    default = item.data["default"]
    if not isinstance(default, list):
        # A tool's parameter with several choices takes a list only, which the models of the format say.
        if not (item.structure is Structure.TOOL_PARAMETER and is_true(item.data.get("multiple"))):
            yield ("default",)
    elif is_true(item.data.get("multiple")):
        yield from (("default", index) for index in range(len(default)))


def _not_offered(item: Item, pointer: tuple[str | int, ...], values: Mapping[str, None]) -> Iterator[Hit]:
    default = console_value(item.document, pointer)
    text = spelling(item.document, pointer, default)
    if text is None or not isinstance(default, str | int | float):
        return  # A list, a mapping or a date: the models of the format say so.
    # Dify makes text of the elements of a list and of credentials, but not of a parameter's single default.
    as_text = isinstance(default, str) or isinstance(pointer[-1], int) or item.structure is Structure.CONFIG
    if as_text and text in values:
        return
    if item.structure is Structure.MODEL_FORM and not (isinstance(default, str) and default):
        return  # Other types are reported as such, and an empty text is not a default.
    fatal = fails_when_unset(item) or item.linked.kind is DocumentKind.ENDPOINT_GROUP
    if as_text:
        shown = quote(text) if text else say("an empty text")
        options = quote_list(values, 8)
        message = say(
            "The default of {name} is {shown}, which is not one of its options: {options}.",
            name=quote(item.name or "?"),
            shown=shown,
            options=options,
        )
    else:
        kind = say("a boolean") if isinstance(default, bool) else say("a number")
        message = say(
            "The default of {name} is {kind}, and the values of options are always text: {text} equals none "
            "of them without quotes.",
            name=quote(item.name or "?"),
            kind=kind,
            text=quote(text),
        )
    if fatal:
        message += say(" Dify fails when the value is left unset.")
    elif fails_in_agents(item):
        message += say(
            " In an agent, the tool fails when the value is left unset; a workflow leaves the parameter out."
        )
    elif item.structure is Structure.CONFIG:
        message += say(" The plugin gets a value that it does not expect.")
    else:
        message += say(" The form starts without a choice.")
    severity = Severity.ERROR if fatal else Severity.WARNING
    fix = _offered(item, pointer, values)
    yield at_value(item.document, pointer, message, severity=severity, subject=text, fix=fix)


#: Among so many options the nearest is looked for, and for so many elements of a list.
_COMPARED, _ELEMENTS = 100, 20


def _offered(item: Item, pointer: tuple[str | int, ...], values: Mapping[str, None]) -> Fix | None:
    node = item.document.node(pointer)
    if not isinstance(node, ScalarNode) or "\n" in node.value:
        return None
    span = item.document.span_of(node)
    if node.value in values:
        return Fix(say("Put the value in quotes"), Safety.SAFE, (Edit(item.document.path, span, quoted(node.value)),))
    if isinstance(pointer[-1], int) and pointer[-1] >= _ELEMENTS:
        return None
    near = nearest(node.value, [*values][:_COMPARED]) if node.value else None
    if near is None:
        return None
    return Fix(
        say("Write {near}", near=quote(near[0])), Safety.UNSAFE, (Edit(item.document.path, span, quoted(near[0])),)
    )
