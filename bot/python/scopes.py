"""The names of a file by scope, and where they lead: the one reading that everything else asks.

`Scopes` belongs to the files of a plugin; `file_at(path)` reads a file once into a `File`:

- `top` and `by_node`: a `Scope` for the module and for each class, function and lambda, with the values its names are
  given (`names`), its imports, and for a class the values of its attributes and of what its methods return.
- `parents`: the node around each node. `names`, `attributes` and `calls`: those nodes with the scope they stand in,
  in source order. `strings`: every string constant.

Questions are `dotted` (the name from outside the plugin that an expression stands for), `Scopes.definition` (the
function or class of the plugin, in whichever file) and `Scopes.lineage` (a class and those it derives from). Each
answers None where it cannot tell: a name that is bound twice, a base from elsewhere, a file that does not parse.
Comprehensions have no scope of their own here: their names count as names of the function around.
"""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bot.findings import Span
from bot.limits import Account, Limit
from bot.python.module import CODE_RULES, Module, Modules
from bot.python.nodes import children, last_name, walk

#: Names that stand for names that stand for names … are followed this far, also through files.
MAX_DEPTH: Final = Limit(
    12, "has a name that stands for another, over more than {:,} steps, and is not followed", *CODE_RULES
)
#: Hierarchies with more classes than this are not followed.
MAX_LINEAGE: Final = Limit(
    50, "has a class with more than {:,} base classes in the plugin, and is not followed", *CODE_RULES
)

Values: TypeAlias = "list[tuple[ast.expr | None, Scope]]"
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Imported:
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


@dataclass(slots=True, eq=False)
class Scope:
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
    #: Of a class: the values its attributes are given, and the values its methods return, each with the scope to
    #: read it in. A property is an attribute with the values that it returns.
    attributes: defaultdict[str, Values] = field(default_factory=lambda: defaultdict(list))
    returns: defaultdict[str, Values] = field(default_factory=lambda: defaultdict(list))
    #: Of a function: its own `yield` and `yield from`, without those of functions in it.
    yields: list[ast.Yield | ast.YieldFrom] = field(default_factory=list)
    #: Of `calls`: which part of a session names and attributes stand for; None as long as it is being worked out.
    known: dict[tuple[str, str], tuple[str, ...] | None] = field(default_factory=dict)

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
        found = (last_name(item.func if isinstance(item, ast.Call) else item) for item in self.decorator_nodes)
        return frozenset(name or "" for name in found)

    @property
    def decorator_nodes(self) -> Sequence[ast.expr]:
        return getattr(self.node, "decorator_list", ())

    def binds(self, name: str) -> bool:
        return name in self.parameters or name in self.names or name in self.imports

    def binder(self, name: str) -> Scope | None:
        """The scope whose variable a name is that is read here: this one, or one around it that is not a class."""
        where: Scope | None = self
        while where is not None:
            if (where is self or not where.is_class) and where.binds(name):
                return where
            where = where.parent
        return None


@dataclass(slots=True, eq=False)
class File:
    """One file that parses."""

    module: Module
    #: What is not followed.
    account: Account = field(default_factory=Account)
    top: Scope = field(init=False)
    by_node: dict[ast.AST, Scope] = field(default_factory=dict)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    #: Names that are read.
    names: list[tuple[ast.Name, Scope]] = field(default_factory=list)
    #: The outermost attributes of chains that are read: `a.b.c`, and not `a.b` in it.
    attributes: list[tuple[ast.Attribute, Scope]] = field(default_factory=list)
    calls: list[tuple[ast.Call, Scope]] = field(default_factory=list)
    strings: list[tuple[ast.Constant, str]] = field(default_factory=list)
    _texts: dict[ast.AST, frozenset[str]] = field(default_factory=dict)
    _names: dict[ast.AST, tuple[str, ...]] = field(default_factory=dict)
    _leaves: dict[ast.If, bool] = field(default_factory=dict)
    _reads: dict[tuple[Scope, str], list[ast.Name]] | None = None
    _calls: dict[Scope, list[tuple[ast.Call, Scope]]] | None = None

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
                where: Scope | None = scope
                while where is not None and where is not self.top:
                    self._calls[where].append((call, scope))
                    where = where.parent
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


@dataclass(slots=True)
class _Bases:
    """The direct bases of a class: classes of the plugin, dotted names from elsewhere, and whether that is all."""

    own: list[Scope]
    outside: list[str]
    complete: bool


def is_deep(scope: Scope, depth: int) -> bool:
    """Whether a name of a scope is not followed any further."""
    return scope.file.account.exceeds(MAX_DEPTH, scope.file.module.path, depth)


