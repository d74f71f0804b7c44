"""The result for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from bot.findings import Severity
from bot.report import escape, words
from bot.review.model import Row, rows
from bot.review.result import Conclusion, PluginSummary, Result

#: More notices than this are counted, not listed.
MAX_NOTICES: Final = 20
#: The same for plugins in the table of translations.
MAX_PLUGINS: Final = 20

_NAME_POINTS = 60

#: A line in pieces, each with its style in the words of rich; "" is none.
Line = tuple[tuple[str, str], ...]

_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}
_VERDICTS: Final = {
    Conclusion.PASSED: ("✓", "bold green"),
    Conclusion.FAILED: ("✗", "bold red"),
    Conclusion.NOTHING_TO_CHECK: ("–", "bold"),
    Conclusion.ERROR: ("!", "bold red"),
}


def render(result: Result, *, colour: bool = False, quiet: bool = False) -> str:
    """The findings by place, how far translations are, and last the verdict.

    A finding is a line `path:line:column severity rule message`, whatever the width of the terminal. `quiet` leaves
    out everything but errors and the verdict.
    """
    lines = [*_findings(result, quiet)]
    if not quiet:
        lines += [*_coverage(result.plugins), *(((_safe(text), "dim"),) for text in _remarks(result))]
    lines += [((_safe(f"The review failed: {error}"), "red"),) for error in result.errors]
    lines.append(_verdict(result))
    written = _coloured if colour else _plain
    return "".join(f"{written(line)}\n" for line in lines)


def _plain(line: Line) -> str:
    return "".join(text for text, _ in line)


def _coloured(line: Line) -> str:
    # Most runs are not on a terminal, and do without the time to import this.
    from rich.color import ColorSystem
    from rich.style import Style

    return "".join(Style.parse(style).render(text, color_system=ColorSystem.STANDARD) for text, style in line)


def _safe(text: str) -> str:
    """A piece of a line that neither a terminal nor the runner of a workflow obeys, wherever in the line it stands."""
    return escape.log_line(text)


# --- findings ---------------------------------------------------------------------------------------------------------


def _findings(result: Result, quiet: bool) -> Iterator[Line]:
    shown = [row for row in rows(result.active) if not quiet or row.severity is Severity.ERROR]
    notices = [row for row in shown if row.severity is Severity.NOTICE]
    left = {id(row) for row in notices[MAX_NOTICES:]}
    listed = sorted((row for row in shown if id(row) not in left), key=lambda row: row.first.sort_key)
    file = None
    for row in listed:
        if file is not None and row.first.location.file != file:
            yield ()
        file = row.first.location.file
        yield from _row(row)
    if left:
        number = sum(len(row.findings) for row in notices[MAX_NOTICES:])
        yield ()
        yield ((f"and {words.counted(number, 'notice')} more; --format json has all of them", "dim"),)
    if listed:
        yield ()


def _row(row: Row) -> Iterator[Line]:
    finding = row.first
    more = len(row.findings) - 1
    yield (
        (_safe(words.place(finding)), "bold"),
        (f" {row.severity.label} ", _STYLES[row.severity]),
        (f"{_safe(finding.rule)} ", "dim"),
        (_safe(finding.message), ""),
        (f" ({more:,} more like it)" if more else "", "dim"),
    )
    if finding.fix is not None:
        yield ((f"    fix: {_safe(finding.fix.title)} ({finding.fix.safety.value})", "green"),)


# --- translations -----------------------------------------------------------------------------------------------------


def _coverage(plugins: Sequence[PluginSummary]) -> Iterator[Line]:
    """The table of translations, the least complete plugins first; nothing when all are complete."""
    lacking = [plugin for plugin in plugins if any(value < 100 for value in words.completeness(plugin).values())]
    if not lacking:
        return
    lacking.sort(key=lambda plugin: sum(words.completeness(plugin).values()))
    locales = words.shown_locales(lacking)
    head: Line = tuple((_safe(name), "dim") for name in ("translated", *locales))
    table = [head, *(_coverage_row(plugin, locales) for plugin in lacking[:MAX_PLUGINS])]
    widths = [max(_width(text) for text, _ in column) for column in zip(*table, strict=True)]
    for cells in table:
        (name, style), *numbers = cells
        first = (name + " " * (widths[0] - _width(name)), style)
        yield (
            first,
            *((f"  {text:>{width}}", style) for (text, style), width in zip(numbers, widths[1:], strict=True)),
        )
    if len(lacking) > MAX_PLUGINS:
        yield ((f"and {words.counted(len(lacking) - MAX_PLUGINS, 'plugin')} more", "dim"),)
    yield ()


def _coverage_row(plugin: PluginSummary, locales: Sequence[str]) -> Line:
    cells = [(_safe(escape.clip(plugin.root, _NAME_POINTS)), "")]
    for locale in locales:
        coverage = plugin.locales.get(locale)
        complete = words.percent(coverage) if coverage is not None else None
        if coverage is None or complete is None:
            cells.append(("–", "dim"))
        else:
            style = "green" if complete == 100 else "yellow" if complete else "red"
            cells.append((f"{coverage.translated}/{coverage.total} {complete:3}%", style))
    return tuple(cells)


def _width(text: str) -> int:
    """How many columns a terminal takes for a text."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


# --- the rest ---------------------------------------------------------------------------------------------------------


def _remarks(result: Result) -> Iterator[str]:
    base = words.short_revision(result.compared_to or "")
    if result.old:
        yield f"{words.counted(len(result.old), 'finding')} that {base} has too: not counted"
    if result.fixed:
        yield f"{words.counted(result.fixed, 'finding')} of {base}: fixed"
    if result.suppressed:
        yield f"{words.counted(len(result.suppressed), 'finding')} suppressed"
    for gap in words.gaps(result):
        yield f"not checked: {gap.rule} in {gap.where}: {gap.reason}"


def _verdict(result: Result) -> Line:
    symbol, style = _VERDICTS[result.conclusion]
    files = sum(plugin.files for plugin in result.plugins)
    scope = (
        f"{words.counted(len(result.plugins), 'plugin')} ({words.counted(files, 'file')}, {result.duration_ms:,} ms)"
    )
    found = words.tally(result.active)
    match result.conclusion:
        case Conclusion.NOTHING_TO_CHECK:
            text = "Nothing to check: no manifest.yaml of a Dify plugin or bundle, and no .difypkg file"
        case Conclusion.ERROR:
            text = f"The review did not finish: {found or 'nothing'} found so far in {scope}"
        case _:
            text = f"{found or 'Nothing to fix'} in {scope}"
    return ((f"{symbol} {text}", style),)
