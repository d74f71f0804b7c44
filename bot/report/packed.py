"""What plugins pack to, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.report import words
from bot.report.json import dumps
from bot.report.line import safe

#: Files that one pattern leaves out and that are named; JSON has all.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The files that a pattern of an ignore file keeps out of the package."""

    pattern: str
    path: str
    line: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Packed:
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
    return "\n".join(blocks) or "There is no plugin to pack.\n"


def _lines(plugin: Packed) -> Iterator[str]:
    limit = f"the packager takes up to {plugin.limit:,}" if plugin.size <= plugin.limit else "too many"
    yield f"{safe(plugin.plugin)}: {words.counted(len(plugin.files), 'file')}, {plugin.size:,} bytes ({limit})"
    if not plugin.known:
        yield "The ignore file cannot be read: what it leaves out is listed here, too."
    if plugin.with_git:
        yield "`.git/` is packed, too: add it to `.difyignore`."
    width = max((len(f"{size:,}") for size in plugin.files.values()), default=0)
    for path, size in plugin.files.items():
        yield f"  {size:>{width},}  {safe(path)}"
    for left in plugin.left_out:
        named = ", ".join(map(safe, left.files[:_NAMED]))
        more = f" and {len(left.files) - _NAMED:,} more" if len(left.files) > _NAMED else ""
        place = f"{safe(left.path)}:{left.line}"
        yield f"Left out by {safe(left.pattern)} ({place}): {named}{more}"


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
