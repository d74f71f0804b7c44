"""What the releases of the SDK depend on, and what that needs itself: a dated table, for what cannot be installed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from bot.tables import read_table

Requires: TypeAlias = Mapping[str, SpecifierSet]


@cache
def _table() -> Mapping[str, Any]:
    return read_table(__file__, "sdk_requirements.toml")


def _requires(group: Mapping[str, Any]) -> Requires:
    parsed = [Requirement(text) for text in group["requires"]]
    return {each.name: each.specifier for each in parsed}


@cache
def sdk_requirements() -> Mapping[str, Requires]:
    """By release, what it asks for, by normalised name. A release that is missing has not been read."""
    found: dict[str, Requires] = {}
    for group in _table()["group"]:
        found.update(dict.fromkeys(group["releases"], _requires(group)))
    return found


@cache
def package_requirements() -> Mapping[str, Mapping[str, Requires]]:
    """The same of the packages that releases of the SDK ask for: by name, then by version."""
    found: dict[str, dict[str, Requires]] = {}
    for group in _table()["package"]:
        found.setdefault(group["name"], {}).update(dict.fromkeys(group["versions"], _requires(group)))
    return found
