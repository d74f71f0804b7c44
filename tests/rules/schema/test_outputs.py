"""The rules about output schemas."""

from __future__ import annotations

import pytest

from tests.support.reviewing import changed, found, said, text_at

TOOL = "tools/current_weather.yaml"
OUTPUT = "schema/output-schema"


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ("{temperature: {type: number}}", "output_schema"),
        ("{type: array, items: {type: string}}", "array"),
        ("{type: [object], properties: {}}", "type"),
        ("{type: object}", "output_schema"),
        ("{type: object, properties: [temperature]}", "properties"),
        ("{type: object, properties: {temperature: number}}", "temperature"),
        ("{type: object, properties: {temperature: {description: Warmth}}}", "temperature"),
    ],
)
def test_a_schema_that_describes_no_variables(schema: str, place: str) -> None:
    tree = changed(f"output_schema: {schema}\n", TOOL)
    (finding,) = found(OUTPUT, tree)
    assert text_at(tree, finding) == place


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object, properties: {temperature: {type: number}}}",
        "{type: object, properties: {unit: {enum: [C, F]}, rest: {$ref: '#/$defs/rest'}}}",
        "{type: object, properties: {}}",
        "{anyOf: [{type: object}]}",
        "{}",
        "null",
    ],
)
def test_a_schema_that_does(schema: str) -> None:
    assert found(OUTPUT, changed(f"output_schema: {schema}\n", TOOL)) == []


def test_a_schema_of_the_wrong_shape_is_left_to_the_models_of_the_format() -> None:
    assert [rule for rule, _ in said(changed("output_schema: [a]\n", TOOL), "schema")] == ["schema/wrong-type"]


def test_events_and_datasources_have_schemas_too() -> None:
    schema = "output_schema: {user: {type: string}}\n"
    assert len(found(OUTPUT, changed(schema, "events/star.yaml", "trigger"))) == 1
    assert len(found(OUTPUT, changed(schema, "datasources/pages.yaml", "datasource"))) == 1


def test_the_names_of_built_in_variables_are_taken() -> None:
    schema = "{type: object, properties: {text: {type: string}, files: {type: array}, summary: {type: string}}}"
    tree = changed(f"output_schema: {schema}\n", TOOL)
    assert [text_at(tree, each) for each in found("schema/reserved-output", tree)] == ["text", "files"]
    assert found("schema/reserved-output", changed(f"output_schema: {schema}\n", "events/star.yaml", "trigger")) == []


def test_a_crawler_describes_what_dify_reads_of_a_page() -> None:
    schema = "output_schema: {type: object, properties: {content: {type: string}, title: {type: string}}}\n"
    tree = changed(schema, "datasources/pages.yaml", "datasource")
    (finding,) = found("schema/crawler-output", tree)
    assert "`source_url`, `description`" in finding.message
    drive = changed(
        "provider_type: online_drive\n", "provider/wiki.yaml", "datasource", {"datasources/pages.yaml": schema}
    )
    assert found("schema/crawler-output", drive) == []
