"""What can be written at a cursor: the keys of a mapping, the values that a field takes, and the files it can name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lsprotocol.types import CompletionItem, CompletionItemKind, MarkupContent, TextEdit

from bot.editor.cursor import Cursor, cursor_at
from bot.editor.fields import described, field_at, kind_in, leads_to
from bot.editor.hover import Markup
from bot.editor.text import Text
from bot.editor.workspace import Project
from bot.format.judge.fields import Field, step
from bot.format.models.base import Asset, Link, PythonSource
from bot.languages import told
from bot.messages import listed, say
from bot.patterns import regex
from bot.source import Kind

#: So many files are offered.
_MAX_FILES: Final = 500
#: The paths that can be written without quotes. Those that start with a dot are not for plugins.
_PLAIN: Final = regex(r"\w[\w./+-]*")


def complete(project: Project, path: str, text: Text, offset: int, markup: Markup) -> list[CompletionItem]:
    """What can stand at an offset of a document of a plugin."""
    cursor = cursor_at(text, offset)
    kind = kind_in(project, path, text.content) if cursor is not None else None
    field = field_at(kind, cursor.pointer) if cursor is not None and kind is not None else None
    if cursor is None or field is None:
        return []
    items = list(_keys(field, cursor, text, markup)) if cursor.is_key else []
    return [*items, *_values(field, cursor, text, project, path)] if cursor.is_value else items


def _keys(field: Field, cursor: Cursor, text: Text, markup: Markup) -> Iterator[CompletionItem]:
    offered: dict[str, tuple[Field, bool]] = {}
    for form in field.alternatives:
        for model in form.models:
            for name, info in model.model_fields.items():
                inner = step(form, name)
                if inner is not None and name not in cursor.keys:
                    offered.setdefault(name, (inner, info.is_required()))
    for index, (name, (inner, needed)) in enumerate(offered.items()):
        written = name if cursor.has_colon else f"{name}:{'' if _is_block(inner) else ' '}"
        yield _item(
            name,
            CompletionItemKind.Property,
            written,
            cursor,
            text,
            order=f"{0 if needed else 1}{index:03}",
            detail=_detail(inner, needed=needed),
            documentation=markup.field(inner),
        )


def _detail(field: Field, *, needed: bool) -> str:
    """Whether a key is required, and what it takes."""
    parts = [say("required") if needed else "", described(field)]
    return told(listed(part for part in parts if part)).replace("`", "")


def _is_block(field: Field) -> bool:
    """Whether the value goes to the lines below."""
    return any(form.models or described(form).startswith(("a list", "a mapping")) for form in field.alternatives)


def _values(field: Field, cursor: Cursor, text: Text, project: Project, path: str) -> Iterator[CompletionItem]:
    blank = " " if text.content[cursor.start - 1 : cursor.start] == ":" else ""
    for index, choice in enumerate(field.choices):
        if isinstance(choice, str):
            yield _item(
                choice, CompletionItemKind.EnumMember, blank + _scalar(choice), cursor, text, order=f"{index:03}"
            )
    if any(form.type is bool for form in field.alternatives):
        for word in ("true", "false"):
            yield _item(word, CompletionItemKind.Value, blank + word, cursor, text)
    for file in _files(field, project, path):
        yield _item(file, CompletionItemKind.File, blank + file, cursor, text, detail=told(leads_to(field)))


def _scalar(choice: str) -> str:
    """A word as YAML text, in quotes where it would be something else."""
    return f'"{choice}"' if choice.lower() in ("true", "false", "yes", "no", "on", "off", "null", "") else choice


def _files(field: Field, project: Project, path: str) -> list[str]:
    """The files of the plugin that a field of this kind can name."""
    paths = [name for name, entry in project.files.entries().items() if entry.kind is Kind.FILE and name != path]
    link = field.marker(Link)
    if link is not None:
        known = project.plugin.documents if project.plugin is not None else {}
        found: Iterable[str] = (
            name
            for name in paths
            if name.endswith((".yaml", ".yml")) and (name not in known or known[name].kind is link.to)
        )
    elif field.marker(Asset) is not None:
        found = (name.removeprefix("_assets/") for name in paths if name.startswith("_assets/"))
    elif field.marker(PythonSource) is not None:
        found = (name for name in paths if name.endswith(".py"))
    else:
        return []
    visible = [
        name for name in found if not any(part.startswith(".") for part in name.split("/")) and name.isprintable()
    ]
    return visible[:_MAX_FILES]


def _item(
    label: str,
    kind: CompletionItemKind,
    written: str,
    cursor: Cursor,
    text: Text,
    *,
    order: str = "",
    detail: str = "",
    documentation: MarkupContent | None = None,
) -> CompletionItem:
    return CompletionItem(
        label=label,
        kind=kind,
        detail=detail or None,
        documentation=documentation,
        sort_text=order or None,
        filter_text=label,
        text_edit=TextEdit(text.range_between(cursor.start, cursor.end), written),
    )
