"""Adds to a file of settings that somebody wrote, and leaves every other byte of it as it is.

Each addition is checked: the new text is read again. If it does not say what it should, nothing is added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from yaml import CollectionNode, MappingNode, Node, SequenceNode

from bot.document import read_document
from bot.patterns import regex

_JSON_TOKEN = regex(
    r'(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<mark>[{}\[\]:,])|(?P<word>[^\s{}\[\]:,"/]+)',
    re.DOTALL,
)
_INDENTED = regex(r"^([ \t]+)\S", re.MULTILINE)


def with_list_items(text: str, key: str, items: str) -> str | None:
    """A YAML mapping with more items at the end of its list `key`; None if they cannot be added.

    `items` is YAML from the left margin, a line for each "-". Without the key, the list is put at the end.
    """
    added = read_document("", items.encode()).data
    document = read_document("", text.encode("utf-8", "surrogatepass"))
    if document.root is None:
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    node = document.node((key,))
    if node is None and isinstance(document.root, MappingNode) and not document.root.flow_style:
        written, at = [f"{key}:", *(f"  {line}" for line in items.splitlines())], len(lines)
    elif isinstance(node, SequenceNode) and node.value and not node.flow_style:
        margin = " " * node.start_mark.column
        written, at = [f"{margin}{line}" for line in items.splitlines()], _end(node)
    else:
        return None
    made = "".join([*lines[:at], *(f"{line}{newline}" for line in written), *lines[at:]])
    expected = {**document.data, key: [*(document.data.get(key) or []), *added]}
    return made if read_document("", made.encode("utf-8", "surrogatepass")).data == expected else None


def _end(node: Node) -> int:
    """The number of the line after a node, from 0 on: a collection ends where the last thing in it does."""
    while isinstance(node, CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    mark = node.end_mark
    return mark.line + (mark.column > 0)


def with_settings(text: str, key: str, entries: Mapping[str, Any]) -> str | None:
    """JSON as editors read it, with more entries in the mapping `key`; None if they cannot be added.

    Comments and commas before a closing bracket are allowed in it, and stay. Entries that are there keep their value.
    """
    before = read_settings(text)
    present = before.get(key, {}) if before is not None else None
    if before is None or not isinstance(present, dict):
        return None
    missing = {name: value for name, value in entries.items() if name not in present}
    if not missing:
        return text
    indent = match[1] if (match := _INDENTED.search(text)) else "  "
    place = _inside(text, key)
    pieces = json.dumps(missing if key in before else {key: missing}, indent=indent, ensure_ascii=False)
    depth = indent if key in before else ""
    body = "".join(f"\n{depth}{line}" for line in pieces.splitlines()[1:-1])
    rest = text[place:]
    is_empty = not (before.get(key) if key in before else before)
    comma = "" if is_empty else ","
    end = f"\n{depth}" if is_empty and not rest.lstrip(" \t").startswith(("\n", "\r")) else ""
    made = text[:place] + body + comma + end + rest
    if "\r\n" in text:
        made = made.replace("\r\n", "\n").replace("\n", "\r\n")
    expected = {**before, key: {**present, **missing}}
    return made if read_settings(made) == expected else None


def read_settings(text: str) -> dict[str, Any] | None:
    """What JSON with comments and spare commas says; None for what is not a mapping."""
    pieces: list[str] = []
    for kind, piece, _ in _tokens(text):
        if kind == "comment":
            continue
        if piece in ("}", "]") and pieces and pieces[-1] == ",":
            pieces.pop()
        pieces.append(piece)
    try:
        data = json.loads(" ".join(pieces))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """The tokens of JSON with comments: kind, text, and where it ends. What is not a token is a word."""
    found = []
    at = 0
    for match in _JSON_TOKEN.finditer(text):
        if text[at : match.start()].strip():
            found.append(("word", text[at : match.start()], match.start()))
        at = match.end()
        found.append((match.lastgroup or "", match[0], at))
    if text[at:].strip():
        found.append(("word", text[at:], len(text)))
    return found


def _inside(text: str, key: str) -> int:
    """Where the mapping `key` begins inside, or where the whole one does if it has no such key."""
    tokens = [token for token in _tokens(text) if token[0] != "comment"]
    depth = 0
    for index, (kind, piece, _) in enumerate(tokens):
        if kind == "mark" and piece in "{[":
            depth += 1
        elif kind == "mark" and piece in "}]":
            depth -= 1
        elif depth == 1 and kind == "text" and json.loads(piece) == key:
            return next((end for _, mark, end in tokens[index + 2 : index + 3] if mark == "{"), tokens[0][2])
    return tokens[0][2]
