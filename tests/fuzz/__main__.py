"""Spoils sound inputs and feeds them to the readers: `python -m tests.fuzz KIND NUMBER [SEED [FILE]]`.

Prints how many inputs there were, the slowest, and each failure with its input; exits with 1 when there is one. The
slowest input is written to FILE, to be timed again by itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.fuzz.spoiling import fuzz

if __name__ == "__main__":
    kind, number = sys.argv[1], int(sys.argv[2])
    report = fuzz(kind, number, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    for data, failure in report.failures[:10]:
        print(f"{failure}\n    {data[:300]!r}")
    if len(sys.argv) > 4:
        Path(sys.argv[4]).write_bytes(report.slowest_input)
    print(f"{kind}: {report.inputs} inputs, {len(report.failures)} failures, slowest {report.slowest:.2f} s")
    sys.exit(1 if report.failures else 0)
