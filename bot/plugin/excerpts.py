"""The lines that findings are about, as people read them who cannot open the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from bot.findings import Span
from bot.plugin.plugin import Plugin
from bot.source import Unreadable

#: Longest excerpt, in code points, and the largest file that one is taken from, in bytes.
MAX_EXCERPT: Final = 160
MAX_FILE: Final = 1024 * 1024
#: No more files are kept to take excerpts from.
MAX_KEPT: Final = 4


def excerpt(plugin: Plugin, path: str, span: Span) -> str:
    """The first line of a place in a file, without its indentation; "" when it cannot be read."""
    return _line(plugin.derived(_Lines).of_file(path), span)


def text_excerpt(plugin: Plugin, source: Literal["title", "body"], span: Span) -> str:
    """The same of the title or the body of the pull request."""
    return _line(plugin.derived(_Lines).of_text(source), span)


def _line(lines: Sequence[str], span: Span) -> str:
    line = lines[span.line - 1].strip() if len(lines) >= span.line else ""
    return line if len(line) <= MAX_EXCERPT else line[: MAX_EXCERPT - 1] + "…"


class _Lines:
    """The lines of the texts that were asked for last: thousands of excerpts may come from one."""

    def __init__(self, plugin: Plugin) -> None:
        self._tree = plugin.tree
        submission = plugin.submission
        self._texts = {"title": submission.title, "body": submission.body} if submission is not None else {}
        self._kept: dict[str, Sequence[str]] = {}

    def of_file(self, path: str) -> Sequence[str]:
        if path not in self._kept:
            self._keep(path, self._read(path))
        return self._kept[path]

    def of_text(self, source: str) -> Sequence[str]:
        key = f"/{source}"  # No path begins with a slash.
        if key not in self._kept:
            self._keep(key, self._texts.get(source) or "")
        return self._kept[key]

    def _keep(self, key: str, text: str) -> None:
        if len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = text.replace("\r\n", "\n").split("\n")

    def _read(self, path: str) -> str:
        entry = self._tree.entries().get(path)
        if entry is None or (entry.size or 0) > MAX_FILE:
            return ""
        try:
            return self._tree.read(path)[:MAX_FILE].decode("utf-8-sig", "replace")
        except Unreadable:
            return ""
