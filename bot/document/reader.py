"""Reads YAML text into a `Document`: composed nodes with positions, the data the SDK sees, and what is wrong.

The text is composed once by libyaml through PyYAML, whose own scanner the SDK uses: it refuses tabs besides, as
`bot.document.tabs` knows. Where Go's yaml.v3, the reader of packager and installer, would read something else,
`bot.document.scalars` knows. Nothing here raises on bad input: what is wrong becomes a `Problem` with its position, and
work is bounded by the limits below.
"""

from __future__ import annotations

import codecs
import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import yaml
from msgspec import Struct
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from bot.document.pointer import Pointer
from bot.document.scalars import diverges
from bot.findings import Span, quote
from bot.messages import say
from bot.patterns import regex

#: A larger YAML file is not parsed (bytes). The largest in published plugins has 300 KiB.
MAX_YAML_BYTES = 4 * 1024 * 1024
#: Deeper nesting is not parsed (levels). Specification documents nest about 12 deep.
MAX_DEPTH = 100
#: A larger integer is not taken for a number (bits): it has no place in a float, nor in anything of the format.
MAX_BITS = 1000
#: A document whose aliases and merge keys stand for more nodes than are written in it, by so many, is not read further.
MAX_REPEATED = 50_000
#: A document with more keys and values is not composed: each takes two hundred times its text in memory. The largest in
#: published plugins has 10,000.
MAX_NODES = 50_000


class ProblemCode(StrEnum):
    NOT_UTF8 = "not-utf-8"
    CONTROL_CHARACTER = "control-character"
    BYTE_ORDER_MARK = "byte-order-mark"
    MERGE_CONFLICT = "merge-conflict"
    SYNTAX = "syntax"
    TAB = "tab"
    SEVERAL_DOCUMENTS = "several-documents"
    EMPTY = "empty"
    DUPLICATE_KEY = "duplicate-key"
    COMPLEX_KEY = "complex-key"
    UNKNOWN_TAG = "unknown-tag"
    BAD_SCALAR = "bad-scalar"
    TOO_DEEP = "too-deep"
    TOO_MANY = "too-many"
    ALIAS_BOMB = "alias-bomb"
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"


class Problem(Struct, frozen=True):
    """Something wrong with the text itself. `pointer` is None where the text could not be composed."""

    code: ProblemCode
    message: str
    span: Span
    pointer: Pointer | None = None
    subject: str = ""


