"""Links that stay in their tree are the files that they lead to; all others stay links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.source import GitTree, Kind, LocalTree, MemoryTree, Tree, Unreadable, followed, leading_to
from bot.source.links import MAX_LINKS
from tests.source.repositories import commit_all, init

FILES = {"common/ignore": b"*.log\n", "plugin/a.py": b"a = 1\n", "plugin/deep/b.txt": b"b"}
LINKS = {
    "plugin/outside": "../common/ignore",
    "plugin/inside": "deep/b.txt",
    "plugin/unclean": ".//deep/../a.py",
    "plugin/over-a-folder": "folder/b.txt",
    "plugin/folder": "deep",
    "plugin/second": "outside",
    "plugin/out-of-the-tree": "../../etc/passwd",
    "plugin/absolute": "/etc/passwd",
    "plugin/itself": "itself",
    "plugin/circle": "circle-2",
    "plugin/circle-2": "circle",
    "plugin/missing": "nothing",
    "plugin/below-a-file": "a.py/b",
    "plugin/back": "deep\\b.txt",
}
FILE_LINKS = {
    "outside": b"*.log\n",
    "inside": b"b",
    "unclean": b"a = 1\n",
    "over-a-folder": b"b",
    "second": b"*.log\n",
}


@pytest.fixture(params=["memory", "local", "local folder", "git"])
def plugin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tree]:
    links = [path.removeprefix("plugin/") for path in LINKS]
    if request.param == "memory":
        yield followed(MemoryTree(FILES, links=LINKS), "plugin", links)
        return
    init(tmp_path)
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    for path, target in LINKS.items():
        (tmp_path / path).symlink_to(target)
    if request.param == "local":
        yield followed(LocalTree(tmp_path), "plugin", links)
    elif request.param == "local folder":
        yield followed(LocalTree(tmp_path / "plugin", tmp_path), "", links)
    else:
        with GitTree(tmp_path, commit_all(tmp_path)) as tree:
            yield followed(tree, "plugin", links)


def test_only_links_to_files_of_the_tree_are_files(plugin: Tree) -> None:
    entries = plugin.entries()
    linked = {path.removeprefix("plugin/") for path in LINKS}
    assert {path for path in linked if entries[path].kind is Kind.FILE} == set(FILE_LINKS)
    assert {path for path in linked if entries[path].kind is Kind.LINK} == linked - set(FILE_LINKS)
    assert {path: entries[path].size for path in FILE_LINKS} == {path: len(data) for path, data in FILE_LINKS.items()}
    assert list(entries) == sorted([*linked, "a.py", "deep/b.txt"])


def test_reads_what_a_link_leads_to(plugin: Tree) -> None:
    plugin.prefetch(plugin.entries())
    assert {path: plugin.read(path) for path in FILE_LINKS} == FILE_LINKS
    assert plugin.read("a.py") == b"a = 1\n"
    with pytest.raises(Unreadable, match="is a symbolic link"):
        plugin.read("out-of-the-tree")
    assert "outside" not in plugin.targets(["outside", "absolute"])


def test_a_folder_alone_has_no_links_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "plugin").mkdir()
    (tmp_path / "secret").write_text("s")
    (tmp_path / "plugin" / "a").symlink_to("../secret")
    tree = followed(LocalTree(tmp_path / "plugin"), "", ["a"])
    assert tree.entries()["a"].kind is Kind.LINK


def test_a_chain_ends() -> None:
    chain = {f"l{number:02}": f"l{number + 1:02}" for number in range(60)}
    tree = MemoryTree({"l60": b"x"}, links=chain)
    entries = followed(tree, "", chain).entries()
    assert entries["l59"].kind is Kind.FILE
    assert entries["l00"].kind is Kind.LINK


def test_a_link_that_grows_ends() -> None:
    tree = MemoryTree({}, links={"a": "a/" * 2000 + "a"})
    assert followed(tree, "", ["a"]).entries()["a"].kind is Kind.LINK


def test_so_many_links_are_followed() -> None:
    links = {f"{number:04}": "file" for number in range(MAX_LINKS + 5)}
    entries = followed(MemoryTree({"file": b""}, links=links), "", links).entries()
    assert [path for path in links if entries[path].kind is Kind.LINK] == sorted(links)[MAX_LINKS:]


def test_finds_the_links_to_a_path() -> None:
    tree = MemoryTree(FILES, links=LINKS)
    assert leading_to(tree, LINKS, {"common/ignore"}) == {"plugin/outside", "plugin/second"}
