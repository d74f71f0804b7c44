"""Fixes are kept when they prove right, and nothing else of a file changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.findings import Edit, Fix, Move, Safety, Severity, Span
from bot.fixes import fix as fixing
from bot.fixes.fix import MAX_ROUNDS, FileChange, Outcome, find_fixes
from bot.fixes.proof import Overlay
from bot.options import Options
from bot.plugin import Plugin, find_roots
from bot.review.engine import review
from bot.review.result import Result
from bot.rules.registry import Check, Hit, NotJudged
from bot.source.memory import MemoryTree
from tests.source.archives import archive
from tests.support.fixing import MANIFEST, RULE, Files, plugin_with, span_of, swaps, with_rule

__all__ = ["with_rule"]


def fix(files: Files, options: Options | None = None, *, unsafe: bool = False) -> Outcome:
    tree = MemoryTree(files)
    return find_fixes(tree, find_roots(tree), options or Options(), unsafe=unsafe)


def after(outcome: Outcome, path: str = "manifest.yaml") -> bytes:
    return outcome.changes[path].after


# --- files that are made and moved ------------------------------------------------------------------------------------


def mends(*fixes: Fix) -> Check:
    """A rule whose findings are there until the files are moved, or made."""

    def check(plugin: Plugin) -> Iterator[Hit]:
        for made in fixes:
            there = plugin.tree.entries()
            if any(move.path in there for move in made.moves) if made.moves else made.edits[0].path not in there:
                yield Hit(made.title, "manifest.yaml", subject=made.title, fix=made)

    return check


def test_files_are_made_edited_and_moved(with_rule: Callable[[Check], None]) -> None:
    start = Span(1, 1, 1, 1)
    move = Fix("move", Safety.SAFE, (Edit("old", start, "more "),), (Move("old", "new/place"),))
    image = Fix("image", Safety.SAFE, (), (Move("a.png", "_assets/a.png"),))
    then = Fix("then", Safety.SAFE, (), (Move("new/place", "new/last"),))
    with_rule(mends(move, image, then, Fix("make", Safety.SAFE, (Edit("made", start, "text\n"),))))
    files = {**plugin_with(), "old": b"text", "a.png": b"\x89PNG"}
    outcome = fix(files)
    assert outcome.changes == {
        "a.png": FileChange(b"\x89PNG", b"\x89PNG", "_assets/a.png"),
        "made": FileChange(None, b"text\n"),
        "old": FileChange(b"text", b"more text", "new/last"),
    }
    assert {item.finding.message: item.files for item in outcome.fixed} == {
        "move": ("old",),
        "image": ("a.png",),
        "make": ("made",),
        "then": ("old",),
    }
    shown: list[Mapping[str, FileChange]] = []
    chosen = find_fixes(
        MemoryTree(files),
        find_roots(MemoryTree(files)),
        Options(),
        choose=lambda _, changes: not shown.append(changes),  # type: ignore[func-returns-value]
    )
    assert chosen.changes == outcome.changes
    assert {"old": FileChange(b"text", b"more text", "new/place")} in shown


@pytest.mark.parametrize("to", ["manifest.yaml", "../outside", "a//b", "", ".git/config"])
def test_nothing_is_moved_to_where_no_file_can_be(with_rule: Callable[[Check], None], to: str) -> None:
    with_rule(mends(Fix("bad", Safety.SAFE, (), (Move("old", to),))))
    outcome = fix({**plugin_with(), "old": b""})
    assert (outcome.changes, [item.reason for item in outcome.refused]) == ({}, ["it does not fit the file"])


def test_two_files_do_not_get_one_name(with_rule: Callable[[Check], None]) -> None:
    moves = [Fix(name, Safety.SAFE, (), (Move(name, "new"),)) for name in ("a", "b")]
    with_rule(mends(*moves, Fix("c", Safety.SAFE, (), (Move("none", "other"),))))
    outcome = fix({**plugin_with(), "a": b"a", "b": b"b"})
    assert outcome.changes == {"a": FileChange(b"a", b"a", "new")}
    assert {item.finding.message: item.reason for item in outcome.refused} == {"b": "it does not fit the file"}


# --- what is applied --------------------------------------------------------------------------------------------------


def test_a_safe_fix_changes_just_its_place() -> None:
    outcome = fix(plugin_with(icon=b"_assets/icon.svg  # the icon"))
    assert after(outcome) == plugin_with(icon=b"icon.svg  # the icon")["manifest.yaml"]
    assert [item.finding.rule for item in outcome.fixed] == ["asset/prefix"]
    assert [item.files for item in outcome.fixed] == [("manifest.yaml",)]
    assert (outcome.refused, list(outcome.changes)) == ((), ["manifest.yaml"])
    assert (outcome.before.exit_code, outcome.after.exit_code) == (1, 0)


def test_nothing_to_fix_changes_nothing() -> None:
    outcome = fix(plugin_with())
    assert (outcome.fixed, outcome.refused, dict(outcome.changes)) == ((), (), {})
    assert outcome.after is outcome.before


def test_a_review_that_is_known_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = MemoryTree(plugin_with(icon=b"_assets/icon.svg"))
    roots = find_roots(tree)
    first = find_fixes(tree, roots, Options())
    made: list[Result] = []

    def counted(*arguments: Any) -> Result:
        made.append(review(*arguments))
        return made[-1]

    monkeypatch.setattr(fixing, "review", counted)
    again = find_fixes(tree, roots, Options(), known=first.before)
    assert (again.changes, again.before) == (first.changes, first.before)
    assert made == [again.after]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", "# 漢🚀 end ".encode()])
def test_bytes_outside_the_edits_stay(line_end: bytes, bom: bytes, end: bytes) -> None:
    def file(icon: bytes) -> bytes:
        return bom + (MANIFEST.replace(b"icon: icon.svg", icon).rstrip(b"\n") + b"\n" + end).replace(b"\n", line_end)

    outcome = fix({**plugin_with(), "manifest.yaml": file(b"icon:   _assets/icon.svg")})
    assert after(outcome) == file(b"icon:   icon.svg")


def test_unsafe_fixes_only_when_asked(with_rule: Callable[[Check], None]) -> None:
    with_rule(swaps(("author: acme", "author: other"), safety=Safety.UNSAFE))
    assert fix(plugin_with()).fixed == ()
    assert b"author: other\n" in after(fix(plugin_with(), unsafe=True))


def test_several_plugins_and_a_package() -> None:
    wrong = plugin_with(icon=b"_assets/icon.svg")
    files = {f"{folder}/{path}": data for folder in ("a", "b/c") for path, data in wrong.items()}
    package = archive(wrong)
    outcome = fix({**files, "d.difypkg": package})
    assert list(outcome.changes) == ["a/manifest.yaml", "b/c/manifest.yaml"]
    assert [item.files for item in outcome.fixed] == [("a/manifest.yaml",), ("b/c/manifest.yaml",)]
    assert [item.plugin for item in outcome.after.active] == ["d.difypkg"]


def test_a_finding_that_does_not_count_is_not_fixed() -> None:
    assert fix(plugin_with(icon=b"_assets/icon.svg"), Options(ignore=("asset/prefix",))).fixed == ()
    comment = b"_assets/icon.svg  # dify-plugin-review: ignore[asset/prefix] ours"
    assert fix(plugin_with(icon=comment)).fixed == ()


# --- in which order ---------------------------------------------------------------------------------------------------


def test_of_fixes_of_the_same_text_the_first_wins(with_rule: Callable[[Check], None]) -> None:
    with_rule(swaps(("weather.example", "first"), ("name: weather", "name: second"), ("weather", "third")))
    outcome = fix(plugin_with(repo=b"https://weather.example/"))
    assert b"\nname: second\n" in after(outcome)
    assert b"//first/" in after(outcome)


def test_fixes_that_make_fixes_possible_take_rounds(with_rule: Callable[[Check], None]) -> None:
    with_rule(swaps(("author: a", "author: b"), ("author: b", "author: c"), ("author: c", "author: d")))
    outcome = fix(plugin_with())
    assert b"author: dcme\n" in after(outcome)
    assert [item.finding.subject for item in outcome.fixed] == ["author: a", "author: b", "author: c"]


def test_fixes_that_undo_each_other_come_to_an_end(with_rule: Callable[[Check], None]) -> None:
    with_rule(swaps(("author: a", "author: b"), ("author: b", "author: a")))
    outcome = fix(plugin_with())
    assert len(outcome.fixed) == MAX_ROUNDS
    assert dict(outcome.changes) == {}


def test_fixes_that_share_edits_are_made_once(with_rule: Callable[[Check], None]) -> None:
    def twice(plugin: Plugin) -> Iterator[Hit]:
        for hit in swaps(("author: acme", "author: other"))(plugin):
            assert isinstance(hit, Hit)
            yield hit
            yield replace(hit, subject="again")
            yield replace(hit, subject="third", fix=replace(hit.fix or Fix("", Safety.SAFE), title="Same edit"))

    with_rule(twice)
    outcome = fix(plugin_with())
    assert [item.finding.subject for item in outcome.fixed] == ["author: acme", "again", "third"]
    assert after(outcome) == MANIFEST.replace(b"author: acme", b"author: other")


def test_a_fix_of_several_files_is_made_whole(with_rule: Callable[[Check], None]) -> None:
    def check(plugin: Plugin) -> Iterator[Hit | NotJudged]:
        if b"author: acme" in plugin.tree.read("provider/weather.yaml"):
            edits = [
                Edit(path, span_of(plugin, path, "author: acme"), "author: other")
                for path in ("manifest.yaml", "provider/weather.yaml")
            ]
            yield Hit("Other.", "manifest.yaml", edits[0].span, fix=Fix("Rename", Safety.SAFE, tuple(edits)))

    with_rule(check)
    outcome = fix(plugin_with())
    assert [item.files for item in outcome.fixed] == [("manifest.yaml", "provider/weather.yaml")]
    assert all(b"author: other" in change.after for change in outcome.changes.values())
    assert len(outcome.changes) == 2


# --- what is refused --------------------------------------------------------------------------------------------------


def reasons(outcome: Outcome) -> dict[str, str]:
    return {refusal.finding.subject: refusal.reason for refusal in outcome.refused}


def test_a_fix_that_does_not_help_is_refused(with_rule: Callable[[Check], None]) -> None:
    with_rule(swaps(("author: acme", "author: acme2"), ("author: acme", "author: acme"), ("repo:", "repo: ")))
    outcome = fix(plugin_with())
    assert reasons(outcome)["author: acme"] == "the finding would still be there"
    assert dict(outcome.changes) == {}


def test_a_fix_that_brings_an_error_is_refused_and_the_others_stay(with_rule: Callable[[Check], None]) -> None:
    with_rule(
        swaps(
            ("author: acme", "author: [acme"),
            ("version: 0.1.0", "version: 0.2.0"),
            ("icon: icon.svg", "icon: none.svg"),
            ("memory: 268435456", "memory: 1048576"),
        )
    )
    outcome = fix(plugin_with())
    assert reasons(outcome) == {
        "author: acme": "it would bring an error of yaml/syntax in `manifest.yaml`",
        "icon: icon.svg": "it would bring an error of asset/missing in `manifest.yaml`",
    }
    assert {item.finding.subject for item in outcome.fixed} == {"version: 0.1.0", "memory: 268435456"}
    expected = MANIFEST.replace(b"version: 0.1.0", b"version: 0.2.0", 1).replace(b"268435456", b"1048576")
    assert after(outcome) == expected


def test_an_error_that_the_options_hide_counts_all_the_same(with_rule: Callable[[Check], None]) -> None:
    with_rule(swaps(("icon: icon.svg", "icon: none.svg")))
    for options in (
        Options(select=(RULE,)),
        Options(ignore=("asset",)),
        Options(severities={"asset": None}),
        Options(severities={"asset": Severity.NOTICE}),
    ):
        outcome = fix(plugin_with(), options)
        assert list(reasons(outcome)) == ["icon: icon.svg"]
        assert dict(outcome.changes) == {}


@pytest.mark.parametrize(
    "edits",
    [
        (Edit("manifest.yaml", Span(999, 1, 999, 2), ""),),
        (Edit("manifest.yaml", Span(2, 5, 1, 1), ""),),
        (Edit("latin.yaml", Span(1, 1, 1, 1), "x"),),
        (Edit("manifest.yaml", Span(1, 1, 1, 2), "a"), Edit("manifest.yaml", Span(1, 1, 1, 3), "b")),
        (Edit("manifest.yaml", Span(1, 1, 1, 1), "# \ud800\n"),),
        (Edit("none.yaml", Span(1, 1, 1, 2), "x"),),
    ],
)
def test_an_edit_that_fits_no_file_is_refused(with_rule: Callable[[Check], None], edits: tuple[Edit, ...]) -> None:
    assert refused(with_rule, edits) == {"bad": "it does not fit the file"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../outside.yaml", "its file does not exist"),
        ("link.yaml", "its file is a symbolic link"),
    ],
)
def test_an_edit_of_no_file_of_the_plugin_is_refused(
    with_rule: Callable[[Check], None], path: str, reason: str
) -> None:
    assert refused(with_rule, (Edit(path, Span(1, 1, 1, 1), "x"),)) == {"bad": reason}


def refused(with_rule: Callable[[Check], None], edits: tuple[Edit, ...]) -> dict[str, str]:
    """Why edits are refused that nothing may come of."""

    def check(_: Plugin) -> Iterator[Hit]:
        yield Hit("Wrong.", "manifest.yaml", subject="bad", fix=Fix("Change it", Safety.SAFE, edits))

    with_rule(check)
    files = {f"in/{path}": data for path, data in {**plugin_with(), "latin.yaml": b"\xe9"}.items()}
    tree = MemoryTree({**files, "outside.yaml": b"a: 1\n"}, links={"in/link.yaml": "../outside.yaml"})
    outcome = find_fixes(tree, find_roots(tree), Options())
    assert dict(outcome.changes) == {}
    return reasons(outcome)


def test_too_many_fixes_that_are_not_right_are_given_up(
    with_rule: Callable[[Check], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixing, "MAX_TRIALS", 3)
    with_rule(swaps(("author: acme", "author: acme2"), ("repo:", "repo: "), ("icon: icon.svg", "icon: none.svg")))
    assert "too many of the other fixes are not right" in reasons(fix(plugin_with())).values()


def test_a_rule_that_crashes_on_the_fixed_plugin_refuses_it(with_rule: Callable[[Check], None]) -> None:
    def check(plugin: Plugin) -> Iterator[Hit | NotJudged]:
        if plugin.manifest.get("author") != "acme":
            raise RuntimeError
        yield from swaps(("author: acme", "author: other"))(plugin)

    with_rule(check)
    outcome = fix(plugin_with())
    assert reasons(outcome) == {"author: acme": "a rule fails on what it makes"}


# --- in general -------------------------------------------------------------------------------------------------------

lines = st.sampled_from(
    [
        *(
            "icon: _assets/icon.svg",
            "version: 3.12",
            'memory: "1"',
            "lable: x",
            "maintainer: x",
            "tags: [weather, Search]",
        ),
        *(
            "# dify-plugin-review: ignore[yaml] x",
            "label: {en_us: A, ja_Jp: B}",
            "created_at: '2024'",
            "icon_dark: ./a.svg",
        ),
        *("privacy: ./PRIVACY.md", "type: Plugin", "author: yes", "  x: [", "é: \u2028", "resource: {memory: 1.5}"),
    ]
)


@given(st.lists(lines, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_fixing_never_makes_it_worse(added: list[str], line_end: str, unsafe: bool) -> None:
    text = MANIFEST.decode() + "\n".join(added)
    files = {**plugin_with(), "manifest.yaml": text.replace("\n", line_end).encode()}
    outcome = fix(files, unsafe=unsafe)

    def errors(result: Result) -> int:
        return sum(item.severity is Severity.ERROR for item in result.findings)

    fixed = Overlay(MemoryTree(files), {path: change.after for path, change in outcome.changes.items()})
    again = find_fixes(fixed, find_roots(fixed), Options(), unsafe=unsafe)
    assert errors(again.before) <= errors(outcome.before)
    assert dict(again.changes) == {}
    for change in outcome.changes.values():
        assert change.before != change.after
        assert change.after.count(b"\r\n") == (change.after.count(b"\n") if line_end == "\r\n" else 0)
