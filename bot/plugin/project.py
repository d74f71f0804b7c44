"""The `pyproject.toml` of a plugin, read as a whole."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version

from bot.findings import Span
from bot.limits import Limit
from bot.plugin.markdown import span_at
from bot.plugin.plugin import Plugin

PYPROJECT = "pyproject.toml"

_RULES = ("dependency/invalid", "dependency/no-sdk", "dependency/sdk-version", "dependency/undeclared-import")
MAX_BYTES = Limit(256 * 1024, "has more than {:,} bytes, and is not read", *_RULES)


@dataclass(frozen=True, slots=True)
class Project:
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
        header = re.search(rf"^[ \t]*\[[ \t]*{re.escape(table)}[ \t]*\]", self.text, re.MULTILINE)
        start = header.end() if header is not None else 0
        quoted = rf"[\"']?{re.escape(key)}[\"']?"
        found = re.compile(rf"^[ \t]*{quoted}[ \t]*=", re.MULTILINE).search(self.text, start)
        start = found.end() if found is not None else start
        for form in (json.dumps(literal, ensure_ascii=False), f"'{literal}'") if literal else ():
            index = self.text.find(form, start)
            if index >= 0:
                return span_at(self.text, index + 1, len(form) - 2)
        place = found or header
        return span_at(self.text, place.start(), len(place[0])) if place is not None else Span(1, 1, 1, 1)


def project_of(plugin: Plugin) -> Project | None:
    """The `pyproject.toml` of a plugin; None where there is none that can be read."""
    return plugin.derived(_read)


# A key of so many parts that it is not a key: tomllib takes time by their square.
_MANY_PARTS = re.compile(r"(?:\.[^.=\n,]{1,80}){30}")
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def _read(plugin: Plugin) -> Project | None:
    content = plugin.read(PYPROJECT, MAX_BYTES)
    if content is None:
        return None
    try:
        text = content.decode("utf-8-sig")
        if _MANY_PARTS.search(text):
            plugin.account.leave_out(PYPROJECT, "has a key of very many parts, and is not read", _RULES)
            return None
        return Project(text, tomllib.loads(text))
    except UnicodeDecodeError:
        return Project(failure="it is not UTF-8")
    except RecursionError:
        plugin.account.leave_out(PYPROJECT, "is nested too deeply to be read", _RULES)
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
        return Project(failure="a number is too long")


def is_version(text: str) -> bool:
    """Whether a text is a version by PEP 440."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
