"""Rules about a packaged plugin, a `.difypkg`, as an archive."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, rule
from bot.source import ACCEPTED_BY_INSTALLER, PackageTree

_INSTALLER = (Authority(By.INSTALLER, "Dify refuses to install the package.", "decoder/zip.go:141"),)


@rule(
    "package/archive",
    severity=Severity.ERROR,
    summary="The package is no archive that Dify can open.",
    why="A `.difypkg` is a zip archive with `manifest.yaml` at its root. Dify reads every entry when the package is "
    "uploaded, and refuses it when one cannot be read or lies outside the package.",
    fix="Build the package again with `dify plugin package`.",
    authorities=_INSTALLER,
    bad=Example("no zip archive", path="weather.difypkg", base="", whole=True),
    good=Example(""),
)
def archive(plugin: Plugin) -> Iterator[Hit]:
    if plugin.unreadable is not None:
        yield Hit(plugin.unreadable, "")
    if isinstance(plugin.tree, PackageTree):
        for problem in plugin.tree.problems:
            yield Hit(
                problem.message,
                problem.member or "",
                severity=Severity.WARNING if problem.code in ACCEPTED_BY_INSTALLER else None,
                subject=f"{problem.code} {problem.member or ''}".strip(),
            )
