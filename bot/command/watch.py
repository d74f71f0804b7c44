"""`check --watch`: reviews again whenever a file changes, until somebody ends it.

Changes are looked for, not waited for: of file systems that are shared, mounted into a container or on a network, the
system reports none. A look takes a small part of the time, however many files there are.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot.errors import ToolError, UsageError
from bot.languages import told
from bot.messages import say
from bot.plugin.discovery import SKIPPED
from bot.report.escape import log_line, terminal
from bot.report.words import counted
from bot.source.tree import MAX_ENTRIES

#: How often is looked (seconds), and the part of the time that looking may take.
INTERVAL: Final = 0.3
SHARE: Final = 0.05
#: A change is over when two looks, so far apart (seconds), see the same; who never stops writing is not waited for.
SETTLING: Final = 0.05
MAX_SETTLING: Final = 20

#: Clears the screen, and leaves what was scrolled away.
CLEAR: Final = "\x1b[H\x1b[2J"

#: What the system says of each file, by path: it differs when the file was written.
Look = Mapping[str, tuple[int, int, int, int]]


def look(places: Iterable[Path]) -> Look:
    """What there is in folders, and which files there are among the places. What vanishes meanwhile is not there.

    Other people's code and git's own data are left out. Raises `UsageError` for more than `MAX_ENTRIES` files.
    """
    seen: dict[str, tuple[int, int, int, int]] = {}
    folders = []
    for place in places:
        if place.is_dir():
            folders.append(str(place))
        else:
            with suppress(OSError):
                seen[str(place)] = _state(place.stat())
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as children:
            for child in children:
                if child.is_dir(follow_symlinks=False):
                    if child.name not in SKIPPED:
                        folders.append(child.path)
                    continue
                with suppress(OSError):
                    seen[child.path] = _state(child.stat(follow_symlinks=False))
        if len(seen) > MAX_ENTRIES:
            raise UsageError(f"more than {MAX_ENTRIES:,} files are to be watched: name the plugin's own folder")
    return seen


def _state(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


class Shown(Struct, frozen=True):
    """A review as it is shown: the report, and what of it tells whether anything is different."""

    report: str
    essence: str


def watch(
    review: Callable[[], Shown],
    places: Sequence[Path],
    *,
    wait: Callable[[float], None] = time.sleep,
    clear: bool = False,
) -> int:
    """Reviews, and reviews again after each change in one of the places, until it is interrupted.

    What is wrong with the configuration or a path for a moment is said, and watched like the rest.
    """
    shown: str | None = None
    try:
        while True:
            # What changes while it is reviewed is seen afterwards.
            before = look(places)
            started = time.monotonic()
            try:
                found = review()
            except (UsageError, ToolError) as error:
                text = "".join(f"{log_line(terminal(str(sentence)))}\n" for sentence in error.args)
                found = Shown(text, text)
            took = round((time.monotonic() - started) * 1000)
            if found.essence == shown:
                same = told(say("The same findings as before ({n:,} ms).", n=took))
                print(f"{time.strftime('%H:%M:%S')}  {same}", flush=True)
            else:
                sys.stdout.write((CLEAR if clear else "") + found.report)
                watching = say("Watching {files}. Ctrl-C ends it.", files=counted(len(before), "file"))
                print(f"\n{told(watching)}", flush=True)
            shown = found.essence
            _changed(before, places, wait)
    except KeyboardInterrupt:
        print("\nStopped watching.")
        return 0


def _changed(before: Look, places: Sequence[Path], wait: Callable[[float], None]) -> None:
    """Returns when something differs from before, and is no longer being written."""
    pause = INTERVAL
    while True:
        wait(pause)
        started = time.monotonic()
        now = look(places)
        pause = max(INTERVAL, (time.monotonic() - started) / SHARE)
        if now != before:
            break
    for _ in range(MAX_SETTLING):
        wait(SETTLING)
        latest = look(places)
        if latest == now:
            return
        now = latest
