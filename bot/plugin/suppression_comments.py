"""Comments that ask to ignore findings.

`# dify-plugin-review: ignore[rule,rule] reason` in a YAML or Python file of the plugin speaks of the findings on its
own line; when it has the line for itself, also of those on the next line that is not a comment. What such a comment is
worth is decided in `bot.policy.apply`, which also says which of them suppress nothing.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Final

import yaml
from msgspec import Struct

from bot.findings import Span
from bot.patterns import regex
from bot.plugin.plugin import Plugin
from bot.source import Kind, Unreadable

#: Python files that are larger (bytes) or have a longer line (characters) are not searched for comments: for some
#: texts the tokenizer takes time in proportion to their product. The largest official file has 195,276 bytes.
MAX_PYTHON_BYTES: Final = 256 * 1024
MAX_PYTHON_LINE: Final = 4000

#: After so many bytes of Python in one plugin, and of Python that seems to hold a comment, no more of it is searched.
MAX_PYTHON_READ: Final = 64 * 1024 * 1024
MAX_PYTHON_TOKENIZED: Final = 1024 * 1024

#: More comments of one plugin are not read.
MAX_COMMENTS: Final = 1000

#: A comment may be followed by so many lines of comments before the line of which it speaks.
MAX_COMMENT_LINES: Final = 50

#: Up to whatever ends a line for YAML or for Python.
_COMMENT = regex(r"#[ \t]*dify-plugin-review[ \t]*:([^\n\r\x85\u2028\u2029]*)")
#: The same where only what comes before tells a comment from text: YAML wants a blank or a line's start there.
_MARK = regex(rf"(?:^|(?<=[ \t#])){_COMMENT.pattern}", re.MULTILINE)
_IGNORE = regex(r"ignore[ \t]*\[([^\[\]]*)\](.*)", re.DOTALL)
_TOOL = "dify-plugin-review"


class SuppressionComment(Struct, frozen=True):
    """One such comment. `span` is all of it; `path` is from the plugin root."""

    path: str
    span: Span
    #: What is written behind `dify-plugin-review:`.
    text: str
    #: The rules and families it names, in order; empty when the text is nothing that is understood.
    names: tuple[str, ...]
    reason: str
    #: The lines of which it speaks.
    lines: tuple[int, ...]
    #: What to take away to be rid of it; None where an odd line break makes that a guess.
    removal: Span | None
    #: The last line of which it speaks, without indentation.
    target: str = ""


def suppression_comments(plugin: Plugin) -> tuple[SuppressionComment, ...]:
    """The suppression comments in the readable YAML documents and the Python files of a plugin, by file and line."""
    return plugin.derived(_first_comments)


def _first_comments(plugin: Plugin) -> tuple[SuppressionComment, ...]:
    return tuple(islice(_find(plugin), MAX_COMMENTS))


def _find(plugin: Plugin) -> Iterator[SuppressionComment]:
    for linked in plugin.linked():
        text = linked.document.text or ""
        # Nearly every file is without, and to look for the words alone takes next to no time.
        marks = list(_MARK.finditer(text)) if _TOOL in text else []
        if marks:
            scalars = _inside_scalars(text, [mark.start() for mark in marks])
            yield from _read(linked.path, text, (mark for mark in marks if mark.start() not in scalars))
    for path, text in _python_files(plugin):
        yield from _read(path, text, _python_comments(text))


def _inside_scalars(text: str, offsets: Sequence[int]) -> set[int]:
    """Which of the ascending offsets lie inside a scalar, where `#` begins no comment."""
    inside: set[int] = set()
    waiting = list(reversed(offsets))
    try:
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if not isinstance(token, yaml.ScalarToken):
                continue
            start, end = token.start_mark.index, token.end_mark.index
            if token.style in ("|", ">"):  # A comment may follow the indicator on its line.
                start = text.find("\n", start, end)
                start = end if start < 0 else start
            while waiting and waiting[-1] < start:
                waiting.pop()
            while waiting and waiting[-1] < end:
                inside.add(waiting.pop())
            if not waiting:
                break
    except yaml.YAMLError:
        inside.update(waiting)
    return inside


def _python_files(plugin: Plugin) -> Iterator[tuple[str, str]]:
    """The Python files that could hold a comment, with their text."""
    unread, untokenized = MAX_PYTHON_READ, MAX_PYTHON_TOKENIZED
    for path, entry in plugin.tree.entries().items():
        if not path.endswith(".py") or entry.kind is not Kind.FILE or (entry.size or 0) > MAX_PYTHON_BYTES:
            continue
        try:
            content = plugin.tree.read(path)
        except Unreadable:
            continue
        unread -= len(content)
        if unread < 0:
            return
        if _TOOL.encode() in content and len(content) <= min(MAX_PYTHON_BYTES, untokenized):
            untokenized -= len(content)
            yield path, content.decode("utf-8", "replace").removeprefix("\ufeff")


def _python_comments(text: str) -> Iterator[re.Match[str]]:
    """The marks in the comments of a Python file, up to where Python cannot read it any more."""
    lines = text.split("\n")
    if max(map(len, lines)) > MAX_PYTHON_LINE:
        return
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                inside = _COMMENT.search(token.string)
                if inside is None or line > len(lines):
                    continue
                mark = _COMMENT.match(text, starts[line - 1] + column + inside.start())
                if mark is not None:
                    yield mark
    except (SyntaxError, tokenize.TokenError, ValueError):
        return


def _read(path: str, text: str, marks: Iterable[re.Match[str]]) -> Iterator[SuppressionComment]:
    """The comments with these marks, which ascend."""
    lines = text.split("\n")
    number, line_start = 1, 0
    for mark in marks:
        while mark.start() > line_start + len(lines[number - 1]):
            line_start += len(lines[number - 1]) + 1
            number += 1
        line, column = lines[number - 1], mark.start() - line_start
        before = line[:column].rstrip(" \t")
        alone = not before or before.lstrip(" \t").startswith("#")
        written = mark[1].strip(" \t")
        names, reason = _parse(written)
        end = column + len(mark[0].rstrip(" \t"))
        following = _following(lines, number) if alone else None
        yield SuppressionComment(
            path=path,
            span=Span(number, column + 1, number, end + 1),
            text=written,
            names=names,
            reason=reason,
            lines=(number, following) if following else (number,),
            removal=_removal(lines, number, len(before), mark.end() - line_start),
            target=lines[(following or number) - 1].strip(),
        )


def _parse(text: str) -> tuple[tuple[str, ...], str]:
    """The names and the reason of `ignore[a, b] reason`; no names for any other text."""
    found = _IGNORE.fullmatch(text)
    if found is None:
        return (), ""
    names = dict.fromkeys(name.strip() for name in found[1].split(",") if name.strip())
    return tuple(names), " ".join(found[2].strip(" \t:–—-").split())


def _following(lines: Sequence[str], number: int) -> int | None:
    """The first line after line `number` that is not a comment; None when there is none or it is far away."""
    for following in range(number + 1, min(len(lines), number + MAX_COMMENT_LINES) + 1):
        if not lines[following - 1].lstrip(" \t").startswith("#"):
            return following
    return None


def _removal(lines: Sequence[str], number: int, start: int, end: int) -> Span | None:
    """The comment that ends at column `end` with the blanks before it; with its line when nothing else is on it."""
    if lines[number - 1][end:] not in ("", "\r"):
        return None
    if start or number == len(lines):
        return Span(number, start + 1, number, end + 1)
    return Span(number, 1, number + 1, 1)
