"""A README as a Markdown reader sees it: its images, its blocks, and its text without fenced code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as quote_address
from urllib.parse import unquote

from msgspec import Struct

from bot.findings import Span
from bot.patterns import regex

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FENCE = regex(r" {0,3}(`{3,}|~{3,})")
_HTML_IMAGE = regex(r"<img\b[^<>]{0,1000}?\bsrc\s{0,9}=\s{0,9}(?:\"([^\"\n]{1,1000})\"|'([^'\n]{1,1000})')", re.I)
_REMOTE = regex(r"[a-z][a-z0-9+.-]{0,30}:|//|#", re.IGNORECASE)
_NOT_BREAK = regex(r"[^\n]")
_BREAK = regex(r"\r\n?|\n")


class Image(Struct, frozen=True):
    """An image that a README shows. `target` is the address as written, without query and fragment, unquoted."""

    target: str
    span: Span

    @property
    def is_local(self) -> bool:
        return not _REMOTE.match(self.target)


def without_fences(text: str) -> str:
    """The text with fenced code blanked out, so that positions stay."""
    lines = []
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        mark = found[1] if found else ""
        if fence:
            lines.append(" " * len(line))
            if mark.startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark
            lines.append(" " * len(line))
        else:
            lines.append(line)
    return "\n".join(lines)


def _without_comments(text: str) -> str:
    parts = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start)
        end = len(text) if end < 0 else end + 3
        parts += [text[at:start], _NOT_BREAK.sub(" ", text[start:end])]
        at = end
    return "".join((*parts, text[at:]))


def images(text: str) -> Iterator[Image]:
    """The images that a Markdown reader shows, in the order of the blocks."""
    if not _may_show(text):
        return  # Most READMEs have none, and are not parsed for it.
    starts = line_starts(text)
    reader = _reader()
    defined: dict[str, Any] = {}
    for token in reader.parse(text, defined):
        if token.map is None:
            continue
        at, end = starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)]
        if token.type == "html_block":
            shown = _without_comments(text[at:end])
            for found in _HTML_IMAGE.finditer(shown):
                index = 1 if found[1] is not None else 2
                yield Image(_target(found[index]), span_at(text, at + found.start(index), len(found[index])))
        is_text = token.type == "inline" and _may_show(token.content)
        for child in reader.inline.parse(token.content, reader, defined, []) if is_text else ():
            written, before = None, "]("
            if child.type == "image":
                written = unquote(str(child.attrs.get("src", "")))
            elif child.type == "html_inline" and (html := _HTML_IMAGE.search(child.content)):
                index = 1 if html[1] is not None else 2
                written, before = html[index], child.content[: html.start(index)]
            if written:
                start, length = _place(text, at, end, written, before)
                at = start + length
                yield Image(_target(written), span_at(text, start, length))


def line_starts(text: str) -> list[int]:
    """Where the lines of a Markdown text begin, and where it ends. A lone carriage return ends a line of it, too."""
    return [0, *(found.end() for found in _BREAK.finditer(text)), len(text)]


def _may_show(text: str) -> bool:
    return "![" in text or _HTML_IMAGE.search(text) is not None


_LINK = regex(
    r"\]\([ \t]*([^\s()<>\"']{1,1000})[^()\n]{0,200}\)|\b(?:href|src)=[\"']([^\s\"'<>]{1,1000})[\"']", re.IGNORECASE
)


def links(text: str) -> Iterator[Image]:
    """The addresses without a host that links and images of a text lead to, each where it is written."""
    for found in _LINK.finditer(without_fences(text)):
        index = 1 if found[1] is not None else 2
        if not _REMOTE.match(found[index]):
            yield Image(found[index], span_at(text, found.start(index), len(found[index])))


def tokens(text: str) -> list[Token]:
    """The blocks of a README and their texts, with tables, in the order in which they stand."""
    return _blocks_reader().parse(text)


@cache
def _blocks_reader() -> MarkdownIt:
    """A reader of blocks. What is inside of a text is left as it is written."""
    from markdown_it import MarkdownIt  # Takes its time, and few plugins need it.

    return MarkdownIt("commonmark").enable("table").disable("inline")


@cache
def _reader() -> MarkdownIt:
    """A reader that tells images from what only looks like one, and nothing else. It reads a text when it is asked."""
    from markdown_it import MarkdownIt  # Takes its time, and hardly any plugin needs it.

    return MarkdownIt("commonmark").disable(["link", "emphasis", "entity", "newline", "inline"])


def _place(text: str, start: int, end: int, written: str, before: str) -> tuple[int, int]:
    """Where an address stands between two offsets, and its length; the image itself where it is written elsewhere.

    What stands `before` an address tells it from the same words elsewhere, such as those that stand for the image.
    """
    for known in (before, ""):
        for spelled in (written, quote_address(written)):
            found = text.find(known + spelled, start, end)
            if found >= 0:
                return found + len(known), len(spelled)
    found = text.find("![", start, end)
    return (found, 2) if found >= 0 else (start, 1)


def _target(written: str) -> str:
    return unquote(written.partition("#")[0].partition("?")[0] or written)


def span_at(text: str, start: int, length: int) -> Span:
    """Where some characters of one line stand."""
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Span(line, column, line, column + length)
