"""The result for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from bot.findings import Severity
from bot.report import escape, words
from bot.review.outline import Row, rows
from bot.review.result import Conclusion, Result

#: More notices than this are counted, not listed.
MAX_NOTICES: Final = 20
#: The same for plugins in the table of translations.
MAX_PLUGINS: Final = 10

_NAME_POINTS = 60

#: A line in pieces, each with its style in the words of rich; "" is the plain style.
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
        lines += [*_translations(result), *_support(result), *(((_safe(text), "dim"),) for text in _remarks(result))]
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
    if finding.related and finding.excerpt:
        yield ((f"    {_safe(finding.excerpt)}", "dim"),)
    for related in finding.related:
        before = "before: " if related.before else ""
        yield ((f"    {before}{_safe(words.location(related.location))} ", "bold"), (_safe(related.message), ""))
        if related.excerpt:
            yield ((f"    {_safe(related.excerpt)}", "dim"),)
    if finding.fix is not None:
        yield ((f"    fix: {_safe(finding.fix.title)} ({finding.fix.safety.value})", "green"),)


# --- translations -----------------------------------------------------------------------------------------------------


def _translations(result: Result) -> Iterator[Line]:
    """The table of translations; nothing when all are complete."""
    plugins = words.translations(result, changed=True)
    if not plugins:
        return
    shown = plugins[:MAX_PLUGINS]
    head = tuple((name, "dim") for name in ("", "translated", "", "missing", "", "copied", "", "set aside"))
    table = [head, *(_cells(row) for plugin in shown for row in plugin.locales)]
    widths = [max(_width(text) for text, _ in column) for column in zip(*table, strict=True)]
    lines = iter([_aligned(cells, widths) for cells in table])
    yield next(lines)
    for plugin in shown:
        yield ((_safe(escape.clip(plugin.plugin, _NAME_POINTS)), ""),)
        yield from islice(lines, len(plugin.locales))
    if len(plugins) > len(shown):
        yield ((f"and {words.counted(len(plugins) - len(shown), 'plugin')} more", "dim"),)
    yield ()


def _support(result: Result) -> Iterator[Line]:
    """The table of releases of Dify; nothing when every plugin works on all of them."""
    for table in words.support(result):
        cells = [("Dify", "installs", "starts", "lists", "shows")]
        cells += [(row.releases, row.installs, row.starts, row.lists, row.shows) for row in table.rows]
        width = max(_width(each[0]) for each in cells)
        for index, (releases, *rest) in enumerate(cells):
            text = "".join(f"  {each:<8}" for each in rest).rstrip()
            yield ((f"{releases}{' ' * (width - _width(releases))}{text}", "" if index else "dim"),)
        name = _safe(escape.clip(table.plugin, _NAME_POINTS))
        yield ((f"{name} has everything that it uses from Dify {table.needs} on", "dim"),)
        yield ()


def _cells(row: words.Translation) -> Line:
    now, change = row.now, row.change
    complete = words.percent(now)
    style = "green" if complete == 100 else "yellow" if complete else "red"
    return (
        (f"  {_safe(row.locale)}", ""),
        (f"{words.fraction(now)} {complete:3}%", style),
        (words.signed(change.translated), "bold"),
        (f"{now.missing:,}", ""),
        (words.signed(change.missing), "bold"),
        (f"{now.copied:,}", ""),
        (words.signed(change.copied), "bold"),
        (f"{now.exempt:,}", "dim"),
    )


def _aligned(cells: Line, widths: Sequence[int]) -> Line:
    """The cells of a table as a line: numbers to the right, what is beside them to the left."""
    (name, style), *numbers = cells
    pieces = [(name + " " * (widths[0] - _width(name)), style)]
    for index, ((text, style), width) in enumerate(zip(numbers, widths[1:], strict=True)):
        if width:
            pieces.append((f" {text:<{width}}" if index % 2 else f"  {text:>{width}}", style))
    return tuple(pieces)


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
    for file in result.coverage.not_judged:
        yield f"not judged: {file.path} {file.reason}"
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
            if result.fail_on is None and result.active:
                symbol, style, text = "–", "bold", f"{text}; nothing was asked to block"
    if result.open_questions and result.conclusion in (Conclusion.PASSED, Conclusion.FAILED):
        if result.conclusion is Conclusion.PASSED:
            symbol, style = "!", "bold yellow"
        text = f"{_safe(words.not_judged(result))}; {text}"
    return ((f"{symbol} {text}", style),)
