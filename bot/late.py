"""Modules that libraries import and that a run seldom or never needs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader
else:  # `importlib.abc` imports more than is saved here.
    Loader = object


class _Late(ModuleType):
    def __getattr__(self, name: str) -> Any:
        """What the module itself has, which is imported for it."""
        if name == "__path__":  # The import system asks for it: this is no package, or it would have one.
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def import_late(name: str, *functions: str, **values: str) -> None:
    """Has a module imported when something of it is first asked for, unless it is there already.

    `import` asks for nothing; `from … import` does, but for the `functions`, which import it when they are called, and
    for the `values`, which are taken from a part of the package: that is imported at once.
    `importlib.util.LazyLoader` has no effect here: before Python 3.12 it loads a module when `import` meets it.
    """
    if name in sys.modules or (spec := find_spec(name)) is None:
        return
    late = _Late(name)
    late.__spec__ = spec
    if spec.submodule_search_locations is not None:
        late.__path__ = spec.submodule_search_locations
    for function in functions:
        setattr(late, function, _calling(late, function))
    sys.modules[name] = late
    for value, part in values.items():
        setattr(late, value, getattr(importlib.import_module(f"{name}.{part}"), value))
    package, _, last = name.rpartition(".")
    if package:
        setattr(sys.modules[package], last, late)


def _calling(late: _Late, function: str) -> Callable[..., Any]:
    return lambda *arguments, **named: late.__getattr__(function)(*arguments, **named)


def import_parts_late(package: str) -> None:
    """Has each module in a package imported when something of it is first asked for."""
    sys.meta_path.insert(0, _LateParts(package))


class _LateParts(Loader):
    def __init__(self, package: str) -> None:
        self._beginning = f"{package}."
        self._found: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module that is empty until something of it is asked for, which then finds the module itself."""
        if not fullname.startswith(self._beginning) or fullname in self._found:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None:
            self._found.add(fullname)
            spec.loader = self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module, with what the import system asks for."""
        late = _Late(spec.name)
        vars(late).update(__file__=spec.origin, __cached__=spec.cached)
        return late

    def exec_module(self, module: ModuleType) -> None:
        """Leaves it empty."""
