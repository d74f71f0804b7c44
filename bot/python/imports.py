"""What the Python of a plugin imports: which of its own files, what of those is missing, what has to be installed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct

from bot.findings import Span
from bot.python import sdk
from bot.python.classes import find_source
from bot.python.distributions import BRINGS, IMPORT_NAMES, normalised
from bot.python.module import REMOVED_IN_3_12, STDLIB, Module, Modules
from bot.python.nodes import last_name, walk
from bot.python.scopes import scopes_of
from bot.python.statements import Import

#: What brings back modules that Python 3.12 dropped.
_RESTORES: Final[Mapping[str, str]] = {
    "asynchat": "pyasynchat",
    "asyncore": "pyasyncore",
    "distutils": "setuptools",
    "imp": "zombie-imp",
    "smtpd": "standard-smtpd",
}


class Reach(IntEnum):
    """Which imports are followed from file to file, each with those before it."""

    #: Those that run when the plugin starts.
    START = 1
    #: Those inside functions, without which the function fails.
    USE = 2
    #: Those that may not run, or whose failure is survived, and `importlib.import_module` with a literal name.
    ANY = 3


def reachable(
    modules: Modules, sources: Iterable[str], entrypoint: str = "main", reach: Reach = Reach.ANY
) -> frozenset[str]:
    """The files that the plugin executes: the values of `source` and the entry point, and what those import.

    Imports for type checkers only do not count. `entrypoint` is the dotted name from the manifest.
    """
    found: set[str] = set()
    pending: list[str] = []
    main = modules.locate(entrypoint)
    if main is not None:
        # `python -m package` runs `package/__main__.py`.
        pending += [path for path in (main.path, f"{main.folder}/__main__.py") if path and modules.exists(path)]
    for source in sources:
        path = find_source(modules, source).path
        if path:
            pending.append(path)
            pending += _packages_above(modules, path)
    while pending:
        path = pending.pop()
        if path in found:
            continue
        found.add(path)
        module = modules.get(path)
        if module is not None:
            pending.extend(target for target in _imported(modules, module, reach) if target not in found)
    return frozenset(found)


def _packages_above(modules: Modules, path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        if modules.exists(f"{path}/__init__.py"):
            yield f"{path}/__init__.py"


def _imported(modules: Modules, module: Module, reach: Reach) -> Iterator[str]:
    for statement in module.imports:
        needs = Reach.ANY if statement.guarded else Reach.USE if statement.lazy else Reach.START
        if needs <= reach and not statement.typing_only:
            yield from modules.targets(module, statement)
    if (
        reach is Reach.ANY
        and module.tree is not None
        and ("import_module" in module.text or "__import__" in module.text)
    ):
        for node in walk(module.tree):
            if not (isinstance(node, ast.Call) and last_name(node.func) in {"import_module", "__import__"}):
                continue
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                level = len(name.value) - len(name.value.lstrip("."))
                statement = Import(node, name.value[level:], level, None, "")
                yield from modules.targets(module, statement)


class External(Struct, frozen=True):
    """An import of something that neither the plugin nor Python brings."""

    #: The top-level package, or the longest known namespace below it: `requests`, `google.cloud.storage`.
    name: str
    path: str
    statement: Import
    #: The distributions known to provide it; empty when none is known.
    distributions: tuple[str, ...]


def external_imports(modules: Modules, paths: Iterable[str], *, lazy: bool = False) -> tuple[External, ...]:
    """Every import of installed packages that runs as soon as one of the files `paths` is imported.

    With `lazy`, those that run when a function is called. Left out are imports in branches, under `TYPE_CHECKING`,
    those in a `try` that survives their failure, and names that some file or folder of the plugin also has.
    """
    found = []
    for path in paths:
        module = modules.get(path)
        for statement in module.imports if module else ():
            if statement.level or statement.lazy != lazy or statement.guarded or statement.typing_only:
                continue
            top = statement.module.partition(".")[0]
            if top in STDLIB or top in modules.own_names or modules.is_own(top) is not False:
                continue
            name = _known_name(statement)
            distributions = IMPORT_NAMES.get(name, ())
            if top in REMOVED_IN_3_12:
                distributions = (_RESTORES[top],)
            found.append(External(name, path, statement, distributions))
    return tuple(found)


def _known_name(statement: Import) -> str:
    """The longest known name that the statement's begins with, or its top-level package."""
    dotted = f"{statement.module}.{statement.name}" if statement.name not in (None, "*") else statement.module
    parts = dotted.split(".")
    for length in range(len(parts), 1, -1):
        if ".".join(parts[:length]) in IMPORT_NAMES:
            return ".".join(parts[:length])
    return parts[0]


