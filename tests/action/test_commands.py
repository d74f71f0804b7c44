"""Commands in comments: who may ask for what, what is committed and where, and that each is answered once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.action.commands import Command, parse
from bot.report.escape import markdown_code
from bot.rules.example import example_plugin
from standin.state import ACTIONS_APP_ID, ACTIONS_LOGIN, CheckRun, Pull
from tests.support.job import MISTAKES, TOOL, Job, Repository, broken, mended
from tests.support.standin import StandInFactory, standin

__all__ = ["standin"]

GRANTED = {"contents": "write", "pull_requests": "write", "checks": "write", "actions": "write"}
ALL = {"commands": "explain, recheck, fix, translate"}
#: The permissions of people besides the author of the pull request, `octocat`.
PEOPLE = {"keeper": "write", "reader": "read"}


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


def ask(repository: Repository, pull: Pull, body: str, author: str = "keeper", **details: Any) -> Job:
    for login, permission in PEOPLE.items():
        repository.github.core.state.collaborators.setdefault(login, permission)
    comment = details.pop("comment", None) or repository.github.comment(pull, body, author=author)
    given = {"inputs": ALL, "permissions": GRANTED, **details}
    return repository.run("issue_comment", pull=pull, comment=comment, **given)


def answers(pull: Pull) -> list[str]:
    """Our answers, without their marks."""
    ours = [comment.body for comment in pull.issue_comments if comment.author == ACTIONS_LOGIN]
    return [body.rpartition("\n\n")[0] for body in ours if "answers" in body.splitlines()[-1]]


def only_answer(pull: Pull) -> str:
    (text,) = answers(pull)
    return text


def required(repository: Repository, pull: Pull, **changes: Any) -> CheckRun:
    """The check of the job on the head of a pull request, which is that of a run of GitHub Actions."""
    state = repository.github.core.state
    run = CheckRun(state.next_id(), "plugin-review", pull.head_sha, ACTIONS_APP_ID, "completed", "failure")
    run.details_url = f"{repository.github.core.site.html}/acme/plugins/actions/runs/7/job/{run.id}"
    for name, value in changes.items():
        setattr(run, name, value)
    state.check_runs.append(run)
    return run


# --- what a command is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/plugin-review fix", Command("fix")),
        ("/plugin-review  explain \t schema/not-text \r\n", Command("explain", "schema/not-text")),
        ("/plugin-review translate ja_JP\n", Command("translate", "ja_JP")),
        ("/plugin-review", None),
        ("/plugin-reviewfix", None),
        (" /plugin-review fix", None),
        ("> /plugin-review fix", None),
        ("/plugin-review fix\n/plugin-review recheck", None),
        ("/plugin-review fix please now", None),
        ("/plugin-review fix; rm -rf .", None),
        ("/plugin-review fix `$(id)`", None),
        ("Try `/plugin-review fix`", None),
        ("/plugin-review fix\u2028x", None),
        (f"/plugin-review explain {'x' * 101}", None),
        ("", None),
    ],
)
def test_a_comment_is_a_command_or_nothing(body: str, command: Command | None) -> None:
    assert parse(body) == command


def test_without_the_input_nothing_is_allowed(repository: Repository) -> None:
    pull = repository.open(broken())
    job = ask(repository, pull, "/plugin-review recheck", inputs={})
    assert job.exit_code == 2
    assert repository.github.requests == []


def test_what_is_not_switched_on_is_not_done(repository: Repository) -> None:
    pull = repository.open(broken())
    ask(repository, pull, "/plugin-review fix", inputs={"commands": "explain"})
    assert only_answer(pull) == "`fix` is not a command here. There are `/plugin-review explain RULE`."


# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "command", "is_done"),
    [
        ("keeper", "fix", True),
        ("keeper", "explain yaml/syntax", True),
        ("octocat", "explain yaml/syntax", True),
        ("octocat", "recheck", True),
        ("octocat", "fix", False),
        ("octocat", "translate ja_JP", False),
    ],
)
def test_the_author_asks_for_what_changes_nothing(
    repository: Repository, author: str, command: str, is_done: bool
) -> None:
    pull = repository.open(broken())
    before = pull.head_sha
    assert ask(repository, pull, f"/plugin-review {command}", author).exit_code == 0
    assert ("who may write to it" in only_answer(pull)) != is_done
    assert (pull.head_sha != before) == (command == "fix" and is_done)


@pytest.mark.parametrize("author", ["reader", "stranger", "dependabot[bot]", "github-actions[bot]"])
def test_others_are_not_answered(repository: Repository, author: str) -> None:
    pull = repository.open(broken())
    for command in ("fix", "explain yaml/syntax", "recheck"):
        job = ask(repository, pull, f"/plugin-review {command}", author)
        assert (job.exit_code, answers(pull), repository.github.writes()) == (0, [], [])
        assert "nothing was done" in job.log


def test_a_bot_that_may_write_is_not_answered(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.github.core.state.collaborators["renovate[bot]"] = "write"
    ask(repository, pull, "/plugin-review fix", "renovate[bot]")
    by_app = repository.github.comment(pull, "/plugin-review fix", author="keeper")
    by_app.app_id = 7
    ask(repository, pull, "", comment=by_app)
    assert repository.github.writes() == []


def test_what_somebody_may_do_is_asked_at_the_time(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.github.core.state.collaborators["keeper"] = "read"
    ask(repository, pull, "/plugin-review fix")
    assert repository.github.writes() == []


@pytest.mark.parametrize("change", ["edited", "deleted", "closed", "other event"])
def test_a_comment_counts_as_it_was_written(repository: Repository, change: str) -> None:
    pull = repository.open(broken())
    comment = repository.github.comment(pull, "/plugin-review fix", author="keeper")
    details: dict[str, Any] = {"comment": comment}
    if change == "edited":  # Back to the same words, even.
        comment.updated = repository.github.core.state.clock.tick()
    elif change == "deleted":
        pull.issue_comments.remove(comment)
    elif change == "closed":
        pull.state = "closed"
    else:
        details["action"] = "edited"
    assert ask(repository, pull, "", **details).exit_code == 0
    assert repository.github.writes() == []


# --- answers ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_given_once(repository: Repository) -> None:
    pull = repository.open(broken())
    comment = repository.github.comment(pull, "/plugin-review explain yaml/syntax", author="keeper")
    for _ in range(3):
        ask(repository, pull, "", comment=comment)
    assert "yaml/syntax" in only_answer(pull)
    assert comment.reactions == [(ACTIONS_LOGIN, "eyes")]


def test_the_mark_of_somebody_else_answers_nothing(repository: Repository) -> None:
    pull = repository.open(broken())
    comment = repository.github.comment(pull, "/plugin-review explain yaml/syntax", author="keeper")
    repository.github.comment(pull, f"Ha\n\n<!-- plugin-review answers {comment.id} -->", author="stranger")
    ask(repository, pull, "", comment=comment)
    assert len(answers(pull)) == 1


def test_so_many_answers_are_given_in_an_hour(repository: Repository) -> None:
    pull = repository.open(broken())
    for number in range(10):
        repository.github.comment(pull, f"x\n\n<!-- plugin-review answers {number} -->", author=ACTIONS_LOGIN)
    ask(repository, pull, "/plugin-review explain no/rule", "octocat")
    assert len(answers(pull)) == 10
    for comment in pull.issue_comments:
        comment.created = comment.updated = comment.created.replace(year=2025)
    ask(repository, pull, "/plugin-review explain no/rule", "octocat")
    assert len(answers(pull)) == 11


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("explain yaml/syntx", "There is no rule `yaml/syntx`. Did you mean `yaml/syntax`?"),
        ("fixx", "`fixx` is not a command here. There are `/plugin-review explain RULE`,"),
        ("translate ja_jp", "Did you mean `ja_JP`?"),
        ("translate", "Write `/plugin-review translate LOCALE`."),
        ("fix weather", "Write `/plugin-review fix`."),
    ],
)
def test_what_is_wrong_with_a_command_is_said(repository: Repository, command: str, said: str) -> None:
    pull = repository.open(broken())
    ask(repository, pull, f"/plugin-review {command}")
    assert said in only_answer(pull)


def test_the_answer_is_in_the_language_of_the_configuration(repository: Repository) -> None:
    repository.git.commit({".github/dify-plugin-review.yml": "language: zh_Hans\n"})
    pull = repository.open(broken())
    ask(repository, pull, "/plugin-review explain no/rule")
    assert only_answer(pull) == "没有规则 `no/rule`。"


# --- fix and translate ------------------------------------------------------------------------------------------------


def test_safe_fixes_are_committed_and_reviewed(repository: Repository) -> None:
    lost = f"{TOOL.partition('/tools/')[0]}/README_CN.md"
    pull = repository.open({**broken(), lost: "# 天气\n"})
    repository.run(pull=pull)
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    before = pull.head_sha
    assert ask(repository, pull, "/plugin-review fix").exit_code == 0
    assert repository.git.git("rev-parse", "feature^") == before
    moved = f"{lost.replace('README_CN', 'readme/README_zh_Hans')}"
    assert repository.git.git("diff", "--name-status", before, "feature").split() == ["R100", lost, moved, "M", TOOL]
    committed = repository.git.git("show", f"feature:{TOOL}")
    assert "ja_JP: 現在の天気" in committed
    assert "required: true" in committed
    assert "Asked for by keeper" in repository.git.git("log", "-1", "--format=%B", "feature")
    text = only_answer(pull)
    assert f"fixed in {pull.head_sha[:10]}: {', '.join(map(markdown_code, (lost, moved, TOOL)))}." in text
    (check,) = [run for run in repository.github.check_runs if run.head_sha == pull.head_sha]
    assert check.name == "plugin-review"
    assert f"Reviewed again: **{'passed' if check.conclusion == 'success' else 'failed'}**." in text
    ask(repository, pull, "/plugin-review fix")
    assert answers(pull)[1] == "There is nothing to fix safely."


def test_a_fork_gets_a_patch_and_no_commit(repository: Repository) -> None:
    pull = repository.open(broken(), head_repo="stranger/plugins")
    before = repository.git.git("rev-parse", "feature")
    ask(repository, pull, "/plugin-review fix", "octocat")
    assert repository.git.git("rev-parse", "feature") == before == pull.head_sha
    text = only_answer(pull)
    assert "to which nothing is committed from here" in text
    shown = text.partition("```diff\n")[2].partition("\n```")[0]
    repository.git.git("checkout", "-q", "feature")
    (repository.tmp_path / "fixes.patch").write_text(shown + "\n", encoding="utf-8")
    repository.git.git("apply", str(repository.tmp_path / "fixes.patch"))
    assert "ja_JP: 現在の天気" in (repository.git.path / TOOL).read_text(encoding="utf-8")
    assert not any(b"createCommitOnBranch" in each.request.body for each in repository.github.writes())


def test_a_branch_that_has_moved_on_gets_nothing(repository: Repository) -> None:
    pull = repository.open(broken())
    moved: list[str] = []

    def push_meanwhile(request: Any) -> None:
        if b"createCommitOnBranch" in request.body and not moved:
            moved.append(repository.git.commit({"other.txt": "x"}, branch="feature"))

    repository.github.on_request(push_meanwhile)
    ask(repository, pull, "/plugin-review fix")
    assert repository.git.git("rev-parse", "feature") == moved[0]
    assert "moved on" in only_answer(pull)


def test_a_commit_whose_answer_was_lost_is_made_once(repository: Repository) -> None:
    pull = repository.open(broken())
    before = pull.head_sha
    repository.github.faults.add(("POST", "/graphql"), status=None, after_apply=True, containing="createCommitOnBranch")
    ask(repository, pull, "/plugin-review fix")
    assert repository.git.git("rev-list", f"{before}..feature") == pull.head_sha
    assert "fixed in" in only_answer(pull)


def test_without_the_permission_to_commit_there_is_a_patch(repository: Repository) -> None:
    pull = repository.open(broken())
    before = pull.head_sha
    ask(repository, pull, "/plugin-review fix", permissions={**GRANTED, "contents": "read"})
    assert pull.head_sha == before
    assert "GitHub did not take the commit" in only_answer(pull)
    assert "```diff" in only_answer(pull)


def test_a_file_that_may_be_executed_is_not_committed(repository: Repository) -> None:
    repository.git.commit(broken(), branch="feature")
    repository.git.git("update-index", "--chmod=+x", TOOL)
    repository.git.git("-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "mode")
    pull = repository.github.open_pull("feature")
    ask(repository, pull, "/plugin-review fix")
    assert "would not keep" in only_answer(pull)


def test_old_debt_is_not_fixed_on_the_way(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Repository(tmp_path, standin, broken())
    pull = repository.open({"weather/README.md": "# Weather\n"})
    ask(repository, pull, "/plugin-review fix")
    assert only_answer(pull) == "There is nothing to fix safely."


def test_known_translations_are_put_in(repository: Repository) -> None:
    head, tail = example_plugin("tool")["tools/current_weather.yaml"].split(b"parameters:", 1)
    labels = b"{name: key, type: string, form: form, label: {en_US: Credentials, zh_Hans: x}, human_description: "
    changed = head + b"parameters:\n  - " + labels + b"{en_US: Credentials}}" + tail
    pull = repository.open({TOOL: changed})
    ask(repository, pull, "/plugin-review translate ja_JP")
    assert "translated into Japanese in" in only_answer(pull)
    assert "A speaker has to read it." in only_answer(pull)
    assert "認証情報" in repository.git.git("show", f"feature:{TOOL}")


# --- recheck ----------------------------------------------------------------------------------------------------------


def test_the_job_of_the_required_check_runs_again(repository: Repository) -> None:
    pull = repository.open(broken())
    required(repository, pull)
    run = required(repository, pull)
    required(repository, pull, name="tests")
    ask(repository, pull, "/plugin-review recheck", "octocat")
    assert repository.github.core.state.reruns == [run.id]
    assert "runs again" in only_answer(pull)
    assert pull.review_comments == []


def test_a_job_that_runs_is_left_alone(repository: Repository) -> None:
    pull = repository.open(broken())
    required(repository, pull, status="in_progress", conclusion=None)
    ask(repository, pull, "/plugin-review recheck", "octocat")
    assert (repository.github.core.state.reruns, only_answer(pull)) == ([], "The review is running.")


def test_a_job_that_cannot_run_again_is_reviewed_here(repository: Repository) -> None:
    pull = repository.open(broken())
    run = required(repository, pull)
    repository.github.core.state.no_reruns[run.id] = "Unable to retry: it was created over a month ago"
    ask(repository, pull, "/plugin-review recheck", "octocat")
    assert {comment.line for comment in pull.review_comments} >= MISTAKES.keys()
    assert "over a month ago" in only_answer(pull)
    assert repository.github.check_runs == [run]


@pytest.mark.parametrize(("files", "conclusion"), [(broken(), "failure"), (mended(), "success")])
def test_without_a_check_the_verdict_is_shown(repository: Repository, files: Any, conclusion: str) -> None:
    """What a workflow's token has pushed starts no workflow."""
    pull = repository.open(files)
    ask(repository, pull, "/plugin-review recheck", "octocat")
    (check,) = repository.github.check_runs
    assert (check.name, check.conclusion, check.head_sha) == ("plugin-review", conclusion, pull.head_sha)
    assert "Reviewed again at" in only_answer(pull)


def test_a_check_of_another_app_is_not_run_again(repository: Repository) -> None:
    pull = repository.open(broken())
    required(repository, pull, app_id=1)
    ask(repository, pull, "/plugin-review recheck", "octocat")
    assert repository.github.core.state.reruns == []


def test_nothing_of_a_plugin_is_obeyed_in_an_answer(repository: Repository) -> None:
    text = broken()[TOOL]
    assert isinstance(text, str)
    hostile = "    en_US: '``` </details> @everyone <!-- plugin-review answers 1 -->'\n    ja_Jp"
    pull = repository.open({TOOL: text.replace("    en_US: Current weather\n    ja_Jp", hostile)})
    ask(repository, pull, "/plugin-review fix", permissions={**GRANTED, "contents": "read"})
    body = next(comment.body for comment in pull.issue_comments if "```" in comment.body and "diff" in comment.body)
    inside = body.partition("````diff\n")[2].partition("\n````\n")[0]
    assert "``` </details> @everyone" in inside
    assert body.count("@everyone") == inside.count("@everyone")
