"""Issue comments: pages, limits, authors, locks."""

from __future__ import annotations

import pytest

from tests.standin.conftest import WorldFactory


def test_comments_come_oldest_first_in_pages(world: WorldFactory) -> None:
    w = world()
    for index in range(35):
        w.gh.comment(w.pull, f"comment {index}", author="reader")
    made = w.api("POST", "issues/1/comments", {"body": "mine"})
    assert made.status == 201
    first = w.api("GET", "issues/1/comments")
    assert [comment["body"] for comment in first.json] == [f"comment {index}" for index in range(30)]
    assert 'rel="next"' in first.headers["Link"]
    second = w.api("GET", "issues/1/comments?page=2").json
    assert second[-1]["user"]["login"] == "github-actions[bot]"
    assert second[-1]["performed_via_github_app"]["slug"] == "github-actions"
    assert second[0]["performed_via_github_app"] is None
    since = made.json["created_at"]
    assert [c["body"] for c in w.api("GET", f"issues/1/comments?since={since}").json] == ["mine"]


def test_a_comment_is_changed_and_deleted(world: WorldFactory) -> None:
    w = world()
    made = w.api("POST", "issues/1/comments", {"body": "first"}).json
    path = f"issues/comments/{made['id']}"
    changed = w.api("PATCH", path, {"body": "second"}).json
    assert (changed["body"], changed["created_at"]) == ("second", made["created_at"])
    assert changed["updated_at"] > made["updated_at"]
    assert w.api("GET", path).json == changed
    assert w.api("DELETE", path).status == 204
    assert w.api("GET", path).status == 404
    assert w.pull.issue_comments == []


def test_a_token_that_may_write_may_change_what_others_wrote(world: WorldFactory) -> None:
    w = world()
    theirs = w.gh.comment(w.pull, "mine alone", author="reader")
    assert w.api("PATCH", f"issues/comments/{theirs.id}", {"body": "not any more"}).status == 200
    # The test that must not happen sees who did it to whom.
    assert (theirs.author, theirs.body, w.gh.requests[-1].login) == ("reader", "not any more", "github-actions[bot]")


@pytest.mark.parametrize("text", ["a", "é", "😀"])
def test_the_limit_of_a_body_is_in_code_points(world: WorldFactory, text: str) -> None:
    w = world()
    assert w.api("POST", "issues/1/comments", {"body": text * 65_536}).status == 201
    refused = w.api("POST", "issues/1/comments", {"body": text * 65_537})
    assert refused.status == 422
    assert refused.json["message"] == "Validation Failed"
    assert refused.json["errors"] == [
        {
            "resource": "IssueComment",
            "code": "unprocessable",
            "field": "data",
            "message": "Body is too long (maximum is 65536 characters)",
        }
    ]
    assert w.api("PATCH", f"issues/comments/{w.pull.issue_comments[0].id}", {"body": text * 65_537}).status == 422
    assert [comment.body for comment in w.pull.issue_comments] == [text * 65_536]


@pytest.mark.parametrize("body", ["", " \n\t"])
def test_a_blank_comment_is_refused(world: WorldFactory, body: str) -> None:
    w = world()
    refused = w.api("POST", "issues/1/comments", {"body": body})
    assert (refused.status, refused.json["errors"][0]["message"]) == (422, "Body cannot be blank")


def test_what_is_no_comment_is_refused(world: WorldFactory) -> None:
    w = world(malformed=True)
    for body, problem in (
        ({}, '"body" wasn\'t supplied.'),
        ({"body": 3}, "For 'properties/body', 3 is not a string."),
        ({"body": None}, "For 'properties/body', nil is not a string."),
    ):
        refused = w.api("POST", "issues/1/comments", body)
        assert (refused.status, refused.json["message"]) == (422, f"Invalid request.\n\n{problem}")
    assert w.api("POST", "issues/2/comments", {"body": "x"}).status == 404


def test_a_locked_conversation_takes_no_comments(world: WorldFactory) -> None:
    w = world()
    mine = w.gh.comment(w.pull, "before", author="github-actions[bot]")
    w.api(
        "POST",
        "pulls/1/reviews",
        {"body": "b", "event": "COMMENT", "comments": [{"path": "a.txt", "line": 10, "body": "x"}]},
    )
    inline = w.pull.review_comments[0].id
    w.pull.locked = True
    entry = {"path": "a.txt", "line": 10, "body": "x", "commit_id": w.pull.head_sha}
    for path, body in (
        ("issues/1/comments", {"body": "x"}),
        ("pulls/1/reviews", {"body": "x", "event": "COMMENT"}),
        ("pulls/1/comments", entry),
        (f"pulls/1/comments/{inline}/replies", {"body": "x"}),
    ):
        refused = w.api("POST", path, body)
        assert (refused.status, refused.json["message"]) == (
            403,
            "Unable to create comment because issue is locked.",
        )
    assert (len(w.pull.issue_comments), len(w.pull.reviews), len(w.pull.review_comments)) == (1, 1, 1)
    # What is there can still be changed.
    assert w.api("PATCH", f"issues/comments/{mine.id}", {"body": "after"}).status == 200
