"""Rules about calls that never run, and about tools that are made the wrong way."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, Span, quote
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.sources import sources_of
from bot.python.module import Modules
from bot.python.nodes import last_name
from bot.python.reads import called
from bot.python.scopes import File, Scope, Scopes, instance_class, scopes_of
from bot.python.sdk import CLASSES, TOOL_ATTRIBUTES
from bot.rules.python.entries import Entry, entries
from bot.rules.python.loading import TOOL_PATH
from bot.rules.registry import Example, Hit, Place, rule

#: Methods in which the SDK asks whether credentials are good.
CHECKS: Final = frozenset(
    {"_validate_credentials", "validate_credentials", "validate_provider_credentials", "_validate_api_key"}
)
_TOOL: Final = "Tool"
#: The classes whose `_invoke` yields messages.
_SPEAKERS: Final = (_TOOL, "AgentStrategy")


def reachable_files(plugin: Plugin) -> Iterator[File]:
    """The files that the plugin may execute, by scope."""
    sources = sources_of(plugin)
    scopes = scopes_of(sources.modules)
    for path in sources.reachable:
        file = scopes.file_at(path)
        if file is not None:
            yield file


def function_around(scope: Scope) -> Scope | None:
    """The function or method that code stands in; None at the top of a module or class."""
    where: Scope | None = scope
    while where is not None and not where.is_function:
        where = where.parent
    return where


def derives_from(scopes: Scopes, cls: Scope, *names: str) -> bool:
    """Whether a class certainly derives from one of these classes of the SDK, and from nothing that is not known."""
    bases = scopes.lineage(cls)[1]
    return bases is not None and any(
        base.startswith("dify_plugin.") and base.rpartition(".")[2] in names for base in bases
    )


def made_tool(scopes: Scopes, node: ast.expr, scope: Scope, depth: int = 0) -> Scope | None:
    """The plugin's subclass of `Tool` that an expression makes an instance of, or that a variable holds one of."""
    if isinstance(node, ast.Name) and depth < 3:
        binder = scope.binder(node.id)
        values = binder.names.get(node.id, []) if binder is not None and node.id not in binder.parameters else []
        value = values[0] if len(values) == 1 else None
        return made_tool(scopes, value, binder, depth + 1) if value is not None and binder is not None else None
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr == "from_credentials":
        function = function.value
    cls = scopes.definition(function, scope)
    return cls if cls is not None and cls.is_class and derives_from(scopes, cls, _TOOL) else None


class Dropped(Struct, frozen=True):
    """A generator or message that is made and dropped."""

    call: ast.Call
    scope: Scope
    #: The function whose body never runs; None for a message and for an error.
    function: Scope | None
    #: Where it is returned from a generator, whose result nobody takes: the statement.
    returned: ast.Return | None = None

    @property
    def file(self) -> File:
        return self.scope.file


def _dropped(plugin: Plugin) -> tuple[Dropped, ...]:
    modules = sources_of(plugin).modules
    files = (modules.of_file(_dropped_in, file.module.path) for file in reachable_files(plugin))
    return tuple(dropped for of_file in files for dropped in of_file)


def _dropped_in(modules: Modules, path: str) -> list[Dropped]:
    scopes = scopes_of(modules)
    file = scopes.file_at(path)
    if file is None:
        return []
    found = []
    for call, scope in file.calls:
        statement = file.parents[call]
        if _is_statement(file, call):
            found.append(_judge(scopes, call, scope))
        elif isinstance(statement, ast.Return) and _is_invoke(scopes, scope):
            found.append(_returned(_judge(scopes, call, scope), call, scope, statement))
    return [dropped for dropped in found if dropped is not None]


def _is_invoke(scopes: Scopes, scope: Scope) -> bool:
    """Whether it is the method of a tool or strategy that the SDK iterates, as a generator."""
    around = function_around(scope)
    if around is None or around.name != "_invoke" or not _is_generator(around) or around.owner is None:
        return False
    return derives_from(scopes, around.owner, *_SPEAKERS)


