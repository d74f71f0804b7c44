"""Excerpts of the files that findings are about: they take no time by the square of a file."""

from __future__ import annotations

from collections import Counter

from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import open_plugin
from bot.rules.example import example_plugin
from bot.rules.registry import catalogue
from bot.source.memory import MemoryTree

PATH = "tools/current_weather.py"
FINDINGS = 300
CODE = "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    def _invoke(self, tool_parameters):\n"


class CountedTree(MemoryTree):
    """Counts how often each file is read."""

    reads: Counter[str]

    def read(self, path: str) -> bytes:
        self.reads[path] += 1
        return super().read(path)


def test_a_file_of_many_findings_is_read_for_its_excerpts_once() -> None:
    lines = "".join(f"        self.a{number}\n" for number in range(FINDINGS))
    tree = CountedTree({**example_plugin("tool"), PATH: (CODE + lines).encode()})
    tree.reads = Counter()
    found = catalogue()["python/unknown-attribute"].findings(open_plugin(tree, find_roots(tree)[0], Options()))
    assert [item.excerpt for item in found] == [f"self.a{number}" for number in range(FINDINGS)]
    assert tree.reads[PATH] < 10
