"""Findings for a terminal, each with the line it is about: excerpt, caret, what happens, and the fix as a diff.

The most severe come last, where the eye is. What repeats is folded; `--format concise` has a line for each finding.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from bot.document.edits import BadEdit, as_lines
from bot.findings import Finding, Related, Safety, Severity, Span
from bot.languages import told
from bot.messages import Message, listed, say, say_plural
from bot.patterns import regex
from bot.report import words
from bot.report.formats import Texts
from bot.report.line import STYLES, Line, safe
from bot.review.outline import Row, rows

#: With more rows than this, only errors are shown in full, and a line for each other rule.
MAX_FULL: Final = 40
#: So many rows of one rule are shown in full, by severity; the others are named by their places.
MAX_OF_ONE_RULE: Final = {Severity.ERROR: 5, Severity.WARNING: 2, Severity.NOTICE: 1}
MAX_ERRORS: Final = 10
MAX_RULES: Final = 25
MAX_PLACES: Final = 12
#: A path is not cut to fewer columns.
_LEAST_PATH: Final = 12
#: Lines of a diff that are shown.
MAX_DIFF: Final = 8
#: Columns of an excerpt before which it is cut where no width is known.
WIDE: Final = 120

_NO_TEXT: Final[Texts] = lambda location: None  # noqa: E731


def findings(
    active: Iterable[Finding], *, quiet: bool = False, width: int | None = None, texts: Texts = _NO_TEXT
) -> Iterator[Line]:
    """The findings in full, the least severe first. `quiet` leaves out all but errors; `width` in columns wraps."""
    shown = [row for row in rows(active) if not quiet or row.severity is Severity.ERROR]
    crowded = len(shown) > MAX_FULL
    folded = 0
    for severity in sorted(Severity):
        of_severity = [row for row in shown if row.severity is severity]
        by_rule = [
            (rule, list(members)) for rule, members in groupby(_by_rule(of_severity), lambda row: row.first.rule)
        ]
        if crowded and severity is not Severity.ERROR:
            yield from _rule_lines(severity, by_rule, width)
            folded += len(of_severity)
            continue
        left = MAX_ERRORS if crowded else MAX_FULL
        for _, members in by_rule:
            whole = members[: min(left, MAX_OF_ONE_RULE[severity])]
            left -= len(whole)
            for row in whole:
                yield from _block(row, width, texts)
            yield from _more(members[len(whole) :], width)
    if folded:
        yield ((told(say("{n:,} rows are folded; --format concise prints a line for each.", n=folded)), "dim"),)
        yield ()


def _by_rule(of_severity: Sequence[Row]) -> list[Row]:
    """The rows with those of a rule together, rules in the order of their first place."""
    ordered = sorted(of_severity, key=lambda row: row.first.sort_key)
    order: dict[str, int] = {}
    for row in ordered:
        order.setdefault(row.first.rule, len(order))
    return sorted(ordered, key=lambda row: order[row.first.rule])


def _rule_lines(severity: Severity, by_rule: Sequence[tuple[str, list[Row]]], width: int | None) -> Iterator[Line]:
    """One line for each rule, the most frequent first."""
    ordered = sorted(by_rule, key=lambda item: -sum(len(row.findings) for row in item[1]))
    label = padded(told(severity.label), max(columns(told(each.label)) for each in Severity))
    for rule, members in ordered[:MAX_RULES]:
        found = [finding for row in members for finding in row.findings]
        files = len({finding.location.file for finding in found})
        head = ((label, STYLES[severity]), (f" {len(found):>5,} ", "bold"), (safe(rule), "dim"))
        place = words.place(found[0])
        first = say(" in {files}, first {place}", files=words.counted(files, "file"), place="")
        taken = columns(safe(told(first))) + sum(columns(text) for text, _ in head)
        first = say(
            " in {files}, first {place}",
            files=words.counted(files, "file"),
            place=_ending(place, width and width - taken),
        )
        yield _fitted((*head, (safe(told(first)), "")), width)
    if len(ordered) > MAX_RULES:
        rules = words.counted(len(ordered) - MAX_RULES, "more rule")
        findings = sum(len(row.findings) for _, rows in ordered[MAX_RULES:] for row in rows)
        counted = words.counted(findings, severity.label)
        left = say("{findings} of {rules}: see --statistics", findings=counted, rules=rules)
        yield ((told(left), "dim"),)
    if ordered:
        yield ()


def _more(members: Sequence[Row], width: int | None) -> Iterator[Line]:
    """The places of what is not shown in full, by file."""
    if not members:
        return
    places = []
    by_file = groupby(sorted(members, key=lambda row: row.first.sort_key), key=lambda row: row.first.location.file)
    for file, of_file in by_file:
        lines = ",".join(dict.fromkeys(str(row.line) for row in of_file if row.line))
        places.append((file, f":{lines}" if lines else ""))
    count, rule = sum(len(row.findings) for row in members), members[0].first.rule
    more = len(places) - MAX_PLACES

    def shown(files: Sequence[str]) -> Message:
        together = listed(files)
        if more <= 0:
            return together
        return say_plural("{shown} and {n:,} more file", "{shown} and {n:,} more files", more, shown=together)

    named = [file + lines for file, lines in places[:MAX_PLACES]]
    text = safe(told(say("{n:,} more of {rule}: {shown}", n=count, rule=rule, shown=shown(named))))
    if width is None or columns(text) <= width:
        yield ((text, "dim"),)
    else:
        # A line for each file: a path is not broken where it can be helped.
        head = told(say("{n:,} more of {rule}: {shown}", n=count, rule=rule, shown=""))
        yield from _wrapped(((safe(head).rstrip(), "dim"),), width, indent=2)
        short = [_ending(file, width - 2 - len(lines)) + lines for file, lines in places[:MAX_PLACES]]
        for each in [*short[:-1], told(shown(short[-1:]))]:
            yield from _wrapped(((f"  {safe(each)}", "dim"),), width, indent=4)
    yield ()


def _ending(path: str, room: int | None) -> str:
    """A path cut to the room that there is: its end says more. Where there is hardly any room, it stays as it is."""
    if room is None or columns(path) <= room or room < _LEAST_PATH:
        return path
    return f"…{_last(path, room - 1)}"


# --- one finding ------------------------------------------------------------------------------------------------------


def _block(row: Row, width: int | None, texts: Texts) -> Iterator[Line]:
    finding = row.first
    more = len(row.findings) - 1
    first, rest = _first_sentence(told(finding.message))
    headline = (
        (f"{told(row.severity.label)}[", STYLES[row.severity]),
        (safe(finding.rule), f"{STYLES[row.severity]} link {_page(finding.rule)}"),
        ("]", STYLES[row.severity]),
        (f": {safe(first)}", "bold"),
        (safe(rest), ""),
        (told(say(" ({n:,} more like it)", n=more)) if more else "", "dim"),
    )
    yield from _wrapped(headline, width, indent=4)
    english = words.in_english(finding)
    if english:
        yield from _wrapped(((f"    {safe(english)}", "dim"),), width, indent=4)
    text = texts(finding.location) if not finding.rule.startswith("security/") else None
    gutter = len(str(_last_line(finding)))
    yield ((f"{' ' * gutter} --> ", "blue"), (safe(words.place(finding)), ""))
    yield from _excerpt(finding.location.span, text, finding.excerpt, gutter, STYLES[row.severity], width)
    for related in finding.related:
        yield from _related(related, gutter, texts, width)
    for authority in finding.authorities:
        if authority.consequence in finding.message:
            continue
        note = f"{told(authority.by.value)}: {told(authority.consequence)}"
        yield from _wrapped(((f"{' ' * gutter} = ", "blue"), (safe(note), "")), width, indent=gutter + 3)
    if finding.fix is not None:
        fix = say("fix: {title}", title=finding.fix.title)
        if finding.fix.safety is not Safety.SAFE:
            fix += say(" (look at it first)")
        title = ((f"{' ' * gutter} = ", "blue"), (safe(told(fix)), "green"))
        yield from _wrapped(title, width, indent=gutter + 3)
        yield from _diff(finding, text, gutter, width)
    yield ()


def _first_sentence(text: str) -> tuple[str, str]:
    """The sentence that says what happens, and the others. A dot between backticks ends none."""
    end = _END.match(text)
    return (text[: end.end()], text[end.end() :]) if end is not None else (text, "")


#: Up to the end of a sentence: a dot before a blank and no small letter, or the one of Chinese and Japanese.
_END: Final = regex(r"(?:`[^`]*`|[^`])*?(?:[.!?](?=\s+[^\sa-z])|。)")


def _page(rule: str) -> str:
    from bot.rules.registry import DOCS_URL

    return f"{DOCS_URL}{rule}.md"


def _last_line(finding: Finding) -> int:
    spans = [finding.location.span, *(related.location.span for related in finding.related)]
    return max((span.line for span in spans if span is not None), default=0)


def _related(related: Related, gutter: int, texts: Texts, width: int | None) -> Iterator[Line]:
    before = told(say("before: ")) if related.before else ""
    place = f"{before}{words.location(related.location)}"
    line = ((f"{' ' * gutter} ::: ", "blue"), (safe(place), ""), (f" {safe(told(related.message))}", "dim"))
    yield from _wrapped(line, width, indent=gutter + 5)
    text = None if related.before else texts(related.location)
    yield from _excerpt(related.location.span, text, related.excerpt, gutter, "blue", width)


def pieces(span: Span | None, text: str | None, excerpt: str, room: int) -> tuple[str, str, str] | None:
    """The line that a finding is about in at most `room` columns: what stands before the value, the value, the rest.

    `excerpt` is the line where the text is not at hand; then nothing in it is marked. None where there is no line.
    """
    lines = text.split("\n") if text is not None else []
    if span is not None and 0 < span.line <= len(lines):
        line = lines[span.line - 1].rstrip("\r")
        end = span.end_column if span.end_line == span.line else len(line) + 1
        before, marked = line[: span.column - 1], line[span.column - 1 : max(end - 1, span.column)]
    elif span is not None and excerpt:
        before, marked, line = "", "", excerpt
    else:
        return None
    return _cut(_spread(before), _spread(marked), _spread(line[len(before) + len(marked) :]), room)


def _excerpt(
    span: Span | None, text: str | None, excerpt: str, gutter: int, style: str, width: int | None
) -> Iterator[Line]:
    """The line that a finding is about, with carets below the value."""
    found = pieces(span, text, excerpt, (width or WIDE) - gutter - 3)
    if span is None or found is None:
        return
    before, marked, after = found
    bar = f"{' ' * gutter} |"
    yield ((bar, "blue"),)
    yield ((f"{span.line:>{gutter}} | ", "blue"), (safe(before), ""), (safe(marked), "bold"), (safe(after), ""))
    if marked or before:
        carets = "^" * max(1, columns(safe(marked)))
        yield ((f"{bar} ", "blue"), (" " * columns(safe(before)), ""), (carets, style))


def _spread(text: str) -> str:
    """Tabs as four blanks, so that carets stand below what they are about."""
    return text.replace("\t", "    ")


def _cut(before: str, marked: str, after: str, room: int) -> tuple[str, str, str]:
    """The three pieces of a line in at most `room` columns: the marked one stays in sight."""
    room = max(room, 8)
    if columns(before + marked + after) <= room:
        return before, marked, after
    if columns(marked) > room // 2:
        marked = f"{_first(marked, room // 2 - 1)}…"
    left = room - columns(marked)
    if columns(before) > left // 2:
        before = f"…{_last(before, left // 2 - 1)}"
    left -= columns(before)
    if columns(after) > left:
        after = f"{_first(after, left - 1)}…"
    return before, marked, after


def _first(text: str, room: int) -> str:
    taken = 0
    for index, character in enumerate(text):
        taken += columns(character)
        if taken > room:
            return text[:index]
    return text


def _last(text: str, room: int) -> str:
    return _first(text[::-1], room)[::-1]


def _diff(finding: Finding, text: str | None, gutter: int, width: int | None) -> Iterator[Line]:
    """The lines that the fix changes, where it changes only the file of the finding."""
    fix, span = finding.fix, finding.location.span
    if fix is None or text is None or span is None or finding.location.member is not None:
        return
    prefix = "" if finding.plugin == "." else f"{finding.plugin}/"
    if fix.moves or not all((prefix + edit.path) == finding.location.path for edit in fix.edits):
        return
    try:
        made = as_lines(text, fix.edits, span.line, span.line)
    except BadEdit:
        return
    if made is None:
        return
    old = [line.rstrip("\r") for line in text.split("\n")[made.start - 1 : made.line]]
    new = [line.rstrip("\r") for line in made.text.removesuffix("\n").split("\n")] if made.text else []
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    changes = [("-", line, "red") for line in old[start : len(old) - end]]
    changes += [("+", line, "green") for line in new[start : len(new) - end]]
    room = (width or WIDE) - gutter - 5
    for sign, line, style in changes[:MAX_DIFF]:
        shown, _, rest = _cut(_spread(line), "", "", room)
        yield ((f"{' ' * gutter} | ", "blue"), (f"{sign} {safe(shown + rest)}", style))
    if len(changes) > MAX_DIFF:
        left = told(say("and {n} more lines", n=len(changes) - MAX_DIFF))
        yield ((f"{' ' * gutter} | {left}", "dim"),)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """With how many equal lines both begin."""
    same = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same += 1
    return same


# --- widths -----------------------------------------------------------------------------------------------------------


def columns(text: str) -> int:
    """How many columns a terminal takes for a text: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def padded(text: str, width: int) -> str:
    """A text with as many blanks after it as make it so many columns wide."""
    return text + " " * (width - columns(text))


