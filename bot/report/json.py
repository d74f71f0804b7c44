"""The result as JSON; `bot.report.json_reader` reads it back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from msgspec.structs import asdict
from pydantic_core import PydanticSerializationError, to_json

from bot import __version__
from bot.findings import (
    Finding,
    Fix,
    LocaleCoverage,
    Location,
    Related,
    Span,
)
from bot.languages import spoken
from bot.messages import said_in
from bot.report import escape, json_bounds, words
from bot.review.result import Asked, PassportSummary, PluginSummary, Result
from bot.review.support import Support
from bot.rules.registry import docs_of
from bot.upgrade.update import Break, Update

#: So many plugins or findings are text at a time.
_BATCH: Final = 200


def render(result: Result) -> str:
    """The result in the form of `bot.report.schema.ResultJSON`, with a line break at its end."""
    return "".join(parts(result))


def parts(result: Result) -> Iterator[str]:
    """The same in pieces: as text, the findings of a large repository take much more memory than as they are."""
    text = dumps(_without_lists(result))
    for name, rows in (("plugins", map(_plugin, result.plugins)), ("findings", map(_finding, _sorted(result)))):
        # Lines of the result itself begin with two blanks, and those of what is in it with more.
        before, _, text = text.partition(f'\n  "{name}": []')
        yield f'{before}\n  "{name}": ['
        end = "]"
        while batch := list(islice(rows, _BATCH)):
            written = dumps({name: batch})
            yield ("," if end != "]" else "") + written.removeprefix(f'{{\n  "{name}": [').removesuffix("\n  ]\n}")
            end = "\n  ]"
        yield end
    yield text + "\n"


def dumps(data: object) -> str:
    """Indented JSON in ASCII: nothing in it is obeyed by a terminal, nor by the runner that it is printed to."""
    try:
        text = to_json(data, indent=2, ensure_ascii=True).decode("ascii")
    except PydanticSerializationError:  # Half of a surrogate pair, which JSON can escape all the same.
        text = json.dumps(data, indent=2)
    text = text.replace("\x7f", "\\u007f")
    # The runner obeys `##[command]` anywhere in a line. In JSON the signs can only be inside a string.
    return text.replace("##[", "#\\u0023[")


def to_data(result: Result) -> dict[str, Any]:
    """The result as plain data. Texts longer than the schema takes are clipped."""
    return {
        **_without_lists(result),
        "plugins": [_plugin(plugin) for plugin in result.plugins],
        "findings": [_finding(finding) for finding in _sorted(result)],
    }


def _sorted(result: Result) -> list[Finding]:
    return sorted(result.findings, key=lambda finding: finding.sort_key)


def _without_lists(result: Result) -> dict[str, Any]:
    """All but what there may be thousands of."""
    return {
        "version": json_bounds.VERSION,
        "tool": {"name": words.TOOL, "version": __version__},
        "conclusion": result.conclusion.value,
        "profile": result.profile.value,
        "fail_on": result.fail_on.label if result.fail_on is not None else "never",
        "compared_to": _name(result.compared_to),
        "submission": _path(result.submission),
        "asked": _asked(result.asked),
        "plan": _name(result.plan),
        "shard": result.shard,
        "plugins": [],
        "findings": [],
        "unchecked": [
            {
                "rule": _name(entry.rule),
                "plugin": _path(entry.plugin),
                "reason": _text(entry.reason),
                "blocking": entry.blocking,
            }
            for entry in result.unchecked
        ],
        "coverage": {
            "reviewed": result.coverage.reviewed,
            "outside": [
                {"path": _path(item.path), "reason": _text(item.reason)}
                for item in result.coverage.outside[: json_bounds.MAX_ENTRIES]
            ],
            "not_judged": [
                {"path": _path(item.path), "plugin": _path(item.plugin), "reason": _text(item.reason)}
                for item in result.coverage.not_judged[: json_bounds.MAX_ENTRIES]
            ],
        },
        "errors": [_text(error) for error in result.errors[: json_bounds.MAX_ERRORS]],
        "summary": counts(result),
        **({} if spoken().is_english else {"said": _said(result)}),
    }


def _said(result: Result) -> dict[str, Any]:
    """What the texts were made of, for who tells the stored result in another language."""
    return {text: data for text, data in said_in(result).items() if len(text) <= json_bounds.TEXT_POINTS}


def _asked(asked: Asked) -> dict[str, Any]:
    return {**asdict(asked), "config": _path(asked.config), "baseline": _path(asked.baseline)}


def counts(result: Result) -> dict[str, Any]:
    """The summary of a result: what there is of everything."""
    return {
        **{severity.label: result.count(severity) for severity in words.SEVERITIES},
        "suppressed": len(result.suppressed),
        "old": len(result.old),
        "fixed": result.fixed,
        "unchanged": result.unchanged,
        "plugins": len(result.plugins),
        "files": sum(plugin.files for plugin in result.plugins),
        "duration_ms": result.duration_ms,
    }


def _plugin(plugin: PluginSummary) -> dict[str, Any]:
    return {
        "root": _path(plugin.root),
        "kind": plugin.kind,
        "author": _text(plugin.author),
        "name": _text(plugin.name),
        "version": _text(plugin.version),
        "categories": list(plugin.categories),
        "locales": _coverage(plugin.locales),
        "base_locales": _coverage(plugin.base_locales),
        "files": plugin.files,
        "update": update_data(plugin.update) if plugin.update is not None else None,
        "passport": _passport(plugin.passport) if plugin.passport is not None else None,
        "checks": [
            {
                "id": row.id,
                "title": row.title,
                "state": row.state.value,
                "findings": list(row.findings[: json_bounds.MAX_IN_ROW]),
                "reasons": [_text(reason) for reason in row.reasons[: json_bounds.MAX_IN_ROW]],
            }
            for row in plugin.checks
        ],
        "package_changes": [_text(text) for text in plugin.package_changes[: json_bounds.MAX_IN_ROW]],
        "dify": _support(plugin.support) if plugin.support is not None else None,
    }


def _support(support: Support) -> dict[str, Any]:
    return {
        "needs": support.needs,
        "starts": support.starts,
        "because": [
            {"feature": _text(need.feature), "since": need.since, "older": need.older, "path": _path(need.path)}
            | {"line": need.line}
            for need in support.because
        ],
        "releases": [asdict(row) for row in support.releases],
    }


def _passport(passport: PassportSummary) -> dict[str, Any]:
    return {
        "level": passport.level,
        "capabilities": [
            {"name": row.name, "count": row.count, "places": [_path(place) for place in row.places]}
            for row in passport.capabilities
        ],
        "hosts": [_text(host) for host in passport.hosts],
        "host_count": passport.host_count,
        "unreadable_calls": passport.unreadable_calls,
        "permissions": [_text(name) for name in passport.permissions[: json_bounds.MAX_IN_ROW]],
    }


def update_data(update: Update) -> dict[str, Any]:
    """An update as plain data; of long lists the beginning."""
    return {
        "old_version": _text(update.old_version),
        "new_version": _text(update.new_version),
        "announced": update.announced,
        "right": update.right,
        "count": update.count,
        "breaks": [_break(each) for each in update.breaks[: json_bounds.MAX_CHANGES]],
        "lesser": [_text(each) for each in update.lesser[: json_bounds.MAX_CHANGES]],
        "news": [_text(each) for each in update.news[: json_bounds.MAX_CHANGES]],
        "not_compared": [_text(each) for each in update.not_compared[: json_bounds.MAX_CHANGES]],
    }


def _break(row: Break) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "old": _text(row.old),
        "new": _text(row.new),
        "change": _text(row.change),
        "effect": _text(row.effect),
        "way_out": _text(row.way_out),
        "before": _location(row.before) if row.before is not None else None,
        "after": _location(row.after) if row.after is not None else None,
    }


def _location(location: Location) -> dict[str, Any]:
    return {"path": _path(location.path), "member": _path(location.member), **_position(location.span)}


def _coverage(locales: Mapping[str, LocaleCoverage]) -> dict[str, Any]:
    return {locale: asdict(coverage) for locale, coverage in locales.items()}


def _finding(finding: Finding) -> dict[str, Any]:
    location, span = finding.location, finding.location.span
    return {
        "rule": finding.rule,
        "severity": finding.severity.label,
        "confidence": finding.confidence.value,
        "message": _text(finding.message),
        "path": _path(location.path) if location.source is None else None,
        "source": location.source,
        "member": _path(location.member),
        **_position(span),
        "plugin": _path(finding.plugin),
        "pointer": _text(finding.pointer),
        "anchor": _text(finding.anchor),
        "subject": _text(finding.subject),
        "group": _text(finding.group),
        "authorities": [
            {"by": item.by.value, "consequence": _text(item.consequence), "source": _text(item.source)}
            | ({"reach": item.reach.value, "since": item.since} if item.reach else {})
            for item in finding.authorities[: json_bounds.MAX_AUTHORITIES]
        ],
        **({"excerpt": _text(finding.excerpt)} if finding.excerpt else {}),
        "related": [_related(item) for item in finding.related[: json_bounds.MAX_RELATED]],
        "new": finding.new,
        "fingerprint": finding.fingerprint,
        "suppressed": finding.suppressed
        and {"where": _text(finding.suppressed.where), "reason": _text(finding.suppressed.reason)},
        "fix": finding.fix and _fix(finding.fix, prefix_of(finding.plugin, location.member is not None)),
        "docs": docs_of(finding.rule),
    }


def _position(span: Span | None) -> dict[str, int | None]:
    return {
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
    }


def _related(related: Related) -> dict[str, Any]:
    return {
        **_location(related.location),
        "message": _text(related.message),
        "before": related.before,
        **({"excerpt": _text(related.excerpt)} if related.excerpt else {}),
    }


def _fix(fix: Fix, prefix: str) -> dict[str, Any]:
    edits = [
        {
            "path": prefix + edit.path,
            "start": [edit.span.line, edit.span.column],
            "end": [edit.span.end_line, edit.span.end_column],
            "text": edit.text,
        }
        for edit in fix.edits
    ]
    moves = [{"path": prefix + move.path, "to": prefix + move.to} for move in fix.moves]
    # A part of a fix is not a fix, and a path or text that cannot be written as it is would be another one.
    whole = (
        max(len(edits), len(moves)) <= json_bounds.MAX_EDITS
        and all(_is_writable(edit.text, prefix + edit.path) for edit in fix.edits)
        and all(_is_writable("", path) for move in moves for path in move.values())
    )
    made = {"title": _text(fix.title), "safety": fix.safety.value, "edits": edits if whole else []}
    return {**made, "moves": moves} if moves and whole else made


def _is_writable(text: str, path: str) -> bool:
    short = len(text) <= json_bounds.EDIT_POINTS and len(path) <= json_bounds.PATH_POINTS
    return short and escape.encodable(text) == text and escape.encodable(path) == path


def prefix_of(plugin: str, is_package: bool) -> str:
    """What stands before a path from a plugin's root to make it one from the repository's."""
    if is_package:
        return f"{plugin}!"
    return "" if plugin == "." else f"{plugin}/"


def _text(text: str | None) -> str | None:
    return None if text is None else escape.clip(text, json_bounds.TEXT_POINTS)


def _path(path: str | None) -> str | None:
    return None if path is None else escape.clip(path, json_bounds.PATH_POINTS)


def _name(name: str | None) -> str | None:
    return None if name is None else escape.clip(name, json_bounds.NAME_POINTS)
