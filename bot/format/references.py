"""Where the format is written: `references.toml`, with the repository, commit and date of each authority."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from bot.findings import By
from bot.format.models.base import Origin
from bot.patterns import regex
from bot.tables import read_table

#: What an authority is called in the table; the rest is the daemon.
_TABLES: Mapping[By, str] = {By.SDK: "sdk", By.DOCS: "docs", By.PLATFORM: "platform"}


@cache
def references() -> Mapping[str, Any]:
    """The whole table. It is read when the first finding needs it."""
    return read_table(__file__, "references.toml")


def source_of(origin: Origin | None, by: By) -> str:
    """The file and line at which an authority speaks of a field; "" where none is known."""
    fields = references()["fields"]
    for place in (origin.place, *origin.inherited) if origin is not None else ():
        structure, _, field = place.partition(".")
        if field in fields.get(structure, {}):
            cited: str = fields[structure][field].get(_TABLES.get(by, "daemon"), "")
            return cited
    return ""


_CITED = regex(r"(?P<file>[\w./-]+\.\w+)(?::(?P<line>[0-9]+))?(?= |$)")
_ISSUE = regex(r"(?P<repository>[\w.-]+/[\w.-]+)#(?P<number>[0-9]+)")


def cited(source: str) -> Iterator[tuple[str, str]]:
    """The parts of the `source` of an authority, each with its address on the web; "" where it has none."""
    for part in re.split(r"[,;] ", source):
        yield part, _address(part)


def _address(part: str) -> str:
    issue = _ISSUE.fullmatch(part)
    if issue is not None:
        return f"https://github.com/{issue['repository']}/issues/{issue['number']}"
    found = _CITED.match(part)
    place = _files().get(found["file"]) if found is not None else None
    if found is None or place is None:
        return ""
    return place + (f"#L{found['line']}" if found["line"] else "")


@cache
def _files() -> Mapping[str, str]:
    """The address of every file that is cited, by the name that it is cited by."""
    return {
        name: f"{authority['repository']}/blob/{authority['commit']}/{path}"
        for authority in references()["authorities"].values()
        for name, path in authority["files"].items()
    }
