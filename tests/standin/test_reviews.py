"""Reviews: all or nothing, and where comments can be."""

from __future__ import annotations

from typing import Any

import pytest

from standin import Limits
from tests.standin.conftest import WRITE, World, WorldFactory, numbered

GOOD = {"path": "a.txt", "line": 10, "body": "good"}


def review(w: World, *comments: dict[str, Any], **fields: Any) -> Any:
    body = {"commit_id": w.pull.head_sha, "body": "Summary", "event": "COMMENT", "comments": list(comments)} | fields
    return w.api("POST", "pulls/1/reviews", {key: value for key, value in body.items() if value is not None})


@pytest.mark.parametrize(
    "anchor",
    [
        {"path": "a.txt", "line": 7},
        {"path": "a.txt", "line": 43, "side": "RIGHT"},
        {"path": "a.txt", "line": 10, "side": "LEFT"},
        {"path": "a.txt", "line": 13, "side": "LEFT"},
        {"path": "a.txt", "start_line": 7, "line": 13},
        {"path": "a.txt", "start_line": 10, "start_side": "LEFT", "line": 10, "side": "RIGHT"},
        {"path": "a.txt", "position": 5},
        {"path": "gone.txt", "line": 1, "side": "LEFT"},
        {"path": "new.txt", "start_line": 1, "start_side": "RIGHT", "line": 3, "side": "RIGHT"},
    ],
)
def test_lines_inside_a_hunk_are_accepted(world: WorldFactory, anchor: dict[str, Any]) -> None:
    w = world()
    made = review(w, anchor | {"body": "here"})
    assert (made.status, made.json["state"]) == (200, "COMMENTED")
    (comment,) = w.api("GET", "pulls/1/comments").json
    assert comment["pull_request_review_id"] == made.json["id"]
    if "line" in anchor:
        given = {name: comment[name] for name in anchor}
        assert given == anchor


LINE = "Line could not be resolved"
HUNK = "Pull request review thread start line must be part of the same hunk as the line."
ORDER = "Pull request review thread start line must precede the end line."
PATH = "Path could not be resolved"


@pytest.mark.parametrize(
    ("anchor", "problem"),
    [
        ({"path": "a.txt", "line": 6}, LINE),
        ({"path": "a.txt", "line": 14}, LINE),
        ({"path": "a.txt", "line": 60}, LINE),
        ({"path": "a.txt", "line": 0}, LINE),
        ({"path": "a.txt", "line": 25, "side": "LEFT"}, LINE),
        ({"path": "a.txt"}, LINE),
        ({"path": "a.txt", "position": 9}, LINE),
        ({"path": "gone.txt", "line": 1}, LINE),
        ({"path": "new.txt", "line": 1, "side": "LEFT"}, LINE),
        ({"path": "a.txt", "start_line": 6, "line": 10}, HUNK),
        ({"path": "a.txt", "start_line": 10, "line": 40}, HUNK),
        ({"path": "a.txt", "start_line": 10, "line": 10}, ORDER),
        ({"path": "a.txt", "start_line": 11, "line": 10}, ORDER),
        ({"path": "a.txt", "start_line": 40, "line": 10}, ORDER),
        ({"path": "a.txt", "start_line": 10, "start_side": "RIGHT", "line": 10, "side": "LEFT"}, ORDER),
        ({"path": "same.txt", "line": 1}, PATH),
        ({"path": "nowhere.txt", "line": 1}, PATH),
        ({"path": "/a.txt", "line": 10}, PATH),
    ],
)
def test_one_bad_anchor_refuses_the_whole_review(world: WorldFactory, anchor: dict[str, Any], problem: str) -> None:
    w = world()
    refused = review(w, GOOD, anchor | {"body": "bad"}, GOOD)
    assert (refused.status, refused.json["message"], refused.json["errors"]) == (
        422,
        "Unprocessable Entity",
        [problem],
    )
    assert (w.pull.reviews, w.pull.threads) == ([], [])


