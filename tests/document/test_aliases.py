"""Where aliases and merge keys stand."""

from __future__ import annotations

from bot.document import read_document
from bot.document.aliases import aliases


def test_where_aliases_stand() -> None:
    text = "a: &x 1\nb: [*x, {c: *x}]\n? [*x]\n: *x\n'<<': 1\nd:\n  <<: {e: *x}\n---\ng: &y 1\nh: *y\n"
    document = read_document("a.yaml", text.encode())
    assert {place: document.text_in(span) for place, span in aliases(document).items()} == {
        ("b", 0): "*x",
        ("b", 1, "c"): "*x",
        ("",): "*x",
        ("d", "<<", "e"): "*x",
        ("d", "<<"): "<<",
    }


def test_a_text_without_any_has_none() -> None:
    for text in ("a: b\n", "a: '*b'\n", "a: models/*.yaml\n", "'<<': 1\n", "", "a: *b\n"):
        assert aliases(read_document("a.yaml", text.encode())) == {}
