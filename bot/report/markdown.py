"""The review in Markdown: the summary, and the comments on lines and files.

What is written is in `templates/*.md.j2`; here is what they are given, and how it is made to fit. A body that would be
too large is made with fewer rows, each whole, and says how many are left out: nothing is cut inside a table, a fence
or a fold.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from functools import cache
from typing import Final, Generic, TypeVar

from jinja2.sandbox import SandboxedEnvironment
from msgspec import Struct
from msgspec.structs import replace

from bot import __version__
from bot.comments.plan import (
    Comment,
    FileComment,
    FurtherComment,
    InlineComment,
    Review,
    plan,
)
from bot.findings import Authority, Confidence, Finding, Safety, Severity
from bot.languages import told
from bot.messages import Message, all_of, listed, say, say_plural
from bot.patterns import regex
from bot.report import escape, words
from bot.report.checklist import changes, checklists
from bot.report.links import NOWHERE, Context, file_url, finding_url, location_url
from bot.report.template import COMPILED, Markdown, markdown_templates
from bot.review.outline import PluginFindings, Row, RuleFindings, outline
from bot.review.result import Conclusion, PluginSummary, Result

_Item = TypeVar("_Item")


class Limit(Struct, frozen=True):
    """The size of a body, in Unicode code points and in bytes of UTF-8."""

    points: int
    bytes: int

    def holds(self, text: str) -> bool:
        return len(text) <= self.points and len(text.encode()) <= self.bytes


#: GitHub refuses comments of more than 65,536 code points, and has cut longer ones; for reviews and comments on lines
#: nobody has measured more than that size in bytes.
COMMENT_LIMIT: Final = Limit(points=65_000, bytes=65_535)
#: The runner takes 1 MiB for the summary of a step, and drops a larger one whole.
STEP_SUMMARY_LIMIT: Final = Limit(points=1_000_000, bytes=1_000_000)
#: `check --format markdown` has no limit of its own.
_NO_LIMIT: Final = Limit(points=1 << 62, bytes=1 << 62)

# How many rows are tried first; most reviews have fewer.
_FIRST_TRY = 128
_MESSAGE_POINTS = 1000
_NAME_POINTS = 200
_CELL_POINTS = 600
_REASON_POINTS = 500
_PLACES_OF_A_GROUP = 5
_LINES_OF_A_GROUP = 20
_PLACES_OF_A_RULE = 10
_TABLE_ROWS = 12
_NEWS = 30
_UPDATED_PLUGINS = 6
_TRANSLATED_PLUGINS = 6
_OUTSIDE = 50
_OPEN_PLUGINS = 3

SYMBOLS: Final = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTICE: "💡"}
_WORDS: Final = {Severity.ERROR: say("Error"), Severity.WARNING: say("Warning"), Severity.NOTICE: say("Notice")}

#: What a finding of each severity is in a picture of many, and how many squares the picture has in a row.
_SQUARES: Final = ("🟥", "🟨", "🟦")
_STACK: Final = 10
#: Fewer plugins are compared by their numbers.
_MIN_PICTURED: Final = 3

#: What tells the summary from other comments of the same author. A scope (`Context.scope`) makes it `summary@scope`.
SUMMARY_MARKER: Final = f"<!-- {words.TOOL}:summary -->"
#: The same for the review that carries the comments on lines.
REVIEW_MARKER: Final = f"<!-- {words.TOOL}:review -->"
_FINDING_MARKER: Final = f"<!-- {words.TOOL}:finding{{}} {{}} -->"
_STATE_MARKER: Final = f"<!-- {words.TOOL}:state {{}} -->"
_KEY = regex(r"[0-9a-f]{20}")
_FINDING = regex(rf"^<!-- {words.TOOL}:finding(@[0-9a-f]{{8}})? ((?:[0-9a-f]{{20}} ?)+) ?-->$", re.MULTILINE)
_STATE = regex(rf"^<!-- {words.TOOL}:state (\{{[^<>\n]{{0,9000}}\}}) -->$", re.MULTILINE)
#: So many comments are remembered; more do not stand at a time.
_MOST_TOLD = 400


class State(Struct, frozen=True):
    """What the summary tells later runs: the commit, the outcome, a digest of the findings that count, and the keys
    (`bot.comments.plan.comment_key`) of what was said in comments."""

    head: str
    conclusion: str
    digest: str
    told: tuple[str, ...] = ()


# --- what is posted ---------------------------------------------------------------------------------------------------


def render_report(result: Result) -> str:
    """The result as a Markdown document, with everything in it."""
    return _summary(plan(result), NOWHERE, _NO_LIMIT, marked=False)


def summary_comment(review: Review, context: Context = NOWHERE) -> str:
    """The one comment that sums a review up. It holds what no other comment says, and marks for later runs."""
    return _summary(review, context, COMMENT_LIMIT, marked=True)


def step_summary(review: Review, context: Context = NOWHERE) -> str:
    """The summary of the job. It says everything, also what comments say, as it needs no permission."""
    return _summary(_whole(review), context, STEP_SUMMARY_LIMIT, marked=False)


def check_summary(review: Review, context: Context = NOWHERE) -> str:
    """The summary of a check run. Like that of the job it says everything, as far as there is room."""
    return _summary(_whole(review), context, COMMENT_LIMIT, marked=False)


def _whole(review: Review) -> Review:
    """The review as if nothing were said in comments."""
    return replace(plan(review.result), on_change=review.on_change)


def inline_comment(comment: InlineComment, context: Context = NOWHERE) -> str:
    """The body of a comment on lines, with the suggestion if there is one."""
    suggestion = None if comment.suggestion is None else escape.markdown_fence(comment.suggestion, "suggestion")
    template = "further_comment.md.j2" if isinstance(comment, FurtherComment) else "inline_comment.md.j2"
    return _comment(template, comment, context, suggestion)


def file_comment(comment: FileComment, context: Context = NOWHERE) -> str:
    """The body of a comment on a file."""
    return _comment("file_comment.md.j2", comment, context)


def review_body(review: Review, context: Context = NOWHERE) -> str:
    """The text of the review that carries the comments on lines."""
    findings = [finding for comment in review.inline for finding in comment.findings]
    return (
        _templates()
        .get_template("review_body.md.j2")
        .render(
            findings=findings,
            suggestions=sum(comment.suggestion is not None for comment in (*review.inline, *review.further)),
            summary=_linked(Markdown(told(say("the summary"))), escape.markdown_url(context.summary_url)),
            marker=Markdown(REVIEW_MARKER),
        )
    )


def summary_marker(scope: str = "") -> str:
    """The mark of the summary for one part of the repository, or for the whole."""
    return SUMMARY_MARKER.replace(":summary", f":summary{_at(scope)}")


def read_keys(body: str, scope: str = "") -> tuple[str, ...]:
    """The keys (`bot.comments.plan.comment_key`) in a comment of ours on lines or a file. Others have none."""
    at, keys = [("", ""), *_FINDING.findall(body)][-1]
    return tuple(dict.fromkeys(keys.split())) if at == _at(scope) else ()


def _at(scope: str) -> str:
    return f"@{scope}" if scope else ""


def read_state(body: str) -> State | None:
    """What a summary of ours told; None when it tells nothing that can be read."""
    found = _STATE.findall(body)
    try:
        data = json.loads(found[-1]) if found else None
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    texts = [value for name in ("head", "conclusion", "digest") if isinstance(value := data.get(name), str)]
    if len(texts) != 3:
        return None
    head, conclusion, digest = texts
    return State(head, conclusion, digest, tuple(_KEY.findall(str(data.get("told", "")))))


def state_of(review: Review, context: Context = NOWHERE) -> State:
    """What the summary of a review tells later runs."""
    fingerprints = "\n".join(sorted(finding.fingerprint for finding in review.result.active))
    digest = hashlib.sha256(fingerprints.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    head = context.head if re.fullmatch(r"[0-9a-f]{7,64}", context.head) else ""
    told = sorted(key for key in review.told if _KEY.fullmatch(key))
    return State(head, review.result.conclusion.value, digest, tuple(told[:_MOST_TOLD]))


# --- the summary ------------------------------------------------------------------------------------------------------


class Listing(Struct, Generic[_Item], frozen=True):
    """The items of which there is room for some; true when there are any at all."""

    items: Sequence[_Item]
    total: int

    @property
    def left(self) -> int:
        """How many there was no room for."""
        return self.total - len(self.items)

    def __iter__(self) -> Iterator[_Item]:
        return iter(self.items)

    def __bool__(self) -> bool:
        return self.total > 0


class _Room(Struct):
    """How many more rows there may be."""

    rows: int

    def take(self, items: Sequence[_Item], at_most: int | None = None) -> Listing[_Item]:
        taken = items[: self.rows][:at_most]
        self.rows -= len(taken)
        return Listing(taken, len(items))


class _TableRow(Struct, frozen=True):
    name: Markdown
    errors: int
    warnings: int
    notices: int
    old: int

    @property
    def total(self) -> int:
        return self.errors + self.warnings + self.notices

    def stack(self, most: int) -> str:
        """The findings as squares of the colour of their severity, where `most` findings are as wide as it gets."""
        numbers = zip((self.errors, self.warnings, self.notices), _SQUARES, strict=True)
        return "".join(square * max(1, number * _STACK // most) for number, square in numbers if number)


class _Rule(Struct, frozen=True):
    """One rule's findings about a plugin, as far as there is room."""

    symbol: str
    link: Markdown
    summary: str
    rows: tuple[Markdown, ...]
    #: How many findings there was no room for.
    left: int


