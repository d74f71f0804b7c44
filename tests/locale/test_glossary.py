"""The form of every text of the glossary, one wording for one thing, and how texts are found."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.locale import glossary
from bot.locale.glossary import SOURCE, TARGETS, Entry

GLOSSARY = glossary.load()
LOCALES = (SOURCE, *TARGETS)

URL = re.compile(r"https?://[\x21-\x7e]*[\w/]")
CODE = re.compile(r"`[^`\n]+`")
# What stands for itself in every language: code, URLs, tags, placeholders, names of parameters, versions.
VERBATIM = re.compile(
    rf"{CODE.pattern}|{URL.pattern}|<[^>\s]+>|\{{\w*\}}|\b[a-z]+(?:_[a-z]+)+\b|\[[^\]]*\]\([^)]*\)", re.ASCII
)
NUMBER = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
EAST_ASIAN = r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
WIDE_MARKS = "，。、；：！？（）「」『』“”"

# Words that the languages share, so that the translation is the English text.
SAME_IN = {
    "zh_Hans": {"Top P", "Top K", "JSON Schema", "API URL", "Webhook URL"},
    "ja_JP": {"Top P", "Top K", "API URL", "Webhook URL"},
    "pt_BR": {
        "Andorra", "Angola", "Bahamas", "Bangladesh", "Barbados", "Belize", "Benin", "Burkina Faso",
        "Burundi", "Costa Rica", "Cuba", "Dominica", "El Salvador", "Fiji", "Guatemala", "Haiti",
        "Honduras", "Israel", "Jamaica", "Kuwait", "Liechtenstein", "Madagascar", "Mali", "Malta",
        "Nepal", "Peru", "Senegal", "Sri Lanka", "Suriname", "Togo", "Uganda", "Venezuela",
        "Top P", "Top K", "Streaming", "Chat", "Prompt", "Endpoint", "Host", "Link", "Tags", "Status",
        "Branch", "Hindi", "Filipino", "Pashto", "Urdu", "Bengali", "Punjabi", "Somali", "Lingala", "Maori",
        "Esperanto", "Argentina", "Chile", "Portugal", "China", "Samoa", "Tonga", "Vanuatu",
    },
}  # fmt: skip


def entry(zh_hans: str, ja_jp: str, pt_br: str, en_us: str) -> Entry:
    return Entry("test", {"en_US": en_us, "zh_Hans": zh_hans, "ja_JP": ja_jp, "pt_BR": pt_br})


Check = Callable[[Entry], Iterator[str]]


def has_all_locales(entry: Entry) -> Iterator[str]:
    if tuple(entry.texts) != LOCALES:
        yield f"locales are {tuple(entry.texts)}"


def has_no_stray_blanks(entry: Entry) -> Iterator[str]:
    for locale, text in entry.texts.items():
        if not text or glossary.normalise(text) != text or not text.replace("\n", "").isprintable():
            yield f"{locale}: blank or invisible characters"


def is_in_its_script(entry: Entry) -> Iterator[str]:
    for locale, text in entry.texts.items():
        han = [char for char in text if unicodedata.name(char, "").startswith("CJK UNIFIED IDEOGRAPH")]
        kana = [char for char in text if re.match("HIRAGANA|KATAKANA", unicodedata.name(char, ""))]
        if locale in ("en_US", "pt_BR"):
            if han or kana or any(char in WIDE_MARKS for char in text if char not in "“”"):
                yield f"{locale}: Chinese or Japanese characters"
            continue
        if not (han or kana) and text not in SAME_IN[locale]:
            yield f"{locale}: no character of the language"
        if locale == "zh_Hans" and kana:
            yield f"{locale}: kana"
        # The two national character sets hold the forms of the characters that the two languages use.
        charset = "gb2312" if locale == "zh_Hans" else "shift_jis"
        foreign = [char for char in han if char.encode(charset, errors="ignore") == b""]
        if foreign:
            yield f"{locale}: characters of another language {foreign}"


def keeps_what_is_verbatim(entry: Entry) -> Iterator[str]:
    english = entry.texts[SOURCE]
    for locale in TARGETS:
        text = entry.texts[locale]
        if Counter(VERBATIM.findall(english)) - Counter(VERBATIM.findall(text)):
            yield f"{locale}: code, a URL or a placeholder is lost"
        if Counter(VERBATIM.findall(text)) - Counter(VERBATIM.findall(english)):
            yield f"{locale}: code, a URL or a placeholder is added"
        if not set(NUMBER.findall(english)) <= set(NUMBER.findall(text)):
            yield f"{locale}: a number is lost"
        if english.count("\n") != text.count("\n"):
            yield f"{locale}: other line breaks"


def ends_as_the_english(entry: Entry) -> Iterator[str]:
    english = entry.texts[SOURCE]
    for locale in TARGETS:
        text = entry.texts[locale]
        period = "." if locale == "pt_BR" else "。"
        if english.endswith(".") != text.endswith(period):
            yield f"{locale}: ends in {text[-1]!r}, the English in {english[-1]!r}"
        if re.search(r"[.。]{2}$", text) or re.search(r"[,，、;；:：]$", text):
            yield f"{locale}: unfinished"


def is_spaced_and_punctuated(entry: Entry) -> Iterator[str]:
    for locale in ("zh_Hans", "ja_JP"):
        text = entry.texts[locale]
        if re.search(rf'{EAST_ASIAN}[A-Za-z0-9`<"]|[A-Za-z0-9`>"%]{EAST_ASIAN}', text):
            yield f"{locale}: no space between scripts"
        if re.search(rf"[{WIDE_MARKS}] | [{WIDE_MARKS}]", text):
            yield f"{locale}: space next to a full-width mark"
        if re.search(rf"{EAST_ASIAN}[,;:!?()]|[,;:!?()]{EAST_ASIAN}", text):
            yield f"{locale}: half-width mark in running text"


def has_a_sane_length(entry: Entry) -> Iterator[str]:
    english = len(entry.texts[SOURCE])
    for locale, (shortest, longest) in {"zh_Hans": (0.1, 1.1), "ja_JP": (0.15, 1.5), "pt_BR": (0.6, 2.1)}.items():
        length = len(entry.texts[locale])
        if not shortest * english - 3 <= length <= longest * english + 8 or length > 1023:
            yield f"{locale}: {length} characters for {english}"


def is_translated(entry: Entry) -> Iterator[str]:
    for locale in TARGETS:
        same = entry.texts[locale] == entry.texts[SOURCE]
        if same and entry.texts[SOURCE] not in SAME_IN[locale]:
            yield f"{locale}: not translated"


def uses_the_terms(entry: Entry) -> Iterator[str]:
    english = VERBATIM.sub("·", entry.texts[SOURCE])
    forms = [(form, term) for term in GLOSSARY.terms for form in term.forms[SOURCE]]
    for form, term in sorted(forms, key=lambda pair: -len(pair[0])):
        english, found = re.subn(rf"(?<![\w-]){re.escape(form)}(?![\w-])", "·", english, flags=re.IGNORECASE)
        if not found:
            continue
        for locale in TARGETS:
            text = entry.texts[locale].casefold()
            if not any(wording.casefold() in text for wording in term.forms[locale]):
                yield f"{locale}: {form!r} without {' or '.join(term.forms[locale])}"


CHECKS: tuple[Check, ...] = (
    has_all_locales,
    has_no_stray_blanks,
    is_in_its_script,
    keeps_what_is_verbatim,
    ends_as_the_english,
    is_spaced_and_punctuated,
    has_a_sane_length,
    is_translated,
    uses_the_terms,
)


@pytest.mark.parametrize("check", CHECKS)
def test_every_text_passes(check: Check) -> None:
    problems = [f"{entry.texts.get(SOURCE)!r}: {problem}" for entry in GLOSSARY.entries for problem in check(entry)]
    assert problems == []


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (has_all_locales, Entry("test", {"en_US": "Page", "zh_Hans": "页码", "ja_JP": "ページ"})),
        (has_no_stray_blanks, entry("页码 ", "ページ", "Página", "Page")),
        (has_no_stray_blanks, entry("页码", "ページ", "", "Page")),
        (has_no_stray_blanks, entry("页码", "ページ", "Pá\u200bgina", "Page")),
        (is_in_its_script, entry("頁碼", "ページ", "Página", "Page")),
        (is_in_its_script, entry("ページ", "ページ", "Página", "Page")),
        (is_in_its_script, entry("页码", "页码", "Página", "Page")),
        (is_in_its_script, entry("页码", "Page", "Página", "Page")),
        (is_in_its_script, entry("页码", "ページ", "页码", "Page")),
        (
            keeps_what_is_verbatim,
            entry("将 `top_k` 设为 1", "top_p を 1 にする", "Defina top_p como 1", "Set top_p to 1"),
        ),
        (
            keeps_what_is_verbatim,
            entry("见 https://a.example/b", "見る", "Veja https://a.example/b", "https://a.example/b"),
        ),
        (keeps_what_is_verbatim, entry("最多 5 个", "最大 6 個", "Máximo de 5", "Up to 5")),
        (keeps_what_is_verbatim, entry("一 二", "一\n二", "Um\ndois", "One\ntwo")),
        (ends_as_the_english, entry("搜索。", "検索。", "Pesquisa", "The search.")),
        (ends_as_the_english, entry("搜索", "検索。", "Pesquisa", "The search")),
        (is_spaced_and_punctuated, entry("API密钥", "API キー", "Chave de API", "API key")),
        (is_spaced_and_punctuated, entry("API 密钥", "API キー （任意）", "Chave de API", "API key")),
        (is_spaced_and_punctuated, entry("API 密钥(可选)", "API キー", "Chave de API", "API key")),
        (has_a_sane_length, entry("模型名称", "モデル名", "Nome do modelo que o usuário escolheu usar", "Model Name")),
        (is_translated, entry("页码", "ページ", "Page", "Page")),
        (uses_the_terms, entry("API 令牌", "API キー", "Chave de API", "API key")),
        (uses_the_terms, entry("访问令牌", "アクセスキー", "Token de acesso", "Access Token")),
    ],
)
def test_a_wrong_text_is_noticed(check: Check, wrong: Entry) -> None:
    assert list(check(wrong)) != []


def test_there_are_enough_texts() -> None:
    assert len(GLOSSARY.entries) >= 300


def test_no_english_text_occurs_twice() -> None:
    keys = Counter(glossary.normalise(entry.texts[SOURCE]).casefold().rstrip(".") for entry in GLOSSARY.entries)
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_key_of_the_file_occurs_twice() -> None:
    """JSON would let the last one win, silently."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    json.loads(
        resources.files("bot.locale").joinpath("glossary.json").read_text(encoding="utf-8"), object_pairs_hook=unique
    )


