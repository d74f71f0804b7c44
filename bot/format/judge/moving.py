"""Moves a value to a key of the same mapping that holds nothing."""

from __future__ import annotations

import copy

from yaml import MappingNode, ScalarNode

from bot.document import Document, Pointer, read_document
from bot.document.edits import BadEdit, apply_edits
from bot.findings import Edit, Span


def moved(document: Document, pointer: Pointer, target: str) -> tuple[Edit, ...] | None:
    """The edits that rename the key at `pointer` to `target` and take out the line of the empty `target`.

    None where the line holds more than that, and where the file would then say anything else.
    """
    node, text = document.node(pointer[:-1]), document.text
    if not isinstance(node, MappingNode) or node.flow_style or text is None:
        return None
    keys = {key.value: (key, value) for key, value in node.value if isinstance(key, ScalarNode)}
    if len(keys) != len(node.value) or pointer[-1] not in keys or target not in keys:
        return None
    empty, nothing = keys[target]
    start = text.rfind("\n", 0, empty.start_mark.index) + 1
    end = text.find("\n", start) + 1
    written = text[start : end or None].replace(" ", "").rstrip("\r\n")
    plain = text[empty.start_mark.index : empty.end_mark.index] + ":"
    if not end or written != plain + text[nothing.start_mark.index : nothing.end_mark.index].replace(" ", ""):
        return None
    line = document.lines.position(start)[0]
    edits = (
        Edit(document.path, document.span_of(keys[str(pointer[-1])][0]), target),
        Edit(document.path, Span(line, 1, line + 1, 1), ""),
    )
    return edits if _is_right(document, text, pointer, target, edits) else None


def _is_right(document: Document, text: str, pointer: Pointer, target: str, edits: tuple[Edit, ...]) -> bool:
    try:
        after = read_document(document.path, apply_edits(text, edits).encode("utf-8", "surrogatepass"))
    except BadEdit:
        return False
    wanted = copy.deepcopy(document.data)
    mapping = wanted
    for part in pointer[:-1]:
        mapping = mapping[part]
    mapping[target] = mapping.pop(pointer[-1])
    return len(after.problems) == len(document.problems) and bool(after.data == wanted)
