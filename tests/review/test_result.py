"""The verdict: what fails, what passes, and what is neither."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.findings import Coverage, Finding, Location, Severity, Suppression, Unchecked, UnjudgedFile
from bot.options import Profile
from bot.review.result import Conclusion, PluginSummary, Result

ERROR = Finding("manifest/author", Severity.ERROR, "m", Location("a/manifest.yaml"), "a")
WARNING = replace(ERROR, rule="schema/unknown-key", severity=Severity.WARNING)
NOTICE = replace(ERROR, rule="locale/missing", severity=Severity.NOTICE)
OLD = replace(ERROR, new=False)
SUPPRESSED = replace(ERROR, suppressed=Suppression("a/manifest.yaml:3", "ours"))
PLUGINS = (PluginSummary("a", "plugin"),)
QUESTION = Unchecked("marketplace/version-exists", "a", "offline", blocking=True)
REMARK = replace(QUESTION, blocking=False)


def result(*findings: Finding, fail_on: Severity | None = Severity.ERROR, profile: Profile = Profile.AUTHOR) -> Result:
    return Result(profile, fail_on, plugins=PLUGINS, findings=findings, coverage=Coverage(3))


@pytest.mark.parametrize(
    ("findings", "fail_on", "code"),
    [
        ((), Severity.NOTICE, 0),
        ((NOTICE, WARNING), Severity.ERROR, 0),
        ((NOTICE, WARNING), Severity.WARNING, 1),
        ((NOTICE,), Severity.WARNING, 0),
        ((NOTICE,), Severity.NOTICE, 1),
        ((ERROR,), Severity.ERROR, 1),
        ((ERROR,), None, 0),
        ((OLD, SUPPRESSED), Severity.NOTICE, 0),
        ((OLD, WARNING), Severity.WARNING, 1),
    ],
)
def test_what_fails(findings: tuple[Finding, ...], fail_on: Severity | None, code: int) -> None:
    made = result(*findings, fail_on=fail_on)
    assert made.exit_code == code
    assert made.conclusion is (Conclusion.FAILED if code else Conclusion.PASSED)
    assert bool(made.failing) == bool(code)


def test_every_finding_is_in_one_place() -> None:
    both = replace(SUPPRESSED, new=False)
    made = result(ERROR, WARNING, NOTICE, OLD, SUPPRESSED, both)
    assert made.active == (ERROR, WARNING, NOTICE)
    assert made.old == (OLD,)
    assert made.suppressed == (SUPPRESSED, both)
    assert [made.count(severity) for severity in Severity] == [1, 1, 1]


def test_a_fault_of_the_tool_is_no_verdict() -> None:
    for made in (result(), result(ERROR)):
        faulty = replace(made, errors=("a rule crashed",))
        assert (faulty.conclusion, faulty.exit_code) == (Conclusion.ERROR, 3)


@pytest.mark.parametrize("profile", Profile)
def test_an_open_question_blocks_where_a_repository_decides(profile: Profile) -> None:
    asked = replace(result(profile=profile), unchecked=(REMARK, QUESTION))
    assert asked.open_questions == (QUESTION,)
    assert asked.exit_code == (0 if profile is Profile.AUTHOR else 1)
    assert replace(asked, unchecked=(REMARK,)).exit_code == 0


def test_nothing_to_check_is_said_only_when_there_was_nothing() -> None:
    nothing = replace(result(), plugins=(), coverage=Coverage())
    assert (nothing.conclusion, nothing.exit_code) == (Conclusion.NOTHING_TO_CHECK, 0)
    unread = Coverage(not_judged=(UnjudgedFile("a/manifest.yaml", "a", "is a link"),))
    assert replace(nothing, coverage=unread).conclusion is Conclusion.PASSED
