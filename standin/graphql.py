"""GitHub's GraphQL API, as far as a review needs it: a small, literal part of GitHub's schema, really executed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from msgspec import Struct

from standin import anchors, rules
from standin.core import Core, Draft
from standin.shapes import node_id, number, time
from standin.state import IssueComment, Pull, Review, ReviewComment, Thread, Token

SDL = """
scalar Base64String
scalar BigInt
scalar DateTime
scalar GitObjectID
scalar URI

interface Node { id: ID! }
interface Actor { login: String! url: URI! }
interface GitObject { id: ID! oid: GitObjectID! abbreviatedOid: String! }
interface Minimizable { isMinimized: Boolean! minimizedReason: String viewerCanMinimize: Boolean! }

type Query {
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  rateLimit(dryRun: Boolean = false): RateLimit
  repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
  viewer: User!
}

type RateLimit { cost: Int! limit: Int! remaining: Int! resetAt: DateTime! used: Int! }
type User implements Actor & Node { id: ID! login: String! url: URI! }
type Bot implements Actor & Node { id: ID! login: String! url: URI! }

type Repository implements Node {
  id: ID!
  name: String!
  nameWithOwner: String!
  isPrivate: Boolean!
  object(expression: String, oid: GitObjectID): GitObject
  pullRequest(number: Int!): PullRequest
  pullRequests(after: String, first: Int, last: Int, states: [PullRequestState!]): PullRequestConnection!
}

type PullRequestConnection { nodes: [PullRequest] pageInfo: PageInfo! totalCount: Int! }
type PullRequestChangedFileConnection { nodes: [PullRequestChangedFile] pageInfo: PageInfo! totalCount: Int! }
type PullRequestChangedFile { path: String! }

type Blob implements GitObject & Node {
  id: ID!
  oid: GitObjectID!
  abbreviatedOid: String!
  byteSize: Int!
  isBinary: Boolean
  isTruncated: Boolean!
  text: String
}

type Tree implements GitObject & Node { id: ID! oid: GitObjectID! abbreviatedOid: String! entries: [TreeEntry!] }
type TreeEntry { mode: Int! name: String! object: GitObject oid: GitObjectID! path: String size: Int! type: String! }
type Commit implements GitObject & Node {
  id: ID!
  oid: GitObjectID!
  abbreviatedOid: String!
  message: String!
  tree: Tree!
}

enum PullRequestState { CLOSED MERGED OPEN }
enum PullRequestReviewState { APPROVED CHANGES_REQUESTED COMMENTED DISMISSED PENDING }
enum PullRequestReviewThreadSubjectType { FILE LINE }
enum DiffSide { LEFT RIGHT }
enum ReportedContentClassifiers { ABUSE DUPLICATE OFF_TOPIC OUTDATED RESOLVED SPAM }

type PageInfo { endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }

type PullRequest implements Node {
  id: ID!
  number: Int!
  title: String!
  body: String!
  state: PullRequestState!
  isDraft: Boolean!
  locked: Boolean!
  author: Actor
  baseRefOid: GitObjectID!
  headRefOid: GitObjectID!
  files(after: String, first: Int, last: Int): PullRequestChangedFileConnection
  comments(after: String, first: Int, last: Int): IssueCommentConnection!
  reviews(after: String, first: Int, last: Int): PullRequestReviewConnection
  reviewThreads(after: String, first: Int, last: Int): PullRequestReviewThreadConnection!
}

type IssueCommentConnection { nodes: [IssueComment] pageInfo: PageInfo! totalCount: Int! }
type PullRequestReviewConnection { nodes: [PullRequestReview] pageInfo: PageInfo! totalCount: Int! }
type PullRequestReviewThreadConnection { nodes: [PullRequestReviewThread] pageInfo: PageInfo! totalCount: Int! }
type PullRequestReviewCommentConnection { nodes: [PullRequestReviewComment] pageInfo: PageInfo! totalCount: Int! }

