"""How much a missing README counts."""

from __future__ import annotations

from bot.findings import Severity
from bot.options import Profile
from bot.plugin import Plugin


def marketplace_severity(plugin: Plugin, severity: Severity) -> Severity:
    return Severity.ERROR if plugin.options.profile is Profile.MARKETPLACE else severity
