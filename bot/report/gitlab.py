"""The result as GitLab's report of code quality: a list of issues, which it compares with that of the target branch."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from bot.findings import Finding, Severity
from bot.options import Profile
from bot.report import escape, words
from bot.report.json import dumps
from bot.review.result import Result

_SEVERITIES: Final = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTICE: "info"}


def render(result: Result) -> str:
    """The findings that count, what could have failed the review and was not judged, and faults of the tool."""
    not_judged = "info" if result.profile is Profile.AUTHOR else "critical"
    issues = [_issue(finding) for finding in result.active]
    issues += [
        _other(entry.rule, not_judged, entry.plugin, f"Not judged: {entry.reason}") for entry in result.open_questions
    ]
    issues += [_other("tool-error", "blocker", ".", text) for text in result.errors]
    return dumps(issues) + "\n"


def _issue(finding: Finding) -> dict[str, Any]:
    location = finding.location
    return {
        "description": escape.visible(words.standalone(finding)),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": escape.visible(location.path if location.source is None else finding.plugin),
            "lines": {"begin": location.span.line if location.span is not None and words.is_in_file(finding) else 1},
        },
    }


def _other(name: str, severity: str, plugin: str, text: str) -> dict[str, Any]:
    key = "\0".join((name, plugin, text))
    return {
        "description": escape.visible(text),
        "check_name": name,
        "fingerprint": hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:20],
        "severity": severity,
        "location": {"path": escape.visible(plugin), "lines": {"begin": 1}},
    }
