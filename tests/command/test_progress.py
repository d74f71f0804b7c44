"""The bar: nothing for a moment, then how many plugins are done, and no trace of it afterwards."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from bot.command import progress
from bot.command.cli import main
from bot.command.progress import DELAY, INTERVAL, Progress, progress_of
from bot.review import engine
from bot.rules.example import example_plugin


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", self.getvalue())


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_short_review_shows_nothing() -> None:
    clock = Clock()
    told = Progress(lambda: pytest.fail("nothing is shown"), clock)
    told.expect(2)
    clock.seconds = DELAY * 0.9
    told.advance(1)
    clock.seconds = DELAY * 9
    told.advance(1)
    told.close()


def test_a_long_one_shows_how_far_it_is() -> None:
    clock, screen = Clock(), Screen()
    told = Progress(lambda: Console(file=screen, force_terminal=True, width=60), clock)
    told.expect(40)
    told.expect(2)
    for _ in range(41):
        clock.seconds += 1
        told.advance(1)
    assert " 1/42 plugins" in screen.text
    assert "41/42 plugins" in screen.text
    shown = len(screen.getvalue())
    told.advance(0)
    assert len(screen.getvalue()) == shown, f"it is drawn every {INTERVAL} s at most"
    told.close()
    assert screen.getvalue().endswith("\x1b[2K"), "the line is cleared"
    assert screen.getvalue().count("\x1b[?25l") == screen.getvalue().count("\x1b[?25h"), "the cursor is back"


@pytest.mark.parametrize("width", [1, 20, 300])
def test_it_fits_the_terminal(width: int) -> None:
    clock, screen = Clock(), Screen()
    told = Progress(lambda: Console(file=screen, force_terminal=True, width=width), clock)
    told.expect(1000)
    clock.seconds = 1
    told.advance(3)
    told.close()
    assert all(len(line) <= width for line in re.split(r"[\r\n]+", screen.text))
    assert screen.text.count("\n") == 1, "one line, and where it is taken away"


@pytest.mark.parametrize(
    ("is_terminal", "quiet", "term", "shown"),
    [
        (True, False, "xterm", True),
        (True, True, "xterm", False),
        (True, False, "dumb", False),
        (False, False, "x", False),
    ],
)
def test_who_sees_it(monkeypatch: pytest.MonkeyPatch, is_terminal: bool, quiet: bool, term: str, shown: bool) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stderr", Screen() if is_terminal else io.StringIO())
    with progress_of(quiet=quiet) as told:
        assert (told is not None) is shown


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.mark.parametrize("workers", [1, 2])
def test_check_tells_of_every_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], workers: int
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "worker_count", lambda: workers)
    number = engine.MIN_SHARED + 1
    for each in range(number):
        put(tmp_path / f"p{each}", example_plugin("tool"))
    assert main(["check"]) == 0
    without = capsys.readouterr().out
    told: list[tuple[int, int]] = []

    class Recorded(Progress):
        def advance(self, plugins: int) -> None:
            super().advance(plugins)
            told.append((self._done, self._expected))

    screen = Screen()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "Progress", Recorded)
    monkeypatch.setattr(progress, "DELAY", 0)
    for arguments in ([], ["--no-cache"]):  # The first finds all of them in the cache.
        told.clear()
        assert main(["check", *arguments]) == 0
        assert told[-1] == (number, number)
        report = capsys.readouterr().out
        assert report.splitlines()[:-1] == without.splitlines()[:-1], "the report is the same"
    assert f"/{number} plugins" in screen.text