def _returned(dropped: Dropped | None, call: ast.Call, scope: Scope, statement: ast.Return) -> Dropped | None:
    if dropped is not None:
        return replace(dropped, returned=statement)
    name = last_name(call.func) or ""
    return Dropped(call, scope, None, statement) if name.endswith(("Error", "Exception")) else None


def _is_statement(file: File, node: ast.expr) -> bool:
    """Whether what an expression gives is dropped: it is a statement, or what one chooses (`ready and f()`)."""
    parent = file.parents[node]
    match parent:
        case ast.IfExp(test=test):
            return test is not node and _is_statement(file, parent)
        case ast.BoolOp(values=values):
            return values[-1] is node and _is_statement(file, parent)
        case _:
            return isinstance(parent, ast.Expr)


def _judge(scopes: Scopes, call: ast.Call, scope: Scope) -> Dropped | None:
    function = call.func
    if isinstance(function, ast.Attribute):
        cls = made_tool(scopes, function.value, scope)
        if cls is not None:
            # The SDK's `invoke` gives back what `_invoke` does.
            method = scopes.member(cls, function.attr)
            if method is None and function.attr == "invoke":
                method = scopes.member(cls, "_invoke")
            if _is_generator(method):
                return Dropped(call, scope, method)
        if _is_message(function.attr) and isinstance(function.value, ast.Name):
            cls = instance_class(function.value.id, scope)
            if cls is not None and derives_from(scopes, cls, *_SPEAKERS) and scopes.member(cls, function.attr) is None:
                return Dropped(call, scope, None)
    target, _ = called(scopes, call, scope, None)
    return Dropped(call, scope, target) if _is_generator(target) else None


def _is_generator(function: Scope | None) -> bool:
    return (
        function is not None
        and bool(function.yields)
        and isinstance(function.node, ast.FunctionDef)
        and not function.decorators - {"staticmethod", "classmethod", "override"}
    )


def _is_message(name: str) -> bool:
    return (name.startswith("create_") and name.endswith("_message")) or name == "finish_log_message"


_PROVIDER = "provider/weather.py"
_CHECK = (
    "from dify_plugin import ToolProvider\nfrom tools.current_weather import CurrentWeatherTool\n\n\n"
    "class WeatherProvider(ToolProvider):\n    def _validate_credentials(self, credentials):\n        {}\n"
)
_ITERATED = "for _ in CurrentWeatherTool.from_credentials(credentials).invoke({}): pass"


@rule(
    "python/check-never-runs",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A check of credentials calls a generator and never iterates it.",
    why="Calling a function with `yield` only makes a generator: not a line of its body runs until something asks for "
    "its first item. Every key is accepted, and the user learns that it is wrong at the first use.",
    fix="Iterate what the call gives back: `for _ in …: pass`.",
    authorities=(Authority(By.SDK, "Every credential is accepted.", "interfaces/tool/tool.py:459"),),
    bad=Example(
        _CHECK.format("CurrentWeatherTool.from_credentials(credentials).invoke({})"), path=_PROVIDER, whole=True
    ),
    good=Example(_CHECK.format(_ITERATED), path=_PROVIDER, whole=True),
)
def check_never_runs(plugin: Plugin) -> Iterator[Hit]:
    unasked = {cls for entry in _unasked(plugin) for cls in entry.lineage}
    for dropped in plugin.derived(_dropped):
        around = function_around(dropped.scope)
        if dropped.function is None or not _is_check(around) or around is None:
            continue
        if around.owner in unasked or _on_a_tool(plugin, around):
            continue
        name = ast.unparse(dropped.call.func)
        message = say(
            "{name} gives a generator, which nothing iterates: its body never runs, and every key is accepted.",
            name=quote(name),
        )
        yield _hit(dropped, message, dropped.function, _iterate(dropped))


def _is_check(function: Scope | None) -> bool:
    return function is not None and function.name in CHECKS


def _on_a_tool(plugin: Plugin, function: Scope) -> bool:
    """Whether it is a check that the SDK never calls."""
    scopes = scopes_of(sources_of(plugin).modules)
    return function.owner is None or derives_from(scopes, function.owner, _TOOL)


