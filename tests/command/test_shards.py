"""A plan shares all plugins out, and the results of its shards come to the verdict of one review, or to none."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import yaml

import bot.review.engine
from bot.command.cli import main
from bot.command.shards import MAX_SHARDS
from tests.support.standin import Workspace

PROJECT = "dify-plugin-review/dify-plugin-review"
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "bot" / "examples"


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: two copies of each bundled plugin, one of them with an error."""
    folder = tmp_path / "plugins"
    for copy in ("a", "b"):
        shutil.copytree(EXAMPLES, folder / copy, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = folder / "b" / "tool" / "manifest.yaml"
    manifest.write_bytes(manifest.read_bytes().replace(b"type: plugin", b"type: plugin\nmemory: 1", 1))
    tags = folder / "b" / "model" / "manifest.yaml"
    tags.write_text(tags.read_text() + "tags:\n  - wheather\n")
    monkeypatch.chdir(folder)
    return folder


def run(*arguments: str) -> int:
    return main(list(arguments))


def planned(count: int) -> dict[str, Any]:
    assert run("plan", f"--shards={count}", "--output=plan.json") == 0
    plan: dict[str, Any] = json.loads(Path("plan.json").read_bytes())
    return plan


def reviewed(plan: dict[str, Any], *options: str) -> list[str]:
    names = []
    for number in range(1, len(plan["shards"]) + 1):
        names.append(f"result-{number}.json")
        run("check", "--plan=plan.json", f"--shard={number}", "--format=json", f"--output={names[-1]}", *options)
    return names


def data(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(name).read_bytes())
    return loaded


def said(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(each["rule"], each["severity"], each["path"], each["line"], each["column"]) for each in result["findings"]]


@pytest.mark.parametrize("count", [1, 3, 100])
def test_the_shards_come_to_the_verdict_of_one_review(plugins: Path, count: int) -> None:
    code = run("check", "--format=json", "--output=whole.json")
    plan = planned(count)
    assert len(plan["shards"]) == min(count, 12)
    assert run("merge", "plan.json", *reviewed(plan), "--format=json", "--output=merged.json") == code == 1
    whole, merged = data("whole.json"), data("merged.json")
    assert said(merged) == said(whole)
    assert merged["conclusion"] == whole["conclusion"] == "failed"
    assert merged["coverage"] == whole["coverage"]
    assert {each["root"] for each in merged["plugins"]} == {each["root"] for each in whole["plugins"]}


def test_the_matrix_is_what_a_workflow_takes(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planned(4)
    assert json.loads(capsys.readouterr().out) == {"shard": [1, 2, 3, 4]}


def test_shards_cost_about_the_same(plugins: Path) -> None:
    costs = [shard["cost_ms"] for shard in planned(3)["shards"]]
    assert max(costs) < 1.2 * min(costs)


def test_the_same_plugins_have_the_same_plan(plugins: Path) -> None:
    assert planned(3) == planned(3)
    first = planned(3)["plan"]
    (plugins / "a" / "tool" / "main.py").write_text("# longer\n" * 1000)
    assert planned(3)["plan"] != first


def test_a_plugin_in_another_is_reviewed_once(plugins: Path) -> None:
    shutil.copytree(plugins / "a" / "model", plugins / "a" / "tool" / "inner")
    (plugins / "a" / "tool" / "tool.difypkg").write_bytes(b"beside the manifest")
    plan = planned(5)
    (shard,) = [shard for shard in plan["shards"] if "a/tool" in shard["plugins"]]
    assert "a/tool/inner" in shard["plugins"]
    assert "a/tool/inner" not in shard["paths"]
    assert run("merge", "plan.json", *reviewed(plan), "--format=json", "--output=merged.json") == 1
    roots = [each["root"] for each in data("merged.json")["plugins"]]
    assert len(roots) == len(set(roots)) == 13


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_shard_without_a_result_is_no_pass(plugins: Path, capsys: pytest.CaptureFixture[str], lost: int) -> None:
    shutil.rmtree(plugins / "b")
    plan = planned(3)
    names = reviewed(plan)
    assert run("merge", "plan.json", *names) == 0
    del names[lost]
    capsys.readouterr()
    assert run("merge", "plan.json", *names) == 3
    number = len(plan["shards"][lost]["plugins"])
    assert f"Shard {lost + 1} of 3 has no result: {number} plugins were not reviewed." in capsys.readouterr().out


def test_a_result_without_one_of_its_plugins_is_no_pass(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(plugins / "b")
    plan = planned(2)
    names = reviewed(plan)
    result = data(names[0])
    gone = result["plugins"].pop()
    result["findings"] = [each for each in result["findings"] if each["plugin"] != gone["root"]]
    result["summary"] |= {
        "plugins": len(result["plugins"]),
        **{
            name: sum(each["severity"] == name for each in result["findings"])
            for name in ("error", "warning", "notice")
        },
    }
    result["summary"]["files"] -= gone["files"]
    Path(names[0]).write_text(json.dumps(result))
    assert run("merge", "plan.json", *names) == 3
    assert "has a result about other plugins" in capsys.readouterr().out


def test_results_of_something_else_are_refused(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = reviewed(planned(2))
    run("check", "--format=json", "--output=whole.json")
    for arguments, message in (
        ((names[0], names[0]), "is a second result of shard 1"),
        (("whole.json",), "is not a result of this plan"),
        (("plan.json",), "this is not a result"),
        (("nowhere.json",), "cannot be read: No such file"),
    ):
        assert run("merge", "plan.json", *arguments) == 2
        assert message in capsys.readouterr().err
    reviewed(planned(2))
    run("check", "--plan=plan.json", "--shard=2", "--format=json", "--output=result-2.json", "--fail-on=notice")
    assert run("merge", "plan.json", *names) == 2
    assert "different profiles" in capsys.readouterr().err
    run("check", "--plan=plan.json", "--shard=2", "--format=json", "--output=result-2.json", "--select=locale")
    assert run("merge", "plan.json", *names) == 2
    assert "other options" in capsys.readouterr().err
    reviewed(planned(2))
    run("merge", "plan.json", *names, "--format=json", "--output=merged.json")
    assert run("merge", "plan.json", "merged.json") == 2
    assert "is not a result of one shard" in capsys.readouterr().err
    planned(3)
    assert run("merge", "plan.json", *names) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "--output=p.json", "--shards=0"], f"from 1 to {MAX_SHARDS}"),
        (["plan", "--output=p.json", "nowhere"], "there is no file or folder `nowhere`"),
        (["check", "--plan=plan.json"], "--plan and --shard go together"),
        (["check", "--plan=plan.json", "--shard=1", "a"], "it goes with no PATH"),
        (["check", "--plan=plan.json", "--shard=9"], "from 1 to 2, and got 9"),
        (["check", "--plan=a/tool/manifest.yaml", "--shard=1"], "is not a plan"),
        (["check", "--plan=nowhere.json", "--shard=1"], "the plan `nowhere.json` cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_told(
    plugins: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    planned(2)
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err


def test_a_repository_without_plugins_has_a_plan_and_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("merge", "plan.json", *reviewed(planned(4))) == 0
    assert "plugin" in capsys.readouterr().out


def test_the_documented_workflow_does_what_it_says(plugins: Path, tmp_path: Path) -> None:
    """Its commands, run one after the other as the runner would, in folders of their own."""
    shutil.rmtree(plugins / "a")
    for name in ("agent", "datasource", "endpoint", "trigger"):
        shutil.rmtree(plugins / "b" / name)
    workflow = yaml.safe_load((ROOT / "docs" / "workflows" / "shards.yml").read_text(encoding="utf-8"))
    commands = {
        name: next(step["run"] for step in job["steps"] if re.search('/dify-plugin-review" ', step.get("run", "")))
        for name, job in workflow["jobs"].items()
    }
    tool = tmp_path / "review" / "bin" / "dify-plugin-review"
    tool.parent.mkdir(parents=True)
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m bot "$@"\n')
    tool.chmod(0o755)
    output = tmp_path / "output"

    def bash(script: str, **variables: str) -> int:
        environment = os.environ | {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(output)}
        return subprocess.run(["bash", "-eo", "pipefail", "-c", script], env=environment | variables).returncode

    assert bash(commands["plan"]) == 0
    shards = json.loads(output.read_text().removeprefix("matrix="))["shard"]
    assert len(shards) == 2
    for number in shards:
        assert bash(commands["shard"], SHARD=str(number)) == 0
    assert bash(commands["plugin-review"]) == 1
    Path("result-2.json").unlink()
    assert bash(commands["plugin-review"]) == 3


def test_the_workflow_for_organisations_does_what_it_says(plugins: Path, tmp_path: Path) -> None:
    """Its commands, with a `gh` that lists repositories on this machine, which git finds in the place of GitHub's."""
    called = yaml.safe_load((ROOT / "docs" / "workflows" / "organisation.yml").read_text(encoding="utf-8"))
    name = called["jobs"]["plugin-review"]["uses"].split("@")[0].removeprefix(f"{PROJECT}/")
    workflow = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    assert set(called["jobs"]["plugin-review"]["with"]) <= set(workflow[True]["workflow_call"]["inputs"])
    commands = {
        name: next(step["run"] for step in job["steps"] if re.search('/dify-plugin-review" ', step.get("run", "")))
        for name, job in workflow["jobs"].items()
    }
    site = tmp_path / "site"
    for owner, folder in (("one", "a"), ("two", "b")):
        made = Workspace(site / "acme" / f"{owner}.git")
        files = [path for path in (plugins / folder).rglob("*") if path.is_file()]
        made.commit({path.relative_to(plugins / folder).as_posix(): path.read_bytes() for path in files})
    subprocess.run(["git", "init", "--quiet", str(site / "acme" / "empty.git")], check=True)
    tools = tmp_path / "review" / "bin"
    tools.mkdir(parents=True)
    (tools / "dify-plugin-review").write_text(f'#!/bin/sh\nexec {sys.executable} -P -m bot "$@"\n')
    (tools / "gh").write_text("#!/bin/sh\nprintf 'acme/one\\nacme/empty\\nacme/two\\n'\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    output = tmp_path / "output"
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(output),
        "OWNER": "acme",
        "SHARDS": "3",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{site.as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }
    jobs = [tmp_path / "plan", *(tmp_path / f"shard-{number}" for number in (1, 2, 3))]
    for job in jobs:
        job.mkdir()

    def bash(script: str, folder: Path, **variables: str) -> int:
        command = ["bash", "-eo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=folder, env=environment | variables).returncode

    assert bash(commands["plan"], jobs[0]) == 0
    assert json.loads(output.read_text().removeprefix("matrix="))["shard"] == [1, 2, 3]
    for number, job in enumerate(jobs[1:], 1):
        for stored in ("plan.json", "repositories"):
            shutil.copy(jobs[0] / stored, job)
        assert bash(commands["shard"], job, SHARD=str(number)) == 0
        shutil.copy(job / f"result-{number}.json", jobs[0])
    assert bash(commands["plugin-review"], jobs[0]) == 1
    results = [data(str(jobs[0] / f"result-{number}.json")) for number in (1, 2, 3)]
    roots = sorted(item["root"] for result in results for item in result["plugins"])
    assert roots == sorted(f"plugins/{name}/{path.name}" for name in ("one", "two") for path in EXAMPLES.iterdir())
    (jobs[0] / "result-2.json").unlink()
    assert bash(commands["plugin-review"], jobs[0]) == 3


def test_plugins_that_are_named_one_by_one_are_let_go_one_by_one(
    plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The collector does not run by itself in the command: what a review leaves is collected before the next."""
    left: list[int] = []
    opened: list[weakref.ref[Any]] = []
    open_plugin = bot.review.engine.open_plugin

    def counted(*arguments: Any) -> Any:
        left.append(sum(reference() is not None for reference in opened))
        plugin = open_plugin(*arguments)
        opened.append(weakref.ref(plugin))
        return plugin

    monkeypatch.setattr(bot.review.engine, "open_plugin", counted)
    gc.disable()
    try:
        run(
            "check",
            "--no-cache",
            "--output=report.txt",
            *(path.as_posix() for path in sorted((plugins / "a").iterdir())),
        )
    finally:
        gc.enable()
    assert left == [0] * 6