class Scopes:
    """The files of a plugin by scope, read when they are first asked for."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._files: dict[str, File | None] = {}
        self._bases: dict[Scope, _Bases] = {}
        self._lineages: dict[Scope, tuple[list[Scope], tuple[str, ...] | None]] = {}
        self._instances: dict[tuple[Scope, str, bool], Scope | None] = {}
        #: How much has been looked at for `reads.is_guarded`.
        self.steps = 0
        #: The keys that conditions have to do with, for the same, as thousands of reads may stand behind one.
        self.tested: dict[tuple[ast.expr, Scope], frozenset[str]] = {}

    def file_at(self, path: str) -> File | None:
        """None for a file that does not exist or does not parse."""
        if path not in self._files:
            module = self.modules.get(path)
            tree = module.tree if module is not None else None
            self._files[path] = read(module, tree, self.modules.account) if module and tree else None
        return self._files[path]

    def definition(self, node: ast.expr, scope: Scope, depth: int = 0) -> Scope | None:
        """The function or class of the plugin that an expression certainly stands for."""
        if is_deep(scope, depth):
            return None
        if isinstance(node, ast.Name):
            binder = scope.binder(node.id)
            return self._bound(node.id, binder, depth) if binder is not None else None
        if isinstance(node, ast.Attribute):
            owner = self.definition(node.value, scope, depth + 1)
            if owner is not None:
                return self.member(owner, node.attr, depth) if owner.is_class else None
            path = self._module_path(node.value, scope)
            file = self.file_at(path) if path else None
            return self._bound(node.attr, file.top, depth + 1) if file else None
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
            is_long = self.modules.account.exceeds(MAX_LINEAGE, current.file.module.path, len(found))
            if is_long or not isinstance(current.node, ast.ClassDef):
                return found, None
            bases = self._bases_of(current, current.node)
            pending += bases.own
            outside += bases.outside
            complete = complete and bases.complete
        return found, tuple(outside) if complete else None

    def _bases_of(self, cls: Scope, node: ast.ClassDef) -> _Bases:
        if cls in self._bases:
            return self._bases[cls]
        # Until it is known: a class that is looked for in itself has a base that is not known.
        self._bases[cls] = _Bases([], [], complete=False)
        bases = _Bases([], [], complete=not node.keywords)
        where = cls.parent or cls.file.top
        for base in node.bases:
            while isinstance(base, ast.Subscript):
                base = base.value
            known = self.definition(base, where, 1)
            imported = dotted(base, where)
            if known is not None and known.is_class:
                bases.own.append(known)
            elif imported:
                bases.outside.append(imported)
            else:
                bases.complete = False
        self._bases[cls] = bases
        return bases

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

    def _bound(self, name: str, scope: Scope, depth: int) -> Scope | None:
        imports = scope.imports.get(name, [])
        values = scope.names.get(name, [])
        if name in scope.parameters or len(imports) + len(values) != 1 or is_deep(scope, depth):
            return None
        if values:
            if values[0] is None:
                return scope.functions.get(name) or scope.classes.get(name)
            return self.definition(values[0], scope, depth + 1)
        imported = imports[0]
        if imported.name is None:
            return None
        path = self._path(self._absolute(scope.file.module, imported))
        file = self.file_at(path) if path else None
        return self._bound(imported.name, file.top, depth + 1) if file else None

    def imported_value(self, name: str, scope: Scope, depth: int = 0) -> tuple[ast.expr, Scope] | None:
        """The one value that an imported name is given in another file of the plugin, and the scope to read it in."""
        imports = scope.imports.get(name, [])
        if len(imports) != 1 or imports[0].name is None or is_deep(scope, depth):
            return None
        path = self._path(self._absolute(scope.file.module, imports[0]))
        file = self.file_at(path) if path else None
        if file is None:
            return None
        values = file.top.names.get(imports[0].name, [])
        if not values:
            return self.imported_value(imports[0].name, file.top, depth + 1)
        return (values[0], file.top) if len(values) == 1 and values[0] is not None else None

    def module_value(self, node: ast.Attribute, scope: Scope) -> tuple[ast.expr, Scope] | None:
        """The one value of a variable of another file of the plugin, read as `module.NAME`."""
        path = self._module_path(node.value, scope)
        file = self.file_at(path) if path else None
        values = file.top.names.get(node.attr, []) if file is not None else []
        return (values[0], file.top) if file is not None and len(values) == 1 and values[0] is not None else None

    def _absolute(self, module: Module, imported: Imported) -> str | None:
        return self.modules.absolute(module, imported.module, imported.level)

    def _path(self, name: str | None) -> str | None:
        place = self.modules.locate(name) if name and self.modules.is_own(name) else None
        return place.path if place is not None else None

    def _module_path(self, node: ast.expr, scope: Scope) -> str | None:
        """The file of the plugin that a name or attribute chain stands for as a module."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        binder = scope.binder(node.id) if isinstance(node, ast.Name) else None
        imports = binder.imports.get(node.id, []) if binder is not None and isinstance(node, ast.Name) else []
        if len(imports) != 1:
            return None
        base = self._absolute(scope.file.module, imports[0])
        if base is None:
            return None
        parts = [part for part in (base, imports[0].name, *reversed(attributes)) if part]
        return self._path(".".join(parts))


def scopes_of(modules: Modules) -> Scopes:
    """The scopes of a plugin's files, shared by everything that asks."""
    return modules.derived(Scopes)


