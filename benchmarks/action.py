"""The Action on a pull request, against the stand-in for GitHub: from the start of its process to its end."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks.processes import PROJECT, Case, run
from bot.rules.example import example_plugin
from standin import StandIn
from standin.demo import make_repository

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from bot.__main__ import run; run()"
#: So large is the package (bytes). The packager takes 50 MiB.
_PACKAGE = 48 * 1024 * 1024


def one_plugin(repeat: int, code: Path = PROJECT) -> tuple[Case, int]:
    """The pull request of the demonstration, with the tool in the folder `code`, and how many requests it takes."""
    with tempfile.TemporaryDirectory() as place:
        repository = Path(place, "repository")
        make_repository(repository)
        return _reviewed(repository, Path(place), repeat, code)


def large_package(repeat: int) -> Case:
    """A pull request that adds a package of 48 MiB."""
    with tempfile.TemporaryDirectory() as place:
        repository = Path(place, "repository")
        repository.mkdir()
        (repository / "README.md").write_text("Packages\n", encoding="utf-8")
        _commit(repository, "main")
        with zipfile.ZipFile(repository / "a.difypkg", "w") as archive:
            for name, content in example_plugin("tool").items():
                archive.writestr(name, content)
            with archive.open("_assets/model.bin", "w") as member:
                for number in range(_PACKAGE // 2**20):
                    member.write(random.Random(number).randbytes(2**20))
        _commit(repository, "feature")
        return _reviewed(repository, Path(place), repeat, PROJECT)[0]


def _commit(repository: Path, branch: str) -> None:
    identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.invalid"]
    for command in (["init", "-q"], ["checkout", "-q", "-b", branch], ["add", "-A"], ["commit", "-q", "-m", branch]):
        if command[0] != "init" or not (repository / ".git").exists():
            subprocess.run(["git", "-C", str(repository), *identity, *command], check=True, capture_output=True)


def _reviewed(repository: Path, place: Path, repeat: int, code: Path) -> tuple[Case, int]:
    """Reviews the branch `feature`, and once more for each run: what is posted is posted by the first, not counted."""
    workspace = place / "workspace"
    workspace.mkdir()
    runs = []
    with StandIn(repository, "acme/plugins") as github:
        token = github.token({"contents": "read", "pull_requests": "write"})
        pull = github.open_pull("feature", title="A change", author="octocat")
        for _ in range(repeat + 1):
            before = len(github.requests)
            payload = github.event("pull_request", action="reopened", pull=pull)
            environment = {
                "PATH": os.environ["PATH"],
                **github.environment("pull_request", payload, place / "event.json"),
                "GITHUB_WORKSPACE": str(workspace),
                "INPUT_GITHUB-TOKEN": token,
            }
            command = [sys.executable, "-I", "-c", _START, str(code), "action"]
            runs.append(run(command, environment=environment, only=True))
        return Case(runs[1:]), len(github.requests) - before
