"""What is in the files of a plugin, whatever they are called: the texts, and how the other files begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

from bot.limits import Limit
from bot.patterns import regex
from bot.plugin.plugin import Plugin

#: A larger text is not looked through.
MAX_TEXT: Final = Limit(
    8 * 1024 * 1024, "has more than {n:,} bytes, and is not searched", "security/secret", "security/possible-secret"
)
_MAX_FILE: Final = Limit(50 * 1024 * 1024, "has more than {n:,} bytes, and is not read", "package/binary")

#: In what a folder is called by one of these names, nothing is the plugin's own.
FOREIGN: Final = frozenset({"__pycache__", ".git", ".hg", ".svn", ".venv", "venv", "env", "node_modules"})

#: Files of these kinds hold no text.
_NO_TEXT: Final = regex(
    r".*\.(7z|avif|bin|bmp|bz2|difypkg|dll|docx|dylib|eot|exe|gif|gz|ico|jpe?g|mov|mp[34]|node|otf|pdf|png|pptx|py[cdo]|"
    r"rar|so|tar|tgz|ttf|wav|web[mp]|whl|woff2?|xlsx?|xz|zip)",
    re.IGNORECASE,
)
_SAMPLE: Final = 4096


class Text(Struct, frozen=True):
    """A text file of the plugin. Bytes that are not UTF-8 are replaced."""

    path: str
    text: str

    @property
    def suffix(self) -> str:
        """The suffix in lower case, with its dot."""
        return PurePosixPath(self.path).suffix.lower()


def is_own(path: str) -> bool:
    """Whether a file is part of the plugin, and not of version control or of an environment."""
    return FOREIGN.isdisjoint(path.split("/")[:-1])


def texts(plugin: Plugin) -> Iterator[Text]:
    """The packed texts of a plugin that can be looked through, by path."""
    paths = _candidates(plugin)
    plugin.tree.prefetch(paths)
    for path in paths:
        content = plugin.read(path, MAX_TEXT)
        if content is not None and b"\0" not in content[:_SAMPLE]:
            yield Text(path, content.decode("utf-8-sig", "replace"))


def _candidates(plugin: Plugin) -> list[str]:
    return plugin.derived(_find_candidates)


def _find_candidates(plugin: Plugin) -> list[str]:
    packed = (path for path in plugin.packed_files if not _NO_TEXT.fullmatch(path.rpartition("/")[2]))
    return sorted(path for path in packed if is_own(path))


def head(plugin: Plugin, path: str, length: int) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    content = plugin.read(path, _MAX_FILE, length)
    return content if content is not None else b""
