"""An editor: a client of the Language Server Protocol that speaks to `lsp` over two streams.

The server is a process, as it is for people, or a thread of the tests, which needs no start.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.io_ import StdoutWriter, run_async
from pygls.lsp.client import LanguageClient

from bot.command.lsp import server_of

#: A server that says nothing for so long (seconds) is taken for dead.
PATIENCE = 60.0

Diagnostics = list[types.Diagnostic]


class Editor(LanguageClient):
    """What one editor knows: the diagnostics of each document, and what it was told besides."""

    def __init__(self) -> None:
        super().__init__("editor of the tests", "1")
        self.shown: dict[str, Diagnostics] = {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.messages: list[str] = []
        self._news = asyncio.Event()

        self.registered: list[str] = []
        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._published))
        self.feature(types.WINDOW_SHOW_MESSAGE)(partial(self._told))
        self.feature(types.CLIENT_REGISTER_CAPABILITY)(partial(self._asked))

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        self.shown[params.uri] = list(params.diagnostics)
        self.published.append(params)
        self._news.set()

    def _told(self, params: types.ShowMessageParams) -> None:
        self.messages.append(params.message)
        self._news.set()

    def _asked(self, params: types.RegistrationParams) -> None:
        self.registered += [registration.method for registration in params.registrations]
        self._news.set()

    async def until(self, holds: Callable[[], Any]) -> None:
        """Waits until something holds of what the server has told."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def open(self, path: Path, text: str | None = None, version: int = 1) -> str:
        """Opens a file, by default as it is on the disk; its address."""
        uri = path.as_uri()
        content = path.read_text(encoding="utf-8") if text is None else text
        item = types.TextDocumentItem(uri, path.suffix.removeprefix(".") or "text", version, content)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str, version: int) -> None:
        document = types.VersionedTextDocumentIdentifier(version, uri)
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def close(self, uri: str) -> None:
        self.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def told_of(self, *paths: Path) -> None:
        """Tells the server that files have changed on the disk."""
        events = [types.FileEvent(path.as_uri(), types.FileChangeType.Changed) for path in paths]
        self.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    def codes(self, uri: str) -> list[str]:
        return sorted(str(item.code) for item in self.shown.get(uri, []))


CAPABILITIES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    ),
    text_document=types.TextDocumentClientCapabilities(
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown, types.MarkupKind.PlainText])
    ),
)


@asynccontextmanager
async def editor_of(
    *folders: Path, process: bool = False, capabilities: types.ClientCapabilities = CAPABILITIES
) -> AsyncIterator[Editor]:
    """An editor with these folders open. It ends the server as the protocol asks for."""
    editor = Editor()
    async with _process_of(editor) if process else _thread_of(editor):
        opened = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
        params = types.InitializeParams(capabilities, workspace_folders=opened, root_uri=None, process_id=None)
        try:
            async with asyncio.timeout(PATIENCE):
                await editor.initialize_async(params)
            editor.initialized(types.InitializedParams())
            yield editor
            async with asyncio.timeout(PATIENCE):
                await editor.shutdown_async(None)
        finally:
            editor.exit(None)


@asynccontextmanager
async def _process_of(editor: Editor) -> AsyncIterator[None]:
    await editor.start_io(sys.executable, "-P", "-m", "bot", "lsp")
    try:
        yield
    finally:
        await editor.stop()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def _thread_of(editor: Editor) -> AsyncIterator[None]:
    (questions, to_server), (answers, to_editor) = os.pipe(), os.pipe()
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    serving = loop.run_in_executor(None, _serve, questions, to_editor)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(answers, "rb"))
    listening = loop.create_task(run_async(threading.Event(), reader, editor.protocol))
    try:
        with os.fdopen(to_server, "wb") as stream:
            editor.protocol.set_writer(StdoutWriter(stream))
            yield
    finally:
        await asyncio.gather(serving, listening)
        transport.close()


def _serve(questions: int, answers: int) -> None:
    with os.fdopen(questions, "rb") as stdin, os.fdopen(answers, "wb") as stdout, suppress(BrokenPipeError):
        server_of(None, None, lambda _: None, use_config=True).serve(stdin, stdout)
