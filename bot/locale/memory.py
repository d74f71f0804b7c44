"""A translation memory: how English texts are translated elsewhere in the plugins of a review, and in the glossary.

The memory is filled in one pass, plugin by plugin, with texts only; no document is kept. It answers for one text and
one locale, best source first:

1. the plugin itself, where it has one wording for the text;
2. the other plugins, where at least three of them agree on one wording;
3. the glossary that comes with this package;
4. the one or two other plugins that have the text.

Where the plugin itself has several wordings there is no offer, and neither where other plugins disagree and the
glossary does not know the text: the wordings are shown instead, for a person to choose. Wordings that differ only in
blanks, case and the final period are one, and the commonest spelling stands for it.

Offers from 1, 2 and 3 are safe: the same words for the same text by the same author, by several authors, or by the
reviewed glossary. An offer from 4 is unsafe: it rests on one stranger, or on two of whom one may have copied the other.

A translation is not remembered when it repeats the English, is in a wrong script, hides characters, or does not keep
placeholders, links and line breaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from msgspec import Struct, field

from bot.findings import Safety, quote, quote_list
from bot.format.script import wrong_script
from bot.locale import glossary
from bot.locale.localization import Localization
from bot.locale.markup import differences, hidden_characters
from bot.locale.texts import SOURCE, TARGETS
from bot.messages import Message, listed, say, say_plural
from bot.patterns import regex

#: The longest text that any reader takes (characters).
MAX_TEXT = 1023
#: How many plugins must agree on a wording that the plugin itself has not.
_ENOUGH_PLUGINS = 3

_BLANKS = regex(r"\s+")


class Offer(Struct, frozen=True):
    """A translation, and where it comes from, as the end of a sentence."""

    text: str
    source: str
    safety: Safety


class Conflict(Struct, frozen=True):
    """Wordings between which a person must choose, the commonest first, with how often each was found."""

    wordings: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return str(self.told())

    def told(self) -> Message:
        """The wordings with their numbers, as a list in a sentence."""
        return listed(
            say("{text} ({times})", text=quote(text), times=_times(count)) for text, count in self.wordings[:4]
        )


class _Wording(Struct):
    """One wording of a text: its spellings, and in which plugin and file it was found how often."""

    spellings: Counter[str] = field(default_factory=Counter)
    plugins: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return _commonest(self.spellings)


class Memory:
    """What is known of the texts of all plugins that were learned."""

    def __init__(self, places: dict[tuple[str, str], list[tuple[str, str, str]]] | None = None) -> None:
        #: By locale and English text: plugin, file and translation of each place.
        self._places = places if places is not None else {}
        self._wordings: dict[tuple[str, str], list[_Wording]] = {}

    @property
    def places(self) -> Mapping[tuple[str, str], Sequence[tuple[str, str, str]]]:
        """Plugin, file and translation of each place, by locale and English text."""
        return self._places

    def learn(self, plugin: str, localization: Localization, base: Localization | None = None) -> None:
        """Remembers the translations of a plugin, and those of its base revision that it has no more."""
        learned: set[tuple[str, str]] = set()
        self._learn(plugin, localization, learned, frozenset())
        if base is not None:
            self._learn(plugin, base, set(), learned)
        self._wordings.clear()

    def _learn(
        self, plugin: str, localization: Localization, learned: set[tuple[str, str]], known: Set[tuple[str, str]]
    ) -> None:
        for text in localization.texts:
            if text.english is None or len(text.texts) < 2 or len(text.english) > MAX_TEXT or text.is_model_label:
                continue
            english = normalise(text.english)
            for locale, translation in text.texts.items():
                if locale != SOURCE and (locale, english) not in known:
                    learned.add((locale, english))
                    self._places.setdefault((locale, english), []).append((plugin, text.document.path, translation))

    def remember(self, plugin: str, path: str, values: Mapping[str, str]) -> None:
        """Remembers one text of another plugin: its English under `en_US`, and what stands under other locales."""
        english = values[SOURCE]
        if len(english) > MAX_TEXT:
            return
        for locale in TARGETS:
            if locale in values:
                self._places.setdefault((locale, normalise(english)), []).append((plugin, path, values[locale]))
        self._wordings.clear()

    def merge(self, other: Memory) -> None:
        """Remembers what `other` learned, from other plugins."""
        for key, places in other._places.items():
            self._places.setdefault(key, []).extend(places)
        self._wordings.clear()

    def ask(self, english: str, locale: str, plugin: str) -> Offer | Conflict | None:
        """What to offer as the translation of a text of `plugin`; see the module."""
        if locale not in TARGETS or not 0 < len(english) <= MAX_TEXT:
            return None
        wordings = self._known(english, locale)
        own = [wording for wording in wordings if wording.plugins[plugin]]
        if len(own) == 1:
            count, path = own[0].plugins[plugin], own[0].first[plugin]
            more = ""
            if count > 1:
                more = say_plural(
                    " and {n} more place of this plugin", " and {n} more places of this plugin", count - 1
                )
            return Offer(own[0].text, say("as in {path}{more}", path=quote(path), more=more), Safety.SAFE)
        if own:
            return _conflict(own, plugin)
        if len(wordings) == 1 and len(wordings[0].plugins) >= _ENOUGH_PLUGINS:
            return Offer(wordings[0].text, _in_plugins(wordings[0]), Safety.SAFE)
        known = glossary.load().lookup(english, locale)
        if known is not None:
            return Offer(known, say("from the glossary"), Safety.SAFE)
        if len(wordings) == 1:
            return Offer(wordings[0].text, _in_plugins(wordings[0]), Safety.UNSAFE)
        return _conflict(wordings) if wordings else None

    def _known(self, english: str, locale: str) -> list[_Wording]:
        key = (locale, normalise(english))
        if key not in self._wordings:
            self._wordings[key] = _found(english, locale, self._places.get(key, ()))
        return self._wordings[key]


def _found(english: str, locale: str, places: Iterable[tuple[str, str, str]]) -> list[_Wording]:
    found: dict[str, _Wording] = {}
    usable: dict[str, bool] = {}
    for plugin, path, translation in places:
        if translation not in usable:
            usable[translation] = is_usable(english, translation, locale)
        if usable[translation]:
            wording = found.setdefault(same_wording(translation), _Wording())
            wording.spellings[translation.strip()] += 1
            wording.plugins[plugin] += 1
            wording.first.setdefault(plugin, path)
    return list(found.values())


def is_usable(english: str, translation: str, locale: str) -> bool:
    """Whether a translation is fit to be offered elsewhere."""
    if not translation.strip() or len(translation) > MAX_TEXT or normalise(translation) == normalise(english):
        return False
    if wrong_script(translation, locale) is not None:
        return False
    return not hidden_characters(translation) and not differences(english, translation)


def normalise(text: str) -> str:
    """The text as the memory looks it up: without the blanks that do not show. Case and marks count."""
    if "  " in text or "\n" in text or "\t" in text:
        return glossary.normalise(text)
    return text.strip()


def same_wording(text: str) -> str:
    """The text without what does not make it another wording: blanks, case, the final period."""
    return _BLANKS.sub("", text).rstrip(".。").casefold()


def _conflict(wordings: Iterable[_Wording], plugin: str | None = None) -> Conflict:
    counted = [
        (wording.text, wording.plugins[plugin] if plugin is not None else wording.plugins.total())
        for wording in wordings
    ]
    return Conflict(tuple(sorted(counted, key=lambda pair: (-pair[1], pair[0]))))


def _in_plugins(wording: _Wording) -> str:
    names = sorted(wording.plugins, key=lambda name: (-wording.plugins[name], name))
    total = wording.plugins.total()
    more = say_plural(" and {n:,} more plugin", " and {n:,} more plugins", len(names) - 2) if len(names) > 3 else ""
    shown = quote_list(names if len(names) <= 3 else names[:2])
    return (
        say("as in {shown}{more}, {times} in all", shown=shown, more=more, times=_times(total))
        if total > 1
        else say("as in {shown}", shown=shown)
    )


def _times(count: int) -> str:
    return say_plural("once", "{n:,} times", count)


def wordings(translations: Iterable[str]) -> Counter[str]:
    """How often each wording occurs; its commonest spelling stands for it."""
    found: dict[str, Counter[str]] = {}
    for translation in translations:
        found.setdefault(same_wording(translation), Counter())[translation.strip()] += 1
    return Counter({_commonest(spellings): spellings.total() for spellings in found.values()})


def _commonest(spellings: Counter[str]) -> str:
    return max(spellings, key=lambda spelling: (spellings[spelling], spelling))
