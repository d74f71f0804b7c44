"""Puts translations into a mapping of locales and leaves the rest of the file as it is.

A `Site` remembers what an insertion needs of a mapping, so that the document need not be kept: the lines of the
mapping, where each of its values ends, and how it is written. The edits follow the file: its order of locales, its
indentation, its quotes and its line endings. Before edits are offered they are made on those lines, which are read
again and must give the old values and the new ones, nothing else.

No edits are offered where a mapping is shared by an anchor, takes values from a merge key, or is written in a way that
leaves doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml
from msgspec import Struct
from msgspec.structs import replace
from yaml import MappingNode, ScalarNode

from bot.document import Document, Pointer, read_document
from bot.document.edits import BadEdit, apply_edits
from bot.document.scalars import Reading, go_reading, is_plain
from bot.findings import Edit, Span
from bot.format.locales import meant_locale
from bot.format.models.i18n import LOCALES
from bot.patterns import regex

_STR = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"

#: A larger mapping is left alone (characters). Four texts of the greatest length have 4,100.
_MAX_SITE = 20_000
# Line breaks to YAML 1.1 that are not line breaks to editors, git and GitHub.
_ODD_BREAK = regex("\r(?!\n)|[\x85\u2028\u2029]")


class _Pair(Struct, frozen=True):
    """One key of the mapping. Positions are lines and columns of the file.

    `locale` is the one that the key is, or will be renamed to where it is misspelt. `end` is the end of the value (of
    its last line, in a block mapping); `is_blank` says that nothing is there to see.
    """

    key: str
    locale: str | None
    key_start: tuple[int, int]
    value: Span
    end: tuple[int, int]
    style: str | None
    is_blank: bool


class Site(Struct, frozen=True):
    """A mapping of locales that translations can be put into."""

    path: str
    pairs: tuple[_Pair, ...]
    values: Mapping[Any, Any]
    #: The mapping as the file writes it, and where that begins.
    text: str
    start: tuple[int, int]
    #: What stands before each key; None in a flow mapping.
    indent: str | None
    line_ending: str
    #: Whether a line follows the mapping's last line.
    has_next_line: bool
    key_quote: str
    order: tuple[str, ...]

    def edits(self, additions: Mapping[str, str], beside: Mapping[str, str] | None = None) -> tuple[Edit, ...] | None:
        """The edits that give the locales in `additions` their texts; None where none can be offered.

        `beside` are additions of another fix for the same mapping. The edits of both can be made together.
        """
        others = self._edits(beside, {}) if beside else ()
        if others is None:
            return None
        taken = Counter((edit.span.line, edit.span.column) for edit in others)
        edits = self._edits(additions, taken)
        if edits is None or not self._is_kept(edits, additions):
            return None
        return edits if not beside or self._is_kept((*others, *edits), {**beside, **additions}) else None

    def _edits(self, additions: Mapping[str, str], taken: Mapping[tuple[int, int], int]) -> tuple[Edit, ...] | None:
        edits = []
        slots: dict[int, list[str]] = {}
        for locale in self._ordered(additions):
            index = next((i for i, pair in enumerate(self.pairs) if pair.key == locale), None)
            if index is None:
                slots.setdefault(self._before(locale), []).append(locale)
            elif self.pairs[index].is_blank:
                edits.append(self._filled(self.pairs[index], additions[locale]))
            else:
                return None
        filled = {(edit.span.line, edit.span.column) for edit in edits}
        for index, locales in slots.items():
            edit = self._inserted(index, [(locale, additions[locale]) for locale in locales], {*taken, *filled})
            if edit is None:
                return None
            edits.append(edit)
        return tuple(edits)

    def _ordered(self, locales: Iterable[str]) -> list[str]:
        return sorted(locales, key=self.order.index)

    def _before(self, locale: str) -> int:
        """The index of the pair after which a locale belongs, -1 for the top of the mapping."""
        earlier = self.order[: self.order.index(locale)]
        return max((i for i, pair in enumerate(self.pairs) if pair.locale in earlier), default=-1)

    def _style(self, index: int) -> str | None:
        """The quotes of the neighbour, unless it holds nothing."""
        near = [self.pairs[max(index, 0)], *self.pairs]
        return next((pair.style for pair in near if not pair.is_blank), None)

    def _filled(self, pair: _Pair, text: str) -> Edit:
        written = scalar(text, self._style(self.pairs.index(pair)), flow=self.indent is None)
        span = pair.value
        is_empty = (span.line, span.column) == (span.end_line, span.end_column)
        return Edit(self.path, span, f" {written}" if is_empty else written)

    def _inserted(self, index: int, additions: Sequence[tuple[str, str]], taken: set[tuple[int, int]]) -> Edit | None:
        style = self._style(index)
        quote = self.key_quote
        entries = [
            f"{quote}{locale}{quote}: {scalar(text, style, flow=self.indent is None)}" for locale, text in additions
        ]
        pair = self.pairs[max(index, 0)]
        if self.indent is None:
            place = pair.key_start if index < 0 else pair.end
            joined = ", ".join(entries)
            return None if place in taken else self._edit(place, f"{joined}, " if index < 0 else f", {joined}")
        lines = [f"{self.indent}{entry}" for entry in entries]
        if index < 0:
            place = (pair.key_start[0], 1)
            return None if place in taken else self._edit(place, "".join(line + self.line_ending for line in lines))
        if pair.end not in taken:
            return self._edit(pair.end, "".join(self.line_ending + line for line in lines))
        place = (pair.end[0] + 1, 1)
        if place in taken or (index == len(self.pairs) - 1 and not self.has_next_line):
            return None
        return self._edit(place, "".join(line + self.line_ending for line in lines))

    def _edit(self, place: tuple[int, int], text: str) -> Edit:
        return Edit(self.path, Span(*place, *place), text)

    def _is_kept(self, edits: Iterable[Edit], additions: Mapping[str, str]) -> bool:
        """Whether the mapping with the edits made holds what it held and the additions."""
        try:
            text = apply_edits(self.text, [self._within(edit) for edit in edits])
        except BadEdit:
            return False
        document = read_document(self.path, text.encode("utf-8", "surrogatepass"))
        kept = {key: value for key, value in self.values.items() if key not in additions}
        return not document.problems and document.data == {**kept, **additions}

    def _within(self, edit: Edit) -> Edit:
        """The edit with positions from the start of the mapping's text."""
        line, column = self.start

        def moved(at_line: int, at_column: int) -> tuple[int, int]:
            return at_line - line + 1, at_column - column + 1 if at_line == line else at_column

        span = edit.span
        return replace(edit, span=Span(*moved(span.line, span.column), *moved(span.end_line, span.end_column)))


