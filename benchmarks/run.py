"""How long reviews take and how much memory they need: `make bench`, or `python benchmarks/run.py FOLDER …`.

Reviews more and more copies of the bundled example plugins, or the folders given, each time in a fresh process, so that
start-up counts as it does for a user. A folder is also read by yardsticks in the same run: libyaml, which does no more
than compose the same YAML files, `yamllint -d relaxed`, and with `--former REVISION` an earlier revision of this tool.
The rest is told as a ratio to the whole review: again with the cache, against the commit before, one plugin, in shards.
`make bench BENCH_BASE=v0.1.0 BENCH_FOLDERS=../plugins` does all of that.
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

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

CACHED = ("-P", "-m", "bot", "check", "--offline", "--no-config", "--fail-on=never", "--format=json")
REVIEW = (*CACHED, "--no-cache")
PROJECT = Path(__file__).resolve().parents[1]
#: So many files has the plugin that stands for one plugin, or about as many.
ONE_PLUGIN = 60
SHARDS = 4


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


def run(command: Sequence[str], output: int = subprocess.DEVNULL, environment: Mapping[str, str] | None = None) -> Run:
    """Runs a command to its end. Raises RuntimeError if it fails, for which yamllint may find faults."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 2**20)


def repeated(repeat: int, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Case:
    """Several runs of Python with the same arguments."""
    return Case([run([sys.executable, *arguments], environment=environment) for _ in range(repeat)])


def review(folder: Path, repeat: int) -> tuple[Case, dict[str, Any]]:
    """Reviews of `folder`, and what they found."""
    command = [sys.executable, *REVIEW, str(folder)]
    with tempfile.TemporaryFile() as output:
        runs = []
        for _ in range(repeat):
            output.seek(0)
            output.truncate()
            runs.append(run(command, output.fileno()))
        output.seek(0)
        return Case(runs), json.load(output)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folders", nargs="*", type=Path, help="folders with plugins (default: copies of the examples)")
    parser.add_argument("--copies", default="1,10,100,1000", help="numbers of copies to review (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="reviews per line (default: %(default)s)")
    parser.add_argument("--former", metavar="REVISION", default="", help="also review with this revision of the tool")
    arguments = parser.parse_args()

    print(f"{'plugins':>8} {'files':>8} {'median s':>9} {'min s':>7} {'max s':>7} {'CPU s':>7} {'peak MiB':>9}", end="")
    if arguments.folders:
        print()
        for folder in arguments.folders:
            against_yardsticks(folder.resolve(), arguments.repeat, arguments.former)
        return 0
    print(f" {'CPU ms per plugin':>18}")
    examples = sorted(path.parent for path in EXAMPLES.glob("*/manifest.yaml"))
    start = 0.0
    for copies in map(int, arguments.copies.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            for number, example in zip(range(copies), cycle(examples), strict=False):
                shutil.copytree(example, Path(folder) / f"{example.name}-{number}")
            case, result = review(Path(folder), arguments.repeat)
        plugins, files = result["summary"]["plugins"], result["summary"]["files"]
        # The first line is start-up and little else.
        start = start or case.cpu
        each = f"{(case.cpu - start) / (plugins - 1) * 1000:>18.1f}" if plugins > 1 else ""
        print(f"{plugins:>8} {files:>8} {case} {each}")
    against_yardsticks(EXAMPLES, arguments.repeat, arguments.former)
    return 0


def against_yardsticks(folder: Path, repeat: int, former: str) -> None:
    """Prints how long the review of a folder takes, what else takes how long on the same files, and parts of it."""
    case, result = review(folder, repeat)
    print(f"{result['summary']['plugins']:>8} {result['summary']['files']:>8} {case} {folder}")

    def against(name: str, other: Case) -> None:
        print(f"{'':>17} {other} {name}: {case.seconds / other.seconds:.2f} times, by CPU {case.cpu / other.cpu:.2f}")

    def part(name: str, other: Case) -> None:
        print(f"{'':>17} {other} {name}: {other.cpu / case.cpu:.3f} of the CPU")

    against("libyaml composing the same YAML", repeated(repeat, ["-P", "-c", COMPOSE, str(folder), "1"]))
    against("yamllint -d relaxed", repeated(repeat, ["-P", "-m", "yamllint", "-d", "relaxed", str(folder)]))
    if former:
        with revision(former) as place:
            against(f"this tool at {former}", repeated(repeat, [*REVIEW, str(folder)], {"PYTHONPATH": str(place)}))
    one = min(result["plugins"], key=lambda plugin: abs(plugin["files"] - ONE_PLUGIN))
    part(f"one plugin of {one['files']} files", repeated(repeat, [*REVIEW, one["root"]]))
    with tempfile.TemporaryDirectory() as kept:
        repeated(1, [*CACHED, str(folder)], {"XDG_CACHE_HOME": kept})
        part("again, with the cache", repeated(repeat, [*CACHED, str(folder)], {"XDG_CACHE_HOME": kept}))
        part(f"in {SHARDS} shards, together", in_shards(folder, Path(kept), repeat))
    if subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD~1"], capture_output=True).returncode == 0:
        part("against the commit before", repeated(repeat, [*REVIEW, "--base=HEAD~1", str(folder)]))


def in_shards(folder: Path, place: Path, repeat: int) -> Case:
    """Plan, shards and their verdict, one after the other."""
    plan, results = place / "plan.json", [place / f"{number}.json" for number in range(1, SHARDS + 1)]
    tool = (sys.executable, "-P", "-m", "bot")
    commands: list[Sequence[str]] = [
        (*tool, "plan", "--no-config", f"--shards={SHARDS}", f"--output={plan}", str(folder))
    ]
    for number, result in enumerate(results, 1):
        shard = (f"--plan={plan}", f"--shard={number}", f"--output={result}")
        commands.append([sys.executable, *REVIEW, *shard])
    runs = []
    for _ in range(repeat):
        each = [run(command) for command in commands]
        there = [str(result) for result in results if result.exists()]
        each.append(run([*tool, "merge", str(plan), *there]))
        runs.append(Run(sum(r.seconds for r in each), sum(r.cpu for r in each), max(r.mebibytes for r in each)))
    return Case(runs)


@contextmanager
def revision(name: str) -> Iterator[Path]:
    """The files of a revision of this project, as long as the context lasts."""
    with tempfile.TemporaryDirectory() as place:
        git = ["git", "-C", str(PROJECT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", f"{place}/tool", name], check=True)
        try:
            yield Path(place, "tool")
        finally:
            subprocess.run([*git, "remove", "--force", f"{place}/tool"], check=True)


if __name__ == "__main__":
    sys.exit(main())
