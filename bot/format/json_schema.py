"""JSON Schema of every kind of document, made from the spec models: editors complete and check plugin YAML with it."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from bot.format.kinds import MODELS
from bot.format.models.base import DocumentKind


def schema_kinds() -> dict[str, DocumentKind]:
    """The kinds of document that have a schema, by the name that the command line takes: `tool-provider`."""
    return {kind.value.replace(" ", "-"): kind for kind in MODELS}


def json_schema(kind: DocumentKind) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of document. Times are texts in it, as JSON has no type for them."""
    made = TypeAdapter(MODELS[kind]).json_schema(schema_generator=_Generator)
    return {"$schema": GenerateJsonSchema.schema_dialect, **_any_of(made), "title": f"Dify {kind.value}"}


class _Generator(GenerateJsonSchema):
    # Warnings are about defaults that JSON cannot say, such as those made by factories.
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012


def _any_of(schema: Any) -> Any:
    """`schema` with every `oneOf` an `anyOf`: which form a document has may show in what it lacks."""
    if isinstance(schema, dict):
        return {"anyOf" if key == "oneOf" else key: _any_of(value) for key, value in schema.items()}
    return [_any_of(item) for item in schema] if isinstance(schema, list) else schema
