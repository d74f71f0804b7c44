"""Which keys the code reads from a dictionary that the SDK hands it: parameters, credentials, settings.

`trace` follows a parameter of a function through other names, functions of the plugin and base classes. Each place
where a key is read becomes a `Read`. Where the dictionary leaves sight (an argument of a function that is not known,
`**d`, a loop over it, an attribute), `escaped` is set, and nothing can be concluded from what is not read. Formatting
and logging read no key.
"""

from __future__ import annotations

import ast
import fnmatch
import glob
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from string import Formatter
from typing import Final, TypeAlias, cast

from msgspec import Struct, field
from msgspec.structs import replace

from bot.limits import Limit
from bot.patterns import regex
from bot.python.fields import Taken, taken_by_class, taken_by_function
from bot.python.nodes import last_name, walk
from bot.python.scopes import File, Scope, Scopes, dotted, instance_class

_KEY_RULES: Final = (
    "python/undeclared-credential",
    "python/optional-credential",
    "python/undeclared-parameter",
    "python/optional-parameter",
    "python/unread-parameter",
)
#: No dictionary is followed through more variables than this; past it, it counts as out of sight.
MAX_VARIABLES: Final = Limit(
    100, "has parameters or credentials in more than {n:,} variables, which are not all followed", *_KEY_RULES
)
#: No more places are followed where keys of one dictionary are read; past it, it counts as out of sight.
MAX_READS: Final = Limit(
    10_000, "reads parameters or credentials in more than {n:,} places, which are not all followed", *_KEY_RULES
)
#: No more statements and conditions are looked at in one plugin to tell whether a key is there; past it, it counts as
#: guarded.
MAX_GUARD_STEPS: Final = Limit(
    50_000, "is not looked through: it takes more than {n:,} steps to tell which keys are there", *_KEY_RULES
)
#: No more values of one variable are looked at: in the others nothing counts as a guard.
MAX_VALUES: Final = 20

#: Methods of a dictionary that read the key they are given first.
_READING: Final = frozenset({"get", "pop", "setdefault", "__contains__", "__getitem__"})
#: Calls that read no key of a dictionary that they are given.
_FORMATTING: Final = frozenset(
    {"str", "repr", "len", "bool", "print", "isinstance", "type", "id", "pprint", "format", "hash", "callable"}
)
_LOGGING: Final = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "fatal", "trace"}
)
#: Functions that give back their last argument, or a copy.
_COPYING: Final = frozenset({"copy.copy", "copy.deepcopy", "typing.cast"})
_SAME: Final = frozenset({"dict", "copy", "deepcopy", "cast"})
#: Calls that see the variables around them.
_LOOKING: Final = frozenset({"locals", "vars", "eval", "exec"})
_LOGGERS: Final = regex(r"log", re.IGNORECASE)
#: Methods of models, which get credentials from each other and from their provider.
_OF_MODELS: Final = frozenset({"validate_credentials", "_validate_credentials", "invoke", "_invoke", "get_num_tokens"})
#: A key in a template that `%` fills in; `%%` stands for itself.
_NAMED: Final = regex(r"%(?:%|\(([^()]*)\))")


class How(Enum):
    """How a key is read. Only `SUBSCRIPT` fails where the key is not there."""

    SUBSCRIPT = "subscript"
    GET = "get"
    TEST = "test"


class Site(Struct, frozen=True):
    """An expression and the scope it stands in."""

    node: ast.AST
    scope: Scope

    @property
    def file(self) -> File:
        return self.scope.file


class Read(Struct, frozen=True):
    """A place where a key is read.

    `node` is the key as it is written, `whole` the expression with the value. `calls` are the calls that brought the
    dictionary there, the outermost first. With `is_pattern`, `key` is a regular expression: the name is put together.
    `sure` is unset where the variable may hold another dictionary. `error` is what a missing key raises, where the
    read fails without it: functions and models of the plugin that get the dictionary as `**d` subscript it in effect.
    """

    key: str
    how: How
    node: ast.expr | ast.arg
    whole: ast.expr | ast.arg
    scope: Scope
    calls: tuple[Site, ...] = ()
    is_pattern: bool = False
    sure: bool = True
    error: str = "KeyError"

    @property
    def file(self) -> File:
        return self.scope.file

    def fits(self, name: str) -> bool:
        return re.fullmatch(self.key, name) is not None if self.is_pattern else self.key == name


class Traced(Struct):
    """What is known about a dictionary."""

    reads: list[Read] = field(default_factory=list)
    #: Keys that the code itself puts in, with the functions that do by a subscript, and None for other ways.
    stored: dict[str, set[Scope | None]] = field(default_factory=dict)
    #: It leaves sight: further keys may be read.
    escaped: bool = False
    #: It leaves the plugin: code that is not known gets it, or may read any of its keys.
    left: bool = False
    #: It goes to code that refuses keys which it does not know.
    is_closed: bool = False

    def reads_key(self, name: str) -> bool:
        return any(read.fits(name) for read in self.reads)

    def store(self, keys: Iterable[str], where: Scope | None = None) -> None:
        for key in keys:
            self.stored.setdefault(key, set()).add(where)

    def is_stored(self, scopes: Scopes, read: Read) -> bool:
        """Whether the code may have put in the key that is read. In one function the order tells."""
        stored = self.stored.get(read.key)
        if "*" in self.stored or not stored:
            return "*" in self.stored
        return read.how is not How.SUBSCRIPT or stored != {read.scope} or is_guarded(scopes, read)


_Calls: TypeAlias = "tuple[Site, ...]"


class _Open(Struct, frozen=True):
    """A read of the key that a function is given as `name`."""

    name: str
    how: How
    sure: bool


