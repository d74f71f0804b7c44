"""Asks the marketplace, OSV and the hosts of source repositories. Few requests, short waits, and every answer bounded.

Only what identifies a release is sent: author, name and version of a plugin, names and versions of packages, the
address of a repository. Nothing of a plugin chooses the host of a request but its `repo`, and that only among the hosts
that the marketplace takes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote as percent_encode
from urllib.parse import urlsplit

import requests

from bot import __version__
from bot.lookups import Answer, Lookups, State, Vulnerability
from bot.messages import say
from bot.patterns import regex
from bot.services.kept import Kept

#: Seconds for the connection, and for each wait for bytes of an answer.
TIMEOUT: Final = (5, 10)
#: Seconds that all the lookups of a run may take together.
TOTAL_SECONDS: Final = 60.0
ATTEMPTS: Final = 2
#: A longer answer is not read (bytes).
MAX_BYTES: Final = 4 * 1024 * 1024
#: Requests of one run.
MAX_REQUESTS: Final = 100
#: Releases in one question to OSV, which takes up to 1,000.
BATCH: Final = 500
#: Vulnerabilities of which the details are asked for. The others are named without their severity.
MAX_DETAILS: Final = 20
OSV_URL: Final = "https://api.osv.dev"
#: Hosts of source repositories that may be asked: those that the marketplace takes (toolkit/checks/source_hosts.py).
HOSTS: Final = frozenset(
    {
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "gitee.com",
        "codeberg.org",
        "git.sr.ht",
        "gitlab.anchnet.com",
    }
)

_PART = regex(r"[A-Za-z0-9._+-]{1,128}")
_BANDS: Final = ("critical", "high", "medium", "low")


class _NoAnswer(Exception):
    """The service gave nothing to rely on; `reason` says why, as a clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Services(Lookups):
    """The lookups that were asked for. A question is asked once in a run, and not where `kept` has the answer."""

    def __init__(
        self,
        marketplace_url: str = "",
        *,
        repository: bool = False,
        vulnerabilities: bool = False,
        osv_url: str = OSV_URL,
        hosts: frozenset[str] = HOSTS,
        kept: Kept | None = None,
    ) -> None:
        self._marketplace_url = marketplace_url
        self._ask_repository = repository
        self._ask_vulnerabilities = vulnerabilities
        self._osv_url = osv_url
        self._hosts = hosts
        self._kept = kept
        self._answers: dict[tuple[str, ...], Answer] = {}
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}
        self._bands: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._session: requests.Session | None = None
        self._deadline = 0.0
        self.requests = 0

    # --- the marketplace ---

    def published(self, author: str, name: str, version: str) -> Answer:
        if not self._marketplace_url:
            return super().published(author, name, version)
        if not all(_PART.fullmatch(part) for part in (author, name, version)):
            return Answer(State.UNKNOWN, say("author, name or version cannot stand in an address"))
        path = "/".join(percent_encode(part, safe="") for part in (author, name, version))
        return self._answer(("published", self._marketplace_url, path), lambda: self._published(path))

    def _answer(self, key: tuple[str, ...], ask: Callable[[], Answer]) -> Answer:
        if key not in self._answers:
            answer = self._kept.find(key) if self._kept is not None else None
            if answer is None:
                answer = ask()
                if self._kept is not None:
                    self._kept.keep(key, answer)
            self._answers[key] = answer
        return self._answers[key]

    def _published(self, path: str) -> Answer:
        try:
            status, content = self._ask("GET", f"{self._marketplace_url}/api/v1/plugins/{path}")
            if status == 404:
                return Answer(State.NO)
            if status != 200:
                raise _NoAnswer(say("it answered {status}", status=status))
            data = _json(content)
            if not isinstance(data, dict) or "code" not in data:
                raise _NoAnswer(say("its answer is not one of a marketplace"))
            return Answer(State.YES if data["code"] == 0 else State.NO)
        except _NoAnswer as error:
            reason = say("the marketplace did not answer ({reason}): run the job again", reason=error.reason)
            return Answer(State.UNKNOWN, reason)

    # --- source repositories ---

    def repository(self, address: str) -> Answer:
        if not self._ask_repository:
            return super().repository(address)
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").removeprefix("www.")
        except ValueError:
            return Answer(State.UNKNOWN, say("its address is not a valid one"))
        if parts.scheme not in ("http", "https") or host not in self._hosts or parts.username is not None:
            return Answer(State.UNKNOWN, say("its host is not one that may be asked"))
        asked = f"https://{host}{percent_encode(parts.path, safe='/%~')}"
        return self._answer(("repository", asked), lambda: self._repository(asked))

    def _repository(self, address: str) -> Answer:
        try:
            status, _ = self._ask("GET", address, read=False)
        except _NoAnswer as error:
            reason = say("the host of the repository did not answer ({reason}): run the job again", reason=error.reason)
            return Answer(State.UNKNOWN, reason)
        if status in (404, 410):
            return Answer(State.NO)
        if status < 400:
            return Answer(State.YES)
        reason = say("the host of the repository answered {status}: run the job again", status=status)
        return Answer(State.UNKNOWN, reason)

    # --- vulnerabilities ---

    def vulnerabilities(self, releases: Sequence[tuple[str, str]]) -> tuple[Answer, Sequence[Vulnerability]]:
        if not self._ask_vulnerabilities:
            return super().vulnerabilities(releases)
        if not releases:
            return Answer(State.NOT_ASKED, say("no dependency is fixed to one release")), ()
        try:
            unknown = [release for release in dict.fromkeys(releases) if release not in self._known]
            for start in range(0, len(unknown), BATCH):
                self._query(unknown[start : start + BATCH])
        except _NoAnswer as error:
            return Answer(
                State.UNKNOWN, say("OSV did not answer ({reason}): run the job again", reason=error.reason)
            ), ()
        found = [release for release in dict.fromkeys(releases) if self._known[release]]
        return Answer(State.YES if found else State.NO), [item for release in found for item in self._merged(*release)]

    def _query(self, releases: Sequence[tuple[str, str]]) -> None:
        queries = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in releases]
        status, content = self._ask("POST", f"{self._osv_url}/v1/querybatch", {"queries": queries})
        data = _json(content) if status == 200 else None
        results = data.get("results") if isinstance(data, dict) else None
        if not isinstance(results, list) or len(results) != len(releases):
            raise _NoAnswer(
                say("it answered {status}", status=status) if status != 200 else say("its answer is unusable")
            )
        for release, result in zip(releases, results, strict=True):
            rows = result.get("vulns") if isinstance(result, dict) else None
            ids = [str(row["id"]) for row in rows or () if isinstance(row, dict) and row.get("id")]
            self._known[release] = tuple(ids)

    def _merged(self, name: str, version: str) -> Iterator[Vulnerability]:
        """The vulnerabilities of a release, with the ids of one and the same put together."""
        groups: list[tuple[set[str], str]] = []
        for identity in self._known[name, version]:
            band, aliases = self._details(identity)
            names = {identity, *aliases}
            group = next((group for group in groups if group[0] & names), None)
            if group is None:
                groups.append((names & {identity} | {alias for alias in aliases if alias.startswith("CVE-")}, band))
            else:
                groups[groups.index(group)] = (group[0] | {identity}, group[1] or band)
        for names, band in groups:
            yield Vulnerability(name, version, tuple(sorted(names)), band)

    def _details(self, identity: str) -> tuple[str, tuple[str, ...]]:
        """The severity of a vulnerability and its other ids, as far as OSV tells them."""
        if identity not in self._bands:
            self._bands[identity] = ("", ())
            if len(self._bands) <= MAX_DETAILS and _PART.fullmatch(identity):
                try:
                    status, content = self._ask("GET", f"{self._osv_url}/v1/vulns/{identity}")
                    data = _json(content) if status == 200 else None
                except _NoAnswer:
                    data = None
                if isinstance(data, dict):
                    self._bands[identity] = (_band(data), _texts(data.get("aliases")))
        return self._bands[identity]

    # --- the wire ---

    def _ask(
        self, verb: str, url: str, body: Mapping[str, Any] | None = None, *, read: bool = True
    ) -> tuple[int, bytes]:
        """Status and content of an answer. Raises `_NoAnswer`. A redirect is an answer, and is not followed."""
        if self._session is None:
            self._session = requests.Session()
            self._session.headers["User-Agent"] = f"dify-plugin-review/{__version__}"
            # Credentials that the machine keeps for a host are not sent.
            self._session.trust_env = False
            self._session.proxies = dict(requests.utils.get_environ_proxies(url))
            self._deadline = time.monotonic() + TOTAL_SECONDS
        reason: str = ""
        for _ in range(ATTEMPTS):
            if self.requests >= MAX_REQUESTS:
                raise _NoAnswer(say("this run has made {n:,} lookups, and makes no more", n=MAX_REQUESTS))
            if time.monotonic() > self._deadline:
                raise _NoAnswer(say("the lookups took more than {n:,.0f} seconds", n=TOTAL_SECONDS))
            self.requests += 1
            try:
                with self._session.request(
                    verb, url, json=body, timeout=TIMEOUT, allow_redirects=False, stream=True
                ) as answer:
                    if answer.status_code >= 500 or answer.status_code == 429:
                        reason = say("it answered {status}", status=answer.status_code)
                        continue
                    return answer.status_code, self._content(answer) if read else b""
            except requests.RequestException as error:
                reason = type(error).__name__
        raise _NoAnswer(reason)

    def _content(self, answer: requests.Response) -> bytes:
        content = bytearray()
        for chunk in answer.iter_content(65_536):
            content += chunk
            if len(content) > MAX_BYTES or time.monotonic() > self._deadline:
                raise _NoAnswer(say("its answer is too long"))
        return bytes(content)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _NoAnswer(say("its answer is not JSON")) from error


def _band(data: Mapping[str, Any]) -> str:
    specific = data.get("database_specific")
    written = str(specific.get("severity", "")).lower() if isinstance(specific, dict) else ""
    band = {"moderate": "medium"}.get(written, written)
    return band if band in _BANDS else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value if isinstance(item, str))[:50] if isinstance(value, list) else ()
