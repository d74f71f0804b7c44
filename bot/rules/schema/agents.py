"""Rules about tools in the hands of agents and language models: what everybody accepts and a run then fails on."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document.scalars import is_true
from bot.findings import Authority, By, Confidence, Severity, quote
from bot.format.traits import DocumentKind, Structure
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.forms import Item, console_value, items
from bot.rules.registry import Example, Hit, at_key, at_value, rule
from bot.rules.schema.form_values import parameter_example

_TOOL = "tools/current_weather.yaml"
_AGENT = "core/tools/tool_manager.py:1095"
_UNSET = "core/plugin/entities/parameters.py:199"
_SCHEMA = "core/tools/__base/tool.py:162"
_FUNCTION = "core/agent/base_agent_runner.py:147"


@rule(
    "schema/agent-default",
    severity=Severity.NOTICE,
    summary="A preset parameter that is left unset stops an agent.",
    why="Where a user of an agent leaves a preset parameter alone, Dify takes its default. An empty text, a zero or "
    "false counts as no default, so a required parameter is missing. A selector that is left unset must be a mapping, "
    "required or not. Workflows skip what is unset.",
    fix="Give the parameter a default that is not empty, or do not require it.",
    authorities=(Authority(By.PLATFORM, "The agent cannot use the tool until the value is set.", _UNSET),),
    yields_to=("schema/default-not-in-options", "schema/default-type"),
    bad=parameter_example('type: string\nrequired: true\ndefault: ""'),
    good=parameter_example("type: string\nrequired: true\ndefault: metric"),
)
def agent_default(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER):
        if item.data.get("form") != "form" or item.type is None:
            continue
        required, default = is_true(item.data.get("required")), item.data.get("default")
        if item.type in ("model-selector", "app-selector"):
            if not required and default is None:
                message = say(
                    "{name} is optional, but an agent cannot use the tool while it is unset.",
                    name=quote(item.name or "?"),
                )
                yield at_key(item.document, item.pointer, message, subject=item.type, group="agent-selector")
        elif required and default is not None and not console_value(item.document, item.at("default")):
            message = say(
                "{name} is required, and its default counts as none: an agent cannot use the tool while it is unset.",
                name=quote(item.name or "?"),
            )
            yield at_value(item.document, item.at("default"), message, subject=str(default)[:80], group="agent-default")


@rule(
    "schema/agent-file",
    severity=Severity.NOTICE,
    summary="A tool that requires a file cannot be used in an agent.",
    why="The model of an agent has no files to hand over: Dify leaves out a tool with a required parameter of the type "
    "`file` or `files`. In workflows it works. After Dify 1.15 there is an agent node that takes such tools too.",
    fix="Do not require the file, or say in the README that the tool is for workflows.",
    authorities=(Authority(By.PLATFORM, "The agent goes without the tool.", _AGENT),),
    bad=parameter_example("type: file\nrequired: true"),
    good=parameter_example("type: file\nrequired: false"),
)
def agent_file(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER):
        if item.type in ("file", "files") and is_true(item.data.get("required")):
            message = say(
                "The file {name} is required, so agents of Dify up to 1.15 cannot use the tool.",
                name=quote(item.name or "?"),
            )
            yield at_value(item.document, item.at("required"), message, subject=item.type, group="agent-file")


#: What is not a type of JSON Schema, and what Dify does not translate (A core/plugin/entities/parameters.py:93).
_UNTRANSLATED = ("any", "dynamic-select", "model-selector", "app-selector")


@rule(
    "schema/llm-type",
    severity=Severity.WARNING,
    summary="The language model is given a parameter that is not valid JSON Schema.",
    why="Of the parameters with `form: llm` Dify makes a JSON Schema for the model. It takes over the type as it "
    "stands: `any`, `dynamic-select` and the selectors are not types of JSON Schema, and an `array` lacks its `items`, "
    "which cannot be given: the daemon drops `input_schema`. Strict providers, such as OpenAI, refuse the whole list "
    "of tools with it, so the agent cannot answer at all.",
    fix="Take a type that the model can fill (`string`, `number`, `boolean`, `select`, `object`), or `form: form`.",
    authorities=(Authority(By.PLATFORM, "Strict model providers refuse the call of the agent.", _SCHEMA),),
    bad=parameter_example("type: any\nform: llm"),
    good=parameter_example("type: string\nform: llm"),
)
def llm_type(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER):
        if item.data.get("form") != "llm":
            continue
        if item.type in _UNTRANSLATED:
            message = say(
                "{type} is not a type of JSON Schema, which the model gets for {name}.",
                type=quote(item.type),
                name=_name(item),
            )
        elif item.type == "array":
            message = say("The model is not told what the items of the array {name} are.", name=_name(item))
        else:
            continue
        message += say(" Strict model providers refuse every tool of the agent with it.")
        severity = Severity.NOTICE if _is_lenient(item) else None
        yield at_value(item.document, item.at("type"), message, subject=item.type or "", severity=severity)


@rule(
    "schema/preset-dynamic-select",
    severity=Severity.NOTICE,
    summary="The list of a preset parameter stays empty on older releases of Dify.",
    why="The console asks the plugin for the options of a `dynamic-select`. Up to Dify 1.14 it does not do so for a "
    "parameter that users preset (`form: form`): they see an empty list.",
    fix="Nothing has to be done for later releases. For older ones, take `select` with fixed options, or `string`.",
    authorities=(
        Authority(
            By.CONSOLE,
            "Users of an older Dify see an empty list.",
            "langgenius/dify-official-plugins#3873, langgenius/dify#36518",
        ),
    ),
    confidence=Confidence.LIKELY,
    bad=parameter_example("type: dynamic-select\nform: form"),
    good=parameter_example("type: string\nform: form"),
)
def preset_dynamic_select(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER):
        if item.type == "dynamic-select" and item.data.get("form") == "form":
            message = say(
                "Up to Dify 1.14 the list of {name} stays empty: the console does not ask for it.", name=_name(item)
            )
            yield at_value(item.document, item.at("form"), message, subject=item.name or "")


def _is_lenient(item: Item) -> bool:
    """Whether the author has seen to what can be seen to: lenient model providers then fill in a value that works."""
    if item.type == "array":
        return isinstance(item.data.get("input_schema"), dict) and "items" in item.data["input_schema"]
    return item.type == "dynamic-select" and item.data.get("default") is not None


def _name(item: Item) -> str:
    return quote(item.name or "?")


#: What model providers take as the name of a function, and of its parameters.
_LONGEST_NAME = 64
_FUNCTION_NAME = regex(r"[a-zA-Z0-9_-]{1,64}")


@rule(
    "schema/function-name",
    severity=Severity.WARNING,
    summary="Model providers refuse the name of a tool or parameter.",
    why="An agent hands a tool to the model as a function of just this name, with the parameters of `form: llm` under "
    "theirs. Model providers take letters, digits, `_` and `-`, 64 at most. Many refuse the whole list of tools for "
    "one name, so the agent cannot answer at all. Dify checks neither.",
    fix="Shorten the name, or take the other characters out, in the code too.",
    authorities=(Authority(By.PLATFORM, "Model providers refuse the call of the agent.", _FUNCTION),),
    bad=parameter_example("type: string\nform: llm", name="city.name"),
    good=parameter_example("type: string\nform: llm", name="city_name"),
)
def function_name(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.TOOL):
        name = linked.document.text_at("identity", "name")
        # Other characters are refused in remote debugging already, which the models of the format say.
        if name is not None and len(name) > _LONGEST_NAME:
            message = say(
                "The name of the tool has {count} characters; model providers take {longest_name} at most.",
                count=len(name),
                longest_name=_LONGEST_NAME,
            )
            yield at_value(linked.document, ("identity", "name"), message, subject=name)
    for item in items(plugin, Structure.TOOL_PARAMETER):
        name = item.name
        if item.data.get("form") != "llm" or item.type in ("file", "files"):
            continue  # Files are not among what the model fills in.
        if name and not _FUNCTION_NAME.fullmatch(name):
            message = say(
                "Model providers refuse the parameter {name}: they take 64 letters, digits, `_`, `-`.", name=quote(name)
            )
            yield at_value(item.document, item.name_pointer, message, subject=name)


#: What OpenAI takes as the description of a function (characters).
_LONGEST_DESCRIPTION = 1024


@rule(
    "schema/long-description",
    severity=Severity.WARNING,
    summary="A tool's description for the model is too long for some model providers.",
    why="An agent hands `description.llm` to the model as the description of a function. OpenAI takes 1024 characters "
    "and answers a longer one with an error, so the agent cannot answer at all.",
    fix="Shorten the description; what concerns one parameter belongs into its `llm_description`.",
    authorities=(Authority(By.PLATFORM, "OpenAI refuses the call of the agent.", "dify #18002"),),
    confidence=Confidence.LIKELY,
    bad=Example(f"description:\n  human:\n    en_US: Weather\n  llm: {'Weather. ' * 128}\n", path=_TOOL),
    good=Example("description:\n  human:\n    en_US: Weather\n  llm: The weather of a city.\n", path=_TOOL),
)
def long_description(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.TOOL):
        text = linked.document.text_at("description", "llm")
        if text is not None and len(text) > _LONGEST_DESCRIPTION:
            message = say(
                "The description has {count:,} characters; OpenAI takes {longest_description:,} at most.",
                count=len(text),
                longest_description=_LONGEST_DESCRIPTION,
            )
            yield at_value(linked.document, ("description", "llm"), message, subject=str(len(text)))


@rule(
    "schema/required-boolean",
    severity=Severity.NOTICE,
    summary="A required switch can never be off.",
    why="The console takes false for a value that is missing. Where a boolean is required, the settings of an endpoint "
    "and the node of an agent can be saved with true only.",
    fix="Do not require it, and give it a default.",
    authorities=(
        Authority(By.CONSOLE, "False cannot be saved.", "web, endpoint-modal.tsx:57, nodes/agent/default.ts:142"),
    ),
    bad=Example(
        "settings:\n  - name: verbose\n    type: boolean\n    required: true\n    label:\n      en_US: Verbose\n",
        path="group/shop.yaml",
        base="endpoint",
    ),
    good=Example(
        "settings:\n  - name: verbose\n    type: boolean\n    required: false\n    label:\n      en_US: Verbose\n",
        path="group/shop.yaml",
        base="endpoint",
    ),
)
def required_boolean(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.CONFIG, Structure.AGENT_PARAMETER):
        if item.type != "boolean" or not is_true(item.data.get("required")):
            continue
        in_agent = item.structure is Structure.AGENT_PARAMETER and item.data.get("default") is not True
        if in_agent or item.linked.kind is DocumentKind.ENDPOINT_GROUP:
            message = say(
                "{name} can never be false: the console takes false for a missing value.", name=quote(item.name or "?")
            )
            yield at_value(item.document, item.at("required"), message, subject="boolean")


#: Keys that the SDK reads and the daemon drops, by the structure that holds them, with what is lost.
_DROPPED = {
    Structure.TOOL_PARAMETER: {
        "show_on": say("the parameter is always shown"),
        "input_schema": say("the model is not told what the value looks like"),
    },
}


@rule(
    "schema/dropped-key",
    severity=Severity.WARNING,
    summary="A key that never reaches the console.",
    why="The SDK reads these keys, so remote debugging shows what they do. The declaration of an installed plugin "
    "comes from the daemon, which does not know them.",
    fix="Remove the key, and make the tool work without it.",
    authorities=(Authority(By.INSTALLER, "The daemon drops the key.", "tool_declaration.go:128"),),
    bad=parameter_example("type: string\nshow_on: [{variable: city, value: Rome}]"),
    good=parameter_example("type: string"),
)
def dropped_key(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER, Structure.AGENT_PARAMETER, Structure.EVENT_PARAMETER):
        for key, lost in _DROPPED.get(item.structure, {}).items():
            if item.data.get(key):
                message = say("{key} has no effect in an installed plugin: {lost}.", key=quote(key), lost=lost)
                # A schema loses nothing that the author could say otherwise.
                severity = Severity.NOTICE if key == "input_schema" else None
                place = item.at(key)
                yield at_key(item.document, place, message, subject=key, severity=severity, group=f"dropped-{key}")
        key = "icon" if item.structure is Structure.EVENT_PARAMETER else "show_on"
        for index, option in item.options():
            if option.get(key):
                lost = say("the option has no icon") if key == "icon" else say("the option is always offered")
                message = say("{key} has no effect in an installed plugin: {lost}.", key=quote(key), lost=lost)
                yield at_key(
                    item.document, item.at("options", index, key), message, subject=key, group=f"dropped-{key}"
                )
