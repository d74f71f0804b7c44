"""Rules about the keys of localized texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bot.findings import Authority, By, Severity, quote, quote_list
from bot.format.models.i18n import LOCALES
from bot.messages import say, say_plural
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, rule, violations

_DROPPED = (
    Authority(By.INSTALLER, "The text is dropped.", "basic_type.go:9"),
    Authority(By.SDK, "The text is dropped.", "entities/parameters.py:11"),
)


@rule(
    "locale/misspelt-key",
    severity=Severity.WARNING,
    summary="A translation stands under a misspelt locale and is never shown.",
    why="Dify reads `en_US`, `zh_Hans`, `pt_BR` and `ja_JP`, in just this spelling. A text under `ja_Jp` or `zh_CN` is "
    "dropped without a message, and users see English instead. The SDK's releases from 0.9 on also take the names of "
    "their fields (`ja_jp`): such a text is there in remote debugging and gone once the plugin is installed.",
    fix="Rename the key. Where the right key is there and holds nothing, move the text to it.",
    authorities=_DROPPED,
    bad=Example("label:\n  en_US: Weather\n  ja_Jp: 天気\n"),
    good=Example("label:\n  en_US: Weather\n  ja_JP: 天気\n"),
)
def misspelt_key(plugin: Plugin) -> Iterator[Hit]:
    for hit in violations(plugin, "locale/misspelt-key"):
        yield replace(hit, group=f"misspelt {hit.subject}")


@rule(
    "locale/unknown-locale",
    severity=Severity.NOTICE,
    summary="A translation into a language that Dify does not show.",
    why="Dify reads four locales. Texts in others do no harm and are never shown. What is written for another region "
    "in the language of one of the four (`pt_PT`, `en_GB`) would do for its readers, too: without a text of their own "
    "they see English, or nothing at all.",
    fix="Nothing has to be done. Keep the text for a later Dify, or remove it. Where there is no text for the locale "
    "of the same language, this one may serve.",
    authorities=_DROPPED,
    bad=Example("label:\n  en_US: Weather\n  ko_KR: 날씨\n"),
    good=Example("label:\n  en_US: Weather\n  zh_Hans: 天气\n"),
)
def unknown_locale(plugin: Plugin) -> Iterator[Hit]:
    notices: dict[str, list[Hit]] = {}
    for hit in violations(plugin, "locale/unknown-locale"):
        if hit.severity is Severity.NOTICE:
            notices.setdefault(hit.subject, []).append(hit)
        else:
            yield hit  # Somebody refuses the document because the right locale is missing.
    for locale, hits in notices.items():
        yield _of_locale(locale, hits)


def _of_locale(locale: str, hits: Sequence[Hit]) -> Hit:
    """One hit for all texts of a plugin in a locale, at the first of them."""
    first, files = hits[0], len({hit.path for hit in hits})
    if len(hits) == 1:
        return first
    where = say_plural("in one file", "in {n:,} files", files)
    edits = tuple(edit for hit in hits if hit.fix is not None for edit in hit.fix.edits)
    fix = next((hit.fix for hit in hits if hit.fix is not None), None)
    return replace(
        first,
        message=say(
            "{count:,} texts under {locale}, {where}, are never shown: {known}",
            count=len(hits),
            locale=quote(locale),
            where=where,
            known=_KNOWN,
        ),
        # So that the finding stays the same when other texts come or go.
        anchor="",
        fix=replace(fix, edits=edits) if fix is not None else None,
    )


_KNOWN = say("Dify knows {locales} only.", locales=quote_list(LOCALES))
