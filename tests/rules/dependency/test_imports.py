"""Imports that nothing installs, as far as the declared dependencies and the lock file tell."""

from __future__ import annotations

import pytest

from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, found, text_at

TOOL = "tools/current_weather.py"
CLASS = "from dify_plugin import Tool\nclass A(Tool):\n    def _invoke(self, p): yield\n"
RULE = "dependency/undeclared-import"
LOCK = '[[package]]\nname = "dify-plugin"\nversion = "0.9.0"\n'


def plugin(source: str, requirements: str = "", files: dict[str, str | bytes] | None = None) -> MemoryTree:
    asked = f"dify_plugin>=0.9.0,<1\n{requirements}"
    return changed("", TOOL, files={TOOL: f"{source}\n{CLASS}", "requirements.txt": asked, **(files or {})})


def missing(tree: MemoryTree) -> list[str]:
    return [finding.subject for finding in found(RULE, tree)]


@pytest.mark.parametrize(
    ("source", "requirements", "expected"),
    [
        ("import pandas", "", ["pandas"]),
        ("import pandas", "pandas\n", []),
        ("import pandas", "Pandas[excel]>=2 ; python_version > '3'\n", []),
        ("from pandas.io import json", "", ["pandas"]),
        ("import bs4", "beautifulsoup4\n", []),
        ("import bs4", "bs4-stubs\n", []),  # Nobody knows what that brings.
        ("import yaml", "", []),  # The SDK brings it.
        ("import json, tomllib, cgi", "", []),
        ("import distutils.util", "", ["distutils"]),
        ("import distutils.util", "setuptools\n", []),
        ("import tools, main", "", []),
        ("import weather", "", []),  # A file of the plugin has that name, in another folder.
        ("import helper", "", ["helper"]),
        ("import google.cloud.storage", "", ["google.cloud.storage"]),
        ("import google.cloud.storage", "google-cloud-storage\n", []),
        ("def f():\n    import pandas", "", ["pandas"]),
        ("try:\n    import pandas\nexcept ImportError:\n    pandas = None", "", []),
        ("if x:\n    import pandas", "", []),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas", "", []),
        ("import pandas\nimport pandas as pd", "", ["pandas"]),
        ("import pandas, numpy", "", ["numpy", "pandas"]),
        ("import pandas", "some-unknown-package\n", []),  # It may bring pandas along.
        ("import pandas", "-r more.txt\n", ["pandas"]),
    ],
)
def test_without_a_lock_file(source: str, requirements: str, expected: list[str]) -> None:
    tree = plugin(source, requirements)
    assert sorted(missing(tree)) == expected
    assert all(finding.severity.label == "warning" for finding in found(RULE, tree))


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        (LOCK, [("error", "certain")]),
        (LOCK.replace("\n", "\r\n"), [("error", "certain")]),
        (LOCK + '\n[[package]]\nname = "pandas"\nversion = "2.0"\n', []),
        ("not a lock file\n", [("warning", "likely")]),
        (b"\xff\xfe", [("warning", "likely")]),
    ],
)
def test_with_a_lock_file(lock: str | bytes, expected: list[tuple[str, str]]) -> None:
    tree = plugin("import pandas", files={"uv.lock": lock})
    assert [(item.severity.label, item.confidence.value) for item in found(RULE, tree)] == expected


#: As uv writes it: what the plugin needs, what that needs in turn, an extra and a group that nobody installs.
WITH_EXTRAS = """\
version = 1
revision = 3

[[package]]
name = "beautifulsoup4"
version = "4.13.0"

[[package]]
name = "dify-plugin"
version = "0.9.1"
dependencies = [
    { name = "httpx", extra = ["http2"], marker = "python_full_version >= '3.12'" },
]

[[package]]
name = "h2"
version = "4.1.0"

[[package]]
name = "httpx"
version = "0.28.1"

[package.optional-dependencies]
http2 = [
    { name = "h2" },
]
socks = [
    { name = "pandas" },
]

[[package]]
name = "lxml"
version = "5.0.0"

[[package]]
name = "pandas"
version = "2.2.0"

[[package]]
name = "weather"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "dify-plugin" },
]

[package.optional-dependencies]
fast = [
    { name = "lxml" },
]

[package.dev-dependencies]
dev = [
    { name = "beautifulsoup4" },
]
"""


@pytest.mark.parametrize(
    ("module", "installed"),
    [("httpx", True), ("h2", True), ("lxml", False), ("bs4", False), ("pandas", False)],
)
def test_extras_and_groups_that_nobody_asks_for_are_not_installed(module: str, installed: bool) -> None:
    tree = plugin(f"import {module}", files={"uv.lock": WITH_EXTRAS})
    severities = [item.severity.label for item in found(RULE, tree)]
    assert severities == ([] if installed else ["error"])


def test_a_lock_file_does_not_make_an_unknown_import_certain() -> None:
    tree = plugin("import nobody_knows_this", files={"uv.lock": LOCK})
    assert [(item.severity.label, item.confidence.value) for item in found(RULE, tree)] == [("warning", "likely")]


def test_the_place_and_the_words() -> None:
    tree = plugin("import os, bs4 as soup")
    (finding,) = found(RULE, tree)
    assert text_at(tree, finding) == "bs4 as soup"
    assert finding.message == (
        "The code imports `bs4`, which no declared dependency brings: it is in `beautifulsoup4`. "
        "The import fails when the plugin starts."
    )


def test_only_what_the_plugin_runs_is_imported() -> None:
    files: dict[str, str | bytes] = {"tests/test_a.py": "import pandas\n", "scripts/a.py": "import numpy\n"}
    assert missing(plugin("", files=files)) == []
    assert missing(plugin("import scripts.a", files=files)) == ["numpy"]


def test_where_nothing_is_declared_another_rule_speaks() -> None:
    tree = MemoryTree({path: tree.read(path) for tree in [plugin("import pandas")] for path in tree.entries()})
    assert missing(tree) == ["pandas"]
    without = {path: tree.read(path) for path in tree.entries() if path != "requirements.txt"}
    assert missing(MemoryTree(without)) == []
