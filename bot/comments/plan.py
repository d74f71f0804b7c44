"""From findings to a review: what is said on lines, what on files, and what in the summary.

Pure data, no input or output. Every active finding has exactly one place: a comment that stands already (`posted`), a
comment on lines (`inline`), a comment on a file (`files`), or the summary (`rest`). Besides, `further` comments offer
suggestions at places of which another comment speaks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from bot.comments.budget import Budget
from bot.comments.hunks import FileDiff, FileHunks, Status
from bot.document.edits import BadEdit, Replacement, as_lines
from bot.findings import Edit, Finding, Safety, Severity
from bot.patterns import regex
from bot.review.outline import Row, rows, weight
from bot.review.result import Result
from bot.submission.submission import is_package

#: What a pull request changes, by path.
Diffs = Mapping[str, FileDiff]
#: The text of a file at the reviewed revision, or None where there is none that can be changed.
Texts = Callable[[str], str | None]


class Comment(Struct, frozen=True):
    """What is said at one place of the change, most severe first."""

    path: str
    rows: tuple[Row, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for row in self.rows for finding in row.findings)

    @property
    def keys(self) -> tuple[str, ...]:
        """What identifies the comment in later runs; see `comment_key`."""
        return tuple(dict.fromkeys(comment_key(finding) for finding in self.findings))

    @property
    def severity(self) -> Severity:
        return max(row.severity for row in self.rows)


class FileComment(Comment, frozen=True):
    """A comment on a whole file of the change, for findings that lie outside its hunks."""


class InlineComment(Comment, frozen=True):
    """A comment on the lines `start_line`..`line` of the new text of a file, all in one hunk."""

    start_line: int
    line: int
    #: What stands in place of the lines once the fixes are made, with its own line endings; None without a fix.
    suggestion: str | None = None
    #: The fingerprints of the findings whose fixes the suggestion makes.
    suggested: frozenset[str] = frozenset()
    side: Literal["RIGHT"] = "RIGHT"


class FurtherComment(InlineComment, frozen=True):
    """A suggestion for places of a group that lie far from those which the group's comment mends.

    GitHub puts a suggestion in the place of the lines that its own comment stands on, and of no others.
    """

    @property
    def keys(self) -> tuple[str, ...]:
        """The fingerprints: `comment_key` is that of the group's comment."""
        return tuple(dict.fromkeys(finding.fingerprint for finding in self.findings))


class Standing(Struct, frozen=True):
    """A comment of an earlier run that stands on the pull request, by what it says (`Comment.keys`)."""

    keys: tuple[str, ...]
    path: str
    #: Whether it is about the whole file.
    on_file: bool = False
    #: Whether there is a suggestion in it that can still be committed.
    suggests: bool = False


class Review(Struct, frozen=True):
    """Where everything that a result says is said."""

    result: Result
    #: Comments on lines, most severe first.
    inline: tuple[InlineComment, ...] = ()
    #: Comments on files, most severe first.
    files: tuple[FileComment, ...] = ()
    #: Suggestions for more places of what `inline` says.
    further: tuple[FurtherComment, ...] = ()
    #: Active findings that a comment of an earlier run says.
    posted: tuple[Finding, ...] = ()
    #: Active findings that the summary has to say.
    rest: tuple[Finding, ...] = ()
    #: Whether the result is about a change; without one there is nothing to comment on.
    on_change: bool = False
    #: How many comments of earlier runs offer a suggestion for active findings.
    posted_suggestions: int = 0
    #: Keys of active findings whose comments somebody has deleted: they are not said on lines again.
    dismissed: frozenset[str] = frozenset()

    @property
    def suggestions(self) -> int:
        """How many comments offer a suggestion, those of earlier runs too."""
        comments = (*self.inline, *self.further)
        return self.posted_suggestions + sum(comment.suggestion is not None for comment in comments)

    @property
    def told(self) -> frozenset[str]:
        """The keys of what comments say, or would say if nobody had deleted them."""
        said = (comment_key(finding) for finding in self.posted)
        return self.dismissed.union(said, *(comment.keys for comment in (*self.inline, *self.files)))

    def without(self, keys: Collection[str]) -> Review:
        """The review with these comments (by any of their keys) given up, and their findings in the summary."""
        wanted = frozenset(keys)
        inline = tuple(comment for comment in self.inline if wanted.isdisjoint(comment.keys))
        files = tuple(comment for comment in self.files if wanted.isdisjoint(comment.keys))
        rest = _unsaid(self.result.active, (*inline, *files), self.posted)
        kept = {key for comment in inline for key in comment.keys}
        further = tuple(comment for comment in self.further if comment_key(comment.rows[0].first) in kept)
        return replace(self, inline=inline, files=files, further=further, rest=rest)


