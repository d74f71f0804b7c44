"""The `packed` command: which files of a plugin the packager packs, and what keeps the others out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bot.command.check import find_targets, in_turn
from bot.options import Options
from bot.report.packed import LeftOut, Packed
from bot.review.engine import open_plugin
from bot.source import Kind
from bot.source.package import MAX_PACKAGE_BYTES


def run(paths: Sequence[str]) -> list[Packed]:
    """What the plugins below `paths` pack to. Raises `UsageError` for a path that does not exist."""
    found = []
    for target in in_turn(find_targets(paths)):
        for root in target.roots:
            plugin = open_plugin(target.tree, root, Options())
            packing, entries = plugin.packing, plugin.tree.entries()
            left_out: dict[tuple[str, int], list[str]] = defaultdict(list)
            for path, entry in entries.items():
                pattern = packing.left_out_by(path) if entry.kind is not Kind.OTHER else None
                if pattern is not None and path not in packing.files:
                    left_out[pattern.text, pattern.line].append(path)
            found.append(
                Packed(
                    plugin.name,
                    {path: entries[path].size or 0 for path in sorted(packing.files)},
                    tuple(
                        LeftOut(text, plugin.location(packing.ignore.path).file, line, tuple(files))
                        for (text, line), files in left_out.items()
                    ),
                    known=packing.known,
                    with_git=plugin.is_checkout and packing.left_out_by(".git/config") is None,
                    limit=MAX_PACKAGE_BYTES,
                )
            )
    return found
