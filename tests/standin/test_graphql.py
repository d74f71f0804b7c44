"""GraphQL: blobs, threads, hiding and resolving."""

from __future__ import annotations

from typing import Any

import pytest

from standin import Limits
from tests.standin.conftest import WRITE, World, WorldFactory

BLOBS = """
query($owner: String!, $name: String!, $a: GitObjectID!, $b: GitObjectID!) {
  repository(owner: $owner, name: $name) {
    b0: object(oid: $a) { ...blob }
    b1: object(oid: $b) { ...blob }
  }
}
fragment blob on Blob { __typename oid byteSize isBinary isTruncated text }
"""

THREADS = """
query($number: Int!, $first: Int!, $after: String) {
  repository(owner: "acme", name: "plugins") {
    pullRequest(number: $number) {
      reviewThreads(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved isOutdated line originalLine path subjectType viewerCanResolve viewerCanReply
          comments(first: 10) { nodes { id fullDatabaseId body author { login } viewerDidAuthor isMinimized } }
        }
      }
    }
  }
}
"""

RESOLVE = (
    "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved resolvedBy { login } } } }"
)
MINIMIZE = """
mutation($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) {
    minimizedComment { isMinimized minimizedReason }
  }
}
"""
ADD = """
mutation($input: AddPullRequestReviewThreadInput!) {
  addPullRequestReviewThread(input: $input) { clientMutationId thread { id line subjectType } }
}
"""


def blobs(w: World, one: str, other: str) -> Any:
    return w.api.graphql(BLOBS, owner="acme", name="plugins", a=one, b=other)["data"]["repository"]


def oid(w: World, path: str) -> str:
    return w.workspace.git("rev-parse", f"{w.pull.head_sha}:{path}")


def threads(w: World, **page: Any) -> Any:
    answer = w.api.graphql(THREADS, number=1, **({"first": 50} | page))
    return answer["data"]["repository"]["pullRequest"]["reviewThreads"]


def comment(w: World, line: int = 10) -> Any:
    entry = {"path": "a.txt", "line": line, "body": "here", "commit_id": w.pull.head_sha}
    return w.api("POST", "pulls/1/comments", entry).json


def test_blobs_come_in_one_request(world: WorldFactory) -> None:
    w = world(changed={"text": "héllo\n", "binary": b"a\0b"})
    found = blobs(w, oid(w, "text"), oid(w, "binary"))
    assert found["b0"] == {
        "__typename": "Blob",
        "oid": oid(w, "text"),
        "byteSize": 7,
        "isBinary": False,
        "isTruncated": False,
        "text": "héllo\n",
    }
    assert (found["b1"]["isBinary"], found["b1"]["text"], found["b1"]["byteSize"]) == (True, None, 3)
    assert len(w.gh.requests) == 1


def test_text_is_not_always_the_bytes_of_the_blob(world: WorldFactory) -> None:
    w = world(limits=Limits(graphql_text_bytes=10), changed={"latin": b"h\xe9\n", "long": "é" * 20})
    found = blobs(w, oid(w, "latin"), oid(w, "long"))
    assert (found["b0"]["text"], found["b0"]["byteSize"], found["b0"]["isTruncated"]) == ("hé\n", 3, False)
    assert (found["b1"]["text"], found["b1"]["byteSize"], found["b1"]["isTruncated"]) == ("é" * 5, 40, True)


def test_other_objects(world: WorldFactory) -> None:
    w = world(changed={"dir/a": "x"})
    query = """
    query($oid: GitObjectID, $expression: String) {
      repository(owner: "ACME", name: "Plugins") {
        nameWithOwner
        object(oid: $oid, expression: $expression) {
          __typename
          ... on Commit { message tree { entries { name type object { ... on Blob { text } } } } }
          ... on Blob { text }
        }
      }
    }
    """

    def found(**variables: str) -> Any:
        return w.api.graphql(query, **variables)["data"]["repository"]["object"]

    commit = found(oid=w.pull.head_sha)
    assert (commit["__typename"], commit["message"]) == ("Commit", "Change lines")
    assert [entry["name"] for entry in commit["tree"]["entries"]][:2] == ["a.txt", "dir"]
    assert found(expression="feature:dir/a")["text"] == "x"
    assert found(expression="feature:dir")["__typename"] == "Tree"
    assert found(oid="0" * 40) is found(expression="main:nowhere") is None


