"""The image, run as the runner runs it, on pull requests of a stand-in: what a fork's author gets, and what cannot be
done to the Action from inside a pull request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from standin import Pull
from tests.container.engine import ActionRun, Image, run_action
from tests.container.test_image import set_traps
from tests.support.inert import assert_inert, words_of
from tests.support.job import EXPECTED, MISTAKES, READ, WRITE, Repository, broken, posted
from tests.support.runner import Runner, parse_outputs, read_summary
from tests.support.standin import StandInFactory, standin

__all__ = ["standin"]

pytestmark = pytest.mark.container

#: Programs that git would run if it were asked to look at a working tree, or to show a difference.
GIT_TRAPS = """
[core]
	fsmonitor = /github/workspace/trap.sh
	hooksPath = /github/workspace/hooks
	pager = /github/workspace/trap.sh
	sshCommand = /github/workspace/trap.sh
	attributesFile = /github/workspace/attributes
[diff]
	external = /github/workspace/trap.sh
[diff "trap"]
	textconv = /github/workspace/trap.sh
	command = /github/workspace/trap.sh
[filter "trap"]
	smudge = /github/workspace/trap.sh
	clean = /github/workspace/trap.sh
	required = true
[include]
	path = /github/workspace/more.config
[alias]
	rev-parse = !/github/workspace/trap.sh
