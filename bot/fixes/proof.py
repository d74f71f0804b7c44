"""Proves changes of a plugin right, in memory: the findings that they are for are gone, and nothing else breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from bot.findings import Finding, Severity, quote
from bot.messages import say
from bot.options import Options
from bot.plugin import PluginRoot
from bot.review.engine import Base, review
from bot.review.result import Result
from bot.source import Entry, Kind, Tree, Unreadable

_Candidate = TypeVar("_Candidate")


class Overlay:
    """A tree in which some files have other contents, or are gone (None), and some are new."""

    def __init__(self, tree: Tree, contents: Mapping[str, bytes | None]) -> None:
        self._tree = tree
        self._contents = dict(contents)
        self._entries: Mapping[str, Entry] | None = None

    def entries(self) -> Mapping[str, Entry]:
        if self._entries is None:
            entries = dict(self._tree.entries())
            for path, content in self._contents.items():
                if content is None:
                    entries.pop(path, None)
                else:
                    entries[path] = replace(entries.get(path) or Entry(path, Kind.FILE), size=len(content))
            self._entries = dict(sorted(entries.items()))
        return self._entries

    def read(self, path: str) -> bytes:
        if path not in self._contents:
            return self._tree.read(path)
        content = self._contents[path]
        if content is None:
            raise Unreadable(path, say("does not exist"))
        return content

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        return self._tree.targets(paths)

    def prefetch(self, paths: Iterable[str]) -> None:
        self._tree.prefetch(path for path in paths if path not in self._contents)


class Trial:
    """One plugin of a tree, reviewed as it is and with other contents of its files.

    `known` is what a review of the tree found already, against the same `base` and with the same options.
    """

    def __init__(
        self, tree: Tree, root: PluginRoot, options: Options, base: Base | None = None, known: Result | None = None
    ) -> None:
        self._tree = tree
        self._root = root
        # What could be offered for a translation proves nothing.
        self._base = replace(base, library=None) if base is not None else None
        # Whatever the options leave out, a change must not break it.
        self._options = replace(options, select=(), ignore=(), severities={}, path_ignores=())
        if known is not None and self._options == options and not known.errors:
            findings = tuple(finding for finding in known.findings if finding.plugin == root.shown)
            self._before = replace(known, findings=findings)
        else:
            self._before = self._review({})

    def objection(self, contents: Mapping[str, bytes | None], findings: Iterable[Finding]) -> str | None:
        """What is wrong with files of these contents, which are to take the findings away: a clause in plain words."""
        after = self._review(contents)
        had, has = (Counter(map(finding_key, result.findings)) for result in (self._before, after))
        for key, count in Counter(map(finding_key, findings)).items():
            if has[key] > had[key] - count:
                return say("the finding would still be there")
        worse = Counter(_errors(after)) - Counter(_errors(self._before))
        if worse:
            rule, file = next(iter(worse))
            return say("it would bring an error of {rule} in {file}", rule=rule, file=quote(file))
        return say("a rule fails on what it makes") if len(after.errors) > len(self._before.errors) else None

    def _review(self, contents: Mapping[str, bytes | None]) -> Result:
        return review(Overlay(self._tree, contents), [self._root], self._options, self._base)


def settle(
    candidates: Sequence[_Candidate],
    objection: Callable[[Sequence[_Candidate]], str | None],
    refuse: Callable[[_Candidate, str], None],
) -> list[_Candidate]:
    """Those of the candidates that are right together; `refuse` is told of the others.

    `objection` says what is wrong with some of them made together, and is asked in halves until it is known of which.
    """
    settled: list[_Candidate] = []

    def add(some: Sequence[_Candidate]) -> None:
        reason = objection([*settled, *some])
        if reason is None:
            settled.extend(some)
        elif len(some) == 1:
            refuse(some[0], reason)
        else:
            middle = len(some) // 2
            add(some[:middle])
            add(some[middle:])

    if candidates:
        add(candidates)
    return settled


def finding_key(finding: Finding) -> tuple[str, str, str, str]:
    """What a finding is about, wherever it stands."""
    return finding.rule, finding.location.file, finding.anchor, finding.subject


def _errors(result: Result) -> list[tuple[str, str]]:
    return [(item.rule, item.location.file) for item in result.findings if item.severity is Severity.ERROR]
