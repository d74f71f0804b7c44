"""Placeholders, links and line breaks that a translation keeps or loses, and characters that nobody sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locale import glossary
from bot.locale.markup import differences, hidden_characters


@pytest.mark.parametrize(
    ("english", "translation", "clauses"),
    [
        ("Hello {name}", "你好", ["lacks `{name}`"]),
        ("Hello {name}", "你好 {nome}", ["lacks `{name}`", "has `{nome}`, which the English has not"]),
        ("Hello {{name}}", "你好 {name}", ["lacks `{{name}}`", "has `{name}`, which the English has not"]),
        ("At ${HOST}", "在 HOST", ["lacks `${HOST}`"]),
        ("At $HOST", "在主机", ["lacks `$HOST`"]),
        ("%s of %d", "%s", ["lacks `%d`"]),
        ("%(name)s", "nome", ["lacks `%(name)s`"]),
        ("{0} of {1}", "{1}", ["lacks `{0}`"]),
        ("See [docs](https://a.example)", "见文档", ["has no link where the English has 1"]),
        ("See [docs](https://a.example)", "见[文档]（https://a.example）", ["has no link where the English has 1"]),
        ("See docs", "见[文档](https://a.example)", ["has 1 link where the English has none"]),
        ("a\nb\nc", "a b c", ["has no line break where the English has 2"]),
        ("a b", "a\nb", ["has 1 line break where the English has none"]),
    ],
)
def test_what_is_not_kept_is_named(english: str, translation: str, clauses: list[str]) -> None:
    assert differences(english, translation) == clauses


@pytest.mark.parametrize(
    ("english", "translation"),
    [
        ("Hello {name}", "{name}，你好"),
        ("{a} and {b}", "{b} e {a}"),
        ("{a}, {a}", "{a}"),
        ("{{ name }}", "{{name}}"),
        ("{your host}", "{你的主机}"),
        ("https://{region}.example.com", "https://{区域}.example.com"),
        ("Hello {city}", "{城市}，你好"),
        ("50% sure, 100%", "50% 确定"),
        ("Costs $5 or US$10", "5 美元或 10 美元"),
        ("SYSTEM$SHOW_SECRETS", "SYSTEM$SHOW_SECRETSから取得"),
        ('{"a": "b"}', '{"a": "乙"}'),
        ("[docs](https://a.example/en)", "[文档](https://a.example/zh)"),
        ("[0.0, 1.0]", "[0.0, 1.0]（含）"),
        ("a\n\nb\n", "甲\n乙"),
        ("a\r\nb", "甲\n乙"),
        ("https://a.example/%E4%BD%8D", "https://a.example/"),
    ],
)
def test_what_may_differ_is_left_alone(english: str, translation: str) -> None:
    assert differences(english, translation) == []


def test_the_glossary_keeps_everything() -> None:
    for entry in glossary.load().entries:
        for text in entry.texts.values():
            assert differences(entry.texts["en_US"], text) == []
            assert hidden_characters(text) == []


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("a\u202eb\u202c", ["\u202e", "\u202c"]),
        ("a\u200bb\u200b", ["\u200b"]),
        ("\x07", ["\x07"]),
        ("\x85", ["\x85"]),
        ("\ud800", ["\ud800"]),
        ("\ufeffa", ["\ufeff"]),
        ("a\u2066b", ["\u2066"]),
        ("line\nbreak\ttab", []),
        ("family: 👨\u200d👩\u200d👧", []),
        ("مرحبا", []),
        ("non\u00a0breaking", []),
    ],
)
def test_what_nobody_sees_is_found(text: str, hidden: list[str]) -> None:
    assert hidden_characters(text) == hidden


@given(st.text(st.sampled_from("{}$%s[]()a\n#. "), max_size=60))
def test_a_text_keeps_all_of_itself(text: str) -> None:
    assert differences(text, text) == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_may_be_compared(english: str, translation: str) -> None:
    assert all(clause.isprintable() for clause in differences(english, translation))


@pytest.mark.parametrize("piece", ["{", "[", "[a](", "{{", "%(", "$" * 3, "{a" * 4])
def test_megabytes_of_brackets_are_compared_in_bounded_time(piece: str) -> None:
    assert differences(piece * 300_000, piece * 300_000) == []
