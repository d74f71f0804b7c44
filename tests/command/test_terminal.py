"""Colour and width are what the terminal and its user ask for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.command.terminal import MAX_EXCERPT_BYTES, terminal_for
from bot.findings import Location
from bot.report.formats import Terminal


@pytest.mark.parametrize(
    ("color", "environment", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour(
    monkeypatch: pytest.MonkeyPatch, color: str, environment: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    terminal = made(color)
    assert terminal.colour is expected
    assert (terminal.width is not None) is is_terminal


def test_a_report_in_a_file_has_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = terminal_for(color="auto", quiet=False, statistics=False, to_file=True)
    assert (terminal.colour, terminal.width) == (False, None)


def test_texts_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: \xff\n")
    (tmp_path / "large.yaml").write_bytes(b"a" * (MAX_EXCERPT_BYTES + 1))
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    texts = made("never").texts
    assert texts is not None
    assert texts(Location("a.yaml")) == "a: \ufffd\n"
    for path in ("large.yaml", "link.yaml", "missing.yaml", ".", "a\0b"):
        assert texts(Location(path)) is None
    assert texts(Location("a.yaml", member="manifest.yaml")) is None


def made(color: str) -> Terminal:
    return terminal_for(color=color, quiet=False, statistics=False, to_file=False)
