"""The result for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from bot.findings import Finding, Safety, Severity
from bot.report import escape, excerpts, words
from bot.report.checklist import checklists
from bot.report.formats import Texts
from bot.report.line import STYLES, Line, coloured, plain, safe
from bot.review.outline import Row, rows
from bot.review.result import Conclusion, Result

#: More notices than this are counted, not listed.
MAX_NOTICES: Final = 20
#: The same for plugins in the table of translations.
MAX_PLUGINS: Final = 3

_NAME_POINTS = 60

_VERDICTS: Final = {
    Conclusion.PASSED: ("✓", "bold green"),
    Conclusion.FAILED: ("✗", "bold red"),
    Conclusion.NOTHING_TO_CHECK: ("–", "bold"),
    Conclusion.ERROR: ("!", "bold red"),
}


def render(
    result: Result,
    *,
    concise: bool = False,
    colour: bool = False,
    quiet: bool = False,
    statistics: bool = False,
    width: int | None = None,
    texts: Texts | None = None,
) -> str:
    """The findings, how far translations are, and last the verdict.

    `concise` prints a line `path:line:column severity rule message` for each finding, whatever the width. Otherwise
    they come with the line they are about, which `texts` knows, wrapped to `width` columns. `quiet` leaves out
    everything but errors and the verdict; `statistics` adds a line for each rule.
    """
    if concise:
        lines = [*_findings(result, quiet)]
    else:
        lines = [*excerpts.findings(result.active, quiet=quiet, width=width, texts=texts or (lambda location: None))]
    if statistics:
        lines += _statistics(result)
    if not quiet:
        lines += [
            *_checks(result),
            *_translations(result),
            *_support(result),
            *(((safe(text), "dim"),) for text in _remarks(result)),
        ]
        lines += _fixable(result)
    lines += [((safe(f"The review failed: {error}"), "red"),) for error in result.errors]
    lines.append(_verdict(result))
    written = coloured if colour else plain
    return "".join(f"{written(line)}\n" for line in lines)


def _statistics(result: Result) -> Iterator[Line]:
    """How many findings each rule has, and how many of them have a safe fix; the most frequent first."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in result.active:
        by_rule.setdefault(finding.rule, []).append(finding)
    for rule, members in sorted(by_rule.items(), key=lambda item: (-len(item[1]), item[0])):
        severity = max(finding.severity for finding in members)
        fixable = sum(finding.fix is not None and finding.fix.safety is Safety.SAFE for finding in members)
        yield (
            (f"{len(members):>6,} ", "bold"),
            (f"{severity.label:<8}", STYLES[severity]),
            (safe(rule), ""),
            (f" ({fixable:,} fixable)" if fixable else "", "green"),
        )
    if by_rule:
        yield ()


def _fixable(result: Result) -> Iterator[Line]:
    """How much the command `fix` can do about it."""
    fixes = [finding.fix for finding in result.active if finding.fix is not None]
    safe_ones = sum(fix.safety is Safety.SAFE for fix in fixes)
    if safe_ones:
        more = f" ({len(fixes) - safe_ones:,} more with --unsafe)" if len(fixes) > safe_ones else ""
        yield ((f"{safe_ones:,} fixable with `{words.TOOL} fix`{more}", "green"),)


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
        (safe(words.place(finding)), "bold"),
        (f" {row.severity.label} ", STYLES[row.severity]),
        (f"{safe(finding.rule)} ", "dim"),
        (safe(finding.message), ""),
        (f" ({more:,} more like it)" if more else "", "dim"),
    )
    if finding.related and finding.excerpt:
        yield ((f"    {safe(finding.excerpt)}", "dim"),)
    for related in finding.related:
        before = "before: " if related.before else ""
        yield ((f"    {before}{safe(words.location(related.location))} ", "bold"), (safe(related.message), ""))
        if related.excerpt:
            yield ((f"    {safe(related.excerpt)}", "dim"),)
    if finding.fix is not None:
        yield ((f"    fix: {safe(finding.fix.title)} ({finding.fix.safety.value})", "green"),)


# --- the checks of the marketplace ------------------------------------------------------------------------------------


