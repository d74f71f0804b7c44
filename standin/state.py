"""What the stand-in remembers: tokens, pull requests, comments, reviews, check runs, statuses, workflow runs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct, field

from standin.diff import Side

Kind = Literal["installation", "pat"]
ReviewState = Literal["PENDING", "COMMENTED", "APPROVED", "CHANGES_REQUESTED", "DISMISSED"]

#: The app whose installation token a workflow gets as `GITHUB_TOKEN`.
ACTIONS_LOGIN = "github-actions[bot]"
ACTIONS_APP_ID = 15368


class Limits(Struct, frozen=True):
    """GitHub's limits. A test that wants to meet one lowers it rather than making that much material."""

    #: Code points in the body of a comment or a review.
    body: int = 65_536
    #: Items in one page of a list.
    per_page: int = 100
    #: Files of a pull request that are listed at all.
    pull_files: int = 3_000
    #: Commits of a pull request that are listed at all.
    pull_commits: int = 250
    #: Files in a comparison, all of them on its first page.
    compare_files: int = 300
    #: Lines and bytes of one file's patch; a longer one is left out.
    patch_lines: int = 20_000
    patch_bytes: int = 500_000
    #: Lines of patches in one answer; the files after that come as if they were empty.
    response_patch_lines: int = 20_000
    #: Entries in a recursive tree before it is truncated.
    tree_entries: int = 100_000
    #: Bytes of a file that the contents API gives; a larger one comes without content.
    contents_bytes: int = 1_000_000
    #: Entries of a folder that the contents API gives.
    contents_entries: int = 1_000
    #: Bytes of a blob's text in GraphQL; a longer one is cut and says so.
    graphql_text_bytes: int = 512_000
    #: Annotations in one request about a check run.
    annotations: int = 50
    #: Requests an hour. Installation tokens of a workflow have this limit for each repository.
    requests: int = 1_000


class Token(Struct, frozen=True):
    """`permissions` maps a permission (`pull_requests`) to `read` or `write`; what it lacks is not granted.

    To read the metadata of the repository is granted to every token.
    """

    value: str
    login: str
    kind: Kind
    permissions: Mapping[str, str]
    app_id: int | None

    def may(self, action: str, permission: str) -> bool:
        granted = self.permissions.get(permission, "read" if permission == "metadata" else None)
        return granted == "write" or granted == action


class IssueComment(Struct):
    id: int
    body: str
    author: str
    created: datetime
    updated: datetime
    app_id: int | None = None
    minimized: str | None = None
    #: Who reacted with what.
    reactions: list[tuple[str, str]] = field(default_factory=list)


class Review(Struct, eq=False):
    """`comments` are those in the diff that were made with it."""

    id: int
    author: str
    body: str
    state: ReviewState
    commit: str
    created: datetime
    submitted: datetime | None = None
    minimized: str | None = None
    comments: list[ReviewComment] = field(default_factory=list)


class ReviewComment(Struct, eq=False):
    """A comment in the diff. The anchor is the one it was made with, at `commit`, whatever the head is now.

    `line` is None for a comment on a whole file, and `shown` is False for one that GitHub took and never shows.
    """

    id: int
    review: Review
    author: str
    body: str
    path: str
    commit: str
    created: datetime
    updated: datetime
    side: Side = "RIGHT"
    line: int | None = None
    start_side: Side | None = None
    start_line: int | None = None
    position: int = 1
    diff_hunk: str = ""
    reply_to: int | None = None
    minimized: str | None = None
    shown: bool = True


class Thread(Struct, eq=False):
    """A review comment and its replies."""

    id: int
    comments: list[ReviewComment]
    resolved_by: str | None = None

    @property
    def resolved(self) -> bool:
        return self.resolved_by is not None


class Pull(Struct, eq=False):
    """`head_repo` is the full name of the repository the head lies in; None after that fork was deleted."""

    number: int
    title: str
    body: str | None
    author: str
    base_ref: str
    base_sha: str
    head_ref: str
    head_sha: str
    head_repo: str | None
    head_owner: str
    merge_sha: str | None
    created: datetime
    updated: datetime
    state: Literal["open", "closed"] = "open"
    draft: bool = False
    locked: bool = False
    #: The head before the last push.
    before: str | None = None
    issue_comments: list[IssueComment] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)

    @property
    def review_comments(self) -> list[ReviewComment]:
        """Every comment in the diff, oldest first, those of pending reviews too."""
        return sorted((comment for thread in self.threads for comment in thread.comments), key=lambda c: c.id)


class Annotation(Struct, frozen=True):
    path: str
    start_line: int
    end_line: int
    level: str
    message: str
    title: str | None = None
    raw_details: str | None = None
    start_column: int | None = None
    end_column: int | None = None


class CheckRun(Struct):
    id: int
    name: str
    head_sha: str
    app_id: int
    status: str = "queued"
    conclusion: str | None = None
    details_url: str | None = None
    external_id: str = ""
    started: str | None = None
    completed: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Annotation] = field(default_factory=list)


class CommitStatus(Struct):
    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    author: str
    created: datetime


class Artifact(Struct):
    """`content` is the zip file that a download gives."""

    id: int
    name: str
    content: bytes
    created: datetime
    expired: bool = False


class WorkflowRun(Struct):
    id: int
    name: str
    event: str
    head_branch: str
    head_sha: str
    head_repo: str
    actor: str
    conclusion: str
    pull: Pull | None
    created: datetime
    artifacts: list[Artifact] = field(default_factory=list)


class Clock:
    """A second passes with every event, so that two runs of the same story tell the same times."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def tick(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


class State(Struct):
    """Everything that happened. Ids are larger than 32 bits can hold, as GitHub's are."""

    tokens: dict[str, Token] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    check_runs: list[CheckRun] = field(default_factory=list)
    statuses: list[CommitStatus] = field(default_factory=list)
    workflow_runs: list[WorkflowRun] = field(default_factory=list)
    #: What people may do in the repository, by login: `admin`, `write`, `read`; others may read what is public.
    collaborators: dict[str, str] = field(default_factory=dict)
    #: The jobs that were asked to run again, by id, and those that cannot, with GitHub's reason.
    reruns: list[int] = field(default_factory=list)
    no_reruns: dict[int, str] = field(default_factory=dict)
    #: The files of releases, by id.
    release_assets: dict[int, bytes] = field(default_factory=dict)
    #: Releases as GitHub shows them, by tag.
    releases: dict[str, Any] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(5_000_000_001))

    def next_id(self) -> int:
        return next(self._ids)
