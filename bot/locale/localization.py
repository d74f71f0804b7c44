"""What a plugin says in which locale: which texts need a translation, have one, lack it, or repeat the English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property, lru_cache

from bot.document import Document
from bot.findings import LocaleCoverage
from bot.format.models.i18n import LOCALES
from bot.format.script import is_latin
from bot.format.traits import TRAITS, DocumentKind
from bot.locale import glossary
from bot.locale.texts import SOURCE, LocalizedText, collect
from bot.locale.verbatim import is_verbatim, words_to_translate
from bot.patterns import regex

#: A plugin has begun with a locale when more than this share of the texts that need a translation is there. Two texts,
#: the label and the description of the manifest, come from the template that plugins are made of.
BEGUN = 0.1
#: From this share on a locale counts as translated in earnest, so that what it keeps in English is kept on purpose.
_EARNEST = 0.5
#: Names are no longer than this: words that are not numbers or codes, characters.
_NAME_WORDS, _NAME_LENGTH = 3, 80
#: So many words may be a technical term; see `_is_technical`.
_SHORT_WORDS = 3
_TECHNICAL = frozenset(
    ("bucket", "cookie", "endpoint", "key", "markdown", "prompt", "secret", "slug", "token", "tokens", "webhook")
)
#: Locales whose readers take a Latin word for their own, so that one or two English words are not a sign of a copy.
_LATIN = ("pt_BR",)

#: The parameters whose options are called by proper names.
_OPTIONS_ARE_NAMES = regex(r"model|voice|speaker|sampler|scheduler", re.IGNORECASE)

_SEPARATORS = regex(r"[\W_]+")
_LOWER_WORD = regex(r"(?<![\w./:@_-])[a-z]{2,}(?![\w/:@_-]|\.\w)", re.ASCII)
#: A text of fewer words may be a label that spells a value of an API; it is not a witness that a word is a common one.
_PROSE_WORDS = 4


class State(Enum):
    """What one locale has of a text."""

    __hash__ = object.__hash__  # Enum's own is in Python.

    EXEMPT = "needs no translation"
    TRANSLATED = "translated"
    COPIED = "repeats the English"
    MISSING = "missing"


class Localization:
    """The localized texts of one plugin, seen from the locales that a review asks for."""

    def __init__(self, documents: Iterable[tuple[Document, DocumentKind]], locales: Sequence[str] = LOCALES) -> None:
        self._documents = tuple(documents)
        self.texts = tuple(collect(self._documents))
        #: The locales that should be there, in the order of the format.
        self.locales = tuple(locale for locale in LOCALES if locale in locales)

    # --- what is there ------------------------------------------------------------------------------------

    @cached_property
    def states(self) -> Mapping[str, tuple[State, ...]]:
        """The state of each of the `texts`, by locale asked for."""
        judged: dict[tuple[object, ...], tuple[State, ...]] = {}
        rows = []
        for text in self.texts:
            # The same text is found again and again; what it says of an option depends on the option's value.
            if _is_option(text) or len(text.values) > len(text.texts):
                rows.append(self._states(text))
                continue
            key = (text.is_model_label, text.is_shown_in("ja_JP"), *text.texts.items())
            if key not in judged:
                judged[key] = self._states(text)
            rows.append(judged[key])
        return dict(zip(self.locales, zip(*rows, strict=True), strict=True)) if rows else {}

    def having(self, locale: str, state: State) -> Iterator[LocalizedText]:
        """The texts that are in a state in a locale; none where nobody asks for the locale."""
        states = self.states.get(locale)
        if states is not None:
            yield from (text for text, found in zip(self.texts, states, strict=True) if found is state)

    @cached_property
    def coverage(self) -> Mapping[str, LocaleCoverage]:
        """How complete each locale asked for is; empty for a plugin without texts."""
        return {locale: _coverage(Counter(states)) for locale, states in self.states.items()}

    def has_begun(self, locale: str) -> bool:
        """Whether the plugin translates into a locale at all, be it under a misspelt key."""
        coverage = self.coverage.get(locale)
        if coverage is None:
            return False
        misspelt = sum(text.is_misspelt(locale) for text in self.having(locale, State.MISSING))
        return coverage.total - coverage.missing + misspelt > BEGUN * coverage.total

    def _states(self, text: LocalizedText) -> tuple[State, ...]:
        """The state of a text in each locale asked for."""
        english = text.english
        if english is None or text.is_model_label:
            exempt, known = text.is_model_label, None
        else:
            known = _known(english)
            exempt = known is None and self._is_exempt(text, english)
        states = []
        for locale in self.locales:
            if not text.is_shown_in(locale) or (
                locale != SOURCE and (exempt or (known is not None and _is_same(known[locale], english or "")))
            ):
                states.append(State.EXEMPT)
            elif text.lacks(locale):
                states.append(State.MISSING)
            elif locale != SOURCE and english is not None and text.texts.get(locale) == english:
                is_copy = _counts_as_copy(english, locale, is_known=known is not None)
                states.append(State.COPIED if is_copy else State.TRANSLATED)
            else:
                # Without an English text to compare with, what is there is a translation; so is what is not text.
                states.append(State.TRANSLATED)
        return tuple(states)

    # --- what needs no translation ------------------------------------------------------------------------

    def _is_exempt(self, text: LocalizedText, english: str) -> bool:
        """Whether a text that the glossary does not know is the same in every language.

        That is: code, an address or a name by its form (`bot.locale.verbatim`); the label of an option that spells its
        value; the name of the plugin, its author or a provider; and a name that the plugin's own Chinese or Japanese
        leaves in English although it translates the rest.
        """
        if len(english) > _NAME_LENGTH:
            return is_verbatim(english)
        return (
            is_verbatim(english)
            or _spells_value(text, english)
            or self._is_own_name(text, english)
            or self._is_kept(text, english)
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the plugin, its author and its providers in every locale, as they are written."""
        return frozenset(self._names())

    def _names(self) -> Iterator[str]:
        for document, kind in self._documents:
            for pointer in TRAITS[kind].names:
                value = document.get(*pointer)
                for name in value.values() if isinstance(value, dict) else (value,):
                    if isinstance(name, str) and 2 <= len(name.strip()) <= _NAME_LENGTH:
                        yield name.strip()

    @cached_property
    def _own_names(self) -> frozenset[str]:
        return frozenset(folded for name in self.names if (folded := _folded(name)))

    def _is_own_name(self, text: LocalizedText, english: str) -> bool:
        if _folded(english) not in self._own_names:
            return False
        portuguese = text.texts.get("pt_BR")
        return (portuguese is None or portuguese == english) and not self._is_common(english)

    def _is_kept(self, text: LocalizedText, english: str) -> bool:
        keeps = any(text.texts.get(locale) == english and locale in self._earnest for locale in ("zh_Hans", "ja_JP"))
        return keeps and is_latin(english) and _looks_like_name(english) and not self._is_common(english)

    @cached_property
    def _earnest(self) -> frozenset[str]:
        """The locales into which the plugin translates most of what it writes in them."""
        texts = [text for text in self.texts if text.english is not None and not text.is_model_label]
        earnest = set()
        for locale in ("zh_Hans", "ja_JP"):
            kept = [text.english for text in texts if text.texts.get(locale) == text.english]
            kept = [english for english in kept if not is_verbatim(english)]
            other = sum(locale in text.texts and text.texts[locale] != text.english for text in texts)
            if other and len(kept) <= (1 - _EARNEST) * (len(kept) + other):
                earnest.add(locale)
        return frozenset(earnest)

    @cached_property
    def _common_words(self) -> frozenset[str]:
        """The words that the plugin's English prose writes in lower case, which no name is."""
        return frozenset(
            word
            for text in self.texts
            if text.english and len(text.english.split(maxsplit=_PROSE_WORDS)) >= _PROSE_WORDS
            for word in _LOWER_WORD.findall(text.english)
        )

    def _is_common(self, english: str) -> bool:
        """Whether all words of a text are common ones."""
        words = [word.lower() for word in _SEPARATORS.split(english) if len(word) > 1]
        return bool(words) and all(word in self._common_words for word in words)


