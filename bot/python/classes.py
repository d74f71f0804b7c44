"""What the SDK's loader would find in a file, and what the classes it finds implement.

The loader imports the file and takes every name of it whose value is a class that derives from the wanted base and is
not that base (`dify_plugin/core/utils/class_loader.py`, SDK 0.0.1 to 0.10.1). It looks at values, not at where they
come from: an imported subclass counts, an intermediate class counts, a second name for a class counts again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final, TypeAlias, TypeGuard

from msgspec import Struct

from bot.findings import Span
from bot.limits import Limit
from bot.python import sdk
from bot.python.module import CODE_RULES, STDLIB, Modules
from bot.python.nodes import last_name, walk
from bot.python.scopes import Mark, Names, Outside, Scope, Scopes, Value, scopes_of
from bot.python.sdk import SdkClass

#: Class hierarchies with more classes than this are not judged.
MAX_ANCESTORS: Final = Limit(
    100, "has a class with more than {n:,} base classes, which is not judged", "python/missing-class", *CODE_RULES
)

#: A class that the plugin defines, or one that it takes from the SDK.
Definition: TypeAlias = Scope | SdkClass


class Found(Struct, frozen=True):
    """A name of a file that the loader counts."""

    name: str
    #: The class behind the name; more than one when that depends on a condition.
    definitions: tuple[Definition, ...]
    names: Names

    @property
    def place(self) -> Span:
        """Where the file binds the name: the name of the class statement, or the import, or the assignment."""
        module, node = self.names.file.module, self.names.places[self.name]
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            return module.span_of_name(node)
        return module.span(node)

    @property
    def definition(self) -> Definition | None:
        """The class behind the name, if there is only one that it can be."""
        return self.definitions[0] if len(self.definitions) == 1 else None

    @property
    def path(self) -> str | None:
        """The file with the class statement; None for a class of the SDK, or when there are several."""
        return self.definition.file.module.path if isinstance(self.definition, Scope) else None

    @property
    def span(self) -> Span | None:
        """Where that file names the class."""
        return self.definition.span if isinstance(self.definition, Scope) else None


class Resolution(Struct, frozen=True):
    """What the loader finds in a file.

    `certain` is found whichever way the file runs. `possible` may be found too. `doubts` say in plain words why there
    may be still more; while there are any, nothing can be concluded from what is absent.
    """

    certain: tuple[Found, ...] = ()
    possible: tuple[Found, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Certainly no subclass."""
        return not (self.certain or self.possible or self.doubts)

    @property
    def is_multiple(self) -> bool:
        """Certainly more than one subclass."""
        return len(self.certain) > 1

    @property
    def single(self) -> Found | None:
        """The one subclass, when it is certain that there is exactly one."""
        return self.certain[0] if len(self.certain) == 1 and not (self.possible or self.doubts) else None

    @property
    def is_known(self) -> bool:
        """Whether it is certain what the loader says: none, one or several."""
        return self.is_multiple or not (self.possible or self.doubts)


class Source(Struct, frozen=True):
    """The file that the SDK executes for a `source`, or why that cannot be told or cannot work.

    At most one of `path` and `doubt` is set. With neither, the SDK fails for want of a file.
    """

    path: str | None = None
    doubt: str | None = None
    #: It names a folder, of which Python makes a package without any class.
    is_folder: bool = False


def find_source(modules: Modules, source: str) -> Source:
    """What the SDK executes for the value of `source`, `provider_source` or an item of `model_sources`.

    The value becomes a module name (its suffix, whatever it is, goes; slashes become dots). That module is imported
    if there is one; otherwise the file itself is (`core/plugin_registration.py`, `core/utils/class_loader.py`).
    """
    known = modules.derived(_sources)
    if source not in known:
        known[source] = _find_source(modules, source)
    return known[source]


def _sources(_: Modules) -> dict[str, Source]:
    """Is filled as they are asked for."""
    return {}


