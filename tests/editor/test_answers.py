"""What is answered about a position: the text that the cursor stands behind says which."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lsprotocol import types

from bot.editor.answers import FIX_ALL, Answers
from bot.editor.view import Place, View
from bot.editor.workspace import Buffer, Project, Workspace, review_moment
from bot.fixes.fix import find_fixes
from bot.options import Options
from bot.rules.registry import catalogue

EXAMPLES = Path(__file__).parents[2] / "bot" / "examples"
MARKDOWN = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown])
    )
)
VERSIONS = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
    )
)
MISSPELT = ("type: string", "type: strin")


class Desk:
    """A plugin whose documents are open, in an editor with these capabilities."""

    def __init__(
        self, folder: Path, capabilities: types.ClientCapabilities = MARKDOWN, options: Options | None = None
    ) -> None:
        self.folder = folder
        self.workspace = Workspace(lambda _: options or Options(), print)
        self.view = View(self.workspace)
        self.answers = Answers(self.view, capabilities)

    def open(self, name: str, change: Callable[[str], str] = str, version: int = 1) -> str:
        path = self.folder / name
        text = change(path.read_text(encoding="utf-8") if path.exists() else "")
        self.workspace.put(Buffer(path.as_uri(), path, text, version))
        return path.as_uri()

    @property
    def project(self) -> Project:
        (project,) = self.workspace.projects.values()
        return project

    def review(self) -> None:
        self.project.outcome = review_moment(self.workspace.moment(self.project))

    def place(self, uri: str, written: str) -> Place:
        text = self.workspace.buffers[uri].text
        offset = text.index(written) + len(written)
        line = text.count("\n", 0, offset)
        found = self.view.place(uri, types.Position(line, offset - (text.rfind("\n", 0, offset) + 1)))
        assert found is not None
        return found

    def completion(self, uri: str, written: str) -> dict[str, str]:
        """What is offered, with what would then be written."""
        items = self.answers.completion(self.place(uri, written))
        return {item.label: item.text_edit.new_text if item.text_edit else "" for item in items}

    def hover(self, uri: str, written: str) -> str:
        found = self.answers.hover(self.place(uri, written))
        assert found is None or isinstance(found.contents, types.MarkupContent)
        return found.contents.value if found is not None and isinstance(found.contents, types.MarkupContent) else ""

    def definition(self, uri: str, written: str) -> list[str]:
        return [item.uri for item in self.answers.definition(self.place(uri, written))]

    def actions(self, uri: str, written: str, *kinds: str) -> list[types.CodeAction]:
        position = self.place(uri, written).position
        return self.answers.actions(self.project, uri, types.Range(position, position), kinds or None)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Path(shutil.copytree(EXAMPLES / "tool", tmp_path / "tool")))


TOOL = "tools/current_weather.yaml"
PROVIDER = "provider/weather.yaml"


# --- completion -------------------------------------------------------------------------------------------------------


def test_keys_and_words_of_the_format_are_offered(desk: Desk) -> None:
    tool = desk.open(TOOL, lambda text: text.replace("    form: llm\n", "    \n"))
    desk.review()
    assert {"string", "secret-input", "dynamic-select"} <= desk.completion(tool, "type: st").keys()
    keys = desk.completion(tool, "required: true\n    ")
    assert (keys["form"], keys["options"]) == ("form: ", "options:")
    # What is there already is not offered again.
    assert keys.keys().isdisjoint({"name", "type", "llm_description"})
    assert desk.completion(tool, "required: t") == {"true": "true", "false": "false"}
    assert desk.completion(tool, "llm_description: The name") == {}
    assert desk.completion(tool, "source: tools/")["tools/current_weather.py"] == "tools/current_weather.py"


def test_what_is_needed_comes_first(desk: Desk) -> None:
    tool = desk.open(TOOL, lambda _: "parameters:\n  - ")
    desk.review()
    items = {item.label: item for item in desk.answers.completion(desk.place(tool, "  - "))}
    assert (items["type"].sort_text or "") < (items["min"].sort_text or "")
    assert (items["type"].detail, items["min"].detail) == ("required", "a number")
    documentation = items["type"].documentation
    assert isinstance(documentation, types.MarkupContent)
    assert documentation.value.startswith("The type of the value.")


def test_a_value_is_parted_from_its_colon(desk: Desk) -> None:
    tool = desk.open(TOOL, lambda text: text.replace("form: llm", "form:"))
    desk.review()
    assert desk.completion(tool, "required: true\n    form:")["llm"] == " llm"


def test_half_a_key_is_no_yaml_and_is_completed(desk: Desk) -> None:
    tool = desk.open(TOOL, lambda text: f"{text}\nhas_\n  - {{")
    desk.review()
    assert "has_runtime_parameters" in desk.completion(tool, "\nhas_")


def test_files_are_offered_where_a_path_is_written(desk: Desk) -> None:
    provider = desk.open(PROVIDER)
    (desk.folder / "_assets" / "a: b.svg").write_text("")
    desk.review()
    assert list(desk.completion(provider, "tools:\n  - ")) == [TOOL]
    assert list(desk.completion(provider, "icon: ")) == ["icon.svg"]


@pytest.mark.parametrize(("name", "written"), [("tools/forecast.yaml", "iden"), ("manifest.yaml", "lab")])
def test_a_document_that_is_new_is_completed_as_its_place_says(desk: Desk, name: str, written: str) -> None:
    new = desk.open(name, lambda _: written)
    desk.review()
    assert f"{written}tity" in desk.completion(new, written) or "label" in desk.completion(new, written)


def test_nothing_is_offered_in_what_is_no_document(desk: Desk) -> None:
    readme, other = desk.open("README.md", lambda _: "ty"), desk.open("other.yaml", lambda _: "ty")
    desk.review()
    assert desk.completion(readme, "ty") == desk.completion(other, "ty") == {}
    assert desk.hover(readme, "ty") == desk.hover(other, "ty") == ""


def test_a_document_of_a_plugin_that_was_not_reviewed_yet_is_not_known(desk: Desk) -> None:
    tool = desk.open(TOOL)
    assert desk.completion(tool, "type: st") == {}
    assert desk.hover(tool, "type: st") == ""
    assert desk.definition(tool, "source: tools") == []


# --- hover ------------------------------------------------------------------------------------------------------------


def test_hover_shows_the_field_and_the_rule(desk: Desk) -> None:
    tool = desk.open(TOOL, lambda text: text.replace(*MISSPELT))
    desk.review()
    shown = desk.hover(tool, "type: str")
    assert shown.startswith("**`type`**\n\nThe type of the value.\n\nOne of `string`, ")
    rule = catalogue()["schema/unknown-value"]
    assert f"**[schema/unknown-value]({rule.docs})**: {rule.summary}\n\n{rule.why}\n\n**Fix.** {rule.fix}" in shown
    assert "https://github.com/langgenius/dify-plugin-sdks/blob/" in shown
    assert desk.hover(tool, "    for").startswith("**`form`**\n\nWho gives the value")
    assert desk.hover(tool, "  - na").startswith("**`name`**: text")
    assert desk.hover(tool, "parame").startswith("**`parameters`**: a list of mappings")


def test_hover_reads_lines_where_the_text_cannot_be_parsed(desk: Desk) -> None:
    tool = desk.open(TOOL, lambda text: f"{text}\n  - {{")
    desk.review()
    assert desk.hover(tool, "    for").startswith("**`form`**")
    assert desk.hover(tool, "form: ll").startswith("**`form`**")


def test_hover_says_where_a_path_leads(desk: Desk) -> None:
    provider = desk.open(PROVIDER)
    desk.review()
    assert "the path from the plugin root of a tool" in desk.hover(provider, "- tools/cur")
    assert "the name of a file in `_assets`" in desk.hover(provider, "icon: ic")
    assert "the path from the plugin root of a Python file" in desk.hover(provider, "source: pro")


def test_hover_is_plain_text_for_an_editor_that_shows_no_markdown(desk: Desk) -> None:
    desk.answers = Answers(desk.view, types.ClientCapabilities())
    tool = desk.open(TOOL)
    desk.review()
    shown = desk.hover(tool, "    typ")
    assert shown.startswith("`type`\n\n")
    assert "**" not in shown


def test_what_a_plugin_writes_takes_no_effect_in_what_is_shown(desk: Desk) -> None:
    name = "[x](https://evil.example) **y** <img src=a> `z` \u202e"
    provider = desk.open(PROVIDER, lambda text: text.replace("  api_key:", f"  {json.dumps(name)}:", 1))
    desk.review()
    assert desk.hover(provider, '"[x](').startswith("**``[x](https://evil.example) **y** <img src=a> `z` \\u202e``**")
    messages = [item.message for item in desk.view.diagnostics(desk.project)[provider]]
    assert messages
    assert not any("\u202e" in message for message in messages)


# --- definition -------------------------------------------------------------------------------------------------------


def test_values_lead_to_the_files_that_they_name(desk: Desk) -> None:
    manifest, provider = desk.open("manifest.yaml"), desk.open(PROVIDER)
    desk.review()

    def uri(name: str) -> str:
        return (desk.folder / name).as_uri()

    assert desk.definition(manifest, "provider/wea") == [provider]
    assert desk.definition(manifest, "icon: ic") == [uri("_assets/icon.svg")]
    assert desk.definition(provider, "- tools/cur") == [uri(TOOL)]
    assert desk.definition(provider, "source: prov") == [uri("provider/weather.py")]
    assert desk.definition(manifest, "privacy: PRI") == [uri("PRIVACY.md")]
    assert desk.definition(provider, "author: a") == []


def test_a_pattern_leads_to_all_that_it_finds(tmp_path: Path) -> None:
    desk = Desk(Path(shutil.copytree(EXAMPLES / "model", tmp_path / "model")))
    provider = desk.open("provider/acme.yaml")
    desk.review()
    found = desk.definition(provider, "models/llm/*")
    assert found
    assert all("/models/llm/" in uri for uri in found)


# --- fixes ------------------------------------------------------------------------------------------------------------


def test_a_fix_is_offered_at_its_finding(desk: Desk) -> None:
    tool = desk.open(TOOL, lambda text: "# 😀\n" + text.replace(*MISSPELT))
    desk.review()
    (action,) = desk.actions(tool, "type: str", "quickfix")
    assert action.title == "Write `string` (look at it first)"
    assert [item.code for item in action.diagnostics or ()] == ["schema/unknown-value"]
    assert action.edit
    assert action.edit.changes
    ((uri, (edit,)),) = action.edit.changes.items()
    assert (uri, edit.new_text) == (tool, "string")
    assert edit.range == desk.view.diagnostics(desk.project)[tool][0].range
    assert desk.actions(tool, "author: ac", "quickfix") == []
    assert desk.actions(tool, "type: str", "refactor") == []


def with_files(*operations: types.ResourceOperationKind) -> types.ClientCapabilities:
    edit = types.WorkspaceEditClientCapabilities(resource_operations=operations)
    return types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(workspace_edit=edit))


BOTH = (types.ResourceOperationKind.Create, types.ResourceOperationKind.Rename)


def test_files_are_made_and_moved_where_the_editor_can(desk: Desk) -> None:
    desk.answers = Answers(desk.view, with_files(*BOTH))
    (desk.folder / "__pycache__").mkdir()
    cached = desk.folder / "__pycache__" / "x.pyc"
    cached.write_bytes(b"")
    (desk.folder / "README_CN.md").write_text("# 天气\n\n[English](README.md)\n", encoding="utf-8")
    lost = desk.open("README_CN.md", version=3)
    desk.review()
    outcome = desk.project.outcome
    assert outcome is not None
    (action,) = desk.actions(lost, "", "quickfix")
    place = (desk.folder / "readme/README_zh_Hans.md").as_uri()
    assert action.edit is not None
    edited, renamed = action.edit.document_changes or ()
    assert isinstance(edited, types.TextDocumentEdit)
    assert (edited.text_document.uri, edited.text_document.version) == (lost, 3)
    assert [edit.new_text for edit in edited.edits if isinstance(edit, types.TextEdit)] == ["../README.md"]
    assert renamed == types.RenameFile(lost, place)
    fixed = find_fixes(outcome.moment.files, [outcome.moment.root], outcome.moment.options)
    change = desk.answers.changes(desk.project, fixed)
    assert change is not None
    ignore = (desk.folder / ".difyignore").as_uri()
    assert [each for each in change.document_changes or () if not isinstance(each, types.TextDocumentEdit)] == [
        types.CreateFile(ignore),
        types.RenameFile(lost, place),
    ]
    assert desk.answers.can_make(fixed.changes)


@pytest.mark.parametrize("capabilities", [MARKDOWN, VERSIONS, with_files(types.ResourceOperationKind.Create)])
def test_files_are_not_moved_where_the_editor_cannot(desk: Desk, capabilities: types.ClientCapabilities) -> None:
    desk.answers = Answers(desk.view, capabilities)
    (desk.folder / "README_CN.md").write_text("# 天气\n", encoding="utf-8")
    lost = desk.open("README_CN.md")
    desk.review()
    outcome = desk.project.outcome
    assert outcome is not None
    assert desk.actions(lost, "", "quickfix") == []
    fixed = find_fixes(outcome.moment.files, [outcome.moment.root], outcome.moment.options)
    assert not desk.answers.can_make(fixed.changes)


def test_all_that_is_safe_is_what_fix_writes(desk: Desk) -> None:
    desk.answers = Answers(desk.view, VERSIONS)
    manifest = desk.open("manifest.yaml", lambda text: text.replace("\nlabel:", "\nlabels:"), version=7)
    desk.review()
    action = desk.actions(manifest, "author: a", "source.fixAll")[-1]
    assert (action.kind, action.edit) == (FIX_ALL, None)
    outcome = desk.project.outcome
    assert outcome is not None
    fixed = find_fixes(outcome.moment.files, [outcome.moment.root], outcome.moment.options)
    change = desk.answers.changes(desk.project, fixed)
    assert change is not None
    (document,) = change.document_changes or ()
    assert isinstance(document, types.TextDocumentEdit)
    assert document.text_document == types.OptionalVersionedTextDocumentIdentifier(manifest, 7)
    assert [edit.new_text for edit in document.edits if isinstance(edit, types.TextEdit)] == ["label:\n"]


def test_positions_that_are_not_there_are_answered(desk: Desk) -> None:
    tool = desk.open(TOOL)
    desk.review()
    far = desk.view.place(tool, types.Position(10**9, 10**9))
    assert far is not None
    # It counts as the end of the text.
    assert {item.label for item in desk.answers.completion(far)} == {"output_schema", "has_runtime_parameters"}
    assert desk.answers.definition(far) == []
    assert desk.view.place("file:///nowhere/a.yaml", types.Position(0, 0)) is None


def test_everything_is_told_in_the_language_of_the_configuration(desk: Desk) -> None:
    told = []
    for each in (desk, Desk(desk.folder, options=Options(language="zh_Hans"))):
        uri = each.open(TOOL, lambda text: text.replace(*MISSPELT).replace("    form: llm\n", "    \n"))
        each.review()
        shown = each.view.diagnostics(each.project)[uri]
        (item,) = (i for i in each.answers.completion(each.place(uri, "required: true\n    ")) if i.label == "form")
        titles = [action.title for action in each.actions(uri, "type: strin")]
        told.append([*(each.message for each in shown), each.hover(uri, "type: strin"), str(item.detail), *titles])
    for english, chinese in zip(*told, strict=True):
        assert not re.search("[\u4e00-\u9fff]", english)
        assert re.search("[\u4e00-\u9fff]", chinese)
    # The English stays beside an error.
    assert told[0][0].partition("\n")[0] in told[1][0]
