"""Trouble made on purpose: answers that GitHub gives when it is unwell, overloaded, or of another opinion."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping

from msgspec import Struct, field

from standin import rules

_SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "If you reach out to GitHub Support for help, please include the request ID."
)


class Fault(Struct):
    """What happens to the next `times` requests that match.

    `status` None drops the connection without an answer. `after_apply`: the request is carried out first. `seconds`
    are waited before anything else. `body` None is the message that GitHub gives with this status.
    """

    method: str
    path: re.Pattern[str]
    containing: str | None
    status: int | None
    times: int
    after_apply: bool
    headers: Mapping[str, str]
    body: object
    seconds: float
    hits: int = 0

    def matches(self, method: str, path: str, query: str, body: bytes) -> bool:
        return (
            self.hits < self.times
            and self.method in (method, "*")
            and any(self.path.search(text) for text in (path, f"{path}?{query}"))
            and (self.containing is None or self.containing.encode() in body)
        )


class Faults(Struct):
    """Faults in the order in which they were added; a request meets the first that matches and is not used up."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self,
        match: tuple[str, str],
        *,
        status: int | None = 502,
        times: int = 1,
        after_apply: bool = False,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        delay: float = 0,
        containing: str | None = None,
    ) -> Fault:
        """Disturbs the requests of a method (`*` for any) whose path (`/repos/…`, without prefix, with or without its
        query) has the pattern and whose body has the text `containing`. `delay` is in seconds."""
        method, pattern = match
        fault = Fault(method, re.compile(pattern), containing, status, times, after_apply, headers or {}, body, delay)
        with self._lock:
            self._faults.append(fault)
        return fault

    def drop(self, match: tuple[str, str], *, times: int = 1, after_apply: bool = False) -> Fault:
        """The connection breaks without an answer."""
        return self.add(match, status=None, times=times, after_apply=after_apply)

    def secondary_limit(
        self, match: tuple[str, str], *, retry_after: int | None = None, status: int = 403, times: int = 1
    ) -> Fault:
        """Too many requests in too short a time. `status` is 403 or 429; `retry_after` is in seconds."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        body = {"message": _SECONDARY, "documentation_url": rules.SECONDARY, "status": str(status)}
        return self.add(match, status=status, times=times, headers=headers, body=body)

    def primary_limit(self, match: tuple[str, str], *, reset_in: int, times: int = 1) -> Fault:
        """The hour's requests are used up, for another `reset_in` seconds."""
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + reset_in)}
        message = "API rate limit exceeded for installation ID 1."
        body = {"message": message, "documentation_url": f"{rules.DOCS}/overview/rate-limits-for-the-rest-api"}
        return self.add(match, status=403, times=times, headers=headers, body=body)

    def take(self, method: str, path: str, query: str, body: bytes) -> Fault | None:
        """The fault that this request meets; meeting it counts."""
        with self._lock:
            fault = next((fault for fault in self._faults if fault.matches(method, path, query, body)), None)
            if fault is not None:
                fault.hits += 1
            return fault