def _counts_as_copy(english: str, locale: str, *, is_known: bool) -> bool:
    """Whether an English text under a locale is a copy, rather than words that both languages have or keep.

    A text that is not English at all is not a copy: then the English is what is wrong.
    """
    words = english.split(maxsplit=_SHORT_WORDS)
    if len(words) <= _SHORT_WORDS and _is_technical(words):
        return False
    return is_latin(english) and (locale not in _LATIN or is_known or len(words) > 2)


def _is_technical(words: Sequence[str]) -> bool:
    """Whether a few words are a term that many keep in English: `API Key`, `Client ID`, `Access Token`."""
    plain = [word for word in words if not is_verbatim(word) and word.lower() not in _TECHNICAL]
    return len(plain) < len(words) and len(plain) <= 1


def _is_same(translation: str, english: str) -> bool:
    return translation.rstrip(".。").casefold() == english.strip().rstrip(".").casefold()


def _coverage(count: Counter[State]) -> LocaleCoverage:
    missing, copied, translated = count[State.MISSING], count[State.COPIED], count[State.TRANSLATED]
    return LocaleCoverage(translated, translated + missing + copied, missing, copied, count[State.EXEMPT])


@lru_cache(maxsize=16384)
def _known(english: str) -> Mapping[str, str] | None:
    """What the glossary has for a text, by locale; None when it does not know the text."""
    return glossary.load().translations(english) or None if len(english) < 1024 else None


def _folded(text: str) -> str:
    return _SEPARATORS.sub("", text).casefold()


def _is_option(text: LocalizedText) -> bool:
    """Whether the text is the label of an option."""
    return len(text.pointer) > 3 and text.pointer[-3] == "options"


def _spells_value(text: LocalizedText, english: str) -> bool:
    """Whether the text is the label of an option and says its value: a word in lower case, or the name of a model or
    voice. No other locale may have found a word for it."""
    if not _is_option(text):
        return False
    value = text.document.get(*text.pointer[:-1], "value")
    if not isinstance(value, str) or _folded(value) != _folded(english):
        return False
    if any(there != english for there in text.texts.values()):
        return False
    if english == value and english.islower() and len(english.split()) == 1:
        return True
    field = text.document.get(*text.pointer[:-3])
    name = (field.get("name") or field.get("variable")) if isinstance(field, dict) else None
    return isinstance(name, str) and _OPTIONS_ARE_NAMES.search(name[:100]) is not None


def _looks_like_name(text: str) -> bool:
    """One word, or a few that all begin with a capital; numbers and codes do not count."""
    words = list(words_to_translate(text))
    return len(words) == 1 or (len(words) <= _NAME_WORDS and all(word[0].isupper() for word in words))
