"""Publishes a review on a pull request: one review with comments on lines, comments on files, one sticky summary.

Nothing is lost on the way: what GitHub does not take as a comment is listed in the summary, and what needs no
permission (annotations, the job's summary) is the caller's. A refusal is a notice.

Every comment of ours lives with the pull request. It is known again by its author and by the hidden mark at its end;
what it says is not said again. It goes when its findings are gone: deleted where nobody answered, else marked resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from bot.comments.plan import (
    Comment,
    FileComment,
    FurtherComment,
    InlineComment,
    Review,
    Standing,
    current_keys,
    renewed,
)
from bot.findings import Finding
from bot.github.client import WRITE_ATTEMPTS, Client, Refused, Unavailable
from bot.review.result import Conclusion, Result

#: Pages of 100 comments or threads that are searched.
MAX_PAGES = 50
#: Requests for finding out which comments of a review GitHub refuses.
MAX_SPLITS = 20
#: What GitHub says of a review that it refuses whatever comments it has.
_HOPELESS = ("pending review", "not part of the pull request", "rate limit")


class Renderer(Protocol):
    """Writes what is posted, escaped and within GitHub's sizes, and knows it again by its hidden marks."""

    def summary(self, review: Review) -> str:
        """The sticky comment."""
        ...

    def review_body(self, review: Review) -> str:
        """The text above the comments on lines."""
        ...

    def comment(self, comment: InlineComment | FileComment) -> str:
        """One comment on lines or on a file."""
        ...

    def is_summary(self, body: str) -> bool:
        """Whether a comment of ours is the sticky one."""
        ...

    def told(self, body: str) -> tuple[str, ...]:
        """What comments said, by the sticky comment, when it was written."""
        ...

    def keys(self, body: str) -> tuple[str, ...]:
        """What a comment of ours on lines or on a file says (`comment_key`); others say nothing."""
        ...

    def suggests(self, body: str) -> bool:
        """Whether a comment of ours offers a suggestion."""
        ...


class Posted(Struct, frozen=True):
    """One of our comments on lines or files, as it is on the pull request."""

    id: int
    node_id: str
    #: The review that it was posted with, as GraphQL names it.
    review_id: str
    says: Standing
    answered: bool
    #: Whether it is folded away, and whether as resolved, which is how we retire it.
    hidden: bool
    retired: bool


class PullState(Struct):
    """What is on the pull request already. Only comments of our own are kept."""

    head_sha: str
    open: bool
    #: The summary, and others that runs at the same time have made, oldest first.
    summaries: list[tuple[int, str]] = field(default_factory=list)
    comments: list[Posted] = field(default_factory=list)

    @property
    def standing(self) -> list[Standing]:
        """What our comments say. A comment that somebody else has folded away still says it."""
        return [posted.says for posted in self.comments if not posted.retired]

    def deleted(self, renderer: Renderer) -> frozenset[str]:
        """What comments of ours said, by the summary, that are there no more."""
        told = {key for _, body in self.summaries for key in renderer.told(body)}
        return frozenset(told.difference(*(posted.says.keys for posted in self.comments)))


class Outcome(Struct):
    """What publishing came to. Every notice is one sentence for the log."""

    summary_id: int | None = None
    review_url: str = ""
    notices: list[str] = field(default_factory=list)
    #: What the comments on the pull request say, in keys (`comment_key`).
    said: frozenset[str] = frozenset()
    #: The head moved on while the review was made, or the pull request is closed: nothing was posted.
    stale: bool = False
    #: What GitHub refused, by the reason that it gave.
    refused: dict[str, list[str]] = field(default_factory=dict)


#: Makes the review, given what our comments on the pull request say, and the keys of what deleted ones said.
Plan = Callable[[Sequence[Standing], Collection[str]], Review]

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
        nodes {
          path
          subjectType
          isOutdated
          comments(first: 2) {
            nodes { id fullDatabaseId body viewerDidAuthor isMinimized minimizedReason pullRequestReview { id } }
          }
        }
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
        try:
            pull = (data.get("repository") or {}).get("pullRequest")
            if not pull:
                raise Refused(404, f"there is no pull request {number}")
            if state is None:
                state = PullState(str(pull["headRefOid"]), pull["state"] == "OPEN")
            state.summaries.extend(_summaries(pull["comments"]["nodes"], renderer))
            state.comments.extend(_comments(pull["reviewThreads"]["nodes"], renderer))
            more = False
            for key, connection in (("comments", "comments"), ("threads", "reviewThreads")):
                page = pull[connection]["pageInfo"]
                # A finished list is asked for once more from its end, which gives nothing twice.
                cursors[key] = page["endCursor"] or cursors[key]
                more = more or page["hasNextPage"]
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Unavailable("GitHub's answer about the pull request is unusable") from error
        if not more:
            return state
    raise Unavailable(f"the pull request has more than {MAX_PAGES * 100} comments")


