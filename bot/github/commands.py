"""What commands in comments need of GitHub: who asks, whether it was answered, commits, and jobs that run again.

The text of a comment is anybody's. What somebody may do is asked of GitHub when the command is carried out, and an
answer is ours by its author and by the mark in its last line.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote as quoted

from msgspec import Struct

from bot.github.client import Client, Refused, Unavailable
from bot.github.conversation import MAX_PAGES
from bot.github.event import Comment, Event, PullRequest
from bot.messages import say
from bot.patterns import regex

#: The name of the job that is the required check.
CHECK: Final = "plugin-review"
#: So many commands are answered on one pull request in an hour.
MAX_ANSWERS: Final = 10

_LOGIN: Final = regex(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?")
_JOB: Final = regex(r"/actions/runs/\d{1,18}/job/(\d{1,18})$")
_MARK: Final = regex(r"<!-- plugin-review answers (\d{1,18}) -->\s*\Z")


class Asked(Struct, frozen=True):
    """A comment that still stands as it was written, who wrote it, and the pull request that it is on."""

    comment: int
    login: str
    is_author: bool
    may_write: bool
    head_ref: str
    pull: PullRequest


class Moved(Exception):
    """The branch is not where it was when its files were read."""


def read_asked(client: Client, comment: Comment) -> Asked | str:
    """Who asks, or why nobody is answered. Raises `Unavailable`, and `Refused` where the token may not read.

    A comment that was edited says something else than what was there when somebody read it, and no more counts.
    """
    try:
        now = client.get(f"/issues/comments/{comment.id}")
        person = now["user"]
        if now["body"] != comment.body or now["created_at"] != now["updated_at"] or person["id"] != comment.author:
            return "the comment was changed after it was written"
        if person["type"] != "User" or now.get("performed_via_github_app"):
            return "the comment is not a person's"
        login = str(person["login"])
        if not _LOGIN.fullmatch(login):
            return say("the comment is by nobody whom GitHub could be asked about")
        pull = client.get(f"/pulls/{comment.number}")
        if pull["state"] != "open":
            return say("the pull request is closed")
        head, base = pull["head"], pull["base"]
        head_repository = head["repo"]["full_name"] if head["repo"] else None
        files = pull["changed_files"]
        return Asked(
            comment.id,
            login,
            pull["user"] is not None and pull["user"]["id"] == person["id"],
            _may_write(client, login),
            str(head["ref"]),
            PullRequest(comment.number, base["sha"], head["sha"], comment.repository, head_repository, files),
        )
    except Refused as error:
        if error.status in (404, 410):
            return say("the comment is there no more")
        raise
    except (LookupError, TypeError) as error:
        raise Unavailable("GitHub's answer about the comment is unusable") from error


def _may_write(client: Client, login: str) -> bool:
    """Whether GitHub says so now. What an event says of its author may be old, and means less."""
    try:
        answer = client.get(f"/collaborators/{quoted(login, safe='')}/permission")
    except Refused:
        return False
    return isinstance(answer, dict) and answer.get("permission") in ("admin", "write")


def event_of(comment: Comment, asked: Asked) -> Event:
    """The event of the pull request as it is now, in a run that may write."""
    return Event("issue_comment", comment.repository, asked.pull.head_sha, asked.pull.base_sha, asked.pull)


# --- answers ----------------------------------------------------------------------------------------------------------

_ANSWERS: Final = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(first: 100, after: $after) {
        nodes { body createdAt viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""


def is_answered(client: Client, asked: Asked) -> bool:
    """Whether the command was answered already, or too many were within the hour before the newest comment.

    Raises `Refused` and `Unavailable`.
    """
    owner, name = client.repository.split("/")
    after: str | None = None
    times: list[datetime.datetime] = []
    newest: datetime.datetime | None = None
    for _ in range(MAX_PAGES):
        data = client.graphql(_ANSWERS, {"owner": owner, "name": name, "number": asked.pull.number, "after": after})
        try:
            page = data["repository"]["pullRequest"]["comments"]
            for node in filter(None, page["nodes"]):
                newest = datetime.datetime.fromisoformat(node["createdAt"])
                mark = _MARK.search(node["body"]) if node["viewerDidAuthor"] else None
                if mark is not None:
                    times.append(newest)
                    if int(mark[1]) == asked.comment:
                        return True
            if not page["pageInfo"]["hasNextPage"]:
                hour = datetime.timedelta(hours=1)
                return newest is not None and sum(time > newest - hour for time in times) >= MAX_ANSWERS
            after = page["pageInfo"]["endCursor"]
        except (LookupError, TypeError, ValueError) as error:
            raise Unavailable("GitHub's answer about the comments is unusable") from error
    return True


def answer(client: Client, asked: Asked, text: str) -> None:
    """Posts the one answer to a command. Raises `Refused` and `Unavailable`."""
    body = f"{text.rstrip()}\n\n<!-- plugin-review answers {asked.comment} -->"

    def arrived() -> dict[str, Any] | None:
        return {} if is_answered(client, asked) else None

    client.write("POST", f"/issues/{asked.pull.number}/comments", {"body": body}, arrived)


def react(client: Client, asked: Asked) -> None:
    """Shows that a command is being carried out. Where GitHub does not take it, the answer has to do."""
    try:
        client.write("POST", f"/issues/comments/{asked.comment}/reactions", {"content": "eyes"}, dict)
    except (Refused, Unavailable):
        return


# --- what is done -----------------------------------------------------------------------------------------------------

_COMMIT: Final = """
mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""


