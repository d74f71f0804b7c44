"""I18nObject: one text in the languages that Dify shows."""

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from bot.findings import By
from bot.format.models.base import Localized, Origin, Spec

#: The locales that daemon, SDK and console know, in the order in which the format lists them.
LOCALES = ("en_US", "zh_Hans", "pt_BR", "ja_JP")

#: The daemon wants less than 1024 characters; the packager checks it in the manifest only.
_Text = Annotated[str, StringConstraints(max_length=1023)]


class I18nObject(Spec):
    """

    A locale that is missing or null falls back to `en_US`; a key outside the four locales is dropped by all readers.
    """

    unknown_key_rule: ClassVar[str] = "locale/unknown-locale"

    en_US: Annotated[
        str,
        StringConstraints(min_length=1, max_length=1023),
        Origin("The English text, shown wherever there is no translation.", required_by=(By.SDK,)),
    ]
    zh_Hans: Annotated[_Text | None, Origin("The text in simplified Chinese.")] = None
    pt_BR: Annotated[_Text | None, Origin("The text in Brazilian Portuguese.")] = None
    ja_JP: Annotated[_Text | None, Origin("The text in Japanese.")] = None


#: A localized text as the fields of other models use it.
I18n = Annotated[I18nObject, Localized()]
