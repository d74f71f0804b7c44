"""What is wrong with a Python file is said once, however many documents name it."""

from __future__ import annotations

import pytest

from bot.rules.example import example_plugin
from bot.source import MemoryTree
from tests.support.reviewing import found

PROVIDER = "provider/weather.yaml"
TOOL = "tools/current_weather.yaml"
SOURCE = "tools/current_weather.py"


@pytest.mark.parametrize(
    ("rule", "classes", "line"),
    [
        ("python/abstract-method", ["Weather"], 4),
        ("python/several-classes", ["Weather", "Forecast"], 8),
    ],
)
def test_a_source_of_two_tools(rule: str, classes: list[str], line: int) -> None:
    files = example_plugin("tool")
    files[PROVIDER] = files[PROVIDER].replace(f"- {TOOL}".encode(), f"- {TOOL}\n  - tools/again.yaml".encode())
    files["tools/again.yaml"] = files[TOOL].replace(b"name: current_weather", b"name: again", 1)
    assert SOURCE.encode() in files["tools/again.yaml"]
    files[SOURCE] = (
        "from dify_plugin import Tool\n\n\n" + "\n\n".join(f"class {c}(Tool):\n    ...\n" for c in classes)
    ).encode()
    (finding,) = found(rule, MemoryTree(files))
    assert finding.location.path == SOURCE
    assert finding.location.span is not None
    assert finding.location.span.line == line
