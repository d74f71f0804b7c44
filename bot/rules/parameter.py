"""Rules about what forms say beyond their shape: options, defaults, ranges, scopes, secrets.

They hold for parameters of every kind and for the items of credential forms, which differ in who compares what; the
console's part is in `parameters.py` of Dify, which fills in the defaults of what users leave unset.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from yaml import ScalarNode

from bot.document import Document, Pointer
from bot.document.scalars import is_plain
from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote, quote_list
from bot.plugin import Plugin
from bot.plugin.forms import Item, Structure, console_value, forms, items, spelling
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule, violations
from bot.spec.base import DocumentKind
from bot.spec.builtin import SCOPES
from bot.spec.i18n import LOCALES
from bot.spec.unknown import nearest
from bot.spec.verdict import quoted

_TOOL = "tools/current_weather.yaml"
_CONSOLE = "dify api/core/plugin/entities/parameters.py, init_frontend_parameter"
_CAST = "dify api/core/plugin/entities/parameters.py, cast_parameter_value"
_PARAMETERS = (
    Structure.TOOL_PARAMETER,
    Structure.AGENT_PARAMETER,
    Structure.DATASOURCE_PARAMETER,
    Structure.EVENT_PARAMETER,
)


def _parameter(text: str, name: str = "units", more: str = "") -> Example:
    """One parameter of the example tool, with `text` as the lines that matter."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    head = f"parameters:\n  - name: {name}\n{lines}"
    tail = "    label:\n      en_US: Units\n    human_description:\n      en_US: The units of the values shown.\n"
    return Example(head + ("" if "form:" in text else "    form: form\n") + tail + more, path=_TOOL)


_OPTIONS = (
    "    options:\n      - value: metric\n        label:\n          en_US: Metric\n      - value: imperial\n"
    "        label:\n          en_US: Imperial\n"
)


def _fails_when_unset(item: Item) -> bool:
    """Whether Dify itself checks and casts the default whenever the parameter is left unset.

    It does for parameters of tools that users preset, and for all of agent strategies; other forms only start with it.
    """
    if item.structure is Structure.TOOL_PARAMETER:
        return item.data.get("form") == "form"
    return item.structure is Structure.AGENT_PARAMETER


def _meant_for(item: Item, key: str) -> bool:
    """Whether the item has a key that somebody wrote for `key`: that is reported as such, and is the root cause."""
    mistaken = item.model.mistaken
    return any(
        mistaken.get(other) == key or nearest(other, [key]) is not None
        for other in item.data
        if isinstance(other, str) and other not in item.model.model_fields
    )


# --- options ----------------------------------------------------------------------------------------------------


@rule(
    "schema/select-without-options",
    severity=Severity.ERROR,
    summary="A drop-down has nothing to choose from.",
    why="`select` and `radio` offer the values of `options` and nothing else. Where a value is required, the form can "
    "never be completed; where it is not, the field is there in vain. Only `dynamic-select` asks the plugin for its "
    "options.",
    fix="List the options, or choose another type.",
    authorities=(Authority(By.CONSOLE, "Users see an empty drop-down.", _CONSOLE),),
    bad=_parameter("type: select\nrequired: true"),
    good=_parameter("type: select\nrequired: true", more=_OPTIONS),
)
def select_without_options(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin):
        options = item.data.get("options")
        if item.type not in ("select", "radio") or options not in (None, []) or _meant_for(item, "options"):
            continue
        if item.document.get("has_runtime_parameters") is True:
            continue  # The plugin gives the parameters anew for every call, with their options.
        required = item.data.get("required") is True
        happens = "A value is required, so nobody can use it." if required else "Nobody can choose anything."
        message = f"The {item.called} {quote(item.name or '?')} is a {quote(item.type)} without options. {happens}"
        severity = Severity.ERROR if required else Severity.WARNING
        place = at_key if "options" in item.data else at_parent
        yield place(item.document, item.at("options"), message, severity=severity, subject=item.type)


