"""What the review of one plugin came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from bot.findings import Finding, Unchecked, UnjudgedFile
from bot.plugin.translation_gaps import Gap, Place
from bot.review.result import PluginSummary

#: Rules whose findings time mends. No other rule reads the clock.
_BY_DAY: Final = frozenset({"manifest/created-in-future"})


class Reviewed(Struct, frozen=True):
    """One plugin after its review. `path` is where it is in its tree."""

    path: str
    summary: PluginSummary
    findings: tuple[Finding, ...]
    fixed: int
    unchecked: tuple[Unchecked, ...]
    errors: tuple[str, ...]
    not_judged: tuple[UnjudgedFile, ...] = ()
    #: Texts that lack a translation, for which the memory may know one when all plugins were read.
    gaps: Mapping[Place, Gap] = field(default_factory=dict)

    @property
    def lasts(self) -> bool:
        """Whether another day brings the same: the tool itself did not fail, and nothing was found that time mends."""
        return not self.errors and not any(finding.rule in _BY_DAY for finding in self.findings)
