"""The table that maintainers of a marketplace decide by: what was checked, with what result, and what is to be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from bot.findings import Finding, Severity, quote
from bot.marketplace.standing import State
from bot.messages import Message, and_more, listed, say, say_plural, sentences
from bot.report import words
from bot.review.result import CheckRow, PassportSummary, PluginSummary, Result

#: More packages than these have no table each.
MAX_PLUGINS: Final = 3

STATES: Final = {
    State.PASS: say("✅ Pass"),
    State.FAIL: say("❌ Fail"),
    State.WARNING: say("⚠️ Warning"),
    State.NOT_CHECKED: say("⏭️ Not checked"),
}


class Line(Struct, frozen=True):
    """One line of the table, of messages."""

    title: str
    state: str
    detail: str = ""
    action: str = ""


def checklists(result: Result) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """The tables of the packages of a result; none where they are many."""
    tables = [plugin for plugin in result.plugins if plugin.checks]
    if len(tables) <= MAX_PLUGINS:
        by_fingerprint = {finding.fingerprint: finding for finding in result.active}
        for plugin in tables:
            yield plugin.root, tuple(_line(row, plugin, by_fingerprint) for row in plugin.checks)


def changes(result: Result) -> Iterator[tuple[PluginSummary, tuple[str, ...]]]:
    """What is new in the packages of a result since the version before; none where they are many."""
    compared = [plugin for plugin in result.plugins if plugin.package_changes]
    if len(compared) <= MAX_PLUGINS:
        for plugin in compared:
            yield plugin, plugin.package_changes


def _line(row: CheckRow, plugin: PluginSummary, by_fingerprint: dict[str, Finding]) -> Line:
    findings = [by_fingerprint[key] for key in row.findings if key in by_fingerprint]
    findings.sort(key=lambda finding: -finding.severity)
    parts: list[str] = []
    action = ""
    worth = findings and (row.state in (State.FAIL, State.WARNING) or findings[0].severity > Severity.NOTICE)
    if worth:
        first = findings[0]
        place = quote(words.place(first, first.plugin, column=False), 120)
        parts.append(say("{place}: {message}", place=place, message=first.message))
        if findings[1:]:
            parts.append(say("{n} more below.", n=len(findings) - 1))
        action = _action(first)
    else:
        parts.append(_fact(row.id, plugin))
        if findings:
            parts.append(say("{notices} below.", notices=words.counted(len(findings), "notice")))
    if row.id == "risk" and plugin.passport is not None:
        # What the code does says more than a notice about a word.
        at = 0 if not findings or findings[0].severity is Severity.NOTICE else len(parts)
        parts.insert(at, passport_text(plugin.passport))
    parts += [say("Not judged: {reason}.", reason=reason) for reason in row.reasons[:2]]
    return Line(say(row.title), STATES[State(row.state)], sentences(*parts), action)


#: Of the places of a capability, and of the hosts, the first are named.
_PLACES: Final = 2
_HOSTS: Final = 6


def passport_text(passport: PassportSummary) -> Message:
    """What a package is able to do, as a message: capabilities with their first places, hosts, permissions."""
    parts = [say("The code fits the level {level}.", level=quote(passport.level))]
    for row in passport.capabilities:
        places = and_more(listed(quote(place, 120) for place in row.places[:_PLACES]), row.count - _PLACES)
        parts.append(say("It {capability}: {places}.", capability=row.name, places=places))
    if passport.hosts:
        hosts = and_more(listed(quote(host) for host in passport.hosts[:_HOSTS]), passport.host_count - _HOSTS)
        parts.append(say("Hosts: {hosts}.", hosts=hosts))
    if passport.unreadable_calls:
        made = say_plural(
            "{n:,} call to the network puts the host together while the plugin runs.",
            "{n:,} calls to the network put the host together while the plugin runs.",
            passport.unreadable_calls,
        )
        parts.append(made)
    if passport.permissions:
        names = listed(quote(name) for name in passport.permissions)
        parts.append(say("Permissions: {names}.", names=names))
    return sentences(*parts)


def _action(finding: Finding) -> str:
    if finding.fix is not None:
        return say("{clause}.", clause=finding.fix.title)
    rule = words.rule(finding.rule)
    return rule.fix if rule is not None else ""


def _fact(row: str, plugin: PluginSummary) -> str:
    """What a maintainer wants to see of a row in which nothing is wrong."""
    match row:
        case "package":
            return f"{quote(plugin.root, 120)}."
        case "author" if plugin.author and plugin.name:
            return f"{quote(f'{plugin.author}/{plugin.name}')}."
        case "version" if plugin.version:
            earlier = plugin.update.old_version if plugin.update is not None else None
            if earlier:
                return say("{version}, after {earlier}.", version=quote(plugin.version), earlier=quote(earlier))
            return f"{quote(plugin.version)}."
        case "contents":
            return say("{clause}.", clause=words.counted(plugin.files, "file").capitalized())
    return ""
