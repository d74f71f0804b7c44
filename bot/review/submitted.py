"""A submission in two parts: the package, and the pull request with the facts of the package.

The first part depends on the package and the version before. So where only the text was edited, an earlier review of
it holds, and the package is not read again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct, json
from msgspec.structs import replace

from bot.document.reader import TOP
from bot.findings import Finding, Unchecked
from bot.lookups import Answer, Lookups, Vulnerability
from bot.marketplace.policy import policy_of
from bot.marketplace.standing import Summary, standings, summaries
from bot.messages import Data, Message, said_in, say, with_said
from bot.options import Options, Profile
from bot.plugin import Plugin, PluginRoot, load
from bot.plugin.excerpts import excerpt, text_excerpt
from bot.plugin.facts import Facts
from bot.plugin.secrets import without_secrets
from bot.policy.apply import apply_policy, selected
from bot.review.result import CheckRow
from bot.review.reviewed import Reviewed
from bot.rules.registry import OnSubmission, Rule, catalogue, run_rules
from bot.source.memory import MemoryTree
from bot.submission import Submission

#: A longer review is not read (bytes). That of the largest published package has about 1 MiB.
MAX_BYTES: Final = 8 * 1024 * 1024


class Question(Struct, frozen=True):
    """What a service was asked during a review, and its answer."""

    kind: Literal["published", "repository", "vulnerabilities"]
    about: tuple[tuple[str, ...], ...]
    answer: Answer
    found: tuple[Vulnerability, ...] = ()


class RecordedLookups(Lookups):
    """Asks another, and remembers what it said."""

    def __init__(self, asked: Lookups) -> None:
        self._asked = asked
        self.questions: list[Question] = []

    def published(self, author: str, name: str, version: str) -> Answer:
        answer = self._asked.published(author, name, version)
        self.questions.append(Question("published", ((author, name, version),), answer))
        return answer

    def repository(self, address: str) -> Answer:
        answer = self._asked.repository(address)
        self.questions.append(Question("repository", ((address,),), answer))
        return answer

    def vulnerabilities(self, releases: Sequence[tuple[str, str]]) -> tuple[Answer, Sequence[Vulnerability]]:
        answer, found = self._asked.vulnerabilities(releases)
        self.questions.append(Question("vulnerabilities", tuple(releases), answer, tuple(found)))
        return answer, found


class PackageReview(Struct, frozen=True):
    """The review of a package without its pull request. `judged` are the rules that ran to their end."""

    reviewed: Reviewed
    judged: tuple[str, ...]
    facts: Facts
    questions: tuple[Question, ...] = ()

    @property
    def lasts(self) -> bool:
        """Whether another run comes to the same. What could not be judged is tried again."""
        return self.reviewed.lasts and not any(entry.blocking for entry in self.reviewed.unchecked)

    def holds(self, lookups: Lookups) -> bool:
        """Whether the services answer today as they did. They are asked."""
        recorded = RecordedLookups(lookups)
        for question in self.questions:
            match question.kind, question.about:
                case "published", ((author, name, version),):
                    recorded.published(author, name, version)
                case "repository", ((address,),):
                    recorded.repository(address)
                case "vulnerabilities", releases:
                    recorded.vulnerabilities([(name, version) for name, version in releases])
                case _:
                    return False
        return tuple(recorded.questions) == self.questions


class KeptReview:
    """Where the review of the package is found, if there is an earlier one that holds, and put after it was made."""

    def __init__(self, key: str, recorded: RecordedLookups) -> None:
        self.key = key
        #: What the review asks services through.
        self.recorded = recorded
        self.found: PackageReview | None = None
        self.made: PackageReview | None = None

    def put(self, review: PackageReview) -> None:
        self.made = replace(review, questions=tuple(self.recorded.questions))


class _Entry(Struct, frozen=True):
    review: PackageReview
    #: What the texts were made of, where somebody is told them in another language.
    said: dict[str, Data]


def packed(review: PackageReview, *, translated: bool) -> bytes:
    """The review as bytes. Raises `ValueError` for one that cannot be written as JSON."""
    reviewed = review.reviewed
    said = said_in(reviewed) if translated else {}
    return zlib.compress(json.encode(_Entry(review, said), enc_hook=str), 9)


def unpacked(content: bytes) -> PackageReview:
    """The review that bytes were made of. Raises `ValueError` for anything else."""
    reader = zlib.decompressobj()
    try:
        written = reader.decompress(content, MAX_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not reader.eof:
        raise ValueError("it is not whole")
    try:
        entry = json.decode(written, type=_Entry)
    except RecursionError as error:
        raise ValueError(str(error)) from error
    review = with_said(entry.review, entry.said)
    # The reasons become parts of other messages, which translate only what is a message.
    unchecked = tuple(replace(each, reason=_message(each.reason)) for each in review.reviewed.unchecked)
    return replace(review, reviewed=replace(review.reviewed, unchecked=unchecked))


def _message(text: str) -> Message:
    return text if isinstance(text, Message) else say(text)


def with_pull_request(package: PackageReview, root: PluginRoot, options: Options, submission: Submission) -> Reviewed:
    """The review of a package together with what its pull request is told."""
    plugin = load(MemoryTree({}), root, options)
    plugin.submission = submission
    results = run_rules(plugin, [_without_package(rule, package.facts, submission) for rule in _rules(options)])
    told = [discreet(with_excerpt(finding, plugin)) for finding in apply_policy(results, plugin)]
    reviewed = package.reviewed
    findings = (*reviewed.findings, *told)
    unchecked = (*reviewed.unchecked, *results.unchecked)
    judged = results.judged.union(package.judged)
    return replace(
        reviewed,
        summary=replace(reviewed.summary, checks=check_rows(plugin, findings, unchecked, judged)),
        findings=findings,
        unchecked=unchecked,
        errors=(*reviewed.errors, *results.errors),
    )


def without_pull_request(judged: Iterable[str]) -> tuple[str, ...]:
    """The rules among those judged that look at the package."""
    return tuple(sorted(rule for rule in judged if not isinstance(catalogue()[rule].check, OnSubmission)))


def _rules(options: Options) -> list[Rule]:
    about_it = (rule for rule in catalogue().values() if isinstance(rule.check, OnSubmission))
    return [rule for rule in about_it if selected(rule.id, options)]


def _without_package(rule: Rule, facts: Facts, submission: Submission) -> Rule:
    check = rule.check
    return replace(rule, check=lambda _: check.judge(facts, submission)) if isinstance(check, OnSubmission) else rule


# --- what findings are given before they are told ------------------------------------------------------------------


def check_rows(
    plugin: Plugin, findings: Sequence[Finding], unchecked: tuple[Unchecked, ...], judged: frozenset[str]
) -> tuple[CheckRow, ...]:
    """How a package stands to the checks of the marketplace; empty for what is not submitted there."""
    if plugin.options.profile is not Profile.MARKETPLACE or not plugin.root.package:
        return ()
    if plugin.submission is None:
        about_text = {rule for rule in judged if rule.startswith("pull-request/")}
        judged -= about_text
        reason = say("there is no pull request here")
        unchecked += tuple(Unchecked(rule, plugin.name, reason) for rule in sorted(about_text))
    policy = policy_of(plugin.options.policy)
    counted = [finding for finding in findings if finding.new and finding.suppressed is None]
    rows = summaries(policy, standings(policy, counted, unchecked, judged))
    return tuple(
        CheckRow(
            row.row.id,
            row.row.title,
            row.state,
            tuple(finding.fingerprint for finding in row.findings),
            _reasons(row),
        )
        for row in rows
    )


def _reasons(row: Summary) -> tuple[str, ...]:
    """Why checks of a row were not judged that could refuse the plugin, each reason once."""
    reasons: dict[str, str] = {}
    for standing in row.standings:
        if standing.reason and standing.check.blocks:
            reasons.setdefault(
                standing.reason, say("{check}: {reason}", check=say(standing.check.what), reason=standing.reason)
            )
    return tuple(reasons.values())


def with_excerpt(finding: Finding, plugin: Plugin) -> Finding:
    """The finding with the line that it is about, where readers cannot open the line: in a package and in the text of
    a pull request. Nothing is shown of lines that hold a secret, nor of the top of a file that lacks something."""
    location, span = finding.location, finding.location.span
    visible = location.member is None and location.source is None
    if finding.excerpt or span is None or span == TOP or visible or finding.rule.startswith("security/"):
        return finding
    if location.member is not None:
        return replace(finding, excerpt=excerpt(plugin, location.member, span))
    return replace(finding, excerpt=text_excerpt(plugin, location.source or "body", span))


def discreet(finding: Finding) -> Finding:
    """The finding without the secrets that a message or an excerpt may quote, whatever rule it is of."""
    message, shown = without_secrets(finding.message), without_secrets(finding.excerpt)
    related = tuple(replace(each, excerpt=without_secrets(each.excerpt)) for each in finding.related)
    if (message, shown, related) == (finding.message, finding.excerpt, finding.related):
        return finding
    return replace(finding, message=message, excerpt=shown, related=related)
