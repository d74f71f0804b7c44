"""Reads the text of a submission: sections, fields and boxes, with the place of each.

Everything is read twice. `strict` is how the marketplace's pre-check reads it (see `bot.submission.template`), down to
the sign that begins a list; the other reading is a person's. Where only the person understands, that is a quirk of the
pre-check. Every step is linear in the text: it may have been written to keep a reader busy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from msgspec import Struct

from bot.findings import Span
from bot.patterns import regex
from bot.submission import template

#: Han characters, as the pre-check counts them.
HAN: Final = regex("[\u3400-\u4dbf\u4e00-\u9fff]+")

#: What people put between the brackets of a box to tick it.
_TICKS = frozenset("x×✓✔✅☑☒√v*yo") | {"yes", "ok"}
_LIST_SIGN = r"(?:[-*+•]|\d{1,3}[.)])"
_ITEM = rf"\s{{0,40}}(?:{_LIST_SIGN}[ \t]{{0,40}})?"
_BOX = regex(rf"{_ITEM}(?P<box>\\?\[(?P<mark>[^\[\]\n]{{0,12}})\\?\])(?P<label>.*)")
_TICKED = regex(rf"{_ITEM}(?P<box>(?P<mark>[✓✔✅☑])\ufe0f?)(?P<label>.*)")
_STRICT_BOX = regex(r"[ \t]*-[ \t]*\[(?P<mark>[ xX])\](?P<label>.*)")
_DECORATION = " \t*_~`:：.,;"
_LABELS = "|".join(re.escape(name) for name in template.FIELDS)
_FIELD = regex(
    rf"\s{{0,40}}(?:{_LIST_SIGN}|\|)?[ \t]{{0,40}}(?P<label>(?:\*\*|__)?[ \t]{{0,9}}(?P<name>{_LABELS})[ \t]{{0,9}}"
    rf"(?:\*\*|__)?[ \t]{{0,9}}[:：|][ \t]{{0,9}}(?:\*\*|__)?)(?P<value>.*)",
    re.IGNORECASE,
)
_STRICT_FIELD = regex(rf"[ \t]*-[ \t]*(?P<label>\*\*(?P<name>{_LABELS})\*\*:)(?P<value>.*)")
_HASHES = regex(r" {0,3}(?P<hashes>#{1,6})(?P<title>\s.*|$)")
_BOLD_LINE = regex(r" {0,3}(?P<hashes>)(?P<title>(?:\*\*|__)[^*_\n]{1,80}(?:\*\*|__)[:：]?\s{0,40})$")


class Heading(Struct, frozen=True):
    """A heading. `strict` ones are of the second level, the only ones that the pre-check reads."""

    title: str
    span: Span
    strict: bool


class Box(Struct, frozen=True):
    """A line with a box to tick. `span` is the box, `option` the label it stands for in the template, `written` all of
    the line that is not blank."""

    option: str
    span: Span
    written: str
    ticked: bool
    #: Whether the pre-check takes it for ticked.
    strict: bool


class Field(Struct, frozen=True):
    """A field and its value without comments. `span` is the value, or the label of a field that is empty."""

    name: str
    value: str
    span: Span
    #: Whether the pre-check sees the field.
    strict: bool


class Section:
    """What stands between a heading and the next of its level or above."""

    def __init__(self, heading: Heading, first: int, lines: Sequence[str]) -> None:
        self.heading = heading
        #: The number of the first line below the heading.
        self.first = first
        self.lines = lines

    @cached_property
    def text(self) -> str:
        """What is written there, without comments."""
        return blanked("\n".join(self.lines), "<!--", "-->").strip()

    def written(self) -> Iterator[tuple[int, str]]:
        """The lines by number, with comments blanked."""
        yield from enumerate(blanked("\n".join(self.lines), "<!--", "-->").split("\n"), self.first)

    def span(self) -> Span:
        """The first line with text, as far as it is written; the heading where there is none."""
        for number, line in self.written():
            if line.strip():
                return _span_of(number, line, line.strip())
        return self.heading.span

    def boxes(self, options: Sequence[str]) -> list[Box]:
        """The boxes for these options, in the order of the text."""
        by_name = {name.lower(): name for name in options}
        found = []
        for number, line in enumerate(self.lines, self.first):
            box = _BOX.match(line) or _TICKED.match(line)
            option = by_name.get(box["label"].strip(_DECORATION).lower()) if box else None
            if box is None or option is None:
                continue
            mark = box["mark"].rstrip("\\").strip().lower()
            strict = _STRICT_BOX.match(line)
            reads = strict is not None and strict["label"].strip().lower() == option.lower()
            found.append(
                Box(
                    option,
                    _span(number, *box.span("box")),
                    line.strip(),
                    ticked=mark in _TICKS,
                    strict=reads and strict is not None and strict["mark"] in "xX",
                )
            )
        return found

    def fields(self) -> dict[str, Field]:
        """The fields by name; the first of each, and those before others that the pre-check sees."""
        names = {name.lower(): name for name in template.FIELDS}
        found: dict[str, Field] = {}
        for number, line in enumerate(self.lines, self.first):
            strict = _STRICT_FIELD.match(line)
            match = strict or _FIELD.match(line)
            if match is None:
                continue
            name = names[match["name"].lower()]
            if name in found and (found[name].strict or strict is None):
                continue
            value = blanked(match["value"], "<!--", "-->").rstrip("| \t").strip()
            start = match.start("value") + match["value"].find(value) if value else match.start("label")
            width = len(value) if value else len(match["label"].rstrip())
            found[name] = Field(name, value, _span(number, start, start + width), strict is not None)
        return found


class Body:
    """The text of a pull request, read."""

    def __init__(self, text: str) -> None:
        #: With one kind of line break, so that columns stay what they are.
        self.text = text.replace("\r\n", "\n")
        self.lines = self.text.split("\n")

    @property
    def is_empty(self) -> bool:
        return not blanked(self.text, "<!--", "-->").strip()

    @cached_property
    def _headings(self) -> list[tuple[int, Heading]]:
        """The headings by the number of their line. A heading that only people understand is one of the template's."""
        known = {name.lower() for name in (*template.SECTIONS, template.REVIEWER_NOTES)}
        found: list[tuple[int, Heading]] = []
        is_open = False
        for number, line in enumerate(self.lines, 1):
            # To the pre-check, the title of two bare signs is the next line with text, be it a heading itself.
            is_taken, is_open = is_open and bool(line.strip()), is_open and not line.strip()
            match = _HASHES.match(line) or _BOLD_LINE.match(line)
            if match is None:
                continue
            written = match["title"].strip()
            strict = line.startswith("##") and len(match["hashes"]) == 2 and not is_taken
            is_open = is_open or (strict and not written)
            # Where it is no heading for the pre-check, decoration is left out.
            title = " ".join(written.split()).lower()
            plain = title.rstrip("# ").strip(_DECORATION)
            if not strict or title not in known:
                title, strict = (plain, False) if plain in known else (title, strict)
            if strict or title in known:
                found.append((number, Heading(title, _span_of(number, line, line.strip()), strict)))
        # Where the pre-check sees a section, what only looks like its heading is a part of another.
        seen = {heading.title for _, heading in found if heading.strict}
        return [(number, heading) for number, heading in found if heading.strict or heading.title not in seen]

    @cached_property
    def sections(self) -> dict[str, Section]:
        """The sections of the template by name. Of several with one heading the pre-check reads the last, and the
        first of the security notes."""
        known = {name.lower(): name for name in (*template.SECTIONS, template.REVIEWER_NOTES)}
        result: dict[str, Section] = {}
        for index, (number, heading) in enumerate(self._headings):
            following = self._headings[index + 1][0] if index + 1 < len(self._headings) else len(self.lines) + 1
            name = known.get(heading.title)
            if name is not None and (name not in result or (heading.strict and name != template.NOTES)):
                result[name] = Section(heading, number + 1, self.lines[number : following - 1])
        return result

    @cached_property
    def start(self) -> Span:
        """The place of what the text lacks: its first line."""
        return _span_of(1, self.lines[0], self.lines[0].strip())

    def han(self) -> Iterator[tuple[Span, str]]:
        """Han characters outside code blocks and comments: the first run of each line, and all of the line's."""
        text = blanked(blanked(self.text, "```", "```"), "<!--", "-->")
        for snippet in template.ALLOWED_SNIPPETS:
            text = text.replace(snippet, " " * len(snippet))
        for number, line in enumerate(text.split("\n"), 1):
            runs = list(HAN.finditer(line))
            if runs:
                yield _span(number, *runs[0].span()), "".join(run[0] for run in runs)


def title_han(title: str) -> tuple[Span, str] | None:
    """The first run of Han characters in a title, and all of them; None when there is none."""
    runs = list(HAN.finditer(title))
    return (_span(1, *runs[0].span()), "".join(run[0] for run in runs)) if runs else None


def blanked(text: str, opening: str, closing: str) -> str:
    """The text with what stands between two marks, and these, blanked out, so that positions stay.

    What is not closed stays, as it does for the pre-check.
    """
    parts = []
    at = 0
    while (start := text.find(opening, at)) >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            break
        end += len(closing)
        parts += [text[at:start], _NOT_BREAK.sub(" ", text[start:end])]
        at = end
    return "".join((*parts, text[at:]))


_NOT_BREAK = regex(r"[^\n]")


def _span(line: int, start: int, end: int) -> Span:
    """A span in one line, of offsets in it."""
    return Span(line, start + 1, line, end + 1)


def _span_of(number: int, line: str, piece: str) -> Span:
    start = line.find(piece)
    return _span(number, start, start + len(piece))
