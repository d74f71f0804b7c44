"""Since when things exist: features of the format by the first releases of Dify and of the SDK that know them.

The table is `gates.toml`, beside this module. A feature shows in documents as a value at some place; each release that
does not know it refuses the document, loses what it adds, or hides it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, Final

from msgspec import Struct
from packaging.version import Version

from bot.document.scalars import is_true
from bot.format.judge.fields import EACH, Pattern
from bot.format.traits import DocumentKind
from bot.tables import read_table


class Older(Enum):
    """What a release that does not know a feature makes of it."""

    #: The document is not taken: the plugin does not start, or Dify refuses its declaration.
    REFUSES = "refuses"
    #: What the feature adds never works.
    LOSES = "loses"
    #: The key is dropped, the rest works. (Of the SDK: in remote debugging only, for the daemon reads the key itself.)
    HIDES = "hides"


class Use(Struct, frozen=True):
    """Where a feature shows in documents: a value for which `when` holds, at the places of a pattern."""

    kind: DocumentKind
    pattern: Pattern
    when: Callable[[Any], bool]


class Since(Struct, frozen=True):
    """The first release that knows a feature, what earlier ones make of it, and where that is written."""

    release: str
    older: Older
    source: str

    @property
    def version(self) -> Version:
        return Version(self.release)


class Feature(Struct, frozen=True):
    """A feature of the format. A part is None where every release knows it, or nobody has looked."""

    name: str
    uses: tuple[Use, ...]
    dify: Since | None = None
    sdk: Since | None = None
    #: The first daemon that passes the feature on; daemons come with Dify.
    daemon: str = ""


def _among(values: list[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in values


_SHAPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "true": is_true,
    "filled": lambda value: isinstance(value, str | list | dict) and bool(value),
    "fraction": lambda value: isinstance(value, float),
    "list or mapping": lambda value: isinstance(value, list | dict),
}


def _read(table: Mapping[str, Any]) -> Iterator[Feature]:
    for entry in table["feature"]:
        when = _among(entry["value"]) if "value" in entry else _SHAPES[entry["is"]]
        places = [place for written in entry["at"] for place in _places(written, table["places"])]
        uses = tuple(Use(kind, pattern, when) for kind, pattern in places)
        daemon = entry.get("daemon", {}).get("since", "")
        yield Feature(entry["name"], uses, _since(entry.get("dify")), _since(entry.get("sdk")), daemon)


def _since(entry: Mapping[str, str] | None) -> Since | None:
    return Since(entry["since"], Older(entry["older"]), entry["source"]) if entry else None


def _places(written: str, shared: Mapping[str, list[str]]) -> Iterator[tuple[DocumentKind, Pattern]]:
    if written.startswith("{"):
        name, _, rest = written[1:].partition("}")
        for place in shared[name]:
            yield from _places(place + rest, shared)
        return
    kind, _, path = written.partition(": ")
    yield DocumentKind(kind), tuple(EACH if part == "*" else part for part in path.split("/"))


_TABLE: Final = read_table(__file__, "gates.toml")
FEATURES: Final = tuple(_read(_TABLE))

#: Every release of the SDK that is not yanked, oldest first.
SDK_RELEASES: Final[tuple[str, ...]] = tuple(_TABLE["sdk"]["releases"])
#: The same, parsed: filtering texts parses each of them again.
SDK_VERSIONS: Final = tuple(map(Version, SDK_RELEASES))
#: The oldest Python 3 (its minor version) that the releases from one on need, newest first.
SDK_PYTHONS: Final = tuple((entry["since"], int(entry["minor"])) for entry in _TABLE["sdk"]["pythons"])
#: The releases of Dify of which something is known, oldest first.
DIFY_RELEASES: Final = (
    *(Version(entry["release"]) for entry in _TABLE["dify"]["measured"]),
    *(Version(release) for release in _TABLE["dify"]["read"]),
)


def dify_release(written: str) -> Version | None:
    """A release of Dify by its name; None for what is not a version. A pre-release has what its release will have."""
    try:
        return Version(Version(written).base_version)
    except ValueError:
        return None


@cache
def dify_has(since: str, release: Version) -> bool | None:
    """Whether a release of Dify has what came with `since`; None where that is not known for this release."""
    first = Version(since)
    if release >= first:
        return True
    lacking = max((known for known in DIFY_RELEASES if known < first), default=None)
    return None if lacking is None or release > lacking or release < DIFY_RELEASES[0] else False


def is_known(release: Version) -> bool:
    """Whether the table can speak of a release of Dify: it was measured, or stands between two that were."""
    return DIFY_RELEASES[0] <= release <= DIFY_RELEASES[-1]
