"""What is kept on a person's own machine, as tables in a file.

Whoever can write the file decides what it says. So it is used only where nobody else can write it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

#: A writer of another process is waited for so long (seconds).
_PATIENCE: Final = 2.0


def default_folder() -> Path:
    """Where the cache is unless somebody says otherwise: in `$XDG_CACHE_HOME` or `~/.cache`."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "dify-plugin-review"


class Store:
    """A file with tables in a folder; `tables` makes those that are not there.

    Nothing here raises: what cannot be read or written is not kept. `complaint` says in a clause why a file that is
    there was not used; "" where there is nothing to say.
    """

    def __init__(self, folder: Path, name: str, tables: str) -> None:
        self._file = folder / name
        self._tables = tables
        self.complaint = ""

    def ask(self, statement: str, rows: Sequence[tuple[object, ...]]) -> list[tuple[Any, ...]]:
        """The answers to a statement that is run for each row of arguments; none where the file cannot be used."""
        if not self._is_safe():
            return []
        import sqlite3  # Takes its time, and a review of one plugin does without it.

        answers: list[tuple[Any, ...]] = []
        try:
            with closing(sqlite3.connect(self._file, timeout=_PATIENCE)) as database, database:
                database.executescript(self._tables)
                for row in rows:
                    answers += database.execute(statement, row)
        except sqlite3.DatabaseError as error:
            self.complaint = str(error)
            return []
        return answers

    def _is_safe(self) -> bool:
        """Whether the file is there, or could be made, and nobody else can write it."""
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            states = [os.lstat(self._file.parent)]
            if self._file.is_symlink() or self._file.exists():
                states.append(os.lstat(self._file))
        except OSError:
            return False  # Nowhere to keep anything, such as in a container that is read only.
        if os.name != "posix" or all(_is_own(each) for each in states):
            return True
        self.complaint = "other users can write it"
        return False


def _is_own(state: os.stat_result) -> bool:
    is_kind = stat.S_ISDIR(state.st_mode) or stat.S_ISREG(state.st_mode)
    return is_kind and state.st_uid == os.geteuid() and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