def _unasked(plugin: Plugin) -> Iterator[Entry]:
    """The tool providers without credentials, whose check is never called."""
    for entry in entries(plugin, DocumentKind.TOOL_PROVIDER):
        if not any(
            linked.document.get("credentials_for_provider") or linked.document.get("oauth_schema")
            for linked in entry.linked
        ):
            yield entry


@rule(
    "python/message-dropped",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The code makes messages and drops them.",
    why="A message reaches the user when `_invoke` yields it. `self.create_text_message(…)` as a statement makes one "
    "and drops it; a call of a function with `yield` as a statement runs not a line of it. What a generator returns is "
    "lost, too: a message, and an error that was meant to be raised.",
    fix="Write `yield` before a message, and `yield from` before a call that gives several.",
    authorities=(Authority(By.SDK, "The message never reaches the user.", "interfaces/tool/tool.py:32"),),
    bad=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    def _invoke(self, tool_parameters):\n"
        "        self.create_text_message(f'Looking up {tool_parameters}')\n"
        "        yield self.create_text_message('sunny')\n",
        path=TOOL_PATH,
        whole=True,
    ),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    def _invoke(self, tool_parameters):\n"
        "        yield self.create_text_message(f'Looking up {tool_parameters}')\n"
        "        yield self.create_text_message('sunny')\n",
        path=TOOL_PATH,
        whole=True,
    ),
)
def message_dropped(plugin: Plugin) -> Iterator[Hit]:
    for dropped in plugin.derived(_dropped):
        around = function_around(dropped.scope)
        if _is_check(around):
            continue
        name = ast.unparse(dropped.call.func)
        log = "log_message" in name
        if dropped.returned is not None:
            yield _hit(dropped, _lost(dropped, name), dropped.function, _instead_of_return(dropped, dropped.returned))
            continue
        if dropped.function is None:
            message = say("{name} makes a message that nothing yields: it never reaches the user.", name=quote(name))
            word = "yield "
        else:
            message = say("{name} gives a generator, which nothing iterates: its body never runs.", name=quote(name))
            word = "yield from "
        is_whole = isinstance(dropped.file.parents[dropped.call], ast.Expr)
        may_yield = around is not None and bool(around.yields) and _is_plain(around)
        fix = _prefix(dropped, word) if is_whole and may_yield else None
        yield _hit(dropped, message, dropped.function, fix, Severity.NOTICE if log else None)


def _is_error(dropped: Dropped) -> bool:
    return dropped.function is None and not _is_message(last_name(dropped.call.func) or "")


def _lost(dropped: Dropped, name: str) -> str:
    if _is_error(dropped):
        return say("{name} is returned from a generator and raised by nobody: the error is lost.", name=quote(name))
    if dropped.function is not None:
        return say(
            "{name} gives a generator, which is returned from a generator and iterated by nobody: its body never runs.",
            name=quote(name),
        )
    return say(
        "{name} makes a message that is returned from a generator, not yielded: it never reaches the user.",
        name=quote(name),
    )


def _instead_of_return(dropped: Dropped, statement: ast.Return) -> Fix | None:
    module = dropped.file.module
    span, call = module.span(statement), module.span(dropped.call)
    indent = module.lines[span.line - 1][: span.column - 1]
    if indent.strip() or module.lines[span.end_line - 1][span.end_column - 1 :].strip():
        return None
    word = "raise" if _is_error(dropped) else "yield" if dropped.function is None else "yield from"
    edits = [Edit(module.path, Span(span.line, span.column, call.line, call.column), f"{word} ")]
    if not _is_error(dropped):
        end = Span(span.end_line, span.end_column, span.end_line, span.end_column)
        edits.append(Edit(module.path, end, f"\n{indent}return"))
    return Fix(say("Write `{strip}` in place of `return`", strip=word), Safety.SAFE, tuple(edits))


def _is_plain(function: Scope) -> bool:
    return isinstance(function.node, ast.FunctionDef)


