"""What the names of a module stand for once it has been imported: its top-level code, followed and not run.

A name can have several *alternatives*, one for each way through the `if` and `try` statements around it. Names that
come from other files of the plugin stay references until they are resolved, so files may import each other in
circles. Where something is computed, the question that matters is only whether it could be a class of interest, that
is one derived from a class of the SDK: `Mark` has the answers.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from bot.limits import Limit
from bot.python import sdk
from bot.python.distributions import KNOWN_IMPORTS
from bot.python.module import STDLIB, Module, Modules
from bot.python.nodes import children, has_word, is_suppress, last_name, static_truth, walk

_RULES: Final = ("python/missing-class", "python/missing-model-class", "python/several-classes")
#: More alternatives than this are one `Mark.UNKNOWN`, as any other name is that cannot be told.
MAX_ALTERNATIVES: Final = 16
#: Nested expressions are followed this deep; one that goes deeper is no class.
MAX_DEPTH: Final = 40
#: Files that import each other are followed this deep.
MAX_FILES: Final = Limit(40, "is more than {:,} imports away from what Dify loads, and is not followed", *_RULES)
#: Names that pass through files are followed this far.
MAX_NAMES: Final = Limit(40, "has a name that stands for more than {:,} others, and is not followed", *_RULES)
#: Functions are searched for classes of interest until this many nodes have been seen in a plugin; later ones count
#: as if they held some.
MAX_STEPS: Final = Limit(1_000_000, "is not searched for classes: the plugin has over {:,} nodes", *_RULES)


class Mark(Enum):
    """Values that are neither a class nor a module."""

    #: Certainly no class of interest, and nothing reached from it is one.
    OTHER = "other"
    #: No class itself, but one of interest may be reached from it: a list of tools, an instance of one.
    TAINTED = "tainted"
    #: Anything.
    UNKNOWN = "unknown"
    #: The name may not be bound at all.
    UNBOUND = "unbound"


@dataclass(frozen=True, slots=True)
class Named:
    """A module or a member of a module outside the plugin."""

    dotted: str
    is_module: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """A module or package of the plugin."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The name `name` of the plugin's file `path`, whatever that is."""

    path: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class that the plugin defines."""

    name: str
    module: Module
    node: ast.ClassDef | ast.Call
    #: For each base its alternatives, as they were when the class statement was executed.
    bases: tuple[Binding, ...]
    #: Set when a base, a decorator or a metaclass may make it another class, or give it other methods.
    opaque: bool = False
    #: Methods set from outside: `Tool.method = function`.
    extra: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function that the plugin defines."""

    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef


Value: TypeAlias = Mark | Named | Own | Ref | Class | Function
#: The alternatives of a name, without repetition.
Binding: TypeAlias = tuple[Value, ...]

_UNKNOWN: Final[Binding] = (Mark.UNKNOWN,)
_OTHER: Final[Binding] = (Mark.OTHER,)
_UNBOUND: Final[Binding] = (Mark.UNBOUND,)

_BUILTINS: Final = frozenset(dir(builtins))
#: Calls of these may give any class that exists.
_DYNAMIC_BUILTINS: Final = frozenset({"eval", "exec", "globals", "locals", "vars", "__import__", "compile"})
_DYNAMIC_MODULES: Final = frozenset({"importlib", "pkgutil", "pydoc", "runpy", "imp", "pickle", "marshal", "gc"})
#: Standard functions whose result is not a class, even when a class goes in.
_HARMLESS: Final = frozenset(
    {"TypeVar", "ParamSpec", "NewType", "getLogger", "isinstance", "issubclass", "print", "len"}
)
#: Decorators that give back the class they are given, or one with the same bases.
_TRANSPARENT: Final = frozenset(
    {"dataclass", "final", "runtime_checkable", "total_ordering", "unique", "deprecated", "override", "typechecked"}
)