def trace(scopes: Scopes, function: Scope, parameter: str, cls: Scope | None = None) -> Traced:
    """Follows the dictionary that a function is given as `parameter`; `cls` is the class whose instance runs it."""
    tracer = _Tracer(scopes, cls)
    tracer.variable(function, parameter, (), sure=True)
    return tracer.found


def trace_values(scopes: Scopes, nodes: Iterable[Site], cls: Scope | None = None) -> Traced:
    """Follows the dictionary that each of the expressions stands for."""
    tracer = _Tracer(scopes, cls)
    for site in nodes:
        if isinstance(site.node, ast.expr):
            tracer.value(site.node, site.scope, (), sure=True)
    return tracer.found


class _Tracer:
    def __init__(self, scopes: Scopes, cls: Scope | None) -> None:
        self.scopes = scopes
        self.cls = cls
        self.found = Traced()
        self.seen: set[tuple[Scope, str]] = set()
        #: Reads whose key is a parameter of the function they stand in: what it is, each call decides.
        self.open: defaultdict[Scope, list[_Open]] = defaultdict(list)
        #: What classes take by name that have been asked about.
        self.classes: dict[Scope, Taken | None] = {}
        #: Whether all calls of a function in a function write out such a key.
        self.local: dict[tuple[Scope, _Open], bool] = {}

    def leaves(self) -> None:
        """Notes that code which is not known may read any key."""
        self.found.escaped = self.found.left = True

    def variable(self, scope: Scope, name: str, calls: _Calls, *, sure: bool) -> None:
        if (scope, name) in self.seen:
            return
        if scope.file.account.exceeds(MAX_VARIABLES, scope.file.module.path, len(self.seen) + 1):
            self.leaves()
            return
        self.seen.add((scope, name))
        values = scope.names.get(name, ())
        merged = list(_merged(scope, name)) if None in values else []
        for value in merged:
            self.merge(value)
        end = _end(values, name, len(merged)) if name in scope.parameters else None
        for node in scope.file.reads(scope, name):
            is_before = end is None or (node.lineno, node.col_offset) < end
            self.value(node, scope.file.scope_of(node), calls, sure=sure and is_before)
        looking = scope.file.derived(_looking, _looking)
        if any(where is scope and not _is_asked(node, scope) for node, where in looking):
            self.leaves()

    def note(self, read: Read) -> None:
        if read.file.account.exceeds(MAX_READS, read.file.module.path, len(self.found.reads) + 1):
            self.leaves()
        else:
            self.found.reads.append(read)

    def value(self, node: ast.expr, scope: Scope, calls: _Calls, *, sure: bool) -> None:
        """What is done with an expression whose value is the dictionary."""
        parent = scope.file.parents.get(node)
        match parent:
            case ast.Subscript(value=value, slice=key) if value is node:
                self.subscript(parent, key, scope, calls, sure)
            case ast.Attribute():
                self.method(parent, scope, calls, sure)
            case ast.Compare(ops=ops, comparators=comparators):
                for position, operator in enumerate(ops):
                    if isinstance(operator, ast.In | ast.NotIn) and comparators[position] is node:
                        left = parent.left if position == 0 else comparators[position - 1]
                        self.key(left, parent, How.TEST, scope, calls, sure)
                    elif isinstance(operator, ast.In | ast.NotIn) and parent.left is node:
                        self.found.escaped = True
            case ast.BoolOp() | ast.NamedExpr() | ast.Await():
                if isinstance(parent, ast.NamedExpr):
                    self.assigned(parent.target, node, scope, calls, sure)
                self.value(parent, scope, calls, sure=sure)
            case ast.IfExp(test=test):
                if test is not node:
                    self.value(parent, scope, calls, sure=sure)
            case ast.Assign(targets=targets):
                for target in targets:
                    self.assigned(target, node, scope, calls, sure)
            case ast.AnnAssign(target=target):
                self.assigned(target, node, scope, calls, sure)
            case ast.Call():
                self.argument(parent, node, None, scope, calls, sure)
            case ast.keyword(arg=name):
                call = scope.file.parents[parent]
                if not isinstance(call, ast.Call):
                    self.found.escaped = True
                elif name is None:
                    self.unpacked(call, scope, calls, sure)
                else:
                    self.argument(call, node, name, scope, calls, sure)
            case ast.Dict(keys=keys, values=values) if node in values and keys[values.index(node)] is None:
                # A copy, with more in it.
                self.found.store(self.key_of(key, scope) for key in keys if key is not None)
                if keys.count(None) > 1:
                    self.found.store(("*",))
                self.value(parent, scope, calls, sure=sure)
            case ast.Match(cases=cases):
                for case in cases:
                    self.pattern(case.pattern, scope, calls, sure)
            case (
                ast.FormattedValue() | ast.UnaryOp() | ast.If() | ast.While() | ast.Expr() | ast.Assert() | ast.Delete()
            ):
                pass
            case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str() as text) as template):
                names = {name for name in _NAMED.findall(text) if name}
                self.placeholders(names, template, parent, scope, calls, sure)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                # A copy, with more in it.
                self.merge(right if left is node else left)
                self.value(parent, scope, calls, sure=sure)
            case ast.For() | ast.AsyncFor() | ast.comprehension() | ast.Starred():
                self.leaves()
            case ast.Tuple() if _is_formatted(parent, scope.file):
                pass
            case _:
                self.found.escaped = True

    def subscript(self, node: ast.Subscript, key: ast.expr, scope: Scope, calls: _Calls, sure: bool) -> None:
        # `d["k"] += 1` reads the key, and stores it only where it is there.
        if isinstance(node.ctx, ast.Load) or isinstance(scope.file.parents.get(node), ast.AugAssign):
            self.key(key, node, How.SUBSCRIPT, scope, calls, sure)
        elif isinstance(node.ctx, ast.Store):
            texts = self.texts(key, scope)
            self.found.store(("*",) if texts is None else texts, scope)

    def method(self, node: ast.Attribute, scope: Scope, calls: _Calls, sure: bool) -> None:
        call = scope.file.parents.get(node)
        if not (isinstance(call, ast.Call) and call.func is node):
            self.leaves()
            return
        if node.attr in _READING and call.args:
            how = {"__getitem__": How.SUBSCRIPT, "__contains__": How.TEST}.get(node.attr, How.GET)
            how = How.SUBSCRIPT if node.attr == "pop" and len(call.args) == 1 else how
            self.key(call.args[0], call, how, scope, calls, sure)
            if node.attr == "setdefault":
                self.found.store(self.texts(call.args[0], scope) or ())
        elif node.attr == "update":
            self.found.store(keyword.arg or "*" for keyword in call.keywords)
            for argument in call.args:
                self.merge(argument)
        elif node.attr == "copy" and not call.args:
            self.value(call, scope, calls, sure=sure)
        elif node.attr != "clear":
            self.leaves()

    def merge(self, other: ast.expr) -> None:
        """Notes the keys that come from another mapping."""
        for key in other.keys if isinstance(other, ast.Dict) else [None]:
            is_text = isinstance(key, ast.Constant) and isinstance(key.value, str)
            self.found.store((key.value if is_text else "*",))  # type: ignore[union-attr]

    def placeholders(
        self, names: Iterable[str], template: ast.expr, whole: ast.expr, scope: Scope, calls: _Calls, sure: bool
    ) -> None:
        """The keys that a template names, which it is filled in with."""
        for name in sorted(names):
            self.note(Read(name, How.SUBSCRIPT, template, whole, scope, calls, sure=sure))

    def key_of(self, key: ast.expr, scope: Scope) -> str:
        """The one text that a key is; a star when it is not written out."""
        texts = self.texts(key, scope) or ()
        return texts[0] if len(texts) == 1 else "*"

    def key(self, key: ast.expr, whole: ast.expr, how: How, scope: Scope, calls: _Calls, sure: bool) -> None:
        if isinstance(key, ast.JoinedStr):
            pattern = name_pattern(key)
            if pattern is not None:
                self.note(Read(pattern, how, key, whole, scope, calls, is_pattern=True, sure=sure))
                return
        texts = self.texts(key, scope)
        if texts is None:
            if not self.is_given(key, scope, how, calls, sure):
                self.leaves()
            return
        for text in texts:
            self.note(Read(text, how, key, whole, scope, calls, sure=sure))

    def is_given(self, key: ast.expr, scope: Scope, how: How, calls: _Calls, sure: bool) -> bool:
        """Whether a key is a parameter of the function around, and each call of that writes it out.

        The key is then read where the call has it. Whether the function makes sure that it is there, nobody asked.
        """
        function = scope.binder(key.id) if isinstance(key, ast.Name) else None
        if function is None or not isinstance(key, ast.Name) or not function.is_function:
            return False
        if key.id not in function.parameters or function.names.get(key.id):
            return False
        wanted = _Open(key.id, How.TEST if how is How.TEST else How.GET, sure)
        if calls and run_by(self.scopes, _call(calls[-1]), calls[-1].scope, self.cls)[0] is function:
            if wanted not in self.open[function]:
                self.open[function].append(wanted)
            return self.is_filled(wanted, function, calls)
        if (function, wanted) not in self.local:
            self.local[function, wanted] = False  # For a function that calls itself.
            sites = _local_calls(function)
            filled = [self.is_filled(wanted, function, (*calls, site)) for site in sites]
            self.local[function, wanted] = bool(sites) and all(filled)
        return self.local[function, wanted]

    def is_filled(self, wanted: _Open, function: Scope, calls: _Calls) -> bool:
        """Whether the last call writes out the key that the function reads; notes that it is read."""
        *before, site = calls
        call = _call(site)
        _, offset = run_by(self.scopes, call, site.scope, self.cls)
        argument = _argument(call, wanted.name, function, offset)
        if argument is None:
            return False
        if argument is _default(function, wanted.name):
            texts = self.texts(argument, function.parent or function)
        else:
            texts = self.texts(argument, site.scope)
        if texts is None:
            return self.is_given(argument, site.scope, wanted.how, tuple(before), wanted.sure)
        for text in texts:
            read = Read(text, wanted.how, argument, call, site.scope, tuple(before), sure=wanted.sure)
            self.note(read)
        return True

    def unpacked(self, call: ast.Call, scope: Scope, calls: _Calls, sure: bool) -> None:
        """The dictionary is given as `**d`."""
        fields = _formatted(call)
        if fields is not None:
            self.placeholders(fields, call.func.value, call, scope, calls, sure)  # type: ignore[attr-defined]
            return
        taken = self.taken(call, scope) if len(calls) < 8 else None
        if taken is None:
            self.leaves()
            return
        self.fields(taken, (*calls, Site(call, scope)), sure)

    def fields(self, taken: Taken, calls: _Calls, sure: bool) -> None:
        file = calls[-1].file
        if file.account.exceeds(MAX_READS, file.module.path, len(self.found.reads) + len(taken.fields)):
            self.leaves()
            return
        for item in taken.fields:
            how = How.SUBSCRIPT if item.is_required else How.GET
            read = Read(item.name, how, item.node, item.node, item.scope, calls, sure=sure, error=taken.error)
            self.note(read)
        self.found.is_closed = self.found.is_closed or taken.is_closed
        if taken.rest is not None:
            self.variable(*taken.rest, calls, sure=sure)

    def taken(self, call: ast.Call, scope: Scope) -> Taken | None:
        """What a call takes by name of the mapping that it unpacks; None when that cannot be told."""
        if any(isinstance(argument, ast.Starred) for argument in call.args):
            return None
        if sum(keyword.arg is None for keyword in call.keywords) > 1:
            return None
        given = frozenset(keyword.arg for keyword in call.keywords if keyword.arg is not None)
        function, offset = run_by(self.scopes, call, scope, self.cls)
        if function is not None:
            return taken_by_function(function, len(call.args) + offset, given)
        cls = self.scopes.definition(call.func, scope)
        if cls is None or not cls.is_class:
            return None
        taken = self.taken_by(cls) if not call.args else None
        if taken is None or not given:
            return taken
        return replace(taken, fields=[item for item in taken.fields if item.name not in given])

    def taken_by(self, cls: Scope) -> Taken | None:
        if cls not in self.classes:
            self.classes[cls] = taken_by_class(self.scopes, cls)
        return self.classes[cls]

    def texts(self, key: ast.expr, scope: Scope) -> Sequence[str] | None:
        """The texts that a key may be, when they are written out."""
        return constant_texts(self.scopes, key, scope)

    def assigned(self, target: ast.expr, value: ast.expr, scope: Scope, calls: _Calls, sure: bool) -> None:
        if not isinstance(target, ast.Name):
            self.found.escaped = True
            return
        binder = scope.binder(target.id)
        if binder is None or binder.node is scope.file.top.node or target.id in binder.outer:
            self.found.escaped = True
            return
        if (binder, target.id) in self.seen:
            return
        others = [item for item in binder.names.get(target.id, ()) if item is not value and not _is_empty(item)]
        self.variable(
            binder, target.id, calls, sure=sure and not [item for item in others if not _contains(item, value)]
        )

    def argument(
        self, call: ast.Call, node: ast.expr, keyword: str | None, scope: Scope, calls: _Calls, sure: bool
    ) -> None:
        if node is call.func:
            self.found.escaped = True
            return
        name = last_name(call.func)
        if isinstance(call.func, ast.Name) and name in _FORMATTING and not scope.binder(name):
            return
        if isinstance(call.func, ast.Name) and name == "dict" and len(call.args) == 1 and not call.keywords:
            self.value(call, scope, calls, sure=sure)  # A copy has the same keys.
            return
        if name in _SAME and call.args[-1:] == [node] and dotted(call.func, scope) in _COPYING:
            self.value(call, scope, calls, sure=sure)
            return
        if name in ("model_validate", "parse_obj") and isinstance(call.func, ast.Attribute) and call.args == [node]:
            model = self.scopes.definition(call.func.value, scope)
            taken = self.taken_by(model) if model is not None and model.is_class else None
            if taken is not None and taken.error == "ValidationError":
                self.fields(taken, (*calls, Site(call, scope)), sure)
                return
        if isinstance(call.func, ast.Attribute) and (
            name in _LOGGING and _LOGGERS.search(ast.unparse(call.func.value))
        ):
            return
        fields = _formatted(call)
        if fields is not None and name == "format_map":
            self.placeholders(fields, call.func.value, call, scope, calls, sure)  # type: ignore[attr-defined]
            return
        function, offset = run_by(self.scopes, call, scope, self.cls)
        if function is None and self.is_sdk(call.func, scope):
            self.found.escaped = True  # What the SDK reads is known.
            return
        name = _parameter(call, node, keyword, function, offset) if function is not None else None
        if function is None or name is None or len(calls) >= 8:
            self.leaves()
            return
        inner = (*calls, Site(call, scope))
        if (function, name) in self.seen:
            # What it reads is known, but for the keys that this call gives it.
            for wanted in tuple(self.open[function]):
                if not self.is_filled(wanted, function, inner):
                    self.leaves()
        self.variable(function, name, inner, sure=sure)

    def is_sdk(self, function: ast.expr, scope: Scope) -> bool:
        """Whether a function that the plugin does not define is one of the SDK."""
        if (dotted(function, scope) or "").startswith("dify_plugin."):
            return True
        if not isinstance(function, ast.Attribute):
            return False
        if function.attr in _OF_MODELS:
            return True  # `self.get_model_instance(…)` gives a class of the plugin, which is looked at by itself.
        method = _method_around(scope)
        owner = method.owner if method is not None else None
        match function.value:
            case ast.Call(func=ast.Name(id="super")):
                pass
            case ast.Name(id=name) if (instance := instance_class(name, scope)) is not None:
                owner = instance
            case value:
                owner = self.scopes.definition(value, scope)
        if owner is None or not owner.is_class:
            return False
        bases = self.scopes.lineage(owner)[1]
        return bool(bases) and all(base.startswith("dify_plugin.") for base in bases or ())

    def pattern(self, pattern: ast.pattern, scope: Scope, calls: _Calls, sure: bool) -> None:
        for node in walk(pattern):
            if isinstance(node, ast.MatchMapping):
                for key in node.keys:
                    self.key(key, key, How.TEST, scope, calls, sure)
                if node.rest:
                    self.leaves()
            elif isinstance(node, ast.MatchAs) and node.pattern is None and node.name is not None and node is pattern:
                self.found.escaped = True


