"""The review of a whole marketplace repository as one page and one JSON: what a policy would refuse, by package."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from bot import __version__
from bot.findings import Finding, Severity
from bot.languages import spoken, told
from bot.marketplace.policy import Policy
from bot.marketplace.standing import State
from bot.messages import Message, say
from bot.report import escape, words
from bot.report.json import dumps
from bot.report.template import Html, asset, digest, html_templates
from bot.review.result import PluginSummary, Result

#: The version of the JSON.
VERSION = 1


class Package(Struct, frozen=True):
    """A reviewed package: what the policy refuses of it, and how many other things there are to say."""

    summary: PluginSummary
    refusals: tuple[Finding, ...]
    warnings: int
    not_judged: tuple[str, ...]

    @property
    def state(self) -> State:
        """Failed: it would be refused. Not checked: something that could refuse it was not judged."""
        if self.refusals:
            return State.FAIL
        if self.not_judged:
            return State.NOT_CHECKED
        return State.WARNING if self.warnings else State.PASS

    @property
    def title(self) -> str:
        summary = self.summary
        return f"{summary.author or '?'}/{summary.name or '?'} {summary.version or ''}".strip()


class Cause(Struct, frozen=True):
    """A rule for which packages would be refused, and how many."""

    rule: str
    summary: str
    fix: str
    docs: str
    packages: int


_ORDER = (State.FAIL, State.NOT_CHECKED, State.WARNING, State.PASS)
_TITLES: Mapping[State, Message] = {
    State.FAIL: say("refused"),
    State.NOT_CHECKED: say("not judged"),
    State.WARNING: say("with warnings"),
    State.PASS: say("without fault"),
}


def packages_of(result: Result) -> list[Package]:
    """The packages of a result, those that would be refused first."""
    by_plugin: dict[str, list[Finding]] = defaultdict(list)
    for finding in result.active:
        by_plugin[finding.plugin].append(finding)
    gaps: dict[str, list[str]] = defaultdict(list)
    for entry in result.unchecked:
        if entry.blocking:
            gaps[entry.plugin].append(say("{rule}: {reason}", rule=entry.rule, reason=entry.reason))
    packages = [
        Package(
            plugin,
            tuple(finding for finding in by_plugin[plugin.root] if finding.severity is Severity.ERROR),
            sum(finding.severity is Severity.WARNING for finding in by_plugin[plugin.root]),
            tuple(gaps[plugin.root]),
        )
        for plugin in result.plugins
    ]
    return sorted(packages, key=lambda package: (_ORDER.index(package.state), package.summary.root))


def causes_of(packages: Iterable[Package]) -> list[Cause]:
    """Why packages would be refused, the commonest reason first."""
    counts = Counter(rule for package in packages for rule in {finding.rule for finding in package.refusals})
    causes = []
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        known = words.rule(name)
        causes.append(
            Cause(
                name,
                known.summary if known is not None else "",
                known.fix if known is not None else "",
                known.docs if known is not None else "",
                count,
            )
        )
    return causes


def render_json(result: Result, policy: Policy) -> str:
    """The dashboard as JSON, with a line break at its end."""
    packages = packages_of(result)
    states = Counter(package.state for package in packages)
    data = {
        "version": VERSION,
        "tool": {"name": words.TOOL, "version": __version__},
        "policy": {
            "repository": policy.repository,
            "date": _day(policy.date),
            "read": _day(policy.read),
        },
        "summary": {"packages": len(packages), **{state.value: states[state] for state in _ORDER}},
        "causes": [
            {"rule": cause.rule, "packages": cause.packages, "summary": cause.summary, "fix": cause.fix}
            for cause in causes_of(packages)
        ],
        "packages": [_package(package) for package in packages],
    }
    return dumps(data) + "\n"


def _package(package: Package) -> dict[str, Any]:
    summary = package.summary
    return {
        "path": escape.encodable(summary.root),
        "author": summary.author,
        "name": summary.name,
        "version": summary.version,
        "state": package.state.value,
        "checks": {row.id: row.state.value for row in summary.checks},
        "refusals": [
            {
                "rule": finding.rule,
                "message": escape.encodable(finding.message),
                "member": escape.encodable(finding.location.member) if finding.location.member is not None else None,
                "line": finding.location.span.line if finding.location.span is not None else None,
                "fix": finding.fix.title if finding.fix is not None else None,
            }
            for finding in package.refusals
        ],
        "warnings": package.warnings,
        "not_judged": list(package.not_judged),
    }


def render_html(result: Result, policy: Policy) -> str:
    """The dashboard as one page: no scripts, and nothing loaded from elsewhere."""
    packages = packages_of(result)
    states = Counter(package.state for package in packages)
    rows: dict[str, dict[State, int]] = {}
    titles: dict[str, str] = {}
    for package in packages:
        for row in package.summary.checks:
            titles[row.id] = row.title
            counts = rows.setdefault(row.id, dict.fromkeys(_ORDER, 0))
            counts[row.state] += 1
    environment = html_templates().overlay()
    environment.filters = {
        **environment.filters,
        "message": lambda message: Html(escape.html_message(told(message))),
        "in_english": lambda message: Html(escape.html_message(message)),
        "counted": words.counted,
    }
    return environment.get_template("dashboard.html.j2").render(
        day=_day(policy.date) or say("{day}, the newest known", day=policy.read.isoformat()),
        repository=policy.repository,
        packages=packages,
        states=[(_TITLES[state], state.value, states[state]) for state in _ORDER],
        labels={state: _TITLES[state] for state in _ORDER},
        causes=causes_of(packages),
        rows=[(titles[name], [counts[state] for state in _ORDER]) for name, counts in rows.items()],
        place=words.place,
        english=words.in_english,
        tag=spoken().tag,
        errors=result.errors,
        version=__version__,
        style=asset("report.css"),
        style_hash=digest("report.css"),
    )


def _day(date: datetime.date | None) -> str | None:
    return date.isoformat() if date is not None else None