@dataclass(slots=True)
class Environment:
    """The names that a module binds at its top level."""

    module: Module
    names: dict[str, Binding] = field(default_factory=dict)
    #: Why there may be further names, in plain words.
    doubts: list[str] = field(default_factory=list)
    #: It imports everything from elsewhere, so that any name may be bound, though to nothing of interest.
    open: bool = False
    #: `__all__`, or None when there is none.
    public: tuple[str, ...] | None = None
    #: `__all__` exists but is computed.
    public_unknown: bool = False
    #: Where each name was last bound.
    places: dict[str, ast.AST] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return not self.doubts

    def may_bind(self, name: str) -> bool:
        """Whether the name is bound whichever way the module runs, or at least one way."""
        return any(value is not Mark.UNBOUND for value in self.names.get(name, ()))

    def exported(self) -> Iterator[str]:
        """The names that `from module import *` takes."""
        if self.public is not None:
            yield from self.public
        else:
            yield from (name for name in self.names if not name.startswith("_") and self.may_bind(name))


class Environments:
    """The environment of every module of a plugin, made when first asked for."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._made: dict[str, Environment | None] = {}
        self._depth = 0
        self._relevant: dict[Class, bool] = {}
        self._tainted: set[int] = set()
        self._steps = 0
        #: The names bound so far in the modules that are being worked out.
        self.running: dict[str, _Frame] = {}
        #: By file, the names that functions bind anew (`global`) to something that is not a constant.
        self.rebound: dict[str, frozenset[str]] = {}

    def of(self, path: str) -> Environment | None:
        """None when the file does not parse, or is being worked out further up the call stack."""
        if path in self._made:
            return self._made[path]
        module = self.modules.get(path)
        if module is None or module.tree is None:
            return None
        if self.modules.account.exceeds(MAX_FILES, path, self._depth + 1):
            return None
        self._made[path] = None
        self._depth += 1
        try:
            self._made[path] = _Execution(self, module).run()
        except RecursionError:
            return None
        finally:
            self._depth -= 1
            self.running.pop(path, None)
        return self._made[path]

    def resolve(self, value: Value) -> Binding:
        """`value` with references to other files of the plugin followed: never a `Ref`."""
        if not isinstance(value, Ref):
            return (value,)
        found: dict[Value, None] = {}
        seen: set[Ref] = set()
        stack: list[Value] = [value]
        while stack:
            current = stack.pop()
            if not isinstance(current, Ref):
                found[current] = None
            elif current in seen or self.modules.account.exceeds(MAX_NAMES, value.path, len(seen) + 1):
                found[Mark.UNKNOWN] = None
            else:
                seen.add(current)
                stack.extend(reversed(self._member(current)))
        return tuple(found)

    def _member(self, ref: Ref) -> Binding:
        environment = self.of(ref.path)
        if environment is None:
            return _UNKNOWN
        # An unbound name is an ImportError, which ends the import that asks for it.
        bound = tuple(v for v in environment.names.get(ref.name, ()) if v is not Mark.UNBOUND)
        if bound:
            return bound
        module = environment.module
        if module.is_package:
            dotted = f"{module.name}.{ref.name}" if module.name else ref.name
            if self.modules.locate(dotted):
                return (Own(dotted),)
        return _UNKNOWN

    def attribute(self, value: Value, name: str) -> Binding:
        """The alternatives of `value.name`."""
        if isinstance(value, Ref):
            return _union(self.attribute(item, name) for item in self.resolve(value))
        if isinstance(value, Named):
            return (Named(f"{value.dotted}.{name}"),)
        if isinstance(value, Own):
            place = self.modules.locate(value.dotted)
            if place is not None and place.path:
                return (Ref(place.path, name),)
            dotted = f"{value.dotted}.{name}"
            return (Own(dotted),) if self.modules.locate(dotted) else _UNKNOWN
        if isinstance(value, Class) and isinstance(value.node, ast.ClassDef):
            nested = [node for node in value.node.body if isinstance(node, ast.ClassDef) and node.name == name]
            if not nested and not self.is_relevant(value) and not self.is_tainted(value.node, value.module.path):
                return _OTHER
        return _OTHER if value is Mark.OTHER and name != "__class__" else _UNKNOWN

    def is_relevant(self, cls: Class) -> bool:
        """Whether the class may derive from a class of the SDK."""
        stack: list[Value] = [cls]
        seen: set[Value] = set()
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            if isinstance(current, Class):
                known = self._relevant.get(current)
                if known or current.opaque:
                    self._relevant[cls] = True
                    return True
                if known is None:
                    stack.extend(v for base in current.bases for value in base for v in self.resolve(value))
            elif current is Mark.UNKNOWN or (isinstance(current, Named) and not is_harmless(current)):
                self._relevant[cls] = True
                return True
        self._relevant[cls] = False
        return False

    def is_tainted(self, node: ast.AST, path: str) -> bool:
        """Whether running the code under `node` may give a class of interest."""
        seen: set[int] = set()
        work: list[tuple[ast.AST, str]] = [(node, path)]
        while work:
            current, where = work.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            if id(current) in self._tainted or any(self._taints(n, where, work) for n in _executed(current)):
                self._tainted.add(id(node))
                return True
        return False

    def _taints(self, node: ast.AST, path: str, work: list[tuple[ast.AST, str]]) -> bool:
        self._steps += 1
        if self.modules.account.exceeds(MAX_STEPS, path, self._steps):
            return True
        if isinstance(node, ast.ImportFrom):
            top = (node.module or "").partition(".")[0]
            return bool(node.level) or top == "dify_plugin" or self.modules.is_own(top) is not False
        if isinstance(node, ast.Import):
            return any(self.modules.is_own(alias.name) is not False for alias in node.names)
        if isinstance(node, ast.Attribute):
            return node.attr in {"__subclasses__", "__class__"}
        if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
            return False
        if node.id in _DYNAMIC_BUILTINS or node.id in self.rebound.get(path, ()):
            return True
        for value in (v for item in self._bound(path, node.id) for v in self.resolve(item)):
            if value in (Mark.UNKNOWN, Mark.TAINTED) or isinstance(value, Own):
                return True
            if isinstance(value, Named) and not is_harmless(value):
                return True
            if isinstance(value, Class) and self.is_relevant(value):
                return True
            if isinstance(value, (Class, Function)):
                work.append((value.node, value.module.path))
        return False

    def _bound(self, path: str, name: str) -> Binding:
        if path in self.running:
            return self.running[path].lookup(name)
        environment = self.of(path)
        return _UNKNOWN if environment is None else environment.names.get(name, ())


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes under `node` without annotations, which have no effect on values."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        annotations = (getattr(current, "annotation", None), getattr(current, "returns", None))
        stack += [child for child in children(current) if child not in annotations]


def sdk_class(value: Value) -> sdk.SdkClass | None:
    """The class of the SDK that the name stands for, if it certainly stands for one."""
    if not isinstance(value, Named) or not value.dotted.startswith("dify_plugin."):
        return None
    found = sdk.lookup(value.dotted)
    return found if isinstance(found, sdk.SdkClass) else None


def is_harmless(value: Named) -> bool:
    """Whether neither the thing nor what is reached from it can be a class of interest."""
    top = value.dotted.partition(".")[0]
    if top == "dify_plugin":
        return value.dotted != top and sdk.lookup(value.dotted) is sdk.Meaning.OTHER
    return top == "builtins" or (top in STDLIB and top not in _DYNAMIC_MODULES) or top in KNOWN_IMPORTS


def _union(bindings: Iterable[Iterable[Value]]) -> Binding:
    found: dict[Value, None] = {}
    for binding in bindings:
        found.update(dict.fromkeys(binding))
    return tuple(found) if len(found) <= MAX_ALTERNATIVES else _UNKNOWN


class _Frame:
    """The names bound so far, as a layer over those bound before a branch.

    An `abandonable` layer is for code that may be left at any point (the body of a loop or of a `try`): it also
    keeps every value that its names have had on the way.
    """

    def __init__(self, parent: _Frame | None = None, *, abandonable: bool = False) -> None:
        self.parent = parent
        self.names: dict[str, Binding] = {}
        self.history: dict[str, Binding] | None = {} if abandonable else None

    def lookup(self, name: str) -> Binding:
        frame: _Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.parent
        return ()

    def bind(self, name: str, binding: Binding) -> None:
        self.names[name] = binding
        frame: _Frame | None = self
        while frame is not None:
            if frame.history is not None:
                frame.history[name] = _union([frame.history.get(name, ()), binding])
            frame = frame.parent

    def abandoned(self) -> _Frame:
        """The names as they may be when this layer has been left at any point, or was not entered at all."""
        frame = _Frame(self.parent)
        for name, bindings in (self.history or {}).items():
            before = self.parent.lookup(name) if self.parent else ()
            frame.names[name] = _union([before or _UNBOUND, bindings])
        return frame

    def join(self, branches: Sequence[_Frame]) -> None:
        """Continue after one of several branches, each a layer over this frame."""
        changed = dict.fromkeys(name for branch in branches for name in branch.names)
        joined = {
            name: _union(
                branch.names[name] if name in branch.names else self.lookup(name) or _UNBOUND for branch in branches
            )
            for name in changed
        }
        for name, binding in joined.items():
            self.bind(name, binding)


@dataclass(frozen=True, slots=True)
class _Late:
    """What functions may do to the names of their module when they are called."""

    #: The `global` statements of functions.
    globals: tuple[ast.Global, ...] = ()
    #: The names among them that are bound to something that is not a constant.
    rebound: frozenset[str] = frozenset()
    #: Why there may be further names.
    doubts: tuple[str, ...] = ()


#: A `global` statement, or a line of text that looks like one.
_GLOBAL: Final = re.compile(r"^(?:.*[;:])?[ \t]*global[ \t\\]", re.MULTILINE)


def _late(module: Module) -> _Late:
    text = module.text
    says_global = "global" in text and _GLOBAL.search(text) is not None
    if not (says_global or "sys.modules" in text or has_word(text, "globals", "exec", "locals", "vars")):
        return _Late()
    globals_: list[ast.Global] = []
    declared: set[str] = set()
    doubts: list[str] = []
    stored: Counter[str] = Counter()
    constant: Counter[str] = Counter()
    # (node, whether there is a function around it)
    stack: list[tuple[ast.AST, bool]] = [(node, False) for node in reversed(module.body)]
    while stack:
        node, in_function = stack.pop()
        stored.update(_stored(node))
        match node:
            case ast.Global(names=names):
                declared.update(names)
                globals_ += [node] if in_function else []
            case ast.Name(id="globals" as name):
                doubts.append(f"it uses {name}()")
            case ast.Name(id="exec" | "locals" | "vars" as name) if not in_function:
                doubts.append(f"it uses {name}()")
            case ast.Attribute(attr="modules", value=value) if last_name(value) == "sys":
                doubts.append("it uses sys.modules")
            case ast.Assign(targets=targets, value=ast.Constant()):
                constant.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant()):
                constant[name] += 1
            case _:
                pass
        inner = in_function or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        stack += [(child, inner) for child in reversed(children(node))]
    rebound = frozenset(name for name in declared if stored[name] != constant[name])
    return _Late(tuple(globals_), rebound, tuple(doubts))


def _stored(node: ast.AST) -> Iterator[str]:
    """The names that a node binds by itself."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.alias():
            yield node.asname or node.name.partition(".")[0]
        case _:
            pass


