"""Updates that take something away, and some that do not: what breaks is told at its place, and nothing else.

`tests/data/upgrades.jsonl` has a case a line: how the version before differs from a bundled plugin (`base`), how the
new one differs from that, and each break with its severity, file, line and the name that workflows know. Without one,
the update breaks nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.findings import Finding, Severity
from bot.options import Options
from bot.plugin import PluginRoot
from bot.review.engine import Base, review
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.support.edits import edited

_LINES = (Path(__file__).parents[2] / "data" / "upgrades.jsonl").read_text(encoding="utf-8").splitlines()
CASES: dict[str, Any] = {case["id"]: case for case in map(json.loads, _LINES)}


def _place(finding: Finding) -> tuple[str, str, int | None]:
    span = finding.location.span
    return finding.severity.label, finding.location.path, span.line if span is not None else None


@pytest.mark.parametrize("name", CASES)
def test_the_case(name: str) -> None:
    case = CASES[name]
    old = edited(example_plugin(case["base"]), case["old"])
    base = Base(MemoryTree(old), "v0.1.0")
    result = review(MemoryTree(edited(old, case["new"])), [PluginRoot("")], Options(), base)
    found = [each for each in result.active if each.rule.startswith("upgrade/")]
    expected = [(each["severity"], each["file"], each["line"]) for each in case["expected"]]
    if not expected:
        assert [each for each in found if each.severity > Severity.NOTICE] == []
        return
    assert sorted(map(_place, found)) == sorted(expected)
    for each in case["expected"]:
        told = [one for one in found if _place(one)[1:] == (each["file"], each["line"])]
        assert any(each.get("value", each["subject"]) in f"{one.message} {one.pointer}" for one in told)
