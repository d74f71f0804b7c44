"""Excerpts show one line, within bounds, and no secret."""

from __future__ import annotations

import time

import pytest

from bot.findings import Span
from bot.options import Options
from bot.plugin import PluginRoot, load
from bot.plugin.excerpts import MAX_EXCERPT, MAX_FILE, MAX_KEPT, excerpt, text_excerpt
from bot.plugin.plugin import Plugin
from bot.source.memory import MemoryTree
from bot.submission import Submission
from tests.support.submitting import submission, submitted

KEY = "sk-" + "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vWxYzk"


def plugin_with(files: dict[str, bytes]) -> Plugin:
    return load(MemoryTree(files), PluginRoot(""), Options())


def at(line: int) -> Span:
    return Span(line, 1, line, 2)


@pytest.mark.parametrize(
    ("content", "line", "shown"),
    [
        (b"a: 1\r\n  b: 2\r\n", 2, "b: 2"),
        (b"\xef\xbb\xbfa: 1\n", 1, "a: 1"),
        (b"a: \xff\n", 1, "a: �"),
        (b"a: 1\n", 9, ""),
        (b"x" * 500, 1, "x" * (MAX_EXCERPT - 1) + "…"),
        (b"x\n" * (MAX_FILE // 2) + b"y\n", 1, ""),
    ],
    ids=["line end", "byte order mark", "not UTF-8", "past the end", "long", "too large"],
)
def test_an_excerpt_is_a_line_of_a_file(content: bytes, line: int, shown: str) -> None:
    assert excerpt(plugin_with({"a.yaml": content}), "a.yaml", at(line)) == shown
    assert excerpt(plugin_with({}), "a.yaml", at(line)) == ""


def test_an_excerpt_is_a_line_of_the_text_of_a_pull_request() -> None:
    plugin = plugin_with({})
    assert text_excerpt(plugin, "body", at(1)) == ""
    plugin = plugin_with({})
    plugin.submission = Submission("acme/weather.difypkg", "Add weather", "## One\r\n  two\r\n")
    assert text_excerpt(plugin, "title", at(1)) == "Add weather"
    assert text_excerpt(plugin, "body", at(2)) == "two"


def test_thousands_of_excerpts_read_a_file_once() -> None:
    files = {f"{index}.yaml": b"a: 1\n" * 100_000 for index in range(MAX_KEPT)}
    plugin = plugin_with(files)
    start = time.process_time()
    for line in range(1, 2001):
        for path in files:
            excerpt(plugin, path, at(line))
    assert time.process_time() - start < 2


def test_the_lines_of_related_places_show_no_secret() -> None:
    path = "tools/current_weather.py"
    code = submission()[path].decode().replace('tool_parameters["city"],', f'tool_parameters["cityy"],  # {KEY}\n')
    found = submitted({path: code})
    lines = [related.excerpt for each in found for related in each.related]
    assert any("cityy" in line for line in lines)
    assert KEY not in repr(found)
