"""Only suggestions that prove right are made: what GitHub would commit is reviewed before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
from msgspec.structs import replace

from bot.comments import suggestions
from bot.comments.hunks import FileDiff, FileHunks, Status, parse_patch
from bot.comments.plan import Review, plan
from bot.comments.suggestions import proven
from bot.errors import ToolError
from bot.findings import Edit, Fix, Safety, Span
from bot.options import Options
from bot.plugin import Plugin, find_roots
from bot.review.engine import Base, review
from bot.rules.registry import Check, Hit, NotJudged
from bot.source import Entry, Tree
from bot.source.memory import MemoryTree
from tests.support.fixing import RULE, Files, plugin_with, span_of, swaps, with_rule

__all__ = ["with_rule"]

Install = Callable[[Check], None]


def planned(files: Files, options: Options | None = None) -> tuple[Review, MemoryTree]:
    """The review of a change that adds all these files."""
    tree = MemoryTree(files)
    change = {path: FileDiff(path, Status.ADDED, None, _all_of(content.decode())) for path, content in files.items()}
    result = review(tree, find_roots(tree), options or Options())
    return plan(result, change, lambda path: tree.read(path).decode()), tree


def _all_of(text: str) -> FileHunks:
    lines = text.split("\n")[:-1]
    return FileHunks(parse_patch(f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)))


def prove(files: Files, options: Options | None = None) -> tuple[Review, Review]:
    """The review before and after its suggestions were tried."""
    before, tree = planned(files, options)
    return before, proven(before, tree, find_roots(tree), options or Options())


def offered(made: Review) -> dict[str, str]:
    """What is suggested, by the subject of the first finding."""
    return {c.rows[0].first.subject: c.suggestion for c in made.inline if c.suggestion is not None}


def said(made: Review) -> list[str]:
    return [finding.subject for comment in made.inline for finding in comment.findings]


def test_a_suggestion_that_is_right_stays_as_it_is(with_rule: Install) -> None:
    with_rule(swaps(("author: acme", "author: other"), ("name: weather", "name:  weather")))
    before, after = prove(plugin_with())
    assert offered(after) == {"author: acme": "author: other\n", "name: weather": "name:  weather\n"}
    assert after == before


WRONG = {
    "leaves the finding": ("author: acme", "author: acme # still"),
    "breaks the YAML": ("name: weather", "name: [weather"),
    "breaks the model": ("version: 0.1.0", "version: 3.12"),
    "breaks a reference": ("icon: icon.svg", "icon: none.svg"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_a_suggestion_that_is_not_right_is_not_made_and_its_comment_stays(
    with_rule: Install, wrong: tuple[str, str]
) -> None:
    with_rule(swaps(wrong))
    before, after = prove(plugin_with())
    assert offered(before).keys() == {wrong[0]}
    assert offered(after) == {}
    assert said(after) == said(before) == [wrong[0]]
    (comment,) = after.inline
    assert (comment.start_line, comment.line, comment.suggested) == (comment.rows[0].line,) * 2 + (frozenset(),)
    assert after.suggestions == 0


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_one_that_is_not_right_takes_no_other_away(with_rule: Install, wrong: tuple[str, str]) -> None:
    right = [
        ("type: plugin", "type:  plugin"),
        ("language: python", "language:  python"),
        ("entrypoint: main", "entrypoint:  main"),
    ]
    with_rule(swaps(*right, wrong))
    before, after = prove(plugin_with())
    assert offered(before).keys() == {*dict(right), wrong[0]}
    assert offered(after).keys() == dict(right).keys()
    assert sorted(said(after)) == sorted(said(before))


def test_a_comment_on_one_line_for_two_findings_needs_both_fixes_right(with_rule: Install) -> None:
    with_rule(swaps(("author", "creator"), ("acme", "other")))
    before, after = prove(plugin_with())
    (comment,) = after.inline
    assert before.inline[0].suggestion == "creator: other\n"
    assert (comment.suggestion, sorted(said(after))) == (None, ["acme", "author"])


def test_what_the_lines_become_is_tried_and_not_what_the_edits_say(with_rule: Install) -> None:
    with_rule(swaps(("author: acme", "author: other")))
    before, tree = planned(plugin_with())
    (comment,) = before.inline
    broken = replace(before, inline=(replace(comment, suggestion="author: [\n"),))
    assert offered(proven(broken, tree, find_roots(tree), Options())) == {}
    shifted = replace(before, inline=(replace(comment, start_line=comment.line + 1, line=comment.line + 1),))
    assert offered(proven(shifted, tree, find_roots(tree), Options())) == {}


def test_a_suggestion_of_several_lines_and_one_that_deletes_lines(with_rule: Install) -> None:
    files = plugin_with()
    files["manifest.yaml"] = b"extra: 1\nmore: 2\n" + files["manifest.yaml"]

    def check(plugin: Plugin) -> Iterator[Hit | NotJudged]:
        if plugin.manifest.get("extra"):
            edit = Edit("manifest.yaml", Span(1, 1, 3, 1), "")
            yield Hit(
                "Away.", "manifest.yaml", Span(1, 1, 2, 5), subject="extra", fix=Fix("Away", Safety.SAFE, (edit,))
            )
        if plugin.manifest.get("author") == "acme":
            span = span_of(plugin, "manifest.yaml", "author: acme\n")
            edit = Edit("manifest.yaml", replace(span, end_line=span.line + 1, end_column=1), "author: b\nx-y: 1\n")
            yield Hit("Two.", "manifest.yaml", span, subject="author", fix=Fix("Two", Safety.SAFE, (edit,)))

    with_rule(check)
    _, after = prove(files)
    assert offered(after) == {"extra": "", "author": "author: b\nx-y: 1\n"}


def test_windows_line_ends_and_a_byte_order_mark(with_rule: Install) -> None:
    files = plugin_with()
    files["manifest.yaml"] = b"\xef\xbb\xbf" + files["manifest.yaml"].replace(b"\n", b"\r\n")
    with_rule(swaps(("author: acme", "author: other"), ("type: plugin", "type:  plugin")))
    _, after = prove(files)
    assert offered(after) == {"author: acme": "author: other\r\n", "type: plugin": "type:  plugin\r\n"}


@pytest.mark.parametrize("options", [Options(), Options(ignore=("readme",))])
@pytest.mark.parametrize(("wrong", "left"), [("author: other", 1), ("author: acme # still", 0)])
def test_what_is_found_only_against_the_base_is_tried_against_it(
    with_rule: Install, options: Options, wrong: str, left: int
) -> None:
    found = swaps(("author: acme", wrong))

    def check(plugin: Plugin) -> Iterator[Hit | NotJudged]:
        if plugin.base is not None:
            yield from found(plugin)

    with_rule(check)
    files = plugin_with()
    tree, before = MemoryTree(files), MemoryTree(plugin_with(author=b"somebody"))
    base = Base(before, "before")
    result = review(tree, find_roots(tree), options, base)
    change = {path: FileDiff(path, Status.ADDED, None, _all_of(text.decode())) for path, text in files.items()}
    planned = plan(result, change, lambda path: tree.read(path).decode())
    assert len(offered(planned)) == 1
    assert len(offered(proven(planned, tree, find_roots(tree), options, base))) == left
    # Without the base nothing is known of it.
    assert offered(proven(replace(planned, result=replace(result, findings=())), tree, find_roots(tree), options)) == {}


def test_each_plugin_is_tried_by_itself(with_rule: Install) -> None:
    with_rule(swaps(("author: acme", "author: other"), ("author: wrong", "author: [")))
    files = {f"a/{path}": content for path, content in plugin_with().items()}
    files |= {f"b/c/{path}": content for path, content in plugin_with(author=b"wrong").items()}
    _, after = prove(files)
    assert [(c.path, c.suggestion) for c in after.inline] == [
        ("a/manifest.yaml", "author: other\n"),
        ("b/c/manifest.yaml", None),
    ]


def test_what_the_options_leave_out_must_not_break_either(with_rule: Install) -> None:
    with_rule(swaps(("icon: icon.svg", "icon: none.svg")))
    for options in (Options(select=(RULE,)), Options(ignore=("asset",)), Options(severities={"asset": None})):
        before, after = prove(plugin_with(), options)
        assert (len(offered(before)), offered(after)) == (1, {})


def test_a_rule_that_crashes_on_the_result_refuses_it(with_rule: Install) -> None:
    def check(plugin: Plugin) -> Iterator[Hit | NotJudged]:
        if plugin.manifest.get("author") != "acme":
            raise RuntimeError
        yield from swaps(("author: acme", "author: other"))(plugin)

    with_rule(check)
    assert offered(prove(plugin_with())[1]) == {}


def test_the_trials_are_few(with_rule: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four of eight are wrong, which takes more trials than there are: what is not known to be right is not made."""
    keys = [f"k{number}" for number in range(8)]
    files = plugin_with()
    files["manifest.yaml"] += "".join(f"{key}: a\n" for key in keys).encode()
    with_rule(swaps(*((f"{key}: a", f"{key}: {'b' if int(key[1]) % 2 else 'a # b'}") for key in keys)))
    right = {f"{key}: a" for key in keys if int(key[1]) % 2}
    assert offered(prove(files)[1]).keys() <= right
    monkeypatch.setattr(suggestions, "MAX_TRIALS", 100)
    before, after = prove(files)
    assert len(offered(before)) == 8
    assert offered(after).keys() == right
    monkeypatch.setattr(suggestions, "MAX_TRIALS", 0)
    assert offered(prove(files)[1]) == {}