def _summaries(nodes: Iterable[Any], renderer: Renderer) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if node and node["viewerDidAuthor"] and renderer.is_summary(node["body"]):
            yield int(node["fullDatabaseId"]), node["body"]


def _comments(nodes: Iterable[Any], renderer: Renderer) -> Iterator[Posted]:
    for thread in nodes:
        first, *answers = [node for node in thread["comments"]["nodes"] if node] or [None]
        if first is None or not first["viewerDidAuthor"] or not (keys := renderer.keys(first["body"])):
            continue
        on_file = thread["subjectType"] == "FILE"
        suggests = renderer.suggests(first["body"]) and not thread["isOutdated"] and not first["isMinimized"]
        yield Posted(
            id=int(first["fullDatabaseId"]),
            node_id=first["id"],
            review_id=(first["pullRequestReview"] or {}).get("id", ""),
            says=Standing(keys, thread["path"], on_file, suggests),
            answered=bool(answers),
            hidden=first["isMinimized"],
            retired=first["isMinimized"] and str(first["minimizedReason"]).lower() == "resolved",
        )


def publish(
    client: Client,
    number: int,
    head_sha: str,
    plan: Plan,
    renderer: Renderer,
    *,
    inline: bool = True,
    sticky: bool = True,
) -> Outcome:
    """Brings the pull request up to date with a review of `head_sha`. Never raises for a fault of GitHub's.

    `inline` and `sticky` switch the two rungs.
    """
    return _Publication(client, number, head_sha, renderer).publish(plan, inline, sticky)


