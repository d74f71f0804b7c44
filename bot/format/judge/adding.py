"""Adds keys to a mapping that lacks them."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import yaml
from yaml import MappingNode

from bot.document import Document, Pointer, read_document
from bot.document.edits import BadEdit, apply_edits
from bot.findings import Edit, Span


def added(document: Document, pointer: Pointer, entries: Mapping[str, str]) -> tuple[Edit, ...] | None:
    """The edits that put keys, with values as YAML, at the head of the mapping at `pointer`.

    None where the file would then say anything else.
    """
    node, text = document.node(pointer), document.text
    if not isinstance(node, MappingNode) or text is None:
        return None
    written = [f"{key}: {value}" for key, value in entries.items()]
    if not node.value:
        edit = Edit(document.path, document.span_of(node), f"{{{', '.join(written)}}}")
    else:
        first = node.value[0][0]
        span = document.span_of(first)
        place = Span(span.line, span.column, span.line, span.column)
        ending = "\r\n" if "\r\n" in text else "\n"
        between = ", " if node.flow_style else ending + " " * (span.column - 1)
        edit = Edit(document.path, place, "".join(f"{entry}{between}" for entry in written))
    return (edit,) if _is_right(document, text, pointer, entries, edit) else None


def _is_right(document: Document, text: str, pointer: Pointer, entries: Mapping[str, str], edit: Edit) -> bool:
    try:
        after = read_document(document.path, apply_edits(text, (edit,)).encode("utf-8", "surrogatepass"))
    except BadEdit:
        return False
    wanted = copy.deepcopy(document.data)
    mapping = wanted
    for part in pointer:
        mapping = mapping[part]
    mapping.update({key: yaml.safe_load(value) for key, value in entries.items()})
    return len(after.problems) == len(document.problems) and bool(after.data == wanted)
