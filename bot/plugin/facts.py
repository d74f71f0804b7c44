"""What the rules about a pull request need to know of the package that it submits: a record that can be kept.

Whoever has the record needs the package no more to judge the text again.
"""

from __future__ import annotations

from msgspec import Struct

from bot.findings import Location
from bot.plugin.excerpts import excerpt
from bot.plugin.passport import passport_of
from bot.plugin.plugin import Plugin
from bot.python.capabilities import Capability


class FirstUse(Struct, frozen=True):
    """The first use of a capability: `what` is the name that is called or imported."""

    capability: Capability
    what: str
    #: The path from the plugin root, with the line.
    place: str
    location: Location
    #: The line, as the file has it.
    excerpt: str


class Facts(Struct, frozen=True):
    """Texts of the manifest, None where it does not say, and what the code does, in the order of `Capability`."""

    author: str | None
    name: str | None
    version: str | None
    repository: str | None
    contact: str | None
    label: str | None
    uses: tuple[FirstUse, ...] = ()

    @property
    def by_capability(self) -> dict[Capability, FirstUse]:
        return {use.capability: use for use in self.uses}


def facts_of(plugin: Plugin) -> Facts:
    """The facts of a package, made once."""
    return plugin.derived(_make)


def _make(plugin: Plugin) -> Facts:
    text = plugin.manifest.text_at
    firsts = [found[0] for found in passport_of(plugin).capabilities.values()]
    return Facts(
        author=text("author"),
        name=text("name"),
        version=text("version"),
        repository=text("repo"),
        contact=text("contact"),
        label=text("label", "en_US"),
        uses=tuple(
            FirstUse(
                use.capability,
                use.what,
                f"{use.path}:{use.span.line}",
                plugin.location(use.path, use.span),
                excerpt(plugin, use.path, use.span),
            )
            for use in firsts
        ),
    )
