"""Keeps answers of services on a person's own machine for a while, so that a second run does not ask again.

A kept answer is an old one. What stops a plugin can be kept for days: a version that is published stays published.
What lets a plugin pass is kept for minutes only, and that a service did not answer is not kept at all. The Action keeps
nothing: a stranger's change may have prepared its workspace.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bot.lookups import Answer, State
from bot.review.store import Store

_MINUTES: Final = 60
_DAYS: Final = 86_400
#: How long an answer to a question is kept, in seconds.
LIFETIMES: Final[Mapping[str, Mapping[State, int]]] = {
    "published": {State.YES: 7 * _DAYS, State.NO: 10 * _MINUTES},
    "repository": {State.YES: 10 * _MINUTES, State.NO: 10 * _MINUTES},
}
#: The newest are kept.
MAX_ANSWERS: Final = 20_000

_TABLES: Final = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, asked REAL NOT NULL, state TEXT NOT NULL);"
_FORGET: Final = "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY asked DESC LIMIT -1 OFFSET ?)"


class Kept:
    """The answers that are kept in a folder. Nothing here raises. A key begins with the name of the question."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._store = Store(folder, "answers.sqlite", _TABLES)
        self._clock = clock

    @property
    def complaint(self) -> str:
        """Why a file that is there was not used, as a clause; "" where there is nothing to say."""
        return self._store.complaint

    def find(self, key: tuple[str, ...]) -> Answer | None:
        """The answer to a question, where one is kept that still holds."""
        for asked, written in self._store.ask("SELECT asked, state FROM answers WHERE key = ?", [(json.dumps(key),)]):
            for state, lifetime in LIFETIMES[key[0]].items():
                # A clock that was put back makes no answer younger.
                if written == state.value and isinstance(asked, float) and 0 <= self._clock() - asked < lifetime:
                    return Answer(state)
        return None

    def keep(self, key: tuple[str, ...], answer: Answer) -> None:
        if answer.state in LIFETIMES[key[0]]:
            row = (json.dumps(key), self._clock(), answer.state.value)
            self._store.ask("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", [row])
            self._store.ask(_FORGET, [(MAX_ANSWERS,)])
