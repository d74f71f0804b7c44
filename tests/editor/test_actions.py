"""Changes that an editor makes: the same text comes out as `fix` writes."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position, Range, TextEdit

from bot.editor import actions
from bot.editor.actions import edits_between, edits_of, overlap
from bot.editor.text import Text
from bot.findings import Edit, Span

TEXTS = st.text(st.sampled_from("ab😀\u2028\r\n"), max_size=40)


def made(text: Text, edits: Sequence[TextEdit]) -> str:
    """The text as an editor makes it: all positions are those of before."""
    content = text.content
    for edit in sorted(edits, key=lambda item: (item.range.start.line, item.range.start.character), reverse=True):
        start, end = text.offset_at(edit.range.start), text.offset_at(edit.range.end)
        content = content[:start] + edit.new_text + content[end:]
    return content


@given(TEXTS.filter(lambda text: "\r" not in text.replace("\r\n", "")), TEXTS)
def test_edits_make_one_text_of_another(before: str, after: str) -> None:
    text = Text(before)
    assert made(text, edits_between(text, after)) == after


def test_long_texts_are_compared_at_their_ends(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(actions, "_MAX_COMPARED", 2)
    text = Text("a\nb\nc\nd\n")
    (edit,) = edits_between(text, "a\nx\ny\nc\nd\n")
    assert edit == TextEdit(Range(Position(1, 0), Position(2, 0)), "x\ny\n")
    assert edits_between(text, text.content) == []


def test_an_edit_of_a_fix_counts_as_the_editor_does() -> None:
    text = Text("k: 😀 bad\n")
    found = edits_of([Edit("a.yaml", Span(1, 6, 1, 9), "good")], {"a.yaml": text}, ["a.yaml"])
    assert found == {"a.yaml": [TextEdit(Range(Position(0, 6), Position(0, 9)), "good")]}


def test_an_edit_that_does_not_fit_its_file_is_not_offered() -> None:
    assert edits_of([Edit("a.yaml", Span(9, 1, 9, 1), "x")], {"a.yaml": Text("a")}, ["a.yaml"]) is None
    assert edits_of([Edit("b.yaml", Span(1, 1, 1, 1), "x")], {"a.yaml": Text("a")}, ["a.yaml", "b.yaml"]) is None


def test_ranges_overlap_at_their_ends_too() -> None:
    one = Range(Position(1, 2), Position(1, 5))
    assert overlap(one, Range(Position(1, 5), Position(1, 5)))
    assert overlap(one, Range(Position(0, 0), Position(3, 0)))
    assert not overlap(one, Range(Position(1, 6), Position(2, 0)))
