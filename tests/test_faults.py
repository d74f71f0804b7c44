"""After any single fault the verdict is right, nothing is said twice, and nothing is lost.

A matrix of ways to run, tokens and faults; after each the same questions are asked. A run without a fault then brings
the pull request to where it would have been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from standin import Limits, Pull
from tests.support.job import (
    EXPECTED,
    MISTAKES,
    READ,
    TOOL,
    WRITE,
    Job,
    Repository,
    assert_nothing_is_lost,
    bodies,
    broken,
    plugin,
)
from tests.support.standin import CheckedStandIn, StandInFactory, standin

__all__ = ["standin"]

Fault = Callable[[CheckedStandIn], object]

REVIEW = ("POST", r"/pulls/\d+/reviews$")
ON_FILE = ("POST", r"/pulls/\d+/comments$")
SUMMARY = ("POST", r"/issues/\d+/comments$")
STATE = ("POST", r"/graphql$")
FILES = ("GET", r"/pulls/\d+/files$")
TREES = ("GET", r"/git/trees/")
COMPARE = ("GET", r"/compare/")

_VALIDATION = {"message": "Validation Failed", "errors": [{"resource": "IssueComment", "code": "custom"}]}


def _faults(name: str, match: tuple[str, str]) -> dict[str, Fault]:
    """Every way in which one request can fail once, and two in which it fails for good."""
    return {
        f"{name} 500": lambda github: github.faults.add(match=match, status=500),
        f"{name} 502 after it arrived": lambda github: github.faults.add(match=match, status=502, after_apply=True),
        f"{name} dropped": lambda github: github.faults.drop(match),
        f"{name} dropped after it arrived": lambda github: github.faults.drop(match, after_apply=True),
        f"{name} limited with Retry-After": lambda github: github.faults.secondary_limit(match, retry_after=1),
        f"{name} limited without": lambda github: github.faults.secondary_limit(match),
        f"{name} limited by 429": lambda github: github.faults.secondary_limit(match, status=429),
        f"{name} limited for an hour": lambda github: github.faults.primary_limit(match, reset_in=3600, times=99),
        f"{name} down": lambda github: github.faults.add(match=match, status=503, times=99),
    }


WRITES: dict[str, Fault] = {
    "none": lambda github: None,
    **_faults("review", REVIEW),
    **_faults("summary", SUMMARY),
    "review refused": lambda github: github.faults.add(match=REVIEW, status=422, times=99),
    "summary refused": lambda github: github.faults.add(match=SUMMARY, status=422, times=99, body=_VALIDATION),
    "summary too long": lambda github: github.faults.add(
        match=SUMMARY, status=422, times=99, body={"message": "Body is too long (maximum is 65536 characters)"}
    ),
    "a line refused": lambda github: github.refuse_line(TOOL, 13),
    "review not found": lambda github: github.faults.add(match=REVIEW, status=404, times=99),
    "locked": lambda github: setattr(next(iter(github.pulls.values())), "locked", True),
}
READS: dict[str, Fault] = {
    **_faults("state", STATE),
    **_faults("files", FILES),
    **_faults("trees", TREES),
    **_faults("comparison", COMPARE),
}
#: Faults after which the change cannot be read at all.
FATAL = {f"{what} {how}" for what in ("files", "trees", "comparison") for how in ("down", "limited for an hour")}

TOKENS: dict[str, Mapping[str, str]] = {
    "write": WRITE,
    "read-only": READ,
    "summary only": {**READ, "issues": "write"},
}


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


def change() -> dict[str, str | bytes | None]:
    """Mistakes on lines of the change, and one that is on none: the icon is gone."""
    return {**broken(), "weather/_assets/icon.svg": None}


def assert_right(job: Job, pull: Pull) -> None:
    assert job.exit_code == 1, job.log
    assert job.outputs["conclusion"] == "failed"
    assert set(job.rules) >= EXPECTED
    assert_nothing_is_lost(job, pull)
    assert_said_once(pull)
    assert "Traceback" not in job.log


def assert_said_once(pull: Pull) -> None:
    places = Counter((comment.path, comment.line, comment.body) for comment in pull.review_comments)
    assert max(places.values(), default=1) == 1, places
    assert len(pull.issue_comments) <= 1


def assert_complete(pull: Pull) -> None:
    assert {comment.line for comment in pull.review_comments if comment.path == TOOL} >= MISTAKES.keys()
    assert len(pull.issue_comments) == 1


# --- writing ------------------------------------------------------------------------------------------------------


EVENTS = ["pull_request_target", "pull_request", "pull_request with a checkout"]


def run(repository: Repository, event: str, token: str, pull: Pull) -> Job:
    name, _, checkout = event.partition(" ")
    return repository.run(name, TOKENS[token], repository.git.path if checkout else None, pull=pull)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("event", EVENTS)
def test_every_way_to_run_and_every_token(repository: Repository, event: str, token: str) -> None:
    pull = repository.open(change(), head_repo="stranger/plugins")
    job = run(repository, event, token, pull)
    assert_right(job, pull)
    # With a word for whoever wonders where the comments are.
    assert bool(job.notices) == (token != "write")
    assert bool(pull.review_comments) == (token == "write")
    assert bool(pull.issue_comments) == (token != "read-only")


def _telling(faults: Iterable[str]) -> list[str]:
    """One passing fault and one that stays of each request: the others differ in how a request is made again."""
    hows = [how.strip() for how in _faults("", REVIEW)]
    return [fault for fault in faults if not fault.endswith(tuple({*hows} - {"dropped after it arrived", "down"}))]


#: Every fault in the way that most take; those that tell most with every event and with every token.
WRITING = [
    *((EVENTS[0], "write", fault) for fault in WRITES),
    *((event, "write", fault) for event in EVENTS[1:] for fault in _telling(WRITES)),
    *((EVENTS[0], token, fault) for token in TOKENS if token != "write" for fault in _telling(WRITES)),
]


@pytest.mark.parametrize(("event", "token", "fault"), WRITING)
def test_a_fault_while_writing(repository: Repository, event: str, token: str, fault: str) -> None:
    pull = repository.open(change(), head_repo="stranger/plugins")
    WRITES[fault](repository.github)
    job = run(repository, event, token, pull)
    assert_right(job, pull)
    # Whoever may not write has not written, whatever went wrong besides.
    assert not pull.review_comments or token == "write"
    assert not pull.issue_comments or token != "read-only"


@pytest.mark.parametrize("fault", [name for name in WRITES if "refused" not in name and name != "locked"])
def test_the_next_run_completes_what_a_fault_left_undone(repository: Repository, fault: str) -> None:
    pull = repository.open(change())
    WRITES[fault](repository.github)
    repository.run(pull=pull)
    repository.github.faults._faults.clear()
    job = repository.run(pull=pull)
    assert_right(job, pull)
    assert_complete(pull)
    assert job.notices == []
    before = len(repository.github.writes())
    repository.run(pull=pull)
    assert repository.github.writes()[before:] == []


@pytest.mark.parametrize("how", list(_faults("", ON_FILE)))
def test_a_fault_while_writing_on_a_file(repository: Repository, how: str) -> None:
    # The icon that is gone is named on a line which the change does not show.
    pull = repository.open({"weather/_assets/icon.svg": None, "weather/manifest.yaml": _with_a_last_line()})
    _faults("", ON_FILE)[how](repository.github)
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert_nothing_is_lost(job, pull)
    assert_said_once(pull)
    repository.github.faults._faults.clear()
    job = repository.run(pull=pull)
    assert [comment.line for comment in pull.review_comments] == [None]
    assert_said_once(pull)


def _with_a_last_line() -> bytes:
    manifest = plugin("weather")["weather/manifest.yaml"]
    assert isinstance(manifest, bytes)
    return manifest + b"\n# The end.\n"


@pytest.mark.parametrize(
    ("method", "how"),
    [
        *(("DELETE", how) for how in _faults("", ("", ""))),
        *(("PATCH", how) for how in _telling(_faults("", ("", "")))),
    ],
)
def test_a_fault_while_taking_away(repository: Repository, method: str, how: str) -> None:
    pull = repository.open(change())
    repository.run(pull=pull)
    repository.push(pull, {TOOL: plugin("weather")["weather/tools/current_weather.yaml"]})
    _faults("", (method, r"/comments/\d+$"))[how](repository.github)
    job = repository.run(pull=pull)
    assert not EXPECTED & set(job.rules)
    assert_nothing_is_lost(job, pull)
    repository.github.faults._faults.clear()
    repository.run(pull=pull)
    assert not EXPECTED & {rule for rule in EXPECTED for body in bodies(pull) if rule in body}
    assert_said_once(pull)


# --- reading ------------------------------------------------------------------------------------------------------


def asking_for(request: tuple[str, str], tmp_path: Path, standin: StandInFactory) -> Repository:
    """A repository in which a review makes this request: a short comparison saves it the list of changed files."""
    return Repository(tmp_path, standin, limits=Limits(compare_files=0 if request == FILES else 300))


READING = [
    *(("pull_request_target", "write", fault) for fault in READS),
    *(("pull_request", "read-only", fault) for fault in _telling(READS)),
]


@pytest.mark.parametrize(("event", "token", "fault"), READING)
def test_a_fault_while_reading(tmp_path: Path, standin: StandInFactory, event: str, token: str, fault: str) -> None:
    repository = asking_for(FILES if fault.startswith("files") else TREES, tmp_path, standin)
    pull = repository.open(change(), head_repo="stranger/plugins")
    READS[fault](repository.github)
    job = run(repository, event, token, pull)
    if fault in FATAL:
        # Half a change is not a change: no verdict, not a green one.
        assert (job.exit_code, job.outputs["conclusion"]) == (3, "error")
        assert "did not finish" in job.summary
        assert repository.github.writes() == []
        return
    assert_right(job, pull)


@pytest.mark.parametrize("match", [STATE, FILES, TREES, COMPARE], ids=["state", "files", "trees", "comparison"])
@pytest.mark.parametrize("body", [{}, [], None, "<html>", [None], [{}], {"data": None}, {"tree": [{}]}, 5])
def test_an_answer_that_github_does_not_give(
    tmp_path: Path, standin: StandInFactory, match: tuple[str, str], body: Any
) -> None:
    """A proxy in between may answer anything with status 200."""
    repository = asking_for(match, tmp_path, standin)
    pull = repository.open(change())
    repository.github.faults.add(match=match, status=200, times=99, body=body)
    job = repository.run(pull=pull)
    assert "Traceback" not in job.log
    if job.exit_code == 3:
        assert job.outputs["conclusion"] == "error"
    else:
        assert_nothing_is_lost(job, pull)
        # No files on GitHub's list is not a reason to pass.
        assert (job.exit_code, job.outputs["conclusion"]) == (1, "failed")


@pytest.mark.parametrize("event", ["merge_group", "push"])
@pytest.mark.parametrize("fault", [name for name in READS if name.startswith("trees")])
def test_a_fault_where_there_is_no_pull_request(repository: Repository, event: str, fault: str) -> None:
    after = repository.git.commit(broken(), branch="queue")
    repository.git.git("checkout", "-q", "main")
    READS[fault](repository.github)
    details: dict[str, Any] = {"before": "main"} if event == "push" else {}
    job = repository.run(event, ref="main", after=after, **details)
    assert job.exit_code == (3 if fault in FATAL else 1)
    if fault not in FATAL:
        assert_nothing_is_lost(job)
