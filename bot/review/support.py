"""On which releases of Dify a plugin works: from the features it uses and from what the review found."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from msgspec import Struct
from packaging.version import Version

from bot.findings import By, Finding, Severity
from bot.format.gates import DIFY_RELEASES, Older, Since, dify_has
from bot.format.judge.consequence import prevents_installation
from bot.format.traits import TRAITS
from bot.plugin import Plugin
from bot.plugin.needs import Used, needed_dify


class Need(Struct, frozen=True):
    """A feature that not every release of Dify has, with the first place where the plugin uses it."""

    feature: str
    since: str
    older: str
    path: str
    line: int


class Releases(Struct, frozen=True):
    """What releases of Dify from `first` to `last` make of a plugin: whether it is installed, whether it and others of
    its kind are listed, and whether everything that it declares is shown."""

    first: str
    last: str
    installs: bool
    lists: bool
    shows: bool


class Support(Struct, frozen=True):
    """On which releases of Dify a plugin works.

    `needs` is the first release that has everything that it uses; "" where even the newest does not show it. Whether it
    `starts` is up to the SDK, which the plugin brings along.
    """

    needs: str
    starts: bool
    because: tuple[Need, ...]
    releases: tuple[Releases, ...]


def support_of(plugin: Plugin, findings: Sequence[Finding]) -> Support | None:
    """The releases of Dify on which a plugin works, after its findings; None for a bundle."""
    if plugin.is_bundle:
        return None
    needs = plugin.derived(needed_dify)
    errors = [each for each in findings if each.severity is Severity.ERROR and each.suppressed is None]
    rows = [(str(release), _row(release, needs, errors)) for release in DIFY_RELEASES]
    grouped = [(row, [release for release, _ in group]) for row, group in groupby(rows, key=lambda each: each[1])]
    youngest = max((since.version for _, since in needs), default=DIFY_RELEASES[0])
    starts = not any(
        authority.by in (By.SDK, By.INSTALLER) and "does not start" in authority.consequence
        for each in errors
        for authority in each.authorities
    )
    return Support(
        needs=str(youngest) if starts and grouped[-1][0][-1] else "",
        starts=starts,
        because=tuple(
            Need(
                used.feature.name, since.release, since.older.value, plugin.location(used.document.path).file, used.line
            )
            for used, since in sorted(needs, key=lambda each: each[1].version, reverse=True)
        ),
        releases=tuple(Releases(names[0], names[-1], *row) for row, names in grouped),
    )


def _row(release: Version, needs: Sequence[tuple[Used, Since]], errors: Sequence[Finding]) -> tuple[bool, bool, bool]:
    """Whether a release installs, lists and shows the plugin."""
    lacking = [(used, since) for used, since in needs if dify_has(since.release, release) is False]
    refused = [used for used, since in lacking if since.older is Older.REFUSES]
    # What the rule about releases says of single ones is said here of this one.
    objections = [
        authority
        for each in errors
        if each.rule != "version/dify-feature"
        for authority in each.authorities
        if authority.by is not By.PLATFORM or (authority.since and release >= Version(authority.since))
    ]
    by_platform = [authority for authority in objections if authority.by is By.PLATFORM]
    installs = all(TRAITS[used.kind].in_list_only for used in refused) and not any(
        map(prevents_installation, objections)
    )
    lists = installs and not refused and not by_platform and not any(s.older is Older.LOSES for _, s in lacking)
    return installs, lists, lists and not lacking
