"""The payloads of events, and the environment of their runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.standin.conftest import WorldFactory


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_pull_request_events(world: WorldFactory, tmp_path: Path, name: str) -> None:
    w = world()
    opened = w.gh.event(name, action="opened", pull=w.pull)
    assert (opened["action"], opened["number"], opened["sender"]["login"]) == ("opened", 1, "forker")
    assert opened["pull_request"]["head"]["repo"]["fork"] is True
    before = w.pull.head_sha
    after = w.push({"b.txt": "b"})
    pushed = w.gh.event(name, action="synchronize", pull=w.pull)
    assert (pushed["before"], pushed["after"]) == (before, after)
    for action in ("reopened", "edited", "closed", "ready_for_review"):
        assert w.gh.event(name, action=action, pull=w.pull)["action"] == action
    environment = w.gh.environment(name, pushed, tmp_path / "event.json")
    assert json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text()) == pushed
    own = w.workspace.git("rev-parse", "refs/pull/1/merge" if name == "pull_request" else "main")
    assert environment["GITHUB_SHA"] == own
    assert environment["GITHUB_REF"] == ("refs/pull/1/merge" if name == "pull_request" else "refs/heads/main")
    assert (environment["GITHUB_BASE_REF"], environment["GITHUB_HEAD_REF"]) == ("main", "feature")


def test_a_comment_on_a_pull_request(world: WorldFactory, tmp_path: Path) -> None:
    w = world()
    comment = w.gh.comment(w.pull, "Hello", author="somebody")
    for action in ("created", "edited", "deleted"):
        event = w.gh.event("issue_comment", action=action, pull=w.pull, comment=comment)
        assert (event["action"], event["sender"]["login"]) == (action, "somebody")
    assert (event["comment"]["id"], event["issue"]["number"]) == (comment.id, 1)
    assert event["issue"]["pull_request"]["url"].endswith("/pulls/1")
    # It runs on the default branch, whatever the pull request is.
    environment = w.gh.environment("issue_comment", event, tmp_path / "e")
    assert environment["GITHUB_SHA"] == w.workspace.git("rev-parse", "main")
    with pytest.raises(ValueError, match="comment"):
        w.gh.event("issue_comment", pull=w.pull)


def test_a_merge_group_names_no_pull_request(world: WorldFactory, tmp_path: Path) -> None:
    w = world()
    event = w.gh.event("merge_group", after="refs/pull/1/merge", pull=w.pull)
    group = event["merge_group"]
    base = w.workspace.git("rev-parse", "main")
    assert "pull_request" not in event
    assert group["head_ref"] == f"refs/heads/gh-readonly-queue/main/pr-1-{base}"
    assert (group["base_sha"], group["head_sha"]) == (base, w.pull.merge_sha)
    assert w.gh.environment("merge_group", event, tmp_path / "e")["GITHUB_SHA"] == w.pull.merge_sha


def test_a_push(world: WorldFactory, tmp_path: Path) -> None:
    w = world()
    event = w.gh.event("push", ref="feature", before="main")
    assert (event["ref"], event["after"], event["forced"]) == ("refs/heads/feature", w.pull.head_sha, False)
    assert [commit["removed"] for commit in event["commits"]] == [["gone.txt"]]
    assert w.gh.event("push", ref="main", before="feature")["forced"] is True
    created = w.gh.event("push")
    assert (created["created"], created["before"]) == (True, "0" * 40)
    assert w.gh.environment("push", event, tmp_path / "e")["GITHUB_SHA"] == w.pull.head_sha


def test_a_workflow_run_of_a_fork_names_no_pull_request(world: WorldFactory, tmp_path: Path) -> None:
    w = world()
    run = w.gh.event("workflow_run", run=w.gh.finish_run(w.pull))["workflow_run"]
    assert (run["pull_requests"], run["head_sha"], run["event"]) == ([], w.pull.head_sha, "pull_request")
    assert (run["head_repository"]["full_name"], run["head_branch"]) == ("fork/plugins", "feature")
    w.pull.head_repo = "acme/plugins"
    event = w.gh.event("workflow_run", run=w.gh.finish_run(w.pull))
    assert [pull["number"] for pull in event["workflow_run"]["pull_requests"]] == [1]
    environment = w.gh.environment("workflow_run", event, tmp_path / "e")
    assert environment["GITHUB_SHA"] == w.workspace.git("rev-parse", "main")


def test_other_events(world: WorldFactory, tmp_path: Path) -> None:
    w = world()
    dispatched = w.gh.event("workflow_dispatch", ref="feature", inputs={"path": "x"})
    assert dispatched["inputs"] == {"path": "x"}
    assert w.gh.environment("workflow_dispatch", dispatched, tmp_path / "e")["GITHUB_SHA"] == w.pull.head_sha
    assert w.gh.event("workflow_dispatch")["inputs"] is None
    scheduled = w.gh.event("schedule")
    assert w.gh.environment("schedule", scheduled, tmp_path / "e")["GITHUB_REF"] == "refs/heads/main"
    assert "schedule" in scheduled


def test_what_an_event_needs(world: WorldFactory) -> None:
    w = world()
    for name, missing in (("pull_request", "pull"), ("workflow_run", "run"), ("merge_group", "after")):
        with pytest.raises(ValueError, match=f"needs `{missing}`"):
            w.gh.event(name)
    with pytest.raises(ValueError, match="knows no event fork"):
        w.gh.event("fork")
    with pytest.raises(ValueError, match="no branch or commit nowhere"):
        w.gh.event("push", ref="nowhere")
