"""Previews of the plugins of a review: each as it is, beside what it was at the base revision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.limits import Limit
from bot.plugin import Plugin
from bot.preview.look import look_at
from bot.preview.page import Side, render
from bot.preview.pictures import Album
from bot.review.result import Result

#: A page shows so many plugins, and names the others.
MAX_PLUGINS: Final = Limit(40, "is one of more than {n:,} plugins, and is not shown")


class Gallery:
    """The page in the making: it is given each plugin after its review, and then the results."""

    def __init__(self) -> None:
        self._album = Album()
        self._sides: list[tuple[Side, Side | None]] = []
        self._not_shown: list[str] = []

    def see(self, plugin: Plugin) -> None:
        """Adds a plugin, beside its base where it has one. Never raises for anything that it holds."""
        if len(self._sides) >= MAX_PLUGINS.most:
            self._not_shown.append(plugin.name)
            return
        self._sides.append((self._side(plugin), self._side(plugin.base) if plugin.base is not None else None))

    def _side(self, plugin: Plugin) -> Side:
        return Side(plugin, look_at(plugin, self._album))

    def page(self, results: Iterable[Result]) -> str:
        """The page of everything seen, with what the reviews found."""
        findings = []
        compared_to = ""
        for result in results:
            findings += [finding for finding in result.findings if finding.suppressed is None]
            compared_to = result.compared_to or compared_to
        return render(self._sides, findings, self._album, compared_to=compared_to, not_shown=self._not_shown)