class _Plugin(Struct, frozen=True):
    """The findings about a plugin, as far as there is room: those to read first, and those to fold."""

    name: Markdown
    findings: Sequence[Finding]
    loud: Sequence[_Rule]
    quiet: Sequence[_Rule]
    quiet_findings: Sequence[Finding]
    #: How many findings of rules that are not shown at all there are.
    left: int
    open: bool
    folds: bool


class _BreakRow(Struct, frozen=True):
    """Old and new beside each other, each linked to its place, and what happens."""

    old: Markdown
    new: Markdown
    effect: Markdown


class _Update(Struct, frozen=True):
    """What the update of one plugin means for those who have the version before."""

    name: Markdown
    headline: Markdown
    step: Markdown
    rows: Sequence[_BreakRow]
    #: What else can be felt or is new.
    news: Sequence[Markdown]


def _is_told(plugin: PluginSummary) -> bool:
    update = plugin.update
    return update is not None and bool(update.breaks or update.lesser or update.news)


def _update(result: Result, plugin: PluginSummary, context: Context) -> _Update:
    update = plugin.update
    if update is None:
        raise ValueError("there is nothing to tell of an update")
    rows = [
        _BreakRow(
            _linked(_message(row.old), location_url(context, row.before, before=True) if row.before else None),
            _linked(_message(row.new), location_url(context, row.after) if row.after else None),
            _message(row.effect),
        )
        for row in update.breaks
    ]
    return _Update(
        _code(words.called(result, plugin.root)),
        _message(words.update_headline(update)),
        _message(words.update_step(update)),
        rows,
        [_message(text) for text in (*update.lesser, *update.news)],
    )


