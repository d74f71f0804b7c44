"""Rules about what a localized text holds."""

from __future__ import annotations

from collections.abc import Iterator, Set

from bot.document.removal import removed
from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote
from bot.format.locales import is_language
from bot.format.script import chinese_or_japanese, is_latin, is_used_in_japanese, wrong_script
from bot.format.simplified import simplified
from bot.format.traits import DocumentKind
from bot.locale import readme
from bot.locale.localization import State
from bot.locale.markup import hidden_characters
from bot.locale.texts import LANGUAGES, SOURCE, LocalizedText
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.locale.audience import ENGLISH_INSTEAD, SHOWN, locale_severity, text_paths
from bot.rules.registry import Example, Hit, at_value, rule, violations
from bot.source import Unreadable


@rule(
    "locale/empty-text",
    severity=Severity.NOTICE,
    summary="A locale is there, but holds nothing or only blanks.",
    why="An empty translation falls back to English, as if it were missing. An empty English text shows users nothing.",
    fix="Write the text, or remove the key.",
    authorities=ENGLISH_INSTEAD,
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
            if locale != SOURCE and SOURCE in text.blank:
                continue  # Of a text that is empty in English too, that is said.
            english = text.english
            message = (
                say("The English text is empty: users see nothing wherever there is no translation.")
                if locale == SOURCE
                else say(
                    "The {languages} text (`{locale}`) is empty: users see the English.",
                    languages=LANGUAGES[locale],
                    locale=locale,
                )
            )
            yield at_value(
                text.document,
                text.at(locale),
                message,
                severity=Severity.WARNING if locale == SOURCE else locale_severity(plugin, locale),
                subject=english or "",
                group=f"empty {locale}",
            )


def _is_top_of_manifest(text: LocalizedText) -> bool:
    """Whether the packager checks the length of the text (rule manifest/text-length)."""
    return text.kind is DocumentKind.MANIFEST and len(text.pointer) == 1


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
            is_swapped = _is_swapped(text, locale, names)
            if (wrong is not None or is_swapped) and not _names_language(text):
                message = say(
                    "The {languages} text {value} {wrong}.",
                    languages=LANGUAGES[locale],
                    value=quote(value, 60),
                    wrong=wrong or say("is in Latin script"),
                )
                if is_swapped:
                    message += say(
                        " It is swapped with the text of `pt_BR`: {text}.", text=quote(text.texts["pt_BR"], 60)
                    )
                yield at_value(
                    text.document,
                    text.at(locale),
                    message,
                    subject=value[:200],
                    group=f"script {locale}",
                    fix=_without(text, locale, names)
                    or _under_right_key(text, locale, names)
                    or (_in_simplified(text) if locale == "zh_Hans" else None),
                )
    if not plugin.is_bundle:
        for locale, path in readme.translations(text_paths(plugin)).items():
            if readme.is_wrong_language(_read(plugin, path), locale):
                message = say("{path} is not in {languages}.", path=quote(path), languages=LANGUAGES[locale])
                yield Hit(message, path, subject=locale)


def _without(text: LocalizedText, locale: str, names: Set[str]) -> Fix | None:
    """Takes out a text that repeats another locale's: users see the English, which no reader understands less."""
    value, english = text.texts[locale], text.english
    if locale == SOURCE or english is None:
        return None
    is_readable = wrong_script(english, SOURCE, names) is None
    others = (other for other in text.texts if other not in (SOURCE, locale) and text.texts[other] == value)
    if value != english and not (is_readable and any(wrong_script(value, other, names) is None for other in others)):
        return None
    edit = removed(text.document, text.at(locale))
    title = say("Remove it: users see the English text instead")
    return Fix(title, Safety.SAFE, (edit,)) if edit is not None else None


def _under_right_key(text: LocalizedText, locale: str, names: Set[str]) -> Fix | None:
    """Moves a text to the locale in whose language it is, which has none: users of the other see the English."""
    right = chinese_or_japanese(text.texts[locale])
    key = text.document.key_node(text.at(locale))
    if (
        locale == SOURCE
        or right in (None, locale)
        or right in text.values
        or text.is_misspelt(right)
        or not text.is_shown_in(right)
        or text.english is None
        or wrong_script(text.english, SOURCE, names) is not None
        or key is None
    ):
        return None
    edit = Edit(text.document.path, text.document.span_of(key), right)
    return Fix(say("Rename the key to {target}", target=quote(right)), Safety.SAFE, (edit,))


def _in_simplified(text: LocalizedText) -> Fix | None:
    """Writes Chinese in simplified characters."""
    document, value = text.document, text.texts["zh_Hans"]
    # What a Japanese may have written is no Chinese for sure.
    if simplified(value) in (None, value) or all(map(is_used_in_japanese, value)):
        return None
    span = document.span(text.at("zh_Hans"))
    after = simplified(document.text_in(span))
    if after is None:
        return None
    return Fix(say("Write it in simplified characters"), Safety.SAFE, (Edit(document.path, span, after),))


def _is_swapped(text: LocalizedText, locale: str, names: Set[str]) -> bool:
    """Whether the Portuguese stands under an East Asian locale, and that locale's text under `pt_BR`."""
    other = text.texts.get("pt_BR")
    if locale not in ("zh_Hans", "ja_JP") or other is None or other.isascii() or not is_latin(text.texts[locale]):
        return False
    return wrong_script(other, "pt_BR", names) is not None


def _names_language(text: LocalizedText) -> bool:
    """Whether the text is the label of an option that stands for a language, and so may be in that language."""
    value = text.document.get(*text.pointer[:-1], "value") if text.pointer[-1:] == ("label",) else None
    return isinstance(value, str) and is_language(value)


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
    authorities=SHOWN,
    bad=Example('label:\n  en_US: "Weather\\u202e"\n'),
    good=Example("label:\n  en_US: Weather\n"),
)
def hidden_character(plugin: Plugin) -> Iterator[Hit]:
    for text in plugin.localization.texts:
        for locale, value in text.texts.items():
            hidden = [] if value.isprintable() else hidden_characters(value)
            if hidden:
                codes = ", ".join(f"U+{ord(character):04X}" for character in hidden[:5])
                message = say(
                    "The {languages} text holds {codes}, which nobody sees.", languages=LANGUAGES[locale], codes=codes
                )
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
