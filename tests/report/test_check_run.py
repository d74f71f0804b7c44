"""A check run says everything, in the sizes and words that GitHub takes, and nothing in it takes effect."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from msgspec.structs import replace

from bot.comments.plan import Review, plan
from bot.findings import Finding, Location, Severity, Span, fingerprinted
from bot.report import markdown
from bot.report.check_run import MAX_ANNOTATIONS, check_run
from bot.report.links import Context
from bot.report.markdown import COMMENT_LIMIT
from bot.review.outline import rows
from bot.review.result import Conclusion, Result
from tests.report import samples
from tests.report.hostile import results
from tests.report.samples import CHANGE, CONTEXT, RESULT, TEXTS, finding


def result_of(*findings: Finding) -> Result:
    return replace(RESULT, findings=tuple(fingerprinted(findings)))


def test_it_says_everything_also_what_comments_say() -> None:
    shown = check_run(plan(RESULT, CHANGE, TEXTS.get), CONTEXT)
    assert (shown.conclusion, shown.title) == ("failure", "Fix 4 errors in `tools/weather`")
    assert shown.summary == markdown.check_summary(Review(RESULT, on_change=True), CONTEXT)
    assert shown.summary.startswith("### ❌ Fix 4 errors in `tools/weather`")
    assert "Files changed" not in shown.summary
    assert [(a["annotation_level"], a["title"]) for a in shown.annotations] == [
        (("notice", "warning", "failure")[row.severity - 1], row.first.rule) for row in rows(RESULT.active)
    ]


def test_a_place_is_given_as_far_as_github_takes_it() -> None:
    whole = replace(finding("yaml/a", Severity.ERROR, "whole", "a.yaml"), location=Location("a.yaml"))
    member = replace(whole, location=Location("a.difypkg", "in.yaml", Span(3, 1, 3, 2)))
    line = replace(whole, location=Location("a.yaml", None, Span(3, 9, 3, 12)))
    lines = replace(whole, location=Location("a.yaml", None, Span(3, 9, 5, 2)))
    found = check_run(plan(result_of(whole, member, line, lines))).annotations
    places = [{key: value for key, value in item.items() if key.startswith(("path", "start", "end"))} for item in found]
    assert places == [
        {"path": "a.difypkg", "start_line": 1, "end_line": 1},
        {"path": "a.yaml", "start_line": 1, "end_line": 1},
        {"path": "a.yaml", "start_line": 3, "end_line": 3, "start_column": 9, "end_column": 12},
        {"path": "a.yaml", "start_line": 3, "end_line": 5},
    ]
    assert "in.yaml" in found[0]["message"]


@pytest.mark.parametrize(
    ("result", "conclusion"),
    [
        (samples.PASSED, "success"),
        (replace(samples.PASSED, plugins=()), "success"),
        (RESULT, "failure"),
        (replace(samples.PASSED, errors=("It broke.",)), "failure"),
    ],
    ids=[item.value for item in (Conclusion.PASSED, Conclusion.NOTHING_TO_CHECK, Conclusion.FAILED, Conclusion.ERROR)],
)
def test_what_is_no_success_is_a_failure(result: Result, conclusion: str) -> None:
    """Neutral and skipped would count as passed."""
    assert check_run(plan(result)).conclusion == conclusion


def test_of_many_findings_the_most_severe_are_annotated_and_the_summary_counts_all() -> None:
    many = [finding("yaml/a", Severity(1 + n % 3), f"m{n}", "a.yaml", (n + 1, 1, 2)) for n in range(3000)]
    shown = check_run(plan(result_of(*many)), CONTEXT)
    assert len(shown.annotations) == MAX_ANNOTATIONS
    assert {item["annotation_level"] for item in shown.annotations} == {"failure"}
    assert COMMENT_LIMIT.holds(shown.summary)
    assert "more" in shown.summary


@pytest.mark.parametrize("text", ["🚀" * 70_000, "\U000e0041" * 20_000, "\udc80" * 20_000, "a\r\n" * 40_000])
def test_the_longest_texts_fit(text: str) -> None:
    at = finding(text, Severity.ERROR, text, text, (1, 1, 2), plugin=text)
    shown = check_run(plan(replace(result_of(at), plugins=())), Context())
    (annotation,) = shown.annotations
    assert len(shown.title) <= 255
    assert len(annotation["title"]) <= 255
    assert len(annotation["message"].encode()) <= 64_000
    annotation["path"].encode()
    assert COMMENT_LIMIT.holds(shown.summary)


@given(result=results())
def test_nothing_hidden_is_left_in_plain_text(result: Result) -> None:
    shown = check_run(plan(result), CONTEXT)
    texts = [shown.title, *(item[key] for item in shown.annotations for key in ("title", "message"))]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "\n".join(texts))
