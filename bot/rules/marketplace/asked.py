"""Whether and how much the policy of the marketplace counts in a review."""

from __future__ import annotations

from bot.findings import Severity
from bot.marketplace.policy import Policy, policy_of
from bot.messages import say
from bot.options import Profile
from bot.plugin import Plugin

#: What happens to a plugin that the policy refuses.
REFUSES = say("The marketplace refuses the plugin.")


def policy(plugin: Plugin) -> Policy:
    """The marketplace's policy on the day that the review is about."""
    return policy_of(plugin.options.policy)


def is_submitted(plugin: Plugin) -> bool:
    """Whether the review is for the marketplace, so that its policy blocks."""
    return plugin.options.profile is Profile.MARKETPLACE and not plugin.is_bundle


def refusal(plugin: Plugin, check: str, otherwise: Severity | None = Severity.WARNING) -> Severity | None:
    """The severity of what a check of the marketplace refuses: an error where its policy counts and has the check."""
    return Severity.ERROR if is_submitted(plugin) and policy(plugin).has(check) else otherwise
