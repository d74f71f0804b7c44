"""Comments live with their pull request: each thing is said once, and goes when it is mended."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.action.poster import Poster
from bot.comments.hunks import FileDiff, FileHunks, Status, parse_patch
from bot.comments.plan import plan
from bot.github.client import Client
from bot.github.conversation import Outcome, publish
from bot.report.links import NOWHERE
from bot.report.markdown import SUMMARY_MARKER
from standin import Pull
from tests.report import samples
from tests.support.job import (
    BROKEN_TOOL,
    MISTAKES,
    TOOL,
    WRITE,
    Repository,
    assert_nothing_is_lost,
    bodies,
    broken,
    mended,
    plugin,
    posted,
    raised,
)
from tests.support.standin import StandInFactory


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


def lines(pull: Pull) -> list[int]:
    """The lines of comments that can be read."""
    found = [comment.line for comment in pull.review_comments if comment.minimized is None and comment.reply_to is None]
    return sorted(line for line in found if line is not None)


def on(pull: Pull, line: int) -> Any:
    return next(comment for comment in pull.review_comments if comment.line == line)


# --- the second run -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inputs", [{}, {"max-inline-comments": "2"}, {"review": "off"}, {"comment": "off"}])
def test_the_same_once_more_posts_nothing(repository: Repository, inputs: dict[str, str]) -> None:
    pull = repository.open(broken())
    first = repository.run(pull=pull, inputs=inputs)
    before = len(repository.github.writes())
    assert before
    second = repository.run(pull=pull, inputs=inputs, action="reopened")
    assert (second.exit_code, second.rules) == (first.exit_code, first.rules)
    assert repository.github.writes()[before:] == []
    assert second.outputs["comment-url"] == first.outputs["comment-url"]


def test_jobs_for_different_folders_leave_each_other_alone(repository: Repository) -> None:
    pull = repository.open({**broken(), **plugin("second", {"tools/current_weather.yaml": BROKEN_TOOL})})
    for path in ("weather", "second"):
        repository.run(pull=pull, inputs={"path": path})
    assert {(c.path, c.line) for c in pull.review_comments} >= {
        (f"{path}/tools/current_weather.yaml", line) for path in ("weather", "second") for line in MISTAKES
    }
    assert ["`second`" in comment.body for comment in pull.issue_comments] == [False, True]
    before = len(repository.github.writes())
    for path in ("weather", "second"):
        repository.run(pull=pull, inputs={"path": path})
    assert repository.github.writes()[before:] == []
    repository.push(pull, mended())
    for path in ("weather", "second"):
        repository.run(pull=pull, inputs={"path": path})
    assert {c.path.partition("/")[0] for c in pull.review_comments} == {"second"}
    assert ["### ✅" in comment.body for comment in pull.issue_comments] == [True, False]


def test_a_push_that_changes_nothing_for_us_edits_the_summary_only(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    before = len(repository.github.writes())
    repository.push(pull, {"NOTES.md": "Something else.\n"})
    repository.run(pull=pull)
    writes = repository.github.writes()[before:]
    assert [write.method for write in writes] == ["PATCH"]
    assert pull.head_sha[:10] in pull.issue_comments[0].body


def test_a_finding_whose_line_moves_is_not_said_again(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    said = [comment.id for comment in pull.review_comments]
    repository.push(pull, {TOOL: "# A comment above.\n# And another.\n" + BROKEN_TOOL})
    job = repository.run(pull=pull)
    assert {finding["line"] for finding in job.active} >= {line + 2 for line in MISTAKES}
    assert [comment.id for comment in pull.review_comments] == said


def test_a_new_finding_is_said_beside_the_old_ones(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    said = {comment.id for comment in pull.review_comments}
    repository.push(pull, {TOOL: BROKEN_TOOL.replace("    form: llm\n", "    form: nonsense\n")})
    repository.run(pull=pull)
    (new,) = [comment for comment in pull.review_comments if comment.id not in said]
    assert new.line == 15
    assert said < {comment.id for comment in pull.review_comments}
    assert len(pull.issue_comments) == 1


def test_each_place_of_a_misspelt_key_gets_a_suggestion_that_goes_when_it_is_mended(repository: Repository) -> None:
    sound = {TOOL: mended()[TOOL]}
    misspelt = str(sound[TOOL], "utf-8").replace("ja_JP", "ja_Jp")  # type: ignore[arg-type]
    places = [number for number, line in enumerate(misspelt.splitlines(), 1) if "ja_Jp" in line]
    pull = repository.open({TOOL: misspelt})
    repository.run(pull=pull)
    (review,) = pull.reviews
    main, *further = sorted(pull.review_comments, key=lambda comment: comment.line or 0)
    assert "7 more like this in this file" in main.body
    assert len(further) == 7
    assert all(comment.body.startswith("⚠️ **The same again:** ") for comment in further)
    # Every place is mended by one of them.
    assert sum(comment.body.count("ja_JP: ") for comment in pull.review_comments) == len(places) == 8
    before = len(repository.github.writes())
    repository.run(pull=pull)
    assert repository.github.writes()[before:] == []
    lines = misspelt.splitlines(keepends=True)
    lines[places[-1] - 1] = lines[places[-1] - 1].replace("ja_Jp", "ja_JP")
    repository.push(pull, {TOOL: "".join(lines)})
    repository.run(pull=pull)
    assert len(pull.review_comments) == len(further)
    assert review.minimized is None
    repository.push(pull, sound)
    repository.run(pull=pull)
    assert pull.review_comments == []


# --- what is mended -----------------------------------------------------------------------------------------------


def test_what_is_mended_is_taken_away_and_the_summary_says_so(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    assert pull.review_comments
    repository.push(pull, mended())
    job = repository.run(pull=pull)
    assert job.exit_code == 0
    assert pull.review_comments == []
    (summary,) = pull.issue_comments
    assert "### ✅ " in summary.body
    assert "❌" not in summary.body
    # The text above comments that are gone is folded away.
    assert [review.minimized for review in pull.reviews] == ["outdated"]


def test_what_is_mended_in_part_leaves_the_rest(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    kept = on(pull, 13).id
    repository.push(pull, {TOOL: BROKEN_TOOL.replace('"true"', "true").replace("ja_Jp", "ja_JP")})
    repository.run(pull=pull)
    assert 13 in lines(pull)
    assert not {6, 14} & set(lines(pull))
    assert on(pull, 13).id == kept
    assert pull.reviews[0].minimized is None


def test_an_answered_comment_stays_and_is_marked_resolved(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    answered = on(pull, 13)
    repository.reply(pull, answered.id)
    repository.push(pull, mended())
    repository.run(pull=pull)
    left = {comment.id: comment for comment in pull.review_comments}
    assert left.keys() == {answered.id, max(left)}
    assert (left[answered.id].minimized, left[max(left)].minimized) == ("resolved", None)


@pytest.mark.parametrize("answered", [False, True])
def test_a_finding_that_comes_back_is_said_again(repository: Repository, answered: bool) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    if answered:
        repository.reply(pull, on(pull, 13).id)
    repository.push(pull, mended())
    repository.run(pull=pull)
    assert not {6, 13, 14} & set(lines(pull))
    repository.push(pull, broken())
    repository.run(pull=pull)
    assert set(lines(pull)) >= {6, 13, 14}
    before = len(repository.github.writes())
    repository.run(pull=pull)
    assert repository.github.writes()[before:] == []


def test_a_pull_request_that_is_closed_is_left_alone(repository: Repository) -> None:
    pull = repository.open(broken())
    pull.state = "closed"
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert repository.github.writes() == []
    assert "nothing was posted" in job.log


def test_nothing_is_posted_when_the_head_moves_on(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.git.commit({"weather/README.md": "# Weather\n\nPushed meanwhile.\n"}, branch="feature")
    moved = threading.Event()

    def move(request: Any) -> None:
        if request.path == "/graphql" and b"reviewThreads" in request.body and not moved.is_set():
            moved.set()
            repository.github.push(pull, "feature")

    repository.github.on_request(move)
    job = repository.run(pull=pull)
    assert moved.is_set()
    assert job.exit_code == 1
    assert posted(pull) == ""


def test_the_head_moves_on_between_looking_and_posting(repository: Repository) -> None:
    """The review is of a commit of the pull request all the same: GitHub takes it, and the next run goes on."""
    pull = repository.open(broken())
    repository.git.commit({"weather/README.md": "# Weather\n\nPushed meanwhile.\n"}, branch="feature")
    moved = threading.Event()

    def move(request: Any) -> None:
        if request.path.endswith("/reviews") and not moved.is_set():
            moved.set()
            repository.github.push(pull, "feature")

    repository.github.on_request(move)
    assert repository.run(pull=pull).exit_code == 1
    said = [comment.id for comment in pull.review_comments]
    assert repository.run(pull=pull).exit_code == 1
    assert [comment.id for comment in pull.review_comments][: len(said)] == said
    assert len({(comment.path, comment.body) for comment in pull.review_comments}) == len(pull.review_comments)
    assert len(pull.issue_comments) == 1


# --- whose comment it is ------------------------------------------------------------------------------------------


def test_nobody_elses_comment_is_touched_even_if_it_quotes_ours(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    ours = pull.issue_comments[0].body
    quoted = [
        repository.github.comment(pull, ours),
        # Another workflow's comment has the same author as ours.
        repository.github.comment(pull, f"They say:\n\n{ours}\n\nWhat now?", author="github-actions[bot]"),
        repository.github.comment(pull, SUMMARY_MARKER, author="github-actions[bot]"),
        repository.github.comment(pull, "", author="github-actions[bot]"),
    ]
    before = [comment.body for comment in quoted]
    repository.push(pull, mended())
    repository.run(pull=pull)
    assert [comment.body for comment in quoted] == before
    assert set(map(id, quoted)) < set(map(id, pull.issue_comments))
    assert len(pull.issue_comments) == 5


def test_nobody_elses_comment_on_a_line_is_touched(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    quoting = on(pull, 13).body
    token = repository.github.token(WRITE, login="octocat", kind="pat")
    client = Client(repository.github.api_url, token, "acme/plugins")
    body = {"commit_id": pull.head_sha, "path": TOOL, "line": 13, "side": "RIGHT", "body": quoting}
    theirs = client.write("POST", f"/pulls/{pull.number}/comments", body)["id"]
    repository.push(pull, mended())
    repository.run(pull=pull)
    assert [(comment.id, comment.minimized) for comment in pull.review_comments] == [(theirs, None)]


def test_a_comment_that_somebody_has_hidden_is_not_said_again(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    hidden = on(pull, 13)
    hidden.minimized = "off-topic"
    count = len(pull.review_comments)
    before = len(repository.github.writes())
    repository.run(pull=pull)
    assert len(pull.review_comments) == count
    assert [write.path for write in repository.github.writes()[before:] if "comments" not in write.path] == []
    repository.push(pull, mended())
    repository.run(pull=pull)
    assert [(comment.id, comment.minimized) for comment in pull.review_comments] == [(hidden.id, "off-topic")]


@pytest.mark.parametrize("line", [6, 13])
def test_a_comment_that_somebody_has_deleted_is_not_said_again_on_the_line(repository: Repository, line: int) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    pull.review_comments.remove(on(pull, line))
    left = {comment.id for comment in pull.review_comments}
    job = repository.run(pull=pull)
    # It is still so, and still counts: the summary says it from now on.
    assert {comment.id for comment in pull.review_comments} == left
    assert f"current_weather.yaml:{line}" in pull.issue_comments[0].body.partition("<details><summary>2 findings")[0]
    assert (job.exit_code, len(pull.issue_comments)) == (1, 1)
    assert_nothing_is_lost(job, pull)
    before = len(repository.github.writes())
    for _ in range(2):
        repository.run(pull=pull)
        assert repository.github.writes()[before:] == []
    # A push that leaves it there brings it back as little.
    repository.push(pull, {TOOL: "# Moved.\n" + BROKEN_TOOL})
    repository.run(pull=pull)
    assert {comment.id for comment in pull.review_comments} == left
    # When it was mended in between it is a new one.
    repository.push(pull, mended())
    repository.run(pull=pull)
    repository.push(pull, broken())
    repository.run(pull=pull)
    assert set(lines(pull)) >= MISTAKES.keys()


def test_a_summary_that_somebody_has_deleted_is_written_anew(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    pull.issue_comments.clear()
    repository.run(pull=pull)
    assert len(pull.issue_comments) == 1


def test_all_pages_are_searched(repository: Repository) -> None:
    pull = repository.open(broken())
    for number in range(230):
        repository.github.comment(pull, f"Remark {number}")
    repository.run(pull=pull)
    for number in range(230):
        repository.github.comment(pull, f"Another remark {number}")
    before = len(repository.github.writes())
    repository.run(pull=pull)
    assert repository.github.writes()[before:] == []


# --- two runs at the same time ------------------------------------------------------------------------------------


def run_twice_at_once(repository: Repository, pull: Pull) -> list[Outcome]:
    """Publishes one review from two threads that both have looked before either posts."""
    both = threading.Barrier(2, timeout=30)
    outcomes: list[Outcome] = []
    patch = "@@ -0,0 +1,24 @@\n" + "".join(f"+{line}\n" for line in BROKEN_TOOL.splitlines())
    findings = [
        replace(finding, location=replace(finding.location, path=TOOL))
        for finding in samples.RESULT.active
        if finding.location.span is not None and finding.location.span.line <= 23
    ]
    result = replace(samples.RESULT, findings=tuple(findings))
    change = {TOOL: FileDiff(TOOL, Status.MODIFIED, TOOL, FileHunks(parse_patch(patch)))}

    def run() -> None:
        token = repository.github.token(WRITE)
        client = Client(repository.github.api_url, token, "acme/plugins", sleep=lambda _: None)

        def planned(standing: Any, deleted: Any) -> Any:
            both.wait()
            return plan(result, change, standing=standing, deleted=deleted)

        outcomes.append(publish(client, pull.number, pull.head_sha, planned, Poster(NOWHERE)))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_two_runs_at_once_do_not_fail_and_the_next_one_tidies_up(repository: Repository) -> None:
    pull = repository.open(broken())
    outcomes = run_twice_at_once(repository, pull)
    assert [outcome.notices for outcome in outcomes] == [[], []]
    assert len(pull.issue_comments) == 2
    doubled = len(pull.review_comments)
    run_twice_at_once(repository, pull)
    assert len(pull.issue_comments) == 1
    assert len(pull.review_comments) == doubled // 2
    keys = [Poster(NOWHERE).keys(comment.body) for comment in pull.review_comments]
    assert len(set(keys)) == len(keys)


def test_what_another_run_has_deleted_meanwhile_is_no_fault(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.run(pull=pull)
    first = pull.review_comments[0]
    repository.push(pull, mended())
    repository.github.faults.add(
        match=("DELETE", rf"/pulls/comments/{first.id}$"), status=404, body={"message": "Not Found"}, after_apply=True
    )
    repository.github.faults.add(match=("PATCH", r"/issues/comments/\d+$"), status=404, body={"message": "Not Found"})
    job = repository.run(pull=pull)
    assert (job.exit_code, job.notices) == (0, [])
    assert pull.review_comments == []
    # The summary was gone, as far as GitHub said: there is a new one, and the next run leaves one of them.
    assert len(pull.issue_comments) == 2
    repository.run(pull=pull)
    assert len(pull.issue_comments) == 1


# --- findings that are on no line of the change -------------------------------------------------------------------


def far_from_the_change() -> dict[str, str | bytes | None]:
    """A change at the end of a long file, whose first lines say that the icon is one which the change deletes."""
    return {"weather/_assets/icon.svg": None, "weather/manifest.yaml": raised("0.1.0") + b"\n# The end.\n"}


def test_a_finding_outside_the_hunks_is_said_on_its_file(repository: Repository) -> None:
    pull = repository.open(far_from_the_change())
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    outside = {finding["rule"] for finding in job.active if finding["path"] == "weather/manifest.yaml"}
    assert outside
    (comment,) = [comment for comment in pull.review_comments if comment.path == "weather/manifest.yaml"]
    assert comment.line is None
    assert all(rule in comment.body for rule in outside)
    before = len(repository.github.writes())
    repository.run(pull=pull)
    assert repository.github.writes()[before:] == []
    icon = {"weather/_assets/icon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}
    repository.push(pull, {**icon, "weather/manifest.yaml": raised("0.1.1")})
    repository.run(pull=pull)
    assert not [comment for comment in pull.review_comments if comment.path == "weather/manifest.yaml"]


@pytest.mark.parametrize("answered", [False, True])
def test_a_comment_on_two_findings_of_which_one_is_mended(repository: Repository, answered: bool) -> None:
    pull = repository.open(far_from_the_change())
    repository.run(pull=pull)
    (comment,) = [comment for comment in pull.review_comments if comment.path == "weather/manifest.yaml"]
    assert "no folder" in comment.body
    assert "version/not-raised" in comment.body
    if answered:
        repository.reply(pull, comment.id)
    before = comment.body
    repository.push(pull, {"weather/_assets/icon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"})
    job = repository.run(pull=pull)
    assert comment in pull.review_comments
    # Under an answer the words stay that were answered.
    assert ("no folder" in comment.body) == answered
    assert "version/not-raised" in comment.body
    assert (comment.body == before) == answered
    assert_nothing_is_lost(job, pull)
    writes = len(repository.github.writes())
    repository.run(pull=pull)
    assert repository.github.writes()[writes:] == []
    repository.push(pull, {"weather/manifest.yaml": raised("0.1.1")})
    repository.run(pull=pull)
    assert [(c.id, c.minimized) for c in pull.review_comments if c.id == comment.id] == (
        [(comment.id, "resolved")] if answered else []
    )


@pytest.mark.parametrize("status", [404, 403, 422, 500])
def test_a_comment_that_cannot_be_changed_is_no_fault(repository: Repository, status: int) -> None:
    pull = repository.open(far_from_the_change())
    repository.run(pull=pull)
    repository.push(pull, {"weather/_assets/icon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"})
    repository.github.faults.add(match=("PATCH", r"/pulls/comments/\d+$"), status=status, times=9)
    job = repository.run(pull=pull)
    assert (job.exit_code, len(job.notices)) == (0, 0 if status == 404 else 1)
    repository.github.faults._faults.clear()
    repository.run(pull=pull)
    assert "no folder" not in "".join(comment.body for comment in pull.review_comments)


def test_a_file_comment_that_github_refuses_is_in_the_summary(repository: Repository) -> None:
    pull = repository.open(far_from_the_change())
    repository.github.faults.add(
        match=("POST", r"/pulls/\d+/comments$"), status=422, times=9, body={"message": "Validation Failed"}
    )
    job = repository.run(pull=pull)
    assert pull.review_comments == []
    assert all(finding["rule"] in pull.issue_comments[0].body for finding in job.active)


# --- anchors that GitHub refuses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("refused", [{13}, {6, 14}, {6, 13, 14}])
def test_an_anchor_that_github_refuses_costs_one_comment_only(repository: Repository, refused: set[int]) -> None:
    pull = repository.open(broken())
    for line in refused:
        repository.github.refuse_line(TOOL, line)
    job = repository.run(pull=pull)
    assert job.exit_code == 1
    assert set(lines(pull)) & MISTAKES.keys() == MISTAKES.keys() - refused
    assert all(MISTAKES[line] in pull.issue_comments[0].body for line in refused)
    assert len(lines(pull)) == len(set(lines(pull)))


def test_a_review_that_github_refuses_for_itself_is_not_tried_in_pieces(repository: Repository) -> None:
    pull = repository.open(broken())
    repository.github.faults.add(
        match=("POST", r"/reviews$"),
        status=422,
        times=99,
        body={"message": "Unprocessable Entity", "errors": ["User can only have one pending review per pull request"]},
    )
    job = repository.run(pull=pull)
    assert len([write for write in repository.github.writes() if write.path.endswith("/reviews")]) == 1
    assert all(rule in pull.issue_comments[0].body for rule in MISTAKES.values())
    assert any("pending review" in notice for notice in job.notices)


def test_a_review_of_which_github_took_a_part_is_completed(repository: Repository) -> None:
    """Large reviews were seen to end in an error after some of their comments."""
    pull = repository.open(broken())
    taken = threading.Event()

    def take_a_part(request: Any) -> None:
        if request.path.endswith("/reviews") and not taken.is_set():
            taken.set()
            body = request.json()
            client = Client(repository.github.api_url, request.headers["authorization"].split()[-1], "acme/plugins")
            part = {**body, "comments": body["comments"][:1]}
            threading.Thread(target=functools.partial(client.write, "POST", "/pulls/1/reviews", part)).start()

    repository.github.on_request(take_a_part)
    repository.github.faults.add(match=("POST", r"/reviews$"), status=502, delay=1)
    repository.run(pull=pull)
    assert set(lines(pull)) >= MISTAKES.keys()
    assert len(set(bodies(pull))) == len(bodies(pull))
    places = [(comment.path, comment.line) for comment in pull.review_comments]
    assert len(set(places)) == len(places)
