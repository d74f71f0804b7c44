"""Shares work out among processes of this machine."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")

#: More processes than this only take memory from each other.
MAX_WORKERS = 8


def worker_count() -> int:
    """How many processes this one may make use of, itself included: 1 where it cannot be copied safely.

    Only Linux copies a process in a state that can be worked on with; elsewhere each would have to start anew.
    """
    if sys.platform != "linux":
        return 1
    return min(len(os.sched_getaffinity(0)), MAX_WORKERS)


class Steps:
    """Counts what several processes have done: each tells one step at a time, and the first of them hears of all.

    `told` is called in the process that made this, with the number of steps that it has not been told yet.
    """

    def __init__(self, told: Callable[[int], None]) -> None:
        self._told = told
        self._owner = os.getpid()
        self._heard, self._said = os.pipe()
        # Who counts is never waited for, neither here nor there.
        os.set_blocking(self._heard, False)
        os.set_blocking(self._said, False)

    def step(self) -> None:
        if os.getpid() != self._owner:
            with suppress(OSError):
                os.write(self._said, b".")
            return
        self._told(1 + self._others())

    def close(self) -> None:
        """Tells the rest. There are no steps afterwards."""
        self._told(self._others())
        os.close(self._heard)
        os.close(self._said)

    def _others(self) -> int:
        with suppress(OSError):
            return len(os.read(self._heard, 65536))
        return 0


def share_out(
    items: Sequence[_Item], work: Callable[[Sequence[_Item]], _Done], workers: int
) -> list[tuple[Sequence[_Item], _Done]]:
    """The shares of `items` (each `workers`-th of them), and what `work` makes of each in a process of its own.

    What `work` returns has to be picklable. Where a process cannot be had or ends without an answer, killed or by an
    error, this one does the share itself, and so meets the error where it can be told.
    """
    own, *others = [items[index::workers] for index in range(workers)]
    # Pages that the collector does not write to stay shared between the processes.
    gc.freeze()
    try:
        connections = [_start(share, work) for share in others]
        results = [(own, work(own))]
        for share, answers in zip(others, connections, strict=True):
            try:
                done: _Done = answers.recv()
            except Exception:
                done = work(share)
            results.append((share, done))
    finally:
        gc.unfreeze()
    return results


def _start(share: Sequence[_Item], work: Callable[[Sequence[_Item]], _Done]) -> Connection:
    # Most reviews are of one plugin, and do without the time to import this.
    import multiprocessing

    answers, asked = multiprocessing.Pipe(duplex=False)
    # With the last other end of the pipe closed, whoever waits for an answer is told that none will come.
    with asked, suppress(OSError):
        multiprocessing.get_context("fork").Process(target=_answer, args=(share, work, asked), daemon=True).start()
    return answers


def _answer(share: Sequence[_Item], work: Callable[[Sequence[_Item]], _Done], asked: Connection) -> None:
    # Who interrupts the review is answered once, by the process that was started.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(Exception), asked:
        asked.send(work(share))
