"""What is below a node of a syntax tree: all that Python's own walk gives, but for what never holds anything."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from bot.python.nodes import children

_EMPTY = (ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.expr_context)
_RARE = """\
match thing:
    case {"a": 1, **rest} | [1, *_] | Point(x=0) | None as other:
        global more
        print({**rest, "b": f"{other!r:>{width}}"}, *more, key=lambda *, a, b=1: (yield a))
try:
    x: int = 1
except* (ValueError, TypeError) as error:
    raise error from None
async def f(a, /, b=1, *c, d, **e) -> None:
    nonlocal_ = [x async for x in y if x]
"""


@pytest.mark.parametrize("name", ["ast", "dataclasses", "typing", "asyncio.tasks", ""])
def test_the_children_of_a_node_are_those_that_python_gives(name: str) -> None:
    text = Path(str(importlib.import_module(name).__file__)).read_text(encoding="utf-8") if name else _RARE
    for node in ast.walk(ast.parse(text)):
        assert children(node) == [each for each in ast.iter_child_nodes(node) if not isinstance(each, _EMPTY)]
