"""Rules about the parameters that a document declares and those that its code reads.

The documents are those of tools, agent strategies, data sources and events: the SDK gives the values to one method of
their class, as one dictionary.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher
from typing import Any, Final

from msgspec import Struct

from bot.document import Pointer
from bot.document.scalars import is_true
from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote
from bot.format.judge.unknown import nearest
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.patterns import regex
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.forms import items
from bot.python.reads import MAX_VALUES, How, Read, Traced, is_guarded, tried_before
from bot.python.scopes import File, Scope
from bot.rules.python.entries import Entry, entries, read_place, read_span
from bot.rules.python.loading import TOOL_PATH
from bot.rules.registry import Example, Hit, NotJudged, Place, at_value, rule

#: Parameters whose use it is that the model explains itself; the code need not read them.
_EXPLAINING: Final = regex(
    r"(.*_)?(reason|reasoning|thoughts?|thinking|rationale|explanation|intent|justification)|query_description"
)


#: The code of a tool that reads fewer parameters is at its beginning: what it does not read may be declared first. In
#: the official plugins each tool with an unread parameter reads at least four others. Events and data sources have few.
GROWN: Final = 3


#: How much of two names is the same where one is a misspelling of the other.
NEAR: Final = 0.82


#: No likeness is looked for among more pairs of names.
MAX_PAIRS: Final = 10_000


class Parameter(Struct, frozen=True):
    """A parameter that a document declares."""

    linked: LinkedDocument
    pointer: Pointer
    name: str
    data: Mapping[str, Any]

    @property
    def may_be_absent(self) -> bool:
        """Whether the code may be run without it."""
        return not is_true(self.data.get("required")) and self.data.get("default") is None

    def place(self, message: str) -> Place:
        return Place(self.linked.path, self.linked.document.span((*self.pointer, "name")), message)


def declared_parameters(entry: Entry) -> list[Parameter] | None:
    """The parameters of every document that names the class; None when one of them has others than it writes out."""
    found: list[Parameter] = []
    for linked in entry.linked:
        parameters = linked.document.get("parameters")
        if parameters is None and not _is_misspelt("parameters", linked.document.data):
            continue
        if not isinstance(parameters, list):
            return None
        for index, data in enumerate(parameters):
            name = data.get("name") if isinstance(data, dict) else None
            if not isinstance(name, str):
                return None
            found.append(Parameter(linked, ("parameters", index), name, data))
    return found


def _is_misspelt(key: str, data: Any) -> bool:
    """Whether a mapping has something else that is surely meant for the key, which is then reported."""
    return isinstance(data, dict) and any(isinstance(each, str) and nearest(each, [key]) is not None for each in data)


class Compared(Struct, frozen=True):
    """The parameters of a class against what its code reads; only where the dictionary stays in sight."""

    entry: Entry
    declared: list[Parameter]
    traced: Traced
    unread: list[Parameter]
    #: Reads that nothing excuses: no rename, no fallback, no code that several classes share.
    undeclared: list[Read]
    #: The read that was surely meant for a parameter that is never read.
    renamed: Mapping[str, Read]


#: The kinds of document whose parameters the SDK hands over as one dictionary.
_KINDS: Final = (DocumentKind.TOOL, DocumentKind.AGENT_STRATEGY, DocumentKind.DATASOURCE, DocumentKind.EVENT)


def _entries(plugin: Plugin) -> tuple[Entry, ...]:
    return tuple(entry for kind in _KINDS for entry in entries(plugin, kind))


def _compared(plugin: Plugin) -> tuple[Compared, ...]:
    found = (_compare(plugin, entry) for entry in _entries(plugin))
    return tuple(compared for compared in found if compared is not None)


def _compare(plugin: Plugin, entry: Entry) -> Compared | None:
    traced, declared = entry.parameters, declared_parameters(entry)
    if traced is None or declared is None or traced.escaped:
        return None
    names = {parameter.name for parameter in declared}
    unread = [parameter for parameter in declared if not traced.reads_key(parameter.name)]
    unknown: dict[str, Read] = {}
    for read in traced.reads:
        known = read.is_pattern or read.key in names or not read.sure or read.how is How.TEST
        if not known and not traced.is_stored(entry.scopes, read):
            unknown.setdefault(read.key, read)
    fallbacks = Fallbacks(names)
    excused = {key for key, read in unknown.items() if _is_excused(plugin, entry, read, fallbacks)}
    renamed = _pairs(unread, unknown, excused, is_only=len(names) == 1 == len({read.key for read in traced.reads}))
    taken = {read.key for read in renamed.values()} | excused
    # What a function takes besides, somebody else may give it.
    undeclared = [
        read
        for key, read in unknown.items()
        if key not in taken and not (isinstance(read.whole, ast.arg) and read.how is How.GET)
    ]
    return Compared(entry, declared, traced, unread, undeclared, renamed)


def _is_excused(plugin: Plugin, entry: Entry, read: Read, fallbacks: Fallbacks) -> bool:
    """Whether a key is read for another class that declares it, or only where a declared one was not there."""
    elsewhere = plugin.derived(_declared_elsewhere)
    is_elsewhere = read.file not in {cls.file for cls in entry.lineage}
    is_shared = read.key in elsewhere.by_read.get(read.node, ()) or (is_elsewhere and read.key in elsewhere.names)
    is_setting = read.key in elsewhere.settings and read.how is How.GET
    is_alternative = not fallbacks.declared.isdisjoint(tried_before(entry.scopes, read))
    return is_shared or is_setting or is_alternative or fallbacks.has(read)


class _Elsewhere(Struct, frozen=True):
    """What the documents of a plugin declare: all parameters, and for each place in shared code what may be there."""

    names: frozenset[str]
    by_read: Mapping[ast.AST, set[str]]
    #: What providers ask for. Code may look for the value in both places.
    settings: frozenset[str]


def _declared_elsewhere(plugin: Plugin) -> _Elsewhere:
    everything: set[str] = set()
    by_read: dict[ast.AST, set[str]] = {}
    for entry in _entries(plugin):
        names = {parameter.name for parameter in declared_parameters(entry) or ()}
        everything |= names
        for read in entry.parameters.reads if entry.parameters is not None else ():
            if read.key in names:
                by_read.setdefault(read.node, set()).add(read.key)
    settings = frozenset(item.name for item in items(plugin) if item.name and item.linked.kind not in _KINDS)
    return _Elsewhere(frozenset(everything), by_read, settings)


def _pairs(
    unread: Sequence[Parameter], unknown: Mapping[str, Read], excused: set[str], *, is_only: bool
) -> dict[str, Read]:
    """The reads that were meant for parameters which are never read, by the names of these."""
    parameters = {parameter.name: parameter for parameter in unread}
    if len(parameters) * len(unknown) > MAX_PAIRS:
        return {}
    found: dict[str, Read] = {}
    taken: set[str] = set()
    for similar in (_same, _contained, _misspelt):
        for name in parameters:
            for key, read in unknown.items():
                if name not in found and key not in taken and similar(name, key):
                    found[name] = read
                    taken.add(key)
    free = [read for key, read in unknown.items() if key not in taken and key not in excused]
    if not found and len(parameters) == 1 == len(free):
        ((name, parameter),) = parameters.items()
        if is_only or _begin_alike(name, free[0].key) or _default_agrees(parameter, free[0]):
            found[name] = free[0]
    return found


#: What the default in the code is where it is of the type that the document declares.
_DEFAULTS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "select": str,
    "secret-input": str,
    "number": (int, float),
    "boolean": bool,
    "checkbox": bool,
}


def _default_agrees(parameter: Parameter, read: Read) -> bool:
    """Whether the code reads the key with a default of the type that the parameter has."""
    wanted = _DEFAULTS.get(str(parameter.data.get("type")))
    match read.whole:
        case ast.Call(func=ast.Attribute(), args=[key, ast.Constant(value=default)]) if wanted and key is read.node:
            return isinstance(default, wanted) and (wanted is bool or not isinstance(default, bool))
        case _:
            return False


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("s")


def _same(first: str, second: str) -> bool:
    return _plain(first) == _plain(second)


def _contained(first: str, second: str) -> bool:
    one, other = _plain(first), _plain(second)
    return min(len(one), len(other)) >= 3 and (one in other or other in one)


def _misspelt(first: str, second: str) -> bool:
    """Whether few letters set two names apart: `quarter` and `qaurter`, but not the numbers of `a1` and `a2`."""
    one, other = _plain(first), _plain(second)
    short, long = sorted((len(one), len(other)))
    if short < 5 or long > 60 or re.sub(r"\d", "", one) == re.sub(r"\d", "", other):
        return False
    alike = SequenceMatcher(None, one, other, autojunk=False)
    return alike.real_quick_ratio() >= NEAR and alike.quick_ratio() >= NEAR and alike.ratio() >= NEAR


def _begin_alike(first: str, second: str) -> bool:
    """Whether two names have their first half in common: `filename` and `filepath`."""
    one, other = _plain(first), _plain(second)
    half = max(4, (min(len(one), len(other)) + 1) // 2)
    return one[:half] == other[:half]


class Fallbacks:
    """Tells reads of a key that happen only where a declared one was not there, or only to refuse it.

    What is known of an expression holds for all that is in it, so a chain of conditions is looked at once.
    """

    def __init__(self, declared: AbstractSet[str]) -> None:
        self.declared = declared
        self._known: dict[tuple[ast.AST, Scope, bool], bool] = {}
        #: The place of the first alternative that is about a declared name.
        self._first: dict[ast.BoolOp, int] = {}

    def has(self, read: Read) -> bool:
        """Whether a read is one of these."""
        refusable = read.how is not How.SUBSCRIPT
        passed = []
        found = False
        inner: ast.AST = read.whole
        for parent in read.file.around(read.whole):
            here = inner, read.scope, refusable
            if here in self._known:
                found = self._known[here]
                break
            passed.append(here)
            if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                break
            if self._is_one(read, inner, parent, refusable=refusable):
                found = True
                break
            inner = parent
        self._known.update(dict.fromkeys(passed, found))
        return found

    def _is_one(self, read: Read, inner: ast.AST, parent: ast.AST, *, refusable: bool) -> bool:
        """Whether what stands around an expression makes it one."""
        match parent:
            case ast.BoolOp(op=ast.Or(), values=values) if inner in values:
                if parent not in self._first:
                    about = (index for index, each in enumerate(values) if self._names_declared(read, each))
                    self._first[parent] = next(about, len(values))
                return values.index(inner) > self._first[parent]
            case ast.IfExp(test=test, orelse=orelse) if inner is orelse:
                return self._is_about(read, test)
            case ast.If(test=test) if inner is test:
                return refusable and read.file.leaves(parent) and not _is_demand(test)
            case ast.If(test=test, body=body, orelse=orelse):
                return (inner in orelse or (_is_absence(test) and inner in body)) and self._is_about(read, test)
            case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]) if inner is default:
                return self._names_declared(read, parent)
            case ast.Assign(targets=[ast.Name(id=name)]):
                return refusable and _is_refused(read.file, read.scope, name)
            case _:
                return False

    def _names_declared(self, read: Read, node: ast.AST) -> bool:
        return not read.file.texts_in(node).isdisjoint(self.declared)

    def _is_about(self, read: Read, test: ast.expr) -> bool:
        """Whether a condition is about a declared name, or a variable that was read from one."""
        if self._names_declared(read, test):
            return True
        for name in read.file.names_in(test):
            binder = read.scope.binder(name)
            values = binder.names.get(name, [])[:MAX_VALUES] if binder is not None else ()
            if any(value is not None and self._names_declared(read, value) for value in values):
                return True
        return False


def _is_refused(file: File, scope: Scope, name: str) -> bool:
    """Whether a variable is only looked at to leave where it is set."""
    binder = scope.binder(name)
    uses = file.reads(binder, name) if binder is not None and len(binder.names.get(name, ())) == 1 else ()
    tests = [next((each for each in file.around(use) if isinstance(each, ast.If)), None) for use in uses]
    return bool(uses) and all(test is not None and file.leaves(test) and not _is_demand(test.test) for test in tests)


def _is_demand(test: ast.expr) -> bool:
    """Whether a condition holds where a value is not there: who leaves then asks for it."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=value)]):
            return not value
        case _:
            return False


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


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
#: Where the SDK hands the dictionary over.
_HANDED: Final[Mapping[DocumentKind, str]] = {
    DocumentKind.TOOL: "core/plugin_executor.py:209",
    DocumentKind.AGENT_STRATEGY: "core/plugin_executor.py:235",
    DocumentKind.EVENT: "core/plugin_executor.py:913",
    DocumentKind.DATASOURCE: "core/plugin_executor.py:1088",
}


