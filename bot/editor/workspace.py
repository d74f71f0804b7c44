"""The plugins whose files are open in an editor, and what a review of each found."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from msgspec import Struct, field

from bot.editor.files import Files
from bot.errors import UsageError
from bot.findings import Finding, Location
from bot.options import CONFIGURATION, Options
from bot.plugin import Plugin, PluginRoot, find_roots
from bot.plugin.discovery import MANIFEST, SKIPPED
from bot.report.words import counted
from bot.review.engine import review
from bot.review.result import Result
from bot.source import Kind, Unreadable, find_repository

_CONFIGURATION: Final = PurePosixPath(CONFIGURATION).name
#: What a folder has at least one of to be looked into as a plugin.
_SIGNS: Final = (MANIFEST, "manifest.yml", "_assets", "provider")


class Buffer(Struct, frozen=True):
    """A document that is open in the editor, under the address that the editor has for it."""

    uri: str
    path: Path
    text: str
    version: int | None = None


class Moment(Struct, frozen=True):
    """All that a review in an editor depends on. It does not change, so that another thread can review."""

    files: Files
    root: PluginRoot
    options: Options
    earlier: Plugin | None


class Outcome(Struct, frozen=True):
    """What a review came to, and the plugin that it read."""

    moment: Moment
    result: Result
    plugin: Plugin | None


def review_moment(moment: Moment) -> Outcome:
    """Reviews a plugin as it is in the editor. Never raises for anything that the plugin holds.

    Raises `UsageError` where the folder is gone or has too many files.
    """
    seen: list[Plugin] = []
    result = review(moment.files, [moment.root], moment.options, seen=seen.append, earlier=moment.earlier)
    return Outcome(moment, result, seen[0] if seen else None)


class Project(Struct, eq=False):
    """A plugin with an open document."""

    folder: Path
    #: The repository or the folder of the workspace, from which findings name files and which has the configuration.
    base: Path
    root: PluginRoot
    files: Files
    #: Counts what happened to the plugin: a review of an older generation says nothing of now.
    generation: int = 1
    reviewed: int = 0
    outcome: Outcome | None = None

    @property
    def plugin(self) -> Plugin | None:
        return self.outcome.plugin if self.outcome is not None else None

    @property
    def is_reviewed(self) -> bool:
        """Whether the last review is of the plugin as it is now."""
        return self.outcome is not None and self.outcome.moment.files is self.files

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What counts, of the last review."""
        return self.outcome.result.active if self.outcome is not None else ()

    def own_path(self, path: Path) -> str:
        """The path of a file from the root of the plugin."""
        return path.relative_to(self.folder).as_posix()

    def depends_on(self, path: Path) -> bool:
        """Whether a change of a file can change a review of the plugin."""
        if self.folder in path.parents:
            # Package managers write all the time what nobody packs.
            return SKIPPED.isdisjoint(path.relative_to(self.folder).parts)
        if path == self.folder or path in self.folder.parents:
            return True
        # A link of the plugin can lead to any file of the repository.
        has_links = any(entry.kind is Kind.LINK for entry in self.files.entries().values())
        return has_links and self.base in path.parents

    def file_of(self, location: Location) -> Path | None:
        """The file that a finding names; None for what is not a file of this machine."""
        if location.member is not None or location.source is not None or location.path in (self.root.shown, "."):
            return None
        prefix = f"{self.root.shown}/"
        if self.root.shown == ".":
            return self.folder / location.path
        if location.path.startswith(prefix):
            return self.folder / location.path.removeprefix(prefix)
        return self.base / location.path