def name_pattern(node: ast.JoinedStr) -> str | None:
    """A regular expression of the texts that an f-string may give, which takes linear time; None where any may come."""
    parts = [
        glob.escape(part.value) if isinstance(part, ast.Constant) and isinstance(part.value, str) else "*"
        for part in node.values
    ]
    return fnmatch.translate("".join(parts)) if any(part != "*" for part in parts) else None


def called(scopes: Scopes, call: ast.Call, scope: Scope, cls: Scope | None) -> tuple[Scope | None, int]:
    """The function of the plugin that a call runs, and how many of its parameters are filled before the arguments.

    `cls` is the class of the instance, which may override what a base class calls.
    """
    function = call.func
    if isinstance(function, ast.Attribute):
        owner: Scope | None = None
        if isinstance(function.value, ast.Name):
            owner = instance_class(function.value.id, scope)
        if owner is not None:
            through = cls if cls is not None and owner in scopes.lineage(cls)[0] else owner
            found = scopes.member(through, function.attr)
            return _method(found, through_instance=True)
        if isinstance(function.value, ast.Call) and last_name(function.value.func) == "super":
            method = _method_around(scope)
            if method is None or method.owner is None:
                return None, 0
            line = scopes.lineage(cls or method.owner)[0]
            after = line[line.index(method.owner) + 1 :] if method.owner in line else []
            found = next((each.functions[function.attr] for each in after if function.attr in each.functions), None)
            return _method(found, through_instance=True)
        if isinstance(function.value, ast.Call):
            made = scopes.definition(function.value.func, scope)
            if made is not None and made.is_class:
                return _method(scopes.member(made, function.attr), through_instance=True)
    found = scopes.definition(function, scope)
    if found is None and isinstance(function, ast.Attribute):
        made = scopes.instance(function.value, scope)
        if made is not None:
            return _method(scopes.member(made, function.attr), through_instance=True)
    return _method(found, through_instance=False)


