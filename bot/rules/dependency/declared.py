"""What the runtime installs for a plugin, for the rules of this family."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.findings import Authority, By, Span, quote
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.dependencies import (
    REQUIREMENTS,
    Declared,
    declared_requirements,
    project_dependencies,
    requirement_lines,
    requirement_of,
)
from bot.plugin.project import PYPROJECT, is_version, project_of

LOCK = "uv.lock"


INSTALL = "setup_python_environment.go:135"


NOT_INSTALLED = say("Dify cannot install the dependencies, so the plugin does not start.")


TOOLKIT = Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/dependencies.py")


_PROJECT = '[project]\nname = "weather"\nversion = "0.1.0"\nrequires-python = ">=3.12"\ndependencies = {}\n'


def example_pyproject(dependencies: str, python: str = ">=3.12") -> dict[str, str | bytes]:
    return {PYPROJECT: _PROJECT.format(dependencies).replace(">=3.12", python)}


def installed_by(plugin: Plugin) -> str | None:
    """The file by which Dify installs, of those that are packed."""
    return next((path for path in (PYPROJECT, REQUIREMENTS) if path in plugin.packed_files), None)


def is_exported(plugin: Plugin) -> bool:
    """Whether the packager makes `requirements.txt` of the lock file (G packager.go:110)."""
    there = plugin.tree.entries()
    return not plugin.root.package and REQUIREMENTS not in there and PYPROJECT in there and LOCK in there


def effective_requirements(plugin: Plugin) -> list[Declared]:
    """The requirements of the file by which Dify installs, and of those it includes."""
    by_project = installed_by(plugin) == PYPROJECT
    return [each for each in declared_requirements(plugin) if (each.path == PYPROJECT) == by_project]


def unreadable_requirements(plugin: Plugin) -> Iterator[tuple[str, str, Span]]:
    """What is written as a requirement and is not one by PEP 508: the file, the text, and where it is."""
    for line in requirement_lines(plugin, REQUIREMENTS):
        # What `$` brings in is known where it is installed only.
        asks = line.includes is None and not line.is_rest and not line.text.startswith("-") and "${" not in line.text
        if asks and requirement_of(line.text) is None:
            yield REQUIREMENTS, line.text, line.span
    project = project_of(plugin)
    if project is None:
        return
    for item in project_dependencies(plugin, project):
        if requirement_of(item) is None:
            yield PYPROJECT, item, project.span_of(item, "project", "dependencies")


# What a project may be called (PEP 508).
_NAME = regex(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE)


def project_faults(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys of the table `project` for which uv refuses the file, and what is wrong with them (PEP 621)."""
    if not table:
        return
    name, version, listed, dynamic = (table.get(key) for key in ("name", "version", "dependencies", "dynamic"))
    if not isinstance(name, str):
        yield "name", "is missing" if name is None else "is not text"
    elif not _NAME.fullmatch(name):
        yield "name", "takes letters, digits and `-`, `_`, `.` between them"
    if version is None:
        if not (isinstance(dynamic, list) and "version" in dynamic):
            yield "version", "is missing"
    elif not isinstance(version, str):
        yield "version", "is not text"
    elif not is_version(version):
        yield "version", say("is not a version: {version}", version=quote(version))
    if listed is not None and not (isinstance(listed, list) and all(isinstance(item, str) for item in listed)):
        yield "dependencies", "is not a list of texts"
