"""The Action's job, end to end, against a stand-in that is held to GitHub's description.

Each test runs the job as the runner would: environment, event file, token, files for summary and outputs.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.rules.example import example_plugin
from bot.rules.registry import Check
from standin import Limits
from standin.state import Pull
from tests.support.fixing import swaps, with_rule
from tests.support.job import (
    BROKEN_TOOL,
    EXPECTED,
    MISTAKES,
    READ,
    TOOL,
    WRITE,
    Job,
    Repository,
    assert_nothing_is_lost,
    broken,
    plugin,
    posted,
    raised,
)
from tests.support.standin import StandInFactory, standin

__all__ = ["standin", "with_rule"]


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


# --- what a pull request gets -------------------------------------------------------------------------------------


def test_a_broken_pull_request_fails_with_comments_and_summary(repository: Repository) -> None:
    pull = repository.open(broken())
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert job.outputs["conclusion"] == "failed"
    assert int(job.outputs["errors"]) >= 2
    (summary,) = pull.issue_comments
    assert job.outputs["comment-url"].endswith(f"/acme/plugins/pull/1#issuecomment-{summary.id}")
    assert job.outputs["review-url"].startswith("http")
    by_line = {comment.line: comment.body for comment in pull.review_comments}
    assert all(rule in by_line[line] for line, rule in MISTAKES.items())
    assert "    ja_JP: 現在の天気\n" in by_line[6]
    assert {comment.review.state for comment in pull.review_comments} == {"COMMENTED"}
    assert pull.head_sha[:10] in summary.body
    assert_nothing_is_lost(job, pull)
    assert len(repository.github.requests) <= 8


def test_what_a_comment_says_needs_no_annotation(repository: Repository) -> None:
    pull = repository.open(broken())
    commented = repository.run(pull=pull)
    assert not EXPECTED & {command.properties.get("title") for command in commented.annotations}
    again = repository.run(pull=pull)
    assert not EXPECTED & {command.properties.get("title") for command in again.annotations}
    silent = repository.run(pull=pull, inputs={"annotations": "off"})
    assert silent.annotations == []
    assert "Fix " in silent.log


def test_a_clean_pull_request_passes_in_silence(repository: Repository) -> None:
    readme = example_plugin("tool")["README.md"] + b"\nMore words.\n"
    pull = repository.open({"weather/README.md": readme, "weather/manifest.yaml": raised("0.1.1")})
    job = repository.run(pull=pull)
    assert (job.exit_code, job.outputs["conclusion"], job.outputs["plugins"]) == (0, "passed", "1")
    assert job.summary.startswith("### ✅ ")
    assert repository.github.writes() == []


def test_a_pull_request_without_plugins_has_nothing_to_check_and_says_so(repository: Repository) -> None:
    pull = repository.open({"README.md": "Other words\n"})
    job = repository.run(pull=pull)
    assert (job.exit_code, job.outputs["conclusion"]) == (0, "nothing-to-check")
    assert job.summary.startswith("### ➖ Nothing to check")
    assert "Nothing to check" in job.log
    assert repository.github.writes() == []


def test_a_pull_request_that_removes_a_plugin_has_nothing_to_check(repository: Repository) -> None:
    pull = repository.open(dict.fromkeys(plugin("weather")))
    job = repository.run(pull=pull)
    assert (job.exit_code, job.outputs["conclusion"]) == (0, "nothing-to-check")


def test_old_debt_does_not_count(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, broken())
    moved = "# a new line above\n" + BROKEN_TOOL
    pull = repository.open({TOOL: moved, "weather/manifest.yaml": raised("0.2.0")})
    job = repository.run(pull=pull)
    assert (job.rules, job.exit_code) == ([], 0)
    assert {finding["rule"] for finding in job.report["findings"]} >= EXPECTED


@pytest.mark.parametrize("event", ["pull_request_target", "merge_group", "push"])
@pytest.mark.parametrize("checkout", [False, True])
def test_old_debt_stays_old_in_a_renamed_folder(
    tmp_path: Path, standin: StandInFactory, event: str, checkout: bool
) -> None:
    repository = Repository(tmp_path, standin, broken())
    before = repository.git.git("rev-parse", "HEAD")
    repository.git.git("checkout", "-q", "-b", "feature")
    repository.git.git("mv", "weather", "forecast")
    # So small, and so much changed, that git does not take it for the same file.
    after = repository.git.commit(
        {"forecast/manifest.yaml": raised("0.2.0"), "forecast/.difyignore": "*.log\n*.tmp\n"}, branch="feature"
    )
    details: dict[str, Any] = {"ref": "main", "after": after}
    if event == "push":
        details["before"] = before
    elif event == "pull_request_target":
        event = "pull_request" if checkout else event
        details = {"pull": repository.github.open_pull("feature")}
    if not checkout:
        repository.git.git("checkout", "-q", "main")
    job = repository.run(event, workspace=repository.git.path if checkout else None, **details)
    assert (job.rules, job.exit_code) == ([], 0)
    assert {finding["rule"] for finding in job.report["findings"]} >= EXPECTED
    assert job.outputs["plugins"] == "1"


def test_a_package_in_a_pull_request_is_reviewed(repository: Repository) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in {**example_plugin("tool"), "tools/current_weather.yaml": BROKEN_TOOL.encode()}.items():
            archive.writestr(path, content)
    pull = repository.open({"acme/weather-0.1.0.difypkg": buffer.getvalue()})
    job = repository.run(pull=pull, inputs={"profile": "marketplace"})
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert {finding["member"] for finding in job.report["findings"]} >= {"tools/current_weather.yaml"}
    assert all(rule in posted(pull) for rule in EXPECTED)


# --- events -------------------------------------------------------------------------------------------------------


def test_configuration_of_a_privileged_run_is_that_of_the_base(repository: Repository) -> None:
    config = "rules:\n  schema: off\n  locale: off\n"
    pull = repository.open({**broken(), ".github/dify-plugin-review.yml": config})
    assert set(repository.run(pull=pull).rules) >= EXPECTED
    assert not EXPECTED & set(repository.run("pull_request", pull=pull).rules)


@pytest.mark.parametrize("config", ["", ".github/other rules.yml"])
def test_what_the_configuration_was_where_the_change_branched_off_does_not_count(
    tmp_path: Path, standin: StandInFactory, config: str
) -> None:
    """Its author chooses where: maybe before a rule was switched on."""
    path = config or ".github/dify-plugin-review.yml"
    lax = "rules: {schema: off, locale: off}\n"
    repository = Repository(tmp_path, standin, {path: lax, **plugin("second")})
    repository.git.commit(broken(), branch="feature")
    repository.git.git("checkout", "-q", "main")
    inputs = {"config": config} if config else {}
    before = repository.github.open_pull("feature")
    assert not EXPECTED & set(repository.run(pull=before, inputs=inputs).rules)
    repository.git.commit({path: "rules: {python: off}\n"})
    after = repository.github.open_pull("feature")
    job = repository.run(pull=after, inputs=inputs)
    assert set(job.rules) >= EXPECTED
    assert {comment.line for comment in after.review_comments} >= MISTAKES.keys()
    repository.git.commit({path: None})
    gone = repository.run(pull=repository.github.open_pull("feature"), inputs=inputs)
    assert gone.exit_code == (2 if config else 1)


@pytest.mark.parametrize(("status", "body"), [(500, None), (403, None), (200, []), (200, {"type": "dir"})])
def test_a_configuration_that_cannot_be_read_is_no_empty_one(repository: Repository, status: int, body: Any) -> None:
    repository.git.commit(broken(), branch="feature")
    repository.git.git("checkout", "-q", "main")
    repository.git.commit({".github/dify-plugin-review.yml": "fail-on: warning\n"})
    pull = repository.github.open_pull("feature")
    repository.github.faults.add(match=("GET", r"/contents/"), status=status, times=9, body=body)
    job = repository.run(pull=pull)
    assert (job.exit_code, job.outputs["conclusion"]) == (3, "error")
    assert repository.github.writes() == []


def test_a_privileged_run_reads_nothing_of_a_checkout(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.git.commit({".github/dify-plugin-review.yml": "rules: {schema: off, locale: off}\n"})
    job = repository.run(pull=pull, workspace=repository.git.path)
    assert set(job.rules) >= EXPECTED
    assert any(exchange.path.startswith("/repos/acme/plugins/git/trees/") for exchange in repository.github.requests)


def test_a_checkout_saves_the_requests_for_reading(repository: Repository) -> None:
    pull = repository.open(broken())
    job = repository.run("pull_request", pull=pull, workspace=repository.git.path)
    assert job.exit_code == 1
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    assert len(repository.github.requests) <= 4


def test_a_checkout_of_the_merge_commit_only_is_no_obstacle(repository: Repository, tmp_path: Path) -> None:
    """The runner's checkout is shallow, and of the merge commit: it does not hold the head."""
    pull = repository.open(broken())
    shallow = tmp_path / "shallow"
    source = repository.git.path.as_uri()
    repository.git.git("clone", "-q", "--depth=1", "--branch=main", source, str(shallow))
    job = repository.run("pull_request", pull=pull, workspace=shallow)
    assert job.exit_code == 1
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()