def test_threads_come_in_pages(world: WorldFactory) -> None:
    w = world()
    first, second = comment(w), comment(w, 40)
    w.api("POST", f"pulls/1/comments/{first['id']}/replies", {"body": "reply"})
    page = threads(w, first=1)
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, True)
    (thread,) = page["nodes"]
    assert [c["body"] for c in thread["comments"]["nodes"]] == ["here", "reply"]
    assert thread["comments"]["nodes"][0] == {
        "id": first["node_id"],
        "fullDatabaseId": str(first["id"]),
        "body": "here",
        # GraphQL names a bot without `[bot]`.
        "author": {"login": "github-actions"},
        "viewerDidAuthor": True,
        "isMinimized": False,
    }
    rest = threads(w, first=1, after=page["pageInfo"]["endCursor"])
    assert (rest["pageInfo"]["hasNextPage"], rest["nodes"][0]["line"]) == (False, 40)
    assert rest["nodes"][0]["comments"]["nodes"][0]["id"] == second["node_id"]
    w.push({"a.txt": "other\n"})
    assert [(t["isOutdated"], t["line"], t["originalLine"]) for t in threads(w)["nodes"]] == [
        (True, None, 10),
        (True, None, 40),
    ]


def test_lists_need_a_size(world: WorldFactory) -> None:
    w = world()
    query = '{ repository(owner: "acme", name: "plugins") { pullRequest(number: 1) { comments%s { totalCount } } } }'
    for arguments, kind in (("", "MISSING_PAGINATION_BOUNDARIES"), ("(first: 101)", "EXCESSIVE_PAGINATION")):
        assert w.api.graphql(query % arguments)["errors"][0]["type"] == kind


def test_resolving_needs_the_right_to_push(world: WorldFactory) -> None:
    w = world()
    comment(w)
    (thread,) = threads(w)["nodes"]
    assert (thread["viewerCanResolve"], thread["viewerCanReply"]) == (False, True)
    refused = w.api.graphql(RESOLVE, id=thread["id"])
    assert refused["data"] == {"resolveReviewThread": None}
    (error,) = refused["errors"]
    assert (error["type"], error["path"], error["extensions"]) == (
        "FORBIDDEN",
        ["resolveReviewThread"],
        {"saml_failure": False},
    )
    assert error["message"] == "Resource not accessible by integration"
    assert not w.pull.threads[0].resolved
    pusher = w.connect(w.gh.token(WRITE | {"contents": "write"}))
    resolved = pusher.graphql(RESOLVE, id=thread["id"])["data"]["resolveReviewThread"]["thread"]
    assert resolved == {"isResolved": True, "resolvedBy": {"login": "github-actions[bot]"}}
    pusher.graphql(RESOLVE.replace("resolve", "unresolve", 1), id=thread["id"])
    assert not w.pull.threads[0].resolved


def test_comments_and_reviews_are_hidden(world: WorldFactory) -> None:
    w = world()
    inline = comment(w)
    review = w.api("GET", "pulls/1/reviews").json[0]
    sticky = w.api("POST", "issues/1/comments", {"body": "x"}).json
    for subject in (inline, review, sticky):
        hidden = w.api.graphql(MINIMIZE, id=subject["node_id"])["data"]["minimizeComment"]["minimizedComment"]
        assert hidden == {"isMinimized": True, "minimizedReason": "outdated"}
    assert (w.pull.issue_comments[0].minimized, w.pull.reviews[0].minimized) == ("outdated", "outdated")
    shown = w.api.graphql(
        "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) { unminimizedComment { isMinimized } } }",
        id=inline["node_id"],
    )
    assert shown["data"]["unminimizeComment"]["unminimizedComment"]["isMinimized"] is False


def test_hiding_needs_the_permission(world: WorldFactory) -> None:
    w = world({"pull_requests": "read"})
    theirs = w.gh.comment(w.pull, "x")
    (found,) = w.api("GET", "issues/1/comments").json
    assert w.api.graphql(MINIMIZE, id=found["node_id"])["errors"][0]["type"] == "FORBIDDEN"
    assert theirs.minimized is None


