"""Sets of names, written as text."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, as a table of names is easiest to read and to keep sorted."""
    return frozenset(text.split())
