"""The names of a file by scope, and where they lead: the one reading that everything else asks.

`Scopes` belongs to the files of a plugin; `file_at(path)` reads a file once into a `File`:

- `top` and `by_node`: a `Scope` for the module and for each class, function and lambda, with the values its names are
  given (`names`), its imports, and for a class the values of its attributes and of what its methods return.
- `bound`: what the module itself binds, in source order.
- `parents`: the node around each node. `names`, `attributes` and `calls`: those nodes with the scope they stand in,
  in source order. `strings`: every string constant.

`Scopes.names` follows what a module binds in its order, and keeps the `Alternatives` of each name once the module has
been imported: one for each way through the `if` and `try` around it. Where something is computed, only one thing
matters: whether it could be a class that derives from one of the SDK. In a function nothing is known of the order:
there a name has one value, or is not known.

Questions are `dotted` (the name from outside the plugin that an expression stands for), `Scopes.definition` (the
function or class of the plugin, in whichever file), `Scopes.written` (the value of a variable of another file) and
`Scopes.lineage` (a class and those it derives from). Each answers None where it cannot tell. Comprehensions have no
scope of their own here: their names count as names of the function around.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from enum import Enum, IntEnum, auto
from itertools import groupby, islice
from typing import Any, Final, TypeAlias, TypeVar, cast

from msgspec import Struct, field

from bot.findings import Span
from bot.limits import Account, Limit
from bot.python import sdk
from bot.python.distributions import KNOWN_IMPORTS
from bot.python.module import CODE_RULES, STDLIB, Module, Modules
from bot.python.nodes import children, is_suppress, last_name, static_truth, walk
from bot.python.sdk import SdkClass

#: Names that stand for names that stand for names … are followed this far, also through files.
MAX_DEPTH: Final = Limit(
    12, "has a name that stands for another, over more than {n:,} steps, and is not followed", *CODE_RULES
)
_CLASS_RULES: Final = ("python/missing-class", "python/missing-model-class", "python/several-classes")
#: Files that import each other are followed this deep.
MAX_FILES: Final = Limit(40, "is more than {n:,} imports away from what Dify loads, and is not followed", *_CLASS_RULES)
#: Names that pass through files are followed this far.
MAX_NAMES: Final = Limit(40, "has a name that stands for more than {n:,} others, and is not followed", *_CLASS_RULES)
#: No more names are looked at in one plugin to tell what functions give and what is imported as a whole.
MAX_NAME_STEPS: Final = Limit(
    200_000, "is not followed: it takes more than {n:,} steps to tell what names stand for", *_CLASS_RULES
)
#: Hierarchies with more classes than this are not followed.
MAX_LINEAGE: Final = Limit(
    50, "has a class with more than {n:,} base classes in the plugin, and is not followed", *CODE_RULES
)

_Nodes: TypeAlias = list[ast.AST]
Values: TypeAlias = "list[tuple[ast.expr | None, Scope]]"
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class Imported(Struct, frozen=True):
    """What an import statement binds: `from .module import name`; no `name` for `import module`."""

    module: str
    level: int = 0
    name: str | None = None

    @property
    def dotted(self) -> str:
        """The name from outside the plugin; empty for a relative import."""
        if self.level:
            return ""
        return f"{self.module}.{self.name}" if self.name else self.module


class Bound(Struct, eq=False):
    """One binding of a name by the module itself, and not by a class or function in it."""

    name: str
    #: The name, the alias of an import (`name` is `*` for everything), or the definition.
    node: ast.AST
    #: None for what is bound in another way than by an assignment, an import or a definition.
    value: ast.expr | Imported | Scope | None


_T = TypeVar("_T")


class Scope(Struct, eq=False):
    """A module, class, function or lambda, and what is bound in it."""

    file: File
    node: ast.AST
    parent: Scope | None = None
    #: The class around a method, and what the method calls its instance.
    owner: Scope | None = None
    self_name: str | None = None
    #: In their order, without `*rest` and `**rest`.
    parameters: dict[str, ast.arg] = field(default_factory=dict)
    #: The values a name is given; None for what is bound in another way than by an assignment.
    names: defaultdict[str, list[ast.expr | None]] = field(default_factory=lambda: defaultdict(list))
    imports: dict[str, list[Imported]] = field(default_factory=dict)
    #: Names that a `global` or `nonlocal` statement makes another scope's.
    outer: set[str] = field(default_factory=set)
    classes: dict[str, Scope] = field(default_factory=dict)
    functions: dict[str, Scope] = field(default_factory=dict)
    #: A function, or one in it, that imports.
    has_imports: bool = False
    #: Of a class: the values its attributes are given, and the values its methods return, each with the scope to
    #: read it in. A property is an attribute with the values that it returns.
    attributes: defaultdict[str, Values] = field(default_factory=lambda: defaultdict(list))
    returns: defaultdict[str, Values] = field(default_factory=lambda: defaultdict(list))
    #: Of a function: its own `yield` and `yield from`, without those of functions in it.
    yields: list[ast.Yield | ast.YieldFrom] = field(default_factory=list)

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef)

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "")

    @property
    def span(self) -> Span:
        """The name of the definition; the start of the file for the module."""
        node = self.node
        module = self.file.module
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return module.span_of_name(node)
        return module.span(node)

    @property
    def decorators(self) -> frozenset[str]:
        """The last names of what decorates it."""
        return frozenset(last_name(_function_of(item)) or "" for item in self.decorator_nodes)

    @property
    def decorator_nodes(self) -> Sequence[ast.expr]:
        return getattr(self.node, "decorator_list", ())

    def around(self) -> Iterator[Scope]:
        """The scope and those around it, from the inside outwards."""
        where: Scope | None = self
        while where is not None:
            yield where
            where = where.parent

    def binds(self, name: str) -> bool:
        return name in self.parameters or name in self.names or name in self.imports

    def binder(self, name: str) -> Scope | None:
        """The scope whose variable a name is that is read here: this one, or one around it that is not a class."""
        where: Scope | None = self
        while where is not None:
            if (name in where.names or name in where.parameters or name in where.imports) and (
                where is self or not where.is_class
            ):
                return where
            where = where.parent
        return None


class File(Struct, eq=False):
    """One file that parses."""

    module: Module
    tree: ast.Module
    #: What is not followed.
    account: Account
    by_node: dict[ast.AST, Scope] = field(default_factory=dict)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    #: Names that are read.
    names: list[tuple[ast.Name, Scope]] = field(default_factory=list)
    #: The outermost attributes of chains that are read: `a.b.c`, and not `a.b` in it.
    attributes: list[tuple[ast.Attribute, Scope]] = field(default_factory=list)
    #: The attributes that are set or deleted.
    stores: list[tuple[ast.Attribute, Scope]] = field(default_factory=list)
    calls: list[tuple[ast.Call, Scope]] = field(default_factory=list)
    strings: list[tuple[ast.Constant, str]] = field(default_factory=list)
    #: What the module itself binds, in source order.
    bound: list[Bound] = field(default_factory=list)
    #: Attributes that the module sets on something (`Tool.method = function`), and `*` for any.
    patched: set[str] = field(default_factory=set)
    _texts: dict[ast.AST, frozenset[str]] = field(default_factory=dict)
    _names: dict[ast.AST, tuple[str, ...]] = field(default_factory=dict)
    _leaves: dict[ast.If, bool] = field(default_factory=dict)
    _reads: dict[tuple[Scope, str], list[ast.Name]] | None = None
    _calls: dict[Scope, list[tuple[ast.Call, Scope]]] | None = None
    _free: dict[Scope, set[str]] | None = None
    _stored: dict[Scope, set[str]] | None = None
    _derived: dict[object, Any] = field(default_factory=dict)

    @property
    def top(self) -> Scope:
        return self.by_node[self.tree]

    def derived(self, key: object, make: Callable[[File], _T]) -> _T:
        """What `make` makes of this file alone, made once."""
        if key not in self._derived:
            self._derived[key] = make(self)
        return cast(_T, self._derived[key])

    def stored(self, function: Scope) -> Set[str]:
        """The names of the attributes that a function sets or deletes, of whatever."""
        if self._stored is None:
            self._stored = defaultdict(set)
            for attribute, where in self.stores:
                for scope in where.around():
                    self._stored[scope].add(attribute.attr)
        return self._stored.get(function, frozenset())

    def statement(self, node: ast.AST) -> ast.AST:
        """The statement that a node is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, from the inside outwards."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope a node stands in; what stands in the head of a definition stands outside of it."""
        for parent in self.around(node):
            inside = (
                node is getattr(parent, "body", None) if isinstance(parent, ast.Lambda) else isinstance(node, ast.stmt)
            )
            if inside and parent in self.by_node:
                return self.by_node[parent]
            node = parent
        return self.top

    def free_names(self, function: Scope) -> set[str]:
        """The names that a function reads from the module, in its defaults and in functions inside it too."""
        if self._free is None:
            self._free = defaultdict(set)
            for node, where in self.names:
                for scope in where.around():
                    if scope.binds(node.id) and (scope is where or not scope.is_class):
                        break
                    self._free[scope].add(node.id)
        arguments = getattr(function.node, "args", None)
        defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)] if arguments is not None else []
        return self._free[function].union(*map(self.names_in, defaults))

    def leaves(self, condition: ast.If) -> bool:
        """Whether the function is left, or fails, somewhere in what is done if a condition holds."""
        if condition not in self._leaves:
            nodes = (node for statement in condition.body for node in walk(statement))
            self._leaves[condition] = any(isinstance(node, ast.Raise | ast.Return) for node in nodes)
        return self._leaves[condition]

    def texts_in(self, node: ast.AST) -> frozenset[str]:
        """The string constants in a node."""
        if node not in self._texts:
            constants = (item.value for item in walk(node) if isinstance(item, ast.Constant))
            self._texts[node] = frozenset(value for value in constants if isinstance(value, str))
        return self._texts[node]

    def names_in(self, node: ast.AST) -> tuple[str, ...]:
        """The names in a node, each once."""
        if node not in self._names:
            self._names[node] = tuple(dict.fromkeys(item.id for item in walk(node) if isinstance(item, ast.Name)))
        return self._names[node]

    def calls_in(self, function: Scope) -> Sequence[tuple[ast.Call, Scope]]:
        """The calls in a function, those in functions inside it too."""
        if self._calls is None:
            self._calls = defaultdict(list)
            for call, scope in self.calls:
                for around in scope.around():
                    if around is not self.top:
                        self._calls[around].append((call, scope))
        return self._calls.get(function, ())

    def reads(self, scope: Scope, name: str) -> Sequence[ast.Name]:
        """Where a variable of a scope is read, in the scope and in the functions inside it."""
        if self._reads is None:
            self._reads = defaultdict(list)
            for node, where in self.names:
                binder = where.binder(node.id)
                if binder is not None:
                    self._reads[binder, node.id].append(node)
        return self._reads.get((scope, name), ())


