"""What the editor asks about a position: completion, documentation, fixes, and the files that a value leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lsprotocol import types
from pygls.capabilities import get_capability

from bot.document import Document, read_document
from bot.editor.actions import edits_between, edits_of, overlap
from bot.editor.completion import complete
from bot.editor.definition import files_at
from bot.editor.fields import field_at, kind_in, pointer_at
from bot.editor.hover import Markup
from bot.editor.text import Text
from bot.editor.view import Place, View
from bot.editor.workspace import Project
from bot.findings import Safety
from bot.fixes.fix import FileChange, Outcome
from bot.languages import told
from bot.messages import say
from bot.rules.registry import catalogue

QUICK_FIX: Final = types.CodeActionKind.QuickFix
FIX_ALL: Final = "source.fixAll.dify-plugin-review"


class Answers:
    """Answers from the last review and from the text as it is now. `capabilities` says what the editor can show."""

    def __init__(self, view: View, capabilities: types.ClientCapabilities) -> None:
        self._view = view
        self._capabilities = capabilities

    @property
    def _markup(self) -> Markup:
        wanted = get_capability(self._capabilities, "text_document.hover.content_format", ())
        return Markup(types.MarkupKind.Markdown in (wanted or ()))

    def completion(self, place: Place) -> list[types.CompletionItem]:
        with self._view.speaking(place.project):
            return complete(place.project, place.path, place.text, place.offset, self._markup)

    def hover(self, place: Place) -> types.Hover | None:
        """The documentation of the field at a position, and the rules of the findings there."""
        markup = self._markup
        here = types.Range(place.position, place.position)
        shown = self._view.diagnostics(place.project).get(place.uri, ())
        ids = dict.fromkeys(str(item.code) for item in shown if overlap(item.range, here))
        with self._view.speaking(place.project):
            rules = [markup.rule(rule) for id in ids if (rule := catalogue().get(id)) is not None]
            paragraphs = [*self._about_field(place, markup), *rules]
        return types.Hover(markup.content(paragraphs)) if paragraphs else None

    def _about_field(self, place: Place, markup: Markup) -> list[str]:
        kind = kind_in(place.project, place.path, place.text.content)
        pointer = pointer_at(_document(place), place.text, place.offset) if kind is not None else None
        field = field_at(kind, pointer) if kind is not None and pointer else None
        if field is None or pointer is None:
            return []
        name = next((part for part in reversed(pointer) if isinstance(part, str)), None)
        return markup.about_field(field, name)

    def definition(self, place: Place) -> list[types.Location]:
        plugin = place.project.plugin
        if plugin is None or place.path not in plugin.documents:
            return []
        pointer = pointer_at(_document(place), place.text, place.offset)
        files = files_at(plugin, place.path, pointer) if pointer is not None else []
        start = Text("").range_of(None)
        return [types.Location(self._view.uri_of(place.project.folder / file), start) for file in files]

    # --- fixes --------------------------------------------------------------------------------------------------------

    def actions(
        self, project: Project, uri: str, where: types.Range, only: Sequence[str] | None
    ) -> list[types.CodeAction]:
        """The fixes of the findings in a range, and the one that makes all safe fixes, which comes without its change.

        The last review has to be of the plugin as it is now.
        """
        with self._view.speaking(project):
            found = list(self._quick_fixes(project, uri, where)) if _is_wanted(QUICK_FIX, only) else []
            fixes = [fix for finding in project.findings if (fix := finding.fix) is not None]
            is_safe = any(fix.safety is Safety.SAFE and (fix.edits or fix.moves) for fix in fixes)
            if _is_wanted(FIX_ALL, only) and is_safe:
                data = {"uri": uri, "generation": project.generation}
                title = told(say("Fix all that is safe in this plugin"))
                found.append(types.CodeAction(title, kind=FIX_ALL, data=data))
            return found

    def _quick_fixes(self, project: Project, uri: str, where: types.Range) -> Iterator[types.CodeAction]:
        for finding in project.findings:
            fix = finding.fix
            if fix is None:
                continue
            place, shown = self._view.diagnostic(project, finding)
            edit = None
            if place == uri and overlap(shown.range, where):
                edits = edits_of(fix.edits, self._view.texts(project), project.files.entries())
                edit = self._edit(project, edits, [(move.path, move.to) for move in fix.moves])
            if edit is not None:
                is_safe = fix.safety is Safety.SAFE
                yield types.CodeAction(
                    told(fix.title if is_safe else say("{title} (look at it first)", title=fix.title)),
                    kind=QUICK_FIX,
                    diagnostics=[shown],
                    is_preferred=is_safe or None,
                    edit=edit,
                )

    def is_resolved_later(self) -> bool:
        """Whether the editor asks for the change of an action when it is chosen."""
        asked = get_capability(self._capabilities, "text_document.code_action.resolve_support.properties", ())
        return "edit" in (asked or ())

    def changes(self, project: Project, outcome: Outcome) -> types.WorkspaceEdit | None:
        """What the fixes make of a plugin, as a change of the editor."""
        texts = self._view.texts(project)
        edits = {
            path: edits_between(texts.get(path, Text("")), Text(change.after.decode("utf-8", "replace")).content)
            for path, change in outcome.changes.items()
            if change.after != change.before and (path in texts or change.before is None)
        }
        moves = [(path, change.to) for path, change in outcome.changes.items() if change.to is not None]
        return self._edit(project, edits, moves)

    def can_make(self, changes: Mapping[str, FileChange]) -> bool:
        """Whether the editor makes and moves files, where the changes need it."""
        made = any(change.before is None for change in changes.values())
        return self._has_operations(made, any(change.to is not None for change in changes.values()))

    def _has_operations(self, create: bool, rename: bool) -> bool:
        can = get_capability(self._capabilities, "workspace.workspace_edit.resource_operations", ()) or ()
        needed = {types.ResourceOperationKind.Create: create, types.ResourceOperationKind.Rename: rename}
        return all(kind in can for kind, is_needed in needed.items() if is_needed)

    def _edit(
        self,
        project: Project,
        changes: Mapping[str, list[types.TextEdit]] | None,
        moves: Sequence[tuple[str, str]],
    ) -> types.WorkspaceEdit | None:
        """The change of several files of a plugin; of the version that is open, where the editor can be told."""
        if changes is None or not (changes or moves):
            return None
        by_uri = {self._view.uri_of(project.folder / path): edits for path, edits in changes.items()}
        created = [project.folder / path for path in changes if path not in project.files.entries()]
        if not self._has_operations(bool(created), bool(moves)):
            return None
        # Neovim makes and moves files, and does not say that it takes the form in which that is written.
        has_form = get_capability(self._capabilities, "workspace.workspace_edit.document_changes", False)
        if not (has_form or created or moves):
            return types.WorkspaceEdit(changes=by_uri)
        buffers = self._view.plugins.buffers
        versions = {uri: buffers[uri].version if uri in buffers else None for uri in by_uri}
        return types.WorkspaceEdit(
            document_changes=[
                *(types.CreateFile(self._view.uri_of(path)) for path in created),
                *(
                    types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, versions[uri]), edits)
                    for uri, edits in by_uri.items()
                ),
                *(
                    types.RenameFile(self._view.uri_of(project.folder / path), (project.folder / to).as_uri())
                    for path, to in moves
                ),
            ]
        )


def _document(place: Place) -> Document:
    """The document as it is in the editor: that of the last review where it has not changed since."""
    linked = place.project.plugin.documents.get(place.path) if place.project.plugin is not None else None
    if linked is not None and linked.document.text == place.text.content:
        return linked.document
    return read_document(place.path, place.text.content.encode("utf-8", "surrogatepass"))


def _is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether an editor asks for actions of a kind: it may name a part of it."""
    return only is None or any(kind == name or kind.startswith(f"{name}.") for name in map(_value, only))


def _value(kind: str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind
