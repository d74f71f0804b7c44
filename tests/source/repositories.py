"""Makes real git repositories for tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_FIXED = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.invalid",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.invalid",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(repository: Path, *arguments: str, data: bytes = b"") -> str:
    """What plain git prints; raises when it fails."""
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        input=data,
        capture_output=True,
        check=True,
        env=os.environ | _FIXED,
    )
    return done.stdout.decode().strip()


def init(repository: Path) -> Path:
    repository.mkdir(parents=True, exist_ok=True)
    git(repository, "init", "--quiet", "--initial-branch=main")
    return repository


def commit_all(repository: Path, message: str = "A commit") -> str:
    """Commits the work tree as it is; the id of the commit."""
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(repository, "rev-parse", "HEAD")


def commit_tree(repository: Path, records: bytes) -> str:
    """Commits a tree given as `git mktree -z` reads it, however odd; the id of the commit."""
    tree = git(repository, "mktree", "-z", "--missing", data=records)
    return git(repository, "commit-tree", tree, "-m", "A tree")


def blob(repository: Path, content: bytes) -> str:
    return git(repository, "hash-object", "-w", "--stdin", data=content)
