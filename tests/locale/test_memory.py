"""What the translation memory offers, where it has it from, and where it leaves the choice to a person."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.findings import Safety
from bot.locale.memory import Conflict, Memory, Offer, is_usable, wordings
from tests.locale.localizations import Texts, localization

UNIT: Texts = {"en_US": "Distance in leagues", "zh_Hans": "以里格计的距离"}


def memory(**plugins: tuple[Texts, ...]) -> Memory:
    made = Memory()
    for name, texts in plugins.items():
        made.learn(name, localization(*texts))
    return made


def chinese(text: str) -> Texts:
    return {**UNIT, "zh_Hans": text}


def ask(made: Memory, plugin: str = "mine", english: str = "Distance in leagues") -> Offer | Conflict | None:
    return made.ask(english, "zh_Hans", plugin)


def test_the_plugin_itself_comes_first() -> None:
    made = memory(mine=(UNIT, UNIT, UNIT), a=(chinese("别的"),), b=(chinese("别的"),), c=(chinese("别的"),))
    assert ask(made) == Offer("以里格计的距离", "as in `tool.yaml` and 2 more places of this plugin", Safety.SAFE)
    assert ask(memory(mine=(UNIT,))) == Offer("以里格计的距离", "as in `tool.yaml`", Safety.SAFE)


def test_then_come_three_other_plugins_that_agree() -> None:
    made = memory(a=(UNIT, UNIT), b=(UNIT,), c=(UNIT,))
    assert ask(made) == Offer("以里格计的距离", "as in `a`, `b`, `c`, 4 times in all", Safety.SAFE)
    many = memory(**dict.fromkeys("abcdef", (UNIT,)))
    assert ask(many) == Offer("以里格计的距离", "as in `a`, `b` and 4 more plugins, 6 times in all", Safety.SAFE)


def test_then_comes_the_glossary() -> None:
    english = "Temperature"
    made = memory(a=({"en_US": english, "zh_Hans": "热度"},))
    found = ask(made, english=english)
    assert isinstance(found, Offer)
    assert (found.source, found.safety) == ("from the glossary", Safety.SAFE)
    assert found.text != "热度"


def test_one_stranger_is_not_to_be_trusted_unseen() -> None:
    assert ask(memory(a=(UNIT,))) == Offer("以里格计的距离", "as in `a`", Safety.UNSAFE)
    assert ask(memory(a=(UNIT,), b=(UNIT,))) == Offer("以里格计的距离", "as in `a`, `b`, 2 times in all", Safety.UNSAFE)


def test_a_plugin_with_two_wordings_gets_no_offer() -> None:
    made = memory(mine=(UNIT, UNIT, chinese("距离")), a=(UNIT,), b=(UNIT,), c=(UNIT,))
    found = ask(made)
    assert found == Conflict((("以里格计的距离", 2), ("距离", 1)))
    assert str(found) == "`以里格计的距离` (2 times), `距离` (once)"


def test_plugins_that_disagree_are_shown() -> None:
    made = memory(a=(UNIT,), b=(chinese("距离"), chinese("距离")))
    assert ask(made) == Conflict((("距离", 2), ("以里格计的距离", 1)))


def test_the_glossary_settles_a_disagreement_between_others_but_not_within_the_plugin() -> None:
    two = ({"en_US": "Temperature", "zh_Hans": "热度"}, {"en_US": "Temperature", "zh_Hans": "冷度"})
    assert isinstance(ask(memory(a=two[:1], b=two[1:]), english="Temperature"), Offer)
    assert isinstance(ask(memory(mine=two), english="Temperature"), Conflict)


def test_spellings_of_one_wording_are_one() -> None:
    made = memory(mine=(chinese("API 密钥。"), chinese("API密钥"), chinese("API 密钥。")))
    assert ask(made) == Offer("API 密钥。", "as in `tool.yaml` and 2 more places of this plugin", Safety.SAFE)


@pytest.mark.parametrize(
    ("translation", "locale"),
    [
        ("Distance in leagues", "zh_Hans"),
        (" Distance  in leagues ", "zh_Hans"),
        ("距離をリーグで", "zh_Hans"),
        ("请输入", "ja_JP"),
        ("距离\u202e", "zh_Hans"),
        ("距离 {x}", "zh_Hans"),
        ("第一行\n第二行", "zh_Hans"),
        ("距" * 1024, "zh_Hans"),
        ("  ", "zh_Hans"),
    ],
)
def test_a_bad_translation_is_not_handed_on(translation: str, locale: str) -> None:
    assert not is_usable("Distance in leagues", translation, locale)
    assert memory(a=({**UNIT, locale: translation, "pt_BR": "x"},)).ask("Distance in leagues", locale, "b") is None


def test_blanks_that_do_not_show_do_not_count_but_case_does() -> None:
    made = memory(mine=({**UNIT, "en_US": " Distance  in leagues\n"},))
    assert isinstance(ask(made), Offer)
    assert ask(made, english="distance in leagues") is None


def test_what_the_base_revision_had_is_still_known() -> None:
    made = Memory()
    now, before = (
        ({"en_US": "Distance in leagues"}, {**UNIT, "en_US": "Depth in fathoms", "zh_Hans": "新"}),
        (
            UNIT,
            {**UNIT, "en_US": "Depth in fathoms", "zh_Hans": "旧"},
        ),
    )
    made.learn("mine", localization(*now), localization(*before))
    assert ask(made) == Offer("以里格计的距离", "as in `tool.yaml`", Safety.SAFE)
    assert ask(made, english="Depth in fathoms") == Offer("新", "as in `tool.yaml`", Safety.SAFE)


def test_what_is_learned_later_counts() -> None:
    made = memory(a=(UNIT,))
    assert isinstance(ask(made), Offer)
    made.learn("b", localization(chinese("距离")))
    assert isinstance(ask(made), Conflict)


@pytest.mark.parametrize(
    ("english", "locale"), [("Distance in leagues", "en_US"), ("", "zh_Hans"), ("x" * 5000, "zh_Hans")]
)
def test_some_questions_have_no_answer(english: str, locale: str) -> None:
    assert memory(a=(UNIT,)).ask(english, locale, "a") is None


def test_the_commonest_spelling_stands_for_a_wording() -> None:
    assert wordings(["API 密钥", "API密钥", "API 密钥 ", "密钥"]) == {"API 密钥": 3, "密钥": 1}
    assert wordings([]) == {}


TEXT = st.fixed_dictionaries(
    {"en_US": st.sampled_from(["One place", "Two places"])},
    optional={locale: st.text(max_size=8) for locale in ("zh_Hans", "ja_JP", "pt_BR")},
)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(TEXT, max_size=4)), st.sampled_from(["zh_Hans", "ja_JP", "pt_BR"])
)
def test_whatever_is_offered_was_found_and_is_usable(plugins: Mapping[str, list[dict[str, str]]], locale: str) -> None:
    made = memory(**{name: tuple(texts) for name, texts in plugins.items()})
    found = made.ask("One place", locale, "a")
    there = [
        text.get(locale, "").strip() for texts in plugins.values() for text in texts if text["en_US"] == "One place"
    ]
    if isinstance(found, Offer):
        assert found.text in there
        assert is_usable("One place", found.text, locale)
    elif found is not None:
        assert {text for text, _ in found.wordings} <= set(there)
        assert len(found.wordings) > 1