def test_without_suggestions_nothing_is_tried(with_rule: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "Trial", None)
    with_rule(swaps(("author: acme", "author: other"), safety=Safety.UNSAFE))
    before, after = prove(plugin_with())
    assert len(after.inline) == 1
    assert after == before


class _Gone:
    """A tree on a server that has stopped answering."""

    def __init__(self, tree: Tree, path: str) -> None:
        self._tree = tree
        self._path = path

    def entries(self) -> dict[str, Entry]:
        return dict(self._tree.entries())

    def read(self, path: str) -> bytes:
        if path == self._path:
            raise ToolError("gone")
        return self._tree.read(path)

    def targets(self, paths: Iterable[str]) -> dict[str, str]:
        return {}

    def prefetch(self, paths: Iterable[str]) -> None:
        pass


@pytest.mark.parametrize("path", ["manifest.yaml", "provider/weather.yaml"])
def test_what_cannot_be_tried_is_not_suggested(with_rule: Install, path: str) -> None:
    with_rule(swaps(("author: acme", "author: other")))
    before, tree = planned(plugin_with())
    after = proven(before, _Gone(tree, path), find_roots(tree), Options())
    assert (len(offered(before)), offered(after), said(after)) == (1, {}, said(before))


def test_a_carriage_return_that_a_fence_would_not_keep_is_not_suggested(with_rule: Install) -> None:
    files = plugin_with()
    files["manifest.yaml"] = files["manifest.yaml"].replace(b"author: acme", b"author: acme # a\rb: 1")
    with_rule(swaps(("author: acme", "author: other"), ("version: 0.1.0", "version: 0.1.1")))
    before, _ = planned(files)
    assert offered(before) == {"version: 0.1.0": "version: 0.1.1\n"}
