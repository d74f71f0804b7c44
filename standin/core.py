"""The stand-in without HTTP: one repository with its pull requests, and what can happen to them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct, field

from standin import anchors, rules
from standin.anchors import Anchor
from standin.diff import Side
from standin.repository import Repository
from standin.shapes import Shapes, Site
from standin.state import (
    CheckRun,
    IssueComment,
    Limits,
    Pull,
    Review,
    ReviewComment,
    ReviewState,
    State,
    Thread,
    Token,
    WorkflowRun,
)


class Draft(Struct, frozen=True):
    """A comment in the diff that is about to be made. No `anchor`: it is about the whole file."""

    path: str
    body: str
    anchor: Anchor | None = None
    shown: bool = True


class Core(Struct, dict=True):
    site: Site
    repository: Repository
    state: State
    limits: Limits
    lock: threading.RLock = field(default_factory=threading.RLock)
    #: Lines on which comments are refused although they are in the diff.
    refused: set[tuple[str, Side, int]] = field(default_factory=set)

    #: Requests made with each token (and without one) in this hour, which never ends.
    used: Counter[str | None] = field(default_factory=Counter)

    @cached_property
    def shapes(self) -> Shapes:
        return Shapes(self.site, self.repository, self.state)

    def remaining(self, token: Token | None) -> int:
        """Requests that the token has left."""
        return self.limits.requests - self.used[token.value if token else None]

    def spend(self, token: Token | None) -> None:
        """Counts a request. Raises the refusal of a token that has none left."""
        if self.remaining(token) <= 0:
            raise rules.Refusal(403, "API rate limit exceeded for installation ID 1.")
        self.used[token.value if token else None] += 1

    # Who may

    def may(self, token: Token | None, action: str, *permissions: str) -> bool:
        """Whether a token grants one of the permissions. What is public may be read by everybody."""
        if action == "read" and not self.site.private:
            return True
        return token is not None and any(token.may(action, permission) for permission in permissions)

    def require(self, token: Token | None, action: str, *permissions: str) -> None:
        """Raises the refusal of a token that grants none of the permissions."""
        if self.may(token, action, *permissions):
            return
        if token is not None:
            raise rules.forbidden(token)
        raise rules.Refusal(401, "Requires authentication") if action == "write" else rules.not_found()

    # What is there

    def pull(self, number: int) -> Pull:
        """Raises the refusal `Not Found`."""
        pull = self.state.pulls.get(number)
        if pull is None:
            raise rules.not_found()
        return pull

    def issue_comment(self, identity: int) -> tuple[Pull, IssueComment]:
        """Raises the refusal `Not Found`, as the methods below do."""
        for pull in self.state.pulls.values():
            for comment in pull.issue_comments:
                if comment.id == identity:
                    return pull, comment
        raise rules.not_found()

    def review(self, pull: Pull, identity: int, viewer: str | None) -> Review:
        for review in self.visible_reviews(pull, viewer):
            if review.id == identity:
                return review
        raise rules.not_found()

    def review_comment(self, identity: int, viewer: str | None) -> tuple[Pull, ReviewComment]:
        for pull in self.state.pulls.values():
            for comment in self.visible_comments(pull, viewer):
                if comment.id == identity:
                    return pull, comment
        raise rules.not_found()

    def thread(self, pull: Pull, comment: ReviewComment) -> Thread:
        return next(thread for thread in pull.threads if comment in thread.comments)

    def threads(self) -> Iterator[tuple[Pull, Thread]]:
        for pull in self.state.pulls.values():
            for thread in pull.threads:
                yield pull, thread

    def check_run(self, identity: int) -> CheckRun:
        for run in self.state.check_runs:
            if run.id == identity:
                return run
        raise rules.not_found()

    def workflow_run(self, identity: int) -> WorkflowRun:
        for run in self.state.workflow_runs:
            if run.id == identity:
                return run
        raise rules.not_found()

    def visible_reviews(self, pull: Pull, viewer: str | None) -> list[Review]:
        """Nobody but its author sees a pending review."""
        return [review for review in pull.reviews if review.state != "PENDING" or review.author == viewer]

    def visible_comments(self, pull: Pull, viewer: str | None) -> list[ReviewComment]:
        seen = {review.id for review in self.visible_reviews(pull, viewer)}
        return [comment for comment in pull.review_comments if comment.shown and comment.review.id in seen]

    def pending_review(self, pull: Pull, login: str) -> Review | None:
        return next((r for r in pull.reviews if r.state == "PENDING" and r.author == login), None)

    # What happens

    def comment(self, pull: Pull, author: str, body: str, app_id: int | None = None) -> IssueComment:
        now = self.state.clock.tick()
        comment = IssueComment(self.state.next_id(), body, author, created=now, updated=now, app_id=app_id)
        pull.issue_comments.append(comment)
        return comment

    def add_review(
        self, pull: Pull, author: str, body: str, commit: str, state: ReviewState, drafts: Sequence[Draft] = ()
    ) -> Review:
        """A review with its comments, each of which begins a thread."""
        now = self.state.clock.tick()
        submitted = None if state == "PENDING" else now
        review = Review(self.state.next_id(), author, body, state, commit, created=now, submitted=submitted)
        pull.reviews.append(review)
        for draft in drafts:
            self.add_thread(pull, review, draft)
        return review

    def add_thread(self, pull: Pull, review: Review, draft: Draft) -> Thread:
        now = self.state.clock.tick()
        comment = ReviewComment(
            self.state.next_id(),
            review,
            review.author,
            draft.body,
            draft.path,
            review.commit,
            created=now,
            updated=now,
            shown=draft.shown,
        )
        if (anchor := draft.anchor) is not None:
            comment.side, comment.line = anchor.side, anchor.line
            comment.start_side, comment.start_line = anchor.start_side, anchor.start_line
            comment.position, comment.diff_hunk = anchor.position, anchor.diff_hunk
        review.comments.append(comment)
        thread = Thread(self.state.next_id(), [comment])
        pull.threads.append(thread)
        return thread

    def reply(self, pull: Pull, parent: ReviewComment, author: str, body: str) -> ReviewComment:
        """An answer to a comment in the diff; like every single comment, it is a review of its own."""
        thread = self.thread(pull, parent)
        root = thread.comments[0]
        review = self.add_review(pull, author, "", pull.head_sha, "COMMENTED")
        now = self.state.clock.tick()
        comment = ReviewComment(
            id=self.state.next_id(),
            review=review,
            author=author,
            body=body,
            path=root.path,
            commit=root.commit,
            created=now,
            updated=now,
            side=root.side,
            line=root.line,
            start_side=root.start_side,
            start_line=root.start_line,
            position=root.position,
            diff_hunk=root.diff_hunk,
            reply_to=root.id,
        )
        review.comments.append(comment)
        thread.comments.append(comment)
        return comment

    def delete_review_comment(self, pull: Pull, comment: ReviewComment) -> None:
        """The replies to a deleted comment stay."""
        thread = self.thread(pull, comment)
        thread.comments.remove(comment)
        comment.review.comments.remove(comment)
        if not thread.comments:
            pull.threads.remove(thread)

    def open_pull(
        self,
        base: str,
        head: str,
        *,
        title: str,
        body: str | None,
        author: str,
        head_repo: str | None,
        draft: bool,
    ) -> Pull:
        """Raises `ValueError` if there is no such branch or commit, or if the two have no common ancestor."""
        base_sha, head_sha = self._commit(base), self._commit(head)
        if self.repository.merge_base(base_sha, head_sha) is None:
            raise ValueError(f"{base} and {head} have no common ancestor")
        now = self.state.clock.tick()
        full_name = head_repo or self.site.full_name
        pull = Pull(
            number=len(self.state.pulls) + 1,
            title=title,
            body=body,
            author=author,
            base_ref=base,
            base_sha=base_sha,
            head_ref=head if self.repository.resolve(f"heads/{head}") else "patch-1",
            head_sha=head_sha,
            head_repo=full_name,
            head_owner=full_name.split("/")[0],
            merge_sha=None,
            created=now,
            updated=now,
            draft=draft,
        )
        self.state.pulls[pull.number] = pull
        self._set_refs(pull)
        return pull

    def push(self, pull: Pull, head: str) -> None:
        """Moves the head, by whatever push. Raises `ValueError` if there is no such commit."""
        pull.before, pull.head_sha = pull.head_sha, self._commit(head)
        pull.base_sha = anchors.base_tip(self.repository, pull)
        pull.updated = self.state.clock.tick()
        self._set_refs(pull)

    def commit(self, branch: str, expected: str, files: Mapping[str, bytes | None], message: str) -> str | None:
        """Commits to a branch of the repository, and moves its pull requests; None if its head is another commit."""
        if self.repository.resolve(f"heads/{branch}") != expected:
            return None
        made = self.repository.commit_files(expected, files, message)
        self.repository.update_refs({f"refs/heads/{branch}": made})
        for pull in self.state.pulls.values():
            if pull.head_ref == branch and pull.head_repo == self.site.full_name and pull.state == "open":
                self.push(pull, made)
        return made

    def _set_refs(self, pull: Pull) -> None:
        refs = {f"refs/pull/{pull.number}/head": pull.head_sha}
        pull.merge_sha = self.repository.merge(pull.base_sha, pull.head_sha, f"Merge pull request #{pull.number}")
        if pull.merge_sha is not None:
            refs[f"refs/pull/{pull.number}/merge"] = pull.merge_sha
        self.repository.update_refs(refs)

    def _commit(self, name: str) -> str:
        sha = self.repository.resolve(name)
        if sha is None:
            raise ValueError(f"there is no branch or commit {name}")
        return sha
