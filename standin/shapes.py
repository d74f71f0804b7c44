"""What the stand-in remembers, in the shapes in which GitHub's REST API gives it."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from standin import anchors
from standin.diff import FileDiff
from standin.repository import Commit, Person, Repository, TreeEntry
from standin.state import (
    ACTIONS_APP_ID,
    ACTIONS_LOGIN,
    Annotation,
    Artifact,
    CheckRun,
    CommitStatus,
    IssueComment,
    Pull,
    Review,
    ReviewComment,
    State,
    WorkflowRun,
)

Json = dict[str, Any]

_CREATED = "2025-01-01T00:00:00Z"

# The links of a repository, as in `https://api.github.com/repos/o/r/pulls{/number}`.
_REPOSITORY_LINKS = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}

_USER_LINKS = {
    "followers": "/followers",
    "following": "/following{/other_user}",
    "gists": "/gists{/gist_id}",
    "starred": "/starred{/owner}{/repo}",
    "subscriptions": "/subscriptions",
    "organizations": "/orgs",
    "repos": "/repos",
    "events": "/events{/privacy}",
    "received_events": "/received_events",
}


def time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def number(text: str) -> int:
    """A stable id for a name."""
    return zlib.crc32(text.casefold().encode())


def node_id(kind: str, identity: int) -> str:
    """An opaque global id, as GraphQL knows it (`IC_…` is an issue comment)."""
    return f"{kind}_" + base64.urlsafe_b64encode(str(identity).encode()).decode().rstrip("=")


def _quoted(path: str) -> str:
    return quote(path, safe="/")


class Site(Struct, frozen=True):
    """Where the stand-in is, and the one repository it holds. `html` is the address of the pages for people."""

    api: str
    html: str
    full_name: str
    default_branch: str
    private: bool

    @property
    def owner(self) -> str:
        return self.full_name.split("/")[0]

    @property
    def name(self) -> str:
        return self.full_name.split("/")[1]

    @property
    def id(self) -> int:
        return number(self.full_name)


class Shapes:
    """Every method gives JSON values. The pages (`html_url`) do not exist; only the API is served."""

    def __init__(self, site: Site, repository: Repository, state: State) -> None:
        self._site = site
        self._repository = repository
        self._state = state
        self._api = f"{site.api}/repos/{site.full_name}"
        self._html = f"{site.html}/{site.full_name}"

    # People and repositories

    def user(self, login: str) -> Json:
        api = f"{self._site.api}/users/{quote(login, safe='')}"
        identity = 41898282 if login == ACTIONS_LOGIN else number(login)
        bot = login.endswith("[bot]")
        kind = "Bot" if bot else "Organization" if login == self._site.owner else "User"
        page = f"apps/{login.removesuffix('[bot]')}" if bot else login
        return {
            "login": login,
            "id": identity,
            "node_id": node_id("BOT" if bot else "U", identity),
            "avatar_url": f"{self._site.html}/avatars/{identity}",
            "gravatar_id": "",
            "url": api,
            "html_url": f"{self._site.html}/{page}",
            **{f"{name}_url": api + tail for name, tail in _USER_LINKS.items()},
            "type": kind,
            "user_view_type": "public",
            "site_admin": False,
        }

    def full_user(self, login: str) -> Json:
        return self.user(login) | {
            "name": None,
            "company": None,
            "blog": "",
            "location": None,
            "email": None,
            "hireable": None,
            "bio": None,
            "public_repos": 1,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": _CREATED,
            "updated_at": _CREATED,
        }

    def minimal_repository(self, full_name: str | None = None) -> Json:
        """The repository (or a fork of it) as workflow runs name it."""
        full_name = full_name or self._site.full_name
        owner, name = full_name.split("/")
        api = f"{self._site.api}/repos/{full_name}"
        return {
            "id": number(full_name),
            "node_id": node_id("R", number(full_name)),
            "name": name,
            "full_name": full_name,
            "private": self._site.private,
            "owner": self.user(owner),
            "html_url": f"{self._site.html}/{full_name}",
            "description": None,
            "fork": full_name != self._site.full_name,
            "url": api,
            **{f"{link}_url": api + tail for link, tail in _REPOSITORY_LINKS.items()},
        }

    def repository(self, full_name: str | None = None) -> Json:
        """The repository, or a fork of it."""
        shape = self.minimal_repository(full_name)
        page = shape["html_url"]
        return shape | {
            "visibility": "private" if self._site.private else "public",
            "git_url": page.replace("http://", "git://") + ".git",
            "ssh_url": f"git@127.0.0.1:{shape['full_name']}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            "mirror_url": None,
            "homepage": None,
            "language": None,
            "license": None,
            "topics": [],
            "size": 1,
            "default_branch": self._site.default_branch,
            **dict.fromkeys(("forks", "forks_count", "stargazers_count", "watchers", "watchers_count"), 0),
            **dict.fromkeys(("open_issues", "open_issues_count"), len(self._state.pulls)),
            **dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads"), True),
            **dict.fromkeys(("has_pages", "has_discussions", "is_template", "archived", "disabled"), False),
            "allow_forking": True,
            "web_commit_signoff_required": False,
            "pushed_at": _CREATED,
            "created_at": _CREATED,
            "updated_at": _CREATED,
        }

    def full_repository(self) -> Json:
        counts = {"network_count": 0, "subscribers_count": 0}
        return self.repository() | counts | {"organization": self.user(self._site.owner)}

    def app(self, identity: int) -> Json:
        """A GitHub App; the one of this id is the app behind `GITHUB_TOKEN`."""
        logins = [token.login for token in self._state.tokens.values() if token.app_id == identity]
        slug = "github-actions" if identity == ACTIONS_APP_ID else (logins or ["app"])[0].removesuffix("[bot]")
        return {
            "id": identity,
            "slug": slug,
            "node_id": node_id("A", identity),
            "owner": self.user("github"),
            "name": "GitHub Actions" if identity == ACTIONS_APP_ID else slug,
            "description": "",
            "external_url": f"{self._site.html}/apps/{slug}",
            "html_url": f"{self._site.html}/apps/{slug}",
            "created_at": _CREATED,
            "updated_at": _CREATED,
            "permissions": {"metadata": "read"},
            "events": [],
        }

    def _association(self, login: str) -> str:
        if login == self._site.owner:
            return "OWNER"
        return "NONE" if login.endswith("[bot]") else "CONTRIBUTOR"

    # Pull requests

    def pull(self, pull: Pull) -> Json:
        """A pull request as lists and most events give it."""
        api, page = f"{self._api}/pulls/{pull.number}", f"{self._html}/pull/{pull.number}"
        issue = f"{self._api}/issues/{pull.number}"
        links = {
            "self": api,
            "html": page,
            "issue": issue,
            "comments": f"{issue}/comments",
            "review_comments": f"{api}/comments",
            "review_comment": f"{self._api}/pulls/comments{{/number}}",
            "commits": f"{api}/commits",
            "statuses": f"{self._api}/statuses/{pull.head_sha}",
        }
        head = self.repository(pull.head_repo) if pull.head_repo else None
        return {
            "url": api,
            "id": number(f"{self._site.full_name}#{pull.number}"),
            "node_id": node_id("PR", pull.number),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue,
            "commits_url": links["commits"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "comments_url": links["comments"],
            "statuses_url": links["statuses"],
            "number": pull.number,
            "state": pull.state,
            "locked": pull.locked,
            "title": pull.title,
            "user": self.user(pull.author),
            "body": pull.body,
            "labels": [],
            "milestone": None,
            "active_lock_reason": None,
            "created_at": time(pull.created),
            "updated_at": time(pull.updated),
            "closed_at": time(pull.updated) if pull.state == "closed" else None,
            "merged_at": None,
            "merge_commit_sha": pull.merge_sha,
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "head": {
                "label": f"{pull.head_owner}:{pull.head_ref}",
                "ref": pull.head_ref,
                "sha": pull.head_sha,
                "user": self.user(pull.head_owner),
                "repo": head,
            },
            "base": {
                "label": f"{self._site.owner}:{pull.base_ref}",
                "ref": pull.base_ref,
                "sha": pull.base_sha,
                "user": self.user(self._site.owner),
                "repo": self.repository(),
            },
            "_links": {name: {"href": url} for name, url in links.items()},
            "author_association": self._association(pull.author),
            "auto_merge": None,
            "draft": pull.draft,
        }

    def full_pull(self, pull: Pull) -> Json:
        files = anchors.changes(self._repository, pull)
        return self.pull(pull) | {
            "merged": False,
            "mergeable": pull.merge_sha is not None,
            "rebaseable": pull.merge_sha is not None,
            "mergeable_state": "clean" if pull.merge_sha else "dirty",
            "merged_by": None,
            "comments": len(pull.issue_comments),
            "review_comments": len(pull.review_comments),
            "maintainer_can_modify": False,
            "commits": len(anchors.commits(self._repository, pull)),
            "additions": sum(file.additions for file in files),
            "deletions": sum(file.deletions for file in files),
            "changed_files": len(files),
        }

    def minimal_pull(self, pull: Pull) -> Json:
        def side(ref: str, sha: str, full_name: str) -> Json:
            url = f"{self._site.api}/repos/{full_name}"
            return {
                "ref": ref,
                "sha": sha,
                "repo": {"id": number(full_name), "url": url, "name": full_name.split("/")[1]},
            }

        return {
            "id": number(f"{self._site.full_name}#{pull.number}"),
            "number": pull.number,
            "url": f"{self._api}/pulls/{pull.number}",
            "head": side(pull.head_ref, pull.head_sha, pull.head_repo or self._site.full_name),
            "base": side(pull.base_ref, pull.base_sha, self._site.full_name),
        }

    def files(self, files: Sequence[FileDiff], head: str, *, patch_lines: int) -> list[Json]:
        """One answer's changed files, with GitHub's trap: as soon as the patches in an answer reach `patch_lines`
        lines, the files that follow have no patch and count no changes, as if nothing in them had changed."""
        given = 0
        shapes = []
        for file in files:
            shape = self._file(file, head)
            if given >= patch_lines:
                shape |= {"additions": 0, "deletions": 0, "changes": 0}
            elif file.patch is not None:
                shape["patch"] = file.patch
                given += len(file.lines)
            shapes.append(shape)
        return shapes

    def _file(self, file: FileDiff, head: str) -> Json:
        path = _quoted(file.path)
        shape: Json = {
            "sha": file.sha,
            "filename": file.path,
            "status": file.status,
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
            # The pages of a submodule belong to another repository.
            "blob_url": None if file.submodule else f"{self._html}/blob/{head}/{path}",
            "raw_url": None if file.submodule else f"{self._html}/raw/{head}/{path}",
            "contents_url": f"{self._api}/contents/{path}?ref={head}",
        }
        if file.previous is not None:
            shape["previous_filename"] = file.previous
        return shape

    # Git

    def git_commit(self, commit: Commit) -> Json:
        url = f"{self._api}/git/commits/{commit.sha}"
        return {
            "sha": commit.sha,
            "node_id": node_id("C", number(commit.sha)),
            "url": url,
            "html_url": f"{self._html}/commit/{commit.sha}",
            "author": _person(commit.author),
            "committer": _person(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{self._api}/git/trees/{commit.tree}"},
            "parents": [self._parent(sha, "git/commits") for sha in commit.parents],
            "verification": _UNSIGNED,
        }

    def tag(self, name: str, sha: str) -> Json:
        return {
            "name": name,
            "zipball_url": f"{self._api}/zipball/refs/tags/{name}",
            "tarball_url": f"{self._api}/tarball/refs/tags/{name}",
            "commit": {"sha": sha, "url": f"{self._api}/commits/{sha}"},
            "node_id": node_id("REF", number(sha)),
        }

    def commit(self, commit: Commit) -> Json:
        url = f"{self._api}/commits/{commit.sha}"
        return {
            "url": url,
            "sha": commit.sha,
            "node_id": node_id("C", number(commit.sha)),
            "html_url": f"{self._html}/commit/{commit.sha}",
            "comments_url": f"{url}/comments",
            "commit": {
                "url": f"{self._api}/git/commits/{commit.sha}",
                "author": _person(commit.author),
                "committer": _person(commit.committer),
                "message": commit.message,
                "comment_count": 0,
                "tree": {"sha": commit.tree, "url": f"{self._api}/git/trees/{commit.tree}"},
                "verification": _UNSIGNED,
            },
            # No account has these e-mail addresses.
            "author": None,
            "committer": None,
            "parents": [self._parent(sha, "commits") for sha in commit.parents],
        }

    def _parent(self, sha: str, kind: str) -> Json:
        return {"sha": sha, "url": f"{self._api}/{kind}/{sha}", "html_url": f"{self._html}/commit/{sha}"}

    def simple_commit(self, commit: Commit) -> Json:
        """A commit as check suites, merge groups and workflow runs name it."""
        return {
            "id": commit.sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": _person(commit.committer)["date"],
            "author": {"name": commit.author.name, "email": commit.author.email},
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
        }

    def comparison(
        self, base: str, head: str, merge_base: str, *, ahead: Sequence[str], behind: int, commits: Iterable[str]
    ) -> Json:
        status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
        page = f"{self._html}/compare/{base}...{head}"
        return {
            "url": f"{self._api}/compare/{base}...{head}",
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": self.commit(self._repository.commit(base)),
            "merge_base_commit": self.commit(self._repository.commit(merge_base)),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": behind,
            "total_commits": len(ahead),
            "commits": [self.commit(self._repository.commit(sha)) for sha in commits],
        }

    def tree(self, sha: str, entries: Iterable[TreeEntry], *, truncated: bool) -> Json:
        kinds = {"blob": "blobs", "tree": "trees"}
        shapes = []
        for entry in entries:
            shape: Json = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
            if entry.size is not None:
                shape["size"] = entry.size
            if entry.kind in kinds:
                shape["url"] = f"{self._api}/git/{kinds[entry.kind]}/{entry.sha}"
            shapes.append(shape)
        return {"sha": sha, "url": f"{self._api}/git/trees/{sha}", "tree": shapes, "truncated": truncated}

    def blob(self, sha: str, content: bytes) -> Json:
        return {
            "sha": sha,
            "node_id": node_id("B", number(sha)),
            "size": len(content),
            "url": f"{self._api}/git/blobs/{sha}",
            "content": _base64(content),
            "encoding": "base64",
        }

    def content(self, entry: TreeEntry, ref: str) -> Json:
        """A file or folder as its folder lists it."""
        path = _quoted(entry.path)
        url = f"{self._api}/contents/{path}?ref={quote(ref, safe='')}"
        kind = {"tree": "dir", "commit": "submodule"}.get(entry.kind, "symlink" if entry.mode == "120000" else "file")
        git = f"{self._api}/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}"
        page = f"{self._html}/{'tree' if kind == 'dir' else 'blob'}/{ref}/{path}"
        return {
            "name": entry.path.rsplit("/", 1)[-1],
            "path": entry.path,
            "sha": entry.sha,
            "size": entry.size or 0,
            "url": url,
            "html_url": page,
            "git_url": git,
            "download_url": f"{self._html}/raw/{ref}/{path}" if kind == "file" else None,
            "type": kind,
            "_links": {"self": url, "git": git, "html": page},
        }

    def file_content(self, entry: TreeEntry, ref: str, content: bytes, *, largest: int) -> Json:
        """A file itself; one of more than `largest` bytes comes without its content."""
        if len(content) > largest:
            return self.content(entry, ref) | {"content": "", "encoding": "none"}
        return self.content(entry, ref) | {"content": _base64(content), "encoding": "base64"}

    # Conversations

    def issue_comment(self, pull: Pull, comment: IssueComment) -> Json:
        url = f"{self._api}/issues/comments/{comment.id}"
        return {
            "url": url,
            "html_url": f"{self._html}/pull/{pull.number}#issuecomment-{comment.id}",
            "issue_url": f"{self._api}/issues/{pull.number}",
            "id": comment.id,
            "node_id": node_id("IC", comment.id),
            "user": self.user(comment.author),
            "created_at": time(comment.created),
            "updated_at": time(comment.updated),
            "author_association": self._association(comment.author),
            "body": comment.body,
            "reactions": _reactions(url),
            "performed_via_github_app": self.app(comment.app_id) if comment.app_id else None,
        }

    def reaction(self, comment: IssueComment, login: str, content: str) -> Json:
        identity = number(f"{comment.id} {login} {content}")
        return {
            "id": identity,
            "node_id": node_id("REA", identity),
            "user": self.user(login),
            "content": content,
            "created_at": time(comment.updated),
        }

    def permission(self, login: str, granted: str) -> Json:
        """GitHub knows `maintain` and `triage` too, which it calls `write` and `read` here."""
        called = {"maintain": "write", "triage": "read"}.get(granted, granted)
        kinds = {"admin": "admin", "maintain": "admin", "push": "write", "triage": "write", "pull": "read"}
        ranks = ("none", "read", "write", "admin")
        may = {name: ranks.index(called) >= ranks.index(least) for name, least in kinds.items()}
        user = self.user(login) | {"permissions": may, "role_name": granted}
        return {"permission": called, "role_name": granted, "user": user}

    def issue(self, pull: Pull) -> Json:
        """A pull request as events about its conversation give it."""
        api, page = f"{self._api}/issues/{pull.number}", f"{self._html}/pull/{pull.number}"
        return {
            "url": api,
            "repository_url": self._api,
            "labels_url": f"{api}/labels{{/name}}",
            "comments_url": f"{api}/comments",
            "events_url": f"{api}/events",
            "html_url": page,
            "id": number(f"issue {pull.number}"),
            "node_id": node_id("PR", pull.number),
            "number": pull.number,
            "title": pull.title,
            "user": self.user(pull.author),
            "labels": [],
            "state": pull.state,
            "locked": pull.locked,
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "comments": len(pull.issue_comments),
            "created_at": time(pull.created),
            "updated_at": time(pull.updated),
            "closed_at": None,
            "author_association": self._association(pull.author),
            "active_lock_reason": None,
            "draft": pull.draft,
            "pull_request": {
                "url": f"{self._api}/pulls/{pull.number}",
                "html_url": page,
                "diff_url": f"{page}.diff",
                "patch_url": f"{page}.patch",
                "merged_at": None,
            },
            "body": pull.body,
            "reactions": _reactions(api),
            "timeline_url": f"{api}/timeline",
            "performed_via_github_app": None,
            "state_reason": None,
        }

    def review(self, pull: Pull, review: Review) -> Json:
        page = f"{self._html}/pull/{pull.number}#pullrequestreview-{review.id}"
        pull_url = f"{self._api}/pulls/{pull.number}"
        shape: Json = {
            "id": review.id,
            "node_id": node_id("PRR", review.id),
            "user": self.user(review.author),
            "body": review.body,
            "state": review.state,
            "html_url": page,
            "pull_request_url": pull_url,
            "author_association": self._association(review.author),
            "_links": {"html": {"href": page}, "pull_request": {"href": pull_url}},
            "commit_id": review.commit,
        }
        if review.submitted is not None:
            shape["submitted_at"] = time(review.submitted)
        return shape

    def review_comment(self, pull: Pull, comment: ReviewComment) -> Json:
        url = f"{self._api}/pulls/comments/{comment.id}"
        page = f"{self._html}/pull/{pull.number}#discussion_r{comment.id}"
        pull_url = f"{self._api}/pulls/{pull.number}"
        whole_file = comment.line is None
        now = anchors.current(self._repository, pull, comment)
        shape: Json = {
            "url": url,
            "pull_request_review_id": comment.review.id,
            "id": comment.id,
            "node_id": node_id("PRRC", comment.id),
            "diff_hunk": comment.diff_hunk,
            "path": comment.path,
            # A comment that is still in the diff moves along with the head; an outdated one stays behind.
            "commit_id": pull.head_sha if now or whole_file else comment.commit,
            "original_commit_id": comment.commit,
            "user": self.user(comment.author),
            "body": comment.body,
            "created_at": time(comment.created),
            "updated_at": time(comment.updated),
            "html_url": page,
            "pull_request_url": pull_url,
            "author_association": self._association(comment.author),
            "_links": {"self": {"href": url}, "html": {"href": page}, "pull_request": {"href": pull_url}},
            "reactions": _reactions(url),
            "start_line": now.start_line if now else None,
            "original_start_line": comment.start_line,
            "start_side": comment.start_side,
            "line": now.line if now else None,
            "original_line": comment.line,
            "side": comment.side,
            "original_position": comment.position,
            "position": now.position if now else 1 if whole_file else None,
            "subject_type": "file" if whole_file else "line",
        }
        if comment.reply_to is not None:
            shape["in_reply_to_id"] = comment.reply_to
        return shape

    # Checks and workflow runs

    def check_run(self, run: CheckRun) -> Json:
        url = f"{self._api}/check-runs/{run.id}"
        page = f"{self._html}/runs/{run.id}"
        return {
            "id": run.id,
            "name": run.name,
            "node_id": node_id("CR", run.id),
            "head_sha": run.head_sha,
            "external_id": run.external_id,
            "url": url,
            "html_url": page,
            "details_url": run.details_url or page,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started,
            "completed_at": run.completed,
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": run.text,
                "annotations_count": len(run.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": number(run.head_sha)},
            "app": self.app(run.app_id),
            # Pull requests from forks are not listed.
            "pull_requests": [
                self.minimal_pull(pull)
                for pull in self._state.pulls.values()
                if pull.head_sha == run.head_sha and pull.head_repo == self._site.full_name
            ],
        }

    def annotation(self, run: CheckRun, annotation: Annotation) -> Json:
        return {
            "path": annotation.path,
            "blob_href": f"{self._html}/blob/{run.head_sha}/{_quoted(annotation.path)}",
            "start_line": annotation.start_line,
            "end_line": annotation.end_line,
            "start_column": annotation.start_column,
            "end_column": annotation.end_column,
            "annotation_level": annotation.level,
            "title": annotation.title,
            "message": annotation.message,
            "raw_details": annotation.raw_details,
        }

    def status(self, status: CommitStatus) -> Json:
        return {
            "url": f"{self._api}/statuses/{status.sha}",
            "avatar_url": self.user(status.author)["avatar_url"],
            "id": status.id,
            "node_id": node_id("SC", status.id),
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": time(status.created),
            "updated_at": time(status.created),
            "creator": self.user(status.author),
        }

    def workflow_run(self, run: WorkflowRun) -> Json:
        url = f"{self._api}/actions/runs/{run.id}"
        moment = time(run.created)
        suite = number(run.head_sha)
        listed = run.pull is not None and run.pull.head_repo == self._site.full_name
        return {
            "id": run.id,
            "name": run.name,
            "node_id": node_id("WFR", run.id),
            "check_suite_id": suite,
            "check_suite_node_id": node_id("CS", suite),
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "path": ".github/workflows/review.yml",
            "display_title": run.pull.title if run.pull else run.name,
            "run_number": 1,
            "run_attempt": 1,
            "event": run.event,
            "status": "completed",
            "conclusion": run.conclusion,
            "workflow_id": number(run.name),
            "url": url,
            "html_url": f"{self._html}/actions/runs/{run.id}",
            # Empty for a pull request from a fork.
            "pull_requests": [self.minimal_pull(run.pull)] if listed and run.pull else [],
            "created_at": moment,
            "updated_at": moment,
            "run_started_at": moment,
            "actor": self.user(run.actor),
            "triggering_actor": self.user(run.actor),
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": f"{self._api}/check-suites/{suite}",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": None,
            "workflow_url": f"{self._api}/actions/workflows/{number(run.name)}",
            "head_commit": self.simple_commit(self._repository.commit(run.head_sha)),
            "repository": self.minimal_repository(),
            "head_repository": self.minimal_repository(run.head_repo),
        }

    def artifact(self, run: WorkflowRun, artifact: Artifact) -> Json:
        url = f"{self._api}/actions/artifacts/{artifact.id}"
        return {
            "id": artifact.id,
            "node_id": node_id("MDg", artifact.id),
            "name": artifact.name,
            "size_in_bytes": len(artifact.content),
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": artifact.expired,
            "created_at": time(artifact.created),
            "updated_at": time(artifact.created),
            "expires_at": time(artifact.created + timedelta(days=90)),
            "workflow_run": {
                "id": run.id,
                "repository_id": self._site.id,
                "head_repository_id": number(run.head_repo),
                "head_branch": run.head_branch,
                "head_sha": run.head_sha,
            },
        }


_UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def _person(person: Person) -> Json:
    return {"name": person.name, "email": person.email, "date": time(datetime.fromtimestamp(person.time, UTC))}


def _base64(content: bytes) -> str:
    """In lines of 60 characters, as GitHub writes it."""
    text = base64.b64encode(content).decode()
    return "".join(text[start : start + 60] + "\n" for start in range(0, len(text), 60))


def _reactions(url: str) -> Json:
    kinds = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(kinds, 0)}
