"""Rules about the parameters that a tool declares and those that its code reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.document import Pointer
from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote
from bot.format.models.base import DocumentKind
from bot.plugin import LinkedDocument, Plugin
from bot.python.reads import MAX_VALUES, How, Read, Traced, is_guarded
from bot.rules.python.entries import Entry, entries, read_place, read_span
from bot.rules.python.loading import TOOL_PATH
from bot.rules.registry import Example, Hit, NotJudged, Place, at_value, rule

#: Parameters whose use it is that the model explains itself; the code need not read them.
_EXPLAINING: Final = re.compile(
    r"(.*_)?(reason|reasoning|thoughts?|thinking|rationale|explanation|intent|justification)|query_description"
)


#: Code that reads fewer parameters is at its beginning: what it does not read may be declared first. In the official
#: plugins each tool with an unread parameter reads at least four others.
GROWN: Final = 3


#: No likeness is looked for among more pairs of names.
MAX_PAIRS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that a document declares."""

    linked: LinkedDocument
    pointer: Pointer
    name: str
    data: Mapping[str, Any]

    @property
    def may_be_absent(self) -> bool:
        """Whether the tool may be called without it."""
        return not self.data.get("required") and self.data.get("default") is None

    def place(self, message: str) -> Place:
        return Place(self.linked.path, self.linked.document.span((*self.pointer, "name")), message)


def declared_parameters(entry: Entry) -> list[Parameter] | None:
    """The parameters of every document that names the class; None when one of them has others than it writes out."""
    found: list[Parameter] = []
    for linked in entry.linked:
        parameters = linked.document.get("parameters")
        if parameters is None:
            continue
        if not isinstance(parameters, list):
            return None
        for index, data in enumerate(parameters):
            name = data.get("name") if isinstance(data, dict) else None
            if not isinstance(name, str):
                return None
            found.append(Parameter(linked, ("parameters", index), name, data))
    return found


@dataclass(frozen=True, slots=True)
class Compared:
    """A tool's parameters against what its code reads; only where the dictionary stays in sight."""

    entry: Entry
    declared: list[Parameter]
    traced: Traced
    unread: list[Parameter]
    undeclared: list[Read]
    #: The read that was surely meant for a parameter that is never read.
    renamed: Mapping[str, Read]


def _compared(plugin: Plugin) -> tuple[Compared, ...]:
    return tuple(found for entry in entries(plugin, DocumentKind.TOOL) if (found := _compare(entry)) is not None)


def _compare(entry: Entry) -> Compared | None:
    traced, declared = entry.parameters, declared_parameters(entry)
    if traced is None or declared is None or traced.escaped:
        return None
    names = {parameter.name for parameter in declared}
    unread = [parameter for parameter in declared if not traced.reads_key(parameter.name)]
    undeclared: dict[str, Read] = {}
    for read in traced.reads:
        known = read.is_pattern or read.key in names or read.key in traced.stored or "*" in traced.stored
        if not known and read.sure and read.how is not How.TEST:
            undeclared.setdefault(read.key, read)
    renamed = _pairs([parameter.name for parameter in unread], undeclared)
    return Compared(entry, declared, traced, unread, list(undeclared.values()), renamed)


def _pairs(unread: Sequence[str], undeclared: Mapping[str, Read]) -> dict[str, Read]:
    names = list(dict.fromkeys(unread))
    if len(names) * len(undeclared) > MAX_PAIRS:
        return {}
    found: dict[str, Read] = {}
    taken: set[str] = set()
    for similar in (_same, _contained):
        for name in names:
            for key, read in undeclared.items():
                if name not in found and key not in taken and similar(name, key):
                    found[name] = read
                    taken.add(key)
    left = [name for name in names if name not in found]
    free = [read for key, read in undeclared.items() if key not in taken]
    if len(names) == 1 and len(undeclared) == 1 and left and free:
        found[left[0]] = free[0]
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("s")


def _same(first: str, second: str) -> bool:
    return _plain(first) == _plain(second)


def _contained(first: str, second: str) -> bool:
    one, other = _plain(first), _plain(second)
    return min(len(one), len(other)) >= 3 and (one in other or other in one)


def _undeclared(plugin: Plugin, compared: Compared) -> Iterator[Read]:
    """The undeclared reads that nothing excuses: no rename, no fallback, no helper that several tools share."""
    entry = compared.entry
    taken = {read.key for read in compared.renamed.values()}
    elsewhere = plugin.derived(_declared_anywhere)
    own = {cls.file for cls in entry.lineage}
    names = {parameter.name for parameter in compared.declared}
    for read in compared.undeclared:
        shared = read.file not in own and read.key in elsewhere
        if read.key not in taken and not shared and not is_fallback(read, names):
            yield read


def _declared_anywhere(plugin: Plugin) -> frozenset[str]:
    tools = entries(plugin, DocumentKind.TOOL)
    return frozenset(parameter.name for entry in tools for parameter in declared_parameters(entry) or ())