def _summary(review: Review, context: Context, limit: Limit, *, marked: bool) -> str:
    return _Summary(review, context, marked).fitting(limit)


class _Summary:
    """The summary of one review, rendered with more or fewer rows."""

    def __init__(self, review: Review, context: Context, marked: bool) -> None:
        self.review = review
        self.result = review.result
        self.context = context
        self.marked = marked
        self.updates = [_update(self.result, plugin, context) for plugin in self.result.plugins if _is_told(plugin)]
        self.outline = outline(review.rest)
        by_rank = [row for plugin in self.outline for rule in plugin.rules for row in rule.rows]
        # Stable: among rows of one severity those of a plugin stay together.
        self.by_rank = sorted(by_rank, key=lambda row: -row.severity)
        self.table = _table(self.result, context)
        self.translations = words.translations(self.result, changed=True)
        self.support = words.support(self.result)
        self.gaps = words.gaps(self.result)
        self.not_judged = self.result.coverage.not_judged
        self.outside = self.result.coverage.outside
        self.errors = [Markdown(escape.markdown(_short(error))) for error in self.result.errors]
        comments = [*review.inline, *review.files]
        self.commented = [*(finding for comment in comments for finding in comment.findings), *review.posted]
        self.index = [self._places(rule) for plugin in outline(self.commented) for rule in plugin.rules]
        self.rendered: dict[int, Markdown] = {}

    def fitting(self, limit: Limit) -> str:
        """The summary with as many rows as the limit allows."""
        result = self.result
        lists: tuple[Sized, ...] = (
            self.outside,
            self.not_judged,
            self.errors,
            self.updates,
            *(update.rows for update in self.updates),
            *(update.news for update in self.updates),
            self.table,
            self.translations,
            self.support,
            self.gaps,
            self.by_rank,
            self.index,
            result.suppressed,
        )
        most = sum(len(items) for items in lists)
        fits, too_many = 0, _FIRST_TRY
        while True:
            body = self.render(too_many)
            if not limit.holds(body):
                break
            if too_many >= most:
                return body
            fits, too_many = too_many, 2 * too_many
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            if limit.holds(self.render(middle)):
                fits = middle
            else:
                too_many = middle
        return self.render(fits)

    def render(self, rows: int) -> str:
        """The summary with at most so many rows, of lists and table together; what comes first has precedence."""
        result, review = self.result, self.review
        room = _Room(rows)
        errors = room.take(self.errors)
        updates = [
            (update, room.take(update.rows, at_most=_TABLE_ROWS), room.take(update.news, at_most=_NEWS))
            for update in room.take(self.updates, at_most=_UPDATED_PLUGINS)
        ]
        table = room.take(self.table, at_most=_TABLE_ROWS)
        translations = room.take(self.translations, at_most=_TRANSLATED_PLUGINS)
        support = room.take(self.support)
        unchecked = room.take(self.gaps)
        not_judged = room.take(self.not_judged)
        outside = room.take(self.outside, at_most=_OUTSIDE)
        plugins, left = self._plugins(room)
        index = room.take(self.index)
        failed = result.conclusion is Conclusion.FAILED
        blocking = set(map(id, result.failing))
        active = result.active
        return (
            _templates()
            .get_template("summary.md.j2")
            .render(
                symbol=_symbol(result),
                headline=words.headline(result, on_change=review.on_change),
                errors=errors,
                updates=updates,
                commented=len(self.commented),
                index=index,
                suggestions=review.suggestions,
                listed=len(review.rest),
                not_blocking=[f for f in active if id(f) not in blocking] if failed else [],
                package_changes=list(changes(result)),
                checklists=[(self._plugin_name(root), lines) for root, lines in checklists(result)],
                base=words.short_revision(result.compared_to) if result.compared_to else "",
                known_from=words.short_revision(result.known_from),
                fixed=result.fixed or 0,
                old=len(result.old),
                table=table,
                symbols=list(SYMBOLS.values()),
                with_old=any(row.old for row in self.table),
                most=max(row.total for row in self.table) if len(self.table) >= _MIN_PICTURED else 0,
                translations=translations,
                known_translations=words.known_translations(result),
                support=support,
                names_plugins=len(result.plugins) > 1,
                plugins=plugins,
                left=left,
                elsewhere=self._elsewhere(),
                suppressed=room.take(result.suppressed),
                unchecked=unchecked,
                account=words.account(result),
                offer=Markdown(words.offer(result)),
                not_judged=not_judged,
                outside=outside,
                reproduce=Markdown(escape.markdown_fence(words.reproduce(result), "sh")) if active else None,
                fixes=Markdown(escape.markdown_fence(self.context.fixes_command, "sh"))
                if self.context.fixes_command
                else None,
                fixable=self.context.fixable,
                install_url=Markdown(words.INSTALL_URL),
                footer=self._footer(),
                marker=Markdown(self._marker()) if self.marked else None,
                context=self.context,
            )
        )

    def _plugins(self, room: _Room) -> tuple[list[_Plugin], int]:
        """The plugins with the rows that there is room for, and how many findings of other plugins there are."""
        shown = {id(row) for row in room.take(self.by_rank)}
        plugins: list[_Plugin] = []
        left = 0
        for plugin in self.outline:
            view = self._plugin(plugin, shown, opened=len(plugins) < _OPEN_PLUGINS)
            if view is None:
                left += len(plugin.findings)
            else:
                plugins.append(view)
        return plugins, left

    def _plugin(self, plugin: PluginFindings, shown: set[int], *, opened: bool) -> _Plugin | None:
        loud: list[_Rule] = []
        quiet: list[_Rule] = []
        quiet_findings: list[Finding] = []
        left = 0
        for rule in plugin.rules:
            findings = [finding for row in rule.rows for finding in row.findings]
            rows = [row for row in rule.rows if id(row) in shown]
            is_loud = rule.severity >= self._loud
            if not is_loud:
                quiet_findings += findings
            if rows:
                rest = len(findings) - sum(len(row.findings) for row in rows)
                (loud if is_loud else quiet).append(self._rule(rule, rows, rest))
            else:
                left += len(findings)
        if not loud and not quiet:
            return None
        return _Plugin(
            name=self._plugin_name(plugin.plugin),
            findings=plugin.findings,
            loud=loud,
            quiet=quiet,
            quiet_findings=quiet_findings,
            left=left,
            open=opened and bool(loud),
            folds=len(self.result.plugins) > 1,
        )

    @property
    def _loud(self) -> Severity:
        """The severity from which on findings are not folded: what blocks, or else what comes next."""
        if self.result.conclusion is Conclusion.FAILED and self.result.fail_on is not None:
            return self.result.fail_on
        return Severity.WARNING

    def _rule(self, rule: RuleFindings, rows: Iterable[Row], left: int) -> _Rule:
        known = words.rule(rule.rule)
        return _Rule(
            symbol=SYMBOLS[rule.severity],
            link=_rule_link(rule.rule),
            summary=known.summary if known is not None else "",
            rows=tuple(self._row(row) for row in rows),
            left=left,
        )

    def _places(self, rule: RuleFindings) -> _Rule:
        """Where comments say what a rule found."""
        shown = rule.rows[:_PLACES_OF_A_RULE]
        places = tuple(dict.fromkeys(_place(self.context, row.first, row.first.plugin) for row in shown))
        return _Rule(SYMBOLS[rule.severity], _rule_link(rule.rule), "", places, len(rule.rows) - len(shown))

    def _row(self, row: Row) -> Markdown:
        found = self.rendered.get(id(row))
        if found is None:
            template = _templates().get_template("row.md.j2")
            others = row.findings[1 : 1 + _PLACES_OF_A_GROUP]
            text = template.render(row=row, others=others, plugin=row.first.plugin, context=self.context)
            found = self.rendered[id(row)] = Markdown(text.strip("\n"))
        return found

    def _plugin_name(self, root: str) -> Markdown:
        """The name of a plugin inside an HTML element, where backticks are just backticks."""
        return Markdown(f"<code>{escape.markdown(escape.clip(words.called(self.result, root), _NAME_POINTS))}</code>")

    def _elsewhere(self) -> Markdown:
        run = escape.markdown_url(self.context.run_url)
        if run is not None:
            return Markdown(told(say("[The summary of the job]({run}) has more room.", run=run)))
        return Markdown(told(say("`--format json` gives all of them.")))

    def _footer(self) -> Markdown:
        result = self.result
        head = escape.markdown(words.short_revision(self.context.head))
        base = escape.markdown(words.short_revision(result.compared_to or ""))
        files = sum(plugin.files for plugin in result.plugins)
        parts = [
            say("reviewed {head}", head=head) if head else "",
            say("against {base}", base=base) if base else "",
            say("profile {profile}", profile=result.profile.value),
            listed([words.counted(len(result.plugins), "plugin"), words.counted(files, "file")]),
            f"{words.TOOL} {__version__}",
        ]
        return Markdown(" · ".join(told(part) for part in parts if part))

    def _marker(self) -> str:
        state = state_of(self.review, self.context)
        data = {"version": 1, "head": state.head, "conclusion": state.conclusion, "digest": state.digest}
        if state.told:
            data["told"] = " ".join(state.told)
        return f"{summary_marker(self.context.scope)}\n{_STATE_MARKER.format(json.dumps(data, separators=(',', ':')))}"


