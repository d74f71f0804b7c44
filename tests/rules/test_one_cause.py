"""One cause, one finding: what follows from it is not told again."""

from __future__ import annotations

import pytest

from bot.rules.example import example_plugin
from tests.support.reviewing import changed, said

MANIFEST, MODEL, MODELS = "manifest.yaml", "models/llm/acme-small.yaml", "provider/acme.yaml"
LLM, EMBEDDING = "llm: {predefined: [models/llm/*.yaml]}", "{predefined: [models/text_embedding/*.yaml]}"
SCHEMA = "schema/"


@pytest.mark.parametrize(
    ("base", "path", "text", "expected"),
    [
        ("tool", MANIFEST, "created_at: 2025-13-01\n", "yaml/unreadable-value"),
        ("tool", MANIFEST, "created_at: 2025-02-30\n", "yaml/unreadable-value"),
        ("tool", MANIFEST, "created_at: today\n", "manifest/created-at"),
        ("tool", MANIFEST, "plugins:\n  tools:\n", "manifest/no-extension"),
        ("tool", MANIFEST, "plugins:\n  tools: [provider/weather.yaml]\n  models:\n", f"{SCHEMA}null-value"),
        ("model", MODELS, "supported_model_types: [llm, text_embedding]\n", f"{SCHEMA}unknown-value"),
        ("model", MODELS, "supported_model_types: [LLM, text-embedding]\n", f"{SCHEMA}unknown-value"),
        ("model", MODELS, "supported_model_types: []\n", f"{SCHEMA}model-types"),
        ("model", MODELS, "models:\n", f"{SCHEMA}null-value"),
        ("model", MODELS, "models: []\n", f"{SCHEMA}wrong-type"),
        ("model", MODELS, "models: {}\n", f"{SCHEMA}model-types"),
        ("model", MODELS, f"models: {{llm: , text_embedding: {EMBEDDING}}}\n", f"{SCHEMA}null-value"),
        ("model", MODELS, f"models: {{{LLM}, text-embedding: {EMBEDDING}}}\n", f"{SCHEMA}unknown-key"),
        ("model", MODELS, f"models: {{{LLM}}}\n", f"{SCHEMA}model-types"),
        ("model", MODEL, "model_properties: {Mode: chat, context_size: 1024}\n", f"{SCHEMA}unknown-key"),
        ("model", MODEL, "parameter_rules:\n  - name: n\n    use_template: temp\n", f"{SCHEMA}unknown-value"),
        ("model", MODEL, "parameter_rules:\n  - name: n\n    use_template: ''\n", f"{SCHEMA}missing-key"),
        ("model", MODEL, "parameter_rules:\n  - name: n\n", f"{SCHEMA}missing-key"),
        ("trigger", "provider/codehub.yaml", "subscription_constructor: []\n", f"{SCHEMA}wrong-type"),
    ],
)
def test_what_follows_is_not_told(base: str, path: str, text: str, expected: str) -> None:
    found = [rule for rule, severity in said(changed(text, path, base=base)) if severity != "notice"]
    assert found == [expected]


@pytest.mark.parametrize(
    ("base", "path", "old", "new", "expected"),
    [
        ("agent", "strategies/planner.yaml", "parameters:", "parameterz:", f"{SCHEMA}unknown-key"),
        ("tool", "tools/current_weather.yaml", "parameters:", "Parameters:", f"{SCHEMA}unknown-key"),
        ("endpoint", "group/shop.yaml", "name: shared_secret\n    ", "", f"{SCHEMA}missing-key"),
        ("datasource", "datasources/pages.yaml", "precision: 0", "scope: all", f"{SCHEMA}invalid-value"),
    ],
)
def test_what_follows_in_the_code_is_not_told(base: str, path: str, old: str, new: str, expected: str) -> None:
    text = example_plugin(base)[path].decode()
    assert old in text
    tree = changed("", path, base, {path: text.replace(old, new)})
    assert [rule for rule, severity in said(tree) if severity != "notice"] == [expected]


@pytest.mark.parametrize(
    ("schema", "count"),
    [
        ("{client_schema: [], credentials_schema: []}", 0),
        ("{client_schema: [], credentials_schema: [{name: a, type: text-input, label: {en_US: A}}]}", 1),
    ],
)
def test_a_tool_provider_without_oauth_credentials_offers_no_sign_in(schema: str, count: int) -> None:
    tree = changed(f"oauth_schema: {schema}\n", "provider/weather.yaml")
    assert said(tree, "python/oauth-methods") == [("python/oauth-methods", "warning")] * count
