"""Rules about files that do not belong in a package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.findings import Authority, By, Severity, quote, quote_list
from bot.messages import say, say_plural
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.discovery import MANIFEST
from bot.plugin.naming import texts
from bot.rules.marketplace.asked import policy, refusal
from bot.rules.package.unwanted import (
    IGNORE_FILE_UNREAD,
    TOOLKIT,
    Unwanted,
    left_out,
    needless,
    other_files,
    unwanted_groups,
)
from bot.rules.registry import Example, Hit, NotJudged, rule


@rule(
    "package/unwanted-files",
    severity=Severity.WARNING,
    summary="Files are packed that no plugin needs: environments, caches, version control, settings of editors.",
    why="The packager packs everything that the ignore file does not name: without one, `.git` and `.venv` too. Such "
    "files make packages large, differ from machine to machine, and tell about the author's. The marketplace refuses "
    "most of them.",
    fix="Name them in `.difyignore`, or remove them.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", TOOLKIT),
        Authority(By.PACKAGER, "The files are packed.", "decoder/fs.go:67"),
    ),
    bad=Example("", files={"__pycache__/main.cpython-312.pyc": b"\x00", "tools/__pycache__/x.pyc": b"\x00"}),
    good=Example("__pycache__/\n", path=".difyignore", whole=True, files={"__pycache__/main.cpython-312.pyc": b"\x00"}),
)
def unwanted_files(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.is_bundle:
        return
    if not plugin.packing.known:
        yield IGNORE_FILE_UNREAD
        return
    if plugin.is_checkout and plugin.packing.left_out_by(".git/config") is None:
        message = say(
            "`.git/` is packed in a clone: the packager leaves out only what the ignore file names. Add "
            "`.git/` to `.difyignore`."
        )
        fix = left_out(plugin, ".git/")
        yield Hit(message, plugin.packing.ignore.path or MANIFEST, subject=".git/", fix=fix)
    for group in unwanted_groups(plugin):
        size = sum(plugin.tree.entries()[path].size or 0 for path in group.paths)
        count = len(group.paths)
        files = say_plural("one file", "{n:,} files", count)
        if group.is_folder and len(group.roots) > 1:
            files = say("{count:,} folders, {files}", count=len(group.roots), files=files)
        advice = "" if plugin.root.package else say(" Add {shown} to `.difyignore`.", shown=quote(group.shown))
        message = say(
            "{shown} is packed: {what}, {files}, {in_bytes}.{advice}",
            shown=quote(group.shown),
            what=group.sort.what,
            files=files,
            in_bytes=_in_bytes(size),
            advice=advice,
        )
        refused = next((path for path in group.paths if policy(plugin).blocks_file(path)), None)
        severity = _severity(plugin, group.sort, refused is not None)
        pattern = needless(group)
        fix = left_out(plugin, pattern) if pattern is not None else None
        yield Hit(message, refused or group.paths[0], severity=severity, subject=group.shown, fix=fix)


def _in_bytes(size: int) -> str:
    return say_plural("{n:,} byte", "{n:,} bytes", size)


def _severity(plugin: Plugin, sort: Unwanted, refused: bool) -> Severity:
    if plugin.options.profile is Profile.MARKETPLACE:
        severity = refusal(plugin, "package-contents/blocked") if refused else None
        return severity or min(sort.in_marketplace, Severity.WARNING)
    if plugin.options.profile is Profile.OFFICIAL and sort.what == "a virtual environment":
        return Severity.ERROR
    return sort.severity


_ARCHIVE = regex(r".*\.(zip|tar|gz|tgz|bz2|xz|7z|rar|difypkg|whl)", re.IGNORECASE)


@rule(
    "package/archive-inside",
    severity=Severity.WARNING,
    summary="The package holds other archives or packages.",
    why="Most often it is an earlier package of the plugin itself, which doubles its size with every build. Reviewers "
    "cannot see into archives.",
    fix="Add it to `.difyignore`, or pack the files themselves.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace warns.", TOOLKIT),),
    bad=Example("", files={"weather-0.0.9.difypkg": b"PK"}),
    good=Example("*.difypkg\n", path=".difyignore", whole=True, files={"weather-0.0.9.difypkg": b"PK"}),
)
def archive_inside(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.is_bundle:
        return
    if not plugin.packing.known:
        yield IGNORE_FILE_UNREAD
        return
    found = [path for path in other_files(plugin) if _ARCHIVE.fullmatch(path.rpartition("/")[2])]
    if found:
        packages = any(path.lower().endswith(".difypkg") for path in found)
        severe = packages or plugin.options.profile is Profile.MARKETPLACE
        message = say("The package holds {found}: nobody reviews what is in an archive.", found=quote_list(found, 3))
        fix = left_out(plugin, "*.difypkg") if _are_only_packages(plugin, found) else None
        yield Hit(message, found[0], severity=None if severe else Severity.NOTICE, fix=fix)


def _are_only_packages(plugin: Plugin, archives: Iterable[str]) -> bool:
    """Whether archives are packages of plugins, and no Python of this plugin knows of such."""
    code = (written for path, written in plugin.derived(texts).items() if path.endswith(".py"))
    return all(path.endswith(".difypkg") for path in archives) and all(
        written is not None and "difypkg" not in written for written in code
    )
