"""How a reviewed package stands to each check of the marketplace: passed, failed, to be looked at, or not checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import Struct

from bot.findings import Finding, Severity, Unchecked
from bot.marketplace.policy import Check, Policy, Row
from bot.messages import say


class State(StrEnum):
    """The four states of a check. What was not judged is never shown as passed."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARNING = "warning"
    NOT_CHECKED = "not-checked"


#: The state of several checks together is the first of these that one of them has.
_WORST = (State.FAIL, State.NOT_CHECKED, State.WARNING, State.PASS)


class Standing(Struct, frozen=True):
    """A check, how the package stands to it, the findings that say so, and why it was not judged."""

    check: Check
    state: State
    findings: tuple[Finding, ...] = ()
    reason: str = ""


class Summary(Struct, frozen=True):
    """A row of the maintainers' table, and what is behind it."""

    row: Row
    state: State
    standings: tuple[Standing, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the row, each once, the worst first."""
        unique = dict.fromkeys(finding for standing in self.standings for finding in standing.findings)
        return tuple(sorted(unique, key=lambda finding: -finding.severity))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why something of it was not judged, each reason once."""
        return tuple(dict.fromkeys(standing.reason for standing in self.standings if standing.reason))


def standings(
    policy: Policy, findings: Iterable[Finding], unchecked: Iterable[Unchecked], ran: Collection[str]
) -> list[Standing]:
    """How one package stands to every check. `findings` are those that count; `ran` are the ids of the rules that ran.

    A check is passed only when every rule that judges it ran and left nothing out.
    """
    by_name: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_name[finding.rule].append(finding)
        by_name[_family(finding.rule)].append(finding)
    gaps: dict[str, Unchecked] = {}
    for entry in unchecked:
        gaps.setdefault(entry.rule, entry)
        gaps.setdefault(_family(entry.rule), entry)
    names = {*ran, *map(_family, ran)}
    return [_standing(check, by_name, gaps, names) for check in policy.checks]


def summaries(policy: Policy, judged: Sequence[Standing]) -> list[Summary]:
    """The rows of the maintainers' table, in its order. A check that only advises does not make a row "not checked"."""
    rows = []
    for row in policy.rows:
        of_row = tuple(standing for standing in judged if standing.check.row == row.id)
        states = {
            standing.state
            for standing in of_row
            if standing.check.blocks or standing.state is not State.NOT_CHECKED or len(of_row) == 1
        }
        if of_row:
            rows.append(Summary(row, next(state for state in _WORST if state in states), of_row))
    return rows


def _standing(
    check: Check, findings: Mapping[str, list[Finding]], unchecked: Mapping[str, Unchecked], ran: Collection[str]
) -> Standing:
    """`findings`, `unchecked` and `ran` are by rule and by family."""
    if check.runs:
        return Standing(check, State.NOT_CHECKED, reason=say("it takes running the plugin, which a review never does"))
    about = tuple(finding for name in check.rules for finding in findings.get(name, ()) if _concerns(check, finding))
    if any(finding.severity is Severity.ERROR for finding in about):
        return Standing(check, State.FAIL, about)
    worth = Severity.WARNING if check.blocks else Severity.NOTICE
    is_worth = any(finding.severity >= worth for finding in about)
    gap = next((unchecked[name] for name in check.rules if name in unchecked), None)
    if gap is not None:
        # What only advises has nothing worse to say than what it says already.
        advises = is_worth and not check.blocks
        return Standing(check, State.WARNING if advises else State.NOT_CHECKED, about, gap.reason)
    if not check.rules or not all(name in ran for name in check.rules):
        reason = say("it was not asked for") if check.asked else say("the review did not look at it")
        return Standing(check, State.NOT_CHECKED, about, reason)
    return Standing(check, State.WARNING if is_worth else State.PASS, about)


def _family(rule: str) -> str:
    return rule.partition("/")[0]


def _concerns(check: Check, finding: Finding) -> bool:
    if not check.files:
        return True
    location = finding.location
    file = location.member if location.member is not None else location.path.removeprefix(f"{finding.plugin}/")
    file = "" if file == finding.plugin else file
    return any(fnmatchcase(file, pattern) for pattern in check.files)
