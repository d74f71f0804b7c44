"""The citations of the format: every one has a repository, a commit and a date, and its line names the field.

The lines are looked up where `DIFY_SOURCES` names a folder with clones of the repositories; without it, that test is
skipped: the suite reaches no network.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from bot.format.references import cited, references
from bot.rules.registry import catalogue

SOURCES = os.environ.get("DIFY_SOURCES", "")
#: `file:line`, and the word that the line says where it does not name the field itself.
CITATION = re.compile(r"([\w./-]+\.(?:mdx|go|py)):([0-9]+)(?: (\w+))?")
READ = ("docs", "daemon", "sdk", "platform")
#: Files of the marketplace's repositories, whose day stands in its policy, of gitleaks, and of this project.
ELSEWHERE = ("toolkit/", "validator/", "docs/plugin-", "config/gitleaks", "bot/", ".github/", "docs.py")


def citations() -> Iterator[tuple[str, str, str, int, str]]:
    """The place, the authority, the file, the line and the word of every citation of a field."""
    for structure, fields in references()["fields"].items():
        for field, told in fields.items():
            for authority in READ:
                for text in told.get(authority, "").split(", ") if authority in told else ():
                    if text.startswith("langgenius/dify#"):
                        continue
                    found = CITATION.fullmatch(text)
                    assert found is not None, f"{structure}.{field} is cited as {text}"
                    yield f"{structure}.{field}", authority, found[1], int(found[2]), found[3] or field.split(".")[0]


def test_every_authority_has_a_repository_a_commit_and_a_date() -> None:
    for authority in references()["authorities"].values():
        assert authority["repository"].startswith("https://github.com/")
        assert re.fullmatch(r"[0-9a-f]{40}", authority["commit"])
        assert isinstance(authority["date"], date)


def test_every_cited_file_has_its_path() -> None:
    authorities = references()["authorities"]
    named = {file for _, _, file, _, _ in citations()} | {file for _, file, _ in rule_citations()}
    known = [file for authority in authorities.values() for file in authority["files"]]
    assert len(known) == len(set(known))
    assert set(known) == named


def rule_citations() -> Iterator[tuple[str, str, int]]:
    """The rule, the file and the line (0 for none) of every file that a rule cites."""
    for rule in catalogue().values():
        for authority in rule.authorities:
            for part, _ in cited(authority.source):
                found = re.match(r"([\w./-]+\.(?:go|mdx|md|py|tsx?))(?::([0-9]+))?$", part)
                if found is not None and not found[1].startswith(ELSEWHERE):
                    yield rule.id, found[1], int(found[2] or 0)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("decoder/helper.go:22", "/pkg/plugin_packager/decoder/helper.go#L22"),
        ("toolkit/checks/readme.py", ""),
        ("langgenius/dify#36518", "https://github.com/langgenius/dify/issues/36518"),
        ("PyYAML safe_load", ""),
    ],
)
def test_a_source_has_an_address(source: str, address: str) -> None:
    ((part, found),) = cited(source)
    assert part == source
    assert found.endswith(address)
    assert bool(found) is bool(address)


@pytest.mark.skipif(not SOURCES, reason="DIFY_SOURCES does not name a folder with clones of the cited repositories")
def test_every_cited_line_names_its_field() -> None:
    wrong = [
        f"{place}: {file}:{number} does not say {word}"
        for place, _, file, number, word in citations()
        if _folded(word) not in _folded(line_of(file, number))
    ]
    assert wrong == []


@pytest.mark.skipif(not SOURCES, reason="DIFY_SOURCES does not name a folder with clones of the cited repositories")
def test_every_line_that_a_rule_cites_is_there() -> None:
    wrong = [f"{rule}: {file}:{line}" for rule, file, line in rule_citations() if not line_of(file, line or 1).strip()]
    assert wrong == []


def line_of(file: str, number: int) -> str:
    lines = lines_of(file)
    return lines[number - 1] if number <= len(lines) else ""


@cache
def lines_of(file: str) -> list[str]:
    (known,) = (authority for authority in references()["authorities"].values() if file in authority["files"])
    folder = Path(SOURCES) / known["repository"].rpartition("/")[2]
    shown = f"{known['commit']}:{known['files'][file]}"
    text = subprocess.run(["git", "-C", str(folder), "show", shown], capture_output=True, check=True).stdout
    return text.decode(errors="replace").split("\n")


def _folded(text: str) -> str:
    return re.sub(r"[_-]", "", text).lower()
