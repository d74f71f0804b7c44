"""The rule about output variables that a tool declares and its code never emits."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.format.traits import DocumentKind
from bot.messages import say, say_plural
from bot.plugin import Plugin
from bot.python.nodes import last_name
from bot.python.reads import called, constant_texts
from bot.python.scopes import File, Scope
from bot.rules.python.entries import Entry, entries
from bot.rules.python.generators import reachable_files
from bot.rules.python.loading import TOOL_PATH
from bot.rules.registry import Example, Hit, NotJudged, Place, at_key, rule

_EMITTING: Final = frozenset({"create_variable_message", "create_stream_variable_message"})
#: The class of the messages that these make.
_MESSAGE: Final = "VariableMessage"
#: The variables that every tool has; another rule is about declaring them again.
_BUILT_IN: Final = frozenset({"text", "json", "files"})
#: No more functions of one tool are followed.
_MAX_FUNCTIONS: Final = 300

_SCHEMA = "output_schema:\n  type: object\n  properties:\n    temperature:\n      type: number\n"
_CODE = (
    "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    def _invoke(self, tool_parameters):\n"
    "        yield self.{}\n"
)


@rule(
    "python/output-not-emitted",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A tool declares an output variable that its code never emits.",
    why="The workflow editor offers every property of `output_schema` as a variable. Only "
    "`create_variable_message` and `create_stream_variable_message` fill them; a JSON message fills `json` alone. The "
    "variable is always empty in the workflows of users. It is a notice for a tool that only hands on as JSON what a "
    "service answers.",
    fix="Emit the variable with `create_variable_message`, or delete the property.",
    authorities=(Authority(By.CONSOLE, "The variable is offered and always empty.", "core/tools/workflow_as_tool"),),
    bad=Example(
        _SCHEMA,
        path="tools/current_weather.yaml",
        files={TOOL_PATH: _CODE.format("create_json_message({'temperature': 21})")},
    ),
    good=Example(
        _SCHEMA,
        path="tools/current_weather.yaml",
        files={TOOL_PATH: _CODE.format("create_variable_message('temperature', 21)")},
    ),
)
def output_not_emitted(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    for entry in entries(plugin, DocumentKind.TOOL):
        emitted: frozenset[str] | NotJudged | None = None
        for linked in entry.linked:
            schema = linked.document.get("output_schema")
            properties = schema.get("properties") if isinstance(schema, dict) and "$ref" not in schema else None
            if not isinstance(properties, dict) or any(not isinstance(name, str) for name in properties):
                continue
            wanted = [name for name in properties if name not in _BUILT_IN]
            if not wanted:
                continue
            emitted = emitted if emitted is not None else emitted_variables(entry)
            if isinstance(emitted, NotJudged):
                yield emitted
            if emitted is None or isinstance(emitted, NotJudged):
                break
            missing = [name for name in wanted if name not in emitted]
            if not missing:
                continue
            none = len(missing) == len(wanted)
            one = len(missing) == 1
            pointer = ("output_schema",) if none and not one else ("output_schema", "properties", missing[0])
            message = say_plural(
                "The code never emits {missing}: workflows offer the variable, which is always empty.",
                "The code never emits {missing}: workflows offer the variables, which are always empty.",
                len(missing),
                missing=quote_list(missing, 8),
            )
            scope = entry.method("_invoke") or entry.cls
            place = Place(
                scope.file.module.path,
                scope.span,
                say("No `create_variable_message` for {missing}.", missing=quote(missing[0])),
            )
            severity = Severity.NOTICE if none and _passes_on(entry) else None
            subject = " ".join(missing)
            yield at_key(linked.document, pointer, message, subject=subject, severity=severity, related=(place,))


@rule(
    "python/undeclared-output",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="A tool emits an output variable that it does not declare.",
    why="The workflow editor offers `text`, `files`, `json` and the properties of `output_schema`. A run has the "
    "variable, but whoever builds a workflow does not see it.",
    fix="Declare it in `output_schema`, or do not emit it.",
    authorities=(
        Authority(By.CONSOLE, "The variable is not offered.", "web/app/components/workflow/nodes/tool/default.ts:91"),
    ),
    bad=Example(
        _SCHEMA,
        path="tools/current_weather.yaml",
        files={
            TOOL_PATH: _CODE.format("create_variable_message('temperature', 21)")
            + "        yield self.create_variable_message('wind', 3)\n"
        },
    ),
    good=Example(
        _SCHEMA,
        path="tools/current_weather.yaml",
        files={TOOL_PATH: _CODE.format("create_variable_message('temperature', 21)")},
    ),
)
def undeclared_output(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if not any(
        word in file.module.text for file in reachable_files(plugin) for word in ("_variable_message", _MESSAGE)
    ):
        return  # Most plugins emit no variables, and their calls need not be followed.
    tools = [(entry, _declared_outputs(entry)) for entry in entries(plugin, DocumentKind.TOOL)]
    #: What each place emits that is reached, and what the tools declare that reach it: they may share code.
    emitted: dict[ast.expr, set[str] | None] = {}
    reached: dict[Scope, dict[ast.expr, _Emission]] = {}
    for entry, declared in tools:
        method = entry.getting
        for emission in _emissions(entry, [method]) if method is not None and entry.in_sight else ():
            if isinstance(emission, NotJudged):
                yield emission
            elif emission is not None:
                reached.setdefault(entry.cls, {})[emission.node] = emission
                known = emitted.setdefault(emission.node, set())
                emitted[emission.node] = known | declared if known is not None and declared is not None else None
    told: set[ast.expr] = set()
    for entry, _ in tools:
        found: dict[str, _Emission] = {}
        for node, emission in reached.get(entry.cls, {}).items():
            known = emitted[node]
            if known is not None and node not in told:
                told.add(node)
                found.update({name: emission for name in emission.names if name not in known and name not in found})
        if found:
            names = sorted(found, key=lambda name: (found[name].file.module.path, found[name].node.lineno))
            yield _undeclared(entry, names, found[names[0]])


def _undeclared(entry: Entry, names: Sequence[str], first: _Emission) -> Hit:
    document = entry.linked[0].document
    is_declared = document.get("output_schema") is not None
    shown = quote_list(names, 8)
    if is_declared:
        message = say_plural(
            "The code emits {names}, which `output_schema` does not declare: it is not offered to workflows.",
            "The code emits {names}, which `output_schema` does not declare: they are not offered to workflows.",
            len(names),
            names=shown,
        )
    else:
        message = say_plural(
            "The code emits {names}, which the tool does not declare in an `output_schema`: it is not offered to "
            "workflows.",
            "The code emits {names}, which the tool does not declare in an `output_schema`: they are not offered to "
            "workflows.",
            len(names),
            names=shown,
        )
    span = document.span_of_key(("output_schema",) if is_declared else ())
    module = first.file.module
    return Hit(
        message,
        module.path,
        module.span(first.node),
        subject=" ".join(names),
        anchor=entry.cls.name,
        related=(Place(entry.linked[0].path, span, say("The outputs that are declared.")),),
    )


def _declared_outputs(entry: Entry) -> set[str] | None:
    """The outputs that the documents of a tool declare; None when they cannot be told."""
    found = set(_BUILT_IN)
    for linked in entry.linked:
        schema = linked.document.get("output_schema")
        if schema is None:
            continue
        properties: Any = schema.get("properties") if isinstance(schema, dict) and "$ref" not in schema else None
        if not isinstance(properties, dict):
            return None
        found.update(name for name in properties if isinstance(name, str))
    return found


def _passes_on(entry: Entry) -> bool:
    """Whether the tool only hands on what a service answers, of which the schema may be the description."""
    found = [
        call.args[0]
        for cls in entry.lineage
        for call, _ in cls.file.calls
        if last_name(call.func) == "create_json_message" and call.args
    ]
    return bool(found) and all(isinstance(each, ast.Call) for each in found)


def emitted_variables(entry: Entry) -> frozenset[str] | NotJudged | None:
    """The variables that a tool may emit; None when there may be others than those that are written out."""
    if not entry.in_sight:
        return None
    functions = [function for cls in entry.lineage for function in cls.functions.values()]
    found: set[str] = set()
    for emission in _emissions(entry, functions):
        if emission is None or isinstance(emission, NotJudged):
            return emission
        found.update(emission.names)
    return frozenset(found)


class _Emission(Struct, frozen=True):
    """A call that emits variables, which one of these names."""

    names: Sequence[str]
    node: ast.expr
    file: File


def _emissions(entry: Entry, functions: Iterable[Scope]) -> Iterator[_Emission | NotJudged | None]:
    """What functions emit, and those that they call; None for what may emit something that is not written out."""
    pending = list(functions)
    seen: set[Scope] = set()
    while pending:
        function = pending.pop()
        if function in seen:
            continue
        seen.add(function)
        if len(seen) > _MAX_FUNCTIONS:
            yield NotJudged(
                say("a tool runs more than {max_functions} functions of the plugin", max_functions=_MAX_FUNCTIONS)
            )
            return
        if function in function.file.derived(_passing, _passing):
            yield None
        for call, scope in function.file.calls_in(function):
            name = last_name(call.func)
            if name in _EMITTING or name == _MESSAGE:
                argument = _first(call, "variable_name")
                texts = constant_texts(entry.scopes, argument, scope) if argument is not None else None
                yield _Emission(texts, argument, function.file) if argument is not None and texts is not None else None
                continue
            target, _ = called(entry.scopes, call, scope, entry.cls)
            if target is not None:
                pending.append(target)
            elif _gets_the_tool(call, scope):
                yield None


def _passing(file: File) -> frozenset[Scope]:
    """The functions that may emit variables in another way: what emits them has a name, or is passed on."""
    passed = [
        scope
        for attribute, scope in file.attributes
        if (attribute.attr in _EMITTING or attribute.attr == _MESSAGE) and not _is_called(file, attribute)
    ]
    # A message that is written as a mapping.
    passed += [file.scope_of(node) for node, text in file.strings if text == "variable_name" and _is_key(file, node)]
    return frozenset(around for scope in passed for around in scope.around())


def _is_key(file: File, node: ast.Constant) -> bool:
    parent = file.parents.get(node)
    return isinstance(parent, ast.Dict) and node in parent.keys


def _is_called(file: File, function: ast.Attribute) -> bool:
    parent = file.parents.get(function)
    return isinstance(parent, ast.Call) and parent.func is function


def _first(call: ast.Call, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[0] if call.args and not isinstance(call.args[0], ast.Starred) else None


#: Calls that are given the tool and emit nothing.
_HARMLESS: Final = frozenset({"super", "isinstance", "hasattr", "type", "id", "str", "repr", "print"})


def _gets_the_tool(call: ast.Call, scope: Scope) -> bool:
    """Whether a call passes the tool itself to code that is not known."""
    if last_name(call.func) in _HARMLESS:
        return False
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    where: Scope | None = scope
    while where is not None and where.self_name is None:
        where = where.parent
    own = where.self_name if where is not None else None
    return own is not None and any(isinstance(item, ast.Name) and item.id == own for item in arguments)