def test_the_head_is_reviewed_and_not_the_merge_commit(repository: Repository) -> None:
    repository.git.commit(broken(), branch="feature")
    repository.git.git("checkout", "-q", "main")
    # On the merge commit every line of the file is further down.
    repository.git.commit({TOOL: b"# A comment.\n# Another.\n" + example_plugin("tool")["tools/current_weather.yaml"]})
    pull = repository.github.open_pull("feature")
    repository.run("pull_request", pull=pull)
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    assert {comment.commit for comment in pull.review_comments} == {pull.head_sha}


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened", "edited", "ready_for_review", "labeled"])
def test_every_action_of_a_pull_request_is_reviewed(repository: Repository, action: str) -> None:
    pull = repository.open(broken(), draft=action == "opened")
    assert repository.run(pull=pull, action=action).exit_code == 1


def test_a_merge_group_gives_an_exit_code_only(repository: Repository) -> None:
    after = repository.git.commit(broken(), branch="queue")
    repository.git.git("checkout", "-q", "main")
    job = repository.run("merge_group", after=after, ref="main")
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert repository.github.writes() == []
    assert_nothing_is_lost(job)


def test_a_merge_group_of_several_pull_requests_counts_them_all(repository: Repository) -> None:
    repository.git.commit(broken(), branch="queue")
    after = repository.git.commit(plugin("second", {"manifest.yaml": b"type: plugin\n"}), branch="queue")
    repository.git.git("checkout", "-q", "main")
    job = repository.run("merge_group", after=after, ref="main")
    assert job.outputs["plugins"] == "2"
    assert {finding["plugin"] for finding in job.active} == {"weather", "second"}


