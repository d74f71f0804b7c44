"""Positions of the protocol and places of findings: the same character in both, in every encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position, PositionEncodingKind, Range

from bot.document.reader import Document
from bot.editor.text import Text
from bot.findings import Span

#: What counts differently in code points, UTF-8 and UTF-16, and what ends lines somewhere.
TEXTS = st.text(st.sampled_from("ab😀é\u2028\x85\x0b\r\n\ufeff\ud800"), max_size=30)
ENCODINGS = [PositionEncodingKind.Utf8, PositionEncodingKind.Utf16, PositionEncodingKind.Utf32]


@pytest.mark.parametrize(
    ("encoding", "character"),
    [(PositionEncodingKind.Utf8, 9), (PositionEncodingKind.Utf16, 7), (PositionEncodingKind.Utf32, 6)],
)
def test_characters_are_counted_in_the_units_of_the_encoding(encoding: PositionEncodingKind, character: int) -> None:
    text = Text("a: 1\nk: 😀 bad\n", encoding)
    found = text.range_of(Span(2, 6, 2, 9))
    assert found.start == Position(1, character - 1)
    assert found.end == Position(1, character + 2)
    assert text.offset_at(found.start) == 10


def test_only_what_ends_lines_in_the_protocol_does() -> None:
    text = Text("a\u2028b\x0bc\rd\r\ne\nf")
    assert [text.line(line) for line in range(text.lines)] == ["a\u2028b\x0bc", "d", "e", "f"]
    # In a finding, only LF ends a line: `d` is on its first.
    assert text.range_of(Span(1, 7, 1, 8)) == Range(Position(1, 0), Position(1, 1))


def test_a_byte_order_mark_is_no_character() -> None:
    assert Text("\ufeffkey: v").range_of(Span(1, 6, 1, 7)) == Range(Position(0, 5), Position(0, 6))


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(TEXTS, st.data())
def test_an_offset_comes_back_from_its_position(
    encoding: PositionEncodingKind, content: str, data: st.DataObject
) -> None:
    text = Text(content, encoding)
    offset = data.draw(st.integers(0, len(text.content)))
    inside_of_line_end = text.content[offset - 1 : offset + 1] == "\r\n" and offset > 0
    found = text.offset_at(text.position_at(offset))
    assert found == (offset - 1 if inside_of_line_end else offset)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(TEXTS, st.integers(0, 40), st.integers(0, 40))
def test_a_position_that_is_not_there_is_the_nearest(
    encoding: PositionEncodingKind, content: str, line: int, character: int
) -> None:
    text = Text(content, encoding)
    assert 0 <= text.offset_at(Position(line, character)) <= len(text.content)


@given(TEXTS, st.tuples(*[st.integers(-1, 9)] * 4))
def test_no_span_leaves_the_text(content: str, place: tuple[int, int, int, int]) -> None:
    found = Text(content).range_of(Span(*place))
    assert (found.start.line, found.start.character) <= (found.end.line, found.end.character)


@given(TEXTS.filter(lambda text: "\ud800" not in text))
def test_places_of_the_reader_are_found_again(content: str) -> None:
    document = Document("a.yaml", content.removeprefix("\ufeff"))
    text = Text(content.removeprefix("\ufeff"))
    for index in range(len(text.content)):
        span = document.lines.span(index, index)
        if text.content[index] != "\n":
            assert text.offset_at(text.range_of(span).start) in (index, index - 1)
