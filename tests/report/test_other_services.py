"""JUnit, GitLab's code quality and reviewdog's rdjson: what other services read fits what they ask for."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from msgspec.structs import replace

from bot.findings import Edit, Finding, Fix, Location, Safety, Severity, Span, Unchecked, fingerprinted
from bot.options import Profile
from bot.report import gitlab, junit, rdjson
from bot.report.escape import xml
from bot.review.result import PluginSummary, Result
from tests.report.hostile import results
from tests.report.samples import BROKEN, NOTHING, RESULT, ROOT, TEXTS, finding
from tests.support.runner import Runner

_TEXT = {"type": "string", "minLength": 1}
_NUMBER = {"type": "integer", "minimum": 1}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


#: What GitLab documents of the report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GITLAB = {
    "type": "array",
    "items": _closed(
        ["description", "check_name", "fingerprint", "severity", "location"],
        description={"type": "string"},
        check_name=_TEXT,
        fingerprint=_TEXT,
        severity={"enum": ["info", "minor", "major", "critical", "blocker"]},
        location=_closed(["path", "lines"], path={"type": "string"}, lines=_closed(["begin"], begin=_NUMBER)),
    ),
}

_POSITION = _closed(["line"], line=_NUMBER, column=_NUMBER)
_RANGE = _closed(["start", "end"], start=_POSITION, end=_POSITION)
#: The messages of reviewdog's proto/rdf/reviewdog.proto that are written here, and no field that it does not know.
RDJSON = _closed(
    ["source", "diagnostics"],
    source=_closed(["name", "url"], name=_TEXT, url=_TEXT),
    diagnostics={
        "type": "array",
        "items": _closed(
            ["message", "location", "severity", "code"],
            message={"type": "string"},
            location=_closed(["path"], path={"type": "string"}, range=_RANGE),
            severity={"enum": ["ERROR", "WARNING", "INFO"]},
            code=_closed(["value"], value=_TEXT, url=_TEXT),
            suggestions={"type": "array", "items": _closed(["range", "text"], range=_RANGE, text={"type": "string"})},
        ),
    },
)


def text_of(location: Location) -> str | None:
    return TEXTS.get(location.path)


def with_findings(*findings: Finding, **changes: Any) -> Result:
    return replace(RESULT, findings=tuple(fingerprinted(findings)), unchecked=(), **changes)


def suites(result: Result) -> ElementTree.Element:
    """The JUnit report, with every count held to its cases."""
    root = ElementTree.fromstring(junit.render(result))
    assert root.tag == "testsuites"
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        assert int(element.attrib["tests"]) == len(cases)
        for count, kind in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            assert int(element.attrib[count]) == sum(case.find(kind) is not None for case in cases)
    assert {child.tag for child in root} <= {"testsuite"}
    for case in root.iter("testcase"):
        assert case.attrib["name"]
        assert len(case) <= 1
    return root


def issues(result: Result) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = json.loads(gitlab.render(result))
    jsonschema.validate(data, GITLAB)
    return data


def diagnostics(result: Result) -> list[dict[str, Any]]:
    data = json.loads(rdjson.render(result, text_of))
    jsonschema.validate(data, RDJSON)
    found: list[dict[str, Any]] = data["diagnostics"]
    return found


@given(results())
def test_whatever_the_texts_the_reports_are_valid_and_do_nothing(result: Result) -> None:
    root = suites(result)
    # A service that reads the report comes to the same verdict as the exit code.
    assert (root.attrib["failures"] != "0" or root.attrib["errors"] != "0") is (result.exit_code != 0)
    assert len(issues(result)) == len(diagnostics(result))
    for text in (junit.render(result), gitlab.render(result), rdjson.render(result)):
        assert Runner().feed(text) == []
        assert "\x1b" not in text


def test_junit_has_a_suite_for_each_plugin_and_fails_where_the_review_does() -> None:
    (suite,) = suites(RESULT)
    assert suite.attrib["name"] == ROOT
    failed = [case for case in suite if case.find("failure") is not None]
    assert "asset/prefix:8:7" in [case.attrib["name"] for case in failed]
    assert len(failed) == len(RESULT.failing) < len(RESULT.active) == len(suite)
    assert suites(with_findings())[0][0].find("failure") is None
    assert suites(NOTHING).attrib["tests"] == "0"
    assert suites(BROKEN).attrib["errors"] == "1"


def test_a_plugin_in_the_working_directory_is_called_by_its_name() -> None:
    item = replace(finding("yaml/a", Severity.ERROR, "m", "a.yaml"), plugin=".", location=Location("a.yaml"))
    result = with_findings(item, plugins=(PluginSummary(".", "plugin", name="weather"),))
    assert [suite.attrib["name"] for suite in suites(result)] == ["weather"]


@pytest.mark.parametrize(("profile", "kind"), [(Profile.AUTHOR, "skipped"), (Profile.MARKETPLACE, "failure")])
def test_what_was_not_judged_never_passes(profile: Profile, kind: str) -> None:
    gap = Unchecked("security/secret", ROOT, "the file is too large", blocking=True)
    result = replace(RESULT, profile=profile, findings=(), unchecked=(gap,))
    (case,) = suites(result)[0]
    assert case.find(kind) is not None
    blocks = profile is Profile.MARKETPLACE
    assert [item["severity"] for item in issues(result)] == ["critical" if blocks else "info"]
    assert [item["severity"] for item in diagnostics(result)] == ["ERROR" if blocks else "INFO"]


def test_gitlab_recognises_an_issue_by_its_fingerprint() -> None:
    found = issues(RESULT)
    assert [item["fingerprint"] for item in found] == [f.fingerprint for f in RESULT.active]
    assert found[0]["location"]["path"].startswith(ROOT)
    assert issues(BROKEN)[-1]["severity"] == "blocker"


def test_columns_of_reviewdog_count_bytes() -> None:
    text = "a: 'äö' # ü\nb: é\n"
    span = Span(1, 4, 1, 8)
    edit = Edit("a.yaml", span, "'x'")
    item = replace(finding("yaml/a", Severity.ERROR, "m", "a.yaml"), location=Location(f"{ROOT}/a.yaml", span=span))
    result = with_findings(replace(item, fix=Fix("Write", Safety.SAFE, (edit,))))
    (found,) = json.loads(rdjson.render(result, lambda _: text))["diagnostics"]
    assert found["location"]["range"] == {"start": {"line": 1, "column": 4}, "end": {"line": 1, "column": 10}}
    (suggestion,) = found["suggestions"]
    assert suggestion == {
        "range": {
            "start": {"line": 1, "column": 1},
            "end": {"line": 1, "column": len(text.split("\n")[0].encode()) + 1},
        },
        "text": "a: 'x' # ü",
    }
    (found,) = json.loads(rdjson.render(result))["diagnostics"]
    assert found["location"]["range"] == {"start": {"line": 1}, "end": {"line": 1}}
    (found,) = json.loads(rdjson.render(result, lambda _: ""))["diagnostics"]
    assert "suggestions" not in found
    unsafe = with_findings(replace(item, fix=Fix("Write", Safety.UNSAFE, (edit,))))
    (found,) = json.loads(rdjson.render(unsafe, lambda _: text))["diagnostics"]
    assert "suggestions" not in found


def test_what_xml_does_not_allow_is_shown() -> None:
    written = xml('\ufffe<&>"\0')
    assert ElementTree.fromstring(f'<a b="{written}"/>').attrib["b"] == '\ufffd<&>"\\u0000'
