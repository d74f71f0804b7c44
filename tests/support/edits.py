"""Files that differ from others in some lines, as `tests/data` has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: For each file the lines that are replaced (start, end, text), or None for a file that is gone.
Edits = Mapping[str, Sequence[tuple[int, int, str]] | None]


def edited(files: Mapping[str, bytes], edits: Edits) -> dict[str, bytes]:
    """The files after the edits."""
    made = dict(files)
    for path, replaced in edits.items():
        if replaced is None:
            del made[path]
            continue
        lines = made.get(path, b"").decode().splitlines(keepends=True)
        for start, end, text in reversed(replaced):
            lines[start:end] = [text]
        made[path] = "".join(lines).encode()
    return made