def renewed(standing: Standing, active: Iterable[Finding]) -> InlineComment | FileComment | None:
    """A comment that stands, with what it says that is still so; without a suggestion, as its lines have changed.

    None when all that it says is still so, or nothing is.
    """
    keys, active = frozenset(standing.keys), list(active)
    findings = [finding for finding in active if comment_key(finding) in keys]
    if not findings:
        findings = [finding for finding in active if finding.fingerprint in keys]
        left = 0 < len(findings) < len(keys)
        return FurtherComment(standing.path, (Row(tuple(findings)),), 0, 0) if left else None
    if keys == {comment_key(finding) for finding in findings}:
        return None
    said = rows(findings)
    return FileComment(standing.path, said) if standing.on_file else InlineComment(standing.path, said, 0, 0)


def comment_key(finding: Finding) -> str:
    """What says, over runs, that a finding has been commented on: 20 hexadecimal digits.

    It is the finding's fingerprint; findings of a group share one key in each file, as they share one comment.
    """
    if finding.group is None:
        return finding.fingerprint
    location = finding.location
    parts = ("group", finding.rule, finding.plugin, finding.group, location.path, location.member or "")
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def current_keys(active: Iterable[Finding]) -> frozenset[str]:
    """The keys of all comments that may stand about active findings."""
    return frozenset(key for finding in active for key in (comment_key(finding), finding.fingerprint))


# --- the plan ---------------------------------------------------------------------------------------------------------

_NO_TEXTS: Final[Texts] = lambda path: None  # noqa: E731
_DEFAULT: Final = Budget()

#: Lines to the next place of a group that the suggestion for the places before takes in.
_MOST_BETWEEN: Final = 6

# A fence in Markdown does not keep these: a CR alone becomes a line break, and a NUL another character.
_NOT_IN_MARKDOWN: Final = regex(r"\r(?!\n)|\0")


def plan(
    result: Result,
    change: Diffs | None = None,
    texts: Texts = _NO_TEXTS,
    budget: Budget = _DEFAULT,
    standing: Collection[Standing] = (),
    deleted: Collection[str] = (),
) -> Review:
    """The review that a result makes on a change; without a change everything is in the summary.

    `texts` is asked only for files in which a suggestion may be made. What the comments in `standing` say is not said
    again, and they count towards the budget, so that the same review once more says nothing new. What somebody has
    `deleted` (by `comment_key`) is said in the summary only.
    """
    active = sorted(result.active, key=weight)
    current = current_keys(active)
    standing = [comment for comment in standing if not current.isdisjoint(comment.keys)]
    said = {key for comment in standing for key in comment.keys}
    posted = tuple(finding for finding in active if comment_key(finding) in said)
    suggestions = sum(comment.suggests for comment in standing)
    unsaid = [finding for finding in active if comment_key(finding) not in said]
    dismissed = frozenset(deleted) & current - said
    if change is None:
        return Review(result, posted=posted, rest=tuple(unsaid), posted_suggestions=suggestions, dismissed=dismissed)
    on_lines, on_files = _candidates((finding for finding in unsaid if comment_key(finding) not in dismissed), change)
    comments = sorted(_inline_comments(on_lines, change, texts, budget), key=_comment_weight)
    room = max(0, budget.max_inline - sum(not comment.on_file for comment in standing))
    inline = tuple(comments[:room])
    further = tuple(
        islice(_further(inline, change, texts, budget), max(0, min(budget.max_further, room - len(inline))))
    )
    files = tuple(_file_comments(on_files, budget, {comment.path for comment in standing if comment.on_file}))
    rest = _unsaid(active, (*inline, *files), posted)
    return Review(result, inline, files, further, posted, rest, True, suggestions, dismissed)


def _unsaid(findings: Iterable[Finding], comments: Iterable[Comment], posted: Iterable[Finding]) -> tuple[Finding, ...]:
    said = {id(finding) for comment in comments for finding in comment.findings}
    said.update(id(finding) for finding in posted)
    return tuple(finding for finding in findings if id(finding) not in said)


