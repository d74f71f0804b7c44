"""Aliases, merge keys and keys given twice where the daemon looks at the nodes of YAML by itself, and tabs.

yaml.v3 3.0.1 keeps the node of an alias as it is in a field of the type `yaml.Node`, as was measured.
"""

from __future__ import annotations

import pytest

from bot.findings import Safety
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, fixed, found, said, text_at

PROVIDERS = {
    "tool": "provider/weather.yaml",
    "model": "provider/acme.yaml",
    "endpoint": "group/shop.yaml",
    "agent": "provider/planner.yaml",
    "datasource": "provider/wiki.yaml",
    "trigger": "provider/codehub.yaml",
}
REFUSED, LOST = "The packager refuses the plugin.", "What it stands for is missing after installation."
KEY = "x: &a\n  type: secret-input\n  label: {en_US: A}\n"
CREDENTIALS = "x: &a\n  api_key: {type: secret-input, label: {en_US: A}}\n"
CONSTRUCTOR = "x: &a\n  key: {type: secret-input, label: {en_US: A}}\n"
SECTION = "x: &a\n  predefined: [models/llm/*.yaml]\n"
PATTERN = "x: &a models/llm/*.yaml\n"


@pytest.mark.parametrize(
    ("base", "text", "at", "end"),
    [
        ("tool", f"{KEY}credentials_for_provider:\n  api_key: *a\n", "*a", LOST),
        ("tool", f"{CREDENTIALS}credentials_for_provider:\n  <<: *a\n", "<<", LOST),
        ("tool", f"{CREDENTIALS}credentials_for_provider:\n  <<: [*a]\n", "<<", LOST),
        ("tool", "credentials_for_provider: {<<: {key: {type: secret-input, label: {en_US: A}}}}\n", "<<", LOST),
        ("tool", f"{CREDENTIALS}credentials_for_provider: *a\n", "*a", REFUSED),
        ("tool", "x: &a [tools/current_weather.yaml]\ntools: *a\n", "*a", LOST),
        ("tool", "x: &a tools/current_weather.yaml\ntools: [*a]\n", "*a", LOST),
        ("agent", "x: &a strategies/planner.yaml\nstrategies:\n  - *a\n", "*a", LOST),
        ("datasource", "x: &a datasources/pages.yaml\ndatasources:\n  - *a\n", "*a", LOST),
        ("trigger", "x: &a events/star.yaml\nevents:\n  - *a\n", "*a", LOST),
        ("trigger", "x: &a {parameters: []}\nsubscription_constructor: *a\n", "*a", LOST),
        ("trigger", f"{CONSTRUCTOR}subscription_constructor:\n  credentials_schema: *a\n", "*a", REFUSED),
        ("trigger", f"{CONSTRUCTOR}subscription_constructor:\n  credentials_schema: {{<<: *a}}\n", "<<", REFUSED),
        ("trigger", f"{KEY}subscription_constructor:\n  credentials_schema: {{k: *a}}\n", "*a", REFUSED),
        ("endpoint", "x: &a endpoints/events.yaml\nendpoints:\n  - *a\n", "*a", LOST),
        ("model", "x: &a {llm: {predefined: [models/llm/*.yaml]}}\nmodels: *a\n", "*a", LOST),
        ("model", "x: &a {llm: {predefined: [models/llm/*.yaml]}}\nmodels: {<<: *a}\n", "<<", LOST),
        ("model", f"{SECTION}models: {{llm: *a}}\n", "*a", LOST),
        ("model", f"{SECTION}models: {{llm: {{<<: *a}}}}\n", "<<", LOST),
        ("model", f"{PATTERN}models: {{llm: {{predefined: [*a]}}}}\n", "*a", LOST),
        ("model", "x: &a [models/llm/*.yaml]\nmodels: {llm: {predefined: *a}}\n", "*a", LOST),
        ("model", "x: &a models/llm/_position.yaml\nmodels: {llm: {position: *a}}\n", "*a", REFUSED),
    ],
)
def test_an_alias_that_the_daemon_does_not_follow(base: str, text: str, at: str, end: str) -> None:
    tree = changed(text, PROVIDERS[base], base=base)
    (finding,) = found("yaml/alias", tree)
    assert (finding.severity.label, text_at(tree, finding)) == ("error", at)
    assert finding.message.endswith(end)


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("tool", "x: &a {en_US: A}\ncredentials_for_provider:\n  api_key: {type: secret-input, label: *a}\n"),
        ("tool", "x: &a {type: text-input}\ncredentials_for_provider:\n  key: {<<: *a, label: {en_US: A}}\n"),
        ("tool", "credentials_for_provider: &a\n  api_key: &b {type: secret-input, label: {en_US: A}}\n"),
        ("tool", "credentials_for_provider:\n  '<<': {type: text-input, label: {en_US: A}}\n"),
        ("tool", "x: &a []\noauth_schema: {client_schema: *a, credentials_schema: *a}\n"),
        ("tool", "tools:\n  - &a tools/current_weather.yaml\nx: *a\n"),
        ("endpoint", "x: &a {path: /a, method: GET, extra: {python: {source: a.py}}}\nendpoints:\n  - *a\n"),
        ("endpoint", "x: &a []\nsettings: *a\n"),
        ("datasource", "x: &a []\ncredentials_schema: *a\n"),
        ("trigger", "x: &a []\nsubscription_constructor: {credentials_schema: *a, parameters: *a}\n"),
        ("trigger", "x: &a {parameters: []}\nsubscription_constructor: {<<: *a}\n"),
        ("model", "x: &a [llm]\nsupported_model_types: *a\n"),
        ("model", "models: {llm: {predefined: ['models/llm/*.yaml', \"**bold**\"]}}\n"),
    ],
)
def test_an_alias_that_all_readers_follow(base: str, text: str) -> None:
    assert found("yaml/alias", changed(text, PROVIDERS[base], base=base)) == []


