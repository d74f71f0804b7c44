"""The ratio of instructions is held to the recorded one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import instructions

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "instructions.json"
    path.write_text(json.dumps({VERSION: 10.0, "2.7": 1.0}))
    monkeypatch.setattr(instructions, "RECORD", path)
    return path


def measured(monkeypatch: pytest.MonkeyPatch, ratio: float, *arguments: str) -> int:
    monkeypatch.setattr(instructions, "ratio", lambda: ratio)
    monkeypatch.setattr(sys, "argv", ["instructions", *arguments])
    return instructions.main()


@pytest.mark.parametrize(("ratio", "code"), [(10.29, 0), (9.71, 0), (10.31, 1), (9.69, 1)])
def test_what_is_off_by_more_than_three_percent_fails(
    record: Path, monkeypatch: pytest.MonkeyPatch, ratio: float, code: int
) -> None:
    assert measured(monkeypatch, ratio) == code


def test_what_is_recorded_counts_from_then_on(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(monkeypatch, 20.0, "--record") == 0
    assert json.loads(record.read_text()) == {VERSION: 20.0, "2.7": 1.0}
    assert measured(monkeypatch, 20.0) == 0


def test_a_python_without_a_record_is_told(
    record: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record.write_text("{}")
    assert measured(monkeypatch, 1.0) == 0
    assert "Nothing was compared" in capsys.readouterr().out


def test_there_is_a_record_for_the_python_of_ci() -> None:
    ci = (Path(__file__).parents[1] / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    python = ci.partition("- part: cost")[2].partition("python: '")[2].partition("'")[0]
    assert python in json.loads(instructions.RECORD.read_text(encoding="utf-8"))
