"""How long reviews take and how much memory they need: `make bench`, or `python benchmarks/run.py FOLDER …`.

Reviews more and more copies of the bundled example plugins, or the folders given, each time in a fresh process, so that
start-up counts as it does for a user. A folder is also read by two yardsticks: libyaml, which does no more than compose
the same YAML files, and `yamllint -d relaxed`.
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
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "bot" / "examples"

COMPOSE = """
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.y*ml")):
    if path.is_file():
        content = path.read_bytes()
        for _ in range(int(sys.argv[2])):
            try:
                yaml.compose(content, Loader=yaml.CSafeLoader)
            except yaml.YAMLError:
                pass
"""

REVIEW = ("-P", "-m", "bot", "check", "--no-cache", "--offline", "--no-config", "--fail-on=never", "--format=json")


@dataclass(frozen=True)
class Run:
    """One process."""

    seconds: float
    """From its start to its end."""
    cpu: float
    """Seconds of processor time, with those of its own processes."""
    mebibytes: float
    """Peak resident memory of the process itself."""


@dataclass(frozen=True)
class Case:
    """Several runs of the same."""

    runs: Sequence[Run]

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        return min(run.cpu for run in self.runs)

    def __str__(self) -> str:
        seconds = [run.seconds for run in self.runs]
        peak = max(run.mebibytes for run in self.runs)
        return f"{self.seconds:>9.2f} {min(seconds):>7.2f} {max(seconds):>7.2f} {self.cpu:>7.2f} {peak:>9.0f}"


def run(command: Sequence[str], output: int = subprocess.DEVNULL) -> Run:
    """Runs a command to its end. Raises RuntimeError if it fails, for which yamllint may find faults."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 2**20)


def review(folder: Path, repeat: int) -> tuple[Case, int, int]:
    """Reviews of `folder`, and how many plugins and files it has."""
    command = [sys.executable, *REVIEW, str(folder)]
    with tempfile.TemporaryFile() as output:
        runs = []
        for _ in range(repeat):
            output.seek(0)
            output.truncate()
            runs.append(run(command, output.fileno()))
        output.seek(0)
        summary = json.load(output)["summary"]
    return Case(runs), summary["plugins"], summary["files"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folders", nargs="*", type=Path, help="folders with plugins (default: copies of the examples)")
    parser.add_argument("--copies", default="1,10,100,1000", help="numbers of copies to review (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="reviews per line (default: %(default)s)")
    arguments = parser.parse_args()

    print(f"{'plugins':>8} {'files':>8} {'median s':>9} {'min s':>7} {'max s':>7} {'CPU s':>7} {'peak MiB':>9}", end="")
    if arguments.folders:
        print()
        for folder in arguments.folders:
            against_yardsticks(folder, arguments.repeat)
        return 0
    print(f" {'CPU ms per plugin':>18}")
    examples = sorted(path.parent for path in EXAMPLES.glob("*/manifest.yaml"))
    start = 0.0
    for copies in map(int, arguments.copies.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            for number, example in zip(range(copies), cycle(examples), strict=False):
                shutil.copytree(example, Path(folder) / f"{example.name}-{number}")
            case, plugins, files = review(Path(folder), arguments.repeat)
        # The first line is start-up and little else.
        start = start or case.cpu
        each = f"{(case.cpu - start) / (plugins - 1) * 1000:>18.1f}" if plugins > 1 else ""
        print(f"{plugins:>8} {files:>8} {case} {each}")
    return 0


def against_yardsticks(folder: Path, repeat: int) -> None:
    """Prints how long the review of a folder takes, and what else takes how long on the same files."""
    case, plugins, files = review(folder, repeat)
    print(f"{plugins:>8} {files:>8} {case} {folder}")
    others = {
        "libyaml composing the same YAML": [sys.executable, "-P", "-c", COMPOSE, str(folder), "1"],
        "yamllint -d relaxed": [sys.executable, "-P", "-m", "yamllint", "-d", "relaxed", str(folder)],
    }
    for name, command in others.items():
        other = Case([run(command) for _ in range(repeat)])
        print(f"{'':>17} {other} {name}: {case.seconds / other.seconds:.1f} times, by CPU {case.cpu / other.cpu:.1f}")


if __name__ == "__main__":
    sys.exit(main())