def test_problems_are_joined_and_no_entry_is_named(world: WorldFactory) -> None:
    w = world()
    bad = [{"path": "x", "line": 1, "body": "x"}, {"path": "a.txt", "line": 1, "body": "x"}]
    assert review(w, *bad, *bad).json["errors"] == [f"{PATH}, {LINE}"]


def test_a_line_can_be_refused_although_it_is_in_the_diff(world: WorldFactory) -> None:
    w = world()
    w.gh.refuse_line("a.txt", 10)
    assert review(w, GOOD).json["errors"] == [LINE]
    assert review(w, GOOD | {"line": 11}).status == 200


def test_files_without_a_patch_have_no_lines(world: WorldFactory) -> None:
    w = world(limits=Limits(patch_lines=5), changed={"long.txt": numbered(9), "z.bin": b"\0", "new name.txt": "x\n"})
    assert review(w, {"path": "long.txt", "line": 1, "body": "x"}).json["errors"] == [LINE]
    assert review(w, {"path": "z.bin", "line": 1, "body": "x"}).json["errors"] == [LINE]
    assert review(w, {"path": "new name.txt", "line": 1, "body": "x"}).status == 200


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"subject_type": "file"}, '"subject_type" is not a permitted key.'),
        ({"side": "MIDDLE"}, "For 'properties/side', MIDDLE is not a possible value."),
        ({"line": "10"}, "For 'properties/line', \"10\" is not an integer."),
        ({"line": True}, "For 'properties/line', True is not an integer."),
        ({"body": None}, "For 'properties/body', nil is not a string."),
    ],
)
def test_entries_have_a_fixed_shape(world: WorldFactory, entry: dict[str, Any], problem: str) -> None:
    w = world(malformed=True)
    refused = review(w, GOOD | entry)
    assert refused.status == 422
    assert problem in refused.json["message"]
    assert review(w, "no object").status == 422  # type: ignore[arg-type]
    assert w.pull.reviews == []


def test_bodies(world: WorldFactory) -> None:
    w = world(malformed=True)
    for event in ("COMMENT", "REQUEST_CHANGES"):
        assert review(w, GOOD, event=event, body=None).json["errors"] == ["Body can't be blank"]
    assert review(w, GOOD | {"body": " "}).json["errors"] == ["Body can't be blank"]
    too_long = "Body is too long (maximum is 65536 characters)"
    assert review(w, body="x" * 65_537).json["errors"] == [too_long]
    assert review(w, GOOD | {"body": "x" * 65_537}).json["errors"] == [too_long]
    assert review(w, event="NOPE").status == 422
    assert review(w, GOOD | {"body": "x" * 65_536}, body="x" * 65_536).status == 200
    assert len(w.pull.reviews) == 1


def test_the_commit_must_be_one_of_the_pull_request(world: WorldFactory) -> None:
    w = world()
    foreign = "The commitOID is not part of the pull request"
    for commit in (w.workspace.git("rev-parse", "main"), w.pull.merge_sha, "0" * 40, "feature"):
        assert review(w, GOOD, commit_id=commit).json["errors"] == [foreign]
    first = w.pull.head_sha
    w.push({"a.txt": numbered(60, _10="TEN again", _40="LINE 40")})
    # Without a commit, it is the head.
    assert review(w, GOOD, commit_id=None).json["commit_id"] == w.pull.head_sha
    assert review(w, GOOD, commit_id=first).json["commit_id"] == first
    # After a forced push, the old head is not a part of it any more.
    w.workspace.git("checkout", "-q", "-B", "feature", "main")
    w.push({"new.txt": "other\n"})
    assert review(w, commit_id=first).json["errors"] == [foreign]