def _symbol(result: Result) -> str:
    match result.conclusion:
        case Conclusion.PASSED:
            doubtful = result.count(Severity.ERROR) or result.open_questions
            return SYMBOLS[Severity.WARNING] if doubtful else "✅"
        case Conclusion.FAILED:
            return SYMBOLS[Severity.ERROR]
        case Conclusion.NOTHING_TO_CHECK:
            return "➖"
        case Conclusion.ERROR:
            return "💥"


def _table(result: Result, context: Context) -> list[_TableRow]:
    """The plugins with findings, the worst first; none when no finding counts."""
    if not result.active:
        return []
    counts: dict[str, dict[Severity | None, int]] = {}
    for finding in (*result.active, *result.old):
        of_plugin = counts.setdefault(finding.plugin, {})
        key = finding.severity if finding.new else None
        of_plugin[key] = of_plugin.get(key, 0) + 1
    ordered = sorted(counts, key=lambda root: [-counts[root].get(severity, 0) for severity in words.SEVERITIES])
    summaries = {plugin.root: plugin for plugin in result.plugins}
    return [_table_row(result, root, summaries.get(root), counts[root], context) for root in ordered]


def _table_row(
    result: Result, root: str, plugin: PluginSummary | None, counts: dict[Severity | None, int], context: Context
) -> _TableRow:
    name = _linked(_code(words.called(result, root)), file_url(context, root))
    if plugin is not None and plugin.version:
        name = Markdown(f"{name} {escape.markdown('v' + escape.clip(plugin.version, 30))}")
    return _TableRow(
        name=name,
        errors=counts.get(Severity.ERROR, 0),
        warnings=counts.get(Severity.WARNING, 0),
        notices=counts.get(Severity.NOTICE, 0),
        old=counts.get(None, 0),
    )