def _comment_weight(comment: InlineComment) -> tuple[object, ...]:
    return (-comment.severity, *weight(comment.rows[0].first))


def _candidates(findings: Iterable[Finding], change: Diffs) -> tuple[list[Row], dict[str, list[Finding]]]:
    """What can be said on a line, and what on a file; the rest of the findings is in neither.

    What is in a package nobody sees in the change: the summary says it, with the line.

    Findings of a group that lie in one file are said together, on the first of their lines that can take a comment.
    """
    together: dict[str, list[Finding]] = {}
    for finding in findings:
        diff = None if is_package(finding.location.path) else change.get(finding.location.path)
        if diff is not None and diff.status is not Status.REMOVED:
            together.setdefault(comment_key(finding), []).append(finding)
    on_lines: list[Row] = []
    on_files: dict[str, list[Finding]] = {}
    for members in together.values():
        path = members[0].location.path
        hunks = change[path].hunks
        members.sort(key=lambda finding: not _in_hunk(finding, hunks))  # stable: the rest of the order stays
        if _in_hunk(members[0], hunks):
            on_lines.append(Row(tuple(members)))
        else:
            on_files.setdefault(path, []).extend(members)
    return on_lines, on_files


def _in_hunk(finding: Finding, hunks: FileHunks) -> bool:
    span, member = finding.location.span, finding.location.member
    return span is not None and member is None and hunks.contains(span.line)


def _file_comments(
    on_files: Mapping[str, Sequence[Finding]], budget: Budget, commented: Collection[str]
) -> Iterator[FileComment]:
    """Comments on files, one on each. `commented` are the paths of files that have one."""
    left = max(0, min(budget.max_files, budget.max_inline) - len(commented))
    for path in [path for path in on_files if path not in commented][:left]:
        yield FileComment(path, rows(on_files[path])[: budget.max_rows])


# --- comments on lines and their suggestions --------------------------------------------------------------------------


class _Draft(Struct):
    """A comment in the making: its lines, what it says, and the fixes that its suggestion makes."""

    path: str
    start: int
    line: int
    rows: list[Row]
    fixes: list[Finding]


def _inline_comments(on_lines: Iterable[Row], change: Diffs, texts: Texts, budget: Budget) -> Iterator[InlineComment]:
    """Comments for rows that can be said on a line. Rows whose lines overlap share one."""
    by_path: dict[str, list[Row]] = {}
    for row in on_lines:
        by_path.setdefault(row.first.location.path, []).append(row)
    for path, members in by_path.items():
        hunks = change[path].hunks
        text = texts(path) if any(_safe_edits(row.first) for row in members) else None
        drafts = [_draft(path, row, text, hunks, budget) for row in members]
        for draft in _merged(drafts, budget):
            yield _finished(draft, text, hunks, budget)


def _safe_edits(finding: Finding) -> tuple[Edit, ...]:
    """The edits of a safe fix that changes nothing but the file of the finding, else none."""
    if finding.fix is None or finding.fix.safety is not Safety.SAFE or finding.location.member is not None:
        return ()
    prefix = "" if finding.plugin == "." else f"{finding.plugin}/"
    inside = not finding.fix.moves and all(prefix + edit.path == finding.location.path for edit in finding.fix.edits)
    return finding.fix.edits if inside else ()


def _mends(finding: Finding) -> bool:
    """Whether a safe fix changes what is there; one that only puts something in does not."""
    spans = [edit.span for edit in _safe_edits(finding)]
    return any((span.line, span.column) != (span.end_line, span.end_column) for span in spans)


def _draft(path: str, row: Row, text: str | None, hunks: FileHunks, budget: Budget) -> _Draft:
    """The comment on a row. Its suggestion makes the fixes of as many findings of a group as lie close together."""
    replacement = _replacement([row.first], row.line, row.line, text, hunks, budget)
    if replacement is None:
        return _Draft(path, row.line, row.line, [row], [])
    made = [row.first]
    for finding in row.findings[1:]:
        span = finding.location.span
        if span is None or not replacement.start <= span.line <= replacement.line + _MOST_BETWEEN:
            continue
        longer = _replacement([*made, finding], replacement.start, replacement.line, text, hunks, budget)
        if longer is not None:
            made.append(finding)
            replacement = longer
    return _Draft(path, replacement.start, replacement.line, [row], made)


