"""What a review may ask of services on the network: nothing, unless somebody asks for it.

There are four states of an answer: a service that did not answer is neither a yes nor a no.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from msgspec import Struct

from bot.messages import say


class State(Enum):
    """What a lookup came to."""

    YES = "yes"
    NO = "no"
    #: It was asked, and no answer can be relied on.
    UNKNOWN = "unknown"
    NOT_ASKED = "not asked"


class Answer(Struct, frozen=True):
    """An answer; `reason` says, as a clause, why there is none."""

    state: State
    reason: str = ""


class Vulnerability(Struct, frozen=True):
    """A known vulnerability of one release: its ids, and how bad it is (`critical`, `high`, …; "" where unknown)."""

    package: str
    version: str
    ids: tuple[str, ...]
    severity: str = ""


class Lookups:
    """Asks nothing. What asks is `bot.services.Services`."""

    def published(self, author: str, name: str, version: str) -> Answer:
        """Whether the marketplace has this version of a plugin."""
        return Answer(State.NOT_ASKED, say("not asked for: `marketplace-url` is not set"))

    def repository(self, address: str) -> Answer:
        """Whether there is a page at the address of a source repository."""
        return Answer(State.NOT_ASKED, say("not asked for: `lookups` does not name `repository`"))

    def vulnerabilities(self, releases: Sequence[tuple[str, str]]) -> tuple[Answer, Sequence[Vulnerability]]:
        """The known vulnerabilities of releases on PyPI (name and version)."""
        return Answer(State.NOT_ASKED, say("not asked for: `lookups` does not name `vulnerabilities`")), ()


NOTHING: Final = Lookups()


class Known(Lookups):
    """Gives the answers of a table, for the pages of rules and for tests."""

    def __init__(
        self,
        published: Answer | None = None,
        repository: Answer | None = None,
        vulnerabilities: tuple[Answer, Sequence[Vulnerability]] | None = None,
    ) -> None:
        self._published = published
        self._repository = repository
        self._vulnerabilities = vulnerabilities

    def published(self, author: str, name: str, version: str) -> Answer:
        return self._published or super().published(author, name, version)

    def repository(self, address: str) -> Answer:
        return self._repository or super().repository(address)

    def vulnerabilities(self, releases: Sequence[tuple[str, str]]) -> tuple[Answer, Sequence[Vulnerability]]:
        return self._vulnerabilities or super().vulnerabilities(releases)