def _merged(scope: Scope, name: str) -> Iterator[ast.expr]:
    """What is put into a variable by `|=`."""
    for node in walk(scope.node):
        match node:
            case ast.AugAssign(target=ast.Name(id=target), op=ast.BitOr(), value=value) if target == name:
                yield value


def _end(values: Sequence[ast.expr | None], name: str, merged: int) -> tuple[int, int] | None:
    """Where a parameter is first given a value that is not made of what it was given, if anywhere."""
    others = [value for value in values if value is not None and not (_is_empty(value) or _is_made_of(value, name))]
    if values.count(None) > merged:
        return 0, 0
    return min(((value.end_lineno or 0, value.end_col_offset or 0) for value in others), default=None)


def _is_made_of(node: ast.expr, name: str) -> bool:
    """Whether an expression is the dictionary that a variable holds, or a copy of it."""
    match node:
        case ast.Name(id=other):
            return other == name
        case ast.BoolOp(values=values):
            return any(_is_made_of(value, name) for value in values)
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(op=ast.BitOr(), left=first, right=second):
            return _is_made_of(first, name) or _is_made_of(second, name)
        case ast.NamedExpr(value=value) | ast.Call(func=ast.Attribute(value=value, attr="copy"), args=[]):
            return _is_made_of(value, name)
        case ast.Call(func=function, args=[*_, value]) if last_name(function) in _SAME:
            return _is_made_of(value, name)
        case ast.Dict(keys=keys, values=values):
            return any(key is None and _is_made_of(value, name) for key, value in zip(keys, values, strict=True))
        case _:
            return False


