"""What the packager leaves out: the patterns of `.difyignore`, else of `.gitignore`.

The packager reads one file at the plugin root, `.difyignore` if it is there, parses each line with go-git's gitignore
package and then asks every pattern by itself (G decoder/fs.go:67): the first that excludes wins, and `!` takes nothing
back. So this is not what git does with the same lines, nor quite what other readers of them do. Libraries for git's
own meaning also take exponential time for some patterns, which a plugin can hold; here none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec import Struct

from bot.findings import Span
from bot.plugin.globs import BadPattern, go_segment

#: The files that are asked for patterns, in this order; the first that is there is the only one.
IGNORE_FILES = (".difyignore", ".gitignore")


class Pattern(Struct, frozen=True, dict=True):
    """One line of an ignore file. `text` is the line without surrounding blanks; it begins at `line`, `column`."""

    text: str
    line: int
    column: int = 1

    @property
    def span(self) -> Span:
        return Span(self.line, self.column, self.line, self.column + len(self.text))

    @property
    def negated(self) -> bool:
        """Whether the line begins with `!`: then it has no effect."""
        return self.text.startswith("!")

    @property
    def _folders_only(self) -> bool:
        return self._body.endswith("/")

    @cached_property
    def _body(self) -> str:
        return self.text.removeprefix("!")

    @cached_property
    def _segments(self) -> list[str]:
        return self._body.removesuffix("/").split("/")

    @cached_property
    def _compiled(self) -> list[re.Pattern[str] | None]:
        """The segments as they are matched; None for one that go-git fails on, which matches nothing."""
        return [_compiled(segment) for segment in self._segments]

    def matches(self, names: list[str], is_folder: bool) -> bool:
        """Whether the pattern, less its `!`, is about the path with these names (go-git pattern.go)."""
        if len(self._segments) == 1:
            return self._matches_name(names, is_folder)
        return self._matches_path(names, is_folder)

    def _matches_name(self, names: list[str], is_folder: bool) -> bool:
        # The folders above were asked before, so only the last name is new.
        segment = self._compiled[0]
        return (is_folder or not self._folders_only) and segment is not None and bool(segment.fullmatch(names[-1]))

    def _matches_path(self, names: list[str], is_folder: bool) -> bool:
        matched = any_depth = False
        at = 0
        for index, (text, segment) in enumerate(zip(self._segments, self._compiled, strict=True)):
            if text == "":
                any_depth = False
            elif text == "**":
                if index == len(self._segments) - 1:
                    break
                any_depth = True
            elif "**" in text or segment is None or at == len(names):
                return False
            elif any_depth:
                any_depth = False
                found = next((place for place in range(at, len(names)) if segment.fullmatch(names[place])), None)
                # What stood before a `**` still counts when nothing follows that could fail.
                matched = found is not None
                at = len(names) if found is None else found + 1
            else:
                if not segment.fullmatch(names[at]):
                    return False
                matched = True
                at += 1
        return matched and not (self._folders_only and not is_folder and at == len(names))


def _compiled(segment: str) -> re.Pattern[str] | None:
    try:
        return go_segment(segment)
    except BadPattern:
        return None


class IgnoreFile:
    """The patterns of one file. `path` is where it is; "" when there is none."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.patterns = tuple(
            Pattern(stripped, number, line.index(stripped) + 1)
            for number, line in enumerate(text.split("\n"), 1)
            if (stripped := line.strip()) and not stripped.startswith("#")
        )
        self._excluding = tuple(pattern for pattern in self.patterns if not pattern.negated)
        self._folders: dict[str, Pattern | None] = {"": None}

    def excluding(self, path: str) -> Pattern | None:
        """The pattern that leaves the file at `path`, or a folder above it, out of the package; None when it stays."""
        if not self._excluding:
            return None
        folder, _, _ = path.rpartition("/")
        return self._folder(folder) or self._first(path.split("/"), is_folder=False)

    def _folder(self, path: str) -> Pattern | None:
        if path not in self._folders:
            parent, _, _ = path.rpartition("/")
            self._folders[path] = self._folder(parent) or self._first(path.split("/"), is_folder=True)
        return self._folders[path]

    def _first(self, names: list[str], *, is_folder: bool) -> Pattern | None:
        return next((pattern for pattern in self._excluding if pattern.matches(names, is_folder)), None)

    def kept(self, paths: Iterable[str]) -> Iterator[str]:
        """The files among `paths` that are packed."""
        return (path for path in paths if self.excluding(path) is None)


#: A plugin without an ignore file packs everything it has, `.git` included.
NO_IGNORE_FILE = IgnoreFile("", "")
