"""The files of a plugin as its author sees them: those of the disk, and over them what is open and not saved."""

from __future__ import annotations

import codecs
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from msgspec import Struct
from msgspec.structs import replace

from bot.review.cache import SETTLED
from bot.source import Entry, Kind, LocalTree

#: A larger file is read again each time: few are, and it may be half of a plugin (bytes).
_MAX_KEPT: Final = 4 * 1024 * 1024


class _Kept(Struct, frozen=True):
    """What was read of a file, and what the system said of it then; "" where it may change and say the same."""

    state: str
    content: bytes


class Files(LocalTree):
    """One moment of a folder. The buffers of an editor stand over its files; what did not change is not read again.

    Like other trees it never changes: `with_buffers` and `listed_again` make the next moment.
    """

    def __init__(self, root: Path, repository: Path | None = None, buffers: Mapping[str, bytes] | None = None) -> None:
        super().__init__(root, repository)
        self._place = root, repository
        self._buffers = dict(buffers or {})
        #: What earlier moments read, to be compared with the disk.
        self._known: dict[str, _Kept] = {}
        #: What was read since the folder was listed.
        self._read: dict[str, _Kept] = {}
        self._listing: Mapping[str, Entry] | None = None

    def with_buffers(self, buffers: Mapping[str, bytes]) -> Self:
        """The same moment of the disk with other buffers."""
        made = type(self)(*self._place, buffers)
        made._known, made._read, made._listing = self._known, self._read, self._listed()
        return made

    def listed_again(self) -> Self:
        """The disk as it is now."""
        made = type(self)(*self._place, self._buffers)
        made._known = {**self._known, **self._read}
        return made

    def entries(self) -> Mapping[str, Entry]:
        if self._entries is None:
            entries = dict(self._listed())
            for path, content in self._buffers.items():
                entry = entries.get(path)
                if entry is None:
                    entries[path] = Entry(path, Kind.FILE, len(content))
                elif entry.kind is Kind.FILE:
                    entries[path] = replace(entry, size=len(content))
            self._entries = dict(sorted(entries.items()))
        return self._entries

    def _listed(self) -> Mapping[str, Entry]:
        if self._listing is None:
            self._listing = LocalTree(*self._place).entries()
        return self._listing

    def read(self, path: str) -> bytes:
        entry = self.entries().get(path)
        if path in self._buffers and entry is not None and entry.kind is Kind.FILE:
            return self._buffers[path]
        kept = self._read.get(path)
        if kept is not None:
            return kept.content
        now = time.time_ns()
        _, state, changed = self.state(path) if entry is not None and entry.kind is Kind.FILE else ("", "", now)
        known = self._known.get(path)
        if known is not None and known.state and known.state == state:
            kept = known
        else:
            content = super().read(path)
            kept = _Kept(state if now - changed > SETTLED else "", content)
        if len(kept.content) <= _MAX_KEPT:
            self._read[path] = kept
        return kept.content

    def has_bom(self, path: str) -> bool:
        """Whether the file on the disk starts with a byte order mark, which editors do not show."""
        entry = self._listed().get(path)
        if entry is None or entry.kind is not Kind.FILE:
            return False
        return super().read(path).startswith(codecs.BOM_UTF8)
