"""Which locale a key of an `I18nObject` means.

A key that the format does not list is one of four things:

- a misspelling of a locale for certain (`meant_locale`): the same letters (`jaJP`), or a tag that BCP 47's likely
  subtags complete to the same language, script and region (`ja_Jp`, `zh_CN`, `pt`, `jpn`);
- a misspelling in all likelihood (`likely_locale`): no language tag at all, but with the language or the region of a
  locale in it (`ja_JA`, `zh_Hanz`, `jp`);
- a language tag that is meant as it stands (`is_language`): another language or script (`ko_KR`, `zh_Hant`), or a
  locale's language and script as another region writes them (`nearby_locale`: `pt_PT`, `en_GB`);
- no locale (`help`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from bot.format.models.i18n import LOCALES
from bot.patterns import regex

_TAG = regex(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8}){0,3}", re.IGNORECASE | re.ASCII)
_SEPARATORS = regex(r"[\W_]+")
#: A part of a misspelt tag: a language, script or region with a letter wrong, lacking or too many.
_PART = regex(r"[A-Za-z]{2,5}", re.ASCII)


class _Tag(Struct, frozen=True):
    """A language tag, completed by its likely subtags."""

    language: str
    script: str
    region: str
    #: Whether there is more to it, such as a dialect or a variant.
    has_more: bool


@lru_cache(maxsize=1024)
def meant_locale(key: str) -> str | None:
    """The locale of the format that `key` misspells for certain: `ja_JP` for `ja_Jp`, `zh_Hans` for `zh_CN`."""
    if key in LOCALES or len(key) > 20:
        return None
    letters = _SEPARATORS.sub("", key).casefold()
    same = next((locale for locale in LOCALES if locale.replace("_", "").casefold() == letters), None)
    if same is not None:
        return same
    tag = _tag(key)
    return next((locale for locale, known in _known() if known == tag), None) if tag is not None else None


@lru_cache(maxsize=1024)
def likely_locale(key: str) -> str | None:
    """The locale that `key`, which is not a language tag, was surely meant for: `ja_JP` for `ja_JA` and `jp`."""
    parts = re.split("[-_]", key) if len(key) <= 20 else []
    if not all(map(_PART.fullmatch, parts)) or not parts or len(parts[0]) != 2:
        return None  # Words such as `help` and `url` begin with no language and no region.
    if key in LOCALES or meant_locale(key) is not None or is_language(key):
        return None
    by_language = (locale for locale, tag in _known() if tag.language == parts[0].lower())
    return next(by_language, None) or locale_of_region(parts[0]) or locale_of_region(parts[-1])


@lru_cache(maxsize=1024)
def locale_of_region(code: str) -> str | None:
    """The locale of a region's language: `ja_JP` for `jp`."""
    return next((locale for locale, tag in _known() if tag.region == code.upper()), None)


@lru_cache(maxsize=1024)
def nearby_locale(key: str) -> str | None:
    """The locale in the same language and script as the tag `key` of another region: `pt_BR` for `pt_PT`."""
    tag = _tag(key) if key not in LOCALES else None
    if tag is None or tag.has_more or meant_locale(key) is not None:
        return None
    same = (locale for locale, known in _known() if (known.language, known.script) == (tag.language, tag.script))
    return next(same, None)


@lru_cache(maxsize=1024)
def is_language(key: str) -> bool:
    """Whether `key` has the form of a locale: a known language, alone or with a script or region."""
    return _tag(key) is not None


def _known() -> Iterator[tuple[str, _Tag]]:
    for locale in LOCALES:
        tag = _tag(locale)
        if tag is not None:
            yield locale, tag


@lru_cache(maxsize=1024)
def _tag(key: str) -> _Tag | None:
    found = _TAG.fullmatch(key)
    if found is None:
        return None
    import langcodes  # Imported late, as it takes long: few plugins hold keys of this form.

    written = key.replace("_", "-")
    try:
        if not langcodes.tag_is_valid(written):
            return None
        tag = langcodes.get(written)
        full = tag.maximize()
    except (ValueError, LookupError):
        return None
    if len(found[0]) == 3 and len(tag.language or "") != 2:
        return None  # Three letters are a language where two would do as well; others are words, as `url` and `tip`.
    if tag.extlangs:
        return None  # Those that exist were normalised to languages: `zh-yue` is `yue`, and `zh-CHS` is nothing.
    more = tag.variants or tag.extensions or tag.private
    return _Tag(full.language or "", full.script or "", full.territory or "", bool(more))