@pytest.mark.parametrize(
    ("base", "text", "at", "severity"),
    [
        ("tool", "credentials_for_provider:\n  k: {type: text-input}\n  k: {type: text-input}\n", "k", "warning"),
        ("tool", "credentials_for_provider:\n  k: {type: text-input, type: boolean}\n", "type", "error"),
        ("model", "models: {llm: {predefined: []}, llm: {predefined: []}}\n", "llm", "warning"),
        ("model", "models: {llm: {predefined: [], predefined: []}}\n", "predefined", "warning"),
        ("model", "models: {llm: {predefined: []}}\nmodels: {}\n", "models", "error"),
    ],
)
def test_a_key_given_twice(base: str, text: str, at: str, severity: str) -> None:
    tree = changed(text, PROVIDERS[base], base=base)
    (finding,) = found("yaml/duplicate-key", tree)
    assert (finding.severity.label, text_at(tree, finding)) == (severity, at)


def test_the_plugins_that_repeat_nothing_have_no_aliases() -> None:
    for base, path in PROVIDERS.items():
        assert found("yaml/alias", MemoryTree(example_plugin(base))) == [], path


@pytest.mark.parametrize(
    ("text", "written", "safety"),
    [
        ("name: weather\t\n", "name: weather \n", Safety.SAFE),
        ("name:\tweather\t# the name\n", "name: weather # the name\n", Safety.SAFE),
        ("name: wea\tther\n", "name: wea ther\n", Safety.UNSAFE),
    ],
)
def test_a_tab_that_stops_the_sdk(text: str, written: str, safety: Safety) -> None:
    tree = changed(text, "manifest.yaml")
    (finding,) = found("yaml/tab", tree)
    assert (finding.severity.label, text_at(tree, finding)) == ("error", "\t")
    assert "packages and installs, but does not start" in finding.message
    assert finding.fix is not None
    assert finding.fix.safety is safety
    assert fixed(tree, finding).endswith(written)


def test_a_tab_of_a_text_is_none_of_ours() -> None:
    text = "label:\n  en_US: 'Wea\tther' #\tA comment.\ndescription:\n  en_US: |\n    A\tB\n"
    assert found("yaml/tab", changed(text, "manifest.yaml")) == []


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("label:\n  en_US: Wea\ufeffther\n", []),
        ("label: # \ufeff\n  en_US: Weather\n", []),
        ("label:\n\ufeff  en_US: Weather\n", ["yaml/control-character"]),
        ("label:\n  en_US: Wea\ufffether\n", ["yaml/control-character"]),
    ],
)
def test_a_byte_order_mark_within_a_text(text: str, rules: list[str]) -> None:
    """yaml.v3 and the SDK take one; at the start of a line, yaml.v3 skips it, and the SDK reads another key."""
    assert [rule for rule, _ in said(changed(text, "manifest.yaml"), "yaml")] == rules
