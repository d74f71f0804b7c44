"""The events that start a workflow: their payloads, and the environment that the runner gives with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from standin.core import Core
from standin.shapes import Json, node_id, number, time
from standin.state import IssueComment, Pull, WorkflowRun

_NOTHING = "0" * 40


def payload(
    core: Core,
    name: str,
    *,
    action: str | None,
    pull: Pull | None,
    comment: IssueComment | None = None,
    run: WorkflowRun | None,
    ref: str | None,
    before: str | None,
    after: str | None,
    inputs: Mapping[str, str] | None,
    assets: Mapping[str, bytes] | None = None,
) -> Json:
    """The payload of an event. Raises `ValueError` for one that the stand-in cannot tell, or tell from this."""
    ref = ref or core.site.default_branch
    tell: dict[str, Callable[[], Json]] = {
        "pull_request": lambda: _pull_request(core, action or "opened", _given(pull, "pull"), before),
        "pull_request_target": lambda: _pull_request(core, action or "opened", _given(pull, "pull"), before),
        "issue_comment": lambda: _issue_comment(
            core, action or "created", _given(pull, "pull"), _given(comment, "comment")
        ),
        "push": lambda: _push(core, ref, before, after),
        "merge_group": lambda: _merge_group(core, ref, _given(after, "after"), pull),
        "workflow_run": lambda: _workflow_run(core, action or "completed", _given(run, "run")),
        "workflow_dispatch": lambda: {
            "inputs": dict(inputs) if inputs else None,
            "ref": f"refs/heads/{ref}",
            "workflow": ".github/workflows/review.yml",
        },
        "release": lambda: _release(core, action or "published", ref, assets or {}),
        "schedule": lambda: {"schedule": "17 4 * * *", "workflow": ".github/workflows/review.yml"},
    }
    if name not in tell:
        raise ValueError(f"the stand-in knows no event {name}")
    actor = comment.author if comment else pull.author if pull else run.actor if run else core.site.owner
    organization = {
        "login": core.site.owner,
        "id": number(core.site.owner),
        "node_id": core.shapes.user(core.site.owner)["node_id"],
        "description": None,
        "avatar_url": core.shapes.user(core.site.owner)["avatar_url"],
        "url": f"{core.site.api}/orgs/{core.site.owner}",
        **{
            f"{link}_url": f"{core.site.api}/orgs/{core.site.owner}/{link}"
            for link in ("repos", "events", "hooks", "issues", "members", "public_members")
        },
    }
    return tell[name]() | {
        "repository": core.shapes.repository(),
        "organization": organization,
        "sender": core.shapes.user(actor),
    }


def _given(value: Any, name: str) -> Any:
    if value is None:
        raise ValueError(f"this event needs `{name}`")
    return value


def _commit(core: Core, name: str) -> str:
    sha = core.repository.resolve(name)
    if sha is None:
        raise ValueError(f"there is no branch or commit {name}")
    return sha


def _pull_request(core: Core, action: str, pull: Pull, before: str | None) -> Json:
    told: Json = {"action": action, "number": pull.number, "pull_request": core.shapes.full_pull(pull)}
    if action == "synchronize":
        told |= {"before": before or pull.before or _NOTHING, "after": pull.head_sha}
    if action == "edited":
        told["changes"] = {"title": {"from": "An earlier title"}}
    return told


def _issue_comment(core: Core, action: str, pull: Pull, comment: IssueComment) -> Json:
    told = {"action": action, "issue": core.shapes.issue(pull), "comment": core.shapes.issue_comment(pull, comment)}
    return told | ({"changes": {"body": {"from": "An earlier text"}}} if action == "edited" else {})


def _push(core: Core, ref: str, before: str | None, after: str | None) -> Json:
    new = _commit(core, after or ref)
    if ref.startswith("refs/tags/"):
        before = _NOTHING
    if before is None:
        old = (core.repository.commit(new).parents or (_NOTHING,))[0]
    else:
        old = before if before == _NOTHING else _commit(core, before)
    created = old == _NOTHING
    shas = (new,) if created else core.repository.commits(old, new)
    commits = [_pushed_commit(core, sha) for sha in shas]
    page = f"{core.site.html}/{core.site.full_name}"
    return {
        "ref": ref if ref.startswith("refs/") else f"refs/heads/{ref}",
        "before": old,
        "after": new,
        "created": created,
        "deleted": False,
        "forced": not created and core.repository.merge_base(old, new) != old,
        "base_ref": None,
        "compare": f"{page}/compare/{old[:12]}...{new[:12]}",
        "commits": commits,
        "head_commit": _pushed_commit(core, new),
        "pusher": {"name": core.site.owner, "email": "owner@example.invalid"},
    }


def _pushed_commit(core: Core, sha: str) -> Json:
    commit = core.repository.commit(sha)
    files = core.repository.diff(commit.parents[0], sha) if commit.parents else ()
    return core.shapes.simple_commit(commit) | {
        "distinct": True,
        "url": f"{core.site.html}/{core.site.full_name}/commit/{sha}",
        "added": [file.path for file in files if file.status == "added"],
        "removed": [file.path for file in files if file.status == "removed"],
        "modified": [file.path for file in files if file.status not in ("added", "removed")],
    }


def _release(core: Core, action: str, tag: str, files: Mapping[str, bytes]) -> Json:
    """The release of a tag, with files that can be downloaded from now on."""
    page, api = f"{core.site.html}/{core.site.full_name}", f"{core.site.api}/repos/{core.site.full_name}"
    now, author = time(core.state.clock.tick()), core.shapes.user(core.site.owner)
    assets = []
    for name, content in files.items():
        identity = core.state.next_id()
        core.state.release_assets[identity] = content
        assets.append(
            {
                "url": f"{api}/releases/assets/{identity}",
                "browser_download_url": f"{page}/releases/download/{tag}/{name}",
                "id": identity,
                "node_id": node_id("RA", identity),
                "name": name,
                "label": None,
                "state": "uploaded",
                "content_type": "application/octet-stream",
                "size": len(content),
                "digest": None,
                "download_count": 0,
                "created_at": now,
                "updated_at": now,
                "uploader": {key: value for key, value in author.items() if key != "user_view_type"},
            }
        )
    identity = core.state.next_id()
    release = {
        "url": f"{api}/releases/{identity}",
        "assets_url": f"{api}/releases/{identity}/assets",
        "upload_url": f"{api}/releases/{identity}/assets{{?name,label}}",
        "html_url": f"{page}/releases/tag/{tag}",
        "id": identity,
        "node_id": node_id("RE", identity),
        "tag_name": tag,
        "target_commitish": core.site.default_branch,
        "name": tag,
        "draft": False,
        "immutable": False,
        "prerelease": False,
        "author": author,
        "created_at": now,
        "updated_at": now,
        "published_at": now,
        "assets": assets,
        "tarball_url": f"{api}/tarball/{tag}",
        "zipball_url": f"{api}/zipball/{tag}",
        "body": None,
    }
    core.state.releases[tag] = release
    return {"action": action, "release": release}


def _merge_group(core: Core, base: str, head: str, pull: Pull | None) -> Json:
    """Names no pull request; only the queue's branch does, and it may stand for several."""
    sha = _commit(core, head)
    base_sha = _commit(core, base)
    queued = f"pr-{pull.number if pull else 1}-{base_sha}"
    return {
        "action": "checks_requested",
        "merge_group": {
            "head_sha": sha,
            "head_ref": f"refs/heads/gh-readonly-queue/{base}/{queued}",
            "base_sha": base_sha,
            "base_ref": f"refs/heads/{base}",
            "head_commit": core.shapes.simple_commit(core.repository.commit(sha)),
        },
    }


