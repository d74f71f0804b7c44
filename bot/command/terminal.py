"""What the command line knows of the terminal it prints on: colour, width, and the files that excerpts are of."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from bot.findings import Location
from bot.report.formats import Terminal

#: No excerpts are taken from larger files (bytes).
MAX_EXCERPT_BYTES = 1024 * 1024


def terminal_for(*, color: str, quiet: bool, statistics: bool, to_file: bool) -> Terminal:
    """The terminal of standard output. `color` is `auto`, `always` or `never`.

    With `auto`, NO_COLOR goes before FORCE_COLOR, and that before what standard output is.
    """
    is_terminal = not to_file and sys.stdout.isatty()
    match color:
        case "always":
            colour = True
        case "never":
            colour = False
        case _:
            forced = bool(os.environ.get("FORCE_COLOR")) and not to_file
            colour = not os.environ.get("NO_COLOR") and (forced or is_terminal)
    width = shutil.get_terminal_size().columns if is_terminal else None
    return Terminal(colour, width, quiet, statistics, _Texts().of)


def can_ask() -> bool:
    """Whether somebody sees what is printed, and can answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def asked(question: str) -> bool:
    """Whether somebody at the terminal says yes. Only a plain yes is one."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


class _Texts:
    """The texts of files below the working directory, the last one kept."""

    def __init__(self) -> None:
        self._path = ""
        self._text: str | None = None

    def of(self, location: Location) -> str | None:
        """The text of a file; None for what is in a package, cannot be read, or is large."""
        if location.member is not None or location.source is not None or location.path is None:
            return None
        if location.path != self._path:
            self._path, self._text = location.path, _read(Path(location.path))
        return self._text


def _read(path: Path) -> str | None:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_EXCERPT_BYTES:
            return None
        return path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    except (OSError, ValueError):
        return None
