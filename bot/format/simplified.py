"""Writes Chinese in simplified characters where that does not depend on the words: `simplified.toml` has the pairs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bot.format.script import is_in
from bot.tables import read_table


def simplified(text: str) -> str | None:
    """A Chinese text in simplified characters; None where it is not certain of each what stands for it."""
    pairs, doubtful = _table()
    written = "".join(pairs.get(character, character) for character in text)
    letters = {character for character in written if character.isalpha()}
    return written if all(is_in(each, "gb2312") and each not in doubtful for each in letters) else None


@cache
def _table() -> tuple[Mapping[str, str], str]:
    table = read_table(__file__, "simplified.toml")
    characters = table["pairs"].replace("\n", "")
    return dict(zip(characters[::2], characters[1::2], strict=True)), table["doubtful"]
