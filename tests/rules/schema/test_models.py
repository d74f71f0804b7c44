"""The rules about models and their providers."""

from __future__ import annotations

import pytest

from bot.findings import Severity
from bot.format.builtin import TEMPLATES
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, found, said, text_at

PROVIDER = "provider/acme.yaml"
SMALL = "models/llm/acme-small.yaml"


def provider(text: str, files: dict[str, str] | None = None) -> MemoryTree:
    return changed(text, PROVIDER, "model", files)


def small(text: str) -> MemoryTree:
    return changed(text, SMALL, "model")


def rules(*lines: str) -> MemoryTree:
    return small("parameter_rules:\n" + "".join(f"  - {{{line}}}\n" for line in lines))


def form(*fields: str) -> MemoryTree:
    listed = "".join(f"    - {{{field}, required: true, label: {{en_US: A}}}}\n" for field in fields)
    return provider(f"provider_credential_schema:\n  credential_form_schemas:\n{listed}")


# --- sections ---------------------------------------------------------------------------------------------------

SECTION = "schema/model-section"
RERANK = "model: acme-rerank\nmodel_type: rerank\nmodel_properties: {context_size: 512}\n"


def test_a_model_in_the_section_of_another_type() -> None:
    tree = provider("", {"models/llm/acme-rerank.yaml": RERANK})
    (finding,) = found(SECTION, tree)
    assert (finding.severity, finding.location.path) == (Severity.WARNING, "models/llm/acme-rerank.yaml")
    assert text_at(tree, finding) == "rerank"


def test_a_model_that_a_section_of_its_type_finds_too_is_in_place() -> None:
    sections = "models:\n  llm: {predefined: ['models/**/*.yaml']}\n  rerank: {predefined: ['models/**/*.yaml']}\n"
    embedding = "  text_embedding: {predefined: ['models/**/*.yaml']}\n"
    tree = provider(sections + embedding, {"models/rerank/acme-rerank.yaml": RERANK})
    assert found(SECTION, tree) == []


def test_a_section_by_another_name_is_one_finding() -> None:
    sections = "models:\n  llm: {position: models/llm/_position.yaml, predefined: ['models/llm/*.yaml']}\n"
    embedding = "  text-embedding: {predefined: ['models/text_embedding/*.yaml']}\n"
    assert said(provider(sections + embedding), "schema") == [("schema/unknown-key", "error")]


@pytest.mark.parametrize("rule", ["name: t, use_template: temp", "name: t, use_template: temp, type: float"])
def test_a_template_that_does_not_exist_is_one_finding(rule: str) -> None:
    assert said(rules(rule), "schema") == [("schema/unknown-value", "error")]
    assert said(rules("name: t, use_template: ''"), "schema") == [("schema/missing-key", "error")]


def test_a_copy_in_the_wrong_section_is_one_finding() -> None:
    sections = (
        "supported_model_types: [llm, text-embedding, rerank]\nmodels:\n  llm: {predefined: ['models/llm/*.yaml']}\n"
        "  text_embedding: {predefined: ['models/text_embedding/*.yaml']}\n"
        "  rerank: {predefined: ['models/rerank/*.yaml']}\n"
    )
    tree = provider(sections, {"models/llm/acme-rerank.yaml": RERANK, "models/rerank/acme-rerank.yaml": RERANK})
    assert [rule for rule, severity in said(tree, "schema") if severity != "notice"] == [SECTION]


def test_an_unknown_type_is_left_to_the_models_of_the_format() -> None:
    tree = small("model_type: reranking\n")
    assert [rule for rule, _ in said(tree, "schema") if rule != "schema/model-position"] == ["schema/unknown-value"]


DUPLICATE = "schema/duplicate-model"
SMALL_AGAIN = "model: acme-small\nmodel_type: llm\nmodel_properties: {mode: chat, context_size: 1}\n"


@pytest.mark.parametrize("copy", ["models/llm/aaa.yaml", "models/llm/zzz.yaml"])
def test_the_copy_is_the_file_that_is_called_otherwise(copy: str) -> None:
    tree = provider("", {copy: SMALL_AGAIN})
    (finding,) = found(DUPLICATE, tree)
    assert (finding.location.path, text_at(tree, finding)) == (copy, "acme-small")
    assert SMALL in finding.message


def test_models_of_different_types_may_share_a_name() -> None:
    tree = provider("", {"models/text_embedding/acme-small.yaml": SMALL_AGAIN.replace("llm", "text-embedding")})
    assert found(DUPLICATE, tree) == []


