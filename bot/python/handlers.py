"""What a program makes of an exception."""

from __future__ import annotations

import ast

from bot.python.nodes import is_suppress, last_name, walk

#: What catches the exception by which the SDK tells that Dify refused a call, which has no type of its own.
_BROAD = ("Exception", "BaseException")


def is_ignored(tree: ast.AST, line: int) -> bool:
    """Whether the program goes on as if nothing had happened when what stands on `line` fails.

    That is the case in the body of a `try` with a handler for every exception in which nothing happens, and below
    `contextlib.suppress(Exception)`. Who logs the exception or returns what it says has noticed it.
    """
    for node in walk(tree):
        if isinstance(node, ast.Try | ast.TryStar) and _spans(node.body, line):
            if any(_is_broad(handler.type) and _does_nothing(handler.body) for handler in node.handlers):
                return True
        elif isinstance(node, ast.With | ast.AsyncWith) and _spans(node.body, line):
            for item in node.items:
                call = item.context_expr
                if is_suppress(call) and isinstance(call, ast.Call) and any(map(_is_broad, call.args)):
                    return True
    return False


def _spans(body: list[ast.stmt], line: int) -> bool:
    return body[0].lineno <= line <= (body[-1].end_lineno or body[-1].lineno)


def _is_broad(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(each is None or last_name(each) in _BROAD for each in kinds)


def _does_nothing(body: list[ast.stmt]) -> bool:
    return all(
        isinstance(statement, ast.Pass | ast.Continue)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        or (isinstance(statement, ast.Return) and isinstance(statement.value, ast.Constant | None))
        for statement in body
    )
