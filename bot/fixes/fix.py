"""Applies the fixes of findings to plugins, in memory, and keeps what proves right.

A fix is proved by reviewing the plugin with it: the findings it is for are gone, and there is no error that was not
there before. What changes the same text as an earlier fix waits for the next round.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from bot.document.edits import BadEdit, Positions, apply_edits
from bot.findings import Edit, Finding, Fix, Safety
from bot.fixes.proof import Overlay, Trial, finding_key, settle
from bot.messages import say
from bot.options import Options
from bot.plugin import PluginRoot
from bot.review.engine import Base, review
from bot.review.result import Result
from bot.source import Tree, Unreadable
from bot.source.tree import is_odd_name

#: Fixes that make further fixes possible are applied in so many rounds.
MAX_ROUNDS: Final = 10

#: A plugin is reviewed at most so often in one round to find out which of its fixes are not right.
MAX_TRIALS: Final = 100


class FileChange(Struct, frozen=True):
    """What becomes of one file: one that is made has nothing `before`, one that is moved has another path after."""

    before: bytes | None
    after: bytes
    to: str | None = None


class Fixed(Struct, frozen=True):
    """A finding that a fix took away, and the files that the fix changes, by path in the tree."""

    finding: Finding
    files: tuple[str, ...]


class Refusal(Struct, frozen=True):
    """A fix that was not applied, and why: a clause in plain words."""

    finding: Finding
    reason: str


class Outcome(Struct, frozen=True):
    """What the fixes make of the plugins; nothing is written yet."""

    #: The review of the plugins as they are, and as they would be.
    before: Result
    after: Result
    fixed: tuple[Fixed, ...]
    refused: tuple[Refusal, ...]
    #: The changed files by path in the tree; a file that is moved by the path that it has now.
    changes: Mapping[str, FileChange]


#: Whether the fix of some findings, which changes these files (by path in the tree), is taken.
Choice = Callable[[Sequence[Finding], Mapping[str, FileChange]], bool]


def find_fixes(
    tree: Tree,
    roots: Sequence[PluginRoot],
    options: Options,
    base: Base | None = None,
    *,
    unsafe: bool = False,
    choose: Choice | None = None,
    known: Result | None = None,
) -> Outcome:
    """Applies the safe fixes (with `unsafe`, all) of what counts in the plugins, in memory.

    With a `base` only what is new against it counts. Packages among the roots are reviewed like the rest and never
    changed. `choose` is asked about each fix, and not again about one that it leaves. `known` is the result of a review
    of the same plugins, if there is one: it is not made again.
    """
    changed: dict[str, bytes | None] = {}
    moved: dict[str, str] = {}
    fixed: list[Fixed] = []
    refused: dict[tuple[str, Fix], Refusal] = {}
    left: set[tuple[str, str, str, str]] = set()
    before = result = known if known is not None else review(tree, roots, options, base)
    for _ in range(MAX_ROUNDS):
        progress = False
        for root in roots:
            offered = [each for each in _offered(result, root, refused, unsafe) if not _is_left(each, left)]
            if offered and not root.package:
                progress = True
                proof = _Proof(Overlay(tree, changed), root, options, base)
                taken = proof.compatible(offered)
                if choose is not None:
                    taken = [each for each in taken if _is_taken(each, proof, choose, left)]
                right = proof.settle(taken)
                changed |= proof.contents(right)
                for each in right:
                    files = tuple(moved.get(path, path) for path in proof.files(each))
                    fixed += [Fixed(finding, files) for finding in each.findings]
                for path, to in proof.moves(right):
                    moved[to] = moved.pop(path, path)
                refused |= {(root.shown, fix): refusal for fix, refusal in proof.refused.items()}
        if not progress:
            break
        result = review(Overlay(tree, changed), roots, options, base)
    standing = {finding_key(finding) for finding in result.active}
    return Outcome(
        before=before,
        after=result,
        fixed=tuple(fixed),
        refused=tuple(refusal for refusal in refused.values() if finding_key(refusal.finding) in standing),
        changes=dict(sorted(_changes(tree, changed, moved))),
    )


def _changes(
    tree: Tree, contents: Mapping[str, bytes | None], moved: Mapping[str, str]
) -> Iterator[tuple[str, FileChange]]:
    """What becomes of the files of a tree. `moved` has the path of a file in the tree by the one that it gets."""
    for path, content in contents.items():
        origin = moved.get(path, path)
        before = tree.read(origin) if origin in tree.entries() else None
        if content is not None and (content != before or origin != path):
            yield origin, FileChange(before, content, path if origin != path else None)


# --- choosing and proving ---------------------------------------------------------------------------------------------


class _Candidate(Struct, frozen=True):
    """A fix, with the findings that it is for."""

    fix: Fix
    findings: tuple[Finding, ...]


def _offered(
    result: Result, root: PluginRoot, refused: Mapping[tuple[str, Fix], Refusal], unsafe: bool
) -> list[_Candidate]:
    """The fixes of a plugin's findings, by place. Findings that share a fix make one candidate."""
    by_fix: dict[Fix, list[Finding]] = {}
    for finding in result.active:
        fix = finding.fix
        if fix is None or not (fix.edits or fix.moves) or finding.plugin != root.shown or (root.shown, fix) in refused:
            continue
        if unsafe or fix.safety is Safety.SAFE:
            by_fix.setdefault(fix, []).append(finding)
    return [_Candidate(fix, tuple(findings)) for fix, findings in by_fix.items()]


def _is_left(candidate: _Candidate, left: Container[tuple[str, str, str, str]]) -> bool:
    return any(finding_key(finding) in left for finding in candidate.findings)


