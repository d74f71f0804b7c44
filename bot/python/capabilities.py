"""What a plugin's code is able to do beyond computing: read from the syntax trees, with the line of each use.

A use is counted where the name that is called or imported is known to come from outside the plugin; a method that only
has the name of one counts for nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Final, TypeVar

from msgspec import Struct

from bot.findings import Span
from bot.patterns import regex
from bot.python.module import Modules
from bot.python.nodes import walk
from bot.python.scopes import File, Scope, dotted, scopes_of
from bot.tables import read_table


class Capability(StrEnum):
    """What code can do that a reviewer asks about; the value is how it is shown."""

    PROCESS = "runs commands"
    CODE = "evaluates code"
    IMPORT = "imports by name"
    NATIVE = "calls native code"
    DATABASE = "uses a database"
    SSH = "connects by SSH or FTP"
    FILES = "uses files"
    NETWORK = "uses the network"
    BROWSER = "drives a browser"


class Use(Struct, frozen=True):
    """One use of a capability: `what` is the name that is called or imported."""

    capability: Capability
    what: str
    path: str
    span: Span


_HTTP = ("get", "post", "put", "patch", "delete", "head", "options", "request")


class _Table(Struct, frozen=True):
    calls: Mapping[str, Capability]
    beginnings: tuple[tuple[str, Capability], ...]
    modules: Mapping[str, Capability]
    path_methods: frozenset[str]


@cache
def _table() -> _Table:
    data = read_table(__file__, "capabilities.toml")
    named = [(name, Capability[key.upper()]) for key, table in data.items() for name in table.get("calls", ())]
    return _Table(
        {name: capability for name, capability in named if not name.endswith("*")},
        tuple((name[:-1], capability) for name, capability in named if name.endswith("*")),
        {name: Capability[key.upper()] for key, table in data.items() for name in table.get("modules", ())},
        frozenset(data["files"]["path_methods"]),
    )


#: Builtin functions among the calls.
_BUILTINS: Final = frozenset(("eval", "exec", "compile", "__import__", "open"))
#: Members of `subprocess` that run nothing.
_NO_PROCESS: Final = regex(r"subprocess\.([A-Z]{2,}|\w+(Error|Expired)|CompletedProcess|list2cmdline)")


_Found = TypeVar("_Found")
_Calls = Sequence[tuple[ast.Call, Scope, str | None]]


def _calls(file: File) -> _Calls:
    """The calls of a file, each with the name from outside the plugin that it calls."""
    return [(call, scope, called_name(call, scope)) for call, scope in file.calls]


def _each(modules: Modules, paths: Iterable[str], make: Callable[[File, _Calls], Iterator[_Found]]) -> Iterator[_Found]:
    """What `make` finds in each of the files that parse, which depends on nothing but the file."""
    scopes = scopes_of(modules)
    for path in paths:
        file = scopes.file_at(path)
        if file is not None:
            yield from file.derived(make, lambda file: tuple(make(file, file.derived(_calls, _calls))))


def uses(modules: Modules, paths: Iterable[str]) -> list[Use]:
    """The uses in these files, by file and line. Files that do not parse have none."""
    return list(_each(modules, paths, _sorted_uses))


def _sorted_uses(file: File, calls: _Calls) -> Iterator[Use]:
    yield from sorted(_in_file(file, calls), key=lambda use: (use.span.line, use.span.column))


def _in_file(file: File, calls: _Calls) -> Iterator[Use]:
    module = file.module
    for call, scope, name in calls:
        capability = _capability(name)
        if capability is None:
            name, capability = _path_method(call, scope)
        if capability is not None and name is not None:
            yield Use(capability, name, module.path, module.span(call.func))
    modules = _table().modules
    seen: set[tuple[str, int]] = set()
    for statement in module.imports:
        top = statement.module.partition(".")[0]
        span = module.span(statement.node)
        if not statement.level and top in modules and (top, span.line) not in seen:
            seen.add((top, span.line))  # A statement has an entry for each name that it brings in.
            yield Use(modules[top], top, module.path, span)


def called_name(call: ast.Call, scope: Scope) -> str | None:
    """The name from outside the plugin that is called, or that of a builtin; None where it cannot be told."""
    func = call.func
    if isinstance(func, ast.Name) and func.id in _BUILTINS and scope.binder(func.id) is None:
        return func.id
    return dotted(func, scope)


def _capability(name: str | None) -> Capability | None:
    if name is None or _NO_PROCESS.fullmatch(name):
        return None
    table = _table()
    if name in table.calls:
        return table.calls[name]
    return next((capability for beginning, capability in table.beginnings if name.startswith(beginning)), None)


def _path_method(call: ast.Call, scope: Scope) -> tuple[str | None, Capability | None]:
    """A method of a path that is made on the spot, as in `Path(name).read_text()`."""
    func = call.func
    if (
        isinstance(func, ast.Attribute)
        and func.attr in _table().path_methods
        and isinstance(func.value, ast.Call)
        and dotted(func.value.func, scope) == "pathlib.Path"
    ):
        return f"pathlib.Path.{func.attr}", Capability.FILES
    return None, None


# --- dangerous forms --------------------------------------------------------------------------------------------


class Danger(Struct, frozen=True):
    """A call that can run what somebody else wrote; `sort` is `shell`, `code` or `objects`."""

    sort: str
    what: str
    path: str
    span: Span


_OBJECTS: Final = regex(
    r"(pickle|marshal|dill|cloudpickle)\.loads?|joblib\.load|yaml\.unsafe_load(_all)?|pickle\.Unpickler"
)


def dangers(modules: Modules, paths: Iterable[str]) -> Iterator[Danger]:
    """Commands for a shell and texts to evaluate that are put together, and objects that are unpacked."""
    return _each(modules, paths, _dangers)


def _dangers(file: File, calls: _Calls) -> Iterator[Danger]:
    for call, scope, name in calls:
        sort = _danger(name, call, scope)
        if sort is not None and name is not None:
            yield Danger(sort, name, file.module.path, file.module.span(call))


def _danger(name: str | None, call: ast.Call, scope: Scope) -> str | None:
    if name is None:
        return None
    is_fixed = not call.args or _is_fixed(call.args[0], scope)
    if name in ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"):
        return None if is_fixed else "shell"
    if name.startswith("subprocess.") or name == "asyncio.create_subprocess_shell":
        shell = _argument(call, "shell")
        in_shell = name.endswith("_shell") or (isinstance(shell, ast.Constant) and shell.value is True)
        return "shell" if in_shell and not is_fixed else None
    if name in ("eval", "exec"):
        return None if is_fixed else "code"
    if _OBJECTS.fullmatch(name):
        return "objects"
    if name in ("yaml.load", "yaml.load_all"):
        loader = _argument(call, "Loader") or (call.args[1] if len(call.args) > 1 else None)
        unsafe = loader is None or (dotted(loader, scope) or "").endswith((".UnsafeLoader", "yaml.Loader", ".CLoader"))
        return "objects" if unsafe else None
    return None


def _is_fixed(node: ast.expr, scope: Scope) -> bool:
    """Whether a text is written out in the code."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        binder = scope.binder(node.id)
        values = binder.names.get(node.id, []) if binder is not None and node.id not in binder.parameters else []
        return bool(values) and all(isinstance(value, ast.Constant) for value in values)
    if isinstance(node, ast.BinOp):
        return _is_fixed(node.left, scope) and _is_fixed(node.right, scope)
    return isinstance(node, ast.List | ast.Tuple) and all(_is_fixed(item, scope) for item in node.elts)


