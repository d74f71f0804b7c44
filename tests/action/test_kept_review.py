"""Where only the text of a pull request was edited, its package is not read again, and nobody else says what it is."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.action import clients
from bot.github.client import Client
from bot.lookups import Answer, Known, State
from bot.submission.example import COMPLETE, PACKAGE
from standin import Pull
from standin.state import CheckRun
from tests.support.job import WRITE, Job, posted
from tests.support.standin import StandInFactory, standin
from tests.support.submissions import UPDATE, Marketplace, package

__all__ = ["standin"]

CHECKS = {**WRITE, "checks": "write"}
#: What the pre-check refuses, and what a reviewer asks about.
FAULTY: Mapping[str, str | bytes | None] = {
    "requirements.txt": "dify_plugin>=0.5.0,<1.0.0\nhttpx>=0.27,<1\n",
    "tools/run.py": "import subprocess\n\nsubprocess.run(['ls'])\n",
}


def review(
    repository: Marketplace, pull: Pull, action: str = "edited", inputs: Mapping[str, str] | None = None
) -> tuple[Job, list[str]]:
    """Runs the job with the check run; also the ids of the blobs that it asked for."""
    before = len(repository.github.requests)
    job = repository.run(
        pull=pull,
        action=action,
        permissions=CHECKS,
        inputs={"profile": "marketplace", "check-run": "auto", **(inputs or {})},
    )
    paths = [request.path for request in repository.github.requests[before:]]
    return job, [path for path in paths if "/git/blobs/" in path]


def told(job: Job, pull: Pull) -> dict[str, Any]:
    """Everything that people and programs are told, but for how long it took."""
    data = json.loads(json.dumps(job.report))
    data["summary"].pop("duration_ms")
    return {"report": data, "comment": posted(pull), "summary": job.summary, "code": job.exit_code}


@pytest.mark.parametrize("language", ["", "ja_JP"])
def test_an_edited_text_costs_no_package_and_tells_what_a_full_review_tells(
    tmp_path: Path, standin: StandInFactory, language: str
) -> None:
    repository = Marketplace(tmp_path, standin, {"acme/weather/weather-0.0.9.difypkg": package(version="0.0.9")})
    pull = repository.submit({PACKAGE: package(FAULTY)}, body=UPDATE)
    inputs = {"language": language, "lookups": "pull-requests"}
    first, blobs = review(repository, pull, "opened", inputs)
    assert (first.exit_code, len(blobs)) == (1, 2)
    assert len(repository.github.requests) == 9  # One of them is the lookup.
    pull.body = re.sub(r"It sends the name.*", "The plugin does not run shell commands.", UPDATE)
    before = len(repository.github.requests)
    edited, blobs = review(repository, pull, "edited", inputs)
    assert blobs == []
    assert len(repository.github.requests) - before <= 8
    assert {"dependency/sdk-version", "pull-request/notes-contradicted", "pull-request/risk"} <= {*edited.rules}
    (run,) = (finding for finding in edited.active if finding["rule"] == "pull-request/risk")
    assert run["related"][0]["member"] == "tools/run.py"
    kept = told(edited, pull)
    full, blobs = review(repository, pull, "synchronize", inputs)
    assert len(blobs) == 2
    assert kept == told(full, pull)


def test_a_fault_of_the_text_comes_and_goes_without_the_package(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()}, body="Please add my plugin.\n")
    assert review(repository, pull, "opened")[0].exit_code == 1
    for body, code in ((COMPLETE, 0), ("Please.\n", 1), (COMPLETE, 0)):
        pull.body = body
        job, blobs = review(repository, pull)
        assert (job.exit_code, blobs) == (code, [])


def test_another_package_and_what_another_review_needs_are_read(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()})
    assert review(repository, pull, "opened")[0].exit_code == 0
    assert len(review(repository, pull, inputs={"locales": "ja_JP"})[1]) == 1
    repository.push(pull, {PACKAGE: package(FAULTY)})
    job, blobs = review(repository, pull)
    assert (job.exit_code, len(blobs)) == (1, 1)


def _kept(repository: Marketplace) -> tuple[CheckRun, Any]:
    """The check run that holds a review, and what it holds."""
    run = repository.github.core.state.check_runs[-1]
    found = re.fullmatch(r"<!-- dify-plugin-review:kept (\S+) -->", run.text or "")
    assert found is not None
    return run, json.loads(zlib.decompress(base64.b64decode(found[1])))


def _text(data: Any) -> str:
    content = data if isinstance(data, bytes) else zlib.compress(json.dumps(data).encode())
    return f"<!-- dify-plugin-review:kept {base64.b64encode(content).decode()} -->"


@pytest.mark.parametrize(
    ("changes", "login", "believed"),
    [
        ({}, "github-actions[bot]", True),  # Who can do this can make the required check pass as well.
        ({}, "other[bot]", False),
        ({"name": "Tests"}, "github-actions[bot]", False),
        ({"external_id": "1.2"}, "github-actions[bot]", False),
    ],
    ids=["our own", "another app", "another check", "another key"],
)
def test_what_others_write_is_not_taken_for_a_review(
    tmp_path: Path, standin: StandInFactory, changes: dict[str, Any], login: str, believed: bool
) -> None:
    """Other workflows and apps write check runs and comments too, and may repeat a stranger's words."""
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()})
    assert review(repository, pull, "opened")[0].exit_code == 0
    passed, comment = _kept(repository)[1], posted(pull)
    repository.push(pull, {PACKAGE: package(FAULTY)})
    assert review(repository, pull, "synchronize")[0].exit_code == 1
    key = _kept(repository)[0].external_id
    repository.github.core.state.check_runs.clear()
    check = {
        "name": "Dify Plugin Review",
        "head_sha": pull.head_sha,
        "external_id": key,
        "conclusion": "success",
        "output": {"title": "Passed", "summary": "Passed", "text": _text(passed)},
    }
    forger = Client(repository.github.api_url, repository.github.token(CHECKS, login=login), "acme/plugins")
    forger.write("POST", "/check-runs", {**check, **changes})
    forger.write("POST", f"/issues/{pull.number}/comments", {"body": comment})
    job, blobs = review(repository, pull)
    assert (job.exit_code, len(blobs)) == ((0, 0) if believed else (1, 1))


