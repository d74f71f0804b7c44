"""Which comments ask to ignore findings, of which lines, and what to take away to be rid of them."""

from __future__ import annotations

import pytest

from bot.findings import Span
from bot.plugin.suppression_comments import (
    MAX_COMMENT_LINES,
    MAX_COMMENTS,
    MAX_PYTHON_BYTES,
    MAX_PYTHON_LINE,
    SuppressionComment,
    suppression_comments,
)
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.support.reviewing import opened

TOOL = "tools/current_weather.py"
MARK = "# dify-plugin-review:"


def read(content: str, path: str = "manifest.yaml") -> list[SuppressionComment]:
    files: dict[str, str | bytes] = {**example_plugin("tool")}
    if path == "manifest.yaml":
        content = "type: plugin\nauthor: acme\nmeta: {}\n" + content
    found = suppression_comments(opened(MemoryTree({**files, path: content})))
    assert {comment.path for comment in found} <= {path}
    return list(found)


def lines(content: str, path: str = TOOL) -> list[tuple[int, ...]]:
    return [comment.lines for comment in read(content, path)]


@pytest.mark.parametrize(
    ("written", "names", "reason"),
    [
        ("ignore[schema/unknown-key] ours", ("schema/unknown-key",), "ours"),
        ("ignore[a/b,c] two rules", ("a/b", "c"), "two rules"),
        ("ignore [ a/b , c , a/b ] : said twice", ("a/b", "c"), "said twice"),
        ("ignore[a/b] — a dash", ("a/b",), "a dash"),
        ("ignore[a/b]", ("a/b",), ""),
        ("ignore[] nothing", (), "nothing"),
        ("ignore a/b", (), ""),
        ("disable", (), ""),
    ],
)
def test_what_it_names_and_why(written: str, names: tuple[str, ...], reason: str) -> None:
    (comment,) = read(f"x = 1  {MARK} {written}\n", TOOL)
    assert (comment.text, comment.names, comment.reason) == (written, names, reason)


def test_it_speaks_of_its_own_line_and_alone_also_of_the_next() -> None:
    assert lines(f"x = 1  {MARK} ignore[a] b\ny = 2\n") == [(1,)]
    assert lines(f"{MARK} ignore[a] b\ny = 2\n") == [(1, 2)]
    assert lines(f"# noqa {MARK} ignore[a] b\n# more\n\ny = 2\n") == [(1, 3)]
    assert lines(f"{MARK} ignore[a] b\n") == [(1, 2)]
    assert lines(f"{MARK} ignore[a] b") == [(1,)]


def test_it_does_not_speak_of_what_is_far_away() -> None:
    near = "# more\n" * (MAX_COMMENT_LINES - 1)
    assert lines(f"{MARK} ignore[a] b\n{near}y = 2\n") == [(1, MAX_COMMENT_LINES + 1)]
    assert lines(f"{MARK} ignore[a] b\n{near}# more\ny = 2\n") == [(1,)]


@pytest.mark.parametrize(
    "content",
    [
        f'x = "{MARK} ignore[a] b"\n',
        f'"""\n{MARK} ignore[a] b\n"""\n',
        "# dify plugin review: ignore[a] b\n",
        "x = 1 // 2\n",
    ],
)
def test_text_in_python_is_not_a_comment(content: str) -> None:
    assert read(content, TOOL) == []


@pytest.mark.parametrize(
    "content",
    [
        f'a: "{MARK} ignore[a] b"\n',
        f"a: |\n  {MARK} ignore[a] b\n",
        f"a: x{MARK} ignore[a] b\n",
        f"a: '\n  {MARK} ignore[a] b'\n",
    ],
)
def test_text_in_yaml_is_not_a_comment(content: str) -> None:
    assert read(content) == []


def test_comments_in_yaml_are_found_also_behind_an_indicator() -> None:
    found = read(f"a: |  {MARK} ignore[a] b\n  text\nb: 1 {MARK} ignore[c] d\n")
    assert [(comment.names, comment.lines) for comment in found] == [(("a",), (4,)), (("c",), (6,))]


@pytest.mark.parametrize(
    ("content", "span", "removal"),
    [
        (f"x = 1  {MARK} ignore[a] b\n", Span(1, 8, 1, 41), Span(1, 6, 1, 41)),
        (f"{MARK} ignore[a] b\ny = 2\n", Span(1, 1, 1, 34), Span(1, 1, 2, 1)),
        (f"  {MARK} ignore[a] b  \ny = 2\n", Span(1, 3, 1, 36), Span(1, 1, 2, 1)),
        (f"# 漢🚀 {MARK} ignore[a] b\n", Span(1, 6, 1, 39), Span(1, 5, 1, 39)),
        (f"{MARK} ignore[a] b", Span(1, 1, 1, 34), Span(1, 1, 1, 34)),
    ],
)
def test_where_it_is_and_what_to_take_away(content: str, span: Span, removal: Span) -> None:
    (comment,) = read(content, TOOL)
    assert (comment.span, comment.removal) == (span, removal)


def test_python_is_read_up_to_where_python_reads_it() -> None:
    assert lines(f"x = 1  {MARK} ignore[a] b\n  y = (\n{MARK} ignore[a] b\n")[:1] == [(1,)]


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (f"x = 1  {MARK} ignore[a] b\n" * (MAX_COMMENTS - 1), MAX_COMMENTS - 1),
        (f"x = 1  {MARK} ignore[a] b\n" * (MAX_COMMENTS + 1), MAX_COMMENTS),
        (f"x = 1  {MARK} ignore[a] b\n" + "#" * MAX_PYTHON_LINE, 1),
        (f"x = 1  {MARK} ignore[a] b\n" + "#" * (MAX_PYTHON_LINE + 1), 0),
        (f"x = 1  {MARK} ignore[a] b\n" + "#\n" * (MAX_PYTHON_BYTES // 2), 0),
    ],
)
def test_limits(content: str, count: int) -> None:
    assert len(read(content, TOOL)) == count
