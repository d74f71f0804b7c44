"""Rules about what code does while it runs: standard output, requests without an end, errors that stop nothing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, Span
from bot.messages import say, say_plural
from bot.patterns import regex
from bot.plugin import Plugin
from bot.python.capabilities import shown_credential
from bot.python.nodes import last_name, walk
from bot.python.scopes import File, Scope, dotted
from bot.rules.python.generators import reachable_files
from bot.rules.python.loading import TOOL_PATH
from bot.rules.registry import Example, Hit, rule

_TOOL = (
    "from dify_plugin import Tool\n{}\n\nclass CurrentWeatherTool(Tool):\n    def _invoke(self, tool_parameters):\n"
    "{}        yield self.create_text_message(str(tool_parameters))\n"
)


def _example(*lines: str, head: str = "") -> Example:
    return Example(_TOOL.format(head, "".join(f"        {line}\n" for line in lines)), path=TOOL_PATH, whole=True)


_PROTOCOL = "core/server/stdio/response_writer.py"
_STDOUT: Final = ("print", "stdout")


@rule(
    "python/stdout",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="The code prints to standard output.",
    why="In a local installation standard output is the connection between the plugin and Dify, one JSON text a line. "
    "Every other line is an error in the log of the daemon, and a very long one ends the plugin. It is a warning where "
    "credentials are printed. A file gets one finding.",
    fix="Use `logging`, or `print(…, file=sys.stderr)`.",
    authorities=(Authority(By.SDK, "Each line is an error in the log of the daemon.", _PROTOCOL),),
    bad=_example("print('looking up')"),
    good=_example("logging.info('looking up')", head="import logging\n"),
)
def stdout(plugin: Plugin) -> Iterator[Hit]:
    for file in reachable_files(plugin):
        if "print" not in file.module.text and "stdout" not in file.module.text:
            continue
        calls = _running_calls(plugin, file)
        found = [(call, scope) for call, scope in calls if _is_print(file, call, scope) and _is_whole(call, scope)]
        handlers = [(call, scope) for call, scope in calls if _is_handler(call, scope)]
        handlers += [(call, scope) for call, scope in calls if _is_whole_write(file, call, scope)]
        if not found and not handlers:
            continue
        secret = next((call for call, scope in found if _prints_secret(call, scope)), None)
        call = secret or (found or handlers)[0][0]
        more = len(found) + len(handlers) - 1
        also = say_plural(
            " Another call in this file does the same.", " {n:,} other calls in this file do the same.", more
        )
        if secret is not None:
            message = say("This prints credentials to standard output, which is the plugin's connection to Dify.")
        else:
            message = say("This writes to standard output, which is the plugin's connection to Dify.")
        message += also if more else ""
        module = file.module
        yield Hit(
            message,
            module.path,
            module.span(call),
            severity=Severity.WARNING if secret is not None else None,
            subject="print",
            group="stdout",
        )


@rule(
    "python/stdout-unfinished",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="The code writes to standard output without ending the line.",
    why="In a local installation standard output carries one JSON message a line. What is written without a line break "
    "is glued to the next message, which is lost: 2,998 of 3,000 in a measurement.",
    fix="Write to standard error: `print(…, file=sys.stderr)`, or use `logging`.",
    authorities=(Authority(By.SDK, "The next message of the plugin is lost.", _PROTOCOL),),
    bad=_example("print('.', end='')"),
    good=_example("print('.', end='', file=sys.stderr)", head="import sys\n"),
)
def stdout_unfinished(plugin: Plugin) -> Iterator[Hit]:
    for file in reachable_files(plugin):
        if "print" not in file.module.text and "stdout" not in file.module.text:
            continue
        module = file.module
        for call, scope in _running_calls(plugin, file):
            unfinished = _is_print(file, call, scope) and not _is_whole(call, scope)
            if not unfinished and not _is_unfinished_write(file, call, scope):
                continue
            message = say(
                "This leaves a line of standard output unfinished: the next message to Dify is glued on and lost."
            )
            yield Hit(message, module.path, module.span(call), subject="print", anchor=scope.name)
            break


def _is_print(file: File, call: ast.Call, scope: Scope) -> bool:
    """Whether a call prints to standard output while the plugin runs."""
    if not (isinstance(call.func, ast.Name) and call.func.id == "print") or scope.binder("print") is not None:
        return False
    for keyword in call.keywords:
        if keyword.arg is None:
            return False
        if keyword.arg == "file" and not (_is_none(keyword.value) or _is_stdout(keyword.value, scope)):
            return False
    return _runs(file, call)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_stdout(node: ast.expr, scope: Scope) -> bool:
    value, where = _meant(node, scope)
    return dotted(value, where) in {"sys.stdout", "sys.__stdout__"}


def _meant(node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope]:
    """The only value that a variable is given; otherwise the expression itself."""
    binder = scope.binder(node.id) if isinstance(node, ast.Name) else None
    if binder is None or not isinstance(node, ast.Name) or node.id in binder.parameters or node.id in binder.imports:
        return node, scope
    values = binder.names.get(node.id, ())
    return (values[0], binder) if len(values) == 1 and values[0] is not None else (node, scope)


def _is_whole(call: ast.Call, scope: Scope) -> bool:
    """Whether a `print` ends its line; also when that cannot be told."""
    end = next((_meant(keyword.value, scope)[0] for keyword in call.keywords if keyword.arg == "end"), None)
    if end is None or not isinstance(end, ast.Constant):
        return True
    return end.value is None or (isinstance(end.value, str) and end.value.endswith("\n"))


def _is_unfinished_write(file: File, call: ast.Call, scope: Scope) -> bool:
    function = call.func
    if not (isinstance(function, ast.Attribute) and function.attr == "write" and _is_stdout(function.value, scope)):
        return False
    text = call.args[0] if len(call.args) == 1 else None
    if isinstance(text, ast.JoinedStr):
        text = text.values[-1] if text.values else None
    if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
        return False
    return not text.value.endswith("\n") and _runs(file, call)


def _is_whole_write(file: File, call: ast.Call, scope: Scope) -> bool:
    """Whether a call writes to standard output by another way than `print`, and does not leave a line unfinished."""
    function = call.func
    if dotted(function, scope) in {"pprint.pprint", "pprint.pp"}:
        return len(call.args) == 1 and all(word.arg not in (None, "stream") for word in call.keywords)
    if not (isinstance(function, ast.Attribute) and function.attr in ("write", "writelines")):
        return False
    written = _is_stdout(function.value, scope) or dotted(function.value, scope) == "sys.stdout.buffer"
    return written and not _is_unfinished_write(file, call, scope) and _runs(file, call)


def _is_handler(call: ast.Call, scope: Scope) -> bool:
    """Whether a call makes a log handler on standard output."""
    if last_name(call.func) not in ("StreamHandler", "basicConfig"):
        return False
    arguments = [
        *(call.args if last_name(call.func) == "StreamHandler" else ()),
        *(keyword.value for keyword in call.keywords if keyword.arg == "stream"),
    ]
    return bool(arguments) and _is_stdout(arguments[0], scope)


def _runs(file: File, node: ast.AST) -> bool:
    """Whether code may run in the plugin: not as a script of its own, nor only where an environment variable is set."""
    inner = node
    for parent in file.around(node):
        if isinstance(parent, ast.With | ast.AsyncWith) and any(
            isinstance(item.context_expr, ast.Call) and last_name(item.context_expr.func) == "redirect_stdout"
            for item in parent.items
        ):
            return False
        if isinstance(parent, ast.If):
            text = ast.unparse(parent.test) if inner is not parent.test else ""
            if "__name__" in text or "environ" in text or "getenv" in text or "TYPE_CHECKING" in text:
                return False
            if inner is not parent.test and re.search(r"\b(debug|verbose)\b", text, re.IGNORECASE):
                return False
        inner = parent
    return True


def _running_calls(plugin: Plugin, file: File) -> list[tuple[ast.Call, Scope]]:
    """The calls of a file but those in functions that nothing uses."""
    idle = plugin.derived(_idle_functions)
    if not any(function in idle for function in file.top.functions.values()):
        return file.calls
    below = {
        call for function in file.top.functions.values() if function in idle for call, _ in file.calls_in(function)
    }
    return [(call, scope) for call, scope in file.calls if call not in below]


def _idle_functions(plugin: Plugin) -> frozenset[Scope]:
    """Functions at the top of files that nothing uses but a script's guard, and other functions of that kind."""
    files = list(reachable_files(plugin))
    names = {name for file in files for name in file.top.functions}
    words = Counter(word for file in files for word in file.module.words & names)
    return frozenset(function for file in files for function in _idle_in(file, words))


