"""A finding about two places shows both, with the line of each, in every report."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from bot.comments.plan import FileComment
from bot.options import Options
from bot.plugin import PluginRoot
from bot.report import html, markdown, sarif, text
from bot.report.json import render
from bot.report.json_reader import from_json
from bot.review.engine import review
from bot.review.outline import rows
from bot.review.result import Result
from bot.rules.example import example_tree
from bot.rules.registry import catalogue

RULE = catalogue()["python/renamed-parameter"]


@pytest.fixture(scope="module")
def result() -> Result:
    reviewed = review(example_tree(RULE.bad), [PluginRoot("")], Options())
    return replace(reviewed, findings=tuple(finding for finding in reviewed.findings if finding.rule == RULE.id))


def test_the_finding_has_the_declaration_and_the_code(result: Result) -> None:
    (finding,) = result.findings
    assert (finding.location.path, finding.excerpt) == ("tools/current_weather.yaml", "- name: city")
    (related,) = finding.related
    assert related.location.path == "tools/current_weather.py"
    assert related.excerpt == "yield self.create_text_message(tool_parameters.get('cities'))"


def test_json_has_both_and_reads_them_back(result: Result) -> None:
    data = json.loads(render(result))["findings"][0]
    assert data["excerpt"] == "- name: city"
    assert data["related"] == [
        {
            "path": "tools/current_weather.py",
            "member": None,
            "line": 6,
            "column": 60,
            "end_line": 6,
            "end_column": 68,
            "before": False,
            "message": "The code reads `cities` here.",
            "excerpt": "yield self.create_text_message(tool_parameters.get('cities'))",
        }
    ]
    assert from_json(render(result)).findings[0].related == result.findings[0].related


def test_sarif_has_related_locations_with_snippets(result: Result) -> None:
    found = json.loads(sarif.render(result))["runs"][0]["results"][0]
    assert found["locations"][0]["physicalLocation"]["region"]["snippet"] == {"text": "- name: city"}
    (related,) = found["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "tools/current_weather.py"
    assert related["physicalLocation"]["region"]["startLine"] == 6
    assert "cities" in related["physicalLocation"]["region"]["snippet"]["text"]
    assert related["message"] == {"text": "The code reads `cities` here."}


@pytest.mark.parametrize("form", ["text", "html", "comment"])
def test_people_see_both_lines(result: Result, form: str) -> None:
    if form == "text":
        shown = text.render(result)
    elif form == "html":
        shown = html.render(result)
    else:
        shown = markdown.file_comment(FileComment("tools/current_weather.yaml", rows(result.findings)))
    # A comment stands at its line.
    assert "- name: city" in shown or form == "comment"
    assert "tools/current_weather.py:6:60" in shown
    assert "tool_parameters.get(" in shown
