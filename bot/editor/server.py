"""The language server: speaks the Language Server Protocol over two streams, with `pygls`.

An editor may send anything. What cannot be made sense of is answered with an error of the protocol or with one sentence
in the log, and the server goes on.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from bot import __version__
from bot.document import Document, read_document
from bot.editor.actions import edits_between, edits_of, overlap
from bot.editor.completion import complete
from bot.editor.definition import files_at
from bot.editor.diagnostics import SOURCE, diagnostic
from bot.editor.fields import field_at, kind_in, pointer_at
from bot.editor.hover import Markup
from bot.editor.text import Text
from bot.editor.workspace import Buffer, Outcome, Project, Workspace, review_moment
from bot.errors import UsageError
from bot.findings import Location, Safety, Span
from bot.fixes.fix import find_fixes
from bot.options import Options
from bot.plugin.discovery import MANIFEST
from bot.rules.registry import catalogue
from bot.source import Unreadable

#: A change is reviewed when no other has come for so long (seconds): keys of one word come together.
DEBOUNCE: Final = 0.01
#: The collector looks at all that is there when nothing has happened for so long (seconds).
_IDLE: Final = 1.0
#: What reviews leave is collected after so many of them even where the author never rests.
_MOST_REVIEWS: Final = 30

QUICK_FIX: Final = types.CodeActionKind.QuickFix
FIX_ALL: Final = "source.fixAll.dify-plugin-review"

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
            found.setdefault(uri, []).append(diagnostic(finding, where, partial(self.locate, project)))
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

    # --- what the author asks -----------------------------------------------------------------------------------------

    def place(self, uri: str, position: types.Position) -> Place | None:
        """None for a document that is not open, or in no plugin."""
        buffer = self.plugins.buffers.get(uri)
        project = self.plugins.project_of(buffer.path) if buffer is not None else None
        if buffer is None or project is None:
            return None
        text = Text(buffer.text, self._encoding)
        return Place(project, project.own_path(buffer.path), text, text.offset_at(position))

    def markup(self) -> Markup:
        wanted = get_capability(self.client_capabilities, "text_document.hover.content_format", ())
        return Markup(types.MarkupKind.Markdown in (wanted or ()))

    def hover(self, place: Place, position: types.Position) -> types.Hover | None:
        """The rules of the findings at a position, and the documentation of the field there."""
        markup = self.markup()
        uri = self.uri_of(place.project.folder / place.path)
        here = types.Range(position, position)
        shown, _ = self._shown.get(uri, ((), None))
        rules = dict.fromkeys(str(item.code) for item in shown if overlap(item.range, here))
        paragraphs = [markup.rule(rule) for id in rules if (rule := catalogue().get(id)) is not None]
        if place.path.endswith((".yaml", ".yml")):
            paragraphs = [*self._about_field(place, markup), *paragraphs]
        return types.Hover(markup.content(paragraphs)) if paragraphs else None

    def _about_field(self, place: Place, markup: Markup) -> list[str]:
        pointer = pointer_at(self._document(place), place.text, place.offset)
        kind = kind_in(place.project, place.path, place.text.content) if pointer else None
        field = field_at(kind, pointer) if kind is not None and pointer else None
        if field is None or pointer is None:
            return []
        name = next((part for part in reversed(pointer) if isinstance(part, str)), None)
        return markup.about_field(field, name)

    def _document(self, place: Place) -> Document:
        """The document as it is in the editor: that of the last review where it has not changed since."""
        content = place.text.content.encode("utf-8", "surrogatepass")
        linked = place.project.plugin.documents.get(place.path) if place.project.plugin is not None else None
        if linked is not None and linked.document.text == place.text.content:
            return linked.document
        return read_document(place.path, content)

    def definition(self, place: Place) -> list[types.Location]:
        plugin = place.project.plugin
        pointer = pointer_at(self._document(place), place.text, place.offset)
        if plugin is None or pointer is None:
            return []
        start = Text("").range_of(None)
        files = files_at(plugin, place.path, pointer)
        return [types.Location(self.uri_of(place.project.folder / file), start) for file in files]

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """The fixes of the findings in a range, and the one that makes all safe fixes of the plugin."""
        uri = params.text_document.uri
        buffer = self.plugins.buffers.get(uri)
        project = self.plugins.project_of(buffer.path) if buffer is not None else None
        task = self._tasks.get(project) if project is not None else None
        if task is not None:
            await asyncio.wait([task])
        if buffer is None or project is None or project.outcome is None or project.reviewed != project.generation:
            return []
        wanted = params.context.only
        found = list(self._quick_fixes(project, uri, params.range)) if _is_wanted(QUICK_FIX, wanted) else []
        fixes = (finding.fix for finding in project.findings if finding.fix is not None)
        if _is_wanted(FIX_ALL, wanted) and any(fix.safety is Safety.SAFE and fix.edits for fix in fixes):
            action = types.CodeAction(
                "Fix all that is safe in this plugin", kind=FIX_ALL, data={"uri": uri, "generation": project.generation}
            )
            resolves = get_capability(self.client_capabilities, "text_document.code_action.resolve_support.properties")
            found.append(action if "edit" in (resolves or ()) else await self.resolved(action))
        return found

    def _quick_fixes(self, project: Project, uri: str, where: types.Range) -> Iterator[types.CodeAction]:
        for finding in project.findings:
            place = self.locate(project, finding.location, finding.location.span)
            if finding.fix is None or place is None or place[0] != uri or not overlap(place[1], where):
                continue
            fix = finding.fix
            edit = self._edit(project, edits_of(fix.edits, _Texts(self, project)))
            if edit is not None:
                is_safe = fix.safety is Safety.SAFE
                shown = diagnostic(finding, place[1], partial(self.locate, project))
                yield types.CodeAction(
                    fix.title if is_safe else f"{fix.title} (look at it first)",
                    kind=QUICK_FIX,
                    diagnostics=[shown],
                    is_preferred=is_safe or None,
                    edit=edit,
                )

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        """The action with its change. Without one where the plugin has changed since the action was offered."""
        data = action.data if isinstance(action.data, dict) else {}
        buffer = self.plugins.buffers.get(str(data.get("uri")))
        project = self.plugins.project_of(buffer.path) if buffer is not None else None
        if project is None or project.outcome is None or data.get("generation") != project.generation:
            return action
        moment = project.outcome.moment
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(self._reviewer, find_fixes, moment.files, [moment.root], moment.options)
        if data.get("generation") == project.generation:
            texts = _Texts(self, project)
            changes = {
                path: edits_between(texts[path], change.after.decode("utf-8", "replace").removeprefix("\ufeff"))
                for path, change in outcome.changes.items()
                if path in texts
            }
            action.edit = self._edit(project, changes)
        return action

    def _edit(self, project: Project, changes: Mapping[str, list[types.TextEdit]] | None) -> types.WorkspaceEdit | None:
        """The change of several files of a plugin; of the version that is open, where the editor can be told."""
        if not changes:
            return None
        by_uri = {self.uri_of(project.folder / path): edits for path, edits in changes.items()}
        if not get_capability(self.client_capabilities, "workspace.workspace_edit.document_changes", False):
            return types.WorkspaceEdit(changes=by_uri)
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(uri, buffer.version if buffer is not None else None),
                    edits,
                )
                for uri, edits in by_uri.items()
                for buffer in [self.plugins.buffers.get(uri)]
            ]
        )

    # --- files --------------------------------------------------------------------------------------------------------

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
            known = self._texts[path] = content, Text(content.decode("utf-8", "replace"), self._encoding)
        return known[1]

    @property
    def _encoding(self) -> str:
        return self.workspace.position_encoding or types.PositionEncodingKind.Utf16

    def uri_of(self, path: Path) -> str:
        """The address of a file: where it is open, the one that the editor uses."""
        buffer = self.plugins.buffer_of(path)
        return buffer.uri if buffer is not None else path.as_uri()


@dataclass(frozen=True, slots=True)
class Place:
    """A position in an open document of a plugin."""

    project: Project
    path: str
    text: Text
    offset: int


class _Texts(Mapping[str, Text]):
    """The texts of the files of a plugin, by their paths from its root."""

    def __init__(self, server: Server, project: Project) -> None:
        self._server = server
        self._project = project

    def __getitem__(self, path: str) -> Text:
        text = self._server.text_of(self._project, self._project.folder / path)
        if text is None:
            raise KeyError(path)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._project.files.entries())

    def __len__(self) -> int:
        return len(self._project.files.entries())


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

    # --- what the author asks -----------------------------------------------------------------------------------------

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[":", " ", "-", "/"]))
    def completion(params: types.CompletionParams) -> types.CompletionList:
        place = server.place(params.text_document.uri, params.position)
        items = complete(place.project, place.path, place.text, place.offset, server.markup()) if place else []
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        place = server.place(params.text_document.uri, params.position)
        return server.hover(place, params.position) if place else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> list[types.Location]:
        place = server.place(params.text_document.uri, params.position)
        return server.definition(place) if place else []

    kinds = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await server.actions(params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await server.resolved(action)


def _is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether an editor asks for actions of a kind: it may name a part of it."""
    return only is None or any(kind == name or kind.startswith(f"{name}.") for name in map(_value, only))


def _value(kind: str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _paths(uris: Iterable[str]) -> list[Path]:
    return [path for path in map(path_of, uris) if path is not None]


def _matters(path: Path) -> bool:
    """Whether a change of a file can change a review: git writes its own data all the time."""
    return ".git" not in path.parts
