"""Edits change just what they name, whatever the text around them."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Struct

from bot.document.edits import BadEdit, Replacement, apply_edits, as_lines
from bot.findings import Edit, Span

PATH = "manifest.yaml"

snippets = st.text(st.sampled_from("ab: \t\r\n\u2028\x85é漢🚀\u0301"), max_size=6)


def edit(line: int, column: int, end_line: int, end_column: int, text: str) -> Edit:
    return Edit(PATH, Span(line, column, end_line, end_column), text)


def position(before: str) -> tuple[int, int]:
    """The line and column after a text, counted by hand: only LF ends a line, a byte order mark is not a column."""
    last = before.rpartition("\n")[2]
    return before.count("\n") + 1, len(last.removeprefix("\ufeff") if "\n" not in before else last) + 1


class Case(Struct):
    text: str
    edits: list[Edit]
    expected: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A text, edits of it in any order, and what they make of it, built from pieces side by side."""
    text = expected = draw(st.sampled_from(["", "\ufeff"]))
    edits: list[Edit] = []
    for kept, old, new in draw(st.lists(st.tuples(snippets, snippets, snippets), max_size=5)):
        # Two insertions at one place have no order, so something is kept before each.
        text += kept or "x"
        expected += kept or "x"
        start = position(text)
        text += old
        edits.append(edit(*start, *position(text), new))
        expected += new
    tail = draw(snippets)
    random.Random(len(text)).shuffle(edits)
    return Case(text + tail, edits, expected + tail)


@given(cases())
def test_edits_change_just_what_they_name(case: Case) -> None:
    assert apply_edits(case.text, case.edits) == case.expected


@given(cases(), st.integers(1, 8), st.integers(0, 3))
def test_whole_lines_in_place_of_lines_do_the_same(case: Case, first: int, more: int) -> None:
    replacement = as_lines(case.text, case.edits, first, first + more)
    if replacement is None:
        assert case.expected == case.text or not case.text.strip("\ufeff")
        return
    lines = case.text.split("\n")
    ended = [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    # The byte order mark belongs to no line, as no comment shows it.
    mark = "\ufeff" if case.text.startswith("\ufeff") else ""
    before, after = ended[: replacement.start - 1], ended[replacement.line :]
    if replacement.start == 1:
        before = [mark]
    assert "".join(before) + replacement.text + "".join(after) == case.expected
    assert 1 <= replacement.start <= replacement.line <= len(ended)
    assert after == [] or replacement.text.endswith("\n") or replacement.text == ""


@pytest.mark.parametrize(
    ("text", "change", "replacement"),
    [
        pytest.param("a\nb\nc\n", edit(2, 1, 2, 2, "B"), Replacement(2, 2, "B\n"), id="one line"),
        pytest.param("a\r\nb\r\n", edit(2, 1, 2, 2, "B"), Replacement(2, 2, "B\r\n"), id="CR LF kept"),
        pytest.param("\ufeffa\nb\n", edit(1, 1, 1, 2, "A"), Replacement(1, 1, "A\n"), id="byte order mark"),
        pytest.param("a\nb", edit(2, 1, 2, 2, "B"), Replacement(2, 2, "B"), id="no line break at the end"),
        pytest.param("a\nb\nc\n", edit(2, 1, 3, 1, ""), Replacement(2, 2, ""), id="a line deleted"),
        pytest.param("a\nb\n", edit(2, 1, 2, 2, ""), Replacement(2, 2, "\n"), id="a line emptied"),
        pytest.param("a\nb\nc\n", edit(1, 2, 2, 1, " "), Replacement(1, 2, "a b\n"), id="two lines joined"),
        pytest.param("a\nb\nc\n", edit(2, 1, 2, 1, "x\n"), Replacement(2, 2, "x\nb\n"), id="a line put in"),
        pytest.param("a\n", edit(2, 1, 2, 1, "b\n"), Replacement(1, 1, "a\nb\n"), id="a line added at the end"),
        pytest.param("a\nb", edit(1, 2, 2, 2, ""), Replacement(1, 2, "a"), id="the last line deleted"),
    ],
)
def test_as_lines(text: str, change: Edit, replacement: Replacement) -> None:
    line = change.span.line
    assert as_lines(text, [change], line, line) == replacement


def test_lines_around_the_edits_are_included() -> None:
    assert as_lines("a\nb\nc\nd\n", [edit(3, 1, 3, 2, "C")], 1, 1) == Replacement(1, 3, "a\nb\nC\n")


def test_what_changes_nothing_is_no_replacement() -> None:
    assert as_lines("a\n", [edit(1, 1, 1, 2, "a")], 1, 1) is None
    assert as_lines("", [edit(1, 1, 1, 1, "a")], 1, 1) is None


def test_the_same_edit_twice_counts_once() -> None:
    assert apply_edits("a b", [edit(1, 1, 1, 2, "x"), edit(1, 1, 1, 2, "x")]) == "x b"


def test_edits_may_touch() -> None:
    assert apply_edits("ab", [edit(1, 2, 1, 3, "y"), edit(1, 1, 1, 2, "x"), edit(1, 2, 1, 2, "-")]) == "x-y"


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([edit(1, 1, 1, 3, "x"), edit(1, 2, 1, 4, "y")], id="overlap"),
        pytest.param([edit(1, 1, 1, 4, "x"), edit(1, 2, 1, 2, "y")], id="inside"),
        pytest.param([edit(1, 1, 1, 2, "x"), edit(1, 1, 1, 2, "y")], id="same place"),
        pytest.param([edit(1, 2, 1, 2, "x"), edit(1, 2, 1, 2, "y")], id="two insertions"),
        pytest.param([edit(1, 1, 1, 6, "x")], id="past the end of a line"),
        pytest.param([edit(3, 1, 3, 1, "x")], id="past the last line"),
        pytest.param([edit(0, 1, 1, 1, "x")], id="line 0"),
        pytest.param([edit(1, 0, 1, 1, "x")], id="column 0"),
        pytest.param([edit(1, 3, 1, 2, "x")], id="backwards"),
    ],
)
def test_bad_edits_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(BadEdit):
        apply_edits("abcd\n", edits)


@given(snippets, st.integers(-1, 4), st.integers(-1, 9), st.integers(-1, 4), st.integers(-1, 9))
@example("", 1, 1, 1, 1)
@example("a\n", 2, 1, 2, 1)
def test_a_span_is_in_the_text_or_refused(text: str, line: int, column: int, end_line: int, end_column: int) -> None:
    ends = [position(text[:index]) for index in range(len(text) + 1)]
    change = edit(line, column, end_line, end_column, "<>")
    if (line, column) in ends and (end_line, end_column) in ends and (line, column) <= (end_line, end_column):
        start, end = ends.index((line, column)), ends.index((end_line, end_column))
        assert apply_edits(text, [change]) == f"{text[:start]}<>{text[end:]}"
    else:
        with pytest.raises(BadEdit):
            apply_edits(text, [change])
