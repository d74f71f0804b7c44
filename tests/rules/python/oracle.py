"""The SDK as the oracle for rules: what a tool of a few lines really does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


class Sdk:
    """The SDK in another process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("sdk_tools.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        with self._process:
            pass


def tool(*lines: str, head: str = "", methods: str = "") -> str:
    """The file of a tool with these lines as its method."""
    body = "\n".join(f"        {line}" for line in lines)
    return (
        f"{head}from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        f"    def _invoke(self, tool_parameters):\n{body}\n{methods}"
    )
