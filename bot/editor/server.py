"""The language server: speaks the Language Server Protocol over two streams, with `pygls`.

An editor may send anything. What cannot be made sense of is answered with an error of the protocol or with one sentence
in the log, and the server goes on.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from bot import __version__
from bot.editor.diagnostics import SOURCE, diagnostic
from bot.editor.text import Text
from bot.editor.workspace import Buffer, Outcome, Project, Workspace, review_moment
from bot.errors import UsageError
from bot.findings import Location, Span
from bot.options import Options
from bot.plugin.discovery import MANIFEST
from bot.rules.registry import catalogue
from bot.source import Unreadable

#: A change is reviewed when no other has come for so long (seconds): keys of one word come together.
DEBOUNCE: Final = 0.02
#: The collector looks at all that is there when nothing has happened for so long (seconds).
_IDLE: Final = 1.0
#: What reviews leave is collected after so many of them even where the author never rests.
_MOST_REVIEWS: Final = 30

Log = Callable[[str], None]


class Server(LanguageServer):
    """One editor. `log` takes what a person has to know, a sentence each."""

    def __init__(self, options_of: Callable[[Path], Options], log: Log) -> None:
        super().__init__(SOURCE, __version__, types.TextDocumentSyncKind.Full)
        self.plugins = Workspace(options_of)
        self._log = log
        self._reviewer = ThreadPoolExecutor(1)
        self._tasks: dict[Project, asyncio.Task[None]] = {}
        self._idle: asyncio.TimerHandle | None = None
        self._reviews = 0
        #: The diagnostics that the editor has, by address, and of which version of the document.
        self._shown: dict[str, tuple[list[types.Diagnostic], int | None]] = {}
        self._texts: dict[Path, tuple[bytes, Text]] = {}
        self._said: set[str] = set()
        _register(self)

    def serve(self, stdin: BinaryIO, stdout: BinaryIO) -> int:
        """Serves until the editor ends it or goes away. The exit code is 0 where it said so before (`shutdown`)."""
        catalogue()
        # All that is there by now stays, and need not be looked at again.
        gc.collect()
        gc.freeze()
        self.start_io(stdin, cast(BinaryIO, _Output(stdout, self._log)))
        asked = bool(self.protocol._shutdown)
        if not asked:
            self._log("the editor went away without `shutdown`")
        return 0 if asked else 1

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Called by pygls for what it could not handle."""
        self.say(f"a message of the editor could not be handled: {type(error).__name__}: {error}")

    def say(self, sentence: str) -> None:
        """Logs a sentence, but not the same again and again."""
        if sentence not in self._said:
            if len(self._said) > 1000:
                self._said.clear()
            self._said.add(sentence)
            self._log(sentence)

    # --- documents ----------------------------------------------------------------------------------------------------

    def put(self, uri: str, text: str, version: int | None) -> None:
        path = path_of(uri)
        if path is not None:
            self.review(self.plugins.put(Buffer(uri, path, text, version)))

    def take_away(self, uri: str) -> None:
        project = self.plugins.close(uri)
        if project is not None and project.folder not in self.plugins.projects:
            self._clear(project)
        self.review(project)

    def disk_changed(self) -> None:
        for project in self.plugins.disk_changed():
            if project.folder in self.plugins.projects:
                self.review(project)
            else:
                self._clear(project)

    def review(self, project: Project | None) -> None:
        """Has a plugin reviewed soon, once for all that happens until then."""
        if project is not None and project.folder in self.plugins.projects and project not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._review(project))
            self._tasks[project] = task
            task.add_done_callback(lambda _: self._tasks.pop(project, None))

    async def _review(self, project: Project) -> None:
        loop = asyncio.get_running_loop()
        while project.reviewed != project.generation and self.plugins.projects.get(project.folder) is project:
            generation = project.generation
            await asyncio.sleep(DEBOUNCE)
            if project.generation != generation:
                continue
            try:
                moment = self.plugins.moment(project)
                outcome = await loop.run_in_executor(self._reviewer, review_moment, moment)
            except UsageError as error:
                self._complain(str(error.args[0] if error.args else error))
                project.reviewed = generation
                continue
            except Exception as error:
                self.say(f"the review failed: {type(error).__name__}: {error}")
                project.reviewed = generation
                continue
            for sentence in outcome.result.errors:
                self.say(sentence)
            project.outcome = outcome
            self._rest()
            if project.generation == generation and self.plugins.projects.get(project.folder) is project:
                project.reviewed = generation
                self._publish(project, outcome)

    def _complain(self, sentence: str) -> None:
        if sentence not in self._said:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, sentence))
        self.say(sentence)

    def _rest(self) -> None:
        """Collects what reviews have left, when nothing else is to be done. The collector does not run by itself."""
        self._reviews += 1
        if self._idle is not None:
            self._idle.cancel()
        if self._reviews % _MOST_REVIEWS == 0:
            gc.collect()
        else:
            self._idle = asyncio.get_running_loop().call_later(_IDLE, gc.collect)

    # --- findings -----------------------------------------------------------------------------------------------------

    def _publish(self, project: Project, outcome: Outcome) -> None:
        found: dict[str, list[types.Diagnostic]] = {}
        for finding in outcome.result.active:
            place = self.locate(project, finding.location, finding.location.span)
            if place is None:
                place = self.uri_of(project.folder / MANIFEST), Text("").range_of(None)
            uri, where = place

            def locate(location: Location, span: Span | None) -> tuple[str, types.Range] | None:
                return self.locate(project, location, span)

            found.setdefault(uri, []).append(diagnostic(finding, where, locate))
        for uri in dict.fromkeys([*found, *self._addresses(project)]):
            self._show(uri, found.get(uri, []))

    def _clear(self, project: Project) -> None:
        for uri in self._addresses(project):
            self._show(uri, [])

    def _addresses(self, project: Project) -> list[str]:
        """The documents of a plugin that are open, or of which the editor shows something."""
        known = (*self.plugins.buffers, *self._shown)
        return [
            uri
            for uri in known
            if (path := path_of(uri)) is not None
            and project.folder in path.parents
            and self.plugins.folder_of(path) in (project.folder, None)
        ]

    def _show(self, uri: str, diagnostics: list[types.Diagnostic]) -> None:
        """Tells the editor what is found in a document, where it has not just this already."""
        buffer = self.plugins.buffers.get(uri)
        version = buffer.version if buffer is not None else None
        if self._shown.get(uri) == (diagnostics, version):
            return
        if diagnostics or buffer is not None:
            self._shown[uri] = diagnostics, version
        else:
            self._shown.pop(uri, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))

    def locate(self, project: Project, location: Location, span: Span | None) -> tuple[str, types.Range] | None:
        """The address of the file that a finding names, and a place in it; None where there is no such file."""
        path = project.file_of(location)
        if path is None or (project.folder in path.parents and not self._has(project, path)):
            return None
        text = self.text_of(project, path) if span is not None else None
        return self.uri_of(path), (text or Text("")).range_of(span if text is not None else None)

    def _has(self, project: Project, path: Path) -> bool:
        return project.own_path(path) in project.files.entries()

    def text_of(self, project: Project, path: Path) -> Text | None:
        """The text of a file of a plugin as the editor has it; None where there is none."""
        try:
            content = (
                project.files.read(project.own_path(path)) if project.folder in path.parents else path.read_bytes()
            )
        except (Unreadable, OSError):
            return None
        known = self._texts.get(path)
        if known is None or known[0] != content:
            encoding = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
            known = self._texts[path] = content, Text(content.decode("utf-8", "replace"), encoding)
        return known[1]

    def uri_of(self, path: Path) -> str:
        """The address of a file: where it is open, the one that the editor uses."""
        buffer = self.plugins.buffer_of(path)
        return buffer.uri if buffer is not None else path.as_uri()