def test_a_push_reviews_what_it_changed(repository: Repository) -> None:
    before = repository.git.git("rev-parse", "main")
    after = repository.git.commit(broken())
    job = repository.run("push", ref="main", before=before, after=after)
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert_nothing_is_lost(job)


def test_the_first_push_of_a_branch_reviews_everything(repository: Repository) -> None:
    repository.git.git("checkout", "-q", "--orphan", "fresh")
    after = repository.git.commit({"README.md": "Other words\n"})
    job = repository.run("push", ref="fresh", after=after)
    assert (job.exit_code, job.outputs["plugins"]) == (0, "1")


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_a_run_without_a_change_reviews_everything(repository: Repository, event: str) -> None:
    repository.git.commit({**broken(), **plugin("second")})
    job = repository.run(event)
    assert job.exit_code == 1
    assert job.outputs["plugins"] == "2"
    assert_nothing_is_lost(job)


def test_an_enterprise_server_has_other_addresses(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, prefix="/api/v3")
    pull = repository.open(broken())
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert len(pull.issue_comments) == 1
    assert f"{repository.github.server_url}/acme/plugins/blob/{pull.head_sha}/weather" in pull.issue_comments[0].body


def test_a_deleted_fork_is_reviewed_like_any_other(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo="stranger/plugins")
    pull.head_repo = None
    job = repository.run(pull=pull)
    repository.github.events.clear()  # GitHub's description of its events does not know that forks are deleted.
    assert job.exit_code == 1
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()