type IssueComment implements Minimizable & Node {
  id: ID!
  fullDatabaseId: BigInt
  author: Actor
  body: String!
  createdAt: DateTime!
  updatedAt: DateTime!
  isMinimized: Boolean!
  minimizedReason: String
  viewerCanMinimize: Boolean!
  viewerDidAuthor: Boolean!
}

type PullRequestReview implements Minimizable & Node {
  id: ID!
  fullDatabaseId: BigInt
  author: Actor
  body: String!
  createdAt: DateTime!
  state: PullRequestReviewState!
  submittedAt: DateTime
  comments(after: String, first: Int, last: Int): PullRequestReviewCommentConnection!
  isMinimized: Boolean!
  minimizedReason: String
  viewerCanMinimize: Boolean!
  viewerDidAuthor: Boolean!
}

type PullRequestReviewThread implements Node {
  id: ID!
  comments(after: String, first: Int, last: Int): PullRequestReviewCommentConnection!
  diffSide: DiffSide!
  isOutdated: Boolean!
  isResolved: Boolean!
  line: Int
  originalLine: Int
  originalStartLine: Int
  path: String!
  pullRequest: PullRequest!
  resolvedBy: User
  startDiffSide: DiffSide
  startLine: Int
  subjectType: PullRequestReviewThreadSubjectType!
  viewerCanReply: Boolean!
  viewerCanResolve: Boolean!
  viewerCanUnresolve: Boolean!
}

type PullRequestReviewComment implements Minimizable & Node {
  id: ID!
  fullDatabaseId: BigInt
  author: Actor
  body: String!
  createdAt: DateTime!
  updatedAt: DateTime!
  diffHunk: String!
  path: String!
  line: Int
  originalLine: Int
  outdated: Boolean!
  pullRequestReview: PullRequestReview
  replyTo: PullRequestReviewComment
  isMinimized: Boolean!
  minimizedReason: String
  viewerCanMinimize: Boolean!
  viewerDidAuthor: Boolean!
}

type Mutation {
  createCommitOnBranch(input: CreateCommitOnBranchInput!): CreateCommitOnBranchPayload
  addPullRequestReviewThread(input: AddPullRequestReviewThreadInput!): AddPullRequestReviewThreadPayload
  minimizeComment(input: MinimizeCommentInput!): MinimizeCommentPayload
  resolveReviewThread(input: ResolveReviewThreadInput!): ResolveReviewThreadPayload
  unminimizeComment(input: UnminimizeCommentInput!): UnminimizeCommentPayload
  unresolveReviewThread(input: UnresolveReviewThreadInput!): UnresolveReviewThreadPayload
}

input AddPullRequestReviewThreadInput {
  body: String!
  clientMutationId: String
  line: Int
  path: String!
  pullRequestId: ID
  pullRequestReviewId: ID
  side: DiffSide = RIGHT
  startLine: Int
  startSide: DiffSide = RIGHT
  subjectType: PullRequestReviewThreadSubjectType = LINE
}
type AddPullRequestReviewThreadPayload { clientMutationId: String thread: PullRequestReviewThread }

input CommittableBranch { branchName: String id: ID repositoryNameWithOwner: String }
input CommitMessage { body: String headline: String! }
input FileAddition { contents: Base64String! path: String! }
input FileDeletion { path: String! }
input FileChanges { additions: [FileAddition!] = [] deletions: [FileDeletion!] = [] }
input CreateCommitOnBranchInput {
  branch: CommittableBranch!
  clientMutationId: String
  expectedHeadOid: GitObjectID!
  fileChanges: FileChanges
  message: CommitMessage!
}
type CreateCommitOnBranchPayload { clientMutationId: String commit: Commit }

input MinimizeCommentInput { classifier: ReportedContentClassifiers! clientMutationId: String subjectId: ID! }
type MinimizeCommentPayload { clientMutationId: String minimizedComment: Minimizable }