def _hit(
    dropped: Dropped, message: str, function: Scope | None, fix: Fix | None, severity: Severity | None = None
) -> Hit:
    module = dropped.file.module
    related: tuple[Place, ...] = ()
    if function is not None:
        related = (
            Place(function.file.module.path, function.span, say("{name} is a generator.", name=quote(function.name))),
        )
    return Hit(
        message,
        module.path,
        module.span(dropped.call),
        severity=severity,
        subject=ast.unparse(dropped.call.func)[:200],
        anchor=dropped.scope.name,
        fix=fix,
        related=related,
    )


def _iterate(dropped: Dropped) -> Fix | None:
    around = function_around(dropped.scope)
    if around is None or not _is_plain(around):
        return None
    module = dropped.file.module
    span = module.span(dropped.call)
    line = module.lines[span.line - 1]
    indent = line[: span.column - 1]
    if indent.strip() or module.lines[span.end_line - 1][span.end_column - 1 :].strip():
        return None
    path = module.path
    start = Edit(path, Span(span.line, span.column, span.line, span.column), "for _ in ")
    end = Edit(
        path,
        Span(span.end_line, span.end_column, span.end_line, span.end_column),
        f":\n{indent}    pass",
    )
    return Fix(say("Iterate it"), Safety.SAFE, (start, end))


def _prefix(dropped: Dropped, word: str) -> Fix:
    module = dropped.file.module
    span = module.span(dropped.call)
    edit = Edit(module.path, Span(span.line, span.column, span.line, span.column), word)
    return Fix(say("Write `{strip}` before it", strip=word.strip()), Safety.SAFE, (edit,))


@rule(
    "python/tool-without-runtime",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="A tool is made without the runtime and session that its class needs.",
    why="`Tool.__init__` takes a runtime and a session; without them it raises a TypeError. In a check of credentials "
    "the user reads that the credentials are wrong, and can never save them.",
    fix="Make it with `from_credentials(credentials)`.",
    authorities=(Authority(By.SDK, "The call fails with a TypeError.", "interfaces/tool/tool.py:403"),),
    bad=Example(_CHECK.format("for _ in CurrentWeatherTool().invoke({}): pass"), path=_PROVIDER, whole=True),
    good=Example(_CHECK.format(_ITERATED), path=_PROVIDER, whole=True),
)
def tool_without_runtime(plugin: Plugin) -> Iterator[Hit]:
    scopes = scopes_of(sources_of(plugin).modules)
    unasked = {cls for entry in _unasked(plugin) for cls in entry.lineage}
    for file in reachable_files(plugin):
        for call, scope, cls in _tool_calls(scopes, file):
            if scopes.member(cls, "__init__") is not None or scopes.member(cls, "__new__") is not None:
                continue
            if not _is_run(plugin, scope, unasked):
                continue
            module = file.module
            message = say(
                "{name} is a tool, which is made with a runtime and a session: this fails with a TypeError.",
                name=quote(cls.name),
            )
            place = Place(cls.file.module.path, cls.span, say("The class, which has no `__init__` of its own."))
            yield Hit(
                message,
                module.path,
                module.span(call),
                subject=cls.name,
                anchor=scope.name,
                related=(place,),
            )


def _is_run(plugin: Plugin, scope: Scope, unasked: Set[Scope]) -> bool:
    """Whether something may run the code of a scope: not the check of a class that is never asked."""
    around = function_around(scope)
    if around is None:
        return True
    if around.owner in unasked or (_is_check(around) and _on_a_tool(plugin, around)):
        return False
    return may_be_called(plugin, around)


def _tool_calls(scopes: Scopes, file: File) -> list[tuple[ast.Call, Scope, Scope]]:
    """The calls with one argument at most that make an instance of a plugin's tool, and the class of the tool."""
    return scopes.modules.of_file(_tool_calls_of, file.module.path)


