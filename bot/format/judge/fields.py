"""Looks into spec models: what a pointer of a document should hold, and where fields of some kind are."""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from msgspec import Struct

from bot.document import Pointer
from bot.format.models.base import Origin, Spec

Marker = TypeVar("Marker")


class _Any:
    def __repr__(self) -> str:
        return "*"


#: In a pattern, stands for every item of a list or every value of a mapping.
EACH: Final = _Any()
#: A path into documents of one kind, with `EACH` for items.
Pattern: TypeAlias = "tuple[str | _Any, ...]"


class Field(Struct, frozen=True):
    """What a spec model says of one place in a document.

    `type` is free of metadata and of None, unless it is a union of several other types. `origins` are the origins met
    on the way, the innermost last.
    """

    type: Any
    nullable: bool = False
    markers: tuple[Any, ...] = ()
    origins: tuple[Origin, ...] = ()

    @property
    def origin(self) -> Origin | None:
        """The innermost origin that says who reads the place."""
        return next((origin for origin in reversed(self.origins) if not origin.nested), None)

    @property
    def read_by_sdk(self) -> bool:
        return all(origin.sdk for origin in self.origins if not origin.nested)

    @property
    def read_by_daemon(self) -> bool:
        return all(origin.daemon for origin in self.origins if not origin.nested)

    def marker(self, kind: builtins.type[Marker]) -> Marker | None:
        return next((marker for marker in self.markers if isinstance(marker, kind)), None)

    @property
    def alternatives(self) -> tuple[Field, ...]:
        """The place once for each form that it can have; just itself where there is one."""
        if get_origin(self.type) not in _UNIONS:
            return (self,)
        return tuple(_field(arm, (), self.origins) for arm in get_args(self.type) if arm is not type(None))

    @property
    def models(self) -> tuple[type[Spec], ...]:
        """The spec models that the place can hold."""
        return tuple(form.type for form in self.alternatives if _is_spec(form.type))

    @property
    def choices(self) -> tuple[Any, ...]:
        return tuple(
            choice for form in self.alternatives if get_origin(form.type) is Literal for choice in get_args(form.type)
        )


_UNIONS = (Union, types.UnionType)


def _is_spec(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Spec)


def root_field(model: Any) -> Field:
    """The field that a whole document of this model is."""
    return _field(model, (), ())


def step(field: Field, part: str | int) -> Field | None:
    """The field one step further, or None where the model knows nothing."""
    for form in field.alternatives:
        if _is_spec(form.type):
            info = form.type.model_fields.get(part) if isinstance(part, str) else None
            if info is not None:
                return _field(info.annotation, tuple(info.metadata), form.origins)
        elif get_origin(form.type) is list and isinstance(part, int):
            return _field(get_args(form.type)[0], (), form.origins)
        elif get_origin(form.type) is dict:
            return _field(get_args(form.type)[1], (), form.origins)
    return None


def resolve(model: Any, pointer: Pointer) -> Field | None:
    """The field at `pointer` in documents of `model`, or None where the model knows nothing."""
    field: Field | None = root_field(model)
    for part in pointer:
        if field is None:
            return None
        field = step(field, part)
    return field


@lru_cache(maxsize=64)
def _marked(model: Any) -> tuple[tuple[Pattern, Any, Field], ...]:
    return tuple(_walk(root_field(model), (), ()))


@lru_cache(maxsize=256)
def find(model: Any, kind: type[Marker]) -> tuple[tuple[Pattern, Marker, Field], ...]:
    """Where documents of `model` hold fields marked with `kind`."""
    found: dict[Pattern, tuple[Pattern, Marker, Field]] = {}
    for pattern, marker, field in _marked(model):
        if isinstance(marker, kind):  # Two forms of one field lead to the same places.
            found.setdefault(pattern, (pattern, marker, field))
    return tuple(found.values())


def _walk(field: Field, pattern: Pattern, inside: tuple[Any, ...]) -> Iterator[tuple[Pattern, Any, Field]]:
    forms = field.alternatives
    for place in (field, *forms) if forms != (field,) else forms:
        yield from ((pattern, marker, place) for marker in place.markers)
    for form in forms:
        if _is_spec(form.type):
            if form.type in inside:
                continue
            for name, info in form.type.model_fields.items():
                inner = _field(info.annotation, tuple(info.metadata), form.origins)
                yield from _walk(inner, (*pattern, name), (*inside, form.type))
        elif get_origin(form.type) in (list, dict):
            inner = _field(get_args(form.type)[-1], (), form.origins)
            yield from _walk(inner, (*pattern, EACH), inside)


def matches(data: Any, pattern: Pattern) -> list[tuple[Pointer, Any]]:
    """The places in `data` that `pattern` leads to, with what stands there."""
    found: list[tuple[Pointer, Any]] = [((), data)]
    for part in pattern:
        inside: list[tuple[Pointer, Any]] = []
        for pointer, value in found:
            if isinstance(part, str):
                if isinstance(value, dict) and part in value:
                    inside.append(((*pointer, part), value[part]))
            elif isinstance(value, list):
                inside += [((*pointer, index), item) for index, item in enumerate(value)]
            elif isinstance(value, dict):
                inside += [((*pointer, key), item) for key, item in value.items()]
        if not inside:
            return []
        found = inside
    return found


def _field(annotation: Any, metadata: tuple[Any, ...], origins: tuple[Origin, ...]) -> Field:
    markers = list(metadata)
    nullable = False
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *inner = get_args(annotation)
            markers = [*inner, *markers]
        elif get_origin(annotation) in _UNIONS:
            parts = get_args(annotation)
            some = [part for part in parts if part is not type(None)]
            nullable = nullable or len(some) < len(parts)
            if len(some) != 1:
                break
            annotation = some[0]
        else:
            break
    found = tuple(marker for marker in markers if isinstance(marker, Origin))
    return Field(annotation, nullable, tuple(markers), (*origins, *found))
