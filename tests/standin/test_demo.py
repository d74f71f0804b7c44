"""The demonstration is the main job, end to end, in processes of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demonstration_passes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "standin", "--keep", str(tmp_path / "kept")],
        cwd=ROOT,
        # Proxies and GitHub's own variables around the tests are not business of the stand-in.
        env={name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "INPUT_"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # `.ci/run` looks for this line.
    assert re.fullmatch(r"Demo passed: 3 reviews, \d+ requests to the stand-in\.", done.stdout.splitlines()[-1])
    assert "::" not in "".join(line for line in done.stdout.splitlines() if not line.startswith("  | "))
    summary = (tmp_path / "kept" / "summary.md").read_text(encoding="utf-8")
    assert "with a suggestion to commit" in summary
    assert re.search(r"^### ✅ ", (tmp_path / "kept" / "step-summary.md").read_text(encoding="utf-8"), re.MULTILINE)