def _tool_calls_of(modules: Modules, path: str) -> list[tuple[ast.Call, Scope, Scope]]:
    scopes = scopes_of(modules)
    file = scopes.file_at(path)
    return [
        (call, scope, cls)
        for call, scope in (file.calls if file is not None else ())
        if len(call.args) + len(call.keywords) < 2
        and not any(isinstance(item, ast.Starred) for item in call.args)
        and not any(keyword.arg is None for keyword in call.keywords)
        and not isinstance(call.func, ast.Call)
        and (cls := scopes.definition(call.func, scope)) is not None
        and cls.is_class
        and derives_from(scopes, cls, _TOOL)
    ]


#: Methods that the SDK calls by their names, besides `__init__` and its like.
_CALLED_BY_SDK: Final = CHECKS | TOOL_ATTRIBUTES | {name for each in CLASSES.values() for name in each.abstract}


def may_be_called(plugin: Plugin, function: Scope) -> bool:
    """Whether the SDK calls a function, or code that is certainly about it names it."""
    name = function.name
    if function.owner is not None and (name in _CALLED_BY_SDK or name.startswith(("__", "_oauth_"))):
        return True
    return any(
        (function.owner is None and any(node.id == name for node, _ in file.names))
        or any(
            part.attr == name and (function.owner is None or _is_of_plugin(plugin, part.value, scope))
            for node, scope in file.attributes
            for part in _parts(node)
        )
        for file in reachable_files(plugin)
    )


def _is_of_plugin(plugin: Plugin, owner: ast.expr, scope: Scope) -> bool:
    """Whether an expression is a class of the plugin, or an instance of one."""
    scopes = scopes_of(sources_of(plugin).modules)
    if isinstance(owner, ast.Name) and instance_class(owner.id, scope) is not None:
        return True
    if isinstance(owner, ast.Call):
        return last_name(owner.func) == "super" or scopes.definition(owner.func, scope) is not None
    return scopes.definition(owner, scope) is not None or scopes.instance(owner, scope) is not None


def _parts(node: ast.expr) -> Iterator[ast.Attribute]:
    while isinstance(node, ast.Attribute):
        yield node
        node = node.value


@rule(
    "python/unknown-attribute",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="A tool's code uses an attribute that neither its class nor the SDK has.",
    why="The line raises an AttributeError when it is reached. What the SDK gives a tool are `runtime`, `session` and "
    "the `create_…_message` methods; credentials are in `self.runtime.credentials`.",
    fix="Use what the SDK has, or define the attribute.",
    authorities=(Authority(By.SDK, "The call fails with an AttributeError.", "interfaces/tool/tool.py:398"),),
    bad=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    def _invoke(self, tool_parameters):\n"
        "        yield self.create_text_message(self.credentials['key'] + str(tool_parameters))\n",
        path=TOOL_PATH,
        whole=True,
    ),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    def _invoke(self, tool_parameters):\n"
        "        yield self.create_text_message(self.runtime.credentials['key'] + str(tool_parameters))\n",
        path=TOOL_PATH,
        whole=True,
    ),
)
def unknown_attribute(plugin: Plugin) -> Iterator[Hit]:
    known_by_class = {entry.cls: _attributes(plugin, entry) for entry in entries(plugin, DocumentKind.TOOL)}
    yield from _unknown_of_made(plugin, known_by_class)
    for entry in entries(plugin, DocumentKind.TOOL):
        known = known_by_class[entry.cls]
        if known is None:
            continue
        seen: set[tuple[File, str]] = set()
        for cls in entry.lineage:
            for function in cls.functions.values():
                if function.self_name is None or "classmethod" in function.decorators:
                    continue
                for node in function.file.reads(function, function.self_name):
                    parent = function.file.parents.get(node)
                    if not isinstance(parent, ast.Attribute) or not isinstance(parent.ctx, ast.Load):
                        continue
                    name = parent.attr
                    if name in known or name.startswith("__") or (cls.file, name) in seen:
                        continue
                    if _is_asked_for(function.file, parent):
                        continue
                    seen.add((cls.file, name))
                    yield _unknown(function.file, parent, entry.cls)


