"""What a change did to a plugin: found by names, sizes and ids, and by reading only where these are alike."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from packaging.version import Version

from bot.options import Options
from bot.plugin import Plugin, find_roots
from bot.plugin.changes import changed_files, versions
from bot.review.engine import open_plugin
from bot.rules.example import example_plugin
from bot.source import Kind, MemoryTree

FILES = example_plugin("tool")


class Counting(MemoryTree):
    """A tree that notes what is read, and knows ids of contents where `ids` says so."""

    reads: list[str]
    ids = True

    def oid(self, path: str) -> str | None:
        return str(hash(self._files.get(path))) if self.ids else None

    def read(self, path: str) -> bytes:
        self.reads.append(path)
        return super().read(path)

    def prefetch(self, paths: Iterable[str]) -> None:
        list(paths)


def plugin_of(files: dict[str, bytes], base: Plugin | None = None, *, ids: bool = False) -> tuple[Plugin, Counting]:
    tree = Counting(files)
    tree.ids = ids
    tree.reads = []
    plugin = open_plugin(tree, find_roots(tree)[0], Options(), base)
    tree.reads.clear()
    return plugin, tree


def change(files: dict[str, bytes | None], *, ids: bool = False) -> tuple[list[str], list[str]]:
    """The changed files, and those read to find them, when `files` are replaced, added or (None) removed."""
    base, _ = plugin_of(FILES, ids=ids)
    now = {path: content for path, content in {**FILES, **files}.items() if content is not None}
    plugin, tree = plugin_of(now, base, ids=ids)
    return changed_files(plugin, base), tree.reads


def test_nothing() -> None:
    assert change({})[0] == []
    assert change({}, ids=True) == ([], [])


def test_names_and_sizes_need_no_reading() -> None:
    assert change({"tools/new.py": b""}) == (["tools/new.py"], [])
    assert change({"README.md": None}) == (["README.md"], [])
    assert change({"main.py": FILES["main.py"] + b"\n"}) == (["main.py"], [])


def test_a_change_that_keeps_the_size() -> None:
    other = FILES["main.py"].replace(b"i", b"j", 1)
    assert change({"main.py": other})[0] == ["main.py"]
    assert change({"main.py": other}, ids=True) == (["main.py"], [])


def test_what_does_not_matter_is_neither_named_nor_a_reason_to_stop_looking() -> None:
    base, _ = plugin_of(FILES)
    other = FILES["main.py"].replace(b"i", b"j", 1)
    plugin, tree = plugin_of({**FILES, "README.md": b"", "main.py": other}, base)
    assert changed_files(plugin, base, lambda path: path != "README.md") == ["main.py"]
    assert "README.md" not in tree.reads


def test_what_is_not_packed_does_not_count() -> None:
    ignoring = {**FILES, ".difyignore": b"notes.txt\n"}
    base, _ = plugin_of(ignoring)
    plugin, _ = plugin_of({**ignoring, "notes.txt": b"x"}, base)
    assert changed_files(plugin, base) == []


def test_links_count_as_unchanged() -> None:
    base = opened_with_link()
    assert changed_files(opened_with_link(), base) == []


def opened_with_link() -> Plugin:
    tree = MemoryTree(FILES, kinds={"docs": Kind.LINK})
    return open_plugin(tree, find_roots(tree)[0], Options())


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("0.1.0", "0.1.1", (Version("0.1.0"), Version("0.1.1"))),
        ("0.1.0", "0.1.0", (Version("0.1.0"), Version("0.1.0"))),
        ("0.1.0", "new", None),
        ("0.1.0", "0.1.0-hotfix", None),
    ],
)
def test_versions(before: str, now: str, expected: tuple[Version, Version] | None) -> None:
    base, _ = plugin_of({**FILES, "manifest.yaml": manifest(before)})
    plugin, _ = plugin_of({**FILES, "manifest.yaml": manifest(now)}, base)
    assert versions(plugin) == expected


def test_versions_of_different_plugins_are_not_compared() -> None:
    base, _ = plugin_of({**FILES, "manifest.yaml": manifest("0.2.0").replace(b"name: weather", b"name: other")})
    plugin, _ = plugin_of({**FILES, "manifest.yaml": manifest("0.1.0")}, base)
    assert versions(plugin) is None
    assert versions(base) is None


def manifest(version: str) -> bytes:
    return FILES["manifest.yaml"].replace(b"version: 0.1.0\n", f"version: {version}\n".encode(), 1)
