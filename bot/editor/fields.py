"""What the format says of the place under a cursor: its kind of document, its field, and what documents it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_origin

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from bot.document import Document, Pointer, read_document
from bot.editor.cursor import cursor_at
from bot.editor.text import Text
from bot.editor.workspace import Project
from bot.findings import By
from bot.format.judge.fields import Field, resolve, step
from bot.format.kinds import MODELS
from bot.format.models.base import Asset, Glob, Link, PythonSource
from bot.format.references import cited, source_of
from bot.format.traits import DocumentKind
from bot.messages import joined, say
from bot.plugin.discovery import MANIFEST
from bot.plugin.kinds import shape_of

_WORDS: Final[Mapping[Any, str]] = {
    str: say("text"),
    int: say("a whole number"),
    float: say("a number"),
    bool: say("`true` or `false`"),
    dict: say("a mapping"),
    list: say("a list"),
}
_PLURALS: Final[Mapping[Any, str]] = {
    str: say("texts"),
    int: say("whole numbers"),
    float: say("numbers"),
    dict: say("mappings"),
}
#: Who can say where a field is written.
_READERS = (By.DOCS, By.PACKAGER, By.SDK, By.PLATFORM)
#: So many levels of a document are looked at.
_MAX_DEPTH = 100


def kind_in(project: Project, path: str, text: str) -> DocumentKind | None:
    """The kind of a document, also while its text cannot be parsed; None for what is not a document of the format."""
    plugin = project.plugin
    if plugin is None:
        return None
    linked = plugin.documents.get(path)
    if linked is not None:
        return linked.kind
    if path == MANIFEST:
        return DocumentKind.MANIFEST
    if not path.endswith((".yaml", ".yml")):
        return None
    # Nothing links to it yet: its keys tell, or what else lies in its folder.
    found = shape_of(read_document(path, text.encode("utf-8", "surrogatepass")).data)
    folder = path.rpartition("/")[0]
    beside = {each.kind for each in plugin.documents.values() if folder and each.path.rpartition("/")[0] == folder}
    return beside.pop() if len(beside) == 1 else found


def field_at(kind: DocumentKind, pointer: Pointer) -> Field | None:
    return resolve(MODELS[kind], pointer) if len(pointer) <= _MAX_DEPTH else None


def pointer_at(document: Document, text: Text, offset: int) -> Pointer | None:
    """The value or the key under a position; None where there is nothing."""
    if document.root is None:
        cursor = cursor_at(text, offset)
        if cursor is None:
            return None
        word = text.content[cursor.start : cursor.end]
        return (*cursor.pointer, word) if cursor.is_key and word else cursor.pointer
    node: Node = document.root
    pointer: list[str | int] = []
    while len(pointer) <= _MAX_DEPTH:
        part, inner = _below(node, offset)
        if part is None:
            break
        pointer.append(part)
        if inner is None:
            break
        node = inner
    return tuple(pointer) or None


def _below(node: Node, offset: int) -> tuple[str | int | None, Node | None]:
    """The part of a node that holds an offset; no node where it is the key itself."""
    found: tuple[str | int | None, Node | None] = (None, None)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                if _holds(key, offset):
                    return key.value, None
                # A block ends where the next key starts: the last one that fits is meant.
                if _holds(value, offset):
                    found = key.value, value
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            if _holds(item, offset):
                found = index, item
    return found


def _holds(node: Node, offset: int) -> bool:
    return bool(node.start_mark.index <= offset <= node.end_mark.index)


def described(field: Field) -> str:
    """The type of a value, in words; "" where it can be anything, and for a choice."""
    return joined("{first} or {second}", dict.fromkeys(word for form in field.alternatives if (word := _word(form))))


def _word(form: Field, words: Mapping[Any, str] = _WORDS) -> str:
    if form.models:
        return words[dict]
    origin = get_origin(form.type) or form.type
    item = step(form, 0) if origin is list else None
    if item is not None:
        inner = dict.fromkeys(_word(each, _PLURALS) for each in item.alternatives)
        return say("a list of {items}", items=joined("{first} or {second}", inner)) if all(inner) else words[list]
    return words.get(origin, "") if isinstance(origin, type) else ""


def leads_to(field: Field) -> str:
    """What a path in the field leads to, as a clause; "" for what is not a path."""
    link, glob = field.marker(Link), field.marker(Glob)
    if link is not None:
        return say("the path from the plugin root of a {kind}", kind=link.to.value)
    if glob is not None:
        return say("a pattern from the plugin root for {kind} files", kind=glob.to.value)
    if field.marker(Asset) is not None:
        return say("the name of a file in `_assets`")
    if field.marker(PythonSource) is not None:
        return say("the path from the plugin root of a Python file")
    return ""


def sources(field: Field) -> list[tuple[str, str, str]]:
    """Who speaks of the field, in which file and line, and its address."""
    found = []
    for by in _READERS:
        name = say("daemon") if by is By.PACKAGER else by.value
        for part, address in cited(source_of(field.origin, by)):
            if address:
                found.append((name, part, address))
    return found
