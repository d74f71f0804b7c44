"""Files under an editor: buffers stand over the disk, and what did not change is not read again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.editor import files
from bot.editor.files import Files
from bot.source import LocalTree, Unreadable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    (tmp_path / "b.yaml").write_text("b: 1\n")
    for name in ("a.yaml", "b.yaml"):
        os.utime(tmp_path / name, (1, 1))
    return tmp_path


@pytest.fixture
def read_of_disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read of the disk, in order."""
    found: list[str] = []
    read = LocalTree.read

    def noted(self: LocalTree, path: str) -> bytes:
        found.append(path)
        return read(self, path)

    monkeypatch.setattr(LocalTree, "read", noted)
    # The times of change of these files are of just now, whatever `utime` says.
    monkeypatch.setattr(files, "SETTLED", -(10**9))
    return found


def test_a_buffer_stands_over_the_file(folder: Path) -> None:
    tree = Files(folder, None, {"a.yaml": b"a: 22\n", "new.yaml": b"n: 1\n"})
    assert tree.read("a.yaml") == b"a: 22\n"
    assert tree.read("new.yaml") == b"n: 1\n"
    assert {path: entry.size for path, entry in tree.entries().items()} == {"a.yaml": 6, "b.yaml": 5, "new.yaml": 5}
    assert tree.with_buffers({}).read("a.yaml") == b"a: 1\n"
    with pytest.raises(Unreadable):
        tree.with_buffers({}).read("new.yaml")


def test_a_key_reads_nothing_of_the_disk(folder: Path, read_of_disk: list[str]) -> None:
    tree = Files(folder)
    assert (tree.read("a.yaml"), tree.read("b.yaml")) == (b"a: 1\n", b"b: 1\n")
    tree = tree.with_buffers({"a.yaml": b"a: 2\n"})
    assert (tree.read("a.yaml"), tree.read("b.yaml")) == (b"a: 2\n", b"b: 1\n")
    assert read_of_disk == ["a.yaml", "b.yaml"]


def test_a_change_on_the_disk_is_read_alone(folder: Path, read_of_disk: list[str]) -> None:
    tree = Files(folder)
    assert (tree.read("a.yaml"), tree.read("b.yaml")) == (b"a: 1\n", b"b: 1\n")
    (folder / "b.yaml").write_text("b: 2\n")
    (folder / "c.yaml").write_text("c: 1\n")
    tree = tree.listed_again()
    assert (tree.read("a.yaml"), tree.read("b.yaml"), tree.read("c.yaml")) == (b"a: 1\n", b"b: 2\n", b"c: 1\n")
    assert read_of_disk == ["a.yaml", "b.yaml", "b.yaml", "c.yaml"]


def test_a_link_is_not_written_through(folder: Path) -> None:
    (folder / "link.yaml").symlink_to("a.yaml")
    tree = Files(folder, None, {"link.yaml": b"x: 1\n"})
    with pytest.raises(Unreadable):
        tree.read("link.yaml")


def test_a_file_that_has_just_changed_is_read_again(folder: Path) -> None:
    tree = Files(folder)
    (folder / "a.yaml").write_text("a: 3\n")
    assert tree.read("a.yaml") == b"a: 3\n"
    state = (folder / "a.yaml").stat()
    (folder / "a.yaml").write_text("a: 4\n")
    os.utime(folder / "a.yaml", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert tree.listed_again().read("a.yaml") == b"a: 4\n"
