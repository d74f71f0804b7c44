"""The command `diff` on real folders, packages and revisions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.command.cli import main
from tests.source.archives import archive
from tests.source.repositories import commit_all, git, init
from tests.upgrade.versions import Edit, files_of

TOOL = "tools/current_weather.yaml"
RAISED: Edit = ("manifest.yaml", "version: 0.1.0", "version: 0.1.1")
OLD = files_of("tool")
NEW = files_of("tool", RAISED, (TOOL, "  - name: city", "  - name: place"))


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["diff", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_two_folders(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(place / "old", OLD)
    write(place / "new", NEW)
    code, out, _ = run(capsys, "old", "new")
    assert code == 0
    assert out.startswith("acme/weather: `0.1.0` → `0.1.1` breaks 2 things for existing users\n")
    assert "`0.2.0` would announce it." in out
    assert f"before  old/{TOOL}:17" in out
    assert f"now     new/{TOOL}:16" in out


def test_packages_and_a_folder_are_told_the_same(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "a.difypkg").write_bytes(archive(OLD))
    (place / "b.difypkg").write_bytes(archive(NEW))
    write(place / "new", NEW)
    found = []
    for new in ("b.difypkg", "new"):
        code, out, _ = run(capsys, "a.difypkg", new, "--format", "json")
        assert code == 0
        (plugin,) = json.loads(out)["plugins"]
        found.append([(row["kind"], row["before"]["line"], row["after"]["line"]) for row in plugin["update"]["breaks"]])
        assert plugin["update"]["breaks"][0]["before"]["path"] == "a.difypkg"
        assert plugin["update"]["breaks"][0]["before"]["member"] == TOOL
    assert found[0] == found[1] == [("parameter-removed", 17, 16), ("parameter-added-required", 16, 17)]


def test_revisions(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(place)
    write(place / "plugins/weather", OLD)
    write(place / "plugins/other", files_of("model"))
    commit_all(place)
    git(place, "tag", "v1")
    write(place / "plugins/weather", NEW)
    write(place / "plugins/more", files_of("trigger"))
    shutil.rmtree(place / "plugins/other")
    commit_all(place)
    for pair in (("v1", "HEAD"), ("v1", ".")):
        code, out, _ = run(capsys, *pair, "--format", "json")
        assert code == 0
        data = json.loads(out)
        assert [plugin["name"] for plugin in data["plugins"]] == ["acme/weather"]
        assert [name.removeprefix(pair[1]).lstrip("/") for name in data["added"]] == ["plugins/more"]
        assert data["gone"] == ["v1/plugins/other"]
    code, out, _ = run(capsys, "v1:plugins/weather", "HEAD:plugins/weather")
    assert (code, "breaks 2 things" in out) == (0, True)


def test_the_same_twice(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(place / "old", OLD)
    assert run(capsys, "old", "old")[:2] == (
        0,
        "acme/weather: `0.1.0` → `0.1.0` breaks nothing that workspaces have stored\n",
    )


def test_markdown_has_both_sides_in_a_table(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(place / "old", OLD)
    write(place / "new", NEW)
    _, out, _ = run(capsys, "old", "new", "--format", "markdown")
    assert "| `current_weather` › `city` | `place`? | The values that" in out


def test_notes_draft_what_changed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(place / "old", OLD)
    write(place / "new", NEW | {"requirements.txt": OLD["requirements.txt"] + b"attrs>=24\n"})
    _, out, _ = run(capsys, "old", "new", "--notes", "--output", "notes.md")
    assert out == ""
    text = (place / "notes.md").read_text()
    assert text.startswith("## `0.1.1`\n\n### Breaking\n\n- The parameter `city` ")
    assert "### New\n\n- 1 new dependency: `attrs>=24`." in text


def test_what_cannot_be_read_is_not_compared(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(place / "old", OLD | {"manifest.yaml": b"type: plugin\nversion: ["})
    write(place / "new", NEW)
    code, out, _ = run(capsys, "old", "new")
    assert (code, out) == (0, "acme/weather: not compared, because the manifest of the old version cannot be read\n")


@pytest.mark.parametrize(("old", "complaint"), [("nowhere", "neither a package"), ("empty", "there is no plugin in")])
def test_a_side_without_a_plugin_is_a_usage_error(
    place: Path, capsys: pytest.CaptureFixture[str], old: str, complaint: str
) -> None:
    (place / "empty").mkdir()
    write(place / "new", NEW)
    code, out, err = run(capsys, old, "new")
    assert (code, out) == (2, "")
    assert complaint in err


def test_hostile_names_are_inert(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = '  - name: "|<b>](x)\\e[31m\\n::error::x"'
    write(place / "old", OLD)
    write(place / "new", files_of("tool", RAISED, (TOOL, "  - name: city", hostile)))
    for form in ("text", "markdown", "json"):
        _, out, _ = run(capsys, "old", "new", "--format", form)
        assert "\x1b" not in out
        assert not any(line.startswith("::") for line in out.splitlines())
        if form == "markdown":
            assert "<b>](x)" not in out.replace("`\\|<b>](x)", "")
            rows = [line for line in out.splitlines() if line.startswith("| `")]
            assert all(line.replace("\\|", "").count("|") == 4 for line in rows)
