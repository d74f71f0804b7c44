"""Rules about what a reviewer of the marketplace asks: hosts that are not declared, and words about money."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.messages import say, say_plural
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.contents import texts
from bot.plugin.hosts import declared_domains, hosts_of, is_declared
from bot.plugin.markdown import span_at
from bot.rules.marketplace.asked import is_submitted, policy
from bot.rules.registry import Example, Hit, at_key, rule

_SOURCE = "import httpx\n\n\ndef ask():\n    return httpx.get('https://api.weather.io/v1')\n"


@rule(
    "marketplace/undeclared-host",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="The code speaks to a host that `network.domains` does not list.",
    why="The marketplace compares the list, where there is one, with what it finds in the code, and shows both.",
    fix="Add the host to `network.domains` in the manifest.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer asks.", "toolkit/checks/domains.py"),),
    bad=Example("network:\n  domains:\n    - acme.io\n", files={"tools/client.py": _SOURCE}),
    good=Example("network:\n  domains:\n    - api.weather.io\n", files={"tools/client.py": _SOURCE}),
)
def undeclared_host(plugin: Plugin) -> Iterator[Hit]:
    declared = declared_domains(plugin)
    if plugin.is_bundle or not declared:
        return
    missing = [host.name for host in hosts_of(plugin) if not is_declared(host.name, declared)]
    if missing:
        message = say_plural(
            "{missing} is not in `network.domains`.",
            "{missing} are not in `network.domains`.",
            len(missing),
            missing=quote_list(missing, 10),
        )
        yield at_key(plugin.manifest, ("network", "domains"), message, subject=" ".join(missing)[:200])


#: Words of which the pre-check looks for one in every line.
_MONEY: Final = regex(
    r"\b(payments?|checkout|charge[sd]?|refund(s|ed)?|payouts?|transactions?|trading|"
    r"trade (stock|crypto|token|asset)s?|"
    r"place (an? )?orders?|(buy|sell) (stock|crypto|token|asset)s?|asset transfers?|(transfer|send) (funds?|assets?|"
    r"money|cash|crypto|tokens?|coins?|nfts?)|(wire|token|wallet) transfers?|withdraw(al|s)?|deposits?|"
    r"(swap|bridge) (crypto|tokens?|coins?))\b",
    re.IGNORECASE,
)
#: A line that matches has one of these in it.
_STEMS: Final = (
    *("payment", "checkout", "charge", "refund", "payout", "transaction", "trading", "trade ", "transfer"),
    *("withdraw", "deposit", "place order", "place an order", "place a order", "place orders", "buy ", "sell "),
    *("send ", "swap ", "bridge "),
)
_READ: Final = frozenset((".md", ".yaml", ".yml", ".json", ".toml", ".py", ".js", ".ts"))


@rule(
    "marketplace/financial-words",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="Texts of the plugin speak of payments, trade or transfers.",
    why="The marketplace takes no plugins that move money or assets. Its pre-check looks for words, and a reviewer "
    "looks at each line.",
    fix="Nothing, where the words mean something else. Say in the pull request that no money is moved.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer looks at it.", "toolkit/checks/financial.py"),),
    bad=Example("", files={"docs/use.md": "Processes payments.\n"}, profile=Profile.MARKETPLACE),
    good=Example("", files={"docs/use.md": "Processes forecasts.\n"}, profile=Profile.MARKETPLACE),
)
def financial_words(plugin: Plugin) -> Iterator[Hit]:
    if not is_submitted(plugin) or not policy(plugin).has("financial-activity"):
        return
    for each in texts(plugin):
        found = _first_word(each.text) if each.suffix in _READ else None
        if found is not None:
            message = say(
                "The word {found} may be about money. A reviewer of the marketplace looks at it.", found=quote(found[0])
            )
            span = span_at(each.text, found.start(), len(found[0]))
            yield Hit(message, each.path, span, subject=found[0].lower(), group="marketplace/financial-words")


def _first_word(text: str) -> re.Match[str] | None:
    lowered = text.lower()
    if len(lowered) != len(text):  # A few letters become two.
        return _MONEY.search(text)
    # Only lines with one of the stems are searched, each once.
    starts = {lowered.rfind("\n", 0, at) + 1 for stem in _STEMS for at in _places(lowered, stem)}
    found = (_MONEY.search(text, start, _end_of_line(text, start)) for start in sorted(starts))
    return next(filter(None, found), None)


def _places(text: str, part: str) -> Iterator[int]:
    """Where a part stands in a text, once a line."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, _end_of_line(text, at))


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)
