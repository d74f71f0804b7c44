"""Keeps what reviews of plugins came to on this machine, so that a plugin that did not change is not reviewed again.

A review is found by a digest of everything that it depends on: the bytes of the plugin's files, this program and what
it is installed with, and the options. What is true for some days only is not kept. So what is found is never old; at
worst there is nothing. What is kept is data that is validated when it is read, and nothing in it is run.

The Action keeps no file: a stranger's change may have prepared its workspace.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import yaml
from msgspec import Struct, json
from msgspec.structs import asdict, replace

from bot.locale.memory import Memory
from bot.lookups import NOTHING
from bot.messages import Data, said_in, with_said
from bot.options import Options
from bot.plugin import PluginRoot, files_of
from bot.plugin.translation_gaps import Gap, Place
from bot.review.reviewed import Reviewed
from bot.review.store import Store
from bot.source import Kind, LocalTree, Unreadable

#: What was used last is kept, up to so many bytes.
MAX_BYTES: Final = 256 * 1024 * 1024
#: Files whose digests are remembered.
MAX_FILES: Final = 200_000
#: Fewer plugins are reviewed about as fast as they are looked up.
MIN_PLUGINS: Final = 4

#: A file that was changed so short a time ago (nanoseconds) may change once more and keep its time of change.
SETTLED: Final = 2_000_000_000
_DIGEST: Final = 32
#: So many reviews are read and written at a time.
_BATCH: Final = 50
_FILE: Final = "reviews.sqlite"
_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS reviews (key BLOB PRIMARY KEY, used REAL NOT NULL, value BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, state TEXT NOT NULL, digest BLOB NOT NULL,
        used REAL NOT NULL);
"""
_FORGET: Final = """
    DELETE FROM reviews WHERE key IN (
        SELECT key FROM (SELECT key, sum(length(value)) OVER (ORDER BY used DESC, key) AS total FROM reviews)
        WHERE total > ?)
"""
_FORGET_FILES: Final = "DELETE FROM files WHERE path IN (SELECT path FROM files ORDER BY used DESC LIMIT -1 OFFSET ?)"


_Item = TypeVar("_Item")


class _Entry(Struct, frozen=True):
    """A review as it is kept: JSON has no keys that are tuples."""

    reviewed: Reviewed
    #: Each gap once, with its places.
    gaps: list[tuple[Gap, list[Place]]]
    taught: list[tuple[tuple[str, str], Sequence[tuple[str, str, str]]]]
    #: What the texts were made of, where somebody may be told them in another language.
    said: dict[str, Data]


