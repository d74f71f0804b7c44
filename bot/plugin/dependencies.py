"""What a plugin asks to be installed: its `requirements.txt` and `pyproject.toml`, read and never run.

Dify installs by `pyproject.toml` where there is one, and by `requirements.txt` otherwise; with a mirror of PyPI it
prefers the latter (G setup_python_environment.go:135). Content that cannot be read is left out: nothing here raises.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.findings import Span
from bot.limits import Limit
from bot.patterns import regex
from bot.plugin.plugin import Plugin
from bot.plugin.project import PYPROJECT, Project, project_of

REQUIREMENTS = "requirements.txt"
#: The SDK's distribution, in the spelling that PEP 503 compares.
SDK = "dify-plugin"

#: The rules that judge what a plugin depends on.
RULES = ("dependency/invalid", "dependency/no-sdk", "dependency/sdk-version", "dependency/undeclared-import")
#: The largest file of an official plugin has 4 KiB.
MAX_BYTES = Limit(256 * 1024, "has more than {n:,} bytes, and is not read", *RULES)
_MAX_LINE = Limit(2000, "has a line of more than {n:,} characters, which is not read", *RULES)
_MAX_REQUIREMENT = Limit(2000, "has a requirement of more than {n:,} characters, which is not read", *RULES)
#: Lines of `requirements.txt`, or items of `pyproject.toml`. Published plugins have at most 52, and a file of MAX_BYTES
#: with hashes has 3,000.
_MAX_LINES = Limit(4000, "has more than {n:,} requirements and options: the rest are not read", *RULES)
_MAX_FILES = Limit(20, "includes more than {n:,} files: the rest are not read", *RULES)


class Declared(Struct, frozen=True):
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
    return list(plugin.derived(_read_declared))


def _read_declared(plugin: Plugin) -> tuple[Declared, ...]:
    return (*_pyproject(plugin), *_requirements(plugin, REQUIREMENTS, set()))


def declared_sdk(plugin: Plugin) -> Declared | None:
    """The requirement that decides which SDK is installed; None when there is none that can be read."""
    return next((each for each in declared_requirements(plugin) if each.name == SDK and each.applies), None)


def _text(plugin: Plugin, path: str) -> str | None:
    content = plugin.read(path, MAX_BYTES) if plugin.has_file(path) else None
    if content is None:
        return None
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return content.decode(encoding, "replace")


# --- requirements.txt -----------------------------------------------------------------------------------------

_COMMENT = regex(r"(?:^|\s)#.*$")
_OPTION_AFTER = regex(r"\s--?[a-zA-Z][\w-]*[= ].*$")
_INCLUDE = regex(r"(-[rc]|--requirement|--constraint)(?:\s+|=)(\S+)")


class Line(Struct, frozen=True):
    """A line of a requirements file without comment and options: a requirement, an option, or the name of a file."""

    text: str
    span: Span
    #: The line is the rest of the one before.
    is_rest: bool
    #: The file that is included, as it is written; `text` then is just that.
    includes: str | None = None
    #: The included file only restricts what others ask for.
    is_constraint: bool = False
    #: The option and the file, where the line does not have a blank between them (`--requirement=base.txt`).
    joined: str = ""


def requirement_lines(plugin: Plugin, path: str) -> Iterator[Line]:
    """The lines of a requirements file that hold something; none where it cannot be read or is too large."""
    continued = False
    count = 0
    for number, line in enumerate((_text(plugin, path) or "").split("\n"), 1):
        is_rest, continued = continued, line.rstrip().endswith("\\")
        if plugin.account.exceeds(_MAX_LINE, path, len(line)):
            continue
        text = _COMMENT.sub("", line.rstrip("\r\\ \t")).strip()
        include = _INCLUDE.match(text)
        joined = include[0] if include is not None and include[0][len(include[1])] == "=" else ""
        text = include[2] if include is not None else _OPTION_AFTER.sub("", text).strip()
        if text:
            count += 1
            if plugin.account.exceeds(_MAX_LINES, path, count):
                return
            indent = len(line) - len(line.lstrip())
            column = indent + (include.start(2) if include is not None else 0) + 1
            span = Span(number, column, number, column + len(text))
            constraint = include is not None and include[1] in ("-c", "--constraint")
            yield Line(text, span, is_rest, include[2] if include is not None else None, constraint, joined)


def _requirements(plugin: Plugin, path: str, seen: set[str]) -> Iterator[Declared]:
    """The requirements of a file and of the files that it names by `-r`; `seen` are those read before."""
    seen.add(path)
    for line in requirement_lines(plugin, path):
        if line.includes is None:
            declared = _parse(line.text, path, line.span)
            if declared is not None:
                yield declared
        elif not line.is_constraint:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), line.includes))
            if target not in seen and not plugin.account.exceeds(_MAX_FILES, path, len(seen) + 1):
                yield from _requirements(plugin, target, seen)


def _parse(written: str, path: str, span: Span) -> Declared | None:
    requirement = requirement_of(written)
    if requirement is None:
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


@lru_cache(maxsize=1000)
def requirement_of(text: str) -> Requirement | None:
    """What a text asks for; None for what is not a requirement by PEP 508."""
    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError):
        return None


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
    except (ValueError, RecursionError):
        return True


# --- pyproject.toml -------------------------------------------------------------------------------------------


def _pyproject(plugin: Plugin) -> Iterator[Declared]:
    project = project_of(plugin)
    if project is None or project.data is None:
        return
    for item in project_dependencies(plugin, project):
        declared = _parse(item.strip(), PYPROJECT, project.span_of(item, "project", "dependencies"))
        if declared is not None:
            yield declared
    yield from _poetry(plugin, project)


def project_dependencies(plugin: Plugin, project: Project) -> list[str]:
    """The texts of `project.dependencies`, requirements or not."""
    listed = project.table.get("dependencies") if project.table is not None else None
    texts = [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
    exceeds = plugin.account.exceeds
    exceeds(_MAX_LINES, PYPROJECT, len(texts))
    return [item for item in texts[: _MAX_LINES.most] if not exceeds(_MAX_REQUIREMENT, PYPROJECT, len(item))]


def _poetry(plugin: Plugin, project: Project) -> Iterator[Declared]:
    table: Any = project.data
    for key in ("tool", "poetry", "dependencies"):
        table = table.get(key) if isinstance(table, dict) else None
    for name, value in table.items() if isinstance(table, dict) else ():
        wanted = value.get("version") if isinstance(value, dict) else value
        if name == "python" or not isinstance(wanted, str):
            continue
        if plugin.account.exceeds(_MAX_REQUIREMENT, PYPROJECT, len(wanted)):
            continue
        specifier = poetry_specifier(wanted)
        if specifier is not None:
            span = project.span_of(wanted, "tool.poetry.dependencies", name)
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
    except ValueError:
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


# --- other bounds -----------------------------------------------------------------------------------------------------


def raised(specifier: SpecifierSet, floor: Version, below: Sequence[Version]) -> str | None:
    """The same as `from_release`; None where there is a lower bound, and none of the releases `below` is allowed."""
    if any(each.operator in _LOWER for each in specifier) and not any(specifier.filter(below, True)):
        return None
    return from_release(specifier, floor)


def from_release(specifier: SpecifierSet, floor: Version) -> str:
    """The specifier with `floor` for its lower bound, and the upper bounds that let it in or the next major version."""
    kept = [each for each in specifier if each.operator in ("<", "<=", "!=") and each.contains(floor, prereleases=True)]
    bounds = sorted(str(each) for each in kept if each.operator != "!=" or not is_up_to(each.version, floor))
    was_bounded = any(each.operator in ("<", "<=", "==", "===", "~=") for each in specifier)
    if was_bounded and not any(each.operator in ("<", "<=") for each in kept):
        bounds.append(f"<{floor.major + 1}.0.0")
    return ",".join([f">={floor}", *bounds])


_LOWER: Final = (">=", ">", "==", "~=", "===")


def is_up_to(written: str, wanted: Version) -> bool:
    """Whether a version is before or at another one. What is not a version is not."""
    try:
        return Version(written.removesuffix(".*")) <= wanted
    except ValueError:
        return False


#: A requirement up to its version, and what follows it.
_REQUIREMENT: Final = regex(r"(?P<name>[A-Za-z0-9._-]+(?:\s*\[[^\]]*\])?)\s*\(?[^;@()]*?\)?(?P<rest>\s*;.*)?")


def with_specifier(declared: Declared, written: str, specifier: str) -> str | None:
    """A requirement as it is written, or a constraint of Poetry, with another version."""
    found = _REQUIREMENT.fullmatch(written)
    if found is not None and written[:1].isalpha():
        return f"{found['name']}{specifier}{found['rest'] or ''}"
    return specifier if declared.text.endswith(f" {written}") else None
