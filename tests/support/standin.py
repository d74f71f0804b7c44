"""The stand-in as a fixture, held to GitHub's own description of its API.

A test module that wants it says `from tests.support.standin import standin` (and `workspace`).
"""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from standin import Exchange, Limits, StandIn
from tests.support import github_spec, npm_files


class CheckedStandIn(StandIn):
    """A stand-in that remembers the events it told, so that they can be checked too."""

    def __init__(self, *args: Any, malformed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.malformed = malformed
        self.events: list[tuple[str, dict[str, Any]]] = []

    def event(self, name: str, **details: Any) -> dict[str, Any]:
        payload = super().event(name, **details)
        self.events.append((name, payload))
        return payload

    def problems(self) -> list[str]:
        """Where requests, answers and events differ from GitHub's description."""
        found = [
            f"event {name}: {p}" for name, told in self.events for p in github_spec.openapi().check_event(name, told)
        ]
        seen = set()
        for exchange in self.requests:
            request = exchange.request
            key = (request.method, request.path, str(request.query), request.body, exchange.status, exchange.body)
            if key not in seen:
                seen.add(key)
                where = f"{request.method} {request.path} → {exchange.status}"
                found += [f"{where}: {problem}" for problem in self._exchange_problems(exchange)]
        return found

    def _exchange_problems(self, exchange: Exchange) -> Iterator[str]:
        if exchange.path.startswith("/storage/"):
            return  # not a part of the API
        if not (self.malformed and _refused(exchange)):
            yield from self._request_problems(exchange)
        if exchange.path != "/graphql" and exchange.status is not None and exchange.fault is None:
            yield from _response_problems(exchange)

    def _request_problems(self, exchange: Exchange) -> Iterator[str]:
        request = exchange.request
        body: Any = request.json() if request.body else None
        if request.path == "/graphql":
            yield from github_spec.graphql().check(body["query"], body.get("variables"))
        else:
            query = urlencode(request.query)
            yield from github_spec.openapi().check_request(request.method, request.path, query, body)


def _refused(exchange: Exchange) -> bool:
    if exchange.path == "/graphql" and exchange.status == 200:
        return "errors" in exchange.json()
    return exchange.status is not None and exchange.status >= 400


def _response_problems(exchange: Exchange) -> list[str]:
    assert exchange.status is not None
    if exchange.body and "json" not in exchange.headers["Content-Type"]:
        return []  # a file as it is
    body = exchange.json() if exchange.body else None
    return github_spec.openapi().check_response(exchange.method, exchange.path, exchange.status, body)


class StandInFactory:
    """Starts stand-ins that are stopped, and checked, when the test ends."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.started: list[CheckedStandIn] = []

    def __call__(
        self,
        repository: Path,
        full_name: str = "acme/plugins",
        *,
        malformed: bool = False,
        limits: Limits | None = None,
        **options: Any,
    ) -> CheckedStandIn:
        """`malformed`: the test sends requests that GitHub's description does not allow, and means to have them
        refused. Other options are those of `StandIn`."""
        made = CheckedStandIn(repository, full_name, malformed=malformed, limits=limits, **options)
        self.started.append(made)
        return self._stack.enter_context(made)


@pytest.fixture
def standin() -> Iterator[StandInFactory]:
    """A function that starts a stand-in on a git repository.

    When the test ends, every request, every answer and every event is held to GitHub's description.
    """
    try:
        github_spec.openapi()
    except npm_files.MissingFile as error:
        pytest.fail(str(error), pytrace=False)
    with ExitStack() as stack:
        factory = StandInFactory(stack)
        yield factory
    problems = [problem for made in factory.started for problem in made.problems()]
    if problems:
        shown = "\n".join(problems[:20])
        pytest.fail(f"{len(problems)} deviations from GitHub's description of its API:\n{shown}", pytrace=False)


class Workspace:
    """A git repository with a working tree, to make histories in; it may be put there as `begun`, with one commit."""

    def __init__(self, path: Path, begun: Mapping[str, bytes] | None = None) -> None:
        self.path = path
        self._commits = 0
        path.mkdir(parents=True)
        if begun is None:
            self.git("init", "-q", "--template=", "-b", "main")
            return
        for name, content in begun.items():
            self._write(name, content)
        self._commits = 1

    def git(self, *arguments: str) -> str:
        """What git prints. Raises `CalledProcessError` if it fails."""
        done = subprocess.run(["git", *arguments], cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def _write(self, name: str, content: bytes) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def commit(
        self, files: Mapping[str, str | bytes | None], *, branch: str | None = None, message: str = "Change"
    ) -> str:
        """Commits files (None deletes one) on a branch, which is begun at the current commit if it is new.

        Without a branch it is the current one. Gives the commit's object name.
        """
        if branch is not None:
            exists = (self.path / ".git" / "refs" / "heads" / branch).is_file()
            self.git("checkout", "-q", *([] if exists else ["-b"]), branch)
        for name, content in files.items():
            if content is None:
                (self.path / name).unlink()
            else:
                self._write(name, content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        # Distinct times keep the order of commits that touch nothing else.
        self._commits += 1
        when = f"@{1_750_000_000 + self._commits} +0000"
        environment = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        # Nothing is packed in the background of a test.
        command = ["git", "-c", "maintenance.auto=false", "commit", "-q", "--allow-empty", "-m", message]
        subprocess.run(command, cwd=self.path, check=True, capture_output=True, env=environment)
        head = (self.path / ".git" / "HEAD").read_text().strip()
        name = head.removeprefix("ref: ")
        return head if name == head else (self.path / ".git" / name).read_text().strip()


@functools.cache
def begun(*files: tuple[str, str | bytes | None]) -> dict[str, bytes]:
    """The files of a repository whose only commit has these files: made once, in one pack, to be put anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        made = Workspace(Path(folder) / "repository")
        made.commit(dict(files))
        made.git("repack", "-a", "-d", "-q")
        return {str(path.relative_to(made.path)): path.read_bytes() for path in made.path.rglob("*") if path.is_file()}


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[[], Workspace]:
    """A function that makes an empty git repository, a new one in every call."""
    made = 0

    def make() -> Workspace:
        nonlocal made
        made += 1
        return Workspace(tmp_path / f"repository-{made}")

    return make
