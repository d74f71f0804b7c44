"""Trouble made on purpose, and the server around it."""

from __future__ import annotations

import http.client
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from standin import Request, StandIn
from tests.standin.conftest import Client, WorldFactory, numbered
from tests.support.standin import Workspace

REVIEWS = ("POST", r"/reviews$")
REVIEW = {"body": "Summary", "event": "COMMENT"}


def test_an_error_before_and_after_the_request_was_carried_out(world: WorldFactory) -> None:
    w = world()
    lost = w.gh.faults.add(REVIEWS, status=502)
    assert w.api("POST", "pulls/1/reviews", REVIEW).status == 502
    assert w.pull.reviews == []
    kept = w.gh.faults.add(REVIEWS, status=502, after_apply=True)
    assert w.api("POST", "pulls/1/reviews", REVIEW).status == 502
    assert len(w.pull.reviews) == 1
    assert w.api("POST", "pulls/1/reviews", REVIEW).status == 200
    assert (lost.hits, kept.hits) == (1, 1)
    assert [exchange.fault for exchange in w.gh.requests] == [lost, kept, None]


def test_a_request_that_is_refused_is_not_carried_out_in_spite_of_a_fault(world: WorldFactory) -> None:
    w = world({})
    w.gh.faults.add(REVIEWS, status=502, after_apply=True)
    assert w.api("POST", "pulls/1/reviews", REVIEW).status == 502
    assert w.pull.reviews == []


def test_faults_meet_what_they_name(world: WorldFactory) -> None:
    w = world()
    w.gh.faults.add(("GET", r"/files\?.*page=2$"), status=500)
    w.gh.faults.add(("POST", r"^/graphql$"), status=503, containing="viewer", times=2)
    w.gh.faults.add(("*", r"/comments/"), status=418, body={"message": "no"}, headers={"X-Test": "1"})
    assert [w.api("GET", f"pulls/1/files{q}").status for q in ("", "?per_page=1", "?per_page=1&page=2")] == [
        200,
        200,
        500,
    ]
    query = {"query": "{ viewer { login } }"}
    assert [w.api("POST", "/graphql", query).status for _ in range(3)] == [503, 503, 200]
    assert w.api("POST", "/graphql", {"query": "{ rateLimit { cost } }"}).status == 200
    odd = w.api("GET", "issues/comments/1")
    assert (odd.status, odd.json, odd.headers["X-Test"]) == (418, {"message": "no"}, "1")


def test_a_dropped_connection(world: WorldFactory) -> None:
    w = world()
    w.gh.faults.drop(REVIEWS, after_apply=True)
    with pytest.raises(http.client.RemoteDisconnected):
        w.api("POST", "pulls/1/reviews", REVIEW)
    assert (len(w.pull.reviews), w.gh.requests[-1].status) == (1, None)
    assert w.api("GET", "pulls/1/reviews").status == 200


def test_limits_of_requests(world: WorldFactory) -> None:
    w = world()
    w.gh.faults.secondary_limit(REVIEWS, retry_after=3)
    w.gh.faults.secondary_limit(REVIEWS, status=429)
    w.gh.faults.primary_limit(REVIEWS, reset_in=900)
    answers = [w.api("POST", "pulls/1/reviews", REVIEW) for _ in range(3)]
    assert [answer.status for answer in answers] == [403, 429, 403]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["3", None, None]
    assert "secondary rate limit" in answers[0].json["message"]
    assert answers[2].headers["X-RateLimit-Remaining"] == "0"
    assert w.pull.reviews == []


def test_a_slow_answer_does_not_hold_up_the_end(workspace: Callable[[], Workspace]) -> None:
    made = workspace()
    made.commit({"a": "a"})
    begun = threading.Event()
    failures: list[Exception] = []
    with StandIn(made.path) as gh:
        gh.faults.add(("GET", ""), delay=3600)
        gh.on_request(lambda _: begun.set())
        client = Client(gh.api_url, None)

        def ask() -> None:
            try:
                client("GET", "")
            except (OSError, http.client.HTTPException) as error:
                failures.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        assert begun.wait(30)
    serving = [thread for thread in threading.enumerate() if "process_request_thread" in thread.name]
    for thread in (asking, *serving):
        thread.join(30)
        assert not thread.is_alive()
    assert failures
    client.close()


def test_the_head_moves_in_the_middle(world: WorldFactory) -> None:
    w = world()
    old, new = w.pull.head_sha, w.workspace.commit({"a.txt": numbered(60)}, branch="feature")
    seen = []

    def move(request: Request) -> None:
        seen.append((request.method, request.path, request.json() if request.body else None))
        if request.method == "POST":
            w.gh.push(w.pull, new)

    w.gh.on_request(move)
    assert w.api("GET", "pulls/1").json["head"]["sha"] == old
    entry = {"path": "a.txt", "line": 10, "body": "late"}
    answer = w.api("POST", "pulls/1/reviews", REVIEW | {"commit_id": old, "comments": [entry]})
    # The old commit is still part of the pull request, so the review is made, with an outdated comment.
    assert answer.status == 200
    (comment,) = w.api("GET", "pulls/1/comments").json
    assert (comment["line"], comment["original_line"]) == (None, 10)
    assert seen[0] == ("GET", "/repos/acme/plugins/pulls/1", None)


