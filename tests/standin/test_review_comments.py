"""Comments in the diff: on lines, on files, in threads, and after the head moved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standin.conftest import World, WorldFactory, numbered


def create(w: World, **fields: Any) -> Any:
    body = {"path": "a.txt", "line": 10, "body": "here", "commit_id": w.pull.head_sha} | fields
    return w.api("POST", "pulls/1/comments", {key: value for key, value in body.items() if value is not None})


def comments(w: World) -> Any:
    return w.api("GET", "pulls/1/comments").json


def test_a_single_comment_is_a_review_without_a_body(world: WorldFactory) -> None:
    w = world()
    made = create(w)
    assert made.status == 201
    (review,) = w.api("GET", "pulls/1/reviews").json
    assert (review["id"], review["body"], review["state"]) == (made.json["pull_request_review_id"], "", "COMMENTED")
    assert (made.json["position"], made.json["original_line"], made.json["subject_type"]) == (5, 10, "line")
    assert made.json["diff_hunk"].endswith("-line 10\n+LINE 10")


def test_a_comment_on_a_whole_file(world: WorldFactory) -> None:
    w = world()
    made = create(w, line=None, subject_type="file", path="gone.txt")
    assert made.status == 201
    assert (made.json["subject_type"], made.json["line"], made.json["position"]) == ("file", None, 1)
    w.push({"b.txt": "b"})
    # A push does not make it outdated.
    assert comments(w)[0]["position"] == 1
    refused = create(w, line=None, subject_type="file", path="same.txt")
    assert [error["field"] for error in refused.json["errors"]] == [
        "pull_request_review_thread.path",
        "pull_request_review_thread.diff_hunk",
    ]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"line": 25}, "pull_request_review_thread.line", "custom"),
        ({"line": 10, "start_line": 3}, "pull_request_review_thread.start_line", "custom"),
        ({"line": 10, "start_line": 12}, "pull_request_review_thread.start_line", "custom"),
        ({"path": "nowhere"}, "pull_request_review_thread.path", "invalid"),
        ({"commit_id": "0" * 40}, "end_commit_oid", "custom"),
        ({"body": " "}, "body", "missing_field"),
        ({"body": "x" * 65_537}, "body", "custom"),
    ],
)
def test_what_cannot_be_placed_is_refused(world: WorldFactory, fields: dict[str, Any], field: str, code: str) -> None:
    w = world()
    refused = create(w, **fields)
    assert (refused.status, refused.json["message"]) == (422, "Validation Failed")
    error = refused.json["errors"][0]
    assert (error["resource"], error["field"], error["code"]) == ("PullRequestReviewComment", field, code)
    assert w.pull.threads == []


@pytest.mark.parametrize("fields", [{"line": None}, {"subject_type": "line"}, {"side": "MIDDLE"}, {"commit_id": None}])
def test_what_is_no_comment_is_refused(world: WorldFactory, fields: dict[str, Any]) -> None:
    w = world(malformed=True)
    refused = create(w, **fields)
    assert refused.status == 422
    assert refused.json["message"].startswith("Invalid request.")


def test_replies_join_the_thread(world: WorldFactory) -> None:
    w = world()
    root = create(w).json
    reply = w.api("POST", f"pulls/1/comments/{root['id']}/replies", {"body": "yes"})
    assert (reply.status, reply.json["in_reply_to_id"], reply.json["line"]) == (201, root["id"], 10)
    # An answer to an answer is one to the first comment.
    second = create(w, body="no", in_reply_to=reply.json["id"], line=None)
    assert second.json["in_reply_to_id"] == root["id"]
    assert [len(thread.comments) for thread in w.pull.threads] == [3]
    assert w.api("POST", "pulls/1/comments/7/replies", {"body": "?"}).status == 404
    assert w.api("DELETE", f"pulls/comments/{root['id']}").status == 204
    assert [comment["body"] for comment in comments(w)] == ["yes", "no"]


def test_comments_are_changed_and_deleted(world: WorldFactory) -> None:
    w = world()
    path = f"pulls/comments/{create(w).json['id']}"
    assert w.api("PATCH", path, {"body": "there"}).json["body"] == "there"
    assert w.api("GET", path).json["body"] == "there"
    assert w.api("PATCH", path, {"body": ""}).status == 422
    assert w.api("DELETE", path).status == 204
    assert w.api("DELETE", path).status == 404
    assert w.pull.threads == []


def test_comments_are_listed_in_pages_and_orders(world: WorldFactory) -> None:
    w = world()
    for index in range(3):
        create(w, body=str(index))
    assert [c["body"] for c in w.api("GET", "pulls/1/comments?per_page=2").json] == ["0", "1"]
    assert [c["body"] for c in w.api("GET", "pulls/1/comments?sort=created&direction=desc").json] == ["2", "1", "0"]
    assert [c["body"] for c in w.api("GET", "pulls/1/comments?sort=created&direction=asc").json] == ["0", "1", "2"]


def test_a_comment_moves_with_its_line(world: WorldFactory) -> None:
    w = world()
    made = create(w, start_line=9).json
    old = w.pull.head_sha
    w.push({"a.txt": "one\ntwo\n" + numbered(60, _10="LINE 10", _40="LINE 40")})
    (comment,) = comments(w)
    assert (comment["start_line"], comment["line"], comment["original_start_line"], comment["original_line"]) == (
        11,
        12,
        9,
        10,
    )
    assert (comment["commit_id"], comment["original_commit_id"]) == (w.pull.head_sha, old)
    assert comment["position"] != made["position"] == comment["original_position"]


def test_a_comment_follows_a_renamed_file(world: WorldFactory) -> None:
    w = world()
    create(w)
    w.workspace.git("mv", "a.txt", "b.txt")
    w.push({})
    (comment,) = comments(w)
    assert (comment["line"], comment["path"]) == (10, "a.txt")


@pytest.mark.parametrize(
    "files",
    [
        {"a.txt": numbered(60, _10="another line", _40="LINE 40")},
        # The change is taken back: the line is not a part of the diff any more.
        {"a.txt": numbered(60)},
        {"a.txt": None},
    ],
)
def test_a_comment_on_a_line_that_is_gone_is_outdated(world: WorldFactory, files: dict[str, str | None]) -> None:
    w = world()
    create(w)
    old = w.pull.head_sha
    w.push(files)
    (comment,) = comments(w)
    assert (comment["line"], comment["position"], comment["original_line"]) == (None, None, 10)
    assert (comment["commit_id"], comment["original_commit_id"]) == (old, old)


def test_a_range_is_outdated_when_its_first_line_is(world: WorldFactory) -> None:
    w = world()
    create(w, start_line=9)
    w.push({"a.txt": numbered(60, _9="LINE 9", _10="LINE 10", _40="LINE 40")})
    (comment,) = comments(w)
    assert (comment["start_line"], comment["line"], comment["original_start_line"]) == (None, None, 9)


def test_a_comment_on_an_old_line_moves_with_the_base(world: WorldFactory) -> None:
    w = world(changed={})
    w.workspace.git("mv", "a.txt", "b.txt")
    w.push({"b.txt": numbered(60, _10="LINE 10")})
    create(w, path="b.txt", side="LEFT")
    w.workspace.git("checkout", "-q", "main")
    w.workspace.commit({"a.txt": "one\ntwo\n" + numbered(60)})
    w.workspace.git("checkout", "-q", "feature")
    w.workspace.git("merge", "-q", "--no-edit", "main")
    w.gh.push(w.pull, "feature")
    (comment,) = comments(w)
    assert (comment["line"], comment["original_line"], comment["path"]) == (12, 10, "b.txt")
    assert w.pull.base_sha == w.workspace.git("rev-parse", "main")


def test_comments_on_old_lines_stay_while_those_are_deleted(world: WorldFactory) -> None:
    w = world()
    create(w, side="LEFT")
    create(w, path="gone.txt", line=2, side="LEFT")
    w.push({"a.txt": numbered(60, _10="yet another line")})
    assert [(c["line"], c["side"]) for c in comments(w)] == [(10, "LEFT"), (2, "LEFT")]
    w.push({"gone.txt": "away\nfor good\n"})
    assert [c["line"] for c in comments(w)] == [10, None]


def test_comments_at_an_older_commit_have_its_lines(world: WorldFactory) -> None:
    w = world()
    old = w.pull.head_sha
    w.push({"a.txt": "one\ntwo\n" + numbered(60, _10="LINE 10", _40="LINE 40")})
    made = create(w, commit_id=old).json
    assert (made["original_line"], made["line"]) == (10, 12)
    # At that commit, line 12 was another one.
    assert create(w, commit_id=old, line=14).status == 422
    assert create(w, line=14).status == 201