def test_unknown_things_are_not_found(world: WorldFactory) -> None:
    w = world()
    answer = w.api.graphql(BLOBS, owner="acme", name="other", a="0" * 40, b="0" * 40)
    assert answer["data"] == {"repository": None}
    assert (answer["errors"][0]["type"], answer["errors"][0]["message"]) == (
        "NOT_FOUND",
        "Could not resolve to a Repository with the name 'acme/other'.",
    )
    assert w.api.graphql(MINIMIZE, id="nothing")["errors"][0]["type"] == "NOT_FOUND"
    assert w.api.graphql(THREADS, number=2, first=1)["errors"][0]["type"] == "NOT_FOUND"


def test_a_thread_on_a_file_or_line(world: WorldFactory) -> None:
    w = world()
    pull = w.api("GET", "pulls/1").json["node_id"]
    given = {"pullRequestId": pull, "path": "a.txt", "body": "b", "clientMutationId": "7"}
    on_file = w.api.graphql(ADD, input=given | {"subjectType": "FILE"})["data"]["addPullRequestReviewThread"]
    assert (on_file["clientMutationId"], on_file["thread"]["subjectType"]) == ("7", "FILE")
    on_line = w.api.graphql(ADD, input=given | {"line": 10, "startLine": 9})["data"]["addPullRequestReviewThread"]
    assert on_line["thread"]["line"] == 10
    # Both wait in one pending review.
    (review,) = w.api("GET", "pulls/1/reviews").json
    assert review["state"] == "PENDING"
    more = {"pullRequestReviewId": review["node_id"], "path": "a.txt", "body": "b", "line": 40}
    assert w.api.graphql(ADD, input=more)["data"]["addPullRequestReviewThread"]["thread"]["line"] == 40
    w.api("POST", f"pulls/1/reviews/{review['id']}/events", {"event": "COMMENT", "body": "x"})
    assert len(w.api("GET", "pulls/1/comments").json) == 3


def test_a_thread_outside_the_diff_is_taken_and_never_shown(world: WorldFactory) -> None:
    w = world()
    pull = w.api("GET", "pulls/1").json["node_id"]
    answer = w.api.graphql(ADD, input={"pullRequestId": pull, "path": "a.txt", "line": 25, "body": "lost"})
    assert "errors" not in answer
    assert answer["data"]["addPullRequestReviewThread"]["thread"]["line"] is None
    assert w.api("GET", "pulls/1/comments").json == []
    refused = w.api.graphql(ADD, input={"pullRequestId": pull, "path": "same.txt", "line": 1, "body": "x"})
    assert (refused["errors"][0]["type"], refused["errors"][0]["message"]) == (
        "UNPROCESSABLE",
        "Path could not be resolved",
    )


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_the_viewer(world: WorldFactory, prefix: str) -> None:
    w = world(prefix=prefix)
    assert w.gh.graphql_url.removeprefix(w.gh.server_url) == ("/api/graphql" if prefix else "/graphql")
    token = w.gh.token()
    at_root = w.connect(token)
    at_root._prefix = "/api" if prefix else ""
    assert at_root.graphql("{ viewer { login } }") == {"data": {"viewer": {"login": "github-actions[bot]"}}}


def test_private_objects_need_the_permission(world: WorldFactory) -> None:
    w = world({"pull_requests": "read"}, private=True)
    answer = w.api.graphql(BLOBS, owner="acme", name="plugins", a=oid(w, "a.txt"), b=oid(w, "same.txt"))
    assert [error["type"] for error in answer["errors"]] == ["FORBIDDEN"] * 2
    assert answer["data"]["repository"] == {"b0": None, "b1": None}


def test_what_is_no_query(world: WorldFactory) -> None:
    w = world(malformed=True)
    assert "Parse error" in w.api("POST", "/graphql", {"query": "{"}).json["errors"][0]["message"]
    assert w.api("POST", "/graphql", {"query": "{ nothing }"}).status == 200
    assert w.api("POST", "/graphql", {}).status == 400
    assert w.connect(None)("POST", "/graphql", {"query": "{ viewer { login } }"}).status == 401
