"""Findings as an editor shows them: at a range, with the rule's page, what happens, and other places."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from lsprotocol.types import (
    CodeDescription,
    Diagnostic,
    DiagnosticRelatedInformation,
    DiagnosticSeverity,
    DiagnosticTag,
    Location,
    Range,
)

from bot.findings import Finding, Related, Severity, Span
from bot.findings import Location as Place
from bot.languages import told
from bot.report.words import in_english
from bot.rules.registry import catalogue

SOURCE: Final = "dify-plugin-review"

_SEVERITIES: Final = {
    Severity.ERROR: DiagnosticSeverity.Error,
    Severity.WARNING: DiagnosticSeverity.Warning,
    Severity.NOTICE: DiagnosticSeverity.Information,
}
#: The rules about what could go without a loss: editors fade it.
_UNNECESSARY: Final = frozenset(
    {
        "schema/unknown-key",
        "schema/ignored-multiple",
        "schema/ignored-options",
        "python/unread-credential",
        "python/unread-parameter",
        "pull-request/unused-suppression",
    }
)

#: The address of a file and the range of a place in it; None for what no editor can open.
Locate = Callable[[Place, Span | None], tuple[str, Range] | None]


def message_of(finding: Finding) -> str:
    """What is wrong and what then happens, as plain text: an editor shows it as it is."""
    notes = (
        f"{told(authority.by.value)}: {told(authority.consequence)}"
        for authority in finding.authorities
        if authority.consequence not in finding.message
    )
    english = [said] if (said := in_english(finding)) else []
    return "\n".join([told(finding.message), *dict.fromkeys(notes), *english])


def diagnostic(finding: Finding, where: Range, locate: Locate) -> Diagnostic:
    rule = catalogue().get(finding.rule)
    return Diagnostic(
        range=where,
        message=message_of(finding),
        severity=_SEVERITIES[finding.severity],
        code=finding.rule,
        code_description=CodeDescription(rule.docs) if rule is not None else None,
        source=SOURCE,
        tags=[DiagnosticTag.Unnecessary] if finding.rule in _UNNECESSARY else None,
        related_information=_related(finding.related, locate) or None,
        data=finding.fingerprint,
    )


def not_judged(where: Range, sentence: str) -> Diagnostic:
    """What a review could not tell: a file without findings would look as if it were right."""
    return Diagnostic(range=where, message=sentence, severity=DiagnosticSeverity.Information, source=SOURCE)


def _related(related: Iterable[Related], locate: Locate) -> list[DiagnosticRelatedInformation]:
    found = []
    for item in related:
        # What is only in the version before is in no file that can be opened.
        place = None if item.before else locate(item.location, item.location.span)
        if place is not None:
            found.append(DiagnosticRelatedInformation(Location(*place), told(item.message)))
    return found
