"""The table of the marketplace's checks is in every form that people read, escaped as the form asks for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.report import html, text
from bot.review.engine import review
from bot.review.result import Result
from bot.rules.example import example_plugin
from bot.source import MemoryTree
from tests.support.metamorphic import packed

NAME = "a<b>\x1b[31m.difypkg"


@pytest.fixture(scope="module")
def result() -> Result:
    files = {path: data for path, data in example_plugin("tool").items() if path != "README.md"}
    tree = MemoryTree({NAME: packed(files)})
    return review(tree, find_roots(tree), Options(profile=Profile.MARKETPLACE))


def test_the_text_has_the_table(result: Result) -> None:
    lines = text.render(result).split("\n")
    assert any(line.startswith("Checks of the marketplace for a<b>") for line in lines)
    at = next(number for number, line in enumerate(lines) if line.startswith("  Project structure"))
    assert lines[at].split()[2] == "Fail"
    assert lines[at + 1].strip().startswith("Add `README.md`")
    assert any(line.split() == ["Icon", "Pass"] for line in lines)
    assert "\x1b" not in "".join(lines)


def test_the_page_has_the_table(result: Result) -> None:
    page = html.render(result)
    assert '<th scope="row">Project structure</th><td>❌ Fail</td>' in page
    assert '<th scope="row">Icon</th><td>✅ Pass</td>' in page
    assert "a<b>" not in page


def test_others_have_none(result: Result) -> None:
    without = replace(result, plugins=tuple(replace(plugin, checks=()) for plugin in result.plugins))
    assert "Checks of the marketplace" not in text.render(without) + html.render(without)
