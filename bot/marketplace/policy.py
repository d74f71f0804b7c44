"""Reads `policy.toml`: what the marketplace checks, by name, and since when.

A check is one thing that the pre-check of the marketplace's repository, its maintainers' helper or the upload after the
merge looks at. `rules` are the rules and families of ours that judge it; with `files` only their findings in files of
these patterns ("" is the package as a whole). `runs`: it can only be judged by installing or running the plugin, which
this program never does. `asked`: it needs a service that is asked only when the review is told to.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from bot.tables import read_table


class Check(Struct, frozen=True):
    """One check of the marketplace. `since` is the first day on which a refusal by it is known, or a day before.

    `what` is a template of a clause, without arguments.
    """

    id: str
    row: str
    what: str
    by: str
    source: str
    since: datetime.date
    commit: str = ""
    blocks: bool = True
    rules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    runs: bool = False
    asked: bool = False


class Row(Struct, frozen=True):
    """A row of the table that maintainers and authors know."""

    id: str
    title: str


class Policy(Struct, frozen=True):
    """The policy as it is on a day; `date` is None for the newest that is known."""

    date: datetime.date | None
    read: datetime.date
    repository: str
    rows: tuple[Row, ...]
    checks: tuple[Check, ...]
    values: Mapping[str, Any]

    def has(self, check: str) -> bool:
        """Whether a check is made on that day."""
        return any(each.id == check for each in self.checks)

    @property
    def sdk_floor(self) -> str:
        """The lowest release of the SDK that may be asked for."""
        return str(self.values["sdk-floor"])

    @property
    def source_hosts(self) -> tuple[str, ...]:
        """The hosts on which a plugin's source may be."""
        return tuple(self.values["source-hosts"])

    def blocks_file(self, path: str) -> bool:
        """Whether the name of a file or folder in a path is one for which the package is refused.

        Names are compared as they are, suffixes in lower case.
        """
        *folders, name = path.split("/")
        if not set(self.values["blocked-folders"]).isdisjoint(folders) or name in self.values["blocked-files"]:
            return True
        if name == ".env" or name.startswith(".env."):
            return name not in self.values["harmless-environments"]
        return PurePosixPath(name).suffix.lower() in self.values["blocked-suffixes"]

    @property
    def large_dependencies(self) -> frozenset[str]:
        """The distributions that are so large that a reviewer looks at them."""
        return frozenset(self.values["large-dependencies"])


@cache
def policy_of(date: datetime.date | None = None) -> Policy:
    """The policy on a day, which may be in the future; the newest without one."""
    data = _data()
    values: dict[str, Any] = {}
    for each in data["value"]:
        if date is None or each["since"] <= date or each["name"] not in values:
            values[each["name"]] = each["value"]
    checks = (Check(**{**each, **_tuples(each)}) for each in data["check"])
    return Policy(
        date,
        data["read"],
        data["repository"],
        tuple(Row(**each) for each in data["row"]),
        tuple(each for each in checks if date is None or each.since <= date),
        values,
    )


def _tuples(check: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(check.get(key, ())) for key in ("rules", "files")}


@cache
def _data() -> Mapping[str, Any]:
    return read_table(__file__, "policy.toml")