class Document:
    """One YAML file. `root` is None and `data` is None when the text could not be composed."""

    def __init__(
        self,
        path: str,
        text: str | None,
        root: Node | None = None,
        data: Any = None,
        problems: tuple[Problem, ...] = (),
        *,
        bom: bool = False,
    ) -> None:
        self.path = path
        self.text = text
        self.root = root
        self.data = data
        self.problems = problems
        self.bom = bom
        #: Plain scalars that Go's reader makes something else of, with their pointers; see `scalars`.
        self.divergent: tuple[tuple[Pointer, ScalarNode], ...] = ()
        self._lines: _Lines | None = None
        # By the identities of nodes, which live as long as the document.
        self._pairs: dict[int, dict[Any, tuple[Node, Node]]] = {}
        self._merged: dict[int, list[MappingNode]] = {}
        self._before: dict[int, dict[str, str | None]] = {}

    @property
    def readable(self) -> bool:
        """Whether the text could be composed, so that its content can be judged."""
        return self.root is not None

    def is_made_of(self, content: bytes) -> bool:
        """Whether the file was read whole, and holds just these bytes."""
        return self.text is not None and content == (codecs.BOM_UTF8 if self.bom else b"") + self.text.encode()

    @property
    def lines(self) -> _Lines:
        if self._lines is None:
            self._lines = _Lines(self.text or "")
        return self._lines

    # --- values -------------------------------------------------------------------------------------------

    def get(self, *pointer: str | int) -> Any:
        """The value at `pointer` as the SDK reads it, or None when there is none."""
        value = self.data
        for part in pointer:
            if isinstance(part, str) and isinstance(value, dict):
                value = value.get(part)
            elif isinstance(part, int) and isinstance(value, list) and -len(value) <= part < len(value):
                value = value[part]
            else:
                return None
        return value

    def text_at(self, *pointer: str | int) -> str | None:
        """The value at `pointer` if it is text, else None."""
        value = self.get(*pointer)
        return value if isinstance(value, str) else None

    def anchor(self, pointer: Pointer) -> str:
        """The pointer with list items called by their names, so that it survives items put in before them."""
        parts = []
        value = self.data
        for part in pointer:
            if isinstance(part, int) and isinstance(value, list) and part < len(value):
                value = value[part]
                parts.append(_item_name(value) or str(part))
            else:
                value = value.get(part) if isinstance(value, dict) else None
                parts.append(str(part))
        return "/".join(parts)

    # --- nodes and places ---------------------------------------------------------------------------------

    def node(self, pointer: Pointer) -> Node | None:
        """The value node at `pointer`, or None."""
        found = self._find(pointer)
        return found[1] if found else None

    def key_node(self, pointer: Pointer) -> Node | None:
        """The key node whose value is at `pointer`; None for a list item or the root."""
        found = self._find(pointer)
        return found[0] if found else None

    def _find(self, pointer: Pointer) -> tuple[Node | None, Node] | None:
        key: Node | None = None
        node = self.root
        if node is None:
            return None
        for part in pointer:
            key = None
            if isinstance(node, MappingNode):
                pair = self._pair(node, part)
                if pair is None:
                    return None
                key, node = pair
            elif isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
                node = node.value[part]
            else:
                return None
        return key, node

    def _pair(self, node: MappingNode, key: str | int) -> tuple[Node, Node] | None:
        """The pair of `key`; the last of duplicates, as PyYAML keeps it; then pairs brought in by merge keys."""
        pair = self._own_pairs(node).get(key)
        if pair is not None:
            return pair
        for source in self._merged[id(node)]:
            if source is not node and (pair := self._pair(source, key)) is not None:
                return pair
        return None

    def _own_pairs(self, node: MappingNode) -> Mapping[Any, tuple[Node, Node]]:
        """The pairs that a mapping itself has, by the text of their keys and by what YAML makes of it."""
        pairs = self._pairs.get(id(node))
        if pairs is None:
            pairs = self._pairs[id(node)] = {}
            merged: list[MappingNode] = []
            for key, value in reversed(node.value):
                if not isinstance(key, ScalarNode):
                    continue
                if key.tag == _MERGE:
                    sources = value.value if isinstance(value, SequenceNode) else [value]
                    merged.extend(source for source in sources if isinstance(source, MappingNode))
                    continue
                pairs.setdefault(key.value, (key, value))
                if key.tag != _STR:
                    pairs.setdefault(_plain_key(key), (key, value))
            self._merged[id(node)] = merged
        return pairs

    def key_before(self, pointer: Pointer) -> str | None:
        """The text of the key that stands before the one at `pointer` in the same mapping."""
        node = self.node(pointer[:-1])
        if not isinstance(node, MappingNode):
            return None
        before = self._before.get(id(node))
        if before is None:
            before = self._before[id(node)] = {}
            last: str | None = None
            for key, _ in node.value:
                if isinstance(key, ScalarNode):
                    before.setdefault(key.value, last)
                    last = key.value
        return before.get(str(pointer[-1]))

    def span_of(self, node: Node) -> Span:
        """Where a node stands. The trailing blank lines of a block value are not part of it."""
        start, end = node.start_mark, node.end_mark
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and self.text is not None:
            stop = len(self.text[start.index : end.index].rstrip()) + start.index
            return self.lines.span(start.index, max(stop, start.index))
        return self.lines.span(start.index, end.index)

    def text_in(self, span: Span) -> str:
        """What is written between two places of the document."""
        start, end = self.lines.index(span.line, span.column), self.lines.index(span.end_line, span.end_column)
        return (self.text or "")[start:end]

    def span(self, pointer: Pointer) -> Span:
        """Where the value at `pointer` stands.

        Where it is absent or empty, the place that stands for it: its key, else the nearest parent's place.
        """
        found = self._find(pointer)
        if found is None:
            return self.span_of_parent(pointer)
        key, node = found
        span = self.span_of(node)
        if key is not None and (span.line, span.column) == (span.end_line, span.end_column):
            return self.span_of(key)
        return span

    def span_of_key(self, pointer: Pointer) -> Span:
        """Where the key of the value at `pointer` stands; for a list item, the item's first key or value."""
        found = self._find(pointer)
        if found is None:
            return self.span_of_parent(pointer)
        key, node = found
        if key is not None:
            return self.span_of(key)
        if isinstance(node, MappingNode) and node.value and not node.flow_style:
            return self.span_of(node.value[0][0]) if pointer else TOP
        return self.span_of(node) if pointer else TOP

    def span_of_parent(self, pointer: Pointer) -> Span:
        """Where to point for something that is missing at `pointer`: the key or item whose mapping lacks it.

        At the top level of the document this is line 1.
        """
        for length in range(len(pointer) - 1, 0, -1):
            if self._find(pointer[:length]) is not None:
                return self.span_of_key(pointer[:length])
        return TOP


