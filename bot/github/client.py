"""A thin client over PyGithub: reads that are retried, writes that are never doubled, and plain errors.

PyGithub's own retry repeats a POST after a 5xx, which can post a comment twice, never retries a PATCH, and sleeps as
long as a `Retry-After` says. So it is switched off, and everything is retried here: reads after any fault, writes after
a rate limit, and after a 5xx or a lost connection only once it is known that the write did not arrive.

PyGithub also follows a 301 without the query of the request and repeats a read after a 202 without end. Here a redirect
keeps the query and is followed a few times, to the same host only, and a 202 is a fault like others.
"""

from __future__ import annotations

import datetime
import functools
import io
import math
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

import requests
from github import Auth, Github, GithubException
from urllib3 import BaseHTTPResponse, Retry

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

#: Redirects that one request follows: a repository was renamed once or twice, and more is a circle.
MAX_REDIRECTS = 3

_Answer = TypeVar("_Answer")

_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_OK: Final = 200

#: What GraphQL calls the errors that another attempt does not mend, and the status that REST gives for the same. All
#: others are faults: a timeout of GitHub's comes without a type.
_GRAPHQL_REFUSALS: Final = {
    "NOT_FOUND": 404,
    "FORBIDDEN": 403,
    "INSUFFICIENT_SCOPES": 403,
    "UNPROCESSABLE": 422,
    "MAX_NODE_LIMIT_EXCEEDED": 400,
    "STALE_DATA": 409,
}


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

    def __init__(
        self,
        api_url: str,
        token: str,
        repository: str,
        sleep: Callable[[float], None] = time.sleep,
        log: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`log` is told before each wait what is waited for."""
        self._origin = _origin(api_url)
        self._api_url = api_url
        self._token = token
        self._github = Github(
            auth=Auth.Token(token) if token else None,
            base_url=api_url,
            per_page=100,
            timeout=30,
            retry=_Inspection(0, read=False),
            seconds_between_requests=None,
            seconds_between_writes=None,
            user_agent=f"dify-plugin-review/{__version__}",
            lazy=True,
        )
        self._sleep = sleep
        self._log = log
        self._waited = 0.0
        self._writes = 0
        self.repository = repository
        self.requests = 0

    def beside(self, repository: str) -> Client:
        """A client for another repository of the same GitHub."""
        return Client(self._api_url, self._token, repository, self._sleep, self._log)

    # --- reads ---

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The JSON at `path`, relative to the repository. Raises `Refused` and `Unavailable`."""
        return self._read(lambda: self._call("GET", self._url(path), parameters=parameters))[1]

    def get_made(
        self, make: Callable[[Any], _Answer], path: str, parameters: Mapping[str, Any] | None = None
    ) -> _Answer:
        """What `make` makes of the JSON at `path`. An answer on which it fails is asked for again.

        `make` raises `Unavailable`, `LookupError`, `TypeError`, `AttributeError` or `ValueError` for what is not an
        answer to the question. Raises `Refused` and `Unavailable`.
        """

        def read() -> _Answer:
            answer = self._call("GET", self._url(path), parameters=parameters)[1]
            try:
                return make(answer)
            except (LookupError, TypeError, AttributeError, ValueError) as error:
                raise Unavailable(f"GitHub's answer for {path} is unusable") from error

        return self._read(read)

    def download(self, path: str, most: int, accept: str = "application/octet-stream") -> bytes:
        """The bytes of a file that GitHub keeps, up to `most` of them. Raises `Refused` and `Unavailable`.

        They are in memory once. GitHub may lead to a storage on another host, which is not shown the token.
        """
        return self._read(lambda: self._downloaded(self._url(path), most, accept))

    def _downloaded(self, url: str, most: int, accept: str) -> bytes:
        if self.requests >= MAX_REQUESTS:
            raise _Exhausted(f"this run has made {MAX_REQUESTS} requests, and makes no more")
        self.requests += 1
        headers = {"Accept": accept, "User-Agent": f"dify-plugin-review/{__version__}"}
        try:
            # A session sends the token to no other host, and follows a few redirects only.
            with requests.Session() as session:
                session.trust_env = False
                session.proxies = dict(requests.utils.get_environ_proxies(self._api_url))
                session.max_redirects = MAX_REDIRECTS
                if self._token:
                    headers["Authorization"] = f"Bearer {self._token}"
                with session.get(f"{self._api_url}{url}", headers=headers, timeout=30, stream=True) as answer:
                    if answer.status_code in (401, 403, 404, 410):
                        raise Refused(answer.status_code, answer.reason or "refused")
                    if answer.status_code != _OK:
                        raise Unavailable(f"GitHub answered {answer.status_code} for a file")
                    content = io.BytesIO()  # Which gives its bytes away without a copy.
                    for chunk in answer.iter_content(1 << 16):
                        content.write(chunk)
                        if content.tell() >= most:
                            break
                    content.truncate(most)
                    return content.getvalue()
        except requests.RequestException as error:
            raise Unavailable(f"the connection to GitHub failed ({type(error).__name__})") from error

    def pages(self, path: str, parameters: Mapping[str, Any] | None = None, limit: int = 100) -> Iterator[Any]:
        """The items of a list, page by page, following the `Link` headers, for at most `limit` pages.

        Raises `Refused` and `Unavailable`; the latter also for a longer list, and for an answer of another type.
        """
        url, query = self._url(path), {"per_page": 100, **(parameters or {})}
        for _ in range(limit):
            headers, data = self._read(functools.partial(self._call, "GET", url, parameters=query))
            if not isinstance(data, list):
                raise Unavailable(f"GitHub's answer for {path} is not a list")
            yield from data
            following = _next_page(headers)
            if following is None:
                return
            url, query = following, {}
        raise Unavailable(f"{path} has more than {limit} pages")

    def graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL query, or of a mutation that does no harm twice: it is repeated after a fault.

        Raises `Refused`, with the status that REST gives for the same (400 for a query that is wrong), and
        `Unavailable`: also for data that comes with errors, as then some of it is missing.
        """
        return self._read(lambda: self._query(query, variables))

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
        self._log(f"waiting {seconds:.1f} seconds: {error}")
        self._sleep(seconds)

    # --- the wire ---

    def _url(self, path: str) -> str:
        return f"/repos/{self.repository}{path}"

    def _call(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> tuple[Mapping[str, Any], Any]:
        for _ in range(MAX_REDIRECTS + 1):
            try:
                headers, data = self._sent(verb, url, parameters, body)
            except _Redirected as redirect:
                if _origin(redirect.location) not in (None, self._origin):
                    raise Unavailable("GitHub's answer leads to another host, which is not asked") from redirect
                url = redirect.location
                # Whether GitHub repeats the query of the request in the address is not documented.
                parameters = None if urlsplit(url).query else parameters
                continue
            # PyGithub's own way to tell of a text that is not JSON.
            if isinstance(data, dict) and data.keys() <= {"data", "url"} and isinstance(data.get("data"), str):
                raise Unavailable("GitHub's answer is not JSON")
            return headers, data
        raise Unavailable(f"GitHub's answers lead on and on: {MAX_REDIRECTS} redirects were followed")

    def _query(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        answer: Any
        body = {"query": query, "variables": dict(variables)}
        headers, answer = self._call("POST", self._github.requester.graphql_url, body=body)
        if not isinstance(answer, dict):
            raise Unavailable("GraphQL's answer is not an object")
        if answer.get("errors"):
            raise _graphql_failure(answer, headers)
        if not isinstance(answer.get("data"), dict):
            raise Unavailable("GraphQL answered without data")
        return dict(answer["data"])

    def _sent(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> tuple[Mapping[str, Any], Any]:
        if self.requests >= MAX_REQUESTS:
            raise _Exhausted(f"this run has made {MAX_REQUESTS} requests, and makes no more")
        self.requests += 1
        try:
            return self._github.requester.requestJsonAndCheck(
                verb, url, parameters=dict(parameters) if parameters else None, input=dict(body) if body else None
            )
        except (_Redirected, Unavailable):
            raise
        # PyGithub fails in many ways on answers that no GitHub gives, but a proxy in between.
        except Exception as error:
            raise _failure(error) from error


class _Redirected(Exception):
    """GitHub says that the answer is at another address."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class _Inspection(Retry):
    """Looks at the status of each answer before PyGithub does, which acts upon some of them. Nothing is retried."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether the answer goes to `increment`: no answer to a read but 200 holds what was asked for."""
        return status_code < 400 and (status_code >= 300 or (method == "GET" and status_code != _OK))

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        *others: Any,
        **more: Any,
    ) -> Self:
        if response is None:
            return super().increment(method, url, response, error, *others, **more)
        response.drain_conn()
        location = response.headers.get("location")
        if response.status in _REDIRECTS and location:
            raise _Redirected(location)
        raise Unavailable(f"GitHub answered {response.status}, which holds nothing to read")


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port of an address; None for a path alone. An address that is malformed has an empty one."""
    try:
        parts = urlsplit(url)
        if not parts.scheme and not parts.netloc:
            return None
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None


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
    message = _message(error.data)
    headers = _lower(error.headers)
    limited = "rate limit" in message.lower() or _seconds(headers.get("retry-after")) is not None
    if error.status == 429 or (error.status == 403 and limited):
        return _Limited(f"GitHub limits the rate: {message}", _wait(headers))
    if error.status >= 500 or error.status < 400:
        return Unavailable(f"GitHub answered {error.status}: {message}")
    return Refused(error.status, message)


def _graphql_failure(answer: Mapping[str, Any], headers: Mapping[str, Any]) -> Refused | Unavailable:
    """What an answer of GraphQL's with errors, which comes with status 200, means."""
    message = _message(answer)
    errors = [error for error in _listed(answer.get("errors")) if isinstance(error, dict)]
    types = [str(error.get("type") or "") for error in errors]
    if "RATE_LIMITED" in types or "rate limit" in message.lower():
        return _Limited(f"GitHub limits the rate: {message}", _wait(_lower(headers)))
    for name in types:
        if name in _GRAPHQL_REFUSALS:
            return Refused(_GRAPHQL_REFUSALS[name], message)
    # A query that is wrong has a code for what is wrong with it, such as `undefinedField`.
    if any("extensions" in error for error in errors):
        return Refused(400, message)
    return Unavailable(f"GraphQL answered with errors: {message}")


