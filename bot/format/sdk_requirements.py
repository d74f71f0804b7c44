"""What the releases of the SDK depend on: a dated table, for the dependencies that cannot be installed beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet


@cache
def sdk_requirements() -> Mapping[str, Mapping[str, SpecifierSet]]:
    """By release, what it asks for, by normalised name. A release that is missing has not been read."""
    table = tomllib.loads(Path(__file__).with_name("sdk_requirements.toml").read_text(encoding="utf-8"))
    found: dict[str, Mapping[str, SpecifierSet]] = {}
    for group in table["group"]:
        parsed = [Requirement(text) for text in group["requires"]]
        requires = {each.name: each.specifier for each in parsed}
        found.update(dict.fromkeys(group["releases"], requires))
    return found
