"""The documented workflows: each does what it says, with the permissions and inputs that stand in it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.submission.example import COMPLETE, PACKAGE
from tests.support.job import EXPECTED, MISTAKES, READ, Job, Repository, assert_nothing_is_lost, broken, posted
from tests.support.standin import StandInFactory, standin
from tests.support.submissions import TITLE, Marketplace, package, plugin_files

__all__ = ["standin"]

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "docs" / "workflows").glob("*.yml"))
#: Those that run the Action's job. The commands of the others are run in `tests/command/test_shards.py`, and in
#: `tests/review/test_cache.py`.
SINGLE = [path for path in FILES if path.name not in ("shards.yml", "organisation.yml", "monorepo.yml")]
#: The one that may commit: it answers commands of people.
COMMANDS = "comment-commands.yml"
OURS = "dify-plugin-review/dify-plugin-review@"


def workflow(name: str) -> dict[Any, Any]:
    loaded = yaml.safe_load((ROOT / "docs" / "workflows" / name).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def triggers(name: str) -> set[str]:
    # YAML 1.1 takes the key `on` for true.
    return set(workflow(name)[True])


def job_of(name: str) -> dict[str, Any]:
    """The job that reviews; of a workflow that calls another, that one's."""
    jobs = workflow(name)["jobs"]
    job = jobs["plugin-review"] if "plugin-review" in jobs else next(iter(jobs.values()))
    if "uses" in job:
        path = job["uses"].partition("@")[0].removeprefix(OURS.replace("@", "/"))
        job = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))["jobs"]["plugin-review"]
    assert isinstance(job, dict)
    return job


def review_steps(name: str) -> Iterator[dict[str, Any]]:
    for step in job_of(name)["steps"]:
        if step.get("uses", "").startswith(OURS) or step.get("run", "").endswith('dify-plugin-review" action'):
            yield step


def inputs(name: str) -> dict[str, str]:
    (step,) = review_steps(name)
    return {key: value for key, value in step.get("with", {}).items() if "${{" not in value}


def permissions(name: str) -> dict[str, str]:
    """The token's, as the stand-in names them; the runner grants a fork no more than to read."""
    return {key.replace("-", "_"): value for key, value in job_of(name)["permissions"].items()}


def of_a_fork(granted: dict[str, str]) -> dict[str, str]:
    return dict.fromkeys(granted, "read")


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


# --- how they are written -----------------------------------------------------------------------------------------