class Cache:
    """The reviews that are kept in a folder.

    Nothing here raises: what cannot be read or written is not cached. `complaint` says in a clause why a cache that is
    there was not used, or not all of it; "" where there is nothing to say.
    """

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._store = Store(folder, _FILE, _TABLES)
        self._max_bytes = max_bytes
        self._broken = 0

    @property
    def complaint(self) -> str:
        broken = f"{self._broken} of its entries cannot be read" if self._broken else ""
        return self._store.complaint or broken

    def keys(self, tree: LocalTree, roots: Sequence[PluginRoot], options: Options) -> dict[PluginRoot, bytes]:
        """The keys under which reviews are kept. Plugins whose reviews depend on more than themselves have none."""
        if len(roots) < MIN_PLUGINS or options.lookups is not NOTHING:
            return {}
        start = about(options)
        known = {
            path: (state, digest)
            for path, state, digest in self._store.ask("SELECT path, state, digest FROM files", [()])
        }
        files = _Files(tree, known)
        found = {root: key for root in roots if (key := _key(files, root, start)) is not None}
        now = time.time()
        rows = [(path, state, digest, now) for path, (state, digest) in files.learned.items()]
        if rows:
            self._store.ask("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)
            self._store.ask(_FORGET_FILES, [(MAX_FILES,)])
        return found

    def load(self, keys: Mapping[PluginRoot, bytes]) -> Iterator[tuple[PluginRoot, tuple[Reviewed, Memory]]]:
        """The reviews that are kept under the keys, with the translations of each plugin."""
        reader = json.Decoder(_Entry)
        for batch in _batches(keys.items()):
            values = dict(self._store.ask("SELECT key, value FROM reviews WHERE key = ?", [(key,) for _, key in batch]))
            used = []
            for root, key in batch:
                value = values.get(key)
                if value is None:
                    continue
                try:
                    if _sum(key, value[_DIGEST:]) != value[:_DIGEST]:
                        raise ValueError
                    entry = reader.decode(value[_DIGEST:])
                except ValueError:
                    self._broken += 1
                    continue
                memory = Memory({about: list(places) for about, places in entry.taught})
                gaps = {place: gap for gap, places in entry.gaps for place in places}
                used.append((time.time(), key))
                yield root, (replace(with_said(entry.reviewed, entry.said), gaps=gaps), memory)
            if used:
                self._store.ask("UPDATE reviews SET used = ? WHERE key = ?", used)

    def keep(
        self,
        keys: Mapping[PluginRoot, bytes],
        reviews: Iterable[tuple[PluginRoot, tuple[Reviewed, Memory]]],
        *,
        translated: bool = False,
    ) -> None:
        """Keeps reviews; not those in which the tool itself failed, and not what another day brings another result.

        With `translated`, what their texts were made of is kept besides.
        """
        for batch in _batches(reviews):
            rows = []
            for root, (reviewed, memory) in batch:
                if root in keys and reviewed.lasts:
                    said = (
                        said_in((reviewed.summary, reviewed.findings, reviewed.unchecked, reviewed.not_judged))
                        if translated
                        else {}
                    )
                    taught = list(memory.places.items())
                    entry = _Entry(replace(reviewed, gaps={}), _by_gap(reviewed.gaps), taught, said)
                    with suppress(ValueError):  # JSON cannot hold half of a surrogate pair.
                        value = json.encode(entry, enc_hook=str)
                        rows.append((keys[root], time.time(), _sum(keys[root], value) + value))
            if rows:
                self._store.ask("INSERT OR REPLACE INTO reviews VALUES (?, ?, ?)", rows)
                self._store.ask(_FORGET, [(self._max_bytes,)])


def _by_gap(gaps: Mapping[Place, Gap]) -> list[tuple[Gap, list[Place]]]:
    found: dict[int, tuple[Gap, list[Place]]] = {}
    for place, gap in gaps.items():
        found.setdefault(id(gap), (gap, []))[1].append(place)
    return list(found.values())


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """The items, so many of them at a time as their reviews may be in memory."""
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _sum(key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=_DIGEST, key=key).digest()


# --- keys -----------------------------------------------------------------------------------------------------------


class _Files:
    """Digests of the files of a tree: remembered ones where the system says that a file is as it was."""

    def __init__(self, tree: LocalTree, known: Mapping[str, tuple[str, bytes]]) -> None:
        self.tree = tree
        self._known = known
        self._now = time.time_ns()
        #: State and digest by absolute path.
        self.learned: dict[str, tuple[str, bytes]] = {}

    def digest(self, path: str) -> bytes:
        """Raises `Unreadable`."""
        place, state, changed = self.tree.state(path)
        known = self._known.get(place)
        if known is not None and known[0] == state:
            return known[1]
        digest = _digest(self.tree.read(path))
        if self._now - changed > SETTLED:
            self.learned[place] = state, digest
        return digest


def _key(files: _Files, root: PluginRoot, start: bytes) -> bytes | None:
    """The digest of what the review of one plugin depends on; None where some of that cannot be read."""
    made = hashlib.blake2b(start, digest_size=_DIGEST)
    for part in (root.shown, root.path, str(root.package)):
        made.update(_counted(_bytes(part)))
    try:
        if root.package:
            made.update(files.digest(root.path))
            return made.digest()
        whole, prefix = files.tree.entries(), f"{root.path}/" if root.path else ""
        view = files_of(files.tree, root)
        made.update(bytes([bool(getattr(view, "has_git", False))]))
        for path, entry in view.entries().items():
            place = prefix + path
            if whole[place].kind is not Kind.LINK:
                digest = files.digest(place)
            elif entry.kind is Kind.FILE:
                digest = _digest(view.read(path))
            else:
                digest = b"link"
            made.update(_counted(_bytes(path)) + bytes([entry.executable]) + _counted(digest))
    except Unreadable:
        return None
    return made.digest()


#: Options on which no review depends.
_NOT_ASKED: Final = ("lookups", "language")


def about(options: Options) -> bytes:
    """The digest of what all reviews depend on: this program, what it is installed with, and the options."""
    made = hashlib.blake2b(digest_size=_DIGEST)
    package = Path(__file__).parent.parent
    for folder, names, files in os.walk(package):
        names[:] = sorted(name for name in names if name != "__pycache__")
        for name in sorted(files):
            made.update(_counted(name.encode()))
            made.update(_counted(Path(folder, name).read_bytes()))
    installed = sorted(name for name in os.listdir(Path(yaml.__file__).parent.parent) if name.endswith("-info"))  # noqa: PTH208
    settings = [(name, value) for name, value in asdict(options).items() if name not in _NOT_ASKED]
    # What texts were made of is kept only for who is told it in another language.
    settings.append(("told", options.is_translated))
    made.update(_bytes(repr((sys.version, installed, settings))))
    return made.digest()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(8, "big") + part