def _checks(result: Result) -> Iterator[Line]:
    """How packages stand to the checks of the marketplace; nothing outside of its profile."""
    for root, table in checklists(result):
        yield ((f"Checks of the marketplace for {safe(escape.clip(root, _NAME_POINTS))}", "bold"),)
        width = max(excerpts.columns(row.title) for row in table)
        for row in table:
            # The symbol stands for itself in Markdown and HTML; terminals draw it in one column or two.
            state = row.state.partition(" ")[2]
            gap = " " * (width - excerpts.columns(row.title))
            yield (
                (f"  {row.title}{gap}  ", ""),
                (f"{state:<11}", _STATE_STYLES.get(state, "dim")),
                (f"  {safe(row.detail)}" if row.detail else "", ""),
            )
            if row.action and state in ("Fail", "Warning"):
                yield ((f"  {' ' * width}  {'':<11}  {safe(row.action)}", "green"),)
        yield ()


_STATE_STYLES = {"Pass": "green", "Fail": "red", "Warning": "yellow"}

# --- translations -----------------------------------------------------------------------------------------------------


def _translations(result: Result) -> Iterator[Line]:
    """The table of translations; nothing when all are complete."""
    plugins = words.translations(result, changed=True)
    if not plugins:
        return
    shown = plugins[:MAX_PLUGINS]
    head = tuple((name, "dim") for name in ("", "translated", "", "missing", "", "copied", "", "set aside"))
    table = [head, *(_cells(row) for plugin in shown for row in plugin.locales)]
    widths = [max(excerpts.columns(text) for text, _ in column) for column in zip(*table, strict=True)]
    lines = iter([_aligned(cells, widths) for cells in table])
    yield next(lines)
    for plugin in shown:
        yield ((safe(escape.clip(plugin.plugin, _NAME_POINTS)), ""),)
        yield from islice(lines, len(plugin.locales))
    if len(plugins) > len(shown):
        yield ((f"and {words.counted(len(plugins) - len(shown), 'plugin')} more", "dim"),)
    yield ()


def _support(result: Result) -> Iterator[Line]:
    """The table of releases of Dify; nothing when every plugin works on all of them."""
    for table in words.support(result):
        cells = [("Dify", "installs", "starts", "lists", "shows")]
        cells += [(row.releases, row.installs, row.starts, row.lists, row.shows) for row in table.rows]
        width = max(excerpts.columns(each[0]) for each in cells)
        for index, (releases, *rest) in enumerate(cells):
            text = "".join(f"  {each:<8}" for each in rest).rstrip()
            yield ((f"{releases}{' ' * (width - excerpts.columns(releases))}{text}", "" if index else "dim"),)
        if table.needs:
            name = safe(escape.clip(table.plugin, _NAME_POINTS))
            yield ((f"{name} has everything that it uses from Dify {table.needs} on", "dim"),)
        yield ()


def _cells(row: words.Translation) -> Line:
    now, change = row.now, row.change
    complete = words.percent(now)
    style = "green" if complete == 100 else "yellow" if complete else "red"
    return (
        (f"  {safe(row.locale)}", ""),
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
    pieces = [(name + " " * (widths[0] - excerpts.columns(name)), style)]
    for index, ((text, style), width) in enumerate(zip(numbers, widths[1:], strict=True)):
        if width:
            pieces.append((f" {text:<{width}}" if index % 2 else f"  {text:>{width}}", style))
    return tuple(pieces)


# --- the rest ---------------------------------------------------------------------------------------------------------


def _remarks(result: Result) -> Iterator[str]:
    base = words.short_revision(result.known_from)
    if result.old:
        yield f"{words.counted(len(result.old), 'finding')} that {base} has too: not counted"
    if result.fixed:
        yield f"{words.counted(result.fixed, 'finding')} of {base}: fixed"
    if result.unchanged:
        yield f"{words.counted(result.unchanged, 'plugin')} the same as at {base}: not reviewed"
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
        case Conclusion.NOTHING_TO_CHECK if result.unchanged:
            text = "Nothing to check: no plugin has changed"
        case Conclusion.NOTHING_TO_CHECK:
            text = "Nothing to check: no manifest.yaml of a Dify plugin or bundle, and no .difypkg file"
        case Conclusion.ERROR:
            text = f"The review did not finish: {found or 'nothing'} found so far in {scope}"
        case _:
            nothing = "Nothing new to fix" if result.old else "Nothing to fix"
            text = f"{found or nothing} in {scope}"
            if result.fail_on is None and result.active:
                symbol, style, text = "–", "bold", f"{text}; nothing was asked to block"
    if result.open_questions and result.conclusion in (Conclusion.PASSED, Conclusion.FAILED):
        if result.conclusion is Conclusion.PASSED:
            symbol, style = "!", "bold yellow"
        text = f"{safe(words.not_judged(result))}; {text}"
    return ((f"{symbol} {text}", style),)
