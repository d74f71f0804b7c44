"""Regular expressions that are compiled late."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType
from typing import Any

import pytest

import bot
from bot.patterns import compile_late, regex


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
