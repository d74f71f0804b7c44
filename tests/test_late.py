"""Modules that are imported when they are used."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.late import import_late, import_parts_late

ROOT = Path(__file__).parent.parent


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that writes a file when it is imported."""
    source = "import pathlib\npathlib.Path(__file__).with_name('imported').touch()\nVALUE = 1\nadd = max\n"
    (tmp_path / "seldom_used").mkdir()
    (tmp_path / "seldom_used/__init__.py").write_text(source, encoding="utf-8")
    (tmp_path / "seldom_used/part.py").write_text("VALUE = 2\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("seldom_used", "seldom_used.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return "seldom_used"


def test_a_module_is_imported_when_something_of_it_is_asked_for(module: str, tmp_path: Path) -> None:
    import_late(module)
    assert importlib.util.find_spec(module) is not None
    first = __import__(module)
    second = __import__(module)
    assert not (tmp_path / "seldom_used/imported").exists()
    assert (first.VALUE, second.VALUE) == (1, 1)
    assert (tmp_path / "seldom_used/imported").exists()
    assert __import__(module).__file__ == str(tmp_path / "seldom_used/__init__.py")
    with pytest.raises(AttributeError):
        _ = first.OTHER


def test_a_function_imports_its_module_when_it_is_called(module: str, tmp_path: Path) -> None:
    import_late(module, "add")
    add = __import__(module, fromlist=["add"]).add
    assert not (tmp_path / "seldom_used/imported").exists()
    assert add([1, 3, 2], default=0) == 3
    assert __import__(module).add is max


def test_a_part_of_a_package_is_found(module: str) -> None:
    import_late(module)
    assert importlib.import_module(f"{module}.part").__name__ == f"{module}.part"


def test_a_late_part_is_found_in_its_package(module: str) -> None:
    import_late(f"{module}.part")
    package = __import__(f"{module}.part")
    assert package.part.VALUE == 2
    assert package.part is sys.modules[f"{module}.part"]


def test_a_module_that_does_not_exist_is_not_found_later_either() -> None:
    import_late("there_is_no_such_module")
    with pytest.raises(ImportError):
        __import__("there_is_no_such_module")


def test_a_module_that_is_there_stays(module: str) -> None:
    there = __import__(module)
    import_late(module)
    assert sys.modules[module] is there


def imported_by(folder: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-X", "importtime", "-m", "bot", *arguments],
        cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "import time:" in line}


def test_a_review_imports_nothing_that_only_others_need() -> None:
    imported = imported_by(ROOT / "bot/examples/tool", "check", "--no-cache", "--format=json")
    assert "pydantic.plugin._loader" in imported
    assert imported.isdisjoint({"importlib.metadata", "email", "importlib.resources", "zoneinfo", "bot.report.schema"})


def test_the_action_imports_nothing_that_only_others_need() -> None:
    imported = imported_by(ROOT, "action")
    assert {"github.Auth", "requests"} <= imported
    assert imported.isdisjoint({"jwt", "cryptography", "nacl", "charset_normalizer.api", "github.PullRequest"})


def test_a_value_is_taken_from_a_part(module: str, tmp_path: Path) -> None:
    import_late(module, VALUE="part")
    assert __import__(module, fromlist=["VALUE"]).VALUE == 2
    assert not (tmp_path / "seldom_used/imported").exists()


def test_each_part_of_a_package_is_imported_when_something_of_it_is_asked_for(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seldom_used/second.py").write_text("raise LookupError\n", encoding="utf-8")
    (tmp_path / "seldom_used/inner").mkdir()
    (tmp_path / "seldom_used/inner/__init__.py").write_text("from . import deep\n", encoding="utf-8")
    (tmp_path / "seldom_used/inner/deep.py").write_text("VALUE = 3\n", encoding="utf-8")
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    import_parts_late(module)
    package = __import__(module, fromlist=["part", "second"])
    assert (tmp_path / "seldom_used/imported").exists()
    assert package.part.VALUE == 2
    assert package.second.__file__ == str(tmp_path / "seldom_used/second.py")
    with pytest.raises(LookupError):
        _ = package.second.VALUE
    assert importlib.import_module(f"{module}.inner.deep").VALUE == 3
    with pytest.raises(ImportError):
        importlib.import_module(f"{module}.none")
