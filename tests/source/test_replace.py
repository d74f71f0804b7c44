"""A file is replaced whole or not at all, in its place or nowhere."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from bot.source.replace import NotWritten, create_file, move_file, replace_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root/a").mkdir(parents=True)
    (tmp_path / "root/a/file").write_bytes(b"old")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_bytes(b"old")
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_the_content_is_replaced_and_the_permissions_stay(folder: Path) -> None:
    file = folder / "root/a/file"
    for mode in (0o640, 0o755, 0o444):
        file.chmod(mode)
        before = file.read_bytes()
        replace_file(folder / "root", "a/file", before, before + b"\r\n\0")
        assert file.read_bytes() == before + b"\r\n\0"
        assert stat.S_IMODE(file.stat().st_mode) == mode
    assert names(folder / "root") == ["a", "a/file"]


def test_a_file_at_the_root_and_a_root_behind_a_link(folder: Path) -> None:
    (folder / "link").symlink_to("root/a")
    replace_file(folder / "link", "file", b"old", b"new")
    assert (folder / "root/a/file").read_bytes() == b"new"


def test_the_old_file_stays_whole_for_who_has_it_open(folder: Path) -> None:
    with (folder / "root/a/file").open("rb") as opened:
        replace_file(folder / "root", "a/file", b"old", b"")
        assert opened.read() == b"old"
    assert (folder / "root/a/file").read_bytes() == b""


def test_another_name_of_the_file_keeps_its_content(folder: Path) -> None:
    os.link(folder / "outside/file", folder / "root/b")
    replace_file(folder / "root", "b", b"old", b"new")
    assert (folder / "outside/file").read_bytes() == b"old"


def refused(folder: Path, path: str, before: bytes = b"old") -> str:
    """Why the file is not replaced, once it is clear that nothing has changed anywhere."""
    had = names(folder)
    with pytest.raises(NotWritten) as raised:
        replace_file(folder / "root", path, before, b"new")
    assert names(folder) == had
    assert (folder / "outside/file").read_bytes() == b"old"
    return str(raised.value)


def test_links_lead_nowhere(folder: Path) -> None:
    (folder / "root/link").symlink_to(folder / "outside/file")
    (folder / "root/inner").symlink_to(folder / "outside")
    (folder / "root/b").symlink_to("a")
    for path in ("link", "inner/file", "b/file"):
        assert refused(folder, path) == "it was replaced while it was reviewed"
    assert (folder / "root/a/file").read_bytes() == b"old"


def test_what_changed_meanwhile_stays(folder: Path) -> None:
    for before in (b"other", b"ol", b"", b"old\n"):
        assert refused(folder, "a/file", before) == "it was changed while it was reviewed"
    assert (folder / "root/a/file").read_bytes() == b"old"
    assert refused(folder, "a/none") == "it was replaced while it was reviewed"
    assert refused(folder, "none/file") == "it was replaced while it was reviewed"
    assert refused(folder, "a/file/x") == "it was replaced while it was reviewed"
    assert refused(folder, "a") in ("it was changed while it was reviewed", "it cannot be written: Is a directory")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_in_its_place_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "root/pipe")
    assert refused(folder, "pipe") == "it was changed while it was reviewed"


def test_a_failure_leaves_the_file_and_nothing_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for function in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, function, fail)
            assert refused(folder, "a/file") == "it cannot be written: No space left on device"
    assert (folder / "root/a/file").read_bytes() == b"old"


def test_systems_that_open_by_whole_path_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "supports_dir_fd", set())
    (folder / "root/inner").symlink_to(folder / "outside")
    assert refused(folder, "inner/file") == "it was replaced while it was reviewed"
    replace_file(folder / "root", "a/file", b"old", b"new")
    assert (folder / "root/a/file").read_bytes() == b"new"
    assert names(folder / "root/a") == ["file"]


def test_a_file_is_made_with_its_folders(folder: Path) -> None:
    create_file(folder / "root", "a/b/c/new", b"new\r\n")
    create_file(folder / "root", "new", b"")
    assert (folder / "root/a/b/c/new").read_bytes() == b"new\r\n"
    assert (folder / "root/a/file").read_bytes() == b"old"
    assert names(folder / "root") == ["a", "a/b", "a/b/c", "a/b/c/new", "a/file", "new"]


@pytest.mark.parametrize("path", ["a/file", "a", "link", "link/new", "link/inner/new", "dangling", "a/file/new"])
def test_no_file_is_made_in_the_place_of_another_or_through_a_link(folder: Path, path: str) -> None:
    (folder / "root/link").symlink_to(folder / "outside")
    (folder / "root/dangling").symlink_to(folder / "outside/nothing")
    had = names(folder)
    with pytest.raises(NotWritten):
        create_file(folder / "root", path, b"new")
    assert names(folder) == had
    assert (folder / "root/a/file").read_bytes() == b"old"


def test_a_file_is_moved_with_its_permissions(folder: Path) -> None:
    (folder / "root/a/file").chmod(0o754)
    move_file(folder / "root", "a/file", "b/c/new", b"old", b"new")
    assert names(folder / "root") == ["a", "b", "b/c", "b/c/new"]
    assert (folder / "root/b/c/new").read_bytes() == b"new"
    assert (folder / "root/b/c/new").stat().st_mode & 0o777 == 0o754
    move_file(folder / "root", "b/c/new", "top", b"new", b"new")
    assert names(folder / "root") == ["a", "b", "b/c", "top"]


@pytest.mark.parametrize(
    ("path", "to", "before"), [("a/file", "b", b"other"), ("a/none", "b", b""), ("a/file", "a", b"old")]
)
def test_what_cannot_be_moved_stays(folder: Path, path: str, to: str, before: bytes) -> None:
    had = names(folder)
    with pytest.raises(NotWritten):
        move_file(folder / "root", path, to, before, b"new")
    assert names(folder) == had
    assert (folder / "root/a/file").read_bytes() == b"old"


def test_a_file_that_cannot_be_taken_away_is_not_there_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = os.unlink

    def kept(path: str, **more: Any) -> None:
        if "file" in str(path):
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path, **more)

    monkeypatch.setattr(os, "unlink", kept)
    had = names(folder)
    with pytest.raises(NotWritten, match="it cannot be written: Permission denied"):
        move_file(folder / "root", "a/file", "new", b"old", b"new")
    assert names(folder) == had
