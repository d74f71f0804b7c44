"""Moves an entry: to a key of the same mapping that holds nothing, or with its lines into another mapping."""

from __future__ import annotations

import copy
from typing import Any

from yaml import CollectionNode, MappingNode, Node, ScalarNode

from bot.document import Document, Pointer, read_document
from bot.document.edits import BadEdit, apply_edits
from bot.findings import Edit, Span

#: What stands in a mapping that held nothing is so many columns further right.
_STEP = 2


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
    return edits if _is_right(document, text, pointer, (*pointer[:-1], target), edits) else None


def moved_into(document: Document, pointer: Pointer, target: Pointer) -> tuple[Edit, ...] | None:
    """The edits that take the lines of the entry at `pointer` out and put them into the mapping at `target`.

    There they stand behind the entry that they were in, or else last. None where a line holds more than that, and
    where the file would then say anything else.
    """
    text, outer, into = document.text, document.node(pointer[:-1]), document.node(target)
    key, value = document.key_node(pointer), document.node(pointer)
    if text is None or not isinstance(outer, MappingNode) or outer.flow_style or key is None or value is None:
        return None
    is_around = pointer[: len(target)] == target
    if isinstance(into, MappingNode) and not into.flow_style and into.value:
        column = into.start_mark.column
        before = document.node(pointer[: len(target) + 1]) if is_around else into
    elif isinstance(into, ScalarNode) and not into.value and (holder := document.key_node(target)) is not None:
        column = holder.start_mark.column + _STEP
        before = into
    else:
        return None
    if before is None:
        return None
    lines = text.split("\n")
    first, last, after = (
        document.lines.position(key.start_mark.index)[0] - 1,
        _last(document, value),
        _last(document, before),
    )
    width = key.start_mark.column
    if any(line[:width].strip() for line in lines[first : last + 1]):
        return None
    taken = [" " * column + line[width:] if line.strip() else line for line in lines[first : last + 1]]
    put_in = "\n".join(taken) + ("\r\n" if last + 1 == len(lines) and lines[0].endswith("\r") else "\n")
    stop = (last + 2, 1) if last + 1 < len(lines) else (last + 1, len(lines[last]) + 1)
    span = Span(first + 1, 1, *stop)
    if first <= after + 1 <= last + 1:
        edits: tuple[Edit, ...] = (Edit(document.path, span, put_in),)
    else:
        edits = (Edit(document.path, span, ""), Edit(document.path, Span(after + 2, 1, after + 2, 1), put_in))
    return edits if _is_right(document, text, pointer, (*target, pointer[-1]), edits) else None


def _last(document: Document, node: Node) -> int:
    """The last line of a value, counted from 0, without the blank lines and comments that follow it."""
    while isinstance(node, CollectionNode) and not node.flow_style and node.value:
        node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    is_block = isinstance(node, ScalarNode) and node.style in ("|", ">")  # It ends where the next line begins.
    return document.lines.position(node.end_mark.index)[0] - 1 - is_block


def _is_right(document: Document, text: str, pointer: Pointer, target: Pointer, edits: tuple[Edit, ...]) -> bool:
    try:
        after = read_document(document.path, apply_edits(text, edits).encode("utf-8", "surrogatepass"))
    except BadEdit:
        return False
    wanted = copy.deepcopy(document.data)
    value = _mapping(wanted, pointer[:-1]).pop(pointer[-1])
    if not isinstance(_mapping(wanted, target[:-1]), dict):
        _mapping(wanted, target[:-2])[target[-2]] = {}
    _mapping(wanted, target[:-1])[target[-1]] = value
    return len(after.problems) == len(document.problems) and bool(after.data == wanted)


def _mapping(data: Any, pointer: Pointer) -> Any:
    for part in pointer:
        data = data[part]
    return data
