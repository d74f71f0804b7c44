"""Translations in the rest of a repository, of which the review of a change reads no more than the plugins it touches.

Nothing but the texts that the change lacks is looked for. Files are searched for lines `en_US: …` with one of them,
which takes next to no time, and those that have one are read as YAML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, Final

from bot.document import read_document
from bot.locale.memory import Memory, normalise
from bot.locale.texts import SOURCE
from bot.patterns import regex
from bot.source import Kind, Tree, Unreadable

#: Larger files are not searched (bytes), nor more than so many bytes in all. The official repository has 20 MB of YAML.
MAX_FILE: Final = 1024 * 1024
MAX_SEARCHED: Final = 64 * 1024 * 1024
#: No more files are read as YAML. Texts that stand in more are not short of examples.
MAX_READ: Final = 100

_ENGLISH = regex(rb"en_US:[ \t]*([^\r\n]+)")


def learn_elsewhere(memory: Memory, tree: Tree, plugins: Iterable[str], wanted: Set[str]) -> None:
    """Remembers how `wanted`, English texts, are translated in the plugins of a repository with these folders."""
    wanted = {normalise(english) for english in wanted}
    written = {english.encode("utf-8", "surrogatepass") for english in wanted}
    unsearched, unread = MAX_SEARCHED, MAX_READ
    for plugin, path in _yaml_files(tree, sorted(plugins)):
        try:
            content = tree.read(path)
        except Unreadable:
            continue
        unsearched -= len(content)
        if unsearched < 0:
            return
        if written.isdisjoint(english.strip(b" \t'\"") for english in _ENGLISH.findall(content)):
            continue
        for values in _localized(read_document(path, content).data):
            if normalise(values[SOURCE]) in wanted:
                memory.remember(plugin, path, values)
        unread -= 1
        if not unread:
            return


def _yaml_files(tree: Tree, plugins: list[str]) -> Iterator[tuple[str, str]]:
    """Each plugin's YAML files that are small enough, as the plugin and the path."""
    folders = {f"{plugin}/" if plugin else "": plugin for plugin in plugins}
    for path, entry in tree.entries().items():
        if path.endswith((".yaml", ".yml")) and entry.kind is Kind.FILE and (entry.size or 0) <= MAX_FILE:
            above = (path[: index + 1] for index in range(len(path) - 1, -1, -1) if path[index] == "/")
            folder = next((each for each in (*above, "") if each in folders), None)
            if folder is not None:
                yield folders[folder] or ".", path


def _localized(value: Any) -> Iterator[Mapping[str, str]]:
    """The mappings below a value that hold an English text and others, with what is text in them."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack += current
        elif isinstance(current, dict):
            stack += current.values()
            if isinstance(current.get(SOURCE), str):
                yield {key: text for key, text in current.items() if isinstance(key, str) and isinstance(text, str)}
