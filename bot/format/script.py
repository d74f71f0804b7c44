"""Which scripts a text is written in, and whether that is the script of its locale.

The script of a letter is the first word of its name in the Unicode Character Database: `LATIN`, `CJK`, `HIRAGANA`,
`HANGUL`, `CYRILLIC` and so on. Chinese and Japanese share most characters, which say nothing; they are told apart by
kana, and by characters that the national character sets of only one language have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Final

from bot.findings import quote
from bot.messages import say
from bot.patterns import regex

HAN: Final = "CJK"
KANA: Final = "KANA"
LATIN: Final = "LATIN"
#: Chinese characters of one language only.
SIMPLIFIED: Final = "SIMPLIFIED"
TRADITIONAL: Final = "TRADITIONAL"
JAPANESE: Final = "JAPANESE"

#: The scripts of living languages. Other first words are those of symbols: `MICRO SIGN`, `SCRIPT SMALL L`.
_ALPHABETS = {
    "ARABIC", "ARMENIAN", "BENGALI", "BOPOMOFO", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GREEK", "GUJARATI",
    "GURMUKHI", "HANGUL", "HEBREW", "KANNADA", "KHMER", "LAO", "LATIN", "MALAYALAM", "MONGOLIAN", "MYANMAR", "SINHALA",
    "TAMIL", "TELUGU", "THAANA", "THAI", "TIBETAN",
}  # fmt: skip
_EAST_ASIAN = {HAN, KANA, SIMPLIFIED, TRADITIONAL, JAPANESE}
#: Scripts whose letters stand for quantities, units and variables in every language.
_EVERYWHERE = {None, LATIN, "GREEK"}

#: The first character of the second level of JIS X 0208, as Shift JIS writes it.
_SECOND_LEVEL = b"\x98\x9f"

#: A text is Japanese when kana are this share of its Chinese and Japanese characters. Japanese prose has more than a
#: third, a Chinese text that names something Japanese less.
_KANA_SHARE = 0.25
#: A text is in another language when this share of its letters is of a script that the locale does not use.
_FOREIGN_SHARE = 0.5
#: So many English words in lower case are a sentence and no name.
_SENTENCE_WORDS = 4
#: A longer text is judged by its beginning (characters): the longest that any reader takes has 1,023.
_LONGEST = 4096

_LOWER_WORD = regex(r"(?<![\w./:@-])[a-z]+(?:'[a-z]+)?(?![\w./:@-])", re.ASCII)
_IN_BRACKETS = regex(r"[(（]\s*([^()（）\s]{2,20})\s*[)）]")
#: What is not prose in any language: code spans, quoted values, values for example and addresses.
_NOT_PROSE = regex(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|\b(?:e\.g\.|[Ss]uch as|[Ff]or example)[^()（）;；.。\n]*|https?://\S+")


@lru_cache(maxsize=32768)
def script_of(character: str) -> str | None:
    """The script of a letter, or which language a Chinese character belongs to; None for what all scripts share."""
    if not character.isalpha():
        return None
    words = unicodedata.name(character, "").replace("-", " ").split()
    if words[:1] in (["FULLWIDTH"], ["HALFWIDTH"]):
        words = words[1:]
    first = words[0] if words else ""
    if first in ("HIRAGANA", "KATAKANA"):
        return KANA
    if first == HAN:
        return _han(character)
    return first if first in _ALPHABETS else None


def _han(character: str) -> str:
    """GB 2312 holds the simplified characters in use, Big 5 the traditional ones, JIS X 0208 and 0213 the Japanese."""
    simplified, traditional = is_in(character, "gb2312"), is_in(character, "big5")
    if simplified and not is_in(character, "euc_jis_2004"):
        return SIMPLIFIED
    if not simplified and traditional:
        return TRADITIONAL
    if not simplified and is_in(character, "shift_jis"):
        return JAPANESE
    return HAN


def is_in(character: str, charset: str) -> bool:
    """Whether a character set, called as Python calls it, has a character."""
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def is_used_in_japanese(character: str) -> bool:
    """Whether the first level of JIS X 0208 has a character, or it is no Chinese one. Old forms are in the second."""
    if script_of(character) not in _EAST_ASIAN - {KANA}:
        return True
    return is_in(character, "shift_jis") and character.encode("shift_jis") < _SECOND_LEVEL


def is_latin(text: str) -> bool:
    """Whether a text has no letter of any script but Latin."""
    return text.isascii() or all(script_of(character) in _EVERYWHERE for character in set(text))


def wrong_script(text: str, locale: str, names: Iterable[str] = ()) -> str | None:
    """What is wrong with the script of a text of `locale`, as the end of a sentence; None where nothing is for sure.

    `names` are what may stand in any script: the plugin's own names.
    """
    if text.isascii() and locale in ("en_US", "pt_BR"):
        return None
    text = text[:_LONGEST]
    found = _wrong_script(text, locale)
    if found is None:
        return None
    without = text
    foreign = sorted((name for name in names if not name.isascii()), key=len, reverse=True)
    for name in foreign:
        without = without.replace(name, " ")
    if foreign:
        without = _IN_BRACKETS.sub(lambda each: _unless_begins(each, foreign), without)
    return found if without == text else _wrong_script(without, locale)


def _unless_begins(bracket: re.Match[str], names: Iterable[str]) -> str:
    """What stands in brackets, unless a name begins with it: `Doubao (豆包)` where the plugin is called 豆包生成器."""
    return " " if any(name.startswith(bracket[1]) for name in names) else bracket[0]


#: What tells Portuguese from the other languages in Latin script: nasal endings, and words that no other one has.
_PORTUGUESE: Final = regex(
    r"\b(?!são\b|joão\b)\w+(?:ão|ões)\b|\b(?:não|você|uma|dos|das|seu|sua|seus|suas|será)\b.*\b\w",
    re.IGNORECASE,
)


def is_portuguese(text: str) -> bool:
    """Whether a text has several words that only Portuguese has."""
    return len(_PORTUGUESE.findall(text)) >= _SEVERAL


#: So many words show a language in a text of some length.
_SEVERAL: Final = 5


@lru_cache(maxsize=8192)
def _wrong_script(text: str, locale: str) -> str | None:
    scripts = {script_of(character) for character in set(text)}
    if locale in ("en_US", "pt_BR"):
        foreign = scripts - _EVERYWHERE
        if not foreign:
            return None
        # What stands in quotes is a value for example, such as a city to ask for.
        text = _NOT_PROSE.sub(" ", text)
        shown = _shown(text, foreign)
        return say("holds {shown}, which is not Latin script", shown=shown) if shown != quote("") else None
    if not scripts & _EAST_ASIAN:
        return _other_language(text, scripts)
    return _not_chinese(text, scripts) if locale == "zh_Hans" else _not_japanese(text, scripts)


def chinese_or_japanese(text: str) -> str | None:
    """The locale, of those with Chinese characters, in whose language a text surely is."""
    scripts = [script_of(character) for character in text]
    kana, east_asian = scripts.count(KANA), sum(script in _EAST_ASIAN for script in scripts)
    if kana >= 2 and kana >= _KANA_SHARE * east_asian:
        return "ja_JP"
    return "zh_Hans" if SIMPLIFIED in scripts and not {KANA, JAPANESE, "HANGUL"} & set(scripts) else None


def _not_chinese(text: str, scripts: set[str | None]) -> str | None:
    if KANA in scripts and chinese_or_japanese(text) == "ja_JP":
        return say("is Japanese")
    if JAPANESE in scripts:
        return say("holds {shown}, which only Japanese uses", shown=_shown(text, {JAPANESE}))
    if TRADITIONAL in scripts:
        # One alone may be a rare character or a name.
        traditional = {character for character in text if script_of(character) == TRADITIONAL}
        if len(traditional) >= 2:
            return say("holds {shown}, which is traditional Chinese", shown=_shown(text, {TRADITIONAL}))
    return None


def _not_japanese(text: str, scripts: set[str | None]) -> str | None:
    if SIMPLIFIED not in scripts:
        return None
    shown = _shown(text, {SIMPLIFIED})
    return (
        say("holds {shown}, which only Chinese uses", shown=shown)
        if KANA in scripts
        else say("is Chinese: it holds {shown}", shown=shown)
    )


def _other_language(text: str, scripts: set[str | None]) -> str | None:
    foreign = scripts - _EVERYWHERE
    if foreign:
        letters = [script for character in text if (script := script_of(character)) is not None]
        strange = [script for script in letters if script in foreign]
        if len(strange) >= 2 and len(strange) >= _FOREIGN_SHARE * len(letters):
            return say("is in the script {script}", script=max(sorted(set(strange)), key=strange.count).capitalize())
        return None
    prose = _NOT_PROSE.sub(" ", text)
    if _PORTUGUESE.search(prose):
        return say("is Portuguese")
    words = _LOWER_WORD.findall(prose)
    return say("is in Latin script") if len(words) >= _SENTENCE_WORDS else None


def _shown(text: str, scripts: set[str | None]) -> str:
    """The first word of `text` in some scripts."""
    runs = groupby(text, lambda character: script_of(character) in scripts)
    return quote("".join(next((run for is_of, run in runs if is_of), ())), 12)
