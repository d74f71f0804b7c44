"""Rules about localized texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.document import Pointer
from bot.findings import Authority, By, Confidence, Severity, quote
from bot.locale import readme
from bot.locale.localization import State
from bot.locale.markup import differences, hidden_characters
from bot.locale.memory import is_usable, wordings
from bot.locale.offers import asked_locales
from bot.locale.script import is_latin, wrong_script
from bot.locale.texts import LANGUAGES, SOURCE, TARGETS, LocalizedText
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule, violations
from bot.source import Unreadable
from bot.spec.base import DocumentKind
from bot.spec.locales import is_language

_DROPPED = (
    Authority(By.INSTALLER, "The text is dropped.", "basic_type.go:9"),
    Authority(By.SDK, "The text is dropped.", "entities/parameters.py:11"),
)
_ENGLISH_INSTEAD = (
    Authority(By.SDK, "The English text is sent instead.", "entities/parameters.py:26"),
    Authority(By.CONSOLE, "Users see English among texts in their language.", "entities/parameters.py:26"),
)
_SHOWN = (Authority(By.CONSOLE, "Users see the text as it is.", "basic_type.go:9"),)


@rule(
    "locale/misspelt-key",
    severity=Severity.WARNING,
    summary="A translation stands under a misspelt locale and is never shown.",
    why="Dify reads `en_US`, `zh_Hans`, `pt_BR` and `ja_JP`, in just this spelling. A text under `ja_Jp` or `zh_CN` is "
    "dropped without a word, and users see English instead. The SDK's releases from 0.9 on also take the names of "
    "their fields (`ja_jp`): such a text is there in remote debugging and gone once the plugin is installed.",
    fix="Rename the key. Where the right key is there and holds nothing, move the text to it.",
    authorities=_DROPPED,
    bad=Example("label:\n  en_US: Weather\n  ja_Jp: 天気\n"),
    good=Example("label:\n  en_US: Weather\n  ja_JP: 天気\n"),
)
def misspelt_key(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "locale/misspelt-key")


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
    for hit in violations(plugin, "locale/unknown-locale"):
        yield replace(hit, group=f"unknown {hit.subject}")


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
    authorities=_ENGLISH_INSTEAD,
    bad=Example("label:\n  en_US: Weather\n  zh_Hans: 天气\n  pt_BR: Clima\n"),
    good=Example("label:\n  en_US: Weather\n  zh_Hans: 天气\n  pt_BR: Clima\n  ja_JP: 天気\n"),
)
def missing_translation(plugin: Plugin) -> Iterator[Hit]:
    for locale in asked_locales(plugin):
        for text in plugin.localization.having(locale, State.MISSING):
            if locale in text.blank or text.is_misplaced(locale) or (locale == SOURCE and _is_refused(plugin, text)):
                continue
            english = text.english
            of = f"{quote(english)} has no" if english is not None else "The text has no"
            message = (
                f"{of} {LANGUAGES[locale]} translation (`{locale}`)."
                if locale != SOURCE
                else ("The text has no `en_US`. Users see nothing wherever there is no translation.")
            )
            yield at_parent(
                text.document,
                text.at(locale),
                message,
                severity=_severity(plugin, locale),
                subject=english or "",
                group=f"missing {locale}",
            )


def _severity(plugin: Plugin, locale: str) -> Severity:
    return Severity.WARNING if locale in plugin.options.required_locales else Severity.NOTICE


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
    authorities=_ENGLISH_INSTEAD,
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
        language = f"{LANGUAGES[locale]} (`{locale}`)"
        if there:
            message = f"{there:,} of {coverage.total:,} texts {'is' if there == 1 else 'are'} in {language}. "
            message += "Users of that language see the others in English."
        else:
            message = f"None of the {coverage.total:,} texts is in {language}. Users see English."
        yield at_key(plugin.manifest, _label(plugin), message, subject=locale)


def _label(plugin: Plugin) -> Pointer:
    """Where findings about the plugin as a whole stand."""
    return ("labels",) if plugin.is_bundle else ("label",)


@rule(
    "locale/empty-text",
    severity=Severity.NOTICE,
    summary="A locale is there, but holds nothing or only blanks.",
    why="An empty translation falls back to English, as if it were missing. An empty English text shows users nothing.",
    fix="Write the text, or remove the key.",
    authorities=_ENGLISH_INSTEAD,
    bad=Example("label:\n  en_US: Weather\n  zh_Hans: ''\n"),
    good=Example("label:\n  en_US: Weather\n  zh_Hans: 天气\n"),
)
def empty_text(plugin: Plugin) -> Iterator[Hit]:
    for index, text in enumerate(plugin.localization.texts):
        for locale in text.blank:
            states = plugin.localization.states.get(locale)
            if (states is not None and states[index] is State.EXEMPT) or text.is_misspelt(locale):
                continue
            value = text.values[locale]
            if locale == SOURCE and (value is None or (value == "" and _is_top_of_manifest(text))):
                continue  # Refused, and reported as such.
            english = text.english
            message = (
                "The English text is empty: users see nothing."
                if locale == SOURCE
                else f"The {LANGUAGES[locale]} text (`{locale}`) is empty: users see the English."
            )
            yield at_value(
                text.document,
                text.at(locale),
                message,
                severity=Severity.WARNING if locale == SOURCE else _severity(plugin, locale),
                subject=english or "",
                group=f"empty {locale}",
            )


def _is_top_of_manifest(text: LocalizedText) -> bool:
    """Whether the packager checks the length of the text (rule manifest/text-length)."""
    return text.kind is DocumentKind.MANIFEST and len(text.pointer) == 1


@rule(
    "locale/copied-text",
    severity=Severity.NOTICE,
    summary="Translations repeat the English text.",
    why="A copy hides that a translation is missing: the locale looks complete, and users see English. Names, code, "
    "addresses and short technical terms (`API Key`) do not count, nor do one or two words in Portuguese, which may be "
    "the same there.",
    fix="Translate the texts, or remove the copies: Dify shows the English by itself.",
    authorities=_ENGLISH_INSTEAD,
    confidence=Confidence.LIKELY,
    bad=Example("description:\n  en_US: Current weather of any place.\n  zh_Hans: Current weather of any place.\n"),
    good=Example("description:\n  en_US: Current weather of any place.\n  zh_Hans: 任意地点的实时天气。\n"),
)
def copied_text(plugin: Plugin) -> Iterator[Hit]:
    for locale, coverage in plugin.coverage.items():
        copied = list(plugin.localization.having(locale, State.COPIED))
        if not copied:
            continue
        places = [_told_place(text, locale) for text in copied[:3]]
        verb = "repeats" if len(copied) == 1 else "repeat"
        message = (
            f"{len(copied):,} of {coverage.total:,} texts under `{locale}` {verb} the English: {'; '.join(places)}"
            + (f" and {len(copied) - 3:,} more." if len(copied) > 3 else ".")
        )
        yield at_key(plugin.manifest, _label(plugin), message, subject=locale)


def _told_place(text: LocalizedText, locale: str) -> str:
    line = text.document.span(text.at(locale)).line
    return f"{quote(text.texts[locale], 40)} ({quote(text.document.path)}, line {line})"


# --- wrong text -----------------------------------------------------------------------------------------------


@rule(
    "locale/wrong-script",
    severity=Severity.WARNING,
    summary="A text is not in the script of its locale.",
    why="`en_US` is what every user without a translation sees, and the marketplace wants it in English; Chinese under "
    "`ja_JP` and Japanese under `zh_Hans` are shown to readers of the other language. The plugin's own names, labels "
    "of models, names of languages, and values quoted for example may be in any script.",
    fix="Write the text in the language of its locale, or move it to the right one.",
    authorities=(
        Authority(By.CONSOLE, "Users see a text that they cannot read.", "basic_type.go:9"),
        Authority(By.DOCS, "The English text is the one for everybody.", "general-specifications.mdx:30"),
    ),
    confidence=Confidence.LIKELY,
    bad=Example("description:\n  en_US: 任意地点的实时天气。\n"),
    good=Example("description:\n  en_US: Current weather of any place.\n  zh_Hans: 任意地点的实时天气。\n"),
)
def wrong_script_text(plugin: Plugin) -> Iterator[Hit]:
    names = plugin.localization.names
    for text in plugin.localization.texts:
        if text.is_model_label:
            continue
        for locale, value in text.texts.items():
            if locale in ("zh_Hans", "ja_JP") and value == text.english:
                continue
            wrong = wrong_script(value, locale, names)
            if wrong is not None and not _names_language(text):
                message = f"The {LANGUAGES[locale]} text {quote(value, 60)} {wrong}."
                yield at_value(text.document, text.at(locale), message, subject=value[:200], group=f"script {locale}")
    if not plugin.is_bundle:
        for locale, path in readme.translations(_paths(plugin)).items():
            if readme.is_wrong_language(_read(plugin, path), locale):
                message = f"{quote(path)} is not in {LANGUAGES[locale]}."
                yield Hit(message, path, subject=locale)


def _names_language(text: LocalizedText) -> bool:
    """Whether the text is the label of an option that stands for a language, and so may be in that language."""
    value = text.document.get(*text.pointer[:-1], "value") if text.pointer[-1:] == ("label",) else None
    return isinstance(value, str) and is_language(value)


def _paths(plugin: Plugin) -> Iterable[str]:
    return plugin.files_by_lower.values()


def _read(plugin: Plugin, path: str) -> str:
    try:
        return plugin.tree.read(path).decode("utf-8", "replace")
    except Unreadable:
        return ""


@rule(
    "locale/hidden-character",
    severity=Severity.WARNING,
    summary="A text holds characters that nobody sees.",
    why="Control characters, zero-width spaces and marks that turn the direction of writing make a text look other "
    "than it is, or break searching and copying it. Most come along when a text is pasted.",
    fix="Type the text anew.",
    authorities=_SHOWN,
    bad=Example('label:\n  en_US: "Weather\\u202e"\n'),
    good=Example("label:\n  en_US: Weather\n"),
)
def hidden_character(plugin: Plugin) -> Iterator[Hit]:
    for text in plugin.localization.texts:
        for locale, value in text.texts.items():
            hidden = [] if value.isprintable() else hidden_characters(value)
            if hidden:
                codes = ", ".join(f"U+{ord(character):04X}" for character in hidden[:5])
                message = f"The {LANGUAGES[locale]} text holds {codes}, which nobody sees."
                yield at_value(text.document, text.at(locale), message, subject=codes)


@rule(
    "locale/too-long",
    severity=Severity.WARNING,
    summary="A text is longer than 1023 characters.",
    why="The daemon wants less than 1024 characters in every locale. It checks that in the manifest when the plugin is "
    "packaged (rule manifest/text-length), and in all other documents when the plugin is debugged remotely.",
    fix="Shorten the text. Details belong in the README.",
    authorities=(Authority(By.DEBUGGING, "Remote debugging refuses the plugin.", "basic_type.go:10"),),
    bad=Example(
        "identity:\n  author: acme\n  name: current_weather\n  label:\n    en_US: " + "Weather " * 140 + "\n",
        path="tools/current_weather.yaml",
    ),
    good=Example(
        "identity:\n  author: acme\n  name: current_weather\n  label:\n    en_US: Weather\n",
        path="tools/current_weather.yaml",
    ),
)
def too_long(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "locale/too-long")


@rule(
    "locale/placeholder-mismatch",
    severity=Severity.NOTICE,
    summary="A translation does not keep the placeholders, links or line breaks of the English.",
    why="What programs put in, what users click and how a list is laid out must be the same in every language. A "
    "placeholder or link that is missing is usually a translation of an older text, or one that a tool has broken.",
    fix="Put in what is missing, as the English has it.",
    authorities=_SHOWN,
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
                message = f"The {LANGUAGES[locale]} text {' and '.join(clauses)}."
                yield at_value(text.document, text.at(locale), message, subject=" ".join(clauses))


@rule(
    "locale/inconsistent-translation",
    severity=Severity.NOTICE,
    summary="One English text is translated in several ways.",
    why="The same label under different names makes users look for a difference that is none. Where there is one, the "
    "English should say so too.",
    fix="Choose one wording. Blanks, case and the final period make no difference here.",
    authorities=_SHOWN,
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
    shown = ", ".join(f"{quote(value, 40)} ({count})" for value, count in found.most_common(4))
    message = f"{quote(english, 60)} is translated in {len(found)} ways under `{locale}`: {shown}."
    yield at_value(place.document, place.at(locale), message, subject=english[:200], group=f"inconsistent {locale}")


# --- translated documents -------------------------------------------------------------------------------------


@rule(
    "locale/lost-readme",
    severity=Severity.WARNING,
    summary="A translated README has a name or place where nobody looks.",
    why="Dify reads the English README from `README.md` and every other from `readme/README_<locale>.md`, with just "
    "the locales `zh_Hans`, `ja_JP` and `pt_BR`. Other names are ignored without a word.",
    fix="Rename the file.",
    authorities=(Authority(By.INSTALLER, "The README is not found.", "decoder/helper.go:522"),),
    bad=Example("", files={"README_CN.md": "# 天气\n\n显示任意城市的当前天气。\n"}),
    good=Example("", files={"readme/README_zh_Hans.md": "# 天气\n\n显示任意城市的当前天气。\n"}),
)
def lost_readme(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    for found in readme.lost(_paths(plugin)):
        right = readme.PATH.format(found.locale)
        if plugin.has_file(right):
            continue
        message = (
            f"Nobody reads {quote(found.path)}: the {LANGUAGES[found.locale]} README has its place at {quote(right)}."
        )
        yield Hit(message, found.path, subject=found.locale)


@rule(
    "locale/missing-readme",
    severity=Severity.NOTICE,
    summary="The README is translated, but not into a language that the plugin speaks.",
    why="A user who reads the plugin in one language finds its README in another.",
    fix="Add `readme/README_<locale>.md`.",
    authorities=(
        Authority(By.DOCS, "Users see the English README.", "multilingual-readme.mdx:15"),
        Authority(By.INSTALLER, "The README of the locale is not found.", "decoder/helper.go:522"),
    ),
    bad=Example("", files={"readme/README_zh_Hans.md": "# 天气\n\n显示任意城市的当前天气。\n"}),
    good=Example(
        "",
        files={
            "readme/README_zh_Hans.md": "# 天气\n",
            "readme/README_ja_JP.md": "# 天気\n",
            "readme/README_pt_BR.md": "# Clima\n",
        },
    ),
)
def missing_readme(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.has_file("README.md"):
        return
    paths = tuple(_paths(plugin))
    there = readme.translations(paths)
    lost = {found.locale for found in readme.lost(paths)}
    for locale in asked_locales(plugin):
        required = locale in plugin.options.required_locales
        if locale == SOURCE or locale in there or locale in lost or not (there or required):
            continue
        wanted = quote(readme.PATH.format(locale))
        message = f"The README is not translated into {LANGUAGES[locale]}: there is no {wanted}."
        yield Hit(message, "README.md", subject=locale, severity=_severity(plugin, locale))