def _argument(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


# --- requests without a limit of time -----------------------------------------------------------------------------


class Endless(Struct, frozen=True):
    """A request that waits for ever where the other side does not answer."""

    what: str
    path: str
    span: Span
    #: Where `, timeout=…` can be added; None where that takes more than a word.
    end: Span | None
    #: Whether the line tells linters not to ask for a timeout (`noqa: S113`).
    deliberate: bool


def endless_requests(modules: Modules, paths: Iterable[str]) -> Iterator[Endless]:
    """Calls of `requests` without `timeout`, also on a session, and those of `httpx` with `timeout=None`."""
    return _each(modules, paths, _endless)


def _endless(file: File, calls: _Calls) -> Iterator[Endless]:
    for call, scope, called in calls:
        name = _request(called, call, scope)
        if name is None or any(keyword.arg is None for keyword in call.keywords):
            continue  # What `**options` brings is not known.
        timeout = _argument(call, "timeout")
        is_none = isinstance(timeout, ast.Constant) and timeout.value is None
        if is_none or (timeout is None and not name.startswith("httpx.")):
            lines = file.module.lines[call.lineno - 1 : call.end_lineno]
            deliberate = any("noqa" in line and "S113" in line for line in lines)
            end = _end_of_arguments(file, call) if timeout is None else None
            yield Endless(name, file.module.path, file.module.span(call.func), end, deliberate)


def _end_of_arguments(file: File, call: ast.Call) -> Span | None:
    """The place before the closing parenthesis of a call, where something stands before it on its line."""
    span = file.module.span(call)
    last = file.module.lines[span.end_line - 1][: span.end_column - 1]
    before = last[:-1].rstrip()
    if not last.endswith(")") or not before or before.endswith((",", "(")):
        return None
    return Span(span.end_line, span.end_column - 1, span.end_line, span.end_column - 1)


def _request(name: str | None, call: ast.Call, scope: Scope) -> str | None:
    """The function of `requests` or `httpx` that a call calls; None for another call."""
    if name is not None:
        library, _, function = name.partition(".")
        known = (*_HTTP, "Client", "AsyncClient", "stream") if library == "httpx" else _HTTP
        return name if library in ("requests", "httpx") and function in known else None
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr in _HTTP and isinstance(func.value, ast.Name):
        binder = scope.binder(func.value.id)
        values = binder.names.get(func.value.id, []) if binder is not None else []
        if binder is not None and len(values) == 1 and isinstance(values[0], ast.Call):
            made = dotted(values[0].func, binder)
            return f"requests.Session.{func.attr}" if made in ("requests.Session", "requests.session") else None
    return None


# --- credentials that are shown -------------------------------------------------------------------------------------


class Shown(Struct, frozen=True):
    """A log line or an exception with a value that is called like a credential."""

    name: str
    where: str
    path: str
    span: Span


_CREDENTIAL: Final = regex(r"credential|api_?key|secret|token|passw(or)?d", re.IGNORECASE)
#: One of these is in every text that it finds something in; looking for them takes a tenth of the time.
_STEMS: Final = ("credential", "api", "secret", "token", "passw")
_NOT_SHOWN: Final = (
    r"tokens|.*_tokens|(max|num|n|total|count|prompt|completion|input|output)_?token\w*|token_?(count|type|limit|usage|"
    r"url|uri|endpoint|name|len\w*|size|bytes|hash|id|ids|expires?\w*|valid\w*|cache|manager|provider|path|file)|"
    r"(has|is|no|missing|required|use|with|need)_\w+|\w*(required|missing|invalid|refused|wrong)\w*|"
    r"\w*(credential|secret|password|key|token)s?_?(name|names|type|types|field|fields|key|keys|schema|schemas|form|"
    r"id|ids|valid\w*|error\w*|path|url|length|expiry|status|count|label|provider|source|scope)"
)
_LOG_METHODS: Final = frozenset(("debug", "info", "warning", "warn", "error", "exception", "critical", "log"))
_LOGGERS: Final = frozenset(("logging", "logger", "log", "_logger", "_log", "LOG", "LOGGER"))
#: What is made by these shows nothing of what goes in.
_HIDING: Final = regex(
    r"len|bool|type|isinstance|any|all|sum|id|hash|mask\w*|_mask\w*|redact\w*|\w*hide\w*|\w*obfuscate\w*|keys|"
    r"\w*sanitize\w*|\w*count\w*|sorted|list|set"
)


def shown_credentials(modules: Modules, paths: Iterable[str]) -> Iterator[Shown]:
    """Values called like credentials in log lines and in the arguments of raised exceptions."""
    return _each(modules, paths, _shown)


def _shown(file: File, calls: _Calls) -> Iterator[Shown]:
    lowered = file.module.text.lower()
    if not any(stem in lowered for stem in _STEMS):
        return
    for call, *_ in calls:
        where = "log" if _is_log(call) else "exception" if isinstance(file.parents.get(call), ast.Raise) else ""
        if not where:
            continue
        name = next((found for part in _arguments(call) if (found := shown_credential(part))), None)
        if name is not None and not (name.lower() == "token" and _is_word(name, call, file)):
            yield Shown(name, where, file.module.path, file.module.span(call))


def _is_word(name: str, node: ast.AST, file: File) -> bool:
    """Whether a name stands for one part of a text after the other, in a loop around `node`."""
    loops: dict[ast.For, set[str]] = file.derived(_is_word, lambda _: {})
    while (above := file.parents.get(node)) is not None and not isinstance(above, ast.FunctionDef):
        node = above
        if isinstance(node, ast.For):
            if node not in loops:
                loops[node] = _parts_of_texts(node)
            if name in loops[node]:
                return True
    return False


def _parts_of_texts(loop: ast.For) -> set[str]:
    """The names for what a loop goes through, and for what it makes of that, where nothing speaks of credentials."""
    if _speaks_of_credentials(loop.iter):
        return set()
    bound = {part.id for part in walk(loop.target) if isinstance(part, ast.Name)}
    for each in loop.body:
        if isinstance(each, ast.Assign) and not _speaks_of_credentials(each.value):
            used = {part.id for part in walk(each.value) if isinstance(part, ast.Name)}
            if used & bound:
                bound |= {target.id for target in each.targets if isinstance(target, ast.Name)}
    return bound


def _speaks_of_credentials(node: ast.AST) -> bool:
    words = (getattr(part, field, None) for part in walk(node) for field in ("id", "attr", "arg", "value"))
    return any(isinstance(word, str) and _CREDENTIAL.search(word) for word in words)


def _is_log(call: ast.Call) -> bool:
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr not in _LOG_METHODS:
        return False
    target = func.value
    name = target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""
    return name in _LOGGERS


def _is_secret_name(name: str) -> bool:
    """Whether a name is that of a credential, and not of something about one."""
    return bool(_CREDENTIAL.search(name)) and not re.fullmatch(_NOT_SHOWN, name, re.IGNORECASE)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def shown_credential(node: ast.expr, depth: int = 0) -> str | None:
    """The name of a credential whose value is in what an expression shows."""
    if depth > 12 or isinstance(node, ast.Compare | ast.Lambda | ast.BoolOp):
        return None
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        return name if _is_secret_name(name) else None
    if isinstance(node, ast.Subscript):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if isinstance(key, str):
            return key if _is_secret_name(key) else None
        return None  # A part of a text is how secrets are shortened.
    if isinstance(node, ast.Call):
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
        if _HIDING.fullmatch(name):
            return None
        if name == "get" and node.args and isinstance(node.args[0], ast.Constant):
            key = str(node.args[0].value)
            return key if _is_secret_name(key) else None
        parts: list[ast.expr] = _arguments(node)
        if isinstance(func, ast.Attribute) and name == "format":
            parts.append(func.value)
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    else:
        parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return next((found for part in parts if (found := shown_credential(part, depth + 1))), None)