def dotted(node: ast.expr | None, scope: Scope) -> str | None:
    """The dotted name of something imported from outside the plugin, or None; empty parts for relative imports."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    where: Scope | None = scope
    while where is not None:
        if node.id in where.imports and node.id not in where.names:
            return ".".join([where.imports[node.id][-1].dotted, *reversed(attributes)])
        if node.id in where.names or node.id in where.parameters:
            return None
        where = where.parent
    return None


def instance_class(name: str, scope: Scope | None) -> Scope | None:
    """The class whose instance `name` is, as the first parameter of a method around."""
    while scope is not None:
        if name in scope.parameters or name in scope.names:
            return scope.owner if name == scope.self_name else None
        scope = scope.parent
    return None


def read(module: Module, tree: ast.Module, account: Account | None = None) -> File:
    """Reads a file in one walk through its syntax tree."""
    file = File(module, account or Account())
    file.top = Scope(file, tree)
    file.by_node[tree] = file.top
    parents = file.parents
    stack: list[tuple[ast.AST, Scope]] = []
    for statement in reversed(tree.body):
        parents[statement] = tree
        stack.append((statement, file.top))
    while stack:
        node, scope = stack.pop()
        kind = type(node)
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                file.names.append((node, scope))
            continue
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                file.strings.append((node, node.value))
            continue
        inside: list[tuple[ast.AST, Scope]] | None = None
        if kind not in _TELLING:
            below = [(child, scope) for child in children(node)]
            for child, _ in below:
                parents[child] = node
            stack += reversed(below)
            continue
        match node:
            case ast.Attribute():
                if isinstance(node.ctx, ast.Load) and not isinstance(parents[node], ast.Attribute):
                    file.attributes.append((node, scope))
            case ast.Call():
                file.calls.append((node, scope))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                inside = _function(node, scope)
            case ast.ClassDef():
                inside = _class(node, scope)
            case ast.Return():
                if scope.owner is not None:
                    scope.owner.returns[scope.name].append((node.value, scope))
            case ast.Yield() | ast.YieldFrom():
                scope.yields.append(node)
            case _:
                _bind(node, scope)
        if inside is None:
            inside = [(child, scope) for child in children(node)]
        for child, _ in inside:
            parents[child] = node
        stack += reversed(inside)
    return file


def _class(node: ast.ClassDef, scope: Scope) -> list[tuple[ast.AST, Scope]]:
    """The children of a class, each with the scope it is read in."""
    scope.names[node.name].append(None)
    inner = scope.classes[node.name] = scope.file.by_node[node] = Scope(scope.file, node, scope)
    outside = (*node.decorator_list, *node.bases, *node.keywords)
    return [*((child, scope) for child in outside), *((child, inner) for child in node.body)]


def _function(node: FunctionNode | ast.Lambda, scope: Scope) -> list[tuple[ast.AST, Scope]]:
    """The children of a function, each with the scope it is read in."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    inner = Scope(scope.file, node, scope, parameters={argument.arg: argument for argument in every})
    scope.file.by_node[node] = inner
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            inner.names[rest.arg].append(None)
    outside: list[ast.AST] = [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
    if isinstance(node, ast.Lambda):
        return [*((child, scope) for child in outside), (node.body, inner)]
    scope.functions[node.name] = inner
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
    return [*((child, scope) for child in (*outside, *node.decorator_list)), *((child, inner) for child in node.body)]


#: The nodes that give names values.
_BINDING: Final[frozenset[type[ast.AST]]] = frozenset(
    {ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.For, ast.AsyncFor, ast.comprehension, ast.withitem}
    | {ast.ExceptHandler, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal}
)
#: The nodes that `read` does more with than to go on below.
_TELLING: Final = _BINDING | {
    *(ast.Attribute, ast.Call, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Return),
    *(ast.Yield, ast.YieldFrom),
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
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            _assign(target, None, scope)
        case ast.comprehension(target=target):
            _assign(target, None, scope)
        case ast.withitem(optional_vars=ast.expr() as target):
            _assign(target, None, scope)
        case ast.ExceptHandler(name=str() as name):
            scope.names[name].append(None)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            scope.outer.update(names)
        case ast.Import(names=aliases):
            for alias in aliases:
                bound = alias.asname or alias.name.partition(".")[0]
                scope.imports.setdefault(bound, []).append(Imported(alias.name if alias.asname else bound))
        case ast.ImportFrom(module=module, names=aliases, level=level):
            for alias in aliases:
                imported = Imported(module or "", level, alias.name)
                scope.imports.setdefault(alias.asname or alias.name, []).append(imported)
        case _:
            pass


def _assign(target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
    if isinstance(target, (ast.Tuple, ast.List)):
        parts: Sequence[ast.expr | None] = [None] * len(target.elts)
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            parts = value.elts
        for item, part in zip(target.elts, parts, strict=True):
            _assign(item.value if isinstance(item, ast.Starred) else item, part, scope)
    elif isinstance(target, ast.Name):
        if scope.is_class:
            scope.attributes[target.id].append((value, scope))
        scope.names[target.id].append(value)
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        owner = instance_class(target.value.id, scope)
        if owner is not None:
            owner.attributes[target.attr].append((value, scope))
