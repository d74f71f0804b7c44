"""Texts for people avoid phrases that readers with English as a second language stumble over."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Retired phrases, and what to write instead. "There is no file …" is plain.
RETIRED = {
    r"(?<!there )(?<!There )\b(?:is|are) none\b": "is not a …, is not one of …",
    r"(?<!there )(?<!There )\b(?:is|are) no (?!longer|more|larger)[a-z`]": "is not a …",
    r"\bin vain\b": "has no effect",
    r"\bwithout a word\b": "without a message",
    r"\bnobody knows\b": "is not known, was not judged",
    r"\bas it were\b|\bthereof\b|\bwhereupon\b|\bhereby\b|\bvis-à-vis\b": "plain words",
}


def texts() -> Iterator[tuple[str, str]]:
    """Every text for people by place: strings that are no docstring, templates, documents, descriptions of inputs."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in names:
        path = ROOT / name
        if name.startswith(("bot/examples", "standin/", "tests/")) or not path.is_file():
            continue
        if path.suffix == ".py" and name.startswith("bot/"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield f"{name}:{node.lineno}", node.value
        elif path.suffix in (".md", ".j2") or path.name == "action.yml":
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
                yield f"{name}:{number}", line


@cache
def all_texts() -> tuple[tuple[str, str], ...]:
    return tuple(texts())


@pytest.mark.parametrize("phrase", RETIRED)
def test_retired_phrases_stay_out(phrase: str) -> None:
    pattern = re.compile(phrase)
    assert [place for place, text in all_texts() if pattern.search(text)] == [], f"write: {RETIRED[phrase]}"


def test_the_list_finds_what_it_names() -> None:
    said = [
        "`x` is none",
        "`x` is no version",
        "It stands there in vain.",
        "dropped without a word",
        "nobody knows yet",
    ]
    assert all(any(re.search(phrase, text) for phrase in RETIRED) for text in said)
    assert not any(
        re.search(phrase, "There is no file `a`. There are none. It is no longer there.") for phrase in RETIRED
    )
