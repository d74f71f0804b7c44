"""A bar on standard error for a review that takes longer than a moment, where a person sees it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

#: After so long a bar is shown, and drawn anew as often (seconds).
DELAY: Final = 0.5
INTERVAL: Final = 0.1


class Progress:
    """How many of the plugins are reviewed. No thread draws it: the review copies its process, and tells often enough.

    `console` is made when there is something to show, and `now` is the time in seconds.
    """

    def __init__(self, console: Callable[[], Console], now: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._now = now
        self._next = now() + DELAY
        self._expected = 0
        self._done = 0
        self._bar: Bar | None = None

    def expect(self, plugins: int) -> None:
        self._expected += plugins

    def advance(self, plugins: int) -> None:
        """So many more are done. The bar is not drawn for the last: what comes next is the report."""
        self._done += plugins
        if self._now() < self._next or self._done >= self._expected:
            return
        self._next = self._now() + INTERVAL
        if self._bar is None:
            self._bar = _bar(self._console())
        self._bar.update(self._bar.task_ids[0], completed=self._done, total=self._expected)
        if not self._bar.live.is_started:
            self._bar.start()
        self._bar.refresh()

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(console: Console) -> Bar:
    # Most reviews are over before there is anything to show, and do without the time to import this.
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(30), MofNCompleteColumn(), TextColumn("plugins"))
    bar = Bar(
        *columns, console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
    )
    bar.add_task("")
    return bar


@contextmanager
def progress_of(*, quiet: bool) -> Iterator[Progress | None]:
    """The progress to tell; None where nobody sees it. What is shown is gone afterwards, whatever happens."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") in (None, "dumb", "unknown"):
        yield None
        return

    def console() -> Console:
        from rich.console import Console

        return Console(stderr=True)

    progress = Progress(console)
    try:
        yield progress
    finally:
        progress.close()
