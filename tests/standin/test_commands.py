"""What commands in comments need: reactions, what people may do, jobs that run again, commits on a branch."""

from __future__ import annotations

import base64

import pytest

from tests.standin.conftest import WRITE, World, WorldFactory

COMMIT = """
mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid message } } }
"""


def test_a_reaction_counts_once(world: WorldFactory) -> None:
    w = world(malformed=True)
    comment = w.gh.comment(w.pull, "Hello")
    path = f"issues/comments/{comment.id}/reactions"
    assert [w.api("POST", path, {"content": "eyes"}).status for _ in range(2)] == [201, 200]
    assert comment.reactions == [("github-actions[bot]", "eyes")]
    assert w.api("POST", path, {"content": "hm"}).status == 422


@pytest.mark.parametrize(
    ("granted", "permission"),
    [("admin", "admin"), ("maintain", "write"), ("write", "write"), ("triage", "read"), ("read", "read")],
)
def test_what_somebody_may_do(world: WorldFactory, granted: str, permission: str) -> None:
    w = world()
    w.gh.core.state.collaborators["somebody"] = granted
    answer = w.api("GET", "collaborators/somebody/permission").json
    assert (answer["permission"], answer["role_name"]) == (permission, granted)
    assert w.api("GET", "collaborators/anybody/permission").json["permission"] == "read"


def test_a_job_runs_again(world: WorldFactory) -> None:
    w = world(permissions={**WRITE, "actions": "write"})
    assert w.api("POST", "actions/jobs/7/rerun").status == 201
    w.gh.core.state.no_reruns[8] = "This workflow is already running"
    assert w.api("POST", "actions/jobs/8/rerun").status == 403
    assert w.gh.core.state.reruns == [7]
    assert world(permissions=WRITE).api("POST", "actions/jobs/7/rerun").status == 403


def commit(w: World, expected: str, path: str = "a.txt", branch: str = "feature") -> dict[str, object]:
    given = {
        "branch": {"repositoryNameWithOwner": "acme/plugins", "branchName": branch},
        "message": {"headline": "Mend", "body": "it"},
        "expectedHeadOid": expected,
        "fileChanges": {"additions": [{"path": path, "contents": base64.b64encode(b"mended").decode()}]},
    }
    answer: dict[str, object] = w.api.graphql(COMMIT, input=given)
    return answer


def test_a_commit_needs_the_branch_to_be_where_it_is_expected(world: WorldFactory) -> None:
    w = world(permissions={**WRITE, "contents": "write"})
    w.pull.head_repo = "acme/plugins"
    before = w.pull.head_sha
    assert "errors" not in commit(w, before)
    assert w.workspace.git("rev-parse", "feature") == w.pull.head_sha != before
    assert w.workspace.git("rev-parse", "feature^") == before
    assert w.workspace.git("show", "feature:a.txt") == "mended"
    assert w.workspace.git("diff", "--name-only", before, "feature") == "a.txt"
    stale = commit(w, before)
    assert stale["errors"][0]["type"] == "STALE_DATA"  # type: ignore[index]
    assert "errors" in commit(w, w.pull.head_sha, path="../x")
    assert "errors" in commit(w, w.pull.head_sha, path=".github/workflows/x.yml")
    assert "errors" in commit(w, w.pull.head_sha, branch="nowhere")


def test_a_commit_needs_the_permission(world: WorldFactory) -> None:
    w = world(permissions=WRITE)
    assert commit(w, w.pull.head_sha)["errors"][0]["type"] == "FORBIDDEN"  # type: ignore[index]
