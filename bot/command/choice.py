"""`fix --interactive`: shows each fix, and takes or leaves it by one key."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from bot.errors import UsageError
from bot.findings import Finding
from bot.fixes.fix import FileChange
from bot.fixes.patch import patch
from bot.languages import told
from bot.messages import say
from bot.report.line import STYLES, Line, coloured, diff_lines, plain, safe
from bot.report.words import place

#: Gives the key that was pressed; "" when there will be none any more.
Keys = Callable[[], str]

_QUESTION: Final = say("Apply? [y]es [n]o [a]ll the rest, [q]uit: ")
_ANSWERS: Final = {"y": say("yes"), "n": say("no"), "a": say("all the rest"), "q": say("quit")}
#: No more keys will come, and Ctrl-D.
_END: Final = ("", "\x04")


class Chooser:
    """Asks about one fix after the other. After "all" and "quit" it asks no more."""

    def __init__(self, keys: Keys, *, colour: bool) -> None:
        self._keys = keys
        self._show = coloured if colour else plain
        self._rest: bool | None = None
        self.left = 0

    def __call__(self, findings: Sequence[Finding], changes: Mapping[str, FileChange]) -> bool:
        """Whether the fix of the findings, which changes these files, is taken."""
        taken = self._rest if self._rest is not None else self._ask(findings, changes)
        self.left += not taken
        return taken

    def _ask(self, findings: Sequence[Finding], changes: Mapping[str, FileChange]) -> bool:
        for line in _lines(findings, changes):
            print(self._show(line))
        print(told(_QUESTION), end="", flush=True)
        while True:
            key = self._keys()
            # Capital letters are the ends of what arrows and other keys send.
            answer = "q" if key in _END else key
            if answer in _ANSWERS:
                print(f"{told(_ANSWERS[answer])}\n", flush=True)
                if answer in "aq":
                    self._rest = answer == "a"
                return answer in "ya"


def _lines(findings: Sequence[Finding], changes: Mapping[str, FileChange]) -> Iterator[Line]:
    for finding in findings:
        yield (
            (safe(place(finding)), "bold"),
            (f" {told(finding.severity.label)} ", STYLES[finding.severity]),
            (f"{safe(finding.rule)} ", "dim"),
            (safe(told(finding.message)), ""),
        )
    fix = findings[0].fix
    if fix is not None:
        said = say("fix: {title} ({safety})", title=fix.title, safety=fix.safety.value)
        yield ((safe(told(said)), "green"),)
    for path, change in changes.items():
        yield from diff_lines(patch(path, change))


@contextmanager
def keys_of_terminal() -> Iterator[Keys]:
    """The keys that are pressed at the terminal, each at once. Raises `UsageError` without a terminal."""
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stdout.isatty():
        raise UsageError("--interactive needs a terminal to ask at, and this is not one")
    try:
        import termios
        import tty
    except ImportError:  # Windows
        import msvcrt

        yield msvcrt.getwch  # type: ignore[attr-defined,unused-ignore]
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    pressed: list[str] = []

    def key() -> str:
        if not pressed:
            read = os.read(descriptor, 64).decode("latin-1")
            # What begins with an escape is one key: an arrow, say.
            pressed.extend([read] if read.startswith("\x1b") else read or [""])
        return pressed.pop(0)

    try:
        tty.setcbreak(descriptor)
        yield key
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