def test_the_review_of_a_package_that_passed_is_not_one_of_another(tmp_path: Path, standin: StandInFactory) -> None:
    """The check run that is copied to the next commit has the key of the package before."""
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()})
    assert review(repository, pull, "opened")[0].exit_code == 0
    repository.push(pull, {PACKAGE: package(FAULTY)})
    _kept(repository)[0].head_sha = pull.head_sha
    job, blobs = review(repository, pull)
    assert (job.exit_code, len(blobs)) == (1, 1)


def _without_end(data: Any) -> bytes:
    return zlib.compress(json.dumps(data).encode())[:-9]


def _bomb(_: Any) -> bytes:
    return zlib.compress(b" " * 20_000_000)


def _deep(data: Any) -> bytes:
    return zlib.compress(json.dumps(data).replace('"said": {', '"said": {"a": {"b": ' + "[" * 99_999).encode())


@pytest.mark.parametrize(
    "spoil",
    [
        _without_end,
        _bomb,
        _deep,
        lambda _: b"",
        lambda _: {},
        lambda data: {**data, "review": {**data["review"], "facts": 1}},
    ],
    ids=["cut", "bomb", "deep", "nothing", "empty", "wrong"],
)
def test_a_spoilt_review_leads_to_a_full_one(
    tmp_path: Path, standin: StandInFactory, spoil: Callable[[Any], Any]
) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package(FAULTY)})
    first, _ = review(repository, pull, "opened")
    run, data = _kept(repository)
    run.text = _text(spoil(data))
    job, blobs = review(repository, pull)
    assert (job.exit_code, len(blobs)) == (1, 1)
    assert job.rules == first.rules


def test_without_the_check_run_or_the_right_to_read_it_everything_is_read(
    tmp_path: Path, standin: StandInFactory
) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()})
    review(repository, pull, "opened")
    assert len(review(repository, pull, inputs={"check-run": "off"})[1]) == 1
    repository.github.faults.add(("GET", "/check-runs"), status=403, times=9)
    job, blobs = review(repository, pull)
    assert (job.exit_code, len(blobs)) == (0, 1)


class _Services:
    """Services whose answer about the version is changed by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer = Answer(State.NO)
        monkeypatch.setattr(clients.Clients, "services", lambda *_: Known(published=self.answer))


def test_services_are_asked_anew(tmp_path: Path, standin: StandInFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    services = _Services(monkeypatch)
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()})
    assert review(repository, pull, "opened")[0].exit_code == 0
    assert review(repository, pull)[1] == []
    services.answer = Answer(State.YES)
    job, blobs = review(repository, pull)
    assert (job.exit_code, job.rules, len(blobs)) == (1, ["marketplace/version-exists"], 1)


def test_what_could_not_be_judged_is_not_kept(
    tmp_path: Path, standin: StandInFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = _Services(monkeypatch)
    services.answer = Answer(State.UNKNOWN, "the marketplace did not answer: run the job again")
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()})
    assert review(repository, pull, "opened")[0].exit_code == 1
    assert len(review(repository, pull)[1]) == 1
