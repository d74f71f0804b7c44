"""The images of a README, and its prose without code. Linear in the text, and no more Markdown than that takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from bot.findings import Span

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INLINE = re.compile(r"(?<!`)(`{1,3})(?!`)[^`\n]{1,1000}\1(?!`)")
_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\(\s{0,9}(?:<([^<>\n]{1,1000})>|([^\s<>()]{1,1000}))")
_HTML_IMAGE = re.compile(r"<img\b[^<>]{0,1000}?\bsrc\s{0,9}=\s{0,9}(?:\"([^\"\n]{1,1000})\"|'([^'\n]{1,1000})')", re.I)
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]{0,30}:|//|#", re.IGNORECASE)
_NOT_BREAK = re.compile(r"[^\n]")


@dataclass(frozen=True, slots=True)
class Image:
    """An image that a README shows. `target` is the address as written, without query and fragment, unquoted."""

    target: str
    span: Span

    @property
    def is_local(self) -> bool:
        return not _REMOTE.match(self.target)


def without_code(text: str) -> str:
    """The text with code and HTML comments blanked out, so that positions stay."""
    prose = without_fences(text)
    return _without_comments(_INLINE.sub(lambda found: " " * len(found[0]), prose))


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
    """The images of a README, in no order."""
    prose = without_code(text)
    starts = [0, *(found.end() for found in re.finditer("\n", prose))]
    line = 0
    hits = sorted(
        (found.span(index)[0], found[index])
        for pattern in (_IMAGE, _HTML_IMAGE)
        for found in pattern.finditer(prose)
        for index in (1, 2)
        if found[index]
    )
    for start, written in hits:
        while line + 1 < len(starts) and starts[line + 1] <= start:
            line += 1
        column = start - starts[line] + 1
        target = unquote(written.partition("#")[0].partition("?")[0] or written)
        yield Image(target, Span(line + 1, column, line + 1, column + len(written)))


def span_at(text: str, start: int, length: int) -> Span:
    """Where some characters of one line stand."""
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Span(line, column, line, column + length)
