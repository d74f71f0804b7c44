"""Tabs, held to the scanner of PyYAML that the SDK reads with."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bot.document import ProblemCode, read_document
from bot.document.tabs import tabs_between

PIECES = [
    "a: b", "c: 'd e'", 'f: "g h"', "i: |", "  j k", "l: >-", "# m n", "o: [p, {q: r}]", "s: &t !!str u", "v: *t",
    "- w", "? x", ": y", "z: 'a", "  b'", "", "c#d: e#f", "---",
]  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6)


def reads(text: str) -> bool:
    """Whether the SDK would."""
    try:
        yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return False
    return True


@example(["a: b"], {4: "\t"})
@example(["i: |", "  j k"], {4: "\t", 8: "\t"})
@example(["c#d: e#f"], {7: "\t"})
@given(LINES, st.dictionaries(st.integers(0, 60), st.sampled_from(["\t", " \t", "\t\t"]), min_size=1, max_size=3))
def test_a_tab_is_reported_just_where_the_sdk_cannot_read_it(lines: list[str], tabs: dict[int, str]) -> None:
    text = "\n".join(lines) + "\n"
    for place, tab in sorted(tabs.items(), reverse=True):
        text = text[:place] + tab + text[place:]
    document = read_document("a.yaml", text.encode())
    several = any(problem.code is ProblemCode.SEVERAL_DOCUMENTS for problem in document.problems)
    if document.root is not None and not several:
        assert bool(tabs_between(document)) is not reads(text)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: b\t\n", ["\t"]),
        ("a:\t\tb\t# c\td\n", ["\t\t", "\t"]),
        ("a: b\tc\n", ["\t"]),
        ("a: |\t# b\n  c\td\n", ["\t"]),
        ("a: 'b\tc' #\td\ne: |\n  f\tg\n", []),
        ("a: b\n", []),
        ("a:\n\tb: c\n", []),  # Nobody can read it.
    ],
)
def test_where_tabs_stand(text: str, places: list[str]) -> None:
    document = read_document("a.yaml", text.encode())
    assert [document.text_in(span) for span in tabs_between(document)] == places
