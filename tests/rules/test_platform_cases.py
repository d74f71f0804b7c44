"""What the platform makes of a declaration that packager, installer and SDK accept, or nearly.

`tests/data/platform.jsonl` has a case a line. The `edits` are made to a bundled plugin (`base`) with the `context`: for
each file the lines that are replaced, or null for a file that is gone. The findings that this adds are judged:
`expect` is the severity of one at one of the `places` (a file and a pointer), at most `max`; `none` means no error,
`quiet` neither errors nor warnings. What matches `never` would be false.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.document import read_document
from bot.findings import Finding, Severity
from bot.options import Options
from bot.plugin import PluginRoot
from bot.review.engine import review
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.support.edits import edited

_LINES = (Path(__file__).parents[1] / "data" / "platform.jsonl").read_text(encoding="utf-8").splitlines()
CASES: dict[str, Any] = {case["id"]: case for case in map(json.loads, _LINES)}


def findings(files: Mapping[str, bytes]) -> dict[str, Finding]:
    result = review(MemoryTree(files), [PluginRoot("")], Options())
    assert result.errors == ()
    return {finding.fingerprint: finding for finding in result.findings}


def lines_of(content: bytes, path: str, pointer: str) -> set[int | None]:
    """The lines at which a finding about a pointer may be: key, value or the head of the parent, which has no key."""
    document = read_document(path, content)
    parts: tuple[str | int, ...] = ()
    value = document.data
    for step in pointer.split("/")[1:]:
        key: str | int = int(step) if isinstance(value, list) else step
        if not (isinstance(value, list) and int(key) < len(value)) and not (isinstance(value, dict) and key in value):
            break
        parts, value = (*parts, key), value[key]  # type: ignore[index]
    places = [document.span(parts), document.span_of_key(parts)]
    lines: set[int | None] = {line for span in places for line in range(span.line, span.end_line + 1)}
    lines |= {document.span_of_key(parts[:-1]).line, document.span(parts[:-1]).line} if parts else set()
    return lines | ({1, None} if len(parts) <= 1 else set())


@pytest.mark.parametrize("name", CASES)
def test_the_case(name: str) -> None:
    case = CASES[name]
    before = edited(example_plugin(case["base"]), case.get("context", {}))
    after = edited(before, case["edits"])
    known = findings(before)
    new = [finding for fingerprint, finding in findings(after).items() if fingerprint not in known]
    said = [(str(finding.severity), finding.rule, finding.location) for finding in new]
    if "never" in case:
        texts = [" ".join((each.message, *(a.consequence for a in each.authorities))) for each in new]
        assert not [text for text in texts if re.search(case["never"], text)]
    if case["expect"] in ("none", "quiet"):
        worst = Severity.WARNING if case["expect"] == "none" else Severity.NOTICE
        assert [each for each in new if each.severity > worst] == [], said
        return
    least, most = Severity.parse(case["expect"]), Severity.parse(case.get("max", "error"))
    places = [(path, line) for path, at in case["places"] if path in after for line in lines_of(after[path], path, at)]
    assert [
        each
        for each in new
        if least <= each.severity <= most
        and (each.location.path, each.location.span.line if each.location.span else None) in places
    ], said
