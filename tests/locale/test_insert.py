"""Translations put into files: the data and the new keys, and no other byte changed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.document import Document, read_document
from bot.document.edits import Positions, apply_edits
from bot.document.scalars import Reading, go_reading
from bot.findings import Edit
from bot.format.models.i18n import LOCALES
from bot.locale.insert import Site, double_quoted, find_site, locale_order, scalar

POINTER = ("label",)


def read(text: str) -> Document:
    document = read_document("x.yaml", text.encode())
    assert document.problems == ()
    return document


def filled(text: str, **additions: str) -> str | None:
    """The document with translations put into its label."""
    document = read(text)
    site = find_site(document, POINTER, locale_order([document.data["label"]]))
    edits = site.edits(additions) if site is not None else None
    return apply_edits(text, edits) if edits is not None else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("label:\n  en_US: City\nx: 1\n", "label:\n  en_US: City\n  ja_JP: 都市\nx: 1\n"),
        ("label:\n    en_US: City # c\n\nx: 1\n", "label:\n    en_US: City # c\n    ja_JP: 都市\n\nx: 1\n"),
        ("label:\r\n  en_US: City\r\n", "label:\r\n  en_US: City\r\n  ja_JP: 都市\r\n"),
        ("label:\n  en_US: City", "label:\n  en_US: City\n  ja_JP: 都市"),
        ("label:\r\n  en_US: City", "label:\r\n  en_US: City\r\n  ja_JP: 都市"),
        ("label:\n  en_US: 'City'\n", "label:\n  en_US: 'City'\n  ja_JP: '都市'\n"),
        ('label:\n  en_US: "City"\n', 'label:\n  en_US: "City"\n  ja_JP: "都市"\n'),
        ('label:\n  "en_US": City\n', 'label:\n  "en_US": City\n  "ja_JP": 都市\n'),
        ("label:\n  en_US: The\n    City\nx: 1\n", "label:\n  en_US: The\n    City\n  ja_JP: 都市\nx: 1\n"),
        (
            "label:\n  en_US: |\n    The\n    City\n\n# c\n",
            "label:\n  en_US: |\n    The\n    City\n  ja_JP: 都市\n\n# c\n",
        ),
        ("label:\n  en_US: >-\n    City\nx: 1\n", "label:\n  en_US: >-\n    City\n  ja_JP: 都市\nx: 1\n"),
        ("label:\n  en_US: City\n  ko_KR: x\n", "label:\n  en_US: City\n  ja_JP: 都市\n  ko_KR: x\n"),
        ("label:\n  # c\n  en_US: City\n", "label:\n  # c\n  en_US: City\n  ja_JP: 都市\n"),
        ("label: {en_US: City}\n", "label: {en_US: City, ja_JP: 都市}\n"),
        ("label: {en_US: City, }\n", "label: {en_US: City, ja_JP: 都市, }\n"),
        ('label: {"en_US":"City"}\n', 'label: {"en_US":"City", "ja_JP": "都市"}\n'),
        ("label: {\n  en_US: City\n}\n", "label: {\n  en_US: City, ja_JP: 都市\n}\n"),
        ("label:\n  en_US: City\n  ja_JP:\n", "label:\n  en_US: City\n  ja_JP: 都市\n"),
        ("label:\n  en_US: City\n  ja_JP: ~ # c\n", "label:\n  en_US: City\n  ja_JP: 都市 # c\n"),
        ("label:\n  en_US: 'City'\n  ja_JP: '  '\n", "label:\n  en_US: 'City'\n  ja_JP: '都市'\n"),
        ("label: {en_US: City, ja_JP: ''}\n", "label: {en_US: City, ja_JP: 都市}\n"),
    ],
)
def test_the_file_stays_as_it_was(before: str, after: str) -> None:
    assert filled(before, ja_JP="都市") == after


def test_several_locales_follow_the_order_of_the_file() -> None:
    document = "label:\n  en_US: City\n  ja_JP: 都市\n"
    assert filled(document, pt_BR="Cidade", zh_Hans="城市") == (
        "label:\n  en_US: City\n  ja_JP: 都市\n  zh_Hans: 城市\n  pt_BR: Cidade\n"
    )
    site = find_site(read(document), POINTER, ("zh_Hans", "en_US", "pt_BR", "ja_JP"))
    assert site is not None
    edits = site.edits({"pt_BR": "Cidade", "zh_Hans": "城市"})
    assert edits is not None
    assert apply_edits(document, edits) == "label:\n  zh_Hans: 城市\n  en_US: City\n  pt_BR: Cidade\n  ja_JP: 都市\n"


def test_the_top_of_a_mapping_in_brackets() -> None:
    assert filled("label: {zh_Hans: 城市}\n", en_US="City") == "label: {zh_Hans: 城市, en_US: City}\n"
    site = find_site(read("label: {zh_Hans: 城市}\n"), POINTER, LOCALES)
    edits = site.edits({"en_US": "City"}) if site is not None else None
    assert edits is not None
    assert apply_edits("label: {zh_Hans: 城市}\n", edits) == "label: {en_US: City, zh_Hans: 城市}\n"


@pytest.mark.parametrize(
    "document",
    [
        "label: &a\n  en_US: x\ncopy: *a\n",
        "copy: &a\n  en_US: x\nlabel: *a\n",
        "base: &b {en_US: x}\nlabel:\n  <<: *b\n",
        "base: &b {en_US: x}\nlabel:\n  <<: *b\n  zh_Hans: y\n",
        "text: &t x\nlabel:\n  en_US: *t\n",
        "label:\n  en_US: &t x\ncopy: *t\n",
        "label: !!map\n  en_US: x\n",
        "label:\n  en_US: !!str x\n",
        "label:\n  en_US: |+\n    x\n\nother: 1\n",
        "label:\n  ? en_US\n  : x\n",
        "label: {en_US, zh_Hans: x}\n",
        "label:\n  en_US: {text: x}\n",
        "label: {}\n",
        "label: [en_US]\n",
        "label: x\n",
        "other: 1\n",
    ],
)
def test_where_there_is_doubt_nothing_is_offered(document: str) -> None:
    site = find_site(read(document), POINTER)
    assert site is None or site.edits({"ja_JP": "都市"}) is None


def test_a_parent_shared_by_an_alias_is_left_alone() -> None:
    document = read("base: &b\n  label:\n    en_US: x\nmore:\n  <<: *b\nsame: *b\n")
    for pointer in (("base", "label"), ("more", "label"), ("same", "label")):
        assert document.get(*pointer) == {"en_US": "x"}
        assert find_site(document, pointer) is None


def test_duplicate_keys_are_left_alone() -> None:
    document = read_document("x.yaml", b"label:\n  en_US: x\n  en_US: y\n")
    assert find_site(document, POINTER) is None


def test_odd_line_breaks_are_left_alone() -> None:
    document = read_document("x.yaml", "label:\n  en_US: x\u2028  zh_Hans: y\n".encode())
    assert find_site(document, POINTER) is None


def test_a_locale_that_has_a_text_is_not_overwritten() -> None:
    site = find_site(read("label:\n  en_US: x\n"), POINTER)
    assert site is not None
    assert site.edits({"en_US": "y"}) is None


def test_a_huge_mapping_is_left_alone() -> None:
    assert find_site(read(f"label:\n  en_US: {'x' * 30_000}\n"), POINTER) is None


def test_edits_of_two_fixes_can_be_made_together() -> None:
    document = "label:\n  en_US: City\nx: 1\n"
    site = find_site(read(document), POINTER)
    assert site is not None
    safe = site.edits({"ja_JP": "都市"})
    unsafe = site.edits({"pt_BR": "Cidade"}, {"ja_JP": "都市"})
    assert safe is not None
    assert unsafe is not None
    both = apply_edits(document, (*safe, *unsafe))
    assert both == "label:\n  en_US: City\n  ja_JP: 都市\n  pt_BR: Cidade\nx: 1\n"
    assert apply_edits(document, unsafe) == "label:\n  en_US: City\n  pt_BR: Cidade\nx: 1\n"


def test_in_brackets_there_is_room_for_one_fix() -> None:
    site = find_site(read("label: {en_US: City}\n"), POINTER)
    assert site is not None
    assert site.edits({"pt_BR": "Cidade"}, {"ja_JP": "都市"}) is None


@pytest.mark.parametrize(
    ("mappings", "order"),
    [
        ([], ("en_US", "zh_Hans", "pt_BR", "ja_JP")),
        ([{"en_US": 1}], ("en_US", "zh_Hans", "pt_BR", "ja_JP")),
        ([{"en_US": 1}, {"ja_JP": 1, "en_US": 1}], ("ja_JP", "en_US", "zh_Hans", "pt_BR")),
        (
            [{"zh_Hans": 1, "en_US": 1}, {"en_US": 1, "zh_Hans": 1}, {"en_US": 1, "ko": 1, "zh_Hans": 1}],
            ("en_US", "zh_Hans", "pt_BR", "ja_JP"),
        ),
    ],
)
def test_the_order_is_that_of_the_fullest_mappings(mappings: list[dict[str, int]], order: tuple[str, ...]) -> None:
    assert locale_order(mappings) == order


def test_locales_that_a_file_has_not_follow_the_order_of_others() -> None:
    assert locale_order([{"pt_BR": 1}], ("en_US", "ja_JP", "pt_BR", "zh_Hans")) == (
        "pt_BR", "en_US", "ja_JP", "zh_Hans"
    )  # fmt: skip


# --- scalars ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", " x", "x ", "- x", "? x", "x: y", "x #y", "x:", "#x", "&x", "*x", "!x", "|", ">", "%x", "@x", "`x", "'x", '"x',
     "[x", "{x", "yes", "No", "on", "null", "~", "true", "1", "1.5", "0x1f", "0o17", "1_000", "1e6", ".5",
     "2026-01-01", "12:30:45", "=", "<<", "---", "... x", "a\nb", "a\tb", "\u200bx", "\x07", "\x85", "\ufeff"],
)  # fmt: skip
def test_what_readers_would_take_for_something_else_is_quoted(text: str) -> None:
    written = scalar(text)
    assert written.startswith('"')
    assert yaml.safe_load(f"k: {written}") == {"k": text}


@pytest.mark.parametrize(
    "text", ["x", "a b", "都市", "「都市」", "a:b", "x#y", "don't", "100%", "São Paulo", "a, b [c]"]
)
def test_plain_text_stays_plain(text: str) -> None:
    assert scalar(text) == text


@given(st.text(max_size=30), st.sampled_from([None, "'", '"']), st.booleans())
def test_both_readers_read_what_was_meant(text: str, style: str | None, flow: bool) -> None:
    written = scalar(text, style, flow=flow)
    document = f"k: {{a: {written}, b: c}}\n" if flow else f"k:\n  a: {written}\n  b: c\n"
    surrogates = any("\ud800" <= character <= "\udfff" for character in text)
    node = read_document("x.yaml", document.encode())
    if surrogates:  # No YAML can say them.
        assert not node.readable
        return
    assert node.get("k") == {"a": text, "b": "c"}
    value = node.node(("k", "a"))
    assert isinstance(value, yaml.ScalarNode)
    assert go_reading(value) is Reading.TEXT
    assert "\n" not in written


def test_the_unseen_is_written_as_an_escape() -> None:
    assert double_quoted('a\\b"c\u202ed\x07\U000e0001') == '"a\\\\b\\"c\\u202ed\\x07\\U000e0001"'


# --- any file ---------------------------------------------------------------------------------------------------

WORDS = st.text(st.sampled_from("ab 都市é:#'\"-,{}[]&*!|>%@\\"), max_size=12)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, str | None]]:
    """A document with a label in some style, and what the label holds."""
    keys = draw(st.lists(st.sampled_from(["en_US", "zh_Hans", "pt_BR", "ko_KR"]), min_size=1, unique=True))
    values: dict[str, str | None] = {key: draw(WORDS | st.none()) for key in keys}
    end = draw(st.sampled_from(["\n", "\r\n"]))
    styles = st.sampled_from([None, "'", '"', "|", ">"])
    comment = draw(st.sampled_from(["", " # a comment"]))
    if draw(st.booleans()):
        inner = ", ".join(f"{key}: {_written(value, draw(styles), flow=True)}" for key, value in values.items())
        label = f"label: {{{inner}}}{comment}"
    else:
        indent = " " * draw(st.integers(1, 6))
        lines = []
        for key, value in values.items():
            lines += draw(st.sampled_from([[], [""], [f"{indent}# c"]]))
            lines.append(f"{indent}{key}: {_written(value, draw(styles), flow=False, indent=indent)}")
        label = f"label:{comment}\n" + "\n".join(lines)
    last = draw(st.sampled_from(["", "\n", "\n\n# the end\n", "\nother: 1\n"]))
    return f"first: 1\n{label}{last}".replace("\n", end), values


def _written(value: str | None, style: str | None, *, flow: bool, indent: str = "") -> str:
    if value is None:
        return "null" if flow else ""
    if style in ("|", ">") and not flow and value.strip() and value == value.strip():
        return f"{style}-\n{indent}  {value}"
    return scalar(value, style if style in ("'", '"') else None, flow=flow)


@given(documents(), st.dictionaries(st.sampled_from(LOCALES), WORDS.filter(str.strip), min_size=1, max_size=3))
def test_any_file_keeps_its_data_and_its_bytes(
    made: tuple[str, Mapping[str, str | None]], more: dict[str, str]
) -> None:
    text, values = made
    document = read_document("x.yaml", text.encode())
    assert document.get("label") == values
    site = find_site(document, POINTER, locale_order([values]))
    additions = {key: added for key, added in more.items() if not (values.get(key) or "").strip()}
    edits = site.edits(additions) if site is not None and additions else None
    if edits is None:
        return
    after = apply_edits(text, edits)
    again = read_document("x.yaml", after.encode())
    assert again.problems == ()
    assert again.data == {**document.data, "label": {**values, **additions}}
    assert _outside(after, edits, text)
    kept = [key for key in again.data["label"] if key in values]
    assert kept == list(values)
    assert ("\r\n" in text) == ("\r\n" in after) or "\n" not in text


def _outside(after: str, edits: tuple[Edit, ...], before: str) -> bool:
    """Whether `after` is `before` but for what the edits replace."""
    positions = Positions(before)
    done = at = 0
    for edit in sorted(edits, key=lambda edit: positions.offsets(edit.span)):
        start, end = positions.offsets(edit.span)
        expected = before[done:start] + edit.text
        if after[at : at + len(expected)] != expected:
            return False
        done, at = end, at + len(expected)
    return before[done:] == after[at:]


@given(st.text(st.sampled_from("label: {}[]&*!<|>'\"\n  en_USzhHans-?#,"), max_size=80))
def test_no_document_crashes_it(text: str) -> None:
    document = read_document("x.yaml", f"label:\n  {text}".encode())
    site: Site | None = find_site(document, POINTER)
    if site is not None:
        edits = site.edits({"ja_JP": "都市"})
        assert (
            edits is None
            or read_document("x.yaml", apply_edits(document.text or "", edits).encode()).get("label", "ja_JP") == "都市"
        )