def test_a_mistake_of_its_own_is_not_kept_quiet(workspace: Callable[[], Workspace]) -> None:
    made = workspace()
    made.commit({"a": "a"})

    def fail(request: Request) -> None:
        raise LookupError(request.path)

    gh = StandIn(made.path)
    gh.on_request(fail)
    gh.__enter__()
    client = Client(gh.api_url, None)
    assert client("GET", "pulls").status == 500
    client.close()
    with pytest.raises(RuntimeError, match="failed to answer") as raised:
        gh.__exit__(None, None, None)
    assert isinstance(raised.value.__cause__, LookupError)


def test_artifacts_lie_elsewhere(world: WorldFactory) -> None:
    w = world()
    run = w.gh.finish_run(w.pull, artifacts={"result": {"result.json": b"{}"}, "other": {}})
    listed = w.api("GET", f"actions/runs/{run.id}/artifacts").json
    assert (listed["total_count"], [a["name"] for a in listed["artifacts"]]) == (2, ["result", "other"])
    assert w.api("GET", f"actions/runs/{run.id}/artifacts?name=other").json["total_count"] == 1
    artifact = listed["artifacts"][0]
    assert w.api("GET", f"actions/artifacts/{artifact['id']}").json == artifact
    sent = w.api("GET", f"actions/artifacts/{artifact['id']}/zip")
    assert sent.status == 302
    target = urlsplit(sent.headers["Location"])
    # Another host, where a token has no business.
    assert target.hostname != "127.0.0.1"
    storage = w.connect(None)
    link = f"{target.path}?{target.query}"
    with zipfile.ZipFile(io.BytesIO(storage("GET", link).body)) as archive:
        assert archive.read("result.json") == b"{}"
    assert w.api("GET", link).status == 403
    assert storage("GET", f"{target.path}?sig=guess").status == 404
    assert storage("GET", f"actions/artifacts/{artifact['id']}/zip").status == 401
    run.artifacts[0].expired = True
    assert w.api("GET", f"actions/artifacts/{artifact['id']}/zip").status == 410


def test_artifacts_need_the_permission(world: WorldFactory) -> None:
    w = world({}, private=True)
    run = w.gh.finish_run(w.pull)
    assert w.api("GET", f"actions/runs/{run.id}").status == 403
    assert w.connect(w.gh.token({"actions": "read"}))("GET", f"actions/runs/{run.id}").status == 200


@pytest.mark.parametrize(("raw", "message"), [(b"{", "Problems parsing JSON"), (b"[]", "Body should be a JSON object")])
def test_what_is_no_json_object(world: WorldFactory, raw: bytes, message: str) -> None:
    w = world(malformed=True)
    for path in ("pulls/1/reviews", "/graphql"):
        refused = w.api("POST", path, raw=raw)
        assert (refused.status, refused.json["message"]) == (400, message)


def test_the_prefix_of_an_enterprise_server(world: WorldFactory) -> None:
    w = world(prefix="/api/v3")
    assert w.gh.api_url == f"{w.gh.server_url}/api/v3"
    pull = w.api("GET", "pulls/1").json
    assert pull["url"] == f"{w.gh.api_url}/repos/acme/plugins/pulls/1"
    outside = Client(w.gh.server_url, None)
    assert outside("GET", "/repos/acme/plugins").status == 404
    outside.close()
    assert [exchange.path for exchange in w.gh.requests] == ["/repos/acme/plugins/pulls/1"]


def test_exchanges_are_remembered(world: WorldFactory) -> None:
    w = world()
    answer = w.api("GET", "pulls/1/files?per_page=2")
    w.api("POST", "issues/1/comments", {"body": "x"})
    w.api.graphql("{ viewer { login } }")
    first, second, third = w.gh.requests
    assert (first.method, first.path, first.status, first.request.query) == (
        "GET",
        "/repos/acme/plugins/pulls/1/files",
        200,
        {"per_page": "2"},
    )
    assert first.bytes == len(answer.body)
    assert second.bytes > len(second.body)
    assert third.login == "github-actions[bot]"
    # A query changes nothing.
    assert w.gh.writes() == [second]


def test_many_requests_at_once(world: WorldFactory) -> None:
    w = world()
    token = w.gh.token({"pull_requests": "write"})
    clients = [w.connect(token) for _ in range(8)]
    threads = [
        threading.Thread(target=client, args=("POST", "issues/1/comments", {"body": str(index)}))
        for index, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(comment.body for comment in w.pull.issue_comments) == [str(index) for index in range(8)]
    assert len({comment.id for comment in w.pull.issue_comments}) == 8


def test_where_it_cannot_start(workspace: Callable[[], Workspace], tmp_path: Path) -> None:
    made = workspace()
    made.commit({"a": "a"})
    with pytest.raises(ValueError, match="no branch trunk"):
        StandIn(made.path, default_branch="trunk")
    with pytest.raises(ValueError, match="not a git repository"):
        StandIn(tmp_path)
    with StandIn(made.path) as gh:
        with pytest.raises(ValueError, match="no branch or commit nowhere"):
            gh.open_pull("nowhere")
        made.git("checkout", "-q", "--orphan", "unrelated")
        made.commit({"b": "b"})
        with pytest.raises(ValueError, match="no common ancestor"):
            gh.open_pull("unrelated")


def test_a_bare_repository_serves_too(workspace: Callable[[], Workspace], tmp_path: Path) -> None:
    made = workspace()
    made.commit({"a": "a"})
    made.commit({"a": "b"}, branch="feature")
    made.git("clone", "-q", "--bare", str(made.path), str(tmp_path / "bare.git"))
    with StandIn(tmp_path / "bare.git") as gh:
        assert gh.open_pull("feature").merge_sha is not None