def is_fallback(read: Read, declared: set[str]) -> bool:
    """Whether a key is only read where a declared one was not there, or only to refuse it."""
    inner: ast.AST = read.whole
    for parent in read.file.around(read.whole):
        match parent:
            case ast.BoolOp(op=ast.Or(), values=values) if inner in values:
                if any(not read.file.texts_in(value).isdisjoint(declared) for value in values[: values.index(inner)]):
                    return True
            case ast.IfExp(test=test, orelse=orelse) if inner is orelse:
                if _about(test, declared, read):
                    return True
            case ast.If(test=test, body=body):
                if inner is test and read.how is not How.SUBSCRIPT and read.file.leaves(parent):
                    return True
                if inner in parent.orelse and _about(test, declared, read):
                    return True
                if _is_absence(test) and inner in body and _about(test, declared, read):
                    return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                return False
            case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]) if inner is default:
                if not read.file.texts_in(parent).isdisjoint(declared):
                    return True
            case _:
                pass
        inner = parent
    return False


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _about(test: ast.expr, names: set[str], read: Read) -> bool:
    """Whether a condition is about a declared name, or a variable that was read from one."""
    file = read.file
    if not file.texts_in(test).isdisjoint(names):
        return True
    for name in file.names_in(test):
        binder = read.scope.binder(name)
        values = binder.names.get(name, [])[:MAX_VALUES] if binder is not None else ()
        if any(value is not None and not file.texts_in(value).isdisjoint(names) for value in values):
            return True
    return False


def _is_absence(test: ast.expr) -> bool:
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=[ast.Is() | ast.NotIn() | ast.Eq()]):
            return True
        case _:
            return False


_PARAMETER = """\
parameters:
  - name: city
    type: string
    required: {}
    form: llm
    label: {{en_US: City}}
    human_description: {{en_US: The city.}}
    llm_description: The city.
"""
_CODE = (
    "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    def _invoke(self, tool_parameters):\n"
    "        yield self.create_text_message({})\n"
)
_TOOL_YAML = "tools/current_weather.yaml"


def _named(name: str) -> str:
    """The declaration of a parameter of that name, below the head of the list when it is the first."""
    text = _PARAMETER.format("true").replace("city", name)
    return text if name == "city" else text.partition("\n")[2]


def _example(code: str, required: str = "true") -> Example:
    return Example(_PARAMETER.format(required), path=_TOOL_YAML, files={TOOL_PATH: _CODE.format(code)})


_FORM = (
    Authority(By.CONSOLE, "The user fills in a field that changes nothing.", "core/tools/entities/tool_entities.py"),
)
_DEFAULT = (
    Authority(By.SDK, "The code always works without the value that the user entered.", "interfaces/tool/tool.py"),
)