# What names stand for


class Mark(Enum):
    """Values that are neither a module nor a class or function of the plugin."""

    __hash__ = object.__hash__  # Enum's own is in Python.

    #: Nothing reached from it is a class that derives from one of the SDK.
    OTHER = auto()
    #: No class itself, but one may be reached from it: a list of tools, an instance of one.
    HOLDER = auto()
    #: Anything.
    UNKNOWN = auto()
    #: The name may not be bound at all.
    UNBOUND = auto()


class Outside(Struct, frozen=True):
    """A module outside the plugin, or a member of one."""

    dotted: str
    is_module: bool = False

    @property
    def is_harmless(self) -> bool:
        """Whether neither the thing nor what is reached from it can derive from a class of the SDK."""
        top = self.dotted.partition(".")[0]
        if top == "dify_plugin":
            return self.dotted != top and sdk.lookup(self.dotted) is sdk.Meaning.OTHER
        if top == "builtins":
            return self.dotted.rpartition(".")[2] not in _DYNAMIC_BUILTINS
        return (top in STDLIB and top not in _DYNAMIC_MODULES) or top in KNOWN_IMPORTS

    @property
    def sdk_class(self) -> SdkClass | None:
        """The class of the SDK that it certainly is."""
        found = sdk.lookup(self.dotted) if self.dotted.startswith("dify_plugin.") else None
        return found if isinstance(found, SdkClass) else None


