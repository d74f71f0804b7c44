"""Rules about how the plugin's code calls back to Dify: what a session offers, and what the calls are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.format.gates import SDK_VERSIONS
from bot.format.judge.unknown import nearest
from bot.format.models.base import Spec
from bot.messages import say, sentences
from bot.plugin import Plugin
from bot.plugin.dependencies import declared_sdk
from bot.plugin.sources import sources_of
from bot.python.calls import COMPUTED, Argument, Construction, constructions, misuses
from bot.rules.registry import Example, Hit, rule

_TOOL = "tools/current_weather.py"
_FAILS = say("The call fails.")
_HANDLED = say("The call fails each time, which the code around it handles.")


def _tool(*lines: str, imports: str = "") -> Example:
    body = "\n".join(f"        {line}" for line in lines)
    source = f"{imports}from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
    source += f"    def _invoke(self, tool_parameters):\n{body}\n"
    return Example(source, path=_TOOL, whole=True)


@rule(
    "python/session-misuse",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="The code asks a session for something that it does not have.",
    why="What a session offers are objects with methods, such as `session.model.summary.invoke(…)` and "
    "`session.storage.set(…)`. Calling the object itself, or a method that no release of the SDK has, raises an "
    "exception. It is a warning where the code around handles that: then the call never does anything.",
    fix="Call the method that the SDK has.",
    authorities=(Authority(By.SDK, say("The call fails."), "core/runtime.py:29"),),
    bad=_tool("yield self.create_text_message(self.session.model.summary(content='rain'))"),
    good=_tool("yield self.create_text_message(self.session.model.summary.invoke('rain', 'Be short.'))"),
)
def session_misuse(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    all_found = misuses(sources.modules, sources.reachable)
    for found in all_found if all_found and _may_be_known(plugin) else ():
        part = quote(".".join(("session", *found.chain)))
        problem = (
            say("{part} has no {attribute}", part=part, attribute=quote(found.attribute))
            if found.attribute
            else say("{part} cannot be called", part=part)
        )
        severity = Severity.WARNING if found.caught else None
        subject = ".".join((*found.chain, found.attribute or "()"))
        message = sentences(say("{problem}.", problem=problem), _HANDLED if found.caught else _FAILS)
        yield Hit(message, found.path, found.span, severity=severity, subject=subject, anchor=subject)


def _may_be_known(plugin: Plugin) -> bool:
    """Whether a release of the SDK that has been looked at may be the one that is installed."""
    declared = declared_sdk(plugin)
    return declared is None or any(True for _ in declared.specifier.filter(SDK_VERSIONS, True))


#: No more arguments of one description are looked at that the SDK does not know.
MAX_UNKNOWN: Final = 20

_LLM = "from dify_plugin.entities.model.llm import LLMModelConfig\n"


@rule(
    "python/invalid-description",
    severity=Severity.ERROR,
    summary="The code describes a model or a tool in a way that the SDK refuses.",
    why="`LLMModelConfig`, `ToolSelector` and the like check what they are given when the line is reached. Only what "
    "is written out in the code is judged. It is a warning where the code around handles the exception.",
    fix="Give what the finding names.",
    authorities=(Authority(By.SDK, say("The call fails."), "entities/model/llm.py:224, entities/tool.py:361"),),
    bad=_tool("LLMModelConfig(provider='openai', model='gpt-4o')", "yield", imports=_LLM),
    good=_tool("LLMModelConfig(provider='openai', model='gpt-4o', mode='chat')", "yield", imports=_LLM),
)
def invalid_description(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for made in constructions(sources.modules, sources.reachable):
        severity = Severity.WARNING if made.caught else None
        end = _HANDLED if made.caught else _FAILS
        if made.is_mapping and made.fields not in _MAPPED:
            if made.fields != "ModelConfig":  # The nodes of a workflow take a mapping as it is.
                message = say("This call takes {fields} and no mapping. {end}", fields=quote(made.fields), end=end)
                yield Hit(message, made.path, made.span, severity=severity, subject=made.fields, anchor=made.fields)
            continue
        lacking: list[str] = []
        wrong: set[str] = set()
        for problem, argument in _problems(made):
            name = str(problem["loc"][0])
            if problem["type"] == "missing" and len(problem["loc"]) == 1:
                lacking.append(name)
            elif problem["type"] != "extra_forbidden" and argument is not None and name not in wrong:
                wrong.add(name)  # One thing that is wrong in a value will do.
                message = say(
                    "{name} of {fields} is not valid: {problem_text} {end}",
                    name=quote(name),
                    fields=quote(made.fields),
                    problem_text=_problem_text(problem),
                    end=end,
                )
                yield Hit(message, made.path, argument.span, severity=severity, subject=name, anchor=made.fields)
        if lacking and made.complete:
            message = say(
                "{fields} lacks {lacking}. {end}", fields=quote(made.fields), lacking=quote_list(lacking), end=end
            )
            yield Hit(message, made.path, made.span, severity=severity, subject=" ".join(lacking), anchor=made.fields)


#: Where a mapping will do.
_MAPPED = ("LLMModelConfig",)


@rule(
    "python/unknown-argument",
    severity=Severity.WARNING,
    summary="The code describes a model or a tool with something that the SDK drops.",
    why="`LLMModelConfig`, `ToolSelector` and the like drop what they do not know without a message. Parameters of a "
    "model, such as its temperature, belong into `completion_params`.",
    fix="Remove the argument, correct its name, or move it to where it belongs.",
    authorities=(Authority(By.SDK, "The argument has no effect.", "entities/model/llm.py:224, entities/tool.py:361"),),
    bad=_tool("LLMModelConfig(provider='openai', model='gpt-4o', mode='chat', temperature=0)", "yield", imports=_LLM),
    good=_tool(
        "LLMModelConfig(provider='openai', model='gpt-4o', mode='chat', completion_params={'temperature': 0})",
        "yield",
        imports=_LLM,
    ),
)
def unknown_argument(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for made in constructions(sources.modules, sources.reachable):
        fields = _model(made).model_fields
        given = {argument.name for argument in made.arguments}
        free = [name for name in fields if name not in given]
        for argument in [argument for argument in made.arguments if argument.name not in fields][:MAX_UNKNOWN]:
            meant = nearest(argument.name, free)
            hint = say(" Did you mean {meant}?", meant=quote(meant[0])) if meant else ""
            if not hint and "completion_params" in fields:
                hint = say(" Parameters of the model belong into `completion_params`.")
            message = say(
                "{fields} has no {name}, and drops it.{hint}",
                fields=quote(made.fields),
                name=quote(argument.name),
                hint=hint,
            )
            yield Hit(message, made.path, argument.name_span, subject=argument.name, anchor=made.fields)


def _model(made: Construction) -> type[Spec]:
    # Few plugins write any of these out, and the models take their time to import.
    from bot.format.models.constructed import CONSTRUCTED

    return CONSTRUCTED[made.fields]


def _problems(made: Construction) -> Iterator[tuple[ErrorDetails, Argument | None]]:
    """What the SDK has against what is written out, each with the argument that it is about."""
    arguments = {argument.name: argument for argument in made.arguments}
    data = {name: argument.value for name, argument in arguments.items()}
    try:
        # The SDK's classes are not strict: `"3"` will do for a number.
        _model(made).model_validate(data, strict=False)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False):
            if not _is_computed(data, problem["loc"]) and problem["loc"][-1] != "[key]":
                yield problem, arguments.get(str(problem["loc"][0]))


def _is_computed(value: Any, place: tuple[int | str, ...]) -> bool:
    """Whether what an error is about, or something in it, is not written out."""
    for part in place:
        try:
            value = value[part]
        except (LookupError, TypeError):
            break
    stack = [value] if len(place) > 1 or not isinstance(value, dict) else []
    while stack:
        value = stack.pop()
        if value is COMPUTED:
            return True
        stack += value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return False


def _problem_text(problem: ErrorDetails) -> str:
    where = ".".join(str(part) for part in problem["loc"][1:])
    said = problem["msg"][:1].lower() + problem["msg"][1:]
    return say("at {where}, {said}.", where=quote(where), said=said) if where else say("{problem}.", problem=said)
