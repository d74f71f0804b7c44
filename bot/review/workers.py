"""Shares work out among processes of this machine."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")

#: More processes than this only take memory from each other.
MAX_WORKERS = 8


def can_be_copied() -> bool:
    """Whether this process can be copied in a state that can be worked on with.

    Only Linux does; elsewhere each would have to start anew.
    """
    return sys.platform == "linux"


def worker_count() -> int:
    """How many processes may work at a time."""
    return min(len(os.sched_getaffinity(0)), MAX_WORKERS) if can_be_copied() else 1


def share_out(
    items: Sequence[_Item],
    work: Callable[[_Item], _Done],
    pack: Callable[[_Done], bytes],
    workers: int,
    most: int,
) -> Iterator[tuple[_Item, _Done | bytes]]:
    """Each item with what `work` makes of it in another process, as `pack` sends it, in the order in which they come.

    A process does at most `most` items and ends, and with it goes the memory that it has grown to; `workers` work at a
    time. Where a process cannot be had or ends before its time, killed or by an error, this one does the rest of the
    share itself, without packing, and so meets the error where it can be told.
    """
    # Most reviews are of one plugin, and do without the time to import this.
    from multiprocessing.connection import wait

    count = workers * -(-len(items) // (workers * most))
    shares = (share for index in range(count) if (share := items[index::count]))
    running: dict[Connection, deque[_Item]] = {}
    # Pages that the collector does not write to stay shared between the processes.
    gc.freeze()
    try:
        while True:
            for share in islice(shares, workers - len(running)):
                running[_start(share, work, pack)] = deque(share)
            if not running:
                return
            ready = wait(list(running))
            for answers in [each for each in running if each in ready]:
                left = running[answers]
                try:
                    made = answers.recv_bytes()
                except (EOFError, OSError):
                    answers.close()
                    del running[answers]
                    yield from ((item, work(item)) for item in left)
                else:
                    yield left.popleft(), made
    finally:
        gc.unfreeze()


def _start(share: Sequence[_Item], work: Callable[[_Item], _Done], pack: Callable[[_Done], bytes]) -> Connection:
    import multiprocessing

    answers, asked = multiprocessing.Pipe(duplex=False)
    # With the last other end of the pipe closed, whoever waits for an answer is told that none will come.
    with asked, suppress(OSError):
        process = multiprocessing.get_context("fork").Process
        process(target=_answer, args=(share, work, pack, answers, asked), daemon=True).start()
    return answers


def _answer(
    share: Sequence[_Item],
    work: Callable[[_Item], _Done],
    pack: Callable[[_Done], bytes],
    answers: Connection,
    asked: Connection,
) -> None:
    # Who interrupts the review is answered once, by the process that was started.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Where nobody reads any more, sending fails.
    answers.close()
    with suppress(Exception), asked:
        for item in share:
            asked.send_bytes(pack(work(item)))
