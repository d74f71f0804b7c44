"""What the difference of two versions says breaks, on edits of the bundled plugins: named by what workspaces know."""

from __future__ import annotations

import pytest

from bot.findings import Confidence
from bot.rules.example import example_plugin
from bot.upgrade import Change, Difference, Weight, difference
from tests.upgrade.versions import Edit, files_of, item, plugin_of

TOOL = "tools/current_weather.yaml"
PROVIDER = "provider/weather.yaml"
LARGE = "models/llm/acme-large.yaml"
ACME = "provider/acme.yaml"
STAR = "events/star.yaml"
CODEHUB = "provider/codehub.yaml"
SHOP = "group/shop.yaml"
ACCOUNT = "  account:\n    type: text-input\n    required: false\n    label:\n      en_US: Account\n"
BEFORE_TOOLS = "    url: https://weather.example/account\ntools:"
OUTPUT = "output_schema:\n  type: object\n  properties:\n    celsius:\n      type: {}\n"
SCALE = "  - name: scale\n    type: any\n    required: true"
ONE = "- value: us\n        label:\n          en_US: US\n      "
DAYS = "  - name: days\n    type: number\n    form: form\n"
SHOWN = "    show_on:\n      - variable: units\n        value: metric\n"
OPTIONAL = "    required: false\n    form: form\n    default: metric"
DEMANDED = '    required: true\n    form: form\n    default: ""'
MODEL_FORM = """\
model_credential_schema:
  model:
    label:
      en_US: Name
  credential_form_schemas:
    - variable: url
      type: text-input
      required: true
      label:
        en_US: URL
models:
"""
EXTRA = "extra:\n  python:\n    source: tools"


def compared(example: str, *edits: Edit, old: tuple[Edit, ...] = ()) -> Difference:
    """The difference between an example (with `old` edits) and the same with the edits too."""
    found = difference(plugin_of(files_of(example, *old)), plugin_of(files_of(example, *old, *edits)))
    assert isinstance(found, Difference)
    return found


def broken(example: str, *edits: Edit, old: tuple[Edit, ...] = ()) -> list[tuple[str, str, str]]:
    """Kind, subject, and the line of the new version at the place, of everything that breaks."""
    return [(change.kind, change.subject, line_at(change)) for change in compared(example, *edits, old=old).breaks]


def line_at(change: Change) -> str:
    assert change.after is not None
    return (change.after.document.text or "").split("\n")[change.after.span.line - 1].strip()


def without(example: str, path: str, key: str, name: str) -> Edit:
    """Takes an item out of a list."""
    return path, item(example_plugin(example)[path].decode(), key, name), ""


