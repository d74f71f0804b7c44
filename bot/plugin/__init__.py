"""A plugin under review: its documents, how they are linked, and what the format says of them."""

from __future__ import annotations

from bot.plugin.discovery import PluginRoot, files_of, find_roots
from bot.plugin.plugin import LinkedDocument, Plugin, Reference, load

__all__ = ["LinkedDocument", "Plugin", "PluginRoot", "Reference", "files_of", "find_roots", "load"]