def test_an_unknown_event_is_refused_by_name(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    pull = repository.open(broken())
    told = repository.github.environment
    monkeypatch.setattr(
        repository.github, "environment", lambda *given: {**told(*given), "GITHUB_EVENT_NAME": "issue_comment"}
    )
    job = repository.run(pull=pull)
    assert (job.exit_code, job.outputs["conclusion"]) == (2, "error")
    assert "issue_comment" in job.log
    assert job.summary


# --- permissions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "author", [{"head_repo": "stranger/plugins"}, {"author": "dependabot[bot]"}], ids=["fork", "Dependabot"]
)
def test_a_read_only_token_loses_nothing(repository: Repository, author: dict[str, str]) -> None:
    pull = repository.open(broken(), **author)
    job = repository.run("pull_request", READ, pull=pull)
    assert job.exit_code == 1
    assert (pull.issue_comments, pull.review_comments) == ([], [])
    assert {command.properties.get("title") for command in job.annotations} >= EXPECTED
    # One sentence, however many rungs were refused.
    (notice,) = job.notices
    assert "as is usual for forks" in notice
    assert_nothing_is_lost(job, pull)


def test_no_token_at_all_loses_nothing(repository: Repository) -> None:
    """A public repository is read without one; what is on the pull request takes a token, so nothing is posted."""
    pull = repository.open(broken())
    job = repository.run("pull_request", pull=pull, workspace=repository.git.path, inputs={"github-token": ""})
    assert job.exit_code == 1
    assert (pull.issue_comments, pull.review_comments) == ([], [])
    assert_nothing_is_lost(job, pull)


def test_a_token_for_comments_of_issues_only_still_posts_the_summary(repository: Repository) -> None:
    pull = repository.open(broken())
    job = repository.run(permissions={**READ, "issues": "write"}, pull=pull)
    assert job.exit_code == 1
    assert pull.review_comments == []
    assert all(rule in pull.issue_comments[0].body for rule in EXPECTED)
    assert len(job.notices) == 1


def test_a_private_repository_needs_its_permissions(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, private=True)
    pull = repository.open(broken())
    refused = repository.run(permissions={"pull_requests": "write"}, pull=pull)
    assert (refused.exit_code, refused.outputs["conclusion"]) == (3, "error")
    assert repository.run(permissions=WRITE, pull=pull).exit_code == 1


def test_a_locked_conversation_loses_nothing(repository: Repository) -> None:
    pull = repository.open(broken())
    pull.locked = True
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert pull.issue_comments == []
    assert "locked" in job.notices[0]
    assert_nothing_is_lost(job, pull)


@pytest.mark.parametrize(("off", "comments", "summaries"), [("review", False, True), ("comment", True, False)])
def test_rungs_can_be_switched_off(repository: Repository, off: str, comments: bool, summaries: bool) -> None:
    pull = repository.open(broken())
    job = repository.run(pull=pull, inputs={off: "off"})
    assert job.exit_code == 1
    assert (bool(pull.review_comments), bool(pull.issue_comments)) == (comments, summaries)
    if off == "review":
        assert all(rule in pull.issue_comments[0].body for rule in EXPECTED)
    assert_nothing_is_lost(job, pull)


def test_with_both_rungs_off_the_pull_request_is_not_even_looked_at(repository: Repository) -> None:
    pull = repository.open(broken())
    job = repository.run(pull=pull, inputs={"review": "off", "comment": "off"})
    assert job.exit_code == 1
    assert repository.github.writes() == []
    assert_nothing_is_lost(job, pull)


# --- large and odd changes ----------------------------------------------------------------------------------------

ODD_NAMES = [
    "with space.yaml",
    "ünï—çødé 天気.yaml",
    "#hash?query%41.yaml",
    "a\nb.yaml",
    "'quo\"te`d`.yaml",
    "-dash.yaml",
]


