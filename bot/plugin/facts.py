"""What the rules about a pull request need to know of the package that it submits: a record that can be kept.

Whoever has the record needs the package no more to judge the text again.
"""

from __future__ import annotations

from msgspec import Struct

from bot.findings import Location
from bot.plugin.excerpts import excerpt
from bot.plugin.passport import passport_of
from bot.plugin.plugin import Plugin
from bot.plugin.signals import signals_of
from bot.python.capabilities import Capability, Use


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
    #: What the pre-check of the marketplace alone takes for a capability that the code has.
    signals: tuple[FirstUse, ...] = ()

    @property
    def by_capability(self) -> dict[Capability, FirstUse]:
        return {use.capability: use for use in self.uses}


def facts_of(plugin: Plugin) -> Facts:
    """The facts of a package, made once."""
    return plugin.derived(_make)


def _make(plugin: Plugin) -> Facts:
    text = plugin.manifest.text_at
    capabilities = passport_of(plugin).capabilities
    firsts = [found[0] for found in capabilities.values()]
    signals = () if plugin.is_bundle else (use for use in signals_of(plugin) if use.capability not in capabilities)
    return Facts(
        author=text("author"),
        name=text("name"),
        version=text("version"),
        repository=text("repo"),
        contact=text("contact"),
        label=text("label", "en_US"),
        uses=tuple(_first(plugin, use) for use in firsts),
        signals=tuple(_first(plugin, use) for use in signals),
    )


def _first(plugin: Plugin, use: Use) -> FirstUse:
    return FirstUse(
        use.capability,
        use.what,
        f"{use.path}:{use.span.line}",
        plugin.location(use.path, use.span),
        excerpt(plugin, use.path, use.span),
    )
