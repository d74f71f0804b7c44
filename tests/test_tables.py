"""The tables of facts beside the code."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import bot
from bot.tables import read_table

FOLDER = Path(bot.__file__).parent
TABLES = sorted(path for path in FOLDER.rglob("*.toml") if "examples" not in path.parts)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_a_table_says_to_us_what_it_says_to_every_reader_of_toml(path: Path) -> None:
    read = read_table(str(path.with_name("module.py")), path.name)
    assert read
    assert read == tomllib.loads(path.read_text(encoding="utf-8"))


def test_every_table_is_looked_at() -> None:
    assert len(TABLES) >= 9


def test_a_table_that_is_not_there_is_not_empty() -> None:
    with pytest.raises(FileNotFoundError):
        read_table(__file__, "none.toml")
