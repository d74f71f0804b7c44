"""A message is its English text, and keeps what it was made of."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from msgspec.structs import replace

from bot.findings import Finding, Location, Severity, quote, quote_list
from bot.messages import Message, all_of, listed, say, say_plural, sentences


def test_a_message_is_the_english_text() -> None:
    said = say("{path} has {size:,} bytes.", path=quote("a.py"), size=1234)
    assert said == "`a.py` has 1,234 bytes."
    assert json.dumps([said]) == '["`a.py` has 1,234 bytes."]'
    assert sorted([said, "`a"]) == ["`a", said]
    assert hash(said) == hash(str(said))


def test_braces_stand_for_themselves_without_arguments() -> None:
    assert say("`{x}` is not put in.") == "`{x}` is not put in."
    assert say("`{{x}}` is {what}.", what=say("text")) == "`{x}` is text."


@pytest.mark.parametrize(("number", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1200, "1,200 files")])
def test_a_number_chooses_the_template(number: int, text: str) -> None:
    said = say_plural("{n:,} file", "{n:,} files", number)
    assert said == text
    assert (said.template, said.plural, said.number) == ("{n:,} file", "{n:,} files", number)


def test_messages_follow_each_other() -> None:
    assert sentences(say("One."), "", say("Two.")) == "One. Two."
    assert sentences(say("One.")).template == "One."
    assert listed(["`a`", "`b`"]) == "`a`, `b`"
    assert all_of(["a", "b", "c"]) == "a, b and c"
    assert all_of(["a"]) == "a"
    assert quote_list("abc", 2) == "`a`, `b` and 1 more"


def test_what_is_appended_keeps_its_own_template() -> None:
    said = say("One.") + say(" Two {n}.", n=2) + "" + "!"
    assert said == "One. Two 2.!"
    assert isinstance(said, Message)
    assert [getattr(part, "template", part) for part in said.arguments] == ["One.", " Two {n}.", "!"]


def test_a_sentence_becomes_a_clause_and_a_clause_a_beginning() -> None:
    assert say("What users see.").clause() == "what users see"
    assert say("a Dify before {release}", release="1.0").capitalized() == "A Dify before 1.0"


@pytest.mark.parametrize(
    "said", [say("{a} is {b}.", a=say("{c} of it", c=1), b="`x`"), sentences(say("A."), say("B."))]
)
def test_a_message_survives_copies_and_processes(said: Message) -> None:
    for other in (pickle.loads(pickle.dumps(said)), copy.deepcopy(said)):
        assert (other, other.template, other.arguments) == (said, said.template, said.arguments)
        assert isinstance(other, Message)
    finding = Finding("a/b", Severity.ERROR, said, Location("a.py"), "p")
    assert replace(finding, new=False).message is said
