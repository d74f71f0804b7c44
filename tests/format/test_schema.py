"""The JSON Schemas made from the models, checked with an independent validator."""

from __future__ import annotations

import copy
import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.format.json_schema import json_schema, schema_kinds
from bot.format.kinds import MODELS
from bot.format.models.base import DocumentKind
from tests.format.plugins import SAMPLES, Sample

SCHEMAS = {kind: json_schema(kind) for kind in MODELS}


def as_json(value: Any) -> Any:
    """YAML data as an editor's language server sees it: times are text."""
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def errors(kind: DocumentKind, data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMAS[kind]).iter_errors(as_json(data))]


def test_every_kind_has_a_name() -> None:
    assert len(schema_kinds()) == len(DocumentKind)
    assert schema_kinds()["tool-provider"] is DocumentKind.TOOL_PROVIDER
    assert all(name == name.lower() and " " not in name for name in schema_kinds())


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.value)
def test_the_schema_is_one(kind: DocumentKind) -> None:
    schema = SCHEMAS[kind]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in schema
    assert schema["title"] == f"Dify {kind.value}"


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.value)
def test_every_property_is_described(kind: DocumentKind) -> None:
    structures = [SCHEMAS[kind], *SCHEMAS[kind].get("$defs", {}).values()]
    for structure in structures:
        for name, schema in structure.get("properties", {}).items():
            assert schema.get("description"), f"{structure.get('title')}.{name}"
            assert not any(mark in schema["description"] for mark in (".go:", ".py:", ".mdx:"))
        assert structure.get("description", "").count(";") == 0 or "items" in structure


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_clean_documents_fit(sample: Sample) -> None:
    assert errors(sample.kind, sample.document.data) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (DocumentKind.MANIFEST, {"type": "bundle"}),
        (DocumentKind.MANIFEST, {"labels": {"en_US": "x"}}),
        (DocumentKind.TOOL, {"parameters": [{"name": "a"}]}),
        (DocumentKind.MODEL, {"model_type": "chat"}),
        (DocumentKind.MODEL, {"parameter_rules": [{"name": "t"}]}),
        (DocumentKind.ENDPOINT_GROUP, {"settings": {"token": {}}}),
        (DocumentKind.TRIGGER_PROVIDER, {"events": "events/order.yaml"}),
    ],
)
def test_wrong_documents_do_not(kind: DocumentKind, change: dict[str, Any]) -> None:
    sample = next(sample for sample in SAMPLES if sample.kind is kind)
    data = copy.deepcopy(sample.document.data) | change
    assert errors(kind, data)


def test_forms_that_both_readers_take() -> None:
    rule = {"name": "temperature", "use_template": "temperature"}
    model = {"model": "m", "model_type": "llm", "model_properties": {}, "parameter_rules": [rule], "label": {}}
    assert errors(DocumentKind.MODEL, model) == []
    pricing = {"input": "0.1", "unit": 0.001, "currency": "USD"}
    assert errors(DocumentKind.MODEL, {**model, "pricing": pricing}) == []
    option = {"value": 1, "label": {"en_US": "One"}}
    parameter = {
        "name": "a",
        "type": "select",
        "form": "llm",
        "label": {"en_US": "A"},
        "human_description": {"en_US": "A"},
        "options": [option],
    }
    tool = next(sample for sample in SAMPLES if sample.kind is DocumentKind.TOOL).document.data
    assert errors(DocumentKind.TOOL, {**tool, "parameters": [parameter]}) == []
