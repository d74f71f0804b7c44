"""A release, as far as it has something to say about a plugin."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from packaging.version import Version

from bot.patterns import regex

_VERSION = regex(r"(?:^|(?<=[-_/@]))v?(?P<version>\d{1,9}(?:\.\d{1,9}){1,3}(?:[-+.][0-9A-Za-z.+-]{1,40})?)$")


class Release(Struct, frozen=True):
    """A tag that was pushed, or a release of it. `attached` are the packages of the release; None for a tag alone."""

    tag: str
    attached: tuple[str, ...] | None = None

    @property
    def version(self) -> str | None:
        """The version that the tag names; None for another tag."""
        found = _VERSION.search(self.tag)
        return found["version"] if found else None

    @property
    def series(self) -> str:
        """What stands before the version: the tags of one series are versions of one thing."""
        found = _VERSION.search(self.tag)
        return self.tag[: found.start()] if found else self.tag

    def before(self, tags: Iterable[str]) -> str | None:
        """The tag of the highest version below this one in its series; None without one."""
        own = _parsed(self.version)
        others = ((_parsed(other.version), other.tag) for other in map(Release, tags) if other.series == self.series)
        lower = [(version, tag) for version, tag in others if version is not None and own is not None and version < own]
        return max(lower)[1] if lower else None

    def is_of(self, *names: str) -> bool:
        """Whether the tag begins with one of these names, as it does where several plugins share a repository."""
        found = _VERSION.search(self.tag)
        before = self.tag[: found.start()].rstrip("-_/@").lower() if found else ""
        return bool(before) and any(name and before.endswith(name.lower()) for name in names)


def _parsed(version: str | None) -> Version | None:
    try:
        return Version(version) if version is not None else None
    except ValueError:
        return None
