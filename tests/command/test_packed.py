"""`packed` tells before packing what the packager takes, and what keeps the rest out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.command import cli
from bot.plugin.packing import MAX_LINES
from bot.rules.example import example_plugin
from tests.support.submissions import package


@pytest.fixture
def weather(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path, content in example_plugin("tool").items():
        place = tmp_path / "weather" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "weather"


def test_what_is_packed_is_listed_and_what_is_left_out_with_its_pattern(
    weather: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (weather / ".difyignore").write_text("# ours\nnotes/\n*.log\n")
    for name in ("notes/a.md", "notes/b.md", "notes/c.md", "notes/d.md", "run.log", "data\x1b.bin"):
        (weather / name).parent.mkdir(exist_ok=True)
        (weather / name).write_bytes(b"12345")
    assert cli.main(["packed", "weather"]) == 0
    lines = capsys.readouterr().out.splitlines()
    size = sum(path.stat().st_size for path in weather.rglob("*") if path.is_file()) - 25
    files = len(example_plugin("tool")) + 2
    assert lines[0] == f"weather: {files} files, {size:,} bytes (the packager takes up to 52,428,800)"
    assert [line.split() for line in lines if "data" in line] == [["5", "data\\u001b.bin"]]
    assert lines[-2:] == [
        "Left out by notes/ (weather/.difyignore:2): notes/a.md, notes/b.md, notes/c.md and 1 more",
        "Left out by *.log (weather/.difyignore:3): run.log",
    ]


def test_the_json_has_every_file(weather: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (weather / ".gitignore").write_text("*.py\n")
    assert cli.main(["packed", "--format", "json", "weather"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["plugins"]
    left_out = {item["path"]: (item["pattern"], item["file"], item["line"]) for item in found["left_out"]}
    assert set(left_out) == {path for path in example_plugin("tool") if path.endswith(".py")}
    assert set(left_out.values()) == {("*.py", "weather/.gitignore", 1)}
    assert {item["path"] for item in found["files"]} == {*example_plugin("tool"), ".gitignore"} - set(left_out)
    assert found["bytes"] == sum(item["bytes"] for item in found["files"])


def test_the_data_of_git_are_named_where_they_are_packed(weather: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (weather / ".git").mkdir()
    said = "`.git/` is packed, too: add it to `.difyignore`."
    assert cli.main(["packed", "weather"]) == 0
    assert said in capsys.readouterr().out
    (weather / ".difyignore").write_text(".git/\n")
    assert cli.main(["packed", "weather"]) == 0
    assert said not in capsys.readouterr().out


def test_an_ignore_file_that_cannot_be_read_is_said(weather: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (weather / ".difyignore").write_text("x\n" * (MAX_LINES.most + 1))
    assert cli.main(["packed", "weather"]) == 0
    assert "The ignore file cannot be read: what it leaves out is listed here, too." in capsys.readouterr().out


def test_of_a_package_everything_is_listed(weather: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("weather.difypkg").write_bytes(package({".difyignore": "*\n"}))
    assert cli.main(["packed", "weather.difypkg"]) == 0
    assert "main.py" in capsys.readouterr().out


def test_where_there_is_no_plugin_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["packed", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "There is no plugin to pack.\n"
