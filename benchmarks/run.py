"""How long reviews take and how much memory they need: `make bench`.

Reviews more and more copies of the bundled example plugins, or the folders given, each time in a fresh process, so that
start-up counts as it does for a user.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "bot" / "examples"


@dataclass(frozen=True)
class Run:
    seconds: float
    mebibytes: float
    """Peak resident memory."""
    plugins: int
    files: int


def review(folder: Path) -> Run:
    """One review of `folder` in a process of its own. Raises RuntimeError if it fails."""
    options = ["--offline", "--no-config", "--fail-on=never", "--format=json"]
    command = [sys.executable, "-P", "-m", "bot", "check", *options, str(folder)]
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
        output.seek(0)
        summary = json.load(output)["summary"]
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit / 2**20, summary["plugins"], summary["files"])


def measure(folder: Path, repeat: int) -> str:
    """One line of the table: the median and the spread of `repeat` reviews of `folder`."""
    runs = [review(folder) for _ in range(repeat)]
    seconds = [run.seconds for run in runs]
    return (
        f"{runs[0].plugins:>8} {runs[0].files:>8} {statistics.median(seconds):>9.2f} {min(seconds):>7.2f} "
        f"{max(seconds):>7.2f} {max(run.mebibytes for run in runs):>9.0f}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folders", nargs="*", type=Path, help="folders with plugins (default: copies of the examples)")
    parser.add_argument("--copies", default="1,10,100,300", help="numbers of copies to review (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="reviews per line (default: %(default)s)")
    arguments = parser.parse_args()

    print(f"{'plugins':>8} {'files':>8} {'median s':>9} {'min s':>7} {'max s':>7} {'peak MiB':>9}")
    for folder in arguments.folders:
        print(measure(folder, arguments.repeat), folder)
    if arguments.folders:
        return 0
    examples = sorted(path.parent for path in EXAMPLES.glob("*/manifest.yaml"))
    for copies in map(int, arguments.copies.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            for number, example in zip(range(copies), cycle(examples), strict=False):
                shutil.copytree(example, Path(folder) / f"{example.name}-{number}")
            print(measure(Path(folder), arguments.repeat))
    return 0


if __name__ == "__main__":
    sys.exit(main())
