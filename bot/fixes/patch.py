"""Changes of text files as patches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Final, Literal

from bot.fixes.fix import FileChange

_CONTEXT: Final = 3

#: Longer stretches of lines are replaced as one: `difflib` takes up to the cube of their number to compare them.
_MAX_COMPARED_LINES: Final = 500

_C_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
}


def patch(path: str, change: FileChange) -> str:
    """The change of a file as a patch that `git apply` takes, byte for byte; the paths are as findings say them.

    Raises `UnicodeDecodeError` where other bytes than text change.
    """
    to = change.to or path
    header = [f"diff --git {_quoted('a/' + path)} {_quoted('b/' + to)}"]
    if change.before is None:
        header.append("new file mode 100644")
    elif change.to is not None:
        header += [f"rename from {_quoted(path)}", f"rename to {_quoted(to)}"]
    hunks = ""
    if change.before != change.after:
        before, after = (_lines(content.decode()) for content in (change.before or b"", change.after))
        header += [f"--- {'/dev/null' if change.before is None else _name('a/' + path)}", f"+++ {_name('b/' + to)}"]
        hunks = "".join(_hunk(before, after, group) for group in _Compared(before, after).get_grouped_opcodes(_CONTEXT))
    return "".join(f"{line}\n" for line in header) + hunks


def _lines(text: str) -> list[str]:
    """The lines with their ends. Only LF ends a line."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


_Tag = Literal["equal", "replace", "delete", "insert"]
_Opcode = tuple[_Tag, int, int, int, int]


class _Compared(SequenceMatcher[str]):
    """What differs between two texts in lines, found in time in proportion to their length."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        super().__init__(None, before, after)
        self._before = before
        self._after = after

    def get_opcodes(self) -> list[_Opcode]:
        before, after = self._before, self._after
        shortest = min(len(before), len(after))
        head = next((at for at in range(shortest) if before[at] != after[at]), shortest)
        tail = next((at for at in range(shortest - head) if before[-1 - at] != after[-1 - at]), shortest - head)
        end, new_end = len(before) - tail, len(after) - tail
        opcodes: list[_Opcode] = [
            ("equal", 0, head, 0, head),
            *(
                (tag, start + head, stop + head, new_start + head, new_stop + head)
                for tag, start, stop, new_start, new_stop in _opcodes(before[head:end], after[head:new_end])
            ),
            ("equal", end, len(before), new_end, len(after)),
        ]
        return [opcode for opcode in opcodes if opcode[2] > opcode[1] or opcode[4] > opcode[3]]


def _opcodes(before: Sequence[str], after: Sequence[str]) -> list[_Opcode]:
    if len(before) == len(after):  # Most fixes change words, and the lines stay where they are.
        runs = groupby(range(len(before)), lambda at: before[at] == after[at])
        ranges = ((same, list(run)) for same, run in runs)
        return [("equal" if same else "replace", run[0], run[-1] + 1, run[0], run[-1] + 1) for same, run in ranges]
    if max(len(before), len(after)) > _MAX_COMPARED_LINES:
        return [("replace", 0, len(before), 0, len(after))]
    return list(SequenceMatcher(None, before, after, autojunk=False).get_opcodes())


def _hunk(before: Sequence[str], after: Sequence[str], group: Iterable[tuple[str, int, int, int, int]]) -> str:
    group = list(group)
    first, last = group[0], group[-1]
    pieces = [f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"]
    for tag, start, end, new_start, new_end in group:
        if tag == "equal":
            pieces += [_line(" ", line) for line in before[start:end]]
        else:
            pieces += [_line("-", line) for line in before[start:end]]
            pieces += [_line("+", line) for line in after[new_start:new_end]]
    return "".join(pieces)


def _range(start: int, end: int) -> str:
    # A range without lines is called by the line before it.
    return f"{start + (end > start)},{end - start}"


def _line(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"


def _name(name: str) -> str:
    """A file's name as git writes it before the lines of a patch."""
    quoted = _quoted(name)
    return f"{quoted}\t" if quoted == name and " " in name else quoted


def _quoted(name: str) -> str:
    if name.isascii() and name.isprintable() and not set(name) & {'"', "\\"}:
        return name
    raw = name.encode("utf-8", "surrogateescape").decode("latin-1")
    return '"' + "".join(_C_ESCAPES.get(char) or _octal(char) for char in raw) + '"'


def _octal(char: str) -> str:
    return char if " " <= char <= "~" else f"\\{ord(char):03o}"