class Own(Struct, frozen=True):
    """A module or package of the plugin."""

    dotted: str


class Ref(Struct, frozen=True):
    """What the file `path` of the plugin calls `name`: files may import each other in circles."""

    path: str
    name: str


Value: TypeAlias = Mark | Outside | Own | Ref | Scope
#: What a name may stand for, without repetition: one for each way through the `if` and `try` around it.
Alternatives: TypeAlias = tuple[Value, ...]

_UNKNOWN: Final[Alternatives] = (Mark.UNKNOWN,)
_OTHER: Final[Alternatives] = (Mark.OTHER,)
_UNBOUND: Final[Alternatives] = (Mark.UNBOUND,)
#: More alternatives than this are not told apart: they are unknown.
MAX_ALTERNATIVES: Final = 16
#: Expressions in expressions are looked at this deep.
MAX_NESTING: Final = 8

_BUILTINS: Final = frozenset({*dir(builtins), "__file__", "__path__"})
#: Calls of these may give any class that exists.
_DYNAMIC_BUILTINS: Final = frozenset({"eval", "exec", "globals", "locals", "vars", "__import__", "compile"})
_DYNAMIC_MODULES: Final = frozenset({"importlib", "pkgutil", "pydoc", "runpy", "pickle", "marshal", "gc"})
#: Decorators that give back the class they are given, or one with the same bases.
_TRANSPARENT: Final = frozenset(
    {"dataclass", "final", "runtime_checkable", "total_ordering", "unique", "deprecated", "override"}
)


class ClassFacts(Struct, frozen=True):
    """What a class statement says of the class."""

    #: For each base its alternatives, as they were when the class statement was executed.
    bases: tuple[Alternatives, ...] = (_UNKNOWN,)
    #: A decorator or a metaclass may make it another class, or give it other methods.
    is_opaque: bool = True


class Names(Struct):
    """What the names of a module stand for once it has been imported."""

    file: File
    values: dict[str, Alternatives] = field(default_factory=dict)
    #: Where each name was last bound.
    places: dict[str, ast.AST] = field(default_factory=dict)
    #: Why there may be further names, in plain words.
    doubts: dict[str, None] = field(default_factory=dict)
    #: It imports everything from elsewhere, so that any name may be bound, though to nothing of interest.
    is_open: bool = False
    #: What functions bind anew (`global`) to something that is not a constant.
    rebound: frozenset[str] = frozenset()

    def alternatives(self, name: str) -> Alternatives:
        """What a name stands for that is read now."""
        found = self.values.get(name)
        if name in self.rebound:
            return _union([found or (), _UNKNOWN])
        if found is not None:
            return found
        is_builtin = name in _BUILTINS and not self.is_open
        return (Outside(f"builtins.{name}"),) if is_builtin else _UNKNOWN

    def may_bind(self, name: str) -> bool:
        return any(value is not Mark.UNBOUND for value in self.values.get(name, ()))

    @property
    def public(self) -> tuple[Sequence[str], bool]:
        """The names that `from module import *` takes, and whether that is certain."""
        displays = self.file.top.names.get("__all__")
        if displays is None and "__all__" not in self.values:
            return [name for name in self.values if not name.startswith("_")], True
        display = displays[0] if displays and len(displays) == 1 else None
        items = display.elts if isinstance(display, ast.List | ast.Tuple) else ()
        texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        is_read = any(name.id == "__all__" for name, _ in self.file.names)
        if not items or len(texts) < len(items) or is_read:
            return list(self.values), False
        return texts, True


class _Chance(IntEnum):
    """Whether a statement of a module is executed when the module is imported."""

    SURE = 0
    MAYBE = 1
    REPEATED = 2
    NEVER = 3


def _union(several: Iterable[Iterable[Value]]) -> Alternatives:
    found = dict.fromkeys(value for alternatives in several for value in alternatives)
    return tuple(found) if len(found) <= MAX_ALTERNATIVES else _UNKNOWN


def is_deep(scope: Scope, depth: int) -> bool:
    """Whether a name of a scope is not followed any further."""
    return scope.file.account.exceeds(MAX_DEPTH, scope.file.module.path, depth)


