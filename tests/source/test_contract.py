"""What every source tree promises, asked of each of them with the same files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.source import Entry, GitTree, Kind, LocalTree, MemoryTree, PackageTree, Tree, Unreadable, subtree
from tests.source.archives import archive, entry
from tests.source.repositories import commit_all, init

FILES = {
    "manifest.yaml": b"type: plugin\n",
    "provider/acme.yaml": "label: {zh_Hans: 天}\r\n".encode(),
    "provider/acme.py": b"",
    "_assets/icon.svg": b"<svg/>\0\xff",
    "deep/er/and/deeper/a b.txt": b"spaces",
    "readme/README_天.md": b"# name",
    "odd\nname\x1b[31m.txt": b"escape me",
    "-rf": b"looks like an option",
    ":(glob)**": b"looks like a pathspec",
    "run.sh": b"#!/bin/sh\n",
}
LINKS = {"link.yaml": "manifest.yaml", "folder-link": "provider", "out": "/etc", "loop/self": ".", "broken": "nowhere"}


def write(root: Path) -> None:
    for path, content in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    (root / "run.sh").chmod(0o755)
    for path, target in LINKS.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)


@pytest.fixture(params=["local", "linked root", "git", "package", "memory", "subtree"], scope="module")
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    root = tmp_path_factory.mktemp("tree")
    if request.param == "local":
        write(root)
        yield LocalTree(root)
    elif request.param == "linked root":
        (root / "real").mkdir()
        write(root / "real")
        (root / "link").symlink_to("real")
        yield LocalTree(root / "link")
    elif request.param == "git":
        write(init(root))
        with GitTree(root, commit_all(root)) as git_tree:
            yield git_tree
    elif request.param == "package":
        files = [(entry(path, stat.S_IFREG | (0o755 if path == "run.sh" else 0o644)), FILES[path]) for path in FILES]
        links = [(entry(path, stat.S_IFLNK | 0o777), target.encode()) for path, target in LINKS.items()]
        yield PackageTree(archive(files + links), "acme.difypkg")
    else:
        memory = MemoryTree(FILES, links=LINKS, executable=["run.sh"])
        if request.param == "subtree":
            outer = {f"outer/inner/{path}": content for path, content in FILES.items()} | {"outer/innermost": b""}
            links_below = {f"outer/inner/{path}": target for path, target in LINKS.items()}
            yield subtree(
                subtree(MemoryTree(outer, links=links_below, executable=["outer/inner/run.sh"]), "outer"), "inner/"
            )
        else:
            yield subtree(memory, "")


def test_lists_every_name_and_nothing_else_in_order(tree: Tree) -> None:
    assert list(tree.entries()) == sorted([*FILES, *LINKS])
    assert all(path == entry.path for path, entry in tree.entries().items())


def test_lists_once(tree: Tree) -> None:
    assert tree.entries() is tree.entries()


def test_tells_kind_size_and_executable_bit(tree: Tree) -> None:
    files = [entry for entry in tree.entries().values() if entry.kind is Kind.FILE]
    assert sorted(files, key=lambda entry: entry.path) == [
        Entry(path, Kind.FILE, len(FILES[path]), path == "run.sh") for path in sorted(FILES)
    ]
    assert {path for path, entry in tree.entries().items() if entry.kind is Kind.LINK} == set(LINKS)


@pytest.mark.parametrize("path", FILES)
def test_reads_exactly_what_is_there(tree: Tree, path: str) -> None:
    tree.prefetch([path, "missing"])
    assert tree.read(path) == FILES[path]
    assert tree.read(path) == FILES[path]


@pytest.mark.parametrize("path", LINKS)
def test_follows_no_link(tree: Tree, path: str) -> None:
    with pytest.raises(Unreadable, match="is a symbolic link"):
        tree.read(path)


def test_tells_where_links_lead_as_it_is_written(tree: Tree) -> None:
    expected = {} if isinstance(tree, PackageTree) else LINKS
    assert tree.targets([*LINKS, "manifest.yaml", "missing", "folder-link/acme.yaml"]) == expected


@pytest.mark.parametrize(
    "path",
    [
        "missing.yaml",
        "",
        ".",
        "..",
        "/",
        "provider",
        "provider/",
        "manifest.yaml/",
        "./manifest.yaml",
        "/manifest.yaml",
        "provider//acme.yaml",
        "provider/../manifest.yaml",
        "provider\\acme.yaml",
        "provider/../../../../../../../../etc/passwd",
        "/etc/passwd",
        "out/passwd",
        "folder-link/acme.yaml",
        "loop/self/self",
        "manifest.yaml\0",
        "manifest.yaml ",
    ],
)
def test_reads_no_file_by_another_spelling(tree: Tree, path: str) -> None:
    with pytest.raises(Unreadable) as caught:
        tree.read(path)
    assert caught.value.path == path
    assert caught.value.reason == "does not exist"


@pytest.mark.parametrize("path", ["Manifest.yaml", "MANIFEST.YAML", "provider/Acme.yaml", "Provider/acme.yaml"])
def test_reads_no_file_in_another_case(tree: Tree, path: str) -> None:
    with pytest.raises(Unreadable, match="does not exist"):
        tree.read(path)


def test_reads_no_file_over_the_limit(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.source.tree.MAX_FILE_BYTES", len(FILES["manifest.yaml"]))
    assert tree.read("manifest.yaml")
    with pytest.raises(Unreadable, match="is larger than 50 MiB"):
        tree.read("provider/acme.yaml")


_PARTS = st.sampled_from(
    [*"/.\0\n \\~:*", "..", *FILES, *LINKS, "provider", "etc", "passwd", "acme.yaml", "À", "\udcff"]
)


@given(path=st.lists(_PARTS, max_size=6).map("".join) | st.text(max_size=20))
def test_any_path_gives_its_file_or_a_refusal(tree: Tree, path: str) -> None:
    if path in FILES:
        assert tree.read(path) == FILES[path]
    else:
        with pytest.raises(Unreadable):
            tree.read(path)


@pytest.mark.parametrize("kind", ["local", "git", "package"])
def test_ten_thousand_files(kind: str, tmp_path: Path) -> None:
    names = {f"folder{number % 100}/file{number}.yaml" for number in range(10_000)}
    tree: Tree
    if kind == "package":
        tree = PackageTree(archive(dict.fromkeys(names, b"x")), "acme.difypkg")
    elif kind == "local":
        _write_many(tmp_path, names)
        tree = LocalTree(tmp_path)
    else:
        _write_many(init(tmp_path), names)
        tree = GitTree(tmp_path, commit_all(tmp_path))
    assert list(tree.entries()) == sorted(names)
    assert tree.read("folder42/file42.yaml") == b"x"
    if isinstance(tree, GitTree):
        tree.close()


def _write_many(root: Path, names: set[str]) -> None:
    for number in range(100):
        (root / f"folder{number}").mkdir()
    for name in names:
        descriptor = os.open(root / name, os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, b"x")
        os.close(descriptor)


def test_a_subtree_is_no_prefix_of_names() -> None:
    tree = subtree(MemoryTree({"acme/a": "", "acme-two/b": "", "acme.txt": ""}), "acme")
    assert list(tree.entries()) == ["a"]


def test_a_subtree_does_not_reach_its_siblings() -> None:
    tree = subtree(MemoryTree({"acme/a": "", "b": "secret"}), "acme")
    with pytest.raises(Unreadable) as caught:
        tree.read("../b")
    assert (caught.value.path, caught.value.reason) == ("../b", "does not exist")


def test_text_in_memory_is_utf8() -> None:
    assert MemoryTree({"a": "天"}).read("a") == "天".encode()
