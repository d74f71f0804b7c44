"""Rules about programs in a package: compiled ones, by content and by name, and scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from bot.findings import Authority, By, Severity, quote
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.contents import head
from bot.rules.marketplace.asked import is_submitted, policy, refusal
from bot.rules.package.unwanted import IGNORE_FILE_UNREAD, other_files, unwanted_groups
from bot.rules.registry import Example, Hit, NotJudged, rule

_CHECK = "toolkit/checks/binaries.py"

#: How programs begin (the specifications of ELF, Mach-O, PE and of Java's class files).
_MAGIC: Final = {
    b"\x7fELF": say("a program or library for Linux"),
    b"\xfe\xed\xfa\xce": say("a program or library for macOS"),
    b"\xfe\xed\xfa\xcf": say("a program or library for macOS"),
    b"\xce\xfa\xed\xfe": say("a program or library for macOS"),
    b"\xcf\xfa\xed\xfe": say("a program or library for macOS"),
    b"\xca\xfe\xba\xbe": say("a program for macOS, or a class of Java"),
    b"\xca\xfe\xba\xbf": say("a program or library for macOS"),
}
_HEAD = 128
_DAEMON = regex(r"dify-plugin-(linux|darwin)-.+|dify-plugin-windows-.+\.exe", re.IGNORECASE)
_VERSIONED = regex(r".*\.so(\.\d+)+")
#: In a folder, files of these kinds are not opened to see what they are.
_HARMLESS: Final = regex(
    r".*\.(py|ya?ml|md|txt|json|toml|svg|png|jpe?g|gif|webp|ico|lock|html|css|js|ts|csv)", re.IGNORECASE
)


@rule(
    "package/binary",
    severity=Severity.WARNING,
    summary="The package holds compiled programs or libraries.",
    why="Nobody can review them, and they run on one kind of machine only, while Dify runs plugins on others too. The "
    "marketplace refuses them, by how they begin and by their names. It takes every file that begins with `MZ` for a "
    "program of Windows.",
    fix="Depend on a distribution that brings the library, instead of packing it. Begin a text with other letters.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", _CHECK),),
    bad=Example("", files={"tools/native.so": b"\x7fELF"}),
    good=Example("*.so\n", path=".difyignore", whole=True, files={"tools/native.so": b"\x7fELF"}),
)
def binary(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.is_bundle:
        return
    if not plugin.packing.known:
        yield IGNORE_FILE_UNREAD
        return
    for path in _worth_a_look(plugin):
        beginning = _beginning(plugin, path)
        what, named = _program(beginning), _by_name(plugin, path)
        if what is None and not named and beginning[:2] == b"MZ":
            if is_submitted(plugin):
                message = say(
                    "The pre-check of the marketplace takes {path} for a program of Windows and refuses it, "
                    "because it begins with `MZ`. Begin it with other letters, such as a blank.",
                    path=quote(path),
                )
                yield Hit(message, path, severity=Severity.WARNING, subject="MZ")
            continue
        if what is None and not named:
            continue
        in_wheel = any(part.endswith(".whl") for part in path.split("/"))
        severity = Severity.WARNING if in_wheel else refusal(plugin, "package-binaries/programs")
        message = say(
            "{path} is {what}. Nobody can review it.",
            path=quote(path),
            what=what or say("a compiled program or library, by its name"),
        )
        yield Hit(message, path, severity=severity, group="package/binary")


def _worth_a_look(plugin: Plugin) -> list[str]:
    """The packed files but for those of which another finding says as much as that they are programs."""
    if is_submitted(plugin):
        spoken = {path for path in plugin.packed_files if policy(plugin).blocks_file(path)}
    else:
        groups = (group for group in unwanted_groups(plugin) if group.sort.severity >= Severity.WARNING)
        spoken = {path for group in groups for path in group.paths}
    return sorted(plugin.packed_files - spoken)


def _beginning(plugin: Plugin, path: str) -> bytes:
    if not plugin.root.package and _HARMLESS.fullmatch(path.rpartition("/")[2]):
        return b""
    return head(plugin, path, _HEAD)


def _program(beginning: bytes) -> str | None:
    """What kind of program begins so; None for no program."""
    found = next((what for magic, what in _MAGIC.items() if beginning.startswith(magic)), None)
    # The header of a program of Windows has 64 bytes, many of them zero.
    is_windows = beginning[:2] == b"MZ" and (b"\0" in beginning[:64] or len(beginning) < 4)
    return found or (say("a program or library for Windows") if is_windows else None)


def _by_name(plugin: Plugin, path: str) -> bool:
    name = path.rpartition("/")[2]
    suffix = PurePosixPath(name).suffix.lower()
    named = suffix in policy(plugin).values["binary-suffixes"] or _DAEMON.fullmatch(name) is not None
    return named or _VERSIONED.fullmatch(name) is not None


@rule(
    "package/executable",
    severity=Severity.NOTICE,
    summary="The package holds a script of a shell, or a file that may be executed.",
    why="A reviewer of the marketplace looks at them: a plugin is started as Python, and needs no script. The packager "
    "of Dify writes no file that may be executed.",
    fix="Name the file in `.difyignore`, or say in the pull request what it is for.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace warns.", _CHECK),),
    bad=Example("", files={"run.sh": "#!/bin/sh\npython -m main\n"}),
    good=Example("*.sh\n", path=".difyignore", whole=True, files={"run.sh": "#!/bin/sh\npython -m main\n"}),
)
def executable(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.is_bundle:
        return
    if not plugin.packing.known:
        yield IGNORE_FILE_UNREAD
        return
    scripts = policy(plugin).values["script-suffixes"]
    entries = plugin.tree.entries()
    for path in other_files(plugin):
        suffix = PurePosixPath(path).suffix.lower()
        if suffix in scripts:
            message = say(
                "{path} is a script or a program by its name. A reviewer of the marketplace looks at it.",
                path=quote(path),
            )
        elif plugin.root.package and entries[path].executable:
            message = say("{path} may be executed. A reviewer of the marketplace looks at it.", path=quote(path))
        else:
            continue
        severity = Severity.WARNING if is_submitted(plugin) else None
        yield Hit(message, path, severity=severity, group="package/executable")