class Scopes:
    """The files of a plugin by scope, read when they are first asked for."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._files: dict[str, File | None] = {}
        self._lineages: dict[Scope, tuple[list[Scope], tuple[str, ...] | None]] = {}
        self._instances: dict[tuple[Scope, str, bool], Scope | None] = {}
        self._names: dict[str, Names | None] = {}
        #: What is known of class statements, filled by `names`: see `facts`.
        self.classes: dict[Scope, ClassFacts] = {}
        #: How many files import the one that is being worked out.
        self._imports = 0
        self._name_steps = 0
        #: How much has been looked at for `reads.is_guarded`.
        self.steps = 0
        #: The keys that conditions have to do with, for the same, as thousands of reads may stand behind one.
        self.tested: dict[tuple[ast.expr, Scope], frozenset[str]] = {}
        self.written_in: dict[tuple[ast.expr, Scope], frozenset[str]] = {}
        #: What functions refuse to go on without, likewise.
        self.refused: dict[Scope, frozenset[str] | None] = {}

    def file_at(self, path: str) -> File | None:
        """None for a file that does not exist or does not parse."""
        if path not in self._files:
            module = self.modules.get(path)
            file = self._files[path] = module.derived(_read) if module is not None else None
            if file is not None:
                file.account = self.modules.account
        return self._files[path]

    def let_go(self) -> None:
        """Takes the files apart, and the modules, all of which are of no use afterwards.

        They refer to each other in circles, which take the collector six times as long to find.
        """
        for file in filter(None, self._files.values()):
            for scope in file.by_node.values():
                del scope.file, scope.parent, scope.owner, scope.attributes
            del file.module
        vars(self.modules).clear()

    def definition(self, node: ast.expr, scope: Scope, depth: int = 0) -> Scope | None:
        """The function or class of the plugin that an expression certainly stands for."""
        found = self.resolved(self.meaning(node, scope, depth))
        return found[0] if len(found) == 1 and isinstance(found[0], Scope) else None

    def meaning(self, node: ast.expr, scope: Scope, depth: int = 0) -> Alternatives:
        """What an expression may stand for in a scope, once the module has been imported."""
        if is_deep(scope, depth):
            return _UNKNOWN
        if isinstance(node, ast.Attribute):
            owners = self.resolved(self.meaning(node.value, scope, depth + 1))
            return _union(self.attribute(owner, node.attr) for owner in owners)
        binder = scope.binder(node.id) if isinstance(node, ast.Name) else None
        if binder is None and "*" in scope.file.top.imports:
            binder = scope.file.top  # `from module import *` binds it, if anything does.
        if not isinstance(node, ast.Name) or binder is None or node.id in binder.parameters:
            return _UNKNOWN
        if binder.parent is None:
            names = self.names(binder.file.module.path)
            return names.values.get(node.id, _UNKNOWN) if names is not None else _UNKNOWN
        # In a function nothing is known of the order: a name has one value, or is not known.
        imports, values = binder.imports.get(node.id, []), binder.names.get(node.id, [])
        if len(imports) + len(values) != 1:
            return _UNKNOWN
        if imports:
            return self.of_import(imports[0], binder.file.module)
        if values[0] is not None:
            return self.meaning(values[0], binder, depth + 1)
        made = binder.functions.get(node.id) or binder.classes.get(node.id)
        return (made,) if made is not None else _UNKNOWN

    def written(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """The one value that a variable of another file of the plugin is given, and the scope to read it in."""
        found = self.meaning(node, scope)
        for _ in range(MAX_DEPTH.most):
            ref = found[0] if len(found) == 1 else None
            names = self.names(ref.path) if isinstance(ref, Ref) else None
            if names is None or not isinstance(ref, Ref):
                return None
            top = names.file.top
            values = top.names.get(ref.name, [])
            if values:
                return (values[0], top) if len(values) == 1 and values[0] is not None else None
            found = names.values.get(ref.name, ())
        return None

    def member(self, cls: Scope, name: str, depth: int = 0) -> Scope | None:
        """The method or nested class that a class of the plugin has by a name, its own or a base's."""
        for each in self.lineage(cls)[0] if not is_deep(cls, depth) else ():
            if name in each.functions or name in each.classes:
                return each.functions.get(name) or each.classes[name]
            if name in each.attributes:
                return None
        return None

    def lineage(self, cls: Scope) -> tuple[list[Scope], tuple[str, ...] | None]:
        """The class and those of the plugin that it derives from, the class first, and the bases from elsewhere.

        The second part has the dotted names of these bases; None when one is not known, or may be replaced.
        """
        if cls not in self._lineages:
            self._lineages[cls] = self._lineage(cls)
        return self._lineages[cls]

    def _lineage(self, cls: Scope) -> tuple[list[Scope], tuple[str, ...] | None]:
        found: list[Scope] = []
        outside: list[str] = []
        complete = True
        pending = deque([cls])
        while pending:
            current = pending.popleft()
            if current in found:
                continue
            found.append(current)
            if self.modules.account.exceeds(MAX_LINEAGE, current.file.module.path, len(found)):
                return found, None
            facts = self.facts(current)
            complete = complete and not facts.is_opaque
            for base in map(self.resolved, facts.bases):
                match base:
                    case (Scope(is_class=True) as own,):
                        pending.append(own)
                    case (Outside(dotted=name),):
                        outside.append(name.removeprefix("builtins."))
                    case _:
                        complete = False
        return found, tuple(outside) if complete else None

    def instance(self, node: ast.expr, scope: Scope) -> Scope | None:
        """The class of the plugin that every value of a variable or attribute is an instance of."""
        if isinstance(node, ast.Name):
            owner, name = scope.binder(node.id), node.id
            if owner is None or name in owner.parameters or name in owner.imports:
                return None
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner, name = instance_class(node.value.id, scope), node.attr
            if owner is None:
                return None
        else:
            return None
        key = owner, name, isinstance(node, ast.Attribute)
        if key not in self._instances:
            if isinstance(node, ast.Name):
                values: Values = [(value, owner) for value in owner.names.get(name, ())]
            else:
                values = owner.attributes.get(name, [])
            self._instances[key] = self._made(values)
        return self._instances[key]

    def _made(self, values: Values) -> Scope | None:
        found: set[Scope] = set()
        for value, where in values:
            if isinstance(value, ast.Constant) and value.value is None:
                continue
            made = self.definition(value.func, where) if isinstance(value, ast.Call) else None
            if made is None or not made.is_class:
                return None
            found.add(made)
        return found.pop() if len(found) == 1 else None

    # What the names of a module stand for

    def names(self, path: str) -> Names | None:
        """None when the file does not parse, or imports itself through others and is still being worked out."""
        if path in self._names:
            return self._names[path]
        file = self.file_at(path)
        if file is None or self.modules.account.exceeds(MAX_FILES, path, self._imports + 1):
            return None
        self._names[path] = None
        self._imports += 1
        names, classes = self.modules.of_file(_imported, path)
        self._names[path] = names
        self.classes |= classes
        self._imports -= 1
        # What was asked on the way may be known whole now.
        self._lineages.clear()
        return names

    def is_tired(self, file: File, names: int) -> bool:
        """Whether too many names have been looked at in the plugin, with these for a file."""
        self._name_steps += names + 1
        return self.modules.account.exceeds(MAX_NAME_STEPS, file.module.path, self._name_steps)

    def facts(self, cls: Scope) -> ClassFacts:
        """What the statement of a class says, where it is a statement of a module."""
        self.names(cls.file.module.path)
        return self.classes.get(cls, ClassFacts())

    def resolve(self, value: Value) -> Alternatives:
        """The value with references to other files of the plugin followed: never a `Ref`."""
        if not isinstance(value, Ref):
            return (value,)
        found: dict[Value, None] = {}
        seen: set[Ref] = set()
        pending: list[Value] = [value]
        while pending:
            current = pending.pop()
            if not isinstance(current, Ref):
                found[current] = None
            elif current in seen or self.modules.account.exceeds(MAX_NAMES, value.path, len(seen) + 1):
                found[Mark.UNKNOWN] = None
            else:
                seen.add(current)
                pending += reversed(self._member(current))
        return tuple(found)

    def resolved(self, alternatives: Alternatives) -> Alternatives:
        """The alternatives without references. A name that is not bound is an error, which ends the import."""
        if not any(value is Mark.UNBOUND or type(value) is Ref for value in alternatives):
            return alternatives
        return _union(self.resolve(value) for value in alternatives if value is not Mark.UNBOUND)

    def _member(self, ref: Ref) -> Alternatives:
        names = self.names(ref.path)
        if names is None:
            return _UNKNOWN
        bound = tuple(value for value in names.values.get(ref.name, ()) if value is not Mark.UNBOUND)
        module = names.file.module
        submodule = f"{module.name}.{ref.name}".lstrip(".")
        if not bound and module.is_package and self.modules.locate(submodule):
            return (Own(submodule),)
        return bound or _UNKNOWN

    def attribute(self, value: Value, name: str) -> Alternatives:
        """The alternatives of `value.name`."""
        match value:
            case Ref():
                return _union(self.attribute(item, name) for item in self.resolve(value))
            case Outside(dotted=dotted):
                return (Outside(f"{dotted}.{name}"),)
            case Own(dotted=dotted):
                place = self.modules.locate(dotted)
                if place is not None and place.path:
                    return (Ref(place.path, name),)
                return (Own(f"{dotted}.{name}"),) if self.modules.locate(f"{dotted}.{name}") else _UNKNOWN
            case Scope(is_class=True):
                found = self.member(value, name)
                return (found,) if found is not None else _UNKNOWN
            case Mark.OTHER:
                return _OTHER
            case _:
                return _UNKNOWN

    def of_import(self, imported: Imported, module: Module) -> Alternatives:
        """What an import statement of a module binds a name to."""
        if imported.name is None:
            return (self.imported(imported.module, module),)
        return self.attribute(self.origin(imported, module), imported.name)

    def origin(self, imported: Imported, module: Module) -> Outside | Own | Mark:
        """What `from … import` takes a name from."""
        return self.imported(self.modules.absolute(module, imported.module, imported.level), module)

    def imported(self, dotted: str | None, module: Module) -> Outside | Own | Mark:
        """What importing the module `dotted` gives to another."""
        own = self.modules.is_own(dotted) if dotted else None
        if own is None or dotted is None:
            return Mark.UNKNOWN
        if own:
            return Own(dotted) if self.modules.locate(dotted) else Mark.UNKNOWN
        # A file of that name elsewhere in the plugin may be meant, by way of a changed sys.path.
        top = dotted.partition(".")[0]
        if top in self.modules.own_names and top not in STDLIB and "sys.path" in module.text:
            return Mark.UNKNOWN
        return Outside(dotted, is_module=True)


