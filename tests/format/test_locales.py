"""Which locale a key means: misspellings, honest other languages, and words that are neither."""

from __future__ import annotations

import langcodes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.document import read_document
from bot.document.edits import apply_edits
from bot.findings import By, Safety, Severity
from bot.format.judge.verdict import validate
from bot.format.judge.violation import Violation
from bot.format.locales import is_language, likely_locale, locale_of_region, meant_locale, nearby_locale
from bot.format.models.i18n import LOCALES
from bot.format.traits import DocumentKind


@pytest.mark.parametrize(
    ("locale", "keys"),
    [
        ("en_US", "en en_us EN_US en-US en_Us enUS eng en_Latn"),
        ("zh_Hans", "zh zh_CN zh-cn zh-Hans zh_hans zhHans zh_Hans_CN zh-Hans-CN zho chi ZH_HANS"),
        ("pt_BR", "pt pt_br pt-BR pt_Br ptBR por pt_Latn_BR"),
        ("ja_JP", "ja ja_Jp ja_jp ja-JP JA_JP jaJP ja__JP jpn ja_Jpan"),
    ],
)
def test_misspelt_for_certain(locale: str, keys: str) -> None:
    assert {key: meant_locale(key) for key in keys.split()} == dict.fromkeys(keys.split(), locale)
    assert {likely_locale(key) for key in keys.split()} == {None}


@pytest.mark.parametrize(
    ("locale", "keys"),
    [
        ("en_US", "us US en_EN en_USA us_US"),
        ("zh_Hans", "cn CN zh_Hanz zh_Han zh_zh cn_ZH zh-CHS zh_Hnas"),
        ("pt_BR", "pt_BP pt_RB bt_BR"),
        ("ja_JP", "jp JP ja_JA jp_JP ja_JPN ja_Japan jp_ja"),
    ],
)
def test_misspelt_in_all_likelihood(locale: str, keys: str) -> None:
    assert {key: likely_locale(key) for key in keys.split()} == dict.fromkeys(keys.split(), locale)
    assert {meant_locale(key) for key in keys.split()} == {None}


HONEST = [
    *("ko_KR", "fr_FR", "de_DE", "ru_RU", "vi_VN", "it_IT", "es_ES", "es_419", "uk_UA", "ar_TN", "fa_IR", "hi_IN"),
    *("th_TH", "pl_PL", "tr_TR", "ro_RO", "sl_SI", "id_ID", "nl_NL", "ko", "vi", "kr_KR", "br", "yue_HK", "zh-yue"),
    *("zh_Hant", "zh_TW", "zh_HK", "zh_Hant_TW", "zh_MO", "fil_PH", "zh_Latn", "ja_Latn", "sr_Latn"),
]
NEARBY = {"pt_PT": "pt_BR", "pt_BZ": "pt_BR", "pt_AO": "pt_BR", "en_GB": "en_US", "en_UK": "en_US", "zh_SG": "zh_Hans"}


@pytest.mark.parametrize("key", HONEST)
def test_an_honest_language_is_not_misspelt(key: str) -> None:
    assert is_language(key)
    assert (meant_locale(key), likely_locale(key), nearby_locale(key)) == (None, None, None)


@pytest.mark.parametrize(("key", "locale"), NEARBY.items())
def test_another_region_of_a_language_is_not_misspelt_but_near(key: str, locale: str) -> None:
    assert is_language(key)
    assert (meant_locale(key), likely_locale(key), nearby_locale(key)) == (None, None, locale)


TWO = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=2)


@given(TWO, st.sampled_from(["", "Latn", "Hant", "Cyrl", "Arab"]), TWO.map(str.upper) | st.just(""))
def test_no_valid_tag_of_another_language_is_misspelt(language: str, script: str, region: str) -> None:
    """What the registry of language subtags knows, in another language or script, is meant as it stands."""
    tag = "-".join(part for part in (language, script, region) if part)
    full = langcodes.get(tag).maximize() if langcodes.tag_is_valid(tag) else None
    if full is None or (full.language, full.script) in (("en", "Latn"), ("zh", "Hans"), ("pt", "Latn"), ("ja", "Jpan")):
        return
    for key in (tag, tag.replace("-", "_"), tag.lower()):
        assert (meant_locale(key), likely_locale(key), nearby_locale(key)) == (None, None, None)