def find_site(document: Document, pointer: Pointer, order: Sequence[str] = LOCALES) -> Site | None:
    """The mapping of locales at `pointer`, if translations can be put into it.

    `order` is the order of locales in the file; see `locale_order`.
    """
    node = document.node(pointer)
    values = document.get(*pointer)
    text = document.text
    if not isinstance(node, MappingNode) or not node.value or not isinstance(values, dict) or text is None:
        return None
    start, end = node.start_mark.index, node.end_mark.index
    if end - start > _MAX_SITE or len(values) != len(node.value) or _is_shared(document, pointer):
        return None
    flow = bool(node.flow_style)
    pairs = []
    position = start
    for key, value in node.value:
        if not (isinstance(key, ScalarNode) and isinstance(value, ScalarNode)) or key.tag == _MERGE:
            return None
        # A value from elsewhere is an alias, and one with a mark of its own has an anchor or a tag.
        if not position <= key.start_mark.index <= value.start_mark.index <= value.end_mark.index <= end:
            return None
        position = value.end_mark.index
        pair = _pair(document, key, value, flow=flow)
        if pair is None:
            return None
        pairs.append(pair)
    first = node.value[0][0]
    if flow:
        return _site(document, pairs, values, (start, end), None, first, order)
    indents = {text[text.rfind("\n", 0, key.start_mark.index) + 1 : key.start_mark.index] for key, _ in node.value}
    indent = indents.pop()
    if indents or indent.strip(" "):
        return None
    lines = document.lines
    from_line, to_line = lines.index(pairs[0].key_start[0], 1), lines.index(pairs[-1].end[0] + 1, 1)
    return _site(document, pairs, values, (from_line, to_line), indent, first, order)