class _Publication(Struct):
    """One review on its way to one pull request."""

    client: Client
    number: int
    head_sha: str
    renderer: Renderer
    outcome: Outcome = field(default_factory=Outcome)

    def publish(self, plan: Plan, inline: bool, sticky: bool) -> Outcome:
        outcome = self.outcome
        try:
            state = self._state()
        except (Refused, Unavailable) as error:
            outcome.notices.append(f"What is on the pull request could not be read, so nothing was posted ({error}).")
            return outcome
        if state.head_sha != self.head_sha or not state.open:
            outcome.stale = True
            return outcome
        review = plan(state.standing, state.deleted(self.renderer))
        unplaced = set(_keys((*review.inline, *review.files)))
        outcome.said = frozenset(key for comment in state.standing for key in comment.keys)
        if inline:
            unplaced.difference_update(self._post_comments(review))
            self._tidy(state, review.result.active)
        outcome.said |= frozenset(_keys((*review.inline, *review.files))) - unplaced
        if sticky:
            self._post_summary(state, review.without(unplaced))
        outcome.notices.extend(_refusals(outcome.refused))
        return outcome

    def _state(self) -> PullState:
        return read_state(self.client, self.number, self.renderer)

    def _refuse(self, what: str, error: Refused) -> None:
        self.outcome.refused.setdefault(error.message, []).append(what)

    # --- comments on lines and files ---

    def _post_comments(self, review: Review) -> set[str]:
        """Posts all comments; returns the keys of those that are on the pull request now."""
        posted: set[str] = set()
        try:
            if review.inline:
                self._post_reviews(review, (*review.inline, *review.further), posted, [MAX_SPLITS])
            for comment in review.files:
                self._post_on_file(comment, posted)
        except Refused as error:
            # Who may not write one comment may write none.
            self._refuse("the comments", error)
        except Unavailable as error:
            self.outcome.notices.append(f"Some comments could not be posted ({error}).")
        return posted

    def _post_reviews(
        self, review: Review, comments: Sequence[InlineComment], posted: set[str], left: list[int]
    ) -> None:
        """Posts comments as one review, or as several where GitHub refuses it for one of them.

        Adds to `posted`. `left` is how many reviews may still be tried. Raises `Refused` and `Unavailable`.
        """
        if left[0] <= 0:
            return
        left[0] -= 1
        try:
            self._post_review(review, comments, posted)
        except Refused as error:
            if error.status != 422 or any(text in error.message for text in _HOPELESS):
                raise
            # GitHub refuses a review whole for one comment and does not say which: halves tell.
            middle = len(comments) // 2
            for half in (comments[:middle], comments[middle:]) if middle else ():
                self._post_reviews(review, half, posted, left)

    def _post_review(self, review: Review, comments: Sequence[InlineComment], posted: set[str]) -> None:
        """Posts comments as one review. After a lost answer only what did not arrive is posted once more."""
        for attempt in range(1, WRITE_ATTEMPTS + 1):
            further = tuple(comment for comment in comments if isinstance(comment, FurtherComment))
            main = tuple(comment for comment in comments if not isinstance(comment, FurtherComment))
            part = replace(review, inline=main, further=further)
            body = {
                "commit_id": self.head_sha,
                "event": "COMMENT",
                "body": self.renderer.review_body(part),
                "comments": [self._anchored(comment) for comment in comments],
            }
            try:
                answer = self.client.write("POST", f"/pulls/{self.number}/reviews", body)
            except Unavailable as error:
                arrived = self._published_keys()
                posted.update(key for comment in comments if arrived.issuperset(comment.keys) for key in comment.keys)
                comments = [comment for comment in comments if not arrived.issuperset(comment.keys)]
                if not comments:
                    return
                if attempt == WRITE_ATTEMPTS:
                    raise
                self.client.wait(error, attempt)
            else:
                self.outcome.review_url = self.outcome.review_url or str(answer.get("html_url") or "")
                posted.update(_keys(comments))
                return

    def _post_on_file(self, comment: FileComment, posted: set[str]) -> None:
        """Posts a comment on a file, which a review cannot hold. Raises `Refused` and `Unavailable`."""
        body = {
            "commit_id": self.head_sha,
            "path": comment.path,
            "body": self.renderer.comment(comment),
            "subject_type": "file",
        }

        def arrived() -> dict[str, Any] | None:
            return {} if self._published_keys().issuperset(comment.keys) else None

        try:
            self.client.write("POST", f"/pulls/{self.number}/comments", body, arrived)
        except Refused as error:
            if error.status != 422:
                raise
        else:
            posted.update(comment.keys)

    def _published_keys(self) -> set[str]:
        """What stands on the pull request now, in keys."""
        return {key for standing in self._state().standing for key in standing.keys}

    def _anchored(self, comment: InlineComment) -> dict[str, Any]:
        anchor: dict[str, Any] = {"path": comment.path, "line": comment.line, "side": comment.side}
        if comment.start_line < comment.line:
            anchor |= {"start_line": comment.start_line, "start_side": comment.side}
        return {**anchor, "body": self.renderer.comment(comment)}

    # --- comments that have had their day ---

    def _tidy(self, state: PullState, active: Sequence[Finding]) -> None:
        """Takes away our comments whose findings are all gone, and what another run said at the same time as us.

        A comment of whose findings some are gone says the others only.
        """
        current = current_keys(active)
        gone: list[Posted] = []
        partly: list[tuple[Posted, InlineComment | FileComment]] = []
        said: set[str] = set()
        for posted in state.comments:
            if posted.hidden:
                continue
            keys = set(posted.says.keys)
            if keys.isdisjoint(current) or (keys <= said and not posted.answered):
                gone.append(posted)
            elif not posted.answered and (rest := renewed(posted.says, active)) is not None:
                partly.append((posted, rest))
            said |= keys
        self._renew(partly)
        self._retire(state, gone)

    def _renew(self, comments: Iterable[tuple[Posted, InlineComment | FileComment]]) -> None:
        try:
            for posted, comment in comments:
                body = {"body": self.renderer.comment(comment)}
                self._unless_gone("PATCH", f"/pulls/comments/{posted.id}", body)
        except Refused as error:
            self._refuse("changing what is partly fixed", error)
        except Unavailable as error:
            self.outcome.notices.append(f"Comments about what is partly fixed could not be changed ({error}).")

    def _retire(self, state: PullState, gone: Sequence[Posted]) -> None:
        """Takes comments away: deletes them, or folds them where somebody has answered."""
        if not gone:
            return
        left = [posted for posted in state.comments if posted not in gone and not posted.hidden]
        # The text above comments that are all gone says nothing any more. A comment on a file has no text above it.
        reviews = {posted.review_id for posted in gone if not posted.says.on_file}
        reviews -= {posted.review_id for posted in left} | {""}
        try:
            # A deleted comment leaves no open conversation behind; one that somebody answered stays.
            for posted in gone:
                if not posted.answered:
                    self._unless_gone("DELETE", f"/pulls/comments/{posted.id}")
            answered = [(posted.node_id, "RESOLVED") for posted in gone if posted.answered]
            self._minimize([*answered, *((review, "OUTDATED") for review in sorted(reviews))])
        except Refused as error:
            if error.status != 404 and "Could not resolve" not in error.message:  # Somebody else was faster.
                self._refuse("taking away what is fixed", error)
        except Unavailable as error:
            self.outcome.notices.append(f"Comments about what is fixed could not be taken away ({error}).")

    def _unless_gone(self, verb: str, path: str, body: dict[str, Any] | None = None) -> bool:
        """Writes to something that somebody else may have deleted. Whether it was there."""
        try:
            self.client.write(verb, path, body)
        except Refused as error:
            if error.status != 404:
                raise
            return False
        return True

    def _minimize(self, subjects: Sequence[tuple[str, str]]) -> None:
        """Folds comments and reviews away, for a reason each."""
        if not subjects:
            return
        declared = ", ".join(f"$i{index}: ID!" for index in range(len(subjects)))
        steps = " ".join(
            f"m{index}: minimizeComment(input: {{subjectId: $i{index}, classifier: {reason}}}) {{ clientMutationId }}"
            for index, (_, reason) in enumerate(subjects)
        )
        variables = {f"i{index}": node_id for index, (node_id, _) in enumerate(subjects)}
        self.client.graphql(f"mutation({declared}) {{ {steps} }}", variables)

    # --- the summary ---

    def _post_summary(self, state: PullState, review: Review) -> None:
        text = self.renderer.summary(review)
        try:
            if state.summaries:
                (identity, body), *others = state.summaries
                self.outcome.summary_id = identity
                path = f"/issues/comments/{identity}"
                if not _same(body, text) and not self._unless_gone("PATCH", path, {"body": text}):
                    self._create_summary(text)
                for identity, _ in others:  # Another run began at the same time.
                    self._unless_gone("DELETE", f"/issues/comments/{identity}")
            elif not _nothing_to_say(review.result):
                self._create_summary(text)
        except Refused as error:
            self._refuse("the summary", error)
        except Unavailable as error:
            self.outcome.notices.append(f"The summary could not be posted ({error}).")

    def _create_summary(self, text: str) -> None:
        def arrived() -> dict[str, Any] | None:
            found = [identity for identity, body in self._state().summaries if _same(body, text)]
            return {"id": found[0]} if found else None

        answer = self.client.write("POST", f"/issues/{self.number}/comments", {"body": text}, arrived)
        self.outcome.summary_id = answer.get("id")


def _keys(comments: Iterable[Comment]) -> Iterator[str]:
    return (key for comment in comments for key in comment.keys)


def _nothing_to_say(result: Result) -> bool:
    """Whether a pull request that never had a summary needs none: it passed, and the job says so.

    Who has to decide about a submission gets one in any case.
    """
    passed = result.conclusion in (Conclusion.PASSED, Conclusion.NOTHING_TO_CHECK)
    return passed and result.submission is None and not (result.active or result.open_questions)


def _same(a: str, b: str) -> bool:
    """GitHub trims bodies and may change line endings."""
    return a.replace("\r\n", "\n").strip() == b.replace("\r\n", "\n").strip()


def _refusals(refused: dict[str, list[str]]) -> Iterator[str]:
    """One sentence for each reason: a read-only token is said once, not for every way of posting that was tried."""
    for reason, rungs in refused.items():
        why = "not accessible" in reason
        hint = " The token cannot write to this pull request, as is usual for forks." if why else ""
        yield f"GitHub refused {' and '.join(rungs)} ({reason}).{hint} Every finding is in the summary of the job."
