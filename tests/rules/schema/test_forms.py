"""The rules about options, defaults, ranges, scopes and secrets, each case at its place and with its consequence."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.findings import Safety, Severity
from bot.rules.registry import catalogue, run_rules
from bot.rules.schema.secrets import names_secret
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, fixed, found, opened, said, text_at

TOOL = "tools/current_weather.yaml"
TEXTS = "label: {en_US: Units}\n    human_description: {en_US: The units.}"


def tool(lines: str, form: str = "form") -> MemoryTree:
    """The example tool with one parameter of these lines."""
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    return changed(f"parameters:\n  - name: units\n    form: {form}\n    {TEXTS}\n{body}\n", TOOL)


def options(*values: str) -> str:
    """Options of a drop-down; the values are written as they are given."""
    items = "\n".join(f"  - {{value: {value}, label: {{en_US: Some}}}}" for value in values)
    return f"options:\n{items}"


def strategy(lines: str) -> MemoryTree:
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    return changed(
        f"parameters:\n  - name: detail\n    label: {{en_US: Detail}}\n{body}\n", "strategies/planner.yaml", "agent"
    )


def event(lines: str) -> MemoryTree:
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    return changed(
        f"parameters:\n  - name: actions\n    label: {{en_US: Actions}}\n{body}\n", "events/star.yaml", "trigger"
    )


def datasource(lines: str) -> MemoryTree:
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    texts = "label: {en_US: Depth}\n    description: {en_US: How deep.}"
    return changed(f"parameters:\n  - name: depth\n    {texts}\n{body}\n", "datasources/pages.yaml", "datasource")


def credential(lines: str, name: str = "region") -> MemoryTree:
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    text = f"credentials_for_provider:\n  {name}:\n    label: {{en_US: Region}}\n{body}\n"
    return changed(text, "provider/weather.yaml")


def setting(lines: str) -> MemoryTree:
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    return changed(f"settings:\n  - name: mode\n    label: {{en_US: Mode}}\n{body}\n", "group/shop.yaml", "endpoint")


def model_form(lines: str) -> MemoryTree:
    body = "\n".join(f"      {line}" for line in lines.strip().splitlines())
    head = "provider_credential_schema:\n  credential_form_schemas:\n    - variable: region\n"
    return changed(
        f"{head}      required: true\n      label: {{en_US: Region}}\n{body}\n", "provider/acme.yaml", "model"
    )


# --- options ----------------------------------------------------------------------------------------------------

NO_OPTIONS = "schema/select-without-options"


@pytest.mark.parametrize("tree", [tool, strategy, event, datasource, credential, setting, model_form])
def test_a_drop_down_needs_options_in_every_structure(tree: Any) -> None:
    (finding,) = found(NO_OPTIONS, tree("type: select"))
    assert text_at(tree("type: select"), finding) in ("name", "region", "variable")
    assert found(NO_OPTIONS, tree(f"type: select\n{options('a')}")) == []


@pytest.mark.parametrize(("required", "severity"), [("true", Severity.ERROR), ("false", Severity.WARNING)])
def test_an_empty_drop_down_is_fatal_where_a_value_is_required(required: str, severity: Severity) -> None:
    (finding,) = found(NO_OPTIONS, tool(f"type: select\nrequired: {required}"))
    assert finding.severity is severity


def test_an_empty_list_of_options_is_pointed_at() -> None:
    tree = tool("type: select\noptions: []")
    (finding,) = found(NO_OPTIONS, tree)
    assert text_at(tree, finding) == "options"


def test_a_dynamic_drop_down_needs_no_options() -> None:
    assert found(NO_OPTIONS, tool("type: dynamic-select")) == []


def test_runtime_parameters_bring_their_options() -> None:
    tree = changed(
        f"has_runtime_parameters: true\nparameters:\n  - name: units\n    form: form\n    {TEXTS}\n    type: select\n",
        TOOL,
    )
    assert found(NO_OPTIONS, tree) == []


def test_options_under_another_name_are_one_finding() -> None:
    tree = tool("type: select\nrequired: true\nenum: [metric, imperial]")
    assert said(tree, "schema") == [("schema/unknown-key", "warning")]


def test_a_type_that_does_not_exist_is_judged_once() -> None:
    tree = tool(f"type: dropdown\ndefault: 5\nmin: 9\nmax: 1\nscope: llm\n{options('a', 'a')}")
    assert [rule for rule, _ in said(tree, "schema")] == ["schema/unknown-value", "schema/duplicate-option"]


def test_options_of_another_type_are_ignored() -> None:
    tree = tool(f"type: string\n{options('a')}")
    (finding,) = found("schema/ignored-options", tree)
    assert (finding.severity, text_at(tree, finding)) == (Severity.NOTICE, "options")


def test_the_model_is_told_the_options_of_a_select_only() -> None:
    # The documentation says of any type; every release of the platform asks for `select`.
    assert len(found("schema/ignored-options", tool(f"type: string\n{options('a')}", form="llm"))) == 1
    assert found("schema/ignored-options", tool(f"type: select\n{options('a')}", form="llm")) == []


def test_a_checkbox_has_options_of_its_own() -> None:
    assert found("schema/ignored-options", event(f"type: checkbox\n{options('a')}")) == []


def test_options_and_a_default_of_another_type_are_one_finding() -> None:
    tree = tool(f"type: boolean\ndefault: 'true'\n{options(repr('true'), repr('false'))}")
    assert said(tree, "schema") == [("schema/default-type", "warning")]


def test_a_value_offered_twice_is_reported_at_the_second() -> None:
    tree = tool(f"type: select\n{options('a', 'b', 'a')}")
    (finding,) = found("schema/duplicate-option", tree)
    assert finding.pointer == "/parameters/0/options/2/value"
    assert "line" in finding.message


def test_options_are_compared_as_the_daemon_spells_them() -> None:
    assert found("schema/duplicate-option", tool(f"type: select\n{options('1', repr('1'))}")) != []
    assert found("schema/duplicate-option", tool(f"type: select\n{options('1.0', '1.00')}")) == []


@pytest.mark.parametrize(("value", "count"), [("no", 1), ("1.50", 1), ("null", 1), ("1", 0), ("'no'", 0), ("text", 0)])
def test_an_option_that_the_sdk_spells_otherwise(value: str, count: int) -> None:
    tree = tool(f"type: select\n{options(value)}")
    findings = found("schema/option-value-changes", tree)
    assert [text_at(tree, each) for each in findings] == [value] * count
    assert all(yaml.safe_load(fixed(tree, each))["parameters"][0]["options"][0]["value"] == value for each in findings)


def test_options_shown_under_different_conditions_may_repeat_a_value() -> None:
    lines = (
        "type: select\noptions:\n"
        "  - {value: a, label: {en_US: A}, show_on: [{variable: x, value: '1'}]}\n"
        "  - {value: a, label: {en_US: A}, show_on: [{variable: x, value: '2'}]}"
    )
    assert found("schema/duplicate-option", model_form(lines)) == []


@pytest.mark.parametrize(("kind", "count"), [("string", 1), ("select", 0), ("dynamic-select", 0), ("checkbox", 0)])
def test_multiple_needs_something_to_choose_from(kind: str, count: int) -> None:
    tree = event(f"type: {kind}\nmultiple: true\n{options('a')}")
    assert len(found("schema/ignored-multiple", tree)) == count


# --- defaults among options -------------------------------------------------------------------------------------

NOT_OFFERED = "schema/default-not-in-options"


@pytest.mark.parametrize(
    ("tree", "severity"),
    [
        (tool(f"type: select\ndefault: z\n{options('a')}"), Severity.WARNING),
        (tool(f"type: select\ndefault: z\n{options('a')}", form="llm"), Severity.WARNING),
        (tool(f"type: select\ndefault: z\n{options('a')}", form="schema"), Severity.WARNING),
        (strategy(f"type: select\ndefault: z\n{options('a')}"), Severity.ERROR),
        (setting(f"type: select\ndefault: z\n{options('a')}"), Severity.ERROR),
        (event(f"type: select\ndefault: z\n{options('a')}"), Severity.WARNING),
        (datasource(f"type: select\ndefault: z\n{options('a')}"), Severity.WARNING),
        (credential(f"type: select\ndefault: z\n{options('a')}"), Severity.WARNING),
        (model_form(f"type: select\ndefault: z\n{options('a')}"), Severity.WARNING),
        (model_form(f"type: radio\ndefault: z\n{options('a')}"), Severity.WARNING),
    ],
)
def test_who_compares_the_default_decides_how_bad_it_is(tree: MemoryTree, severity: Severity) -> None:
    (finding,) = found(NOT_OFFERED, tree)
    assert (finding.severity, text_at(tree, finding)) == (severity, "z")


def test_a_number_never_equals_an_option() -> None:
    tree = tool(f"type: select\ndefault: 2\n{options(repr('1'), repr('2'))}")
    (finding,) = found(NOT_OFFERED, tree)
    assert finding.severity is Severity.WARNING
    assert "In an agent" in finding.message
    assert "a number" in finding.message
    assert finding.fix is not None
    assert finding.fix.safety is Safety.SAFE
    parameter = yaml.safe_load(fixed(tree, finding))["parameters"][0]
    assert parameter["default"] == "2"
    assert said(tree, "schema") == [(NOT_OFFERED, "warning")]


def test_credentials_are_compared_as_text() -> None:
    assert found(NOT_OFFERED, credential(f"type: select\ndefault: 2\n{options(repr('1'), repr('2'))}")) == []


def test_an_empty_default_needs_an_option_of_its_own() -> None:
    (finding,) = found(NOT_OFFERED, tool(f"type: select\ndefault: ''\n{options('a')}"))
    assert "an empty text" in finding.message
    assert found(NOT_OFFERED, tool(f"type: select\ndefault: ''\n{options('a', repr(''))}")) == []


def test_no_default_is_no_default() -> None:
    assert found(NOT_OFFERED, tool(f"type: select\ndefault: null\n{options('a')}")) == []


def test_both_readers_spell_a_bare_no_alike() -> None:
    # The console gets the text "no" for both; what the SDK makes of the option is another rule's.
    assert found(NOT_OFFERED, tool(f"type: select\ndefault: no\n{options('no', 'en')}")) == []


def test_every_element_of_several_choices_is_compared() -> None:
    tree = tool(f"type: select\nmultiple: true\ndefault: [a, y, z]\n{options('a')}")
    assert [text_at(tree, each) for each in found(NOT_OFFERED, tree)] == ["y", "z"]


def test_elements_of_several_choices_are_compared_as_text() -> None:
    assert found(NOT_OFFERED, tool(f"type: select\nmultiple: true\ndefault: [1]\n{options(repr('1'))}")) == []


@pytest.mark.parametrize("lines", ["default: [a]", "multiple: true\ndefault: a"])
def test_a_list_in_the_wrong_place_is_left_to_the_models_of_the_format(lines: str) -> None:
    assert said(tool(f"type: select\n{lines}\n{options('a')}"), "schema") == [("schema/invalid-value", "error")]


def test_a_misspelt_default_is_corrected_with_care() -> None:
    tree = tool(f"type: select\ndefault: metrik\n{options('metric', 'imperial')}")
    (finding,) = found(NOT_OFFERED, tree)
    assert finding.fix is not None
    assert finding.fix.safety is Safety.UNSAFE
    assert yaml.safe_load(fixed(tree, finding))["parameters"][0]["default"] == "metric"


# --- types of defaults ------------------------------------------------------------------------------------------

TYPE = "schema/default-type"


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        ("number", "'7.5'"),
        ("number", "'20'"),
        ("number", "true"),
        ("number", "[1]"),
        ("number", "abc"),
        ("number", "'1e5'"),
        ("number", "'1,5'"),
        ("boolean", "'true'"),
        ("boolean", "0"),
        ("boolean", "sometimes"),
        ("string", "5"),
        ("string", "true"),
        ("string", "[a]"),
        ("secret-input", "5"),
        ("dynamic-select", "5"),
        ("array", "one"),
        ("object", "one"),
        ("object", "[1]"),
        ("model-selector", "gpt"),
        ("app-selector", "[]"),
        ("file", "report.pdf"),
    ],
)
def test_a_default_of_another_type(kind: str, default: str) -> None:
    tree = tool(f"type: {kind}\ndefault: {default}")
    (finding,) = found(TYPE, tree)
    assert finding.pointer == "/parameters/0/default"
    assert [each for each in said(tree, "schema") if each[1] != "notice"] == [(TYPE, "warning")]


def test_a_strategy_fails_on_a_default_that_dify_cannot_cast() -> None:
    (finding,) = found(TYPE, strategy("type: number\ndefault: abc"))
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        ("number", "5"),
        ("number", "0.5"),
        ("number", "-1"),
        ("number", "1e6"),
        ("number", "''"),
        ("number", "null"),
        ("boolean", "true"),
        ("boolean", "yes"),
        ("boolean", "''"),
        ("string", "text"),
        ("string", "'5'"),
        ("string", "''"),
        ("array", "[1, 2]"),
        ("array", "'[1, 2]'"),
        ("object", "{a: 1}"),
        ("object", "'{\"a\": 1}'"),
        ("any", "5"),
        ("model-selector", "{provider: a, model: b}"),
        ("checkbox", "[a]"),
    ],
)
def test_a_default_that_fits(kind: str, default: str) -> None:
    assert found(TYPE, tool(f"type: {kind}\ndefault: {default}")) == []


def test_what_cannot_be_cast_is_only_odd_where_nobody_casts() -> None:
    (finding,) = found(TYPE, tool("type: number\ndefault: abc", form="llm"))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("tree", [strategy, event, datasource])
def test_every_parameter_has_a_type_for_its_default(tree: Any) -> None:
    assert [each.rule for each in found(TYPE, tree("type: number\ndefault: abc"))] == [TYPE]


def test_a_shape_that_the_sdk_refuses_is_left_to_the_models_of_the_format() -> None:
    assert [rule for rule, _ in said(strategy("type: number\ndefault: [1]"), "schema")] == ["schema/wrong-type"]
    assert [rule for rule, _ in said(tool("type: string\ndefault: 2024-01-01"), "schema")] == ["schema/not-text"]
    dated = tool(f"type: select\ndefault: 2024-01-01\n{options('a')}")
    assert [rule for rule, _ in said(dated, "schema")] == ["schema/not-text"]


@pytest.mark.parametrize(
    ("tree", "count"),
    [
        (credential("type: text-input\ndefault: 5"), 1),
        (credential("type: text-input\ndefault: '5'"), 0),
        (credential("type: boolean\ndefault: 'true'"), 1),
        (credential("type: boolean\ndefault: true"), 0),
        (model_form("type: switch\ndefault: 'on'"), 1),
        (model_form("type: switch\ndefault: 'True'"), 0),
        (event(f"type: select\ndefault: [a]\n{options('a')}"), 1),
        (event(f"type: select\nmultiple: true\ndefault: [a]\n{options('a')}"), 0),
    ],
)
def test_defaults_of_forms(tree: MemoryTree, count: int) -> None:
    assert len(found(TYPE, tree)) == count


@pytest.mark.parametrize(
    ("kind", "default", "safety", "becomes"),
    [
        ("number", "'7.5'", Safety.SAFE, 7.5),
        ("boolean", "'No'", Safety.SAFE, False),
        ("string", "5", Safety.SAFE, "5"),
        ("string", "1.50", Safety.UNSAFE, "1.50"),
        ("string", "true", Safety.UNSAFE, "true"),
    ],
)
def test_a_fix_gives_the_default_its_type(kind: str, default: str, safety: Safety, becomes: object) -> None:
    tree = tool(f"type: {kind}\ndefault: {default}")
    (finding,) = found(TYPE, tree)
    assert finding.fix is not None
    assert finding.fix.safety is safety
    value = yaml.safe_load(fixed(tree, finding))["parameters"][0]["default"]
    assert (value, type(value)) == (becomes, type(becomes))


@given(st.text(max_size=20))
def test_agents_fail_on_a_number_default_just_when_dify_cannot_cast_it(text: str) -> None:
    try:
        float(text) if "." in text else int(text)
        castable = True
    except ValueError:
        castable = text == ""
    tree = changed(yaml.safe_dump({"parameters": [_number(text)]}, allow_unicode=True), TOOL)
    assert all("In an agent" not in each.message for each in found(TYPE, tree)) is castable


def _number(default: str) -> dict[str, object]:
    texts = {"label": {"en_US": "A"}, "human_description": {"en_US": "A"}}
    return {"name": "a", "type": "number", "form": "form", "default": default, **texts}


# --- ranges and scopes ------------------------------------------------------------------------------------------

RANGE = "schema/range"


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("type: number\nmin: 5\nmax: 1", "1"),
        ("type: number\nmin: 5\nmax: 1\ndefault: 3", "1"),
        ("type: number\nmin: 1\nmax: 9\ndefault: 10", "10"),
        ("type: number\nmin: 1\ndefault: 0", "0"),
        ("type: number\nprecision: -1", "-1"),
        ("type: number\nprecision: 0\ndefault: 0.5", "0.5"),
        ("type: string\nmin: 1", "min"),
        ("type: string\nprecision: 1", "precision"),
    ],
)
def test_numbers_that_contradict_each_other(lines: str, place: str) -> None:
    tree = tool(lines)
    (finding,) = found(RANGE, tree)
    assert text_at(tree, finding) == place


@pytest.mark.parametrize(
    "lines",
    [
        "type: number\nmin: 1\nmax: 1\ndefault: 1",
        "type: number\nmin: 0\nmax: 1\ndefault: 0.5\nprecision: 1",
        "type: number\nprecision: 2\ndefault: 0.1",
        "type: number\nmin: -.inf\nmax: .inf\ndefault: 3",
        "type: number\nmin: 1\nmax: 2\ndefault: '9'",
        "type: string",
    ],
)
def test_numbers_that_agree(lines: str) -> None:
    assert found(RANGE, tool(lines)) == []


SCOPE = "schema/scope"


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (tool("type: model-selector\nscope: all"), "without `scope`"),
        (tool("type: model-selector\nscope: llm&chat"), "`chat` is not a scope of `model-selector`"),
        (tool("type: model-selector\nscope: ''"), "is not a scope"),
        (tool("type: app-selector\nscope: llm & agent"), "`llm`, `agent` are not scopes"),
        (tool("type: any\nscope: text"), "`text` is not a scope of `any`"),
        (tool("type: string\nscope: llm"), "has no scopes here"),
        (strategy("type: array[tools]\nscope: all"), "has no scopes here"),
        (setting("type: select\nscope: all"), "has no scopes here"),
        (event("type: model-selector\nscope: gpt"), "`gpt` is not a scope"),
    ],
)
def test_scopes_that_mean_nothing(tree: MemoryTree, message: str) -> None:
    (finding,) = found(SCOPE, tree)
    assert finding.severity is Severity.WARNING
    assert message in finding.message


@pytest.mark.parametrize(
    "tree",
    [
        tool("type: model-selector\nscope: llm & vision & document & tool-call"),
        tool("type: app-selector\nscope: all"),
        tool("type: any\nscope: array[file]&string"),
        tool("type: model-selector"),
        tool("type: model-selector\nscope: null"),
        setting("type: app-selector\nscope: chat&workflow"),
        event("type: string\nscope: whatever"),
    ],
)
def test_scopes_that_narrow_down(tree: MemoryTree) -> None:
    assert found(SCOPE, tree) == []


def test_the_daemon_takes_a_scope_as_soon_as_one_token_is_known() -> None:
    (known,) = found(SCOPE, tool("type: model-selector\nscope: llm&foo"))
    (unknown,) = found(SCOPE, tool("type: model-selector\nscope: foo"))
    assert "refuses" not in known.message
    assert "Remote debugging refuses" in unknown.message


# --- secrets, the model, links ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "form", "count"),
    [("secret-input", "llm", 1), ("secret-input", "form", 0), ("model-selector", "llm", 0), ("file", "llm", 0)],
)
def test_what_the_model_cannot_know(kind: str, form: str, count: int) -> None:
    tree = tool(f"type: {kind}", form=form)
    assert [text_at(tree, each) for each in found("schema/secret-from-model", tree)] == ["llm"] * count


@pytest.mark.parametrize(
    ("lines", "form", "count"),
    [
        ("type: string", "llm", 1),
        ("type: string\nllm_description: '  '", "llm", 1),
        ("type: string\nllm_description: The units.", "llm", 0),
        ("type: string", "form", 0),
        ("type: file", "llm", 0),
        ("type: string\nllm: The units.", "llm", 0),
    ],
)
def test_the_model_needs_a_description(lines: str, form: str, count: int) -> None:
    assert len(found("schema/no-llm-description", tool(lines, form=form))) == count


@pytest.mark.parametrize(
    "name", ["api_key", "apiKey", "token", "access_token", "password", "client_secret", "PRIVATE_KEY", "key"]
)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)
    tree = credential("type: text-input", name=name)
    (finding,) = found("schema/plain-secret", tree)
    assert text_at(tree, finding) == "text-input"
    assert found("schema/plain-secret", credential("type: secret-input", name=name)) == []


@pytest.mark.parametrize(
    "name",
    ["max_tokens", "token_limit", "api_key_id", "keyword", "public_key_url", "primary_key", "endpoint", "", "键"],
)
def test_names_of_other_things(name: str) -> None:
    assert not names_secret(name)


def test_an_access_key_beside_a_secret_key_is_like_the_name_of_a_user() -> None:
    access = "access_key: {type: text-input, label: {en_US: A}}"
    secret = "secret_key: {type: secret-input, label: {en_US: B}}"
    both = changed(f"credentials_for_provider:\n  {access}\n  {secret}\n", "provider/weather.yaml")
    assert found("schema/plain-secret", both) == []
    alone = changed(f"credentials_for_provider:\n  {access}\n", "provider/weather.yaml")
    assert len(found("schema/plain-secret", alone)) == 1


@pytest.mark.parametrize("url", ["todo", "docs.example/keys", "ftp://docs.example", "/keys"])
def test_help_links_need_an_address(url: str) -> None:
    tree = credential(f"type: secret-input\nurl: {url}")
    (finding,) = found("schema/help-url", tree)
    assert text_at(tree, finding) == url


@pytest.mark.parametrize("url", ["https://docs.example/keys", "HTTP://docs.example", "''", "null"])
def test_help_links_that_lead_somewhere(url: str) -> None:
    assert found("schema/help-url", credential(f"type: secret-input\nurl: {url}")) == []


def test_a_host_without_scheme_can_be_fixed() -> None:
    tree = credential("type: secret-input\nurl: docs.example/keys")
    (finding,) = found("schema/help-url", tree)
    fixed_text = yaml.safe_load(fixed(tree, finding))
    assert fixed_text["credentials_for_provider"]["region"]["url"] == "https://docs.example/keys"


def test_the_help_link_of_a_model_provider_is_read_by_locale() -> None:
    tree = changed("help:\n  title: {en_US: Keys}\n  url: {en_US: todo}\n", "provider/acme.yaml", "model")
    (finding,) = found("schema/help-url", tree)
    assert finding.pointer == "/help/url/en_US"


def test_a_shape_that_the_format_refuses_is_said_once() -> None:
    plugin = opened(changed("parameters:\n  - name: units\n    type: dynamic-select\n    default: [a]\n", TOOL, "tool"))
    rules = [catalogue()["schema/default-type"], catalogue()["schema/invalid-value"]]
    assert [finding.rule for finding in run_rules(plugin, rules[:1]).findings] == ["schema/default-type"]
    at_default = [finding.rule for finding in run_rules(plugin, rules).findings if "default" in (finding.pointer or "")]
    assert at_default == ["schema/invalid-value"]


def test_the_same_misspelt_key_is_one_row() -> None:
    tree = tool("type: select\n" + options("a", "b", "c").replace("label:", "labels:"))
    findings = found("schema/unknown-key", tree)
    assert len(findings) == 3
    assert len({finding.group for finding in findings}) == 1
    assert findings[0].group is not None


@pytest.mark.parametrize(
    ("default", "is_said"),
    [("f7Qm2ZpX9vB4nT6kW8yH3dLs", True), ("<your key>", False), ("none", False), ("''", False), ("5", False)],
)
def test_a_secret_as_a_default(default: str, is_said: bool) -> None:
    field = f"credentials_for_provider:\n  api_key:\n    type: secret-input\n    default: {default}\n    {TEXTS}\n"
    findings = found("schema/secret-default", changed(field, "provider/weather.yaml"))
    assert [item.severity for item in findings] == [Severity.WARNING] * is_said
    if is_said:
        assert default not in findings[0].message


@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        ("credentials_for_provider: {key: {variable: key, FIELD}}", "notice"),
        ("credentials_for_provider: {key: {description: {en_US: A}, FIELD}}", "warning"),
        ("identity: {icon_large: icon.svg, IDENTITY}", "notice"),
    ],
)
def test_a_key_of_no_effect_that_loses_nothing(lines: str, severity: str) -> None:
    lines = lines.replace("FIELD", "type: text-input, label: {en_US: A}").replace(
        "IDENTITY", "author: acme, name: weather, icon: icon.svg, label: {en_US: A}, description: {en_US: A}"
    )
    (finding,) = found("schema/unknown-key", changed(f"{lines}\n", "provider/weather.yaml"))
    assert finding.severity.label == severity
    assert finding.fix is None or severity == "warning"