class _Importing:
    """Follows what a module binds in its order: what its names stand for then."""

    def __init__(self, scopes: Scopes, file: File) -> None:
        self.scopes = scopes
        self.file = file
        self.names = Names(file)
        self.classes: dict[Scope, ClassFacts] = {}
        self.chances: dict[ast.AST, _Chance] = {}
        #: Whether the body of a `try` cannot fail, and whether it ends the import when it does.
        self.tries: dict[ast.AST, tuple[bool, bool]] = {}

    def run(self) -> Names:
        names = self.names
        late = list(self.late())
        names.rebound = frozenset(name for name, value in late if value is _UNKNOWN)
        for _, statement in groupby(self.file.bound, lambda bound: self.file.statement(bound.node)):
            # `A, B = B, A`: every value is there before the first name is bound.
            known = [(bound, chance) for bound in statement if (chance := self.chance(bound.node)) is not _Chance.NEVER]
            values = [self.value(bound, chance) for bound, chance in known]
            for (bound, chance), value in zip(known, values, strict=True):
                if bound.name == "*" and isinstance(bound.value, Imported):
                    self.star(bound, bound.value)
                else:
                    self.bind(bound.name, value, bound.node, is_sure=chance is _Chance.SURE)
        for name, value in late:
            names.values[name] = _union([names.values.get(name, _UNBOUND), value])
            names.places.setdefault(name, self.file.top.node)
        names.doubts |= dict.fromkeys(self.dynamic())
        return names

    def bind(self, name: str, value: Alternatives, place: ast.AST, *, is_sure: bool) -> None:
        before = () if is_sure else self.names.values.get(name, _UNBOUND)
        self.names.values[name] = _union([before, value])
        self.names.places[name] = place

    # Whether it is executed

    def chance(self, node: ast.AST) -> _Chance:
        path: list[ast.AST] = []
        while node not in self.chances and node in self.file.parents:
            path.append(node)
            node = self.file.parents[node]
        found = self.chances.get(node, _Chance.SURE)
        for child in reversed(path):
            found = max(found, self.chance_in(self.file.parents[child], child))
            self.chances[child] = found
        return found

    def chance_in(self, parent: ast.AST, child: ast.AST) -> _Chance:
        match parent:
            case ast.If(test=test, orelse=orelse):
                truth = static_truth(test)
                if truth is None:
                    return _Chance.MAYBE
                return _Chance.NEVER if truth is _is_in(child, orelse) else _Chance.SURE
            case ast.While(orelse=orelse) | ast.For(orelse=orelse) | ast.AsyncFor(orelse=orelse):
                return _Chance.MAYBE if _is_in(child, orelse) else _Chance.REPEATED
            case ast.Try() | ast.TryStar() if not _is_in(child, parent.finalbody):
                if parent not in self.tries:
                    self.tries[parent] = self.cannot_fail(parent.body), all(map(_leaves, parent.handlers))
                cannot_fail, is_fatal = self.tries[parent]
                if isinstance(child, ast.ExceptHandler):
                    return _Chance.NEVER if cannot_fail or _leaves(child) else _Chance.MAYBE
                return _Chance.SURE if cannot_fail or is_fatal else _Chance.MAYBE
            case ast.With(items=items) | ast.AsyncWith(items=items):
                return _Chance.MAYBE if any(is_suppress(item.context_expr) for item in items) else _Chance.SURE
            case ast.match_case() | ast.NamedExpr():
                return _Chance.MAYBE
            case _:
                return _Chance.SURE

    def cannot_fail(self, body: Sequence[ast.stmt]) -> bool:
        """Whether a `try` only imports from files that the plugin has."""
        modules = self.scopes.modules
        origins = (
            modules.absolute(self.file.module, node.module or "", node.level)
            if isinstance(node, ast.ImportFrom)
            else None
            for node in body
        )
        places = (modules.locate(origin) if origin and modules.is_own(origin) else None for origin in origins)
        return all(place is not None and place.path is not None for place in places)

    # Values

    def value(self, bound: Bound, chance: _Chance) -> Alternatives:
        match bound:
            case Bound(value=Scope(node=ast.ClassDef() as node) as scope):
                return self.define(scope, node, chance)
            case Bound(value=Scope() as scope):
                return (scope,) if all(map(self.is_clean, map(_function_of, scope.decorator_nodes))) else _UNKNOWN
            case Bound(node=ast.Name(ctx=ast.Del()) | ast.ExceptHandler()):
                return _UNBOUND
            case _ if chance is _Chance.REPEATED and bound.value is not None:
                # The names that it is made of may be those of an earlier round.
                return _UNKNOWN
            case Bound(value=Imported() as imported):
                return self.scopes.of_import(imported, self.file.module)
            case Bound(value=ast.expr() as value):
                return self.evaluate(value)
            case _:
                return self.part(self.file.statement(bound.node))

    def part(self, statement: ast.AST) -> Alternatives:
        """What a statement binds to parts of a value: a loop, a `with`, an unpacking."""
        heads: list[ast.expr] | None = None
        match statement:
            case ast.For(iter=head) | ast.AsyncFor(iter=head) | ast.Assign(value=head):
                heads = [head]
            case ast.With(items=items) | ast.AsyncWith(items=items):
                heads = [item.context_expr for item in items]
        is_known = heads is not None and self.chance(statement) is not _Chance.REPEATED
        return _OTHER if is_known and all(map(self.is_clean, heads or ())) else _UNKNOWN

    def define(self, scope: Scope, node: ast.ClassDef, chance: _Chance) -> Alternatives:
        if chance is _Chance.REPEATED:
            return (scope, Mark.UNKNOWN)
        bases = tuple(self.evaluate(_without_brackets(base)) for base in node.bases)
        is_replaced = not all(map(self.is_transparent, node.decorator_list))
        has_meta = any(word.arg == "metaclass" and not self.is_clean(word.value) for word in node.keywords)
        self.scopes.classes[scope] = self.classes[scope] = ClassFacts(bases, is_replaced or has_meta)
        return (scope, Mark.UNKNOWN) if is_replaced else (scope,)

    def is_transparent(self, decorator: ast.expr) -> bool:
        function = _function_of(decorator)
        return last_name(function) in _TRANSPARENT and self.is_clean(function)

    def evaluate(self, node: ast.expr, depth: int = 0) -> Alternatives:
        """The alternatives of an expression."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        found = self._evaluate(node, depth + 1) if depth < MAX_NESTING else _UNKNOWN
        for name in reversed(attributes):
            found = _union(self.scopes.attribute(value, name) for value in found if value is not Mark.UNBOUND)
        return found or _UNKNOWN

    def _evaluate(self, node: ast.expr, depth: int) -> Alternatives:
        match node:
            case ast.Name(id=name):
                return self.names.alternatives(name)
            case ast.IfExp(body=first, orelse=second):
                return _union(self.evaluate(each, depth) for each in (first, second))
            case ast.BoolOp(values=values):
                return _union(self.evaluate(each, depth) for each in values)
            case ast.Await() | ast.NamedExpr() | ast.Starred():
                return _UNKNOWN
            case _ if self.is_clean(node):
                return _OTHER
            case ast.Call(func=function):
                made = self.scopes.resolved(self.evaluate(function, depth))
                return (Mark.HOLDER,) if made and all(map(self.makes_instances, made)) else _UNKNOWN
            case ast.Subscript(value=value):
                # A generic alias is not a class.
                found = self.scopes.resolved(self.evaluate(value, depth))
                is_alias = all(isinstance(each, Outside) and (each.is_harmless or each.sdk_class) for each in found)
                return _OTHER if is_alias else _UNKNOWN
            case _:
                # Displays, comprehensions, functions and arithmetic are no classes, but may hold some.
                return (Mark.HOLDER,)

    def makes_instances(self, value: Value) -> bool:
        """Whether calling a value gives an instance of a class, and no class."""
        if isinstance(value, Outside):
            return value.sdk_class is not None
        facts = self.scopes.facts(value) if isinstance(value, Scope) else ClassFacts()
        return not facts.is_opaque and not any(Outside("builtins.type") in base for base in facts.bases)

    def is_clean(self, node: ast.expr) -> bool:
        """Whether nothing that an expression is made of leads to a class that derives from one of the SDK."""
        named = [item for item in walk(node) if isinstance(item, (ast.Name, ast.arg))]
        names = [item for item in named if isinstance(item, ast.Name)]
        arguments = {item.arg for item in named if isinstance(item, ast.arg)}
        own = arguments | {item.id for item in names if isinstance(item.ctx, ast.Store)}
        loaded = dict.fromkeys(item.id for item in names if item.id not in own)
        return self.are_clean(self.names.alternatives(name) for name in loaded)

    def are_clean(self, several: Iterable[Alternatives]) -> bool:
        pending = [value for alternatives in several for value in self.scopes.resolved(alternatives)]
        seen: set[Scope] = set()
        while pending:
            value = pending.pop()
            if isinstance(value, Scope) and value.is_function:
                # What it gives comes from its arguments and from the names it reads.
                names = self.names if value.file is self.file else self.scopes.names(value.file.module.path)
                free = value.file.free_names(value)
                if names is None or value.has_imports or self.scopes.is_tired(self.file, len(free)):
                    return False
                if value not in seen:
                    pending += (item for name in free for item in self.scopes.resolved(names.alternatives(name)))
                seen.add(value)
            elif value is not Mark.OTHER and not (isinstance(value, Outside) and value.is_harmless):
                return False
        return True

    # What is not seen in the order of the statements

    def late(self) -> Iterator[tuple[str, Alternatives]]:
        """The names that functions bind anew (`global`), with what they then stand for."""
        for scope in self.file.by_node.values():
            for name in sorted(scope.outer if scope.parent is not None else ()):
                if any(around.binds(name) for around in islice(scope.around(), 1, None) if around.parent is not None):
                    continue  # `nonlocal`
                constants = [isinstance(value, ast.Constant) for value in scope.names.get(name, ())]
                if constants or name in scope.imports:
                    yield name, _OTHER if all(constants) and name not in scope.imports else _UNKNOWN

    def dynamic(self) -> Iterator[str]:
        for node, scope in self.file.names:
            if node.id in {"globals", "exec", "locals", "vars"}:
                in_function = any(not around.is_class and around.parent is not None for around in scope.around())
                if node.id == "globals" or not in_function:
                    yield f"it uses {node.id}()"
        if "sys.modules" in self.file.module.text:
            yield "it uses sys.modules"

    def star(self, bound: Bound, imported: Imported) -> None:
        source = self.scopes.origin(imported, self.file.module)
        if isinstance(source, Outside):
            for name in sorted(sdk.EXPORTS.get(source.dotted, ())):
                if not name.startswith("_"):
                    self.bind(name, (Outside(f"{source.dotted}.{name}"),), bound.node, is_sure=True)
            if source.dotted not in sdk.EXPORTS:
                self.names.is_open = True
                if not source.is_harmless:
                    self.doubt_everything_from(source.dotted)
            return
        place = self.scopes.modules.locate(source.dotted) if isinstance(source, Own) else None
        names = self.scopes.names(place.path) if place is not None and place.path else None
        if names is None or self.scopes.is_tired(self.file, len(names.values)):
            self.names.is_open = True
            self.doubt_everything_from(imported.module)
            return
        public, is_known = names.public
        self.names.is_open |= names.is_open or not is_known
        if names.doubts or not is_known:
            self.doubt_everything_from(imported.module)
        for name in public:
            is_sure = is_known and Mark.UNBOUND not in names.values.get(name, _UNBOUND)
            self.bind(name, (Ref(names.file.module.path, name),), bound.node, is_sure=is_sure)

    def doubt_everything_from(self, module: str) -> None:
        self.names.doubts[f"it imports everything from {module or 'a package of the plugin'}"] = None


def _imported(modules: Modules, path: str) -> tuple[Names, dict[Scope, ClassFacts]]:
    """What the names of a file stand for, and what the statements of its classes say.

    Raises `KeyError` for a file that does not parse.
    """
    scopes = scopes_of(modules)
    file = scopes.file_at(path)
    if file is None:
        raise KeyError(path)
    importing = _Importing(scopes, file)
    return importing.run(), importing.classes


def _function_of(decorator: ast.expr) -> ast.expr:
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def _without_brackets(base: ast.expr) -> ast.expr:
    """`class A(Base[T])` derives from `Base`."""
    while isinstance(base, ast.Subscript):
        base = base.value
    return base


def _is_in(node: ast.AST, block: Sequence[ast.stmt]) -> bool:
    """Whether a statement is one of a block: by its place, as blocks are long."""
    if not block or not isinstance(node, ast.stmt):
        return False
    first, last = block[0], block[-1]
    return (first.lineno, first.col_offset) <= (node.lineno, node.col_offset) <= (last.lineno, last.col_offset)


def _leaves(handler: ast.ExceptHandler) -> bool:
    """Whether a handler ends the import of the module, or the program."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise):
        return True
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and last_name(call.func) in {"exit", "_exit", "quit"}


