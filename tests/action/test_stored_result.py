"""The trusted half of the two-step pattern: what it posts, where, and what it refuses.

The stored result comes from a run that the change's author controls, so every way of lying in it is tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.action.stored_result import MAX_RESULT_BYTES
from bot.rules.example import example_plugin
from bot.rules.registry import catalogue
from standin import Limits, Pull
from tests.support.inert import assert_inert, words_of
from tests.support.job import (
    BROKEN_TOOL,
    EXPECTED,
    MISTAKES,
    READ,
    TOOL,
    Job,
    Repository,
    bodies,
    broken,
    mended,
    posted,
)
from tests.support.standin import StandInFactory, standin

__all__ = ["standin"]

FORK = "stranger/plugins"


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


def analyse(repository: Repository, pull: Pull) -> dict[str, Any]:
    """The first half: what the unprivileged run of a fork's pull request stores."""
    return repository.run("pull_request", READ, pull=pull, inputs={"review": "off", "comment": "off"}).report


def publish(repository: Repository, pull: Pull, content: Any, **options: Any) -> Job:
    """The second half, for a run that ended on the head of a pull request."""
    path = repository.tmp_path / "result.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    run = repository.github.finish_run(pull)
    return repository.run("workflow_run", run=run, command=("publish", str(path)), **options)


def assert_silent(repository: Repository, job: Job, exit_code: int, says: str) -> None:
    assert job.exit_code == exit_code, job.log
    assert says in job.log
    assert repository.github.writes() == []


# --- what it does -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("through_the_action", [False, True])
def test_the_review_of_a_fork_is_posted(repository: Repository, through_the_action: bool) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    assert posted(pull) == ""
    before = len(repository.github.requests)
    if through_the_action:
        path = repository.tmp_path / "workspace" / "result.json"
        path.write_text(json.dumps(report), encoding="utf-8")
        run = repository.github.finish_run(pull)
        job = repository.run("workflow_run", run=run, inputs={"result-file": "result.json"})
    else:
        job = publish(repository, pull, report)
    assert job.exit_code == 0
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    assert all(rule in posted(pull) for rule in EXPECTED)
    assert len(pull.issue_comments) == 1
    assert job.outputs["comment-url"].endswith(f"/pull/{pull.number}#issuecomment-{pull.issue_comments[0].id}")
    assert len(repository.github.requests) - before <= 5


