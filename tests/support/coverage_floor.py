"""Holds what the tests cover to a floor: run by `make coverage` after the suite.

The figures are those of `coverage json`: lines and branches together, in per cent. Programs that tests start as
processes of their own do not count.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TOTAL = 96.5
"""What the whole suite covers of the project. Raise it with the figure; never lower it."""

EACH = 80.0
"""What it covers of every file, but for those in `LESS`."""

LESS: dict[str, str] = {
    "bot/command/choice.py": "reads the keys of a terminal, and tests give it the keys: tests/command/test_choice.py",
    "bot/command/lsp.py": "runs in processes of its own: tests/editor/test_server.py",
    "bot/__main__.py": "runs in processes of its own: tests/test_project.py, tests/container",
    "standin/demo.py": "runs in a process of its own: tests/standin/test_demo.py",
    "standin/__main__.py": "runs in a process of its own: make demo",
}
"""The files of which less is covered, and why."""


def complaints(report: Mapping[str, Any]) -> list[str]:
    """What is wrong with a report of `coverage json`: a sentence each."""
    total = report["totals"]["percent_covered"]
    found = [f"The tests cover {total:.2f} % of the project, and the floor is {TOTAL:.2f} %."] if total < TOTAL else []
    figures = {path: file["summary"]["percent_covered"] for path, file in report["files"].items()}
    for path, figure in sorted(figures.items()):
        if figure < EACH and path not in LESS:
            found.append(f"The tests cover {figure:.1f} % of {path}, and {EACH:.0f} % are expected.")
    for path in LESS:
        if path not in figures:
            found.append(f"{path} is not there: it needs no reason.")
        elif figures[path] >= EACH:
            found.append(f"The tests cover {figures[path]:.1f} % of {path}: it needs no reason any more.")
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-P", "-m", "coverage", "json", "--quiet", "-o", str(file)], check=True)
        report = json.loads(file.read_text(encoding="utf-8"))
    found = complaints(report)
    print(f"The tests cover {report['totals']['percent_covered']:.2f} % of the project.")
    print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
