"""Modules that libraries import and that a run seldom or never needs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    def __getattr__(self, name: str) -> Any:
        """What the module itself has, which is imported for it."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def import_late(name: str, *functions: str) -> None:
    """Has a module imported when something of it is first asked for, unless it is there already.

    `import` asks for nothing; `from … import` does, but for the `functions`, which import it when they are called.
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
    package, _, last = name.rpartition(".")
    if package:
        setattr(sys.modules[package], last, late)


def _calling(late: _Late, function: str) -> Callable[..., Any]:
    return lambda *arguments, **named: late.__getattr__(function)(*arguments, **named)