@pytest.mark.parametrize(
    "key",
    [
        *("help", "text", "url", "tip", "key", "api_key", "label", "name", "value", "icon", "type", "placeholder"),
        *("human", "llm", "description", "default", "a", "b1", "ß", "日本語", "_", "-", "--", "en-", "x-en", "i_love"),
    ],
)
def test_words_are_no_locales(key: str) -> None:
    assert (meant_locale(key), likely_locale(key), nearby_locale(key)) == (None, None, None)


@given(st.text(max_size=30))
def test_a_key_means_at_most_one_thing(key: str) -> None:
    means = [meant_locale(key), likely_locale(key), nearby_locale(key)]
    assert len([locale for locale in means if locale is not None]) <= 1
    assert set(means) <= {None, *LOCALES}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_locale_is_not_misspelt(locale: str) -> None:
    assert (meant_locale(locale), likely_locale(locale), nearby_locale(locale)) == (None, None, None)


def test_a_region_stands_for_its_locale() -> None:
    found = {code: locale_of_region(code) for code in ("us", "CN", "br", "JP", "kr", "", "usa")}
    assert found == {"us": "en_US", "CN": "zh_Hans", "br": "pt_BR", "JP": "ja_JP", "kr": None, "": None, "usa": None}


# --- what is said and mended --------------------------------------------------------------------------------------


def judged(label: str, kind: DocumentKind = DocumentKind.MANIFEST) -> tuple[str, list[Violation]]:
    text = f"label:\n{label}"
    document = read_document("manifest.yaml", text.encode())
    assert document.problems == ()
    return text, [each for each in validate(document, kind) if each.pointer[:1] == ("label",)]


def test_only_the_first_of_two_misspelt_keys_gets_the_fix() -> None:
    _, found = judged("  en_US: x\n  zh_CN: 一\n  zh-Hans: 二\n")
    assert [(each.subject, each.fix is not None) for each in sorted(found, key=lambda each: each.subject)] == [
        ("zh-Hans", False),
        ("zh_CN", True),
    ]


@pytest.mark.parametrize(
    ("label", "after"),
    [
        ("  en_US: x\n  zh_CN: 一\n  zh_Hans: ''\n", "  en_US: x\n  zh_Hans: 一\n"),
        ("  zh_Hans:\n  en_US: x\n  zh_CN: 一\n", "  en_US: x\n  zh_Hans: 一\n"),
        ("  zh_Hans: ~ \r\n  en_US: x\r\n  zh_CN: 一\r\n", "  en_US: x\r\n  zh_Hans: 一\r\n"),
        ('  en_US: x\n  "zh_CN": |\n    一\n    二\n  zh_Hans: "  "\n', "  en_US: x\n  zh_Hans: |\n    一\n    二\n"),
    ],
)
def test_a_text_is_moved_to_the_right_key_that_holds_nothing(label: str, after: str) -> None:
    text, (found,) = judged(label)
    assert (found.rule, found.severity) == ("locale/misspelt-key", Severity.WARNING)
    assert found.fix is not None
    assert (found.fix.title, found.fix.safety) == ("Move the text to `zh_Hans`", Safety.SAFE)
    assert apply_edits(text, found.fix.edits) == f"label:\n{after}"


