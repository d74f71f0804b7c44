"""A line for a terminal: pieces, each with its style in the words of rich. A plain piece has the style ""."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.findings import Severity
from bot.report import escape

Line = tuple[tuple[str, str], ...]

STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}


_DIFF_STYLES: Final = {"@": "cyan", "+": "green", "-": "red"}


def diff_lines(patch: str) -> Iterator[Line]:
    """The lines of a patch of one file, for people."""
    in_header = True
    for line in patch.removesuffix("\n").split("\n"):
        in_header = in_header and not line.startswith("@@")
        yield ((escape.terminal(line.removesuffix("\r")), "bold" if in_header else _DIFF_STYLES.get(line[:1], "")),)


def plain(line: Line) -> str:
    """The line without its styles."""
    return "".join(text for text, _ in line)


def coloured(line: Line) -> str:
    """The line with the escape sequences of its styles."""
    # Most runs are not on a terminal, and do without the time to import this.
    from rich.color import ColorSystem
    from rich.style import Style

    return "".join(Style.parse(style).render(text, color_system=ColorSystem.STANDARD) for text, style in line)


def safe(text: str) -> str:
    """A piece of a line that neither a terminal nor the runner of a workflow obeys, wherever in the line it stands."""
    return escape.log_line(text)
