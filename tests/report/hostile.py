"""Results in which every text that can come from a plugin, or from an artifact, is hostile."""

from __future__ import annotations

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

counts = st.integers(0, 10_000)
lines = st.integers(1, 100)
spans = st.builds(lambda line, column, more: Span(line, column, line, column + more), lines, lines, lines)


def updates(text: st.SearchStrategy[str]) -> st.SearchStrategy[Update]:
    places = st.none() | st.builds(Location, text, st.none() | text, st.none() | spans)
    rows = st.builds(Break, st.just("tool-removed"), text, text, text, text, text, places, places)
    some = st.lists(text, max_size=2).map(tuple)
    few = st.lists(rows, max_size=2).map(tuple)
    right = st.none() | st.just("1.0.0")
    return st.builds(Update, st.none() | text, st.none() | text, st.booleans(), right, counts, few, some, some, some)


@st.composite
def findings(draw: st.DrawFn, text: st.SearchStrategy[str]) -> Finding:
    plugin = draw(text)
    path, member = draw(text), draw(st.none() | text)
    return Finding(
        rule=draw(st.sampled_from(["asset/prefix", "locale/missing", "other/version", "other/rule"])),
        severity=draw(st.sampled_from(list(Severity))),
        message=draw(text),
        location=Location(path, member, draw(st.none() | spans)),
        plugin=plugin,
        confidence=draw(st.sampled_from(list(Confidence))),
        pointer=draw(st.none() | text),
        anchor=draw(text),
        subject=draw(text),
        authorities=tuple(draw(st.lists(st.builds(Authority, st.sampled_from(list(By)), text, text), max_size=2))),
        fix=draw(
            st.none()
            | st.builds(
                Fix,
                text,
                st.sampled_from(list(Safety)),
                st.lists(st.builds(Edit, text, spans, text), max_size=2).map(tuple),
            )
        ),
        group=draw(st.none() | text),
        new=draw(st.sampled_from([True, True, True, False])),
        suppressed=draw(st.sampled_from([None, None, None]) | st.builds(Suppression, text, text)),
    )


@st.composite
def results(draw: st.DrawFn, texts: st.SearchStrategy[str] = nasty) -> Result:
    """A result whose texts are a few of `texts`, each in any place; drawing one for every place would take long."""
    text = st.sampled_from(draw(st.lists(texts, min_size=1, max_size=6)))
    coverage = st.builds(LocaleCoverage, counts, counts, counts, counts, counts)
    plugins = st.builds(
        PluginSummary,
        root=text,
        kind=st.sampled_from(["plugin", "bundle"]),
        author=st.none() | text,
        name=st.none() | text,
        version=st.none() | text,
        categories=st.just(("tool",)),
        locales=st.dictionaries(st.sampled_from(["en_US", "zh_Hans", "ja_JP"]), coverage),
        base_locales=st.dictionaries(st.sampled_from(["en_US", "zh_Hans", "ja_JP"]), coverage),
        files=counts,
        update=st.none() | updates(text),
    )
    found = fingerprinted(draw(st.lists(findings(text), max_size=5)))
    return Result(
        profile=draw(st.sampled_from(list(Profile))),
        fail_on=draw(st.sampled_from([None, *Severity])),
        plugins=tuple(draw(st.lists(plugins, max_size=3))),
        findings=tuple(sorted(found, key=lambda finding: finding.sort_key)),
        unchecked=tuple(draw(st.lists(st.builds(Unchecked, text, text, text), max_size=2))),
        errors=tuple(draw(st.lists(text, max_size=2))),
        compared_to=draw(st.none() | text),
        fixed=draw(st.none() | counts),
        duration_ms=draw(counts),
    )


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