@pytest.mark.parametrize(
    "label",
    [
        pytest.param("  {en_US: x, zh_CN: 一, zh_Hans: ''}\n", id="in brackets"),
        pytest.param("  en_US: x\n  zh_CN: 一\n  zh_Hans: '' # to do\n", id="comment"),
        pytest.param("  en_US: x\n  zh_CN: 一\n  zh_Hans: &none\nicon: *none\n", id="anchor"),
        pytest.param("  en_US: x\n  zh_CN: 一\n  ? zh_Hans\n", id="question mark"),
        pytest.param("  en_US: x\n  zh_CN: 一\n  zh_Hans:", id="no line break"),
        pytest.param("  en_US: x\n  zh_CN: 一\n  zh_Hans:\n    ''\n", id="two lines"),
        pytest.param("  en_US: x\n  zh_CN: [一]\n  zh_Hans:\n", id="no text"),
    ],
)
def test_what_cannot_be_moved_line_by_line_is_left_to_people(label: str) -> None:
    _, found = judged(label)
    (misspelt,) = [each for each in found if each.rule == "locale/misspelt-key"]
    assert misspelt.fix is None
    assert misspelt.message.endswith("`zh_Hans` is the key for this locale, and it holds nothing.")


@pytest.mark.parametrize(
    ("key", "text", "safety"),
    [
        ("zh", "天气", Safety.SAFE),
        ("zh", "天氣預報", Safety.UNSAFE),
        ("ja", "请输入城市", Safety.UNSAFE),
        ("ja_JA", "天気", Safety.UNSAFE),
        ("pt_PT", "Tempo", Safety.UNSAFE),
        ("ja", "[天気]", None),
        ("ja", "", None),
    ],
)
def test_a_rename_is_safe_where_key_and_text_leave_no_doubt(key: str, text: str, safety: Safety | None) -> None:
    _, (found,) = judged(f"  en_US: Weather\n  {key}: {text}\n")
    assert (found.fix.safety if found.fix else None) == safety
    assert ("But the text" in found.message) == (text in ("天氣預報", "请输入城市"))


@pytest.mark.parametrize(
    ("key", "said", "by_sdk"),
    [
        ("ja_Jp", "never shown", "The text is dropped."),
        ("ja_jp", "shown in remote debugging at most", "Releases from 0.9 on read this spelling too."),
    ],
)
def test_the_names_of_the_fields_of_the_sdk_are_read_in_debugging(key: str, said: str, by_sdk: str) -> None:
    _, (found,) = judged(f"  en_US: Weather\n  {key}: 天気\n")
    assert found.message == f"The translation under `{key}` is {said}: the key for this locale is `ja_JP`."
    assert [(each.by, each.consequence) for each in found.authorities] == [
        (By.INSTALLER, "The text is dropped."),
        (By.SDK, by_sdk),
    ]


def test_english_under_the_name_of_the_field_starts_with_a_new_sdk() -> None:
    document = read_document("p.yaml", b"provider: x\nlabel: {en_us: X}\nsupported_model_types: []\n")
    (found,) = [each for each in validate(document, DocumentKind.MODEL_PROVIDER) if each.pointer[:1] == ("label",)]
    assert (found.rule, found.severity) == ("locale/misspelt-key", Severity.ERROR)
    assert found.message.endswith(
        "An SDK before 0.9 refuses the model provider; with later ones Dify shows nothing here."
    )


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("  text: {en_US: x, zh_Hans: 一}\n", ["`en_US`, `zh_Hans` belong directly under `label`, one level higher."]),
        ("  text: {en_US: x}\n  url: {en_US: y}\n", ["`en_US` belongs directly under `label`", "holds `en_US`"]),
        ("  en_US: x\n  text: {en_US: x}\n", ["a localized text holds `en_US`"]),
        ("  en_US: x\n  text: {ja_JP: x}\n", ["`ja_JP` belongs directly under `label`"]),
    ],
)
def test_locales_that_are_indented_too_deep(label: str, said: list[str]) -> None:
    _, found = judged(label)
    found.sort(key=lambda each: str(each.pointer))
    assert [part in each.message for part, each in zip(said, found, strict=True)] == [True] * len(said)
    assert {each.rule for each in found} == {"schema/unknown-key"}
