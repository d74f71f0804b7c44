"""Texts in the script of their locale, and in another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.models.i18n import LOCALES
from bot.format.script import is_latin, script_of, wrong_script
from bot.locale import glossary

GLOSSARY = glossary.load()


@pytest.mark.parametrize(
    ("locale", "text", "complaint"),
    [
        ("en_US", "标题", "holds `标题`"),
        ("en_US", "Text-to-Image (文生图)", "holds `文生图`"),
        ("en_US", "天気を表示", "holds `天気を表示`"),
        ("en_US", "Погода", "holds `Погода`"),
        ("en_US", "날씨", "holds `날씨`"),
        ("en_US", "Whisper模型不填,FunASR模型需要填", "holds `模型不填`"),
        ("en_US", "A font (e.g. Arial) 宋体", "holds `宋体`"),
        ("pt_BR", "JSON数据", "holds `数据`"),
        ("zh_Hans", "都市の天気を表示します", "is Japanese"),
        ("zh_Hans", "検索結果", "holds `検`, which only Japanese uses"),
        ("zh_Hans", "顯示目前的天氣", "holds `顯`, which is traditional Chinese"),
        ("zh_Hans", "Enter the name of the city to search for", "is in Latin script"),
        ("zh_Hans", "Погода в городе", "is in the script Cyrillic"),
        ("ja_JP", "请输入城市名称", "is Chinese: it holds `请输`"),
        ("ja_JP", "3:4 (纵向)", "is Chinese: it holds `纵`"),
        ("ja_JP", "すべての请求", "holds `请`, which only Chinese uses"),
        ("ja_JP", "Enter the name of the city to search for", "is in Latin script"),
        ("ja_JP", "Configuração", "is Portuguese"),
        ("ja_JP", "Você precisa da chave", "is Portuguese"),
        ("ja_JP", "도시 이름", "is in the script Hangul"),
    ],
)
def test_a_wrong_script_is_noticed(locale: str, text: str, complaint: str) -> None:
    assert (wrong_script(text, locale) or "").startswith(complaint)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en_US", "Café, naïve — “quoted” … 5 µm, α = 0.5, 20 ℃"),
        ("pt_BR", "Previsões para qualquer lugar: não há ação"),
        ("en_US", 'Data of the chart, such as [{"category": "北京"}]'),
        ("en_US", "Translates “你好” and `再见`"),
        ("en_US", "Name of the font (e.g., 宋体, Arial, Times New Roman)"),
        ("pt_BR", "A city, such as 北京"),
        ("zh_Hans", "API 密钥"),
        ("zh_Hans", "OpenAI"),
        ("zh_Hans", "使用 Hiragana の 字符"),
        ("zh_Hans", "α 值"),
        ("zh_Hans", "喆"),
        ("zh_Hans", "Llama 3.3 70b Speculative Decoding (PREVIEW)"),
        ("zh_Hans", "https://example.com/the/path/of/the/page"),
        ("zh_Hans", '"a value that is shown as it is here"'),
        ("ja_JP", "都市の天気"),
        ("ja_JP", "検索結果"),
        ("ja_JP", "画像生成・編集"),
        ("ja_JP", "カタカナ"),
        ("ja_JP", "Webhook URL"),
        ("ja_JP", ""),
    ],
)
def test_the_right_script_is_left_alone(locale: str, text: str) -> None:
    assert wrong_script(text, locale) is None


def test_own_names_may_be_in_any_script() -> None:
    assert wrong_script("Send to 飞书", "en_US", ["飞书", "Feishu"]) is None
    assert wrong_script("Send to 飞书 群", "en_US", ["飞书"]) is not None
    assert wrong_script("飞书に送信", "ja_JP", ["飞书"]) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Videos with Doubao (豆包) AI.", None),
        ("Videos with Doubao（豆包）AI.", None),
        ("Videos with Doubao 豆包 AI.", "豆包"),
        ("Text to image (文生图)", "文生图"),
        ("Doubao (豆包视频)", "豆包视频"),
        ("Doubao (豆)", "豆"),
    ],
)
def test_the_beginning_of_an_own_name_may_stand_in_brackets(text: str, wrong: str | None) -> None:
    found = wrong_script(text, "en_US", ["豆包生成器", "Doubao"])
    assert found == (f"holds `{wrong}`, which is not Latin script" if wrong else None)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_of_the_glossary_is_in_a_wrong_script(locale: str) -> None:
    assert [found for entry in GLOSSARY.entries if (found := wrong_script(entry.texts[locale], locale))] == []


@pytest.mark.parametrize(
    ("character", "script"),
    [
        ("a", "LATIN"),
        ("Ａ", "LATIN"),
        ("é", "LATIN"),
        ("ß", "LATIN"),
        ("я", "CYRILLIC"),
        ("水", "CJK"),
        ("请", "SIMPLIFIED"),
        ("體", "TRADITIONAL"),
        ("気", "JAPANESE"),
        ("の", "KANA"),
        ("ｶ", "KANA"),
        ("ー", "KANA"),
        ("한", "HANGUL"),
        ("1", None),
        ("。", None),
        ("々", None),
        ("\ud800", None),
        ("\U000f0000", None),
    ],
)
def test_the_script_of_a_character(character: str, script: str | None) -> None:
    assert script_of(character) == script


@given(st.text(max_size=60), st.sampled_from(LOCALES))
def test_any_text_may_be_asked_about(text: str, locale: str) -> None:
    found = wrong_script(text, locale)
    assert found is None or found.isprintable()


@given(st.text(st.characters(codec="latin-1"), max_size=60))
def test_latin_text_is_never_wrong_in_a_latin_locale(text: str) -> None:
    assert is_latin(text)
    assert wrong_script(text, "en_US") is None
    assert wrong_script(text, "pt_BR") is None


def test_a_huge_text_is_judged_by_its_beginning() -> None:
    assert wrong_script("a" * 2_000_000 + "文", "en_US") is None
    assert wrong_script("文" * 2_000_000, "en_US") == "holds `文文文文文文文文文文文…`, which is not Latin script"


def test_a_name_with_a_nasal_ending_is_not_portuguese() -> None:
    assert [wrong_script(name, "ja_JP") for name in ("São Paulo", "João")] == [None, None]
