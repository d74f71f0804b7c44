"""Small questions about syntax trees, and a quick way through them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

#: Plugins run on this Python, whatever this program runs on.
PLUGIN_PYTHON: Final = (3, 12)

#: Fields that hold no expression and no statement. Operators and contexts are nodes, though nothing is ever in them.
_LEAVES: Final = frozenset(
    {
        "arg",
        "asname",
        "attr",
        "conversion",
        "ctx",
        "id",
        "is_async",
        "kind",
        "kwd_attrs",
        "level",
        "module",
        "op",
        "ops",
    }
    | {"rest", "simple", "type_comment"}
)
#: Nodes with nothing below them.
_ENDS: Final = frozenset({ast.Constant, ast.Global, ast.MatchSingleton, ast.Nonlocal})


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """By the type of a node, the fields that may hold others."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        # Only of `type Name = …` the name is a node.
        leaves = _LEAVES if "value" in kind._fields else _LEAVES | {"name"}
        names = () if kind in _ENDS else tuple(name for name in kind._fields if name not in leaves)
        self[kind] = names
        return names


_FIELDS: Final = _Fields()


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below `node` in source order, as far as there may be something in them."""
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if type(value) is list:
            # The keys of a dictionary and the defaults of keywords may be None.
            found += [item for item in value if item is not None] if None in value else value
        elif value is not None:
            found.append(value)
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and everything below it, in no particular order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack += children(current)


def has_word(text: str, word: str) -> bool:
    """Whether a word may stand in a text: it is there, and nothing follows that would make it longer."""
    return word in text and re.search(rf"{word}\b", text) is not None


def last_name(node: ast.expr | None) -> str | None:
    """The last part of a name or an attribute chain (`b` of `a.b`), or None for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def is_type_checking(test: ast.expr) -> bool:
    return last_name(test) == "TYPE_CHECKING"


def is_suppress(context: ast.expr) -> bool:
    """Whether a `with` item may swallow exceptions of its body."""
    return isinstance(context, ast.Call) and last_name(context.func) in {"suppress", "raises"}


def static_truth(test: ast.expr) -> bool | None:
    """What a condition is known to be when a plugin is loaded, or None."""
    if is_type_checking(test):
        return False
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        known = static_truth(test.operand) if not isinstance(test.operand, ast.UnaryOp) else None
        return None if known is None else not known
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
        return None
    left, operator, right = test.left, test.ops[0], test.comparators[0]
    if isinstance(left, ast.Name) and left.id == "__name__" and isinstance(right, ast.Constant):
        # The SDK imports every source under its own name; only the entry point runs as `__main__`.
        return {ast.Eq: False, ast.NotEq: True}.get(type(operator)) if right.value == "__main__" else None
    if last_name(left) == "version_info" and isinstance(right, ast.Tuple):
        wanted = tuple(item.value for item in right.elts if isinstance(item, ast.Constant))
        if len(wanted) != len(right.elts) or len(wanted) not in (1, 2) or not all(type(n) is int for n in wanted):
            return None
        # Python 3.12.x as a tuple is greater than (3, 12) and than (3,).
        actual = (*PLUGIN_PYTHON, 0)
        if isinstance(operator, ast.GtE | ast.Gt):
            return actual >= wanted
        if isinstance(operator, ast.Lt | ast.LtE):
            return actual < wanted
    return None
