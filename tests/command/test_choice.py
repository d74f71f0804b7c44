"""`fix --interactive`: each fix is shown, and one key decides. The keys come from a list, no terminal is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.command import fix
from bot.command.choice import Chooser
from bot.command.cli import main
from bot.options import Options
from bot.rules.example import example_plugin

MANIFEST = Path("weather/manifest.yaml")
TOOL = Path("weather/tools/current_weather.yaml")


@pytest.fixture(autouse=True)
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin with three mistakes that have safe fixes."""
    monkeypatch.chdir(tmp_path)
    put(Path("weather"), example_plugin("tool"))
    edit(MANIFEST, "icon: icon.svg", "icon: _assets/icon.svg")
    edit(MANIFEST, 'version: "3.12"', "version: 3.12")
    edit(TOOL, "ja_JP:", "ja_Jp:")


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def texts() -> dict[str, str]:
    return {path.as_posix(): path.read_text(encoding="utf-8") for path in (MANIFEST, TOOL)}


Pressed = Callable[[str], tuple[str, list[str]]]


@pytest.fixture
def pressed(capsys: pytest.CaptureFixture[str]) -> Pressed:
    """Presses keys; gives what is printed, and the keys that nobody asked for."""

    def press(keys: str) -> tuple[str, list[str]]:
        left = list(keys)
        chooser = Chooser(lambda: left.pop(0) if left else "", colour=False)
        fix.run(["."], Options(), choose=chooser)
        return capsys.readouterr().out, left

    return press


def test_all_are_shown_with_what_they_change(pressed: Pressed) -> None:
    shown, left = pressed("nnn")
    assert left == []
    assert shown.count("Apply? [y]es") == 3
    for line in ("-icon: _assets/icon.svg", "+icon: icon.svg", "-    version: 3.12", '+    version: "3.12"'):
        assert line in shown.splitlines()
    assert "asset/prefix" in shown
    assert "fix: " in shown


def test_yes_applies_and_no_does_not(pressed: Pressed) -> None:
    before = texts()
    shown, _ = pressed("yny")
    after = texts()
    assert "icon: icon.svg" in after[MANIFEST.as_posix()]
    assert "version: 3.12" in after[MANIFEST.as_posix()]
    assert "ja_Jp:" not in after[TOOL.as_posix()]
    assert before != after
    assert "Fixed 2 findings. 1 declined." in shown


def test_what_is_declined_is_not_asked_again(pressed: Pressed) -> None:
    before = texts()
    shown, left = pressed("nnnyyy")
    assert (left, shown.count("Apply?")) == (["y", "y", "y"], 3)
    assert texts() == before
    assert "Nothing to fix." not in shown
    assert "3 declined." in shown


def test_all_the_rest(pressed: Pressed) -> None:
    shown, _ = pressed("na")
    assert shown.count("Apply?") == 2
    after = texts()
    assert "_assets/icon.svg" in after[MANIFEST.as_posix()]
    assert 'version: "3.12"' in after[MANIFEST.as_posix()]
    assert "ja_JP:" in after[TOOL.as_posix()]


@pytest.mark.parametrize("end", ["q", "\x04", ""])
def test_the_end_keeps_what_was_taken(pressed: Pressed, end: str) -> None:
    shown, _ = pressed("y" + end)
    assert shown.count("Apply?") == 2
    after = texts()
    assert "icon: icon.svg" in after[MANIFEST.as_posix()]
    assert "version: 3.12" in after[MANIFEST.as_posix()]


def test_other_keys_do_nothing(pressed: Pressed) -> None:
    shown, left = pressed("x\x1b[A\n ÿY?Nnnn")
    assert shown.count("Apply?") == 3
    assert left == []
    assert "3 declined" in shown


def test_an_interruption_writes_nothing() -> None:
    before = texts()

    def interrupted() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fix.run(["."], Options(), choose=Chooser(interrupted, colour=False))
    assert texts() == before


def test_nothing_of_a_plugin_reaches_the_terminal(pressed: Pressed) -> None:
    edit(MANIFEST, "icon: _assets/icon.svg", "icon: _assets/icon.svg # \u202e\u009b31m")
    shown, _ = pressed("nnn")
    assert not set(shown) & {"\x1b", "\u202e", "\u009b"}


def test_colours_come_when_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    fix.run(["."], Options(), choose=Chooser(lambda: "n", colour=True))
    assert "\x1b[32m+icon: icon.svg" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [("--interactive",), ("--interactive", "--diff")])
def test_without_a_terminal_nobody_can_be_asked(arguments: tuple[str, ...]) -> None:
    before = texts()
    assert main(["fix", *arguments]) == 2
    assert texts() == before
