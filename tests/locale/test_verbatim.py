"""Which texts are the same in every language by their form."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locale.verbatim import is_verbatim


@pytest.mark.parametrize(
    "text",
    [
        "gpt-5.1",
        "claude-3-haiku-20240307",
        "icon_s_en.svg",
        "max_tokens",
        "https://platform.example.com/api-keys?a=b#c",
        "http://127.0.0.1:8000",
        "team@example.com",
        "api.example.com",
        "Node.js",
        "application/json",
        "0.5",
        "16:9",
        "1024x1024 (1:1)",
        "1,000",
        "+1 (555) 010-9999",
        "OpenAI",
        "iPhone",
        "GitHub API",
        "PDF / HTML",
        "URLs",
        "A",
        "X (Y)",
        "{name}",
        "{{ name }}: ${value}",
        "<your-host>",
        "`code with words`",
        '{"key": "value of it"}',
        '["first item", "second"]',
        "sk-xxxxxxxx",
        "$.data.items",
        "zh-Hans",
        "en-US, pt-BR",
        "🔥",
        "℃",
        "***",
        "",
    ],
)
def test_what_stands_for_itself(text: str) -> None:
    assert is_verbatim(text)


@pytest.mark.parametrize(
    "text",
    [
        "Weather",
        "API Key",
        "Model Name",
        "Base URL, e.g. https://api.example.com/v1",
        "e.g. 10",
        "Text-to-Image",
        "Yes/No",
        "Ollama",
        "Real-time",
        "Top 10 results",
        "Enter {name}",
        "Larger than 8 MP",
        "tokens",
        "天气",
        "天气 API",
        "Größe",
        "{not json at all}",
        "UPPERCASE",
        "https://a.example/b is the address",
    ],
)
def test_what_needs_a_translation(text: str) -> None:
    assert not is_verbatim(text)


def test_long_texts_are_never_code_alone() -> None:
    assert not is_verbatim("a1 " * 500)
    assert not is_verbatim("https://a.example/" + "a" * 500)


@given(st.text(max_size=80))
def test_any_text_may_be_asked_about(text: str) -> None:
    assert is_verbatim(text) in (True, False)
    assert is_verbatim(f" {text.strip()} ") == is_verbatim(text.strip())


@given(st.lists(st.text(max_size=8), max_size=4))
def test_json_is_code(value: list[str]) -> None:
    assert is_verbatim(json.dumps(value))


@given(st.text(st.characters(categories=["Nd", "Po", "Sm"], codec="ascii"), max_size=30))
def test_numbers_and_marks_are_the_same_in_every_language(text: str) -> None:
    assert is_verbatim(text)
