"""The language server over stdio, with the client of pygls as the editor: what is shown, and when."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from msgspec import Struct

from bot.command.lsp import server_of
from bot.rules.registry import catalogue
from tests.source.repositories import init
from tests.support.editor import CAPABILITIES, Editor, editor_of

EXAMPLES = Path(__file__).parents[2] / "bot" / "examples"
MISSPELT = ("type: string", "type: strin")


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "tool", tmp_path / "tool"))


def in_editor(*folders: Path, **more: Any) -> Callable[[Callable[[Editor], Awaitable[None]]], None]:
    """Runs a function with an editor that has the folders open."""

    def run(scene: Callable[[Editor], Awaitable[None]]) -> None:
        async def play() -> None:
            async with editor_of(*folders, **more) as editor:
                await scene(editor)

        asyncio.run(play())

    return run


def tool_of(plugin: Path) -> Path:
    return plugin / "tools" / "current_weather.yaml"


def test_findings_come_and_go_as_the_author_types(plugin: Path) -> None:
    text = tool_of(plugin).read_text(encoding="utf-8")

    @in_editor(plugin.parent, process=True)
    async def scene(editor: Editor) -> None:
        uri = editor.open(tool_of(plugin))
        await editor.until(lambda: editor.shown.get(uri) == [])
        editor.change(uri, text.replace(*MISSPELT), 2)
        await editor.until(lambda: editor.shown[uri])
        (found,) = editor.shown[uri]
        assert found.code == "schema/unknown-value"
        assert found.code_description == types.CodeDescription(catalogue()["schema/unknown-value"].docs)
        assert found.severity is types.DiagnosticSeverity.Error
        assert found.source == "dify-plugin-review"
        assert found.range == types.Range(types.Position(17, 10), types.Position(17, 15))
        assert found.message.startswith("`type` does not take `strin`: did you mean `string`?")
        assert editor.published[-1].version == 2
        editor.change(uri, text, 3)
        await editor.until(lambda: editor.shown[uri] == [])
        # Nothing was written: what is said is said of the buffer.
        assert tool_of(plugin).read_text(encoding="utf-8") == text


def test_a_change_of_one_file_is_found_in_another(plugin: Path) -> None:
    code = plugin / "tools" / "current_weather.py"

    @in_editor(plugin.parent)
    async def scene(editor: Editor) -> None:
        text = code.read_text(encoding="utf-8")
        uri = editor.open(code, text.replace('["city"]', '["citys"]'))
        tool = tool_of(plugin).as_uri()
        await editor.until(lambda: tool in editor.shown)
        (found,) = editor.shown[tool]
        assert found.code == "python/renamed-parameter"
        (related,) = found.related_information or ()
        line = next(index for index, row in enumerate(text.splitlines()) if '["city"]' in row)
        assert (related.location.uri, related.location.range.start.line) == (uri, line)
        assert related.message == "The code reads `citys` here."
        editor.change(uri, text, 2)
        await editor.until(lambda: not editor.shown[tool])


def test_two_plugins_of_a_workspace_are_reviewed_apart(plugin: Path) -> None:
    other = Path(shutil.copytree(EXAMPLES / "model", plugin.parent / "model"))

    @in_editor(plugin.parent)
    async def scene(editor: Editor) -> None:
        tool = editor.open(tool_of(plugin), tool_of(plugin).read_text(encoding="utf-8").replace(*MISSPELT))
        manifest = (other / "manifest.yaml").read_text(encoding="utf-8")
        model = editor.open(other / "manifest.yaml", manifest.replace("type: plugin", "type: plugln"))
        await editor.until(lambda: editor.shown.get(tool) and editor.shown.get(model))
        assert editor.codes(tool) == ["schema/unknown-value"]
        assert editor.codes(model) == ["schema/unknown-value"]
        editor.close(tool)
        await editor.until(lambda: not editor.shown[tool])
        assert editor.codes(model) == ["schema/unknown-value"]


@pytest.mark.parametrize(
    ("encoding", "start"),
    [(None, 20), (types.PositionEncodingKind.Utf16, 20), (types.PositionEncodingKind.Utf8, 22)],
)
def test_positions_count_as_the_editor_does(
    plugin: Path, encoding: types.PositionEncodingKind | None, start: int
) -> None:
    general = types.GeneralClientCapabilities(position_encodings=[encoding]) if encoding is not None else None

    @in_editor(plugin.parent, capabilities=types.ClientCapabilities(general=general))
    async def scene(editor: Editor) -> None:
        uri = editor.open(tool_of(plugin), "parameters:\n  - {a: '😀', type: strin}\n")
        await editor.until(lambda: "schema/unknown-value" in editor.codes(uri))
        (found,) = (item for item in editor.shown[uri] if item.code == "schema/unknown-value")
        assert (found.range.start.line, found.range.start.character) == (1, start)
        assert found.range.end.character == start + 5


def test_a_change_on_the_disk_counts(plugin: Path) -> None:
    readme = plugin / "README.md"

    @in_editor(plugin.parent)
    async def scene(editor: Editor) -> None:
        uri = editor.open(plugin / "manifest.yaml")
        await editor.until(lambda: editor.shown.get(uri) == [] and editor.registered)
        assert editor.registered == [types.WORKSPACE_DID_CHANGE_WATCHED_FILES]
        content = readme.read_text(encoding="utf-8")
        readme.unlink()
        editor.told_of(readme)
        # What is about a file that is not there stands in the manifest.
        await editor.until(lambda: editor.shown[uri])
        assert all(item.range.start == types.Position(0, 0) for item in editor.shown[uri])
        readme.write_text(content, encoding="utf-8")
        editor.told_of(readme)
        await editor.until(lambda: editor.shown[uri] == [])


def test_what_is_not_judged_is_said(plugin: Path) -> None:
    big = plugin / "tools" / "big.py"
    big.write_text("a\n" * 100_001, encoding="utf-8")
    (plugin / "main.py").write_text("import tools.big\n", encoding="utf-8")

    @in_editor(plugin.parent)
    async def scene(editor: Editor) -> None:
        manifest = editor.open(plugin / "manifest.yaml")
        await editor.until(lambda: big.as_uri() in editor.shown and manifest in editor.shown)
        said = "Not judged: this file has more than 100,000 words and marks, and is not parsed."
        assert [item.message for item in editor.shown[big.as_uri()]] == [said]
        assert any(item.message.startswith("Not judged: `") for item in editor.shown[manifest])


def test_what_is_open_stands_over_what_is_saved(plugin: Path) -> None:
    text = tool_of(plugin).read_text(encoding="utf-8")

    @in_editor(plugin.parent)
    async def scene(editor: Editor) -> None:
        uri = editor.open(tool_of(plugin))
        manifest = editor.open(plugin / "manifest.yaml")
        await editor.until(lambda: editor.shown.get(uri) == [])
        tool_of(plugin).write_text(text.replace(*MISSPELT), encoding="utf-8")
        editor.told_of(tool_of(plugin))
        editor.close(uri)
        await editor.until(lambda: editor.shown[uri])
        assert editor.shown[manifest] == []


def test_the_configuration_of_the_repository_counts(plugin: Path) -> None:
    init(plugin.parent)
    configuration = plugin.parent / ".github" / "dify-plugin-review.yml"
    configuration.parent.mkdir()
    configuration.write_text("rules: {schema/unknown-value: notice}\n")

    @in_editor(plugin)
    async def scene(editor: Editor) -> None:
        uri = editor.open(tool_of(plugin), tool_of(plugin).read_text(encoding="utf-8").replace(*MISSPELT))
        await editor.until(lambda: editor.shown.get(uri))
        assert editor.shown[uri][0].severity is types.DiagnosticSeverity.Information
        configuration.write_text("ignores: [{paths: tool/tools/**, reason: of no use}]\n")
        editor.told_of(configuration)
        await editor.until(lambda: not editor.shown[uri])
        configuration.write_text("profil: author\n")
        editor.told_of(configuration)
        await editor.until(lambda: editor.messages)
        assert "`profil`" in editor.messages[0]
        # While it is wrong, the last one that was right counts.
        assert not editor.shown[uri]
        configuration.write_text("rules: {schema/unknown-value: warning}\n")
        editor.told_of(configuration)
        await editor.until(lambda: editor.shown[uri])
        assert editor.shown[uri][0].severity is types.DiagnosticSeverity.Warning


def test_nothing_is_said_of_a_document_of_no_plugin(plugin: Path) -> None:
    other = plugin.parent / "compose.yaml"
    other.write_text("services: {a: {a: b}\n")

    @in_editor(plugin.parent)
    async def scene(editor: Editor) -> None:
        editor.open(other)
        editor.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem("untitled:Untitled-1", "yaml", 1, "type: plugin\n"))
        )
        uri = editor.open(tool_of(plugin))
        await editor.until(lambda: uri in editor.shown)
        assert set(editor.shown) == {uri}


def test_a_plugin_that_is_written_anew_is_found(tmp_path: Path) -> None:
    manifest = (EXAMPLES / "tool" / "manifest.yaml").read_text(encoding="utf-8")

    @in_editor(tmp_path)
    async def scene(editor: Editor) -> None:
        uri = editor.open(tmp_path / "manifest.yaml", "")
        editor.change(uri, manifest, 2)
        await editor.until(lambda: editor.shown.get(uri))
        assert "reference/missing-file" in editor.codes(uri)


# --- what the author asks ---------------------------------------------------------------------------------------------


class Asked:
    """Questions about places in a document: each place by the text that the cursor stands behind."""

    def __init__(self, editor: Editor, path: Path, text: str | None = None) -> None:
        self.text = path.read_text(encoding="utf-8") if text is None else text
        self.uri = editor.open(path, self.text)
        self.document = types.TextDocumentIdentifier(self.uri)
        self._editor = editor

    def after(self, written: str) -> types.Position:
        offset = self.text.index(written) + len(written)
        line = self.text.count("\n", 0, offset)
        return types.Position(line, offset - (self.text.rfind("\n", 0, offset) + 1))

    async def completion(self, written: str) -> dict[str, str]:
        """What is offered, with what would then be written."""
        params = types.CompletionParams(self.document, self.after(written))
        found = await self._editor.text_document_completion_async(params)
        assert isinstance(found, types.CompletionList)
        return {item.label: item.text_edit.new_text if item.text_edit else "" for item in found.items}

    async def hover(self, written: str) -> str:
        found = await self._editor.text_document_hover_async(types.HoverParams(self.document, self.after(written)))
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    async def definition(self, written: str) -> list[str]:
        params = types.DefinitionParams(self.document, self.after(written))
        found = await self._editor.text_document_definition_async(params)
        assert isinstance(found, Sequence)
        return [item.uri for item in found if isinstance(item, types.Location)]

    async def actions(self, written: str, *kinds: types.CodeActionKind | str) -> list[types.CodeAction]:
        place = types.Range(self.after(written), self.after(written))
        params = types.CodeActionParams(self.document, place, types.CodeActionContext([], only=kinds or None))
        found = await self._editor.text_document_code_action_async(params)
        return [item for item in found or () if isinstance(item, types.CodeAction)]


def test_questions_are_answered_over_the_wire(plugin: Path) -> None:
    text = tool_of(plugin).read_text(encoding="utf-8").replace(*MISSPELT)

    @in_editor(plugin.parent)
    async def scene(editor: Editor) -> None:
        asked = Asked(editor, tool_of(plugin), text)
        await editor.until(lambda: editor.shown.get(asked.uri))
        assert (await asked.completion("type: st"))["string"] == "string"
        assert (await asked.hover("type: str")).startswith("**`type`**")
        assert await asked.definition("source: tools/") == [(plugin / "tools" / "current_weather.py").as_uri()]
        (action,) = await asked.actions("type: str", types.CodeActionKind.QuickFix)
        assert action.title == "Write `string` (look at it first)"
        assert action.edit
        assert action.edit.changes
        # A question after a change is about the text after it.
        editor.change(asked.uri, f"\n{text}", 2)
        asked.text = f"\n{text}"
        (action,) = await asked.actions("type: str", types.CodeActionKind.QuickFix)
        assert action.edit
        ((_, (edit,)),) = (action.edit.changes or {}).items()
        assert edit.range.start.line == 18


@pytest.mark.parametrize("resolves", [True, False])
def test_all_that_is_safe_is_fixed_in_one_step(plugin: Path, resolves: bool) -> None:
    manifest = plugin / "manifest.yaml"
    text = manifest.read_text(encoding="utf-8").replace("\nlabel:", "\nlabels:")
    support = types.ClientCodeActionResolveOptions(["edit"]) if resolves else None
    capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
        ),
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(resolve_support=support)
        ),
    )

    @in_editor(plugin.parent, capabilities=capabilities)
    async def scene(editor: Editor) -> None:
        asked = Asked(editor, manifest, text)
        await editor.until(lambda: editor.shown.get(asked.uri))
        (action,) = await asked.actions("author: a", types.CodeActionKind.SourceFixAll)
        assert action.title == "Fix all that is safe in this plugin"
        if resolves:
            assert action.edit is None
            action = await editor.code_action_resolve_async(action)
        assert action.edit
        assert action.edit.document_changes
        (change,) = action.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(asked.uri, 1)
        assert [edit.new_text for edit in change.edits if isinstance(edit, types.TextEdit)] == ["label:\n"]


def test_positions_that_are_not_there_are_answered(plugin: Path) -> None:
    @in_editor(plugin.parent)
    async def scene(editor: Editor) -> None:
        asked = Asked(editor, tool_of(plugin))
        far = types.Position(10**9, 10**9)
        unknown = types.TextDocumentIdentifier("file:///nowhere/a.yaml")
        for document in (asked.document, unknown):
            assert await editor.text_document_hover_async(types.HoverParams(document, far)) is None
            offered = await editor.text_document_completion_async(types.CompletionParams(document, far))
            assert isinstance(offered, types.CompletionList)
            # A place behind the end of a document is its end, and keys may be added there.
            assert document is asked.document or not offered.items
            assert not await editor.text_document_definition_async(types.DefinitionParams(document, far))
            context = types.CodeActionContext([])
            found = types.CodeActionParams(document, types.Range(far, types.Position(0, 0)), context)
            assert not await editor.text_document_code_action_async(found)
        odd = await editor.code_action_resolve_async(types.CodeAction("odd", data={"uri": 3}))
        assert odd.edit is None


# --- editors that are broken ------------------------------------------------------------------------------------------


def message(content: object) -> bytes:
    body = json.dumps(content).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def request(number: int, method: str, params: object) -> bytes:
    return message({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def notify(method: str, params: object) -> bytes:
    return message({"jsonrpc": "2.0", "method": method, "params": params})


START = request(1, "initialize", {"capabilities": {}, "processId": None, "rootUri": None}) + notify("initialized", {})
END = request(99, "shutdown", None) + notify("exit", None)


class Served(Struct, frozen=True):
    """What a server does that gets just some bytes: how it ends, what it logs, and its answers by their numbers."""

    code: int
    log: list[str]
    answers: dict[Any, dict[str, Any]]


def process(*messages: bytes) -> Served:
    command = [sys.executable, "-P", "-m", "bot", "lsp", "--stdio"]
    ended = subprocess.run(command, input=b"".join(messages), capture_output=True, timeout=60, check=False)
    return Served(ended.returncode, ended.stderr.decode().splitlines(), read_answers(ended.stdout))


def serve(*messages: bytes) -> Served:
    """The same without a process."""
    log: list[str] = []
    said = io.BytesIO()
    said.close = said.flush  # type: ignore[method-assign]
    code = server_of(None, None, log.append, use_config=True).serve(io.BytesIO(b"".join(messages)), said)
    return Served(code, log, read_answers(said.getvalue()))


def read_answers(rest: bytes) -> dict[Any, dict[str, Any]]:
    found = {}
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = int(head.split(b":")[1].split(b"\r\n")[0])
        content = json.loads(rest[:length])
        rest = rest[length:]
        found[content.get("id")] = content
    return found


@pytest.mark.parametrize("run", [process, serve])
def test_a_server_ends_as_it_is_asked_to(run: Callable[..., Served]) -> None:
    served = run(START, END)
    assert (served.code, served.log) == (0, [])
    assert served.answers[99] == {"jsonrpc": "2.0", "id": 99, "result": None}


BROKEN = [
    message([]),
    message(None),
    message({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": 3}}),
    notify("textDocument/didOpen", {"textDocument": {"uri": "\0", "languageId": "", "version": 1, "text": ""}}),
    notify("textDocument/didOpen", {"textDocument": {"uri": "file://[", "languageId": "", "version": 1, "text": ""}}),
    notify("textDocument/didChange", {"textDocument": {"uri": "file:///a", "version": 1}, "contentChanges": []}),
    notify(
        "textDocument/didChange",
        {"textDocument": {"uri": "file:///a", "version": 1}, "contentChanges": [{"text": "a"}]},
    ),
    notify("textDocument/didClose", {"textDocument": {"uri": "file:///nowhere"}}),
    notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": "%", "type": 9}]}),
    notify("no/such", {}),
    b"Content-Length: 3\r\n\r\n{]}",
    b"Content-Length: 2\r\n\r\n\xff\xff",
    b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000,
    b"Content-Length: -5\r\n\r\n",
    START,
    request(7, "textDocument/hover", {"textDocument": {"uri": "file:///a"}, "position": {"line": -1, "character": 0}}),
]


def test_a_broken_message_is_said_in_a_sentence_and_no_more() -> None:
    served = process(START, *BROKEN, END)
    assert served.code == 0
    assert 99 in served.answers
    assert 0 < len(served.log) <= len(BROKEN)
    assert all(line.startswith("dify-plugin-review lsp: ") and len(line) < 400 for line in served.log)


def test_a_message_without_end_is_said_in_a_sentence() -> None:
    served = process(START, b"Content-Length: 1000000000000\r\n\r\n{}")
    sentence = "dify-plugin-review lsp: the editor announces a message that is larger than the memory"
    assert (served.code, served.log) == (1, [sentence])


def test_an_unknown_request_is_answered_with_an_error() -> None:
    served = serve(START, request(2, "no/such", {}), END)
    assert served.code == 0
    assert served.answers[2]["error"]["code"] == types.ErrorCodes.MethodNotFound


@pytest.mark.parametrize("said", [START, START + b"Content-Length: 100\r\n\r\n{", b"", b"GET / HTTP/1.1\r\n\r\n"])
def test_an_editor_that_goes_away_ends_the_server(said: bytes) -> None:
    served = serve(said)
    assert served.code == 1
    *others, last = served.log
    assert last == "the editor went away without `shutdown`"
    assert len(others) <= 1


def test_a_server_whose_answers_nobody_reads_ends(plugin: Path) -> None:
    command = [sys.executable, "-P", "-m", "bot", "lsp"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdin
        assert server.stdout
        assert server.stderr
        server.stdout.close()
        server.stdin.write(START)
        server.stdin.flush()
        assert server.wait(60) == 1
        assert server.stderr.read().decode().count("\n") == 1


def test_the_server_is_an_extra(tmp_path: Path) -> None:
    script = "import sys; sys.modules['pygls'] = None; from bot.command.cli import main; sys.exit(main(['lsp']))"
    command = [sys.executable, "-P", "-c", script]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "the extra `lsp`" in ended.stderr


def test_capabilities_say_what_the_server_does() -> None:
    capabilities = serve(START, END).answers[1]["result"]["capabilities"]
    assert capabilities["positionEncoding"] == "utf-16"
    assert capabilities["textDocumentSync"]["change"] == types.TextDocumentSyncKind.Full
    assert CAPABILITIES.workspace
