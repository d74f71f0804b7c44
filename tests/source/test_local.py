"""Folders on this machine, hostile ones above all."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import UsageError
from bot.source import MAX_FILE_BYTES, Kind, LocalTree, Unreadable
from bot.source import local as module

SECRET = b"outside the tree"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder `plugin` with a folder and two files, beside a `secret` it must not reach."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.yaml").write_bytes(SECRET)
    root = tmp_path / "plugin"
    (root / "folder").mkdir(parents=True)
    (root / "folder" / "a.yaml").write_bytes(b"a")
    (root / "b.yaml").write_bytes(b"b")
    return root


@pytest.fixture(params=["by open folders", "by whole paths"])
def way_to_open(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of opening a file: the second is that of Windows."""
    monkeypatch.setattr(module, "_HAS_DIR_FD", request.param == "by open folders")


def kinds(root: Path) -> dict[str, Kind]:
    return {path: entry.kind for path, entry in LocalTree(root).entries().items()}


def test_leaves_out_git(root: Path) -> None:
    (root / ".git").mkdir()
    (root / ".git" / "config").write_bytes(b"")
    (root / "folder" / ".git").write_bytes(b"gitdir: elsewhere")
    (root / ".gitignore").write_bytes(b"")
    assert list(LocalTree(root).entries()) == [".gitignore", "b.yaml", "folder/a.yaml"]


def test_links_are_listed_and_not_entered(root: Path) -> None:
    (root / "loop").symlink_to(".")
    (root / "folder" / "up").symlink_to("..")
    (root / "out").symlink_to("../secret")
    (root / "file").symlink_to("../secret/a.yaml")
    (root / "self").symlink_to("self")
    links = [path for path, kind in kinds(root).items() if kind is Kind.LINK]
    assert links == ["file", "folder/up", "loop", "out", "self"]
    assert len(kinds(root)) == len(links) + 2


def test_other_things_are_no_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(root)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert kinds(root)["socket"] is Kind.OTHER
    assert kinds(root)["pipe"] is Kind.OTHER
    with pytest.raises(Unreadable, match="is not a regular file"):
        LocalTree(root).read("pipe")


@pytest.mark.skipif(sys.platform != "linux", reason="the file system takes UTF-8 names only")
def test_names_may_be_any_bytes(root: Path) -> None:
    (root / os.fsdecode(b"caf\xe9 \x1b[2J\r\n::error::.yaml")).write_bytes(b"x")
    name = "caf\udce9 \x1b[2J\r\n::error::.yaml"
    assert LocalTree(root).entries()[name].size == 1
    assert LocalTree(root).read(name) == b"x"


@pytest.mark.usefixtures("way_to_open")
class TestChangesAfterListing:
    """What was listed as a file is something else by the time it is read."""

    @staticmethod
    def read_after(root: Path, path: str, change: Callable[[], object]) -> bytes:
        tree = LocalTree(root)
        assert tree.entries()[path].kind is Kind.FILE
        change()
        return tree.read(path)

    def test_unchanged(self, root: Path) -> None:
        assert self.read_after(root, "folder/a.yaml", lambda: None) == b"a"

    def test_rewritten(self, root: Path) -> None:
        assert self.read_after(root, "b.yaml", lambda: (root / "b.yaml").write_bytes(b"longer")) == b"longer"

    def test_vanished(self, root: Path) -> None:
        with pytest.raises(Unreadable, match="has vanished"):
            self.read_after(root, "b.yaml", (root / "b.yaml").unlink)

    def test_folder_vanished(self, root: Path) -> None:
        with pytest.raises(Unreadable, match="has vanished"):
            self.read_after(root, "folder/a.yaml", lambda: (root / "folder").rename(root.parent / "gone"))

    def test_replaced_by_a_link_out(self, root: Path) -> None:
        def change() -> None:
            (root / "b.yaml").unlink()
            (root / "b.yaml").symlink_to("../secret/a.yaml")

        with pytest.raises(Unreadable, match="was replaced"):
            self.read_after(root, "b.yaml", change)

    def test_its_folder_replaced_by_a_link_out(self, root: Path) -> None:
        def change() -> None:
            (root / "folder").rename(root.parent / "gone")
            (root / "folder").symlink_to("../secret")

        with pytest.raises(Unreadable, match="was replaced"):
            self.read_after(root, "folder/a.yaml", change)

    def test_its_folder_replaced_by_a_file(self, root: Path) -> None:
        def change() -> None:
            (root / "folder").rename(root.parent / "gone")
            (root / "folder").write_bytes(b"")

        with pytest.raises(Unreadable, match="was replaced"):
            self.read_after(root, "folder/a.yaml", change)

    def test_replaced_by_a_pipe_without_a_writer(self, root: Path) -> None:
        def change() -> None:
            (root / "b.yaml").unlink()
            os.mkfifo(root / "b.yaml")

        outcome: list[str] = []

        def read() -> None:
            try:
                self.read_after(root, "b.yaml", change)
            except Unreadable as error:
                outcome.append(error.reason)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(timeout=20)
        assert outcome in (["is not a regular file"], ["was replaced since its folder was listed"])

    def test_replaced_by_a_folder(self, root: Path) -> None:
        def change() -> None:
            (root / "b.yaml").unlink()
            (root / "b.yaml").mkdir()

        before = len(list(Path("/dev/fd").iterdir()))
        for _ in range(3):
            with pytest.raises(Unreadable, match=r"is not a regular file|was replaced"):
                self.read_after(root, "b.yaml", change)
            (root / "b.yaml").rmdir()
            (root / "b.yaml").write_bytes(b"b")
        assert len(list(Path("/dev/fd").iterdir())) == before, "a file stays open"

    def test_grown_over_the_limit(self, root: Path) -> None:
        with pytest.raises(Unreadable, match="is larger than 50 MiB"):
            self.read_after(root, "b.yaml", lambda: os.truncate(root / "b.yaml", MAX_FILE_BYTES + 1))


