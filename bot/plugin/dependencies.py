"""What a plugin asks to be installed: its `requirements.txt` and `pyproject.toml`, read and never run.

Dify installs by `pyproject.toml` where there is one, and by `requirements.txt` otherwise; with a mirror of PyPI it
prefers the latter (G setup_python_environment.go:135). Content that cannot be read is left out: nothing here raises.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from bot.findings import Span
from bot.plugin.plugin import Plugin
from bot.source import Unreadable

REQUIREMENTS = "requirements.txt"
PYPROJECT = "pyproject.toml"
#: The SDK's distribution, in the spelling that PEP 503 compares.
SDK = "dify-plugin"

#: Larger files are not read (bytes); the largest `pyproject.toml` of an official plugin has 4 KiB.
_MAX_BYTES = 256 * 1024
#: Longer lines are not parsed (characters).
_MAX_LINE = 2000
#: No more files are read by way of `-r`.
_MAX_FILES = 20


@dataclass(frozen=True, slots=True)
class Declared:
    """One requirement. `name` is normalised (PEP 503), `text` as written, `span` where it stands in `path`.

    `url` is set for a direct reference, which has no specifier. `applies` is false where an environment marker keeps
    the requirement away from Dify's Python 3.12 on Linux.
    """

    name: str
    specifier: SpecifierSet
    path: str
    span: Span
    text: str
    url: str | None = None
    applies: bool = True


def declared_requirements(plugin: Plugin) -> list[Declared]:
    """Every requirement of the plugin: those of the file that Dify installs by come first."""
    found = _READ.get(plugin)
    if found is None:
        _READ[plugin] = found = [*_pyproject(plugin), *_requirements(plugin, REQUIREMENTS, set())]
    return list(found)


_READ: WeakKeyDictionary[Plugin, list[Declared]] = WeakKeyDictionary()


def declared_sdk(plugin: Plugin) -> Declared | None:
    """The requirement that decides which SDK is installed; None when there is none that can be read."""
    return next((each for each in declared_requirements(plugin) if each.name == SDK and each.applies), None)


def _text(plugin: Plugin, path: str) -> str | None:
    if not plugin.has_file(path):
        return None
    try:
        content = plugin.tree.read(path)
    except Unreadable:
        return None
    if len(content) > _MAX_BYTES:
        return None
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return content.decode(encoding, "replace")


# --- requirements.txt -----------------------------------------------------------------------------------------

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OPTION_AFTER = re.compile(r"\s--?[a-zA-Z][\w-]*[= ].*$")
_NESTED = re.compile(r"(?:-r|--requirement)(?:\s+|=)(\S+)")


def _requirements(plugin: Plugin, path: str, seen: set[str]) -> Iterator[Declared]:
    """The requirements of a file and of the files that it names by `-r`; `seen` are those read before."""
    seen.add(path)
    text = _text(plugin, path)
    if text is None:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _MAX_LINE:
            continue
        content = _COMMENT.sub("", line.rstrip("\r\\ \t"))
        nested = _NESTED.match(content.strip())
        if nested is not None:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), nested[1]))
            if target not in seen and len(seen) < _MAX_FILES:
                yield from _requirements(plugin, target, seen)
            continue
        content = _OPTION_AFTER.sub("", content)
        written = content.strip()
        start = len(content) - len(content.lstrip()) + 1
        span = Span(number, start, number, start + len(written))
        declared = _parse(written, path, span)
        if declared is not None:
            yield declared


def _parse(written: str, path: str, span: Span) -> Declared | None:
    if not written or len(written) > _MAX_LINE:
        return None
    try:
        requirement = Requirement(written)
    except (InvalidRequirement, RecursionError):
        return None
    return Declared(
        canonicalize_name(requirement.name),
        requirement.specifier,
        path,
        span,
        written,
        requirement.url,
        _applies(requirement.marker),
    )


#: Where Dify runs plugins (G setup_python_environment.go:422).
_ENVIRONMENT = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.0",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.12.0",
    "python_version": "3.12",
    "sys_platform": "linux",
    "extra": "",
}


def _applies(marker: Marker | None) -> bool:
    try:
        return marker is None or marker.evaluate(dict(_ENVIRONMENT))
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion, InvalidSpecifier, RecursionError):
        return True


# --- pyproject.toml -------------------------------------------------------------------------------------------


# A key of so many parts that it is no key: tomllib takes time by their square.
_MANY_PARTS = re.compile(r"(?:\.[^.=\n,]{1,80}){30}")


def _pyproject(plugin: Plugin) -> Iterator[Declared]:
    text = _text(plugin, PYPROJECT)
    if text is None:
        return
    if _MANY_PARTS.search(text):
        return
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    project = data.get("project")
    listed = project.get("dependencies") if isinstance(project, dict) else None
    places = _Places(text)
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, str):
            declared = _parse(item.strip(), PYPROJECT, places.of(item, "project", "dependencies"))
            if declared is not None:
                yield declared
    yield from _poetry(data, places)


def _poetry(data: dict[str, Any], places: _Places) -> Iterator[Declared]:
    table: Any = data
    for key in ("tool", "poetry", "dependencies"):
        table = table.get(key) if isinstance(table, dict) else None
    for name, value in table.items() if isinstance(table, dict) else ():
        wanted = value.get("version") if isinstance(value, dict) else value
        if name == "python" or not isinstance(wanted, str):
            continue
        specifier = poetry_specifier(wanted)
        if specifier is not None:
            span = places.of(wanted, "tool.poetry.dependencies", name)
            yield Declared(canonicalize_name(name), specifier, PYPROJECT, span, f"{name} {wanted}")


def poetry_specifier(wanted: str) -> SpecifierSet | None:
    """A constraint in Poetry's notation as a specifier set; None where it has none, such as `^1 || ^2`."""
    parts = []
    for part in wanted.split(","):
        clause = _poetry_clause(part.strip())
        if clause is None:
            return None
        parts.append(clause)
    try:
        return SpecifierSet(",".join(part for part in parts if part))
    except InvalidSpecifier:
        return None