# --- providers --------------------------------------------------------------------------------------------------

TYPES = "schema/model-types"


def test_models_of_a_type_that_is_not_supported() -> None:
    tree = provider("supported_model_types: [llm]\n")
    (finding,) = found(TYPES, tree)
    assert (finding.pointer, text_at(tree, finding)) == ("/models/text_embedding", "text_embedding")


def test_a_supported_type_without_models() -> None:
    tree = provider("supported_model_types: [llm, text-embedding, tts]\n")
    (finding,) = found(TYPES, tree)
    assert text_at(tree, finding) == "tts"


@pytest.mark.parametrize(
    "text",
    [
        "supported_model_types: [llm, text-embedding, tts]\nconfigurate_methods: [customizable-model]\n",
        "supported_model_types: [llm, text-embedding, text2img]\n",
        "supported_model_types: llm\n",
        # The pattern without a match is another rule's.
        "models: {llm: {predefined: [nothing/*.yaml]}}\nsupported_model_types: [llm]\n",
    ],
)
def test_types_that_agree_with_the_models(text: str) -> None:
    assert found(TYPES, provider(text)) == []


METHODS = "schema/configurate-methods"
MODEL_FORM = "model_credential_schema:\n  model: {label: {en_US: A}}\n  credential_form_schemas: []\n"


@pytest.mark.parametrize(
    ("text", "place", "severity"),
    [
        ("configurate_methods: [predefined-model, customizable-model]\n", "customizable-model", Severity.WARNING),
        (f"configurate_methods: [predefined-model]\n{MODEL_FORM}", "model_credential_schema", Severity.WARNING),
        ("provider_credential_schema: null\n", "predefined-model", Severity.NOTICE),
    ],
)
def test_methods_and_forms_that_do_not_agree(text: str, place: str, severity: Severity) -> None:
    tree = provider(text)
    (finding,) = found(METHODS, tree)
    assert (text_at(tree, finding), finding.severity) == (place, severity)


@pytest.mark.parametrize(
    "text",
    [
        f"configurate_methods: [predefined-model, customizable-model]\n{MODEL_FORM}",
        f"configurate_methods: [customizable-model]\nprovider_credential_schema: null\n{MODEL_FORM}",
        "configurate_methods: []\n",
    ],
)
def test_methods_and_forms_that_do(text: str) -> None:
    assert found(METHODS, provider(text)) == []


@pytest.mark.parametrize(
    ("colour", "count"),
    [("#FFFFF", 1), ("#FFG", 1), ("#fff", 0), ("#A1b2C3", 0), ("#A1b2C3d4", 0), ("white", 0), ("rgb(1, 2, 3)", 0)],
)
def test_colours(colour: str, count: int) -> None:
    assert len(found("schema/background", provider(f"background: '{colour}'\n"))) == count


# --- forms ------------------------------------------------------------------------------------------------------

SHOW_ON = "schema/show-on"
MODE = "variable: mode, type: select, options: [{value: a, label: {en_US: A}}, {value: b, label: {en_US: B}}]"
KEY = "variable: key, type: secret-input, show_on: [{variable: %s, value: %s}]"


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        (("modes", "a"), "modes"),
        (("mode", "c"), "c"),
        (("flag", "'yes'"), "'yes'"),
        (("__model_type", "text_embedding"), "text_embedding"),
    ],
)
def test_conditions_that_never_hold(condition: tuple[str, str], place: str) -> None:
    tree = form(MODE, "variable: flag, type: switch", KEY % condition)
    (finding,) = found(SHOW_ON, tree)
    assert text_at(tree, finding) == place


@pytest.mark.parametrize(
    "condition",
    [
        ("mode", "b"),
        ("flag", "'true'"),
        ("name", "anything"),
        ("__model_type", "text-embedding"),
        ("__model_name", "whatever"),
    ],
)
def test_conditions_that_can(condition: tuple[str, str]) -> None:
    tree = form(MODE, "variable: flag, type: switch", "variable: name, type: text-input", KEY % condition)
    assert found(SHOW_ON, tree) == []


def test_options_have_conditions_too() -> None:
    option = "{value: a, label: {en_US: A}, show_on: [{variable: nothing, value: a}]}"
    tree = form(f"variable: mode, type: select, options: [{option}]")
    (finding,) = found(SHOW_ON, tree)
    assert text_at(tree, finding) == "nothing"


