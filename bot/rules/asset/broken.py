"""References to assets that lead nowhere, and what they were meant for."""

from __future__ import annotations

from collections.abc import Iterator

from bot.plugin import Plugin
from bot.plugin.plugin import AssetReference

EXAMPLE_SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><circle r='1'/></svg>"


def broken_references(plugin: Plugin) -> Iterator[AssetReference]:
    """The references to files that are not in `_assets` in that spelling."""
    if plugin.assets or plugin.is_bundle:
        for reference in plugin.asset_references:
            if reference.written not in plugin.assets:
                yield reference


def base_name(written: str) -> str:
    return written.replace("\\", "/").rpartition("/")[2]


def elsewhere(plugin: Plugin, written: str) -> str | None:
    """The one file of the plugin, outside `_assets`, that `written` seems to mean."""
    if plugin.has_file(written):
        return written
    name = base_name(written)
    found = [path for path in plugin.files_by_lower.values() if path.rpartition("/")[2] == name]
    return found[0] if len(found) == 1 else None