def _unknown_of_made(plugin: Plugin, known_by_class: Mapping[Scope, Set[str] | None]) -> Iterator[Hit]:
    """What is asked of tools that `from_credentials` makes."""
    scopes = scopes_of(sources_of(plugin).modules)
    unasked = {cls for entry in _unasked(plugin) for cls in entry.lineage}
    for file in reachable_files(plugin):
        if "from_credentials" not in file.module.text:
            continue
        for chain, scope in file.attributes:
            node = list(_parts(chain))[-1]
            cls = made_tool(scopes, node.value, scope)
            known = known_by_class.get(cls) if cls is not None else None
            if cls is None or known is None or node.attr in known or node.attr.startswith("__"):
                continue
            made = node.value if isinstance(node.value, ast.Call) else _only_value(node.value, scope)
            if not isinstance(made, ast.Call) or last_name(made.func) != "from_credentials":
                continue  # Where making it fails, that is the finding.
            if _is_run(plugin, scope, unasked) and not _is_asked_for(file, node):
                yield _unknown(file, node, cls)


def _only_value(node: ast.expr, scope: Scope) -> ast.expr | None:
    binder = scope.binder(node.id) if isinstance(node, ast.Name) else None
    values = binder.names.get(node.id, ()) if binder is not None and isinstance(node, ast.Name) else ()
    return values[0] if len(values) == 1 else None


def _unknown(file: File, node: ast.Attribute, cls: Scope) -> Hit:
    owner = ast.unparse(node.value) if isinstance(node.value, ast.Name) else cls.name
    message = say(
        "Neither the class nor the SDK has {value}: this fails with an AttributeError.",
        value=quote(f"{owner}.{node.attr}"),
    )
    place = Place(cls.file.module.path, cls.span, say("The class of the tool."))
    span = file.module.span(node)
    return Hit(message, file.module.path, span, subject=node.attr, anchor=cls.name, related=(place,))


def _attributes(plugin: Plugin, entry: Entry) -> set[str] | None:
    """The names that an instance of the class may have; None when there may be others."""
    if entry.bases is None or not entry.in_sight:
        return None
    of_sdk = [base for base in entry.bases if base.startswith("dify_plugin.")]
    if {base.rpartition(".")[2] for base in of_sdk} != {_TOOL}:
        return None
    known = set(TOOL_ATTRIBUTES).union(*(file.patched for file in reachable_files(plugin)))
    if "*" in known:
        return None
    for cls in entry.lineage:
        text = cls.file.module.text
        if any(word in text for word in ("__getattr__", "setattr", "__dict__", "__getattribute__", "vars(")):
            return None
        if cls.decorator_nodes:
            return None
        known.update(cls.attributes, cls.functions, cls.classes, cls.names, cls.imports)
        for node in getattr(cls.node, "body", ()):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                known.add(node.target.id)
        for function in cls.functions.values():
            known |= function.file.stored(function)
    if any(_passes_itself(function) for cls in entry.lineage for function in cls.functions.values()):
        known.update(node.attr for file in reachable_files(plugin) for node, _ in file.stores)
    return known


def _passes_itself(method: Scope) -> bool:
    """Whether a method gives its instance to another function, which may set attributes."""
    file = method.file
    uses = file.reads(method, method.self_name) if method.self_name is not None else ()
    return any(isinstance(file.parents[node], ast.Call | ast.keyword) for node in uses)


def _is_asked_for(file: File, node: ast.Attribute) -> bool:
    """Whether the code is ready for the attribute to be missing."""
    for parent in file.around(node):
        if isinstance(parent, ast.Try | ast.TryStar):
            for handler in parent.handlers:
                kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                if any(kind is not None and last_name(kind) == "AttributeError" for kind in kinds):
                    return True
        if isinstance(parent, ast.If | ast.IfExp) and any(
            isinstance(item, ast.Call) and last_name(item.func) == "hasattr" for item in ast.walk(parent.test)
        ):
            return True
        if isinstance(parent, ast.BoolOp) and any(
            isinstance(item, ast.Call) and last_name(item.func) == "hasattr" for item in ast.walk(parent)
        ):
            return True
    return False