input UnminimizeCommentInput { clientMutationId: String subjectId: ID! }
type UnminimizeCommentPayload { clientMutationId: String unminimizedComment: Minimizable }

input ResolveReviewThreadInput { clientMutationId: String threadId: ID! }
type ResolveReviewThreadPayload { clientMutationId: String thread: PullRequestReviewThread }

input UnresolveReviewThreadInput { clientMutationId: String threadId: ID! }
type UnresolveReviewThreadPayload { clientMutationId: String thread: PullRequestReviewThread }
"""

_SCHEMA = build_schema(SDL)

Value = dict[str, Any]


def answer(core: Core, token: Token, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request, whose status is always 200. Raises `Refusal` for one without a query."""
    query, variables = body.get("query"), body.get("variables") or {}
    if not isinstance(query, str) or not isinstance(variables, dict):
        raise rules.Refusal(400, "A query attribute must be specified and must be a string.")
    try:
        document, errors = _read(query)
    except GraphQLSyntaxError as error:
        return {"errors": [{"message": f"Parse error on {error.message}", "locations": _locations(error)}]}
    if errors:
        return {"errors": [_shown(error) for error in errors]}
    viewer = _Viewer(core, token)
    result = execute_sync(
        _SCHEMA,
        document,
        root_value=viewer.root(),
        variable_values=variables,
        operation_name=body.get("operationName"),
    )
    shown: dict[str, Any] = {"data": result.data}
    if result.errors:
        shown["errors"] = [_shown(error) for error in result.errors]
    return shown


@lru_cache(maxsize=64)
def _read(query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """A query and what the schema does not allow of it. Jobs send the same few again and again."""
    document = parse(query)
    return document, validate(_SCHEMA, document)


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]


def _shown(error: GraphQLError) -> dict[str, Any]:
    """An error as GitHub writes it: `type` beside the message, not inside the extensions."""
    shown: dict[str, Any] = {}
    if isinstance(error.original_error, _Failure):
        shown = {"type": error.original_error.type, "path": error.path}
        if error.original_error.type == "FORBIDDEN":
            shown["extensions"] = {"saml_failure": False}
    return shown | {"locations": _locations(error), "message": error.message}


