"""Results in which every text that can come from a plugin, or from an artifact, is hostile."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import strategies as st

from bot.findings import (
    Authority,
    By,
    Confidence,
    Edit,
    Finding,
    Fix,
    LocaleCoverage,
    Location,
    Safety,
    Severity,
    Span,
    Suppression,
    Unchecked,
    fingerprinted,
)
from bot.options import Profile
from bot.review.result import PluginSummary, Result
from bot.upgrade.update import Break, Update
from tests.report.test_escape import nasty

T = TypeVar("T")

counts = st.integers(0, 10_000)
lines = st.integers(1, 100)
spans = st.builds(lambda line, column, more: Span(line, column, line, column + more), lines, lines, lines)


#: The texts of the result that is drawn. `text` is one of them, any as likely as another: a strategy that is made once
#: and looks them up here is drawn from in a fraction of the time in which one is made for each result.
_texts: list[str] = []
text = st.integers(0, 59).map(lambda number: _texts[number % len(_texts)])


def some(values: st.SearchStrategy[T], most: int = 2) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(values, max_size=most).map(tuple)


places = st.none() | st.builds(Location, text, st.none() | text, st.none() | spans)
updates = st.builds(
    Update,
    st.none() | text,
    st.none() | text,
    st.booleans(),
    st.sampled_from([None, "1.0.0"]),
    counts,
    some(st.builds(Break, st.just("tool-removed"), text, text, text, text, text, places, places)),
    some(text),
    some(text),
    some(text),
)
edits = some(st.builds(Edit, text, spans, text))
findings = st.builds(
    Finding,
    rule=st.sampled_from(["asset/prefix", "locale/missing", "other/version", "other/rule"]),
    severity=st.sampled_from(list(Severity)),
    message=text,
    location=st.builds(Location, text, st.none() | text, st.none() | spans),
    plugin=text,
    confidence=st.sampled_from(list(Confidence)),
    pointer=st.none() | text,
    anchor=text,
    subject=text,
    authorities=some(st.builds(Authority, st.sampled_from(list(By)), text, text)),
    fix=st.none() | st.builds(Fix, text, st.sampled_from(list(Safety)), edits),
    group=st.none() | text,
    new=st.sampled_from([True, True, True, False]),
    suppressed=st.sampled_from([None, None, None]) | st.builds(Suppression, text, text),
)
coverage = st.dictionaries(
    st.sampled_from(["en_US", "zh_Hans", "ja_JP"]), st.builds(LocaleCoverage, counts, counts, counts, counts, counts)
)
plugins = st.builds(
    PluginSummary,
    root=text,
    kind=st.sampled_from(["plugin", "bundle"]),
    author=st.none() | text,
    name=st.none() | text,
    version=st.none() | text,
    categories=st.just(("tool",)),
    locales=coverage,
    base_locales=coverage,
    files=counts,
    update=st.none() | updates,
)
drawn = st.builds(
    Result,
    profile=st.sampled_from(list(Profile)),
    fail_on=st.sampled_from([None, *Severity]),
    plugins=some(plugins, 3),
    findings=some(findings, 5).map(
        lambda found: tuple(sorted(fingerprinted(found), key=lambda finding: finding.sort_key))
    ),
    unchecked=some(st.builds(Unchecked, text, text, text)),
    errors=some(text),
    compared_to=st.none() | text,
    fixed=st.none() | counts,
    duration_ms=counts,
)


@st.composite
def results(draw: st.DrawFn, texts: st.SearchStrategy[str] = nasty) -> Result:
    """A result whose texts are a few of `texts`, each in any place; drawing one for every place would take long."""
    _texts[:] = draw(st.lists(texts, min_size=1, max_size=6))
    return draw(drawn)


def filled(text: str) -> Result:
    """A result with the same text everywhere, where every part of a report has something to say."""
    span = Span(3, 5, 3, 9)
    found = [
        Finding(
            rule="locale/missing" if severity is Severity.NOTICE else rule,
            severity=severity,
            message=text,
            location=Location(f"{plugin}/{text}", None, span),
            plugin=plugin,
            authorities=(Authority(By.SDK, text, text),),
            fix=Fix(text, Safety.SAFE, (Edit(text, span, text),)),
            group=text if severity is Severity.NOTICE else None,
            suppressed=suppressed,
        )
        for plugin in (text, f"{text}2")
        for rule in ("asset/prefix", "other/version")
        for severity in Severity
        for suppressed in (None, Suppression(text, text))
    ]
    coverage = {"ja_JP": LocaleCoverage(1, 2)}, {"ja_JP": LocaleCoverage(2, 2)}
    place = Location(text, text, Span(1, 1, 1, 2))
    row = Break("tool-removed", text, text, text, text, text, place, place)
    update = Update(text, text, False, "1.0.0", 1, (row,), (text,), (text,), (text,))
    plugin = PluginSummary(text, "plugin", text, text, text, (), *coverage, 3, update)
    return Result(
        profile=Profile.MARKETPLACE,
        fail_on=Severity.WARNING,
        plugins=(plugin, plugin),
        findings=tuple(fingerprinted(found)),
        unchecked=(Unchecked(text, text, text),),
        errors=(text,),
        compared_to=text,
        fixed=1,
    )
