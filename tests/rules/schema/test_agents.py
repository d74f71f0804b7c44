"""The rules about what everybody accepts and a run of an agent or the console then fails on."""

from __future__ import annotations

import textwrap

import pytest

from bot.findings import Severity
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, found, text_at

TOOL = "tools/current_weather.yaml"


def tool(lines: str, name: str = "units") -> MemoryTree:
    """The example tool with one parameter."""
    texts = "label: {en_US: Units}\nhuman_description: {en_US: The units.}\n"
    return changed(f"parameters:\n  - name: {name}\n" + textwrap.indent(f"{lines}\n{texts}", "    "), TOOL)


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        ("type: string\nrequired: true\nform: form\ndefault: ''", ["''"]),
        ("type: number\nrequired: true\nform: form\ndefault: 0", ["0"]),
        ("type: boolean\nrequired: true\nform: form\ndefault: false", ["false"]),
        ("type: string\nrequired: true\nform: form\ndefault: a", []),
        ("type: string\nrequired: true\nform: form", []),
        ("type: string\nrequired: false\nform: form\ndefault: ''", []),
        ("type: string\nrequired: true\nform: llm\ndefault: ''", []),
    ],
)
def test_a_default_that_counts_as_none(lines: str, at: list[str]) -> None:
    tree = tool(lines)
    findings = found("schema/agent-default", tree)
    assert [text_at(tree, each) for each in findings] == at
    assert {each.severity for each in findings} <= {Severity.NOTICE}


@pytest.mark.parametrize(("required", "count"), [("true", 0), ("false", 1)])
def test_a_selector_that_is_left_unset(required: str, count: int) -> None:
    assert len(found("schema/agent-default", tool(f"type: model-selector\nrequired: {required}\nform: form"))) == count


@pytest.mark.parametrize(
    ("kind", "required", "count"),
    [("file", "true", 1), ("files", "true", 1), ("file", "false", 0), ("string", "true", 0)],
)
def test_a_file_that_an_agent_does_not_have(kind: str, required: str, count: int) -> None:
    assert len(found("schema/agent-file", tool(f"type: {kind}\nrequired: {required}\nform: llm"))) == count


@pytest.mark.parametrize(
    ("kind", "form", "count"),
    [
        *((kind, "llm", 1) for kind in ("any", "dynamic-select", "model-selector", "app-selector", "array")),
        *((kind, "llm", 0) for kind in ("string", "number", "boolean", "select", "object", "file", "secret-input")),
        ("any", "form", 0),
        ("array", "form", 0),
    ],
)
def test_types_that_a_model_cannot_be_given(kind: str, form: str, count: int) -> None:
    tree = tool(f"type: {kind}\nform: {form}")
    assert [text_at(tree, each) for each in found("schema/llm-type", tree)] == [kind] * count


@pytest.mark.parametrize(
    ("name", "form", "count"),
    [
        ("a.b", "llm", 1),
        ("'city '", "llm", 1),
        ("a" * 65, "llm", 1),
        ("a" * 64, "llm", 0),
        ("a-b_2", "llm", 0),
        ("a.b", "form", 0),
    ],
)
def test_names_of_parameters_for_a_model(name: str, form: str, count: int) -> None:
    assert len(found("schema/function-name", tool(f"type: string\nform: {form}", name))) == count


@pytest.mark.parametrize(("length", "count"), [(64, 0), (65, 1)])
def test_names_of_tools_for_a_model(length: int, count: int) -> None:
    tree = changed(f"identity:\n  author: acme\n  name: {'a' * length}\n  label: {{en_US: Weather}}\n", TOOL)
    assert len(found("schema/function-name", tree)) == count


@pytest.mark.parametrize(("length", "count"), [(1024, 0), (1025, 1)])
def test_descriptions_for_a_model(length: int, count: int) -> None:
    tree = changed(f"description:\n  human: {{en_US: Weather}}\n  llm: {'a' * length}\n", TOOL)
    assert len(found("schema/long-description", tree)) == count


@pytest.mark.parametrize(
    ("name", "count"), [("a" * 30, 0), ("a" * 31, 1), ("a-b", 1), ("_a1", 0), ("1a", 1), ("名称", 1)]
)
def test_variables_that_a_text_can_name(name: str, count: int) -> None:
    tree = changed(f"output_schema:\n  type: object\n  properties:\n    {name}: {{type: string}}\n", TOOL)
    assert len(found("schema/output-name", tree)) == count


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("https://dify.ai/schemas/v1/qa_structure.json", 0),
        ("https://dify.ai/schemas/v1/nope.json", 1),
        ("https://dify.ai/schemas/v2/file.json", 1),
        ("https://example.com/schemas/v1/nope.json", 0),
        ("'#/definitions/a'", 0),
    ],
)
def test_references_to_schemas_of_dify(written: str, count: int) -> None:
    schema = f"output_schema:\n  type: object\n  properties:\n    a: {{type: array, items: {{$ref: {written}}}}}\n"
    assert len(found("schema/output-reference", changed(schema, TOOL))) == count


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("string", 0),
        ("integer", 0),
        ("array[string]", 0),
        ("int", 1),
        ("str", 1),
        ("float", 1),
        ("list", 1),
        ("file", 0),
    ],
)
def test_types_of_variables(kind: str, count: int) -> None:
    tree = changed(f"output_schema:\n  type: object\n  properties:\n    a: {{type: {kind}}}\n", TOOL)
    assert [text_at(tree, each) for each in found("schema/output-schema", tree)] == [kind] * count


def test_keys_that_the_daemon_drops() -> None:
    lines = (
        "type: select\nform: form\nshow_on: [{variable: a, value: b}]\n"
        "options: [{value: a, label: {en_US: A}, show_on: [{variable: a, value: b}]}]"
    )
    assert [each.pointer for each in found("schema/dropped-key", tool(lines))] == [
        "/parameters/0/show_on",
        "/parameters/0/options/0/show_on",
    ]
    assert found("schema/dropped-key", tool("type: string\nform: form\nshow_on: []")) == []