def _by_sdk(happens: str, kind: DocumentKind = DocumentKind.TOOL) -> tuple[Authority, ...]:
    return (Authority(By.SDK, happens, _HANDED[kind]),)


_LOST = "The code always works without the value that the user entered."
_UNSET = "Nobody can set the parameter."
_BLANK = "The code fails when the field is left blank."


@rule(
    "python/unread-parameter",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A parameter is declared that the code never reads.",
    why="The form and the schema that the model sees are made from the declaration alone. Whoever fills in the "
    "parameter changes nothing. The rule speaks only where every use of the parameters can be followed. It is a "
    "notice in a tool that reads fewer than three parameters, where what is declared may not be written yet.",
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
            if compared.traced.is_closed:
                happens = say("the code does not take it: it fails with a TypeError when it is set.")
            else:
                happens = say("the code never reads it: what is entered has no effect.")
            message = say("{name} is declared, but {happens}", name=quote(parameter.name), happens=happens)
            place = _class_place(compared.entry, say("The code that gets the parameters."))
            grown = GROWN if compared.entry.kind is DocumentKind.TOOL else 1
            early = len({read.key for read in compared.traced.reads}) < grown
            yield _at_name(parameter, message, (place,), severity=Severity.NOTICE if early else None)


def _at_name(parameter: Parameter, message: str, related: tuple[Place, ...], **more: Any) -> Hit:
    pointer = (*parameter.pointer, "name")
    return at_value(parameter.linked.document, pointer, message, subject=parameter.name, related=related, **more)


def _class_place(entry: Entry, message: str) -> Place:
    scope = entry.getting or entry.cls
    return Place(scope.file.module.path, scope.span, message)


@rule(
    "python/renamed-parameter",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The code reads a parameter by another name than the one that is declared.",
    why="Nothing ever sets the name that the code reads, so it always works with its default, or fails. What the user "
    "enters under the declared name is lost.",
    fix="Use one name in both. Renaming it in the code leaves existing workflows as they are.",
    authorities=_by_sdk(_LOST),
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
            happens = (
                say("the code fails with a {error}", error=read.error)
                if fails
                else say("the code always works without the value")
            )
            message = say(
                "{name} is declared, but the code reads {key}, which is not: {happens}.",
                name=quote(parameter.name),
                key=quote(read.key),
                happens=happens,
            )
            place = read_place(read, say("The code reads {key} here.", key=quote(read.key)))
            yield _at_name(
                parameter,
                message,
                (place,),
                severity=Severity.ERROR if fails else None,
                authorities=_by_sdk(_LOST, compared.entry.kind),
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
    return Fix(say("Read {name} in the code", name=quote(parameter.name)), Safety.UNSAFE, (edit,))


@rule(
    "python/undeclared-parameter",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="The code reads a parameter that is not declared.",
    why="Only declared parameters can be set. With `.get` the code always works with the default: an option that "
    "was lost from the declaration. With a subscript it fails in every run, and then it is an error.",
    fix="Declare the parameter, or stop reading it.",
    authorities=_by_sdk(_UNSET),
    bad=_example("tool_parameters['city'] + tool_parameters.get('units', '')"),
    good=_example("tool_parameters['city']"),
)
def undeclared_parameter(plugin: Plugin) -> Iterator[Hit]:
    seen: set[ast.AST] = set()
    for compared in plugin.derived(_compared):
        for read in compared.undeclared:
            if read.node in seen:
                continue
            seen.add(read.node)
            fails = read.how is How.SUBSCRIPT and not is_guarded(compared.entry.scopes, read)
            happens = (
                say("this fails with a {error} in every run", error=read.error) if fails else say("nobody can set it")
            )
            message = say(
                "The code reads {key}, which the {kind} does not declare: {happens}.",
                key=quote(read.key),
                kind=compared.entry.kind,
                happens=happens,
            )
            linked = compared.entry.linked[0]
            place = Place(
                linked.path, linked.document.span_of_key(("parameters",)), say("The parameters that are declared.")
            )
            yield Hit(
                message,
                read.file.module.path,
                read_span(read),
                severity=Severity.ERROR if fails else None,
                authorities=_by_sdk(_UNSET, compared.entry.kind),
                subject=read.key,
                anchor=compared.entry.cls.name,
                related=(place,),
            )


@rule(
    "python/optional-parameter",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The code takes it for granted that an optional parameter is set.",
    why="A workflow node leaves out the parameters that are blank. `parameters['name']` then fails with a KeyError, "
    "of which the user sees the name alone.",
    fix="Use `.get`, test for the name first, or give the parameter a default.",
    authorities=_by_sdk(_BLANK),
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
            if compared.traced.is_stored(compared.entry.scopes, read) or is_guarded(compared.entry.scopes, read):
                continue
            seen.add(read.node)
            message = say(
                "{key} is optional and has no default: this fails with a {error} when it is not set.",
                key=quote(read.key),
                error=read.error,
            )
            place = declared[0].place(say("{key} is declared here.", key=quote(read.key)))
            yield Hit(
                message,
                read.file.module.path,
                read_span(read),
                subject=read.key,
                authorities=_by_sdk(_BLANK, compared.entry.kind),
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
    return Fix(
        say("Leave it empty when it is not set"), Safety.SAFE, (Edit(module.path, span, f"{written}.get({name})"),)
    )
