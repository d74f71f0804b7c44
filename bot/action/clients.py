"""What the jobs of the Action speak to the network with. Whoever runs a job passes it in."""

from __future__ import annotations

from collections.abc import Collection

from bot.action.runner import log
from bot.github.client import Client
from bot.github.event import Runner
from bot.lookups import NOTHING, Lookups


class Clients:
    """The real ones."""

    def github(self, runner: Runner, token: str, repository: str) -> Client:
        """The GitHub that the runner belongs to, for one repository (`owner/name`)."""
        return Client(runner.api_url, token, repository, log=log)

    def services(self, marketplace_url: str, lookups: Collection[str]) -> Lookups:
        """The services that `lookups` names, and the marketplace where it has an address."""
        if not marketplace_url and not lookups:
            return NOTHING
        from bot.services import Services  # Most runs ask nothing.

        return Services(
            marketplace_url,
            repository="repository" in lookups,
            vulnerabilities="vulnerabilities" in lookups,
        )
