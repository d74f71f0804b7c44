"""What the Python of a plugin asks of Dify: reverse invocation, storage, and the models it names in doing so.

A use is a chain of attributes from a session to a method of the SDK (`self.session.model.llm.invoke`), directly or by
way of names and attributes that stand for a part of it (`storage = self.session.storage`). What merely is called
`session`, like an HTTP session, has no such chain.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property
from typing import Final, TypeAlias

from msgspec import Struct

from bot.findings import Span
from bot.python import sdk
from bot.python.handlers import handled, holds, ignored
from bot.python.module import Module, Modules
from bot.python.nodes import last_name
from bot.python.scopes import File, Scope, Values, dotted, instance_class, is_deep, scopes_of

#: Attributes from a session: `()` is the session, `("model", "llm")` its language models.
Chain: TypeAlias = tuple[str, ...]

#: Literals nested deeper than this count as computed.
MAX_LITERAL_DEPTH: Final = 20

_PREFIXES: Final = frozenset(chain[:length] for chain in sdk.PERMISSIONS for length in range(len(chain) + 1))
#: Without one of these words, a file has nothing to do with a session, and describes no models and tools either.
_WORDS: Final = ("session", "Session", "Invocation", *sorted(sdk.CONSTRUCTIBLE))
#: Calls that look at an object without using it.
_LOOKS: Final = frozenset(
    {"hasattr", "getattr", "isinstance", "bool", "id", "repr", "str", "print", "type", "callable"}
)


class Computed(Enum):
    """Stands for a value that is not written as a literal."""

    COMPUTED = "computed"


COMPUTED: Final = Computed.COMPUTED


class Use(Struct, frozen=True):
    """A place where the plugin uses, or hands over, a part of a session.

    `permission` is the part of the manifest's `resource.permission` that this takes: `model.llm`, `tool`, `app`,
    `node`, `storage`. With `handed_over` the code passes an object on that can do it, and calls nothing itself. With
    `ignored` it goes on as if nothing had happened where that fails.
    """

    permission: str
    chain: Chain
    path: str
    span: Span
    handed_over: bool = False
    ignored: bool = False


class Argument(Struct, frozen=True):
    """A keyword argument, or an entry of a mapping: its name, its value as far as that is literal, and both places.

    Parts of the value that are not literal are `COMPUTED`.
    """

    name: str
    value: object
    name_span: Span
    span: Span


class Construction(Struct, frozen=True):
    """A model or tool that the code describes: `LLMModelConfig(provider=…)`, or a mapping with such fields."""

    #: The class of the SDK whose fields these are.
    fields: str
    path: str
    span: Span
    arguments: tuple[Argument, ...]
    #: There are no further arguments (`**rest`, computed keys).
    complete: bool
    #: It is written as a mapping.
    is_mapping: bool = False
    #: An exception that it raises is handled in the same file.
    caught: bool = False


class Misuse(Struct, frozen=True):
    """A part of a session that is used as no release of the SDK allows.

    `attribute` is what it does not have (`session.storage.put`); None when the part itself is called, though it is no
    function (`session.model.summary(…)` for `.invoke`).
    """

    chain: Chain
    attribute: str | None
    path: str
    span: Span
    #: The exception that it raises is handled in the same file.
    caught: bool = False


def uses(modules: Modules, paths: Iterable[str]) -> tuple[Use, ...]:
    """Every use of a session in the files `paths`, in their order and then in source order."""
    return tuple(use for path in paths for use in modules.of_file(_uses_of, path))


def constructions(modules: Modules, paths: Iterable[str]) -> tuple[Construction, ...]:
    """Every construction of one of `sdk.CONSTRUCTIBLE` in the files `paths`, ordered likewise."""
    return tuple(made for path in paths for made in modules.of_file(_constructions_of, path))


def misuses(modules: Modules, paths: Iterable[str]) -> tuple[Misuse, ...]:
    """Every misuse of a session in the files `paths`, ordered likewise."""
    return tuple(found for path in paths for found in modules.of_file(_misuses_of, path))


def _uses_of(modules: Modules, path: str) -> tuple[Use, ...]:
    file = _file(modules, path)
    return tuple(sorted(_uses(file), key=_order)) if file is not None else ()


def _constructions_of(modules: Modules, path: str) -> tuple[Construction, ...]:
    file = _file(modules, path)
    return tuple(sorted([*_constructions(file), *_mappings(file)], key=_order)) if file is not None else ()


def _misuses_of(modules: Modules, path: str) -> tuple[Misuse, ...]:
    file = _file(modules, path)
    return tuple(sorted(_misuses(file), key=_order)) if file is not None else ()


def _order(found: Use | Construction | Misuse) -> tuple[int, int]:
    return found.span.line, found.span.column


# One file


class _File(Struct, dict=True):
    """One file, with what is asked about it worked out once."""

    file: File
    stands_for: Chains

    @property
    def module(self) -> Module:
        return self.file.module

    @property
    def chains(self) -> Iterator[tuple[ast.Attribute | ast.Name, Scope, ast.AST]]:
        """Outermost attribute chains, and names that are passed on or called, with scope and the node around."""
        parents = self.file.parents
        for node, scope in self.file.attributes:
            yield node, scope, parents[node]
        for name, scope in self.file.names:
            if isinstance(parents[name], (ast.Call, ast.keyword)):
                yield name, scope, parents[name]

    @cached_property
    def sessions(self) -> list[tuple[ast.Attribute | ast.Name, ast.AST, list[tuple[ast.expr, Chain | None]]]]:
        """The chains that lead through a session: each with the node around it, and with what its parts stand for."""
        all_chains = ((node, around, list(self.stands_for.steps(node, scope))) for node, scope, around in self.chains)
        return [found for found in all_chains if any(chain is not None for _, chain in found[2])]

    @cached_property
    def _handled(self) -> list[range]:
        return handled(self.module.tree) if self.module.tree else []

    @cached_property
    def _ignored(self) -> list[range]:
        return ignored(self.module.tree) if self.module.tree else []

    def is_caught(self, node: ast.expr) -> bool:
        """Whether a `try` around a node handles what goes wrong there."""
        return holds(self._handled, node.lineno)

    def is_ignored(self, node: ast.expr) -> bool:
        """Whether the code around a node goes on as if nothing had happened when something goes wrong there."""
        return holds(self._ignored, node.lineno)


def _file(modules: Modules, path: str) -> _File | None:
    """None for a file without interest."""
    known = modules.derived(_known_files)
    if path not in known:
        module = modules.get(path)
        chains = modules.derived(Chains)
        of_interest = module is not None and any(word in module.text for word in _WORDS)
        file = chains.scopes.file_at(path) if of_interest else None
        known[path] = _File(file, chains) if file is not None else None
    return known[path]


def _known_files(_: Modules) -> dict[str, _File | None]:
    """By path, the files that have been looked at; None for those without interest."""
    return {}


# Chains


class Chains:
    """What the expressions of a plugin's files stand for: which part of a session, if any."""

    def __init__(self, modules: Modules) -> None:
        self.scopes = scopes_of(modules)
        #: By scope, `name`, `attribute` or `return`, and name; None as long as it is being worked out.
        self._known: dict[tuple[Scope, str, str], Chain | None] = {}

    def steps(self, node: ast.expr, scope: Scope, depth: int = 0) -> Iterator[tuple[ast.expr, Chain | None]]:
        """What an attribute chain stands for from its root outwards, attribute by attribute."""
        if is_deep(scope, depth):
            return
        parts: list[ast.Attribute] = []
        while isinstance(node, ast.Attribute):
            parts.append(node)
            node = node.value
        owner = instance_class(node.id, scope) if isinstance(node, ast.Name) else None
        chain = None if owner is not None else self._root(node, scope, depth)
        yield node, chain
        for part in reversed(parts):
            if owner is not None:
                chain, owner = self._of_attribute(owner, part.attr, depth), None
            else:
                chain = _step(chain, part.attr)
            yield part, chain

    def _chain(self, node: ast.expr, scope: Scope, depth: int) -> Chain | None:
        chain = None
        for _, chain in self.steps(node, scope, depth):  # noqa: B007 - only the last one matters
            pass
        return chain

    def _root(self, node: ast.expr, scope: Scope, depth: int) -> Chain | None:
        match node:
            case ast.Name(id=name):
                return self._of_name(name, scope, depth)
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self._chain(value, scope, depth + 1)
            case ast.IfExp(body=first, orelse=second):
                return self._agreed([(first, scope), (second, scope)], depth)
            case ast.BoolOp(values=values):
                # `session or Session.empty_session()`: one that is known speaks for the others.
                chains = (self._chain(value, scope, depth + 1) for value in values)
                return next((chain for chain in chains if chain is not None), None)
            case ast.Call():
                return self._of_call(node, scope, depth)
            case _:
                return None

    def _of_call(self, node: ast.Call, scope: Scope, depth: int) -> Chain | None:
        function = node.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            owner = instance_class(function.value.id, scope)
            if owner is not None:
                returned = owner.returns.get(function.attr, [])
                return self._remembered(owner, "return", function.attr, returned, depth)
        if isinstance(function, ast.Name) and function.id == "getattr" and len(node.args) in (2, 3):
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                return self._chain(ast.Attribute(node.args[0], name.value, ast.Load()), scope, depth + 1)
        return _of_sdk(dotted(function, scope), "get_current_session")

    def _of_name(self, name: str, scope: Scope, depth: int) -> Chain | None:
        where = scope.binder(name)
        if where is None:
            return None
        values: Values = [(value, where) for value in where.names.get(name, ())]
        if name not in where.parameters:
            return self._remembered(where, "name", name, values, depth)
        given = _of_parameter(name, where)
        # While it is worked out, `session = session or …` speaks of the parameter.
        if not values or (where, "parameter", name) in self._known:
            return given
        self._known[where, "parameter", name] = given
        assigned = self._remembered(where, "name", name, values, depth)
        del self._known[where, "parameter", name]
        return given if assigned == given else None

    def _of_attribute(self, owner: Scope, name: str, depth: int) -> Chain | None:
        for cls in self.scopes.lineage(owner)[0]:
            if name in cls.attributes:
                return self._remembered(cls, "attribute", name, cls.attributes[name], depth)
        return () if _says_session(name) else None

    def _remembered(self, scope: Scope, kind: str, name: str, values: Values, depth: int) -> Chain | None:
        key = scope, kind, name
        if key not in self._known:
            self._known[key] = None
            self._known[key] = self._agreed(values, depth)
        return self._known[key]

    def _agreed(self, values: Values, depth: int) -> Chain | None:
        """The chain that all values stand for; `None` among them does not count."""
        found: set[Chain | None] = set()
        for value, scope in values:
            if isinstance(value, ast.Constant) and value.value is None:
                continue
            found.add(None if value is None else self._chain(value, scope, depth + 1))
            if None in found:
                return None
        return found.pop() if len(found) == 1 else None