@pytest.mark.parametrize("checkout", [False, True])
def test_names_of_files_can_hold_anything(repository: Repository, checkout: bool) -> None:
    broken_tool = BROKEN_TOOL.encode()
    files: dict[str, str | bytes | None] = {f"weather/tools/{name}": broken_tool for name in ODD_NAMES}
    listed = "".join(f"  - {json.dumps(f'tools/{name}', ensure_ascii=False)}\n" for name in ODD_NAMES)
    provider = example_plugin("tool")["provider/weather.yaml"].decode()
    one = "tools:\n  - tools/current_weather.yaml\n"
    files["weather/provider/weather.yaml"] = provider.replace(one, one + listed)
    pull = repository.open(files)
    workspace = repository.git.path if checkout else None
    job = repository.run("pull_request" if checkout else "pull_request_target", pull=pull, workspace=workspace)
    assert job.exit_code == 1
    reviewed = {finding["path"] for finding in job.active if finding["rule"] in EXPECTED}
    assert reviewed == {f"weather/tools/{name}" for name in ODD_NAMES}
    commented = {comment.path for comment in pull.review_comments if comment.line == 13}
    assert commented == reviewed
    before = len(repository.github.writes())
    repository.run("pull_request" if checkout else "pull_request_target", pull=pull, workspace=workspace)
    assert repository.github.writes()[before:] == []


def test_more_comments_than_fit_are_counted_and_the_rest_is_in_the_summary(repository: Repository) -> None:
    files: dict[str, str | bytes | None] = {}
    for number in range(40):
        files[f"weather/tools/t{number:02}.yaml"] = BROKEN_TOOL.replace("ja_Jp: 現在の天気", "ja_JP: 現在の天気")
    provider = example_plugin("tool")["provider/weather.yaml"].decode()
    one = "tools:\n  - tools/current_weather.yaml\n"
    files["weather/provider/weather.yaml"] = provider.replace(
        one, one + "".join(f"  - tools/t{number:02}.yaml\n" for number in range(40))
    )
    pull = repository.open(files)
    job = repository.run(pull=pull)
    assert len([comment for comment in pull.review_comments if comment.line is not None]) == 25
    assert len({comment.review.id for comment in pull.review_comments if comment.line is not None}) == 1
    assert {body.count("**Error") > 0 for body in (c.body for c in pull.review_comments if c.line)} == {True}
    assert_nothing_is_lost(job, pull)
    writes = len(repository.github.writes())
    again = repository.run(pull=pull)
    assert (again.exit_code, repository.github.writes()[writes:]) == (1, [])


def test_a_pull_request_of_many_files_is_read_page_by_page(repository: Repository) -> None:
    files: dict[str, str | bytes | None] = {f"notes/{number:03}.txt": f"{number}\n" for number in range(250)}
    pull = repository.open({**files, **broken()})
    job = repository.run(pull=pull)
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    pages = [e for e in repository.github.requests if e.path == "/repos/acme/plugins/pulls/1/files"]
    assert [page.request.query.get("page", "1") for page in pages] == ["1", "2", "3"]
    assert_nothing_is_lost(job, pull)


def test_files_beyond_githubs_list_are_reviewed_and_counted(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, limits=Limits(pull_files=5, compare_files=5))
    files: dict[str, str | bytes | None] = {f"a/{number}.txt": f"{number}\n" for number in range(8)}
    pull = repository.open({**files, **broken()})
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert pull.review_comments == []
    assert all(rule in pull.issue_comments[0].body for rule in EXPECTED)
    assert "GitHub shows no lines for 4 of the changed files" in job.log


def test_a_patch_that_github_leaves_out_is_counted(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, limits=Limits(patch_lines=10))
    pull = repository.open(broken())
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert "GitHub shows no lines for 1 of the changed files" in job.log
    # Without lines the comment is on the file.
    assert [(comment.path, comment.line) for comment in pull.review_comments] == [(TOOL, None)]
    assert_nothing_is_lost(job, pull)


