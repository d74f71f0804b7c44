"""Rules about the version of a plugin: whether a change raises it, and where else it is written."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import ScalarNode

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote, quote_list
from bot.messages import say, say_plural
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.changes import changed_files, versions
from bot.plugin.project import PYPROJECT, is_version, project_of
from bot.rules.registry import Example, Hit, at_value, rule
from bot.submission.submission import version_key

_SOURCE = "pre-check-plugin.yaml, toolkit/checks/pr/version_update.py"
_VERSION = ("version",)


@rule(
    "version/not-raised",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="The plugin has changed, but not its version.",
    why="Dify tells what is installed apart by the version: without a new one users get nothing of the change, and the "
    "marketplace refuses a version that it has already. Where several changes make a release, the first of them raises "
    "it. Documents for readers, tests, and what is not packed do not count, but in the official repository, where "
    "every changed plugin is published anew.",
    fix="Raise `version` in the manifest.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace refuses the version.", _SOURCE),),
    bad=Example("version: 0.1.0\ntags:\n  - travel\n", before="version: 0.1.0\n"),
    good=Example("version: 0.1.1\ntags:\n  - travel\n", before="version: 0.1.0\n"),
)
def not_raised(plugin: Plugin) -> Iterator[Hit]:
    found = versions(plugin)
    if found is None or plugin.base is None or found[0] != found[1]:
        return
    profile, is_package = plugin.options.profile, plugin.root.package
    # A package is published as it is, and a plugin of the official repository with every merge.
    published = profile is Profile.OFFICIAL or (is_package and profile is Profile.MARKETPLACE)
    severity = Severity.ERROR if published else Severity.WARNING
    if profile is Profile.AUTHOR and not is_package:
        severity = Severity.NOTICE
    shown = _shown_assets(plugin) | _shown_assets(plugin.base)
    changed = changed_files(plugin, plugin.base, lambda path: is_package or not _is_for_readers(path, shown))
    if not changed and profile is Profile.OFFICIAL:
        # Its pipeline looks for the version in the marketplace whatever has changed.
        changed, severity = changed_files(plugin, plugin.base), Severity.WARNING
    if changed:
        version = str(found[1])
        message = say_plural(
            "{files} has changed since the base revision, but the version is still {version}.",
            "{files} have changed since the base revision, but the version is still {version}.",
            len(changed),
            files=quote_list(changed, 2),
            version=quote(version),
        )
        yield at_value(plugin.manifest, _VERSION, message, subject=version, severity=severity, fix=_raised(plugin))


#: What is packed for readers and developers, and changes nothing for who has the plugin installed: documents, tests,
#: and everything that begins with a dot.
_FOR_READERS = regex(r"(?i:(readme|docs|tests?)/|.*\.(md|rst)$|licen[cs]e[^/]*$)|(.*/)?\.")
_IMAGE = regex(r"(?i)_assets/.*\.(png|jpe?g|gif|svg|webp|mp4)")


def _is_for_readers(path: str, shown: set[str]) -> bool:
    return _FOR_READERS.match(path) is not None or (_IMAGE.fullmatch(path) is not None and path not in shown)


def _shown_assets(plugin: Plugin) -> set[str]:
    """The files in `_assets` that Dify shows. The others are there for the README."""
    return {reference.path for reference in plugin.asset_references}


@rule(
    "version/lowered",
    severity=Severity.WARNING,
    summary="The version is lower than at the base revision.",
    why="Whoever has the later version is offered nothing, or the earlier one as an update, and the marketplace "
    "refuses a version that is not higher than the published one.",
    fix="Write a version that is higher than the one of the base revision.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace refuses the version.", _SOURCE),),
    bad=Example("version: 0.0.9\n", before="version: 0.1.0\n"),
    good=Example("version: 0.1.1\n", before="version: 0.1.0\n"),
)
def lowered(plugin: Plugin) -> Iterator[Hit]:
    found = versions(plugin)
    if found is None or plugin.base is None:
        return
    refused = plugin.root.package and plugin.options.profile is Profile.MARKETPLACE
    if found[1] < found[0]:
        severity = Severity.ERROR if refused else Severity.WARNING
        message = say("The version goes down from {found} to {found2}.", found=quote(found[0]), found2=quote(found[1]))
        yield at_value(plugin.manifest, _VERSION, message, subject=str(found[1]), severity=severity)
    elif refused and found[1] > found[0]:
        before, now = (each.manifest.text_at("version") or "" for each in (plugin.base, plugin))
        if version_key(now) <= version_key(before):
            message = say(
                "The pre-check of the marketplace compares the numbers alone, and refuses {now} after {before}. "
                "Raise a number.",
                now=quote(now),
                before=quote(before),
            )
            yield at_value(plugin.manifest, _VERSION, message, subject=now, severity=Severity.WARNING)


_NUMBERS = regex(r"(\d+\.\d+\.)(\d{1,4})")


def _raised(plugin: Plugin) -> Fix | None:
    """Raises the last of the three numbers; which one is right, the author knows."""
    node = plugin.manifest.node(_VERSION)
    found = _NUMBERS.fullmatch(node.value) if isinstance(node, ScalarNode) else None
    if node is None or found is None:
        return None
    version = f"{found[1]}{int(found[2]) + 1}"
    written = (plugin.manifest.text or "")[node.start_mark.index : node.end_mark.index]
    edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), written.replace(found[0], version))
    return Fix(say("Write {version}", version=quote(version)), Safety.UNSAFE, (edit,))


#: What uv writes into a new project.
_UNTOUCHED = "0.1.0"


@rule(
    "version/pyproject",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="`pyproject.toml` has another version than the manifest.",
    why="Dify goes by the manifest, but somebody wrote the version there, and readers take it for the plugin's. The "
    "0.1.0 of a new project is left alone.",
    fix="Write the version of the manifest.",
    authorities=(Authority(By.PROJECT, "Readers are misled.", "cmd/commandline/plugin/templates/python/GUIDE.md:152"),),
    bad=Example("version: 0.2.0\n", files={PYPROJECT: '[project]\nname = "weather"\nversion = "0.1.1"\n'}),
    good=Example("version: 0.2.0\n", files={PYPROJECT: '[project]\nname = "weather"\nversion = "0.2.0"\n'}),
)
def pyproject(plugin: Plugin) -> Iterator[Hit]:
    version = plugin.manifest.text_at("version")
    project = project_of(plugin)
    written = project.table.get("version") if project is not None and project.table is not None else None
    if plugin.is_bundle or project is None or version is None or not isinstance(written, str):
        return
    # What is not a version at all is said of the file (`dependency/invalid`).
    if written not in (version, _UNTOUCHED) and is_version(written):
        span = project.span_of(written, "project", "version")
        message = say(
            "`pyproject.toml` says version {written}, the manifest {version}.",
            written=quote(written),
            version=quote(version),
        )
        yield Hit(message, PYPROJECT, span, subject=written)
