"""What proves right is kept, and what does not is named."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fixes.proof import Overlay, Trial, settle
from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import review
from bot.source import Unreadable
from bot.source.memory import MemoryTree
from tests.support.fixing import plugin_with


def test_an_overlay_is_the_tree_with_other_contents() -> None:
    tree = Overlay(MemoryTree({"a": "one", "b": "two"}), {"a": b"longer"})
    assert (tree.read("a"), tree.read("b")) == (b"longer", b"two")
    assert {path: entry.size for path, entry in tree.entries().items()} == {"a": 6, "b": 3}
    with pytest.raises(Unreadable):
        tree.read("c")
    moved = Overlay(tree, {"a": None, "B": b"longer", "none": None})
    assert list(moved.entries()) == ["B", "b"]
    assert moved.read("B") == b"longer"
    with pytest.raises(Unreadable, match="does not exist"):
        moved.read("a")


def trial(before: dict[str, bytes], options: Options | None = None) -> Trial:
    tree = MemoryTree(before)
    (root,) = find_roots(tree)
    return Trial(tree, root, options or Options())


BROKEN = plugin_with(icon=b"_assets/icon.svg")
TREE = MemoryTree(BROKEN)
FINDINGS = [item for item in review(TREE, find_roots(TREE), Options()).findings if item.rule == "asset/prefix"]


def test_a_change_that_takes_the_finding_away_is_right() -> None:
    assert len(FINDINGS) == 1
    mended = {"manifest.yaml": plugin_with(icon=b"icon.svg")["manifest.yaml"]}
    assert trial(BROKEN).objection(mended, FINDINGS) is None


def test_a_change_that_leaves_the_finding_is_refused() -> None:
    same = {"manifest.yaml": BROKEN["manifest.yaml"] + b"# a comment\n"}
    assert trial(BROKEN).objection(same, FINDINGS) == "the finding would still be there"


@pytest.mark.parametrize("options", [Options(), Options(select=("asset/prefix",)), Options(ignore=("reference",))])
def test_a_change_that_breaks_something_is_refused_also_where_the_options_hide_it(options: Options) -> None:
    worse = {"manifest.yaml": plugin_with(icon=b"icon.svg")["manifest.yaml"].replace(b"type: plugin", b"type: plugln")}
    objection = trial(BROKEN, options).objection(worse, FINDINGS)
    assert objection is not None
    assert objection.startswith("it would bring an error of schema/")


@given(st.sets(st.integers(0, 20)), st.integers(0, 21))
def test_those_that_are_right_are_kept_and_each_other_is_refused(wrong: set[int], count: int) -> None:
    refused: dict[int, str] = {}

    def objection(some: Sequence[int]) -> str | None:
        bad = sorted(wrong & set(some))
        return f"{bad[0]} is wrong" if bad else None

    kept = settle(range(count), objection, refused.__setitem__)
    assert kept == [number for number in range(count) if number not in wrong]
    assert refused == {number: f"{number} is wrong" for number in range(count) if number in wrong}


def test_what_only_breaks_together_is_refused_once() -> None:
    refused: list[int] = []
    kept = settle(
        [1, 2, 3],
        lambda some: "they overlap" if {1, 3} <= set(some) else None,
        lambda candidate, reason: refused.append(candidate),
    )
    assert (kept, refused) == ([1, 2], [3])
