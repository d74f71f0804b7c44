"""A change finds its translations in the rest of the repository, as the base revision has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.command import check
from bot.findings import Finding, Safety
from bot.locale import library
from bot.locale.library import learn_elsewhere
from bot.locale.memory import Memory, Offer
from bot.options import Options
from bot.rules.example import example_plugin
from bot.source import MemoryTree
from tests.source.repositories import commit_all, init

TEXT = "Distance in leagues"
CHINESE = "以里格计的距离"
TOOL = "tools/current_weather.yaml"


def file(english: str = TEXT, chinese: str = CHINESE) -> bytes:
    return f"a:\n- label:\n    en_US: {english}\n    zh_Hans: {chinese}\n".encode()


def ask(files: Mapping[str, bytes], plugins: tuple[str, ...], english: str = TEXT) -> Offer | None:
    memory = Memory()
    learn_elsewhere(memory, MemoryTree(files), plugins, {english})
    found = memory.ask(english, "zh_Hans", "mine")
    assert found is None or isinstance(found, Offer)
    return found


def test_what_three_plugins_say_is_offered() -> None:
    files = {f"tools/{name}/x/y.yaml": file() for name in "abc"}
    assert ask(files, ("tools/a", "tools/b", "tools/c")) == Offer(
        CHINESE, "as in `tools/a`, `tools/b`, `tools/c`, 3 times in all", Safety.SAFE
    )


def test_files_of_no_plugin_and_other_files_are_left_out() -> None:
    assert ask({"a/y.yaml": file(), "b/y.txt": file()}, ("b",)) is None
    assert ask({"a/y.yaml": file()}, ("a",)) is not None
    assert ask({"a/y.yaml": file()}, ("",)) == Offer(CHINESE, "as in `.`", Safety.UNSAFE)


@pytest.mark.parametrize("written", [f"'{TEXT}'", f'"{TEXT}"', f"{TEXT}  ", f"  {TEXT}\r"])
def test_however_the_text_is_written(written: str) -> None:
    assert ask({"a/y.yaml": file(written)}, ("a",)) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff en_US: Distance in leagues",
        f"en_US: {TEXT}\n  zh_Hans: [".encode(),
        f"en_US: {TEXT}\nzh_Hans: [1]\n".encode(),
        f"en_US: {TEXT}\nzh_Hans:\n".encode(),
        file(chinese=TEXT),
        f"- en_US: {TEXT}\n- zh_Hans: {CHINESE}\n".encode(),
        b"# " + b"x" * library.MAX_FILE + b"\n" + file(),
    ],
)
def test_what_is_no_translation(content: bytes) -> None:
    assert ask({"a/y.yaml": content}, ("a",)) is None


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{name}/y.yaml": file() for name in "abcd"}
    monkeypatch.setattr(library, "MAX_READ", 2)
    found = ask(files, tuple("abcd"))
    assert found == Offer(CHINESE, "as in `a`, `b`, 2 times in all", Safety.UNSAFE)
    monkeypatch.setattr(library, "MAX_SEARCHED", len(file()))
    assert ask(files, tuple("abcd")) == Offer(CHINESE, "as in `a`", Safety.UNSAFE)


# --- in a review ------------------------------------------------------------------------------------------------------


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Four plugins, three of which have the text in Chinese; then the fourth gets it in English."""
    init(tmp_path)
    example = example_plugin("tool")
    labelled = example[TOOL].replace(b"    en_US: Current weather\n", f"    en_US: {TEXT}\n".encode(), 1)
    assert labelled != example[TOOL]
    start = labelled.index(b"zh_Hans: ")
    end = labelled.index(b"\n", start)
    translated = labelled[:start] + f"zh_Hans: {CHINESE}".encode() + labelled[end:]
    for name in "abc":
        write(tmp_path / "tools" / name, {**example, TOOL: translated})
    write(tmp_path / "tools" / "mine", example)
    commit_all(tmp_path, "before")
    untranslated = labelled[:start].rstrip(b" ") + labelled[end + 1 :]
    write(tmp_path / "tools" / "mine", {TOOL: untranslated})
    commit_all(tmp_path, "after")
    return tmp_path


def gap(findings: tuple[Finding, ...]) -> Finding:
    (found,) = (each for each in findings if each.rule == "locale/missing-translation" and each.new)
    return found


@pytest.mark.parametrize("start", [".", "tools", "tools/mine"])
def test_a_change_is_offered_what_the_repository_knows(
    repository: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.chdir(repository / start)
    found = gap(check.run([str(repository / "tools/mine")], Options(), "HEAD~1").findings)
    assert f"Offered: `{CHINESE}`, as in `tools/a`, `tools/b`, `tools/c`, 3 times in all." in found.message
    assert found.fix is not None
    assert found.fix.safety is Safety.SAFE


def test_without_a_base_only_what_is_reviewed_is_known(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    (found,) = (
        each for each in check.run(["tools/mine"], Options()).findings if each.rule == "locale/missing-translation"
    )
    assert "Offered" not in found.message
