"""A source tree held in memory: a plugin with a fix applied, an example, a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.source.tree import Entry, Kind, regular_file


class MemoryTree:
    """The given files; text is encoded as UTF-8.

    `kinds` adds names that are not regular files, `links` symbolic links with where they lead.
    `executable` names the files with the executable bit.
    """

    def __init__(
        self,
        files: Mapping[str, bytes | str],
        *,
        kinds: Mapping[str, Kind] | None = None,
        links: Mapping[str, str] | None = None,
        executable: Iterable[str] = (),
    ) -> None:
        self._files = {
            path: content.encode() if isinstance(content, str) else bytes(content) for path, content in files.items()
        }
        runnable = frozenset(executable)
        entries = {path: Entry(path, Kind.FILE, len(data), path in runnable) for path, data in self._files.items()}
        entries.update((path, Entry(path, kind)) for path, kind in (kinds or {}).items())
        self._links = dict(links or {})
        entries.update((path, Entry(path, Kind.LINK)) for path in self._links)
        self._entries = dict(sorted(entries.items()))

    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    def read(self, path: str) -> bytes:
        return self._files[regular_file(self._entries, path).path]

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        return {path: self._links[path] for path in paths if path in self._links}

    def prefetch(self, paths: Iterable[str]) -> None:
        """Nothing to do: every file is at hand."""
