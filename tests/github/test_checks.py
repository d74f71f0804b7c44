"""The check run for display: in batches, once, and nothing hangs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.github.checks import MAX_PER_REQUEST, NAME, publish_check
from bot.github.client import Client, Unavailable
from bot.report.check_run import CheckRun
from standin import Pull
from tests.support.job import EXPECTED, READ, WRITE, Repository, assert_nothing_is_lost, broken, plugin
from tests.support.standin import StandInFactory

CHECKS = {**WRITE, "checks": "write"}
ON = {"check-run": "auto"}


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


def client_of(repository: Repository) -> Client:
    token = repository.github.token(CHECKS)
    return Client(repository.github.api_url, token, "acme/plugins", sleep=lambda _: None)


def shown(count: int) -> CheckRun:
    place = {"path": "README.md", "start_line": 1, "end_line": 1, "annotation_level": "notice"}
    return CheckRun("failure", "Title", "Summary", tuple({**place, "message": f"m{n}"} for n in range(count)))


def annotated(repository: Repository) -> list[str]:
    (run,) = repository.github.check_runs
    return [annotation.message for annotation in run.annotations]


@pytest.fixture
def pull(repository: Repository) -> Pull:
    return repository.open(broken())


@pytest.mark.parametrize("count", [0, 1, 50, 51, 100, 250])
def test_annotations_come_in_batches(repository: Repository, pull: Pull, count: int) -> None:
    address = publish_check(client_of(repository), pull.head_sha, shown(count), "https://example.com/run")
    (run,) = repository.github.check_runs
    assert annotated(repository) == [f"m{n}" for n in range(count)]
    assert (run.name, run.status, run.conclusion, run.head_sha) == (NAME, "completed", "failure", pull.head_sha)
    assert (run.title, run.summary, run.details_url) == ("Title", "Summary", "https://example.com/run")
    assert len(repository.github.requests) == max(1, -(-count // MAX_PER_REQUEST))
    assert address


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("after_apply", [False, True])
@pytest.mark.parametrize("status", [502, None])
def test_a_lost_answer_doubles_nothing(
    repository: Repository, pull: Pull, method: str, after_apply: bool, status: int | None
) -> None:
    match = (method, r"/check-runs(/\d+)?$")
    if status is None:
        repository.github.faults.drop(match, after_apply=after_apply)
    else:
        repository.github.faults.add(match=match, status=status, after_apply=after_apply)
    publish_check(client_of(repository), pull.head_sha, shown(120))
    assert annotated(repository) == [f"m{n}" for n in range(120)]


@pytest.mark.parametrize("body", [{}, [], None, "<html>", 5])
def test_an_unusable_answer_is_no_crash(repository: Repository, pull: Pull, body: Any) -> None:
    repository.github.faults.add(match=("POST", r"/check-runs$"), status=201, body=body)
    with pytest.raises(Unavailable):
        publish_check(client_of(repository), pull.head_sha, shown(60))


# --- in a job -------------------------------------------------------------------------------------------------------


def test_it_is_made_when_it_is_asked_for(repository: Repository, pull: Pull) -> None:
    job = repository.run(permissions=CHECKS, pull=pull, inputs=ON)
    (run,) = repository.github.check_runs
    assert (job.exit_code, run.conclusion, job.notices) == (1, "failure", [])
    assert {annotation.title for annotation in run.annotations} >= EXPECTED
    # It is another name than that of the job, which is the check to require.
    assert run.name != "plugin-review"


def test_nobody_asks_for_it(repository: Repository, pull: Pull) -> None:
    repository.run(permissions=CHECKS, pull=pull)
    assert repository.github.check_runs == []


@pytest.mark.parametrize("inputs", [{}, {"review": "off", "comment": "off", "annotations": "off"}])
def test_a_token_that_cannot_make_it_loses_nothing(repository: Repository, pull: Pull, inputs: dict[str, str]) -> None:
    job = repository.run(permissions=WRITE, pull=pull, inputs={**inputs, **ON})
    assert job.exit_code == 1
    (notice,) = job.notices
    assert "`checks: write`" in notice
    if not inputs:
        assert_nothing_is_lost(job, pull)


@pytest.mark.parametrize("event", ["merge_group", "push", "schedule"])
def test_it_shows_what_has_no_pull_request(repository: Repository, event: str) -> None:
    before = repository.git.git("rev-parse", "main")
    after = repository.git.commit({**broken(), **plugin("second")})
    details: dict[str, Any] = {} if event == "schedule" else {"ref": "main", "after": after}
    if event == "push":
        details["before"] = before
    elif event == "merge_group":
        repository.git.git("branch", "queue")
        repository.git.git("reset", "-q", "--hard", before)
    job = repository.run(event, {**READ, "checks": "write"}, inputs=ON, **details)
    (run,) = repository.github.check_runs
    assert (job.exit_code, run.conclusion, run.head_sha) == (1, "failure", after)


@pytest.mark.parametrize("times", [1, 99])
@pytest.mark.parametrize("status", [403, 404, 422, 500])
def test_a_fault_changes_no_verdict(repository: Repository, pull: Pull, status: int, times: int) -> None:
    repository.github.faults.add(match=("POST", r"/check-runs$"), status=status, times=times)
    job = repository.run(permissions=CHECKS, pull=pull, inputs=ON)
    assert job.exit_code == 1
    assert len(job.notices) == (0 if (status, times) == (500, 1) else 1)
    assert_nothing_is_lost(job, pull)


def test_a_clean_change_is_a_success(repository: Repository) -> None:
    pull = repository.open({"README.md": "Other words\n"})
    repository.run(permissions=CHECKS, pull=pull, inputs=ON)
    (run,) = repository.github.check_runs
    assert (run.conclusion, run.title) == ("success", "Nothing to check: no Dify plugin is touched")
