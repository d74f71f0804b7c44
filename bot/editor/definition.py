"""The files that a value of a document leads to: documents, code and assets."""

from __future__ import annotations

from bot.document import Pointer
from bot.plugin import Plugin
from bot.plugin.paths import normalise
from bot.plugin.sources import sources_of


def files_at(plugin: Plugin, path: str, pointer: Pointer) -> list[str]:
    """The files, by their paths from the plugin root, that the value at a pointer leads to."""
    found: list[str] = []
    for reference in plugin.references:
        if reference.source == path and reference.pointer == pointer:
            found += reference.follows
    for asset in plugin.asset_references:
        if asset.linked.path == path and asset.pointer == pointer and plugin.has_file(asset.path):
            found.append(asset.path)
    for declared in sources_of(plugin).declared:
        if declared.linked.path == path and declared.pointer == pointer and declared.path is not None:
            found.append(declared.path)
    linked = plugin.documents.get(path)
    written = linked.document.text_at(*pointer) if linked is not None and not found else None
    named = normalise(written) if written else None
    # What is written may be the path of a file in a field that takes other texts too, such as `privacy`.
    if named is not None and plugin.has_file(named):
        found.append(named)
    return list(dict.fromkeys(found))
