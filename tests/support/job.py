"""The Action's job on a stand-in: a repository with a clean plugin, and runs as the runner starts them."""

from __future__ import annotations

import contextlib
import functools
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, field

from bot.action import clients
from bot.command import cli
from bot.github.client import Client
from bot.rules.example import example_plugin
from standin import Pull
from tests.support.runner import Command, Runner, parse_outputs, read_summary
from tests.support.standin import CheckedStandIn, StandInFactory, Workspace, begun

Files = Mapping[str, str | bytes | None]

WRITE = {"contents": "read", "pull_requests": "write"}
READ = {"contents": "read", "pull_requests": "read"}

TOOL = "weather/tools/current_weather.yaml"

#: The plugin's tool with three mistakes, on the lines 6, 13 and 14.
BROKEN_TOOL = """\
identity:
  name: current_weather
  author: acme
  label:
    en_US: Current weather
    ja_Jp: 現在の天気
description:
  human:
    en_US: Shows the current weather of a city.
  llm: Returns temperature, wind and conditions of a city.
parameters:
  - name: city
    type: text
    required: "true"
    form: llm
    label:
      en_US: City
    human_description:
      en_US: The name of the city.
    llm_description: The name of the city.
extra:
  python:
    source: tools/current_weather.py
"""
MISTAKES = {6: "locale/misspelt-key", 13: "schema/unknown-value", 14: "schema/quoted-value"}
EXPECTED = set(MISTAKES.values())


def plugin(folder: str, changes: Files | None = None) -> dict[str, str | bytes | None]:
    """The files of the bundled plugin, changed, in a folder."""
    return {f"{folder}/{path}": content for path, content in {**example_plugin("tool"), **(changes or {})}.items()}


def broken() -> dict[str, str | bytes | None]:
    return {TOOL: BROKEN_TOOL}


def mended() -> dict[str, str | bytes | None]:
    """The same file without the mistakes; the manifest too, so that there is a change."""
    return {TOOL: example_plugin("tool")["tools/current_weather.yaml"], "weather/manifest.yaml": raised("0.1.1")}


def raised(version: str) -> bytes:
    """The plugin's manifest with another version."""
    return example_plugin("tool")["manifest.yaml"].replace(b"version: 0.1.0", f"version: {version}".encode(), 1)


class Job(Struct):
    """What one run of the job came to."""

    exit_code: int
    #: Standard output and standard error, which the runner reads alike.
    log: str
    summary: str
    outputs: dict[str, str]
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> list[dict[str, Any]]:
        """The findings that count, as the JSON report has them."""
        return [f for f in self.report["findings"] if f["new"] and f["suppressed"] is None]

    @property
    def rules(self) -> list[str]:
        return [finding["rule"] for finding in self.active]

    @property
    def commands(self) -> list[Command]:
        """The workflow commands that the runner obeys."""
        runner = Runner()
        runner.feed(self.log)
        return runner.commands

    @property
    def annotations(self) -> list[Command]:
        """What the pull request shows of them."""
        runner = Runner()
        runner.feed(self.log)
        return runner.annotations

    @property
    def notices(self) -> list[str]:
        """What the run says about itself."""
        return [c.message for c in self.annotations if c.properties.get("title") == "Dify Plugin Review"]


