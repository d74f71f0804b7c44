"""The JSON Schemas made from the models, checked with an independent validator."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.document import Pointer, read_document
from bot.findings import Severity
from bot.format.json_schema import json_schema, schema_kinds
from bot.format.judge.verdict import validate
from bot.format.kinds import MODELS
from bot.format.traits import DocumentKind
from tests.format.plugins import SAMPLES, Sample

SCHEMAS = {kind: json_schema(kind) for kind in MODELS}
VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in SCHEMAS.items()}


def as_json(value: Any) -> Any:
    """YAML data as an editor's language server sees it: times are text."""
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def errors(kind: DocumentKind, data: Any) -> list[str]:
    return [error.message for error in VALIDATORS[kind].iter_errors(as_json(data))]


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


#: What is put in the place of the values of a clean document, half of it at each.
STRANGE: tuple[Any, ...] = (None, True, 7, "", "yes", "x" * 2000, [], {"a": 1})


def places(data: Any, pointer: Pointer = ()) -> Iterator[Pointer]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*pointer, key)
        yield from places(value, (*pointer, key))


def changed(data: Any) -> Iterator[tuple[str, Any]]:
    """`data` with one thing in it replaced, left out or added: at every place, and the strange values in turn."""
    for number, pointer in enumerate(places(data)):
        for strange in (*STRANGE[number % 2 :: 2], "left out", "added"):
            spoilt = copy.deepcopy(data)
            outer = spoilt
            for part in pointer[:-1]:
                outer = outer[part]
            if strange == "left out":
                del outer[pointer[-1]]
            elif strange == "added":
                if not isinstance(outer, dict):
                    continue
                outer["strange_key"] = "x"
            else:
                outer[pointer[-1]] = strange
            yield f"{pointer}: {str(strange)[:20]}", spoilt


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_what_is_red_in_an_editor_is_an_error_of_a_review(sample: Sample) -> None:
    wrong = []
    for name, data in changed(sample.document.data):
        red = next(VALIDATORS[sample.kind].iter_errors(as_json(data)), None)
        if red is not None:
            text = yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True)
            document = read_document(sample.path, text.encode())
            found = validate(document, sample.kind)
            if not any(violation.severity is Severity.ERROR for violation in found):
                wrong.append((name, red.message[:200], [violation.message for violation in found]))
    assert wrong == []
