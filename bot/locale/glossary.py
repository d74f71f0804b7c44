"""The glossary: common English texts of plugins in the three other languages of the console.

The texts are in `glossary.json`, the rules for their wording in `docs/locale-style.md`.

How a text is found (`Glossary.lookup`):

1. Blanks around the text and around each of its lines are dropped and runs of blanks become one space. Line breaks
   count: a text in two lines is not the same text in one, since its translation needs the line break as well.
2. A text that is the same to the letter wins.
3. Otherwise case is ignored, except for the topics marked `match_case`: there the other case means another word
   (`Polish`, `polish`) or a value of an API rather than a word (`True`, `true`).
4. Otherwise a final period is added or taken away, and the translation gets or loses its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

SOURCE = "en_US"
TARGETS = ("zh_Hans", "ja_JP", "pt_BR")

_PERIODS = {"zh_Hans": "。", "ja_JP": "。", "pt_BR": "."}


class Entry(Struct, frozen=True):
    """One text in English and the target languages, `texts` by locale."""

    topic: str
    texts: Mapping[str, str]
    match_case: bool = False


class Term(Struct, frozen=True):
    """One thing and the only wordings it may have, `forms` by locale: inflected forms and common beginnings of them."""

    forms: Mapping[str, tuple[str, ...]]


class Glossary(Struct, frozen=True):
    entries: tuple[Entry, ...]
    terms: tuple[Term, ...]
    _by_text: Mapping[str, Entry]
    _by_folded_text: Mapping[str, Entry]

    def lookup(self, english: str, locale: str) -> str | None:
        """The translation of an English text, or None where the glossary has none or does not know the locale."""
        return self.translations(english).get(locale)

    def translations(self, english: str) -> Mapping[str, str]:
        """The translations of an English text by target locale: into all of them, or empty."""
        text = normalise(english)
        if entry := self._find(text):
            return {locale: entry.texts[locale] for locale in TARGETS}
        if not text.endswith("."):
            if entry := self._find(text + "."):
                return {locale: _without_period(entry.texts[locale], locale) for locale in TARGETS}
        elif not text.endswith("..") and (entry := self._find(text[:-1])):
            return {locale: _with_period(entry.texts[locale], locale) for locale in TARGETS}
        return {}

    def _find(self, text: str) -> Entry | None:
        return self._by_text.get(text) or self._by_folded_text.get(text.casefold())


def normalise(text: str) -> str:
    """The text without the blanks that do not show: around it, around its lines, and more than one in a row."""
    return "\n".join(" ".join(line.split()) for line in text.strip().split("\n"))


@cache
def load() -> Glossary:
    """The glossary that comes with this package, read once per process."""
    return parse(Path(__file__).with_name("glossary.json").read_text(encoding="utf-8"))


def parse(document: str) -> Glossary:
    """A glossary from the text of its JSON file, whose English texts have no blanks that do not show.

    Raises `ValueError` or `KeyError` where the document is malformed.
    """
    data: Mapping[str, Any] = json.loads(document)
    entries = tuple(
        Entry(group["topic"], entry, group.get("match_case", False))
        for group in data["groups"]
        for entry in group["entries"]
    )
    return Glossary(
        entries=entries,
        terms=tuple(Term({locale: tuple(forms) for locale, forms in term.items()}) for term in data["terms"]),
        _by_text={entry.texts[SOURCE]: entry for entry in entries},
        _by_folded_text={entry.texts[SOURCE].casefold(): entry for entry in entries if not entry.match_case},
    )


def _with_period(text: str, locale: str) -> str:
    return text if text.endswith((".", "。")) else text + _PERIODS[locale]


def _without_period(text: str, locale: str) -> str:
    """The period of an abbreviation stays."""
    return text if text.endswith("etc.") else text.removesuffix(_PERIODS[locale])
