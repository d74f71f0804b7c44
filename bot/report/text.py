"""The result for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from bot.findings import Finding, Safety, Severity
from bot.languages import told
from bot.messages import Message, say
from bot.report import escape, excerpts, words
from bot.report.checklist import checklists
from bot.report.formats import Texts
from bot.report.line import STYLES, Line, coloured, plain, safe
from bot.review.outline import Row, rows
from bot.review.result import Conclusion, Result
from bot.submission.submission import is_package

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
            *(((_safe(text), "dim"),) for text in _remarks(result)),
        ]
        lines += _fixable(result)
        if words.offer(result):
            lines.append(((words.offer(result).replace("`", ""), "bold"),))
    lines += [((_safe(say("The review failed: {error}", error=error)), "red"),) for error in result.errors]
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
        fixable = _safeties(members).count(Safety.SAFE)
        yield (
            (f"{len(members):>6,} ", "bold"),
            (excerpts.padded(told(severity.label), 8), STYLES[severity]),
            (safe(rule), ""),
            (told(say(" ({n:,} fixable)", n=fixable)) if fixable else "", "green"),
        )
    if by_rule:
        yield ()


def _fixable(result: Result) -> Iterator[Line]:
    """How much the command `fix` can do about it."""
    safeties = _safeties(result.active)
    safe_ones = safeties.count(Safety.SAFE)
    if safe_ones:
        more = say(" ({n:,} more with --unsafe)", n=len(safeties) - safe_ones) if len(safeties) > safe_ones else ""
        fixable = say("{n:,} fixable with `{command}`{more}", n=safe_ones, command=f"{words.TOOL} fix", more=more)
        yield ((told(fixable), "green"),)


def _safeties(findings: Iterable[Finding]) -> list[Safety]:
    """How safe the fixes are that `fix` can make: it writes into no package."""
    return [item.fix.safety for item in findings if item.fix is not None and not is_package(item.plugin)]


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
        rest = words.counted(number, "notice")
        yield ((told(say("and {notices} more; --format json has all of them", notices=rest)), "dim"),)
    if listed:
        yield ()


def _row(row: Row) -> Iterator[Line]:
    finding = row.first
    more = len(row.findings) - 1
    yield (
        (safe(words.place(finding)), "bold"),
        (f" {told(row.severity.label)} ", STYLES[row.severity]),
        (f"{safe(finding.rule)} ", "dim"),
        (_safe(finding.message), ""),
        (told(say(" ({n:,} more like it)", n=more)) if more else "", "dim"),
    )
    if finding.related and finding.excerpt:
        yield ((f"    {safe(finding.excerpt)}", "dim"),)
    for related in finding.related:
        before = told(say("before: ")) if related.before else ""
        yield ((f"    {before}{safe(words.location(related.location))} ", "bold"), (_safe(related.message), ""))
        if related.excerpt:
            yield ((f"    {safe(related.excerpt)}", "dim"),)
    if finding.fix is not None:
        fix = say("fix: {title} ({safety})", title=finding.fix.title, safety=finding.fix.safety.value)
        yield ((f"    {_safe(fix)}", "green"),)


# --- the checks of the marketplace ------------------------------------------------------------------------------------


def _checks(result: Result) -> Iterator[Line]:
    """How packages stand to the checks of the marketplace; nothing outside of its profile."""
    for root, table in checklists(result):
        name = safe(escape.clip(root, _NAME_POINTS))
        yield ((told(say("Checks of the marketplace for {name}", name=name)), "bold"),)
        width = max(excerpts.columns(told(row.title)) for row in table)
        for row in table:
            # The symbol stands for itself in Markdown and HTML; terminals draw it in one column or two.
            state, title = row.state.partition(" ")[2], told(row.title)
            shown = told(row.state).partition(" ")[2]
            yield (
                (f"  {excerpts.padded(title, width)}  ", ""),
                (excerpts.padded(shown, 11), _STATE_STYLES.get(state, "dim")),
                (f"  {_safe(row.detail)}" if row.detail else "", ""),
            )
            if row.action and state in ("Fail", "Warning"):
                yield ((f"  {' ' * width}  {'':<11}  {_safe(row.action)}", "green"),)
        yield ()


_STATE_STYLES = {"Pass": "green", "Fail": "red", "Warning": "yellow"}

# --- translations -----------------------------------------------------------------------------------------------------


def _translations(result: Result) -> Iterator[Line]:
    """The table of translations; nothing when all are complete."""
    plugins = words.translations(result, changed=True)
    if not plugins:
        return
    shown = plugins[:MAX_PLUGINS]
    names = (say("translated"), say("missing"), say("copied"), say("set aside"))
    head = (("", "dim"), *((text, "dim") for name in names for text in (told(name), "")))[:-1]
    table = [head, *(_cells(row) for plugin in shown for row in plugin.locales)]
    widths = [max(excerpts.columns(text) for text, _ in column) for column in zip(*table, strict=True)]
    lines = iter([_aligned(cells, widths) for cells in table])
    yield next(lines)
    for plugin in shown:
        yield ((safe(escape.clip(plugin.plugin, _NAME_POINTS)), ""),)
        yield from islice(lines, len(plugin.locales))
    if len(plugins) > len(shown):
        left = words.counted(len(plugins) - len(shown), "plugin")
        yield ((told(say("and {things} more", things=left)), "dim"),)
    if offer := words.known_translations(result):
        yield ((safe(told(offer)), "dim"),)
    yield ()


def _support(result: Result) -> Iterator[Line]:
    """The table of releases of Dify; nothing when every plugin works on all of them."""
    for table in words.support(result):
        cells = [("Dify", *map(told, (say("installs"), say("starts"), say("lists"), say("shows"))))]
        cells += [(row.releases, *map(told, (row.installs, row.starts, row.lists, row.shows))) for row in table.rows]
        cell = max(8, *(excerpts.columns(each) for each in cells[0][1:]))
        width = max(excerpts.columns(each[0]) for each in cells)
        for index, (releases, *rest) in enumerate(cells):
            text = "".join(f"  {excerpts.padded(each, cell)}" for each in rest).rstrip()
            yield ((f"{excerpts.padded(releases, width)}{text}", "" if index else "dim"),)
        if table.needs:
            name = safe(escape.clip(table.plugin, _NAME_POINTS))
            has = say("{name} has everything that it uses from Dify {version} on", name=name, version=table.needs)
            yield ((told(has), "dim"),)
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
    pieces = [(excerpts.padded(name, widths[0]), style)]
    for index, ((text, style), width) in enumerate(zip(numbers, widths[1:], strict=True)):
        if width:
            pieces.append((f" {text:<{width}}" if index % 2 else f"  {text:>{width}}", style))
    return tuple(pieces)


# --- the rest ---------------------------------------------------------------------------------------------------------


def _remarks(result: Result) -> Iterator[Message]:
    base = words.short_revision(result.known_from)
    if result.old:
        old = words.counted(len(result.old), "finding")
        yield say("{findings} that {base} has too: not counted", findings=old, base=base)
    if result.fixed:
        yield say("{findings} of {base}: fixed", findings=words.counted(result.fixed, "finding"), base=base)
    if result.unchanged:
        same = words.counted(result.unchanged, "plugin")
        yield say("{plugins} the same as at {base}: not reviewed", plugins=same, base=base)
    if result.suppressed:
        yield say("{findings} suppressed", findings=words.counted(len(result.suppressed), "finding"))
    for file in result.coverage.not_judged:
        yield say("not judged: {file} {reason}", file=file.path, reason=file.reason)
    for gap in words.gaps(result):
        yield say("not checked: {rule} in {where}: {reason}", rule=gap.rule, where=gap.where, reason=gap.reason)


def _verdict(result: Result) -> Line:
    symbol, style = _VERDICTS[result.conclusion]
    files = sum(plugin.files for plugin in result.plugins)
    scope = say(
        "{plugins} ({files}, {n:,} ms)",
        plugins=words.counted(len(result.plugins), "plugin"),
        files=words.counted(files, "file"),
        n=result.duration_ms,
    )
    found = words.tally(result.active)
    match result.conclusion:
        case Conclusion.NOTHING_TO_CHECK if result.unchanged:
            text = say("Nothing to check: no plugin has changed")
        case Conclusion.NOTHING_TO_CHECK:
            text = say("Nothing to check: no manifest.yaml of a Dify plugin or bundle, and no .difypkg file")
        case Conclusion.ERROR:
            so_far = found or say("nothing")
            text = say("The review did not finish: {found} found so far in {scope}", found=so_far, scope=scope)
        case _:
            nothing = say("Nothing new to fix") if result.old else say("Nothing to fix")
            text = say("{findings} in {plugins}", findings=found or nothing, plugins=scope)
            if result.fail_on is None and result.active:
                symbol, style, text = "–", "bold", say("{found}; nothing was asked to block", found=text)
    if result.open_questions and result.conclusion in (Conclusion.PASSED, Conclusion.FAILED):
        if result.conclusion is Conclusion.PASSED:
            symbol, style = "!", "bold yellow"
        text = say("{first}; {second}", first=words.not_judged(result), second=text)
    return ((f"{symbol} {_safe(text)}", style),)


def _safe(text: str) -> str:
    """A message in the language of what is written, which neither a terminal nor a runner obeys."""
    return safe(told(text))
