"""Regular expressions that are compiled when they are first used.

There are more than two hundred of ours, and a run uses less than half of them; libraries have a hundred, and a run uses
a third. Compiling all takes longer than reading a plugin.
"""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any, AnyStr, cast

_compile = re.compile


class _Uncompiled:
    def __init__(self, source: str | bytes, flags: int) -> None:
        self.pattern = source
        self._flags = flags

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What `isinstance` is told: `re` takes nothing but expressions and texts."""
        return re.Pattern

    def __getattr__(self, name: str) -> Any:
        """What the compiled expression has. It is kept, so that it is as near as with the expression itself."""
        # The cache of `re` has the expression: each of its methods is asked for once.
        value = getattr(_compile(self.pattern, self._flags), name)
        setattr(self, name, value)
        return value


def regex(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A regular expression as `re.compile` makes it, compiled when one of its methods is first asked for.

    `re.error` comes late, too.
    """
    return cast("re.Pattern[AnyStr]", _Uncompiled(source, flags))


def compile_late() -> None:
    """From now on, what a module or a class compiles while it is made is compiled when it is first used.

    It is for a process that is all ours. What a function compiles is compiled at once, and raises at once.
    """
    re.compile = _compile_late  # type: ignore[assignment]


def _compile_late(source: Any, flags: int = 0) -> re.Pattern[Any]:
    in_function = sys._getframe(1).f_code.co_flags & inspect.CO_OPTIMIZED
    return _compile(source, flags) if in_function or not isinstance(source, str | bytes) else regex(source, flags)