def scopes_of(modules: Modules) -> Scopes:
    """The scopes of a plugin's files, shared by everything that asks."""
    return modules.derived(Scopes)


def dotted(node: ast.expr | None, scope: Scope) -> str | None:
    """The dotted name of something imported from outside the plugin, or None; empty parts for relative imports."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    binder = scope.binder(node.id) if isinstance(node, ast.Name) else None
    if not isinstance(node, ast.Name) or binder is None or node.id in binder.names or node.id in binder.parameters:
        return None
    return ".".join([binder.imports[node.id][-1].dotted, *reversed(attributes)])


def instance_class(name: str, scope: Scope) -> Scope | None:
    """The class whose instance `name` is, as the first parameter of a method around."""
    binder = scope.binder(name)
    return binder.owner if binder is not None and name == binder.self_name else None


def _read(module: Module) -> File | None:
    """None for a file that does not parse."""
    return read(module, module.tree, Account()) if module.tree is not None else None


def read(module: Module, tree: ast.Module, account: Account) -> File:
    """Reads a file in one walk through its syntax tree."""
    file = File(module, tree, account)
    scope = file.by_node[tree] = Scope(file, tree)
    parents = file.parents
    parents.update(dict.fromkeys(tree.body, tree))
    #: The nodes of one scope, the next one last; and what comes after them, with the scope that it is read in.
    stack: _Nodes = [*reversed(tree.body)]
    later: list[tuple[_Nodes, Scope]] = []
    # What there is most of comes first.
    while stack or later:
        if not stack:
            stack, scope = later.pop()
            continue
        node = stack.pop()
        if type(node) is ast.Name:
            if type(node.ctx) is ast.Load:
                file.names.append((node, scope))
            continue
        if type(node) is ast.Constant:
            if type(node.value) is str:
                file.strings.append((node, node.value))
            continue
        if type(node) is ast.Attribute:
            if type(node.ctx) is not ast.Load:
                file.stores.append((node, scope))
            elif type(parents[node]) is not ast.Attribute:
                file.attributes.append((node, scope))
        elif type(node) is ast.Call:
            file.calls.append((node, scope))
            if scope.parent is None and last_name(node.func) == "setattr":
                file.patched.add("*")
        elif type(node) in _TELLING:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                    head, body = _class(node, scope) if isinstance(node, ast.ClassDef) else _function(node, scope)
                    parents.update(dict.fromkeys((*head, *body), node))
                    later += [(stack, scope), (body[::-1], file.by_node[node])]
                    stack = head[::-1]
                    continue
                case ast.Return():
                    if scope.owner is not None:
                        scope.owner.returns[scope.name].append((node.value, scope))
                case ast.Yield() | ast.YieldFrom():
                    scope.yields.append(node)
                case _:
                    _bind(node, scope)
        inside = children(node)
        for child in inside:
            parents[child] = node
        inside.reverse()
        stack += inside
    return file


def _class(node: ast.ClassDef, scope: Scope) -> tuple[_Nodes, _Nodes]:
    """The children of a class: those that are read in the scope around it, and those in its own."""
    scope.names[node.name].append(None)
    inner = scope.classes[node.name] = scope.file.by_node[node] = Scope(scope.file, node, scope)
    _record(node.name, node, inner, scope)
    return [*node.decorator_list, *node.bases, *node.keywords], [*node.body]


def _function(node: FunctionNode | ast.Lambda, scope: Scope) -> tuple[_Nodes, _Nodes]:
    """The children of a function: those that are read in the scope around it, and those in its own."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    inner = Scope(scope.file, node, scope, parameters={argument.arg: argument for argument in every})
    scope.file.by_node[node] = inner
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            inner.names[rest.arg].append(None)
    outside: list[ast.AST] = [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
    if isinstance(node, ast.Lambda):
        return outside, [node.body]
    scope.functions[node.name] = inner
    _record(node.name, node, inner, scope)
    decorators = {last_name(decorator) for decorator in node.decorator_list}
    if scope.is_class:
        inner.owner = scope
        if every and "staticmethod" not in decorators:
            inner.self_name = every[0].arg
        if decorators & {"property", "cached_property"}:
            # Shared, so that it has what the body returns once that has been read.
            scope.attributes[node.name] = scope.returns[node.name]
    else:
        scope.names[node.name].append(None)
    return [*outside, *node.decorator_list], [*node.body]


#: `type Name = …`, which Python 3.11 does not know.
_TYPE_ALIAS: Final[tuple[type[ast.AST], ...]] = tuple(filter(None, [getattr(ast, "TypeAlias", None)]))
#: The nodes that give names values.
_BINDING: Final[frozenset[type[ast.AST]]] = frozenset(
    {ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor, ast.comprehension, ast.withitem}
    | {ast.ExceptHandler, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Delete}
    | {ast.MatchAs, ast.MatchStar, ast.MatchMapping, *_TYPE_ALIAS}
)
#: The nodes that `read` does more with than to go on below.
_TELLING: Final = _BINDING | {
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Return, ast.Yield, ast.YieldFrom)
}


