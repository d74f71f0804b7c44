"""The options under which known translations are put in, and nothing else."""

from __future__ import annotations

from msgspec.structs import replace

from bot.locale.texts import SOURCE
from bot.options import Options
from bot.plugin.translation_gaps import RULES


def translating(options: Options, locales: tuple[str, ...]) -> Options:
    """The options under which nothing but what lacks in these locales is found, and all of it."""
    return replace(options, required_locales=(SOURCE, *locales), wanted_locales=(), select=RULES)
