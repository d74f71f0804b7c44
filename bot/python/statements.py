"""One walk through the statements of a file: what it imports, and what the compiler refuses where it stands."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import takewhile
from typing import Any, Final, NamedTuple, TypeAlias

from msgspec import Struct

from bot.patterns import regex
from bot.python.nodes import children, has_word, is_suppress, is_type_checking, last_name, static_truth, walk


class Import(NamedTuple):
    """One name of one import statement.

    `import a.b as c` is `Import(…, "a.b", 0, None, "c")`, `from ..a import b` is `Import(…, "a", 2, "b", "b")`, and
    the name of `from a import *` is `"*"`.
    """

    node: ast.AST
    module: str
    level: int
    name: str | None
    bound: str
    #: Inside a function: only executed when that is called.
    lazy: bool = False
    #: Inside an `if`, or inside a `try` that survives a failed import.
    guarded: bool = False
    #: Only seen by type checkers (`if TYPE_CHECKING:`).
    typing_only: bool = False


class Misplaced(Struct, frozen=True):
    """Something that parses but that the compiler refuses where it stands."""

    message: str
    node: ast.AST


class Survey(Struct, frozen=True):
    #: Every name that an import statement anywhere in the file brings in, in source order.
    imports: tuple[Import, ...]
    #: The first thing that is misplaced.
    misplaced: Misplaced | None


def survey(tree: ast.Module, text: str) -> Survey:
    """What the statements of a file say; `text` is the file, which rules most questions out at a glance."""
    imports: list[Import] = []
    misplaced: list[Misplaced] = []
    awaits = has_word(text, "await") or _ASYNC.search(text) is not None
    yields = has_word(text, "yield")
    futures = has_word(text, "__future__")
    in_place = {id(node) for node in takewhile(_is_future, _after_docstring(tree.body))} if futures else set()
    # A stack instead of recursion: `elif` chains nest as deep as they are long.
    stack: list[tuple[ast.stmt, _Around]] = [(node, _Around()) for node in reversed(tree.body)]
    while stack:
        node, around = stack.pop()
        kind = type(node)
        if kind in _BLOCKS:
            for body, inside in reversed(_BLOCKS[kind](node, around)):
                everything = (awaits and inside.where is not _Where.ASYNC) or (yields and not inside.in_function)
                stack += [(child, inside) for child in reversed(body) if everything or type(child) in _TELLING]
        elif kind is ast.Import or kind is ast.ImportFrom:
            imports += _imports(node, around)
            if futures and _is_future(node):
                misplaced += _refused_future(node, is_first=id(node) in in_place)
        if kind in _DEMANDING and (message := _refused(node, around)):
            misplaced.append(Misplaced(message, node))
        suspicious = (awaits and around.where is not _Where.ASYNC) or (yields and not around.in_function)
        if suspicious and kind not in _PLAIN:
            misplaced += _refused_in(node, around.where)
    misplaced.sort(key=lambda item: (getattr(item.node, "lineno", 1), getattr(item.node, "col_offset", 0)))
    return Survey(tuple(imports), misplaced[0] if misplaced else None)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__" and not node.level


def _after_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return body


class _Where(Enum):
    __hash__ = object.__hash__  # Enum's own is in Python.

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    ASYNC = "async function"


class _Around(NamedTuple):
    """What a statement stands in."""

    where: _Where = _Where.MODULE
    loop: bool = False
    lazy: bool = False
    guarded: bool = False
    typing_only: bool = False

    @property
    def in_function(self) -> bool:
        return self.where is _Where.FUNCTION or self.where is _Where.ASYNC


@cache
def _changed(around: _Around, **fields: Any) -> _Around:
    """There are few combinations, and most files have them all."""
    return around._replace(**fields)


# Blocks

_Blocks: TypeAlias = "Sequence[tuple[list[ast.stmt], _Around]]"


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef, around: _Around) -> _Blocks:
    where = _Where.ASYNC if isinstance(node, ast.AsyncFunctionDef) else _Where.FUNCTION
    return [(node.body, _changed(around, where=where, loop=False, lazy=True))]


def _of_class(node: ast.ClassDef, around: _Around) -> _Blocks:
    return [(node.body, _changed(around, where=_Where.CLASS, loop=False))]


def _of_if(node: ast.If, around: _Around) -> _Blocks:
    known = static_truth(node.test)
    first = _changed(
        around,
        guarded=around.guarded or known is not True,
        typing_only=around.typing_only or is_type_checking(node.test),
    )
    return [(node.body, first), (node.orelse, _changed(around, guarded=around.guarded or known is not False))]


def _of_try(node: ast.Try | ast.TryStar, around: _Around) -> _Blocks:
    guarded = _changed(around, guarded=True)
    survives = any(_catches_import_error(handler) for handler in node.handlers)
    return [
        (node.body, guarded if survives else around),
        *((handler.body, guarded) for handler in node.handlers),
        (node.orelse, around),
        (node.finalbody, around),
    ]


def _of_with(node: ast.With | ast.AsyncWith, around: _Around) -> _Blocks:
    survives = any(is_suppress(item.context_expr) for item in node.items)
    return [(node.body, _changed(around, guarded=True) if survives else around)]


def _of_loop(node: ast.For | ast.AsyncFor | ast.While, around: _Around) -> _Blocks:
    # The `else` of a loop is outside of it.
    return [(node.body, _changed(around, guarded=True, loop=True)), (node.orelse, around)]


def _of_match(node: ast.Match, around: _Around) -> _Blocks:
    return [(case.body, _changed(around, guarded=True)) for case in node.cases]


#: How to find the blocks of a statement that has some, by its type.
_BLOCKS: Final[Mapping[type[ast.stmt], Callable[[Any, _Around], _Blocks]]] = {
    ast.FunctionDef: _of_function,
    ast.AsyncFunctionDef: _of_function,
    ast.ClassDef: _of_class,
    ast.If: _of_if,
    ast.Try: _of_try,
    ast.TryStar: _of_try,
    ast.With: _of_with,
    ast.AsyncWith: _of_with,
    ast.For: _of_loop,
    ast.AsyncFor: _of_loop,
    ast.While: _of_loop,
    ast.Match: _of_match,
}


# Imports

_IMPORT_ERRORS: Final = frozenset({"ImportError", "ModuleNotFoundError"})
_ERRORS: Final = frozenset({"Exception", "BaseException"})


def _imports(node: ast.stmt, around: _Around) -> Iterator[Import]:
    flags = (around.lazy, around.guarded, around.typing_only)
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias, alias.name, 0, None, alias.asname or alias.name.partition(".")[0], *flags)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield Import(alias, node.module or "", node.level, alias.name, alias.asname or alias.name, *flags)


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    """Whether a handler expects a failed import, or survives one as it does any error."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = [last_name(kind) if kind is not None else "BaseException" for kind in kinds]
    if not _IMPORT_ERRORS.isdisjoint(names):
        return True
    ways_out = ast.Return | ast.Continue | ast.Break
    gives_up = isinstance(handler.body[-1], ast.Raise) and not any(isinstance(n, ways_out) for n in walk(handler))
    return not (gives_up or _ERRORS.isdisjoint(names))


