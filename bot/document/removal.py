"""Takes an entry out of a mapping."""

from __future__ import annotations

import copy

from yaml import MappingNode, ScalarNode

from bot.document.edits import BadEdit, apply_edits
from bot.document.pointer import Pointer
from bot.document.reader import Document, read_document
from bot.findings import Edit, Span


def removed(document: Document, pointer: Pointer) -> Edit | None:
    """The edit that takes out the lines of the entry at `pointer`.

    None where its lines hold more than that, where nothing would be left of the mapping, and where the file would then
    say anything else.
    """
    node, text = document.node(pointer[:-1]), document.text
    if not isinstance(node, MappingNode) or node.flow_style or text is None or len(node.value) < 2:
        return None
    found = [(key, value) for key, value in node.value if isinstance(key, ScalarNode) and key.value == pointer[-1]]
    if len(found) != 1:
        return None
    key, value = found[0]
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    end = value.end_mark.index
    if text[end - 1] != "\n":  # A block scalar ends where the next line begins.
        next_line = text.find("\n", end)
        if next_line < 0 or text[end:next_line].strip():
            return None
        end = next_line + 1
    if text[start : key.start_mark.index].strip(" "):
        return None
    first, last = document.lines.position(start)[0], document.lines.position(end)[0]
    edit = Edit(document.path, Span(first, 1, last, 1), "")
    return edit if _is_right(document, text, pointer, edit) else None


def _is_right(document: Document, text: str, pointer: Pointer, edit: Edit) -> bool:
    try:
        after = read_document(document.path, apply_edits(text, [edit]).encode("utf-8", "surrogatepass"))
    except BadEdit:
        return False
    wanted = mapping = copy.deepcopy(document.data)
    for part in pointer[:-1]:
        mapping = mapping[part]
    del mapping[pointer[-1]]
    return len(after.problems) == len(document.problems) and bool(after.data == wanted)