class Workspace(Struct, eq=False):
    """The open documents and their plugins.

    `options_of` reads the configuration of a repository, and `complain` is told what is wrong with it.
    """

    options_of: Callable[[Path], Options]
    complain: Callable[[str], None]
    #: The folders that are open in the editor.
    folders: list[Path] = field(default_factory=list)
    buffers: dict[str, Buffer] = field(default_factory=dict)
    projects: dict[Path, Project] = field(default_factory=dict)
    #: The folder of the plugin that a folder lies in.
    _enclosing: dict[Path, Path | None] = field(default_factory=dict)
    _options: dict[Path, Options] = field(default_factory=dict)
    _right: dict[Path, Options] = field(default_factory=dict)

    def folder_of(self, path: Path) -> Path | None:
        """The folder of the plugin that a file belongs to; None where it belongs to none."""
        folder = path.parent
        if folder not in self._enclosing:
            self._enclosing[folder] = self._find(folder)
        return self._enclosing[folder]

    def project_of(self, path: Path) -> Project | None:
        """The plugin of a file, made when it is first asked for; None where the file belongs to none."""
        folder = self.folder_of(path)
        if folder is None:
            return None
        if folder not in self.projects:
            self.projects[folder] = self._made(folder)
        return self.projects[folder]

    def put(self, buffer: Buffer) -> Project | None:
        """Opens a document or changes it; the plugin that it belongs to."""
        self.buffers[buffer.uri] = buffer
        if buffer.path.name in _SIGNS and buffer.path.parent not in self.projects:
            self._enclosing.clear()  # Its folder may have become a plugin.
        project = self.project_of(buffer.path)
        if project is not None:
            self._overlay(project)
        return project

    def close(self, uri: str) -> Project | None:
        """Closes a document; the plugin that it belonged to, also where that has no open document any more."""
        buffer = self.buffers.pop(uri, None)
        folder = self.folder_of(buffer.path) if buffer is not None else None
        project = self.projects.get(folder) if folder is not None else None
        if project is not None:
            if not any(self._buffers_of(project)):
                del self.projects[project.folder]
                self._enclosing.clear()
                return project
            project.files = project.files.listed_again()
            self._overlay(project)
        return project

    def disk_changed(self, paths: Sequence[Path]) -> list[Project]:
        """Looks at the disk again, where these files have changed; the plugins to review, and those that are no longer
        there."""
        self._enclosing.clear()
        everywhere = any(path.name == _CONFIGURATION for path in paths)
        if everywhere:
            self._options.clear()
        before = dict(self.projects)
        touched = [each for each in before.values() if everywhere or any(map(each.depends_on, paths))]
        for project in touched:
            project.files = project.files.listed_again()
            project.generation += 1
        found = {self.project_of(buffer.path) for buffer in self.buffers.values()} - {None}
        gone = [project for project in before.values() if project not in found]
        for project in gone:
            del self.projects[project.folder]
        new = [project for folder, project in self.projects.items() if folder not in before]
        return list(dict.fromkeys([*touched, *gone, *new]))

    def moment(self, project: Project) -> Moment:
        """The plugin as it is now."""
        return Moment(project.files, project.root, self.options(project), project.plugin)

    def options(self, project: Project) -> Options:
        """What its configuration says. While that is wrong, the last one that was right counts."""
        base = project.base
        if base not in self._options:
            try:
                self._right[base] = self.options_of(base)
            except UsageError as error:
                more = f" ({counted(len(error.args) - 1, 'more mistake')})" if len(error.args) > 1 else ""
                self.complain(f"{error.args[0]}{more}")
            self._options[base] = self._right.get(base, Options())
        return self._options[base]

    def buffer_of(self, path: Path) -> Buffer | None:
        return next((buffer for buffer in self.buffers.values() if buffer.path == path), None)

    # --- plugins ------------------------------------------------------------------------------------------------------

    def _find(self, folder: Path) -> Path | None:
        """The nearest folder at or above this one that is a plugin, up to its repository or the home folder."""
        try:
            repository = find_repository(folder)
            for above in (folder, *folder.parents):
                if self._may_be_plugin(above):
                    tree = Files(above, repository, self._contents(above))
                    if PluginRoot("") in find_roots(tree, (MANIFEST,)):
                        return above
                if above == Path.home() or (repository is not None and above.resolve() == repository):
                    return None
        except (OSError, ValueError, UsageError):  # A folder that is not there or may not be listed.
            return None
        return None

    def _may_be_plugin(self, folder: Path) -> bool:
        open_here = {buffer.path.name for buffer in self.buffers.values() if buffer.path.parent == folder}
        return any(name in open_here or (folder / name).exists() for name in _SIGNS)

    def _made(self, folder: Path) -> Project:
        repository = find_repository(folder)
        base = repository or next((top for top in self.folders if folder == top or top in folder.parents), folder)
        prefix = PurePath(os.path.relpath(folder.resolve(), base.resolve())).as_posix()
        root = PluginRoot("", prefix="" if prefix == "." else prefix)
        return Project(folder, base, root, Files(folder, repository, self._contents(folder)))

    # --- buffers ------------------------------------------------------------------------------------------------------

    def _buffers_of(self, project: Project) -> Iterator[Buffer]:
        for buffer in self.buffers.values():
            if self.folder_of(buffer.path) == project.folder:
                yield buffer

    def _overlay(self, project: Project) -> None:
        contents = self._contents(project.folder)
        for path, content in contents.items():
            # The editor shows no byte order mark, and writes it again.
            if not content.startswith(codecs.BOM_UTF8) and _has_bom(project.files, path):
                contents[path] = codecs.BOM_UTF8 + content
        project.files = project.files.with_buffers(contents)
        project.generation += 1

    def _contents(self, folder: Path) -> dict[str, bytes]:
        """What the open documents below a folder hold, by their paths from there."""
        return {
            buffer.path.relative_to(folder).as_posix(): buffer.text.encode("utf-8", "surrogatepass")
            for buffer in self.buffers.values()
            if folder in buffer.path.parents
        }


def _has_bom(files: Files, path: str) -> bool:
    try:
        return files.has_bom(path)
    except Unreadable:
        return False
