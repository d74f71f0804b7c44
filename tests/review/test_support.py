"""On which releases of Dify a plugin works, as the review tells it."""

from __future__ import annotations

import json

import pytest

from bot.options import Options
from bot.plugin import find_roots
from bot.report.json import render as render_json
from bot.report.markdown import render_report
from bot.report.text import render as render_text
from bot.review.engine import review
from bot.review.result import Result
from bot.review.support import Support
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed

ARRAY = "parameters:\n  - {name: days, type: array, form: form, label: {en_US: A}, human_description: {en_US: A}}\n"
TOOL = "tools/current_weather.yaml"


def reviewed(tree: MemoryTree) -> Result:
    return review(tree, find_roots(tree), Options())


def supported(tree: MemoryTree) -> Support:
    (plugin,) = reviewed(tree).plugins
    assert plugin.support is not None
    return plugin.support


def rows(support: Support) -> list[tuple[str, str, bool, bool, bool]]:
    return [(row.first, row.last, row.installs, row.lists, row.shows) for row in support.releases]


def test_a_type_that_came_later_empties_the_list_of_tools_but_is_installed() -> None:
    support = supported(changed(ARRAY, TOOL))
    assert (support.needs, support.starts) == ("1.6.0", True)
    assert rows(support) == [("1.0.0", "1.5.1", True, False, False), ("1.6.0", "1.17.0", True, True, True)]
    need = support.because[0]
    assert (need.since, need.older, need.path) == ("1.6.0", "refuses", TOOL)


def test_a_key_that_is_dropped_is_only_not_shown() -> None:
    support = supported(changed("icon_dark: icon.svg\n", "manifest.yaml"))
    assert rows(support) == [("1.0.0", "1.5.1", True, True, False), ("1.6.0", "1.17.0", True, True, True)]


def test_a_datasource_is_installed_before_it_can_be_listed() -> None:
    support = supported(changed("tags: [search]\n", "manifest.yaml", "datasource"))
    assert rows(support)[0] == ("1.0.0", "1.8.1", True, False, False)
    assert rows(support)[-1][2:] == (True, True, True)


def test_what_the_platform_refuses_counts_from_its_first_release_on() -> None:
    support = supported(changed("oauth_schema: {}\n", "provider/weather.yaml"))
    by_release = {row.first: row.installs for row in support.releases}
    assert by_release["1.0.0"] is True
    assert rows(support)[-1] == ("1.7.0", "1.17.0", False, False, False)


def test_a_strategy_that_no_release_takes_is_installed_and_empties_the_list() -> None:
    text = "parameters:\n  - {name: query, type: object, label: {en_US: Query}}\n"
    support = supported(changed(text, "strategies/planner.yaml", "agent"))
    assert {(row.installs, row.lists) for row in support.releases} == {(True, False)}


def test_what_the_sdk_refuses_does_not_start_on_any() -> None:
    assert not supported(changed("extra: {}\n", "provider/weather.yaml")).starts


@pytest.mark.parametrize("base", ["tool", "model", "endpoint", "agent", "datasource", "trigger"])
def test_the_examples_work_on_the_newest_release(base: str) -> None:
    support = supported(changed("", "manifest.yaml", base))
    assert support.starts
    assert rows(support)[-1][2:] == (True, True, True)


def test_what_no_release_takes_is_not_said_to_work_since_one() -> None:
    text = "parameters:\n  - {name: query, type: object, label: {en_US: Query}}\n"
    result = reviewed(changed(text, "strategies/planner.yaml", "agent"))
    assert "uses from Dify" not in render_text(result)
    assert "is there from Dify" not in render_report(result)


def test_code_that_fails_in_a_run_starts_all_the_same() -> None:
    result = reviewed(changed(ARRAY, TOOL))
    assert "python/undeclared-parameter" in {each.rule for each in result.findings}
    assert supported(changed(ARRAY, TOOL)).starts


def test_every_report_tells_it() -> None:
    result = reviewed(changed(ARRAY, TOOL))
    assert "1.0.0 – 1.5.1" in render_text(result)
    assert "| 1&#46;6.0 – 1.17.0 | yes | yes | yes | yes |" in render_report(result)
    data = json.loads(render_json(result))["plugins"][0]["dify"]
    assert data["needs"] == "1.6.0"
    assert data["releases"][0] == {"first": "1.0.0", "last": "1.5.1", "installs": True, "lists": False, "shows": False}


def test_a_plugin_without_its_entry_point_is_installed_and_does_not_start() -> None:
    tree = changed("", "manifest.yaml")
    files = {path: tree.read(path) for path in tree.entries()}
    files["manifest.yaml"] = files["manifest.yaml"].replace(b"entrypoint: main", b"entrypoint: start")
    support = supported(MemoryTree(files))
    assert (support.needs, support.starts) == ("", False)
    assert {row.installs for row in support.releases} == {True}


def test_a_version_that_only_old_releases_take() -> None:
    tree = changed("", "manifest.yaml")
    files = {path: tree.read(path) for path in tree.entries()}
    files["manifest.yaml"] = files["manifest.yaml"].replace(b"version: 0.1.0", b"version: 0.1.0-hotfix", 1)
    support = supported(MemoryTree(files))
    by_release = {row.first: row.installs for row in support.releases}
    assert by_release == {"1.0.0": True, "1.4.0": True, "1.9.0": False}
    assert support.needs == ""


def test_no_release_is_named_where_the_newest_does_not_list_the_plugin() -> None:
    text = "parameters:\n  - {name: query, type: object, label: {en_US: Query}}\n"
    result = reviewed(changed(text, "strategies/planner.yaml", "agent"))
    assert json.loads(render_json(result))["plugins"][0]["dify"]["needs"] == ""
