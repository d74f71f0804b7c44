"""A result, read back from its JSON."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from bot import __version__
from bot.errors import UsageError
from bot.findings import (
    Authority,
    Coverage,
    Edit,
    Finding,
    Fix,
    LocaleCoverage,
    Location,
    Move,
    Outside,
    Related,
    Severity,
    Span,
    Suppression,
    Unchecked,
    UnjudgedFile,
)
from bot.messages import with_said
from bot.report import escape, schema, words
from bot.report.json import counts, prefix_of
from bot.review.result import Asked, CapabilityRow, CheckRow, PassportSummary, PluginSummary, Result
from bot.review.support import Need, Releases, Support
from bot.upgrade.update import Break, Update


def from_json(text: str | bytes) -> Result:
    """The result that `render` made `text` of. Who wrote it is not trusted: limit its size before reading it.

    Raises `UsageError`, in one sentence, for anything else, and for a result that contradicts itself.
    """
    try:
        data = schema.ResultJSON.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = "/".join(str(part) for part in first["loc"]) or "the document"
        raise UsageError(
            f"this is not a result of {words.TOOL} {__version__}: {escape.clip(where, 200)}: {first['msg']}"
        ) from error
    result = Result(
        profile=data.profile,
        fail_on=None if data.fail_on == "never" else Severity.parse(data.fail_on),
        plugins=tuple(_plugin_from(plugin) for plugin in data.plugins),
        findings=tuple(_finding_from(finding) for finding in data.findings),
        unchecked=tuple(Unchecked(**entry.model_dump()) for entry in data.unchecked),
        coverage=_account_from(data.coverage),
        errors=tuple(data.errors),
        compared_to=data.compared_to,
        fixed=data.summary.fixed,
        unchanged=data.summary.unchanged,
        duration_ms=data.summary.duration_ms,
        submission=data.submission,
        asked=_asked_from(data.asked),
        plan=data.plan,
        shard=data.shard,
    )
    if data.conclusion is not result.conclusion or data.summary.model_dump() != counts(result):
        raise UsageError(f"this result of {words.TOOL} contradicts itself: its summary is not that of its findings")
    return with_said(result, {text: message.model_dump() for text, message in data.said.items()})


def _asked_from(data: schema.AskedJSON) -> Asked:
    lists = {name: tuple(getattr(data, name)) for name in ("select", "ignore", "locales")}
    return Asked(**{**data.model_dump(), **lists})


def _account_from(data: schema.AccountJSON) -> Coverage:
    return Coverage(
        data.reviewed,
        tuple(Outside(item.path, item.reason) for item in data.outside),
        tuple(UnjudgedFile(item.path, item.plugin, item.reason) for item in data.not_judged),
    )


def _plugin_from(data: schema.PluginJSON) -> PluginSummary:
    return PluginSummary(
        root=data.root,
        kind=data.kind,
        author=data.author,
        name=data.name,
        version=data.version,
        categories=tuple(data.categories),
        locales=_coverage_from(data.locales),
        base_locales=_coverage_from(data.base_locales),
        files=data.files,
        update=_update_from(data.update) if data.update is not None else None,
        passport=_passport_from(data.passport) if data.passport is not None else None,
        checks=tuple(
            CheckRow(row.id, row.title, row.state, tuple(row.findings), tuple(row.reasons)) for row in data.checks
        ),
        package_changes=tuple(data.package_changes),
        support=_support_from(data.dify) if data.dify is not None else None,
    )


def _passport_from(data: schema.PassportJSON) -> PassportSummary:
    return PassportSummary(
        data.level,
        tuple(CapabilityRow(row.name, row.count, tuple(row.places)) for row in data.capabilities),
        tuple(data.hosts),
        data.host_count,
        data.unreadable_calls,
        tuple(data.permissions),
    )


def _support_from(data: schema.SupportJSON) -> Support:
    return Support(
        data.needs,
        data.starts,
        tuple(Need(need.feature, need.since, need.older, need.path, need.line) for need in data.because),
        tuple(Releases(row.first, row.last, row.installs, row.lists, row.shows) for row in data.releases),
    )


def _update_from(data: schema.UpdateJSON) -> Update:
    return Update(
        old_version=data.old_version,
        new_version=data.new_version,
        announced=data.announced,
        right=data.right,
        count=data.count,
        breaks=tuple(_break_from(row) for row in data.breaks),
        lesser=tuple(data.lesser),
        news=tuple(data.news),
        not_compared=tuple(data.not_compared),
    )


def _break_from(data: schema.BreakJSON) -> Break:
    before = _location_from(data.before) if data.before is not None else None
    after = _location_from(data.after) if data.after is not None else None
    return Break(data.kind, data.old, data.new, data.change, data.effect, data.way_out, before, after)


def _coverage_from(data: Mapping[str, schema.CoverageJSON]) -> dict[str, LocaleCoverage]:
    return {locale: LocaleCoverage(**coverage.model_dump()) for locale, coverage in data.items()}


def _finding_from(data: schema.FindingJSON) -> Finding:
    return Finding(
        rule=data.rule,
        severity=Severity.parse(data.severity),
        message=data.message,
        location=_location_from(data),
        plugin=data.plugin,
        confidence=data.confidence,
        pointer=data.pointer,
        anchor=data.anchor,
        subject=data.subject,
        authorities=tuple(
            Authority(item.by, item.consequence, item.source, item.reach, item.since) for item in data.authorities
        ),
        fix=_fix_from(data.fix, prefix_of(data.plugin, data.member is not None)) if data.fix is not None else None,
        excerpt=data.excerpt,
        group=data.group,
        related=tuple(Related(_location_from(item), item.message, item.before, item.excerpt) for item in data.related),
        new=data.new,
        suppressed=Suppression(data.suppressed.where, data.suppressed.reason) if data.suppressed is not None else None,
        fingerprint=data.fingerprint,
    )


def _location_from(data: schema.LocationJSON) -> Location:
    span = None
    if data.line is not None and data.column is not None and data.end_line is not None and data.end_column is not None:
        span = Span(data.line, data.column, data.end_line, data.end_column)
    return Location(data.path or "", data.member, span, data.source)


def _fix_from(data: schema.FixJSON, prefix: str) -> Fix:
    """The fix, without what it does when a part of it is outside of the finding's plugin."""
    paths = [edit.path for edit in data.edits] + [path for move in data.moves for path in (move.path, move.to)]
    if not all(path.startswith(prefix) for path in paths):
        return Fix(data.title, data.safety)
    edits = (Edit(edit.path.removeprefix(prefix), Span(*edit.start, *edit.end), edit.text) for edit in data.edits)
    moves = (Move(move.path.removeprefix(prefix), move.to.removeprefix(prefix)) for move in data.moves)
    return Fix(data.title, data.safety, tuple(edits), tuple(moves))