# --- comments ---------------------------------------------------------------------------------------------------------


class _Other(Struct, frozen=True):
    """Another place that a finding is about."""

    where: Markdown
    message: Markdown
    excerpt: Markdown


class _Said(Struct, frozen=True):
    """One row of a comment."""

    symbol: str
    severity: str
    #: Where in the file: the line, when the comment is about others too, and the file in a package; else "".
    where: Markdown
    message: Markdown
    #: How many more findings of the group there are in the file, and where.
    more: int
    more_where: Message
    related: tuple[_Other, ...]
    #: The message in English where it is told in another language.
    english: Markdown | None
    #: The title of the fix, or None; and whether it can be made unseen.
    fix: Markdown | None
    safe: bool
    authorities: tuple[Authority, ...]
    rule: Markdown
    certain: bool


class _Detail(Struct, frozen=True):
    """How much a comment says about each of its findings."""

    points: int = _MESSAGE_POINTS
    authorities: int = 10
    related: int = 3
    suggestion: bool = True


# From all there is to say down to what fits in any case: ten rows of two texts, eleven bytes for each code point.
_DETAILS = (_Detail(), _Detail(authorities=0), _Detail(suggestion=False, authorities=0), _Detail(200, 0, 0, False))


def _comment(template: str, comment: Comment, context: Context, suggestion: str | None = None) -> str:
    keys = [key for key in comment.keys if _KEY.fullmatch(key)]
    marker = Markdown(_FINDING_MARKER.format(_at(context.scope), " ".join(keys)) if keys else "")
    several = len({(row.first.location.member, row.line) for row in comment.rows}) > 1
    body = ""
    for detail in _DETAILS:
        fence = Markdown(suggestion) if suggestion is not None and detail.suggestion else None
        said = [_listed_row(row, several, detail) for row in comment.rows]
        # Rows that differ in what they are about may have the rest in common, which is said once.
        details = list({(row.rule, row.authorities, row.certain): row for row in said}.values())
        values = {"rows": said, "details": details, "suggestion": fence, "marker": marker, "context": context}
        body = _templates().get_template(template).render(values)
        if COMMENT_LIMIT.holds(body):
            break
    return body


