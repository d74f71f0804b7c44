"""Events and environments: what is read, and what is refused with a sentence that names the field."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.github.event import Event, read_event, read_runner

SHA_A, SHA_B = "a" * 40, "b" * 40


def environment(tmp_path: Path, name: str, payload: Any) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload), encoding="utf-8")
    return {
        "GITHUB_EVENT_NAME": name,
        "GITHUB_REPOSITORY": "acme/plugins",
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_SHA": SHA_B,
    }


def pull_request(**changes: Any) -> dict[str, Any]:
    side = {"ref": "main", "repo": {"full_name": "acme/plugins"}}
    pull = {"number": 7, "base": {**side, "sha": SHA_A}, "head": {**side, "ref": "feature", "sha": SHA_B}}
    return {"action": "opened", "pull_request": {**pull, **changes}}


def read(tmp_path: Path, name: str, payload: Any) -> Event:
    return read_event(environment(tmp_path, name, payload))


def test_pull_request(tmp_path: Path) -> None:
    event = read(tmp_path, "pull_request", pull_request())
    assert event.pull_request is not None
    assert (event.pull_request.number, event.base_sha, event.head_sha) == (7, SHA_A, SHA_B)
    assert not event.pull_request.is_fork
    assert not event.privileged


def test_a_job_that_is_run_again_is_not_one_of_an_edited_text(tmp_path: Path) -> None:
    edited = {**pull_request(), "action": "edited"}
    for attempt, wanted in ((None, True), ("1", True), ("2", False)):
        told = environment(tmp_path, "pull_request_target", edited)
        event = read_event({**told, **({"GITHUB_RUN_ATTEMPT": attempt} if attempt else {})})
        assert event.pull_request is not None
        assert event.pull_request.edited is wanted
    again = read(tmp_path, "pull_request_target", pull_request()).pull_request
    assert again is not None
    assert not again.edited


@pytest.mark.parametrize("repo", [{"full_name": "stranger/plugins"}, None])
def test_pull_request_of_a_fork_also_of_a_deleted_one(tmp_path: Path, repo: Any) -> None:
    head = {"ref": "feature", "sha": SHA_B, "repo": repo}
    event = read(tmp_path, "pull_request_target", pull_request(head=head))
    assert event.pull_request is not None
    assert event.pull_request.is_fork
    assert event.privileged


def test_merge_group_compares_its_two_ends(tmp_path: Path) -> None:
    payload = {"merge_group": {"base_sha": SHA_A, "head_sha": SHA_B, "head_ref": "x"}}
    event = read(tmp_path, "merge_group", payload)
    assert (event.base_sha, event.head_sha, event.pull_request) == (SHA_A, SHA_B, None)


def test_first_push_of_a_branch_compares_with_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "push", {"before": "0" * 40, "after": SHA_B}).base_sha is None
    assert read(tmp_path, "push", {"before": SHA_A, "after": SHA_B}).base_sha == SHA_A


def test_deletion_of_a_branch_is_nothing_to_review(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="deleted"):
        read(tmp_path, "push", {"before": SHA_A, "after": "0" * 40})


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch"])
def test_events_without_a_change_review_everything(tmp_path: Path, name: str) -> None:
    event = read(tmp_path, name, {})
    assert (event.head_sha, event.base_sha) == (SHA_B, None)


@pytest.mark.parametrize(
    ("name", "payload", "says"),
    [
        ("issues", {}, "issues"),
        ("pull_request", "no json", "JSON"),
        ("pull_request", "[" * 100_000, "JSON"),
        ("pull_request", {}, "pull_request"),
        ("pull_request", pull_request(number=0), "number"),
        ("pull_request", pull_request(number="7"), "number"),
        ("pull_request", pull_request(head={"sha": "../x", "ref": "f", "repo": None}), "head.sha"),
        ("merge_group", {"merge_group": {"base_sha": SHA_A}}, "head_sha"),
        ("push", {"before": 5, "after": SHA_B}, "before"),
    ],
)
def test_absurd_payloads_are_refused_by_name(tmp_path: Path, name: str, payload: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read(tmp_path, name, payload)


@pytest.mark.parametrize("missing", ["GITHUB_EVENT_NAME", "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH"])
def test_missing_variables_are_named(tmp_path: Path, missing: str) -> None:
    given_environment = environment(tmp_path, "pull_request", pull_request())
    del given_environment[missing]
    with pytest.raises(UsageError, match=missing):
        read_event(given_environment)


def test_a_repository_name_with_a_path_in_it_is_refused(tmp_path: Path) -> None:
    given_environment = environment(tmp_path, "pull_request", pull_request())
    with pytest.raises(UsageError, match="GITHUB_REPOSITORY"):
        read_event({**given_environment, "GITHUB_REPOSITORY": "acme/plugins/../../user"})


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just(SHA_A)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["number", "base", "head", "sha", "ref", "repo", "pull_request"]), inner),
    ),
    max_leaves=10,
)


@given(JSON_VALUES)
def test_any_payload_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, payload: Any) -> None:
    tmp_path = tmp_path_factory.mktemp("event")
    for name in ("pull_request", "merge_group", "push"):
        with contextlib.suppress(UsageError):
            assert read(tmp_path, name, {name: payload, "before": payload, "after": payload}).head_sha


def test_addresses_of_an_enterprise_server() -> None:
    runner = read_runner(
        {
            "GITHUB_API_URL": "https://ghe.example/api/v3",
            "GITHUB_SERVER_URL": "https://ghe.example",
            "GITHUB_REPOSITORY": "acme/plugins",
            "GITHUB_RUN_ID": "12",
        }
    )
    assert runner.api_url == "https://ghe.example/api/v3"
    assert runner.run_url == "https://ghe.example/acme/plugins/actions/runs/12"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="GITHUB_API_URL"):
        read_runner({"GITHUB_API_URL": "file:///etc/passwd"})