def commit(client: Client, asked: Asked, files: Mapping[str, bytes | None], headline: str, body: str) -> str:
    """Commits files to the branch of a pull request of the same repository; the id of the commit. None takes one away.

    Nothing is committed unless the branch still is at the head that was read. Raises `Moved`, `Refused` and
    `Unavailable`.
    """
    additions = [
        {"path": path, "contents": base64.b64encode(content).decode()}
        for path, content in files.items()
        if content is not None
    ]
    deletions = [{"path": path} for path, content in files.items() if content is None]
    given = {
        "branch": {"repositoryNameWithOwner": client.repository, "branchName": asked.head_ref},
        "message": {"headline": headline, "body": body},
        "expectedHeadOid": asked.pull.head_sha,
        "fileChanges": {"additions": additions, "deletions": deletions},
    }
    try:
        return str(client.graphql(_COMMIT, {"input": given})["createCommitOnBranch"]["commit"]["oid"])
    except Refused as error:
        if error.status != 409:
            raise
        # An answer may have been lost: then the branch is at our own commit.
        made = _own_commit(client, asked, f"{headline}\n\n{body}")
        if made is None:
            raise Moved from error
        return made
    except (LookupError, TypeError) as error:
        raise Unavailable("GitHub's answer about the commit is unusable") from error


def _own_commit(client: Client, asked: Asked, message: str) -> str | None:
    """The head of the pull request, if it is our commit on top of what was read."""
    try:
        head = str(client.get(f"/pulls/{asked.pull.number}")["head"]["sha"])
        made = client.get(f"/git/commits/{head}")
        parents = [parent["sha"] for parent in made["parents"]]
        return head if parents == [asked.pull.head_sha] and made["message"].strip() == message.strip() else None
    except (LookupError, TypeError) as error:
        raise Unavailable("GitHub's answer about the branch is unusable") from error


class Job(Struct, frozen=True):
    """The job of the required check on the head of a pull request."""

    id: int
    url: str
    is_running: bool


def required_job(client: Client, asked: Asked) -> Job | None:
    """The newest job of the required check, if one ran. Raises `Refused` and `Unavailable`."""

    def made(data: Any) -> Job | None:
        for run in sorted(data["check_runs"], key=lambda run: -run["id"]):
            job = _JOB.search(str(run.get("details_url") or ""))
            name = str(run["name"])
            ours = name == CHECK or name.endswith(f" / {CHECK}")  # A workflow that calls another has both names.
            if ours and run["app"]["slug"] == "github-actions" and job is not None:
                return Job(int(job[1]), str(run["html_url"] or ""), run["status"] != "completed")
        return None

    return client.get_made(made, f"/commits/{asked.pull.head_sha}/check-runs", {"filter": "latest", "per_page": 100})


def rerun(client: Client, job: Job) -> None:
    """Runs a job again. Raises `Refused` and `Unavailable`."""
    client.write("POST", f"/actions/jobs/{job.id}/rerun", {}, None)