def test_replaced_between_look_and_open(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files are opened by whole path, what is open is compared with what was looked at."""
    monkeypatch.setattr(module, "_HAS_DIR_FD", False)
    tree = LocalTree(root)
    tree.entries()
    real_open = os.open

    def swap(path: Any, flags: int, **rest: Any) -> int:
        return real_open(root.parent / "secret" / "a.yaml", flags, **rest)

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(Unreadable, match="was replaced"):
        tree.read("b.yaml")


@pytest.mark.usefixtures("way_to_open")
def test_the_tree_decides_how_names_are_spelled(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that ignores case, as those of macOS and Windows do."""
    real_open, opened = os.open, []

    def careless(path: Any, flags: int, **rest: Any) -> int:
        opened.append(path)
        name = os.fspath(path)
        return real_open(name if name.startswith("/") else name.lower(), flags, **rest)

    monkeypatch.setattr(os, "open", careless)
    tree = LocalTree(root)
    assert tree.read("folder/a.yaml") == b"a"
    opened.clear()
    for path in ("Folder/a.yaml", "folder/A.yaml", "B.YAML"):
        with pytest.raises(Unreadable, match="does not exist"):
            tree.read(path)
    assert not opened


def test_large_files_are_not_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.truncate(root / "b.yaml", MAX_FILE_BYTES + 1)
    tree = LocalTree(root)
    assert tree.entries()["b.yaml"].size == MAX_FILE_BYTES + 1
    monkeypatch.delattr(os, "open")
    with pytest.raises(Unreadable, match="is larger than 50 MiB"):
        tree.read("b.yaml")


def test_files_that_tell_no_size_are_read(tmp_path: Path) -> None:
    """As those of /proc do: their size is 0."""
    proc = Path("/proc/self")
    if not (proc / "status").exists():
        pytest.skip("no /proc")
    descriptor = os.open(proc / "status", os.O_RDONLY)
    try:
        assert b"Name:" in module._read_regular(descriptor, "status")
    finally:
        os.close(descriptor)


def test_folders_that_may_not_be_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_scandir = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("folder/"):
            raise PermissionError(13, "Permission denied", path)
        return real_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert kinds(root) == {"b.yaml": Kind.FILE, "folder": Kind.OTHER}
    with pytest.raises(Unreadable, match="is not a regular file"):
        LocalTree(root).read("folder")


def test_files_that_may_not_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = LocalTree(root)
    tree.entries()

    def refuse(*_: Any, **__: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Unreadable, match="may not be read by this user"):
        tree.read("b.yaml")


def test_deep_folders(tmp_path: Path) -> None:
    """Deeper than any path may be long: the listing ends there and does not fail."""
    where = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(30):
            os.mkdir("d" * 200, dir_fd=where)
            inner = os.open("d" * 200, os.O_RDONLY, dir_fd=where)
            os.close(where)
            where = inner
    finally:
        os.close(where)
    entries = LocalTree(tmp_path).entries()
    assert [entry.kind for entry in entries.values()] == [Kind.OTHER]


def test_too_many_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 3)
    assert len(LocalTree(root).entries()) == 2
    (root / "folder" / "one more").mkdir()
    assert len(LocalTree(root, only=("folder",)).entries()) == 1
    with pytest.raises(UsageError, match=r"plugin holds more than 3 files and folders: name the folders"):
        LocalTree(root).entries()
    lazy = LocalTree(root, at_once=False).entries()
    assert "b.yaml" in lazy
    for name in "1234":
        (root / "folder" / name).touch()
    with pytest.raises(UsageError, match="holds more than 3 files and folders"):
        lazy.get("folder/1")


@pytest.mark.parametrize("name", ["missing", "b.yaml"])
def test_no_folder(root: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} cannot be listed as a folder"):
        LocalTree(root / name).entries()


def test_an_archive_is_not_kept_after_it_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.difypkg").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    tree = LocalTree(tmp_path)
    assert (len(tree.read("a.difypkg")), len(tree.read("a.py"))) == (104, 6)
    assert [*tree._recent] == ["a.py"]


def test_listing_folder_by_folder_gives_what_listing_at_once_gives(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/b/c.txt", "a/.git/config", "x/y/z.txt", "x/no/secret.txt", "deep/" + "d/" * 900 + "end.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"1")
    (root / "in").symlink_to("a")
    (root / "a/up.txt").symlink_to("../x/y/z.txt")
    scandir = os.scandir
    listed = []

    def closed(path: str | Path) -> object:
        listed.append(os.path.relpath(path, root))
        if Path(path).name == "no":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", closed)
    whole, lazy = LocalTree(root).entries(), LocalTree(root, at_once=False).entries()
    assert "x/no" in whole
    assert "x/no/secret.txt" not in whole
    listed.clear()
    assert lazy["a/up.txt"].kind is Kind.LINK
    assert sorted(listed) == [".", "a"]
    ask = {
        *whole,
        "",
        "a",
        "a/",
        "/a",
        "in/b/c.txt",
        "a/.git/config",
        "a//b/c.txt",
        "a/../a/b/c.txt",
        "x/no/secret.txt",
    }
    ask |= {f"{path}/more" for path in whole} | {path.rpartition("/")[0] for path in whole}
    assert {path: lazy.get(path) for path in ask} == {path: whole.get(path) for path in ask}
    assert sorted(lazy) == sorted(whole)
    assert len(lazy) == len(whole)
