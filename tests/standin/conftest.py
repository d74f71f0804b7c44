"""A repository with a pull request on a stand-in, and a plain client to talk to it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec import Struct

from standin import Limits, Pull
from tests.support.standin import CheckedStandIn, StandInFactory, Workspace, standin, workspace

__all__ = ["standin", "workspace"]

WRITE = {"contents": "read", "pull_requests": "write", "checks": "write", "statuses": "write", "actions": "read"}


def numbered(count: int, **changes: str) -> str:
    """A text of numbered lines, some of them changed (`_3="…"` is the third)."""
    return "".join(changes.get(f"_{line}", f"line {line}") + "\n" for line in range(1, count + 1))


class Answer(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Plain HTTP with a token, so that a test sees what is really sent."""

    def __init__(self, url: str, token: str | None) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self._prefix = parts.path
        self._token = token

    def close(self) -> None:
        self._connection.close()

    def __call__(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None, **headers: str
    ) -> Answer:
        """`path` is below the repository unless it begins with `/`; `raw` is a body that need not be JSON."""
        path = path if path.startswith("/") else f"/repos/acme/plugins/{path}".rstrip("/")
        given = {"User-Agent": "test"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if self._token is not None:
            given["Authorization"] = f"Bearer {self._token}"
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        self._connection.request(method, self._prefix + path, data, given)
        response = self._connection.getresponse()
        return Answer(response.status, dict(response.headers.items()), response.read())

    def graphql(self, query: str, **variables: object) -> Any:
        answer = self("POST", "/graphql", {"query": query, "variables": variables})
        assert answer.status == 200
        return answer.json


class World(Struct, frozen=True):
    """A stand-in with one pull request, number 1, from `fork/plugins`; `api` may write.

    `a.txt` has 60 lines, of which it changes the 10th and the 40th: its hunks are the lines 7–13 and 37–43.
    """

    gh: CheckedStandIn
    workspace: Workspace
    pull: Pull
    api: Client
    connect: Callable[[str | None], Client]

    def as_user(self, login: str, **permissions: str) -> Client:
        """A client of another account."""
        bot = login.endswith("[bot]")
        return self.connect(self.gh.token(permissions, login=login, kind="installation" if bot else "pat"))

    def push(self, files: Mapping[str, str | bytes | None]) -> str:
        """Pushes a commit to the pull request."""
        sha = self.workspace.commit(files, branch="feature")
        self.gh.push(self.pull, sha)
        return sha


WorldFactory = Callable[..., World]


@pytest.fixture
def world(standin: StandInFactory, workspace: Callable[[], Workspace]) -> Iterator[WorldFactory]:
    """A function that makes a world. Its arguments are the permissions of `api`, and options of the stand-in."""
    with ExitStack() as stack:

        def make(
            permissions: Mapping[str, str] = WRITE,
            *,
            malformed: bool = False,
            limits: Limits | None = None,
            changed: Mapping[str, str | bytes | None] | None = None,
            **options: Any,
        ) -> World:
            repository = workspace()
            repository.commit(
                {
                    "a.txt": numbered(60),
                    "gone.txt": "away\nfor good\n",
                    "old name.txt": numbered(20),
                    "same.txt": "same\n",
                }
            )
            repository.commit(
                changed
                if changed is not None
                else {
                    "a.txt": numbered(60, _10="LINE 10", _40="LINE 40"),
                    "gone.txt": None,
                    "new.txt": "one\ntwo\nthree\n",
                },
                branch="feature",
                message="Change lines",
            )
            gh = standin(repository.path, malformed=malformed, limits=limits, **options)
            pull = gh.open_pull("feature", title="Change lines", head_repo="fork/plugins", author="forker")

            def connect(token: str | None) -> Client:
                client = Client(gh.api_url, token)
                stack.callback(client.close)
                return client

            return World(gh, repository, pull, connect(gh.token(permissions)), connect)

        yield make
