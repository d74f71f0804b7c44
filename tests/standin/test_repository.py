"""What git says about real histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from standin.repository import Repository
from tests.standin.conftest import numbered
from tests.support.standin import Workspace


@pytest.fixture
def opened() -> Iterator[Callable[..., Repository]]:
    repositories = []

    def make(path: Path, **options: int) -> Repository:
        repository = Repository(path, **({"patch_lines": 20_000, "patch_bytes": 500_000} | options))  # type: ignore[arg-type]
        repositories.append(repository)
        return repository

    yield make
    for repository in repositories:
        repository.close()


def test_a_folder_without_a_repository_is_refused(workspace: Callable[[], Workspace]) -> None:
    made = workspace()
    made.commit({"folder/a.txt": "a"})
    # The repository around a folder is not taken for its own.
    for path in (made.path / "folder", made.path / "nowhere", made.path / "folder/a.txt"):
        with pytest.raises(ValueError, match="not a git repository"):
            Repository(path, patch_lines=1, patch_bytes=1)


def test_without_git_there_is_nothing_to_ask(
    workspace: Callable[[], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = workspace()
    monkeypatch.setenv("PATH", str(made.path))
    with pytest.raises(ValueError, match="git is not installed"):
        Repository(made.path, patch_lines=1, patch_bytes=1)


def test_every_kind_of_change(workspace: Callable[[], Workspace], opened: Callable[..., Repository]) -> None:
    made = workspace()
    made.commit(
        {
            "binary": b"\0\1\2",
            "changed type": "content\n",
            "mode.sh": "echo\n",
            "modified.txt": numbered(20),
            "moved.txt": numbered(50),
            "moved and edited.txt": numbered(40) + "end\n",
            "removed.txt": "one\ntwo\n",
            "source.txt": numbered(30) + "source\n",
        }
    )
    old = made.git("rev-parse", "HEAD")
    made.git("mv", "moved.txt", "sub-moved.txt")
    made.git("mv", "moved and edited.txt", "é\t.txt")
    (made.path / "mode.sh").chmod(0o755)
    (made.path / "changed type").unlink()
    (made.path / "changed type").symlink_to("elsewhere")
    made.git("update-index", "--add", "--cacheinfo", f"160000,{old},module")
    new = made.commit(
        {
            "added.txt": "new\nlines",
            "binary": b"\0\1\3",
            "copied.txt": numbered(30) + "source\n",
            "empty.txt": "",
            "modified.txt": numbered(20, _5="FIVE"),
            "removed.txt": None,
            "source.txt": numbered(30) + "sauce\n",
            "é\t.txt": numbered(40) + "END\n",
        }
    )
    made.git("update-index", "--add", "--cacheinfo", f"160000,{old},module")
    made.git("commit", "-q", "--amend", "--no-edit")
    new = made.git("rev-parse", "HEAD")

    files = {file.path: file for file in opened(made.path, detect_copies=True).diff(old, new)}
    assert {path: (file.status, file.previous, file.additions, file.deletions) for path, file in files.items()} == {
        "added.txt": ("added", None, 2, 0),
        "binary": ("modified", None, 0, 0),
        "changed type": ("changed", None, 1, 1),
        "copied.txt": ("copied", "source.txt", 0, 0),
        "empty.txt": ("added", None, 0, 0),
        "mode.sh": ("modified", None, 0, 0),
        "modified.txt": ("modified", None, 1, 1),
        "module": ("added", None, 1, 0),
        "removed.txt": ("removed", None, 0, 2),
        "source.txt": ("modified", None, 1, 1),
        "sub-moved.txt": ("renamed", "moved.txt", 0, 0),
        "é\t.txt": ("renamed", "moved and edited.txt", 1, 1),
    }
    patches = {path: file.patch for path, file in files.items()}
    assert patches["modified.txt"] == (
        "@@ -2,7 +2,7 @@ line 1\n line 2\n line 3\n line 4\n-line 5\n+FIVE\n line 6\n line 7\n line 8"
    )
    assert patches["added.txt"] == "@@ -0,0 +1,2 @@\n+new\n+lines\n\\ No newline at end of file"
    assert patches["removed.txt"] == "@@ -1,2 +0,0 @@\n-one\n-two"
    assert (patches["é\t.txt"] or "").endswith("-end\n+END")
    assert (patches["changed type"] or "").startswith("@@ -1 +0,0 @@\n-content\n@@ -0,0 +1 @@\n+elsewhere")
    assert patches["module"] == f"@@ -0,0 +1 @@\n+Subproject commit {old}"
    assert [path for path, patch in patches.items() if patch is None] == [
        "binary",
        "copied.txt",
        "empty.txt",
        "mode.sh",
        "sub-moved.txt",
    ]
    assert files["removed.txt"].sha == made.git("rev-parse", f"{old}:removed.txt")
    assert files["added.txt"].sha == made.git("rev-parse", f"{new}:added.txt")


def test_a_patch_is_left_out_when_it_is_too_long_or_too_large(
    workspace: Callable[[], Workspace], opened: Callable[..., Repository]
) -> None:
    made = workspace()
    old = made.commit({"keep": ""})
    new = made.commit({"long.txt": "x\n" * 30, "short.txt": "x\n" * 5, "wide.txt": "x" * 300 + "\n"})
    files = opened(made.path, patch_lines=20, patch_bytes=200).diff(old, new)
    assert {file.path: (file.patch is None, file.additions) for file in files} == {
        "long.txt": (True, 30),
        "short.txt": (False, 5),
        "wide.txt": (True, 1),
    }


def test_the_working_tree_takes_no_part(workspace: Callable[[], Workspace], opened: Callable[..., Repository]) -> None:
    made = workspace()
    old = made.commit({"a.txt": "one\n"})
    new = made.commit({"a.txt": "two\n"})
    (made.path / ".gitattributes").write_text("* binary\n")
    made.git("config", "diff.context", "0")
    made.git("config", "diff.noprefix", "true")
    (file,) = opened(made.path).diff(old, new)
    assert file.patch == "@@ -1 +1 @@\n-one\n+two"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "HEAD^",
        "main~1",
        "main:a.txt",
        "@{-1}",
        "main..topic",
        "-x",
        "a b",
        "main\nmain",
        "missing",
        "refs//heads",
        "*",
    ],
)
def test_only_names_are_resolved(
    name: str, workspace: Callable[[], Workspace], opened: Callable[..., Repository]
) -> None:
    made = workspace()
    made.commit({"a.txt": "1"})
    made.commit({"a.txt": "2"})
    assert opened(made.path).resolve(name) is None


def test_names_of_branches_tags_refs_and_commits(
    workspace: Callable[[], Workspace], opened: Callable[..., Repository]
) -> None:
    made = workspace()
    first = made.commit({"a.txt": "1"})
    second = made.commit({"a.txt": "2"}, branch="topic/one")
    made.git("tag", "-a", "-m", "A tag", "v1", first)
    repository = opened(made.path)
    assert {name: repository.resolve(name) for name in ("main", "heads/main", "refs/heads/main", "v1", first[:9])} == (
        dict.fromkeys(("main", "heads/main", "refs/heads/main", "v1", first[:9]), first)
    )
    assert repository.resolve("topic/one") == second
    assert repository.resolve("main", "tree") == made.git("rev-parse", f"{first}^{{tree}}")
    # A branch that is made while the repository is open is found too.
    third = made.commit({"a.txt": "3"}, branch="later")
    assert repository.resolve("later") == third
    assert repository.read(third) is not None


def test_trees_and_their_entries(workspace: Callable[[], Workspace], opened: Callable[..., Repository]) -> None:
    made = workspace()
    sha = made.commit({"b/c/d.txt": "12345", "é.txt": "", "*.txt": "star"})
    repository = opened(made.path)
    entries = repository.tree(sha, recursive=True)
    assert [(entry.path, entry.kind, entry.size) for entry in entries] == [
        ("*.txt", "blob", 4),
        ("b", "tree", None),
        ("b/c", "tree", None),
        ("b/c/d.txt", "blob", 5),
        ("é.txt", "blob", 0),
    ]
    assert [entry.path for entry in repository.tree(sha, recursive=False)] == ["*.txt", "b", "é.txt"]
    star, deep = repository.entry(sha, "*.txt"), repository.entry(sha, "b/c/d.txt")
    assert star is not None
    assert repository.read(star.sha) == ("blob", b"star")
    assert deep is not None
    assert deep.path == "b/c/d.txt"
    assert repository.entry(sha, "?.txt") is None
    assert repository.entry(sha, "b/c/d.txt/e") is None


def test_merges_say_whether_they_conflict(
    workspace: Callable[[], Workspace], opened: Callable[..., Repository]
) -> None:
    made = workspace()
    base = made.commit({"a.txt": numbered(20)})
    one = made.commit({"a.txt": numbered(20, _1="one")}, branch="one")
    made.git("checkout", "-q", "main")
    two = made.commit({"a.txt": numbered(20, _20="two")})
    repository = opened(made.path)
    merged = repository.merge(two, one, "Merge")
    assert merged is not None
    assert repository.commit(merged).parents == (two, one)
    entry = repository.entry(merged, "a.txt")
    assert entry is not None
    assert repository.read(entry.sha) == ("blob", numbered(20, _1="one", _20="two").encode())
    three = made.commit({"a.txt": numbered(20, _1="three", _20="two")})
    assert repository.merge(three, one, "Merge") is None
    assert repository.merge_base(three, one) == base
    assert repository.commits(base, three) == (two, three)
