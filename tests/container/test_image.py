"""The image as GitHub's runner uses it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import bot
from tests.container.engine import PROJECT, Image, run_action
from tests.support.job import BROKEN_TOOL, TOOL

pytestmark = pytest.mark.container

TRAP = """
import pathlib
pathlib.Path("/github/workspace/IMPORTED").write_text(__file__)
"""
"""A module that tells on whoever imports it."""


def set_traps(workspace: Path) -> None:
    """Modules that the reviewed change brings along, named like the ones that the Action and Python itself import."""
    for name in ("bot", "yaml", "github", "pydantic", "sitecustomize", "usercustomize", "json", "argparse"):
        (workspace / f"{name}.py").write_text(TRAP, encoding="utf-8")
        (workspace / name).mkdir()
        (workspace / name / "__init__.py").write_text(TRAP, encoding="utf-8")
        (workspace / name / "__main__.py").write_text(TRAP, encoding="utf-8")


def test_says_its_version(image: Image) -> None:
    shown = image.run("--version")
    assert shown.returncode == 0, shown.stderr
    assert bot.__version__ in shown.stdout


def test_runs_as_the_runner_needs_it(image: Image) -> None:
    config = image.config()
    entry_point = config["Entrypoint"]
    assert isinstance(entry_point, list)
    assert entry_point[0] == "/opt/venv/bin/python"
    assert "-I" in entry_point
    assert config["Cmd"] == ["action"]
    assert not config.get("User"), "a container action has to be root to use its workspace and command files"
    assert config.get("WorkingDir") in (None, "", "/")


def test_has_git_and_nothing_to_install_with(image: Image) -> None:
    assert image.run("--version", options=["--entrypoint", "git"]).stdout.startswith("git version")
    assert image.run("-m", "pip", "--version", options=["--entrypoint", "/opt/venv/bin/python"]).returncode != 0


def test_compiles_nothing_when_it_starts(image: Image) -> None:
    code = """
import os, sys
import bot.action.job
from bot.report.template import COMPILED
assert list(COMPILED.glob("__pycache__/*.pyc"))
sources = [m.__cached__ for m in sys.modules.values() if getattr(m, "__cached__", None)]
print(*(path for path in sources if not os.path.exists(path)))
"""
    shown = image.run("-I", "-B", "-c", code, options=["--entrypoint", "/opt/venv/bin/python"])
    assert shown.stdout == "\n", shown.stderr


def test_needs_no_network_no_rights_and_no_disk(image: Image) -> None:
    shown = image.engine.docker(
        "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", image.name, "rules"
    )
    assert shown.returncode == 0, shown.stderr
    assert "manifest/" in shown.stdout


def verdict(report: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(report)
    del loaded["summary"]["duration_ms"]
    return loaded


def test_gives_the_verdict_of_the_package_that_is_published(image: Image, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    build = [sys.executable, "-P", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=PROJECT, capture_output=True, check=True)
    pip = [sys.executable, "-P", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*pip, str(installed), *map(str, tmp_path.glob("*.whl"))], check=True)
    workspace = tmp_path / "workspace"
    shutil.copytree(PROJECT / "bot" / "examples", workspace)
    (workspace / "tool" / PurePosixPath(TOOL).relative_to("weather")).write_text(BROKEN_TOOL, encoding="utf-8")

    here = subprocess.run(
        [sys.executable, "-P", "-m", "bot", "check", "--format", "json"],
        cwd=workspace, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    inside = run_action(image, workspace, arguments=["check", "--format", "json"])
    assert (here.returncode, inside.exit_code) == (1, 1), here.stderr + inside.stderr
    assert len(verdict(here.stdout)["findings"]) > 3
    assert verdict(inside.stdout) == verdict(here.stdout)


def test_imports_nothing_from_the_reviewed_change(image: Image, tmp_path: Path) -> None:
    set_traps(tmp_path)
    run = run_action(image, tmp_path, arguments=["rules"], env={"PYTHONPATH": "/github/workspace"})
    assert run.exit_code == 0, run.stderr
    assert not (tmp_path / "IMPORTED").exists(), (tmp_path / "IMPORTED").read_text()


def test_the_traps_would_go_off(image: Image, tmp_path: Path) -> None:
    """What the test above relies on: the same workspace, with Python started as one usually does."""
    set_traps(tmp_path)
    run_action(
        image, tmp_path, arguments=["-m", "bot", "rules"], env={"PYTHONSAFEPATH": ""},
        options=["--entrypoint", "/opt/venv/bin/python"],
    )  # fmt: skip
    assert (tmp_path / "IMPORTED").exists()


def test_an_input_with_a_hyphen_arrives(image: Image, tmp_path: Path) -> None:
    shown = run_action(
        image, tmp_path, inputs={"fail-on": "never"}, arguments=["-c", "import os; print(os.environ['INPUT_FAIL-ON'])"],
        options=["--entrypoint", "/opt/venv/bin/python"],
    )  # fmt: skip
    assert shown.stdout == "never\n", shown.stderr


def test_reads_a_workspace_of_another_user(image: Image, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to review", encoding="utf-8")
    run = run_action(image, tmp_path, arguments=["check", "--format", "json"])
    assert run.exit_code == 0, run.stderr
    assert '"nothing-to-check"' in run.stdout
