"""Which findings count, and how much: selection of rules, severities, profiles, ignored paths, suppressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.findings import Finding
from bot.options import Options
from bot.plugin import Plugin


def selected(rule: str, options: Options) -> bool:
    """Whether a rule runs: selected by id or family (when any are), and neither ignored nor switched off."""
    names = (rule, rule.partition("/")[0])
    if options.select and not any(name in options.select for name in names):
        return False
    if any(name in options.ignore for name in names):
        return False
    return all(options.severities.get(name, ...) is not None for name in names)


def apply_policy(findings: Sequence[Finding], plugin: Plugin) -> list[Finding]:
    """The findings with the severities that the configuration gives them."""
    result = []
    for finding in findings:
        for name in (finding.rule, finding.rule.partition("/")[0]):
            severity = plugin.options.severities.get(name)
            if severity is not None:
                finding = replace(finding, severity=severity)
                break
        result.append(finding)
    return result
