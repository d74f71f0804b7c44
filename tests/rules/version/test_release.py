"""The version of a plugin: raised by a change, never lowered, and where else it is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.findings import Finding
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import Base, review
from bot.rules.example import example_plugin
from bot.source import GitTree, LocalTree, MemoryTree, Tree
from tests.source.archives import archive
from tests.source.repositories import commit_all, init
from tests.support.reviewing import changed, fixed, found, text_at

FILES = example_plugin("tool")


def at_version(version: str, files: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    manifest = FILES["manifest.yaml"].replace(b"version: 0.1.0\n", f"version: {version}\n".encode(), 1)
    return {**FILES, "manifest.yaml": manifest, **(files or {})}


def compared(now: Tree, before: Tree, profile: Profile = Profile.AUTHOR) -> list[Finding]:
    options = Options(profile=profile, select=("version/not-raised", "version/lowered"))
    result = review(now, find_roots(now), options, Base(before, "main"))
    assert result.errors == ()
    return list(result.findings)


def change(now: Mapping[str, bytes], before: Mapping[str, bytes]) -> list[list[tuple[str, str]]]:
    """The findings for authors, the marketplace and the official repository."""
    return [
        [(finding.rule, finding.severity.label) for finding in compared(MemoryTree(now), MemoryTree(before), profile)]
        for profile in Profile
    ]


NOT_RAISED = [[("version/not-raised", label)] for label in ("notice", "warning", "error")]
#: The official repository publishes every plugin that a change touches.
FOR_READERS: list[list[tuple[str, str]]] = [[], [], [("version/not-raised", "warning")]]
LOWERED = [[("version/lowered", "warning")]] * 3
NOTHING: list[list[tuple[str, str]]] = [[], [], []]
OTHER = {"main.py": FILES["main.py"] + b"\n"}
IGNORING = {".difyignore": b"notes/\n"}
IMAGE = {"_assets/screenshot.PNG": b""}


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (at_version("0.1.0"), at_version("0.1.0"), NOTHING),
        (at_version("0.1.0", OTHER), at_version("0.1.0"), NOT_RAISED),
        (at_version("0.1.0"), at_version("0.1.0", OTHER), NOT_RAISED),
        (at_version("0.1.0", {"tools/new.py": b""}), at_version("0.1.0"), NOT_RAISED),
        (at_version("0.1.0", {"data/cities.json": b"[]"}), at_version("0.1.0"), NOT_RAISED),
        (
            at_version("0.1.0", {"uv.lock": b"version = 2"}),
            at_version("0.1.0", {"uv.lock": b"version = 1"}),
            NOT_RAISED,
        ),
        (at_version("0.1.0", {"_assets/icon.svg": b"<svg/>"}), at_version("0.1.0"), NOT_RAISED),
        (at_version("0.1.0", {**OTHER, "README.md": b"x"}), at_version("0.1.0"), NOT_RAISED),
        (at_version("0.1.1", OTHER), at_version("0.1.0"), NOTHING),
        (at_version("0.2.0-rc1", OTHER), at_version("0.1.0"), NOTHING),
        (at_version("0.0.9"), at_version("0.1.0"), LOWERED),
        (at_version("0.9.0"), at_version("0.10.0"), LOWERED),
        (at_version("0.1.0-rc1"), at_version("0.1.0"), LOWERED),
        (at_version("latest", OTHER), at_version("0.1.0"), NOTHING),
        (at_version("0.1.0", {**IGNORING, "notes/a.py": b""}), at_version("0.1.0", IGNORING), NOTHING),
        (at_version("0.1.0", {"README.md": b"x", **IMAGE}), at_version("0.1.0"), FOR_READERS),
        (at_version("0.1.0", {"readme/README_ja_JP.md": b"x"}), at_version("0.1.0"), FOR_READERS),
        (at_version("0.1.0", {"docs/guide.txt": b"x", "LICENSE": b"x"}), at_version("0.1.0"), FOR_READERS),
        (at_version("0.1.0", {"tests/test_tool.py": b"x"}), at_version("0.1.0"), FOR_READERS),
        (at_version("0.1.0", {".github/workflows/a.yml": b"x", ".gitignore": b""}), at_version("0.1.0"), FOR_READERS),
    ],
)
def test_changes(now: dict[str, bytes], before: dict[str, bytes], expected: list[list[tuple[str, str]]]) -> None:
    assert change(now, before) == expected


def test_a_new_plugin_has_nothing_to_be_compared_with() -> None:
    assert change(at_version("0.1.0"), {"README.md": b""}) == NOTHING


def test_a_file_that_is_no_longer_packed_is_a_change() -> None:
    data = {"data/cities.json": b"[]"}
    ignoring = {**data, ".difyignore": b"data/\n"}
    assert change(at_version("0.1.0", ignoring), at_version("0.1.0", data)) == NOT_RAISED


def packed(files: Mapping[str, bytes]) -> MemoryTree:
    return MemoryTree({"weather.difypkg": archive(files)})


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9"])
def test_a_package_is_published_as_it_is(version: str) -> None:
    """So even a document for readers is a change, and the marketplace refuses the version."""
    before, now = packed(at_version("0.1.0")), packed(at_version(version, {"README.md": b"x"}))
    rule = "version/not-raised" if version == "0.1.0" else "version/lowered"
    found = [[(item.rule, item.severity.label) for item in compared(now, before, profile)] for profile in Profile]
    official = "error" if version == "0.1.0" else "warning"
    assert found == [[(rule, "warning")], [(rule, "error")], [(rule, official)]]


def test_the_next_version_is_offered() -> None:
    tree = MemoryTree(at_version("0.1.9", OTHER))
    (finding,) = compared(tree, MemoryTree(at_version("0.1.9")))
    assert text_at(tree, finding) == "0.1.9"
    assert "`main.py` has changed since the base revision" in finding.message
    assert "version: 0.1.10\n" in fixed(tree, finding)


def test_against_a_real_revision(tmp_path: Path) -> None:
    init(tmp_path)
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    commit = commit_all(tmp_path)
    with GitTree(tmp_path, commit) as base:
        assert compared(LocalTree(tmp_path), base) == []
        # A change that keeps the size of the file is found by reading it.
        (tmp_path / "main.py").write_bytes(FILES["main.py"].replace(b"i", b"j", 1))
        assert [finding.rule for finding in compared(LocalTree(tmp_path), base)] == ["version/not-raised"]


@pytest.mark.parametrize(
    ("pyproject", "written"),
    [
        ('[project]\nversion = "0.2.0"\n', None),
        ('[project]\nversion = "0.1.0"\n', None),
        ('[tool.poetry]\nversion = "0.1.9"\n', None),
        ('[project]\ndynamic = ["version"]\n', None),
        ("[project\n", None),
        ('[tool.x]\nversion = "0.1.9"\n\n[project]\nname = "a"\nversion = "0.1.9"\n', "0.1.9"),
        ("[project]\nversion = '0.1.9'\n", "0.1.9"),
    ],
)
def test_pyproject(pyproject: str, written: str | None) -> None:
    tree = changed("version: 0.2.0\n", "manifest.yaml", files={"pyproject.toml": pyproject})
    findings = found("version/pyproject", tree)
    assert [finding.subject for finding in findings] == [written] * (written is not None)
    for finding in findings:
        if '"' in pyproject:
            assert text_at(tree, finding) == written
            assert finding.location.span is not None
            assert finding.location.span.line == 6