def _message(data: Any) -> str:
    """GitHub's own words, with the details of `errors`, which hold texts or objects."""
    if not isinstance(data, dict):
        return str(data)[:500]
    parts = [str(data.get("message") or "")]
    parts.extend(
        str(item.get("message") or item.get("code") or "") if isinstance(item, dict) else str(item)
        for item in _listed(data.get("errors"))
    )
    return "; ".join(part for part in parts if part)[:1000]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _lower(headers: Mapping[str, Any] | None) -> dict[str, str]:
    return {str(key).lower(): str(value) for key, value in (headers or {}).items()}


def _wait(headers: Mapping[str, str]) -> float:
    """How long a rate limit lasts, in seconds: `Retry-After`, else until the reset, else a minute, as GitHub asks."""
    asked = _seconds(headers.get("retry-after"))
    if asked is not None:
        return asked
    if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdecimal():
        return max(float(headers["x-ratelimit-reset"]) - time.time(), 0.0) + 1.0
    return 60.0


def _seconds(text: str | None) -> float | None:
    """A `Retry-After` in seconds: a number or a date (RFC 9110, 10.2.3). None for anything else."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            date = parsedate_to_datetime(text)
        except ValueError:
            return None
        date = date if date.tzinfo is not None else date.replace(tzinfo=datetime.UTC)
        seconds = date.timestamp() - time.time()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _next_page(headers: Mapping[str, Any]) -> str | None:
    for part in str(headers.get("link") or "").split(","):
        target, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            return target.strip().strip("<>")
    return None
