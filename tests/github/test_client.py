"""What is retried, for how long, and what is never done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, field

from bot.github import client as module
from bot.github.client import MAX_WAIT, READ_ATTEMPTS, Client, Refused, Unavailable
from standin import Limits, Pull
from tests.support.standin import CheckedStandIn, StandInFactory, Workspace

WRITE = {"contents": "read", "pull_requests": "write"}
QUERY = 'query($n: Int!) { repository(owner: "acme", name: "plugins") { pullRequest(number: $n) { number } } }'


class Scene(Struct):
    github: CheckedStandIn
    pull: Pull
    token: str
    client: Client
    sleeps: list[float] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return len(self.github.requests)


@pytest.fixture
def make(standin: StandInFactory, tmp_path: Path) -> Callable[..., Scene]:
    def make(**options: Any) -> Scene:
        workspace = Workspace(tmp_path / "made")
        workspace.commit({"a.txt": "1\n"})
        workspace.commit({"a.txt": "2\n"}, branch="feature")
        github = standin(workspace.path, **options)
        token = github.token(WRITE)
        sleeps: list[float] = []
        client = Client(github.api_url, token, "acme/plugins", sleep=sleeps.append)
        return Scene(github, github.open_pull("feature"), token, client, sleeps)

    return make


@pytest.fixture
def scene(make: Callable[..., Scene]) -> Scene:
    return make()


# --- reads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, None])
def test_a_read_is_repeated_after_a_fault(scene: Scene, status: int | None) -> None:
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=status, times=READ_ATTEMPTS - 1)
    assert scene.client.get("/pulls/1")["number"] == 1
    assert scene.sleeps == sorted(set(scene.sleeps))
    assert len(scene.sleeps) == READ_ATTEMPTS - 1


def test_a_read_is_given_up_in_the_end(scene: Scene) -> None:
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=500, times=99)
    with pytest.raises(Unavailable, match="500"):
        scene.client.get("/pulls/1")
    assert scene.asked == READ_ATTEMPTS


def test_a_query_is_repeated_like_a_read(scene: Scene) -> None:
    scene.github.faults.add(match=("POST", r"/graphql$"), status=502, times=2)
    assert scene.client.graphql(QUERY, {"n": 1})["repository"]["pullRequest"]["number"] == 1


@pytest.mark.parametrize("what", ["get", "graphql", "write"])
@pytest.mark.parametrize(
    ("status", "retry_after", "wait"), [(403, 7, 7.0), (403, None, 60.0), (429, 7, 7.0), (429, None, 60.0)]
)
def test_a_secondary_limit_is_waited_for(
    scene: Scene, what: str, status: int, retry_after: int | None, wait: float
) -> None:
    scene.github.faults.secondary_limit(("*", r"."), retry_after=retry_after, status=status)
    if what == "get":
        scene.client.get("/pulls/1")
    elif what == "graphql":
        scene.client.graphql(QUERY, {"n": 1})
    else:
        scene.client.write("POST", "/issues/1/comments", {"body": "x"})
    assert scene.sleeps == [wait]


def test_a_primary_limit_is_waited_for_when_it_ends_soon(scene: Scene) -> None:
    scene.github.faults.primary_limit(("GET", r"/pulls/1$"), reset_in=30)
    scene.client.get("/pulls/1")
    (slept,) = scene.sleeps
    assert 25 < slept <= 32


@pytest.mark.parametrize("write", [False, True])
def test_a_limit_that_lasts_too_long_is_not_waited_for(scene: Scene, write: bool) -> None:
    scene.github.faults.primary_limit(("*", r"."), reset_in=900, times=99)
    comment = {"body": "x"}
    with pytest.raises(Unavailable, match="API rate limit exceeded"):
        scene.client.write("POST", "/issues/1/comments", comment) if write else scene.client.get("/pulls/1")
    assert (scene.sleeps, scene.asked) == ([], 1)


def test_a_retry_after_of_an_hour_is_not_obeyed(scene: Scene) -> None:
    scene.github.faults.secondary_limit(("GET", r"."), retry_after=3600)
    with pytest.raises(Unavailable):
        scene.client.get("/pulls/1")
    assert scene.sleeps == []


def test_all_waits_of_a_run_together_are_bounded(scene: Scene) -> None:
    scene.github.faults.secondary_limit(("GET", r"."), times=99)
    for _ in range(3):
        with pytest.raises(Unavailable):
            scene.client.get("/pulls/1")
    assert sum(scene.sleeps) <= MAX_WAIT


def test_the_limit_of_graphql_comes_with_status_200(make: Callable[..., Scene]) -> None:
    scene = make(limits=Limits(requests=1))
    scene.client.get("/pulls/1")
    with pytest.raises(Unavailable, match="rate limit"):
        scene.client.graphql(QUERY, {"n": 1})


def test_a_run_makes_no_more_requests_than_it_may(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REQUESTS", 3)
    for _ in range(3):
        scene.client.get("/pulls/1")
    for _ in range(2):
        with pytest.raises(Unavailable, match="3 requests"):
            scene.client.get("/pulls/1")
        with pytest.raises(Unavailable, match="3 requests"):
            scene.client.write("POST", "/issues/1/comments", {"body": "x"}, lambda: None)
    assert (scene.asked, scene.sleeps) == (3, [])


# --- answers that are not what was asked for ------------------------------------------------------------------------


def test_a_redirect_keeps_the_question(scene: Scene) -> None:
    """The address of a renamed repository: without its query a listing would be one level deep."""
    moved = f"{scene.github.api_url}/repos/acme/plugins/git/trees/HEAD"
    scene.github.faults.add(match=("GET", r"/git/trees/main"), status=301, headers={"Location": moved})
    scene.client.get("/git/trees/main", {"recursive": "1"})
    assert scene.github.requests[-1].request.query == {"recursive": "1"}
    assert scene.client.requests == 2


def test_a_query_of_the_redirect_itself_is_kept(scene: Scene) -> None:
    moved = f"{scene.github.api_url}/repos/acme/plugins/pulls?state=all&page=2"
    scene.github.faults.add(match=("GET", r"/pulls$"), status=301, headers={"Location": moved})
    scene.client.get("/pulls", {"per_page": 7})
    assert scene.github.requests[-1].request.query == {"state": "all", "page": "2"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_circle_of_redirects_ends(scene: Scene, status: int) -> None:
    here = f"{scene.github.api_url}/repos/acme/plugins/pulls/1"
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=status, times=999, headers={"Location": here})
    with pytest.raises(Unavailable, match="redirects"):
        scene.client.get("/pulls/1")
    assert scene.asked <= READ_ATTEMPTS * (module.MAX_REDIRECTS + 1)


@pytest.mark.parametrize("location", ["https://evil.example/x", "//evil.example/x", "http://127.0.0.1:1/x", "http://["])
def test_the_token_goes_to_no_other_host(scene: Scene, location: str) -> None:
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=301, times=99, headers={"Location": location})
    with pytest.raises(Unavailable, match="another host"):
        scene.client.get("/pulls/1")


@pytest.mark.parametrize("status", [202, 203, 204, 206, 300, 304, 305])
def test_an_answer_that_holds_nothing_is_a_fault(scene: Scene, status: int) -> None:
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=status, times=READ_ATTEMPTS - 1, body={"number": 2})
    assert scene.client.get("/pulls/1")["number"] == 1
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=status, times=999, body={"number": 2})
    with pytest.raises(Unavailable, match=f"{status}"):
        scene.client.get("/pulls/1")
    assert scene.asked == 2 * READ_ATTEMPTS


def test_a_wait_is_told_before_it_begins(scene: Scene) -> None:
    lines: list[str] = []
    client = Client(scene.github.api_url, scene.token, "acme/plugins", sleep=lambda _: None, log=lines.append)
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=202, times=1)
    client.get("/pulls/1")
    assert len(lines) == 1
    assert "202" in lines[0]


@pytest.mark.parametrize(
    ("errors", "status"),
    [
        ([{"type": "NOT_FOUND", "message": "Could not resolve to a PullRequest"}], 404),
        ([{"message": "x"}, {"type": "FORBIDDEN", "message": "no"}], 403),
        ([{"message": "Field 'x' doesn't exist", "extensions": {"code": "undefinedField"}}], 400),
    ],
)
def test_errors_of_graphql_that_stay_are_refused_at_once(scene: Scene, errors: list[Any], status: int) -> None:
    scene.github.faults.add(match=("POST", r"/graphql$"), status=200, times=99, body={"data": None, "errors": errors})
    with pytest.raises(Refused) as caught:
        scene.client.graphql(QUERY, {"n": 1})
    assert (caught.value.status, scene.asked) == (status, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"repository": None}, "errors": [{"message": "Something went wrong while executing your query."}]},
        {"data": None, "errors": [{"type": "SERVICE_UNAVAILABLE", "message": "x"}]},
        {"data": {"repository": {}}, "errors": "x"},
        {"data": {"repository": {}}, "errors": {"message": "x"}},
        {"data": []}, {"data": "x"}, {}, [], "x", 7, None,
    ],
)  # fmt: skip
def test_other_answers_of_graphql_without_all_the_data_are_faults(scene: Scene, body: Any) -> None:
    scene.github.faults.add(match=("POST", r"/graphql$"), status=200, times=READ_ATTEMPTS - 1, body=body)
    assert scene.client.graphql(QUERY, {"n": 1})["repository"]["pullRequest"]["number"] == 1
    assert len(scene.sleeps) == READ_ATTEMPTS - 1


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("7.5", 7.5, 7.5), ("-3", 0, 0), ("nan", 60, 60), ("inf", 60, 60), ("soon", 60, 60), ("", 60, 60)],
)
def test_a_retry_after_is_a_number_of_seconds(scene: Scene, text: str, low: float, high: float) -> None:
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=429, headers={"Retry-After": text})
    scene.client.get("/pulls/1")
    assert low <= scene.sleeps[0] <= high


@pytest.mark.parametrize("seconds", [-500, 20])
def test_a_retry_after_is_a_date(scene: Scene, seconds: int) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=403, headers={"Retry-After": date})
    scene.client.get("/pulls/1")
    assert max(seconds, 0) - 3 <= scene.sleeps[0] <= max(seconds, 0)


@pytest.mark.parametrize(
    "body",
    [b"{", b"<html>", b"[" * 100_000, b'{"a":', b"not json", b"\xff\xfe\x80", b"", b"null", b"7", b'"x"', b"[]", b"\0"],
)
def test_an_answer_that_is_no_object_is_a_fault(scene: Scene, body: bytes) -> None:
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=200, times=99, body=body)
    with pytest.raises(Unavailable):
        scene.client.get_made(lambda answer: answer["number"], "/pulls/1")
    assert scene.asked == READ_ATTEMPTS


@pytest.mark.parametrize("status", [404, 422, 500])
@pytest.mark.parametrize("body", [[], "x", {"errors": 7}, {"message": [], "errors": {"a": 1}}, {"errors": [None]}])
def test_a_failure_of_any_shape_is_told(scene: Scene, status: int, body: Any) -> None:
    scene.github.faults.add(match=("GET", r"/pulls/1$"), status=status, times=99, body=body)
    with pytest.raises((Refused, Unavailable)):
        scene.client.get("/pulls/1")


def test_a_list_is_read_to_its_last_page(scene: Scene) -> None:
    for number in range(250):
        scene.github.comment(scene.pull, f"{number}")
    found = [row["body"] for row in scene.client.pages("/issues/1/comments")]
    assert found == [f"{number}" for number in range(250)]
    with pytest.raises(Unavailable, match="more than 2 pages"):
        list(scene.client.pages("/issues/1/comments", limit=2))


@pytest.mark.parametrize("body", [{"message": "hello"}, "text", None])
def test_an_answer_of_another_shape_is_no_list(scene: Scene, body: Any) -> None:
    scene.github.faults.add(match=("GET", r"."), status=200, body=body, times=9)
    with pytest.raises(Unavailable):
        list(scene.client.pages("/issues/1/comments"))


# --- refusals -----------------------------------------------------------------------------------------------------


def test_what_does_not_exist_is_refused_at_once(scene: Scene) -> None:
    with pytest.raises(Refused) as caught:
        scene.client.get("/pulls/2")
    assert (caught.value.status, scene.asked) == (404, 1)
    with pytest.raises(Refused) as caught:
        scene.client.graphql(QUERY, {"n": 2})
    assert caught.value.status == 404


def test_a_missing_permission_is_refused_at_once_and_in_githubs_words(scene: Scene) -> None:
    client = Client(scene.github.api_url, scene.github.token({"contents": "read"}), "acme/plugins")
    with pytest.raises(Refused, match="Resource not accessible by integration") as caught:
        client.write("POST", "/issues/1/comments", {"body": "x"})
    assert (caught.value.status, scene.asked) == (403, 1)


def test_details_are_told_whether_they_are_texts_or_objects(scene: Scene) -> None:
    anchor = {"path": "a.txt", "line": 99, "side": "RIGHT", "body": "x"}
    review = {"commit_id": scene.pull.head_sha, "event": "COMMENT", "body": "x", "comments": [anchor]}
    with pytest.raises(Refused, match="Line could not be resolved"):
        scene.client.write("POST", "/pulls/1/reviews", review)
    with pytest.raises(Refused, match="must be part of the diff"):
        scene.client.write("POST", "/pulls/1/comments", {"commit_id": scene.pull.head_sha, **anchor})


def test_the_token_is_in_no_message(scene: Scene) -> None:
    bad = Client("http://127.0.0.1:9", "secret-token", "acme/plugins", sleep=lambda _: None)
    with pytest.raises(Unavailable) as caught:
        bad.get("/pulls/1")
    assert "secret-token" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("token", ["with\nbreak", "ünïcode", " "])
def test_a_token_that_is_none_is_no_crash(scene: Scene, token: str) -> None:
    client = Client(scene.github.api_url, token, "acme/plugins", sleep=lambda _: None)
    with pytest.raises((Refused, Unavailable)):
        client.write("POST", "/issues/1/comments", {"body": "x"})


# --- writes -------------------------------------------------------------------------------------------------------


def comments(scene: Scene) -> list[str]:
    return [comment.body for comment in scene.pull.issue_comments]


@pytest.mark.parametrize("status", [500, 502, None])
@pytest.mark.parametrize("arrives", [False, True])
def test_a_post_is_repeated_only_when_it_did_not_arrive(scene: Scene, status: int | None, arrives: bool) -> None:
    scene.github.faults.add(match=("POST", r"/comments$"), status=status, after_apply=arrives)

    def arrived() -> dict[str, int] | None:
        return {"id": 1} if comments(scene) else None

    made = scene.client.write("POST", "/issues/1/comments", {"body": "x"}, arrived)
    assert comments(scene) == ["x"]
    assert made["id"]


def test_a_post_that_nobody_can_look_for_is_not_repeated(scene: Scene) -> None:
    scene.github.faults.add(match=("POST", r"/comments$"), status=502)
    with pytest.raises(Unavailable):
        scene.client.write("POST", "/issues/1/comments", {"body": "x"})
    assert scene.asked == 1


@pytest.mark.parametrize("status", [502, None])
@pytest.mark.parametrize("arrives", [False, True])
def test_an_edit_is_repeated(scene: Scene, status: int | None, arrives: bool) -> None:
    made = scene.client.write("POST", "/issues/1/comments", {"body": "x"})
    scene.github.faults.add(match=("PATCH", r"/comments/"), status=status, after_apply=arrives)
    scene.client.write("PATCH", f"/issues/comments/{made['id']}", {"body": "y"})
    assert comments(scene) == ["y"]


def test_a_write_is_given_up_in_the_end(scene: Scene) -> None:
    scene.github.faults.add(match=("PATCH", r"."), status=502, times=99)
    with pytest.raises(Unavailable):
        scene.client.write("PATCH", "/issues/comments/1", {"body": "y"})
    assert scene.asked == module.WRITE_ATTEMPTS


def test_many_writes_keep_the_pace_that_github_asks_for(scene: Scene) -> None:
    for number in range(8):
        scene.client.write("POST", "/issues/1/comments", {"body": f"{number}"})
    assert scene.sleeps == [module.PAUSE] * (8 - module.WRITES_WITHOUT_PAUSE)