def _item_name(item: Any) -> str | None:
    """What identifies an item of a list of the format: its name, or its own text."""
    if isinstance(item, str):
        return f"={item}"
    if isinstance(item, dict):
        for key in ("name", "variable", "value", "model", "path"):
            if isinstance(item.get(key), str):
                return f"{key}={item[key]}"
    return None


#: The first character of a file.
TOP = Span(1, 1, 1, 1)

_ODD_BREAKS = regex("\r(?!\n)|[\x85\u2028\u2029]")


class _Lines:
    """Turns offsets in a text into lines and columns.

    Only LF ends a line, as on GitHub and in git; libyaml also breaks lines at CR, NEL, LS and PS, so its own line
    numbers are not used.
    """

    def __init__(self, text: str) -> None:
        self._starts = [0]
        self._starts.extend(match.end() for match in re.finditer("\n", text))
        self._text = text

    def position(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def index(self, line: int, column: int) -> int:
        """The offset of a 1-based position, clamped to the text."""
        if line > len(self._starts):
            return len(self._text)
        return min(self._starts[line - 1] + column - 1, len(self._text))

    def span(self, start: int, end: int) -> Span:
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(line, column, end_line, end_column)


def _plain_key(node: ScalarNode) -> Any:
    try:
        return _scalar(node)
    except (ValueError, yaml.YAMLError, OverflowError):
        return None


# --- reading --------------------------------------------------------------------------------------------------

_MERGE = "tag:yaml.org,2002:merge"
_STR = "tag:yaml.org,2002:str"
_MAP = "tag:yaml.org,2002:map"
_SEQ = "tag:yaml.org,2002:seq"

# What is not among the characters that YAML 1.1 allows, and a byte order mark at the start of a line, which libyaml and
# yaml.v3 skip and the SDK's reader does not. (One at the start of the text is taken off before.)
_FORBIDDEN = regex(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]|(?<![^\n\r\x85\u2028\u2029])\ufeff"
)
_CONFLICT = regex(r"^<{7} .*$", re.MULTILINE)
_CONFLICT_END = regex(r"^>{7} .*$", re.MULTILINE)
# Signs that a text could nest deeper than MAX_DEPTH: many brackets, deep indentation, or many markers on a line.
_COULD_BE_DEEP = regex(rf"^ {{{MAX_DEPTH}}}|(?:(?:- |\? ){{{MAX_DEPTH // 2}}})", re.MULTILINE)
# What a text of that kind holds: to look for these takes a tenth of the time.
_DEEP_PARTS = (" " * MAX_DEPTH, "- - ", "- ? ", "? - ", "? ? ")


# A document has at most three nodes for each of these, and one more: in a list, `a: b` is a mapping, a key and a value.
_SEPARATORS = ",:-?[{"


def read_document(path: str, content: bytes) -> Document:
    """Reads one file. Never raises for anything in `content`."""
    if len(content) > MAX_YAML_BYTES:
        message = say(
            "The file has {count:,} bytes; YAML over {max_yaml_bytes:,} bytes is not read.",
            count=len(content),
            max_yaml_bytes=MAX_YAML_BYTES,
        )
        return Document(path, None, problems=(Problem(ProblemCode.TOO_LARGE, message, TOP),))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        span = Span(line, column, line, column)
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            message = say("The file is UTF-16; the SDK reads UTF-8 only.")
        else:
            message = say("Byte 0x{content:02x} is not UTF-8.", content=content[error.start])
        return Document(path, None, problems=(Problem(ProblemCode.NOT_UTF8, message, span),))
    bom = text.startswith("\ufeff")
    text = text.removeprefix("\ufeff")
    document = Document(path, text, bom=bom)
    problem = _reject(document, text)
    if problem is None:
        root, problem, extra = _compose(document, text)
        if root is not None:
            reading = _Reading(document)
            document.root = root
            document.data = reading.build(root)
            if reading.broken:
                document.root = document.data = None
            document.problems = (*extra, *reading.problems)
            document.divergent = tuple(reading.divergent)
            return document
    if problem is not None:
        document.problems = (problem,)
    return document


