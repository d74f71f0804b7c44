"""Plugins rebuilt from problems that people reported in public: each with the place where the answer has to stand.

`tests/data/reported.jsonl` has a case a line: what differs from a bundled example plugin (`base`), and what a review
has to say. A case is right when a finding that the example does not have stands in the expected file (or folder), at
the expected line or one beside it, and is at least as severe as the mildest severity listed. Where no error is listed,
the plugin works, and no other finding may be an error. `silent` cases have neither errors nor warnings; what `never`
matches is said of none.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.findings import Finding, Severity
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import Base, review
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree

_LINES = (Path(__file__).parents[1] / "data" / "reported.jsonl").read_text(encoding="utf-8").splitlines()
CASES: dict[str, Any] = {case["id"]: case for case in map(json.loads, _LINES)}


def _content(written: str | Mapping[str, Any]) -> bytes:
    if isinstance(written, str):
        return written.encode()
    return bytes(written["zeros"]) if "zeros" in written else base64.b64decode(written["base64"])


def _tree(base: str, files: Mapping[str, Any], removed: Iterable[str]) -> MemoryTree:
    made = {path: content for path, content in example_plugin(base).items() if path not in removed}
    return MemoryTree({**made, **{path: _content(written) for path, written in files.items()}})


def _findings(tree: MemoryTree, profile: Profile, base: MemoryTree | None = None) -> list[Finding]:
    result = review(tree, find_roots(tree), Options(profile=profile), Base(base, "base") if base else None)
    assert result.errors == ()
    return [finding for finding in result.findings if finding.new]


@cache
def _of_example(base: str) -> frozenset[tuple[str, str, str]]:
    """What is said to the author of the untouched example."""
    if not base:
        return frozenset()
    findings = _findings(_tree(base, {}, ()), Profile.AUTHOR)
    return frozenset((finding.rule, finding.location.path, finding.message) for finding in findings)


def _answers(finding: Finding, file: str, line: int | None) -> bool:
    path, span = finding.location.path, finding.location.span
    if path != file and not path.startswith(f"{file}/"):
        return False
    return line is None or (span is not None and abs(span.line - line) <= 1)


@pytest.mark.parametrize("name", CASES)
def test_what_was_reported_is_found(name: str) -> None:
    case = CASES[name]
    profile = Profile(case.get("profile", "author"))
    before = case.get("before")
    base = _tree(case["base"], before, case.get("removed_before", ())) if before is not None else None
    findings = _findings(_tree(case["base"], case["files"], case.get("removed", ())), profile, base)
    if "never" in case:
        assert not [finding.message for finding in findings if re.search(case["never"], finding.message)]
    known, ignored = _of_example(case["base"]), case.get("ignore")
    added = [
        finding
        for finding in findings
        if (finding.rule, finding.location.path, finding.message) not in known
        and not (ignored and re.search(ignored, finding.message))
    ]
    shown = "\n".join(f"{each.severity.label} {each.rule} {each.location} {each.message}" for each in added)
    if case.get("silent"):
        assert all(finding.severity is Severity.NOTICE for finding in added), shown
        return
    expected = case["expected"]
    severities = [Severity.parse(severity) for severity in expected["severity"]]
    places = [(each["file"], each["line"]) for each in (expected, *expected.get("or", ()))]
    answers = [
        finding
        for finding in added
        if finding.severity >= min(severities) and any(_answers(finding, *place) for place in places)
    ]
    assert answers, shown
    if Severity.ERROR not in severities:
        assert all(finding.severity < Severity.ERROR for finding in added), shown
