"""A message is said in a language from its catalogue, and in English where that lacks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from bot import languages
from bot.languages import ENGLISH, Language, speaking, spoken, told
from bot.messages import all_of, say, say_plural, sentences
from tests.support import catalogues

Said = dict[str | tuple[str, str], str | tuple[str, ...]]

SAID: Said = {
    "{path} is empty.": "{path} 为空。",
    "There are {files}.": "这里有 {files}。",
    ("{n:,} file", "{n:,} files"): ("{n:,} 个文件",),
    "{first} {second}": "{first}{second}",
    "{first}, {second}": "{first}、{second}",
    "{first} and {second}": "{first}和{second}",
    "tool provider": "工具供应商",
    "The {kind} fails.": "{kind}失败。",
}


@pytest.fixture
def chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Language:
    return made(tmp_path, monkeypatch, "zh_Hans", SAID)


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: Said) -> Language:
    catalog = Catalog(locale=name)
    for id, string in said.items():
        catalog.add(id, string)
    (folder / name).mkdir()
    for domain in languages.DOMAINS:
        (folder / name / f"{domain}.mo").write_bytes(catalogues.compiled(catalog))
    monkeypatch.setattr(languages, "FOLDER", folder)
    monkeypatch.setattr(languages, "_catalogue", languages._catalogue.__wrapped__)  # Each folder has its own.
    return Language(name)


def test_arguments_are_said_too(chinese: Language) -> None:
    files = say_plural("{n:,} file", "{n:,} files", 1200)
    assert chinese.say(say("There are {files}.", files=files)) == "这里有 1,200 个文件。"
    assert chinese.say(say("The {kind} fails.", kind="tool provider")) == "工具供应商失败。"
    assert chinese.say(say("{path} is empty.", path="`tool provider`")) == "`tool provider` 为空。"


def test_sentences_and_lists_are_joined_as_the_language_does(chinese: Language) -> None:
    empty = say("{path} is empty.", path="`a`")
    assert chinese.say(sentences(empty, empty)) == "`a` 为空。`a` 为空。"
    assert chinese.say(all_of(["`a`", "`b`", "`c`"])) == "`a`、`b`和`c`"
    assert chinese.say(empty + say(" Not there yet.")) == "`a` 为空。 Not there yet."


def test_what_the_catalogue_lacks_is_said_in_english(chinese: Language) -> None:
    assert chinese.say(say("{path} is not there.", path="`a`")) == "`a` is not there."
    assert chinese.say("any text") == "any text"
    assert chinese.say("") == ""


def test_arguments_are_said_where_the_template_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: Said = {" ({sentence})": " ({sentence})", "It is empty.": "Está vazio."}
    portuguese = made(tmp_path, monkeypatch, "pt_BR", said)
    assert portuguese.say(say(" ({sentence})", sentence=say("It is empty.").clause())) == " (está vazio)"


def test_numbers_are_written_as_the_language_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: Said = {
        ("{n:,} file", "{n:,} files"): ("{n:,} arquivo", "{n:,} de arquivos", "{n:,} arquivos"),
        "{size:.1f} MiB": "{size:.1f} MiB",
        "up to {n:,.0f} tokens": "até {n:,.0f} tokens",
        "below {low:g}": "abaixo de {low:g}",
    }
    portuguese = made(tmp_path, monkeypatch, "pt_BR", said)
    assert portuguese.say(say_plural("{n:,} file", "{n:,} files", 1200)) == "1.200 arquivos"
    assert portuguese.say(say_plural("{n:,} file", "{n:,} files", 1)) == "1 arquivo"
    assert portuguese.say(say("{size:.1f} MiB", size=1.5)) == "1,5 MiB"
    assert portuguese.say(say("up to {n:,.0f} tokens", n=32768.0)) == "até 32.768 tokens"
    assert portuguese.say(say("below {low:g}", low=0.5)) == "abaixo de 0.5"


def test_text_of_a_plugin_in_an_argument_is_no_template(chinese: Language) -> None:
    hostile = "`{path.__class__} {0} {`"
    assert chinese.say(say("{path} is empty.", path=hostile)) == f"{hostile} 为空。"


def test_english_is_the_default_and_comes_back() -> None:
    said = say("Put the value in quotes")
    assert told(said) is said
    with speaking("zh_Hans"):
        assert spoken().name == "zh_Hans"
    assert told(said) is said


def test_english_needs_no_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    assert Language(ENGLISH).say("x") == "x"