def _further(
    comments: Sequence[InlineComment], change: Diffs, texts: Texts, budget: Budget
) -> Iterator[FurtherComment]:
    """Comments for the places of groups that no suggestion mends and that lie outside of the lines of those that do.

    What could be put in besides, such as a translation, is not worth comments of its own.
    """
    taken: dict[str, list[range]] = {}
    for comment in comments:
        if comment.suggestion is not None:
            taken.setdefault(comment.path, []).append(range(comment.start_line, comment.line + 1))
    for comment in comments:
        hunks, others = change[comment.path].hunks, taken.setdefault(comment.path, [])
        for row in comment.rows:
            left = [
                finding
                for finding in row.findings[1:]
                if finding.fingerprint not in comment.suggested and _in_hunk(finding, hunks) and _mends(finding)
            ]
            text = texts(comment.path) if left else None
            made: frozenset[str] = frozenset()
            for index, finding in enumerate(left):
                if finding.fingerprint in made:
                    continue
                near = Row(tuple(left[index : index + budget.max_suggestion_lines]))
                draft = _draft(comment.path, near, text, hunks, budget)
                draft.rows = [Row(tuple(draft.fixes))]
                if draft.fixes and not any(draft.start < each.stop and each.start <= draft.line for each in others):
                    said = _finished(draft, text, hunks, budget)
                    made |= said.suggested
                    others.append(range(said.start_line, said.line + 1))
                    yield FurtherComment(
                        said.path, said.rows, said.start_line, said.line, said.suggestion, said.suggested
                    )


def _merged(drafts: Iterable[_Draft], budget: Budget) -> list[_Draft]:
    """The drafts with those joined whose lines overlap, as GitHub makes one of two overlapping suggestions outdated.

    Where the joined comment would be too long, the later draft stays on its own, without its fix.
    """
    merged: list[_Draft] = []
    last: _Draft | None = None
    for draft in sorted(drafts, key=lambda item: (item.start, item.line)):
        if last is None or draft.start > last.line:
            merged.append(draft)
            last = draft
        elif len(last.rows) < budget.max_rows and draft.line - last.start < budget.max_suggestion_lines:
            last.line = max(last.line, draft.line)
            last.rows += draft.rows
            last.fixes += draft.fixes
        else:
            line = draft.rows[0].line
            merged.append(_Draft(draft.path, line, line, draft.rows, []))
    return merged


def _finished(draft: _Draft, text: str | None, hunks: FileHunks, budget: Budget) -> InlineComment:
    """The comment, with as many of the fixes as can be made together, the most severe first."""
    said = tuple(sorted(draft.rows, key=lambda row: weight(row.first)))
    made: list[Finding] = []
    best: Replacement | None = None
    for finding in sorted(draft.fixes, key=weight):
        combined = _replacement([*made, finding], draft.start, draft.line, text, hunks, budget)
        # A combination that needs more lines than the draft has could reach into the next comment.
        if combined is not None and (combined.start, combined.line) == (draft.start, draft.line):
            made.append(finding)
            best = combined
    if best is None:
        return InlineComment(draft.path, said, said[0].line, said[0].line)
    suggested = frozenset(finding.fingerprint for finding in made)
    return InlineComment(draft.path, said, best.start, best.line, best.text, suggested)


def _replacement(
    findings: Iterable[Finding], start: int, line: int, text: str | None, hunks: FileHunks, budget: Budget
) -> Replacement | None:
    """The fixes of `findings` as whole lines around `start`..`line`, or None where they make no suggestion."""
    edits = [edit for finding in findings for edit in _safe_edits(finding)]
    if text is None or not edits:
        return None
    try:
        replacement = as_lines(text, edits, start, line)
    except BadEdit:
        return None
    if replacement is None or len(replacement.text) > budget.max_suggestion_points:
        return None
    if _NOT_IN_MARKDOWN.search(replacement.text):
        return None
    if replacement.line - replacement.start >= budget.max_suggestion_lines:
        return None
    return replacement if _suggestible(hunks, replacement.start, replacement.line) else None


def _suggestible(hunks: FileHunks, start: int, line: int) -> bool:
    """Whether GitHub can apply a suggestion to these lines: in one hunk, and no removed lines between them."""
    if hunks.anchor(start, line) is None:
        return False
    return not any(change.old and start < change.new.start <= line for change in hunks.changes)
