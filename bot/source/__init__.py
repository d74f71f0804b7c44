"""Read-only source trees: where the reviewed files come from.

Every rule reads through this one small interface, so it behaves alike for a local folder, a git revision,
a revision on GitHub and a `.difypkg`, and alike on every operating system: the tree decides how names are
spelled, not the disk.
"""

from __future__ import annotations

from bot.source.git import GitTree, find_repository, merge_base, resolve_revision, run_git
from bot.source.links import follow, followed, leading_to
from bot.source.local import LocalTree
from bot.source.memory import MemoryTree
from bot.source.package import ACCEPTED_BY_INSTALLER, PackageProblem, PackageTree, ProblemCode
from bot.source.tree import (
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    Entry,
    Kind,
    Tree,
    Unchanged,
    Unreadable,
    is_object,
    paths_below,
    regular_file,
    subtree,
)

__all__ = [
    "ACCEPTED_BY_INSTALLER",
    "MAX_ENTRIES",
    "MAX_FILE_BYTES",
    "Entry",
    "GitTree",
    "Kind",
    "LocalTree",
    "MemoryTree",
    "PackageProblem",
    "PackageTree",
    "ProblemCode",
    "Tree",
    "Unchanged",
    "Unreadable",
    "find_repository",
    "follow",
    "followed",
    "is_object",
    "leading_to",
    "merge_base",
    "paths_below",
    "regular_file",
    "resolve_revision",
    "run_git",
    "subtree",
]