def test_a_field_that_is_there_twice_has_the_values_of_both() -> None:
    first = "variable: mode, type: select, options: [{value: a, label: {en_US: A}}]"
    tree = form(first, first.replace("value: a", "value: b"), KEY % ("mode", "b"))
    assert found(SHOW_ON, tree) == []


def test_a_field_says_whether_it_is_required() -> None:
    text = "provider_credential_schema:\n  credential_form_schemas:\n    - {variable: a, type: text-input}\n"
    (finding,) = found("schema/required-omitted", provider(text))
    assert (finding.severity, finding.pointer) == (
        Severity.NOTICE,
        "/provider_credential_schema/credential_form_schemas/0/required",
    )
    assert found("schema/required-omitted", form("variable: a, type: text-input")) == []


# --- order ------------------------------------------------------------------------------------------------------

POSITION = "models/llm/_position.yaml"


def test_lines_of_an_order_that_have_no_effect() -> None:
    tree = provider("", {POSITION: "- acme-small\n- acme-huge\n- acme-small\n"})
    findings = found("schema/model-position", tree)
    assert [(each.pointer, text_at(tree, each)) for each in findings] == [("/1", "acme-huge"), ("/2", "acme-small")]


def test_models_that_are_not_in_the_order_are_nobodys_business() -> None:
    assert found("schema/model-position", provider("", {POSITION: "- acme-small\n"})) == []


def test_an_order_that_the_section_does_not_name_is_one_finding() -> None:
    tree = provider(
        "models:\n  llm: {predefined: ['models/llm/*.yaml']}\n"
        "  text_embedding: {predefined: ['models/text_embedding/*.yaml']}\n",
        {POSITION: "- acme-huge\n"},
    )
    (finding,) = found("schema/model-position-file", tree)
    assert (finding.severity, text_at(tree, finding)) == (Severity.NOTICE, "llm")
    assert found("schema/model-position", tree) == []


def test_an_order_that_the_sdk_does_not_find() -> None:
    tree = provider(
        "models:\n  llm: {position: models/llm/order.yaml, predefined: [models/llm/acme-*.yaml]}\n"
        "  text_embedding: {predefined: ['models/text_embedding/*.yaml']}\n",
        {"models/llm/order.yaml": "- acme-small\n"},
    )
    (finding,) = found("schema/model-position-file", tree)
    assert text_at(tree, finding) == "models/llm/order.yaml"


# --- models -----------------------------------------------------------------------------------------------------

RANGE = "schema/rule-range"


@pytest.mark.parametrize(
    ("rule", "place", "message"),
    [
        ("name: penalty, use_template: frequency_penalty, default: 1.1", "1.1", "of the template `frequency_penalty`"),
        ("name: max_tokens, use_template: max_tokens, default: 4096", "4096", "2048"),
        ("name: max_tokens, use_template: max_tokens, max: 32", "32", "The template's default"),
        ("name: t, use_template: temperature, min: 2", "2", "no number fits"),
        ("name: t, type: float, min: 1, max: 2, default: 0", "0", "below the least value, 1"),
        ("name: t, type: int, default: 0.5", "0.5", "its type is `int`"),
        ("name: t, use_template: max_tokens, default: 1.5", "1.5", "its type is `int`"),
        ("name: t, type: float, default: warm", "warm", "its type is `float`"),
        ("name: t, type: boolean, default: 'true'", "'true'", "its type is `boolean`"),
        ("name: t, type: string, default: 5", "5", "its type is `string`"),
        ("name: t, type: string, options: [a, b], default: c", "c", "not one of its options"),
    ],
)
def test_rules_that_contradict_themselves(rule: str, place: str, message: str) -> None:
    tree = rules(rule)
    (finding,) = found(RANGE, tree)
    assert text_at(tree, finding) == place
    assert message in finding.message


@pytest.mark.parametrize(
    "rule",
    [
        *(f"name: {name}, use_template: {name}" for name in TEMPLATES),
        "name: max_tokens, use_template: max_tokens, default: 4096, max: 8192",
        "name: t, type: int, default: 1.0",
        "name: t, type: float, default: 1",
        "name: t, type: string, options: [a, b], default: a",
        "name: t, type: string, options: [a, b], default: ''",
        "name: t, type: text, default: text",
        "name: t, use_template: nothing, type: float, default: 3",
    ],
)
def test_rules_that_do_not(rule: str) -> None:
    assert found(RANGE, rules(rule)) == []


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ("name: max_tokens, use_template: max_tokens, max: 32769", 1),
        ("name: longest, use_template: max_tokens, max: 99999", 1),
        ("name: max_tokens, type: int, max: 99999", 1),
        ("name: max_tokens, use_template: max_tokens, max: 32768", 0),
        ("name: thinking_budget, type: int, max: 99999", 0),
    ],
)
def test_an_answer_fits_into_the_context(rule: str, count: int) -> None:
    assert len(found("schema/max-tokens", rules(rule))) == count


