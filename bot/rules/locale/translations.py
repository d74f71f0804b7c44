"""Rules about translations: missing, copied, or different from their English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.document import Pointer
from bot.findings import Confidence, Severity, quote
from bot.format.script import is_latin
from bot.locale.localization import State
from bot.locale.markup import differences
from bot.locale.memory import is_usable, wordings
from bot.locale.texts import LANGUAGES, SOURCE, TARGETS, LocalizedText
from bot.messages import LAST_ITEM, and_more, joined, listed, say, say_plural
from bot.plugin import Plugin
from bot.plugin.translation_gaps import asked_locales
from bot.rules.locale.audience import ENGLISH_INSTEAD, SHOWN, locale_severity
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule

# --- completeness ---------------------------------------------------------------------------------------------


@rule(
    "locale/missing-translation",
    severity=Severity.NOTICE,
    summary="A text lacks a locale that the plugin translates into.",
    why="Dify shows the English text instead, in the middle of a form that is otherwise in the user's language. A "
    "locale that the configuration requires makes it a warning. What is the same in every language is not reported: "
    "labels of models; names of the plugin, its author and its providers, unless they are made of common words; code, "
    "addresses, numbers, abbreviations, and words with a digit, dot, underscore or capital inside; options that spell "
    "their value in lower case; terms that the glossary keeps; and names that the plugin's own Chinese or Japanese "
    "leaves in English.",
    fix="Add the translation. Where the same English text is translated elsewhere in the plugin, in another plugin of "
    "the review or in the glossary, that translation is offered with its source; where wordings differ, they are "
    "shown, and a person has to choose.",
    authorities=ENGLISH_INSTEAD,
    bad=Example("label:\n  en_US: Weather\n  zh_Hans: 天气\n  pt_BR: Clima\n"),
    good=Example("label:\n  en_US: Weather\n  zh_Hans: 天气\n  pt_BR: Clima\n  ja_JP: 天気\n"),
)
def missing_translation(plugin: Plugin) -> Iterator[Hit]:
    for locale in asked_locales(plugin):
        for text in plugin.localization.having(locale, State.MISSING):
            if locale in text.blank or text.is_misplaced(locale) or (locale == SOURCE and _is_refused(plugin, text)):
                continue
            english = text.english
            if locale == SOURCE:
                message = say("The text has no `en_US`. Users see nothing wherever there is no translation.")
            elif english is not None:
                message = say(
                    "{english} has no {language} translation (`{locale}`).",
                    english=quote(english),
                    language=LANGUAGES[locale],
                    locale=locale,
                )
            else:
                message = say(
                    "The text has no {language} translation (`{locale}`).", language=LANGUAGES[locale], locale=locale
                )
            yield at_parent(
                text.document,
                text.at(locale),
                message,
                severity=locale_severity(plugin, locale),
                subject=english or "",
                group=f"missing {locale}",
            )


def _is_refused(plugin: Plugin, text: LocalizedText) -> bool:
    """Whether somebody refuses the document because the text has no English, which is reported as such."""
    return any(
        violation.pointer == text.at(SOURCE) and linked.document is text.document
        for linked, violation in plugin.violations.get("schema/missing-key", ())
    )


@rule(
    "locale/untranslated-locale",
    severity=Severity.NOTICE,
    summary="The plugin has no translation into one of Dify's languages.",
    why="Dify's console is shown in English, Chinese, Japanese and Portuguese. A plugin that has fewer than a tenth of "
    "its texts in a locale counts as one that never began with it, and is told so once rather than text by text.",
    fix="Translate the texts, or take the locale out of the wanted ones in the configuration.",
    authorities=ENGLISH_INSTEAD,
    bad=Example("type: plugin\nname: acme\ndescription:\n  en_US: Weather forecast\n", base="", whole=True),
    good=Example(
        "type: plugin\nname: acme\ndescription:\n  en_US: Weather forecast\n  zh_Hans: 天气预报\n"
        "  pt_BR: Previsão do tempo\n  ja_JP: 天気予報\n",
        base="",
        whole=True,
    ),
)
def untranslated_locale(plugin: Plugin) -> Iterator[Hit]:
    asked = asked_locales(plugin)
    for locale, coverage in plugin.coverage.items():
        if locale in asked or not coverage.missing:
            continue
        there = coverage.total - coverage.missing
        language = say("{language} (`{locale}`)", language=LANGUAGES[locale], locale=locale)
        if there:
            message = say_plural(
                "{n:,} of {total:,} texts is in {language}. Users of that language see the others in English.",
                "{n:,} of {total:,} texts are in {language}. Users of that language see the others in English.",
                there,
                total=coverage.total,
                language=language,
            )
        elif coverage.total == 1:
            message = say("The one text of the plugin is not in {language}. Users see English.", language=language)
        else:
            message = say(
                "None of the {total:,} texts is in {language}. Users see English.",
                total=coverage.total,
                language=language,
            )
        yield at_key(plugin.manifest, _label(plugin), message, subject=locale)


def _label(plugin: Plugin) -> Pointer:
    """Where findings about the plugin as a whole stand."""
    return ("labels",) if plugin.is_bundle else ("label",)


@rule(
    "locale/copied-text",
    severity=Severity.NOTICE,
    summary="Translations repeat the English text.",
    why="A copy hides that a translation is missing: the locale looks complete, and users see English. Names, code, "
    "addresses and short technical terms (`API Key`) do not count, nor do one or two words in Portuguese, which may be "
    "the same there.",
    fix="Translate the texts, or remove the copies: Dify shows the English by itself.",
    authorities=ENGLISH_INSTEAD,
    confidence=Confidence.LIKELY,
    bad=Example("description:\n  en_US: Current weather of any place.\n  zh_Hans: Current weather of any place.\n"),
    good=Example("description:\n  en_US: Current weather of any place.\n  zh_Hans: 任意地点的实时天气。\n"),
)
def copied_text(plugin: Plugin) -> Iterator[Hit]:
    for locale, coverage in plugin.coverage.items():
        copied = list(plugin.localization.having(locale, State.COPIED))
        if not copied:
            continue
        places = joined("{first}; {second}", [_told_place(text, locale) for text in copied[:3]])
        message = say_plural(
            "{n:,} of {total:,} texts under `{locale}` repeats the English: {places}.",
            "{n:,} of {total:,} texts under `{locale}` repeat the English: {places}.",
            len(copied),
            total=coverage.total,
            locale=locale,
            places=and_more(places, len(copied) - 3),
        )
        yield at_key(plugin.manifest, _label(plugin), message, subject=locale)


def _told_place(text: LocalizedText, locale: str) -> str:
    line = text.document.span(text.at(locale)).line
    return say(
        "{text} ({path}, line {line})", text=quote(text.texts[locale], 40), path=quote(text.document.path), line=line
    )


@rule(
    "locale/placeholder-mismatch",
    severity=Severity.NOTICE,
    summary="A translation does not keep the placeholders, links or line breaks of the English.",
    why="What programs put in, what users click and how a list is laid out must be the same in every language. A "
    "placeholder or link that is missing is usually a translation of an older text, or one that a tool has broken.",
    fix="Put in what is missing, as the English has it.",
    authorities=SHOWN,
    confidence=Confidence.LIKELY,
    bad=Example("description:\n  en_US: Weather of {city}.\n  zh_Hans: 城市的天气。\n"),
    good=Example("description:\n  en_US: Weather of {city}.\n  zh_Hans: '{city} 的天气。'\n"),
)
def placeholder_mismatch(plugin: Plugin) -> Iterator[Hit]:
    for text in plugin.localization.texts:
        english = text.english
        if english is None:
            continue
        for locale, value in text.texts.items():
            clauses = differences(english, value) if value != english else []
            if clauses:
                message = say(
                    "The {languages} text {clauses}.", languages=LANGUAGES[locale], clauses=joined(LAST_ITEM, clauses)
                )
                yield at_value(text.document, text.at(locale), message, subject=" ".join(clauses))


@rule(
    "locale/inconsistent-translation",
    severity=Severity.NOTICE,
    summary="One English text is translated in several ways.",
    why="The same label under different names makes users look for a difference that is not there. Where there is one, "
    "the English should say so too.",
    fix="Choose one wording. Blanks, case and the final period make no difference here.",
    authorities=SHOWN,
    confidence=Confidence.LIKELY,
    bad=Example(
        "description:\n  human:\n    en_US: Current weather\n    zh_Hans: 实时天气\n  llm: The weather of a city.\n",
        path="tools/current_weather.yaml",
    ),
    good=Example(
        "description:\n  human:\n    en_US: Current weather\n    zh_Hans: 当前天气\n  llm: The weather of a city.\n",
        path="tools/current_weather.yaml",
    ),
)
def inconsistent_translation(plugin: Plugin) -> Iterator[Hit]:
    for locale in TARGETS:
        places: dict[str, list[LocalizedText]] = {}
        for text in plugin.localization.having(locale, State.TRANSLATED):
            if text.english is not None and locale in text.texts:
                places.setdefault(text.english, []).append(text)
        for english, texts in places.items():
            if len({text.texts[locale] for text in texts}) > 1 and is_latin(english):
                yield from _inconsistent(english, texts, locale)


def _inconsistent(english: str, texts: Sequence[LocalizedText], locale: str) -> Iterator[Hit]:
    found = wordings(text.texts[locale] for text in texts if is_usable(english, text.texts[locale], locale))
    if len(found) < 2:
        return
    rarest = min(found, key=lambda value: (found[value], value))
    place = next(text for text in texts if text.texts[locale].strip() == rarest)
    shown = listed(f"{quote(value, 40)} ({count})" for value, count in found.most_common(4))
    message = say(
        "{english} is translated in {count} ways under `{locale}`: {shown}.",
        english=quote(english, 60),
        count=len(found),
        locale=locale,
        shown=shown,
    )
    yield at_value(place.document, place.at(locale), message, subject=english[:200], group=f"inconsistent {locale}")