def _is_taken(candidate: _Candidate, proof: _Proof, choose: Choice, left: set[tuple[str, str, str, str]]) -> bool:
    """Whether a fix is taken; one that is not is noted in `left`. What fits no file is for the proof to refuse."""
    changes = proof.changes(candidate)
    if changes is None or choose(candidate.findings, changes):
        return True
    left.update(map(finding_key, candidate.findings))
    return False


class _Proof:
    """Tries fixes on one plugin of a tree."""

    def __init__(self, tree: Tree, root: PluginRoot, options: Options, base: Base | None) -> None:
        self._tree = tree
        self._root = root
        self._trial = Trial(tree, root, options, base)
        self._texts: dict[str, str] = {}
        self._trials = 0
        self.refused: dict[Fix, Refusal] = {}

    def compatible(self, candidates: Iterable[_Candidate]) -> list[_Candidate]:
        """Those that change no text which an earlier one changes. What does not fit its file is refused."""
        taken: dict[str, _Taken] = {}
        names: set[str] = set()
        chosen = []
        for candidate in candidates:
            try:
                places = [(self._taken(edit, taken), edit) for edit in candidate.fix.edits]
                ends = {end for move in self.moves([candidate]) for end in move}
                free = all(place.is_free(edit) for place, edit in places) and ends.isdisjoint(names)
            except Unreadable as error:
                self._refuse(candidate, say("its file {reason}", reason=error.reason))
                continue
            except (BadEdit, UnicodeDecodeError):
                self._refuse(candidate, say("it does not fit the file"))
                continue
            if free:
                for place, edit in places:
                    place.take(edit)
                names |= ends
                chosen.append(candidate)
        return chosen

    def settle(self, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        """Those that prove right together. The others are refused."""
        return settle(candidates, self._objection, self._refuse)

    def contents(self, candidates: Sequence[_Candidate]) -> dict[str, bytes | None]:
        """The files that the fixes change, with their new contents, by path in the tree; None for what is moved away.

        Raises `BadEdit`, `Unreadable` and `UnicodeEncodeError`, but not for candidates that proved right.
        """
        edits: dict[str, list[Edit]] = {}
        for candidate in candidates:
            for edit in candidate.fix.edits:
                edits.setdefault(self._path(edit.path), []).append(edit)
        made: dict[str, bytes | None] = {path: apply_edits(self._text(path), edits[path]).encode() for path in edits}
        for path, to in self.moves(candidates):
            if to in self._tree.entries() or made.get(to) is not None or is_odd_name(to):
                raise BadEdit("no file can have this name")
            content = made.get(path)
            made |= {to: self._tree.read(path) if content is None else content, path: None}
        return made

    def moves(self, candidates: Iterable[_Candidate]) -> list[tuple[str, str]]:
        """The files that the fixes move, by path in the tree, and where to."""
        moves = dict.fromkeys(move for candidate in candidates for move in candidate.fix.moves)
        return [(self._path(move.path), self._path(move.to)) for move in moves]

    def changes(self, candidate: _Candidate) -> dict[str, FileChange] | None:
        """What the fix alone makes of its files; None where it fits none."""
        try:
            made = self.contents([candidate])
        except (BadEdit, Unreadable, UnicodeEncodeError):
            return None
        return dict(_changes(self._tree, made, {to: path for path, to in self.moves([candidate])}))

    def files(self, candidate: _Candidate) -> tuple[str, ...]:
        """The files that a fix changes, by path in the tree."""
        paths = [edit.path for edit in candidate.fix.edits] + [move.path for move in candidate.fix.moves]
        return tuple(dict.fromkeys(map(self._path, paths)))

    def _objection(self, candidates: Sequence[_Candidate]) -> str | None:
        """What is wrong with the plugin once all these fixes are made."""
        if self._trials == MAX_TRIALS:
            return say("too many of the other fixes are not right")
        self._trials += 1
        try:
            contents = self.contents(candidates)
        except (BadEdit, Unreadable, UnicodeEncodeError):
            return say("it does not fit the file")
        return self._trial.objection(contents, (finding for each in candidates for finding in each.findings))

    def _refuse(self, candidate: _Candidate, reason: str) -> None:
        self.refused[candidate.fix] = Refusal(candidate.findings[0], reason)

    def _taken(self, edit: Edit, taken: dict[str, _Taken]) -> _Taken:
        path = self._path(edit.path)
        if path not in taken:
            taken[path] = _Taken(self._text(path))
        return taken[path]

    def _path(self, path: str) -> str:
        return f"{self._root.path}/{path}".lstrip("/")

    def _text(self, path: str) -> str:
        if path not in self._texts:
            is_new = path not in self._tree.entries() and not is_odd_name(path)
            self._texts[path] = "" if is_new else self._tree.read(path).decode()
        return self._texts[path]


class _Taken:
    """The places of one text that fixes change already."""

    def __init__(self, text: str) -> None:
        self._positions = Positions(text)
        self._places: list[tuple[int, int, str]] = []

    def is_free(self, edit: Edit) -> bool:
        """Whether the edit can be made too. Raises `BadEdit` when it lies outside the text."""
        place = self._place(edit)
        at = bisect_right(self._places, place)
        # What is taken does not overlap, so only the nearest places can be in the way; an insertion may be one more.
        return not any(_clash(place, other) for other in self._places[max(at - 2, 0) : at + 2])

    def take(self, edit: Edit) -> None:
        insort(self._places, self._place(edit))

    def _place(self, edit: Edit) -> tuple[int, int, str]:
        return (*self._positions.offsets(edit.span), edit.text)


def _clash(a: tuple[int, int, str], b: tuple[int, int, str]) -> bool:
    if a[:2] == b[:2]:
        return a != b
    return a[0] < b[1] and b[0] < a[1]