def _fitted(line: Line, width: int | None) -> Line:
    """The line cut to the width."""
    if width is None:
        return line
    pieces, left = [], width
    for text, style in line:
        if columns(text) > left:
            pieces.append((f"{_first(text, max(left - 1, 0))}…", style))
            break
        pieces.append((text, style))
        left -= columns(text)
    return tuple(pieces)


def _wrapped(line: Line, width: int | None, indent: int) -> Iterator[Line]:
    """The line in as many lines as the width asks for, broken between words; later ones are indented."""
    if width is None or sum(columns(text) for text, _ in line) <= width:
        yield line
        return
    room = max(width, indent + 12)
    current: list[tuple[str, str]] = []
    taken = 0
    for text, style in line:
        for word in _words(text):
            size = columns(word.rstrip(" "))
            while taken + size > room and taken > indent:
                yield _ended(current)
                current, taken = [(" " * indent, "")], indent
            while size > room - taken:
                head = _first(word, room - taken)
                current.append((head, style))
                yield _ended(current)
                word, current, taken = word[len(head) :], [(" " * indent, "")], indent
                size = columns(word.rstrip(" "))
            if current and current[-1][1] == style:
                current[-1] = (current[-1][0] + word, style)
            else:
                current.append((word, style))
            taken += columns(word)
    if current:
        yield _ended(current)


def _ended(pieces: list[tuple[str, str]]) -> Line:
    """The pieces of a line without blanks at its end: beyond the last column they would take a line of their own."""
    *others, (text, style) = pieces
    return (*others, (text.rstrip(" "), style))


def _words(text: str) -> list[str]:
    """The words of a text, each with the blanks behind it."""
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = text.find(" ", start)
        end = len(text) if end < 0 else end + 1
        pieces.append(text[start:end])
        start = end
    return pieces
