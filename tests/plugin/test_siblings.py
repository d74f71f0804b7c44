"""Which package of a folder was published before another one."""

from __future__ import annotations

import pytest

from bot.plugin import PluginRoot
from bot.plugin.siblings import published_before
from bot.source import MemoryTree


@pytest.mark.parametrize(
    ("new", "others", "expected"),
    [
        ("a/x/x-0.0.3.difypkg", ["a/x/x-0.0.1.difypkg", "a/x/x-0.0.2.difypkg"], "a/x/x-0.0.2.difypkg"),
        ("a/x/x-0.0.10.difypkg", ["a/x/x-0.0.9.difypkg", "a/x/x-0.0.1.difypkg"], "a/x/x-0.0.9.difypkg"),
        ("a/x/x-0.0.2.difypkg", ["a/x/x-0.0.1.difypkg", "a/x/x-0.1.0.difypkg"], "a/x/x-0.0.1.difypkg"),
        ("a/x/x_0.2.0-beta1.difypkg", ["a/x/X-v0.1.difypkg"], "a/x/X-v0.1.difypkg"),
        ("a/x/x-0.0.2.difypkg", ["a/x/x.difypkg"], "a/x/x.difypkg"),
        ("a/x/x.difypkg", ["a/x/x-0.0.1.difypkg"], "a/x/x-0.0.1.difypkg"),
        ("a/x-0.0.2.difypkg", ["a/y-0.0.1.difypkg", "b/x-0.0.1.difypkg", "a/b/x-0.0.1.difypkg"], None),
        ("a/x-0.0.2.difypkg", ["a/x-0.0.1.zip", "a/x-0.0.2.difypkg"], None),
    ],
)
def test_the_package_before(new: str, others: list[str], expected: str | None) -> None:
    tree = MemoryTree(dict.fromkeys(others, b""))
    assert published_before(tree, PluginRoot(new, package=True)) == expected
