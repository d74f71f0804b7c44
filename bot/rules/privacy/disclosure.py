"""Rules about what the privacy policy says of the code."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Severity, quote_list
from bot.messages import say_plural
from bot.options import Profile
from bot.plugin import Plugin
from bot.plugin.documents import PRIVACY, text
from bot.plugin.hosts import hosts_of
from bot.rules.marketplace.asked import is_submitted
from bot.rules.registry import Example, Hit, rule

_SOURCE = "import httpx\n\n\ndef ask():\n    return httpx.get('https://api.weather.io/v1')\n"


@rule(
    "privacy/undisclosed-host",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="The privacy policy names none of the hosts that the code speaks to.",
    why="The guidelines of the marketplace want the policy to say to whom data are sent.",
    fix="Name the service and its privacy policy in `PRIVACY.md`.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer asks.", "docs/plugin-submission-requirements.md"),),
    bad=Example("", files={"tools/client.py": _SOURCE, PRIVACY: "We store nothing.\n"}, profile=Profile.MARKETPLACE),
    good=Example(
        "", files={"tools/client.py": _SOURCE, PRIVACY: "Places are sent to weather.io.\n"}, profile=Profile.MARKETPLACE
    ),
)
def undisclosed_host(plugin: Plugin) -> Iterator[Hit]:
    content = (text(plugin, PRIVACY) or "").lower() if is_submitted(plugin) else ""
    hosts = hosts_of(plugin) if content.strip() else ()
    if hosts and not any(_service(host.name) in content for host in hosts):
        names = [host.name for host in hosts]
        message = say_plural(
            "The policy does not name {names}, which is in the code.",
            "The policy does not name {names}, which are in the code.",
            len(names),
            names=quote_list(names, 5),
        )
        yield Hit(message, PRIVACY, subject=" ".join(names)[:200])


def _service(host: str) -> str:
    """The word in a host by which people know the service: `weather` of `api.weather.io`."""
    labels = host.split(".")
    short = {"com", "co", "net", "org", "gov", "edu", "ac"}
    known = [label for label in labels[:-1] if label not in short]
    return known[-1] if known else host
