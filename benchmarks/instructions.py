"""Counts the instructions of a review, which no noise of the machine moves: `make cost`, with `--record` to keep them.

The bundled examples are reviewed, and libyaml composes their YAML, each in one process under valgrind. The ratio of the
two hardly depends on how Python was built, only on its version: `instructions.json` has one for each. The command exits
with 1 where the ratio is off by more than 3 %, in either direction, so that what is recorded is what is true.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.run import COMPOSE, EXAMPLES, REVIEW

RECORD = Path(__file__).with_suffix(".json")
#: The greatest part by which a ratio may be off.
TOLERANCE = 0.03
#: With so many, importing has about the same part in both: it is what depends most on how Python was built.
COMPOSED = 6


def instructions(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """How many instructions a command takes. Raises RuntimeError if valgrind does not say."""
    # The first run compiles what is imported.
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    count = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={os.devnull}"]
    done = subprocess.run([*count, *command], env=environment, capture_output=True, text=True)
    found = re.search(r"I +refs: +([\d,]+)", done.stderr)
    if done.returncode or found is None:
        raise RuntimeError(f"valgrind exited with {done.returncode}: {done.stderr[-500:]}")
    return int(found[1].replace(",", ""))


def ratio() -> float:
    """The instructions of a review of the examples, as a multiple of those of libyaml."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": folder}
        review = instructions([sys.executable, *REVIEW, str(EXAMPLES)], environment)
        yardstick = instructions([sys.executable, "-P", "-c", COMPOSE, str(EXAMPLES), str(COMPOSED)], environment)
    print(f"{review:,} instructions to review the examples, {yardstick:,} to compose them {COMPOSED} times")
    return review / yardstick


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="keep the ratio of this Python")
    arguments = parser.parse_args()
    recorded: dict[str, float] = json.loads(RECORD.read_text(encoding="utf-8"))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version not in recorded and not arguments.record:
        print(f"Nothing was compared: {RECORD.name} has no ratio for Python {version} (`--record` adds it).")
        return 0
    found = ratio()
    if arguments.record:
        recorded[version] = round(found, 3)
        RECORD.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        print(f"Recorded for Python {version}: {found:.3f}")
        return 0
    off = found / recorded[version] - 1
    print(
        f"{found:.3f} times libyaml, {off:+.1%} of the {recorded[version]:.3f} that are recorded for Python {version}"
    )
    if abs(off) <= TOLERANCE:
        return 0
    print(f"That is off by more than {TOLERANCE:.0%}: find out why, or keep it with `make cost COST_ARGS=--record`.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
