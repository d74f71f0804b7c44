"""The packager leaves out just what its own reading of the ignore file says.

`go_verdicts.json` holds what go-git's gitignore package says of made-up files, asked as the packager asks it: the
text of the ignore file, the files, and those that are packed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.limits import Account
from bot.plugin.ignore import IgnoreFile
from bot.plugin.packing import Packing
from bot.source import MemoryTree

VERDICTS = json.loads((Path(__file__).parent / "go_verdicts.json").read_text(encoding="utf-8"))


def packed(text: str, *files: str) -> list[str]:
    return [path for path in files if IgnoreFile(".difyignore", text).excluding(path) is None]


@pytest.mark.parametrize(("text", "files", "expected"), VERDICTS["ignore"])
def test_go(text: str, files: list[str], expected: list[str]) -> None:
    assert packed(text, *files) == expected


def test_a_negation_takes_nothing_back() -> None:
    assert packed("*.md\n!README.md\n", "README.md", "main.py") == ["main.py"]


def test_lines_are_trimmed_and_may_end_in_crlf() -> None:
    assert packed("  lib/  \r\n\r\n# *.py\r\n*.log\r\n", "lib/a.py", "a.log", "main.py") == ["main.py"]


def test_a_pattern_with_a_slash_at_its_end_is_for_folders() -> None:
    assert packed("lib/", "lib", "tools/lib", "a/lib/b.py") == ["lib", "tools/lib"]


def test_a_pattern_with_a_slash_inside_starts_at_the_root() -> None:
    assert packed("/site\ndocs/_build/", "site/a", "x/site/a", "docs/_build/a", "x/docs/_build/a") == [
        "x/site/a",
        "x/docs/_build/a",
    ]


def test_the_set_of_git_that_negates_is_no_negation_to_go() -> None:
    assert packed("[!a].py", "b.py", "a.py", "!.py") == ["b.py"]


@pytest.mark.parametrize("text", ["/", "//", "/**", "[", "a/**b/c", "!", "", "#", "\\"])
def test_patterns_that_exclude_nothing(text: str) -> None:
    files = ("a", "a/b", "a/b/c", "b.py")
    assert packed(text, *files) == list(files)


def test_who_left_a_file_out_and_where_it_says_so() -> None:
    ignore = IgnoreFile(".difyignore", "*.log\n\n  lib/\nlib/a.py\n")
    pattern = ignore.excluding("lib/a.py")
    assert pattern is not None
    assert pattern.text == "lib/"
    assert (pattern.span.line, pattern.span.column, pattern.span.end_column) == (3, 3, 7)


def test_no_line_takes_long() -> None:
    # Libraries that try every way to split a name do not come back from this.
    ignore = IgnoreFile(".difyignore", "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n**/**/**/**/**/**/**/x/**/y\n")
    assert ignore.excluding("a" * 255) is None
    assert ignore.excluding("/".join(["a"] * 500)) is None


@pytest.mark.parametrize("text", ["x\n" * 1001 + "main.py\n", "#" * 1025 + "\nmain.py\n", "#" * (1 << 20) + "\nx"])
def test_a_file_that_is_not_read_whole_is_not_read_and_told(text: str) -> None:
    account = Account()
    packing = Packing(MemoryTree({".difyignore": text, "main.py": ""}), account=account)
    assert not packing.known
    assert packing.files == {".difyignore", "main.py"}
    assert [entry.path for entry in account] == [".difyignore"]