def _find_source(modules: Modules, source: str) -> Source:
    path = PurePosixPath(source)
    if not path.name or path.is_absolute() or ".." in path.parts:
        return Source()
    # Dots that are left in the stem count as folders: without those folders the import system gives up.
    dotted = path.with_suffix("").as_posix().replace("/", ".")
    top = dotted.partition(".")[0]
    if modules.is_own(top) is None or top in STDLIB:
        return Source(doubt=f"an installed module is called {top} too")
    place = modules.locate(dotted)
    if place is not None and place.path is None:
        return Source(doubt=f"{dotted} is a folder", is_folder=True)
    return Source(place.path) if place else Source()


def subclasses_in_module(modules: Modules, path: str, base: str) -> Resolution:
    """What the loader finds in the file `path` for the SDK class named `base` (a key of `sdk.CLASSES`)."""
    if base not in sdk.CLASSES:
        raise KeyError(base)
    module = modules.get(path)
    if module is None:
        return Resolution(doubts=("there is no such file",))
    scopes = scopes_of(modules)
    names = scopes.names(path)
    if names is None:
        return Resolution(doubts=(module.skipped or "it does not parse",))
    certain: list[Found] = []
    possible: list[Found] = []
    doubts = list(names.doubts)
    judge = _Judge(scopes, base)
    for name, alternatives in names.values.items():
        values = [item for value in alternatives for item in scopes.resolve(value)]
        verdicts = [judge.verdict(value) for value in values]
        if not any(verdict is not False for verdict in verdicts):
            continue
        classes = [value.sdk_class if isinstance(value, Outside) else value for value in values]
        known = tuple(
            cls for cls, verdict in zip(classes, verdicts, strict=True) if verdict and isinstance(cls, Scope | SdkClass)
        )
        if not known:
            doubts.append(f"it is not known what {name} is")
            continue
        (certain if all(verdicts) else possible).append(Found(name, known, names))
    return Resolution(tuple(certain), tuple(possible), tuple(doubts))


class _Judge:
    """Tells whether values are strict subclasses of one class of the SDK: True, False, or None for unknown."""

    def __init__(self, scopes: Scopes, base: str) -> None:
        self.scopes = scopes
        self.base = base
        self.known: dict[Scope, bool | None] = {}

    def verdict(self, value: Value) -> bool | None:
        return self.of_class(value) if _is_class(value) else self._of_other(value, strict=True)

    def _of_other(self, value: Value, *, strict: bool) -> bool | None:
        if isinstance(value, Outside):
            return _of_outside(value, self.base, strict)
        return None if value is Mark.UNKNOWN else False

    def of_class(self, cls: Scope) -> bool | None:
        # Post-order without recursion: hierarchies can be as deep as a file is long.
        stack: list[tuple[Scope, bool]] = [(cls, False)]
        open_: set[Scope] = set()
        while stack:
            current, expanded = stack.pop()
            if expanded:
                self.known[current] = self._combine(current)
                open_.discard(current)
            elif current not in self.known and current not in open_:
                open_.add(current)
                stack.append((current, True))
                values = (value for base in self.scopes.facts(current).bases for value in self.scopes.resolved(base))
                stack.extend((value, False) for value in values if _is_class(value))
        return self.known[cls]

    def _combine(self, cls: Scope) -> bool | None:
        unknown = False
        for base in self.scopes.facts(cls).bases:
            verdicts = [
                self.known.get(value) if _is_class(value) else self._of_other(value, strict=False)
                for value in self.scopes.resolved(base)
            ]
            if verdicts and all(verdicts):
                return True
            unknown = unknown or any(verdict is not False for verdict in verdicts) or not verdicts
        return None if unknown else False


def _is_class(value: Value) -> TypeGuard[Scope]:
    return isinstance(value, Scope) and value.is_class


