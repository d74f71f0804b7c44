"""The result of a review, as every reporter reads it. `--format json` prints just this."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property

from msgspec import Struct, field

from bot.findings import Coverage, Finding, LocaleCoverage, Severity, Unchecked
from bot.marketplace.standing import State
from bot.options import Profile
from bot.review.support import Support
from bot.upgrade.update import Update


class Conclusion(StrEnum):
    """The four outcomes. They are never mixed up: a tool error is not a failure of the plugin, and no success."""

    PASSED = "passed"
    FAILED = "failed"
    NOTHING_TO_CHECK = "nothing-to-check"
    ERROR = "error"


class CheckRow(Struct, frozen=True):
    """A row of the table of the marketplace's checks: its findings by fingerprint, and why something was not judged."""

    id: str
    title: str
    state: State
    findings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


class CapabilityRow(Struct, frozen=True):
    """Something that code is able to do: how often it is used, and where first ("tools/a.py:12")."""

    name: str
    count: int
    places: tuple[str, ...] = ()


class PassportSummary(Struct, frozen=True):
    """What a package is able to do, as far as its code says: `level` is the lowest level of risk that fits.

    Of many hosts the first are named; `host_count` counts all. `unreadable_calls` go to hosts that are put together
    while the plugin runs.
    """

    level: str
    capabilities: tuple[CapabilityRow, ...] = ()
    hosts: tuple[str, ...] = ()
    host_count: int = 0
    unreadable_calls: int = 0
    permissions: tuple[str, ...] = ()


class PluginSummary(Struct, frozen=True):
    """One reviewed plugin. Author, name and version are None where the manifest does not say.

    `base_locales` is what `locales` was at the base revision: empty where nothing was compared, or the plugin is new.
    `update` says what the change means for those who have the version before; None where there is none. `support` says
    on which releases of Dify the plugin works; None for a bundle.
    """

    root: str
    kind: str
    author: str | None = None
    name: str | None = None
    version: str | None = None
    categories: tuple[str, ...] = ()
    locales: Mapping[str, LocaleCoverage] = field(default_factory=dict)
    base_locales: Mapping[str, LocaleCoverage] = field(default_factory=dict)
    files: int = 0
    update: Update | None = None
    #: How a package stands to the checks of the marketplace, with its profile.
    checks: tuple[CheckRow, ...] = ()
    #: What a package brings that the version before did not have, in sentences of a message.
    package_changes: tuple[str, ...] = ()
    support: Support | None = None
    passport: PassportSummary | None = None
    #: The language in which the author writes, where it is one of those of reports and not English.
    author_language: str = ""


class Asked(Struct, frozen=True):
    """What else a review was asked for that changes its result, in the words of the options of `check`."""

    config: str = ""
    no_config: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    policy: str = ""
    dify: str = ""
    baseline: str = ""


class Result(Struct, frozen=True, dict=True):
    """Everything a review found.

    `findings` holds new, old and suppressed ones alike, sorted by place. `fixed` counts findings of the base
    revision or the baseline that are gone, None where nothing was compared. `errors` are faults of the tool itself, one
    sentence each; they make the conclusion `error`, and the findings stay.
    """

    profile: Profile
    fail_on: Severity | None
    plugins: tuple[PluginSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    errors: tuple[str, ...] = ()
    compared_to: str | None = None
    fixed: int | None = None
    #: Plugins that hold just the files of the base revision, and were not reviewed: what is found in them is old.
    unchanged: int = 0
    duration_ms: int = 0
    #: The plugin of whose pull request the text was reviewed; None where there is no such pull request.
    submission: str | None = None
    asked: Asked = Asked()
    #: The plan of shards that this is a part of, and which one; no shard where it is all of them.
    plan: str | None = None
    shard: int | None = None

    @cached_property
    def active(self) -> tuple[Finding, ...]:
        """The findings that count: new ones that nobody suppressed."""
        return tuple(finding for finding in self.findings if finding.new and finding.suppressed is None)

    @property
    def known_from(self) -> str:
        """What old findings were found in: the base revision, or the file of a baseline; "" where there is neither."""
        return self.compared_to or self.asked.baseline

    @cached_property
    def old(self) -> tuple[Finding, ...]:
        """Findings that the base revision or the baseline has too."""
        return tuple(finding for finding in self.findings if not finding.new and finding.suppressed is None)

    @cached_property
    def suppressed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.suppressed is not None)

    def count(self, severity: Severity) -> int:
        """How many active findings have just this severity."""
        return sum(finding.severity is severity for finding in self.active)

    @cached_property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail the review."""
        fail_on = self.fail_on
        return tuple(f for f in self.active if fail_on is not None and f.severity >= fail_on)

    @cached_property
    def open_questions(self) -> tuple[Unchecked, ...]:
        """What could have failed the review, and was not judged."""
        return tuple(entry for entry in self.unchecked if entry.blocking)

    @cached_property
    def conclusion(self) -> Conclusion:
        """The verdict. What could not be judged never counts as passed where the policy of a repository decides."""
        if self.errors:
            return Conclusion.ERROR
        if self.failing or (self.open_questions and self.profile is not Profile.AUTHOR):
            return Conclusion.FAILED
        if not self.plugins and not self.coverage.not_judged:
            return Conclusion.NOTHING_TO_CHECK
        return Conclusion.PASSED

    @property
    def exit_code(self) -> int:
        return {Conclusion.ERROR: 3, Conclusion.FAILED: 1}.get(self.conclusion, 0)