def _step(chain: Chain | None, name: str) -> Chain | None:
    if chain is not None and (*chain, name) in _PREFIXES:
        return (*chain, name)
    return () if _says_session(name) else None


def _says_session(name: str) -> bool:
    """Whether a parameter or attribute that nothing else is known about is taken for a session by its name."""
    return name == "session" or name.endswith("_session")


def _of_sdk(imported: str | None, session: str) -> Chain | None:
    """What a class or function of the SDK stands for; `session` is what gives the session itself."""
    if imported is None or not imported.startswith("dify_plugin."):
        return None
    name = imported.rpartition(".")[2]
    return () if name == session else sdk.INVOCATIONS.get(name)


def _of_parameter(name: str, scope: Scope) -> Chain | None:
    annotation = scope.parameters[name].annotation
    while isinstance(annotation, ast.BinOp) or (
        isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional"
    ):
        # `Session | None`, `Optional[Session]`
        annotation = annotation.left if isinstance(annotation, ast.BinOp) else annotation.slice
    text = annotation.value if isinstance(annotation, ast.Constant) else last_name(annotation) if annotation else None
    if not isinstance(text, str) or text in {"Any", "object"}:
        return () if _says_session(name) else None
    short = text.rpartition(".")[2].removesuffix(" | None").strip()
    imported = None if isinstance(annotation, ast.Constant) else dotted(annotation, scope)
    return _of_sdk(imported or dotted(ast.Name(short, ast.Load()), scope), "Session")


