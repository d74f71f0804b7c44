"""A plugin under review: its documents, how they are linked, and what the format says of them."""

from __future__ import annotations

from bot.plugin.discovery import PluginRoot, find_roots
from bot.plugin.plugin import LinkedDocument, Plugin, Reference, load

__all__ = ["LinkedDocument", "Plugin", "PluginRoot", "Reference", "find_roots", "load"]
