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
from pathlib import Path

import pytest

from bot.format.references import references

SOURCES = os.environ.get("DIFY_SOURCES", "")
#: `file:line`, and the word that the line says where it does not name the field itself.
CITATION = re.compile(r"([\w./-]+\.(?:mdx|go|py)):([0-9]+)(?: (\w+))?")
READ = ("docs", "daemon", "sdk")


def citations() -> Iterator[tuple[str, str, str, int, str]]:
    """The place, the authority, the file, the line and the word of every citation of a field."""
    for structure, fields in references()["fields"].items():
        for field, cited in fields.items():
            for authority in READ:
                for text in cited.get(authority, "").split(", ") if authority in cited else ():
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
    cited = {authority: {file for _, by, file, _, _ in citations() if by == authority} for authority in READ}
    assert {authority: set(authorities[authority]["files"]) for authority in READ} == cited


@pytest.mark.skipif(not SOURCES, reason="DIFY_SOURCES does not name a folder with clones of the cited repositories")
@pytest.mark.parametrize("authority", READ)
def test_every_cited_line_names_its_field(authority: str) -> None:
    known = references()["authorities"][authority]
    folder = Path(SOURCES) / known["repository"].rpartition("/")[2]
    lines: dict[str, list[str]] = {}
    wrong = []
    for place, by, file, number, word in citations():
        if by != authority:
            continue
        if file not in lines:
            shown = f"{known['commit']}:{known['files'][file]}"
            text = subprocess.run(["git", "-C", str(folder), "show", shown], capture_output=True, check=True).stdout
            lines[file] = text.decode(errors="replace").split("\n")
        line = lines[file][number - 1] if number <= len(lines[file]) else ""
        if _folded(word) not in _folded(line):
            wrong.append(f"{place}: {file}:{number} does not say {word}")
    assert wrong == []


def _folded(text: str) -> str:
    return re.sub(r"[_-]", "", text).lower()
