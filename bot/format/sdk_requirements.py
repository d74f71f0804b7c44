"""What the releases of the SDK depend on, and what that needs itself: a dated table, for what cannot be installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from packaging.specifiers import SpecifierSet

from bot.patterns import regex
from bot.tables import read_table

_BEFORE_SPECIFIER = regex(r"(?=[~=<>!]|$)")


class Requires(Mapping[str, SpecifierSet]):
    """What something asks for, by normalised name. There are hundreds, and few are looked at: these are parsed."""

    def __init__(self, requirements: Sequence[str] = ()) -> None:
        self._specifiers: dict[str, str] = dict(_BEFORE_SPECIFIER.split(each, 1) for each in requirements)

    def __getitem__(self, name: str) -> SpecifierSet:
        return _specifier(self._specifiers[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._specifiers)

    def __len__(self) -> int:
        return len(self._specifiers)


@cache
def _specifier(text: str) -> SpecifierSet:
    return SpecifierSet(text)


@cache
def _table() -> Mapping[str, Any]:
    return read_table(__file__, "sdk_requirements.toml")


@cache
def sdk_requirements() -> Mapping[str, Requires]:
    """By release, what it asks for, by normalised name. A release that is missing has not been read."""
    found: dict[str, Requires] = {}
    for group in _table()["group"]:
        found.update(dict.fromkeys(group["releases"], Requires(group["requires"])))
    return found


@cache
def package_requirements() -> Mapping[str, Mapping[str, Requires]]:
    """The same of the packages that releases of the SDK ask for: by name, then by version."""
    found: dict[str, dict[str, Requires]] = {}
    for group in _table()["package"]:
        found.setdefault(group["name"], {}).update(dict.fromkeys(group["versions"], Requires(group["requires"])))
    return found