def _poetry_clause(clause: str) -> str | None:
    if clause == "*":
        return ""
    if clause[:1] in ("^", "~") and clause[:2] != "~=":
        return _poetry_range(clause[0], clause[1:].strip())
    if clause[:1].isdigit():
        return f"=={clause}"
    return clause if clause[:1] in ("=", "<", ">", "!", "~") else None


def _poetry_range(operator: str, text: str) -> str | None:
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    numbers = version.release
    if operator == "~":
        # `~1.2.3` and `~1.2` stay within 1.2, `~1` within 1.
        kept = min(2, len(numbers))
    else:
        # `^` keeps the first number that is not zero.
        kept = next((index + 1 for index, number in enumerate(numbers) if number), len(numbers))
    upper = ".".join(str(number) for number in (*numbers[: kept - 1], numbers[kept - 1] + 1))
    return f">={version},<{upper}"


class _Places:
    """Where texts of a TOML document stand: its reader gives no positions, so the literals are looked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, literal: str, table: str, key: str) -> Span:
        """Where `literal` stands after the key of a table; else the key, the table, the start of the file."""
        header = re.search(rf"^[ \t]*\[[ \t]*{re.escape(table)}[ \t]*\]", self._text, re.MULTILINE)
        start = header.end() if header is not None else 0
        quoted = rf"[\"']?{re.escape(key)}[\"']?"
        found = re.compile(rf"^[ \t]*{quoted}[ \t]*=", re.MULTILINE).search(self._text, start)
        start = found.end() if found is not None else start
        for form in (json.dumps(literal, ensure_ascii=False), f"'{literal}'"):
            index = self._text.find(form, start)
            if index >= 0:
                return self._span(index + 1, index + len(form) - 1)
        place = found or header
        return self._span(place.start(), place.end()) if place is not None else Span(1, 1, 1, 1)

    def _span(self, start: int, end: int) -> Span:
        line = self._text.count("\n", 0, start) + 1
        column = start - (self._text.rfind("\n", 0, start) + 1) + 1
        return Span(line, column, line, column + end - start)
