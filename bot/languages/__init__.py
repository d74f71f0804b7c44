"""Says messages in the languages that there are catalogues for.

The catalogues are `<language>/*.po` here, with English as their ids; `*.mo` beside them is what is read, once, where
the language is asked for. What a catalogue lacks is said in English.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

from bot.messages import BEGINNING, CLAUSE, Argument, Message

ENGLISH: Final = "en_US"
#: The languages of reports, by the names that Dify gives them, and what each calls itself.
LANGUAGES: Final = {ENGLISH: "English", "zh_Hans": "简体中文", "ja_JP": "日本語", "pt_BR": "Português do Brasil"}
FOLDER: Final = Path(__file__).parent
#: What reports say, and what only the pages of rules say.
DOMAINS: Final = ("messages", "rules")
_TAGS: Final = {ENGLISH: "en", "zh_Hans": "zh-Hans", "ja_JP": "ja", "pt_BR": "pt-BR"}
#: The marks between groups of three digits and before fractions, where they are not comma and point.
_MARKS: Final = {"pt_BR": str.maketrans(",.", ".,")}


class _Lacking(gettext.NullTranslations):
    """Tells what no catalogue has from what is the same in both languages, such as `{first}, {second}`."""

    def gettext(self, message: str) -> str:
        return ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return ""


@cache
def _catalogue(name: str) -> gettext.NullTranslations:
    """The catalogues of a language, one after the other; none is read for English."""
    catalogue = gettext.NullTranslations()
    for domain in DOMAINS if name != ENGLISH else ():
        with (FOLDER / name / f"{domain}.mo").open("rb") as file:
            catalogue.add_fallback(gettext.GNUTranslations(file))
    catalogue.add_fallback(_Lacking())
    return catalogue


class Language:
    """One language."""

    def __init__(self, name: str = ENGLISH) -> None:
        self.name = name
        self.is_english = name == ENGLISH
        self._catalogue = _catalogue(name)
        self._formatter = _Formatter(_MARKS.get(name, {}))

    @property
    def tag(self) -> str:
        """The language as HTML names it (BCP 47)."""
        return _TAGS[self.name]

    def say(self, text: str) -> str:
        """A message, or a text of ours without arguments, in this language; any other text as it is."""
        if self.is_english:
            return text
        try:
            return self._say(text)
        except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
            return str(text)  # What was stored was made up.

    def _say(self, text: str) -> str:
        return self._made(text) if isinstance(text, Message) else self.gettext(text)

    def _made(self, text: Message) -> str:
        arguments = text.arguments
        if isinstance(arguments, tuple):
            return self._joined(text.template, arguments)
        if text.plural:
            said = self._catalogue.ngettext(text.template, text.plural, text.number)
        else:
            said = self._catalogue.gettext(text.template) if text.template else ""
        if not said:
            return str(text)
        return self._filled(said, arguments) if arguments else said

    def has(self, text: str) -> bool:
        """Whether a template is translated."""
        return bool(self._catalogue.gettext(text))

    def gettext(self, text: str) -> str:
        """A template in this language."""
        return (self._catalogue.gettext(text) if text else "") or text

    def ngettext(self, one: str, many: str, number: int) -> str:
        """One of two templates, or of as many as the language has, for a number of things."""
        return self._catalogue.ngettext(one, many, number) or (one if number == 1 else many)

    def _joined(self, template: str, parts: tuple[Argument, ...]) -> str:
        first, *rest = map(self._argument, parts or ("",))
        text = str(first)
        if template == BEGINNING:
            return text[:1].upper() + text[1:]
        if template == CLAUSE:
            return text[:1].lower() + text[1:].rstrip(".。")
        pattern = self.gettext(template)
        for part in rest:
            text = self._formatter.vformat(pattern, (), {"first": text, "second": part})
        return text

    def _filled(self, template: str, arguments: Mapping[str, Argument]) -> str:
        said = {name: self._argument(value) for name, value in arguments.items()}
        return self._formatter.vformat(template, (), said)

    def _argument(self, value: Argument) -> Argument:
        return self._say(value) if isinstance(value, str) else value


class _Formatter(Formatter):
    """Fills templates by names alone, with numbers of ours (`{n:,}`, `{size:.1f}`) as the language writes them.

    `{value:g}` is a number of the plugin, and stays as it is written there.
    """

    def __init__(self, marks: Mapping[int, int]) -> None:
        self._marks = marks

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        text = str(value) if isinstance(value, str) else format(value, format_spec)
        return text.translate(self._marks) if format_spec[:1] in (",", ".") else text


_SPOKEN: ContextVar[Language | None] = ContextVar("spoken", default=None)


def spoken() -> Language:
    """The language in which what is being written is told."""
    return _SPOKEN.get() or Language()


def is_chosen() -> bool:
    """Whether somebody chose the language."""
    return _SPOKEN.get() is not None


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Tells everything that is written meanwhile in this language; "" where nobody chose one."""
    token = _SPOKEN.set(Language(name) if name else None)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def told(text: str) -> str:
    """`text` in the language of what is being written."""
    language = _SPOKEN.get()
    return language.say(text) if language is not None else text