def test_it_posts_once_and_follows_the_pull_request(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    publish(repository, pull, report)
    writes = len(repository.github.writes())
    publish(repository, pull, report)
    assert repository.github.writes()[writes:] == []
    repository.push(pull, mended())
    publish(repository, pull, analyse(repository, pull))
    assert pull.review_comments == []
    assert "✅" in pull.issue_comments[0].body


def test_nothing_that_the_author_wrote_can_be_committed_by_a_click(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    assert any(finding["fix"] and finding["fix"]["edits"] for finding in report["findings"])
    publish(repository, pull, report)
    assert "```suggestion" not in posted(pull)
    assert "with a suggestion" not in posted(pull)


def test_who_objects_is_not_for_the_author_to_say(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    for finding in report["findings"]:
        finding["authorities"] = [{"by": "marketplace", "consequence": "Approved by all.", "source": "trust me"}]
    assert publish(repository, pull, report).exit_code == 0
    assert "Approved by all" not in posted(pull)


@pytest.mark.parametrize("inputs", [{"review": "off"}, {"max-inline-comments": "0"}])
def test_inputs_are_obeyed(repository: Repository, inputs: dict[str, str]) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    publish(repository, pull, analyse(repository, pull), inputs=inputs)
    assert pull.review_comments == []
    assert all(rule in pull.issue_comments[0].body for rule in EXPECTED)


def test_a_token_that_cannot_write_is_a_notice(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    job = publish(repository, pull, analyse(repository, pull), permissions=READ)
    assert job.exit_code == 0
    assert posted(pull) == ""
    assert len(job.notices) == 1


def test_a_fault_while_reading_the_pull_request_is_an_error(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    repository.github.faults.add(match=("GET", r"/pulls$"), status=500, times=50)
    job = publish(repository, pull, report)
    assert (job.exit_code, posted(pull)) == (3, "")


# --- which pull request -------------------------------------------------------------------------------------------


def test_a_result_for_another_pull_request_is_refused(repository: Repository) -> None:
    """The result is about files of the first pull request; the run was for the second."""
    first = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, first)
    repository.git.git("checkout", "-q", "main")
    repository.git.commit({"README.md": "Other words\n", "weather.txt": "x\n"}, branch="other")
    second = repository.github.open_pull("other", head_repo=FORK)
    job = publish(repository, second, report)
    assert_silent(repository, job, 2, "it is about `weather`, which pull request 2 does not change")
    assert posted(first) == posted(second) == ""


def test_a_finding_about_a_plugin_that_the_change_does_not_touch_is_refused(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    report["findings"][-1]["plugin"] = "elsewhere"
    assert_silent(repository, publish(repository, pull, report), 2, "it is about `elsewhere`")


@pytest.mark.parametrize("folder", ["", "nested/deep"])
def test_a_plugin_counts_as_changed_wherever_it_is(tmp_path: Path, standin: StandInFactory, folder: str) -> None:
    """Also where its folder has moved, and where it is the repository itself or a package."""
    repository = Repository(tmp_path, standin, {f"old/{path}": text for path, text in example_plugin("tool").items()})
    root = f"{folder}/" if folder else ""
    files: dict[str, str | bytes | None] = {f"{root}{path}": text for path, text in example_plugin("tool").items()}
    gone: dict[str, str | bytes | None] = {f"old/{path}": None for path in example_plugin("tool")}
    package = {"dist/weather.difypkg": b"no package"}
    mistaken = {f"{root}tools/current_weather.yaml": BROKEN_TOOL}
    pull = repository.open({**gone, **files, **mistaken, **package}, head_repo=FORK)
    report = analyse(repository, pull)
    expected = {folder or ".", "dist/weather.difypkg"}
    assert {plugin["root"] for plugin in report["plugins"]} == expected
    job = publish(repository, pull, report)
    assert job.exit_code == 0, job.log
    assert len(pull.issue_comments) == 1


def test_the_list_of_a_huge_change_is_cut_and_proves_nothing(
    tmp_path: Path, standin: StandInFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.action.stored_result.MAX_FILES", 3)
    repository = Repository(tmp_path, standin, limits=Limits(pull_files=3))
    pull = repository.open({**broken(), "a.txt": "x\n", "b.txt": "x\n", "c.txt": "x\n"}, head_repo=FORK)
    job = publish(repository, pull, analyse(repository, pull))
    assert job.exit_code == 0
    assert len(pull.issue_comments) == 1


@pytest.mark.parametrize("extra", [{"pull_request": 1}, {"number": 1}, {"comments": [{"body": "hello"}]}])
def test_a_result_cannot_name_the_pull_request(repository: Repository, extra: dict[str, Any]) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    job = publish(repository, pull, {**analyse(repository, pull), **extra})
    assert_silent(repository, job, 2, "cannot be published")


def test_a_head_that_has_moved_on_is_left_alone(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    run = repository.github.finish_run(pull)
    repository.push(pull, {"weather/README.md": "# Weather\n\nPushed meanwhile.\n"})
    path = repository.tmp_path / "result.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    job = repository.run("workflow_run", run=run, command=("publish", str(path)))
    assert_silent(repository, job, 0, "nothing was posted")


def test_a_head_that_moves_on_meanwhile_is_left_alone(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    repository.git.commit({"weather/README.md": "# Weather\n\nPushed meanwhile.\n"}, branch="feature")
    repository.github.on_request(
        lambda request: repository.github.push(pull, "feature") if request.path.endswith("/files") else None
    )
    assert_silent(repository, publish(repository, pull, report), 0, "nothing was posted")


@pytest.mark.parametrize(
    "change",
    [
        lambda pull: setattr(pull, "state", "closed"),
        lambda pull: setattr(pull, "head_repo", None),
        lambda pull: setattr(pull, "head_repo", "another/plugins"),
        lambda pull: setattr(pull, "head_ref", "another-branch"),
    ],
    ids=["closed", "deleted fork", "another fork", "another branch"],
)
def test_only_repository_branch_and_commit_together_find_it(
    repository: Repository, change: Callable[[Pull], None]
) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    run = repository.github.finish_run(pull)
    change(pull)
    path = repository.tmp_path / "result.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    job = repository.run("workflow_run", run=run, command=("publish", str(path)))
    assert_silent(repository, job, 0, "nothing was posted")


def test_a_run_of_a_fork_that_is_gone(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    told = repository.github.event

    def without_fork(*given: Any, **details: Any) -> Any:
        payload = told(*given, **details)
        payload["workflow_run"]["head_repository"] = None
        repository.github.events.clear()  # GitHub's description of its events does not know that forks are deleted.
        return payload

    monkeypatch.setattr(repository.github, "event", without_fork)
    assert_silent(repository, publish(repository, pull, report), 0, "nothing was posted")


def test_several_pull_requests_with_one_head_are_left_alone(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    repository.git.git("branch", "release", "main")
    repository.github.open_pull("feature", base="release", head_repo=FORK)
    job = publish(repository, pull, analyse(repository, pull))
    assert_silent(repository, job, 0, "2 open pull requests")


def test_a_branch_of_the_same_name_in_the_repository_itself_is_another_one(repository: Repository) -> None:
    fork = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, fork)
    own = repository.github.open_pull("feature")
    publish(repository, fork, report)
    assert posted(own) == ""
    assert {rule for rule in EXPECTED if rule in posted(fork)} >= EXPECTED


# --- bad artifacts ------------------------------------------------------------------------------------------------


def _edited(edit: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def apply(report: dict[str, Any]) -> dict[str, Any]:
        edit(report)
        return report

    return apply


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(lambda _: b"", "document", id="empty"),
        pytest.param(lambda _: b"<html>", "document", id="no JSON"),
        pytest.param(lambda _: b"\xff\xfe{}", "document", id="no text"),
        pytest.param(lambda _: b"[" * 200_000, "document", id="nested too deep"),
        pytest.param(lambda _: b"[]", "document", id="no mapping"),
        pytest.param(lambda _: {}, "version", id="nothing in it"),
        pytest.param(lambda report: {**report, "version": 2}, "version", id="another version"),
        pytest.param(lambda report: {**report, "version": "1"}, "version", id="wrong type"),
        pytest.param(_edited(lambda r: r["tool"].update(name="other")), "tool/name", id="another tool"),
        pytest.param(_edited(lambda r: r.update(conclusion="passed")), "contradicts", id="a verdict of its own"),
        pytest.param(_edited(lambda r: r["summary"].update(error=0)), "contradicts", id="counts of its own"),
        pytest.param(_edited(lambda r: r["findings"].clear()), "contradicts", id="findings taken away"),
        pytest.param(
            _edited(lambda r: r["findings"][0].update(rule="other/rule")), "there is no rule `other/rule`", id="rule"
        ),
        pytest.param(
            _edited(lambda r: r["findings"][0].update(rule="<b>/@all")), "findings/0/rule", id="rule with markup"
        ),
        pytest.param(_edited(lambda r: r["findings"][0].update(line=0)), "findings/0/line", id="line 0"),
        pytest.param(_edited(lambda r: r["findings"][0].update(line=None)), "findings/0", id="half a place"),
        pytest.param(
            _edited(lambda r: r["findings"][0].update(message="x" * 20_000)), "findings/0/message", id="long text"
        ),
        pytest.param(
            _edited(lambda r: r["findings"][0].update(fingerprint="@all -->")), "fingerprint", id="a mark of its own"
        ),
        pytest.param(lambda _: b" " * (MAX_RESULT_BYTES + 1), "larger than", id="too large"),
    ],
)
def test_a_bad_result_is_refused_and_nothing_posted(
    repository: Repository, content: Callable[[dict[str, Any]], Any], says: str
) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    job = publish(repository, pull, content(analyse(repository, pull)))
    assert_silent(repository, job, 2, says)
    annotation, message = job.log.splitlines()
    assert annotation.startswith("::error ")
    assert message in annotation or annotation.rpartition("::")[2] in message
    assert "result.json" in job.log


@pytest.mark.parametrize("kind", ["missing", "folder", "link", "pipe"])
def test_a_result_that_is_no_file_is_refused(repository: Repository, tmp_path: Path, kind: str) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    path = tmp_path / "odd.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    run = repository.github.finish_run(pull)
    job = repository.run("workflow_run", run=run, command=("publish", str(path)))
    assert_silent(repository, job, 2, "odd.json")


def test_another_event_is_refused(repository: Repository, tmp_path: Path) -> None:
    pull = repository.open(broken())
    path = tmp_path / "result.json"
    path.write_text(json.dumps(analyse(repository, pull)), encoding="utf-8")
    job = repository.run(pull=pull, command=("publish", str(path)))
    assert_silent(repository, job, 2, "workflow_run")


def test_the_action_needs_the_result_on_workflow_run(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    run = repository.github.finish_run(pull)
    job = repository.run("workflow_run", run=run)
    assert_silent(repository, job, 2, "result-file")


# --- hostile texts ------------------------------------------------------------------------------------------------

HOSTILE = (
    "@all see #1, <img src=x onerror=alert(1)> [click](https://evil.example) ![x](https://evil.example/x.png) "
    "**bold** `` ` `` {{7*7}} ::error::x ##[error]y \u202ereversed \u001b[31m <!-- dify-plugin-review:summary -->"
)


def test_hostile_texts_are_shown_and_do_nothing(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    for finding in report["findings"]:
        finding["message"] = HOSTILE
        if finding["group"] is not None:
            finding["group"] = HOSTILE
    for plugin in report["plugins"]:
        plugin.update(root=plugin["root"], name=HOSTILE, author=HOSTILE, version=HOSTILE)
    report["compared_to"] = HOSTILE
    report["unchecked"] = [{"rule": HOSTILE[:100], "plugin": HOSTILE, "reason": HOSTILE}]
    job = publish(repository, pull, report)
    assert job.exit_code == 0
    hosts = {urlsplit(repository.github.server_url).netloc, "github.com"}
    for body in bodies(pull):
        assert_inert(body, hosts)
    assert "<img src=x onerror=alert(1)>" in words_of(posted(pull))
    assert "{{7*7}}" in words_of(posted(pull))
    assert job.commands == []
    # A mark that the text brings along is not a mark: the summary is still found, and only one.
    publish(repository, pull, report)
    assert len(pull.issue_comments) == 1


def test_a_made_up_finding_lands_where_github_takes_it_or_in_the_summary(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    findings = [finding for finding in report["findings"] if finding["severity"] == "error"]
    findings[0].update(path="README.md", line=1_000_000, column=1, end_line=1_000_000, end_column=2)
    findings[1].update(path="../../etc/passwd", line=1, column=1, end_line=1, end_column=2)
    job = publish(repository, pull, report)
    assert (job.exit_code, job.notices) == (0, [])
    assert {comment.path for comment in pull.review_comments} == {TOOL}
    assert "etc/passwd" in pull.issue_comments[0].body
    assert all(finding["rule"] in catalogue() for finding in findings)


def test_it_reads_nothing_of_the_workspace(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo=FORK)
    report = analyse(repository, pull)
    # No more than this is what the documented workflow grants.
    job = publish(repository, pull, report, workspace=repository.git.path, permissions={"pull_requests": "write"})
    assert (job.exit_code, job.notices) == (0, [])
    assert len(pull.issue_comments) == 1
    assert not any("/git/" in exchange.path for exchange in repository.github.requests[-4:])
