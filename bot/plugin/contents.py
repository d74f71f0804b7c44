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

#: Files of these kinds hold no text, and the pre-check of the marketplace does not open them.
_NO_TEXT: Final = regex(
    r".*\.(7z|avif|bmp|bz2|dylib|eot|exe|gif|gz|ico|jpe?g|mov|mp[34]|otf|pdf|png|rar|so|tar|tgz|ttf|web[mp]|woff2?|xz|zip)",
    re.IGNORECASE,
)
#: Nor do these, which it opens. It costs nothing to do so in a package.
_HARDLY_TEXT: Final = regex(r".*\.(bin|difypkg|dll|docx|node|pptx|py[cdo]|wav|whl|xlsx?)", re.IGNORECASE)
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
    patterns = (_NO_TEXT,) if plugin.root.package else (_NO_TEXT, _HARDLY_TEXT)
    names = ((path, path.rpartition("/")[2]) for path in plugin.packed_files if is_own(path))
    return sorted(path for path, name in names if not any(pattern.fullmatch(name) for pattern in patterns))


def head(plugin: Plugin, path: str, length: int) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    content = plugin.read(path, _MAX_FILE, length)
    return content if content is not None else b""
