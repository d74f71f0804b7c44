"""How the marketplace's pre-check reads what a plugin depends on: line by line, with patterns of its own.

It reads `requirements.txt`, what that includes, and every table of `pyproject.toml`, whichever of them Dify installs by
(T toolkit/checks/dependencies.py). What it says is told apart from what is true of a requirement: it refuses forms that
are valid, and those are named as such.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from enum import Enum
from itertools import chain
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.findings import Span
from bot.limits import Limit
from bot.marketplace.policy import Policy
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.dependencies import REQUIREMENTS, SDK, requirement_lines
from bot.plugin.project import PYPROJECT, Project, project_of

_RULES = ("dependency/refused-form", "dependency/direct-url", "dependency/sdk-version")
#: The dependencies of one plugin, and the files that others include.
MAX_ENTRIES = Limit(2000, "has dependencies after the first {n:,} of the plugin, which are not judged", *_RULES)
MAX_INCLUDES = Limit(20, "includes more than {n:,} files: the rest are not read", *_RULES)


class Verdict(Enum):
    """What the pre-check says of an entry."""

    FINE = "fine"
    FROM_GIT = "refuses it: it comes from git"
    FROM_ADDRESS = "refuses it: it comes from an address"
    OLD_SDK = "refuses it: it reads no release of the SDK from the required one on in it"
    NO_VERSION = "refuses it: it finds no version in it"
    LOCAL = "warns: it comes from a folder"
    LOWER_BOUND = "warns: it has only a lower bound"

    @property
    def refuses(self) -> bool:
        return self.value.startswith("refuses")


class Entry(Struct, frozen=True):
    """One entry of a dependency file, as the pre-check reads it. `is_installed`: Dify may install it."""

    path: str
    text: str
    span: Span
    is_installed: bool = True

    @property
    def name(self) -> str:
        """The distribution it names, normalised; empty where it names none."""
        found = _NAME.match(self.text.partition(" @ ")[0])
        return canonicalize_name(found[1]) if found else ""


_NAME = regex(r"\s*([A-Za-z0-9_.-]+)")
_OPERATOR = regex(r"===|==|~=|!=|<=|>=|<|>|\^")
_ADDRESS = regex(r"(?:^|\s@)\s*(?:https?|ftp|file)://", re.IGNORECASE)
_FOLDER = regex(r"(?:^|\s@)\s*(?:\./|\.\./|/)")
_LOWER_BOUND = regex(r"[^<>=!~]*>=?\s*[^,]+")
_BOUND = regex(r"(?:>=|==)\s*([0-9][0-9A-Za-z.+-]*)")
#: Options of pip that the pre-check knows. It compares their beginning, with the blank.
_OPTIONS = (
    "-c ",
    "--constraint ",
    "--extra-index-url ",
    "--find-links ",
    "--index-url ",
    "--no-binary ",
    "--only-binary ",
    "--trusted-host ",
    "--use-pep517",
    "--use-feature ",
)


def verdict(entry: Entry, policy: Policy) -> Verdict:
    """What the pre-check says of an entry."""
    text = entry.text
    if "git+" in text.lower():
        return Verdict.FROM_GIT
    if _ADDRESS.search(text):
        return Verdict.FROM_ADDRESS
    if text.startswith(("-e ", "--editable ")) or _FOLDER.search(text):
        return Verdict.LOCAL
    if text.startswith(_OPTIONS):
        return Verdict.FINE
    if entry.name == SDK and not _has_floor(text, policy):
        return Verdict.OLD_SDK
    if not _OPERATOR.search(text):
        return Verdict.NO_VERSION
    return Verdict.LOWER_BOUND if _LOWER_BOUND.fullmatch(text) else Verdict.FINE


def _has_floor(text: str, policy: Policy) -> bool:
    """Whether the first number after `>=` or `==` is at least the required one, part by part."""
    bound = _BOUND.search(text)
    if bound is None:
        return False
    numbers = []
    for part in re.split(r"[.+-]", bound[1]):
        if not part.isdecimal() or len(part) > 9:
            break
        numbers.append(int(part))
    return tuple(numbers) >= Version(policy.sdk_floor).release


def entries(plugin: Plugin) -> tuple[Entry, ...]:
    """Every entry that the pre-check reads."""
    return plugin.derived(_read)


def _read(plugin: Plugin) -> tuple[Entry, ...]:
    project = project_of(plugin)
    listed = _project(project, project.data) if project is not None and project.data is not None else ()
    found: list[Entry] = []
    for each in chain(_requirements(plugin, REQUIREMENTS, set()), listed):
        if each.path in plugin.packed_files:
            if plugin.account.exceeds(MAX_ENTRIES, each.path, len(found) + 1):
                break
            found.append(each)
    return tuple(found)


def _requirements(plugin: Plugin, path: str, seen: set[str]) -> Iterator[Entry]:
    seen.add(path)
    for line in requirement_lines(plugin, path):
        if line.includes is None:
            yield Entry(path, line.text, line.span)
        elif line.joined:
            # To the pre-check this is a dependency without a version, and no name of a file.
            start = line.span.column - len(line.joined) + len(line.text)
            yield Entry(path, line.joined, replace(line.span, column=start))
        elif not line.is_constraint:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), line.includes))
            if target in seen or target not in plugin.packed_files:
                continue
            if not plugin.account.exceeds(MAX_INCLUDES, path, len(seen) + 1):
                yield from _requirements(plugin, target, seen)


def _project(project: Project, data: Any) -> Iterator[Entry]:
    table = _table(data, "project")
    yield from _listed(project, table.get("dependencies"), "project", "dependencies", installed=True)
    for group, listed in _table(table, "optional-dependencies").items():
        yield from _listed(project, listed, "project.optional-dependencies", group)
    for group, listed in _table(data, "dependency-groups").items():
        yield from _listed(project, listed, "dependency-groups", group)
    poetry = _table(data, "tool", "poetry")
    yield from _poetry(project, poetry.get("dependencies"), "tool.poetry.dependencies", installed=True)
    yield from _poetry(project, poetry.get("dev-dependencies"), "tool.poetry.dev-dependencies")
    for group, held in _table(poetry, "group").items():
        listed = held.get("dependencies") if isinstance(held, dict) else None
        yield from _poetry(project, listed, f"tool.poetry.group.{group}.dependencies")


def _table(data: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _listed(project: Project, listed: Any, table: str, key: str, *, installed: bool = False) -> Iterator[Entry]:
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, str):
            yield Entry(PYPROJECT, item, project.span_of(item, table, key), installed)


def _poetry(project: Project, listed: Any, table: str, *, installed: bool = False) -> Iterator[Entry]:
    for name, value in listed.items() if isinstance(listed, dict) else ():
        if name.lower() != "python":
            written = value if isinstance(value, str) else ""
            yield Entry(PYPROJECT, _poetry_text(name, value), project.span_of(written, table, name), installed)


def _poetry_text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return f"{name}{value}" if value.startswith(("=", "<", ">", "~", "!")) else f"{name} {value}"
    if isinstance(value, dict):
        if "git" in value:
            return f"{name} @ git+{value['git']}"
        place = value.get("url") or value.get("path")
        if place:
            return f"{name} @ {place}"
        version = value.get("version", "")
        return f"{name}{version if isinstance(version, str) else ''}"
    return str(name)