def test_a_tree_that_github_cuts_is_read_folder_by_folder(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, limits=Limits(tree_entries=8))
    pull = repository.open(broken())
    job = repository.run(pull=pull)
    assert set(job.rules) >= EXPECTED
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()


def test_binary_large_and_linked_files_are_no_obstacle(repository: Repository) -> None:
    (repository.git.path / "weather").mkdir(exist_ok=True)
    (repository.git.path / "weather" / "link.yaml").symlink_to("/etc/passwd")
    pull = repository.open(
        {
            **broken(),
            "weather/_assets/picture.png": b"\x89PNG\r\n\0" + os.urandom(2000),
            "weather/data.bin": bytes(300_000),
            "weather/notes.txt": "a line of text\n" * 60_000,
            "weather/latin.md": "Größe\n".encode("latin-1"),
            "weather/empty.yaml": "",
        }
    )
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert set(job.rules) >= EXPECTED
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    assert "root:" not in job.log + posted(pull)
    assert_nothing_is_lost(job, pull)


def test_windows_line_breaks_stay_in_suggestions(repository: Repository) -> None:
    pull = repository.open({TOOL: BROKEN_TOOL.replace("\n", "\r\n")})
    repository.run(pull=pull)
    body = next(comment.body for comment in pull.review_comments if comment.line == 6)
    assert "    ja_JP: 現在の天気\r\n" in body


def test_a_fix_that_does_not_prove_right_is_not_suggested(
    repository: Repository, with_rule: Callable[[Check], None]
) -> None:
    with_rule(swaps(("author: acme", "author: other"), ("name: weather", "name: [weather")))
    pull = repository.open(plugin("second"))
    job = repository.run(pull=pull)
    assert {comment.line: "```suggestion" in comment.body for comment in pull.review_comments} == {3: True, 4: False}
    assert "1 with a suggestion to commit" in pull.review_comments[0].review.body
    assert_nothing_is_lost(job, pull)
    assert len(repository.github.requests) <= 8
    writes = len(repository.github.writes())
    repository.run(pull=pull)
    assert repository.github.writes()[writes:] == []


# --- inputs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"patch-artifact": "x"}, "needs patch-file"),
        ({"patch-file": "x", "patch-artifact": "a;b"}, "patch-artifact takes a name"),
        ({"patch-file": "../x"}, "outside the workspace"),
        ({"profile": "everybody"}, "profile"),
        ({"fail-on": "fatal"}, "fail-on"),
        ({"profile": "oficial"}, "not `oficial` (did you mean `official`?)"),
        ({"locales": "zh_hans"}, "not `zh_hans` (did you mean `zh_Hans`?)"),
        ({"lookups": "vulnerability"}, "(did you mean `vulnerabilities`?)"),
        ({"max-inline-comments": "-1"}, "max-inline-comments"),
        ({"max-inline-comments": "٣"}, "max-inline-comments"),
        ({"max-inline-comments": "101"}, "max-inline-comments"),
        ({"review": "on"}, "review"),
        ({"path": "../elsewhere"}, "path"),
        ({"path": "wether"}, "wether"),
        ({"locales": "tlh"}, "locales"),
        ({"config": "nowhere.yml"}, "nowhere.yml"),
        ({"config": TOOL}, TOOL),
        ({"config": "../../etc/passwd"}, "../../etc/passwd"),
        ({"marketplace-url": "file:///etc/passwd"}, "marketplace-url"),
        ({"json-file": "/etc/report.json"}, "/etc/report.json"),
        ({"sarif-file": "../report.sarif"}, "../report.sarif"),
        ({"html-file": "no/such/folder.html"}, "no/such/folder.html"),
        ({"json-file": ".."}, "`..`"),
        ({"result-file": "report.json"}, "result-file"),
    ],
)
def test_wrong_inputs_are_exit_code_2_and_named(repository: Repository, inputs: dict[str, str], says: str) -> None:
    pull = repository.open(broken())
    job = repository.run(pull=pull, inputs=inputs)
    assert job.exit_code == 2
    assert says in job.log.splitlines()[-1]
    assert job.outputs["conclusion"] == "error"
    assert "### 💥 The review did not start" in job.summary
    assert repository.github.writes() == []


