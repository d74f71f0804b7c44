"""How long reviews take and how much memory they need: `make bench`, or `python -m benchmarks.run FOLDER …`.

Reviews more and more copies of the bundled example plugins, or the folders given, each time in a fresh process, so that
start-up counts as it does for a user. A folder is also read by yardsticks in the same run: libyaml, which does no more
than compose the same YAML files, `yamllint -d relaxed`, and with `--former REVISION` an earlier revision of this tool.
The rest is told as a ratio to the whole review: again with the cache, against the commit before, one plugin, in shards.
At the end stand the Action on a pull request, against the stand-in, and what many findings, a large package, and the
dashboard of a marketplace's repository take.
`make bench BENCH_BASE=v0.1.0 BENCH_FOLDERS=../plugins` does all of that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.processes import PROJECT, Case, Run, run

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
#: So many files has the plugin that stands for one plugin, or about as many.
ONE_PLUGIN = 60
SHARDS = 4
#: So many packages has a marketplace's repository.
PACKAGES = 900
#: Plugins with so many parameters each, which make 23,000 findings.
TALKING, PARAMETERS = 46, 250


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
    parser.add_argument("--shards", type=int, default=SHARDS, help="shards of a plan (default: %(default)s)")
    arguments = parser.parse_args()

    print(f"{'plugins':>8} {'files':>8} {'median s':>9} {'min s':>7} {'max s':>7} {'CPU s':>7} {'peak MiB':>9}", end="")
    if arguments.folders:
        print()
        for folder in arguments.folders:
            against_yardsticks(folder.resolve(), arguments.repeat, arguments.former, arguments.shards)
        apart(arguments.repeat, arguments.former)
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
    against_yardsticks(EXAMPLES, arguments.repeat, arguments.former, arguments.shards)
    apart(arguments.repeat, arguments.former)
    return 0


def against_yardsticks(folder: Path, repeat: int, former: str, shards: int) -> None:
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
    alone = repeated(repeat, [*REVIEW, one["root"]])
    part(f"one plugin of {one['files']} files", alone)
    with tempfile.TemporaryDirectory() as kept:
        repeated(1, [*CACHED, str(folder)], {"XDG_CACHE_HOME": kept})
        part("again, with the cache", repeated(repeat, [*CACHED, str(folder)], {"XDG_CACHE_HOME": kept}))
        part(f"in {shards} shards, together", in_shards(folder, Path(kept), repeat, shards))
    if subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD~1"], capture_output=True).returncode == 0:
        change = repeated(repeat, [*REVIEW, "--base=HEAD~1", str(folder)])
        part(f"against the commit before ({change.seconds - alone.seconds:+.2f} s to one plugin)", change)


def apart(repeat: int, former: str) -> None:
    """Prints what is not about a folder: the Action, from the start of its process to its end, and memory."""
    # What this process holds counts as the peak of small ones, before they become themselves.
    from benchmarks import action

    case, requests = action.one_plugin(repeat)
    print(f"{'':>17} {case} the Action on a pull request of one plugin, {requests} requests")
    if former:
        with revision(former) as place:
            other, requests = action.one_plugin(repeat, place)
        ratio = f"{case.seconds / other.seconds:.2f} times, by CPU {case.cpu / other.cpu:.2f}"
        print(f"{'':>17} {other} the same at {former}, {requests} requests: {ratio}")
    print(f"{'':>17} {action.large_package(1)} the Action on a package of 48 MiB")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(TALKING):
            talking(Path(folder, f"plugin-{number}"))
        case, result = review(Path(folder), 1)
    print(f"{'':>17} {case} {len(result['findings']):,} findings as JSON")
    with tempfile.TemporaryDirectory() as folder:
        packages(Path(folder))
        dashboard = ("--profile=marketplace", f"--dashboard={folder}/dashboard", "--policy=2027-01-01")
        case = repeated(1, [*REVIEW, *dashboard, folder])
    print(f"{'':>17} {case} the dashboard of {PACKAGES} packages")


def packages(folder: Path) -> None:
    """Makes packages of the bundled example plugins, each by an author of its own."""
    examples = sorted(path.parent for path in EXAMPLES.glob("*/manifest.yaml"))
    for number, example in zip(range(PACKAGES), cycle(examples), strict=False):
        place = folder / f"author-{number}" / example.name / f"{example.name}.difypkg"
        place.parent.mkdir(parents=True)
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as package:
            for path in sorted(path for path in example.rglob("*") if path.is_file() and path.suffix != ".pyc"):
                content = path.read_bytes()
                if path.name == "manifest.yaml":
                    content = content.replace(b"\nauthor: acme\n", f"\nauthor: author-{number}\n".encode())
                package.writestr(path.relative_to(example).as_posix(), content)


def talking(folder: Path) -> None:
    """Makes a plugin with many findings: a key that is unknown in each parameter."""
    shutil.copytree(EXAMPLES / "tool", folder)
    label, description = "    label: {en_US: A}\n", "    human_description: {en_US: A}\n"
    kinds = "    type: string\n    form: form\n    colour: red\n"
    tool = folder / "tools" / "current_weather.yaml"
    before, _, _ = tool.read_text(encoding="utf-8").partition("parameters:\n")
    parameters = "".join(f"  - name: p{number}\n{label}{description}{kinds}" for number in range(PARAMETERS))
    source = "extra:\n  python:\n    source: tools/current_weather.py\n"
    tool.write_text(f"{before}parameters:\n{parameters}{source}", encoding="utf-8")


def in_shards(folder: Path, place: Path, repeat: int, shards: int) -> Case:
    """Plan, shards and their verdict, one after the other."""
    plan, results = place / "plan.json", [place / f"{number}.json" for number in range(1, shards + 1)]
    tool = (sys.executable, "-P", "-m", "bot")
    commands: list[Sequence[str]] = [
        (*tool, "plan", "--no-config", f"--shards={shards}", f"--output={plan}", str(folder))
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
