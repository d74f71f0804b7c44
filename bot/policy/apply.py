"""Which findings count, and how much: selection of rules, severities, profiles, ignored paths, suppressions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.findings import By, Finding, Location, Severity, Suppression, fingerprinted, quote
from bot.messages import say, sentences
from bot.options import Options, Profile
from bot.plugin import Plugin
from bot.plugin.suppression_comments import SuppressionComment, suppression_comments
from bot.rules.pull_request.suppressions import unused
from bot.rules.registry import Rule, RuleResults, catalogue

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

#: The rules about suppressions, which no comment suppresses.
_ABOUT_COMMENTS = ("pull-request/suppression-without-reason", "pull-request/unused-suppression")


def selected(rule: str, options: Options) -> bool:
    """Whether a rule runs: selected by id or family (when any are), and neither ignored nor switched off."""
    names = _names(rule)
    if options.select and not any(name in options.select for name in names):
        return False
    if any(name in options.ignore for name in names):
        return False
    configured = [options.severities[name] for name in names if name in options.severities]
    return not configured or configured[0] is not None


def apply_policy(results: RuleResults, plugin: Plugin, before: RuleResults | None = None) -> list[Finding]:
    """The findings as the options judge them, and those about suppressions that suppress nothing.

    `before` is what the rules say of the base revision.

    - The profile `author` takes the policy of the marketplace for advice: what nobody else objects to is at most a
      warning. With the other profiles it has the severity that its rule gives.
    - A severity of the configuration goes before that; of rule and family, the rule's own goes first.
    - An ignored path of the configuration suppresses. So does a comment in a file with a reason, but only with the
      profile `author`, and in a change from a fork only one that the base revision has too: otherwise the finding
      counts, and says what the comment said.
    """
    asked = _Asked(plugin)
    judged = [_judged(finding, plugin.options, asked) for finding in results.findings]
    unused_comments = _unused(results, plugin, before)
    return [*judged, *(_weighted(finding, plugin.options) for finding in unused_comments)]


def could_fail(rule_id: str, options: Options) -> bool:
    """Whether a finding of the rule could fail the review. With the policy of a marketplace its own rules can."""
    if options.fail_on is None:
        return False
    for name in _names(rule_id):
        severity = options.severities.get(name)
        if severity is not None:
            return severity >= options.fail_on
    rule = catalogue().get(rule_id)
    if rule is None:
        return True
    objecting = {authority.by for authority in rule.authorities}
    if By.MARKETPLACE in objecting and options.profile is not Profile.AUTHOR:
        return True
    severity = rule.severity
    if options.profile is Profile.AUTHOR and objecting <= {By.MARKETPLACE, By.DOCS} and By.MARKETPLACE in objecting:
        severity = min(severity, Severity.WARNING)
    return severity >= options.fail_on


def _names(rule: str) -> tuple[str, str]:
    return rule, rule.partition("/")[0]


# --- severity -------------------------------------------------------------------------------------------------------


def _weighted(finding: Finding, options: Options) -> Finding:
    for name in _names(finding.rule):
        severity = options.severities.get(name)
        if severity is not None:
            return replace(finding, severity=severity)
    if options.profile is Profile.AUTHOR and finding.severity > Severity.WARNING and _is_policy(finding):
        return replace(finding, severity=Severity.WARNING)
    return finding


def _is_policy(finding: Finding) -> bool:
    """Whether only the marketplace objects, and no program that has to work with the plugin."""
    objecting = {authority.by for authority in finding.authorities}
    return finding.rule.startswith("marketplace/") or (
        By.MARKETPLACE in objecting and objecting <= {By.MARKETPLACE, By.DOCS}
    )


# --- suppressions ---------------------------------------------------------------------------------------------------


def _judged(finding: Finding, options: Options, asked: _Asked) -> Finding:
    finding = _weighted(finding, options)
    comment = asked.about(finding)
    if comment is None and not options.path_ignores:
        return finding
    if comment is not None and not asked.counts(comment):
        reason = quote(comment.reason, 200)
        said = say("A comment asks to ignore this, which does not count here: {reason}.", reason=reason)
        finding = replace(finding, message=sentences(finding.message, said))
    return replace(
        finding,
        suppressed=_suppression(finding, options, comment if comment is not None and asked.counts(comment) else None),
    )


def _suppression(finding: Finding, options: Options, comment: SuppressionComment | None) -> Suppression | None:
    for ignore in options.path_ignores:
        if (not ignore.rules or not set(_names(finding.rule)).isdisjoint(ignore.rules)) and _matches(
            ignore.patterns, finding.location
        ):
            return Suppression(ignore.where, ignore.reason)
    if comment is None:
        return None
    return Suppression(f"{finding.location.file}:{comment.span.line}", comment.reason)


def _matches(patterns: tuple[str, ...], location: Location) -> bool:
    """Whether the patterns are about a file. The files of a package are below it, as if it were a folder."""
    if location.source is not None:
        return False
    return _spec(patterns).match_file("/".join(part for part in (location.path, location.member) if part))


@lru_cache(maxsize=256)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


#: A file, and a line of it; None for the whole file.
_Place = tuple[Location, int | None]


def _place(finding: Finding) -> _Place:
    span = finding.location.span
    return replace(finding.location, span=None), span.line if span is not None else None


def _places(comment: SuppressionComment, plugin: Plugin) -> list[_Place]:
    return [(plugin.location(comment.path), line) for line in comment.lines]


class _Asked:
    """What the comments of a plugin ask to ignore."""

    def __init__(self, plugin: Plugin) -> None:
        self._options = plugin.options
        base = suppression_comments(plugin.base) if plugin.base is not None else ()
        #: What the comments of the base revision say, and of which lines.
        self._before = {(comment.path, comment.text, comment.target) for comment in base}
        self._by_place: dict[_Place, list[SuppressionComment]] = {}
        for comment in suppression_comments(plugin):
            for place in _places(comment, plugin):
                self._by_place.setdefault(place, []).append(comment)

    def about(self, finding: Finding) -> SuppressionComment | None:
        """The comment that asks, with a reason, to ignore the finding."""
        if not self._by_place or finding.rule in _ABOUT_COMMENTS:
            return None
        names = set(_names(finding.rule))
        asking = self._by_place.get(_place(finding), ())
        return next((comment for comment in asking if comment.reason and not names.isdisjoint(comment.names)), None)

    def counts(self, comment: SuppressionComment) -> bool:
        """Whether a comment suppresses: its author decides, or somebody who let it into the base revision."""
        if self._options.profile is not Profile.AUTHOR:
            return False
        known = (comment.path, comment.text, comment.target) in self._before
        return known or not self._options.base_suppressions_only


# --- suppressions that suppress nothing -----------------------------------------------------------------------------


def _unused(results: RuleResults, plugin: Plugin, before: RuleResults | None) -> list[Finding]:
    """The findings about comments that suppress nothing, although the rules they name ran to the end."""
    rule = catalogue()["pull-request/unused-suppression"]
    if not selected(rule.id, plugin.options):
        return []
    comments = suppression_comments(plugin)
    idle = _names_without_effect(comments, results, plugin) if comments else {}
    if not idle:
        return []
    old = set()
    if before is not None and plugin.base is not None:
        old = {
            (comment.path, comment.text, names)
            for comment, names in _names_without_effect(suppression_comments(plugin.base), before, plugin.base).items()
        }
    return fingerprinted(
        [
            replace(_finding(rule, comment, names, plugin), new=(comment.path, comment.text, names) not in old)
            for comment, names in idle.items()
        ]
    )


def _finding(rule: Rule, comment: SuppressionComment, names: tuple[str, ...], plugin: Plugin) -> Finding:
    hits = [unused(comment, names)]
    return replace(rule, check=lambda _: iter(hits)).findings(plugin)[0]


def _names_without_effect(
    comments: Iterable[SuppressionComment], results: RuleResults, plugin: Plugin
) -> dict[SuppressionComment, tuple[str, ...]]:
    """The names in comments that suppress nothing, by comment. Comments without such a name are left out.

    Nothing is said of a rule that is unknown, was not selected, crashed, or left something unchecked: what it would
    have found is not known.
    """
    used = {(name, *_place(finding)) for finding in results.findings for name in _names(finding.rule)}
    idle = {}
    for comment in comments:
        if not comment.reason:
            continue
        places = _places(comment, plugin)
        names = tuple(
            name
            for name in comment.names
            if _is_judged(name, results) and used.isdisjoint((name, *place) for place in places)
        )
        if names:
            idle[comment] = names
    return idle


def _is_judged(name: str, results: RuleResults) -> bool:
    """Whether a rule, or every rule of a family, was judged to the end."""
    rules = [rule.id for rule in catalogue().values() if name in _names(rule.id)]
    return bool(rules) and results.judged.issuperset(rules)