def test_inputs_that_are_not_known_are_named_with_those_that_were_meant(repository: Repository) -> None:
    pull = repository.open(broken())
    given = {"fail_on": "never", "profil": "official", "zz\n::error::y": "1", "fail-on": "never"}
    job = repository.run(pull=pull, inputs=given)
    assert job.exit_code == 0
    assert job.notices[0] == (
        "Inputs that are not known, and have no effect: `fail_on` (did you mean `fail-on`?), "
        "`profil` (did you mean `profile`?), `zz⏎::error::y`."
    )
    assert not [command for command in job.commands if command.name == "error"]


def test_many_inputs_that_are_not_known_take_no_room_of_findings(repository: Repository) -> None:
    given = {f"x{number}": "" for number in range(30)}
    pull = repository.open(broken())
    job = repository.run("pull_request", READ, pull=pull, inputs=given)
    assert job.notices[0].endswith("and 20 more.")
    assert_nothing_is_lost(job, pull)
    assert sum(command.name == "notice" for command in job.commands) <= 10, "the runner shows no more"


def test_inputs_that_are_not_known_are_named_where_others_are_wrong(repository: Repository) -> None:
    job = repository.run(pull=repository.open(broken()), inputs={"fail-on": "sometimes", "profil": "official"})
    assert job.exit_code == 2
    assert any("`profil`" in said for said in job.notices)


def fixes(repository: Repository, pull: Pull, **inputs: str) -> tuple[Job, str | None]:
    """What a job that is asked for a patch comes to, and the patch."""
    written = repository.tmp_path / "workspace" / "fixes.patch"
    written.unlink(missing_ok=True)
    job = repository.run(pull=pull, inputs={"patch-file": "fixes.patch", **inputs})
    return job, written.read_text(encoding="utf-8") if written.is_file() else None


def test_the_safe_fixes_are_a_patch_and_one_command_applies_it(repository: Repository, tmp_path: Path) -> None:
    pull = repository.open({**broken(), "weather/old.txt": b"new"}, head_repo="stranger/plugins")
    job, patch = fixes(repository, pull, **{"patch-artifact": "plugin-review-fixes"})
    assert patch is not None
    assert job.outputs["patch-file"] == "fixes.patch"
    (summary,) = pull.issue_comments
    for text in (job.summary, summary.body):
        assert "which the run keeps as an artifact" in text
    command = next(line for line in summary.body.splitlines() if line.startswith("gh pr checkout 1 "))
    assert command in job.summary
    assert " --name plugin-review-fixes --dir /tmp/plugin-review-1 && git apply /tmp/plugin-review-1/fixes." in command
    # The commands of GitHub's CLI check the pull request out, and unpack the artifact.
    tools, unpacked = tmp_path / "tools", tmp_path / "unpacked"
    tools.mkdir()
    (tools / "gh").write_text(
        f'#!/bin/sh\ncase "$1" in pr) git checkout -q feature ;;'
        f" run) mkdir {unpacked} && cp {tmp_path}/workspace/fixes.patch {unpacked}/ ;; esac\n"
    )
    (tools / "gh").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    typed = command.replace("/tmp/plugin-review-1", str(unpacked))
    subprocess.run(["bash", "-euc", typed], cwd=repository.git.path, env=environment, check=True, capture_output=True)
    mended = (repository.git.path / TOOL).read_bytes()
    repository.push(pull, {TOOL: mended})
    again, none = fixes(repository, pull, **{"patch-artifact": "plugin-review-fixes"})
    assert len(again.active) < len(job.active)
    assert none is None
    assert "patch-file" not in again.outputs
    assert "gh run download" not in again.summary


def test_without_a_step_that_keeps_it_nothing_is_promised(repository: Repository) -> None:
    pull = repository.open(broken())
    job, patch = fixes(repository, pull)
    assert patch is not None
    assert "gh run download" not in job.summary + posted(pull)


def test_the_patch_leaves_old_debt_alone(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, broken())
    pull = repository.open({"weather/manifest.yaml": raised("0.1.1")})
    assert fixes(repository, pull)[1] is None