class Undeclared(Struct, frozen=True):
    """An import that no declared dependency provides.

    `certain` when the lock file, which lists everything that will be installed, has nothing for it either. Without a
    lock file another release of a dependency than the one looked at might bring it along.
    """

    external: External
    span: Span
    certain: bool


def undeclared(
    modules: Modules,
    paths: Iterable[str],
    declared: Collection[str],
    locked: Collection[str] | None = None,
    *,
    lazy: bool = False,
) -> tuple[Undeclared, ...]:
    """The imports of `external_imports` that nothing provides, the first of each name only.

    `declared` are the names of the distributions that the plugin depends on, `locked` those of its lock file, or None
    without one. What every release of the SDK brings counts as provided. Nothing is reported without a lock file when
    a dependency is declared of which it is not known what it brings along, and no import that is not known to
    `distributions` when there is a distribution of which it is not known what it is imported as.
    """
    direct = {normalised(name) for name in declared}
    if locked is None and any(name not in BRINGS and name not in sdk.PROVIDED for name in direct):
        return ()
    everything = direct | sdk.PROVIDED | {normalised(name) for name in locked or ()}
    for name in direct:
        everything |= BRINGS.get(name, frozenset())
    found: dict[str, Undeclared | None] = {"dify_plugin": None}
    for external in external_imports(modules, paths, lazy=lazy):
        module = modules.get(external.path)
        if module is None or external.name in found:
            continue
        found[external.name] = None
        wanted = external.distributions or (normalised(external.name),)
        if any(_is_among(everything, pattern) for pattern in wanted):
            continue
        if external.distributions or not any(_may_provide_anything(name) for name in direct):
            certain = locked is not None and bool(external.distributions)
            found[external.name] = Undeclared(external, module.span(external.statement.node), certain)
    return tuple(item for item in found.values() if item is not None)


def _is_among(names: Collection[str], pattern: str) -> bool:
    return pattern in names or ("*" in pattern and any(fnmatchcase(name, pattern) for name in names))


_PROVIDERS: Final = frozenset(name for names in IMPORT_NAMES.values() for name in names) | sdk.PROVIDED
_PATTERNS: Final = tuple(name for name in _PROVIDERS if "*" in name)


def _may_provide_anything(distribution: str) -> bool:
    """Whether it is not known what a distribution is imported as."""
    return distribution not in _PROVIDERS and not any(fnmatchcase(distribution, pattern) for pattern in _PATTERNS)


class Broken(Struct, frozen=True):
    """An import of the plugin's own that fails as soon as the file is imported.

    `missing` is the dotted name that does not exist; None when the statement climbs above the plugin's root.
    """

    path: str
    span: Span
    statement: Import
    missing: str | None


def broken_imports(modules: Modules, paths: Iterable[str]) -> tuple[Broken, ...]:
    """The imports in `paths` that certainly fail because the plugin has no such module, or that no such name."""
    found = []
    for path in paths:
        module = modules.get(path)
        if module is None or "sys.path" in module.text:
            continue
        for statement in module.imports:
            if statement.lazy or statement.guarded or statement.typing_only:
                continue
            dotted = modules.absolute(module, statement.module, statement.level)
            missing = None if dotted is None else _missing(modules, dotted, statement.name)
            if dotted is None or missing:
                is_name = missing is not None and missing == f"{dotted}.{statement.name}"
                span = module.span(statement.node) if is_name else module.span_of_imported(statement)
                found.append(Broken(path, span, statement, missing))
    return tuple(found)


def _missing(modules: Modules, dotted: str, name: str | None) -> str | None:
    """The part of `from dotted import name` (or `import dotted`) that the plugin certainly lacks."""
    if not modules.is_own(dotted):
        return None
    parts = dotted.split(".")
    for length in range(1, len(parts) + 1):
        current = ".".join(parts[:length])
        place = modules.locate(current)
        if place is None:
            return None if modules.has_compiled(current) else current
        package = modules.get(place.path) if place.path else None
        if package is not None and ("__path__" in package.text or "sys.modules" in package.text):
            return None
    place = modules.locate(dotted)
    if place is None or name in (None, "*") or (name or "").startswith("__"):
        return None
    member = f"{dotted}.{name}"
    if place.folder is not None and (modules.locate(member) is not None or modules.has_compiled(member)):
        return None
    if place.path is None:
        return member
    names = scopes_of(modules).names(place.path)
    if names is None or names.doubts or names.is_open or "__getattr__" in names.values:
        return None
    return None if names.may_bind(name or "") else member
