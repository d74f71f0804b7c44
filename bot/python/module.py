"""The Python files of a plugin: decoded, parsed once and on demand, within bounds, and never imported."""

from __future__ import annotations

import ast
import codecs
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final, TypeVar, cast

from msgspec import Struct

from bot.findings import Span
from bot.limits import Account, Limit
from bot.messages import say
from bot.patterns import regex
from bot.python.distributions import IMPORT_NAMES
from bot.python.grammar import LINE_END, SyntaxProblem, Verdict, verdict
from bot.python.nodes import PLUGIN_PYTHON
from bot.python.statements import Import, survey
from bot.python.words import words
from bot.source.tree import Kind, Tree, Unreadable

#: The rules that judge Python.
RULES: Final = ("python/syntax", "python/missing-class", "python/broken-import", "permission/not-granted")

#: The rules that can fail a review by what they find in the names and calls of Python code.
CODE_RULES: Final = ("permission/not-granted", "python/session-misuse", "python/undeclared-credential")

#: The longest of the 2 250 files of the official plugins has 195 276 bytes.
MAX_BYTES: Final = Limit(1024 * 1024, "has more than {n:,} bytes, and is not read", *RULES)

#: A file with more words and punctuation marks than this is not parsed: it bounds the memory of the syntax tree,
#: which reaches about 2 kB for each. The largest official file has 37 513.
MAX_TOKENS: Final = Limit(100_000, "has more than {n:,} words and marks, and is not parsed", *RULES)

#: The same for all files of one plugin together. The largest official plugin has 60 439.
MAX_PLUGIN_TOKENS: Final = Limit(
    300_000, "is not parsed: the Python of the plugin has more than {n:,} words and marks", *RULES
)

#: How many files of a plugin are parsed as Python 3.12 by another program, which takes about 0.02 seconds for each.
#: One of the 2 250 files of the official plugins needs it. More than these are not judged.
_MAX_VERDICTS: Final = 50
#: So many lines above one of its names, the statement of an import is looked for.
_MOST_NAMES: Final = 30

_T = TypeVar("_T")

