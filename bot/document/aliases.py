"""Where aliases and merge keys stand in a text, which the nodes composed of it do not say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from bot.document.pointer import Pointer
from bot.document.reader import Document
from bot.findings import Span
from bot.patterns import regex

MERGE = "<<"
_POSSIBLE = regex(r"(?:^|[\s\[{,])(?:\*\S|<<)", re.MULTILINE)


def aliases(document: Document) -> dict[Pointer, Span]:
    """The places of all aliases by their pointers; those of merge keys, whose pointers end in `<<`, are of the key."""
    found: dict[Pointer, Span] = {}
    if document.root is None or document.text is None or not _POSSIBLE.search(document.text):
        return found
    events = yaml.parse(document.text, Loader=yaml.CSafeLoader)
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            _follow(document, events, event, (), found)
            break  # Of several documents, the daemon reads the first.
    return found


def _follow(
    document: Document, events: Iterator[Any], event: yaml.Event, pointer: Pointer, found: dict[Pointer, Span]
) -> None:
    if isinstance(event, yaml.AliasEvent):
        found[pointer] = _span(document, event)
    elif isinstance(event, yaml.SequenceStartEvent):
        index = 0
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            _follow(document, events, item, (*pointer, index), found)
            index += 1
    elif isinstance(event, yaml.MappingStartEvent):
        while not isinstance(key := next(events), yaml.MappingEndEvent):
            place = (*pointer, key.value if isinstance(key, yaml.ScalarEvent) else "")
            if not isinstance(key, yaml.ScalarEvent):
                _follow(document, events, key, place, {})
            _follow(document, events, next(events), place, found)
            if place[-1] == MERGE and key.implicit[0]:
                found[place] = _span(document, key)


def _span(document: Document, event: Any) -> Span:
    return document.lines.span(event.start_mark.index, event.end_mark.index)
