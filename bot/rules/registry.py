"""What a rule is, and the catalogue of all of them.

A rule is a generator function beside its own documentation:

    @rule(
        "manifest/author",
        severity=Severity.ERROR,
        summary="The author is not one that Dify installs.",
        why="…", fix="…",
        authorities=(Authority(By.INSTALLER, "…", "…"),),
        bad=Example("author: Acme Inc."), good=Example("author: acme"),
    )
    def author(plugin: Plugin) -> Iterator[Hit]:
        ...

Its bad example is tested to trigger it and its good example not to; both, with the rest, make the rule's page.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from bot.document import Document, Pointer, pointer_text
from bot.findings import (
    Authority,
    Confidence,
    Finding,
    Fix,
    Location,
    Related,
    Severity,
    Span,
    Unchecked,
    fingerprinted,
    quote,
)
from bot.format.judge.verdict import span_of
from bot.lookups import NOTHING, Lookups
from bot.messages import say
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.excerpts import excerpt
from bot.plugin.facts import Facts, facts_of
from bot.submission import Submission
from bot.submission.release import Release
from bot.tables import read_table

#: The families of rules, in the order of the catalogue.
FAMILIES: Final = (
    "yaml",
    "manifest",
    "schema",
    "reference",
    "asset",
    "locale",
    "python",
    "permission",
    "version",
    "package",
    "dependency",
    "privacy",
    "readme",
    "security",
    "marketplace",
    "pull-request",
    "bundle",
    "upgrade",
)

#: Where the pages of the rules are.
DOCS_URL: Final = "https://github.com/dify-plugin-review/dify-plugin-review/blob/main/docs/rules/"


class Place(Struct, frozen=True):
    """Another place that a finding is about, and what is to be seen there. `path` is from the plugin root."""

    path: str
    span: Span | None
    message: str


class Hit(Struct, frozen=True):
    """What a rule reports: a finding but for the things that the rule itself has. `path` is from the plugin root."""

    message: str
    path: str
    span: Span | None = None
    pointer: Pointer | None = None
    severity: Severity | None = None
    authorities: tuple[Authority, ...] | None = None
    subject: str = ""
    fix: Fix | None = None
    group: str | None = None
    confidence: Confidence | None = None
    #: A `Place` is in the plugin under review.
    related: tuple[Related | Place, ...] = ()
    #: The pointer with list items by name, for the fingerprint.
    anchor: str = ""
    #: Where it is, instead of `path` and `span`: outside of the plugin.
    location: Location | None = None


class NotJudged(Struct, frozen=True):
    """What a rule could not judge: `reason` is a clause in plain words. It is never shown as passed."""

    reason: str
    #: Whether somebody waits for the judgement: what nobody asked for blocks nothing.
    asked: bool = True


Check = Callable[[Plugin], Iterator[Hit | NotJudged]]


class OnSubmission:
    """A check of a pull request that submits a package. It sees the facts of the package and no more of it, so that it
    can be made again without the package. Of what is not submitted it says nothing."""

    def __init__(self, check: Callable[[Facts, Submission], Iterator[Hit | NotJudged]]) -> None:
        #: The check without the package.
        self.judge = check
        functools.update_wrapper(self, check)

    def __call__(self, plugin: Plugin) -> Iterator[Hit | NotJudged]:
        return iter(()) if plugin.submission is None else self.judge(facts_of(plugin), plugin.submission)


class Example(Struct, frozen=True):
    """A piece of a plugin for a rule's page, which is tested on one of the bundled example plugins.

    `text` replaces the top-level keys that it names in the file `path` of the example plugin `base`; with `whole`, or
    when the file is not a YAML mapping, it is the whole file. `removed` files are taken away, `files` added: a
    number stands for so many zero bytes. With `before`, which was in the place of `text` at the base revision, the
    example is reviewed as a change. `profile` is the one with which it is reviewed.
    example is reviewed as a change. With `submission` it is packed, and reviewed as what that pull request adds.
    `lookups` are the answers of services. With `release` it is reviewed for that; with `source`, which replaces files,
    it is packed and compared with that.
    """

    text: str
    path: str = "manifest.yaml"
    base: str = "tool"
    whole: bool = False
    removed: tuple[str, ...] = ()
    files: Mapping[str, str | bytes | int] = field(default_factory=dict)
    before: str | None = None
    profile: Profile = Profile.AUTHOR
    submission: Submission | None = None
    lookups: Lookups = NOTHING
    release: Release | None = None
    source: Mapping[str, str | bytes] | None = None


class Rule(Struct, frozen=True):
    """A rule: its function and its documentation."""

    id: str
    severity: Severity
    summary: str
    why: str
    fix: str
    authorities: tuple[Authority, ...]
    bad: Example
    good: Example
    check: Check
    confidence: Confidence = Confidence.CERTAIN
    #: Rules that say it better: what one of them finds at the same value is the cause, and is said alone.
    yields_to: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        return self.id.partition("/")[0]

    @property
    def since(self) -> str:
        """The first release that has the rule."""
        return _released().get(self.id, UNRELEASED)

    @property
    def docs(self) -> str:
        """The address of the rule's page."""
        return docs_of(self.id)

    def run(self, plugin: Plugin) -> Iterator[Finding | Unchecked]:
        """The rule's findings about `plugin`, and what it could not judge."""
        for hit in self.check(plugin):
            if isinstance(hit, NotJudged):
                yield Unchecked(self.id, plugin.name, hit.reason, blocking=hit.asked)
                continue
            yield Finding(
                rule=self.id,
                severity=hit.severity or self.severity,
                message=hit.message,
                location=hit.location or plugin.location(hit.path, hit.span),
                plugin=plugin.name,
                confidence=hit.confidence or self.confidence,
                pointer=pointer_text(hit.pointer) if hit.pointer is not None else None,
                anchor=hit.anchor,
                subject=hit.subject,
                authorities=self.authorities if hit.authorities is None else hit.authorities,
                fix=hit.fix,
                group=hit.group,
                related=tuple(_related(plugin, item) for item in hit.related),
                excerpt=excerpt(plugin, hit.path, hit.span) if hit.related and hit.span is not None else "",
            )

    def findings(self, plugin: Plugin) -> list[Finding]:
        """The rule's findings about `plugin` alone."""
        return [result for result in self.run(plugin) if isinstance(result, Finding)]


