"""Code that can harm those who use the plugin."""

from __future__ import annotations

import pytest

from tests.support.reviewing import changed, found

EVALUATES = "def f(text):\n    return eval(text)\n"
IMPORTS = "from tests.helper import f\nfrom dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    pass\n"


@pytest.mark.parametrize(
    ("path", "tool", "count"),
    [
        ("tools/helper.py", "", 1),
        ("tests/helper.py", "", 0),
        ("tools/test_helper.py", "", 0),
        ("conftest.py", "", 0),
        ("contests/latest.py", "", 1),
        ("tests/helper.py", IMPORTS, 1),
    ],
)
def test_what_tests_evaluate_comes_from_nobody(path: str, tool: str, count: int) -> None:
    files = {path: EVALUATES, **({"tools/current_weather.py": tool} if tool else {})}
    assert len(found("security/evaluated-code", changed("", "manifest.yaml", files=files))) == count
