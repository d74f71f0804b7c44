"""Patches are taken by git, and make just the bytes that they are about."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fixes.fix import FileChange
from bot.fixes.patch import patch
from tests.source.repositories import git, init


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init(tmp_path_factory.mktemp("patches"))


def applied(repository: Path, path: str, before: bytes, after: bytes) -> bytes:
    """What git makes of the file with the patch."""
    file = repository / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    text = patch(path, FileChange(before, after))
    git(repository, "apply", "--whitespace=nowarn", "-", data=text.encode("utf-8", "surrogateescape"))
    return file.read_bytes()


lines = st.sampled_from(
    ["a\n", "b\n", "\n", "c\r\n", "é\u2028\x85d\n", "\ufeff", "\x0b\x1ce", "-- x\n", "+++ y\n", "\\ z\n", "\r"]
)
texts = st.lists(lines, min_size=1, max_size=14).map("".join)


@given(texts, texts)
def test_git_makes_the_bytes_of_any_change(repository: Path, before: str, after: str) -> None:
    if before != after:
        assert applied(repository, "file", before.encode(), after.encode()) == after.encode()


@pytest.mark.parametrize(
    "name",
    ["a b", "a\tb", 'a"b', "a\\b", "é", "a\nb", "\x7f", "dir with blanks/b c", "\udcff", "-", "a\rb", "\x1b[31m"],
)
def test_git_finds_any_name(repository: Path, name: str) -> None:
    assert applied(repository, name, b"a\nb\n", b"a\nc\n") == b"a\nc\n"
    assert "\x1b" not in patch(name, FileChange(b"a", b"b"))


def test_changes_far_apart_are_hunks_with_three_lines_of_context() -> None:
    before = [f"{number}\n" for number in range(1, 101)]
    after = [*before]
    after[9], after[89] = "ten\n", "ninety\n"
    text = patch("file", FileChange("".join(before).encode(), "".join(after).encode()))
    assert [line for line in text.splitlines() if line.startswith("@@")] == ["@@ -7,7 +7,7 @@", "@@ -87,7 +87,7 @@"]
    assert len(text.splitlines()) == 3 + 2 * 9


def test_git_makes_and_moves_files(tmp_path: Path) -> None:
    repository = init(tmp_path)
    before = {"a b": b"\x89\x00PNG", "c": b"one\ntwo\n", "d": b"x\n"}
    for path, content in before.items():
        (repository / path).write_bytes(content)
    changes = {
        "a b": FileChange(before["a b"], before["a b"], "é/a b"),
        "c": FileChange(before["c"], b"one\n2\n", "dir/c"),
        "d": FileChange(before["d"], b"y\n"),
        "e": FileChange(None, b"new\n"),
    }
    text = "".join(patch(path, change) for path, change in changes.items())
    git(repository, "apply", "--whitespace=nowarn", "-", data=text.encode())
    files = (path for path in repository.rglob("*") if path.is_file() and ".git" not in path.parts)
    assert {path.relative_to(repository).as_posix(): path.read_bytes() for path in files} == {
        change.to or path: change.after for path, change in changes.items()
    }


@pytest.mark.parametrize(
    ("before", "after", "hunk"),
    [
        (b"", b"a\n", "@@ -0,0 +1,1 @@\n+a\n"),
        (b"a\n", b"", "@@ -1,1 +0,0 @@\n-a\n"),
        (b"a\n", b"a\nb", "@@ -1,1 +1,2 @@\n a\n+b\n\\ No newline at end of file\n"),
        (b"a~\xc3\xa9\n", b"b\n", "@@ -1,1 +1,1 @@\n-a~é\n+b\n"),
    ],
)
def test_hunks_in_full(before: bytes, after: bytes, hunk: str) -> None:
    assert patch("a~b", FileChange(before, after)) == f"diff --git a/a~b b/a~b\n--- a/a~b\n+++ b/a~b\n{hunk}"


def test_names_are_quoted_as_git_does() -> None:
    assert '\n--- "a/~\\303\\251\\""\n+++ "b/~\\303\\251\\""\n' in patch('~é"', FileChange(b"a", b"b"))


def test_long_texts_are_compared_in_linear_time(repository: Path) -> None:
    same = "x\n" * 3000
    changed = "y\n" * 600
    before, after = f"{same}a\nb\n{changed}{same}", f"{same}c\n{changed}d\ne\n{same}"
    assert applied(repository, "file", before.encode(), after.encode()) == after.encode()
    assert applied(repository, "file", same.encode(), b"z\n" + same.encode()) == b"z\n" + same.encode()


def test_a_patch_of_nothing_has_no_hunk(repository: Path) -> None:
    text = patch("file", FileChange(b"a\n", b"a\n"))
    assert "@@" not in text
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "apply", "-", data=text.encode())
