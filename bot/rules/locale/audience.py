"""Which locales count, for the rules of this family."""

from __future__ import annotations

from collections.abc import Iterable

from bot.findings import Authority, By, Severity
from bot.plugin import Plugin

ENGLISH_INSTEAD = (
    Authority(By.SDK, "The English text is sent instead.", "entities/parameters.py:26"),
    Authority(By.CONSOLE, "Users see English among texts in their language.", "entities/parameters.py:26"),
)


SHOWN = (Authority(By.CONSOLE, "Users see the text as it is.", "basic_type.go:9"),)


def locale_severity(plugin: Plugin, locale: str) -> Severity:
    return Severity.WARNING if locale in plugin.options.required_locales else Severity.NOTICE


def text_paths(plugin: Plugin) -> Iterable[str]:
    return plugin.files_by_lower.values()
