"""Work shared among processes comes out as if one had done it, whatever becomes of the others."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.options import Options
from bot.plugin import Plugin, find_roots
from bot.report.json import render
from bot.review.engine import MIN_SHARED, review
from bot.review.workers import MAX_WORKERS, Steps, share_out, worker_count
from bot.rules.example import example_plugin
from bot.rules.registry import Rule, RuleResults
from bot.source import LocalTree

LACKING = (b"ja_JP: ", b"pt_BR: ", b"zh_Hans: ")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shares work out")


def test_every_item_is_worked_on_once_and_in_its_own_process() -> None:
    results = share_out(range(10), lambda share: (os.getpid(), [item * item for item in share]), 3)
    assert sorted(item for share, _ in results for item in share) == list(range(10))
    for share, (_, squares) in results:
        assert squares == [item * item for item in share]
    assert len({pid for _, (pid, _) in results}) == 3


def test_more_workers_than_items() -> None:
    results = share_out(["a"], list, 3)
    assert [made for _, made in results if made] == [["a"]]


def test_answers_larger_than_a_pipe_holds() -> None:
    results = share_out(range(4), lambda share: "x" * 1_000_000, 4)
    assert [len(made) for _, made in results] == [1_000_000] * 4


@pytest.mark.parametrize("end", [signal.SIGKILL, None], ids=["killed", "left"])
def test_what_a_lost_process_leaves_is_done_by_this_one(end: signal.Signals | None) -> None:
    parent = os.getpid()

    def work(share: Sequence[int]) -> tuple[int, Sequence[int]]:
        if os.getpid() != parent and 1 in share:
            if end is None:
                os._exit(0)
            os.kill(os.getpid(), end)
        return os.getpid(), share

    results = {tuple(share): pid for share, (pid, _) in share_out(range(9), work, 3)}
    assert results[1, 4, 7] == parent
    assert results[2, 5, 8] != parent


def test_a_machine_without_room_for_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert share_out(range(4), list, 2) == [(range(0, 4, 2), [0, 2]), (range(1, 4, 2), [1, 3])]


def test_an_error_is_met_where_it_can_be_told() -> None:
    def work(share: Sequence[int]) -> int:
        return sum(10 // item for item in share)

    with pytest.raises(ZeroDivisionError):
        share_out([1, 0, 2], work, 3)


def test_an_answer_that_cannot_be_sent_is_made_again() -> None:
    def work(share: Sequence[int]) -> tuple[int, Callable[[], Sequence[int]]]:
        return os.getpid(), lambda: share

    for share, (process, answer) in share_out(range(2), work, 2):
        assert process == os.getpid()
        assert answer() == share


def test_workers_are_counted_by_the_processors_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= worker_count() <= MAX_WORKERS
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert worker_count() == MAX_WORKERS
    monkeypatch.setattr(sys, "platform", "darwin")
    assert worker_count() == 1


def test_a_shared_review_is_the_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The translations of one plugin are offered to another, whichever process read it."""
    for index in range(MIN_SHARED):
        folder = tmp_path / f"plugin-{index:02}"
        for path, content in example_plugin("tool").items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            # Some plugins lack translations that others have.
            lines = content.splitlines(keepends=True)
            if path.startswith("tools/") and index % 5 == 0:
                lines = [line for line in lines if LACKING[index % 3] not in line]
            (folder / path).write_bytes(b"".join(lines))
    tree = LocalTree(tmp_path)
    roots = find_roots(tree)
    assert len(roots) == MIN_SHARED
    processes: list[int] = []
    monkeypatch.setattr("bot.review.engine.worker_count", lambda: processes[0])
    reports = []
    for count in (1, 3):
        processes[:] = [count]
        result = review(tree, roots, Options())
        assert any(finding.fix for finding in result.findings)
        reports.append(render(result).replace(f'"duration_ms": {result.duration_ms}', ""))
    assert reports[0] == reports[1]


def test_a_review_that_fails_in_another_process_is_done_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(MIN_SHARED):
        (tmp_path / str(index)).mkdir()
        (tmp_path / str(index) / "manifest.yaml").write_text("type: plugin\n", encoding="utf-8")
    parent = os.getpid()

    def run_rules(plugin: Plugin, rules: Sequence[Rule]) -> RuleResults:
        if os.getpid() != parent:
            raise LookupError("no such thing")
        return RuleResults()

    monkeypatch.setattr("bot.review.engine.worker_count", lambda: 2)
    monkeypatch.setattr("bot.review.engine.run_rules", run_rules)
    tree = LocalTree(tmp_path)
    assert len(review(tree, find_roots(tree), Options()).plugins) == MIN_SHARED


def test_the_first_process_hears_of_the_steps_of_all() -> None:
    heard: list[tuple[int, int]] = []
    steps = Steps(lambda number: heard.append((os.getpid(), number)))

    def work(share: Sequence[int]) -> None:
        for _ in share:
            steps.step()

    share_out(range(100), work, 4)
    steps.close()
    assert sum(number for _, number in heard) == 100
    assert {pid for pid, _ in heard} == {os.getpid()}


def test_who_counts_is_never_waited_for() -> None:
    """More steps than fit between two processes are lost, and nothing stops."""
    steps = Steps(lambda number: None)

    def work(share: Sequence[int]) -> int:
        if share[0]:
            for _ in range(200_000):
                steps.step()
        return share[0]

    assert [done for _, done in share_out(range(2), work, 2)] == [0, 1]
    steps.close()
