"""Texts as users of each locale read them, with the fallbacks that Dify makes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from bot.document import Document, Pointer
from bot.limits import Account, Limit
from bot.plugin.forms import spelling

#: The locales in the order of the page.
LOCALES: Final = ("en_US", "zh_Hans", "ja_JP", "pt_BR")
#: Cards, pages and most forms. The other two are what docs/how-dify-shows-it.md says of rows and of model documents.
EVERYWHERE: Final = frozenset(LOCALES)
ROWS: Final = frozenset({"en_US", "zh_Hans", "ja_JP"})
MODELS: Final = frozenset({"en_US", "zh_Hans"})

#: The daemon takes fewer than 1,024 characters; a longer text is cut.
MAX_TEXT: Final = Limit(4096, "has a text of more than {n:,} characters, of which the beginning is shown")


class State(StrEnum):
    """How a text comes to be shown in a locale."""

    OWN = "own"
    #: English is shown because the plugin says nothing in the locale.
    GAP = "gap"
    #: English is shown whatever the plugin says: Dify does not read the locale here.
    UNREAD = "unread"


class Variant(Struct, frozen=True):
    """What is read in some locales. `language` is the locale that the text is written in, "" where it is a name."""

    locales: tuple[str, ...]
    text: str
    language: str = ""
    state: State = State.OWN


class Text(Struct, frozen=True):
    """One text in every locale of the page: each locale is in just one variant."""

    variants: tuple[Variant, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """The locales that show English for want of a translation."""
        return tuple(locale for each in self.variants if each.state is State.GAP for locale in each.locales)

    def in_locale(self, locale: str) -> str:
        """What a user of the locale reads."""
        return next(each.text for each in self.variants if locale in each.locales)


def name(text: str) -> Text:
    """A name, which is the same in every locale."""
    return Text((Variant(LOCALES, text),))


def localized(
    document: Document, pointer: Pointer, read: frozenset[str] = EVERYWHERE, account: Account | None = None
) -> Text | None:
    """The text at a pointer, as a surface that reads the locales `read` shows it; None where there is nothing to show.

    An empty text counts as none (A core/tools/entities/common_entities.py).
    """
    value = document.get(*pointer)
    if not isinstance(value, Mapping):
        return None
    written = {}
    for locale in LOCALES:
        text = spelling(document, (*pointer, locale), value[locale]) if value.get(locale) is not None else None
        if text:
            if account is not None and account.exceeds(MAX_TEXT, document.path, len(text)):
                text = text[: MAX_TEXT.most] + "…"
            written[locale] = text
    english = written.get("en_US")
    if english is None:
        return None
    found: dict[tuple[str, str, State], list[str]] = {}
    for locale in LOCALES:
        if locale not in read:
            key = english, "en_US", State.UNREAD
        elif locale in written:
            key = written[locale], locale, State.OWN
        else:
            key = english, "en_US", State.GAP
        found.setdefault(key, []).append(locale)
    return Text(tuple(Variant(tuple(locales), *key) for key, locales in found.items()))
