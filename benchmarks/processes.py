"""Processes that are measured: their time, and the memory that they need."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

PROJECT = Path(__file__).resolve().parents[1]


class Run(Struct, frozen=True):
    """One process."""

    seconds: float
    """From its start to its end."""
    cpu: float
    """Seconds of processor time, with those of its own processes."""
    mebibytes: float
    """Peak resident memory of the process, or of the largest of its own."""


class Case(Struct, frozen=True):
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


def run(
    command: Sequence[str],
    output: int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    *,
    only: bool = False,
) -> Run:
    """Runs a command to its end, in the environment besides its own or `only` in that.

    Raises RuntimeError if it fails, for which yamllint may find faults.
    """
    # A process starts with the peak of the one that starts it, which is set back to what that holds now.
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
        env={**({} if only else os.environ), **(environment or {})},
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 2**20)