def test_one_pending_review_for_each_user(world: WorldFactory) -> None:
    w = world()
    pending = review(w, GOOD, event=None)
    assert (pending.json["state"], "submitted_at" in pending.json) == ("PENDING", False)
    assert review(w).json["errors"] == ["User can only have one pending review per pull request"]
    entry = GOOD | {"commit_id": w.pull.head_sha}
    assert w.api("POST", "pulls/1/comments", entry).status == 422
    # Nobody else sees it.
    other = w.as_user("reader", pull_requests="write")
    assert (other("GET", "pulls/1/reviews").json, other("GET", "pulls/1/comments").json) == ([], [])
    assert other("GET", f"pulls/1/reviews/{pending.json['id']}").status == 404
    assert len(w.api("GET", "pulls/1/comments").json) == 1
    submitted = w.api("POST", f"pulls/1/reviews/{pending.json['id']}/events", {"event": "COMMENT", "body": "Done"})
    assert (submitted.json["state"], submitted.json["body"]) == ("COMMENTED", "Done")
    assert len(other("GET", "pulls/1/comments").json) == 1
    assert review(w).status == 200


def test_a_pending_review_is_deleted_with_its_comments(world: WorldFactory) -> None:
    w = world()
    identity = review(w, GOOD, event=None).json["id"]
    assert w.api("DELETE", f"pulls/1/reviews/{identity}").status == 200
    assert (w.pull.reviews, w.pull.threads) == ([], [])
    submitted = review(w).json["id"]
    assert w.api("DELETE", f"pulls/1/reviews/{submitted}").status == 422


def test_approvals(world: WorldFactory) -> None:
    w = world()
    assert review(w, event="APPROVE").json["errors"] == ["GitHub Actions is not permitted to approve pull requests."]
    author = w.as_user("forker", pull_requests="write")
    for event, what in (("APPROVE", "approve"), ("REQUEST_CHANGES", "request changes on")):
        refused = author("POST", "pulls/1/reviews", {"event": event, "body": "x"})
        assert refused.json["errors"] == [f"Can not {what} your own pull request"]
    maintainer = w.as_user("maintainer", pull_requests="write")
    assert maintainer("POST", "pulls/1/reviews", {"event": "APPROVE"}).json["state"] == "APPROVED"


def test_only_verdicts_are_dismissed(world: WorldFactory) -> None:
    w = world()
    commented = review(w).json["id"]
    refused = w.api("PUT", f"pulls/1/reviews/{commented}/dismissals", {"message": "old"})
    assert refused.json["errors"] == ["Can not dismiss a commented pull request review"]
    requested = review(w, event="REQUEST_CHANGES").json
    assert requested["state"] == "CHANGES_REQUESTED"
    path = f"pulls/1/reviews/{requested['id']}/dismissals"
    assert w.api("PUT", path, {"message": "solved"}).json["state"] == "DISMISSED"
    assert w.api("PUT", path, {"message": "solved"}).json["errors"] == [
        "Can not dismiss a dismissed pull request review"
    ]


def test_the_body_of_a_review_is_changed(world: WorldFactory) -> None:
    w = world()
    path = f"pulls/1/reviews/{review(w).json['id']}"
    assert w.api("PUT", path, {"body": "new"}).json["body"] == "new"
    assert w.api("GET", path).json["body"] == "new"
    assert w.api("PUT", path, {"body": "x" * 65_537}).status == 422
    assert w.api("PUT", path, {"body": ""}).status == 422


def test_the_comments_of_one_review(world: WorldFactory) -> None:
    w = world()
    first, second = review(w, GOOD, GOOD).json["id"], review(w, GOOD | {"body": "other"}).json["id"]
    assert len(w.api("GET", f"pulls/1/reviews/{first}/comments").json) == 2
    (other,) = w.api("GET", f"pulls/1/reviews/{second}/comments").json
    assert other["body"] == "other"
    assert [[comment.body for comment in review.comments] for review in w.pull.reviews] == [["good"] * 2, ["other"]]
    w.api("DELETE", f"pulls/comments/{other['id']}")
    assert w.pull.reviews[1].comments == []
    assert w.api("GET", "pulls/1/reviews/3/comments").status == 404


def test_a_review_needs_the_permission(world: WorldFactory) -> None:
    for lacking in ({}, {"pull_requests": "read"}, WRITE | {"pull_requests": "read"}, {"issues": "write"}):
        w = world(lacking)
        refused = review(w, GOOD)
        assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by integration")
        assert w.pull.reviews == []
