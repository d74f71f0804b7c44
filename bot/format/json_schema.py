"""JSON Schema of every kind of document, made from the spec models: editors complete and check plugin YAML with it.

A schema knows no severities, and editors show each departure as an error. It therefore refuses only what a review
reports as an error: keys that nobody reads and values that only remote debugging refuses pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from bot.findings import By, Severity
from bot.format.judge.consequence import severity_of
from bot.format.judge.fields import Field, root_field, step
from bot.format.judge.objectors import checked_by, required_by
from bot.format.judge.readers import GO_BOOLEAN_WORDS
from bot.format.kinds import MODELS
from bot.format.models.base import Origin, SdkOnly, Shape, Spec, Stringified
from bot.format.traits import DocumentKind


def schema_kinds() -> dict[str, DocumentKind]:
    """The kinds of document that have a schema, by the name that the command line takes: `tool-provider`."""
    return {kind.value.replace(" ", "-"): kind for kind in MODELS}


def json_schema(kind: DocumentKind) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of document. Times are texts in it, as JSON has no type for them."""
    made = _any_of(TypeAdapter(MODELS[kind]).json_schema(schema_generator=_Generator))
    structures = {made.get("title"): made, **made.get("$defs", {})}
    for outer in _mappings(root_field(MODELS[kind]), ()):
        (model,) = outer.models
        _only_errors(structures[model.__name__], model, outer, kind)
    return {"$schema": GenerateJsonSchema.schema_dialect, **made, "title": f"Dify {kind.value}"}


class _Generator(GenerateJsonSchema):
    # Warnings are about defaults that JSON cannot say, such as those made by factories.
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012


def _any_of(schema: Any) -> Any:
    """`schema` with every `oneOf` an `anyOf`: which form a document has may show in what it lacks."""
    if isinstance(schema, dict):
        return {"anyOf" if key == "oneOf" else key: _any_of(value) for key, value in schema.items()}
    return [_any_of(item) for item in schema] if isinstance(schema, list) else schema


# --- only what is an error ------------------------------------------------------------------------------------------

_CONSTRAINTS: Final = frozenset(
    {
        *("pattern", "minLength", "maxLength", "minItems", "maxItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    }
)
_TYPES: Final[Mapping[Shape, tuple[str, ...]]] = {
    Shape.NULL: ("null",),
    Shape.SCALAR: ("string", "number", "boolean"),
    Shape.LIST: ("array",),
    Shape.MAPPING: ("object",),
}


def _mappings(field: Field, inside: tuple[type[Spec], ...]) -> Iterator[Field]:
    """Every mapping that a document can hold, once for each way to it."""
    for form in field.alternatives:
        if form.models:
            (model,) = form.models
            if model not in inside:
                yield form
                for name in model.model_fields:
                    yield from _below(step(form, name), (*inside, model))
        else:
            yield from _below(step(form, 0) or step(form, ""), inside)


def _below(field: Field | None, inside: tuple[type[Spec], ...]) -> Iterator[Field]:
    if field is not None:
        yield from _mappings(field, inside)


def _only_errors(structure: dict[str, Any], model: type[Spec], outer: Field, kind: DocumentKind) -> None:
    """Takes out of the schema of one mapping what is not an error at this place."""
    if not _is_error(model.closed_by):
        structure.pop("additionalProperties", None)
    properties = structure.setdefault("properties", {})
    for key, remark in model.remarks.items():
        if key not in model.model_fields:
            properties[key] = {"description": remark.text or "Nobody reads this key: it has no effect."}
            if remark.refused_by:
                allowed = sorted(name for shape in remark.takes for name in _TYPES[shape])
                if allowed:
                    properties[key]["type"] = allowed
                else:
                    properties[key]["not"] = {}
    sdk_reads = kind is not DocumentKind.BUNDLE
    for name in model.model_fields:
        field = step(outer, name)
        if field is None:
            continue
        required = _is_error(required_by(kind, outer, field, sdk_reads=sdk_reads))
        if not required and name in structure.get("required", ()):
            structure["required"].remove(name)
        properties[name] = _taken(properties[name], outer, field, kind)
        if not required and not (field.read_by_sdk and sdk_reads):
            properties[name] = _or(properties[name], {"type": "null"})


def _taken(schema: dict[str, Any], outer: Field | None, field: Field, kind: DocumentKind) -> dict[str, Any]:
    """The schema of one value, without what is not an error."""
    sdk_reads = field.read_by_sdk and kind is not DocumentKind.BUNDLE
    if "$ref" in schema:
        return schema
    if "anyOf" in schema:
        forms: list[Any] = []
        for form in schema["anyOf"]:
            taken = _taken(form, outer, field, kind)
            forms.extend(
                part for part in (taken["anyOf"] if taken.keys() == {"anyOf"} else [taken]) if part not in forms
            )
        return {**schema, "anyOf": forms}
    if isinstance(schema.get("items"), dict):
        item = step(field, 0)
        if item is not None:
            items = _taken(schema["items"], None, item, kind)
            schema = {**schema, "items": items if sdk_reads else _or(items, {"type": "null"})}
    if isinstance(schema.get("additionalProperties"), dict):
        value = step(field, "")
        if value is not None:
            schema = {**schema, "additionalProperties": _taken(schema["additionalProperties"], None, value, kind)}
    checked = _is_error(checked_by(kind, outer, field, sdk_reads=kind is not DocumentKind.BUNDLE))
    if not checked:
        schema = {key: value for key, value in schema.items() if key not in _CONSTRAINTS}
    origin = field.marker(Origin)
    if field.marker(Stringified) is not None:
        free = origin is not None and origin.daemon_takes is not None
        names = [*_TYPES[Shape.SCALAR], "null", *(("array", "object") if free else ())]
        return {**schema, "type": names}
    more = field.marker(SdkOnly)
    if more is not None and "enum" in schema and not _is_error(more.refused_by):
        schema = {**schema, "enum": list(dict.fromkeys([*schema["enum"], *more.choices]))}
    if "enum" in schema or "const" in schema:
        if not sdk_reads:  # Null is as good as no item to the daemon, and any scalar is text.
            return _or(schema, {"type": "null"} if checked else {"type": [*_TYPES[Shape.SCALAR], "null"]})
        return schema if checked else _or(schema, {"type": "string"})
    if schema.get("type") == "boolean":
        # To an editor these are texts; both readers of plugins take them where a boolean is wanted.
        return _or(
            schema, {"enum": sorted(GO_BOOLEAN_WORDS)} if field.read_by_daemon else {"type": ["string", "number"]}
        )
    if schema.get("type") in ("integer", "number") and not field.read_by_daemon:
        return _or(schema, {"type": ["string", "boolean"]})
    if schema.get("type") == "string" and not sdk_reads:
        return {**schema, "type": [*_TYPES[Shape.SCALAR], "null"]}
    return schema


def _or(schema: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A schema that takes what `other` takes too. What is shown of the value stays outside."""
    shown: dict[str, Any] = {key: schema[key] for key in ("title", "description", "default") if key in schema}
    rest = {key: value for key, value in schema.items() if key not in shown}
    if other in rest.get("anyOf", ()):
        return schema
    forms = rest["anyOf"] if rest.keys() == {"anyOf"} else [rest]
    return {**shown, "anyOf": [*forms, other]} if rest else schema


def _is_error(objectors: tuple[By, ...]) -> bool:
    return bool(objectors) and severity_of(objectors) is Severity.ERROR