@lru_cache(maxsize=4096)
def _of_outside(value: Outside, base: str, strict: bool) -> bool | None:
    """Whether something from outside the plugin is a subclass; most plugins import the same few things."""
    if value.is_module:
        return False
    known = value.sdk_class
    if known is not None:
        return (not strict and known.name == base) or sdk.is_strict_subclass(known.name, base)
    if value.dotted.startswith("dify_plugin."):
        return None if sdk.lookup(value.dotted) is sdk.Meaning.UNKNOWN else False
    return False if value.is_harmless else None


def missing_abstract(modules: Modules, found: Found) -> frozenset[str] | None:
    """The abstract methods that a class leaves without implementation, so that it cannot be instantiated.

    None when a class above it is not known well enough to tell.
    """
    answers = {_missing_abstract(modules, definition) for definition in found.definitions}
    return answers.pop() if len(answers) == 1 else None


def overrides(modules: Modules, found: Found, method: str, *, inherited: bool = True) -> bool | None:
    """Whether a class defines `method` itself, or a class of the plugin that it derives from does.

    With `inherited=False` only its own body counts. None when that cannot be told.
    """
    answers = {_overrides(modules, definition, method, inherited) for definition in found.definitions}
    return answers.pop() if len(answers) == 1 else None


def _missing_abstract(modules: Modules, definition: Definition) -> frozenset[str] | None:
    scopes = scopes_of(modules)
    order = _resolution_order(scopes, definition)
    if order is None:
        return None
    abstract: set[str] = set()
    decided: set[str] = set()
    for cls in order:
        if isinstance(cls, SdkClass):
            declared, implemented = set(cls.abstract), set(cls.concrete)
        elif isinstance(cls, Scope):
            members = _members(cls)
            if scopes.facts(cls).is_opaque or "*" in members:
                return None
            declared = {name for name, member in members.items() if member.abstract}
            implemented = set(members) - declared
        else:
            continue
        # What stands first in the order of resolution is what an attribute look-up finds.
        abstract |= declared - decided
        decided |= declared | implemented
    return frozenset(abstract)


def _overrides(modules: Modules, definition: Definition, method: str, inherited: bool) -> bool | None:
    if isinstance(definition, SdkClass):
        return False
    scopes = scopes_of(modules)
    if scopes.facts(definition).is_opaque and not inherited and method not in _members(definition):
        return None
    classes: Sequence[Definition | Outside] = [definition]
    if inherited:
        order = _resolution_order(scopes, definition)
        if order is None:
            own = _members(definition).get(method)
            return True if own and not own.conditional else None
        classes = order
    unknown = False
    for cls in classes:
        if not isinstance(cls, Scope):
            continue
        members = _members(cls)
        if method in members:
            return None if members[method].conditional else True
        unknown = unknown or scopes.facts(cls).is_opaque or "*" in members
    return None if unknown else False


class _Member(Struct, frozen=True):
    abstract: bool = False
    #: Defined in one branch only.
    conditional: bool = False


def _members(cls: Scope) -> dict[str, _Member]:
    """What a class body defines; `"*"` stands for more that is not known."""
    found: dict[str, _Member] = {name: _Member() for name in cls.file.patched}
    stack: list[tuple[ast.stmt, bool]] = [(node, False) for node in reversed(getattr(cls.node, "body", []))]
    while stack:
        node, conditional = stack.pop()
        inner: Iterable[ast.stmt] = ()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                abstract = any(
                    (last_name(d) or "").startswith("abstract") and (last_name(d) or "") in _ABSTRACT
                    for d in node.decorator_list
                )
                found[name] = _Member(abstract, conditional)
            case ast.ClassDef(name=name):
                found[name] = _Member(conditional=conditional)
            case ast.Assign(targets=targets):
                found.update((name, _Member(conditional=conditional)) for name in _stored(targets))
            case ast.AnnAssign(target=target, value=ast.expr()):
                found.update((name, _Member(conditional=conditional)) for name in _stored([target]))
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    found[alias.asname or alias.name.partition(".")[0]] = _Member(conditional=conditional)
            case ast.Expr(value=ast.Call()):
                found["*"] = _Member()
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                inner = [*node.body, *node.orelse]
            case ast.Try() | ast.TryStar():
                inner = [*node.body, *(n for h in node.handlers for n in h.body), *node.orelse, *node.finalbody]
            case ast.With() | ast.AsyncWith():
                stack.extend((child, conditional) for child in reversed(node.body))
            case ast.Match(cases=cases):
                inner = [child for case in cases for child in case.body]
            case _:
                pass
        stack.extend((child, True) for child in reversed(list(inner)))
    return found


