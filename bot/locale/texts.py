"""The localized texts of documents, wherever a spec model says that a field is shown in the user's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from bot.document import Document, Pointer
from bot.format.judge.fields import find, matches
from bot.format.kinds import MODELS
from bot.format.locales import likely_locale, meant_locale, nearby_locale
from bot.format.models.base import Localized
from bot.format.models.i18n import LOCALES
from bot.format.traits import DocumentKind
from bot.messages import say

#: The locale that every other one is translated from.
SOURCE = LOCALES[0]
TARGETS = LOCALES[1:]

#: The locales' languages as messages name them.
LANGUAGES: Mapping[str, str] = {
    "en_US": say("English"),
    "zh_Hans": say("simplified Chinese"),
    "pt_BR": say("Brazilian Portuguese"),
    "ja_JP": say("Japanese"),
}


_OF_MODELS = (DocumentKind.MODEL_PROVIDER, DocumentKind.MODEL)
_MODEL_LOCALES = ("en_US", "zh_Hans")


class LocalizedText(Struct, frozen=True):
    """One text of a document in the locales of the format.

    `pointer` leads to the mapping of locales; `values` is that mapping as the SDK reads it, with all that it holds.
    """

    document: Document
    kind: DocumentKind
    pointer: Pointer
    values: Mapping[Any, Any]
    #: What users of each locale read. Keys that hold nothing, only blanks, or something other than text are left out.
    texts: Mapping[str, str]
    #: The locales whose keys hold nothing or only blanks.
    blank: tuple[str, ...]
    english: str | None

    def lacks(self, locale: str) -> bool:
        """Whether there is no key for the locale, or nothing in it."""
        return locale not in self.values or locale in self.blank

    def is_misspelt(self, locale: str) -> bool:
        """Whether the translation stands under a key that nobody reads, but that means the locale."""
        return len(self.values) > len(self.texts) and any(
            isinstance(key, str) and key not in LOCALES and locale in (meant_locale(key), likely_locale(key))
            for key in self.values
        )

    def is_misplaced(self, locale: str) -> bool:
        """Whether the translation stands nearby where nobody reads it: misspelt, under the same language of another
        region, or indented too little or too far."""
        outer = self.document.get(*self.pointer[:-1])
        return (
            self.is_misspelt(locale)
            or (isinstance(outer, dict) and locale in outer)
            or any(
                (isinstance(value, dict) and locale in value) or (isinstance(key, str) and nearby_locale(key) == locale)
                for key, value in self.values.items()
            )
        )

    def is_shown_in(self, locale: str) -> bool:
        """Whether users of a locale ever see a text of this kind of document in their language.

        The platform knows two languages of what a model provider declares (A model entities, I18nObject).
        """
        return self.kind not in _OF_MODELS or locale in _MODEL_LOCALES

    @property
    def is_model_label(self) -> bool:
        """Whether the text is the name under which a model is offered."""
        return self.kind is DocumentKind.MODEL and self.pointer == ("label",)

    def at(self, locale: str) -> Pointer:
        return (*self.pointer, locale)


def collect(documents: Iterable[tuple[Document, DocumentKind]]) -> Iterator[LocalizedText]:
    """Every localized text of the documents.

    Icons by locale are files, not texts. A value that should be a localized text but is not a mapping is left to the
    rules about schemas. A mapping that several places share through an alias counts once.
    """
    for document, kind in documents:
        model = MODELS.get(kind)
        if model is None or document.data is None:
            continue
        seen: set[int] = set()
        for pattern, _, _ in find(model, Localized):
            for pointer, value in matches(document.data, pattern):
                if isinstance(value, dict) and id(value) not in seen:
                    seen.add(id(value))
                    texts, blank = _sorted(value)
                    yield LocalizedText(document, kind, pointer, value, texts, blank, texts.get(SOURCE))


def _sorted(values: Mapping[Any, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    texts = {}
    blank: tuple[str, ...] = ()
    for locale in LOCALES:
        if locale in values:
            value = values[locale]
            if value is None or (isinstance(value, str) and (not value or value.isspace())):
                blank = (*blank, locale)
            elif isinstance(value, str):
                texts[locale] = value
    return texts, blank
