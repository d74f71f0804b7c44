"""What is said of one file is bounded, and a bound that is reached is named and fails the review."""

from __future__ import annotations

from bot.document.reader import MAX_REPEATED
from bot.format.judge.verdict import MAX_DEPARTURES
from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import review
from bot.review.result import Result
from bot.rules.example import example_plugin
from bot.rules.registry import MAX_FINDINGS
from bot.source.memory import MemoryTree

TOOL = "tools/current_weather.yaml"


def reviewed(path: str, more: str) -> Result:
    files = example_plugin("tool")
    tree = MemoryTree({**files, path: files[path] + more.encode()})
    result = review(tree, find_roots(tree), Options())
    assert result.errors == ()
    return result


def test_the_findings_of_a_rule_in_a_file_are_bounded() -> None:
    result = reviewed(TOOL, "".join(f"key{index}: 1\n" for index in range(MAX_FINDINGS + 1)))
    assert sum(finding.rule == "schema/unknown-key" for finding in result.findings) == MAX_FINDINGS
    (entry,) = result.unchecked
    assert entry.rule == "schema/unknown-key"
    assert TOOL in entry.reason


def test_errors_that_are_not_told_fail_the_review() -> None:
    result = reviewed("manifest.yaml", "tags:\n" + "  - nowhere\n" * (MAX_FINDINGS + 1))
    assert [entry.rule for entry in result.unchecked if entry.blocking] == ["schema/unknown-value"]


def test_as_many_findings_as_are_allowed_leave_nothing_unchecked() -> None:
    result = reviewed(TOOL, "".join(f"key{index}: 1\n" for index in range(MAX_FINDINGS)))
    assert result.unchecked == ()


def test_the_departures_of_a_document_are_bounded() -> None:
    result = reviewed(TOOL, "".join(f"key{index}: 1\n" for index in range(MAX_DEPARTURES.most + 1)))
    reasons = {entry.reason for entry in result.unchecked if entry.blocking}
    assert any(MAX_DEPARTURES.reason in reason for reason in reasons)
    assert {entry.rule for entry in result.unchecked} >= {"schema/missing-key", "schema/unknown-key"}


def test_merge_keys_do_not_multiply() -> None:
    keys = "".join(f"  k{index}: 1\n" for index in range(300))
    items = "  - <<: *a\n" * (MAX_REPEATED // 300 + 1)
    result = reviewed(TOOL, f"x: &a\n{keys}y:\n{items}")
    assert [finding.rule for finding in result.findings if finding.severity.label == "error"] == ["yaml/excessive"]


def test_a_moderate_use_of_aliases_is_read() -> None:
    items = "  - *a\n" * 100
    result = reviewed(TOOL, f"x: &a\n  k: 1\ny:\n{items}")
    assert not [finding for finding in result.findings if finding.severity.label == "error"]