# Uses


def _uses(file: _File) -> Iterator[Use]:
    named: list[Use] = []
    called: set[Chain] = set()
    for node, around, steps in file.sessions:
        for part, chain in steps:
            if chain is not None and chain in sdk.PERMISSIONS:
                span, silent = file.module.span(part), file.is_ignored(part)
                use = Use(sdk.PERMISSIONS[chain], chain, file.module.path, span, ignored=silent)
                if part is node and isinstance(around, ast.Assign | ast.AnnAssign | ast.NamedExpr):
                    named.append(use)
                else:
                    called.add(chain)
                    yield use
                break
        else:
            chain = steps[-1][1]
            permission = _handed_over(node, around, chain)
            if chain and permission:
                yield Use(permission, chain, file.module.path, file.module.span(node), handed_over=True)
    # A method that has a name is used where that is called, if that can be seen.
    yield from (use for use in named if use.chain not in called)


def _handed_over(node: ast.expr, around: ast.AST, chain: Chain | None) -> str | None:
    """The permission that a part of a session takes which is passed to a call, if it can only be that one."""
    if not chain or not isinstance(around, (ast.Call, ast.keyword)):
        return None
    if isinstance(around, ast.Call) and (around.func is node or last_name(around.func) in _LOOKS):
        return None
    permissions = {permission for known, permission in sdk.PERMISSIONS.items() if known[: len(chain)] == chain}
    return permissions.pop() if len(permissions) == 1 else None


