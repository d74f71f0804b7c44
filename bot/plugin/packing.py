"""Which files of a plugin end up in its package."""

from __future__ import annotations

from collections.abc import Mapping

from bot.limits import Account, Limit
from bot.plugin.ignore import IGNORE_FILES, NO_IGNORE_FILE, IgnoreFile, Pattern
from bot.source import Entry, Kind, Tree, Unreadable

_RULES = ("reference/ignored", "readme/ignored", "privacy/ignored", "package/negated-pattern")
#: A larger ignore file is not read (bytes).
MAX_IGNORE_BYTES = Limit(1024 * 1024, "has more than {n:,} bytes, and is not read", *_RULES)
#: The template has 180 lines.
MAX_LINES = Limit(1000, "has more than {n:,} lines, and is not read", *_RULES)
MAX_LINE = Limit(1024, "has a line of more than {n:,} characters, and is not read", *_RULES)
#: Patterns times files; published plugins come to 60 times 300.
MAX_CHECKS = Limit(2_000_000, "has too many patterns for so many files: over {n:,} comparisons are not made", *_RULES)


class Packing:
    """What the packager takes of the files in a tree.

    `files` are the regular files and links that it packs. Folders alone have ignore files: everything in a package is
    packed, and of a bundle the manifest, the READMEs and `_assets` are, whatever an ignore file says (G
    bundle_packager/local.go:38).
    """

    def __init__(
        self, tree: Tree, *, is_package: bool = False, is_bundle: bool = False, account: Account | None = None
    ) -> None:
        """What is not read of the ignore file is noted in `account`."""
        entries = tree.entries()
        #: Whether the patterns are known: an ignore file that is a link, say, cannot be read here, and one of a
        #: thousand lines is not asked about ten thousand files.
        self.known = True
        self.ignore = NO_IGNORE_FILE
        if not (is_package or is_bundle):
            self.ignore, self.known = _read(tree, entries, account or Account())
        wanted = (path for path, entry in entries.items() if entry.kind in (Kind.FILE, Kind.LINK))
        self.files = frozenset(
            path
            for path in wanted
            if (_in_bundle(path) if is_bundle and not is_package else self.ignore.excluding(path) is None)
        )

    def left_out_by(self, path: str) -> Pattern | None:
        """The pattern of the ignore file that keeps the file at `path` out of the package."""
        return self.ignore.excluding(path)


def _read(tree: Tree, entries: Mapping[str, Entry], account: Account) -> tuple[IgnoreFile, bool]:
    path = next((path for path in IGNORE_FILES if path in entries), None)
    if path is None:
        return NO_IGNORE_FILE, True
    try:
        content = tree.read(path)
    except Unreadable as error:
        account.leave_out(path, error.reason, _RULES)
        return NO_IGNORE_FILE, False
    if account.exceeds(MAX_IGNORE_BYTES, path, len(content)):
        return NO_IGNORE_FILE, False
    text = content.decode("utf-8", "replace")
    lines = text.split("\n")
    if account.exceeds(MAX_LINES, path, len(lines)) or account.exceeds(MAX_LINE, path, max(map(len, lines))):
        return NO_IGNORE_FILE, False
    ignore = IgnoreFile(path, text)
    if account.exceeds(MAX_CHECKS, path, len(ignore.patterns) * len(entries)):
        return NO_IGNORE_FILE, False
    return ignore, True


def _in_bundle(path: str) -> bool:
    return path == "manifest.yaml" or path.startswith("_assets/") or ("/" not in path and path.startswith("README"))
