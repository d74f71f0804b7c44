"""How much one review may say on a pull request. What does not fit is counted in the summary."""

from __future__ import annotations

from msgspec import Struct


class Budget(Struct, frozen=True):
    """Limits for what our comments say on a pull request at a time.

    GitHub documents no limit for the comments of one review. Reviews with 71 and 100 comments failed, some half done;
    other tools use 25 to 50. Every comment is a conversation that somebody has to close.
    """

    #: Comments on lines, those of earlier runs that still stand among them. New ones are posted in one review.
    max_inline: int = 25
    #: Comments on whole files, counted in the same way: each costs a request of its own, and a review should take few.
    max_files: int = 2
    #: Comments with nothing but a suggestion, for further places of what another comment says, among those on lines.
    max_further: int = 8
    #: Rows in one comment, on lines or on a file.
    max_rows: int = 10
    #: Lines that a suggestion may replace, and its size in code points.
    max_suggestion_lines: int = 30
    max_suggestion_points: int = 20_000