class _Execution:
    """Follows the top-level statements of one module."""

    def __init__(self, environments: Environments, module: Module) -> None:
        self.environments = environments
        self.modules = environments.modules
        self.module = module
        self.result = Environment(module)
        #: A star import may have bound any name.
        self.any_name = False
        #: How many expressions the current one is nested in.
        self.depth = 0

    def run(self) -> Environment:
        frame = _Frame()
        late = _late(self.module)
        self.environments.rebound[self.module.path] = late.rebound
        self.block(self.module.body, frame)
        for node in late.globals:
            for name in node.names:
                later = _UNKNOWN if name in late.rebound else _OTHER
                frame.names[name] = _union([frame.lookup(name) or _UNBOUND, later])
                self.result.places.setdefault(name, node)
        self.result.names = frame.names
        self.result.open = self.any_name
        self.result.doubts = list(dict.fromkeys([*self.result.doubts, *late.doubts]))
        public = frame.lookup("__all__")
        if public and self.result.public is None:
            self.result.public_unknown = True
        return self.result

    # Statements

    def block(self, body: Sequence[ast.stmt], frame: _Frame) -> bool:
        """Executes statements in order; True when control never reaches their end."""
        return any(self.statement(node, frame) for node in body)

    def statement(self, node: ast.stmt, frame: _Frame) -> bool:
        self.environments.running[self.module.path] = frame
        match node:
            case ast.Import() | ast.ImportFrom():
                self.imports(node, frame)
            case ast.ClassDef():
                self.define_class(node, frame)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                opaque = any(
                    isinstance(value, Function) and self.environments.is_tainted(value.node, value.module.path)
                    for decorator in node.decorator_list
                    for value in self.values(self.evaluate(decorator, frame))
                )
                self.bind(node.name, _UNKNOWN if opaque else (Function(self.module, node),), frame, node)
            case ast.Assign(targets=targets, value=value):
                bound = self.evaluate(value, frame)
                for target in targets:
                    self.assign(target, value, bound, frame)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, value, self.evaluate(value, frame), frame)
            case ast.AugAssign(target=ast.Name(id="__all__"), value=value):
                self.extend_public(value)
            case ast.AugAssign(target=ast.Name(id=name)):
                # `+=` gives the kind of thing it is given, and never a class.
                self.bind(name, _union([frame.lookup(name) or _OTHER, _OTHER]), frame, node)
            case ast.Expr(value=value):
                self.expression(value, frame)
            case ast.Delete(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        frame.bind(target.id, _UNBOUND)
            case ast.If():
                return self.if_(node, frame)
            case ast.Try() | ast.TryStar():
                return self.try_(node, frame)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    if item.optional_vars is not None:
                        self.unpack(item.optional_vars, self.evaluate(item.context_expr, frame), frame)
                if not any(is_suppress(item.context_expr) for item in items):
                    return self.block(body, frame)
                layer = _Frame(frame, abandonable=True)
                self.block(body, layer)
                frame.join([layer, layer.abandoned()])
            case ast.For() | ast.AsyncFor():
                layer = _Frame(frame, abandonable=True)
                self.unpack(node.target, self.element(node.iter, frame), layer)
                self.block(node.body, layer)
                frame.join([layer, layer.abandoned()])
                self.block(node.orelse, frame)
            case ast.While():
                layer = _Frame(frame, abandonable=True)
                self.block(node.body, layer)
                frame.join([layer, layer.abandoned()])
                self.block(node.orelse, frame)
            case ast.Match(cases=cases):
                layers = [_Frame(frame)]
                for case in cases:
                    layer = _Frame(frame)
                    for pattern in walk(case.pattern):
                        captured = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                        if isinstance(captured, str):
                            layer.bind(captured, _UNKNOWN)
                    if not self.block(case.body, layer):
                        layers.append(layer)
                frame.join(layers)
            case ast.Raise():
                return True
            case _ if type(node).__name__ == "TypeAlias":
                alias = getattr(node, "name", None)
                if isinstance(alias, ast.Name):
                    self.bind(alias.id, _OTHER, frame, node)
            case _:
                pass
        return False

    def if_(self, node: ast.If, frame: _Frame) -> bool:
        layers: list[_Frame] = []
        rest: Sequence[ast.stmt] = [node]
        # `elif` chains nest as deep as they are long, so they are walked, not recursed into.
        while len(rest) == 1 and isinstance(rest[0], ast.If):
            branch = rest[0]
            self.expression(branch.test, frame)
            known = static_truth(branch.test)
            rest = branch.orelse
            if known is not False:
                layer = _Frame(frame)
                if not self.block(branch.body, layer):
                    layers.append(layer)
            if known is True:
                break
        else:
            layer = _Frame(frame)
            if not self.block(rest, layer):
                layers.append(layer)
        frame.join(layers)
        return not layers

    def try_(self, node: ast.Try | ast.TryStar, frame: _Frame) -> bool:
        success = _Frame(frame, abandonable=True)
        ended = self.block(node.body, success)
        layers: list[_Frame] = []
        if not self.cannot_fail(node.body):
            for handler in node.handlers:
                layer = success.abandoned()
                if handler.name:
                    layer.bind(handler.name, _UNBOUND)
                if not (self.block(handler.body, layer) or _exits(handler.body)):
                    layers.append(layer)
        if not ended and not self.block(node.orelse, success):
            layers.insert(0, success)
        frame.join(layers)
        return self.block(node.finalbody, frame) or not layers

    def cannot_fail(self, body: Sequence[ast.stmt]) -> bool:
        """Whether a `try` only imports files that the plugin has."""
        for node in body:
            if not isinstance(node, ast.ImportFrom):
                return False
            dotted = self.modules.absolute(self.module, node.module or "", node.level)
            if dotted is None or not self.modules.is_own(dotted):
                return False
            place = self.modules.locate(dotted)
            if place is None or place.path is None:
                return False
        return True

    def imports(self, node: ast.Import | ast.ImportFrom, frame: _Frame) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                dotted = alias.name if alias.asname else alias.name.partition(".")[0]
                self.bind(alias.asname or dotted, (self.imported(dotted),), frame, alias)
            return
        origin = self.modules.absolute(self.module, node.module or "", node.level)
        source = self.imported(origin) if origin is not None else Mark.UNKNOWN
        for alias in node.names:
            if alias.name == "*":
                self.star(origin, source, frame, alias)
            else:
                self.bind(alias.asname or alias.name, self.environments.attribute(source, alias.name), frame, alias)

    def imported(self, dotted: str) -> Named | Own | Mark:
        """What importing the module `dotted` gives."""
        own = self.modules.is_own(dotted)
        if own is None:
            return Mark.UNKNOWN
        if own:
            return Own(dotted) if self.modules.locate(dotted) else Mark.UNKNOWN
        # A file of that name elsewhere in the plugin may be meant, by way of a changed sys.path.
        top = dotted.partition(".")[0]
        if top in self.modules.own_names and top not in STDLIB and "sys.path" in self.module.text:
            return Mark.UNKNOWN
        return Named(dotted, is_module=True)

    def star(self, dotted: str | None, source: Named | Own | Mark, frame: _Frame, place: ast.AST) -> None:
        if isinstance(source, Named):
            if source.dotted in sdk.EXPORTS:
                for name in sorted(sdk.EXPORTS[source.dotted]):
                    if not name.startswith("_"):
                        self.bind(name, (Named(f"{source.dotted}.{name}"),), frame, place)
                return
            self.any_name = True
            if not is_harmless(source):
                self.result.doubts.append(f"it imports everything from {source.dotted}")
            return
        origin = self.modules.locate(source.dotted) if isinstance(source, Own) else None
        environment = self.environments.of(origin.path) if origin and origin.path else None
        if environment is None or environment.public_unknown or not environment.complete:
            self.any_name = True
            self.result.doubts.append(f"it imports everything from {dotted or 'a package above the plugin'}")
        if environment is not None:
            for name in environment.exported():
                bound: Binding = (Ref(environment.module.path, name),)
                if Mark.UNBOUND in environment.names.get(name, ()):
                    bound = _union([bound, frame.lookup(name) or _UNBOUND])
                self.bind(name, bound, frame, place)

    def define_class(self, node: ast.ClassDef, frame: _Frame) -> None:
        opaque = False
        bases: list[Binding] = []
        for expression in node.bases:
            if isinstance(expression, ast.Starred):
                bases.append(_UNKNOWN)
                continue
            # `class A(Base[T])` derives from `Base`.
            while isinstance(expression, ast.Subscript):
                expression = expression.value
            bases.append(tuple(v for v in self.evaluate(expression, frame) if v is not Mark.UNBOUND) or _UNKNOWN)
        for keyword in node.keywords:
            value = self.values(self.evaluate(keyword.value, frame))
            if keyword.arg == "metaclass" and not all(isinstance(v, Named) and is_harmless(v) for v in value):
                opaque = True
        replaced = False
        for decorator in node.decorator_list:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not all(
                isinstance(v, Named) and is_harmless(v) and last_name(function) in _TRANSPARENT
                for v in self.values(self.evaluate(function, frame))
            ):
                replaced = True
        made = Class(node.name, self.module, node, tuple(bases), opaque or replaced)
        self.bind(node.name, (made, Mark.UNKNOWN) if replaced else (made,), frame, node)

    def assign(self, target: ast.expr, value: ast.expr, bound: Binding, frame: _Frame) -> None:
        match target:
            case ast.Name(id="__all__"):
                self.result.public = _strings(value)
                self.result.public_unknown = self.result.public is None
                frame.bind("__all__", _OTHER)
            case ast.Name(id=name):
                self.bind(name, bound, frame, target)
            case ast.Tuple(elts=names) | ast.List(elts=names) if (
                isinstance(value, (ast.Tuple, ast.List))
                and len(names) == len(value.elts)
                and not any(isinstance(item, ast.Starred) for item in [*names, *value.elts])
            ):
                # `A, B = B, A`: every value is there before the first name is bound.
                values = [self.evaluate(item, frame) for item in value.elts]
                for part, item, bound_to_part in zip(names, value.elts, values, strict=True):
                    self.assign(part, item, bound_to_part, frame)
            case ast.Tuple() | ast.List():
                self.unpack(target, bound, frame)
            case ast.Attribute(value=owner, attr=attribute):
                for found in self.values(self.evaluate(owner, frame)):
                    if isinstance(found, Class):
                        found.extra.add(attribute)
            case ast.Subscript(value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals"))):
                self.result.doubts.append("it sets names through a dictionary")
            case _:
                pass

    def unpack(self, target: ast.expr, bound: Binding, frame: _Frame) -> None:
        """Binds the names of a target to parts of a value."""
        part = _union([_OTHER if v is Mark.OTHER else _UNKNOWN for v in self.values(bound)])
        if isinstance(target, ast.Name):
            self.bind(target.id, bound, frame, target)
            return
        for node in walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.bind(node.id, part, frame, node)

    def extend_public(self, value: ast.expr) -> None:
        more = _strings(value)
        if more is None or self.result.public is None:
            self.result.public_unknown = True
        else:
            self.result.public += more

    def expression(self, node: ast.expr, frame: _Frame) -> None:
        """What an expression statement or a condition binds on its way."""
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and last_name(function.value) == "__all__":
                item: ast.expr | None = node.args[0] if len(node.args) == 1 else None
                if item is not None and function.attr == "append":
                    item = ast.List([item], ast.Load())
                self.extend_public(item if item is not None else node)
                return
            if isinstance(function, ast.Name) and function.id in {"setattr", "delattr"} and node.args:
                for found in self.values(self.evaluate(node.args[0], frame)):
                    if isinstance(found, Class):
                        names = _strings(ast.List([node.args[1]], ast.Load())) if len(node.args) > 1 else None
                        found.extra.update(names or ("*",))
            if isinstance(function, ast.Attribute) and function.attr == "register":
                # `Base.register(Other)` makes `Other` a subclass in the eyes of `issubclass`.
                for found in self.values(self.evaluate(function.value, frame)):
                    if (isinstance(found, Class) and self.environments.is_relevant(found)) or (
                        isinstance(found, Named) and sdk_class(found) is not None
                    ):
                        self.result.doubts.append("it registers virtual subclasses")
        for child in walk(node):
            if isinstance(child, ast.NamedExpr):
                self.bind(child.target.id, self.evaluate(child.value, frame), frame, child.target)

    def bind(self, name: str, bound: Binding, frame: _Frame, place: ast.AST) -> None:
        frame.bind(name, bound)
        self.result.places[name] = place

    # Expressions

    def values(self, binding: Binding) -> Binding:
        return _union(self.environments.resolve(value) for value in binding if value is not Mark.UNBOUND)

    def evaluate(self, node: ast.expr, frame: _Frame) -> Binding:
        """The alternatives of an expression."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        self.depth += 1
        bound = self._evaluate(node, frame) if self.depth <= MAX_DEPTH else _UNKNOWN
        self.depth -= 1
        for name in reversed(attributes):
            bound = _union(self.environments.attribute(value, name) for value in bound if value is not Mark.UNBOUND)
        return bound or _UNKNOWN

    def _evaluate(self, node: ast.expr, frame: _Frame) -> Binding:
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.FormattedValue() | ast.Compare() | ast.UnaryOp():
                return _OTHER
            case ast.Name(id=name):
                bound = frame.lookup(name)
                if name in self.environments.rebound[self.module.path]:
                    return _union([bound, _UNKNOWN])
                if bound:
                    return bound
                if self.any_name:
                    return _UNKNOWN
                return (Named(f"builtins.{name}"),) if name in _BUILTINS else _UNKNOWN
            case ast.IfExp(body=first, orelse=second):
                return self._either([first, second], frame)
            case ast.BoolOp(values=values):
                return self._either(values, frame)
            case ast.NamedExpr(target=target, value=value):
                bound = self.evaluate(value, frame)
                self.bind(target.id, bound, frame, target)
                return bound
            case ast.Call():
                return self.call(node, frame)
            case ast.Subscript(value=value):
                # A generic alias is not a class; an item may be.
                return _union(self.item(found) for found in self.values(self.evaluate(value, frame)))
            case _:
                # Displays, comprehensions, lambdas and arithmetic: no classes, but they may hold some.
                tainted = self.environments.is_tainted(node, self.module.path)
                return (Mark.TAINTED,) if tainted else _OTHER

    def item(self, value: Value) -> Binding:
        """The alternatives of `value[…]`."""
        if isinstance(value, Named):
            known = is_harmless(value) or sdk_class(value) is not None
        elif isinstance(value, Class):
            known = not self.environments.is_relevant(value)
        else:
            known = value is Mark.OTHER
        return _OTHER if known else _UNKNOWN

    def _either(self, nodes: Sequence[ast.expr], frame: _Frame) -> Binding:
        if any(isinstance(node, (ast.IfExp, ast.BoolOp)) for node in nodes):
            return _UNKNOWN
        return _union(self.evaluate(node, frame) for node in nodes)

    def call(self, node: ast.Call, frame: _Frame) -> Binding:
        made = self.made_by_type(node, frame)
        if made is not None:
            return made
        if isinstance(node.func, ast.Call):
            # f()(): only the result of the first call could tell.
            return _UNKNOWN if self.environments.is_tainted(node, self.module.path) else _OTHER
        for value in self.values(self.evaluate(node.func, frame)):
            if value in (Mark.UNKNOWN, Mark.TAINTED):
                return _UNKNOWN
            if isinstance(value, Named):
                name = value.dotted.rpartition(".")[2]
                if value.dotted.startswith("dify_plugin."):
                    if sdk.lookup(value.dotted) is sdk.Meaning.UNKNOWN:
                        return _UNKNOWN
                    continue
                if not is_harmless(value) or (value.dotted.startswith("builtins.") and name in _DYNAMIC_BUILTINS):
                    return _UNKNOWN
                if name in _HARMLESS:
                    return _OTHER
            elif isinstance(value, Class):
                if any(isinstance(v, Named) and v.dotted == "builtins.type" for base in value.bases for v in base):
                    return _UNKNOWN
                if self.environments.is_tainted(value.node, value.module.path):
                    return (Mark.TAINTED,)
            elif isinstance(value, Function) and self.environments.is_tainted(value.node, value.module.path):
                return _UNKNOWN
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if any(self.environments.is_tainted(argument, self.module.path) for argument in arguments):
            return _UNKNOWN
        return _OTHER

    def made_by_type(self, node: ast.Call, frame: _Frame) -> Binding | None:
        """The class that `type("Name", (Base,), {...})` makes."""
        if not (isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) == 3):
            return None
        if frame.lookup("type") or not isinstance(node.args[1], ast.Tuple):
            return _UNKNOWN
        bases = [self.evaluate(base, frame) for base in node.args[1].elts]
        name = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
        return (Class(str(name), self.module, node, tuple(bases), opaque=True),)

    def element(self, node: ast.expr, frame: _Frame) -> Binding:
        """The alternatives of an element of an iterable."""
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return _union(self.evaluate(item, frame) for item in node.elts) or _OTHER
        return _union([_OTHER if v is Mark.OTHER else _UNKNOWN for v in self.values(self.evaluate(node, frame))])


def _exits(body: Sequence[ast.stmt]) -> bool:
    last = body[-1] if body else None
    return (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Call)
        and last_name(last.value.func) in {"exit", "_exit", "quit"}
    )


def _strings(node: ast.expr) -> tuple[str, ...] | None:
    """The items of a display of string constants."""
    if not isinstance(node, (ast.List, ast.Tuple)):
        return None
    items = [item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return tuple(items) if len(items) == len(node.elts) else None
