"""A thin client over PyGithub: reads that are retried, writes that are never doubled, and plain errors.

PyGithub's own retry repeats a POST after a 5xx, which can post a comment twice, never retries a PATCH, and sleeps as
long as a `Retry-After` says. So it is switched off, and everything is retried here: reads after any fault, writes after
a rate limit, and after a 5xx or a lost connection only once it is known that the write did not arrive.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import requests
from github import Auth, Github, GithubException

from bot import __version__

#: Longest time, in seconds, that one run waits for rate limits and faults to pass, all of them together.
MAX_WAIT = 180
#: Attempts at one read, and at one write.
READ_ATTEMPTS = 5
WRITE_ATTEMPTS = 3
#: Requests of one run. A workflow's token has 1,000 an hour for all the runs in a repository.
MAX_REQUESTS = 500
#: GitHub asks for a second between requests that create content; the first few go without.
WRITES_WITHOUT_PAUSE = 4
PAUSE = 1.0

_Answer = TypeVar("_Answer")

# PyGithub fails in many ways on answers that no GitHub gives, but a proxy in between.
_FAILURES = (GithubException, requests.RequestException, AssertionError, LookupError, TypeError, ValueError)


class Refused(Exception):
    """GitHub understood the request and refused it: missing permission, invalid, gone."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Unavailable(Exception):
    """GitHub did not answer properly: a 5xx, a lost connection, a rate limit that lasts too long."""


class Client:
    """Requests to one GitHub, for one repository (`owner/name`)."""

    def __init__(self, api_url: str, token: str, repository: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._github = Github(
            auth=Auth.Token(token) if token else None,
            base_url=api_url,
            per_page=100,
            timeout=30,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            user_agent=f"dify-plugin-review/{__version__}",
            lazy=True,
        )
        self._sleep = sleep
        self._waited = 0.0
        self._writes = 0
        self.repository = repository
        self.requests = 0

    # --- reads ---

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The JSON at `path`, relative to the repository. Raises `Refused` and `Unavailable`."""
        return self._read(lambda: self._call("GET", self._url(path), parameters=parameters))[1]

    def pages(self, path: str, parameters: Mapping[str, Any] | None = None, limit: int = 100) -> Iterator[Any]:
        """The items of a list, page by page, following the `Link` headers, for at most `limit` pages.

        Raises `Refused` and `Unavailable`; the latter also for a list that is longer, or that is none.
        """
        url, query = self._url(path), {"per_page": 100, **(parameters or {})}
        for _ in range(limit):
            headers, data = self._read(functools.partial(self._call, "GET", url, parameters=query))
            if not isinstance(data, list):
                raise Unavailable(f"GitHub's answer for {path} is no list")
            yield from data
            following = _next_page(headers)
            if following is None:
                return
            url, query = following, {}
        raise Unavailable(f"{path} has more than {limit} pages")

    def graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL query, or of a mutation that does no harm twice: it is repeated after a 5xx.

        Raises `Refused` for errors of GraphQL's, with status 400, or 404 for what does not exist; and `Unavailable`.
        """
        data: Any = self._read(lambda: self._query(query, variables)).get("data")
        if not isinstance(data, dict):
            raise Unavailable("GraphQL answered without data")
        return data

    def _read(self, call: Callable[[], _Answer]) -> _Answer:
        for attempt in range(1, READ_ATTEMPTS):
            try:
                return call()
            except _Exhausted:
                raise
            except Unavailable as error:
                self.wait(error, attempt)
        return call()

    # --- writes ---

    def write(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None,
        arrived: Callable[[], Any | None] | None = None,
    ) -> Any:
        """Writes once. Raises `Refused` and `Unavailable`.

        `arrived` looks whether a write whose answer was lost took place, and returns what it made, or None. Without
        it a POST is not repeated; a PATCH or DELETE is, because it does no harm twice.
        """
        url = self._url(path)
        for attempt in range(1, WRITE_ATTEMPTS + 1):
            self._writes += 1
            if self._writes > WRITES_WITHOUT_PAUSE:
                self._sleep(PAUSE)
            try:
                return self._call(verb, url, body=body)[1]
            except _Exhausted:
                raise
            except Unavailable as error:
                if not isinstance(error, _Limited):
                    if arrived is not None:
                        made = arrived()
                        if made is not None:
                            return made
                    elif verb == "POST":
                        raise
                if attempt == WRITE_ATTEMPTS:
                    raise
                self.wait(error, attempt)
        raise AssertionError("unreachable")

    def wait(self, error: Unavailable, attempt: int) -> None:
        """Waits before the next attempt: as long as GitHub asks, else longer each time.

        Raises the error when the run would wait for too long.
        """
        seconds = error.wait if isinstance(error, _Limited) else 0.5 * 2.0**attempt
        if self._waited + seconds > MAX_WAIT:
            raise error
        self._waited += seconds
        self._sleep(seconds)

    # --- the wire ---

    def _url(self, path: str) -> str:
        return f"/repos/{self.repository}{path}"

    def _call(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> tuple[Mapping[str, Any], Any]:
        return self._sent(
            lambda: self._github.requester.requestJsonAndCheck(
                verb, url, parameters=dict(parameters) if parameters else None, input=dict(body) if body else None
            )
        )

    def _query(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._sent(lambda: self._github.requester.graphql_query(query, dict(variables)))[1]

    def _sent(self, request: Callable[[], _Answer]) -> _Answer:
        if self.requests >= MAX_REQUESTS:
            raise _Exhausted(f"this run has made {MAX_REQUESTS} requests, and makes no more")
        self.requests += 1
        try:
            return request()
        except _FAILURES as error:
            raise _failure(error) from error


class _Exhausted(Unavailable):
    """No more requests are made."""


class _Limited(Unavailable):
    """A rate limit. `wait` is how many seconds GitHub asks to wait."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


def _failure(error: Exception) -> Refused | Unavailable:
    if not isinstance(error, GithubException):
        return Unavailable(f"the connection to GitHub failed ({type(error).__name__})")
    message = _message(error)
    limited = "rate limit" in message.lower() or _headers(error).get("retry-after", "").isdecimal()
    # GraphQL tells of its limits in answers with status 200, which PyGithub makes 400.
    if error.status == 429 or (error.status in (400, 403) and limited):
        return _Limited(f"GitHub limits the rate: {message}", _wait(error))
    if error.status >= 500 or error.status < 400:
        return Unavailable(f"GitHub answered {error.status}: {message}")
    return Refused(error.status, message)


def _message(error: GithubException) -> str:
    """GitHub's own words, with the details of `errors`, which hold texts or objects."""
    data = error.data
    if not isinstance(data, dict):
        return str(data)[:500]
    parts = [str(data.get("message") or "")]
    parts.extend(
        str(item.get("message") or item.get("code") or "") if isinstance(item, dict) else str(item)
        for item in data.get("errors") or ()
    )
    return "; ".join(part for part in parts if part)[:1000]


def _headers(error: GithubException) -> dict[str, str]:
    return {str(key).lower(): str(value) for key, value in (error.headers or {}).items()}


def _wait(error: GithubException) -> float:
    """How long a rate limit lasts, in seconds: `Retry-After`, else until the reset, else a minute, as GitHub asks."""
    headers = _headers(error)
    if headers.get("retry-after", "").isdecimal():
        return float(headers["retry-after"])
    if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdecimal():
        return max(float(headers["x-ratelimit-reset"]) - time.time(), 0.0) + 1.0
    return 60.0


def _next_page(headers: Mapping[str, Any]) -> str | None:
    for part in str(headers.get("link") or "").split(","):
        target, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            return target.strip().strip("<>")
    return None
