"""What is known of a submission besides the package itself."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct

from bot.patterns import regex
from bot.submission.text import Body

PACKAGE_SUFFIX = ".difypkg"


class Submission(Struct, frozen=True, dict=True):
    """A pull request to a repository of packages, as it is now. Paths are from the repository root."""

    #: The package that the text is judged by: the first of several.
    package: str
    #: Title and body; None where they could not be read, and why.
    title: str | None = None
    body: str | None = None
    unread: str = ""
    #: The files that the pull request adds, changes or removes.
    changed: tuple[str, ...] = ()
    #: Those of them that are there no more.
    removed: frozenset[str] = frozenset()
    #: The packages that the repository has without the pull request.
    before: tuple[str, ...] = ()
    #: The package of the version before: the file that is overwritten, or the highest of its folder; "" for none.
    previous: str = ""
    #: Open pull requests that submit a package of the same name: number and path; None where nobody asked.
    rivals: tuple[tuple[int, str], ...] | None = None
    #: Why they are not known although somebody asked.
    rivals_unread: str = ""
    #: The number of the pull request; 0 where there is none.
    number: int = 0

    @cached_property
    def text(self) -> Body | None:
        """The body, read; None where it could not be had."""
        return Body(self.body) if self.body is not None else None

    @property
    def earlier(self) -> tuple[str, ...]:
        """The packages that are in the place of the package: in its folder, or where it lies itself."""
        if not folder_of(self.package):
            return (self.previous,) if self.previous else ()
        return tuple(path for path in self.before if folder_of(path) == folder_of(self.package))

    def elsewhere(self, name: str) -> tuple[str, ...]:
        """The packages in other folders whose names say that they are the plugin `name`."""
        return tuple(
            path for path in self.before if folder_of(path) != folder_of(self.package) and plugin_name(path) == name
        )


def is_package(path: str) -> bool:
    return path.lower().endswith(PACKAGE_SUFFIX)


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


_VERSION = regex(r"(\d{1,9}(?:\.\d{1,9}){1,3}(?:[-+][0-9A-Za-z.-]{1,40})?)")
_NAME = regex(r"(?P<name>.+?)[-_.]?v?\d{1,9}(?:\.\d{1,9}){1,3}.*")


def file_version(path: str) -> str | None:
    """The version in the name of a package, as the pre-check looks for it; None when there is none."""
    found = _VERSION.search(path.rpartition("/")[2][: -len(PACKAGE_SUFFIX)])
    return found[1] if found else None


def plugin_name(path: str) -> str:
    """The name of the plugin, going by the name of its package."""
    stem = path.rpartition("/")[2][: -len(PACKAGE_SUFFIX)]
    found = _NAME.fullmatch(stem)
    return found["name"] if found else stem


def version_key(version: str) -> tuple[int, ...]:
    """Orders versions as the pre-check does: by their numbers, without what follows a hyphen or a plus sign."""
    numbers = [int(part) if part.isdecimal() else 0 for part in re.split(r"[-+]", version, maxsplit=1)[0].split(".")]
    return tuple((*numbers, 0, 0, 0)[: max(3, len(numbers))])
