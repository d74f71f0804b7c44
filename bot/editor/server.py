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
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from bot import __version__
from bot.editor.answers import FIX_ALL, Answers
from bot.editor.diagnostics import SOURCE
from bot.editor.view import View, path_of
from bot.editor.workspace import Buffer, Project, Workspace, review_moment
from bot.errors import UsageError
from bot.fixes.fix import find_fixes
from bot.options import Options
from bot.rules.registry import catalogue

#: A change is reviewed when no other has come for so long (seconds): keys of one word come together.
DEBOUNCE: Final = 0.01
#: The collector looks at all that is there when nothing has happened for so long (seconds).
_IDLE: Final = 1.0
#: What reviews leave is collected after so many of them even where the author never rests.
_MOST_REVIEWS: Final = 30

Log = Callable[[str], None]


class Server(LanguageServer):
    """One editor. `log` takes what a person has to know, a sentence each."""

    def __init__(self, options_of: Callable[[Path], Options], log: Log) -> None:
        super().__init__(SOURCE, __version__, types.TextDocumentSyncKind.Full)
        self.plugins = Workspace(options_of, self._complain)
        self.view = View(self.plugins)
        self._log = log
        self._reviewer = ThreadPoolExecutor(1)
        self._tasks: dict[Project, asyncio.Task[None]] = {}
        self._idle: asyncio.TimerHandle | None = None
        self._reviews = 0
        #: The diagnostics that the editor has, by address, and of which version of the document.
        self._shown: dict[str, tuple[list[types.Diagnostic], int | None]] = {}
        self._said: set[str] = set()
        _register(self)

    def serve(self, stdin: BinaryIO, stdout: BinaryIO) -> int:
        """Serves until the editor ends it or goes away. The exit code is 0 where it said so before (`shutdown`)."""
        catalogue()
        # All that is there by now stays, and need not be looked at again.
        gc.collect()
        gc.freeze()
        try:
            self.start_io(stdin, cast(BinaryIO, _Output(stdout, self._log)))
        except (MemoryError, OverflowError):
            self._log("the editor announces a message that is larger than the memory")
            return 1
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

    def disk_changed(self, paths: Iterable[Path]) -> None:
        for project in self.plugins.disk_changed(list(paths)):
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
            except UsageError as error:  # The folder is gone, or has too many files.
                self._complain(str(error))
                project.reviewed, project.outcome = generation, None
                self._clear(project)
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
                self._publish(project)

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

    def _publish(self, project: Project) -> None:
        found = self.view.diagnostics(project)
        for uri in dict.fromkeys([*found, *self._addresses(project)]):
            self._show(uri, found.get(uri, []))

    def _clear(self, project: Project) -> None:
        self.view.forget(project)
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

    # --- what the author asks -----------------------------------------------------------------------------------------

    @property
    def answers(self) -> Answers:
        return Answers(self.view, self.client_capabilities)

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """The fixes of the findings in a range, after the review of the last change."""
        uri = params.text_document.uri
        buffer = self.plugins.buffers.get(uri)
        project = self.plugins.project_of(buffer.path) if buffer is not None else None
        task = self._tasks.get(project) if project is not None else None
        if task is not None:
            await asyncio.wait([task])
        if project is None or not project.is_reviewed:
            return []
        found = self.answers.actions(project, uri, params.range, params.context.only)
        later = self.answers.is_resolved_later()
        return [action if action.edit is not None or later else await self.resolved(action) for action in found]

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        """The action with its change; without one where the plugin has changed since the action was offered."""
        data = action.data if isinstance(action.data, dict) else {}
        buffer = self.plugins.buffers.get(str(data.get("uri")))
        project = self.plugins.project_of(buffer.path) if buffer is not None else None
        if project is None or project.outcome is None or data.get("generation") != project.generation:
            return action
        moment, result = project.outcome.moment, project.outcome.result
        find = partial(find_fixes, moment.files, [moment.root], moment.options, known=result)
        fixed = await asyncio.get_running_loop().run_in_executor(self._reviewer, find)
        if data.get("generation") == project.generation:
            action.edit = self.answers.changes(project, fixed)
        return action


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


# --- messages of the editor -------------------------------------------------------------------------------------------


def _register(server: Server) -> None:
    """Says what is done with which message."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        uris = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
        server.plugins.folders = _paths(uris)
        server.view.encoding = server.workspace.position_encoding or types.PositionEncodingKind.Utf16

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
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.disk_changed(_paths([params.text_document.uri]))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        server.disk_changed(_paths(change.uri for change in params.changes))

    # --- what the author asks -----------------------------------------------------------------------------------------

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[":", " ", "-", "/"]))
    def completion(params: types.CompletionParams) -> types.CompletionList:
        place = server.view.place(params.text_document.uri, params.position)
        return types.CompletionList(is_incomplete=False, items=server.answers.completion(place) if place else [])

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        place = server.view.place(params.text_document.uri, params.position)
        return server.answers.hover(place) if place else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> list[types.Location]:
        place = server.view.place(params.text_document.uri, params.position)
        return server.answers.definition(place) if place else []

    kinds = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await server.actions(params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await server.resolved(action)


def _paths(uris: Iterable[str]) -> list[Path]:
    return [path for path in map(path_of, uris) if path is not None]