def test_every_term_is_complete_and_used() -> None:
    assert [term for term in GLOSSARY.terms if set(term.forms) != set(LOCALES) or not all(term.forms.values())] == []
    english = "\n".join(entry.texts[SOURCE] for entry in GLOSSARY.entries).casefold()
    forms = [form.casefold() for term in GLOSSARY.terms for form in term.forms[SOURCE]]
    assert [form for form, count in Counter(forms).items() if count > 1] == []
    assert [term for term in GLOSSARY.terms if not any(f.casefold() in english for f in term.forms[SOURCE])] == []


@pytest.mark.parametrize(
    ("english", "locale", "translation"),
    [
        ("API Key", "ja_JP", "API キー"),
        ("API Key", "zh_Hans", "API 密钥"),
        ("API Key", "pt_BR", "Chave de API"),
        ("  api \t key ", "pt_BR", "Chave de API"),
        ("Whether to enable thinking mode", "ja_JP", "思考モードを有効にするかどうか"),
        ("Whether to enable thinking mode", "pt_BR", "Define se o modo de pensamento será ativado"),
        ("Image quality.", "zh_Hans", "图像质量。"),
        ("IMAGE QUALITY.", "pt_BR", "Qualidade da imagem."),
        ("Polish", "pt_BR", "Polonês"),
    ],
)
def test_a_text_is_found(english: str, locale: str, translation: str) -> None:
    assert GLOSSARY.lookup(english, locale) == translation


