"""What a program makes of exceptions: where it handles them, and where it goes on as if nothing had happened."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from bot.python.nodes import is_suppress, last_name, walk

#: What catches the exception by which the SDK tells that Dify refused a call, which has no type of its own.
_BROAD: Final = frozenset({"Exception", "BaseException"})
#: What the exceptions of a misuse and of a wrong description are caught as.
_HANDLING: Final = _BROAD | {"AttributeError", "TypeError", "ValueError", "ValidationError"}


def handled(tree: ast.AST) -> list[range]:
    """The lines whose exceptions a `try` around them handles, sorted and apart from each other."""
    return _without_overlaps(_bodies(tree, lambda handler: _catches(handler.type, _HANDLING)))


def ignored(tree: ast.AST) -> list[range]:
    """The lines after whose failure the program goes on as if nothing had happened, sorted and apart from each other.

    They stand in a `try` with a handler for every exception in which nothing happens, or below
    `contextlib.suppress(Exception)`. Who logs the exception or returns what it says has noticed it.
    """
    suppressed = [
        _lines(node.body)
        for node in walk(tree)
        if isinstance(node, ast.With | ast.AsyncWith) and any(_suppresses(item.context_expr) for item in node.items)
    ]
    silent = _bodies(tree, lambda handler: _catches(handler.type, _BROAD) and _does_nothing(handler.body))
    return _without_overlaps([*suppressed, *silent])


def holds(ranges: Sequence[range], line: int) -> bool:
    """Whether a line is in one of the ranges, which are sorted and apart from each other."""
    before = bisect_right(ranges, line, key=lambda lines: lines.start)
    return before > 0 and line in ranges[before - 1]


def _bodies(tree: ast.AST, accepts: Callable[[ast.ExceptHandler], bool]) -> list[range]:
    return [
        _lines(node.body)
        for node in walk(tree)
        if isinstance(node, ast.Try | ast.TryStar) and any(map(accepts, node.handlers))
    ]


def _lines(body: Sequence[ast.stmt]) -> range:
    return range(body[0].lineno, (body[-1].end_lineno or body[-1].lineno) + 1)


def _without_overlaps(found: Iterable[range]) -> list[range]:
    apart: list[range] = []
    for lines in sorted(found, key=lambda lines: lines.start):
        if apart and lines.start <= apart[-1].stop:
            apart[-1] = range(apart[-1].start, max(apart[-1].stop, lines.stop))
        else:
            apart.append(lines)
    return apart


def _catches(kind: ast.expr | None, names: frozenset[str]) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(each is None or last_name(each) in names for each in kinds)


def _suppresses(call: ast.expr) -> bool:
    return is_suppress(call) and isinstance(call, ast.Call) and any(_catches(each, _BROAD) for each in call.args)


def _does_nothing(body: Sequence[ast.stmt]) -> bool:
    return all(
        isinstance(statement, ast.Pass | ast.Continue)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        or (isinstance(statement, ast.Return) and isinstance(statement.value, ast.Constant | None))
        for statement in body
    )
