"""Tabs between the parts of a document, which libyaml and yaml.v3 take for blanks and the SDK's reader does not take.

The SDK reads with PyYAML's own scanner, in Python. It knows tabs in comments, in quotes and in the text of block
scalars only (scanner.py, `scan_to_next_token` and `scan_plain`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from bot.document.reader import Document
from bot.findings import Span
from bot.patterns import regex

_COMMENT_OR_TABS = regex(r"#[^\n\r\x85\u2028\u2029]*|\t+")
_TABS = regex(r"\t+")
_LINE = regex(r"[^\n\r\x85\u2028\u2029]*")


def tabs_between(document: Document) -> list[Span]:
    """Where such tabs stand, each run of them once."""
    text = document.text or ""
    if document.root is None or "\t" not in text:
        return []
    return [document.lines.span(found.start(), found.end()) for found in _found(text)]


def _found(text: str) -> Iterator[re.Match[str]]:
    position = 0
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        start, end = token.start_mark.index, token.end_mark.index
        yield from _tabs(text, position, start)
        if isinstance(token, yaml.ScalarToken) and token.plain:
            yield from _TABS.finditer(text, start, end)
        elif isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            line = _LINE.match(text, start)  # It is no text of the scalar.
            yield from _tabs(text, start, line.end() if line is not None else start)
        position = max(position, end)


def _tabs(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    return (found for found in _COMMENT_OR_TABS.finditer(text, start, end) if found[0][0] == "\t")
