"""The `fix` command: applies the fixes of findings to plugins in folders of this machine, or prints them as a patch."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from msgspec.structs import replace

from bot.command.check import Target, in_turn, targets_of, together
from bot.findings import Finding, Safety
from bot.fixes.fix import Choice, FileChange, Outcome, find_fixes
from bot.fixes.migrate import migrate
from bot.fixes.migrations import Migration
from bot.fixes.patch import patch
from bot.languages import told
from bot.locale.texts import LANGUAGES
from bot.messages import Message, all_of, say, sentences
from bot.options import Options
from bot.report.escape import log_line, terminal
from bot.report.words import counted, tally
from bot.review.engine import review
from bot.review.result import Result
from bot.source import LocalTree
from bot.source.replace import NotWritten, create_file, move_file, replace_file

if TYPE_CHECKING:
    from bot.command.choice import Chooser


def run(
    paths: Sequence[str],
    options: Options,
    *,
    unsafe: bool = False,
    diff: bool = False,
    into: Sequence[str] = (),
    migration: Migration | None = None,
    account: TextIO | None = None,
    touched_only: bool = False,
    choose: Chooser | None = None,
) -> int:
    """Fixes the plugins below `paths`, or with `diff` prints what would change, and says what was done and what not.

    That is said on `account`: standard output, unless the patch is printed there. With `touched_only`, `paths` are
    changed files, and the plugins that they belong to are fixed.

    With `choose`, a person is asked about each fix. `into` are the locales that are translated into, where that is
    what was asked for: a speaker is asked to read it. With a `migration` the plugins are moved, and nothing is fixed.
    The exit code is that of `check` for the files as they are left. Raises `UsageError` as `check` does.
    """
    # Nothing is asked of a network: a fix depends on the files alone.
    options = replace(options, marketplace_url="")
    account = account or (sys.stderr if diff else sys.stdout)
    results = []
    fixed = 0
    for target in in_turn(targets_of(paths, touched_only=touched_only)[0]):
        asked = _shown_to(choose, target)
        if migration is not None:
            outcome = migrate(target.tree, target.roots, options, migration, choose=asked)
        else:
            outcome = find_fixes(target.tree, target.roots, options, unsafe=unsafe, choose=asked)
        if diff:
            _print_patches(target, outcome)
        unwritten = {} if diff else _write(target, outcome)
        for line in _lines(target, outcome, unwritten, moved=migration is not None, diff=diff):
            print(log_line(told(line)), file=account)
        fixed += sum(unwritten.keys().isdisjoint(item.files) for item in outcome.fixed)
        results.append(_left(target, outcome, options, unwritten, diff))
    left = together(results)
    declined = choose.left if choose is not None else 0
    verdict = (
        _verdict(fixed, left, unsafe, diff, declined) if migration is None else _moved(fixed, left, diff, declined)
    )
    print(told(verdict), file=account)
    if into and fixed:
        languages = all_of([LANGUAGES[locale] for locale in into])
        asked_for = say(
            "To be reviewed by a speaker of {languages}: the translations are those of other places.",
            languages=languages,
        )
        print(told(asked_for), file=account)
    return left.exit_code


def _shown_to(choose: Chooser | None, target: Target) -> Choice | None:
    """Asks with the paths that findings have: those of a tree begin at its root."""
    if choose is None:
        return None
    return lambda findings, changes: choose(findings, dict(_shown(target, changes)))


def _shown(target: Target, changes: Mapping[str, FileChange]) -> Iterator[tuple[str, FileChange]]:
    """The changes with the paths that findings have."""
    for path, change in changes.items():
        yield target.shown(path), replace(change, to=target.shown(change.to)) if change.to is not None else change


def _write(target: Target, outcome: Outcome) -> dict[str, str]:
    """Writes the changed files. Those that could not be written, by path in the tree, and why."""
    unwritten = {}
    for path, change in outcome.changes.items():
        try:
            if change.before is None:
                create_file(target.folder, path, change.after)
            elif change.to is not None:
                move_file(target.folder, path, change.to, change.before, change.after)
            else:
                replace_file(target.folder, path, change.before, change.after)
        except NotWritten as error:
            unwritten[path] = error.reason
    return unwritten


def _left(target: Target, outcome: Outcome, options: Options, unwritten: Mapping[str, str], diff: bool) -> Result:
    """The review of the plugins as they are now."""
    if diff:
        return outcome.before
    return review(LocalTree(target.folder), target.roots, options) if unwritten else outcome.after


def _print_patches(target: Target, outcome: Outcome) -> None:
    for path, change in _shown(target, outcome.changes):
        text = patch(path, change)
        # A pipe gets the bytes that `git apply` needs; a terminal must not obey what stands in a plugin.
        sys.stdout.write(terminal(text, multiline=True) if sys.stdout.isatty() else text)


def _lines(
    target: Target, outcome: Outcome, unwritten: Mapping[str, str], *, moved: bool, diff: bool
) -> Iterator[Message]:
    made = [_described(item.finding) for item in outcome.fixed if unwritten.keys().isdisjoint(item.files)]
    # One fix can take several findings of a place away, such as a text that two locales lack.
    for fix in dict.fromkeys(made):
        if diff:
            yield say("would change {fix}", fix=fix) if moved else say("would fix {fix}", fix=fix)
        else:
            yield say("changed {fix}", fix=fix) if moved else say("fixed {fix}", fix=fix)
    for refusal in outcome.refused:
        template = say("not changed {fix}: {reason}") if moved else say("not fixed {fix}: {reason}")
        yield say(template, fix=_described(refusal.finding), reason=refusal.reason)
    for path, reason in unwritten.items():
        yield say("not written {path}: {reason}", path=target.shown(path), reason=reason)
    for root in target.roots:
        if root.package and any(finding.fix for finding in outcome.before.active if finding.plugin == root.shown):
            yield say("not fixed {path}: a package stays as it is, fix the folder that it was made of", path=root.shown)


def _described(finding: Finding) -> Message:
    location = finding.location
    place = f"{location.file}:{location.span.line}:{location.span.column}" if location.span else location.file
    title = finding.fix.title if finding.fix is not None else ""
    return say("{place} {rule}: {title}", place=place, rule=finding.rule, title=title)


def _verdict(fixed: int, left: Result, unsafe: bool, diff: bool, declined: int) -> Message:
    findings = counted(fixed, "finding")
    if not fixed:
        parts = [say("Nothing to fix.")]
    else:
        parts = [
            say("Would fix {findings}.", findings=findings) if diff else say("Fixed {findings}.", findings=findings)
        ]
    if declined:
        parts = [*(parts if fixed else []), say("{n:,} declined.", n=declined)]
    more = sum(item.fix is not None and item.fix.safety is Safety.UNSAFE for item in left.active)
    if more and not unsafe:
        parts.append(say("--unsafe would try {n:,} more.", n=more))
    if left.active and not diff:
        parts.append(_left_over(left))
    return sentences(*parts)


def _moved(steps: int, left: Result, diff: bool, declined: int) -> Message:
    changes = counted(steps, "change")
    if not steps:
        done = say("Nothing to migrate.")
    else:
        done = say("Would make {changes}.", changes=changes) if diff else say("Made {changes}.", changes=changes)
    parts = [done, *([say("{plugins} declined.", plugins=counted(declined, "plugin"))] if declined else [])]
    if left.active and not diff:
        parts.append(_left_over(left))
    return sentences(*parts)


def _left_over(left: Result) -> Message:
    return say("Left: {findings}, which `check` shows.", findings=tally(left.active))