def run_by(scopes: Scopes, call: ast.Call, scope: Scope, cls: Scope | None) -> tuple[Scope | None, int]:
    """The same as `called`, where making an instance of a class runs its `__init__`."""
    function, offset = called(scopes, call, scope, cls)
    if function is None:
        made = scopes.definition(call.func, scope)
        if made is not None and made.is_class:
            return _method(scopes.member(made, "__init__"), through_instance=True)
    return function, offset


def _formatted(call: ast.Call) -> set[str] | None:
    """The names in a template that is filled in by `"…".format(**d)` or `"…".format_map(d)`; None for other calls."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format" | "format_map")):
            try:
                return {name for name in _fields(text) if name and not name.isdigit()}
            except ValueError:
                return set()  # It fails before it reads a key.
        case _:
            return None


def _fields(text: str, depth: int = 0) -> Iterator[str]:
    """The fields of a template, those in its formats too (`{value:{width}}`)."""
    for _, field_name, form, _ in Formatter().parse(text):
        if field_name is not None:
            yield re.split(r"[.\[]", field_name, maxsplit=1)[0]
        if form and depth < 2:
            yield from _fields(form, depth + 1)


def _method(found: Scope | None, *, through_instance: bool) -> tuple[Scope | None, int]:
    if found is None or not found.is_function:
        return None, 0
    if found.owner is None or found.self_name is None:
        return found, 0
    return found, 1 if through_instance or "classmethod" in found.decorators else 0


def _method_around(scope: Scope) -> Scope | None:
    where: Scope | None = scope
    while where is not None and where.owner is None:
        where = where.parent
    return where


def _parameter(call: ast.Call, node: ast.expr, keyword: str | None, function: Scope, offset: int) -> str | None:
    """The parameter that an argument fills."""
    names = list(function.parameters)
    if keyword is not None:
        return keyword if keyword in function.parameters else None
    for position, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            return None
        if argument is node:
            arguments = getattr(function.node, "args", None)
            only_by_name = {item.arg for item in arguments.kwonlyargs} if arguments is not None else set()
            place = position + offset
            return names[place] if place < len(names) and names[place] not in only_by_name else None
    return None


def _argument(call: ast.Call, name: str, function: Scope, offset: int) -> ast.expr | None:
    """What a call gives a function for a parameter: the argument, or the default."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    place = list(function.parameters).index(name) - offset
    if 0 <= place < len(call.args):
        return call.args[place]
    return _default(function, name)


