"""GitHub's REST API, as far as a review needs it. Each function below is one endpoint."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlencode

from msgspec import Struct, field

from standin import anchors, rules
from standin.core import Core, Draft
from standin.repository import TreeEntry
from standin.shapes import Json
from standin.shapes import time as shown_time
from standin.state import (
    ACTIONS_LOGIN,
    Artifact,
    CheckRun,
    CommitStatus,
    IssueComment,
    Pull,
    Review,
    ReviewComment,
    ReviewState,
    Token,
    WorkflowRun,
)


class Call(Struct, frozen=True):
    """A request to one endpoint. `path` is canonical (`/repos/owner/name/…`), `body` is the parsed JSON object."""

    core: Core
    path: str
    query: Mapping[str, str]
    accept: str
    body: Mapping[str, Any]
    token: Token | None

    @property
    def login(self) -> str | None:
        return self.token.login if self.token else None

    @property
    def author(self) -> Token:
        """The token of a call that has been found to be allowed to write."""
        assert self.token is not None  # noqa: S101 - `Core.require` refused everybody else
        return self.token


class Reply(Struct, frozen=True):
    """An answer: `body` is a JSON value, or bytes of the given `content_type`."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


Endpoint = Callable[..., Reply]


class _Route(Struct, frozen=True):
    method: str
    template: str
    pattern: re.Pattern[str]
    needs: tuple[str, ...]
    endpoint: Endpoint


_ROUTES: list[_Route] = []


def _route(method: str, template: str, *needs: str) -> Callable[[Endpoint], Endpoint]:
    """Serves a function at a path below the repository (`@` begins a path outside it).

    `{number:int}` matches digits and `{path:any}` slashes too. One of the permissions `needs` is required, for
    reading by GET and for writing otherwise.
    """
    pattern = re.escape(template.removeprefix("@"))
    pattern = re.sub(r"\\{(\w+):int\\}", r"(?P<\1>\\d{1,18})", pattern)
    pattern = re.sub(r"\\{(\w+):any\\}", r"(?P<\1>.*)", pattern)
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)

    def register(endpoint: Endpoint) -> Endpoint:
        _ROUTES.append(_Route(method, template, re.compile(pattern), needs, endpoint))
        return endpoint

    return register


def routes() -> list[tuple[str, str]]:
    """Every endpoint served: its method and its path."""
    shown = [(route.method, re.sub(r":\w+\}", "}", route.template)) for route in _ROUTES]
    return [(method, path[1:] if path.startswith("@") else "/repos/{owner}/{repo}" + path) for method, path in shown]


def canonical_path(core: Core, path: str) -> str:
    """The path with the repository named as GitHub spells it; it may be named by its id or in another case."""
    names = f"repos/{re.escape(core.site.full_name)}|repositories/{core.site.id}"
    return re.sub(rf"^/(?:{names})(?=/|$)", f"/repos/{core.site.full_name}", path, flags=re.IGNORECASE)


def serve(method: str, call: Call) -> Reply:
    """The answer to a request. Raises `Refusal` where GitHub refuses."""
    prefix = f"/repos/{call.core.site.full_name}"
    inside = call.path == prefix or call.path.startswith(f"{prefix}/")
    below = call.path.removeprefix(prefix)
    for route in _ROUTES:
        if route.method != method or route.template.startswith("@") == inside:
            continue
        if found := route.pattern.fullmatch(below if inside else call.path):
            if route.needs:
                call.core.require(call.token, "read" if method == "GET" else "write", *route.needs)
            return route.endpoint(
                call,
                **{
                    name: int(text) if f"{{{name}:int}}" in route.template else unquote(text)
                    for name, text in found.groupdict().items()
                },
            )
    raise rules.not_found()


# Lists


