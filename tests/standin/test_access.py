"""Who may do what: tokens, their permissions, and limits of requests."""

from __future__ import annotations

import pytest

from standin import Limits
from tests.standin.conftest import WRITE, WorldFactory

READS = {
    "contents": ["git/trees/main", "contents/a.txt", "commits/main", "compare/main...feature"],
    "pull_requests": ["pulls", "pulls/1", "pulls/1/files", "pulls/1/reviews", "pulls/1/comments", "issues/1/comments"],
    "checks": ["commits/main/check-runs"],
    "statuses": ["commits/main/statuses"],
    "metadata": [""],
}


def test_everybody_reads_what_is_public(world: WorldFactory) -> None:
    w = world({})
    nobody = w.connect(None)
    for paths in READS.values():
        for path in paths:
            assert nobody("GET", path).status == w.api("GET", path).status == 200


@pytest.mark.parametrize("permission", READS)
def test_what_is_private_is_read_with_its_permission(world: WorldFactory, permission: str) -> None:
    w = world({"unrelated": "write"}, private=True)
    allowed = w.connect(w.gh.token({permission: "read"}))
    for path in READS[permission]:
        assert allowed("GET", path).status == 200
        # Every token may read the repository's metadata.
        assert w.api("GET", path).status == (200 if permission == "metadata" else 403)
        assert w.connect(None)("GET", path).status == 404


def test_nothing_is_written_without_a_token(world: WorldFactory) -> None:
    w = world()
    refused = w.connect(None)("POST", "issues/1/comments", {"body": "x"})
    assert (refused.status, refused.json["message"]) == (401, "Requires authentication")


def test_an_unknown_token_is_refused_everywhere(world: WorldFactory) -> None:
    w = world()
    stranger = w.connect("ghs_unknown")
    for path in ("pulls/1", "/user", "/rate_limit"):
        refused = stranger("GET", path)
        assert (refused.status, refused.json["message"]) == (401, "Bad credentials")


def test_the_token_of_a_fork_only_reads(world: WorldFactory) -> None:
    w = world(dict.fromkeys(WRITE, "read"))
    assert w.api("GET", "pulls/1").status == 200
    for path, body in (
        ("issues/1/comments", {"body": "x"}),
        ("pulls/1/reviews", {"body": "x", "event": "COMMENT"}),
        ("check-runs", {"name": "x", "head_sha": w.pull.head_sha}),
    ):
        refused = w.api("POST", path, body)
        assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by integration")
    assert [exchange.status for exchange in w.gh.writes()] == [403] * 3


@pytest.mark.parametrize("permission", ["issues", "pull_requests"])
def test_a_comment_needs_either_permission(world: WorldFactory, permission: str) -> None:
    w = world({permission: "write"})
    assert w.api("POST", "issues/1/comments", {"body": "x"}).status == 201


def test_who_is_asking(world: WorldFactory) -> None:
    w = world()
    refused = w.api("GET", "/user")
    assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by integration")
    assert w.as_user("maintainer")("GET", "/user").json["login"] == "maintainer"
    assert w.connect(None)("GET", "/user").status == 401
    person = w.as_user("maintainer", pull_requests="read")
    refused = person("POST", "issues/1/comments", {"body": "x"})
    assert refused.json["message"] == "Resource not accessible by personal access token"


def test_requests_run_out(world: WorldFactory) -> None:
    w = world(limits=Limits(requests=2))
    first = w.api("GET", "pulls/1")
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("2", "1")
    # Asking for the limit does not count.
    assert w.api("GET", "/rate_limit").json["rate"]["remaining"] == 1
    assert w.api.graphql("{ rateLimit { remaining used } }")["data"]["rateLimit"] == {"remaining": 0, "used": 2}
    refused = w.api("GET", "pulls/1")
    assert (refused.status, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert refused.json["message"].startswith("API rate limit exceeded")
    assert w.api.graphql("{ viewer { login } }")["errors"][0]["type"] == "RATE_LIMITED"
    # Another token has its own.
    assert w.as_user("maintainer")("GET", "pulls/1").status == 200


def test_a_client_says_what_it_is(world: WorldFactory) -> None:
    w = world()
    refused = w.api("GET", "pulls/1", User_Agent="")
    assert (refused.status, "administrative rules" in refused.json["message"]) == (403, True)
