"""Reads `migrations.toml`: what plugins follow from one release of the SDK, or policy of the marketplace, to the next.

A step `does` one of these: `import` takes a name of the SDK from another module, `python` asks for a newer Python,
`attributes` renames what localized texts are made of, `value` changes a word in a kind of document.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

from msgspec import Struct
from packaging.version import Version

from bot.messages import say
from bot.tables import read_table


class Does(Enum):
    """What a step changes."""

    IMPORT = "import"
    PYTHON = "python"
    ATTRIBUTES = "attributes"
    VALUE = "value"


class Step(Struct, frozen=True, eq=False):
    """One change that plugins follow: since which release, where that is written, and with what words it is made."""

    since: Version
    does: Does
    title: str
    source: str
    words: Mapping[str, Any]


class Migration(Struct, frozen=True):
    """The steps up to a release of the SDK, which is the lowest that the plugin then asks for."""

    id: str
    title: str
    sdk: Version
    steps: tuple[Step, ...]


@cache
def migrations() -> Mapping[str, Migration]:
    """Every migration by its name."""
    table = read_table(__file__, "migrations.toml")
    steps = [
        Step(Version(entry["since"]), Does(entry["does"]), say(entry["title"]), entry["source"], entry)
        for entry in table["step"]
    ]
    found = {}
    for entry in table["migration"]:
        sdk = Version(entry["sdk"])
        taken = tuple(step for step in steps if step.since <= sdk)
        found[entry["id"]] = Migration(entry["id"], entry["title"], sdk, taken)
    return found
