"""Which texts of a plugin need a translation, and which have one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.findings import LocaleCoverage
from bot.format.models.i18n import LOCALES
from bot.format.traits import DocumentKind
from bot.locale.localization import Localization, State
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.locale.localizations import Texts, localization, of
from tests.support.reviewing import opened

#: A text that makes `city` a common word and Chinese and Japanese locales that are meant in earnest.
PROSE: Texts = {
    "en_US": "Shows the weather of a city",
    "zh_Hans": "显示某个城市的天气",
    "ja_JP": "都市の天気を表示します",
    "pt_BR": "Mostra o clima de uma cidade",
}


def state(text: Texts, locale: str = "zh_Hans", *others: Texts, **more: object) -> State:
    found = localization(text, PROSE, *others, **more)  # type: ignore[arg-type]
    return found.states[locale][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ({"en_US": "City of birth", "zh_Hans": "出生城市"}, State.TRANSLATED),
        ({"en_US": "City of birth"}, State.MISSING),
        ({"en_US": "City of birth", "zh_Hans": ""}, State.MISSING),
        ({"en_US": "City of birth", "zh_Hans": " \n"}, State.MISSING),
        ({"en_US": "City of birth", "zh_Hans": None}, State.MISSING),
        ({"en_US": "City of birth", "zh_Hans": 5}, State.TRANSLATED),
        ({"en_US": "City of birth", "zh_Hans": "City of birth"}, State.COPIED),
        ({"en_US": "出生城市", "zh_Hans": "出生城市"}, State.TRANSLATED),
        ({"zh_Hans": "出生城市"}, State.TRANSLATED),
        ({"pt_BR": "Cidade"}, State.MISSING),
        ({"en_US": "gpt-5.1"}, State.EXEMPT),
        ({"en_US": "https://a.example", "zh_Hans": "https://a.example/zh"}, State.EXEMPT),
    ],
)
def test_the_state_of_a_text(text: Texts, expected: State) -> None:
    assert state(text) is expected


@pytest.mark.parametrize(
    ("english", "locale", "expected"),
    [
        ("Top P", "ja_JP", State.EXEMPT),  # The glossary keeps the name,
        ("Top k", "ja_JP", State.EXEMPT),  # whatever its case.
        ("API Key", "zh_Hans", State.MISSING),
        ("Prompt", "pt_BR", State.EXEMPT),
        ("Prompt", "ja_JP", State.MISSING),
    ],
)
def test_the_glossary_knows_what_stays_english(english: str, locale: str, expected: State) -> None:
    assert state({"en_US": english}, locale) is expected


@pytest.mark.parametrize(
    ("english", "locale", "expected"),
    [
        ("API Key", "zh_Hans", State.TRANSLATED),
        ("Access Token", "ja_JP", State.TRANSLATED),
        ("Client ID", "pt_BR", State.TRANSLATED),
        ("Temperature", "ja_JP", State.COPIED),
        ("Temperature", "pt_BR", State.COPIED),
        ("Total", "pt_BR", State.TRANSLATED),
        ("Hotel central", "pt_BR", State.TRANSLATED),
        ("Name of the hotel", "pt_BR", State.COPIED),
        ("weather of any 城市", "pt_BR", State.TRANSLATED),
    ],
)
def test_short_terms_are_no_copies(english: str, locale: str, expected: State) -> None:
    assert state({"en_US": english, locale: english}, locale) is expected


def manifest(**texts: object) -> dict[str, object]:
    return {"name": "acme_maps", "author": "acme", **texts}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ({"en_US": "Acme Maps"}, State.EXEMPT),
        ({"en_US": "ACME-maps"}, State.EXEMPT),
        ({"en_US": "Acme"}, State.EXEMPT),
        ({"en_US": "Acme Maps Pro"}, State.MISSING),
        ({"en_US": "Acme Maps", "pt_BR": "Mapas da Acme"}, State.MISSING),
    ],
)
def test_own_names_need_no_translation(text: Texts, expected: State) -> None:
    assert state(text, manifest=manifest()) is expected


def test_a_name_made_of_common_words_does() -> None:
    assert state({"en_US": "City Weather"}, manifest={"name": "city_weather"}) is State.MISSING
    assert localization({"en_US": "City Weather"}, manifest={"name": "city_weather"}).states["ja_JP"] == (State.EXEMPT,)


def test_names_come_from_every_provider() -> None:
    found = of(
        {
            "provider.yaml": ({"provider": "anthropic", "label": {"en_US": "Anthropic"}}, DocumentKind.MODEL_PROVIDER),
            "tools.yaml": ({"identity": {"name": "x", "label": {"zh_Hans": "飞书"}}}, DocumentKind.TOOL_PROVIDER),
        }
    )
    assert found.names == {"anthropic", "Anthropic", "飞书"}


def test_the_label_of_a_model_is_its_name() -> None:
    model = {"model": "sonnet", "label": {"en_US": "Sonnet of the North", "zh_Hans": "Sonnet of the North"}}
    found = of({"m.yaml": (model, DocumentKind.MODEL)})
    assert found.states["zh_Hans"] == (State.EXEMPT,)
    assert found.states["en_US"] == (State.TRANSLATED,)


def options(name: str, **labels: str | Texts) -> Localization:
    listed = [
        {"value": value, "label": {"en_US": label} if isinstance(label, str) else label}
        for value, label in labels.items()
    ]
    return of({"t.yaml": ({"parameters": [{"name": name, "options": listed}]}, DocumentKind.TOOL)})


def test_an_option_that_spells_its_value_is_code() -> None:
    found = options("format", euler="euler", round="Round", cat={"en_US": "cat", "zh_Hans": "猫"}, one="one two")
    assert found.states["ja_JP"] == (State.EXEMPT, State.MISSING, State.MISSING, State.MISSING)


def test_options_of_models_and_voices_are_names() -> None:
    assert options("voice", alloy="Alloy").states["ja_JP"] == (State.EXEMPT,)
    assert options("color", alloy="Alloy").states["ja_JP"] == (State.MISSING,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ({"en_US": "Marina", "zh_Hans": "Marina"}, State.EXEMPT),
        ({"en_US": "Nano Banana Pro (gemini-3-pro)", "zh_Hans": "Nano Banana Pro (gemini-3-pro)"}, State.EXEMPT),
        ({"en_US": "City Weather", "zh_Hans": "City Weather"}, State.MISSING),
        ({"en_US": "Marina", "pt_BR": "Marina"}, State.MISSING),
        ({"en_US": "one of several", "zh_Hans": "one of several"}, State.MISSING),
    ],
)
def test_a_name_that_the_plugin_keeps_in_chinese_is_one_in_japanese(text: Texts, expected: State) -> None:
    assert state(text, "ja_JP") is expected


def test_a_plugin_that_copies_everything_keeps_no_names() -> None:
    found = localization({"en_US": "Marina", "zh_Hans": "Marina"}, {"en_US": "Alloy", "zh_Hans": "Alloy"})
    assert found.states["ja_JP"] == (State.MISSING, State.MISSING)
    assert found.states["zh_Hans"] == (State.COPIED, State.COPIED)


def test_coverage_adds_up() -> None:
    found = localization(
        {"en_US": "gpt-4o"},
        {"en_US": "City of birth", "ja_JP": "出身地"},
        {"en_US": "City of residence", "ja_JP": "City of residence"},
        {"en_US": "City of work"},
        {"ja_JP": "都市"},
    )
    assert found.coverage["ja_JP"] == LocaleCoverage(translated=2, total=4, missing=1, copied=1, exempt=1)
    assert found.coverage["en_US"] == LocaleCoverage(translated=4, total=5, missing=1)


def test_only_the_locales_asked_for_are_covered_in_the_order_of_the_format() -> None:
    found = localization({"en_US": "City of birth"}, locales=("ja_JP", "xx_XX", "en_US"))
    assert list(found.coverage) == ["en_US", "ja_JP"]


def test_a_plugin_without_texts_has_no_coverage() -> None:
    assert of({}).coverage == {}
    assert not of({}).has_begun("ja_JP")


@pytest.mark.parametrize(("translated", "begun"), [(0, False), (2, False), (3, True)])
def test_a_tenth_of_the_texts_begins_a_locale(translated: int, begun: bool) -> None:
    texts = [{"en_US": f"City {'abcdefghijklmnopqrst'[i]} of a land"} for i in range(20)]
    for text in texts[:translated]:
        text["ja_JP"] = "都市"
    assert localization(*texts).has_begun("ja_JP") is begun


def test_misspelt_translations_begin_a_locale() -> None:
    found = localization({"en_US": "City of birth", "ja_Jp": "出身地"})
    assert found.has_begun("ja_JP")
    assert found.coverage["ja_JP"].missing == 1


TEXTS = st.dictionaries(
    st.sampled_from([*LOCALES, "ja_Jp", "xx"]),
    st.none() | st.integers() | st.text(max_size=20) | st.sampled_from(["API Key", "Top P", "city weather", "gpt-4o"]),
    max_size=4,
)


@given(st.lists(TEXTS, max_size=6))
def test_every_text_is_counted_once(texts: list[dict[str, object]]) -> None:
    found = localization(*texts)
    for locale, coverage in found.coverage.items():
        assert coverage.translated + coverage.missing + coverage.copied == coverage.total
        assert coverage.total + coverage.exempt == len(found.texts)
        assert len(found.states[locale]) == len(found.texts)
    assert found.coverage or not found.texts


def test_what_is_said_of_models_is_shown_in_two_languages() -> None:
    """So nothing else is missing there, whatever a plugin translates besides."""
    plugin = opened(MemoryTree(example_plugin("model")))
    kinds = {DocumentKind.MODEL, DocumentKind.MODEL_PROVIDER}
    for locale, states in plugin.localization.states.items():
        for text, state in zip(plugin.localization.texts, states, strict=True):
            if text.kind in kinds and locale in ("pt_BR", "ja_JP"):
                assert state is State.EXEMPT
    assert any(text.kind in kinds for text in plugin.localization.texts)
