"""What rules make of the answers of lookups."""

from __future__ import annotations

from collections.abc import Iterator

from bot.lookups import Answer, State
from bot.options import Profile
from bot.plugin import Plugin
from bot.rules.registry import NotJudged


def missing(plugin: Plugin, answer: Answer) -> Iterator[NotJudged]:
    """That there is no answer to judge by, if somebody waits for one."""
    waited = plugin.options.profile is Profile.MARKETPLACE
    if answer.state is State.UNKNOWN or (answer.state is State.NOT_ASKED and waited):
        yield NotJudged(answer.reason, asked=answer.state is State.UNKNOWN)