def _is_shared(document: Document, pointer: Pointer) -> bool:
    """Whether the value at `pointer` may stand in several places: through an anchor, an alias or a merge key."""
    text = document.text or ""
    outer = document.root
    if outer is None or text[outer.start_mark.index] in "&!":
        return True
    for part in pointer:
        if isinstance(outer, MappingNode):
            found = next(
                (pair for pair in reversed(outer.value) if isinstance(pair[0], ScalarNode) and pair[0].value == part),
                None,
            )
            first, node = found if found is not None else (None, None)
        else:
            first = node = outer.value[part]
        if first is None or node is None or text[node.start_mark.index : node.start_mark.index + 1] in ("&", "!"):
            return True
        if not outer.start_mark.index <= first.start_mark.index <= node.start_mark.index <= outer.end_mark.index:
            return True
        outer = node
    return False


def _site(
    document: Document,
    pairs: Sequence[_Pair],
    values: Mapping[Any, Any],
    extent: tuple[int, int],
    indent: str | None,
    first: ScalarNode,
    order: Sequence[str],
) -> Site | None:
    text = document.text or ""
    start, end = extent
    written = text[start:end]
    if _ODD_BREAK.search(written):
        return None
    near = text[start : text.find("\n", start) + 1] or text
    return Site(
        path=document.path,
        pairs=tuple(pairs),
        values=values,
        text=written,
        start=document.lines.position(start),
        indent=indent,
        line_ending="\r\n" if "\r\n" in near else "\n",
        has_next_line=written.endswith("\n"),
        key_quote=first.style if first.style in ("'", '"') else "",
        order=(*order, *(locale for locale in LOCALES if locale not in order)),
    )


def _pair(document: Document, key: ScalarNode, value: ScalarNode, *, flow: bool) -> _Pair | None:
    text = document.text or ""
    begin, stop = value.start_mark.index, value.end_mark.index
    is_block = value.style in ("|", ">")
    if begin < stop and (text[begin] in "&!" or (is_block and "+" in text[begin : text.find("\n", begin)])):
        return None
    if begin == stop and (begin == 0 or text[begin - 1] != ":"):
        return None  # Where the value would stand is not plain to see: a key without a colon.
    if is_block:
        stop = begin + len(text[begin:stop].rstrip())
    elif not flow:
        line_end = text.find("\n", stop)
        rest = text[stop : line_end if line_end >= 0 else len(text)].rstrip("\r")
        if rest.strip() and not rest.lstrip().startswith("#"):
            return None
        stop += len(rest)
    is_blank = (value.tag != _STR and value.value in ("", "~", "null", "Null", "NULL")) or (
        value.tag == _STR and not value.value.strip() and not is_block
    )
    lines = document.lines
    return _Pair(
        key=key.value,
        locale=key.value if key.value in LOCALES else meant_locale(key.value),
        key_start=lines.position(key.start_mark.index),
        value=document.span_of(value),
        end=lines.position(stop),
        style=value.style if value.style in ("'", '"') else None,
        is_blank=is_blank,
    )


def locale_order(mappings: Iterable[Mapping[Any, Any]], rest: Sequence[str] = LOCALES) -> tuple[str, ...]:
    """The order in which mappings list the locales: that of the fullest ones, and the others as in `rest`."""
    orders = Counter(tuple(key for key in mapping if key in LOCALES) for mapping in mappings)
    best = max(orders, key=lambda order: (len(order), orders[order], order), default=())
    return (*best, *(locale for locale in rest if locale not in best))


# --- scalars ----------------------------------------------------------------------------------------------------


def scalar(text: str, style: str | None = None, *, flow: bool = False) -> str:
    """`text` as a YAML scalar on one line, in the quotes of `style` where they can hold it.

    Without quotes it is written where both readers then take it for just this text.
    """
    if style is None and _is_plain_text(text, flow):
        return text
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return double_quoted(text)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def double_quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar on one line, with everything unseen escaped."""
    return '"' + "".join(_ESCAPES.get(character) or _visible(character) for character in text) + '"'


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_RESOLVER = yaml.resolver.Resolver()
# What YAML gives a meaning at the start of a text, and what ends a text inside brackets.
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`=<")
_FLOW_INDICATORS = frozenset(",[]{}")


@lru_cache(maxsize=4096)
def _is_plain_text(text: str, flow: bool) -> bool:
    if not text or not text.isprintable() or text != text.strip() or text[0] in _INDICATORS:
        return False
    if ": " in text or " #" in text or text.endswith(":") or text.startswith(("---", "...")):
        return False
    if flow and (_FLOW_INDICATORS & set(text) or ":" in text):
        return False
    tag = _RESOLVER.resolve(ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    node = ScalarNode(tag, text)
    return tag == _STR and is_plain(node) and go_reading(node) is Reading.TEXT