def _reject(document: Document, text: str) -> Problem | None:
    """What keeps a text from being composed at all, cheapest checks first."""
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        span = document.lines.span(forbidden.start(), forbidden.end())
        if forbidden[0] == "\ufeff":
            message = say("A byte order mark (U+FEFF) stands at the start of a line.")
            return Problem(ProblemCode.BYTE_ORDER_MARK, message, span)
        name = "NUL" if forbidden[0] == "\0" else f"U+{ord(forbidden[0]):04X}"
        return Problem(ProblemCode.CONTROL_CHARACTER, say("YAML does not allow the character {name}.", name=name), span)
    conflict = _CONFLICT.search(text) if "<<<<<<< " in text else None
    if conflict and _CONFLICT_END.search(text, conflict.end()):
        span = document.lines.span(conflict.start(), conflict.end())
        return Problem(ProblemCode.MERGE_CONFLICT, say("A merge conflict was left in the file."), span)
    is_indented = any(part in text for part in _DEEP_PARTS) and _COULD_BE_DEEP.search(text)
    could_be_many = len(text) > MAX_NODES // 2 and 3 * sum(map(text.count, _SEPARATORS)) > MAX_NODES
    if text.count("[") + text.count("{") > MAX_DEPTH or is_indented or could_be_many:
        return _check_size(document, text)
    return None


def _check_size(document: Document, text: str) -> Problem | None:
    # The composer recurses in C and keeps every node: both have to be found from the flat event stream before it runs.
    depth = nodes = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            nodes += isinstance(event, yaml.NodeEvent)
            if nodes > MAX_NODES:
                message = say("The file holds more than {n:,} keys and values and is not read.", n=MAX_NODES)
                return Problem(ProblemCode.TOO_MANY, message, _start(document, event))
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    message = say("The nesting is deeper than {max_depth} levels and is not read.", max_depth=MAX_DEPTH)
                    return Problem(ProblemCode.TOO_DEEP, message, _start(document, event))
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return None  # The composer reports it with the same position.
    return None


def _start(document: Document, event: yaml.Event) -> Span:
    index = event.start_mark.index if event.start_mark is not None else 0
    return document.lines.span(index, index)


_RESOLVER: Any = yaml.resolver.Resolver()


class _Tags(dict[str, str]):
    """The tags of plain scalars by their texts, which repeat: `true`, `string`, `0`."""

    def __missing__(self, text: str) -> str:
        tag: str = _RESOLVER.resolve(ScalarNode, text, (True, False))
        if len(text) <= _SHORT and len(self) < _REMEMBERED:
            self[text] = tag
        return tag


_SHORT = 16
_REMEMBERED = 10_000
_TAGS = _Tags()
#: The first characters of plain scalars that may be something else than text.
_TELLING = frozenset(yaml.CSafeLoader.yaml_implicit_resolvers) - {""}