def _idle_in(file: File, words: Mapping[str, int]) -> set[Scope]:
    attributes = {attribute.attr for attribute, _ in file.attributes}
    texts = {text for _, text in file.strings}
    idle = {
        function
        for name, function in file.top.functions.items()
        # A name of which another file has the word may be used there.
        if words[name] == 1 and not function.decorator_nodes and name not in attributes | texts and name[:2] != "__"
    }
    used: list[Scope] = []
    callees: dict[Scope, list[Scope]] = {}
    for function in idle:
        for node in file.reads(file.top, function.name):
            user = _user(file, node)
            if user is None or (user is not file.top and user not in idle):
                used.append(function)
            else:
                callees.setdefault(user, []).append(function)
    while used:
        function = used.pop()
        if function in idle:
            idle.remove(function)
            used += callees.get(function, ())
    return idle


def _user(file: File, node: ast.AST) -> Scope | None:
    """The function at the top of the file that a node stands in; the file itself below a script's guard."""
    for parent in file.around(node):
        if isinstance(parent, ast.If) and "__name__" in ast.unparse(parent.test):
            return file.top
        scope = file.by_node.get(parent)
        if scope is not None and scope.parent is file.top and scope.is_function:
            return scope
    return None


def _prints_secret(call: ast.Call, scope: Scope) -> bool:
    for argument in call.args:
        if shown_credential(argument) is not None:
            return True
        parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
        for part in parts:
            read, _ = _meant(part.value if isinstance(part, ast.FormattedValue) else part, scope)
            is_read = isinstance(read, ast.Subscript) or (isinstance(read, ast.Call) and last_name(read.func) == "get")
            if is_read and shown_credential(read) is not None:
                return True
    return False