"""


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


@pytest.fixture
def fork(repository: Repository) -> Pull:
    """A pull request of a fork."""
    return repository.open(broken(), head_repo="stranger/plugins")


def run(
    image: Image,
    repository: Repository,
    pull: Pull,
    event: str,
    permissions: Mapping[str, str],
    workspace: Path,
    **more: Any,
) -> ActionRun:
    """One step of a job with the image."""
    workspace.mkdir(exist_ok=True)
    payload = repository.github.event(event, pull=pull, action="opened")
    told = repository.github.environment(event, payload, repository.tmp_path / "told.json")
    del told["GITHUB_EVENT_PATH"]
    token = repository.github.token(permissions)
    # What action.yml gives where the workflow says nothing.
    inputs = {"github-token": token, "review": "auto", "comment": "auto", "annotations": "auto", "fail-on": ""}
    return run_action(image, workspace, inputs=inputs, env=told, event=payload, **more)


def checked_out(repository: Repository, workspace: Path) -> Path:
    """The head of the pull request with all its history, and a trap behind everything that could be run."""
    repository.git.git("clone", "-q", "--branch=feature", str(repository.git.path), str(workspace))
    repository.git.git("-C", str(workspace), "fetch", "-q", "origin", "main")
    set_traps(workspace)
    (workspace / "trap.sh").write_text("#!/bin/sh\ntouch /github/workspace/RAN\n", encoding="utf-8")
    (workspace / "trap.sh").chmod(0o755)
    hooks = workspace / "hooks"
    hooks.mkdir()
    for hook in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        (hooks / hook).write_text("#!/bin/sh\ntouch /github/workspace/RAN\n", encoding="utf-8")
        (hooks / hook).chmod(0o755)
    (workspace / ".gitattributes").write_text("* diff=trap filter=trap\n", encoding="utf-8")
    with (workspace / ".git" / "config").open("a", encoding="utf-8") as config:
        config.write(GIT_TRAPS)
    return workspace


def listing(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.lstat().st_mtime_ns for path in folder.rglob("*")}


def assert_full_report(done: ActionRun) -> Runner:
    assert done.exit_code == 1, done.stdout + done.stderr
    runner = Runner()
    runner.feed(done.stdout)
    runner.feed(done.stderr)
    assert not runner.failed
    summary = read_summary(done.summary.encode())
    assert all(rule in words_of(summary) for rule in EXPECTED)
    assert parse_outputs(done.output)["conclusion"] == "failed"
    return runner


@pytest.mark.parametrize("checkout", [False, True], ids=["empty workspace", "checkout full of traps"])
def test_what_the_author_of_a_fork_gets(
    image: Image, repository: Repository, fork: Pull, tmp_path: Path, checkout: bool
) -> None:
    workspace = tmp_path / "workspace"
    if checkout:
        checked_out(repository, workspace)
    else:
        workspace.mkdir()
    before = listing(workspace)
    done = run(image, repository, fork, "pull_request", READ, workspace)
    runner = assert_full_report(done)
    places = {(c.properties.get("title"), c.properties.get("line")) for c in runner.annotations}
    assert places >= {(rule, str(line)) for line, rule in MISTAKES.items()}
    notices = [c.message for c in runner.annotations if c.properties.get("title") == "Dify Plugin Review"]
    assert len(notices) == 1
    assert "as is usual for forks" in notices[0]
    assert posted(fork) == ""
    assert_inert(done.summary, {repository.github.server_url.removeprefix("http://"), "github.com"})
    # Nothing of the change was run, and nothing was written where it lies.
    assert listing(workspace) == before
    if checkout:
        assert not any("/git/" in exchange.path for exchange in repository.github.requests)


def test_the_traps_in_the_checkout_would_go_off(
    image: Image, repository: Repository, fork: Pull, tmp_path: Path
) -> None:
    """What the test above relies on: git as one usually asks it, in the same workspace."""
    workspace = checked_out(repository, tmp_path / "workspace")
    run(
        image, repository, fork, "pull_request", READ, workspace, arguments=["-c", "safe.directory=*", "status"],
        options=["--entrypoint", "git"],
    )  # fmt: skip
    assert (workspace / "RAN").exists()


def test_a_privileged_run_on_a_fork_comments_and_leaves_the_workspace_alone(
    image: Image, repository: Repository, fork: Pull, tmp_path: Path
) -> None:
    workspace = checked_out(repository, tmp_path / "workspace")
    before = listing(workspace)
    assert_full_report(run(image, repository, fork, "pull_request_target", WRITE, workspace))
    assert {comment.line for comment in fork.review_comments} >= MISTAKES.keys()
    assert len(fork.issue_comments) == 1
    writes = len(repository.github.writes())
    assert_full_report(run(image, repository, fork, "pull_request_target", WRITE, workspace))
    assert repository.github.writes()[writes:] == []
    assert listing(workspace) == before
    assert any("/git/trees/" in exchange.path for exchange in repository.github.requests)


def test_a_cancelled_job_ends_at_once_and_is_never_green(
    image: Image, repository: Repository, fork: Pull, tmp_path: Path
) -> None:
    """The first process of a container ignores SIGTERM unless it asks for it, and the runner waits only so long."""
    workspace = tmp_path / "workspace"
    repository.github.faults.add(match=("POST", r"/reviews$"), status=502, delay=100)
    reviewing = threading.Event()
    repository.github.on_request(lambda request: reviewing.set() if request.path.endswith("/reviews") else None)
    name = f"cancelled-{tmp_path.name}"
    results: list[ActionRun] = []
    job = threading.Thread(
        target=lambda: results.append(
            run(image, repository, fork, "pull_request_target", WRITE, workspace, options=["--name", name])
        )
    )
    job.start()
    assert reviewing.wait(100)
    time.sleep(0.2)
    assert image.engine.docker("kill", "--signal", "TERM", name).returncode == 0
    job.join(30)
    assert not job.is_alive()
    (done,) = results
    assert done.exit_code not in (0, 1)
    assert parse_outputs(done.output)["conclusion"] == "error"
    assert posted(fork) == ""


def test_the_stored_result_of_a_fork_is_published(
    image: Image, repository: Repository, fork: Pull, tmp_path: Path
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    reviewed = repository.run("pull_request", READ, pull=fork, inputs={"review": "off", "comment": "off"})
    (workspace / "result.json").write_text(json.dumps(reviewed.report), encoding="utf-8")
    payload = repository.github.event("workflow_run", run=repository.github.finish_run(fork))
    told = repository.github.environment("workflow_run", payload, tmp_path / "told.json")
    del told["GITHUB_EVENT_PATH"]
    inputs = {"github-token": repository.github.token({"pull_requests": "write"}), "result-file": "result.json"}
    done = run_action(image, workspace, inputs=inputs, env=told, event=payload)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert {comment.line for comment in fork.review_comments} >= MISTAKES.keys()


def test_files_that_the_workflow_asks_for_can_be_read_by_its_next_step(
    image: Image, repository: Repository, fork: Pull, tmp_path: Path
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    payload = repository.github.event("pull_request", pull=fork, action="opened")
    told = repository.github.environment("pull_request", payload, tmp_path / "told.json")
    del told["GITHUB_EVENT_PATH"]
    inputs = {"github-token": repository.github.token(READ), "json-file": "result.json", "sarif-file": "a.sarif"}
    done = run_action(image, workspace, inputs=inputs, env=told, event=payload)
    assert done.exit_code == 1
    assert {path.name for path in workspace.iterdir()} == {"result.json", "a.sarif"}
    for path in workspace.iterdir():
        assert path.stat().st_mode & 0o004, "another user runs the next step"
        json.loads(path.read_text(encoding="utf-8"))


def test_no_word_of_the_token_is_in_the_log(image: Image, repository: Repository, fork: Pull, tmp_path: Path) -> None:
    done = run(image, repository, fork, "pull_request", READ, tmp_path / "workspace", options=["-e", "RUNNER_DEBUG=1"])
    assert_full_report(done)
    assert repository.github.token(READ).startswith("ghs_")
    assert "ghs_" not in done.stdout + done.stderr + done.summary + done.output