def _bind(node: ast.AST, scope: Scope) -> None:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _assign(target, value, scope)
        case ast.AnnAssign(target=target, value=value):
            if value is not None:
                _assign(target, value, scope)
        case ast.NamedExpr(target=target, value=value):
            _assign(target, value, scope)
        case ast.For(target=target) | ast.AsyncFor(target=target) | ast.withitem(optional_vars=ast.expr() as target):
            _assign(target, None, scope)
        case ast.AugAssign(target=target) | ast.comprehension(target=target):
            # `+=` gives the kind of thing it is given; the names of a comprehension are its own.
            _assign(target, None, scope, is_bound=False)
        case ast.ExceptHandler(name=str() as name):
            # It is deleted at the end of the handler.
            scope.names[name].append(None)
            _record(name, node, None, scope)
        case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
            scope.names[name].append(None)
            _record(name, node, None, scope)
        case ast.Delete(targets=targets):
            for target in targets:
                if isinstance(target, ast.Name):
                    _record(target.id, target, None, scope)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            scope.outer.update(names)
        case ast.Import(names=aliases):
            _note_import(scope)
            for alias in aliases:
                bound = alias.asname or alias.name.partition(".")[0]
                imported = Imported(alias.name if alias.asname else bound)
                scope.imports.setdefault(bound, []).append(imported)
                _record(bound, alias, imported, scope)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            _note_import(scope)
            for alias in aliases:
                imported = Imported(module or "", level, alias.name)
                scope.imports.setdefault(alias.asname or alias.name, []).append(imported)
                _record(alias.asname or alias.name, alias, imported, scope)
        case _ if isinstance(node, _TYPE_ALIAS):
            # An alias is an object, and no class.
            _assign(node.name, ast.Constant(None), scope)  # type: ignore[attr-defined]