def _listed_row(row: Row, several: bool, detail: _Detail) -> _Said:
    finding = row.first
    rule = words.rule(finding.rule)
    return _Said(
        symbol=SYMBOLS[row.severity],
        severity=_WORDS[row.severity],
        where=_where(row, several),
        message=_message(finding.message, detail.points),
        english=_english(finding, detail.points),
        more=len(row.findings) - 1,
        more_where=_more_where(row),
        related=tuple(
            _Other(_code(words.location(item.location)), _message(item.message, detail.points), _code(item.excerpt))
            for item in finding.related[: detail.related]
        ),
        fix=_message(finding.fix.title, detail.points) if finding.fix is not None else None,
        safe=finding.fix is not None and finding.fix.safety is Safety.SAFE,
        authorities=finding.authorities[: detail.authorities],
        rule=_linked(Markdown(escape.markdown(finding.rule)), rule.docs if rule is not None else None),
        certain=finding.confidence is Confidence.CERTAIN,
    )


def _where(row: Row, several: bool) -> Markdown:
    member = row.first.location.member
    if member is not None:
        where = say(" in {file}, line {line}", file=_code(member), line=row.line) if row.line else None
        return Markdown(told(where or say(" in {file}", file=_code(member))))
    return Markdown(told(say(" on line {line}", line=row.line)) if several and row.line else "")


