"""Regular expressions that are compiled late."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import bot
from bot.format.models.values import DECIMAL
from bot.patterns import compile_late, regex
from bot.plugin import siblings
from bot.python import module
from bot.python.reads import name_pattern
from bot.rules.example import example_plugin
from bot.rules.pull_request import text
from bot.rules.readme import version
from bot.rules.schema import endpoints
from bot.source import MemoryTree
from tests.support.reviewing import opened


def _modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(bot.__path__, "bot.")
    return [importlib.import_module(each.name) for each in found if not each.name.startswith("bot.examples")]


def test_every_expression_of_ours_is_one() -> None:
    late: list[Any] = [
        value for module in _modules() for value in vars(module).values() if type(value) is type(regex(""))
    ]
    assert len(late) > 200
    for value in late:
        assert isinstance(value.fullmatch.__self__, re.Pattern)


def test_no_module_compiles_one_when_it_is_imported() -> None:
    early = [
        f"{module.__name__}.{name}"
        for module in _modules()
        for name, value in vars(module).items()
        if type(value) is re.Pattern
    ]
    assert early == []


def test_it_is_compiled_when_it_is_used_and_does_what_it_says() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.match("")
    words = regex(r"[a-z]+", re.IGNORECASE)
    assert words.findall("One, two") == re.compile(r"[a-z]+", re.IGNORECASE).findall("One, two") == ["One", "two"]
    assert words.sub("-", "One, two") == "-, -"
    assert (words.pattern, words.flags & re.IGNORECASE) == (r"[a-z]+", re.IGNORECASE)
    assert regex(rb"\x89PNG").match(b"\x89PNG")


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(re, "compile", re.compile)  # puts it back
    compile_late()


def _executed(source: str) -> dict[str, Any]:
    made: dict[str, Any] = {"re": re}
    exec(source, made)  # as a module is
    return made


@pytest.mark.usefixtures("late")
def test_what_a_library_compiles_while_it_is_imported_is_compiled_when_it_is_used() -> None:
    library = _executed("A = re.compile('(a+)b', re.I)\nclass C:\n    B = re.compile('(')\n")
    assert (library["A"].pattern, library["C"].B.pattern) == ("(a+)b", "(")
    assert "match" not in vars(library["A"])
    assert library["A"].match("AAb")[1] == "AA"
    with pytest.raises(re.error):
        library["C"].B.match("")


@pytest.mark.usefixtures("late")
def test_re_takes_an_expression_that_is_not_compiled_yet() -> None:
    for use in ("re.sub(A, '-', 'xaay')", "re.compile(A).sub('-', 'xaay')", "A.sub('-', 'xaay')"):
        assert _executed(f"A = re.compile('a+')\nB = {use}")["B"] == "x-y"
    assert isinstance(_executed("A = re.compile('a+')")["A"], re.Pattern)


@pytest.mark.usefixtures("late")
def test_what_a_function_compiles_is_compiled_at_once() -> None:
    made = _executed("def function(source): return re.compile(source)")
    assert type(made["function"]("a")) is re.Pattern
    with pytest.raises(re.error):
        made["function"]("(")


def _joined(code: str) -> ast.JoinedStr:
    node = ast.parse(code, mode="eval").body
    assert isinstance(node, ast.JoinedStr)
    return node


def _version_in_readme(written: str) -> None:
    files = example_plugin("tool")
    manifest = files["manifest.yaml"].replace(b"version: 0.1.0", f"version: {written}".encode(), 1)
    plugin = opened(MemoryTree({**files, "manifest.yaml": manifest, "README.md": b"**Version:** 1.2.3\n"}))
    assert list(version.version(plugin)) == []


@pytest.mark.parametrize(
    ("use", "text"),
    [
        pytest.param(DECIMAL.fullmatch, "9" * 20_000 + "x", id="price"),
        pytest.param(module._NEWER_STATEMENT.search, "\n" * 20_000, id="blank lines"),
        pytest.param(module._NEWER_STATEMENT.search, "type " + "a" * 60_000, id="alias"),
        pytest.param(text._VERSIONS.findall, "9" * 20_000, id="version in a text"),
        pytest.param(_version_in_readme, "1" + ".1" * 20_000 + "!", id="version of a manifest"),
        pytest.param(endpoints._anonymous, "<" * 60_000, id="path of an endpoint"),
        pytest.param(siblings._parts, ". " * 10_000 + ".difypkg", id="name of a package"),
        pytest.param(regex(name_pattern(_joined("f'" + "{a}_" * 15 + "x'")) or "").fullmatch, "_" * 30, id="key"),
    ],
)
def test_what_repeats_takes_no_longer(use: Callable[[str], object], text: str) -> None:
    start = time.process_time()
    use(text)
    assert time.process_time() - start < 1
