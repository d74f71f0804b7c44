"""Who names a file of a plugin, and what becomes of that when the file gets another name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bot.document.edits import BadEdit, apply_edits
from bot.findings import Edit
from bot.patterns import regex
from bot.plugin.documents import MAX_BYTES, relinked, shown_in_dify, text
from bot.plugin.markdown import Image, links
from bot.plugin.plugin import Plugin

#: The words that stand for an image where it is not seen.
_ALT = regex(r"!\[[^\[\]\n]{0,1000}\](?=\()|\balt=(?:\"[^\"\n]{0,1000}\"|'[^'\n]{0,1000}')", re.IGNORECASE)
#: A part of a path in Python. The key of a dictionary is not a part of one.
_WORD_OF_PATH = regex(r"[\"'/\\{}]([^\"'/\\{}\n]{1,255})(?=[\"'/\\{}])(?![\"']\s{0,9}[:\]])")
_MARKDOWN = (".md", ".markdown")
#: Files that may name another file.
_TEXTS = (*_MARKDOWN, ".py", ".yaml", ".yml", ".json", ".toml", ".txt", ".html", ".js", ".css", ".cfg", ".ini", ".sh")


def renamed(plugin: Plugin, path: str, to: str, known: Iterable[Edit]) -> tuple[Edit, ...] | None:
    """The known edits, and those of all addresses of a file that moves.

    None where something else may ask for the file, and where its new place is taken or not packed.
    """
    if to.lower() in plugin.files_by_lower or plugin.packing.left_out_by(to) is not None:
        return None
    folder, _, name = path.rpartition("/")
    if folder.partition("/")[0] in plugin.derived(_words_of_paths):
        return None
    edits = {(edit.path, edit.span): edit for edit in known}
    for other, written in plugin.derived(texts).items():
        if written is None:
            return None
        if name not in written:
            continue
        for link in plugin.derived(_links).get(other, ()):
            in_dify = shown_in_dify(link.target) == path  # From everywhere, unlike other addresses.
            target = to if in_dify else relinked(link.target, other, path, to, plugin.has_file)
            if target is not None:
                edits.setdefault((other, link.span), Edit(other, link.span, target))
        try:
            rest = apply_edits(written, [Edit(other, span, "") for file, span in edits if file == other])
        except BadEdit:
            return None
        # What is left of the name may be another way to ask for the file.
        if name in _ALT.sub("", rest):
            return None
    return tuple(edits.values())


def texts(plugin: Plugin) -> Mapping[str, str | None]:
    """The files of a plugin that may name another one. None for what is too large to search: that costs a fix only."""
    paths = (path for path in plugin.files_by_lower.values() if path.lower().endswith(_TEXTS))
    sizes = plugin.tree.entries()
    return {path: text(plugin, path) if (sizes[path].size or 0) <= MAX_BYTES.most else None for path in paths}


def _words_of_paths(plugin: Plugin) -> frozenset[str]:
    """What may be a folder in the paths that Python works with."""
    found = plugin.derived(texts).items()
    return frozenset(
        word for path, written in found if path.endswith(".py") for word in _WORD_OF_PATH.findall(written or "")
    )


def _links(plugin: Plugin) -> Mapping[str, list[Image]]:
    found = plugin.derived(texts).items()
    return {path: list(links(written or "")) for path, written in found if path.lower().endswith(_MARKDOWN)}