class _Loader(yaml.CSafeLoader):
    """PyYAML's safe loader. Most scalars can be nothing but text, which is seen faster than it is searched for."""

    # Tags depend on no path here, so both do nothing. They are called for every node, and functions of C are cheap.
    descend_resolver: Any = staticmethod(operator.is_)
    ascend_resolver: Any = staticmethod(bool)

    def resolve(self, kind: type[Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is not ScalarNode:
            return _MAP if kind is MappingNode else _SEQ
        if not implicit[0] or (value and value[0] not in _TELLING):
            return _STR
        return _TAGS[value]


def _compose(document: Document, text: str) -> tuple[Node | None, Problem | None, tuple[Problem, ...]]:
    loader = _Loader(text)
    extra: tuple[Problem, ...] = ()
    try:
        if not loader.check_node():
            return None, Problem(ProblemCode.EMPTY, say("The file is empty."), TOP), ()
        root = loader.get_node()
        try:
            if loader.check_node():
                second = loader.get_node()
                start = second.start_mark.index if second is not None and second.start_mark is not None else 0
                message = say(
                    "A second YAML document starts here: the SDK refuses the file, the packager reads only the first."
                )
                span = document.lines.span(start, start)
                extra = (Problem(ProblemCode.SEVERAL_DOCUMENTS, message, span),)
        except yaml.YAMLError as error:
            return None, _syntax_problem(document, error), ()
        if root is None or (isinstance(root, ScalarNode) and root.value == "" and root.tag.endswith(":null")):
            return None, Problem(ProblemCode.EMPTY, say("The file holds no value."), TOP), ()
        return root, None, extra
    except yaml.YAMLError as error:
        return None, _syntax_problem(document, error), ()
    finally:
        loader.dispose()


def _syntax_problem(document: Document, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "unreadable"
    context = getattr(error, "context", None)
    if problem == "found unexpected end of stream":
        mark = getattr(error, "context_mark", None) or mark  # The quote or bracket that is not closed.
    index = min(mark.index, len(document.text or "")) if mark is not None else 0
    span = document.lines.span(index, index)
    character = (document.text or "")[index : index + 1]
    if character == "\t" and "cannot start any token" in problem:
        message = say("A tab stands where YAML allows only spaces for indentation.")
        return Problem(ProblemCode.TAB, message, document.lines.span(index, index + 1))
    hint = _HINTS.get(problem, "")
    where = f" {context}" if context else ""
    message = say(
        "The YAML cannot be parsed{where}: {readable}.{hint}", where=where, readable=_readable(problem), hint=hint
    )
    return Problem(ProblemCode.SYNTAX, message, span)


_HINTS = {
    "mapping values are not allowed in this context": (
        say(" Text that contains a colon and a space needs quotes, or the line is indented too far.")
    ),
    "did not find expected key": say(
        " The indentation differs from the lines above, or a quote or bracket is not closed."
    ),
    "could not find expected ':'": say(" A key has no colon, or the line is indented too little."),
    "found character that cannot start any token": say(" Text that starts with a special character needs quotes."),
    "found unexpected end of stream": say(" A quote or bracket is not closed."),
    "did not find expected ',' or ']'": say(" A list in brackets is not closed."),
    "did not find expected ',' or '}'": say(" A mapping in braces is not closed."),
}


def _readable(problem: str) -> str:
    # libyaml's texts are fixed, but a few PyYAML ones quote the document.
    found = re.match(r"^(found (?:undefined alias|duplicate anchor)) '?(.*?)'?$", problem)
    return f"{found[1]} {quote(found[2])}" if found else problem


_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": _CONSTRUCTOR.construct_yaml_bool,
    "tag:yaml.org,2002:int": _CONSTRUCTOR.construct_yaml_int,
    "tag:yaml.org,2002:float": _CONSTRUCTOR.construct_yaml_float,
    "tag:yaml.org,2002:binary": _CONSTRUCTOR.construct_yaml_binary,
    "tag:yaml.org,2002:timestamp": _CONSTRUCTOR.construct_yaml_timestamp,
}
_COLLECTIONS = {_MAP, _SEQ}


def _scalar(node: ScalarNode) -> Any:
    """The value as PyYAML's safe loader makes it. Raises ValueError or yaml.YAMLError when it refuses."""
    tag = node.tag
    if tag == _STR:
        return node.value
    construct = _SCALARS.get(tag)
    if construct is None:
        raise yaml.constructor.ConstructorError(None, None, tag, node.start_mark)
    return construct(node)


class _Reading:
    """One pass over the composed nodes: builds the data and collects what is wrong with single nodes."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made: dict[int, tuple[Any, int]] = {}
        self._open: set[int] = set()
        self.problems: list[Problem] = []
        self.divergent: list[tuple[Pointer, ScalarNode]] = []
        self.broken = False
        self._written = 0
        self._merged = 0

    def build(self, root: Node) -> Any:
        value, size = self._value(root, ())
        if size - self._written > MAX_REPEATED and not self.broken:
            self._fail_repeated(root, ())
        return None if self.broken else value

    def _fail_repeated(self, node: Node, pointer: Pointer) -> None:
        self._fail(
            node, pointer, say("The aliases repeat more than {max_repeated:,} values.", max_repeated=MAX_REPEATED)
        )

    def _fail(self, node: Node, pointer: Pointer, message: str) -> None:
        self.broken = True
        self.problems = [Problem(ProblemCode.ALIAS_BOMB, message, self._document.span_of(node), pointer)]

    def _value(self, node: Node, pointer: Pointer) -> tuple[Any, int]:
        """The value of a node and the number of nodes it expands to. A shared node is built once."""
        self._written += id(node) not in self._made
        if isinstance(node, ScalarNode):
            if node.tag == _STR:
                return node.value, 1
            return self._scalar(node, pointer), 1
        identity = id(node)
        if identity in self._made:
            return self._made[identity]
        if identity in self._open:
            self._fail(node, pointer, say("A value contains itself through an alias."))
            return None, 1
        if node.tag not in _COLLECTIONS:
            self._unknown_tag(node, pointer)
        self._open.add(identity)
        make = self._sequence if isinstance(node, SequenceNode) else self._mapping
        made: tuple[Any, int] = make(node, pointer)
        self._open.discard(identity)
        self._made[identity] = made
        return made

    def _sequence(self, node: Node, pointer: Pointer) -> tuple[list[Any], int]:
        items: list[Any] = []
        size = 1
        for index, child in enumerate(node.value):
            item, item_size = self._value(child, (*pointer, index))
            items.append(item)
            size += item_size
        return items, size

    def _mapping(self, node: Node, pointer: Pointer) -> tuple[dict[Any, Any], int]:
        result: dict[Any, Any] = {}
        first: dict[Any, ScalarNode] = {}
        merged: list[Node] = []
        size = 1
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                message = say("A mapping or list cannot be a key: the SDK refuses the file.")
                span = self._document.span_of(key_node)
                self.problems.append(Problem(ProblemCode.COMPLEX_KEY, message, span, pointer))
                continue
            if key_node.tag == _MERGE:
                merged.append(value_node)
                continue
            key = key_node.value if key_node.tag == _STR else self._scalar(key_node, pointer)
            if key in first:
                self._duplicate(first[key], key_node, (*pointer, key_node.value))
            else:
                first[key] = key_node
            self._written += 1
            if value_node.tag == _STR and isinstance(value_node, ScalarNode):  # Most values, without a detour.
                result[key] = value_node.value
                size += 2
                self._written += 1
                continue
            value, value_size = self._value(value_node, (*pointer, key))
            result[key] = value
            size += value_size + 1
        for source in merged:
            size += self._merge(source, result, pointer)
        return result, size

    def _merge(self, source: Node, result: dict[Any, Any], pointer: Pointer) -> int:
        size = 0
        for node in source.value if isinstance(source, SequenceNode) else [source]:
            if not isinstance(node, MappingNode):
                message = say("A merge key `<<` takes a mapping or a list of mappings.")
                span = self._document.span_of(node)
                self.problems.append(Problem(ProblemCode.BAD_SCALAR, message, span, pointer))
                continue
            value, value_size = self._value(node, pointer)
            size += value_size
            # What is merged is copied, so this cannot wait until the whole document is there.
            self._merged += len(value or ())
            if self._merged > MAX_REPEATED:
                if not self.broken:
                    self._fail_repeated(node, pointer)
                return size
            for key, item in (value or {}).items():
                result.setdefault(key, item)
        return size

    def _scalar(self, node: ScalarNode, pointer: Pointer) -> Any:
        if diverges(node):
            self.divergent.append((pointer, node))
        try:
            value = _scalar(node)
            if isinstance(value, int) and value.bit_length() > MAX_BITS:
                raise OverflowError
            return value
        except yaml.constructor.ConstructorError:
            self._unknown_tag(node, pointer)
        except (ValueError, OverflowError):
            message = say("{value} looks like a number or a date but cannot be used as one.", value=quote(node.value))
            span = self._document.span_of(node)
            self.problems.append(Problem(ProblemCode.BAD_SCALAR, message, span, pointer, node.value))
        return node.value

    def _unknown_tag(self, node: Node, pointer: Pointer) -> None:
        span = self._document.span_of(node)
        if node.tag == "tag:yaml.org,2002:value":
            message = say(
                "A bare `=` has a meaning of its own in YAML 1.1, and the SDK cannot read the file. Quote it."
            )
            self.problems.append(Problem(ProblemCode.BAD_SCALAR, message, span, pointer, "="))
            return
        message = say("The tag {tag} is unknown to the SDK's reader, which refuses the file.", tag=quote(node.tag))
        self.problems.append(Problem(ProblemCode.UNKNOWN_TAG, message, span, pointer, node.tag))

    def _duplicate(self, first: ScalarNode, again: ScalarNode, pointer: Pointer) -> None:
        line = self._document.lines.position(first.start_mark.index)[0]
        message = say(
            "The key {value} stands here a second time; the first is on line {line}.",
            value=quote(again.value),
            line=line,
        )
        span = self._document.span_of(again)
        self.problems.append(Problem(ProblemCode.DUPLICATE_KEY, message, span, pointer, again.value))


def walk(value: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Every value of a document's data with its pointer, parents first."""
    yield pointer, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*pointer, index))