@pytest.mark.parametrize(
    ("english", "locale"),
    [
        ("API Key", "en_US"),
        ("API Key", "ko_KR"),
        ("", "ja_JP"),
        (".", "ja_JP"),
        ("API\nKey", "ja_JP"),
        ("API Key...", "ja_JP"),
        ("polish", "pt_BR"),
        ("true", "zh_Hans"),
        ("A text of one plugin alone", "zh_Hans"),
    ],
)
def test_a_text_is_not_found(english: str, locale: str) -> None:
    assert GLOSSARY.lookup(english, locale) is None


def test_an_abbreviation_keeps_its_period() -> None:
    book = glossary.parse(
        json.dumps(
            {
                "terms": [],
                "groups": [
                    {
                        "topic": "test",
                        "entries": [
                            {
                                "en_US": "Ids and so on.",
                                "zh_Hans": "ID 等。",
                                "ja_JP": "ID など。",
                                "pt_BR": "IDs etc.",
                            },
                            {
                                "en_US": "Keys and so on",
                                "zh_Hans": "密钥等",
                                "ja_JP": "キーなど",
                                "pt_BR": "Chaves etc.",
                            },
                        ],
                    }
                ],
            }
        )
    )
    assert book.lookup("Ids and so on", "pt_BR") == "IDs etc."
    assert book.lookup("Keys and so on.", "pt_BR") == "Chaves etc."
    assert book.lookup("Keys and so on.", "ja_JP") == "キーなど。"