def _default(function: Scope, name: str) -> ast.expr | None:
    arguments = getattr(function.node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return None
    positional = [*arguments.posonlyargs, *arguments.args]
    found = dict(zip([item.arg for item in positional][::-1], arguments.defaults[::-1], strict=False))
    found |= {
        item.arg: default
        for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }
    return found.get(name)


def _call(site: Site) -> ast.Call:
    return cast(ast.Call, site.node)


def _local_calls(function: Scope) -> list[Site]:
    """The calls of a function that stands in another one; none when it is also used in another way."""
    if function.parent is None or not function.parent.is_function:
        return []
    file = function.file
    uses = set(file.reads(function.parent, function.name))
    calls = [Site(call, scope) for call, scope in file.calls_in(function.parent) if call.func in uses]
    return calls if len(calls) == len(uses) else []


def _looking(file: File) -> tuple[tuple[ast.Call, Scope], ...]:
    """The calls in a file that see the variables around them."""
    return tuple(
        (call, scope) for call, scope in file.calls if isinstance(call.func, ast.Name) and call.func.id in _LOOKING
    )


def _is_asked(call: ast.Call, scope: Scope) -> bool:
    """Whether `locals()` is only asked for one name: `"x" in locals()`."""
    parent = scope.file.parents.get(call)
    return isinstance(parent, ast.Compare) and isinstance(parent.left, ast.Constant) and call in parent.comparators


def constant_texts(scopes: Scopes, node: ast.expr, scope: Scope, depth: int = 0) -> Sequence[str] | None:
    """The texts that an expression may stand for, when they are written out: a constant, or a name from a list."""
    match node:
        case ast.Constant(value=str() as text):
            return (text,)
        case ast.IfExp(body=first, orelse=second) if depth < 5:
            both = [constant_texts(scopes, item, scope, depth + 1) for item in (first, second)]
            return None if None in both else [text for texts in both if texts for text in texts]
        case ast.Name(id=name) if depth < 5:
            listed = _loop_over(node, name, scope)
            if listed is not None:
                return list_of_texts(scopes, listed, scope, depth + 1)
            value, where = _only_value(scopes, node, scope)
            return constant_texts(scopes, value, where, depth + 1) if value is not None and where is not None else None
        case ast.Attribute() if depth < 5:
            value, where = _only_value(scopes, node, scope)
            return constant_texts(scopes, value, where, depth + 1) if value is not None and where is not None else None
        case _:
            return None


def _only_value(scopes: Scopes, node: ast.expr, scope: Scope) -> tuple[ast.expr | None, Scope | None]:
    """The one value that a variable, a class attribute or a constant of another file of the plugin is given."""
    if isinstance(node, ast.Name):
        binder = scope.binder(node.id)
        if binder is None or node.id in binder.parameters:
            return None, None
        values = binder.names.get(node.id, [])
        if len(values) == 1 and node.id not in binder.imports:
            return values[0], binder
        if not values:
            return scopes.written(node, binder) or (None, None)
        return None, None
    if isinstance(node, ast.Attribute):
        owner = instance_class(node.value.id, scope) if isinstance(node.value, ast.Name) else None
        owner = owner or scopes.definition(node.value, scope)
        if owner is not None and owner.is_class and len(owner.attributes.get(node.attr, ())) == 1:
            value, where = owner.attributes[node.attr][0]
            return value, where
        return scopes.written(node, scope) or (None, None)
    return None, None


def tried_before(scopes: Scopes, read: Read) -> Sequence[str]:
    """The keys that a loop tries before this one, where it ends with the first that is there."""
    if not isinstance(read.node, ast.Name):
        return ()
    for parent in read.file.around(read.node):
        match parent:
            case ast.For(target=ast.Name(id=name), iter=listed) if name == read.node.id and _leaves(parent):
                pass
            case ast.GeneratorExp(generators=[ast.comprehension(target=ast.Name(id=name), iter=listed)]) if (
                name == read.node.id and _is_first_taken(read.file, parent)
            ):
                pass
            case _:
                continue
        texts = list_of_texts(scopes, listed, read.scope) or []
        return texts[: texts.index(read.key)] if read.key in texts else ()
    return ()


def _is_first_taken(file: File, node: ast.expr) -> bool:
    """Whether `next` takes the first of a generator, through `filter` perhaps."""
    parent = file.parents.get(node)
    if not isinstance(parent, ast.Call) or not isinstance(parent.func, ast.Name):
        return False
    return parent.func.id == "next" or (parent.func.id == "filter" and _is_first_taken(file, parent))


def _loop_over(node: ast.AST, name: str, scope: Scope) -> ast.expr | None:
    """What the loop around a node goes over that binds a name."""
    for parent in scope.file.around(node):
        loops: Sequence[ast.For | ast.AsyncFor | ast.comprehension] = ()
        if isinstance(parent, ast.For | ast.AsyncFor):
            loops = [parent]
        elif isinstance(parent, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            loops = parent.generators
        for loop in loops:
            if isinstance(loop.target, ast.Name) and loop.target.id == name:
                return loop.iter
            if isinstance(loop.target, ast.Tuple) and loop.target.elts:
                for position, item in enumerate(loop.target.elts):
                    if isinstance(item, ast.Name) and item.id == name:
                        return ast.Subscript(loop.iter, ast.Constant(position), ast.Load())
    return None


def list_of_texts(scopes: Scopes, node: ast.expr, scope: Scope, depth: int = 0) -> list[str] | None:
    """The texts of a display, of the keys of a mapping, or of one place of each tuple in a display."""
    place: int | None = None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
        place, node = node.slice.value, node.value
    for _ in range(4):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and function.attr == "items" and place in (0, 1) and not node.args:
                value, where = _display(scopes, function.value, scope)
                items: Sequence[ast.expr | None] = ()
                if isinstance(value, ast.Dict) and where is not None:
                    items = value.keys if place == 0 else value.values
                return _all_texts(scopes, items, where, depth) if where is not None and items else None
            if isinstance(function, ast.Attribute) and function.attr in {"keys", "values"} and not node.args:
                value, where = _display(scopes, function.value, scope)
                if not isinstance(value, ast.Dict) or where is None:
                    return None
                return _all_texts(scopes, value.keys if function.attr == "keys" else value.values, where, depth)
            if isinstance(function, ast.Name) and function.id in {"list", "tuple", "set", "sorted", "frozenset"}:
                if len(node.args) != 1:
                    return None
                node = node.args[0]
                continue
            if isinstance(function, ast.Name) and function.id == "enumerate" and place == 1 and node.args:
                node, place = node.args[0], None
                continue
            return None
        break
    value, where = _display(scopes, node, scope)
    if value is None or where is None:
        return None
    if isinstance(value, ast.Dict):
        return _all_texts(scopes, value.keys, where, depth) if place is None else None
    if not isinstance(value, ast.List | ast.Tuple | ast.Set):
        return None
    items = value.elts
    if place is not None:
        parts: list[ast.expr | None] = []
        for item in items:
            if not isinstance(item, ast.Tuple | ast.List) or len(item.elts) <= place:
                return None
            parts.append(item.elts[place])
        items = parts
    return _all_texts(scopes, items, where, depth)


def _display(scopes: Scopes, node: ast.expr, scope: Scope) -> tuple[ast.expr | None, Scope | None]:
    for _ in range(5):
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            return node, scope
        value, where = _only_value(scopes, node, scope)
        if value is None or where is None:
            return None, None
        node, scope = value, where
    return None, None


def _all_texts(scopes: Scopes, nodes: Iterable[ast.expr | None], scope: Scope, depth: int) -> list[str] | None:
    found: list[str] = []
    for node in nodes:
        texts = constant_texts(scopes, node, scope, depth + 1) if node is not None and depth < 8 else None
        if texts is None:
            return None
        found += texts
    return found


def _is_empty(node: ast.expr | None) -> bool:
    match node:
        case ast.Constant(value=None) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=[]):
            return True
        case _:
            return False


def _contains(outer: ast.expr | None, inner: ast.expr) -> bool:
    return outer is not None and any(node is inner for node in walk(outer))


def _is_formatted(node: ast.Tuple, file: File) -> bool:
    """Whether a tuple is what a text is formatted with: `"%s" % (d,)`."""
    parent = file.parents.get(node)
    return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mod) and isinstance(parent.left, ast.Constant)