def test_only_language_models_answer_with_so_many_tokens() -> None:
    rule = "name: max_tokens, use_template: max_tokens, max: 99999"
    assert found("schema/max-tokens", small(f"model_type: rerank\nparameter_rules:\n  - {{{rule}}}\n")) == []


PROPERTIES = "schema/model-properties"


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("llm", "{}", [("context_size", Severity.WARNING), ("mode", Severity.WARNING)]),
        ("llm", "{mode: chat, context_size: 1}", []),
        ("llm", "{mode: talk, context_size: 1}", [("`talk`", Severity.WARNING)]),
        ("llm", "{mode: chat, context_size: '8192'}", [("`8192`", Severity.WARNING)]),
        ("llm", "{mode: chat, context_size: 0}", [("`0`", Severity.WARNING)]),
        ("text-embedding", "{context_size: 1}", [("max_chunks", Severity.NOTICE)]),
        ("tts", "{}", [("voices", Severity.WARNING)]),
        ("tts", "{voices: [{mode: a, name: A}]}", [("default_voice", Severity.WARNING)]),
        ("tts", "{voices: [{mode: a, name: A}], default_voice: b}", [("`b`", Severity.WARNING)]),
        ("tts", "{voices: [{mode: a, name: A}], default_voice: a}", []),
        ("rerank", "{}", []),
    ],
)
def test_properties_by_type(kind: str, properties: str, expected: list[tuple[str, Severity]]) -> None:
    tree = small(f"model_type: {kind}\nmodel_properties: {properties}\n")
    found_here = [each for each in found(PROPERTIES, tree) if each.location.path == SMALL]
    assert [each.severity for each in found_here] == [severity for _, severity in expected]
    assert all(word in each.message for each, (word, _) in zip(found_here, expected, strict=True))


@pytest.mark.parametrize(
    ("prices", "places"),
    [
        ("{input: '1', unit: '1000000', currency: USD}", ["'1000000'"]),
        ("{input: '1', unit: '0.000', currency: USD}", ["'0.000'"]),
        ("{input: '0', output: '0', unit: '0', currency: USD}", []),
        ("{input: '0', unit: '0.001', currency: RMB}", []),
        ("{input: -1, unit: 0.001, currency: EUR}", ["-1"]),
        ("{input: 0.1, unit: 0.001, currency: dollars}", ["dollars"]),
        ("{input: free, unit: 0.001, currency: USD}", []),
        ("{input: 1, unit: 1e-6, currency: USD}", []),
        ("{input: 5, unit: 0.001, currency: USD}", ["0.001"]),
        ("{input: 600, unit: 0.000001, currency: USD}", []),
        ("{input: 0.00015, unit: 0.000001, currency: USD}", ["0.000001"]),
    ],
)
def test_prices(prices: str, places: list[str]) -> None:
    tree = small(f"pricing: {prices}\n")
    assert [text_at(tree, each) for each in found("schema/pricing", tree)] == places


@pytest.mark.parametrize(("output", "shown"), [("19.2", "19,200"), ("0.80", "800"), ("6.40", "6,400")])
def test_a_cost_is_shown_as_a_plain_number(output: str, shown: str) -> None:
    tree = small(f"pricing: {{input: '0.1', output: '{output}', unit: '0.001', currency: RMB}}\n")
    (finding,) = found("schema/pricing", tree)
    assert finding.message.startswith(f"A million tokens would cost {shown}: ")


@pytest.mark.parametrize(
    ("patterns", "severity"),
    [
        ("['models/llm/*.yaml']", "error"),
        ("[models/nothing/*.yaml]", "warning"),
        ("['models/[']", "error"),
        ("[1]", "warning"),
        ("models/llm/*.yaml", "warning"),
        (str(["models/nothing/*.yaml"] * 101), "error"),
    ],
)
def test_a_section_that_nobody_reads_is_an_error_where_models_are_lost(patterns: str, severity: str) -> None:
    tree = provider(f"models:\n  llmm: {{predefined: {patterns}}}\n")
    (finding,) = (each for each in found("schema/unknown-key", tree) if each.subject == "llmm")
    assert finding.severity.label == severity
    assert finding.message.endswith("The models of this section are never loaded.") is (severity == "error")
