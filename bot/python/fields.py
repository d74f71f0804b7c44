"""What a function, a dataclass or a pydantic model of the plugin takes by name, as `f(**d)` gives it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from bot.python.nodes import last_name, walk
from bot.python.scopes import Scope, Scopes


class Field(Struct, frozen=True):
    """A name that is taken. `node` is where the code declares it."""

    name: str
    node: ast.expr | ast.arg
    scope: Scope
    is_required: bool


class Taken(Struct, frozen=True):
    """All that is taken by name."""

    fields: Sequence[Field]
    #: The exception for a required one that is missing.
    error: str
    #: The function and its variable that gets all other names.
    rest: tuple[Scope, str] | None = None
    #: Another name is refused, and not only dropped.
    is_closed: bool = False


_MODEL: Final = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel"})
#: What has a model look at everything it is given, or take more than it declares.
_LOOKING: Final = frozenset({"model_validator", "root_validator"})
#: Decorators after which a function takes what it took before.
_TRANSPARENT: Final = frozenset({"staticmethod", "classmethod", "override", "final", "abstractmethod"})
_PLAIN: Final = frozenset({"abc.ABC", "object", "typing.Generic", "typing.Protocol"})


def taken_by_function(function: Scope, filled: int, given: frozenset[str]) -> Taken | None:
    """What a function takes whose first parameters, and those `given`, are filled in another way."""
    arguments = getattr(function.node, "args", None)
    if not isinstance(arguments, ast.arguments) or function.decorators - _TRANSPARENT:
        return None
    before = len(arguments.posonlyargs)
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = len(positional) - len(arguments.defaults)
    fields = [
        Field(item.arg, item, function, position < defaults)
        for position, item in enumerate(positional)
        if position >= max(filled, before) and item.arg not in given
    ]
    fields += [
        Field(item.arg, item, function, default is None)
        for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if item.arg not in given
    ]
    rest = (function, arguments.kwarg.arg) if arguments.kwarg is not None else None
    return Taken(tuple(fields), "TypeError", rest, rest is None)


def taken_by_class(scopes: Scopes, cls: Scope) -> Taken | None:
    """What a dataclass or a pydantic model takes; None when that cannot be told."""
    line, bases = scopes.lineage(cls)
    if bases is None or any("__init__" in each.functions or "__new__" in each.functions for each in line):
        return None
    if set(bases) & _MODEL and set(bases) <= _MODEL | _PLAIN:
        return _model(line)
    if "dataclass" in cls.decorators and set(bases) <= _PLAIN:
        return _dataclass(line)
    return None


def _annotated(line: Sequence[Scope]) -> Iterator[tuple[Scope, ast.AnnAssign, str]]:
    """The annotated names of classes, those of the bases first."""
    for cls in reversed(line):
        for statement in getattr(cls.node, "body", ()):
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                annotation = statement.annotation
                inner = annotation.value if isinstance(annotation, ast.Subscript) else annotation
                if last_name(inner) != "ClassVar":
                    yield cls, statement, statement.target.id


def _model(line: Sequence[Scope]) -> Taken | None:
    fields: dict[str, Field] = {}
    for cls in line:
        configured = "Config" in cls.classes or "model_config" in cls.names or getattr(cls.node, "keywords", None)
        if configured or any(function.decorators & _LOOKING for function in cls.functions.values()):
            return None
    for cls, statement, name in _annotated(line):
        if name.startswith("_"):
            continue
        key: str | None = name
        required = statement.value is None
        for call in walk(statement):
            if isinstance(call, ast.Call) and last_name(call.func) == "Field":
                key = _alias(call, name)
                if call is statement.value:
                    required = _is_required(call)
                elif _has_default(call):
                    required = False
        if key is None:
            return None
        fields[name] = Field(key, statement.target, cls, required)
    return Taken(tuple(fields.values()), "ValidationError")


def _alias(call: ast.Call, name: str) -> str | None:
    """The key that a field is read from; None when it is not written out."""
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    for called in ("validation_alias", "alias"):
        if called in given:
            value = given[called]
            return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
    return name


def _is_required(call: ast.Call) -> bool:
    if call.args:
        return isinstance(call.args[0], ast.Constant) and call.args[0].value is Ellipsis
    return not _has_default(call)


def _has_default(call: ast.Call) -> bool:
    return any(keyword.arg in ("default", "default_factory") for keyword in call.keywords)


def _dataclass(line: Sequence[Scope]) -> Taken | None:
    fields: dict[str, Field] = {}
    for cls, statement, name in _annotated(line):
        required = statement.value is None
        if isinstance(statement.value, ast.Call) and last_name(statement.value.func) == "field":
            given = {keyword.arg: keyword.value for keyword in statement.value.keywords}
            if "init" in given:
                return None
            required = not _has_default(statement.value)
        fields[name] = Field(name, statement.target, cls, required)
    return Taken(tuple(fields.values()), "TypeError", is_closed=True)
