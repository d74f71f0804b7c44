"""A baseline: a file with the findings that a repository had when its reviews began. They count as old.

A finding is recognised by its fingerprint, so its line may move. A finding that is not surely the same counts as new. A
baseline lies in the repository, where a change could add one: only the command line takes it, and the Action does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Final, Literal

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import UsageError
from bot.findings import quote
from bot.review.result import Result
from bot.submission.submission import is_package

#: A larger baseline is refused (bytes). That of the official repository has 1 MB.
MAX_BYTES: Final = 16 * 1024 * 1024

_Text = Annotated[str, Field(max_length=4096)]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    plugin: _Text
    path: _Text
    rule: _Text
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    baseline: Literal[1]
    findings: tuple[_Entry, ...]


class Baseline(Struct, frozen=True):
    """The findings of a baseline. `name` is its file, as it was named."""

    name: str
    entries: tuple[_Entry, ...]


def read_baseline(content: bytes, name: str) -> Baseline:
    """Raises `UsageError` for what is not a baseline."""
    try:
        if len(content) > MAX_BYTES:
            raise ValueError
        return Baseline(name, _File.model_validate_json(content).findings)
    except (ValidationError, ValueError) as error:
        raise UsageError(f"{quote(name)} is not a baseline: `check --write-baseline FILE` makes one") from error


def baseline_of(result: Result) -> tuple[str, int]:
    """The findings of a result as the text of a baseline, and how many they are: those that count, and old ones.

    What is in packages is left out: a package is published as it is now, whatever was in the one before.
    """
    known = sorted(
        {
            (finding.location.path, finding.rule, finding.fingerprint, finding.plugin)
            for finding in (*result.active, *result.old)
            if not is_package(finding.plugin)
        }
    )
    # A line for each finding, so that a change of the file can be read, and merged.
    lines = [
        json.dumps({"plugin": plugin, "path": path, "rule": rule, "fingerprint": fingerprint}, ensure_ascii=False)
        for path, rule, fingerprint, plugin in known
    ]
    body = ",".join(f"\n    {line}" for line in lines) + ("\n  " if lines else "")
    return f'{{\n  "baseline": 1,\n  "findings": [{body}]\n}}\n', len(known)


def against(result: Result, baseline: Baseline, ran: Callable[[str], bool]) -> Result:
    """The result with what the baseline has as old. `ran` says of a rule whether it was asked for."""
    known = {entry.fingerprint for entry in baseline.entries}
    findings = tuple(
        replace(finding, new=False) if finding.fingerprint in known and not is_package(finding.plugin) else finding
        for finding in result.findings
    )
    return replace(
        result,
        findings=findings,
        fixed=sum(1 for _ in _gone(result, baseline.entries, ran)),
        asked=replace(result.asked, baseline=baseline.name),
    )


def _gone(result: Result, entries: Iterable[_Entry], ran: Callable[[str], bool]) -> Iterable[_Entry]:
    """The entries whose findings are surely gone: their plugin, file and rule were judged."""
    there = {finding.fingerprint for finding in result.findings}
    plugins = {plugin.root for plugin in result.plugins}
    files = {file.path for file in result.coverage.not_judged}
    rules = {(entry.plugin, entry.rule) for entry in result.unchecked}
    for entry in entries:
        is_judged = entry.path not in files and (entry.plugin, entry.rule) not in rules and ran(entry.rule)
        if entry.fingerprint not in there and entry.plugin in plugins and is_judged:
            yield entry
