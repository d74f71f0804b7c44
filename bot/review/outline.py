"""The findings in the order and the groups in which people read them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from bot.findings import Confidence, Finding, Severity


class Row(Struct, frozen=True):
    """Findings that are shown as one: a single finding, or those of one rule that share a `group`."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def line(self) -> int:
        """The line of the first finding; 0 when it is about a whole file."""
        span = self.first.location.span
        return span.line if span is not None else 0

    @property
    def severity(self) -> Severity:
        return max(finding.severity for finding in self.findings)


class RuleFindings(Struct, frozen=True):
    """The findings of one rule about one plugin."""

    rule: str
    rows: tuple[Row, ...]

    @property
    def severity(self) -> Severity:
        return max(row.severity for row in self.rows)


class PluginFindings(Struct, frozen=True):
    """The findings about one plugin, by rule, the most severe first."""

    plugin: str
    rules: tuple[RuleFindings, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for rule in self.rules for row in rule.rows for finding in row.findings)


def rows(findings: Iterable[Finding]) -> tuple[Row, ...]:
    """The findings as rows, most severe first. Those of one rule, plugin and `group` make one row."""
    grouped: dict[tuple[object, ...], list[Finding]] = {}
    for number, finding in enumerate(sorted(findings, key=weight)):
        alone = (number,)
        key = alone if finding.group is None else (finding.rule, finding.plugin, finding.group)
        grouped.setdefault(key, []).append(finding)
    return tuple(Row(tuple(members)) for members in grouped.values())


def outline(findings: Iterable[Finding]) -> tuple[PluginFindings, ...]:
    """The findings by plugin and rule. Plugins and rules stand in the order of their most severe finding."""
    plugins: dict[str, dict[str, list[Row]]] = {}
    for row in rows(findings):
        plugins.setdefault(row.first.plugin, {}).setdefault(row.first.rule, []).append(row)
    return tuple(
        PluginFindings(plugin, tuple(RuleFindings(rule, tuple(members)) for rule, members in rules.items()))
        for plugin, rules in plugins.items()
    )


def weight(finding: Finding) -> tuple[object, ...]:
    """Orders findings by what to read first: severity, confidence, place."""
    return (-finding.severity, finding.confidence is not Confidence.CERTAIN, *finding.sort_key)
