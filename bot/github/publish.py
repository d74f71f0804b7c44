"""Publishes a review on a pull request: one review with inline comments, one sticky summary.

Nothing is lost on the way: what cannot be posted inline is listed in the summary, and annotations and the step
summary, which need no permission, hold every finding before anything here runs. A refusal is a notice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.github.client import Client, Refused, Unavailable
from bot.review.model import FileComment, InlineComment, Review, comment_key
from bot.review.result import Conclusion, Result

#: Pages of 100 comments or threads that are searched.
MAX_PAGES = 50


class Renderer(Protocol):
    """Writes what is posted, escaped and within GitHub's sizes, and knows it again by its hidden marks."""

    def summary(self, review: Review) -> str:
        """The sticky comment."""
        ...

    def review_body(self, review: Review) -> str:
        """The text above the inline comments."""
        ...

    def comment(self, comment: InlineComment | FileComment) -> str:
        """One comment on lines or on a file."""
        ...

    def is_summary(self, body: str) -> bool:
        """Whether a comment of ours is the sticky one."""
        ...

    def keys(self, body: str) -> tuple[str, ...]:
        """What a comment of ours on lines or on a file says (`comment_key`); others say nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """One of our inline comments as it stands on the pull request."""

    id: int
    node_id: str
    keys: tuple[str, ...]
    answered: bool
    minimized: bool


@dataclass
class PullState:
    """What is on the pull request already. Only comments of our own are kept."""

    head_sha: str
    open: bool
    summary_id: int | None = None
    summary_body: str = ""
    inline: list[Posted] = field(default_factory=list)


@dataclass
class Outcome:
    """What publishing came to. Every notice is one sentence for the log."""

    comment_url: str = ""
    review_url: str = ""
    notices: list[str] = field(default_factory=list)
    #: The head moved on while the review was made: nothing was posted, the newer run will.
    stale: bool = False


_STATE = """
query($owner: String!, $name: String!, $number: Int!, $comments: String, $threads: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid
      state
      comments(first: 100, after: $comments) {
        nodes { fullDatabaseId body viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
      reviewThreads(first: 100, after: $threads) {
        nodes { comments(first: 2) { nodes { id fullDatabaseId body viewerDidAuthor isMinimized } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""


def read_state(client: Client, number: int, renderer: Renderer) -> PullState:
    """What is on a pull request, all pages of it. Raises `Refused` and `Unavailable`."""
    owner, name = client.repository.split("/")
    cursors: dict[str, str | None] = {"comments": None, "threads": None}
    state: PullState | None = None
    for _ in range(MAX_PAGES):
        data = client.graphql(_STATE, {"owner": owner, "name": name, "number": number, **cursors})
        pull = (data.get("repository") or {}).get("pullRequest")
        if not pull:
            raise Refused(404, f"there is no pull request {number}")
        if state is None:
            state = PullState(str(pull["headRefOid"]), pull["state"] == "OPEN")
        _take_comments(state, pull["comments"]["nodes"], renderer)
        _take_threads(state, pull["reviewThreads"]["nodes"], renderer)
        more = False
        for key, connection in (("comments", "comments"), ("threads", "reviewThreads")):
            page = pull[connection]["pageInfo"]
            # A finished list is asked for once more from its end, which gives nothing twice.
            cursors[key] = page["endCursor"] or cursors[key]
            more = more or page["hasNextPage"]
        if not more:
            return state
    raise Unavailable(f"the pull request has more than {MAX_PAGES * 100} comments")


def _take_comments(state: PullState, nodes: Sequence[Any], renderer: Renderer) -> None:
    for node in nodes:
        if state.summary_id is None and node and node["viewerDidAuthor"] and renderer.is_summary(node["body"]):
            state.summary_id = int(node["fullDatabaseId"])
            state.summary_body = node["body"]


def _take_threads(state: PullState, nodes: Sequence[Any], renderer: Renderer) -> None:
    for thread in nodes:
        comments = [node for node in (thread or {}).get("comments", {}).get("nodes", []) if node]
        if comments and comments[0]["viewerDidAuthor"]:
            keys = renderer.keys(comments[0]["body"])
            if keys:
                first = comments[0]
                answered, hidden = len(comments) > 1, first["isMinimized"]
                state.inline.append(Posted(int(first["fullDatabaseId"]), first["id"], keys, answered, hidden))


def publish(
    client: Client,
    number: int,
    head_sha: str,
    plan: Callable[[frozenset[str]], Review],
    renderer: Renderer,
    *,
    inline: bool = True,
    sticky: bool = True,
) -> Outcome:
    """Brings the pull request up to date with a review of `head_sha`. Never raises for a fault of GitHub's.

    `plan` makes the review, given the keys of what our comments on the pull request say already. `inline` and
    `sticky` switch the two rungs.
    """
    outcome = Outcome()
    try:
        state = read_state(client, number, renderer)
    except (Refused, Unavailable) as error:
        outcome.notices.append(f"What is on the pull request could not be read, so nothing was posted ({error}).")
        return outcome
    if state.head_sha != head_sha or not state.open:
        outcome.stale = True
        return outcome
    review = plan(frozenset(key for posted in state.inline if not posted.minimized for key in posted.keys))
    unplaced: set[str] = set()
    if inline:
        unplaced.update(_post_review(client, number, head_sha, review, renderer, outcome))
        unplaced.update(_post_file_comments(client, number, head_sha, review, renderer, outcome))
        _retire(client, state, frozenset(comment_key(finding) for finding in review.result.active), outcome)
    else:
        unplaced.update(key for comment in (*review.inline, *review.files) for key in comment.keys)
    if sticky:
        _post_summary(client, number, state, review.without(unplaced), renderer, outcome)
    return outcome


# --- comments on lines and files ---


def _post_review(
    client: Client, number: int, head_sha: str, review: Review, renderer: Renderer, outcome: Outcome
) -> Iterator[str]:
    """Posts the inline comments; yields the keys of those that GitHub did not take."""
    if not review.inline:
        return
    keys = {key for comment in review.inline for key in comment.keys}
    body = {
        "commit_id": head_sha,
        "event": "COMMENT",
        "body": renderer.review_body(review),
        "comments": [_anchored(comment, renderer) for comment in review.inline],
    }
    try:
        answer = client.write(
            "POST", f"/pulls/{number}/reviews", body, lambda: _arrived(client, number, renderer, keys)
        )
        outcome.review_url = str(answer.get("html_url") or "")
    except Refused as error:
        if error.status == 422:
            # GitHub refuses a review whole for one comment and does not say which.
            bodies = [(comment.keys, _anchored(comment, renderer)) for comment in review.inline]
            yield from _post_one_by_one(client, number, head_sha, bodies, renderer, outcome)
            return
        outcome.notices.append(_no_permission("inline comments", error))
        yield from keys
    except Unavailable as error:
        outcome.notices.append(f"The inline comments could not be posted ({error}).")
        yield from keys


def _post_file_comments(
    client: Client, number: int, head_sha: str, review: Review, renderer: Renderer, outcome: Outcome
) -> Iterator[str]:
    """Posts the comments on files, which a review cannot hold; yields the keys of those that GitHub did not take."""
    bodies = [
        (comment.keys, {"path": comment.path, "body": renderer.comment(comment), "subject_type": "file"})
        for comment in review.files
    ]
    yield from _post_one_by_one(client, number, head_sha, bodies, renderer, outcome)


def _arrived(client: Client, number: int, renderer: Renderer, keys: Collection[str]) -> dict[str, Any] | None:
    """An answer in place of the lost one, if everything that was to be said stands on the pull request."""
    said = {key for posted in read_state(client, number, renderer).inline for key in posted.keys}
    return {"html_url": ""} if said.issuperset(keys) else None


def _anchored(comment: InlineComment, renderer: Renderer) -> dict[str, Any]:
    body = {"path": comment.path, "body": renderer.comment(comment), "line": comment.line, "side": comment.side}
    if comment.start_line < comment.line:
        return {**body, "start_line": comment.start_line, "start_side": comment.side}
    return body


def _post_one_by_one(
    client: Client,
    number: int,
    head_sha: str,
    bodies: Sequence[tuple[tuple[str, ...], dict[str, Any]]],
    renderer: Renderer,
    outcome: Outcome,
) -> Iterator[str]:
    """Posts each comment alone; yields the keys of those that GitHub refuses or loses."""
    for index, (keys, body) in enumerate(bodies):
        try:
            client.write(
                "POST",
                f"/pulls/{number}/comments",
                {"commit_id": head_sha, **body},
                lambda keys=keys: _arrived(client, number, renderer, keys),  # type: ignore[misc]
            )
        except Refused as error:
            yield from keys
            if error.status != 422:
                outcome.notices.append(_no_permission("comments", error))
                yield from (key for rest, _ in bodies[index + 1 :] for key in rest)
                return
        except Unavailable as error:
            outcome.notices.append(f"Some comments could not be posted ({error}).")
            yield from (key for rest, _ in bodies[index:] for key in rest)
            return


def _retire(client: Client, state: PullState, current: frozenset[str], outcome: Outcome) -> None:
    """Takes away our comments whose findings are all gone: deleted, or marked resolved where somebody answered."""
    gone = [posted for posted in state.inline if not posted.minimized and not current & set(posted.keys)]
    if not gone:
        return
    answered = [posted for posted in gone if posted.answered]
    try:
        # A deleted comment leaves no open conversation behind; one that somebody answered stays, marked as resolved.
        for posted in gone:
            if not posted.answered:
                client.write("DELETE", f"/pulls/comments/{posted.id}", None)
        if answered:
            declared = ", ".join(f"$i{index}: ID!" for index in range(len(answered)))
            steps = " ".join(
                f"m{index}: minimizeComment(input: {{subjectId: $i{index}, classifier: RESOLVED}}) "
                "{ clientMutationId }"
                for index in range(len(answered))
            )
            variables = {f"i{index}": posted.node_id for index, posted in enumerate(answered)}
            client.graphql(f"mutation({declared}) {{ {steps} }}", variables)
    except (Refused, Unavailable) as error:
        outcome.notices.append(f"Comments about findings that are gone could not be taken away ({error}).")


# --- the summary ---


def _post_summary(
    client: Client, number: int, state: PullState, review: Review, renderer: Renderer, outcome: Outcome
) -> None:
    if state.summary_id is None and _nothing_to_say(review.result):
        return
    text = renderer.summary(review)
    if state.summary_id is not None and _same(state.summary_body, text):
        return

    def arrived() -> dict[str, Any] | None:
        now = read_state(client, number, renderer)
        return {"html_url": ""} if now.summary_id is not None and _same(now.summary_body, text) else None

    try:
        if state.summary_id is None:
            answer = client.write("POST", f"/issues/{number}/comments", {"body": text}, arrived)
        else:
            answer = client.write("PATCH", f"/issues/comments/{state.summary_id}", {"body": text})
        outcome.comment_url = str(answer.get("html_url") or "")
    except Refused as error:
        outcome.notices.append(_no_permission("the summary", error))
    except Unavailable as error:
        outcome.notices.append(f"The summary could not be posted ({error}).")


def _nothing_to_say(result: Result) -> bool:
    """Whether a pull request that never had a summary needs none: it passed, and the job says so."""
    return result.conclusion in (Conclusion.PASSED, Conclusion.NOTHING_TO_CHECK) and not result.active


def _same(a: str, b: str) -> bool:
    """GitHub trims bodies and may change line endings."""
    return a.replace("\r\n", "\n").strip() == b.replace("\r\n", "\n").strip()


def _no_permission(what: str, error: Refused) -> str:
    if error.status in (403, 404):
        return (
            f"GitHub refused {what} ({error.message}). The token cannot write to this pull request, as is usual for "
            "forks; every finding is in the job's summary and log."
        )
    return f"GitHub refused {what} ({error})."
