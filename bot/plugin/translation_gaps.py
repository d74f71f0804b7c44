"""Gaps in translations, and what the translation memory offers to fill them.

The memory is complete only when every plugin of a review was read, and a review keeps no plugin longer than it works
on it. So a gap remembers the little that a fix needs, and the findings get their offers at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from bot.document import pointer_text
from bot.findings import Edit, Finding, Fix, Location, Safety, quote, quote_list
from bot.locale.insert import Site, find_site, locale_order
from bot.locale.localization import State
from bot.locale.memory import Conflict, Memory, Offer
from bot.locale.texts import SOURCE, LocalizedText
from bot.messages import say, sentences

if TYPE_CHECKING:
    from bot.plugin import Plugin

#: The rules whose findings are gaps.
RULES = ("locale/missing-translation", "locale/empty-text")

#: So many texts of a plugin are told apart from the others that lack the same locale.
_MOST_APART = 12

#: What a finding and its gap have in common: file, file in the package, pointer.
Place = tuple[str, str | None, str | None]


class Gap(Struct, frozen=True):
    """The locales that one text lacks, and what is needed to put them in."""

    plugin: str
    english: str
    locales: tuple[str, ...]
    site: Site | None
    #: Whether the plugin is compared with what it was.
    is_change: bool


def asked_locales(plugin: Plugin) -> tuple[str, ...]:
    """The locales whose missing texts are reported one by one: the required ones, and those the plugin has begun with.

    Where the review compares with a base revision, that one decides whether a locale was begun: a change that begins
    with a locale is not told of all that is still to do.
    """
    known = (plugin.base or plugin).localization
    required = plugin.options.required_locales
    return tuple(locale for locale in plugin.localization.locales if locale in required or known.has_begun(locale))


def find_gaps(plugin: Plugin) -> dict[Place, Gap]:
    """The gaps of a plugin, by the places of the findings about them."""
    lacking: dict[int, tuple[LocalizedText, list[str]]] = {}
    for locale in asked_locales(plugin):
        if locale != SOURCE:
            for text in plugin.localization.having(locale, State.MISSING):
                if text.is_misplaced(locale):
                    continue  # What is there has to be moved, and then nothing lacks.
                lacking.setdefault(id(text), (text, []))[1].append(locale)
    if not lacking:
        return {}
    mappings: dict[str, list[Mapping[Any, Any]]] = {}
    for text in plugin.localization.texts:
        mappings.setdefault(text.document.path, []).append(text.values)
    of_plugin = locale_order(values for of_file in mappings.values() for values in of_file)
    orders: dict[str, tuple[str, ...]] = {}
    gaps: dict[Place, Gap] = {}
    for text, locales in lacking.values():
        if text.english is None:
            continue
        path = text.document.path
        if path not in orders:
            orders[path] = locale_order(mappings[path], of_plugin)
        site = find_site(text.document, text.pointer, orders[path])
        gap = Gap(plugin.name, text.english, tuple(locales), site, plugin.base is not None)
        for locale in locales:
            gaps[_place(plugin.location(path), pointer_text(text.at(locale)))] = gap
    return gaps


def _place(location: Location, pointer: str | None) -> Place:
    return location.path, location.member, pointer


def lacking_texts(findings: Iterable[Finding], gaps: Mapping[Place, Gap]) -> set[str]:
    """The English texts that a change adds and for which it has no translation."""
    new = (gaps.get(_place(finding.location, finding.pointer)) for finding in findings if finding.new)
    return {gap.english for gap in new if gap is not None}


def with_offers(findings: Iterable[Finding], gaps: Mapping[Place, Gap], memory: Memory) -> Iterator[Finding]:
    """The findings of a plugin, those about gaps with what the memory knows: an offer as the fix, or wordings to choose
    from.

    Texts that a change adds and that can be put in unseen are groups of their own, as far as they are few: so each is
    told where it stands, with a suggestion to commit.
    """
    filled: dict[int, dict[str, tuple[str, Fix | None]]] = {}
    apart: dict[int, str] = {}
    for finding in findings:
        gap = gaps.get(_place(finding.location, finding.pointer)) if finding.rule in RULES else None
        if gap is None or finding.pointer is None:
            yield finding
            continue
        if id(gap) not in filled:
            filled[id(gap)] = _fill(gap, memory)
        locale = finding.pointer.rpartition("/")[2]
        if locale not in filled[id(gap)]:
            yield finding
            continue
        sentence, fix = filled[id(gap)][locale]
        group = finding.group
        if gap.is_change and finding.new and fix is not None and fix.safety is Safety.SAFE:
            if len(apart) < _MOST_APART:
                apart.setdefault(id(gap), f"text {finding.location.file} {finding.anchor.rpartition('/')[0]}")
            group = apart.get(id(gap), group)
        yield replace(finding, message=sentences(finding.message, sentence), fix=fix, group=group)


def _fill(gap: Gap, memory: Memory) -> dict[str, tuple[str, Fix | None]]:
    """For each locale that the memory knows, what to say and the fix.

    Locales that can be put in unseen share one fix, as they often share one place in the file; so do the others.
    """
    said: dict[str, str] = {}
    offers: dict[str, Offer] = {}
    for locale in gap.locales:
        answer = memory.ask(gap.english, locale, gap.plugin)
        if isinstance(answer, Conflict):
            said[locale] = say("Elsewhere it is {answer}: choose one.", answer=answer.told())
        elif answer is not None:
            offers[locale] = answer
            said[locale] = say("Offered: {text}, {source}.", text=quote(answer.text), source=answer.source)
    safe = {locale: offer.text for locale, offer in offers.items() if offer.safety is Safety.SAFE}
    unsafe = {locale: offer.text for locale, offer in offers.items() if offer.safety is Safety.UNSAFE}
    safe_fix = _fix(gap.site, safe, {}, Safety.SAFE)
    fixes = {
        Safety.SAFE: safe_fix,
        Safety.UNSAFE: _fix(gap.site, unsafe, safe if safe_fix is not None else {}, Safety.UNSAFE),
    }
    return {
        locale: (sentence, fixes[offers[locale].safety] if locale in offers else None)
        for locale, sentence in said.items()
    }


def _fix(site: Site | None, texts: Mapping[str, str], beside: Mapping[str, str], safety: Safety) -> Fix | None:
    edits: tuple[Edit, ...] | None = site.edits(texts, beside) if site is not None and texts else None
    if not edits:
        return None
    title = (
        say("Add {next}", next=quote(next(iter(texts.values()))))
        if len(texts) == 1
        else say("Add {texts}", texts=quote_list(texts))
    )
    return Fix(title, safety, edits)
