"""The version of the JSON form of a result, and how much of a result it holds."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1

#: Longest texts, in code points. What is longer is clipped when a result is written.
NAME_POINTS: Final = 500
PATH_POINTS: Final = 4_096
TEXT_POINTS: Final = 10_000
#: A fix with a longer text, or with more edits, is written without its edits.
EDIT_POINTS: Final = 100_000
MAX_EDITS: Final = 1_000
MAX_AUTHORITIES: Final = 20
MAX_RELATED: Final = 20
#: What changes in an update; the first are written.
MAX_CHANGES: Final = 1_000
MAX_ERRORS: Final = 1_000
MAX_ENTRIES: Final = 200_000
MAX_IN_ROW: Final = 1_000