def _more_where(row: Row) -> Message:
    if row.first.location.member is not None:
        return say("in this package")
    lines = sorted({f.location.span.line for f in row.findings[1:] if f.location.span is not None})
    if not lines:
        return say("in this file")
    if lines == [row.line]:
        return say("on this line")
    shown: list[str] = [str(line) for line in lines[:_LINES_OF_A_GROUP]]
    if len(lines) > len(shown):
        shown.append(say("{n} others", n=len(lines) - len(shown)))
    return say_plural("in this file: line {lines}", "in this file: lines {lines}", len(lines), lines=all_of(shown))


# --- pieces -----------------------------------------------------------------------------------------------------------


def compile_templates() -> None:
    """Compiles the templates once for all runs of an installation that does not change any more."""
    import compileall

    def is_ours(name: str) -> bool:
        return name.endswith(".md.j2")

    _templates().compile_templates(COMPILED, filter_func=is_ours, zip=None, ignore_errors=False)
    compileall.compile_dir(COMPILED, quiet=1)


@cache
def _templates() -> SandboxedEnvironment:
    environment = markdown_templates()
    filters: dict[str, Callable[..., object]] = {
        "message": _message,
        "bar": lambda coverage: _code(words.bar(coverage)),
        "cell": lambda message: _message(message, _CELL_POINTS),
        "code": _code,
        "counted": words.counted,
        "fraction": words.fraction,
        "percent": words.percent,
        "signed": words.signed,
        "tally": words.tally,
        "told": told,
        "rule": _rule_link,
        "short": _short,
        "source": _source,
    }
    environment.filters.update(filters)
    environment.globals["place"] = _place
    environment.globals["english"] = _english
    environment.globals["location"] = words.location
    environment.globals["support_legend"] = Markdown(words.SUPPORT_LEGEND)
    return environment


def _message(message: str, points: int = _MESSAGE_POINTS) -> Markdown:
    return Markdown(escape.markdown_message(escape.clip_message(told(message), points)))


def _english(finding: Finding, points: int = _MESSAGE_POINTS) -> Markdown | None:
    message = words.in_english(finding)
    return Markdown(escape.markdown_message(escape.clip_message(message, points))) if message else None


def _short(text: str) -> str:
    return escape.clip(told(text), _REASON_POINTS)


def _code(text: str) -> Markdown:
    return Markdown(escape.markdown_code(escape.clip(text, _NAME_POINTS)))


def _rule_link(rule: str) -> Markdown:
    known = words.rule(rule)
    return _linked(_code(rule), known.docs if known is not None else None)


def _place(context: Context, finding: Finding, plugin: str | None = None) -> Markdown:
    return _linked(_code(words.place(finding, plugin, column=False)), finding_url(context, finding))


def _source(source: str) -> Markdown | str:
    """Where an authority says so: places in source code as code, anything else as the prose that it is."""
    return _code(source) if re.fullmatch(r"[^\s,]+(?:, [^\s,]+)*", source) else source


def _linked(text: Markdown, target: str | None) -> Markdown:
    return Markdown(f"[{text}]({target})") if target is not None else text
