"""What the review of one plugin came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.findings import Finding, Unchecked, UnjudgedFile
from bot.plugin.translation_gaps import Gap, Place
from bot.review.result import PluginSummary


@dataclass(frozen=True, slots=True)
class Reviewed:
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
