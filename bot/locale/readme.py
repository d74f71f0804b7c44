"""The translations of the README: which there are, which nobody finds, and which are in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

from bot.format.locales import locale_of_region, meant_locale
from bot.format.script import is_portuguese
from bot.locale.texts import SOURCE, TARGETS
from bot.patterns import regex

#: Where the daemon finds the README of a locale (G decoder/helper.go:522): in just this spelling.
PATH = "readme/README_{}.md"

# README_zh.md, readme.zh-CN.md, README-JP.md: in the root or in a folder for READMEs.
_TRANSLATED = regex(r"(?:(?:readmes?|docs|i18n)/)?readme[._-]([a-z]{2}(?:[_-][a-z]{2,4})?)\.(?:md|markdown)", re.I)

_CODE = regex(r"^(```|~~~).*?^\1|`[^`\n]*`|https?://\S+|<[^<>]*>", re.MULTILINE | re.DOTALL)
#: So much of a README is read (characters), which is enough to know its language.
_READ = 65536
#: So much shows the language of the author (characters).
_BEGINNING = 4096
#: Too short a README says nothing about its language (letters).
_ENOUGH_LETTERS = 80

_HAN = regex("[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = regex("[\u3041-\u3096\u30a1-\u30fa]")
_LETTER = regex(r"[^\W\d_]")


def translations(paths: Iterable[str]) -> dict[str, str]:
    """The READMEs that the daemon finds, by locale other than English."""
    wanted = {PATH.format(locale): locale for locale in TARGETS}
    return {wanted[path]: path for path in paths if path in wanted}


class Lost(Struct, frozen=True):
    """A translated README that no reader looks for, and the locale it was meant for."""

    path: str
    locale: str


def lost(paths: Iterable[str]) -> Iterator[Lost]:
    """The READMEs in one of the console's languages that are not where the daemon looks."""
    for path in paths:
        found = _TRANSLATED.fullmatch(path) if len(path) < 100 else None
        if found is None:
            continue
        locale = _locale_of(found[1])
        if locale is not None and locale != SOURCE and path != PATH.format(locale):
            yield Lost(path, locale)


@lru_cache(maxsize=256)
def _locale_of(tag: str) -> str | None:
    """The locale that the part of a file name means: a language (`zh`, `ja-JP`) or a region (`CN`, `jp`)."""
    tag = tag.replace("-", "_")
    for locale in (SOURCE, *TARGETS):
        if tag.lower() == locale.lower():
            return locale
    meant = meant_locale(tag)
    if meant is not None or len(tag) != 2:
        return meant
    return locale_of_region(tag)


def language_of(text: str) -> str:
    """The locale other than English in which most of a README is written; "" where none is."""
    text = text[:_BEGINNING]
    if text.isascii():
        return ""
    prose = _CODE.sub(" ", text)
    kana = len(_KANA.findall(prose))
    han = len(_HAN.findall(prose))
    if han + kana and han + kana > len(_LETTER.findall(prose)) / 2:
        # A Japanese text has kana between all its characters.
        return "ja_JP" if kana > han / 5 else "zh_Hans"
    return "pt_BR" if "ã" in prose and is_portuguese(prose) else ""


def is_wrong_language(text: str, locale: str) -> bool:
    """Whether a README is surely not in the language of its locale: no Chinese character, or no kana, in its prose."""
    prose = _CODE.sub(" ", text[:_READ])
    if len(_LETTER.findall(prose)) < _ENOUGH_LETTERS:
        return False
    if locale == "zh_Hans":
        return not _HAN.search(prose) or len(_KANA.findall(prose)) > len(_HAN.findall(prose))
    if locale == "ja_JP":
        return not _KANA.search(prose)
    return len(_HAN.findall(prose)) + len(_KANA.findall(prose)) > len(_LETTER.findall(prose)) / 2
