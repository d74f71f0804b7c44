"""Pairs of versions of the bundled example plugins, made by replacing pieces of text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.options import Options
from bot.plugin import Plugin, PluginRoot, load
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree

#: A path, the text in the old version, and the text in the new version.
Edit = tuple[str, str, str]


def files_of(example: str, *edits: Edit) -> dict[str, bytes]:
    """The files of an example, each edit made once. With an empty old text the file is written whole; with an empty
    new text and no old one it is taken away."""
    files = example_plugin(example)
    for path, old, new in edits:
        if not old and not new:
            del files[path]
        elif not old:
            files[path] = new.encode()
        else:
            text = files[path].decode()
            assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
            files[path] = text.replace(old, new).encode()
    return files


def plugin_of(files: Mapping[str, bytes]) -> Plugin:
    return load(MemoryTree(files), PluginRoot(""), Options())


def item(text: str, key: str, name: str) -> str:
    """The list item that begins with `key: name`, in a text of YAML: up to the next item or key of its depth."""
    found = re.search(rf"(?m)^( *)- {key}: {name}\n(?:\1 +.*\n)*", text)
    assert found is not None
    return found[0]
