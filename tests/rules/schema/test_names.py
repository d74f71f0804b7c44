"""The rules about names that must be unique."""

from __future__ import annotations

import pytest

from bot.findings import Severity
from tests.support.reviewing import changed, found, said, text_at

TOOL = "tools/current_weather.yaml"
DUPLICATE = "schema/duplicate-name"
TEXTS = "label: {en_US: A}, human_description: {en_US: A}"


def test_the_second_of_two_parameters_is_pointed_at() -> None:
    parameter = f"{{name: city, type: string, form: form, {TEXTS}}}"
    tree = changed(f"parameters:\n  - {parameter}\n  - {parameter}\n  - {parameter}\n", TOOL)
    findings = found(DUPLICATE, tree)
    assert [each.pointer for each in findings] == ["/parameters/1/name", "/parameters/2/name"]
    assert {text_at(tree, each) for each in findings} == {"city"}
    assert {each.severity for each in findings} == {Severity.WARNING}
    assert all("line 2" in each.message or "line" in each.message for each in findings)


@pytest.mark.parametrize(
    ("path", "base", "text"),
    [
        (
            "group/shop.yaml",
            "endpoint",
            (
                "settings:\n  - {name: a, type: text-input, label: {en_US: A}}\n"
                "  - {name: a, type: text-input, label: {en_US: B}}\n"
            ),
        ),
        (
            "provider/codehub.yaml",
            "trigger",
            (
                "subscription_constructor:\n  parameters:\n    - {name: a, type: string, label: {en_US: A}}\n"
                "    - {name: a, type: string, label: {en_US: B}}\n"
            ),
        ),
        (
            "provider/wiki.yaml",
            "datasource",
            (
                "oauth_schema:\n  client_schema:\n    - {name: a, type: text-input, label: {en_US: A}}\n"
                "    - {name: a, type: text-input, label: {en_US: B}}\n"
            ),
        ),
        (
            "models/llm/acme-small.yaml",
            "model",
            "parameter_rules:\n  - {name: a, type: int}\n  - {name: a, type: float}\n",
        ),
    ],
)
def test_every_list_of_named_items(path: str, base: str, text: str) -> None:
    assert len(found(DUPLICATE, changed(text, path, base))) == 1


def test_two_forms_may_share_a_name() -> None:
    item = "[{name: a, type: text-input, label: {en_US: A}}]"
    text = f"oauth_schema:\n  client_schema: {item}\n  credentials_schema: {item}\n"
    assert found(DUPLICATE, changed(text, "provider/wiki.yaml", "datasource")) == []


def form(*conditions: str) -> str:
    fields = "".join(
        "    - {variable: size, type: text-input, required: true, label: {en_US: A}, show_on: " + condition + "}\n"
        for condition in conditions
    )
    return f"model_credential_schema:\n  model: {{label: {{en_US: A}}}}\n  credential_form_schemas:\n{fields}"


LLM = "[{variable: __model_type, value: llm}]"
TTS = "[{variable: __model_type, value: tts}]"


@pytest.mark.parametrize(
    ("conditions", "count"),
    [((LLM, TTS), 0), ((LLM, LLM), 1), ((LLM, "[]"), 1), (("[]", LLM), 1), (("[]", "[]"), 1), ((LLM, TTS, LLM), 1)],
)
def test_fields_of_model_providers_may_share_a_name_under_different_conditions(
    conditions: tuple[str, ...], count: int
) -> None:
    assert len(found(DUPLICATE, changed(form(*conditions), "provider/acme.yaml", "model"))) == count


def test_conditions_mean_nothing_in_other_forms() -> None:
    item = "{name: a, type: string, form: form, " + TEXTS + ", show_on: [{variable: x, value: '%s'}]}"
    tree = changed(f"parameters:\n  - {item % 1}\n  - {item % 2}\n", TOOL)
    assert len(found(DUPLICATE, tree)) == 1


IDENTITY = "schema/duplicate-identity"


def second(path: str, key: str, first: str, name: str) -> tuple[str, dict[str, str]]:
    return f"{key}:\n  - {first}\n  - {path}\n", {path: f"identity:\n  name: {name}\n  author: acme\n"}


@pytest.mark.parametrize(
    ("base", "provider", "key", "first", "name"),
    [
        ("tool", "provider/weather.yaml", "tools", "tools/current_weather.yaml", "current_weather"),
        ("agent", "provider/planner.yaml", "strategies", "strategies/planner.yaml", "planner"),
        ("datasource", "provider/wiki.yaml", "datasources", "datasources/pages.yaml", "pages"),
        ("trigger", "provider/codehub.yaml", "events", "events/star.yaml", "star"),
    ],
)
def test_two_documents_of_one_name(base: str, provider: str, key: str, first: str, name: str) -> None:
    text, files = second("more/second.yaml", key, first, name)
    (finding,) = found(IDENTITY, changed(text, provider, base, files))
    assert (finding.severity, finding.location.path) == (Severity.ERROR, "more/second.yaml")
    assert first in finding.message
    text, files = second("more/second.yaml", key, first, "other")
    assert found(IDENTITY, changed(text, provider, base, files)) == []


def test_the_document_is_at_fault_that_has_the_name_of_another() -> None:
    text, files = second("tools/forecast.yaml", "tools", "tools/copied.yaml", "forecast")
    files["tools/copied.yaml"] = "identity:\n  name: forecast\n  author: acme\n"
    (finding,) = found(IDENTITY, changed(text, "provider/weather.yaml", "tool", files))
    assert finding.location.path == "tools/copied.yaml"
    assert "tools/forecast.yaml" in finding.message


def test_a_file_that_is_linked_twice_has_one_name() -> None:
    tree = changed("tools:\n  - tools/current_weather.yaml\n  - tools/current_weather.yaml\n", "provider/weather.yaml")
    assert found(IDENTITY, tree) == []


@pytest.mark.parametrize(
    ("name", "count"), [("pages_2", 0), ("Pages-2", 0), ("wiki pages", 1), ("维基", 1), ("a.b", 1)]
)
def test_names_of_datasources_fit_into_addresses(name: str, count: int) -> None:
    text = f"identity:\n  author: acme\n  name: {name}\n  label: {{en_US: A}}\n"
    tree = changed(text, "datasources/pages.yaml", "datasource")
    assert [text_at(tree, each) for each in found("schema/datasource-name", tree)] == [name] * count


def test_the_name_of_a_tool_is_left_to_the_models_of_the_format() -> None:
    tree = changed("identity:\n  author: acme\n  name: my tool\n  label: {en_US: A}\n", TOOL)
    assert [rule for rule, _ in said(tree, "schema")] == ["schema/invalid-value"]
