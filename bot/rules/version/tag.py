"""The rule about the tag of a release."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, at_value, rule
from bot.submission.release import Release


@rule(
    "version/tag",
    severity=Severity.ERROR,
    summary="The tag of the release names another version than the manifest.",
    why="Dify installs from GitHub by the tag, and compares the newest tag with the version of what is installed. With "
    "a later tag users are offered the same update for ever, with an earlier one never. A tag that names no version "
    "says nothing, and one that begins with the name of a plugin speaks of that plugin alone.",
    fix="Write the version of the tag in the manifest, or make the tag anew.",
    authorities=(
        Authority(
            By.CONSOLE,
            "An update is offered for ever, or never.",
            "web/app/components/plugins/install-plugin/hooks.ts:51",
        ),
    ),
    bad=Example("version: 0.1.0\n", release=Release("v0.2.0")),
    good=Example("version: 0.2.0\n", release=Release("v0.2.0")),
)
def tag(plugin: Plugin) -> Iterator[Hit]:
    release = plugin.release
    written = plugin.manifest.text_at("version")
    if release is None or release.version is None or not written or written == release.version:
        return
    message = say(
        "The tag {tag} names version {version}, the manifest {written}.",
        tag=quote(release.tag),
        version=quote(release.version),
        written=quote(written),
    )
    yield at_value(plugin.manifest, ("version",), message, subject=written)
