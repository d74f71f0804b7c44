"""The floor under what the tests cover can be fallen through."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import coverage_floor
from tests.support.coverage_floor import EACH, LESS, TOTAL, complaints


def report(total: float = 99.0, **files: float) -> dict[str, Any]:
    figures = {
        **dict.fromkeys(LESS, 0.0),
        **{name.replace("__", "/") + ".py": figure for name, figure in files.items()},
    }
    return {
        "totals": {"percent_covered": total},
        "files": {path: {"summary": {"percent_covered": figure}} for path, figure in figures.items()},
    }


def test_enough_is_enough() -> None:
    assert complaints(report(TOTAL, bot__a=EACH, bot__b=100.0)) == []


def test_less_than_the_floor_is_told() -> None:
    (told,) = complaints(report(TOTAL - 0.01))
    assert told.startswith(f"The tests cover {TOTAL - 0.01:.2f} % of the project")


def test_a_file_that_is_hardly_covered_is_told() -> None:
    assert complaints(report(bot__a=EACH - 0.1, bot__b=EACH)) == [
        f"The tests cover {EACH - 0.1:.1f} % of bot/a.py, and {EACH:.0f} % are expected."
    ]


def test_a_reason_that_is_not_needed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_floor, "LESS", {"bot/a.py": "why", "bot/gone.py": "why"})
    made = report()
    made["files"] = {"bot/a.py": {"summary": {"percent_covered": 95.0}}}
    assert complaints(made) == [
        "The tests cover 95.0 % of bot/a.py: it needs no reason any more.",
        "bot/gone.py is not there: it needs no reason.",
    ]
