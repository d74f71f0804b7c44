"""The version of a plugin, where it is written."""

from __future__ import annotations

import pytest

from tests.support.reviewing import changed, found, text_at


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
