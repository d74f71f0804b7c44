"""The Action's job, end to end, against a stand-in that is held to GitHub's description.

Each test runs the job as the runner would: environment, event file, token, files for summary and outputs.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot import action, cli
from bot.demo.standin import Pull
from bot.github.client import Client
from bot.rules.example import example_plugin
from tests.support.runner import Runner, parse_outputs
from tests.support.standin import CheckedStandIn, StandInFactory, Workspace, standin

__all__ = ["standin"]

WRITE = {"contents": "read", "pull_requests": "write"}
READ = {"contents": "read", "pull_requests": "read"}

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


def plugin(folder: str, **changes: str | bytes | None) -> dict[str, str | bytes | None]:
    """The files of the bundled plugin in a folder; changes by path with `__` for `/` and `_` for `.` spelled out."""
    return {f"{folder}/{path}": content for path, content in {**example_plugin("tool"), **changes}.items()}


@dataclass
class Job:
    """What one run of the job came to."""

    exit_code: int
    log: str
    summary: str
    outputs: dict[str, str]
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def rules(self) -> list[str]:
        return [finding["rule"] for finding in self.report["findings"] if finding["new"]]


class Repository:
    """A repository with a clean plugin on main, on a stand-in."""

    def __init__(self, tmp_path: Path, standin: StandInFactory, **options: Any) -> None:
        self.tmp_path = tmp_path
        self.git = Workspace(tmp_path / "repository")
        self.git.commit({**plugin("weather"), "README.md": "A repository\n"})
        self._standin = standin
        self._options = options
        self._github: CheckedStandIn | None = None

    @property
    def github(self) -> CheckedStandIn:
        if self._github is None:
            self._github = self._standin(self.git.path, **self._options)
        return self._github

    def open(self, files: Mapping[str, str | bytes | None], **options: Any) -> Pull:
        """A pull request that changes these files."""
        self.git.commit(files, branch="feature")
        return self.github.open_pull("feature", **options)

    def push(self, pull: Pull, files: Mapping[str, str | bytes | None]) -> None:
        self.git.commit(files, branch="feature")
        self.github.push(pull, "feature")

    def run(
        self,
        event: str = "pull_request_target",
        permissions: Mapping[str, str] = WRITE,
        workspace: Path | None = None,
        inputs: Mapping[str, str] | None = None,
        **details: Any,
    ) -> Job:
        """Runs the job for an event."""
        folder = self.tmp_path / "job"
        folder.mkdir(exist_ok=True)
        if workspace is None:
            workspace = self.tmp_path / "workspace"
            workspace.mkdir(exist_ok=True)
        for name in ("summary.md", "output.txt"):
            (folder / name).unlink(missing_ok=True)
        if event.startswith("pull_request"):
            details.setdefault("action", "synchronize")
        environment = {
            **self.github.environment(event, self.github.event(event, **details), folder / "event.json"),
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_OUTPUT": str(folder / "output.txt"),
            "INPUT_GITHUB-TOKEN": self.github.token(permissions),
            "INPUT_JSON-FILE": "report.json",
            **{f"INPUT_{name.upper()}": value for name, value in (inputs or {}).items()},
        }
        monkeypatch = pytest.MonkeyPatch()
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(action, "Client", functools.partial(Client, sleep=lambda _: None))
            exit_code = cli.main(["action"])
        report = workspace / "report.json"
        data = json.loads(report.read_text(encoding="utf-8")) if report.is_file() and not report.is_symlink() else {}
        report.unlink(missing_ok=True)
        summary = folder / "summary.md"
        outputs = folder / "output.txt"
        return Job(
            exit_code,
            "",
            summary.read_text(encoding="utf-8") if summary.exists() else "",
            dict(parse_outputs(outputs.read_text(encoding="utf-8"))) if outputs.exists() else {},
            data,
        )


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


def broken() -> dict[str, str | bytes | None]:
    return {"weather/tools/current_weather.yaml": BROKEN_TOOL}


EXPECTED = {"schema/unknown-value", "schema/quoted-value", "locale/misspelt-key"}


# --- what a pull request gets -------------------------------------------------------------------------------------


def test_a_broken_pull_request_fails_with_comments_and_summary(repository: Repository) -> None:
    pull = repository.open(broken())
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert job.outputs["conclusion"] == "failed"
    assert int(job.outputs["errors"]) >= 2
    assert job.outputs["comment-url"].startswith("http")
    assert len(pull.issue_comments) == 1
    assert {comment.line for comment in pull.review_comments} >= {6, 13, 14}
    bodies = "".join(comment.body for comment in pull.review_comments)
    assert "    ja_JP: 現在の天気\n" in bodies
    for rule in EXPECTED:
        assert rule in job.summary
        assert rule in bodies
    assert len(repository.github.requests) <= 8


def test_a_second_run_posts_nothing(repository: Repository) -> None:
    pull = repository.open(broken())
    first = repository.run(pull=pull)
    before = len(repository.github.writes())
    second = repository.run(pull=pull)
    assert (second.exit_code, second.rules) == (first.exit_code, first.rules)
    assert repository.github.writes()[before:] == []


def test_a_clean_pull_request_passes_in_silence(repository: Repository) -> None:
    readme = example_plugin("tool")["README.md"] + b"\nMore words.\n"
    pull = repository.open({"weather/README.md": readme, "weather/manifest.yaml": _raised("0.1.1")})
    job = repository.run(pull=pull)
    assert (job.exit_code, job.outputs["conclusion"], job.outputs["plugins"]) == (0, "passed", "1")
    assert repository.github.writes() == []


def test_a_pull_request_without_plugins_has_nothing_to_check(repository: Repository) -> None:
    pull = repository.open({"README.md": "Other words\n"})
    job = repository.run(pull=pull)
    assert (job.exit_code, job.outputs["conclusion"]) == (0, "nothing-to-check")
    assert "o plugin" in job.summary
    assert repository.github.writes() == []


def _raised(version: str) -> bytes:
    return example_plugin("tool")["manifest.yaml"].replace(b"version: 0.1.0", f"version: {version}".encode(), 1)


def test_old_debt_does_not_count(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin)
    repository.git.commit(broken())
    moved = "# a new line above\n" + BROKEN_TOOL
    pull = repository.open({"weather/tools/current_weather.yaml": moved, "weather/manifest.yaml": _raised("0.2.0")})
    job = repository.run(pull=pull)
    assert job.rules == []
    assert job.exit_code == 0
    assert {finding["rule"] for finding in job.report["findings"]} >= EXPECTED


def test_corrected_findings_are_taken_away_and_the_summary_says_so(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    comments = len(pull.review_comments)
    assert comments
    original = example_plugin("tool")["tools/current_weather.yaml"]
    repository.push(pull, {"weather/tools/current_weather.yaml": original, "weather/manifest.yaml": _raised("0.1.1")})
    job = repository.run(pull=pull)
    assert job.exit_code == 0
    assert pull.review_comments == []
    assert len(pull.issue_comments) == 1
    assert "❌" not in pull.issue_comments[0].body


def test_an_answered_comment_stays_and_is_marked_resolved(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    answered = pull.review_comments[0]
    token = repository.github.token(WRITE, login="octocat", kind="pat")
    client = Client(repository.github.api_url, token, "acme/plugins")
    client.write("POST", f"/pulls/{pull.number}/comments/{answered.id}/replies", {"body": "Why?"})
    original = example_plugin("tool")["tools/current_weather.yaml"]
    repository.push(pull, {"weather/tools/current_weather.yaml": original, "weather/manifest.yaml": _raised("0.1.1")})
    repository.run(pull=pull)
    left = {comment.id: comment for comment in pull.review_comments}
    assert left.keys() == {answered.id, max(left)}
    assert left[answered.id].minimized is not None


def test_nobody_elses_comment_is_touched_even_if_it_quotes_ours(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    ours = pull.issue_comments[0].body
    quoted = repository.github.comment(pull, ours)
    repository.push(pull, {"weather/README.md": "# Weather\n\nOther words, at some length.\n"})
    before = quoted.body
    repository.run(pull=pull)
    assert quoted.body == before
    assert len([comment for comment in pull.issue_comments if comment.author != "octocat"]) == 1


# --- permissions --------------------------------------------------------------------------------------------------


def test_a_fork_with_a_read_only_token_loses_nothing(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    pull = repository.open(broken(), head_repo="stranger/plugins")
    job = repository.run("pull_request", READ, pull=pull)
    assert job.exit_code == 1
    assert pull.issue_comments == []
    assert pull.review_comments == []
    runner = Runner()
    runner.feed(capsys.readouterr().out)
    told = {command.properties.get("title") for command in runner.annotations}
    assert told >= EXPECTED
    assert any(command.name == "notice" and "token" in command.message for command in runner.annotations)
    for rule in EXPECTED:
        assert rule in job.summary


def test_a_locked_conversation_loses_nothing(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    pull = repository.open(broken())
    pull.locked = True
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert pull.issue_comments == []
    assert "::notice" in capsys.readouterr().out
    assert all(rule in job.summary for rule in EXPECTED)


@pytest.mark.parametrize(("off", "comments", "summaries"), [("review", False, True), ("comment", True, False)])
def test_rungs_can_be_switched_off(repository: Repository, off: str, comments: bool, summaries: bool) -> None:
    pull = repository.open(broken())
    job = repository.run(pull=pull, inputs={off: "off"})
    assert job.exit_code == 1
    assert (bool(pull.review_comments), bool(pull.issue_comments)) == (comments, summaries)
    if off == "review":
        assert all(rule in pull.issue_comments[0].body for rule in EXPECTED)


# --- faults -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [r"/reviews$", r"/issues/\d+/comments$"])
@pytest.mark.parametrize("after_apply", [False, True])
def test_a_lost_answer_doubles_nothing(repository: Repository, path: str, after_apply: bool) -> None:
    pull = repository.open(broken())
    repository.github.faults.add(match=("POST", path), status=502, times=1, after_apply=after_apply)
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert len(pull.issue_comments) == 1
    places = [(comment.path, comment.line, comment.body) for comment in pull.review_comments]
    assert len(places) == len(set(places))
    assert {line for _, line, _ in places} >= {6, 13, 14}


@pytest.mark.parametrize(
    ("status", "headers"), [(403, {"Retry-After": "1"}), (403, {}), (429, {"Retry-After": "1"}), (429, {})]
)
def test_a_secondary_limit_is_waited_for(repository: Repository, status: int, headers: dict[str, str]) -> None:
    pull = repository.open(broken())
    body = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
    repository.github.faults.add(match=("POST", r"/reviews$"), status=status, times=1, headers=headers, body=body)
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert {comment.line for comment in pull.review_comments} >= {6, 13, 14}


def test_an_anchor_that_github_refuses_costs_one_comment_only(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.github.refuse_line("weather/tools/current_weather.yaml", 13)
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert 13 not in {comment.line for comment in pull.review_comments}
    assert {comment.line for comment in pull.review_comments} >= {6, 14}
    assert "schema/unknown-value" in pull.issue_comments[0].body


def test_nothing_is_posted_when_the_head_moves_on(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.git.commit({"weather/README.md": "# Weather\n\nPushed meanwhile.\n"}, branch="feature")
    moved = False

    def move(request: Any) -> None:
        nonlocal moved
        if request.path == "/graphql" and b"reviewThreads" in request.body and not moved:
            moved = True
            repository.github.push(pull, "feature")

    repository.github.on_request(move)
    job = repository.run(pull=pull)
    assert moved
    assert job.exit_code == 1
    assert pull.issue_comments == []
    assert pull.review_comments == []


def test_a_change_that_cannot_be_read_is_an_error_and_never_green(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.github.faults.add(match=("GET", r"/git/trees/"), status=404, times=20)
    job = repository.run(pull=pull)
    assert job.exit_code == 3
    assert job.outputs["conclusion"] == "error"
    assert job.summary


def test_what_stands_on_the_pull_request_cannot_be_read(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.github.faults.add(match=("POST", r"/graphql$"), status=500, times=50)
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert pull.issue_comments == []
    assert all(rule in job.summary for rule in EXPECTED)


# --- ways of running ----------------------------------------------------------------------------------------------


def test_configuration_of_a_privileged_run_is_that_of_the_base(repository: Repository) -> None:
    config = "rules:\n  schema: off\n  locale: off\n"
    pull = repository.open({**broken(), ".github/dify-plugin-review.yml": config})
    assert set(repository.run(pull=pull).rules) >= EXPECTED
    assert not EXPECTED & set(repository.run("pull_request", pull=pull).rules)


def test_a_checkout_saves_the_requests_for_reading(repository: Repository) -> None:
    pull = repository.open(broken())
    workspace = repository.git.path
    job = repository.run("pull_request", pull=pull, workspace=workspace)
    assert job.exit_code == 1
    assert {comment.line for comment in pull.review_comments} >= {6, 13, 14}
    assert len(repository.github.requests) <= 4


def test_a_merge_group_gives_an_exit_code_only(repository: Repository) -> None:
    before = repository.git.git("rev-parse", "main")
    after = repository.git.commit(broken(), branch="queue")
    repository.git.git("checkout", "-q", "main")
    job = repository.run("merge_group", after=after, ref="main")
    assert before != after
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert repository.github.writes() == []


def test_a_push_reviews_what_it_changed(repository: Repository) -> None:
    before = repository.git.git("rev-parse", "main")
    after = repository.git.commit(broken())
    job = repository.run("push", ref="main", before=before, after=after)
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_a_scheduled_run_reviews_everything(repository: Repository, event: str) -> None:
    repository.git.commit({**broken(), **plugin("second")})
    job = repository.run(event)
    assert job.exit_code == 1
    assert job.outputs["plugins"] == "2"


def test_an_enterprise_server_has_other_addresses(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, prefix="/api/v3")
    pull = repository.open(broken())
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert len(pull.issue_comments) == 1


def test_a_package_in_a_pull_request_is_reviewed(repository: Repository, tmp_path: Path) -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in {**example_plugin("tool"), "tools/current_weather.yaml": BROKEN_TOOL.encode()}.items():
            archive.writestr(path, content)
    pull = repository.open({"acme/weather-0.1.0.difypkg": buffer.getvalue()})
    job = repository.run(pull=pull, inputs={"profile": "marketplace"})
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert {finding["member"] for finding in job.report["findings"]} >= {"tools/current_weather.yaml"}
    posted = "".join(comment.body for comment in [*pull.issue_comments, *pull.review_comments])
    assert all(rule in posted for rule in EXPECTED)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"profile": "everybody"}, "profile"),
        ({"fail-on": "fatal"}, "fail-on"),
        ({"max-inline-comments": "-1"}, "max-inline-comments"),
        ({"path": "../elsewhere"}, "path"),
        ({"locales": "tlh"}, "locales"),
        ({"config": "nowhere.yml"}, "nowhere.yml"),
        ({"json-file": "/etc/report.json"}, "/etc/report.json"),
    ],
)
def test_wrong_inputs_are_exit_code_2_and_named(
    repository: Repository, capsys: pytest.CaptureFixture[str], inputs: dict[str, str], says: str
) -> None:
    pull = repository.open(broken())
    job = repository.run(pull=pull, inputs=inputs)
    assert job.exit_code == 2
    assert says in capsys.readouterr().err
    assert job.outputs["conclusion"] == "error"


def test_a_report_is_not_written_through_a_link_of_the_change(repository: Repository, tmp_path: Path) -> None:
    pull = repository.open(broken())
    workspace = tmp_path / "linked"
    workspace.mkdir()
    target = tmp_path / "target.txt"
    target.write_text("untouched", encoding="utf-8")
    (workspace / "report.json").symlink_to(target)
    job = repository.run(pull=pull, workspace=workspace)
    assert job.exit_code == 2
    assert target.read_text(encoding="utf-8") == "untouched"