class Repository:
    """A repository with a clean plugin on main, on a stand-in."""

    def __init__(self, tmp_path: Path, standin: StandInFactory, files: Files | None = None, **options: Any) -> None:
        self.tmp_path = tmp_path
        clean = self.clean()
        if files:
            self.git = Workspace(tmp_path / "repository")
            self.git.commit({**clean, **files})
        else:
            self.git = Workspace(tmp_path / "repository", begun(*clean.items()))
        self._standin = standin
        self._options = options
        self._github: CheckedStandIn | None = None

    def clean(self) -> Files:
        """What every repository begins with."""
        return {**plugin("weather"), "README.md": "A repository\n"}

    @property
    def github(self) -> CheckedStandIn:
        """Started when it is first needed, so that a test can add to `main` before."""
        if self._github is None:
            self._github = self._standin(self.git.path, **self._options)
        return self._github

    def open(self, files: Files, **options: Any) -> Pull:
        """A pull request that changes these files."""
        self.git.commit(files, branch="feature")
        return self.github.open_pull("feature", **options)

    def push(self, pull: Pull, files: Files) -> None:
        self.git.commit(files, branch="feature")
        self.github.push(pull, "feature")

    def reply(self, pull: Pull, comment: int, body: str = "Why?") -> None:
        """An answer by a person to a comment in the diff."""
        token = self.github.token(WRITE, login="octocat", kind="pat")
        client = Client(self.github.api_url, token, "acme/plugins")
        client.write("POST", f"/pulls/{pull.number}/comments/{comment}/replies", {"body": body})

    def run(
        self,
        event: str = "pull_request_target",
        permissions: Mapping[str, str] = WRITE,
        workspace: Path | None = None,
        inputs: Mapping[str, str] | None = None,
        command: Sequence[str] = ("action",),
        **details: Any,
    ) -> Job:
        """Runs the job for an event, in this process. It never sleeps."""
        folder = self.tmp_path / "job"
        folder.mkdir(exist_ok=True)
        if workspace is None:
            workspace = self.tmp_path / "workspace"
            workspace.mkdir(exist_ok=True)
        summary, outputs, report = folder / "summary.md", folder / "output.txt", workspace / "report.json"
        for path in (summary, outputs):
            path.unlink(missing_ok=True)
        if event.startswith("pull_request"):
            details.setdefault("action", "synchronize")
        stored = event != "workflow_run"
        environment = {
            **self.github.environment(event, self.github.event(event, **details), folder / "event.json"),
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_OUTPUT": str(outputs),
            "INPUT_GITHUB-TOKEN": self.github.token(permissions),
            **({"INPUT_JSON-FILE": report.name} if stored else {}),
            **{f"INPUT_{name.upper()}": value for name, value in (inputs or {}).items()},
        }
        log = io.StringIO()
        monkeypatch = pytest.MonkeyPatch()
        with monkeypatch.context() as patch, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(clients, "Client", functools.partial(Client, sleep=lambda _: None))
            exit_code = cli.main(command)
        data = json.loads(report.read_text(encoding="utf-8")) if report.is_file() and not report.is_symlink() else {}
        report.unlink(missing_ok=True)
        return Job(
            exit_code,
            log.getvalue(),
            read_summary(summary.read_bytes()) if summary.exists() else "",
            parse_outputs(outputs.read_text(encoding="utf-8")) if outputs.exists() else {},
            data,
        )


def bodies(pull: Pull) -> list[str]:
    """Every text of ours that can be read on a pull request."""
    items: list[Any] = [*pull.issue_comments, *pull.reviews, *pull.review_comments]
    return [item.body for item in items if item.author == "github-actions[bot]" and item.minimized is None]


def posted(pull: Pull) -> str:
    """All of them together."""
    return "\n".join(bodies(pull))


def assert_nothing_is_lost(job: Job, pull: Pull | None = None) -> None:
    """Every finding that counts is in the summary of the job, and where people look first: in an annotation or, on
    a pull request, in a comment. A group of findings is one there."""
    told = {(c.properties.get("title"), c.properties.get("file"), c.properties.get("line")) for c in job.annotations}
    comments = [] if pull is None else [c for c in pull.review_comments if c.minimized is None]
    summaries = "" if pull is None else "\n".join(comment.body for comment in pull.issue_comments)
    groups: dict[object, list[dict[str, Any]]] = {}
    for number, finding in enumerate(job.active):
        group = finding["group"]
        key = number if group is None else (finding["rule"], finding["plugin"], group)
        groups.setdefault(key, []).append(finding)
    for members in groups.values():
        rule = members[0]["rule"]
        assert rule in job.summary, rule
        assert any(_place(finding) in job.summary for finding in members), members
        assert any(
            (rule, finding["path"], str(finding["line"]) if finding["line"] else None) in told
            or any(c.path == finding["path"] and rule in c.body for c in comments)
            or (rule in summaries and _place(finding) in summaries)
            for finding in members
        ), members


def _place(finding: dict[str, Any]) -> str:
    path: str = finding["path"].removeprefix(f"{finding['plugin']}/")
    if finding["member"] is not None:
        path = finding["member"] if finding["path"] == finding["plugin"] else f"{path}!{finding['member']}"
    return path + (f":{finding['line']}" if finding["line"] else "")
