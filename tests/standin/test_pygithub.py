"""The client library of the product, eager and lazy, against the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from github import Auth, Github, GithubException, UnknownObjectException
from github.PullRequest import ReviewComment

from tests.standin.conftest import WRITE, World, WorldFactory


@contextmanager
def client(w: World, **options: Any) -> Iterator[Github]:
    github = Github(
        auth=Auth.Token(w.gh.token(WRITE)),
        base_url=w.gh.api_url,
        retry=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
        **options,
    )
    try:
        yield github
    finally:
        github.close()


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
@pytest.mark.parametrize("lazy", [False, True])
def test_a_whole_review(world: WorldFactory, prefix: str, lazy: bool) -> None:
    w = world(prefix=prefix)
    with client(w, lazy=lazy, per_page=2) as github:
        repository = github.get_repo("acme/plugins")
        pull = repository.get_pull(1)
        files = list(pull.get_files())
        assert [(file.filename, file.status) for file in files] == [
            ("a.txt", "modified"),
            ("gone.txt", "removed"),
            ("new.txt", "added"),
        ]
        assert pull.head.sha == w.pull.head_sha
        commit = repository.get_commit(pull.head.sha)
        inline: list[ReviewComment] = [
            {"path": "a.txt", "line": 10, "side": "RIGHT", "body": "one"},
            {"path": "a.txt", "start_line": 38, "start_side": "RIGHT", "line": 40, "side": "RIGHT", "body": "range"},
            {"path": "gone.txt", "line": 2, "side": "LEFT", "body": "old"},
        ]
        review = pull.create_review(commit=commit, body="Summary", event="COMMENT", comments=inline)
        assert [comment.body for comment in pull.get_single_review_comments(review.id)] == ["one", "range", "old"]
        pull.create_review_comment(body="file", commit=commit, path="new.txt", subject_type="file")
        comments = list(pull.get_review_comments())
        assert [(c.path, c.line, c.start_line, c.side, c.subject_type) for c in comments] == [
            ("a.txt", 10, None, "RIGHT", "line"),
            ("a.txt", 40, 38, "RIGHT", "line"),
            ("gone.txt", 2, None, "LEFT", "line"),
            ("new.txt", None, None, "RIGHT", "file"),
        ]
        reply = pull.create_review_comment_reply(comments[0].id, "indeed")
        assert reply.in_reply_to_id == comments[0].id
        comments[1].edit("changed")
        comments[2].delete()
        assert [c.body for c in pull.get_review_comments()] == ["one", "changed", "file", "indeed"]
        sticky = pull.create_issue_comment("sticky")
        sticky.edit("still sticky")
        assert sticky.minimize("OUTDATED")
        assert sticky.unminimize()
        assert [c.body for c in pull.get_issue_comments()] == ["still sticky"]
        assert [r.state for r in pull.get_reviews()] == ["COMMENTED"] * 3


def test_checks_statuses_and_runs(world: WorldFactory) -> None:
    w = world()
    told = w.gh.finish_run(w.pull, artifacts={"result": {"result.json": b"{}"}})
    with client(w) as github:
        repository = github.get_repo("acme/plugins")
        annotation: Any = {
            "path": "a.txt",
            "start_line": 1,
            "end_line": 1,
            "annotation_level": "warning",
            "message": "m",
        }
        output: Any = {"title": "t", "summary": "s", "annotations": [annotation]}
        run = repository.create_check_run("Review", w.pull.head_sha, status="in_progress", output=output)
        run.edit(conclusion="failure", output=output)
        assert (run.status, run.conclusion) == ("completed", "failure")
        assert [a.message for a in run.get_annotations()] == ["m", "m"]
        commit = repository.get_commit(w.pull.head_sha)
        assert [r.id for r in commit.get_check_runs(check_name="Review")] == [run.id]
        assert commit.create_status("success", description="Fine", context="review").context == "review"
        finished = repository.get_workflow_run(told.id)
        assert finished.head_sha == w.pull.head_sha
        assert [artifact.name for artifact in finished.get_artifacts()] == ["result"]
        assert [pull.number for pull in commit.get_pulls()] == [1]
        comparison = repository.compare("main", w.pull.head_sha)
        assert (comparison.merge_base_commit.sha, len(comparison.files)) == (w.workspace.git("rev-parse", "main"), 3)
        assert github.get_rate_limit().rate.remaining < 1000


def test_a_lazy_review_is_one_request(world: WorldFactory) -> None:
    w = world()
    with client(w, lazy=True) as github:
        repository = github.get_repo("acme/plugins")
        commit = repository.get_commit(w.pull.head_sha)
        repository.get_pull(1).create_review(commit=commit, body="Summary", event="COMMENT")
    assert [(exchange.method, exchange.path) for exchange in w.gh.requests] == [
        ("POST", "/repos/acme/plugins/pulls/1/reviews")
    ]


def test_errors_are_the_errors_of_the_library(world: WorldFactory) -> None:
    w = world()
    with client(w) as github:
        with pytest.raises(UnknownObjectException):
            github.get_repo("acme/other")
        with pytest.raises(GithubException) as raised:
            github.get_user().login  # noqa: B018 - the attribute asks GitHub
        assert raised.value.status == 403
        with pytest.raises(GithubException) as raised:
            github.requester.graphql_query('query { repository(owner: "no", name: "no") { id } }', {})
        assert "Could not resolve" in str(raised.value.data)
