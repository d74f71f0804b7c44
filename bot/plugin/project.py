"""The `pyproject.toml` of a plugin, read as a whole."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from msgspec import Struct, field
from packaging.version import Version

from bot.findings import Span
from bot.limits import Limit
from bot.messages import say
from bot.patterns import regex
from bot.plugin.plugin import Plugin

PYPROJECT = "pyproject.toml"

_RULES = ("dependency/invalid", "dependency/no-sdk", "dependency/sdk-version", "dependency/undeclared-import")
MAX_BYTES = Limit(256 * 1024, "has more than {n:,} bytes, and is not read", *_RULES)


class Project(Struct, frozen=True, dict=True):
    """`pyproject.toml`, read. `failure` says why it cannot be, and where."""

    text: str = ""
    data: Mapping[str, Any] | None = None
    failure: str = ""
    span: Span | None = None

    @property
    def table(self) -> Mapping[str, Any] | None:
        """The table `project`, where there is one."""
        table = self.data.get("project") if self.data is not None else None
        return table if isinstance(table, dict) else None

    @property
    def is_dynamic(self) -> bool:
        """Whether something else than the file decides on the dependencies."""
        dynamic = self.table.get("dynamic") if self.table is not None else None
        return isinstance(dynamic, list) and "dependencies" in dynamic

    def span_of(self, literal: str, table: str, key: str) -> Span:
        """Where `literal` stands after the key of a table; else the key, the table, the start of the file.

        The reader of TOML gives no positions, so the literals are looked for.
        """
        header = _after(self._places.headers.get(table, ()), 0)
        start = header.end if header is not None else 0
        found = _after(self._places.keys.get(key, ()), start)
        start = found.end if found is not None else start
        for form in (json.dumps(literal, ensure_ascii=False), f"'{literal}'") if literal else ():
            string = _after(self._places.strings.get(form, ()), start)
            if string is not None:
                return self._span(string.start + 1, string.end - 1)
        place = found or header
        return self._span(place.start, place.end) if place is not None else Span(1, 1, 1, 1)

    def _span(self, start: int, end: int) -> Span:
        lines = self._places.lines
        line = bisect_right(lines, start)
        column = start - lines[line - 1] + 1
        return Span(line, column, line, column + end - start)

    @cached_property
    def _places(self) -> _Places:
        """Where everything stands that may be looked for, so that the text is gone through once."""
        places = _Places()
        start = 0
        for line in self.text.split("\n"):
            places.lines.append(start)
            if line.lstrip(" \t").startswith("["):
                head, bracket, _ = line.partition("]")
                name = head.strip(" \t")[1:].strip(" \t")
                if bracket:
                    places.headers[name].append(_Place(start, start + len(head) + 1))
            else:
                head, equals, _ = line.partition("=")
                name = head.strip(" \t")
                name = name[1:] if name[:1] in _QUOTES else name
                name = name[:-1] if name[-1:] in _QUOTES else name
                if equals:
                    places.keys[name].append(_Place(start, start + len(head) + 1))
            start += len(line) + 1
        for found in _STRING.finditer(self.text):
            if not found[0].startswith("#"):
                places.strings[found[0]].append(_Place(found.start(), found.end()))
        return places


class _Place(NamedTuple):
    start: int
    end: int


class _Places(Struct, frozen=True):
    """The offsets of what a TOML file has, in their order: its lines, its tables, keys and strings as written."""

    lines: list[int] = field(default_factory=list)
    headers: defaultdict[str, list[_Place]] = field(default_factory=lambda: defaultdict(list))
    keys: defaultdict[str, list[_Place]] = field(default_factory=lambda: defaultdict(list))
    strings: defaultdict[str, list[_Place]] = field(default_factory=lambda: defaultdict(list))


_QUOTES = ('"', "'")
# A comment, or a string; what is in either starts neither.
_STRING = regex(
    r'''#[^\n]*+|"""(?:[^\\"]|\\.|"(?!""))*+"""|\'\'\'(?:[^\']|\'(?!\'\'))*+\'\'\''''
    r"""|"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\'""",
    re.DOTALL,
)


def _after(places: Sequence[_Place], start: int) -> _Place | None:
    """The first place that is not before an offset."""
    index = bisect_left(places, (start, 0))
    return places[index] if index < len(places) else None


def project_of(plugin: Plugin) -> Project | None:
    """The `pyproject.toml` of a plugin; None where there is none that can be read."""
    return plugin.derived(_read)


# A key of so many parts that it is not a key: tomllib takes time by their square.
_MANY_PARTS = regex(r"(?:\.[^.=\n,]{1,80}){30}")
_TOML_PLACE = regex(r"\(at line (\d+), column (\d+)\)")


def _read(plugin: Plugin) -> Project | None:
    content = plugin.read(PYPROJECT, MAX_BYTES)
    if content is None:
        return None
    # TOML 1.0, as installers of any age read it; the reader of our own tables takes 1.1 too.
    import tomllib

    try:
        text = content.decode("utf-8-sig")
        if _MANY_PARTS.search(text):
            plugin.account.leave_out(PYPROJECT, say("has a key of very many parts, and is not read"), _RULES)
            return None
        return Project(text, tomllib.loads(text))
    except UnicodeDecodeError:
        return Project(failure=say("it is not UTF-8"))
    except RecursionError:
        plugin.account.leave_out(PYPROJECT, say("is nested too deeply to be read"), _RULES)
        return None
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        place = _TOML_PLACE.search(reason)
        span = None
        if place is not None:
            line, column = int(place[1]), int(place[2])
            span = Span(line, column, line, column)
        return Project(failure=_TOML_PLACE.sub("", reason).strip().rstrip(".").lower(), span=span)
    except ValueError:  # More digits than Python reads.
        return Project(failure=say("a number is too long"))


def is_version(text: str) -> bool:
    """Whether a text is a version by PEP 440."""
    try:
        Version(text)
    except ValueError:  # Also of a number with more digits than Python reads.
        return False
    return True
