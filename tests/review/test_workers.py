"""Work shared among processes comes out as if one had done it, whatever becomes of the others."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.lookups import Known
from bot.options import Options
from bot.plugin import Plugin, find_roots
from bot.report.json import render
from bot.review.engine import MIN_SHARED, review
from bot.review.workers import MAX_WORKERS, share_out, worker_count
from bot.rules.example import example_plugin
from bot.rules.registry import Rule, RuleResults
from bot.source import LocalTree

LACKING = (b"ja_JP: ", b"pt_BR: ", b"zh_Hans: ")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shares work out")


def shared_out(
    items: Sequence[Any], work: Callable[[Any], Any], workers: int, most: int = 100
) -> list[tuple[Any, Any, bool]]:
    """Each item, what was made of it, and whether another process made it."""
    out = share_out(items, work, pickle.dumps, workers, most)
    return [
        (item, pickle.loads(made) if isinstance(made, bytes) else made, isinstance(made, bytes)) for item, made in out
    ]


@pytest.mark.parametrize(
    ("count", "workers", "most", "processes"),
    [(10, 3, 100, 3), (10, 3, 1, 12), (10, 1, 4, 3), (10, 2, 4, 4), (3, 2, 1, 4), (1, 1, 1, 1), (0, 2, 5, 0)],
)
def test_every_item_is_worked_on_once_in_processes_that_end(
    count: int, workers: int, most: int, processes: int
) -> None:
    made = shared_out(range(count), lambda item: (os.getpid(), item * item), workers, most)
    assert sorted((item, square) for item, (_, square), _ in made) == [(item, item * item) for item in range(count)]
    by_process = Counter(pid for _, (pid, _), _ in made)
    assert len(by_process) == min(processes, count)
    assert os.getpid() not in by_process
    assert all(number <= most for number in by_process.values())


def test_no_more_processes_than_workers_at_a_time(tmp_path: Path) -> None:
    def work(item: int) -> int:
        place = tmp_path / str(os.getpid())
        place.touch()
        working = len(list(tmp_path.iterdir()))
        time.sleep(0.01)
        place.unlink()
        return working

    assert max(working for _, working, _ in shared_out(range(12), work, 2, 2)) <= 2


def test_an_answer_comes_as_soon_as_it_is_made(tmp_path: Path) -> None:
    heard = tmp_path / "heard"

    def work(item: int) -> bool:
        while item and not heard.exists():
            time.sleep(0.001)
        return True

    for item, _ in share_out(range(2), work, pickle.dumps, 1, 2):
        heard.touch()
        assert item in (0, 1)


def test_answers_larger_than_a_pipe_holds() -> None:
    made = shared_out(range(8), lambda item: "x" * 1_000_000, 4)
    assert [(len(text), elsewhere) for _, text, elsewhere in made] == [(1_000_000, True)] * 8


@pytest.mark.parametrize("end", [signal.SIGKILL, None], ids=["killed", "left"])
def test_what_a_lost_process_leaves_is_done_by_this_one(end: signal.Signals | None) -> None:
    parent = os.getpid()

    def work(item: int) -> int:
        if os.getpid() != parent and item == 4:
            if end is None:
                os._exit(0)
            os.kill(os.getpid(), end)
        return item

    made = {item: elsewhere for item, _, elsewhere in shared_out(range(9), work, 3)}
    # The share of the second process is 1, 4, 7.
    assert made == {item: item not in (4, 7) for item in range(9)}


def test_a_machine_without_room_for_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert shared_out(range(4), str, 2) == [(0, "0", False), (2, "2", False), (1, "1", False), (3, "3", False)]


def test_an_error_is_met_where_it_can_be_told() -> None:
    with pytest.raises(ZeroDivisionError):
        shared_out([1, 0, 2], lambda item: 10 // item, 3)
    assert not gc.get_freeze_count()


def test_an_answer_that_cannot_be_sent_is_made_again() -> None:
    for item, made, elsewhere in shared_out(range(4), lambda item: lambda: item, 2):
        assert not elsewhere
        assert made() == item


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
    reports = []
    for workers, most in ((1, MIN_SHARED), (1, 5), (3, 100), (2, 3)):
        monkeypatch.setattr("bot.review.engine.worker_count", lambda workers=workers: workers)
        monkeypatch.setattr("bot.review.engine.MAX_SHARE", most)
        told: list[int] = []
        result = review(tree, roots, Options(), told=told.append)
        assert sum(told) == MIN_SHARED
        assert any(finding.fix for finding in result.findings)
        reports.append(render(replace(result, duration_ms=0)))
    assert len(set(reports)) == 1


def test_who_asks_services_asks_from_few_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process remembers what it was answered for all the plugins that it reviews. The first is reviewed here."""
    for index in range(MIN_SHARED):
        (tmp_path / str(index)).mkdir()
        (tmp_path / str(index) / "manifest.yaml").write_text("type: plugin\n", encoding="utf-8")
    processes = tmp_path / "processes"
    processes.mkdir()

    def run_rules(plugin: Plugin, rules: Sequence[Rule]) -> RuleResults:
        (processes / str(os.getpid())).touch()
        return RuleResults()

    monkeypatch.setattr("bot.review.engine.worker_count", lambda: 2)
    monkeypatch.setattr("bot.review.engine.MAX_SHARE", 1)
    monkeypatch.setattr("bot.review.engine.run_rules", run_rules)
    tree = LocalTree(tmp_path)
    review(tree, find_roots(tree), Options(lookups=Known()))
    asking = {int(path.name) for path in processes.iterdir()}
    assert os.getpid() in asking
    assert len(asking) == 3


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
