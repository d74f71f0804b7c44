"""Modules that libraries import and that a run seldom or never needs."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    def __getattr__(self, name: str) -> Any:
        """What the module itself has, which is imported for it."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def import_late(*modules: str) -> None:
    """Has each module imported when something of it is first asked for, unless it is there already.

    `import` asks for nothing, `from … import` does. `importlib.util.LazyLoader` has no effect here: before Python
    3.12 it loads a module when `import` meets it.
    """
    for name in modules:
        sys.modules.setdefault(name, _Late(name))
