"""Which locale a key of an `I18nObject` means."""

from __future__ import annotations

from functools import lru_cache

from bot.spec.i18n import LOCALES


@lru_cache(maxsize=1024)
def meant_locale(key: str) -> str | None:
    """The locale of the format that `key` misspells: `ja_JP` for `ja_Jp`, `zh_Hans` for `zh_CN`.

    Two tags mean the same locale when BCP 47's likely subtags complete them to the same language, script and region.
    None for an honest other language (`zh_Hant`, `ko_KR`) and for what is no language tag.
    """
    tag = _maximal(key)
    if tag is None:
        return None
    return next((locale for locale in LOCALES if locale != key and _maximal(locale) == tag), None)


@lru_cache(maxsize=1024)
def is_language(key: str) -> bool:
    """Whether `key` has the form of a locale: a known language, alone or with a script or region."""
    return _maximal(key) is not None


@lru_cache(maxsize=1024)
def _maximal(key: str) -> str | None:
    # Longer keys are no locale, and keys such as `help`, `text` and `url` are no languages of two or three letters.
    if not 2 <= len(key) <= 11 or not key.replace("-", "_").replace("_", "").isalnum() or not key.isascii():
        return None
    import langcodes  # Imported late: most plugins hold none of these keys.

    subtags = key.replace("_", "-").split("-")
    if len(subtags[0]) != 2 or not subtags[0].isalpha():
        return None
    tag = "-".join(subtags)
    try:
        if not langcodes.tag_is_valid(tag):
            return None
        return str(langcodes.get(tag).maximize())
    except (ValueError, LookupError):
        return None