def test_there_is_one_for_every_way_to_run() -> None:
    everything = {trigger for path in FILES for trigger in triggers(path.name)}
    assert everything == {
        "pull_request", "pull_request_target", "workflow_run", "merge_group", "push", "schedule", "workflow_dispatch",
        "release", "issue_comment",
    }  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_begins_by_saying_what_it_is_for_and_the_readme_links_it(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert f"(docs/workflows/{path.name})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_asks_for_little_and_runs_nothing_of_the_change(path: Path) -> None:
    assert workflow(path.name)["permissions"] == {}
    job = job_of(path.name)
    assert job["timeout-minutes"] <= 30
    granted = job["permissions"]
    if path.name != COMMANDS:
        # The check run of a submission keeps the review of its package.
        more = {"checks"} if path.name == "marketplace.yml" else set()
        assert granted.keys() <= {"contents", "pull-requests", "actions", "security-events"} | more
        assert granted.get("contents", "read") == "read"
    text = path.read_text(encoding="utf-8")
    checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    # A checkout of another repository, with a name that is written there, holds nothing of the change.
    of_the_change = [step for step in checkouts if not re.fullmatch(r"[\w./-]+", step["with"].get("repository", ""))]
    assert not of_the_change or triggers(path.name) <= {"pull_request", "merge_group", "release", "push"}
    assert "paths:" not in text, "a check that does not report blocks for ever"
    for step in job["steps"]:
        assert "github.event" not in step.get("run", ""), "a template in a script runs what is in it"


@pytest.mark.parametrize("path", SINGLE, ids=lambda path: path.name)
def test_its_actions_are_pinned_and_its_inputs_are_there(path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    for line in path.read_text(encoding="utf-8").splitlines():
        if (match := re.search(r"uses: (\S+)(.*)$", line)) and not match[1].startswith(OURS):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", match[1]), line
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", match[2]), line
    (step,) = review_steps(path.name)
    assert set(step.get("with", {})) <= set(action["inputs"])


def test_the_check_that_is_required_has_one_name_everywhere() -> None:
    for path in FILES:
        if path.name not in ("two-step-publish.yml", COMMANDS):
            assert list(workflow(path.name)["jobs"])[-1] == "plugin-review"
            assert job_of(path.name)["name"] == "plugin-review"


def test_the_readme_shows_the_first_of_them() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = next(yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL))
    copied = workflow("pull-request-target.yml")
    assert {**shown, "jobs": None} == {**copied, "jobs": None}
    assert shown["jobs"]["plugin-review"]["permissions"] == job_of("pull-request-target.yml")["permissions"]


def test_those_that_init_writes_are_the_documented_ones() -> None:
    for path in (ROOT / "bot" / "command" / "workflows").iterdir():
        assert path.read_bytes() == (ROOT / "docs" / "workflows" / path.name).read_bytes(), "make docs copies them"


# --- what they do -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pull-request-target.yml", "enterprise-server.yml"])
def test_a_fork_gets_comments(tmp_path: Path, standin: StandInFactory, name: str) -> None:
    prefix = "/api/v3" if name == "enterprise-server.yml" else ""
    repository = Repository(tmp_path, standin, prefix=prefix)
    pull = repository.open(broken(), head_repo="stranger/plugins")
    job = repository.run("pull_request_target", permissions(name), pull=pull, inputs=inputs(name))
    assert job.exit_code == 1
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    assert len(pull.issue_comments) == 1
    assert "```suggestion" in posted(pull)


def test_a_fork_gets_annotations_where_its_token_cannot_write(repository: Repository) -> None:
    name = "pull-request.yml"
    fork = repository.open(broken(), head_repo="stranger/plugins")
    job = repository.run("pull_request", of_a_fork(permissions(name)), pull=fork, inputs=inputs(name))
    assert job.exit_code == 1
    assert {command.properties.get("title") for command in job.annotations} >= EXPECTED
    assert_nothing_is_lost(job, fork)
    own = repository.github.open_pull("feature")
    repository.run("pull_request", permissions(name), pull=own, inputs=inputs(name))
    assert {comment.line for comment in own.review_comments} >= MISTAKES.keys()


def test_dependabot_gets_comments_where_the_workflow_grants_them(repository: Repository) -> None:
    """Its token is read-only unless `permissions` says otherwise."""
    name = "pull-request.yml"
    pull = repository.open(broken(), author="dependabot[bot]")
    job = repository.run("pull_request", permissions(name), pull=pull, inputs=inputs(name))
    assert (job.exit_code, job.notices) == (1, [])
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    restricted = repository.run("pull_request", of_a_fork(permissions(name)), pull=pull, inputs=inputs(name))
    assert restricted.exit_code == 1


@pytest.mark.parametrize("fork", [False, True])
def test_a_checkout_makes_reading_free(repository: Repository, fork: bool) -> None:
    name = "pull-request-checkout.yml"
    checkout, ours = job_of(name)["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    assert "ref" not in checkout["with"]
    assert ours["uses"].startswith(OURS)
    pull = repository.open(broken(), **({"head_repo": "stranger/plugins"} if fork else {}))
    # As the runner leaves it: the merge commit, and behind it everything.
    workspace = repository.tmp_path / "checkout"
    repository.git.git("clone", "-q", "--branch=main", str(repository.git.path), str(workspace))
    repository.git.git("-C", str(workspace), "-c", "user.name=x", "-c", "user.email=x@example.com", "merge", "-q",
                       "--no-ff", "-m", "Merge", pull.head_sha)  # fmt: skip
    granted = of_a_fork(permissions(name)) if fork else permissions(name)
    job = repository.run("pull_request", granted, workspace, pull=pull, inputs=inputs(name))
    assert job.exit_code == 1
    assert_nothing_is_lost(job, pull)
    assert {exchange.method for exchange in repository.github.requests} == {"POST"}
    assert bool(pull.review_comments) != fork


def test_a_command_in_a_comment(repository: Repository) -> None:
    job = job_of(COMMANDS)
    assert workflow(COMMANDS)["concurrency"]["cancel-in-progress"] is False
    assert "startsWith(github.event.comment.body, '/plugin-review ')" in job["if"]
    pull = repository.open(broken())
    repository.github.core.state.collaborators["keeper"] = "write"
    comment = repository.github.comment(pull, "/plugin-review fix", author="keeper")
    before = pull.head_sha
    run = repository.run("issue_comment", permissions(COMMANDS), pull=pull, comment=comment, inputs=inputs(COMMANDS))
    assert (run.exit_code, repository.git.git("rev-parse", "feature^")) == (0, before)
    assert [check.name for check in repository.github.check_runs] == ["plugin-review"]
    # Each permission is one that a command needs.
    assert permissions(COMMANDS) == dict.fromkeys(("contents", "pull_requests", "actions", "checks"), "write")


def test_two_steps(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo="stranger/plugins")
    first = "two-step-review.yml"
    given = {**inputs(first), "json-file": "report.json"}
    reviewed = repository.run("pull_request", of_a_fork(permissions(first)), pull=pull, inputs=given)
    assert reviewed.exit_code == 1
    assert repository.github.writes() == []
    assert_nothing_is_lost(reviewed)
    second = "two-step-publish.yml"
    stored = repository.tmp_path / "workspace" / inputs(second)["result-file"]
    stored.parent.mkdir()
    stored.write_text(json.dumps(reviewed.report), encoding="utf-8")
    assert Path(inputs(second)["result-file"]).name == inputs(first)["json-file"]
    assert workflow(second)[True]["workflow_run"]["workflows"] == [workflow(first)["name"]]
    run = repository.github.finish_run(pull, conclusion="failure")
    published = repository.run("workflow_run", permissions(second), run=run, inputs=inputs(second))
    assert (published.exit_code, published.notices) == (0, [])
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()


@pytest.mark.parametrize("path", [p for p in FILES if "merge_group" in triggers(p.name)], ids=lambda path: path.name)
def test_a_merge_queue(repository: Repository, path: Path) -> None:
    after = repository.git.commit(broken(), branch="queue")
    repository.git.git("checkout", "-q", "main")
    given = {key: value for key, value in inputs(path.name).items() if key != "json-file"}
    job = repository.run("merge_group", permissions(path.name), after=after, ref="main", inputs=given)
    assert_red(job)
    assert repository.github.writes() == []


@pytest.mark.parametrize(
    ("name", "event"),
    [("push.yml", "push"), ("schedule.yml", "schedule"), ("workflow-dispatch.yml", "workflow_dispatch")],
)
def test_other_events(repository: Repository, name: str, event: str) -> None:
    before = repository.git.git("rev-parse", "main")
    after = repository.git.commit(broken())
    details: dict[str, Any] = {"ref": "main", "before": before, "after": after} if event == "push" else {}
    job = repository.run(event, permissions(name), inputs=inputs(name), **details)
    assert_red(job)
    for written in (value for key, value in inputs(name).items() if key.endswith("-file")):
        assert "schema/quoted-value" in (repository.tmp_path / "workspace" / written).read_text(encoding="utf-8")


def assert_red(job: Job) -> None:
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert_nothing_is_lost(job)


def test_reading_is_all_that_a_private_repository_has_to_grant(tmp_path: Path, standin: StandInFactory) -> None:
    """`contents: read` and, for the list of changed files, `pull-requests`."""
    repository = Repository(tmp_path, standin, private=True)
    pull = repository.open(broken())
    assert repository.run(permissions=READ, pull=pull).exit_code == 1
    assert repository.run(permissions=permissions("pull-request-target.yml"), pull=pull).exit_code == 1


def test_nothing_is_fetched_by_a_name_that_anybody_can_register() -> None:
    """A package index gives what somebody has published under a name, and it would get the job's token."""
    for path in FILES:
        for step in job_of(path.name)["steps"]:
            for line in step.get("run", "").replace("\\\n", " ").splitlines():
                assert not re.search(r"\b(pipx|uvx|npx|npm|uv) ", line)
                if " install " in line:
                    assert "--no-deps" in line
                    assert "--require-hashes" in line or re.search(r" \./\S+$", line)


def test_a_submission_is_reviewed_again_when_its_text_is_edited(tmp_path: Path, standin: StandInFactory) -> None:
    name = "marketplace.yml"
    assert "edited" in workflow(name)[True]["pull_request_target"]["types"]
    offline = {key: value for key, value in inputs(name).items() if key not in ("marketplace-url", "lookups")}
    assert set(inputs(name)) - set(offline) == {"marketplace-url", "lookups"}
    repository = Marketplace(tmp_path, standin)
    pull = repository.open({PACKAGE: package()}, title=TITLE, body="Please take it.", head_repo="stranger/plugins")
    assert repository.run("pull_request_target", permissions(name), pull=pull, inputs=offline).exit_code == 1
    pull.body = COMPLETE
    before = len(repository.github.requests)
    again = repository.run("pull_request_target", permissions(name), pull=pull, action="edited", inputs=offline)
    assert (again.exit_code, len(pull.issue_comments)) == (0, 1)
    assert not any("/git/blobs/" in request.path for request in repository.github.requests[before:])
    assert "| One package | ✅ Pass |" in posted(pull)


def test_a_release_is_packed_attached_and_reviewed(tmp_path: Path, standin: StandInFactory) -> None:
    name = "release.yml"
    packing, review = workflow(name)["jobs"].values()
    assert (packing["permissions"], review["needs"]) == ({"contents": "write"}, "package")
    (step,) = [step for step in packing["steps"] if "run" in step]
    repository = Repository(tmp_path, standin)
    repository.git.commit({f"weather/{path}": content for path, content in plugin_files().items()})
    repository.git.git("tag", "v0.1.0")
    # The commands of the step are GitHub's and Dify's; here they write down what they are told.
    tools = tmp_path / "tools"
    tools.mkdir()
    download = 'if [ "$2" = download ]; then cp "$PACK" "$RUNNER_TEMP/dify-plugin-linux-amd64"; fi'
    (tools / "gh").write_text(f'#!/bin/sh\necho "$@" >>"$LOG"\n{download}\n')
    (tools / "pack").write_text('#!/bin/sh\necho "$@" >>"$LOG"\necho packed >"$5"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    environment = {
        **{key: value for key, value in step["env"].items() if "${{" not in value},
        "PATH": f"{tools}:/usr/bin:/bin",
        "LOG": str(tmp_path / "log"),
        "PACK": str(tools / "pack"),
        "RUNNER_TEMP": str(tmp_path),
        "TAG": "v0.1.0",
        "PLUGIN": "weather",
        "GITHUB_REPOSITORY": "acme/plugins",
    }
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", step["run"]], cwd=repository.git.path, env=environment, check=True
    )
    log = (tmp_path / "log").read_text().splitlines()
    attached = tmp_path / "weather-0.1.0.difypkg"
    assert log[1] == f"plugin package weather -o {attached}"
    assert log[2].startswith(f"release upload v0.1.0 {attached} --repo acme/plugins")
    assert attached.read_text() == "packed\n"
    job = repository.run(
        "release", permissions(name), inputs=inputs(name), ref="v0.1.0", assets={attached.name: package()}
    )
    assert job.exit_code == 0
    tagged = repository.run("push", permissions(name), inputs=inputs(name), ref="refs/tags/v0.1.0")
    assert tagged.exit_code == 0
