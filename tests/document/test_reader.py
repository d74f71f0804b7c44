"""YAML with positions: what is read, where it stands, and what is wrong with a text."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.document import MAX_YAML_BYTES, Document, ProblemCode, pointer_text, read_document, reader
from bot.document.reader import MAX_DEPTH, MAX_NODES, TOP
from bot.findings import Span


def read(text: str | bytes) -> Document:
    return read_document("file.yaml", text.encode() if isinstance(text, str) else text)


def place(span: Span) -> tuple[int, int, int, int]:
    return span.line, span.column, span.end_line, span.end_column


DOCUMENT = """\
name: weather
# a comment
label:
  en_US: 天气 in English
  "zh_Hans": '天气'
items:
  - first
  -   key: 1
      other: [a, b]
text: |
  one
  two

empty:
"""


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        (("name",), (1, 7, 1, 14)),
        (("label", "en_US"), (4, 10, 4, 23)),
        (("label", "zh_Hans"), (5, 14, 5, 18)),
        (("items", 0), (7, 5, 7, 10)),
        (("items", 1, "other"), (9, 14, 9, 20)),
        (("items", 1, "other", 1), (9, 18, 9, 19)),
        (("items",), (7, 3, 9, 20)),
        (("text",), (10, 7, 14, 1)),
    ],
)
def test_value_positions(pointer: tuple[str | int, ...], expected: tuple[int, int, int, int]) -> None:
    assert place(read(DOCUMENT).span(pointer)) == expected


def test_an_empty_value_is_where_its_key_is() -> None:
    assert place(read(DOCUMENT).span(("empty",))) == (14, 1, 14, 6)


def test_key_positions() -> None:
    document = read(DOCUMENT)
    assert place(document.span_of_key(("label", "zh_Hans"))) == (5, 3, 5, 12)
    assert place(document.span_of_key(("items", 1))) == (8, 7, 8, 10)


def test_a_missing_key_is_where_its_parent_is() -> None:
    document = read(DOCUMENT)
    assert place(document.span_of_parent(("label", "ja_JP"))) == (3, 1, 3, 6)
    assert place(document.span_of_parent(("items", 1, "lacking"))) == (8, 7, 8, 10)
    assert document.span_of_parent(("lacking",)) == TOP
    assert place(document.span_of_parent(("label", "lacking", "deeper"))) == (3, 1, 3, 6)


def test_columns_count_code_points_and_lines_count_line_feeds() -> None:
    # NEL and LS end a line for libyaml, but not for git and GitHub.
    document = read('a: "𝄞𝄞\x85\u2028" # x\nb: "𝄞"\r\nc: d\r\n')
    assert place(document.span(("b",))) == (2, 4, 2, 7)
    assert place(document.span(("c",))) == (3, 4, 3, 5)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    document = read(b"\xef\xbb\xbfname: x\n")
    assert document.bom
    assert document.data == {"name": "x"}
    assert place(document.span_of_key(("name",))) == (1, 1, 1, 5)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("a: b: c\n", ProblemCode.SYNTAX, (1, 5)),
        ("a:\n  - x\n b: 1\n", ProblemCode.SYNTAX, (3, 2)),
        ('ok: 1\na: "never closed\nb: 2\n', ProblemCode.SYNTAX, (2, 4)),
        ("a: *nowhere\n", ProblemCode.SYNTAX, (1, 4)),
        ("a:\n\tb: 1\n", ProblemCode.TAB, (2, 1)),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", ProblemCode.MERGE_CONFLICT, (2, 1)),
        ("a: 1\nb: \x00\n", ProblemCode.CONTROL_CHARACTER, (2, 4)),
        ("a: 1\n---\nb: 2\n", ProblemCode.SEVERAL_DOCUMENTS, (3, 1)),
        ("", ProblemCode.EMPTY, (1, 1)),
        ("# nothing but a comment\n", ProblemCode.EMPTY, (1, 1)),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", ProblemCode.DUPLICATE_KEY, (4, 3)),
        ("a: 1\n? {b: 1}\n: 2\n", ProblemCode.COMPLEX_KEY, (2, 3)),
        ("a: !new x\n", ProblemCode.UNKNOWN_TAG, (1, 4)),
        ("a: 2026-13-40\n", ProblemCode.BAD_SCALAR, (1, 4)),
        ("a: =\n", ProblemCode.BAD_SCALAR, (1, 4)),
        (f"a: {'9' * 5000}\n", ProblemCode.BAD_SCALAR, (1, 4)),
        (f"a: 0x{'F' * 500}\n", ProblemCode.BAD_SCALAR, (1, 4)),
        ("a: &x\n  - *x\n", ProblemCode.ALIAS_BOMB, (1, 4)),
    ],
)
def test_problems_and_their_places(text: str, code: ProblemCode, position: tuple[int, int]) -> None:
    problems = read(text).problems
    assert [problem.code for problem in problems] == [code]
    assert (problems[0].span.line, problems[0].span.column) == position
    assert problems[0].message


def test_bytes_that_are_no_utf8_are_found_where_they_stand() -> None:
    (problem,) = read("a: 1\nb: é".encode() + b"\xe9\n").problems
    assert problem.code is ProblemCode.NOT_UTF8
    assert (problem.span.line, problem.span.column) == (2, 5)
    assert read("a: 1".encode("utf-16")).problems[0].code is ProblemCode.NOT_UTF8


def test_an_alias_bomb_is_not_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    document = read("\n".join(lines) + "\n")
    assert [problem.code for problem in document.problems] == [ProblemCode.ALIAS_BOMB]
    assert document.data is None


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 200_000, "- " * 50_000, "? " * 50_000])
def test_absurd_nesting_is_not_followed(text: str) -> None:
    assert [problem.code for problem in read(text).problems] == [ProblemCode.TOO_DEEP]


def test_deep_indentation_is_not_followed() -> None:
    text = "".join(f"{' ' * depth}a:\n" for depth in range(MAX_DEPTH + 50))
    assert [problem.code for problem in read(text).problems] == [ProblemCode.TOO_DEEP]


def test_moderate_nesting_is_read() -> None:
    depth = MAX_DEPTH - 10
    assert read("[" * depth + "]" * depth).problems == ()


def test_a_huge_file_is_not_parsed() -> None:
    (problem,) = read(b"a: 1\n" * (MAX_YAML_BYTES // 5 + 1)).problems
    assert problem.code is ProblemCode.TOO_LARGE


@pytest.mark.parametrize("text", ["n:\n" * MAX_NODES, f"[{'a,' * MAX_NODES}]", f"[{'a: ,' * MAX_NODES}]"])
def test_a_file_of_absurdly_many_values_is_not_composed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_compose", None)
    (problem,) = read(text).problems
    assert problem.code is ProblemCode.TOO_MANY


def test_a_file_of_many_values_is_read() -> None:
    pairs = (MAX_NODES - 1) // 2
    assert len(read("".join(f"k{n}: 1\n" for n in range(pairs))).data) == pairs
    assert read("".join(f"k{n}: 1\n" for n in range(pairs + 1))).problems[0].span.line == pairs + 1


@given(st.lists(st.sampled_from(["a", "b: ", "- ", "? ", ": ", ":", ",", "[", "]", "{", "}", "\n", "\n  ", " ", '"'])))
def test_what_could_hold_many_values_is_told_by_its_separators(parts: list[str]) -> None:
    text = "".join(parts)
    try:
        nodes = sum(isinstance(event, yaml.NodeEvent) for event in yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return
    assert nodes <= 3 * sum(map(text.count, reader._SEPARATORS)) + 1


def test_merge_keys_and_aliases_are_read_as_the_sdk_reads_them() -> None:
    document = read("base: &base {a: 1, b: 2}\nuse:\n  <<: *base\n  b: 3\n")
    assert document.problems == ()
    assert document.data["use"] == {"b": 3, "a": 1}
    assert place(document.span(("use", "a"))) == (1, 17, 1, 18)
    assert place(document.span(("use", "b"))) == (4, 6, 4, 7)


def test_values_are_those_of_yaml_1_1() -> None:
    document = read("a: yes\nb: 012\nc: 1_000\nd: 3.10\ne: 2026-01-02\nf: ~\ng: 1e3\n")
    assert document.data == {
        "a": True,
        "b": 10,
        "c": 1000,
        "d": 3.1,
        "e": datetime.date(2026, 1, 2),
        "f": None,
        "g": "1e3",
    }


def test_anchors_name_list_items_so_that_they_survive_insertions() -> None:
    before = read("parameters:\n  - name: city\n    type: string\n")
    after = read("parameters:\n  - name: new\n  - name: city\n    type: string\n")
    assert before.anchor(("parameters", 0, "type")) == after.anchor(("parameters", 1, "type"))


def test_pointer_text_escapes_by_rfc_6901() -> None:
    assert pointer_text(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"


# --- properties --------------------------------------------------------------------------------------------------

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12),
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=6), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(DATA, st.booleans())
def test_data_is_what_pyyaml_loads(data: Any, flow: bool) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=flow)
    document = read(text)
    if document.root is not None:
        assert document.data == yaml.safe_load(text)


@given(DATA)
def test_every_value_is_found_where_its_text_stands(data: Any) -> None:
    document = read(yaml.safe_dump({"root": data}, allow_unicode=True))
    assert document.text is not None
    pending: list[tuple[tuple[str | int, ...], Any]] = [(("root",), data)]
    while pending:
        pointer, value = pending.pop()
        span = document.span(pointer)
        start = document.lines.index(span.line, span.column)
        end = document.lines.index(span.end_line, span.end_column)
        assert 0 <= start <= end <= len(document.text)
        if isinstance(value, dict):
            pending.extend(((*pointer, key), item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend(((*pointer, index), item) for index, item in enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            assert document.text[start:end] == str(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_explained(content: bytes) -> None:
    document = read(content)
    assert document.readable or document.problems


PIECES = (
    *("a", ":", " ", "\n", "- ", "? ", "[", "]", "{", "}", ",", "&x ", "*x", "!t ", "|", ">", "'", '"', "#", "<<: "),
    *("\t", "\r\n", "---\n", "...\n", "%YAML 1.1\n", "~", "0x1", "1:30", "2026-01-01", "é", "\u2028", "@", "`"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_yaml_like_text_is_read_or_explained_inside_the_file(pieces: list[str]) -> None:
    text = "".join(pieces)
    document = read(text)
    assert document.readable or document.problems
    last = text.count("\n") + 1
    for problem in document.problems:
        assert 1 <= problem.span.line <= problem.span.end_line <= last
        assert problem.span.column >= 1


def test_the_characters_that_yaml_allows() -> None:
    """As PyYAML has them, but for a byte order mark within the text."""
    every = [chr(number) for number in range(0x110000)]
    refused = {char for char in every if reader._FORBIDDEN.match(char)}
    assert refused == {char for char in every if yaml.reader.Reader.NON_PRINTABLE.match(char)} | {"\ufeff"}
