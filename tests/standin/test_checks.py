"""Check runs, their annotations, and commit statuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standin.conftest import WRITE, World, WorldFactory

NOTE = {"path": "a.txt", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "m"}


def create(w: World, **fields: Any) -> Any:
    return w.api("POST", "check-runs", {"name": "Review", "head_sha": w.pull.head_sha} | fields)


def output(**fields: Any) -> dict[str, Any]:
    return {"output": {"title": "t", "summary": "s"} | fields}


def test_a_check_run_is_begun_and_completed(world: WorldFactory) -> None:
    w = world()
    begun = create(w, status="in_progress", external_id="7")
    assert (begun.status, begun.json["status"], begun.json["conclusion"]) == (201, "in_progress", None)
    assert begun.json["app"]["id"] == 15368
    # The pull request of a fork is not named.
    assert begun.json["pull_requests"] == []
    path = f"check-runs/{begun.json['id']}"
    done = w.api("PATCH", path, {"conclusion": "failure", **output()}).json
    assert (done["status"], done["conclusion"], done["external_id"]) == ("completed", "failure", "7")
    assert done["completed_at"] >= done["started_at"] == begun.json["started_at"]
    assert w.api("GET", path).json == done


def test_a_pull_request_of_the_same_repository_is_named(world: WorldFactory) -> None:
    w = world()
    w.pull.head_repo = "acme/plugins"
    assert [pull["number"] for pull in create(w).json["pull_requests"]] == [1]


def test_annotations_are_added_up(world: WorldFactory) -> None:
    w = world()
    path = f"check-runs/{create(w, **output(annotations=[NOTE] * 50)).json['id']}"
    assert (
        w.api("PATCH", path, output(annotations=[NOTE | {"message": "last"}])).json["output"]["annotations_count"] == 51
    )
    notes = w.api("GET", f"{path}/annotations?per_page=100").json
    assert (len(notes), notes[-1]["message"], notes[0]["start_column"]) == (51, "last", None)
    assert len(w.gh.check_runs[0].annotations) == 51


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (output(annotations=[NOTE] * 51), "No more than 50 items are allowed; 51 were supplied."),
        (output(summary="x" * 65_536), "Only 65535 characters are allowed; 65536 were supplied."),
        (output(text="x" * 65_536), "Only 65535 characters are allowed; 65536 were supplied."),
        ({"output": {"summary": "s"}}, '"title" wasn\'t supplied.'),
        ({"output": {"title": "t"}}, '"summary" wasn\'t supplied.'),
        ({"status": "completed"}, '"conclusion" wasn\'t supplied.'),
        ({"completed_at": "2026-01-01T00:00:00Z"}, '"conclusion" wasn\'t supplied.'),
        ({"conclusion": "ok"}, "ok is not a possible value."),
        ({"conclusion": "stale"}, "stale is not a possible value."),
        ({"started_at": "yesterday"}, "yesterday is not a valid date-time."),
        ({"actions": [{"label": "x" * 21, "description": "d", "identifier": "i"}]}, "Only 20 characters are allowed"),
        (output(annotations=[NOTE | {"annotation_level": "error"}]), "error is not a possible value."),
        (output(annotations=[NOTE | {"title": "x" * 256}]), "Only 255 characters are allowed"),
        (output(annotations=[{"path": "a.txt"}]), '"message" wasn\'t supplied.'),
        (output(annotations=["x"]), "is not an object."),
    ],
)
def test_what_is_no_check_run_is_refused(world: WorldFactory, fields: dict[str, Any], problem: str) -> None:
    w = world(malformed=True)
    refused = create(w, **fields)
    assert refused.status == 422
    assert refused.json["message"].startswith("Invalid request.\n\n")
    assert problem in refused.json["message"]
    assert w.gh.check_runs == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"path": "/a.txt"}, "path"),
        ({"path": ""}, "path"),
        ({"start_line": 0}, "end_line"),
        ({"end_line": 0}, "end_line"),
        ({"start_line": 2, "end_line": 1}, "end_line"),
        ({"end_line": 2, "start_column": 1}, "start_column"),
        ({"start_column": 3, "end_column": 2}, "start_column"),
        ({"message": "é" * 32_769}, "message"),
        ({"message": ""}, "message"),
        ({"raw_details": "x" * 65_537}, "raw_details"),
    ],
)
def test_annotations_that_cannot_be_shown_are_refused(world: WorldFactory, change: dict[str, Any], field: str) -> None:
    w = world()
    refused = create(w, **output(annotations=[NOTE, NOTE | change]))
    assert (refused.status, [error["field"] for error in refused.json["errors"]]) == (422, [field])
    assert w.gh.check_runs == []
    limits = {"message": "é" * 32_768, "title": "x" * 255, "start_column": 1, "end_column": 2}
    assert create(w, **output(annotations=[NOTE | limits])).status == 201


def test_only_the_app_that_made_it_changes_a_check_run(world: WorldFactory) -> None:
    w = world()
    path = f"check-runs/{create(w).json['id']}"
    other = w.as_user("other[bot]", checks="write")
    refused = other("PATCH", path, {"name": "x"})
    assert (refused.status, refused.json["message"]) == (
        403,
        "Invalid app_id `15368` - check run can only be modified by the GitHub App that created it.",
    )
    person = w.as_user("maintainer", checks="write")
    for refused in (person("PATCH", path, {"name": "x"}), person("POST", "check-runs", {"name": "x", "head_sha": "y"})):
        assert (refused.status, refused.json["message"]) == (403, "You must authenticate via a GitHub App.")
    assert w.gh.check_runs[0].name == "Review"


def test_check_runs_of_a_commit(world: WorldFactory) -> None:
    w = world()
    assert create(w, head_sha="0" * 40).json["message"] == f"No commit found for SHA: {'0' * 40}"
    first, second, third = create(w).json["id"], create(w).json["id"], create(w, name="Other").json["id"]
    sha = w.pull.head_sha

    def found(query: str) -> list[int]:
        return [run["id"] for run in w.api("GET", f"commits/{sha}/check-runs{query}").json["check_runs"]]

    # The latest of each name.
    assert found("") == [second, third]
    assert found("?filter=all") == [first, second, third]
    assert found("?check_name=Other") == [third]
    assert found("?status=completed") == []
    assert found("?app_id=1") == []


def test_statuses(world: WorldFactory) -> None:
    w = world()
    sha = w.pull.head_sha
    made = w.api("POST", f"statuses/{sha}", {"state": "failure", "description": "x" * 140, "context": "review"})
    assert (made.status, made.json["context"], made.json["creator"]["login"]) == (201, "review", "github-actions[bot]")
    refused = w.api("POST", f"statuses/{sha}", {"state": "success", "description": "x" * 141})
    assert refused.json["errors"][0]["message"] == "description is too long (maximum is 140 characters)"
    assert w.api("POST", f"statuses/{'0' * 40}", {"state": "success"}).status == 422
    w.api("POST", f"statuses/{sha}", {"state": "success", "description": None, "target_url": None})
    assert [s["state"] for s in w.api("GET", f"commits/{sha}/statuses").json] == ["success", "failure"]
    assert len(w.gh.statuses) == 2


def test_a_status_is_not_neutral(world: WorldFactory) -> None:
    w = world(malformed=True)
    assert w.api("POST", f"statuses/{w.pull.head_sha}", {"state": "neutral"}).status == 422


@pytest.mark.parametrize("lacking", [{}, WRITE | {"checks": "read", "statuses": "read"}])
def test_checks_need_the_permission(world: WorldFactory, lacking: dict[str, str]) -> None:
    w = world(lacking)
    for refused in (create(w), w.api("POST", f"statuses/{w.pull.head_sha}", {"state": "success"})):
        assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by integration")