def docs_of(id: str) -> str:
    """The address of the page of a rule, of another version of this tool too; "" for what is not an id of a rule.

    It is told without the catalogue, which takes its time to import.
    """
    return f"{DOCS_URL}{id}.md" if id.partition("/")[0] in FAMILIES and _ID.fullmatch(id) else ""


_ID: Final = regex(r"[a-z-]{1,40}/[a-z0-9-]{1,80}")


def _related(plugin: Plugin, item: Related | Place) -> Related:
    if isinstance(item, Related):
        return item
    where = plugin.location(item.path, item.span)
    return Related(where, item.message, excerpt=excerpt(plugin, item.path, item.span) if item.span is not None else "")


#: In the place of a version: the rule is in no release yet.
UNRELEASED: Final = "unreleased"


@cache
def _released() -> Mapping[str, str]:
    """The release that each rule came with."""
    tables = read_table(__file__, "released.toml")
    return {id: version for version, ids in tables.items() for id in ids}


_RULES: dict[str, Rule] = {}


def rule(
    id: str,
    *,
    severity: Severity,
    summary: str,
    why: str,
    fix: str,
    authorities: tuple[Authority, ...],
    bad: Example,
    good: Example,
    confidence: Confidence = Confidence.CERTAIN,
    yields_to: tuple[str, ...] = (),
) -> Callable[[Check], Check]:
    """Registers the decorated function as a rule. Raises ValueError for a family that is unknown or an id twice."""

    def register(check: Check) -> Check:
        if id in _RULES or id.partition("/")[0] not in FAMILIES:
            raise ValueError(f"rule id {id!r} is taken or of no family")
        _RULES[id] = Rule(id, severity, summary, why, fix, authorities, bad, good, check, confidence, yields_to)
        return check

    return register


