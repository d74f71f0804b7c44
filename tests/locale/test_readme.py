"""Translated READMEs: found, lost, and in another language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locale.readme import Lost, is_wrong_language, lost, translations

CHINESE = "# 天气\n\n" + "显示任意城市的当前天气。安装插件后打开工具页面并填写密钥。" * 5
JAPANESE = "# 天気\n\n" + "任意の都市の現在の天気を表示します。プラグインをインストールしてください。" * 5
PORTUGUESE = "# Clima\n\n" + "Mostra o clima atual de qualquer cidade. Instale o plugin e cole a chave. " * 5
ENGLISH = "# Weather\n\n" + "Shows the current weather of any city. Install the plugin and paste the key. " * 5


def test_translations_have_one_place() -> None:
    paths = [
        "README.md",
        "readme/README_ja_JP.md",
        "readme/README_ja_Jp.md",
        "readme/README_en_US.md",
        "README_pt_BR.md",
    ]
    assert translations(paths) == {"ja_JP": "readme/README_ja_JP.md"}


@pytest.mark.parametrize(
    ("path", "locale"),
    [
        ("README_CN.md", "zh_Hans"),
        ("README_zh.md", "zh_Hans"),
        ("README.zh-CN.md", "zh_Hans"),
        ("README-zh_Hans.md", "zh_Hans"),
        ("README_JP.md", "ja_JP"),
        ("readme.ja.md", "ja_JP"),
        ("README_zh_Hans.md", "zh_Hans"),
        ("readme/README_ja_Jp.md", "ja_JP"),
        ("readme/README.ja_JP.md", "ja_JP"),
        ("docs/README_pt-BR.md", "pt_BR"),
        ("README_pt.markdown", "pt_BR"),
    ],
)
def test_a_readme_elsewhere_is_lost(path: str, locale: str) -> None:
    assert list(lost([path])) == [Lost(path, locale)]


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "README_en.md",
        "README_EN.md",
        "README_en_US.md",
        "readme/README_zh_Hans.md",
        "README_zh_Hant.md",
        "README_ko.md",
        "README_v2.md",
        "README_xx.md",
        "tools/README_CN.md",
        "README_CN.md.bak",
        "README_CN.txt",
        "LICENSE_CN.md",
    ],
)
def test_other_files_are_none_of_its_business(path: str) -> None:
    assert list(lost([path])) == []


@pytest.mark.parametrize(
    ("text", "locale", "wrong"),
    [
        (CHINESE, "zh_Hans", False),
        (JAPANESE, "zh_Hans", True),
        (ENGLISH, "zh_Hans", True),
        (JAPANESE, "ja_JP", False),
        (CHINESE, "ja_JP", True),
        (ENGLISH, "ja_JP", True),
        (PORTUGUESE, "pt_BR", False),
        (CHINESE, "pt_BR", True),
        ("short", "zh_Hans", False),
        (f"```\n{ENGLISH}\n```\n", "zh_Hans", False),
        (ENGLISH + "中", "zh_Hans", False),
    ],
)
def test_a_readme_is_in_its_language(text: str, locale: str, wrong: bool) -> None:
    assert is_wrong_language(text, locale) is wrong


@given(st.text(max_size=40), st.sampled_from(["zh_Hans", "ja_JP", "pt_BR"]))
def test_any_name_and_any_text_may_be_asked_about(text: str, locale: str) -> None:
    assert all(found.locale in ("zh_Hans", "ja_JP", "pt_BR") for found in lost([f"README_{text}.md", text]))
    assert is_wrong_language(text, locale) is False


@pytest.mark.parametrize("piece", ["```", "`", "<", "~~~\n", "a"])
def test_a_huge_readme_is_judged_in_bounded_time(piece: str) -> None:
    assert is_wrong_language(piece * 500_000, "zh_Hans") in (True, False)
