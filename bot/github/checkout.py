"""The change of an event from a checkout, when there is one that holds the commits: it saves most requests.

Only committed objects are read, through git commands that run nothing a repository configures. A shallow checkout of
the merge commit, the runner's default, does not hold the head of a pull request; then the API is asked.
"""

from __future__ import annotations

from pathlib import Path

from bot.comments.hunks import GIT_DIFF_OPTIONS, FileDiff, Status, parse_diff
from bot.errors import ToolError, UsageError
from bot.github.change import EventChange, with_folders
from bot.github.event import Event
from bot.source import GitTree, find_repository, merge_base, run_git


def read_checkout(workspace: Path, event: Event) -> EventChange | None:
    """The change, or None when the workspace is not a repository or lacks one of the commits."""
    try:
        repository = find_repository(workspace)
        if repository is None or repository != workspace.resolve():
            return None
        head = GitTree(repository, event.head_sha)
        if event.base_sha is None:
            return EventChange(head, event.head_sha)
        base_sha: str | None = event.base_sha
        if event.pull_request is not None:
            base_sha = merge_base(repository, event.base_sha, event.head_sha)
        if base_sha is None:
            return None
        base = GitTree(repository, base_sha)
        output = run_git(repository, "diff-tree", "-r", "-p", *GIT_DIFF_OPTIONS, base_sha, event.head_sha)
    except (UsageError, ToolError):
        return None
    diffs = parse_diff(output)
    return EventChange(
        head,
        event.head_sha,
        base,
        base_sha,
        frozenset(name for diff in diffs.values() for name in (diff.path, diff.old_path) if name is not None),
        with_folders(_renamed(diffs), base, head),
        diffs if event.pull_request is not None else None,
    )


def _renamed(diffs: dict[str, FileDiff]) -> dict[str, str]:
    return {diff.path: diff.old_path for diff in diffs.values() if diff.status is Status.RENAMED and diff.old_path}