def _page(call: Call, items: Sequence[Any], most: int | None = None) -> tuple[Sequence[Any], dict[str, str]]:
    """One page of a list, and the header that links the others. At most `most` items are listed at all."""
    items = items[:most]
    size = max(1, min(_number(call, "per_page", 30), call.core.limits.per_page))
    page = max(1, _number(call, "page", 1))
    last = max(1, -(-len(items) // size))
    links = {"next": page + 1, "last": last} if page < last else {}
    links |= {"first": 1, "prev": page - 1} if page > 1 else {}
    # GitHub's links name the repository by its id.
    site = call.core.site
    path = call.path.replace(f"/repos/{site.full_name}", f"/repositories/{site.id}", 1)
    shown = [
        f'<{site.api}{path}?{urlencode({**call.query, "page": target})}>; rel="{name}"'
        for name, target in links.items()
    ]
    return items[(page - 1) * size : page * size], {"Link": ", ".join(shown)} if shown else {}


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    return int(text) if re.fullmatch(r"\d{1,9}", text) else default


def _listed(call: Call, items: Sequence[Any], shape: Callable[[Any], Json], most: int | None = None) -> Reply:
    page, headers = _page(call, items, most)
    return Reply(200, [shape(item) for item in page], headers)


def _since(call: Call, items: Sequence[Any]) -> Sequence[Any]:
    since = call.query.get("since")
    return [item for item in items if since is None or shown_time(item.updated) >= since]


# Outside the repository


@_route("GET", "@/user")
def get_user(call: Call) -> Reply:
    if call.token is None:
        raise rules.Refusal(401, "Requires authentication")
    if call.token.kind == "installation":
        raise rules.forbidden(call.token)
    return Reply(200, call.core.shapes.full_user(call.token.login))


@_route("GET", "@/rate_limit")
def get_rate_limit(call: Call) -> Reply:
    limit, remaining = call.core.limits.requests, call.core.remaining(call.token)
    resource = {"limit": limit, "used": limit - remaining, "remaining": remaining, "reset": int(time.time()) + 3600}
    names = ("core", "graphql", "search")
    return Reply(200, {"resources": dict.fromkeys(names, resource), "rate": resource})


# The repository


@_route("GET", "", "metadata")
def get_repository(call: Call) -> Reply:
    return Reply(200, call.core.shapes.full_repository())


@_route("GET", "/git/trees/{name:any}", "contents")
def get_tree(call: Call, name: str) -> Reply:
    repository = call.core.repository
    tree = repository.resolve(name, "tree")
    if tree is None:
        raise rules.not_found()
    entries = repository.tree(tree, recursive="recursive" in call.query)
    most = call.core.limits.tree_entries
    # A commit is answered under its own name.
    sha = repository.resolve(name) or tree
    return Reply(200, call.core.shapes.tree(sha, entries[:most], truncated=len(entries) > most))


@_route("GET", "/git/blobs/{sha}", "contents")
def get_blob(call: Call, sha: str) -> Reply:
    found = call.core.repository.read(sha)
    if found is None or found[0] != "blob":
        raise rules.not_found()
    if _wants_raw(call):
        return Reply(200, found[1], content_type="application/vnd.github.raw")
    return Reply(200, call.core.shapes.blob(sha, found[1]))


@_route("GET", "/git/commits/{sha}", "contents")
def get_git_commit(call: Call, sha: str) -> Reply:
    if call.core.repository.resolve(sha) != sha:
        raise rules.not_found()
    return Reply(200, call.core.shapes.git_commit(call.core.repository.commit(sha)))


@_route("GET", "/commits/{ref}/check-runs", "checks")
def list_check_runs(call: Call, ref: str) -> Reply:
    sha = _commit(call, ref)
    runs = [run for run in call.core.state.check_runs if run.head_sha == sha]
    if call.query.get("filter", "latest") == "latest":
        runs = list({(run.name, run.app_id): run for run in runs}.values())
    for name, attribute in (("check_name", "name"), ("status", "status"), ("app_id", "app_id")):
        if name in call.query:
            runs = [run for run in runs if str(getattr(run, attribute)) == call.query[name]]
    page, headers = _page(call, runs)
    shapes = [call.core.shapes.check_run(run) for run in page]
    return Reply(200, {"total_count": len(runs), "check_runs": shapes}, headers)


@_route("GET", "/commits/{ref}/statuses", "statuses")
def list_statuses(call: Call, ref: str) -> Reply:
    sha = _commit(call, ref)
    newest_first = [status for status in reversed(call.core.state.statuses) if status.sha == sha]
    return _listed(call, newest_first, call.core.shapes.status)


@_route("GET", "/commits/{sha}/pulls", "pull_requests")
def list_pulls_of_commit(call: Call, sha: str) -> Reply:
    core = call.core
    pulls = [pull for pull in core.state.pulls.values() if sha in anchors.commits(core.repository, pull)]
    return _listed(call, pulls, core.shapes.pull)


@_route("GET", "/commits/{ref:any}", "contents")
def get_commit(call: Call, ref: str) -> Reply:
    core = call.core
    commit = core.repository.commit(_commit(call, ref))
    parent = commit.parents[0] if commit.parents else _EMPTY_TREE
    files = core.repository.diff(parent, commit.sha)
    page, headers = _page(call, files, core.limits.pull_files)
    added, deleted = sum(file.additions for file in files), sum(file.deletions for file in files)
    shape = core.shapes.commit(commit) | {
        "stats": {"additions": added, "deletions": deleted, "total": added + deleted},
        "files": core.shapes.files(page, commit.sha, patch_lines=core.limits.response_patch_lines),
    }
    return Reply(200, shape, headers)


# The name of the tree without entries, which git knows without having it.
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def _commit(call: Call, ref: str) -> str:
    sha = call.core.repository.resolve(ref)
    if sha is None:
        raise rules.Refusal(422, f"No commit found for SHA: {ref}")
    return sha


@_route("GET", "/compare/{basehead:any}", "contents")
def compare(call: Call, basehead: str) -> Reply:
    core = call.core
    # A fork's branch is written `owner:branch`; its commits are in this repository too.
    names = [name.rpartition(":")[2] for name in basehead.split("...")]
    found = [core.repository.resolve(name) for name in names]
    if len(found) != 2 or found[0] is None or found[1] is None:
        raise rules.not_found()
    base, head = found[0], found[1]
    ancestor = core.repository.merge_base(base, head)
    if ancestor is None:
        raise rules.Refusal(404, f"No common ancestor between {names[0]} and {names[1]}.")
    ahead = core.repository.commits(base, head)
    # Without pages, all of the first 250 commits come at once.
    paged = "page" in call.query or "per_page" in call.query
    commits, headers = _page(call, ahead) if paged else (ahead[: core.limits.pull_commits], {})
    behind = len(core.repository.commits(head, base))
    shape = core.shapes.comparison(base, head, ancestor, ahead=ahead, behind=behind, commits=commits)
    if _number(call, "page", 1) <= 1:
        files = core.repository.diff(ancestor, head)[: core.limits.compare_files]
        shape["files"] = core.shapes.files(files, head, patch_lines=core.limits.response_patch_lines)
    return Reply(200, shape, headers)


@_route("GET", "/contents/{path:any}", "contents")
def get_contents(call: Call, path: str) -> Reply:
    core = call.core
    ref = call.query.get("ref", core.site.default_branch)
    sha = core.repository.resolve(ref)
    if sha is None:
        raise rules.Refusal(404, f"No commit found for the ref {ref}")
    entry = core.repository.entry(sha, path.strip("/"))
    if entry is None:
        raise rules.not_found()
    if entry.kind == "tree":
        entries = core.repository.tree(entry.sha, recursive=False)[: core.limits.contents_entries]
        inside = f"{entry.path}/" if entry.path else ""
        return Reply(
            200,
            [core.shapes.content(TreeEntry(inside + e.path, e.mode, e.kind, e.sha, e.size), ref) for e in entries],
        )
    found = core.repository.read(entry.sha)
    if found is None:
        # The commit of a submodule is in another repository, and so is its address in `.gitmodules`.
        return Reply(200, core.shapes.content(entry, ref) | {"submodule_git_url": "https://example.invalid/module.git"})
    if _wants_raw(call):
        return Reply(200, found[1], content_type="application/vnd.github.raw")
    shape = core.shapes.file_content(entry, ref, found[1], largest=core.limits.contents_bytes)
    if entry.mode == "120000":
        shape = core.shapes.content(entry, ref) | {"target": found[1].decode(errors="replace")}
    return Reply(200, shape)


def _wants_raw(call: Call) -> bool:
    return re.search(r"application/vnd\.github(\.v3)?\.raw", call.accept) is not None


# Pull requests


@_route("GET", "/pulls", "pull_requests")
def list_pulls(call: Call) -> Reply:
    pulls = list(call.core.state.pulls.values())
    state = call.query.get("state", "open")
    if state != "all":
        pulls = [pull for pull in pulls if pull.state == state]
    if base := call.query.get("base"):
        pulls = [pull for pull in pulls if pull.base_ref == base]
    # A head without an owner is not a filter at all.
    if ":" in (head := call.query.get("head", "")):
        pulls = [pull for pull in pulls if f"{pull.head_owner}:{pull.head_ref}" == head]
    if call.query.get("direction", "desc" if "sort" not in call.query else "asc") == "desc":
        pulls.reverse()
    return _listed(call, pulls, call.core.shapes.pull)


@_route("GET", "/pulls/{number:int}", "pull_requests")
def get_pull(call: Call, number: int) -> Reply:
    return Reply(200, call.core.shapes.full_pull(call.core.pull(number)))


@_route("GET", "/pulls/{number:int}/files", "pull_requests")
def list_files(call: Call, number: int) -> Reply:
    core = call.core
    pull = core.pull(number)
    page, headers = _page(call, anchors.changes(core.repository, pull), core.limits.pull_files)
    files = core.shapes.files(page, pull.head_sha, patch_lines=core.limits.response_patch_lines)
    return Reply(200, files, headers)


@_route("GET", "/pulls/{number:int}/commits", "pull_requests")
def list_commits(call: Call, number: int) -> Reply:
    core = call.core
    commits = anchors.commits(core.repository, core.pull(number))
    return _listed(call, commits, lambda sha: core.shapes.commit(core.repository.commit(sha)), core.limits.pull_commits)


# The conversation


@_route("GET", "/issues/{number:int}/comments", "issues", "pull_requests")
def list_issue_comments(call: Call, number: int) -> Reply:
    pull = call.core.pull(number)
    comments = _since(call, pull.issue_comments)
    return _listed(call, comments, lambda comment: call.core.shapes.issue_comment(pull, comment))


@_route("POST", "/issues/{number:int}/comments", "issues", "pull_requests")
def create_issue_comment(call: Call, number: int) -> Reply:
    pull = call.core.pull(number)
    rules.check_fields(call.body, rules.BODY)
    _check_unlocked(pull)
    rules.check_comment(call.body["body"], call.core.limits)
    comment = call.core.comment(pull, call.author.login, call.body["body"], call.author.app_id)
    return _issue_comment(call, pull, comment, 201)


@_route("GET", "/issues/comments/{identity:int}", "issues", "pull_requests")
def get_issue_comment(call: Call, identity: int) -> Reply:
    return _issue_comment(call, *call.core.issue_comment(identity))


@_route("PATCH", "/issues/comments/{identity:int}", "issues", "pull_requests")
def update_issue_comment(call: Call, identity: int) -> Reply:
    pull, comment = call.core.issue_comment(identity)
    rules.check_fields(call.body, rules.BODY)
    rules.check_comment(call.body["body"], call.core.limits)
    comment.body, comment.updated = call.body["body"], call.core.state.clock.tick()
    return _issue_comment(call, pull, comment)


@_route("DELETE", "/issues/comments/{identity:int}", "issues", "pull_requests")
def delete_issue_comment(call: Call, identity: int) -> Reply:
    pull, comment = call.core.issue_comment(identity)
    pull.issue_comments.remove(comment)
    return Reply(204)


@_route("POST", "/issues/comments/{identity:int}/reactions", "issues", "pull_requests")
def create_reaction(call: Call, identity: int) -> Reply:
    """The same reaction of the same person again is the one that is there."""
    _, comment = call.core.issue_comment(identity)
    rules.check_fields(call.body, rules.REACTION)
    mine = (call.author.login, call.body["content"])
    status = 200 if mine in comment.reactions else 201
    if status == 201:
        comment.reactions.append(mine)
    return Reply(status, call.core.shapes.reaction(comment, *mine))


@_route("GET", "/collaborators/{login}/permission", "metadata")
def get_permission(call: Call, login: str) -> Reply:
    """What anybody may do, collaborator or not: what is public may be read by everybody."""
    core = call.core
    owner = login == core.site.owner
    granted = "admin" if owner else core.state.collaborators.get(login, "none" if core.site.private else "read")
    return Reply(200, core.shapes.permission(login, granted))


def _issue_comment(call: Call, pull: Pull, comment: IssueComment, status: int = 200) -> Reply:
    return Reply(status, call.core.shapes.issue_comment(pull, comment))


def _check_unlocked(pull: Pull) -> None:
    if pull.locked:
        message = "Unable to create comment because issue is locked."
        raise rules.Refusal(403, message, documentation=rules.LOCKED)


# Reviews


@_route("GET", "/pulls/{number:int}/reviews", "pull_requests")
def list_reviews(call: Call, number: int) -> Reply:
    pull = call.core.pull(number)
    reviews = call.core.visible_reviews(pull, call.login)
    return _listed(call, reviews, lambda review: call.core.shapes.review(pull, review))


@_route("POST", "/pulls/{number:int}/reviews", "pull_requests")
def create_review(call: Call, number: int) -> Reply:
    """All or nothing: one comment that cannot be placed, and no review is made."""
    core, pull = call.core, call.core.pull(number)
    rules.check_fields(call.body, rules.REVIEW)
    entries = call.body.get("comments", [])
    for entry in entries:
        rules.check_fields(entry, rules.REVIEW_COMMENT_ENTRY, closed=True)
    _check_unlocked(pull)
    commit = call.body.get("commit_id") or pull.head_sha
    body, event = call.body.get("body", ""), call.body.get("event")
    if commit not in anchors.commits(core.repository, pull):
        raise rules.unprocessable("The commitOID is not part of the pull request")
    _check_event(call.author, pull, event, body)
    if core.pending_review(pull, call.author.login):
        raise rules.unprocessable("User can only have one pending review per pull request")
    if problem := rules.review_body_problem(body, core.limits):
        raise rules.unprocessable(problem)
    drafts = _drafts(core, pull, commit, entries)
    review = core.add_review(pull, call.author.login, body, commit, _STATES[event], drafts)
    return _review(call, pull, review)


_STATES: Mapping[str | None, ReviewState] = {
    None: "PENDING",
    "COMMENT": "COMMENTED",
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
}


def _check_event(token: Token, pull: Pull, event: str | None, body: str) -> None:
    """What nobody, or not everybody, may say of a pull request."""
    if event in ("COMMENT", "REQUEST_CHANGES") and not body.strip():
        raise rules.unprocessable("Body can't be blank")
    if event == "APPROVE" and token.login == ACTIONS_LOGIN:
        raise rules.unprocessable("GitHub Actions is not permitted to approve pull requests.")
    if token.login == pull.author and event in ("APPROVE", "REQUEST_CHANGES"):
        what = "approve" if event == "APPROVE" else "request changes on"
        raise rules.unprocessable(f"Can not {what} your own pull request")


def _drafts(core: Core, pull: Pull, commit: str, entries: Sequence[Mapping[str, Any]]) -> list[Draft]:
    files = anchors.changes(core.repository, pull, commit)
    drafts, problems = [], []
    for entry in entries:
        try:
            anchor = anchors.place(files, rules.wanted(entry), core.refused)
        except anchors.Unplaced as error:
            problems.append(rules.REVIEW_ANCHOR[error.problem])
        else:
            drafts.append(Draft(entry["path"], entry["body"], anchor))
        if problem := rules.review_body_problem(entry["body"], core.limits):
            problems.append(problem)
        if not entry["body"].strip():
            problems.append("Body can't be blank")
    if problems:
        raise rules.unprocessable(*problems)
    return drafts


@_route("GET", "/pulls/{number:int}/reviews/{identity:int}", "pull_requests")
def get_review(call: Call, number: int, identity: int) -> Reply:
    pull = call.core.pull(number)
    return _review(call, pull, call.core.review(pull, identity, call.login))


@_route("PUT", "/pulls/{number:int}/reviews/{identity:int}", "pull_requests")
def update_review(call: Call, number: int, identity: int) -> Reply:
    pull = call.core.pull(number)
    review = call.core.review(pull, identity, call.login)
    rules.check_fields(call.body, rules.BODY)
    if problem := rules.review_body_problem(call.body["body"], call.core.limits):
        raise rules.unprocessable(problem)
    if not call.body["body"].strip():
        raise rules.unprocessable("Body can't be blank")
    review.body = call.body["body"]
    return _review(call, pull, review)


@_route("DELETE", "/pulls/{number:int}/reviews/{identity:int}", "pull_requests")
def delete_review(call: Call, number: int, identity: int) -> Reply:
    pull = call.core.pull(number)
    review = call.core.review(pull, identity, call.login)
    if review.state != "PENDING":
        raise rules.unprocessable("Can not delete a non-pending pull request review")
    reply = _review(call, pull, review)
    pull.reviews.remove(review)
    for comment in list(review.comments):
        call.core.delete_review_comment(pull, comment)
    return reply


@_route("POST", "/pulls/{number:int}/reviews/{identity:int}/events", "pull_requests")
def submit_review(call: Call, number: int, identity: int) -> Reply:
    pull = call.core.pull(number)
    review = call.core.review(pull, identity, call.login)
    rules.check_fields(call.body, rules.SUBMIT)
    _check_unlocked(pull)
    body = call.body.get("body", review.body)
    _check_event(call.author, pull, call.body["event"], body)
    if review.state != "PENDING":
        raise rules.unprocessable("Can not submit a non-pending pull request review")
    review.body, review.state = body, _STATES[call.body["event"]]
    review.submitted = call.core.state.clock.tick()
    return _review(call, pull, review)


@_route("PUT", "/pulls/{number:int}/reviews/{identity:int}/dismissals", "pull_requests")
def dismiss_review(call: Call, number: int, identity: int) -> Reply:
    pull = call.core.pull(number)
    review = call.core.review(pull, identity, call.login)
    rules.check_fields(call.body, rules.DISMISS)
    if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise rules.unprocessable(f"Can not dismiss a {review.state.lower()} pull request review")
    review.state = "DISMISSED"
    return _review(call, pull, review)


@_route("GET", "/pulls/{number:int}/reviews/{identity:int}/comments", "pull_requests")
def list_comments_of_review(call: Call, number: int, identity: int) -> Reply:
    pull = call.core.pull(number)
    review = call.core.review(pull, identity, call.login)
    shown = [comment for comment in review.comments if comment.shown]
    return _listed(call, shown, lambda comment: call.core.shapes.review_comment(pull, comment))


def _review(call: Call, pull: Pull, review: Review) -> Reply:
    return Reply(200, call.core.shapes.review(pull, review))


# Comments in the diff


@_route("GET", "/pulls/{number:int}/comments", "pull_requests")
def list_review_comments(call: Call, number: int) -> Reply:
    pull = call.core.pull(number)
    comments = list(_since(call, call.core.visible_comments(pull, call.login)))
    if "sort" in call.query and call.query.get("direction", "desc") == "desc":
        comments.reverse()
    return _listed(call, comments, lambda comment: call.core.shapes.review_comment(pull, comment))


@_route("POST", "/pulls/{number:int}/comments", "pull_requests")
def create_review_comment(call: Call, number: int) -> Reply:
    """A comment on lines, on a whole file (`subject_type`), or in answer to another (`in_reply_to`)."""
    core, pull = call.core, call.core.pull(number)
    if "in_reply_to" in call.body:
        rules.check_fields(call.body, rules.REPLY)
        return _reply(call, pull, call.body["in_reply_to"], call.body["body"])
    rules.check_fields(call.body, rules.REVIEW_COMMENT)
    whole_file = call.body.get("subject_type") == "file"
    if not whole_file and "line" not in call.body and "position" not in call.body:
        raise rules.malformed(
            'No subschema in "oneOf" matched.',
            *(f'"{name}" wasn\'t supplied.' for name in ("position", "in_reply_to", "subject_type", "line")),
        )
    _check_unlocked(pull)
    rules.check_review_comment(call.body["body"], core.limits)
    _check_not_pending(core, pull, call.author.login)
    commit = call.body["commit_id"]
    if commit not in anchors.commits(core.repository, pull):
        raise rules.foreign_commit()
    files = anchors.changes(core.repository, pull, commit)
    try:
        if whole_file and all(file.path != call.body["path"] for file in files):
            raise anchors.Unplaced("path")
        anchor = None if whole_file else anchors.place(files, rules.wanted(call.body), core.refused)
    except anchors.Unplaced as error:
        raise rules.unplaced_comment(error) from error
    # A single comment is a review of its own, without a body.
    review = core.add_review(
        pull, call.author.login, "", commit, "COMMENTED", [Draft(call.body["path"], call.body["body"], anchor)]
    )
    return _review_comment(call, pull, review.comments[0], 201)


@_route("POST", "/pulls/{number:int}/comments/{identity:int}/replies", "pull_requests")
def create_reply(call: Call, number: int, identity: int) -> Reply:
    rules.check_fields(call.body, rules.BODY)
    return _reply(call, call.core.pull(number), identity, call.body["body"])


def _reply(call: Call, pull: Pull, identity: int, body: str) -> Reply:
    found, parent = call.core.review_comment(identity, call.login)
    if found is not pull:
        raise rules.not_found()
    _check_unlocked(pull)
    rules.check_review_comment(body, call.core.limits)
    _check_not_pending(call.core, pull, call.author.login)
    return _review_comment(call, pull, call.core.reply(pull, parent, call.author.login, body), 201)


def _check_not_pending(core: Core, pull: Pull, login: str) -> None:
    if core.pending_review(pull, login):
        message = "user_id can only have one pending review per pull request"
        raise rules.invalid_fields("PullRequestReview", ("custom", "user_id", message))


@_route("GET", "/pulls/comments/{identity:int}", "pull_requests")
def get_review_comment(call: Call, identity: int) -> Reply:
    return _review_comment(call, *call.core.review_comment(identity, call.login))


@_route("PATCH", "/pulls/comments/{identity:int}", "pull_requests")
def update_review_comment(call: Call, identity: int) -> Reply:
    pull, comment = call.core.review_comment(identity, call.login)
    rules.check_fields(call.body, rules.BODY)
    rules.check_review_comment(call.body["body"], call.core.limits)
    comment.body, comment.updated = call.body["body"], call.core.state.clock.tick()
    return _review_comment(call, pull, comment)


@_route("DELETE", "/pulls/comments/{identity:int}", "pull_requests")
def delete_review_comment(call: Call, identity: int) -> Reply:
    call.core.delete_review_comment(*call.core.review_comment(identity, call.login))
    return Reply(204)


def _review_comment(call: Call, pull: Pull, comment: ReviewComment, status: int = 200) -> Reply:
    return Reply(status, call.core.shapes.review_comment(pull, comment))


# Checks and statuses


def _require_app(call: Call) -> int:
    """Check runs are written by apps alone; a person's token cannot."""
    if call.author.app_id is None:
        raise rules.Refusal(403, "You must authenticate via a GitHub App.")
    return call.author.app_id


@_route("POST", "/check-runs", "checks")
def create_check_run(call: Call) -> Reply:
    app = _require_app(call)
    annotations = rules.check_check_run(call.body, call.core.limits, create=True)
    sha = _commit(call, call.body["head_sha"])
    run = CheckRun(call.core.state.next_id(), call.body["name"], sha, app)
    _apply(call, run)
    run.annotations += annotations
    call.core.state.check_runs.append(run)
    return Reply(201, call.core.shapes.check_run(run))


@_route("PATCH", "/check-runs/{identity:int}", "checks")
def update_check_run(call: Call, identity: int) -> Reply:
    """Annotations are added to those that are there."""
    app, run = _require_app(call), call.core.check_run(identity)
    if run.app_id != app:
        message = f"Invalid app_id `{run.app_id}` - check run can only be modified by the GitHub App that created it."
        raise rules.Refusal(403, message)
    run.annotations += rules.check_check_run(call.body, call.core.limits, create=False)
    _apply(call, run)
    return Reply(200, call.core.shapes.check_run(run))


def _apply(call: Call, run: CheckRun) -> None:
    """Copies what a request says about a check run; what it does not mention stays."""
    body, now = call.body, shown_time(call.core.state.clock.tick())
    output = body.get("output", {})
    run.name = body.get("name", run.name)
    run.details_url = body.get("details_url", run.details_url)
    run.external_id = body.get("external_id", run.external_id)
    run.started = body.get("started_at", run.started or now)
    run.status = body.get("status", run.status)
    if "conclusion" in body:
        run.status, run.conclusion = "completed", body["conclusion"]
        run.completed = body.get("completed_at", now)
    elif run.status != "completed":
        run.conclusion = run.completed = None
    run.title = output.get("title", run.title)
    run.summary = output.get("summary", run.summary)
    run.text = output.get("text", run.text)


@_route("GET", "/check-runs/{identity:int}", "checks")
def get_check_run(call: Call, identity: int) -> Reply:
    return Reply(200, call.core.shapes.check_run(call.core.check_run(identity)))


@_route("GET", "/check-runs/{identity:int}/annotations", "checks")
def list_annotations(call: Call, identity: int) -> Reply:
    run = call.core.check_run(identity)
    return _listed(call, run.annotations, lambda annotation: call.core.shapes.annotation(run, annotation))


@_route("POST", "/statuses/{sha}", "statuses")
def create_status(call: Call, sha: str) -> Reply:
    rules.check_status(call.body)
    state = call.core.state
    status = CommitStatus(
        id=state.next_id(),
        sha=_commit(call, sha),
        state=call.body["state"],
        context=call.body.get("context", "default"),
        description=call.body.get("description"),
        target_url=call.body.get("target_url"),
        author=call.author.login,
        created=state.clock.tick(),
    )
    state.statuses.append(status)
    return Reply(201, call.core.shapes.status(status))


# Workflow runs


@_route("POST", "/actions/jobs/{identity:int}/rerun", "actions")
def rerun_job(call: Call, identity: int) -> Reply:
    if identity in call.core.state.no_reruns:
        raise rules.Refusal(403, call.core.state.no_reruns[identity])
    call.core.state.reruns.append(identity)
    return Reply(201, {})


@_route("GET", "/actions/runs/{identity:int}", "actions")
def get_workflow_run(call: Call, identity: int) -> Reply:
    return Reply(200, call.core.shapes.workflow_run(call.core.workflow_run(identity)))


@_route("GET", "/actions/runs/{identity:int}/artifacts", "actions")
def list_artifacts(call: Call, identity: int) -> Reply:
    run = call.core.workflow_run(identity)
    found = [artifact for artifact in run.artifacts if call.query.get("name", artifact.name) == artifact.name]
    page, headers = _page(call, found)
    shapes = [call.core.shapes.artifact(run, artifact) for artifact in page]
    return Reply(200, {"total_count": len(found), "artifacts": shapes}, headers)


@_route("GET", "/actions/artifacts/{identity:int}", "actions")
def get_artifact(call: Call, identity: int) -> Reply:
    return Reply(200, call.core.shapes.artifact(*_artifact(call, identity)))


@_route("GET", "/actions/artifacts/{identity:int}/zip", "actions")
def download_artifact(call: Call, identity: int) -> Reply:
    """Leads to a storage on another host, which must not be shown the token."""
    if call.token is None:
        raise rules.Refusal(401, "Requires authentication")
    _, artifact = _artifact(call, identity)
    if artifact.expired:
        raise rules.Refusal(410, "Artifact has expired")
    return Reply(302, headers={"Location": f"{storage_url(call.core)}/artifacts/{identity}?sig={_signature(artifact)}"})


@_route("GET", "/tags", "contents")
def list_tags(call: Call) -> Reply:
    page, headers = _page(call, call.core.repository.tags())
    return Reply(200, [call.core.shapes.tag(name, sha) for name, sha in page], headers)


@_route("GET", "/releases/tags/{tag:any}", "contents")
def get_release(call: Call, tag: str) -> Reply:
    if tag not in call.core.state.releases:
        raise rules.not_found()
    return Reply(200, call.core.state.releases[tag])


@_route("GET", "/releases/assets/{identity:int}", "contents")
def download_asset(call: Call, identity: int) -> Reply:
    """Leads to the storage, as GitHub does for who asks for `application/octet-stream`."""
    if identity not in call.core.state.release_assets:
        raise rules.not_found()
    return Reply(302, headers={"Location": f"{storage_url(call.core)}/assets/{identity}?sig=signed-{identity}"})


def storage_url(core: Core) -> str:
    """The storage: this server under its other name, which is another host to every client."""
    return re.sub(r"//[^:/]+", "//localhost", core.site.html) + "/storage"


def serve_storage(core: Core, path: str, query: Mapping[str, str], *, authorized: bool) -> Reply:
    """A signed link is all that the storage wants to see; a token besides it is an error there."""
    for identity, content in core.state.release_assets.items():
        if path == f"/assets/{identity}" and query.get("sig") == f"signed-{identity}":
            if authorized:
                return Reply(403, b"<Error><Code>InvalidAuthenticationInfo</Code></Error>", {}, "application/xml")
            return Reply(200, content, {}, "application/octet-stream")
    for run in core.state.workflow_runs:
        for artifact in run.artifacts:
            if path == f"/artifacts/{artifact.id}" and query.get("sig") == _signature(artifact):
                if authorized:
                    return Reply(403, b"<Error><Code>InvalidAuthenticationInfo</Code></Error>", {}, "application/xml")
                return Reply(200, artifact.content, {}, "application/zip")
    return Reply(404, b"<Error><Code>BlobNotFound</Code></Error>", {}, "application/xml")


def _signature(artifact: Artifact) -> str:
    return quote(f"signed-{artifact.id}", safe="")


def _artifact(call: Call, identity: int) -> tuple[WorkflowRun, Artifact]:
    for run in call.core.state.workflow_runs:
        for artifact in run.artifacts:
            if artifact.id == identity:
                return run, artifact
    raise rules.not_found()
