"""What the SDK loads when a plugin starts, for the rules of this family."""

from __future__ import annotations

from collections.abc import Iterator

from bot.messages import say
from bot.plugin.sources import Declared, Sources

DOES_NOT_START = say("The plugin packages and installs, but does not start.")


TOOL_PATH = "tools/current_weather.py"


def parsed_sources(sources: Sources) -> Iterator[Declared]:
    """The declared sources whose file exists and parses, and the classes that stand beside others in them."""
    for item in (*sources.declared, *sources.constructors):
        module = sources.modules.get(item.path) if item.path is not None else None
        if module is not None and module.tree is not None:
            yield item
