"""Reads the tables of facts and their sources, which lie beside the code that knows what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli


def read_table(module: str, name: str) -> dict[str, Any]:
    """A TOML file, by the `__file__` of the module beside which it lies."""
    return tomli.loads(Path(module).with_name(name).read_text(encoding="utf-8"))