#: Encodings that decode in linear time; a file in another one is left alone.
_ENCODINGS: Final = frozenset(
    {"utf-8", "ascii", "gbk", "gb2312", "gb18030", "big5", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949"}
    | {"koi8-r", "koi8-u", "mac-roman"}
    | {f"iso8859-{number}" for number in range(1, 17)}
    | {f"cp{number}" for number in (437, 850, 852, 866, *range(1250, 1259))}
)

#: Modules that are in the standard library of Python 3.12 but not of every Python this program runs on (PEP 594).
_REMOVED_AFTER_3_12: Final = words(
    "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd sunau "
    "telnetlib uu xdrlib"
)
#: Modules that Python 3.12 no longer has.
REMOVED_IN_3_12: Final = words("asynchat asyncore distutils imp smtpd")
_ADDED_AFTER_3_12: Final = words("annotationlib compression")

#: The top-level modules of the standard library of Python 3.12.
STDLIB: Final = (sys.stdlib_module_names | _REMOVED_AFTER_3_12) - REMOVED_IN_3_12 - _ADDED_AFTER_3_12


_WORD: Final = regex(r"\w+")


class Module:
    """One Python file.

    Exactly one of three holds: `tree` is its syntax tree; `error` says why Python 3.12 refuses it; `skipped` says in
    plain words ("is larger than 1 MiB") why it could not be judged, and then nothing may be concluded from it.
    """

    def __init__(
        self,
        path: str,
        text: str = "",
        tree: ast.Module | None = None,
        error: SyntaxProblem | None = None,
        skipped: str | None = None,
        imports: tuple[Import, ...] = (),
        unjudged: tuple[str, ...] = RULES,
    ) -> None:
        self.path = path
        self.text = text
        self.tree = tree
        self.error = error
        self.skipped = skipped
        #: The rules that cannot judge a file that was skipped.
        self.unjudged = unjudged
        #: Every name that an import statement anywhere in the file brings in, in source order.
        self.imports = imports
        self._derived: dict[Callable[[Module], Any], Any] = {}

    def derived(self, make: Callable[[Module], _T]) -> _T:
        """What `make` makes of this file alone, made once: an editor has the file again after the next key."""
        if make not in self._derived:
            self._derived[make] = make(self)
        return cast(_T, self._derived[make])

    def __repr__(self) -> str:
        return f"Module({self.path!r})"

    @property
    def body(self) -> list[ast.stmt]:
        return self.tree.body if self.tree else []

    @cached_property
    def lines(self) -> list[str]:
        """The lines as Python counts them, without their ends."""
        return LINE_END.split(self.text) if "\r" in self.text else self.text.split("\n")

    @cached_property
    def words(self) -> frozenset[str]:
        """The names, keywords and words of strings and comments."""
        return frozenset(_WORD.findall(self.text))

    @property
    def is_package(self) -> bool:
        return self.path.rpartition("/")[2] == "__init__.py"

    @property
    def name(self) -> str:
        """The dotted name, seen from the plugin root (`""` for the root's own `__init__.py`)."""
        return module_name(self.path)

    def span(self, node: ast.AST) -> Span:
        """Where `node` is; a node without a position is at the start of the file."""
        line = getattr(node, "lineno", 1)
        start = getattr(node, "col_offset", 0)
        end_line = getattr(node, "end_lineno", None) or line
        end = getattr(node, "end_col_offset", None)
        return Span(line, self._column(line, start), end_line, self._column(end_line, start if end is None else end))

    def span_of_name(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
        """Where the name of a definition is: the syntax tree only knows where `class` or `def` stands."""
        start = self._column(node.lineno, node.col_offset)
        line = self._line(node.lineno)
        found = re.compile(r"(?:async\s+def|class|def)\s+").match(line, start - 1)
        if found is None or not line.startswith(node.name, found.end()):
            return Span(node.lineno, start, node.lineno, len(line) + 1)
        return Span(node.lineno, found.end() + 1, node.lineno, found.end() + 1 + len(node.name))

    def span_of_imported(self, statement: Import) -> Span:
        """Where the module that a statement imports from is named, which the syntax tree does not say."""
        first = self.span(statement.node)
        named = re.compile(rf"\bfrom\s+({re.escape('.' * statement.level + statement.module)})\s+import\b")
        for number in range(first.line, max(0, first.line - _MOST_NAMES), -1):
            line = self._line(number)
            found = named.search(line, 0, first.column if number == first.line else len(line))
            if found is not None:
                return Span(number, found.start(1) + 1, number, found.end(1) + 1)
            if line.lstrip().startswith(("from ", "import ")):
                break
        return first

    def _line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def _column(self, line: int, offset: int) -> int:
        text = self._line(line)
        if text.isascii():
            return offset + 1
        return len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")) + 1


class Place(Struct, frozen=True):
    """Where the plugin keeps a dotted name: a file, or a folder without `__init__.py` (a namespace package)."""

    path: str | None
    folder: str | None


class Modules:
    """The Python files of one plugin, parsed when they are first asked for.

    `tree` has the plugin root as its root, which is the working directory and the head of the import path when the
    plugin runs.
    """

    def __init__(self, tree: Tree, account: Account | None = None, earlier: Modules | None = None) -> None:
        """What is not parsed is noted in `account`. What `earlier` has with the same text is not parsed again."""
        self._tree = tree
        #: What is not read or not followed.
        self.account = account or Account()
        self._cache: dict[str, Module] = {}
        self._earlier: Mapping[str, Module] = earlier._cache if earlier is not None else {}
        self._of_files: dict[tuple[Any, str], Any] = {}
        #: What `earlier` has of its files, where nothing but the text of some can have changed.
        self._known: Mapping[tuple[Any, str], Any] = {}
        if earlier is not None and not any(earlier.account) and earlier._entries == self._entries:
            self._known = earlier._of_files
        self._settled: dict[str, bool] = {}
        self._places: dict[str, Place | None] = {}
        self._derived: dict[Callable[[Modules], Any], Any] = {}
        self._tokens = 0
        self._counted_quickly: list[str] = []
        self._verdicts = 0
        self._tokens_of_verdicts = 0

    def renewed(self, tree: Tree) -> bool:
        """Goes on with another moment of the plugin, where it has the same files and those that were parsed are the
        same: all that was made of them holds. Otherwise nothing changes."""
        before, now = self._tree.entries(), tree.entries()
        if before.keys() != now.keys() or any(now[path].kind is not entry.kind for path, entry in before.items()):
            return False
        try:
            if any(self._tree.read(path) != tree.read(path) for path in self._cache):
                return False
        except Unreadable:
            return False
        self._tree = tree
        return True

    def derived(self, make: Callable[[Modules], _T]) -> _T:
        """What `make` makes of these modules, made once: the place for tables that are costly to compute."""
        if make not in self._derived:
            self._derived[make] = make(self)
        return cast(_T, self._derived[make])

    def of_file(self, make: Callable[[Modules, str], _T], path: str) -> _T:
        """What `make` makes of the file at `path` and those that it imports, made once and kept while these stay."""
        key = make, path
        if key not in self._of_files:
            is_known = key in self._known and self._is_settled(path)
            self._of_files[key] = self._known[key] if is_known else make(self, path)
        return cast(_T, self._of_files[key])

    def _is_settled(self, path: str) -> bool:
        """Whether a file and all that it imports are what they were, and none imports itself through others: what is
        known of such a file depends on which was asked for first."""
        known = self._settled
        around: set[str] = set()
        stack = [path]
        while stack:
            current = stack[-1]
            if current in known:
                stack.pop()
            elif current in around:
                known[current] = all(known[each] for each in self._reached(current))
                around.discard(current)
            elif current not in self._earlier or self.get(current) is not self._earlier[current]:
                known[current] = False
            else:
                around.add(current)
                reached = self._reached(current)
                if not around.isdisjoint(reached):
                    known[current] = False
                    around.discard(current)
                stack += [each for each in reached if each not in known and each not in around]
        return known[path]

    def _reached(self, path: str) -> set[str]:
        """The files of the plugin that the names of a file can lead to by its own imports."""
        module = self._earlier[path]
        found: set[str] = set()
        for statement in module.imports:
            dotted = self.absolute(module, statement.module, statement.level)
            if dotted is None:
                continue
            found.update(self.targets(module, statement))
            # A package that is bound leads to everything in it.
            bound = dotted.partition(".")[0] if statement.name is None else f"{dotted}.{statement.name}".strip(".")
            place = self.locate(bound)
            if place is not None and place.folder is not None:
                found.update(each for each in self.paths if each.startswith(f"{place.folder}/"))
        return found

    @cached_property
    def _entries(self) -> frozenset[str]:
        return frozenset(path for path, entry in self._tree.entries().items() if entry.kind is not Kind.OTHER)

    @cached_property
    def _folders(self) -> frozenset[str]:
        folders: set[str] = set()
        for path in self._entries:
            while "/" in path and (path := path.rpartition("/")[0]) not in folders:
                folders.add(path)
        return frozenset(folders)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every `.py` file, sorted."""
        return tuple(sorted(path for path in self._entries if path.endswith(".py")))

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The stems of every Python file and the names of every folder that holds one, at any depth."""
        names: set[str] = set()
        for path in self.paths:
            parts = path.split("/")
            names.update(parts[:-1])
            names.add(parts[-1].removesuffix(".py"))
        return frozenset(names)

    def get(self, path: str) -> Module | None:
        """The file at `path`, or None when there is none."""
        if path not in self._cache:
            if not self.exists(path):
                return None
            self._cache[path] = self._load(path)
        return self._cache[path]

    def locate(self, dotted: str) -> Place | None:
        """Where the plugin keeps the module `dotted`, or None when it has no such module."""
        if dotted not in self._places:
            self._places[dotted] = self._locate(dotted)
        return self._places[dotted]

    def _locate(self, dotted: str) -> Place | None:
        above = dotted.rpartition(".")[0]
        if above:
            parent = self.locate(above)
            if parent is None or parent.folder is None:
                return None
        base = dotted.replace(".", "/")
        if f"{base}/__init__.py" in self._entries:
            return Place(f"{base}/__init__.py", base)
        if f"{base}.py" in self._entries:
            return Place(f"{base}.py", None)
        return Place(None, base) if base in self._folders else None

    def exists(self, path: str) -> bool:
        """Whether there is a file of that name, in that spelling."""
        return path in self._entries

    def has_compiled(self, dotted: str) -> bool:
        """Whether there is an extension module or byte code for `dotted`, whose contents are not known."""
        base = dotted.replace(".", "/") + "."
        return any(path.startswith(base) and path.endswith((".so", ".pyd", ".pyc")) for path in self._entries)

    def is_own(self, dotted: str) -> bool | None:
        """Whether `import dotted` looks in the plugin; None when that depends on what is installed and loaded.

        A file or package of the plugin hides an installed one of the same name, but not a module that is already
        loaded; a folder without `__init__.py` is only used when nothing of that name is installed.
        """
        top = dotted.partition(".")[0]
        place = self.locate(top)
        if place is None:
            return False
        if top in STDLIB or top in REMOVED_IN_3_12 or top == "dify_plugin":
            return None
        if place.path is None and top in IMPORT_NAMES:
            return None
        return True

    def absolute(self, importer: Module, dotted: str, level: int) -> str | None:
        """The absolute name of what `from dotted` with `level` dots names, or None when it climbs out of the plugin."""
        if not level:
            return dotted
        package = importer.name.split(".") if importer.name else []
        if not importer.is_package:
            package = package[:-1]
        climb = level - 1
        if climb >= len(package):
            return None
        parts = package[: len(package) - climb]
        return ".".join([*parts, dotted] if dotted else parts)

    def targets(self, importer: Module, statement: Import) -> list[str]:
        """The plugin's files that executing the statement executes: the module and the packages above it."""
        dotted = self.absolute(importer, statement.module, statement.level)
        if not dotted or self.is_own(dotted) is False:
            return []
        if statement.name and statement.name != "*":
            dotted += f".{statement.name}"
        parts = dotted.split(".")
        found = []
        for length in range(1, len(parts) + 1):
            place = self.locate(".".join(parts[:length]))
            if place is None:
                break
            if place.path:
                found.append(place.path)
        return found

    def _load(self, path: str) -> Module:
        module = self._read(path)
        if module.skipped is not None:
            self.account.leave_out(path, module.skipped, module.unjudged)
        return module

    def _read(self, path: str) -> Module:
        size = self._tree.entries()[path].size
        if size is not None and self.account.exceeds(MAX_BYTES, path, size):
            return Module(path, skipped=MAX_BYTES.reason)
        try:
            raw = self._tree.read(path)
        except Unreadable as problem:
            return Module(path, skipped=problem.reason)
        if self.account.exceeds(MAX_BYTES, path, len(raw)):
            return Module(path, skipped=MAX_BYTES.reason)
        decoded = _decode(raw)
        if isinstance(decoded, SyntaxProblem):
            return Module(path, error=decoded)
        if decoded is None:
            return Module(path, skipped=say("is in an encoding that is not read here"))
        tokens = self._count(decoded)
        if self.account.exceeds(MAX_TOKENS, path, tokens):
            return Module(path, skipped=MAX_TOKENS.reason)
        if self.account.exceeds(MAX_PLUGIN_TOKENS, path, self._tokens + tokens):
            return Module(path, skipped=MAX_PLUGIN_TOKENS.reason)
        self._tokens += tokens
        earlier = self._earlier.get(path)
        if earlier is not None and earlier.tree is not None and earlier.text == decoded:
            return earlier
        return parse(path, decoded, self._verdict)

    def _count(self, text: str) -> int:
        """How many tokens a file has: those of its comments too, as long as that makes no difference."""
        quick = _tokens(text)
        if quick <= MAX_TOKENS.most and self._tokens + quick <= MAX_PLUGIN_TOKENS.most:
            self._counted_quickly.append(text)
            return quick
        self._tokens -= sum(_tokens(earlier) - _tokens_of_code(earlier) for earlier in self._counted_quickly)
        self._counted_quickly.clear()
        return _tokens_of_code(text)

    def _verdict(self, text: str) -> Verdict | None:
        """What Python 3.12 makes of a file, for so many of a plugin; after one that could not be told, for no more."""
        # An older Python may take for a comment what is code to 3.12: here everything counts.
        self._tokens_of_verdicts += _tokens(text)
        if self._verdicts >= _MAX_VERDICTS or self._tokens_of_verdicts > MAX_TOKENS.most:
            return None
        found = verdict(text)
        self._verdicts = self._verdicts + 1 if found else _MAX_VERDICTS
        return found


def module_name(path: str) -> str:
    """The dotted name of the file `path`, seen from the plugin root."""
    stem = path.removesuffix(".py")
    return (
        stem.removesuffix("__init__").rstrip("/").replace("/", ".")
        if stem.endswith("__init__")
        else stem.replace("/", ".")
    )


def parse(path: str, text: str, ask: Callable[[str], Verdict | None] = verdict) -> Module:
    """Parses the text of one file. Never raises; see `Module` for the three outcomes.

    `ask` says what Python 3.12 makes of a text, where this Python is older and cannot tell.
    """
    if "\0" in text:
        before = LINE_END.split(text.partition("\0")[0])
        return Module(
            path, text, error=SyntaxProblem("source code cannot contain null bytes", len(before), len(before[-1]) + 1)
        )
    try:
        tree = _tree(text)
    except SyntaxError as problem:
        if not _may_be_newer(text, problem):
            return Module(path, text, error=_within(text, problem.msg, problem.lineno, problem.offset))
        answer = ask(text)
        if answer is None:
            return Module(
                path, text, skipped=say("may use syntax of Python 3.12, which is newer than this program's Python")
            )
        if answer.error:
            return Module(path, text, error=_within(text, answer.error.message, answer.error.line, answer.error.column))
        try:
            tree = _tree(answer.older or text)
        except (SyntaxError, RecursionError, MemoryError, ValueError):
            reason = say("uses syntax of Python 3.12, which is newer than this program's Python")
            return Module(path, text, skipped=reason, unjudged=tuple(name for name in RULES if name != "python/syntax"))
    except (RecursionError, MemoryError):
        return Module(path, text, skipped=say("is nested too deeply to be parsed"))
    except ValueError as problem:
        return Module(path, text, skipped=say("cannot be parsed ({reason})", reason=str(problem)))
    found = survey(tree, text)
    module = Module(path, text, tree, imports=found.imports)
    if found.misplaced is None:
        return module
    span = module.span(found.misplaced.node)
    return Module(path, text, error=SyntaxProblem(found.misplaced.message, span.line, span.column))


#: What each byte of a file is to `_tokens`: part of a word, white space, or a mark of its own.
_CLASSES: Final = bytes(
    ord("a") if char.isalnum() or char == "_" or not char.isascii() else ord(" ") if char.isspace() else ord(".")
    for char in map(chr, range(256))
)


def _tokens(text: str) -> int:
    """How many words and punctuation marks a text has, in comments and strings too."""
    classes = b" " + text.encode("utf-8", "replace").translate(_CLASSES)
    return classes.count(b".") + classes.count(b" a") + classes.count(b".a")


_NO_CODE: Final = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def _tokens_of_code(text: str) -> int:
    """How many tokens Python reads before it is at the end or refuses the text, without comments.

    A string is one token, but for an f-string that the running Python reads as one: there each word and mark counts.
    Stops where the text has too many.
    """
    count = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
                if token.type == tokenize.STRING and "f" in token.string[:2].lower():
                    count += _tokens(token.string)
                elif token.type not in _NO_CODE:
                    count += 1
                if count > MAX_TOKENS.most:
                    break
    except (SyntaxError, tokenize.TokenError):
        pass
    return min(count, _tokens(text))


def _tree(text: str) -> ast.Module:
    # Newer versions accept more than 3.12 does; older ones do not know how to be asked for it.
    version = PLUGIN_PYTHON if sys.version_info >= PLUGIN_PYTHON else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, feature_version=version)


def _within(text: str, message: str | None, line: int | None, column: int | None) -> SyntaxProblem:
    """The problem at the place in the text that is nearest to the one that a parser names."""
    lines = LINE_END.split(text)
    line = min(max(line or 1, 1), len(lines))
    return SyntaxProblem(message or "invalid syntax", line, min(max(column or 1, 1), len(lines[line - 1]) + 1))


_F_STRING = regex(r"\b(?:[fF][rR]?|[rR][fF])(\"\"\"|'''|[\"'])")
_NEWER_STATEMENT = regex(
    r"^[ \t\f]*+(?:type[ \t]++\w[^=\n]*+=|(?:async[ \t]++def|def|class)[ \t]++\w++[ \t]*+\[)", re.MULTILINE
)


def _may_be_newer(text: str, problem: SyntaxError) -> bool:
    """Whether an error of a Python before 3.12 may be about what 3.12 accepts: PEP 695 and PEP 701."""
    if sys.version_info >= PLUGIN_PYTHON:
        return False
    if "f-string" in (problem.msg or "") or _NEWER_STATEMENT.search(text):
        return True
    # An f-string that Python 3.11 ends too early makes it misread what follows: the line, or, between triple
    # quotes, everything.
    lines = LINE_END.split(text)
    last = min(max(problem.lineno or 1, problem.end_lineno or 1), len(lines))
    first = min(problem.lineno or 1, last)
    near = "\n".join(lines[max(first - 3, 0) : last])
    return bool(_F_STRING.search(near)) or any(len(m[1]) == 3 for m in _F_STRING.finditer("\n".join(lines[:last])))


def _decode(raw: bytes) -> str | SyntaxProblem | None:
    """The text as Python reads it (PEP 263); None when the encoding is not read here."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except SyntaxError as problem:
        # Raised for an unknown encoding, for one that contradicts the byte order mark, and for a first line that
        # is not UTF-8.
        return _not_utf8(raw) or SyntaxProblem(problem.msg or "unknown encoding", 1, 1)
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        info = codecs.lookup(name)
    except LookupError:
        return SyntaxProblem(say("unknown encoding: {name}", name=name), 1, 1)
    if info.name not in _ENCODINGS:
        return None
    if encoding == "utf-8-sig":
        raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode(info.name)
    except UnicodeDecodeError as problem:
        if info.name == "utf-8":
            return _not_utf8(raw)
        before = LINE_END.split(raw[: problem.start].decode(info.name, "replace"))
        return SyntaxProblem(say("the file is not {encoding}", encoding=info.name), len(before), len(before[-1]) + 1)


def _not_utf8(raw: bytes) -> SyntaxProblem | None:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        before = LINE_END.split(raw[: problem.start].decode("utf-8"))
        return SyntaxProblem(say("the file is not UTF-8 and declares no encoding"), len(before), len(before[-1]) + 1)
    return None
