"""What the runner tells about the run: environment, inputs and the event's payload.

Payloads are read tolerantly: only the fields that are used, in the shapes that GitHub documents. What is missing or
absurd is a `UsageError` that names the field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct, ValidationError, convert

from bot.errors import UsageError
from bot.findings import quote

#: A larger event file is not read (bytes). GitHub's own limit for webhook payloads is 25 MB.
MAX_EVENT_BYTES = 25 * 1024 * 1024

Sha = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40}([0-9a-f]{24})?\Z")]
FullName = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}\Z")]
_Ref = Annotated[str, Meta(max_length=1000)]
_Name = Annotated[str, Meta(min_length=1, max_length=1000)]
_Number = Annotated[int, Meta(gt=0)]

_Read = TypeVar("_Read")

_TAGS = "refs/tags/"


class _Repository(Struct):
    full_name: FullName


class _Side(Struct):
    sha: Sha
    ref: _Ref
    #: None when the fork was deleted.
    repo: _Repository | None = None


class _PullRequest(Struct):
    number: _Number
    base: _Side
    head: _Side
    #: Only a hint of how to ask, so that an absurd one is not a fault.
    changed_files: object = None


class _PullRequestEvent(Struct):
    pull_request: _PullRequest
    action: object = None


class _MergeGroup(Struct):
    base_sha: Sha
    head_sha: Sha


class _MergeGroupEvent(Struct):
    merge_group: _MergeGroup


class _PushEvent(Struct):
    before: Sha
    after: Sha
    ref: _Ref = ""


class _Release(Struct):
    tag_name: _Name
    draft: bool = False


class _ReleaseEvent(Struct):
    release: _Release


class _Person(Struct):
    id: int


class _Comment(Struct):
    id: _Number
    body: str | None
    user: _Person | None


class _Issue(Struct):
    number: _Number
    #: What is there shows that the issue is a pull request.
    pull_request: object = None


class _CommentEvent(Struct):
    action: str
    issue: _Issue
    comment: _Comment


class _FinishedRun(Struct):
    head_sha: Sha
    head_branch: _Name
    #: None when the fork was deleted.
    head_repository: _Repository | None = None


class _WorkflowRunEvent(Struct):
    workflow_run: _FinishedRun


class WorkflowRun(Struct, frozen=True):
    """The finished run that a `workflow_run` event tells of. Its pull request is not in the event for forks."""

    repository: str
    head_repository: str | None
    head_branch: str
    head_sha: str


class Comment(Struct, frozen=True):
    """The new comment on a pull request that an `issue_comment` event tells of, as it was then."""

    repository: str
    number: int
    id: int
    body: str
    author: int


class PullRequest(Struct, frozen=True):
    """The pull request of an event. `head_repository` is None when the fork is gone.

    `changed_files` is how many files it changed when the event happened; None where the event does not say. `edited`:
    its text changed, or the branch that it is for. A job that is run again reviews it as if it were new.
    """

    number: int
    base_sha: str
    head_sha: str
    base_repository: str
    head_repository: str | None
    changed_files: int | None = None
    edited: bool = False

    @property
    def is_fork(self) -> bool:
        return self.head_repository != self.base_repository


class Event(Struct, frozen=True):
    """What started the run.

    `tag` is the tag that was pushed or released.

    `base_sha` is None where the event compares with nothing: the whole repository at `head_sha` is reviewed then.
    `privileged` runs hold secrets or a write token while the change may be anybody's, so nothing is read from the
    working directory.
    """

    name: str
    repository: str
    head_sha: str
    base_sha: str | None = None
    pull_request: PullRequest | None = None
    tag: str = ""

    @property
    def is_release(self) -> bool:
        return self.name == "release"

    @property
    def privileged(self) -> bool:
        return self.name in ("pull_request_target", "workflow_run", "issue_comment")


class Runner(Struct, frozen=True):
    """The runner's side of the run: addresses and files. Paths are None where the runner gives none."""

    api_url: str
    server_url: str
    workspace: Path | None
    temp: Path | None
    summary_file: Path | None
    output_file: Path | None
    run_url: str


