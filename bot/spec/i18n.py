"""I18nObject: one text in the languages that Dify shows."""

from __future__ import annotations

from typing import Annotated, ClassVar

from bot.findings import By
from bot.spec.base import Localized, Origin, Spec

#: The locales that daemon, SDK and console know, in the order in which the format lists them.
LOCALES = ("en_US", "zh_Hans", "pt_BR", "ja_JP")


class I18nObject(Spec):
    """D general-specifications.mdx:26; G basic_type.go:9; S entities/parameters.py:11.

    A locale that is missing or null falls back to `en_US`; a key outside the four locales is dropped by all readers.
    """

    unknown_key_rule: ClassVar[str] = "locale/unknown-locale"

    en_US: Annotated[
        str,
        Origin(
            "The English text, shown wherever there is no translation.",
            docs="general-specifications.mdx:26",
            daemon="basic_type.go:10",
            sdk="parameters.py:19",
            required_by=(By.SDK,),
        ),
    ]
    zh_Hans: Annotated[
        str | None,
        Origin(
            "The text in simplified Chinese.",
            docs="general-specifications.mdx:32",
            daemon="basic_type.go:12",
            sdk="parameters.py:20",
        ),
    ] = None
    pt_BR: Annotated[
        str | None,
        Origin(
            "The text in Brazilian Portuguese.",
            docs="general-specifications.mdx:36",
            daemon="basic_type.go:13",
            sdk="parameters.py:21",
        ),
    ] = None
    ja_JP: Annotated[
        str | None,
        Origin(
            "The text in Japanese.",
            docs="general-specifications.mdx:40",
            daemon="basic_type.go:11",
            sdk="parameters.py:22",
        ),
    ] = None


#: A localized text as the fields of other models use it.
I18n = Annotated[I18nObject, Localized()]
