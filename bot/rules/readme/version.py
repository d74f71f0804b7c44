"""The rule about the version that a README names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.documents import readmes
from bot.plugin.markdown import span_at, without_fences
from bot.rules.registry import Example, Hit, Place, rule

#: A line of its own: `**Version:** 1.2.3` or `**Version**: 1.2.3`, also as an item of a list.
_VERSION: Final = regex(
    r"^[ \t]{0,3}(?:[-*+][ \t]+)?\*\*Version(?::\*\*|\*\*:)[ \t]*`?v?"
    r"(?P<version>\d+(?:\.\d+){1,3}[\w.+-]*)`?[ \t]*\\?\r?$",
    re.MULTILINE | re.IGNORECASE,
)


@rule(
    "readme/version",
    severity=Severity.NOTICE,
    summary="The README names another version than the manifest.",
    why="The page of the plugin shows both. Users who ask for help name the wrong one.",
    fix="Write the version of the manifest, or leave the line out.",
    authorities=(Authority(By.CONSOLE, "The page of the plugin shows two versions.", "decoder/helper.go:529"),),
    bad=Example("# Weather\n\n**Version:** 9.9.9\n\nShows the weather of a city.\n", path="README.md", whole=True),
    good=Example("# Weather\n\nShows the weather of a city.\n", path="README.md", whole=True),
)
def version(plugin: Plugin) -> Iterator[Hit]:
    manifest = plugin.manifest
    written = manifest.get("version")
    if not isinstance(written, str) or not re.fullmatch(r"\d[\w.+-]*", written):
        return
    for readme in readmes(plugin):
        if readme.text is None:
            continue
        found = _VERSION.search(without_fences(readme.text))
        if found is None or found["version"] == written:
            continue
        span = span_at(readme.text, found.start("version"), len(found["version"]))
        message = say(
            "The README says version {found}, the manifest {written}.",
            found=quote(found["version"]),
            written=quote(written),
        )
        fix = Fix(say("Write {written}", written=quote(written)), Safety.SAFE, (Edit(readme.path, span, written),))
        place = Place(manifest.path, manifest.span(("version",)), say("The version of the manifest."))
        yield Hit(message, readme.path, span, subject=found["version"], fix=fix, related=(place,))