# --- errors that stop nothing -----------------------------------------------------------------------------------------

_ERROR: Final = regex(
    r"invalid|please|require|must|missing|cannot be empty|can't be empty|not provided|not (?:be )?empty"
    r"|no .{1,40} (?:provided|given)|is empty|not specified|请|不能为空|必须|无效|缺少|必填",
    re.IGNORECASE,
)
_GOES_ON: Final = regex(
    r"skip|using default|use default|defaulting|fall(?:ing)? ?back|continu|ignor|instead|warning|will be used"
    r"|默认|跳过|继续",
    re.IGNORECASE,
)


@rule(
    "python/error-goes-on",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The code says that a value is invalid, and goes on with it.",
    why="`yield` hands a message over and continues. After a message that a value is missing or invalid, the code "
    "works with that value: a request without it, or a traceback on top of the message.",
    fix="Write `return` after the message.",
    authorities=(Authority(By.SDK, "The tool goes on with the missing value.", "interfaces/tool/tool.py:459"),),
    bad=_example(
        "city = tool_parameters['city']", "if not city:", "    yield self.create_text_message('Please give a city')"
    ),
    good=_example(
        "city = tool_parameters['city']",
        "if not city:",
        "    yield self.create_text_message('Please give a city')",
        "    return",
    ),
)
def error_goes_on(plugin: Plugin) -> Iterator[Hit]:
    for file in reachable_files(plugin):
        if "create_text_message" not in file.module.text:
            continue
        module = file.module
        for call, scope in file.calls:
            if last_name(call.func) != "create_text_message":
                continue
            statement = _lone_yield(file, call)
            if statement is None:
                continue
            condition = file.parents[statement]
            if not isinstance(condition, ast.If) or condition.orelse or condition.body != [statement]:
                continue
            if not _is_about_absence(condition.test) or not _goes_on_after(file, condition):
                continue
            text = _text_of(call, scope)
            if text is None or not _ERROR.search(text) or _GOES_ON.search(text):
                continue
            span = module.span(statement)
            indent = module.lines[span.line - 1][: span.column - 1]
            fix = None
            if not indent.strip() and not module.lines[span.end_line - 1][span.end_column - 1 :].strip():
                end = Span(span.end_line, span.end_column, span.end_line, span.end_column)
                newline = "\r\n" if "\r\n" in module.text else "\n"
                edit = Edit(module.path, end, f"{newline}{indent}return")
                fix = Fix(say("Stop after the message"), Safety.SAFE, (edit,))
            message = say("The message says that something is wrong, but the code goes on: write `return` after it.")
            yield Hit(message, module.path, span, subject=text[:80], anchor=scope.name, fix=fix, group="goes on")


def _lone_yield(file: File, call: ast.Call) -> ast.stmt | None:
    """The statement `yield self.create_text_message(…)` that a call stands in."""
    parent = file.parents.get(call)
    statement = file.parents.get(parent) if isinstance(parent, ast.Yield) else None
    return statement if isinstance(statement, ast.Expr) else None


def _is_about_absence(test: ast.expr) -> bool:
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=[ast.Is() | ast.Eq() | ast.NotIn()]):
            return True
        case ast.BoolOp(values=values):
            return any(_is_about_absence(value) for value in values)
        case _:
            return False


def _goes_on_after(file: File, condition: ast.If) -> bool:
    """Whether statements follow the condition."""
    node: ast.AST = condition
    for parent in file.around(condition):
        for name in ("body", "orelse", "finalbody", "handlers"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and node in block:
                rest = block[block.index(node) + 1 :]
                names = {item.id for item in walk(condition.test) if isinstance(item, ast.Name)}
                # What follows may only be for values that are there.
                return any(not (isinstance(item, ast.If) and _tests_for(item.test, names)) for item in rest)
        node = parent
    return False


def _tests_for(test: ast.expr, names: set[str]) -> bool:
    """Whether a condition asks for one of some variables to be there."""
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return any(isinstance(part, ast.Name) and part.id in names for part in parts)


def _text_of(call: ast.Call, scope: Scope) -> str | None:
    argument = call.args[0] if call.args else next((item.value for item in call.keywords if item.arg == "text"), None)
    return _written(_meant(argument, scope)[0]) if argument is not None else None


def _written(node: ast.expr) -> str | None:
    """What is written out of a text, with an ellipsis for what is put in."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_written(part) or "…" for part in values)
        case ast.Call(func=ast.Attribute(value=template, attr="format")) | ast.BinOp(op=ast.Mod(), left=template):
            return _written(template)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            parts = _written(left), _written(right)
            return None if parts == (None, None) else "".join(part or "…" for part in parts)
        case _:
            return None
