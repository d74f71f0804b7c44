"""Texts that stand for themselves in every language, by their form alone.

A text needs no translation when nothing is left of it but

- code: code spans, placeholders such as `{name}`, `{{name}}`, `${name}` and `<name>`, JSON, and single words that hold
  a digit, `_`, `@`, `=`, `$`, `*` or another character of code (`gpt-4o`, `max_tokens`, `claude-3-haiku-20240307`);
- addresses: URLs, e-mail addresses, MIME types, names of hosts and files (`api.example.com`, `icon_s_en.svg`), and
  anything else with a dot inside a word (`Node.js`);
- names by their spelling: a capital inside a word (`OpenAI`, `iPhone`), and abbreviations of at most five capitals
  (`PDF`, `URLs`);
- language tags (`zh-Hans`), numbers, single letters, marks and symbols.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

from bot.patterns import regex

#: No longer text (characters) is code or a name alone; URLs in plugins have at most 300.
_LONGEST = 400

_CODE = regex(
    r"`[^`]*`"
    r"|[a-zA-Z][a-zA-Z0-9+.-]{0,15}://\S+"
    r"|\{\{[^{}]*\}\}|\$?\{[^{}\s]*\}|<[^<>\s]+>"
    r"|\b(?:application|audio|image|text|video|multipart)/[\w.+-]+"
)
_WORD = regex(r"[^\s()（）\[\]\"'“”‘’,，、;；:：/|&+!！?？…–—→]+")
_CODE_CHARACTER = regex(r"[0-9_@\\$%=<>{}*^~#]")
_ABBREVIATION = regex(r"[A-Z]{2,5}s?")
_INNER_CAPITAL = regex(r"[a-z][A-Z]")
_INNER_DOT = regex(r"\w\.\w")
_MASK = regex(r"(?i)x{3,}")
_LANGUAGE_TAG = regex(r"[a-z]{2}-(?:[A-Z]{2}|[A-Z][a-z]{3})")
#: Abbreviations of words, which other languages write in another way.
_WORDS = {"e.g", "i.e", "a.m", "p.m"}


@lru_cache(maxsize=16384)
def is_verbatim(text: str) -> bool:
    """Whether the form of `text` says that it is the same in every language."""
    return len(text) <= _LONGEST and next(words_to_translate(text), None) is None


def words_to_translate(text: str) -> Iterator[str]:
    """The words of a text that are neither code nor addresses nor names by their spelling."""
    text = text.strip()
    if text[:1] in ("{", "[") and _is_json(text):
        return
    for found in _WORD.finditer(_CODE.sub(" ", text)):
        if not _is_name(found[0]):
            yield found[0]


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _is_name(word: str) -> bool:
    word = word.strip(".-。")
    if word.isascii() and word.isalpha() and word[1:].islower():
        return len(word) < 2
    if sum(map(str.isalpha, word)) < 2:
        return word.isascii() or not any(character.isalpha() for character in word)
    if not word.isascii() or word.lower() in _WORDS:
        return False
    return bool(
        _CODE_CHARACTER.search(word)
        or _ABBREVIATION.fullmatch(word)
        or _INNER_CAPITAL.search(word)
        or _INNER_DOT.search(word)
        or _MASK.search(word)
        or _LANGUAGE_TAG.fullmatch(word)
    )