@rule(
    "python/unread-parameter",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A tool declares a parameter that its code never reads.",
    why="The form and the schema that the model sees are made from the declaration alone. Whoever fills in the "
    "parameter changes nothing. The rule speaks only where every use of the parameters can be followed. It is a "
    "notice in code that reads fewer than three parameters, where what is declared may not be written yet.",
    fix="Read the parameter in the code, or delete it from the declaration.",
    authorities=_FORM,
    bad=Example(
        "".join(_named(name) for name in ("city", "country", "units", "days")),
        path=_TOOL_YAML,
        files={TOOL_PATH: _CODE.format("' '.join(tool_parameters[name] for name in ('city', 'country', 'units'))")},
    ),
    good=_example("tool_parameters['city']"),
)
def unread_parameter(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    for compared in plugin.derived(_compared):
        for parameter in compared.unread:
            explains = parameter.data.get("form") == "llm" and _EXPLAINING.fullmatch(parameter.name.lower())
            if parameter.name in compared.renamed or explains:
                continue
            message = (
                f"{quote(parameter.name)} is declared, but the code never reads it: what is entered has no effect."
            )
            place = _class_place(compared.entry, "The code that gets the parameters.")
            early = len({read.key for read in compared.traced.reads}) < GROWN
            yield _at_name(parameter, message, (place,), severity=Severity.NOTICE if early else None)


def _at_name(parameter: Parameter, message: str, related: tuple[Place, ...], **more: Any) -> Hit:
    pointer = (*parameter.pointer, "name")
    return at_value(parameter.linked.document, pointer, message, subject=parameter.name, related=related, **more)


def _class_place(entry: Entry, message: str) -> Place:
    scope = entry.method("_invoke") or entry.cls
    return Place(scope.file.module.path, scope.span, message)


@rule(
    "python/renamed-parameter",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A tool's code reads a parameter by another name than the one that is declared.",
    why="Nothing ever sets the name that the code reads, so it always works with its default, or fails. What the user "
    "enters under the declared name is lost.",
    fix="Use one name in both. Renaming it in the code leaves existing workflows as they are.",
    authorities=_DEFAULT,
    bad=_example("tool_parameters.get('cities')"),
    good=_example("tool_parameters.get('city')"),
)
def renamed_parameter(plugin: Plugin) -> Iterator[Hit]:
    for compared in plugin.derived(_compared):
        for parameter in compared.unread:
            read = compared.renamed.get(parameter.name)
            if read is None:
                continue
            fails = read.how is How.SUBSCRIPT and not is_guarded(compared.entry.scopes, read)
            happens = "the code fails with a KeyError" if fails else "the code always works without the value"
            message = (
                f"{quote(parameter.name)} is declared, but the code reads {quote(read.key)}, which is not: {happens}."
            )
            place = read_place(read, f"The code reads {quote(read.key)} here.")
            yield _at_name(
                parameter,
                message,
                (place,),
                severity=Severity.ERROR if fails else None,
                fix=_rename(parameter, read) if _contained(parameter.name, read.key) else None,
            )


def _rename(parameter: Parameter, read: Read) -> Fix | None:
    node = read.node
    if not _is_text(node) or node.lineno != node.end_lineno:
        return None
    span = read_span(read)
    line = read.file.module.lines[span.line - 1]
    written = line[span.column - 1 : span.end_column - 1]
    if written[:1] not in "'\"" or written[1:-1] != read.key or not re.fullmatch(r"[\w-]+", parameter.name):
        return None
    edit = Edit(read.file.module.path, span, f"{written[0]}{parameter.name}{written[0]}")
    return Fix(f"read {quote(parameter.name)} in the code", Safety.UNSAFE, (edit,))


@rule(
    "python/undeclared-parameter",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="A tool's code reads a parameter that is not declared.",
    why="Only declared parameters can be set. With `.get` the code always works with the default: an option that "
    "was lost from the declaration. With a subscript it fails in every run, and then it is an error.",
    fix="Declare the parameter, or stop reading it.",
    authorities=(Authority(By.SDK, "Nobody can set the parameter.", "interfaces/tool/tool.py"),),
    bad=_example("tool_parameters['city'] + tool_parameters.get('units', '')"),
    good=_example("tool_parameters['city']"),
)
def undeclared_parameter(plugin: Plugin) -> Iterator[Hit]:
    seen: set[ast.AST] = set()
    for compared in plugin.derived(_compared):
        for read in _undeclared(plugin, compared):
            if read.node in seen:
                continue
            seen.add(read.node)
            fails = read.how is How.SUBSCRIPT and not is_guarded(compared.entry.scopes, read)
            happens = "this fails with a KeyError in every run" if fails else "nobody can set it"
            message = f"The code reads {quote(read.key)}, which the tool does not declare: {happens}."
            linked = compared.entry.linked[0]
            place = Place(
                linked.path, linked.document.span_of_key(("parameters",)), "The parameters that are declared."
            )
            yield Hit(
                message,
                read.file.module.path,
                read_span(read),
                severity=Severity.ERROR if fails else None,
                subject=read.key,
                anchor=compared.entry.cls.name,
                related=(place,),
            )


@rule(
    "python/optional-parameter",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A tool's code takes it for granted that an optional parameter is set.",
    why="A workflow node leaves out the parameters that are blank. `parameters['name']` then fails with a KeyError, "
    "of which the user sees the name alone.",
    fix="Use `.get`, test for the name first, or give the parameter a default.",
    authorities=(Authority(By.SDK, "The tool fails when the field is left blank.", "interfaces/tool/tool.py"),),
    bad=_example("tool_parameters['city']", "false"),
    good=_example("tool_parameters.get('city')", "false"),
)
def optional_parameter(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    seen: set[ast.AST] = set()
    for compared in plugin.derived(_compared):
        by_name: dict[str, list[Parameter]] = {}
        for parameter in compared.declared:
            by_name.setdefault(parameter.name, []).append(parameter)
        for read in compared.traced.reads:
            declared = by_name.get(read.key, [])
            if read.how is not How.SUBSCRIPT or read.is_pattern or read.node in seen or not read.sure:
                continue
            if len(declared) < len(compared.entry.linked) or not all(item.may_be_absent for item in declared):
                continue
            if read.key in compared.traced.stored or is_guarded(compared.entry.scopes, read):
                continue
            seen.add(read.node)
            message = (
                f"{quote(read.key)} is optional and has no default: this fails with a KeyError when it is not set."
            )
            place = declared[0].place(f"{quote(read.key)} is declared here.")
            yield Hit(
                message,
                read.file.module.path,
                read_span(read),
                subject=read.key,
                anchor=compared.entry.cls.name,
                fix=get_instead(read),
                related=(place,),
            )


def get_instead(read: Read) -> Fix | None:
    """`d.get("k")` for `d["k"]`, where the value is only tested or passed on."""
    whole = read.whole
    if not isinstance(whole, ast.Subscript) or not _is_text(read.node) or whole.lineno != whole.end_lineno:
        return None
    around = read.file.parents.get(whole)
    if not isinstance(around, ast.Assign | ast.keyword | ast.Dict | ast.If | ast.Compare | ast.BoolOp | ast.UnaryOp):
        return None
    module = read.file.module
    span, key, value = module.span(whole), module.span(read.node), module.span(whole.value)
    line = module.lines[span.line - 1]
    written = line[value.column - 1 : value.end_column - 1]
    name = line[key.column - 1 : key.end_column - 1]
    return Fix("leave it empty when it is not set", Safety.SAFE, (Edit(module.path, span, f"{written}.get({name})"),))