class _Output:
    """The stream to the editor."""

    def __init__(self, stream: BinaryIO, log: Log) -> None:
        self._stream = stream
        self._log = log

    def write(self, data: bytes) -> None:
        try:
            self._stream.write(data)
            self._stream.flush()
        except OSError as error:
            self._log(f"the editor cannot be reached: {error.strerror}")
            # A thread waits for what the editor would say, and nothing but the end of the process ends that.
            os._exit(1)

    def flush(self) -> None:
        """Nothing is left: each message goes out at once."""

    def close(self) -> None:
        self._stream.close()


def path_of(uri: str) -> Path | None:
    """The file of an address; None for what is not in a file, such as a document that was never saved."""
    with suppress(ValueError):
        path = to_fs_path(uri)
        if path and "\0" not in path and os.path.isabs(path):  # noqa: PTH117 - of a text that may be anything
            return Path(os.path.normpath(path))
    return None


# --- messages of the editor -------------------------------------------------------------------------------------------


def _register(server: Server) -> None:
    """Says what is done with which message."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        uris = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
        server.plugins.folders = _paths(uris)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        capabilities = server.client_capabilities.workspace
        watching = capabilities.did_change_watched_files if capabilities is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        patterns = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
        registration = types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, patterns)
        with suppress(Exception):  # The editor watches nothing then, and what is saved in it is seen all the same.
            await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = _paths(folder.uri for folder in params.event.removed)
        kept = [folder for folder in server.plugins.folders if folder not in removed]
        server.plugins.folders = [*kept, *_paths(folder.uri for folder in params.event.added)]

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        server.put(document.uri, document.text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        if document.uri in server.plugins.buffers:
            server.put(document.uri, server.workspace.get_text_document(document.uri).source, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.take_away(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: types.DidSaveTextDocumentParams) -> None:
        server.disk_changed()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        paths = _paths(change.uri for change in params.changes)
        if any(_matters(path) for path in paths):
            server.disk_changed()


def _paths(uris: Iterable[str]) -> list[Path]:
    return [path for path in map(path_of, uris) if path is not None]


def _matters(path: Path) -> bool:
    """Whether a change of a file can change a review: git writes its own data all the time."""
    return ".git" not in path.parts