class _Failure(Exception):
    """A field that GitHub does not give; `type` is NOT_FOUND, FORBIDDEN or UNPROCESSABLE."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.type = kind


class _Viewer(Struct, frozen=True):
    """The graph as the holder of a token sees it.

    Every node is a dict of its fields. A field that is a function is called when it is asked for, with its arguments.
    """

    core: Core
    token: Token

    def root(self) -> Value:
        return {
            "viewer": lambda _: self._actor(self.token.login, viewer=True),
            "rateLimit": self._rate_limit,
            "repository": self._repository,
            "node": lambda _, id: self._node(id),
            "nodes": lambda _, ids: [self._node(identity) for identity in ids],
            "createCommitOnBranch": self._commit_on_branch,
            "minimizeComment": self._minimize,
            "unminimizeComment": self._unminimize,
            "resolveReviewThread": lambda _, input: self._set_resolved(input, self.token.login),
            "unresolveReviewThread": lambda _, input: self._set_resolved(input, None),
            "addPullRequestReviewThread": self._add_thread,
        }

    def _require(self, action: str, *permissions: str) -> None:
        if not self.core.may(self.token, action, *permissions):
            raise _Failure("FORBIDDEN", str(rules.forbidden(self.token)))

    # Queries

    def _rate_limit(self, _: object, **arguments: object) -> Value:
        limit, remaining = self.core.limits.requests, self.core.remaining(self.token)
        reset = datetime.now(UTC) + timedelta(hours=1)
        return {"cost": 1, "limit": limit, "remaining": remaining, "resetAt": time(reset), "used": limit - remaining}

    def _repository(self, _: object, owner: str, name: str, **arguments: object) -> Value:
        site = self.core.site
        full_name = f"{owner}/{name}"
        if full_name.casefold() != site.full_name.casefold():
            raise _Failure("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
        return {
            "__typename": "Repository",
            "id": node_id("R", site.id),
            "name": site.name,
            "nameWithOwner": site.full_name,
            "isPrivate": site.private,
            "object": self._object,
            "pullRequest": self._pull_request,
            "pullRequests": self._pull_requests,
        }

    def _pull_requests(self, _: object, states: Sequence[str] | None = None, **page: Any) -> Value:
        self._require("read", "pull_requests")
        wanted = [
            pull for pull in self.core.state.pulls.values() if states is None or pull.state.upper() in set(states)
        ]
        return self._page(wanted, self._pull, **page)

    def _object(self, _: object, oid: str | None = None, expression: str | None = None) -> Value | None:
        self._require("read", "contents")
        if oid is not None:
            return self._git_object(oid)
        revision, colon, path = (expression or "").partition(":")
        commit = self.core.repository.resolve(revision)
        if commit is None or not colon:
            return self._git_object(commit or "")
        entry = self.core.repository.entry(commit, path)
        return self._git_object(entry.sha) if entry else None

    def _git_object(self, sha: str) -> Value | None:
        found = self.core.repository.read(sha)
        if found is None:
            return None
        kind, content = found
        common = {"id": node_id(kind[0].upper(), number(sha)), "oid": sha, "abbreviatedOid": sha[:7]}
        if kind == "blob":
            return {"__typename": "Blob"} | common | self._blob(content)
        if kind == "tree":
            return {"__typename": "Tree", **common, "entries": lambda _: self._entries(sha)}
        commit = self.core.repository.commit(sha)
        tree = commit.tree
        return {"__typename": "Commit", **common, "message": commit.message, "tree": lambda _: self._git_object(tree)}

    def _blob(self, content: bytes) -> Value:
        """GitHub guesses the encoding of a text and gives it in UTF-8, so a text need not be the blob's bytes."""
        limit = self.core.limits.graphql_text_bytes
        binary = b"\0" in content[:8000]
        try:
            text = content[:limit].decode("utf-8", "strict" if len(content) <= limit else "ignore")
        except UnicodeDecodeError:
            text = content[:limit].decode("latin-1")
        return {
            "byteSize": len(content),
            "isBinary": binary,
            "isTruncated": len(content) > limit,
            "text": None if binary else text,
        }

    def _entries(self, sha: str) -> list[Value]:
        return [
            {
                "mode": int(entry.mode, 8),
                "name": entry.path,
                "path": entry.path,
                "oid": entry.sha,
                "size": entry.size or 0,
                "type": entry.kind,
                "object": self._git_object_of(entry.sha),
            }
            for entry in self.core.repository.tree(sha, recursive=False)
        ]

    def _git_object_of(self, sha: str) -> Callable[[object], Value | None]:
        return lambda _: self._git_object(sha)

    def _actor(self, login: str, *, viewer: bool = False) -> Value:
        """GraphQL names a bot without the `[bot]` that REST adds; only as the viewer it has it here too."""
        bot = login.endswith("[bot]")
        shape = self.core.shapes.user(login)
        return {
            "__typename": "Bot" if bot and not viewer else "User",
            "id": shape["node_id"],
            "login": login if viewer else login.removesuffix("[bot]"),
            "url": shape["html_url"],
        }

    def _pull_request(self, _: object, number: int) -> Value:
        self._require("read", "pull_requests")
        pull = self.core.state.pulls.get(number)
        if pull is None:
            raise _Failure("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
        return self._pull(pull)

    def _pull(self, pull: Pull) -> Value:
        core, login = self.core, self.token.login
        return {
            "__typename": "PullRequest",
            "id": node_id("PR", pull.number),
            "number": pull.number,
            "title": pull.title,
            "body": pull.body or "",
            "state": pull.state.upper(),
            "isDraft": pull.draft,
            "locked": pull.locked,
            "author": self._actor(pull.author),
            "baseRefOid": pull.base_sha,
            "headRefOid": pull.head_sha,
            "files": lambda _, **page: self._page(
                anchors.changes(core.repository, pull), lambda file: {"path": file.path}, **page
            ),
            "comments": lambda _, **page: self._page(pull.issue_comments, self._issue_comment, **page),
            "reviews": lambda _, **page: self._page(
                core.visible_reviews(pull, login), lambda review: self._review(pull, review), **page
            ),
            "reviewThreads": lambda _, **page: self._page(
                self._visible_threads(pull), lambda thread: self._thread(pull, thread), **page
            ),
        }

    def _visible_threads(self, pull: Pull) -> list[Thread]:
        seen = {review.id for review in self.core.visible_reviews(pull, self.token.login)}
        return [thread for thread in pull.threads if thread.comments[0].review.id in seen]

    def _page(
        self,
        items: Sequence[Any],
        shape: Callable[[Any], Value],
        first: int | None = None,
        last: int | None = None,
        after: str | None = None,
    ) -> Value:
        """A connection. The cursor of an item is its number, counted from 1."""
        if first is None and last is None:
            raise _Failure(
                "MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` or `last` value to properly paginate."
            )
        size = first if first is not None else last or 0
        if not 0 <= size <= 100:
            message = f"Requesting {size} records on the connection exceeds the `first` limit of 100 records."
            raise _Failure("EXCESSIVE_PAGINATION", message)
        start = int(after) if after and after.isdecimal() else 0
        if first is None:
            start = max(start, len(items) - size)
        end = min(start + size, len(items))
        return {
            "totalCount": len(items),
            "nodes": [shape(item) for item in items[start:end]],
            "pageInfo": {
                "startCursor": str(start + 1) if end > start else None,
                "endCursor": str(end) if end > start else None,
                "hasNextPage": end < len(items),
                "hasPreviousPage": start > 0,
            },
        }

    # Nodes

    def _node(self, identity: str) -> Value:
        for pull in self.core.state.pulls.values():
            if identity == node_id("PR", pull.number):
                return self._pull(pull)
            for thread in self._visible_threads(pull):
                if identity == node_id("PRRT", thread.id):
                    return self._thread(pull, thread)
        return self._minimizable(*self._subject(identity))

    def _subject(self, identity: str) -> tuple[Pull, IssueComment | Review | ReviewComment]:
        for pull in self.core.state.pulls.values():
            for comment in pull.issue_comments:
                if identity == node_id("IC", comment.id):
                    return pull, comment
            for review in self.core.visible_reviews(pull, self.token.login):
                if identity == node_id("PRR", review.id):
                    return pull, review
            for found in self.core.visible_comments(pull, self.token.login):
                if identity == node_id("PRRC", found.id):
                    return pull, found
        raise _unknown_node(identity)

    def _minimizable(self, pull: Pull, subject: IssueComment | Review | ReviewComment) -> Value:
        if isinstance(subject, IssueComment):
            return self._issue_comment(subject)
        if isinstance(subject, Review):
            return self._review(pull, subject)
        return self._review_comment(pull, subject)

    def _common(self, kind: str, subject: IssueComment | Review | ReviewComment) -> Value:
        """The fields that every kind of comment has."""
        return {
            "id": node_id(kind, subject.id),
            "fullDatabaseId": str(subject.id),
            "author": self._actor(subject.author),
            "body": subject.body,
            "createdAt": time(subject.created),
            "isMinimized": subject.minimized is not None,
            "minimizedReason": subject.minimized,
            "viewerCanMinimize": self.core.may(self.token, "write", "pull_requests"),
            "viewerDidAuthor": subject.author == self.token.login,
        }

    def _issue_comment(self, comment: IssueComment) -> Value:
        return {"__typename": "IssueComment", **self._common("IC", comment), "updatedAt": time(comment.updated)}

    def _review(self, pull: Pull, review: Review) -> Value:
        def comments(_: object, **page: Any) -> Value:
            shown = [comment for comment in review.comments if comment.shown]
            return self._page(shown, lambda comment: self._review_comment(pull, comment), **page)

        return {
            "__typename": "PullRequestReview",
            **self._common("PRR", review),
            "state": review.state,
            "submittedAt": time(review.submitted) if review.submitted else None,
            "comments": comments,
        }

    def _thread(self, pull: Pull, thread: Thread) -> Value:
        root = thread.comments[0]
        now = anchors.current(self.core.repository, pull, root)
        may_write = self.core.may(self.token, "write", "pull_requests")
        may_resolve = may_write and self.core.may(self.token, "write", "contents")
        return {
            "__typename": "PullRequestReviewThread",
            "id": node_id("PRRT", thread.id),
            "comments": lambda _, **page: self._page(
                thread.comments, lambda comment: self._review_comment(pull, comment), **page
            ),
            "diffSide": root.side,
            "isOutdated": root.line is not None and now is None,
            "isResolved": thread.resolved,
            "line": now.line if now else None,
            "originalLine": root.line,
            "originalStartLine": root.start_line,
            "path": root.path,
            "pullRequest": lambda _: self._pull(pull),
            "resolvedBy": self._actor(thread.resolved_by, viewer=True) if thread.resolved_by else None,
            "startDiffSide": root.start_side,
            "startLine": now.start_line if now else None,
            "subjectType": "FILE" if root.line is None else "LINE",
            "viewerCanReply": may_write and not pull.locked,
            "viewerCanResolve": may_resolve and not thread.resolved,
            "viewerCanUnresolve": may_resolve and thread.resolved,
        }

    def _review_comment(self, pull: Pull, comment: ReviewComment) -> Value:
        now = anchors.current(self.core.repository, pull, comment)
        parent = next((c for c in pull.review_comments if c.id == comment.reply_to), None)
        return {
            "__typename": "PullRequestReviewComment",
            **self._common("PRRC", comment),
            "updatedAt": time(comment.updated),
            "diffHunk": comment.diff_hunk,
            "path": comment.path,
            "line": now.line if now else None,
            "originalLine": comment.line,
            "outdated": comment.line is not None and now is None,
            "pullRequestReview": lambda _: self._review(pull, comment.review),
            "replyTo": (lambda _: self._review_comment(pull, parent)) if parent else None,
        }

    # Mutations

    def _commit_on_branch(self, _: object, input: Mapping[str, Any]) -> Value:
        """Needs the branch to be where it is expected. Files come out plain, whatever they were."""
        branch, message, changes = input["branch"], input["message"], input.get("fileChanges") or {}
        name = f"{branch.get('repositoryNameWithOwner')}"
        if name.casefold() != self.core.site.full_name.casefold():
            raise _Failure("NOT_FOUND", f"Could not resolve to a Repository with the name '{name}'.")
        self._require("write", "contents")
        try:
            added = [(each["path"], each["contents"]) for each in changes.get("additions", ())]
            files: dict[str, bytes | None] = {each["path"]: None for each in changes.get("deletions", ())}
            files |= {path: base64.b64decode(contents, validate=True) for path, contents in added}
            if any(path.startswith(".github/workflows/") for path in files):
                raise _Failure("FORBIDDEN", "refusing to allow a GitHub App to create or update workflow")
            text = f"{message['headline']}\n\n{message.get('body') or ''}"
            made = self.core.commit(str(branch.get("branchName")), input["expectedHeadOid"], files, text)
        except ValueError as error:
            raise _Failure("UNPROCESSABLE", f"A path or content is not valid: {error}") from error
        if made is None:
            where = f'Expected branch to point to "{input["expectedHeadOid"]}" but it did not.'
            raise _Failure("STALE_DATA", f"{where} Pull and try again.")
        return self._payload(input, "commit", self._git_object(made) or {})

    def _minimize(self, _: object, input: Mapping[str, Any]) -> Value:
        subject = self._writable_subject(input["subjectId"])
        subject[1].minimized = input["classifier"].lower().replace("_", "-")
        return self._payload(input, "minimizedComment", self._minimizable(*subject))

    def _unminimize(self, _: object, input: Mapping[str, Any]) -> Value:
        subject = self._writable_subject(input["subjectId"])
        subject[1].minimized = None
        return self._payload(input, "unminimizedComment", self._minimizable(*subject))

    def _writable_subject(self, identity: str) -> tuple[Pull, IssueComment | Review | ReviewComment]:
        pull, subject = self._subject(identity)
        also = ("issues",) if isinstance(subject, IssueComment) else ()
        self._require("write", "pull_requests", *also)
        return pull, subject

    def _set_resolved(self, input: Mapping[str, Any], login: str | None) -> Value:
        """Needs the right to push besides the right to review."""
        for pull, thread in self.core.threads():
            if input["threadId"] == node_id("PRRT", thread.id):
                self._require("write", "pull_requests")
                self._require("write", "contents")
                thread.resolved_by = login
                return self._payload(input, "thread", self._thread(pull, thread))
        raise _unknown_node(input["threadId"])

    def _add_thread(self, _: object, input: Mapping[str, Any]) -> Value:
        """A line outside the diff is accepted, and the comment never shown: this API does not check its anchors."""
        core, login = self.core, self.token.login
        pull, review = self._pending_review(input)
        self._require("write", "pull_requests")
        if pull.locked:
            raise _Failure("UNPROCESSABLE", "Unable to create comment because issue is locked.")
        if not input["body"].strip() or rules.review_body_problem(input["body"], core.limits):
            raise _Failure("UNPROCESSABLE", "Body is blank or too long")
        files = anchors.changes(core.repository, pull)
        if all(file.path != input["path"] for file in files):
            raise _Failure("UNPROCESSABLE", rules.REVIEW_ANCHOR["path"])
        anchor, shown = None, True
        if input["subjectType"] == "LINE":
            start = input.get("startLine")
            start_side = input["startSide"] if start is not None else None
            wanted = anchors.Wanted(input["path"], input["side"], input.get("line"), start_side, start)
            try:
                anchor = anchors.place(files, wanted, core.refused)
            except anchors.Unplaced:
                anchor = anchors.Anchor(wanted.path, wanted.side, wanted.line or 1, start_side, start, 1, "")
                shown = False
        if review is None:
            review = core.add_review(pull, login, "", pull.head_sha, "PENDING")
        thread = core.add_thread(pull, review, Draft(input["path"], input["body"], anchor, shown))
        return self._payload(input, "thread", self._thread(pull, thread))

    def _pending_review(self, input: Mapping[str, Any]) -> tuple[Pull, Review | None]:
        wanted = input.get("pullRequestReviewId")
        for pull in self.core.state.pulls.values():
            review = self.core.pending_review(pull, self.token.login)
            if wanted is not None and review is not None and node_id("PRR", review.id) == wanted:
                return pull, review
            if wanted is None and node_id("PR", pull.number) == input.get("pullRequestId"):
                return pull, review
        raise _unknown_node(str(wanted or input.get("pullRequestId")))

    @staticmethod
    def _payload(input: Mapping[str, Any], name: str, value: Value) -> Value:
        return {"clientMutationId": input.get("clientMutationId"), name: value}


def _unknown_node(identity: str) -> _Failure:
    return _Failure("NOT_FOUND", f"Could not resolve to a node with the global id of '{identity}'.")
