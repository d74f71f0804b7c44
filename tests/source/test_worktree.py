"""Which folders of a work tree are what they were at a revision, in real repositories."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.source import GitTree, LocalTree
from bot.source.worktree import WorkTree
from tests.source.repositories import commit_all, git, init

ROOTS = ("a", "b", "deep/c")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = init(tmp_path / "repository")
    for name in ROOTS:
        (root / name / "inner").mkdir(parents=True)
        (root / name / "one.txt").write_text(f"{name}\n")
        (root / name / "inner" / "two.bin").write_bytes(bytes(range(256)))
    (root / "link").mkdir()
    (root / "link" / "to").symlink_to("../a/one.txt")
    commit_all(root)
    return root


def same(repository: Path, folder: str = ".", roots: tuple[str, ...] = ROOTS) -> set[str]:
    place = repository / folder
    with GitTree(repository, "HEAD") as base:
        tree = WorkTree(repository, place, folder, LocalTree(place))
        return set(tree.same(base, roots))


def test_nothing_has_changed(repository: Path) -> None:
    assert same(repository) == set(ROOTS)
    assert same(repository, "deep", ("c",)) == {"c"}
    assert same(repository, ".", ("a", "b")) == {"a", "b"}


def test_what_a_link_leads_to_may_have_changed(repository: Path) -> None:
    assert same(repository, ".", ("", "a", "link")) == {"a"}


def write(path: Path) -> None:
    path.write_text("x\n")


def linked(folder: Path) -> None:
    (folder / "one.txt").unlink()
    (folder / "one.txt").symlink_to("inner/two.bin")


def folded(folder: Path) -> None:
    (folder / "one.txt").unlink()
    (folder / "one.txt").mkdir()
    write(folder / "one.txt" / "x")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file of the same size": lambda a: (a / "one.txt").write_text("x\n"),
    "another size": lambda a: (a / "one.txt").write_text("longer\n"),
    "a new file": lambda a: (a / "new.txt").write_text(""),
    "a file that is gone": lambda a: (a / "inner" / "two.bin").unlink(),
    "the executable bit": lambda a: (a / "one.txt").chmod(0o755),
    "a link in its place": linked,
    "a folder in its place": folded,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("staged", [False, True])
def test_every_kind_of_change_is_seen_and_only_there(repository: Path, change: str, staged: bool) -> None:
    CHANGES[change](repository / "a")
    if staged:
        git(repository, "add", "--all")
    assert same(repository) == {"b", "deep/c"}
    assert "" not in same(repository, ".", ("",))


def test_a_change_that_keeps_size_and_time_in_the_moment_of_the_index_is_seen(repository: Path) -> None:
    file = repository / "a" / "one.txt"
    before = file.stat()
    file.write_text("x\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.utime(repository / ".git" / "index", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert same(repository) == {"b", "deep/c"}


def test_a_file_that_was_only_touched_is_the_same(repository: Path) -> None:
    for path in repository.rglob("*.txt"):
        os.utime(path, (1, 1))
    assert same(repository) == set(ROOTS)


def test_most_files_are_not_read(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = time.time() - 1000
    for path in repository.rglob("*.*"):
        if ".git" not in path.parts and not path.is_symlink():
            os.utime(path, (old, old))
    git(repository, "update-index", "--refresh")
    monkeypatch.setattr(LocalTree, "read", lambda *_: pytest.fail("a file was read"))
    assert same(repository) == set(ROOTS)


def test_another_target_of_a_link_is_a_change(repository: Path) -> None:
    (repository / "link" / "to").unlink()
    (repository / "link" / "to").symlink_to("../b/one.txt")
    assert same(repository, ".", ("link",)) == set()


def test_an_index_that_cannot_be_read_costs_time_only(repository: Path) -> None:
    (repository / ".git" / "index").write_bytes(b"nonsense")
    assert same(repository) == set(ROOTS)
    write(repository / "b" / "one.txt")
    assert same(repository) == {"a", "deep/c"}


def test_staged_but_not_in_the_work_tree(repository: Path) -> None:
    """The index may hold another content than the file: what counts is the file."""
    file = repository / "a" / "one.txt"
    content = file.read_bytes()
    write(file)
    git(repository, "add", "--all")
    file.write_bytes(content)
    assert same(repository) == set(ROOTS)