BREAKS: dict[str, tuple[str, list[Edit], list[tuple[str, str, str]]]] = {
    "author": (
        "tool",
        [("manifest.yaml", "author: acme", "author: other")],
        [("identity-author", "acme", "author: other")],
    ),
    "category": (
        "tool",
        [("manifest.yaml", "plugins:\n  tools:\n    - provider/weather.yaml\n", "plugins:\n  tools: []\n")],
        [("category-removed", "tools", "plugins:")],
    ),
    "provider": (
        "tool",
        [(PROVIDER, "  name: weather\n", "  name: forecasts\n"), (TOOL, "name: city", "name: place")],
        [("tool-provider-removed", "weather", "name: forecasts")],
    ),
    "model provider": (
        "model",
        [(ACME, "provider: acme\n", "provider: acme2\n")],
        [("model-provider-removed", "acme", "provider: acme2")],
    ),
    "tool": (
        "tool",
        [(PROVIDER, "  - tools/current_weather.yaml\n", "  []\n")],
        [("tool-removed", "current_weather", "tools:")],
    ),
    "renamed tool": (
        "tool",
        [(TOOL, "  name: current_weather", "  name: weather_now")],
        [("tool-removed", "current_weather", "tools:")],
    ),
    "event": ("trigger", [(STAR, "  name: star\n", "  name: starred\n")], [("event-removed", "star", "events:")]),
    "datasource": (
        "datasource",
        [("datasources/pages.yaml", "  name: pages\n", "  name: wiki_pages\n")],
        [("datasource-removed", "pages", "datasources:")],
    ),
    "strategy": (
        "agent",
        [("strategies/planner.yaml", "  name: planner\n", "  name: plan\n")],
        [("strategy-removed", "planner", "strategies:")],
    ),
    "endpoint": (
        "endpoint",
        [("endpoints/status.yaml", "method: GET", "method: POST")],
        [("endpoint-removed", "GET /status/<order_id>", "endpoints:")],
    ),
    "endpoint of another type": (
        "endpoint",
        [("endpoints/status.yaml", "<order_id>", "<int:order_id>")],
        [("endpoint-removed", "GET /status/<order_id>", "endpoints:")],
    ),
    "model": ("model", [(LARGE, "model: acme-large", "model: acme-xl")], [("model-removed", "acme-large", "llm:")]),
    "model file out of the pattern": (
        "model",
        [(ACME, "      - models/llm/*.yaml", "      - models/llm/*small.yaml")],
        [("model-removed", "acme-large", "llm:")],
    ),
    "model type": (
        "model",
        [(ACME, "  - text-embedding\n", "")],
        [("model-type-removed", "text-embedding", "supported_model_types:")],
    ),
    "method": (
        "model",
        [(ACME, "  - predefined-model\n", "  - customizable-model\n")],
        [("configuration-method-removed", "predefined-model", "configurate_methods:")],
    ),
    "required parameter": (
        "tool",
        [
            (TOOL, "  - name: units\n    type: select\n    required: false", SCALE),
            (TOOL, "    default: metric\n", ""),
        ],
        [("parameter-removed", "units", "parameters:"), ("parameter-added-required", "scale", "- name: scale")],
    ),
    "now required": (
        "tool",
        [(TOOL, OPTIONAL, DEMANDED)],
        [("parameter-now-required", "units", "required: true")],
    ),
    "type": ("tool", [(TOOL, "    type: string\n", "    type: file\n")], [("parameter-type", "city", "type: file")]),
    "form": ("tool", [(TOOL, "    form: form\n", "    form: llm\n")], [("parameter-form", "units", "form: llm")]),
    "form to people": (
        "tool",
        [(TOOL, "    form: llm\n", "    form: form\n")],
        [("parameter-form", "city", "form: form")],
    ),
    "option": (
        "tool",
        [(TOOL, "- value: imperial", "- value: us")],
        [("parameter-option-removed", "units", "options:")],
    ),
    "credential": (
        "tool",
        [(PROVIDER, "  api_key:\n", "  token:\n")],
        [
            ("credential-removed", "api_key", "credentials_for_provider:"),
            ("credential-added-required", "token", "token:"),
        ],
    ),
    "credential in the clear": (
        "model",
        [(ACME, "      type: secret-input\n", "      type: text-input\n")],
        [("credential-type", "api_key", "type: text-input")],
    ),
    "option of a credential": (
        "model",
        [(ACME, "        - value: asia\n", "        - value: us\n")],
        [("credential-option-removed", "region", "options:")],
    ),
    "setting": (
        "endpoint",
        [(SHOP, "  - name: shared_secret", "  - name: secret")],
        [("setting-removed", "shared_secret", "settings:"), ("setting-added-required", "secret", "- name: secret")],
    ),
    "subscription": (
        "trigger",
        [(CODEHUB, "  - name: webhook_secret\n", "  - name: secret\n")],
        [
            ("subscription-property-removed", "webhook_secret", "subscription_schema:"),
            ("subscription-property-added-required", "secret", "- name: secret"),
        ],
    ),
    "output": ("trigger", [(STAR, "    user:\n", "    login:\n")], [("output-removed", "user", "properties:")]),
    "range from a template": (
        "model",
        [(LARGE, "    max: 32768\n", "")],
        [("model-parameter-range", "max_tokens", "- name: max_tokens")],
    ),
    "type from a template": (
        "model",
        [(LARGE, "    use_template: temperature\n", "    type: string\n")],
        [("model-parameter-type", "temperature", "type: string")],
    ),
    "option of a model": (
        "model",
        [(LARGE, "      - thorough\n", "      - long\n")],
        [("model-parameter-option-removed", "answer_style", "options:")],
    ),
    "required of a model": (
        "model",
        [(LARGE, "pricing:", "  - name: effort\n    type: string\n    required: true\npricing:")],
        [("model-parameter-added-required", "effort", "- name: effort")],
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_is_named_at_its_place(name: str) -> None:
    example, edits, expected = BREAKS[name]
    assert broken(example, *edits) == expected


def test_the_type_of_an_output() -> None:
    old: Edit = (TOOL, EXTRA, OUTPUT.format("number") + EXTRA)
    assert broken("tool", (TOOL, "type: number", "type: string"), old=(old,)) == [
        ("output-type", "celsius", "type: string")
    ]
    assert broken("tool", (TOOL, "type: number", "type: integer"), old=(old,)) == []


def test_credentials_by_oauth() -> None:
    schema = "oauth_schema:\n  credentials_schema:\n    - name: token\n      type: secret-input\n"
    old: Edit = (PROVIDER, "tools:", f"{schema}tools:")
    assert [kind for kind, *_ in broken("tool", (PROVIDER, schema, ""), old=(old,))] == ["oauth-removed"]


SILENT: dict[str, tuple[str, list[Edit]]] = {
    "an optional parameter": ("tool", [(TOOL, EXTRA, DAYS + EXTRA)]),
    "a required one with a default": (
        "tool",
        [(TOOL, EXTRA, f"{DAYS}    required: true\n    default: 1\n{EXTRA}")],
    ),
    "a required one that depends on another": (
        "tool",
        [(TOOL, EXTRA, f"{DAYS}    required: true\n{SHOWN}{EXTRA}")],
    ),
    "an option": ("tool", [(TOOL, "- value: imperial", f"{ONE}- value: imperial")]),
    "a select that takes any text": ("tool", [(TOOL, "type: select", "type: string")]),
    "a type that takes anything": ("tool", [(TOOL, "    type: string\n", "    type: any\n")]),
    "an optional credential": ("tool", [(PROVIDER, BEFORE_TOOLS, BEFORE_TOOLS.replace("tools:", ACCOUNT + "tools:"))]),
    "a credential that is now secret": ("endpoint", [(SHOP, "type: secret-input", "type: secret-input  # still")]),
    "another address part": ("endpoint", [("endpoints/status.yaml", "<order_id>", "<id>")]),
    "an address part of the type that it has": (
        "endpoint",
        [("endpoints/status.yaml", "<order_id>", "<string:order_id>")],
    ),
    "wider bounds": ("model", [(LARGE, "max: 32768", "max: 65536")]),
    "an integer that may be any number": ("model", [(LARGE, "    use_template: max_tokens\n", "    type: float\n")]),
    "a form that nobody could fill in": (
        "model",
        [(ACME, "models:\n", MODEL_FORM)],
    ),
    "a moved file": (
        "tool",
        [
            (PROVIDER, "  - tools/current_weather.yaml", "  - tools/now.yaml"),
            ("tools/now.yaml", "", example_plugin("tool")[TOOL].decode().replace("en_US: City", "en_US: Town")),
            (TOOL, "", ""),
        ],
    ),
    "the rule of a model": ("model", [without("model", LARGE, "name", "temperature")]),
    "another default": ("tool", [(TOOL, "default: metric", "default: imperial")]),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_breaks_nothing_is_silent(name: str) -> None:
    example, edits = SILENT[name]
    assert broken(example, *edits) == []


def test_a_rename_is_guessed_and_says_how_sure_it_is() -> None:
    change = compared("tool", (TOOL, "  - name: city", "  - name: place")).breaks[0]
    assert change.rename is not None
    assert (change.rename.name, change.rename.confidence) == ("place", Confidence.CERTAIN)


def test_another_model_is_no_rename() -> None:
    change = compared("model", (LARGE, "model: acme-large", "model: acme-xlarge")).breaks[0]
    assert change.rename is None
    change = compared("model", (LARGE, "model: acme-large", "model: acme/Acme-Large")).breaks[0]
    assert change.rename is not None


def test_what_can_be_felt_is_told_apart_from_what_breaks() -> None:
    found = compared(
        "model",
        (LARGE, "  - vision\n", ""),
        (LARGE, "context_size: 131072", "context_size: 65536"),
        (LARGE, "model_type: llm", "model_type: llm\ndeprecated: true"),
        ("manifest.yaml", "  permission: {}\n", "  permission:\n    storage:\n      enabled: true\n      size: 4096\n"),
    )
    assert found.breaks == ()
    kinds = {change.kind for change in found.of(Weight.LESSER)}
    assert kinds == {"model-deprecated", "model-feature-removed", "model-context-size", "permission-added"}


def test_a_file_that_cannot_be_read_is_not_compared_and_said_so() -> None:
    found = compared("tool", (TOOL, "identity:", "identity: ["))
    assert found.breaks == ()
    assert found.not_compared == (f"`{TOOL}` is not compared: the new file cannot be read.",)


@pytest.mark.parametrize(("text", "reason"), [("a: [", "cannot be read"), ("type: bundle\n", "bundles")])
def test_a_manifest_that_cannot_be_read_is_a_reason(text: str, reason: str) -> None:
    good, bad = plugin_of(files_of("tool")), plugin_of(files_of("tool", ("manifest.yaml", "", text)))
    for found in (difference(good, bad), difference(bad, good)):
        assert isinstance(found, str)
        assert reason in found


@pytest.mark.parametrize(
    ("old", "new", "example", "announced", "right"),
    [
        ("0.1.0", "0.1.1", "tool", False, "0.2.0"),
        ("0.1.0", "0.2.0", "tool", True, "0.2.0"),
        ("1.2.3", "1.2.4", "tool", False, "2.0.0"),
        ("1.2.3", "1.3.0", "tool", True, "2.0.0"),
        ("1.2.3", "1.3.0", "model", False, "2.0.0"),
        ("0.1.0", "1.0.0", "model", True, "1.0.0"),
        ("0.2.0", "0.1.0", "tool", False, "0.3.0"),
        ("0.1", "0.2.0", "tool", False, None),
    ],
)
def test_the_step_says_whether_a_break_is_announced(
    old: str, new: str, example: str, announced: bool, right: str | None
) -> None:
    version = example_plugin(example)["manifest.yaml"].decode().splitlines()[0]
    assert version.startswith("version: ")
    found = difference(
        plugin_of(files_of(example, ("manifest.yaml", version, f"version: {old}"))),
        plugin_of(files_of(example, ("manifest.yaml", version, f"version: {new}"))),
    )
    assert isinstance(found, Difference)
    assert (found.step.announced, found.step.right) == (announced, right)


def test_the_same_version_has_no_changes() -> None:
    for example in ("tool", "model", "trigger", "endpoint", "agent", "datasource"):
        assert compared(example).changes == ()
