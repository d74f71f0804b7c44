"""A thin client over PyGithub: reads that are retried, writes that are never doubled, and plain errors.

PyGithub's own retry repeats a POST after a 5xx, which can post a comment twice, and never retries a PATCH. So it is
allowed to retry reads only, and writes are retried here: after a rate limit always, after a 5xx or a lost connection
only once it is known that the write did not arrive.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from github import Auth, Github, GithubException, GithubRetry

from bot import __version__
from bot.errors import ToolError

#: Longest wait for a rate limit, in seconds, before the run gives up.
MAX_WAIT = 120
#: Attempts at one write.
ATTEMPTS = 3
#: GitHub asks for a second between requests that create content; the first few go without.
WRITES_WITHOUT_PAUSE = 4
PAUSE = 1.0


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
        retry = GithubRetry(
            total=4,
            backoff_factor=0.2,
            max_rate_limit_wait=MAX_WAIT,
            secondary_rate_wait=60,
            allowed_methods={"GET", "HEAD"},
            status_forcelist=[500, 502, 503, 504],
        )
        self._github = Github(
            auth=Auth.Token(token) if token else None,
            base_url=api_url,
            per_page=100,
            timeout=30,
            retry=retry,
            seconds_between_requests=None,
            seconds_between_writes=None,
            user_agent=f"dify-plugin-review/{__version__}",
            lazy=True,
        )
        self._sleep = sleep
        self._writes = 0
        self.repository = repository
        self.requests = 0

    # --- reads ---

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The JSON at `path`, relative to the repository. Raises `Refused` and `Unavailable`."""
        return self._call("GET", self._url(path), parameters=parameters)[1]

    def pages(self, path: str, parameters: Mapping[str, Any] | None = None, limit: int = 100) -> Iterator[Any]:
        """The items of a list, page by page, following the `Link` headers, for at most `limit` pages."""
        url, query = self._url(path), {"per_page": 100, **(parameters or {})}
        for _ in range(limit):
            headers, data = self._call("GET", url, parameters=query)
            yield from data
            following = _next_page(headers)
            if following is None:
                return
            url, query = following, {}
        raise Unavailable(f"{path} has more than {limit} pages")

    def graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL query (not of a mutation: it is repeated after a 5xx).

        Raises `Refused` for errors of GraphQL's, with status 400, or 404 for what does not exist.
        """
        for attempt in range(ATTEMPTS):
            try:
                self.requests += 1
                _, answer = self._github.requester.graphql_query(query, dict(variables))
                data = answer.get("data")
                if isinstance(data, dict):
                    return data
                raise Unavailable("GraphQL answered without data")
            except (GithubException, requests.RequestException) as error:
                failure = _failure(error)
                if isinstance(failure, Refused) or attempt == ATTEMPTS - 1:
                    raise failure from error
                self._sleep(_wait(error, attempt))
        raise AssertionError("unreachable")

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
        it such a write is not repeated; a PATCH or DELETE is, because it does no harm twice.
        """
        url = self._url(path)
        for attempt in range(ATTEMPTS):
            self._writes += 1
            if self._writes > WRITES_WITHOUT_PAUSE:
                self._sleep(PAUSE)
            try:
                return self._call(verb, url, body=body)[1]
            except _Limited as error:
                if attempt == ATTEMPTS - 1 or error.wait > MAX_WAIT:
                    raise Unavailable(str(error)) from error
                self._sleep(error.wait)
            except Unavailable:
                if arrived is not None:
                    made = arrived()
                    if made is not None:
                        return made
                elif verb == "POST":
                    raise
                if attempt == ATTEMPTS - 1:
                    raise
                self._sleep(2.0**attempt)
        raise AssertionError("unreachable")

    # --- the wire ---

    def _url(self, path: str) -> str:
        return f"/repos/{self.repository}{path}"

    def _call(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> tuple[Mapping[str, Any], Any]:
        self.requests += 1
        try:
            return self._github.requester.requestJsonAndCheck(
                verb, url, parameters=dict(parameters) if parameters else None, input=dict(body) if body else None
            )
        except (GithubException, requests.RequestException, AssertionError, ValueError) as error:
            raise _failure(error) from error


class _Limited(Unavailable):
    """A rate limit. `wait` is how many seconds GitHub asks to wait."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


def _failure(error: Exception) -> Refused | Unavailable:
    if not isinstance(error, GithubException):
        return Unavailable(f"the connection to GitHub failed ({type(error).__name__})")
    message = _message(error)
    if error.status == 429 or (error.status == 403 and "rate limit" in message.lower()):
        return _Limited(f"GitHub limits the rate: {message}", _wait(error, 0))
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


def _wait(error: Exception, attempt: int) -> float:
    """Seconds to wait: `Retry-After`, else until the reset, else a minute for limits and an exponential pause."""
    headers = getattr(error, "headers", None) or {}
    lower = {str(key).lower(): str(value) for key, value in headers.items()}
    if lower.get("retry-after", "").isdecimal():
        return float(lower["retry-after"])
    if lower.get("x-ratelimit-remaining") == "0" and lower.get("x-ratelimit-reset", "").isdecimal():
        return max(float(lower["x-ratelimit-reset"]) - time.time(), 1.0)
    status = getattr(error, "status", 0)
    return 60.0 if status in (403, 429) else 0.5 * 2.0**attempt


def _next_page(headers: Mapping[str, Any]) -> str | None:
    for part in str(headers.get("link") or "").split(","):
        target, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            return target.strip().strip("<>")
    return None


def client_for(api_url: str, token: str, repository: str) -> Client:
    """A client. Raises `ToolError` for an address that PyGithub does not take."""
    try:
        return Client(api_url, token, repository)
    except (AssertionError, ValueError) as error:
        raise ToolError(f"GitHub at {api_url} cannot be used: {error}") from error