@rule(
    "schema/ignored-options",
    severity=Severity.NOTICE,
    summary="Options stand beside a type that does not offer any.",
    why="Only `select` (and `radio` in the forms of model providers) shows options as a drop-down. Beside another type "
    "users see a plain field and do not learn what they could choose.",
    fix="Write `type: select`, or describe the values in the help text.",
    authorities=(Authority(By.CONSOLE, "The options are never offered.", "tool-plugin.mdx:243"),),
    bad=_parameter("type: string", more=_OPTIONS),
    good=_parameter("type: select", more=_OPTIONS),
)
def ignored_options(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin):
        if item.type is None or item.type in ("select", "radio", "dynamic-select", "checkbox"):
            continue
        if item.data.get("form") == "llm" and item.structure is Structure.TOOL_PARAMETER:
            continue  # D tool-plugin.mdx:244: the model is told the options of any type.
        values = [value for _, value in item.option_values()]
        if values and not (isinstance(item.data.get("default"), str) and default_of_other_type(item) is not None):
            message = (
                f"The options of {quote(item.name or '?')} are never offered: the type is {quote(item.type)}, not "
                "`select`."
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
    bad=_parameter("type: select", more=_OPTIONS.replace("imperial", "metric")),
    good=_parameter("type: select", more=_OPTIONS),
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
            message = f"{quote(item.name or '?')} offers {quote(value)} a second time; the first is on line {line}."
            yield at_value(item.document, item.at("options", index, "value"), message, subject=value)


@rule(
    "schema/option-value-changes",
    severity=Severity.WARNING,
    summary="The value of an option is one text to the console and another to the plugin.",
    why="YAML 1.1, which the SDK reads, takes `no` for false and `1.50` for a number; of these it makes the texts "
    "`False` and `1.5`. The daemon keeps what is written, so the console offers `no`, and the code waits for `False`.",
    fix="Put the value in quotes.",
    authorities=(Authority(By.SDK, "The text changes.", "entities/parameters.py:55"),),
    bad=_parameter("type: select", more=_OPTIONS.replace("value: metric", "value: no")),
    good=_parameter("type: select", more=_OPTIONS.replace("value: metric", 'value: "no"')),
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
        if item.data.get("multiple") is True:
            message = f"`multiple` has no effect: {quote(item.name or '?')} is of the type {quote(item.type)}."
            yield at_key(item.document, item.at("multiple"), message, subject=item.type)


# --- defaults ---------------------------------------------------------------------------------------------------


@rule(
    "schema/default-not-in-options",
    severity=Severity.ERROR,
    summary="The default of a drop-down is none of its options.",
    why="Where a user leaves a preset parameter of a tool or strategy alone, Dify takes the default and looks for it "
    "among the options. It compares as it stands: options are always text, so a number never equals one of them, and "
    "an empty text needs an option of its own. Other forms start with a value that nobody can choose.",
    fix="Write the value of one of the options, in quotes if it is a number, or remove the default.",
    authorities=(Authority(By.CONSOLE, "Dify fails with “not in options” when the value is left unset.", _CONSOLE),),
    bad=_parameter("type: select\ndefault: kelvin", more=_OPTIONS),
    good=_parameter("type: select\ndefault: metric", more=_OPTIONS),
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
        if not (item.structure is Structure.TOOL_PARAMETER and item.data.get("multiple") is True):
            yield ("default",)
    elif item.data.get("multiple") is True:
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
        return  # Other types are reported as such, and an empty text is no default.
    fatal = _fails_when_unset(item) or item.linked.kind is DocumentKind.ENDPOINT_GROUP
    if as_text:
        shown = quote(text) if text else "an empty text"
        options = quote_list(values, 8)
        message = f"The default of {quote(item.name or '?')} is {shown}, which is none of its options: {options}."
    else:
        kind = "a boolean" if isinstance(default, bool) else "a number"
        message = (
            f"The default of {quote(item.name or '?')} is {kind}, and the values of options are always text: "
            f"{quote(text)} equals none of them without quotes."
        )
    if fatal:
        message += " Dify fails when the value is left unset."
    elif item.structure is Structure.CONFIG:
        message += " The plugin gets a value that it does not expect."
    else:
        message += " The form starts without a choice."
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
        return Fix("Put the value in quotes", Safety.SAFE, (Edit(item.document.path, span, quoted(node.value)),))
    if isinstance(pointer[-1], int) and pointer[-1] >= _ELEMENTS:
        return None
    near = nearest(node.value, [*values][:_COMPARED]) if node.value else None
    if near is None:
        return None
    return Fix(f"Write {quote(near[0])}", Safety.UNSAFE, (Edit(item.document.path, span, quoted(near[0])),))


@rule(
    "schema/default-type",
    severity=Severity.WARNING,
    summary="A default is not of the type of its parameter.",
    why="Nobody compares the two when the plugin is packaged. Dify converts the default when a value is left unset: "
    "text of digits to a number, `true`, `yes`, `y` and `1` to true, `false`, `no`, `n` and `0` to false, and any "
    "other text to true. What cannot be converted fails at that moment.",
    fix="Write the default as the type wants it: numbers and booleans without quotes, text in quotes.",
    authorities=(Authority(By.CONSOLE, "Dify converts the value, or fails when it cannot.", _CAST),),
    bad=_parameter("type: number\ndefault: ten"),
    good=_parameter("type: number\ndefault: 10"),
)
def default_type(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin):
        said = default_of_other_type(item)
        if said is None:
            continue
        becomes, castable = said
        pointer = item.at("default")
        value = console_value(item.document, pointer)
        fatal = not castable and _fails_when_unset(item)
        name, kind = quote(item.name or "?"), item.type or ""
        message = f"The default of {name} is {_kind(value)}, but its type is {quote(kind)}. {becomes}"
        severity = Severity.ERROR if fatal else Severity.WARNING
        subject = spelling(item.document, pointer, value) or _kind(value)
        fix = _retyped(item, kind, value)
        yield at_value(item.document, pointer, message, severity=severity, subject=subject, fix=fix)


def default_of_other_type(item: Item) -> tuple[str, bool] | None:
    """What Dify makes of the item's default if that is of another type, and whether it gets through."""
    if item.type is None or item.data.get("default") is None:
        return None
    return _judge(item, item.type, console_value(item.document, item.at("default")))


_FAILS = "Dify cannot convert it, and fails when the value is left unset."
_CONVERTED = "Dify converts it."
_TRUE = ("true", "yes", "y", "1")
_FALSE = ("false", "no", "n", "0")


def _judge(item: Item, kind: str, value: Any) -> tuple[str, bool] | None:
    """What Dify makes of a default of another type, as a sentence, and whether it gets through; None when it fits."""
    if item.structure is Structure.MODEL_FORM:
        wrong = kind == "switch" and isinstance(value, str) and value.lower() not in ("", "true", "false")
        return ("A switch takes `true` and `false` only.", True) if wrong else None
    if not isinstance(value, str | int | float | list | dict):
        return None  # A date: the models of the format say so.
    if isinstance(value, list | dict) and _shape_is_reported(item, value):
        return None
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
                return (f"Dify makes the text {quote(value)} of it.", True)
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
            return ("The plugin gets something that is no file.", True)
    return None


def _shape_is_reported(item: Item, value: Any) -> bool:
    """Whether the models of the format say already that this list or mapping cannot be a default."""
    if item.structure is Structure.TOOL_PARAMETER:
        return item.type in ("select", "dynamic-select")
    return isinstance(value, dict) or item.structure is not Structure.EVENT_PARAMETER


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
    if isinstance(value, str) and value.lower() not in (*_TRUE, *_FALSE):
        return ("Dify takes any other text for true.", True)
    return (_CONVERTED, True)


def _judge_list(item: Item) -> tuple[str, bool] | None:
    if item.data.get("multiple") is True:
        return None
    return ("Only one value can be chosen, because `multiple` is not true.", True)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return f"the text {quote(value, 40)}"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return "of another type"


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,14})?", re.ASCII)


def _retyped(item: Item, kind: str, value: Any) -> Fix | None:
    node = item.document.node(item.at("default"))
    if not isinstance(node, ScalarNode) or "\n" in node.value:
        return None
    span = item.document.span_of(node)
    text = node.value
    if kind in ("string", "secret-input", "text-input") and is_plain(node) and isinstance(value, int | float):
        # Quotes keep what Dify makes of it, unless Python spells the value otherwise.
        safety = Safety.SAFE if str(value) == text else Safety.UNSAFE
        return Fix("Put the value in quotes", safety, (Edit(item.document.path, span, quoted(text)),))
    if is_plain(node) or not isinstance(value, str):
        return None
    bare = None
    if kind == "number" and _NUMBER.fullmatch(text):
        bare = text
    elif kind == "boolean" and text.lower() in (*_TRUE, *_FALSE):
        bare = "true" if text.lower() in _TRUE else "false"
    if bare is None:
        return None
    return Fix(f"Write {quote(bare)} without quotes", Safety.SAFE, (Edit(item.document.path, span, bare),))


# --- numbers ----------------------------------------------------------------------------------------------------


@rule(
    "schema/range",
    severity=Severity.WARNING,
    summary="The least, the greatest and the default number contradict each other.",
    why="The form offers numbers from `min` to `max`. With a default outside, the form starts with a value that it "
    "does not accept; with `min` above `max`, it accepts none.",
    fix="Correct the limits or the default.",
    authorities=(Authority(By.CONSOLE, "The form does not accept the value.", "tool-plugin.mdx:247"),),
    bad=_parameter("type: number\nmin: 1\nmax: 10\ndefault: 20"),
    good=_parameter("type: number\nmin: 1\nmax: 10\ndefault: 5"),
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
            message = f"The least value of {name}, {low:g}, is above the greatest, {high:g}: no number fits."
            yield at_value(item.document, item.at("max"), message, subject=f"{low:g} {high:g}")
        elif default is not None and low is not None and default < low:
            message = f"The default of {name}, {default:g}, is below the least value, {low:g}."
            yield at_value(item.document, item.at("default"), message, subject=f"{default:g}")
        elif default is not None and high is not None and default > high:
            message = f"The default of {name}, {default:g}, is above the greatest value, {high:g}."
            yield at_value(item.document, item.at("default"), message, subject=f"{default:g}")
        else:
            yield from _precision(item, default)


def number(value: Any) -> float | None:
    """The value if it is a number; true and false are none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    return None


def _precision(item: Item, default: float | None) -> Iterator[Hit]:
    places = item.data.get("precision")
    if not isinstance(places, int) or isinstance(places, bool):
        return
    if places < 0:
        message = "`precision` counts decimal places and cannot be negative."
        yield at_value(item.document, item.at("precision"), message)
    elif default is not None and places < 15 and not math.isclose(round(default, places), default, abs_tol=1e-15):
        message = (
            f"The default of {quote(item.name or '?')}, {default:g}, has more decimal places than `precision` allows: "
            f"{places}."
        )
        yield at_value(item.document, item.at("default"), message, subject=f"{default:g}")


def _needless_limits(item: Item) -> Iterator[Hit]:
    for key in ("min", "max", "precision"):
        if number(item.data.get(key)) is not None:
            message = f"{quote(key)} has no effect: {quote(item.name or '?')} is of the type {quote(item.type)}."
            yield at_key(item.document, item.at(key), message, severity=Severity.NOTICE, subject=key)


# --- scopes -----------------------------------------------------------------------------------------------------

_REFUSED = "Remote debugging refuses the plugin."
_SCOPED = {
    Structure.TOOL_PARAMETER: ("model-selector", "app-selector", "any"),
    Structure.AGENT_PARAMETER: ("model-selector", "app-selector", "any"),
    Structure.CONFIG: ("model-selector", "app-selector"),
    Structure.EVENT_PARAMETER: ("model-selector", "app-selector"),
    Structure.DATASOURCE_PARAMETER: (),
}


@rule(
    "schema/scope",
    severity=Severity.WARNING,
    summary="A scope names what its type does not know.",
    why="`scope` narrows down what a selector offers: tokens joined by `&`. A token that is unknown narrows nothing, "
    "and beside a type without scopes the key has no effect. The daemon refuses both when the plugin is debugged "
    "remotely. The documentation's `all` for models is unknown to it too.",
    fix="Use the tokens that the finding lists, or leave `scope` out to offer everything.",
    authorities=(Authority(By.DEBUGGING, "Remote debugging refuses the plugin.", "config.go:172"),),
    bad=Example(
        "parameters:\n  - name: model\n    type: model-selector\n    scope: chat\n    label:\n      en_US: Model\n",
        path="strategies/planner.yaml",
        base="agent",
    ),
    good=Example(
        "parameters:\n  - name: model\n    type: model-selector\n    scope: tool-call&llm\n    label:\n"
        "      en_US: Model\n",
        path="strategies/planner.yaml",
        base="agent",
    ),
)
def scope(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, *_SCOPED):
        written = item.data.get("scope")
        if item.type is None or not isinstance(written, str):
            continue
        pointer = item.at("scope")
        if item.type not in _SCOPED[item.structure]:
            if item.structure is Structure.EVENT_PARAMETER:
                continue  # Nobody checks it there.
            message = f"The type {quote(item.type)} has no scopes here: `scope` has no effect. {_REFUSED}"
            yield at_key(item.document, pointer, message, subject=written)
            continue
        known = SCOPES[item.type]
        tokens = [token.strip() for token in written.split("&")]
        strange = [token for token in tokens if token not in known]
        if not strange:
            continue
        if strange == ["all"]:
            message = "`all` is no scope of models: without `scope`, all models are offered."
        else:
            verb = "is no scope" if len(strange) == 1 else "are no scopes"
            message = f"{quote_list(strange)} {verb} of {quote(item.type)}; known are {quote_list(known)}."
        if len(strange) == len(tokens) and item.structure is not Structure.EVENT_PARAMETER:
            message += f" {_REFUSED}"
        yield at_value(item.document, pointer, message, subject=written)


# --- secrets and the model --------------------------------------------------------------------------------------


@rule(
    "schema/secret-from-model",
    severity=Severity.NOTICE,
    summary="A secret is asked for from the language model.",
    why="With `form: llm` the model fills in the value. It does not know the secret, makes one up, or repeats one that "
    "somebody typed into the conversation.",
    fix="Write `form: form`, or make the secret a credential of the provider.",
    authorities=(Authority(By.DOCS, "The model cannot know the value.", "tool-plugin.mdx:237"),),
    bad=_parameter("type: secret-input\nform: llm", name="password"),
    good=_parameter("type: secret-input\nform: form", name="password"),
)
def secret_from_model(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER):
        if item.data.get("form") == "llm" and item.type in ("secret-input", "model-selector"):
            what = "a secret" if item.type == "secret-input" else "a choice of model"
            message = f"`form: llm` asks the model for {quote(item.name or '?')}, {what} that it cannot know."
            yield at_value(item.document, item.at("form"), message, subject=item.type)


@rule(
    "schema/no-llm-description",
    severity=Severity.NOTICE,
    summary="The model is not told what a parameter means.",
    why="With `form: llm` the model fills in the value, and `llm_description` is all that it learns about it besides "
    "name and type.",
    fix="Describe the value, its format and an example, in English.",
    authorities=(Authority(By.DOCS, "The model guesses.", "tool-plugin.mdx:251"),),
    bad=_parameter("type: string\nform: llm", name="city"),
    good=_parameter("type: string\nform: llm\nllm_description: The name of the city.", name="city"),
)
def no_llm_description(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER):
        if item.data.get("form") != "llm" or item.type in (None, "file", "files", "secret-input", "model-selector"):
            continue
        text = item.data.get("llm_description")
        if (text is None or (isinstance(text, str) and not text.strip())) and not _meant_for(item, "llm_description"):
            message = (
                f"The model fills in {quote(item.name or '?')} without `llm_description` to tell it what is meant."
            )
            place = at_key if "llm_description" in item.data else at_parent
            yield place(item.document, item.at("llm_description"), message)


@rule(
    "schema/plain-secret",
    severity=Severity.NOTICE,
    summary="A secret is typed into a plain text field.",
    why="`secret-input` hides what is typed and has Dify store it encrypted. In a `text-input` it is shown to "
    "everybody who opens the form.",
    fix="Write `type: secret-input`.",
    authorities=(Authority(By.DOCS, "The secret is shown and stored in plain text.", "tool-plugin.mdx:235"),),
    confidence=Confidence.LIKELY,
    bad=Example(
        "credentials_for_provider:\n  api_key:\n    type: text-input\n    label:\n      en_US: API key\n",
        path="provider/weather.yaml",
    ),
    good=Example(
        "credentials_for_provider:\n  api_key:\n    type: secret-input\n    label:\n      en_US: API key\n",
        path="provider/weather.yaml",
    ),
)
def plain_secret(plugin: Plugin) -> Iterator[Hit]:
    for form in forms(plugin):
        names = [item.name or "" for item in form]
        for item in form:
            if item.structure not in (Structure.CONFIG, Structure.MODEL_FORM) or item.type != "text-input":
                continue
            if item.name is None or not names_secret(item.name) or _is_half_public(item.name, names):
                continue
            message = (
                f"{quote(item.name)} looks like a secret, but a `text-input` shows it and stores it in plain text."
            )
            node = item.document.node(item.at("type"))
            fix = None
            if isinstance(node, ScalarNode):
                edit = Edit(item.document.path, item.document.span_of(node), "secret-input")
                fix = Fix("Write `secret-input`", Safety.UNSAFE, (edit,))
            yield at_value(item.document, item.at("type"), message, subject=item.name, fix=fix)


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_KEYS = {"api", "secret", "private", "access", "app", "auth", "encryption", "service", "account", "signing"}


def names_secret(name: str) -> bool:
    """Whether a name is that of a password, key, secret or token, rather than of something about one."""
    words = [word.lower() for word in _WORD.findall(name[:200])]
    if not words:
        return False
    last = words[-1]
    if last in ("password", "passwd", "passphrase", "secret", "token", "apikey"):
        return True
    return last == "key" and (len(words) == 1 or bool(_KEYS & set(words)))


def _is_half_public(name: str, others: list[str]) -> bool:
    """Whether a name is that of an access key beside a secret key: clouds use them like user name and password."""
    words = [word.lower() for word in _WORD.findall(name[:200])]
    return words[-2:] == ["access", "key"] and any("secret" in other.lower() for other in others)


# --- links ------------------------------------------------------------------------------------------------------


@rule(
    "schema/help-url",
    severity=Severity.WARNING,
    summary="A help link leads nowhere.",
    why="The console makes a link of `url` as it stands. Without `https://` in front, a browser looks for it on the "
    "Dify server.",
    fix="Write the whole address, or remove the key.",
    authorities=(Authority(By.CONSOLE, "The link is dead.", "general-specifications.mdx:82"),),
    bad=Example(
        "credentials_for_provider:\n  api_key:\n    type: secret-input\n    label:\n      en_US: API key\n"
        "    url: todo\n",
        path="provider/weather.yaml",
    ),
    good=Example(
        "credentials_for_provider:\n  api_key:\n    type: secret-input\n    label:\n      en_US: API key\n"
        "    url: https://weather.example/account\n",
        path="provider/weather.yaml",
    ),
)
def help_url(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.CONFIG, Structure.MODEL_FORM):
        yield from _address(item.document, item.at("url"))
    for linked in plugin.linked(DocumentKind.MODEL_PROVIDER):
        for locale in LOCALES:
            yield from _address(linked.document, ("help", "url", locale))


def _address(document: Document, pointer: Pointer) -> Iterator[Hit]:
    url = document.text_at(*pointer)
    if not url or url.lower().startswith(("http://", "https://")):
        return
    message = f"{quote(url)} is no web address: the link leads nowhere."
    fix = None
    node = document.node(pointer)
    if isinstance(node, ScalarNode) and _HOST.fullmatch(url):
        edit = Edit(document.path, document.span_of(node), quoted(f"https://{url}"))
        fix = Fix("Put `https://` in front", Safety.UNSAFE, (edit,))
    yield at_value(document, pointer, message, subject=url, fix=fix)


_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,20}(?:[/?#][^\s]{0,500})?", re.ASCII)
