"""Modules that are imported when they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.late import import_late

ROOT = Path(__file__).parent.parent


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that writes a file when it is imported."""
    source = "import pathlib\npathlib.Path(__file__).with_name('imported').touch()\nVALUE = 1\n"
    (tmp_path / "seldom_used.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "seldom_used", raising=False)
    return "seldom_used"


def test_a_module_is_imported_when_something_of_it_is_asked_for(module: str, tmp_path: Path) -> None:
    import_late(module)
    first = __import__(module)
    second = __import__(module)
    assert not (tmp_path / "imported").exists()
    assert (first.VALUE, second.VALUE) == (1, 1)
    assert (tmp_path / "imported").exists()
    assert __import__(module).__file__ == str(tmp_path / "seldom_used.py")
    with pytest.raises(AttributeError):
        _ = first.OTHER


def test_a_module_that_is_there_stays(module: str) -> None:
    there = __import__(module)
    import_late(module)
    assert sys.modules[module] is there


def test_the_action_imports_nothing_that_only_apps_need() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-X", "importtime", "-m", "bot", "action"],
        cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "import time:" in line}
    assert "github.Auth" in imported
    assert imported.isdisjoint({"jwt", "cryptography"})
