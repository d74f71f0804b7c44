"""The files of plugins as the editor knows them: by address, in its encoding, with what is not saved."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path

from lsprotocol.types import Diagnostic, Position, PositionEncodingKind, Range
from msgspec import Struct, field
from pygls.uris import to_fs_path

from bot.editor.diagnostics import diagnostic, not_judged
from bot.editor.text import Text
from bot.editor.workspace import Project, Workspace
from bot.findings import Finding, Location, Span
from bot.languages import speaking, told
from bot.messages import say
from bot.plugin.discovery import MANIFEST
from bot.report import words
from bot.source import Unreadable


class Place(Struct, frozen=True):
    """A position in an open document of a plugin."""

    project: Project
    uri: str
    path: str
    text: Text
    offset: int
    position: Position


class View(Struct, eq=False):
    plugins: Workspace
    encoding: str = PositionEncodingKind.Utf16
    _texts: dict[Path, tuple[bytes, Text]] = field(default_factory=dict)

    def place(self, uri: str, position: Position) -> Place | None:
        """None for a document that is not open, or in no plugin."""
        buffer = self.plugins.buffers.get(uri)
        project = self.plugins.project_of(buffer.path) if buffer is not None else None
        if buffer is None or project is None:
            return None
        text = Text(buffer.text, self.encoding)
        return Place(project, uri, project.own_path(buffer.path), text, text.offset_at(position), position)

    def diagnostics(self, project: Project) -> dict[str, list[Diagnostic]]:
        """What the last review found and what it could not judge, by the address of the file."""
        found: dict[str, list[Diagnostic]] = {}
        with self.speaking(project):
            for finding in project.findings:
                uri, shown = self.diagnostic(project, finding)
                found.setdefault(uri, []).append(shown)
            for uri, sentence in self._not_judged(project):
                found.setdefault(uri, []).append(not_judged(Text("").range_of(None), sentence))
        return found

    def speaking(self, project: Project) -> AbstractContextManager[None]:
        """Tells everything meanwhile in the language that the configuration of the plugin chooses."""
        return speaking(self.plugins.options(project).language)

    def _not_judged(self, project: Project) -> Iterator[tuple[str, str]]:
        """What the last review could not judge, a sentence each, and the address of the file to say it in."""
        result = project.outcome.result if project.outcome is not None else None
        for file in result.coverage.not_judged if result is not None else ():
            path = project.file_of(Location(file.path))
            if path is not None:
                yield self.uri_of(path), told(say("Not judged: this file {reason}.", reason=file.reason))
        if result is not None and result.open_questions:
            yield self.uri_of(project.folder / MANIFEST), f"{told(words.not_judged(result))}."

    def diagnostic(self, project: Project, finding: Finding) -> tuple[str, Diagnostic]:
        """A finding, and the address of the file where it is shown: the manifest, for a file that is not there."""
        place = self.locate(project, finding.location, finding.location.span)
        uri, where = place or (self.uri_of(project.folder / MANIFEST), Text("").range_of(None))
        return uri, diagnostic(finding, where, partial(self.locate, project))

    def locate(self, project: Project, location: Location, span: Span | None) -> tuple[str, Range] | None:
        """The address of the file that a finding names, and a place in it; None where there is no such file."""
        path = project.file_of(location)
        if path is None or (project.folder in path.parents and project.own_path(path) not in project.files.entries()):
            return None
        text = self.text_of(project, path) if span is not None else None
        return self.uri_of(path), (text or Text("")).range_of(span if text is not None else None)

    def text_of(self, project: Project, path: Path) -> Text | None:
        """The text of a file of a plugin as the editor has it; None for a file that cannot be read."""
        try:
            inside = project.folder in path.parents
            content = project.files.read(project.own_path(path)) if inside else path.read_bytes()
        except (Unreadable, OSError):
            return None
        known = self._texts.get(path)
        if known is None or known[0] != content:
            known = self._texts[path] = content, Text(content.decode("utf-8", "replace"), self.encoding)
        return known[1]

    def texts(self, project: Project) -> Mapping[str, Text]:
        """The texts of the files of a plugin, by their paths from its root."""
        return _Texts(self, project)

    def uri_of(self, path: Path) -> str:
        """The address of a file: where it is open, the one that the editor uses."""
        buffer = self.plugins.buffer_of(path)
        return buffer.uri if buffer is not None else path.as_uri()

    def forget(self, project: Project) -> None:
        self._texts = {path: text for path, text in self._texts.items() if project.folder not in path.parents}


class _Texts(Mapping[str, Text]):
    def __init__(self, view: View, project: Project) -> None:
        self._view = view
        self._project = project

    def __getitem__(self, path: str) -> Text:
        text = self._view.text_of(self._project, self._project.folder / path)
        if text is None:
            raise KeyError(path)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._project.files.entries())

    def __len__(self) -> int:
        return len(self._project.files.entries())


def path_of(uri: str) -> Path | None:
    """The file of an address; None for what is not in a file, such as a document that was never saved."""
    with suppress(ValueError):
        path = to_fs_path(uri)
        if path and "\0" not in path and os.path.isabs(path):  # noqa: PTH117 - of a text that may be anything
            return Path(os.path.normpath(path))
    return None
