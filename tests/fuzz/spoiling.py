"""Makes spoilt inputs of sound ones, from a seed, and keeps those that reach new code as seeds of their own."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from msgspec import Struct, field

from tests.fuzz.targets import Target, answers_seed, targets

#: What no input may take (seconds of processor time).
MAX_SECONDS: Final = 3.0
#: The largest input (bytes), and the most seeds that are kept.
MAX_BYTES: Final = 256 * 1024
MAX_SEEDS: Final = 300
#: One input in so many is traced to see whether it reaches new code.
TRACED: Final = 10
#: One input in so many repeats some of its lines up to a size.
GROWN: Final = 20
SIZES: Final = (2**14, 2**16, MAX_BYTES)


class Report(Struct):
    """What came of a run."""

    inputs: int = 0
    slowest: float = 0.0
    #: The input that took longest.
    slowest_input: bytes = b""
    failures: list[tuple[bytes, str]] = field(default_factory=list)


def fuzz(kind: str, number: int, seed: int) -> Report:
    """Feeds `number` inputs to a target."""
    chance = random.Random(seed)
    target = targets()[kind]
    seeds = list(target.seeds) if kind != "answers" else [answers_seed()]
    reached: set[tuple[str, int]] = set()
    report = Report()
    for index in range(number):
        data = _spoilt(chance.choice(seeds), target, chance)
        traced = index % TRACED == 0 and target.spoil is None
        if index % GROWN == 1 and target.spoil is None:
            data = _grown(data, chance)
        start = time.process_time()
        try:
            if traced:
                lines: set[tuple[str, int]] = set()
                with _tracing(lines):
                    target.run(data)
                if not lines <= reached and len(seeds) < MAX_SEEDS:
                    seeds.append(data)
                reached |= lines
            else:
                target.run(data)
        except Exception as error:
            report.failures.append((data, f"{type(error).__name__}: {str(error)[:300]}"))
        seconds = time.process_time() - start
        if not traced:
            if seconds > report.slowest:
                report.slowest, report.slowest_input = seconds, data
            if seconds > MAX_SECONDS:
                report.failures.append((data, f"took {seconds:.1f} s"))
        report.inputs += 1
    return report


def _spoilt(data: bytes, target: Target, chance: random.Random) -> bytes:
    if target.spoil is not None:
        return target.spoil(data, chance)
    spoilt = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        at = chance.randrange(len(spoilt) + 1)
        end = min(len(spoilt), at + chance.choice((0, 1, 1, 4, 30)))
        match chance.randrange(5):
            case 0:
                spoilt[at:end] = chance.choice(target.pieces)
            case 1:
                spoilt[at:at] = chance.choice(target.pieces) * chance.choice((1, 1, 1, 20))
            case 2:
                del spoilt[at:end]
            case 3 if at < len(spoilt):
                spoilt[at] = chance.randrange(256)
            case _:
                start = chance.randrange(len(spoilt) + 1)
                spoilt[at:at] = spoilt[start : start + chance.choice((5, 40, 400))]
    return bytes(spoilt[:MAX_BYTES])


def _grown(data: bytes, chance: random.Random) -> bytes:
    """The data with some of its lines, or of its bytes, over and over again."""
    size = chance.choice(SIZES)
    lines = data.splitlines(keepends=True)
    first = chance.randrange(len(lines) + 1)
    last = min(len(lines), first + chance.choice((1, 1, 2, 6)))
    before, piece, after = b"".join(lines[:first]), b"".join(lines[first:last]), b"".join(lines[last:])
    if chance.random() < 0.3 or not piece:
        start = chance.randrange(len(data) + 1)
        end = start + chance.choice((1, 2, 5, 20))
        before, piece, after = data[:start], data[start:end] or b"x", data[end:]
    return (before + piece * (max(0, size - len(data)) // len(piece)) + after)[:MAX_BYTES]


@contextmanager
def _tracing(lines: set[tuple[str, int]]) -> Iterator[None]:
    """Collects the functions of ours that are entered, each by where it stands."""

    def enter(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if "/bot/" in code.co_filename:
            caller = frame.f_back
            lines.add((code.co_filename, code.co_firstlineno))
            if caller is not None:
                lines.add((code.co_filename, code.co_firstlineno * 100_000 + caller.f_lineno))

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)
