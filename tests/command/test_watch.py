"""`check --watch`: what makes it review again, and that nothing but an interruption ends it.

Nobody sleeps here: the pauses between two looks are where a test changes files.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bot.command import watch
from bot.command.cli import main
from bot.rules.example import example_plugin

watch_as_it_is = watch.watch

Step = Callable[[], object]


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weather"
    for path, content in example_plugin("tool").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return folder


class Pauses:
    """Stands for the pauses between looks: in each of the long ones the next step is made, after the last a Ctrl-C."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.waited: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)
        if seconds == watch.SETTLING:
            return
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()


@pytest.fixture
def watched(
    plugin: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Runs `check --watch` with the steps; gives what is shown for each review, and at last what is said at the end."""

    def run(*steps: Step, arguments: tuple[str, ...] = ("weather",)) -> list[str]:
        monkeypatch.setattr(watch, "watch", partial(watch_as_it_is, wait=Pauses(*steps)))
        capsys.readouterr()
        assert main(["check", "--watch", *arguments]) == 0
        return capsys.readouterr().out.split("Ctrl-C ends it.\n")

    return run


def append(path: Path, text: str) -> Step:
    def step() -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    return step


def nothing() -> None:
    """A pause in which nothing happens."""


def test_a_change_is_reviewed_and_an_interruption_ends_it(plugin: Path, watched: Callable[..., list[str]]) -> None:
    first, second, end = watched(nothing, append(plugin / "manifest.yaml", "maintainer: acme\n"), nothing)
    assert "Nothing to fix in 1 plugin" in first
    assert "schema/unknown-key" in second
    assert end == "\nStopped watching.\n"


def test_the_same_findings_are_one_line(plugin: Path, watched: Callable[..., list[str]]) -> None:
    _, end = watched(append(plugin / "README.md", "\nMore.\n"))
    (line,) = [line for line in end.splitlines() if line and line != "Stopped watching."]
    assert line.partition("  ")[2].startswith("The same findings as before (")


def test_new_and_vanished_files_are_changes(plugin: Path, watched: Callable[..., list[str]]) -> None:
    icon = plugin / "_assets" / "icon.svg"
    content = icon.read_bytes()
    _, without, again, end = watched(icon.unlink, lambda: icon.write_bytes(content))
    assert "asset/no-folder" in without
    assert "Nothing to fix" in again
    assert "Stopped" in end


def test_a_plugin_that_vanishes_and_comes_back(plugin: Path, watched: Callable[..., list[str]]) -> None:
    away = plugin.with_name("away")
    shown = watched(lambda: plugin.rename(away), lambda: away.rename(plugin))
    assert "there is no file or folder `weather`" in shown[1]
    assert "Nothing to fix" in shown[2]


def test_a_broken_configuration_is_said_and_watched(plugin: Path, watched: Callable[..., list[str]]) -> None:
    settings = plugin.parent / ".github" / "dify-plugin-review.yml"
    settings.parent.mkdir()
    shown = watched(lambda: settings.write_text("profil: author\n"), lambda: settings.write_text("profile: author\n"))
    assert "there is no key `profil`" in shown[1]
    assert "Nothing to fix" in shown[2]


def test_what_changes_while_it_is_reviewed_is_reviewed_again(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviews: list[int] = []

    def review() -> watch.Shown:
        if not reviews:
            append(plugin / "main.py", "# more\n")()
        reviews.append(len(reviews))
        return watch.Shown(f"review {len(reviews)}\n", str(len(reviews)))

    assert watch.watch(review, [plugin], wait=Pauses(nothing)) == 0
    assert len(reviews) == 2
    capsys.readouterr()


def test_a_change_is_over_when_nothing_is_written_any_more(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An editor writes a file in several steps: one review is enough."""
    writes = [append(plugin / "main.py", "#\n")] * 3
    reviews = []

    def wait(seconds: float) -> None:
        if writes:
            writes.pop()()
        elif seconds != watch.SETTLING:
            raise KeyboardInterrupt

    def review() -> watch.Shown:
        reviews.append(len(writes))
        return watch.Shown("", "")

    watch.watch(review, [plugin], wait=wait)
    assert reviews == [3, 0]
    capsys.readouterr()


def test_who_never_stops_writing_is_not_waited_for(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pauses = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        append(plugin / "main.py", "#\n")()

    def review() -> watch.Shown:
        if len(pauses) > 2 * watch.MAX_SETTLING:
            raise KeyboardInterrupt
        return watch.Shown("", "")

    assert watch.watch(review, [plugin], wait=wait) == 0
    assert len(pauses) <= 3 * (watch.MAX_SETTLING + 1)
    capsys.readouterr()


def test_a_look_leaves_out_what_nobody_reviews(plugin: Path) -> None:
    for name in (".git", "node_modules", ".venv"):
        (plugin / name).mkdir()
        (plugin / name / "file").touch()
    (plugin / "loop").symlink_to(plugin)
    seen = {Path(path).relative_to(plugin).as_posix() for path in watch.look([plugin, plugin.parent / "missing"])}
    assert seen == {*example_plugin("tool"), "loop"}
    shutil.rmtree(plugin)
    assert watch.look([plugin]) == {}


def test_the_screen_is_cleared_on_a_terminal_only(plugin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for clear in (True, False):
        watch.watch(lambda: watch.Shown("report\n", ""), [plugin], wait=Pauses(), clear=clear)
        assert capsys.readouterr().out.startswith(f"{watch.CLEAR}report" if clear else "report")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fix",),
        ("--touched",),
        ("--output=x",),
        ("--format=json",),
        ("--dashboard=x",),
        ("--write-baseline=x",),
        ("--plan=x",),
        ("missing",),
        ("--select=nothing",),
    ],
)
def test_what_does_not_go_is_said_at_once(plugin: Path, arguments: tuple[str, ...]) -> None:
    assert main(["check", "--watch", *arguments]) == 2