@cache
def catalogue() -> Mapping[str, Rule]:
    """Every rule by id, in the order of families and then of names."""
    for file in sorted(Path(__file__).parent.glob("*/[a-z]*.py")):
        importlib.import_module(f"bot.rules.{file.parent.name}.{file.stem}")
    ordered = sorted(_RULES.values(), key=lambda item: (FAMILIES.index(item.family), item.id))
    return {item.id: item for item in ordered}


class RuleResults(Struct, frozen=True):
    """What the rules say of one plugin, before any policy."""

    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    #: Crashes of rules, one sentence each.
    errors: tuple[str, ...] = ()
    #: The rules that ran to their end and left nothing unchecked.
    judged: frozenset[str] = frozenset()


def run_rules(plugin: Plugin, rules: Sequence[Rule]) -> RuleResults:
    """Runs rules on a plugin. One that crashes loses what it would still say; the crash is an error of the tool."""
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    errors: list[str] = []
    judged: set[str] = set()
    for rule in rules:
        is_judged = True
        said: dict[str, int] = {}
        try:
            for result in rule.run(plugin):
                if isinstance(result, Finding):
                    file = result.location.file
                    said[file] = said.get(file, 0) + 1
                    if said[file] > MAX_FINDINGS:
                        unchecked.append(_too_many(rule, plugin, result))
                        is_judged = False
                        break
                    findings.append(result)
                else:
                    unchecked.append(result)
                    is_judged = False
        except Exception as error:
            errors.append(f"The rule {rule.id} failed on {plugin.name}: {type(error).__name__}: {error}")
            is_judged = False
        if is_judged:
            judged.add(rule.id)
    ran = {rule.id for rule in rules}
    for left_out in plugin.account:
        lost = ran.intersection(left_out.rules)
        unchecked += [Unchecked(name, plugin.name, left_out.clause, blocking=True) for name in sorted(lost)]
        judged -= lost
    return RuleResults(
        tuple(fingerprinted(_without_yielding(findings))), tuple(unchecked), tuple(errors), frozenset(judged)
    )


#: More findings of one rule in one file are not told, nor what the rule would say after them. The most in a published
#: plugin are 156.
MAX_FINDINGS: Final = 500


def _too_many(rule: Rule, plugin: Plugin, finding: Finding) -> Unchecked:
    reason = say(
        "there are more than {n:,} findings in {file}: the rest is not told",
        n=MAX_FINDINGS,
        file=quote(finding.location.file),
    )
    return Unchecked(rule.id, plugin.name, reason, blocking=True)


def _without_yielding(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those of rules that yield to another rule's finding at the same value."""
    places = {(finding.rule, finding.location.path, finding.location.member, finding.pointer) for finding in findings}
    return [
        finding
        for finding in findings
        if finding.pointer is None
        or not any(
            (other, finding.location.path, finding.location.member, finding.pointer) in places
            for other in _RULES[finding.rule].yields_to
        )
    ]


# --- hits at places of a document ------------------------------------------------------------------------------


def at_value(document: Document, pointer: Pointer, message: str, **more: object) -> Hit:
    """A hit at the value at `pointer`."""
    return _hit(document, pointer, document.span(pointer), message, more)


def at_key(document: Document, pointer: Pointer, message: str, **more: object) -> Hit:
    """A hit at the key of the value at `pointer`, or at the list item."""
    return _hit(document, pointer, document.span_of_key(pointer), message, more)


def at_parent(document: Document, pointer: Pointer, message: str, **more: object) -> Hit:
    """A hit for what is missing at `pointer`: at the key or item whose mapping lacks it."""
    return _hit(document, pointer, document.span_of_parent(pointer), message, more)


def _hit(document: Document, pointer: Pointer, span: Span, message: str, more: Mapping[str, object]) -> Hit:
    return Hit(message, document.path, span, pointer, anchor=document.anchor(pointer), **more)  # type: ignore[arg-type]


def violations(plugin: Plugin, rule_id: str) -> Iterator[Hit]:
    """The departures from the spec models that belong to a rule."""
    for linked, violation in plugin.violations.get(rule_id, ()):
        yield Hit(
            violation.message,
            linked.path,
            span_of(linked.document, violation),
            violation.pointer,
            violation.severity,
            violation.authorities,
            violation.subject,
            violation.fix,
            anchor=linked.document.anchor(violation.pointer),
        )
