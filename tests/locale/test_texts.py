"""Which texts a document has, and what each locale has of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.document import read_document
from bot.format.judge.fields import EACH, Pattern, find
from bot.format.kinds import MODELS
from bot.format.models.base import Localized
from bot.format.models.i18n import LOCALES
from bot.format.traits import DocumentKind
from bot.locale.texts import LocalizedText, collect


def texts(document: str, kind: DocumentKind = DocumentKind.TOOL) -> list[LocalizedText]:
    return list(collect([(read_document("x.yaml", document.encode()), kind)]))


def label(document: str) -> LocalizedText:
    (text,) = texts(f"identity:\n  label:\n{document}")
    return text


@pytest.mark.parametrize(
    ("kind", "document", "pointers"),
    [
        (
            DocumentKind.TOOL,
            (
                "identity: {label: {en_US: a}}\ndescription: {human: {en_US: b}, llm: c}\nparameters:\n- name: p\n"
                "  label: {en_US: d}\n  human_description: {en_US: e}\n  options: [{value: v, label: {en_US: f}}]\n"
            ),
            [
                ("identity", "label"),
                ("description", "human"),
                ("parameters", 0, "label"),
                ("parameters", 0, "human_description"),
                ("parameters", 0, "options", 0, "label"),
            ],
        ),
        (
            DocumentKind.TOOL_PROVIDER,
            (
                "identity: {label: {en_US: a}, description: {en_US: b}}\n"
                "credentials_for_provider: {key: {label: {en_US: c}, help: {en_US: d}, placeholder: {en_US: e}}}\n"
            ),
            [
                ("identity", "description"),
                ("identity", "label"),
                ("credentials_for_provider", "key", "label"),
                ("credentials_for_provider", "key", "help"),
                ("credentials_for_provider", "key", "placeholder"),
            ],
        ),
        (
            DocumentKind.MODEL_PROVIDER,
            "label: {en_US: a}\nhelp: {title: {en_US: b}, url: {en_US: c}}\nicon_small: {en_US: d.svg}\n",
            [("label",), ("help", "title"), ("help", "url")],
        ),
        (DocumentKind.MANIFEST, "label: {en_US: a}\ndescription: {en_US: b}\n", [("label",), ("description",)]),
        (DocumentKind.BUNDLE, "labels: {en_US: a}\n", [("labels",)]),
        (DocumentKind.MODEL, "label: {en_US: a}\nnote: {en_US: b}\n", [("label",)]),
    ],
)
def test_texts_are_where_the_models_say(
    kind: DocumentKind, document: str, pointers: list[tuple[str | int, ...]]
) -> None:
    assert [text.pointer for text in texts(document, kind)] == pointers


PLACES = [(kind, pattern) for kind, model in MODELS.items() for pattern, _, _ in find(model, Localized)]


@pytest.mark.parametrize(("kind", "pattern"), PLACES, ids=lambda value: "/".join(map(str, value)))
def test_every_localized_field_of_every_kind_of_document_is_found(kind: DocumentKind, pattern: Pattern) -> None:
    value: object = {"en_US": "a", "ja_JP": "b"}
    for part in reversed(pattern):
        value = [value] if part is EACH else {part: value}
    (text,) = texts(json.dumps(value), kind)
    assert text.pointer == tuple(0 if part is EACH else part for part in pattern)
    assert text.texts == {"en_US": "a", "ja_JP": "b"}


def test_the_kinds_of_documents_with_texts() -> None:
    without = {DocumentKind.MODEL_POSITION, DocumentKind.ENDPOINT}
    assert {kind for kind, _ in PLACES} == set(MODELS) - without
    assert len(PLACES) > 80


@pytest.mark.parametrize("label", ["[en_US, a]", "text", "5", "null", "''", "2026-01-01", "!!binary aGk="])
def test_what_is_no_mapping_is_no_text(label: str) -> None:
    assert texts(f"identity:\n  label: {label}\n") == []


def test_a_shared_mapping_counts_once() -> None:
    found = texts("identity: {label: &a {en_US: x}}\ndescription: {human: *a}\n")
    assert [text.pointer for text in found] == [("identity", "label")]


def test_values_from_a_merge_key_count() -> None:
    (text,) = texts("base: &b {en_US: x, zh_Hans: y}\nidentity:\n  label:\n    <<: *b\n    zh_Hans: z\n")
    assert text.texts == {"en_US": "x", "zh_Hans": "z"}


def test_what_a_locale_has() -> None:
    text = label("    en_US: a\n    zh_Hans: ''\n    ja_JP:\n    ko_KR: b\n")
    assert (text.english, text.texts, text.blank) == ("a", {"en_US": "a"}, ("zh_Hans", "ja_JP"))
    assert [locale for locale in LOCALES if text.lacks(locale)] == ["zh_Hans", "pt_BR", "ja_JP"]


def test_a_value_that_is_no_text_is_neither_text_nor_lacking() -> None:
    text = label("    en_US: 5\n    zh_Hans: [a]\n    ja_JP: yes\n")
    assert (text.english, text.texts, text.blank) == (None, {}, ())
    assert not text.lacks("zh_Hans")


@pytest.mark.parametrize(
    ("document", "locale", "misplaced"),
    [
        ("identity:\n  label:\n    en_US: a\n    ja_Jp: b\n", "ja_JP", True),
        ("identity:\n  label:\n    en_US: a\n    zh-Hans: b\n", "zh_Hans", True),
        ("identity:\n  label:\n    en_US: a\n    zh_Hant: b\n", "zh_Hans", False),
        ("identity:\n  label:\n    en_US: a\n  ja_JP: b\n", "ja_JP", True),
        ("identity:\n  label:\n    en_US: a\n    text: {ja_JP: b}\n", "ja_JP", True),
        ("identity:\n  label:\n    en_US: a\n    5: b\n", "ja_JP", False),
    ],
)
def test_a_translation_that_nobody_reads_is_found_nearby(document: str, locale: str, misplaced: bool) -> None:
    (text,) = texts(document)
    assert text.is_misplaced(locale) is misplaced


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*LOCALES, "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_value_may_stand_where_a_text_should(value: object) -> None:
    import yaml

    document = yaml.safe_dump({"identity": {"label": value}, "parameters": [{"label": value}, value]})
    for text in texts(document):
        assert set(text.texts) | set(text.blank) <= set(text.values)
        assert all(there.strip() for there in text.texts.values())