# Guards


def is_guarded(scopes: Scopes, read: Read) -> bool:
    """Whether the code makes sure, in one way or another, that the key is there where it is read."""
    calls = [(site.node, site.scope) for site in read.calls]
    # What takes `**d` asks for the key where it is called, and not where it is declared.
    places = calls if isinstance(read.whole, ast.arg | ast.Name) else [(read.whole, read.scope), *calls]
    return any(_guards(scopes, node, scope, read) for node, scope in places)


def _is_tired(scopes: Scopes, scope: Scope) -> bool:
    return scope.file.account.exceeds(MAX_GUARD_STEPS, scope.file.module.path, scopes.steps)


def _guards(scopes: Scopes, node: ast.AST, scope: Scope, read: Read, depth: int = 0) -> bool:
    if _is_tired(scopes, scope):
        return True
    key = read.key
    file = scope.file
    inner: ast.AST = node
    for parent in file.around(node):
        match parent:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                if inner is not test and _tests(scopes, test, scope, key):
                    return True
            case ast.BoolOp(values=values):
                before = values[: values.index(inner)] if inner in values else []
                if any(_tests(scopes, value, scope, key) for value in before):
                    return True
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                tests = [test for generator in parent.generators for test in generator.ifs]
                if any(test is not inner and _tests(scopes, test, scope, key) for test in tests):
                    return True
            case ast.Try() | ast.TryStar() if inner in parent.body:
                if any(_catches_missing(handler, parent, read.error) for handler in parent.handlers):
                    return True
            case ast.With() | ast.AsyncWith():
                if any("suppress" in ast.unparse(item.context_expr) for item in parent.items):
                    return True
            case ast.Raise():
                return True  # It fails in any case.
            case ast.match_case():
                guard = parent.guard if parent.guard is not inner else None
                if _mentions(parent.pattern, {key}) or (guard is not None and _tests(scopes, guard, scope, key)):
                    return True
            case _:
                pass
        if isinstance(inner, ast.stmt):
            for body in _bodies(parent):
                if inner in body:
                    for statement in body[: body.index(inner)]:
                        scopes.steps += 1 + (statement.end_lineno or 0) - statement.lineno
                        if _is_tired(scopes, scope) or _settles(scopes, statement, scope, key):
                            return True
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and parent is scope.node:
            if scope.parent is None or scope.parent.parent is None or scope.parent.is_class:
                return False
            # A function in a function is there, and runs, where what is around it has made sure.
            sites = _local_calls(scope) if scope.is_function and depth < _MAX_CALLS else []
            if sites and all(_guards(scopes, site.node, site.scope, read, depth + 1) for site in sites):
                return True
            scope = scope.parent
        inner = parent
    return False


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield value


#: Calls are looked at this deep for what guards a function in a function.
_MAX_CALLS: Final = 2
#: What else the exceptions are caught as that a missing key raises.
_CAUGHT_AS: Final = {"KeyError": "LookupError", "ValidationError": "ValueError"}


