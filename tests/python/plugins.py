"""Small plugins for the tests of `bot.python`."""

from __future__ import annotations

from collections.abc import Mapping

from bot.python.module import Module, Modules
from bot.source.memory import MemoryTree

#: How most files of a plugin begin.
TOOL = "from dify_plugin import Tool\n"


def modules_of(files: Mapping[str, str | bytes]) -> Modules:
    """The Python of a plugin with these files."""
    return Modules(MemoryTree(files))


def module_of(source: str | bytes, path: str = "tools/a.py") -> Module:
    """The one file of a plugin."""
    module = modules_of({path: source}).get(path)
    assert module is not None
    return module
