"""Regular expressions that are compiled when they are first used.

There are more than two hundred, and a run uses less than half of them. Compiling all takes longer than reading one.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Uncompiled:
    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """What the compiled expression has. It is kept, so that it is as near as with the expression itself."""
        # The cache of `re` has the expression: each of its methods is asked for once.
        value = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, value)
        return value


def regex(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A regular expression as `re.compile` makes it, compiled when one of its methods is first asked for.

    It is for calling these: `re` and other libraries take it for no expression. `re.error` comes late, too.
    """
    return cast("re.Pattern[AnyStr]", _Uncompiled(source, flags))