@given(st.sampled_from(GLOSSARY.entries), st.sampled_from(TARGETS), st.sampled_from(["", " ", "\n", "\t \n"]))
def test_every_text_is_found_whatever_blanks_are_around_it(entry: Entry, locale: str, blanks: str) -> None:
    english = blanks + entry.texts[SOURCE].replace(" ", "  ") + blanks
    assert GLOSSARY.lookup(english, locale) == entry.texts[locale]


@given(st.sampled_from(GLOSSARY.entries), st.sampled_from(TARGETS))
def test_the_case_counts_only_where_it_is_marked(entry: Entry, locale: str) -> None:
    upper = entry.texts[SOURCE].upper()
    found = GLOSSARY.lookup(upper, locale)
    assert found == (entry.texts[locale] if upper == entry.texts[SOURCE] or not entry.match_case else None)


@given(st.sampled_from(GLOSSARY.entries), st.sampled_from(TARGETS))
def test_the_period_of_the_translation_follows_the_period_of_the_text(entry: Entry, locale: str) -> None:
    english = entry.texts[SOURCE]
    other = english[:-1] if english.endswith(".") else english + "."
    found = GLOSSARY.lookup(other, locale)
    assert found is not None
    assert found.endswith(("。", ".")) == other.endswith(".") or found.endswith("etc.")
    assert found.rstrip("。.") == entry.texts[locale].rstrip("。.")


@given(st.text(st.characters(), max_size=60), st.sampled_from([*LOCALES, "", "xx"]))
def test_any_text_may_be_asked_for(text: str, locale: str) -> None:
    found = GLOSSARY.lookup(text, locale)
    assert found is None or locale in TARGETS


def test_a_lone_surrogate_and_a_huge_text_are_merely_unknown() -> None:
    assert GLOSSARY.lookup("API \ud800 Key", "ja_JP") is None
    assert GLOSSARY.lookup("API Key " * 200_000, "ja_JP") is None


def test_the_glossary_is_read_once() -> None:
    assert glossary.load() is glossary.load()


@pytest.mark.parametrize("document", ["", "[", "{}", '{"groups": [{}], "terms": []}'])
def test_a_malformed_glossary_is_refused(document: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        glossary.parse(document)
