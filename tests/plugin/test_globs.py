"""Patterns mean to each reader what its own matcher makes of them.

`go_verdicts.json` holds what Go's `filepath.Match` says of made-up patterns and paths: the pattern, the paths, and
those that match, or null where it fails.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plugin.globs import BadPattern, go_matches, sdk_folder, sdk_matches

VERDICTS = json.loads((Path(__file__).parent / "go_verdicts.json").read_text(encoding="utf-8"))

FILES = [
    "manifest.yaml",
    "models/llm/_position.yaml",
    "models/llm/a.yaml",
    "models/llm/b.yaml",
    "models/llm/llm.py",
    "models/llm/old/c.yaml",
    "models/rerank/a.yaml",
]


@pytest.mark.parametrize(("pattern", "paths", "matched"), VERDICTS["match"])
def test_go(pattern: str, paths: list[str], matched: list[str] | None) -> None:
    if matched is None:
        with pytest.raises(BadPattern):
            list(go_matches(pattern, paths))
    else:
        assert list(go_matches(pattern, paths)) == matched


@pytest.mark.parametrize(
    ("pattern", "daemon", "sdk"),
    [
        ("models/llm/*.yaml", 3, 3),
        ("models/llm/a.yaml", 1, 1),
        ("./models/llm/*.yaml", 0, 3),
        ("models//llm/*.yaml", 0, 3),
        ("models/**/*.yaml", 4, 5),
        ("**/*.yaml", 0, 6),
        ("models/llm/[!a].yaml", 1, 1),
        ("models/llm/[^a].yaml", 1, 1),
        ("models/llm/?.yaml", 2, 2),
        ("models/{llm,rerank}/*.yaml", 0, 0),
        ("models/LLM/*.yaml", 0, 0),
        ("models\\llm\\*.yaml", 0, 0),
        ("../models/llm/*.yaml", 0, 0),
        ("models/**", 0, 0),
    ],
)
def test_the_dialects_differ(pattern: str, daemon: int, sdk: int) -> None:
    assert len(list(go_matches(pattern, FILES))) == daemon
    assert len(list(sdk_matches(pattern, FILES))) == sdk


@pytest.mark.parametrize("pattern", ["", "/models/llm/*.yaml", "models/llm/**.yaml", "models/**x/a.yaml"])
def test_the_sdk_fails(pattern: str) -> None:
    with pytest.raises(BadPattern):
        list(sdk_matches(pattern, FILES))


@pytest.mark.parametrize("pattern", ["models/llm/[a", "models/llm/[]a]", "models/llm/a\\", "[a-]", "[-a]"])
def test_the_packager_fails(pattern: str) -> None:
    with pytest.raises(BadPattern):
        list(go_matches(pattern, FILES))


NAMES = st.sampled_from(["a", "b", "ab", "a.yaml", ".a", "a b", "x-y"])
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), min_size=1, max_size=6)
SEGMENTS = st.sampled_from(["*", "**", "a", "?", "[ab]", "[!a]", "*.yaml", "a*", ".", "ab", ".*", "*b"])


PATTERNS = st.lists(SEGMENTS, min_size=1, max_size=4).filter(lambda segments: set(segments) != {"."}).map("/".join)


@given(paths=PATHS, pattern=PATTERNS)
def test_the_sdk_finds_what_pathlib_finds(paths: list[str], pattern: str) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        files = []
        for path in sorted(set(paths), key=len, reverse=True):
            place = root / path
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text("")
                files.append(path)
        expected = {found.relative_to(root).as_posix() for found in root.glob(pattern) if found.is_file()}
        assert set(sdk_matches(pattern, files)) == expected
        folders = {found.relative_to(root).as_posix() for found in root.glob(pattern) if found.is_dir()} - {"."}
        everything = sorted(place.relative_to(root).as_posix() for place in root.rglob("*") if place.is_dir())
        assert sdk_folder(pattern, everything) == min(folders, default=None)


def test_no_pattern_takes_long() -> None:
    # A matcher that tries every way to split the name would not come back from these.
    stars = "*a" * 200 + "b"
    name = "a" * 5000
    assert list(go_matches(stars, [name])) == []
    assert list(sdk_matches(stars, [name])) == []
    deep = "/".join(["a"] * 300)
    assert list(sdk_matches("/".join(["**", "a"] * 100) + "/b", [deep])) == []