def _misuses(file: _File) -> Iterator[Misuse]:
    if not any(statement.module.partition(".")[0] == "dify_plugin" for statement in file.module.imports):
        return  # What is called a session there may be another one.
    for node, around, steps in file.sessions:
        before: Chain | None = None
        for part, chain in steps:
            if chain is None and before and isinstance(part, ast.Attribute) and not part.attr.startswith("_"):
                yield Misuse(before, part.attr, file.module.path, file.module.span(part), file.is_caught(part))
            before = None if chain in sdk.PERMISSIONS else chain
        if before and isinstance(around, ast.Call) and around.func is node:
            yield Misuse(before, None, file.module.path, file.module.span(node), file.is_caught(node))


# Constructions


def _constructions(file: _File) -> Iterator[Construction]:
    if not any(name in file.module.text for name in sdk.CONSTRUCTIBLE):
        return
    for node, scope in file.file.calls:
        imported = dotted(node.func, scope)
        name = imported.rpartition(".")[2] if imported else ""
        if imported and imported.startswith("dify_plugin.") and name in sdk.CONSTRUCTIBLE:
            arguments = [
                Argument(
                    keyword.arg, _literal(keyword.value), _keyword_span(file.module, keyword), _at(file, keyword.value)
                )
                for keyword in node.keywords
                if keyword.arg
            ]
            complete = len(arguments) == len(node.keywords) and not node.args
            span, caught = file.module.span(node), file.is_caught(node)
            yield Construction(name, file.module.path, span, tuple(arguments), complete, caught=caught)


def _mappings(file: _File) -> Iterator[Construction]:
    for node, around, steps in file.sessions:
        expected = sdk.MODEL_ARGUMENTS.get(steps[-1][1] or ())
        if expected is not None and isinstance(around, ast.Call) and around.func is node:
            mapping = _model_argument(around, expected)
            if mapping is not None:
                yield _from_mapping(file, mapping, expected[2])


def _model_argument(node: ast.Call, expected: tuple[str, int, str]) -> ast.Dict | None:
    """The mapping that a call is given for its model, written in place: one with a name may have been changed."""
    name, position, _ = expected
    value: ast.expr | None = next((keyword.value for keyword in node.keywords if keyword.arg == name), None)
    if value is None and position < len(node.args):
        leading = node.args[: position + 1]
        value = None if any(isinstance(item, ast.Starred) for item in leading) else leading[-1]
    return value if isinstance(value, ast.Dict) else None


def _from_mapping(file: _File, mapping: ast.Dict, fields: str) -> Construction:
    arguments = [
        Argument(key.value, _literal(value), _at(file, key), _at(file, value))
        for key, value in zip(mapping.keys, mapping.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
    complete = len(arguments) == len(mapping.keys)
    span, caught = _at(file, mapping), file.is_caught(mapping)
    return Construction(fields, file.module.path, span, tuple(arguments), complete, True, caught)


def _at(file: _File, node: ast.AST) -> Span:
    return file.module.span(node)


def _keyword_span(module: Module, keyword: ast.keyword) -> Span:
    span = module.span(keyword)
    return Span(span.line, span.column, span.line, span.column + len(keyword.arg or ""))


def _literal(node: ast.expr, depth: int = 0) -> object:
    """The value of a literal, with `COMPUTED` for whatever in it is not a literal."""
    if depth > MAX_LITERAL_DEPTH:
        return COMPUTED
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List(elts=items):
            return [_literal(item, depth + 1) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_literal(item, depth + 1) for item in items)
        case ast.Dict(keys=keys, values=values):
            if not all(isinstance(key, ast.Constant) for key in keys):
                return COMPUTED
            return {
                key.value: _literal(value, depth + 1)
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant)
            }
        case _:
            return COMPUTED