_ABSTRACT: Final = frozenset({"abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod"})


def _stored(targets: Sequence[ast.expr]) -> Iterator[str]:
    for target in targets:
        for node in walk(target):
            if isinstance(node, ast.Name):
                yield node.id


def _resolution_order(scopes: Scopes, start: Definition) -> list[Definition | Outside] | None:
    """Python's method resolution order (C3), or None when a base is not known or the order has no solution."""
    parents: dict[Definition | Outside, list[Definition | Outside]] = {}
    finished: list[Definition | Outside] = []
    stack: list[tuple[Definition | Outside, bool]] = [(start, False)]
    while stack:
        cls, visited = stack.pop()
        if visited:
            finished.append(cls)
            continue
        if cls in parents:
            continue
        bases = _bases(scopes, cls)
        if bases is None or _is_long(scopes, cls, len(parents) + 1):
            return None
        parents[cls] = bases
        stack.append((cls, True))
        stack.extend((base, False) for base in bases)
    orders: dict[Definition | Outside, list[Definition | Outside]] = {}
    for cls in finished:
        bases = parents[cls]
        if any(base not in orders for base in bases):
            return None
        merged = orders[bases[0]] if len(bases) == 1 else _merge([*(list(orders[b]) for b in bases), list(bases)])
        if merged is None:
            return None
        orders[cls] = [cls, *merged]
    return orders[start]


def _is_long(scopes: Scopes, cls: Definition | Outside, count: int) -> bool:
    path = cls.file.module.path if isinstance(cls, Scope) else None
    return path is not None and scopes.modules.account.exceeds(MAX_ANCESTORS, path, count)


def _bases(scopes: Scopes, cls: Definition | Outside) -> list[Definition | Outside] | None:
    if isinstance(cls, Outside):
        return []
    if isinstance(cls, SdkClass):
        return [sdk.CLASSES[name] for name in cls.bases]
    found: list[Definition | Outside] = []
    for alternatives in scopes.facts(cls).bases:
        values = scopes.resolved(alternatives)
        if len(values) != 1:
            return None
        base = values[0]
        if _is_class(base):
            found.append(base)
            continue
        if not isinstance(base, Outside):
            return None
        known = base.sdk_class
        if known is not None:
            found.append(known)
        elif (top := base.dotted.partition(".")[0]) in STDLIB or top == "builtins" or sdk_other(base):
            # `object` and `Generic` come last in any order, and none of these define what plugins implement.
            if base.dotted.rpartition(".")[2] not in {"object", "Generic", "Protocol", "ABC"}:
                found.append(base)
        else:
            return None
    return found


def sdk_other(value: Outside) -> bool:
    """Whether a name of the SDK certainly stands for something that is not a class of `sdk.CLASSES`."""
    return value.dotted.startswith("dify_plugin.") and sdk.lookup(value.dotted) is sdk.Meaning.OTHER


def _merge(sequences: list[list[Definition | Outside]]) -> list[Definition | Outside] | None:
    merged: list[Definition | Outside] = []
    while sequences := [sequence for sequence in sequences if sequence]:
        for sequence in sequences:
            head = sequence[0]
            if not any(head in other[1:] for other in sequences):
                break
        else:
            return None
        merged.append(head)
        for sequence in sequences:
            if sequence[0] == head:
                del sequence[0]
    return merged