# What stands where it may not

_DEMANDING: Final[frozenset[type[ast.stmt]]] = frozenset(
    {
        ast.AsyncFor, ast.AsyncFunctionDef, ast.AsyncWith, ast.Break, ast.Continue, ast.FunctionDef, ast.ImportFrom,
        ast.Nonlocal, ast.Return,
    }
)  # fmt: skip
#: The statements that say something even without a look at their expressions.
_TELLING: Final[frozenset[type[ast.stmt]]] = frozenset({*_BLOCKS, *_DEMANDING, ast.Import, ast.ImportFrom})
#: Nobody waits in a name that is imported, or in the default of a parameter.
_PLAIN: Final[frozenset[type[ast.stmt]]] = frozenset(
    {ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef}
)
#: `async def` alone says nothing about who awaits.
_ASYNC: Final = regex(r"async\b(?!\s+def\b)")


def _refused(node: ast.stmt, around: _Around) -> str | None:
    match node:
        case ast.Return() if not around.in_function:
            return "'return' outside function"
        case ast.AsyncFor() if around.where is not _Where.ASYNC:
            return "'async for' outside async function"
        case ast.AsyncWith() if around.where is not _Where.ASYNC:
            return "'async with' outside async function"
        case ast.Break() if not around.loop:
            return "'break' outside loop"
        case ast.Continue() if not around.loop:
            return "'continue' not properly in loop"
        case ast.Nonlocal() if around.where is _Where.MODULE:
            return "nonlocal declaration not allowed at module level"
        case ast.ImportFrom() if around.where is not _Where.MODULE and node.names[0].name == "*":
            return "import * only allowed at module level"
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            names = [each.arg for each in _parameters(node.args)]
            twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
            return f"duplicate argument '{twice}' in function definition" if twice is not None else None
        case _:
            return None


def _parameters(of: ast.arguments) -> list[ast.arg]:
    return [*of.posonlyargs, *of.args, *of.kwonlyargs, *(each for each in (of.vararg, of.kwarg) if each is not None)]


def _refused_future(node: Any, *, is_first: bool) -> Iterator[Misplaced]:
    if not is_first:
        yield Misplaced("from __future__ imports must occur at the beginning of the file", node)
    for alias in node.names:
        if alias.name not in __future__.all_feature_names:
            yield Misplaced(f"future feature {alias.name} is not defined", alias)


def _refused_in(statement: ast.stmt, where: _Where) -> Iterable[Misplaced]:
    """The `yield` and `await` that may not stand in the expressions of a statement outside of async functions."""
    stack: list[tuple[ast.AST, _Where]] = [(statement, where)]
    while stack:
        node, scope = stack.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)) and scope is not _Where.FUNCTION:
            yield Misplaced("'yield' outside function", node)
        elif isinstance(node, ast.Await):
            yield Misplaced(f"'await' outside {'async ' if scope is _Where.FUNCTION else ''}function", node)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)) and any(g.is_async for g in node.generators):
            yield Misplaced("asynchronous comprehension outside of an asynchronous function", node)
        # A generator expression with `await` is an asynchronous generator, which may be made anywhere.
        if not isinstance(node, ast.GeneratorExp):
            inner = _Where.FUNCTION if isinstance(node, ast.Lambda) else scope
            stack += [(child, inner) for child in children(node) if isinstance(child, _EXPRESSIONS)]


#: What expressions are made of, in contrast to the statements around and inside.
_EXPRESSIONS = (ast.expr, ast.comprehension, ast.keyword, ast.withitem, ast.arguments, ast.arg)