def _workflow_run(core: Core, action: str, run: WorkflowRun) -> Json:
    url = f"{core.site.api}/repos/{core.site.full_name}/actions/workflows/{number(run.name)}"
    moment = time(run.created)
    return {
        "action": action,
        "workflow_run": core.shapes.workflow_run(run),
        "workflow": {
            "id": number(run.name),
            "node_id": f"W_{number(run.name)}",
            "name": run.name,
            "path": ".github/workflows/review.yml",
            "state": "active",
            "created_at": moment,
            "updated_at": moment,
            "url": url,
            "html_url": f"{core.site.html}/{core.site.full_name}/actions/workflows/review.yml",
            "badge_url": f"{core.site.html}/{core.site.full_name}/workflows/{number(run.name)}/badge.svg",
        },
    }


def environment(core: Core, graphql_url: str, name: str, payload: Json, path: Path) -> dict[str, str]:
    """What the runner says of an event: for each, which commit and ref are its own. `path` is the payload's file."""
    default = core.site.default_branch
    ref, sha = f"refs/heads/{default}", _commit(core, default)
    base = head = ""
    if name in ("pull_request", "pull_request_target"):
        pull = payload["pull_request"]
        base, head = pull["base"]["ref"], pull["head"]["ref"]
    if name == "pull_request":
        ref, sha = f"refs/pull/{payload['number']}/merge", pull["merge_commit_sha"] or pull["head"]["sha"]
    elif name == "push":
        ref, sha = payload["ref"], payload["after"]
    elif name == "release":
        ref = f"refs/tags/{payload['release']['tag_name']}"
        sha = _commit(core, ref)
    elif name == "merge_group":
        ref, sha = payload["merge_group"]["head_ref"], payload["merge_group"]["head_sha"]
    elif name == "workflow_dispatch":
        ref = payload["ref"]
        sha = _commit(core, ref)
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": payload["sender"]["login"],
        "GITHUB_API_URL": core.site.api,
        "GITHUB_BASE_REF": base,
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_GRAPHQL_URL": graphql_url,
        "GITHUB_HEAD_REF": head,
        "GITHUB_REF": ref,
        "GITHUB_REF_NAME": ref.removeprefix("refs/heads/").removeprefix("refs/pull/").removeprefix("refs/tags/"),
        "GITHUB_REPOSITORY": core.site.full_name,
        "GITHUB_REPOSITORY_OWNER": core.site.owner,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "1",
        "GITHUB_SERVER_URL": core.site.html,
        "GITHUB_SHA": sha,
    }