def read_event(environment: Mapping[str, str]) -> Event:
    """The event that started the run. Raises `UsageError` when the environment or payload does not say."""
    name = _required(environment, "GITHUB_EVENT_NAME")
    repository = _required(environment, "GITHUB_REPOSITORY")
    _check(FullName, repository, "GITHUB_REPOSITORY")
    payload = _payload(environment)
    match name:
        case "pull_request" | "pull_request_target":
            told = _parse(_PullRequestEvent, payload, name)
            pull = told.pull_request
            head_repository = pull.head.repo.full_name if pull.head.repo else None
            files = pull.changed_files if isinstance(pull.changed_files, int) else None
            edited = told.action == "edited" and environment.get("GITHUB_RUN_ATTEMPT", "1") == "1"
            request = PullRequest(pull.number, pull.base.sha, pull.head.sha, repository, head_repository, files, edited)
            return Event(name, repository, pull.head.sha, pull.base.sha, request)
        case "merge_group":
            group = _parse(_MergeGroupEvent, payload, name).merge_group
            return Event(name, repository, group.head_sha, group.base_sha)
        case "push":
            push = _parse(_PushEvent, payload, name)
            if push.after.strip("0") == "":
                raise UsageError("the push deleted its branch: there is nothing to review; do not run on deletions")
            if push.ref.startswith(_TAGS):
                # Of an annotated tag `after` is the tag, and not the commit.
                return Event(name, repository, _commit_of(environment), tag=push.ref.removeprefix(_TAGS))
            before = push.before if push.before.strip("0") else None
            return Event(name, repository, push.after, before)
        case "release":
            release = _parse(_ReleaseEvent, payload, name).release
            if release.draft:
                raise UsageError("the release is a draft, which has no tag yet: run on `release` with type `published`")
            return Event(name, repository, _commit_of(environment), tag=release.tag_name)
        case "schedule" | "workflow_dispatch" | "repository_dispatch" | "workflow_call":
            return Event(name, repository, _commit_of(environment))
    raise UsageError(
        f"the event {quote(name)} is not one that can be reviewed; use pull_request, pull_request_target, "
        "merge_group, push, release, schedule, workflow_dispatch or issue_comment"
    )


def _commit_of(environment: Mapping[str, str]) -> str:
    """The commit that the runner names. Raises `UsageError`."""
    sha = _required(environment, "GITHUB_SHA")
    _check(Sha, sha, "GITHUB_SHA")
    return sha


def read_workflow_run(environment: Mapping[str, str]) -> WorkflowRun:
    """The run of a `workflow_run` event. Raises `UsageError` for another event or an unusable payload."""
    name = _required(environment, "GITHUB_EVENT_NAME")
    if name != "workflow_run":
        raise UsageError(f"publish runs on workflow_run, not on {quote(name)}")
    repository = _required(environment, "GITHUB_REPOSITORY")
    _check(FullName, repository, "GITHUB_REPOSITORY")
    run = _parse(_WorkflowRunEvent, _payload(environment), name).workflow_run
    head_repository = run.head_repository.full_name if run.head_repository else None
    return WorkflowRun(repository, head_repository, run.head_branch, run.head_sha)


def read_comment(environment: Mapping[str, str]) -> Comment | None:
    """The comment of an `issue_comment` event; None for one that is not new, or not on a pull request.

    Raises `UsageError` for an unusable payload.
    """
    repository = _required(environment, "GITHUB_REPOSITORY")
    _check(FullName, repository, "GITHUB_REPOSITORY")
    told = _parse(_CommentEvent, _payload(environment), "issue_comment")
    comment = told.comment
    if told.action != "created" or told.issue.pull_request is None or comment.user is None:
        return None
    return Comment(repository, told.issue.number, comment.id, comment.body or "", comment.user.id)


def read_runner(environment: Mapping[str, str]) -> Runner:
    """The runner's addresses and files. GitHub Enterprise Server has other addresses than github.com."""
    api_url = environment.get("GITHUB_API_URL") or "https://api.github.com"
    server_url = environment.get("GITHUB_SERVER_URL") or "https://github.com"
    for name, url in (("GITHUB_API_URL", api_url), ("GITHUB_SERVER_URL", server_url)):
        if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?", url):
            raise UsageError(f"{name} is {quote(url)}, which is not an address of a GitHub")
    run = environment.get("GITHUB_RUN_ID", "")
    repository = environment.get("GITHUB_REPOSITORY", "")
    return Runner(
        api_url=api_url.rstrip("/"),
        server_url=server_url.rstrip("/"),
        workspace=_path(environment, "GITHUB_WORKSPACE"),
        temp=_path(environment, "RUNNER_TEMP"),
        summary_file=_path(environment, "GITHUB_STEP_SUMMARY"),
        output_file=_path(environment, "GITHUB_OUTPUT"),
        run_url=f"{server_url.rstrip('/')}/{repository}/actions/runs/{run}" if run.isdecimal() else "",
    )


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value) if value else None


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise UsageError(f"{name} is not set: the action command runs inside GitHub Actions; use `check` elsewhere")
    return value


def _payload(environment: Mapping[str, str]) -> Any:
    path = Path(_required(environment, "GITHUB_EVENT_PATH"))
    try:
        if path.stat().st_size > MAX_EVENT_BYTES:
            raise UsageError(f"the event file {quote(str(path))} is larger than {MAX_EVENT_BYTES:,} bytes")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"the event file {quote(str(path))} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the event file {quote(str(path))} is not JSON") from error


def _parse(kind: type[_Read], payload: Any, name: str) -> _Read:
    try:
        return convert(payload, kind)
    except ValidationError as error:
        raise UsageError(f"the payload of the {name} event is unusable: {error}") from error


def _check(kind: Any, value: str, name: str) -> None:
    try:
        convert(value, kind)
    except ValidationError as error:
        raise UsageError(f"{name} is {quote(value)}: {error}") from error
