"""What plugins pack to, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from bot.languages import told
from bot.messages import Message, and_more, listed, say
from bot.report import words
from bot.report.json import dumps
from bot.report.line import safe

#: Files that one pattern leaves out and that are named; JSON has all.
_NAMED = 3


class LeftOut(Struct, frozen=True):
    """The files that a pattern of an ignore file keeps out of the package."""

    pattern: str
    path: str
    line: int
    files: tuple[str, ...]


class Packed(Struct, frozen=True):
    """A plugin with what is packed of it: sizes in bytes by path. `limit` is the most bytes that the packager takes.

    Without `known` the ignore file cannot be read, and nothing is left out here that it may leave out. `with_git`: the
    data of git are packed, too, which no list names.
    """

    plugin: str
    files: Mapping[str, int]
    left_out: tuple[LeftOut, ...]
    known: bool
    with_git: bool
    limit: int

    @property
    def size(self) -> int:
        return sum(self.files.values())


def render_text(plugins: Sequence[Packed]) -> str:
    """For a terminal."""
    blocks = ["".join(f"{line}\n" for line in _lines(plugin)) for plugin in plugins]
    return "\n".join(blocks) or f"{told(say('There is no plugin to pack.'))}\n"


def _lines(plugin: Packed) -> Iterator[str]:
    yield safe(told(_sum(plugin)))
    if not plugin.known:
        yield told(say("The ignore file cannot be read: what it leaves out is listed here, too."))
    if plugin.with_git:
        yield told(say("`.git/` is packed, too: add it to `.difyignore`."))
    sizes = [told(say("{n:,}", n=size)) for size in plugin.files.values()]
    width = max(map(len, sizes), default=0)
    for path, size in zip(plugin.files, sizes, strict=True):
        yield f"  {size:>{width}}  {safe(path)}"
    for left in plugin.left_out:
        said = say(
            "Left out by {pattern} ({place}): {files}",
            pattern=left.pattern,
            place=f"{left.path}:{left.line}",
            files=and_more(listed(left.files[:_NAMED]), len(left.files) - _NAMED),
        )
        yield safe(told(said))


def _sum(plugin: Packed) -> Message:
    """How much a plugin packs to, and whether the packager takes so much."""
    files = words.counted(len(plugin.files), "file")
    if plugin.size > plugin.limit:
        return say("{plugin}: {files}, {n:,} bytes (too many)", plugin=plugin.plugin, files=files, n=plugin.size)
    return say(
        "{plugin}: {files}, {n:,} bytes (the packager takes up to {limit:,})",
        plugin=plugin.plugin,
        files=files,
        n=plugin.size,
        limit=plugin.limit,
    )


def render_json(plugins: Sequence[Packed]) -> str:
    """For programs."""
    return dumps(
        {
            "plugins": [
                {
                    "root": plugin.plugin,
                    "bytes": plugin.size,
                    "limit": plugin.limit,
                    "known": plugin.known,
                    "with_git": plugin.with_git,
                    "files": [{"path": path, "bytes": size} for path, size in plugin.files.items()],
                    "left_out": [
                        {"path": path, "pattern": left.pattern, "file": left.path, "line": left.line}
                        for left in plugin.left_out
                        for path in left.files
                    ],
                }
                for plugin in plugins
            ]
        }
    )
