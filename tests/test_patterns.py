"""Regular expressions that are compiled late."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType
from typing import Any

import pytest

import bot
from bot.patterns import regex


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
        if isinstance(value, re.Pattern)
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
