"""The marketplace's policy as data: dates, rules that exist, and how findings stand to its checks."""

from __future__ import annotations

import datetime

import pytest

from bot.findings import Finding, Location, Severity, Unchecked
from bot.marketplace.policy import Check, Policy, policy_of
from bot.marketplace.standing import State, standings, summaries
from bot.rules.registry import FAMILIES

POLICY = policy_of()
CONTACT = next(check for check in POLICY.checks if check.id == "manifest-metadata/contact")
EVERYTHING = {rule for check in POLICY.checks for rule in check.rules} | {"schema/x", "manifest/x", "yaml/x", "asset/x"}


def finding(rule: str, severity: Severity, member: str = "manifest.yaml") -> Finding:
    return Finding(rule, severity, "It is so.", Location("a.difypkg", member), "a.difypkg")


def state(check: str, *findings: Finding, unchecked: tuple[Unchecked, ...] = (), ran: set[str] = EVERYTHING) -> State:
    (standing,) = (each for each in standings(POLICY, findings, unchecked, ran) if each.check.id == check)
    return standing.state


def test_every_check_has_a_row_and_a_place_upstream() -> None:
    rows = {row.id for row in POLICY.rows}
    assert {check.row for check in POLICY.checks} == rows
    assert all(check.source for check in POLICY.checks)
    assert len({check.id for check in POLICY.checks}) == len(POLICY.checks)
    assert all(rule.partition("/")[0] in FAMILIES for check in POLICY.checks for rule in check.rules)
    assert all(check.rules or check.runs or check.asked for check in POLICY.checks)


def test_every_line_of_the_maintainers_helper_is_there() -> None:
    """As its comments print them, in their order."""
    assert [check.what for check in POLICY.checks if check.by == "helper"] == [
        *("Environment setup", "Single .difypkg", "PR content language", "Project structure", "Manifest parsing"),
        *("Manifest author", "Icon validation", "Version check", "README language", "PRIVACY.md"),
        *("Dependency install", "dify_plugin version", "Install test", "Packaging test"),
    ]


@pytest.mark.parametrize(
    ("day", "floor"),
    [("2026-05-26", "0.5.0"), ("2026-05-27", "0.9.0"), ("2000-01-01", "0.5.0"), ("2030-01-01", "0.9.0")],
)
def test_a_value_has_a_date(day: str, floor: str) -> None:
    assert policy_of(datetime.date.fromisoformat(day)).sdk_floor == floor


def test_a_check_has_a_date() -> None:
    assert policy_of().has(CONTACT.id)
    assert policy_of(CONTACT.since).has(CONTACT.id)
    assert not policy_of(CONTACT.since - datetime.timedelta(days=1)).has(CONTACT.id)


def test_the_four_states() -> None:
    check = CONTACT.id
    assert state(check) is State.PASS
    assert state(check, finding("marketplace/contact", Severity.ERROR)) is State.FAIL
    assert state(check, finding("marketplace/contact", Severity.WARNING)) is State.WARNING
    gap = Unchecked("marketplace/contact", "a.difypkg", "the file is too large")
    assert state(check, unchecked=(gap,)) is State.NOT_CHECKED
    assert state(check, ran=EVERYTHING - {"marketplace/contact"}) is State.NOT_CHECKED


def test_what_takes_running_the_plugin_is_never_passed() -> None:
    assert state("workflow/install") is State.NOT_CHECKED


def test_a_check_of_a_file_counts_findings_in_it_only() -> None:
    check = "manifest-metadata/required"
    assert state(check, finding("schema/missing-key", Severity.ERROR, "tools/a.yaml")) is State.PASS
    assert state(check, finding("schema/missing-key", Severity.ERROR)) is State.FAIL


def test_a_row_is_as_good_as_its_worst_check() -> None:
    judged = standings(POLICY, [finding("marketplace/contact", Severity.ERROR)], (), EVERYTHING)
    rows = {summary.row.id: summary for summary in summaries(POLICY, judged)}
    assert list(rows) == [row.id for row in POLICY.rows]
    assert rows["manifest"].state is State.FAIL
    assert [item.rule for item in rows["manifest"].findings] == ["marketplace/contact"]
    assert rows["author"].state is State.PASS
    assert rows["install"].state is State.NOT_CHECKED
    assert rows["install"].reasons == ("it takes running the plugin, which a review never does",)


def test_advice_that_is_not_judged_leaves_the_row_as_it_is() -> None:
    ran = EVERYTHING - {"dependency/large"}
    rows = {summary.row.id: summary.state for summary in summaries(POLICY, standings(POLICY, (), (), ran))}
    assert rows["dependencies"] is State.PASS


def test_advice_that_is_there_counts_although_not_all_of_it_was_asked_for() -> None:
    gap = Unchecked("pull-request/rival", "a.difypkg", "not asked for")
    advice = finding("pull-request/package-path", Severity.WARNING)
    assert state("review/place", advice, unchecked=(gap,)) is State.WARNING
    assert state("review/place", unchecked=(gap,)) is State.NOT_CHECKED


def test_a_check_without_rules_is_not_passed() -> None:
    lone = Check("a/b", "manifest", "x", "pre-check", "x.py", datetime.date(2026, 1, 1))
    policy = Policy(None, POLICY.read, "", POLICY.rows, (lone,), {})
    assert [each.state for each in standings(policy, (), (), EVERYTHING)] == [State.NOT_CHECKED]
