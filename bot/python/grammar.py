"""The grammar of Python 3.12, asked where the Python that runs this program is older and refuses a file."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot.patterns import regex

#: Line ends as Python counts them.
LINE_END: Final = regex(r"\r\n|\r|\n")

#: Seconds for one file. One of 256 KiB takes about 0.1; some made-up ones never end.
_SECONDS: Final = 1.5

#: The most literals in one expression of an f-string whose quotes are exchanged: each round names one.
_ROUNDS: Final = 5

#: What Python's compiler refuses besides what its grammar does: statements where they cannot stand, and the like.
#: Nothing in a file turns it off.
_REFUSED: Final = "F404,F621,F622,F701,F702,F704,F706,F707,PLE0115,PLE0117,PLE0118,PLE1142"
_ARGUMENTS: Final = (
    *("--isolated", "--no-cache", "--quiet", "--ignore-noqa", f"--select={_REFUSED}"),
    *("--output-format=concise", "--stdin-filename=plugin.py"),
)

_COMPLAINT = regex(r"^plugin\.py:(\d+):(\d+): (?:invalid-syntax:|(?:F|PLE)\d+) (.+)$", re.MULTILINE)

#: The literals whose quotes can be exchanged without another change.
_PLAIN_LITERAL = regex(r"\"(?!\"\")[^\"'\\{}\r\n]*\"(?!\")|'(?!'')[^\"'\\{}\r\n]*'(?!')")
_OTHER_QUOTE: Final = {'"': "'", "'": '"'}


class SyntaxProblem(Struct, frozen=True):
    """Why Python refuses to compile a file, and where (1-based, in code points)."""

    message: str
    line: int
    column: int


class Verdict(Struct, frozen=True):
    """What Python 3.12 makes of a file that an older one refuses.

    `error` is why 3.12 refuses it too. Otherwise `older` is the same program as an older Python reads it, every word
    at its place, or None when there is no such text.
    """

    error: SyntaxProblem | None = None
    older: str | None = None


@lru_cache(maxsize=16)  # Versions of a plugin that stand side by side share most of their files.
def verdict(text: str) -> Verdict | None:
    """What Python 3.12 makes of a file; None when that is not known, be it that the parser gave up or is missing.

    The parser is a program of its own: what makes it use up its stack or its time ends only that.
    """
    errors = _complaints(text, "py312")
    if errors is None:
        return None
    if errors:
        return Verdict(errors[0])
    newer = _complaints(text, "py311")
    # It does not know what the older Python objects to.
    if not newer:
        return None
    older = text
    for _ in range(_ROUNDS):
        changed = _with_other_quotes(older, newer)
        newer = None if changed is None else _complaints(changed, "py311")
        if changed is None or not newer:
            return Verdict(older=None if newer is None else changed)
        older = changed
    return Verdict()


def _complaints(text: str, version: str) -> list[SyntaxProblem] | None:
    try:
        from ruff import find_ruff_bin

        program = find_ruff_bin()
        done = subprocess.run(
            [program, "check", *_ARGUMENTS, f"--target-version={version}", "-"],
            input=text.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=_SECONDS,
            cwd=Path(program).parent,
            env={"NO_COLOR": "1"},
            check=False,
        )
    except (ImportError, OSError, subprocess.TimeoutExpired):
        return None
    # 0: nothing found, 1: something found.
    if done.returncode not in (0, 1):
        return None
    found = [
        SyntaxProblem(message.replace("`", "'"), int(line), int(column))
        for line, column, message in _COMPLAINT.findall(done.stdout.decode("utf-8", "replace"))
    ]
    return found if bool(found) == bool(done.returncode) else None


def _with_other_quotes(text: str, newer: list[SyntaxProblem]) -> str | None:
    """The text with the other quotes around the plain literals that have those of the f-string around them.

    None when another complaint is among `newer`.
    """
    starts = [0, *(end.end() for end in LINE_END.finditer(text))]
    changed = list(text)
    for complaint in newer:
        start = starts[complaint.line - 1] + complaint.column - 1 if complaint.line <= len(starts) else len(text)
        literal = _PLAIN_LITERAL.match(text, start)
        if "quote character" not in complaint.message or literal is None:
            return None
        changed[start] = changed[literal.end() - 1] = _OTHER_QUOTE[text[start]]
    return "".join(changed)
