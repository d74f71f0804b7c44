"""Tells real plugins in other ways and reviews them again: `python -m benchmarks.metamorphic FOLDER [NUMBER]`.

Prints each plugin below the folder (the first NUMBER of them) and each transformation that changes its verdict, and
exits with 1 when there is one. See `tests/support/metamorphic.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.options import Options
from bot.plugin import find_roots
from bot.source import Kind, LocalTree, Unreadable, subtree
from tests.support.metamorphic import TRANSFORMATIONS, changed_verdicts

#: Larger files are of no interest to what is transformed, and take time (bytes).
MAX_BYTES = 2 * 1024 * 1024


def main(folder: str, number: int) -> int:
    tree = LocalTree(Path(folder))
    changed = 0
    roots = [root for root in find_roots(tree) if not root.package][:number]
    for root in roots:
        plugin = subtree(tree, root.path)
        files = {}
        for path, entry in plugin.entries().items():
            try:
                files[path] = plugin.read(path) if entry.kind is Kind.FILE and (entry.size or 0) <= MAX_BYTES else b""
            except Unreadable:
                continue
        for name, (before, after) in changed_verdicts(files, Options()).items():
            changed += 1
            print(
                f"{root.path}: {name}: lost {dict(before[1] - after[1])}, new {dict(after[1] - before[1])}", flush=True
            )
    print(f"{len(roots)} plugins, {len(TRANSFORMATIONS) + 6} transformations: {changed} verdicts changed")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else sys.maxsize))