def test_inputs_are_obeyed(repository: Repository) -> None:
    pull = repository.open({**broken(), **plugin("second", {"tools/current_weather.yaml": BROKEN_TOOL})})
    job = repository.run(
        pull=pull, inputs={"path": "./second/", "fail-on": "never", "max-inline-comments": "2", "locales": "zh_Hans"}
    )
    assert (job.exit_code, job.outputs["conclusion"], job.outputs["plugins"]) == (0, "passed", "1")
    assert {finding["plugin"] for finding in job.active} == {"second"}
    assert len([comment for comment in pull.review_comments if comment.line is not None]) == 2
    assert "pt_BR" not in {finding["subject"] for finding in job.active}


def test_reports_are_written_where_they_were_asked_for(repository: Repository, tmp_path: Path) -> None:
    pull = repository.open(broken())
    files = {"json-file": "a.json", "sarif-file": "./b.sarif", "html-file": "c.html"}
    job = repository.run(pull=pull, inputs=files)
    workspace = tmp_path / "workspace"
    assert {path.name for path in workspace.iterdir()} == {"a.json", "b.sarif", "c.html"}
    assert (job.outputs["json-file"], job.outputs["sarif-file"]) == ("a.json", "./b.sarif")
    assert all(rule in path.read_text(encoding="utf-8") for path in workspace.iterdir() for rule in EXPECTED)


def test_the_preview_shows_the_change_beside_what_it_was(repository: Repository, tmp_path: Path) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull, inputs={"preview-file": "preview.html"})
    page = (tmp_path / "workspace" / "preview.html").read_text(encoding="utf-8")
    assert '<div class="pair changed">' in page
    assert f"<code>{TOOL.partition('/')[0]}</code>" in page


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
    (workspace / "folder").symlink_to(tmp_path)
    job = repository.run(pull=pull, workspace=workspace, inputs={"json-file": "folder/target.txt"})
    assert job.exit_code == 2
    assert target.read_text(encoding="utf-8") == "untouched"


# --- a run that is cut short --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_cancelled_run_is_never_green_and_posts_nothing_more(
    repository: Repository, tmp_path: Path, number: signal.Signals
) -> None:
    pull = repository.open(broken())
    # The answer to the review's POST never comes: that is when the job is cancelled.
    repository.github.faults.add(match=("POST", r"/reviews$"), status=502, delay=60)
    job = tmp_path / "job"
    job.mkdir()
    environment = {
        **repository.github.environment(
            "pull_request_target",
            repository.github.event("pull_request_target", pull=pull, action="opened"),
            job / "event.json",
        ),
        "PATH": os.environ["PATH"],
        "GITHUB_WORKSPACE": str(job),
        "GITHUB_STEP_SUMMARY": str(job / "summary.md"),
        "GITHUB_OUTPUT": str(job / "output.txt"),
        "INPUT_GITHUB-TOKEN": repository.github.token(WRITE),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    reviewing = threading.Event()
    repository.github.on_request(lambda request: reviewing.set() if request.path.endswith("/reviews") else None)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "bot", "action"],
        cwd=job,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell that runs the suite in the background lets it ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert reviewing.wait(60)
        time.sleep(0.1)
        process.send_signal(number)
        log, _ = process.communicate(timeout=30)
    assert process.returncode not in (0, 1)
    assert "Traceback" not in log
    assert (pull.issue_comments, pull.review_comments) == ([], [])
    assert "conclusion" in (job / "output.txt").read_text()
    assert (job / "output.txt").read_text().rstrip().splitlines()[-2] == "error"
    assert all(rule in log for rule in EXPECTED)
    assert "did not finish" in (job / "summary.md").read_text(encoding="utf-8")


def test_a_change_that_cannot_be_read_is_an_error_and_never_green(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.github.faults.add(match=("GET", r"/git/trees/"), status=404, times=20)
    job = repository.run(pull=pull)
    assert (job.exit_code, job.outputs["conclusion"]) == (3, "error")
    assert "did not finish" in job.summary
