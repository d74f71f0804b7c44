"""A reference that is misspelt is one finding, which says what was meant and offers it."""

from __future__ import annotations

import pytest

from bot.findings import Safety
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, fixed, found, said

MISSPELT = {
    "reference/missing-file": changed("tools:\n  - tools/curent_weather.yaml\n", "provider/weather.yaml"),
    "python/missing-source": changed("extra:\n  python:\n    source: provider/wether.py\n", "provider/weather.yaml"),
    "asset/missing": changed("icon: icno.svg\n", "manifest.yaml"),
}


@pytest.mark.parametrize(("rule", "tree"), MISSPELT.items())
def test_one_finding_with_a_fix(rule: str, tree: MemoryTree) -> None:
    assert said(tree) == [(rule, "error")]
    (finding,) = found(rule, tree)
    assert "Did you mean" in finding.message
    assert finding.fix is not None
    assert finding.fix.safety is Safety.UNSAFE
    files = {path: tree.read(path) for path in tree.entries()}
    assert said(MemoryTree({**files, finding.location.path: fixed(tree, finding).encode()})) == []


def test_what_the_document_names_already_is_not_meant() -> None:
    tree = changed("tools:\n  - tools/current_weather.yaml\n  - tools/curent_weather.yaml\n", "provider/weather.yaml")
    (finding,) = found("reference/missing-file", tree)
    assert finding.fix is None


@pytest.mark.parametrize("written", ["tools/forecast.yaml", "tools/current_weather2.yaml", "main.py"])
def test_another_name_is_no_slip(written: str) -> None:
    tree = changed(f"tools:\n  - {written}\n", "provider/weather.yaml")
    assert all(finding.fix is None for finding in found("reference/missing-file", tree))


def test_a_file_in_another_folder_is_meant() -> None:
    (finding,) = found("reference/missing-file", changed("tools:\n  - current_weather.yaml\n", "provider/weather.yaml"))
    assert finding.fix is not None
    assert finding.fix.edits[0].text == "tools/current_weather.yaml"
