"""Where the format is written: `references.toml`, with the repository, commit and date of each authority."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from bot.findings import By
from bot.format.models.base import Origin

#: What an authority is called in the table; the rest is the daemon.
_TABLES: Mapping[By, str] = {By.SDK: "sdk", By.DOCS: "docs", By.PLATFORM: "platform"}


@cache
def references() -> Mapping[str, Any]:
    """The whole table. It is read when the first finding needs it."""
    return tomllib.loads(files("bot.format").joinpath("references.toml").read_text(encoding="utf-8"))


def source_of(origin: Origin | None, by: By) -> str:
    """The file and line at which an authority speaks of a field; "" where none is known."""
    if origin is None or not origin.place:
        return ""
    structure, _, field = origin.place.partition(".")
    cited: str = references()["fields"].get(structure, {}).get(field, {}).get(_TABLES.get(by, "daemon"), "")
    return cited
