"""Read-only source trees: where the reviewed files come from.

Every rule reads through this one small interface, so it behaves alike for a local folder, a git revision,
a revision on GitHub and a `.difypkg`, and alike on every operating system: the tree decides how names are
spelled, not the disk.
"""

from __future__ import annotations

from bot.source.tree import (
    MAX_FILE_BYTES,
    Entry,
    Kind,
    Tree,
    Unreadable,
    subtree,
)

__all__ = ["MAX_FILE_BYTES", "Entry", "Kind", "Tree", "Unreadable", "subtree"]