def _catches_missing(handler: ast.ExceptHandler, around: ast.Try | ast.TryStar, error: str) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {last_name(kind) if kind is not None else "BaseException" for kind in kinds}
    if names & {error, _CAUGHT_AS.get(error)}:
        # One that raises another exception tells the user of another fault.
        return not isinstance(handler.body[-1], ast.Raise)
    # A `try` around little is there for what it reads.
    return bool(names & {"Exception", "BaseException"}) and len(around.body) == 1 and not _nested(around.body[0])


def _nested(node: ast.stmt) -> bool:
    return bool(getattr(node, "body", None))


def _tests(scopes: Scopes, test: ast.expr, scope: Scope, key: str) -> bool:
    """Whether a condition has to do with a key: it names it, or a variable that has been read from it or lists it."""
    scopes.steps += 1
    if _is_tired(scopes, scope):
        return True
    if (test, scope) not in scopes.tested:
        scopes.tested[test, scope] = frozenset(_tested(scopes, test, scope))
    return key in scopes.tested[test, scope]


def _tested(scopes: Scopes, test: ast.expr, scope: Scope) -> Iterator[str]:
    """The keys that a condition has to do with: those in it, and those in the values of its variables."""
    yield from _written(scopes, test, scope)
    for name in scope.file.names_in(test):
        binder = scope.binder(name)
        values = binder.names.get(name, [])[:MAX_VALUES] if binder is not None else ()
        for value in values:
            if value is not None and binder is not None:
                yield from _written(scopes, value, binder)


def _written(scopes: Scopes, node: ast.expr, scope: Scope) -> frozenset[str]:
    """The texts in an expression and in the functions that it calls, and those that its variables stand for."""
    if (node, scope) not in scopes.written_in:
        found = set(scope.file.texts_in(node))
        for item in walk(node):
            if isinstance(item, ast.Call):
                function, _ = called(scopes, item, scope, None)
                texts = function.file.texts_in(function.node) if function is not None else ()
                scopes.steps += len(texts) // 100
                found.update(texts)
            elif isinstance(item, ast.Name):
                found.update(list_of_texts(scopes, item, scope) or constant_texts(scopes, item, scope) or ())
            elif isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name):
                found.update(list_of_texts(scopes, item, scope) or ())
        scopes.written_in[node, scope] = frozenset(found)
    return scopes.written_in[node, scope]


def _mentions(node: ast.AST, keys: set[str]) -> bool:
    return any(isinstance(item, ast.Constant) and item.value in keys for item in walk(node) if _is_text(item))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _settles(scopes: Scopes, statement: ast.stmt, scope: Scope, key: str) -> bool:
    """Whether a statement makes sure that what follows has the key: it stores it, or leaves without it."""
    for node in walk(statement):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and _mentions(node.slice, {key}):
            return True
        if isinstance(node, ast.Call) and last_name(node.func) in {"setdefault", "update"} and _mentions(node, {key}):
            return True
        if isinstance(node, ast.keyword) and node.arg == key:
            call = scope.file.parents.get(node)
            if isinstance(call, ast.Call) and last_name(call.func) == "update":
                return True
    if isinstance(statement, ast.If | ast.For | ast.While | ast.Try):
        if _leaves(statement) or _ends(scopes, statement, scope):
            head = statement.test if isinstance(statement, ast.If | ast.While) else statement
            if isinstance(statement, ast.For):
                return _mentions(statement, {key}) or _tests(scopes, statement.iter, scope, key)
            if isinstance(head, ast.expr):
                return _tests(scopes, head, scope, key) or _mentions_in_tests(statement, scopes, scope, key)
            return _mentions_in_tests(statement, scopes, scope, key)
        return False
    if isinstance(statement, ast.Assert):
        return _tests(scopes, statement.test, scope, key)
    for node in walk(statement):
        if isinstance(node, ast.Call):
            function, _ = run_by(scopes, node, scope, None)
            if function is None:
                continue
            refused = _refused(scopes, function)
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if key in (refused or ()) or (
                refused is not None and any(_tests(scopes, argument, scope, key) for argument in given)
            ):
                return True
    return False


def _refused(scopes: Scopes, function: Scope) -> frozenset[str] | None:
    """The keys that a function looks for in order to fail without them; None when it fails under no condition."""
    if function not in scopes.refused:
        nodes = [node for node in walk(function.node) if isinstance(node, ast.If | ast.For) and _fails(node)]
        tests = [node.test if isinstance(node, ast.If) else node.iter for node in nodes]
        keys = frozenset(key for test in tests for key in _tested(scopes, test, function))
        scopes.refused[function] = keys if nodes else None
    return scopes.refused[function]


def _mentions_in_tests(statement: ast.AST, scopes: Scopes, scope: Scope, key: str) -> bool:
    for node in walk(statement):
        if isinstance(node, ast.If | ast.IfExp) and _leaves(node) and _tests(scopes, node.test, scope, key):
            return True
        if isinstance(node, ast.For) and _leaves(node) and _tests(scopes, node.iter, scope, key):
            return True
    return False


def _fails(node: ast.AST) -> bool:
    return any(isinstance(item, ast.Raise) for item in walk(node))


#: Functions that end the program.
_EXITS: Final = frozenset({"exit", "_exit", "quit", "abort"})


def _ends(scopes: Scopes, statement: ast.stmt, scope: Scope) -> bool:
    """Whether a statement calls a function that does not come back."""
    for node in walk(statement):
        if isinstance(node, ast.Call) and isinstance(scope.file.parents.get(node), ast.Expr):
            function, _ = called(scopes, node, scope, None)
            last = getattr(function.node, "body", [None])[-1] if function is not None else None
            if isinstance(last, ast.Raise) or last_name(node.func) in _EXITS:
                return True
    return False


def _leaves(node: ast.AST) -> bool:
    return any(isinstance(item, ast.Return | ast.Raise | ast.Continue | ast.Break) for item in walk(node))