def _assign(target: ast.expr, value: ast.expr | None, scope: Scope, *, is_bound: bool = True) -> None:
    if isinstance(target, (ast.Tuple, ast.List)):
        parts: Sequence[ast.expr | None] = [None] * len(target.elts)
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            parts = value.elts
        if any(isinstance(item, ast.Starred) for item in (*target.elts, *parts)):
            parts = [None] * len(target.elts)
        for item, part in zip(target.elts, parts, strict=True):
            _assign(item.value if isinstance(item, ast.Starred) else item, part, scope, is_bound=is_bound)
    elif isinstance(target, ast.Name):
        if scope.is_class:
            scope.attributes[target.id].append((value, scope))
        scope.names[target.id].append(value)
        if is_bound:
            _record(target.id, target, value, scope)
    elif isinstance(target, ast.Attribute):
        if scope.parent is None:
            scope.file.patched.add(target.attr)
        owner = instance_class(target.value.id, scope) if isinstance(target.value, ast.Name) else None
        if owner is not None:
            owner.attributes[target.attr].append((value, scope))


def _note_import(scope: Scope) -> None:
    for around in scope.around():
        around.has_imports = True


def _record(name: str, node: ast.AST, value: ast.expr | Imported | Scope | None, scope: Scope) -> None:
    if scope.parent is None:
        scope.file.bound.append(Bound(name, node, value))
