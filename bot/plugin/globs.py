"""Patterns for paths as their two readers understand them: the daemon by Go's `filepath.Match`, the SDK by pathlib.

The two agree on `models/llm/*.yaml` and the like, and on little else. Both match segment by segment, so a pattern and
a path are lists of segments here. No pattern takes more than time in proportion to its length times that of a name.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from bot.patterns import regex

_NOTHING = regex(r"(?!)")


class BadPattern(ValueError):
    """A reader fails on the pattern itself; the message is a clause in plain words."""


# --- the daemon -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def go_segment(segment: str) -> re.Pattern[str]:
    """One segment of a pattern as Go's `filepath.Match` reads it on Linux. Raises `BadPattern`.

    `*` and `?` stand for characters, `[a-z]` and `[^a-z]` for one of a set, `\\` for the next character as it is.
    """
    pieces: list[str] = [""]
    index = 0
    while index < len(segment):
        char = segment[index]
        index += 1
        if char == "*":
            pieces.append("")
        elif char == "?":
            pieces[-1] += "."
        elif char == "[":
            piece, index = _go_set(segment, index)
            pieces[-1] += piece
        else:
            if char == "\\":
                if index == len(segment):
                    raise BadPattern("ends with a backslash")
                char = segment[index]
                index += 1
            pieces[-1] += re.escape(char)
    first, *rest = pieces
    # Each piece is taken where it comes first and never again elsewhere, so nothing is tried twice.
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return re.compile(first + (f"{middle}.*{rest[-1]}" if rest else ""), re.DOTALL)


def _go_set(segment: str, index: int) -> tuple[str, int]:
    """The set that begins after the `[` before `index`, as a regular expression, and where it ends."""
    negated = segment.startswith("^", index)
    index += negated
    start = index
    members = ""
    while index == start or not segment.startswith("]", index):
        low, index = _go_member(segment, index)
        high = low
        if segment.startswith("-", index):
            high, index = _go_member(segment, index + 1)
        if low <= high:
            members += f"{re.escape(low)}-{re.escape(high)}"
    if not members:
        return ("." if negated else "(?!)"), index + 1
    return f"[{'^' * negated}{members}]", index + 1


def _go_member(segment: str, index: int) -> tuple[str, int]:
    char = segment[index : index + 1]
    if char in ("", "-", "]"):
        raise BadPattern("has a bracket that is not closed, or holds nothing")
    if char == "\\":
        index += 1
        char = segment[index : index + 1]
        if not char:
            raise BadPattern("ends with a backslash")
    if index + 1 == len(segment):
        raise BadPattern("has a bracket that is not closed")
    return char, index + 1


def go_matches(pattern: str, paths: Iterable[str]) -> Iterator[str]:
    """The paths that `filepath.Match` finds, as the daemon asks it (G decoder/helper.go:210). Raises `BadPattern`."""
    segments = [go_segment(segment) for segment in pattern.split("/")]
    for path in paths:
        names = path.split("/")
        if len(names) == len(segments) and all(
            segment.fullmatch(name) for segment, name in zip(segments, names, strict=True)
        ):
            yield path


# --- the SDK --------------------------------------------------------------------------------------------------------


def sdk_matches(pattern: str, paths: Iterable[str]) -> Iterator[str]:
    """The files that `Path.glob` of Python 3.12 finds (S entities/model/provider.py:253). Raises `BadPattern`.

    A `**` at the end finds folders only, and a `..` leaves the plugin: neither finds a file here.
    """
    segments = _python_segments(pattern)
    if not segments or segments[-1] is None:
        return
    for path in paths:
        if _matches(segments, path.split("/")):
            yield path


def sdk_folder(pattern: str, folders: Iterable[str]) -> str | None:
    """The first folder that `Path.glob` finds: the SDK reads it as a file, and fails. Raises `BadPattern`."""
    segments = _python_segments(pattern)
    return next((folder for folder in folders if _matches(segments, folder.split("/"))), None) if segments else None


def _python_segments(pattern: str) -> list[re.Pattern[str] | None]:
    """The segments of a pattern, None for `**`."""
    if not pattern:
        raise BadPattern("is empty")
    if pattern.startswith("/"):
        raise BadPattern("begins with a slash")
    segments = [segment for segment in pattern.split("/") if segment not in ("", ".")]
    if any("**" in segment and segment != "**" for segment in segments):
        raise BadPattern("has `**` inside a name")
    return [None if segment == "**" else _python_segment(segment) for segment in segments]


@lru_cache(maxsize=4096)
def _python_segment(segment: str) -> re.Pattern[str]:
    return _NOTHING if segment == ".." else re.compile(fnmatch.translate(segment))


def _matches(segments: Sequence[re.Pattern[str] | None], names: Sequence[str]) -> bool:
    # `reached[i]`: the segments so far can match the first i names.
    reached = [True] + [False] * len(names)
    for segment in segments:
        following = [False] * (len(names) + 1)
        for index, ok in enumerate(reached):
            if segment is None:
                following[index] = ok or (index > 0 and following[index - 1])
            elif ok and index < len(names) and segment.match(names[index]):
                following[index + 1] = True
        reached = following
    return reached[-1]
