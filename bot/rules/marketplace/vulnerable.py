"""The rule about known vulnerabilities, which asks OSV where somebody asks for that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from packaging.utils import canonicalize_name

from bot.findings import Authority, By, Confidence, Severity, Span, quote
from bot.limits import Limit
from bot.lookups import NOTHING, Answer, Known, State, Vulnerability
from bot.messages import and_more, listed, say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.dependencies import REQUIREMENTS, declared_requirements
from bot.rules.answers import missing
from bot.rules.registry import Example, Hit, NotJudged, rule

_LOCK = "uv.lock"
_MAX_LOCK_BYTES = Limit(
    8 * 1024 * 1024, "has more than {n:,} bytes, and is not read", "marketplace/vulnerable-dependency"
)
#: An entry of `uv.lock` for a release from PyPI, in the form in which uv writes it.
_LOCKED = regex(
    r'^\[\[package\]\]\r?\nname = "(?P<name>[^"\n]{1,200})"\r?\nversion = "(?P<version>[^"\n]{1,100})"\r?\n'
    r"source = \{ registry = ",
    re.MULTILINE,
)


class _Pin(Struct, frozen=True):
    """One release that the plugin installs, and where it says so."""

    name: str
    version: str
    path: str
    span: Span


def _pins(plugin: Plugin) -> list[_Pin]:
    """The releases that are fixed: those of the lock file, else the exact requirements."""
    content = plugin.read(_LOCK, _MAX_LOCK_BYTES) if plugin.has_file(_LOCK) else None
    if content is not None:
        pins = []
        text = content.decode("utf-8", "replace")
        line, at = 1, 0
        for found in _LOCKED.finditer(text):
            line, at = line + text.count("\n", at, found.start("version")), found.start("version")
            column = at - text.rfind("\n", 0, at)
            span = Span(line, column, line, column + len(found["version"]))
            pins.append(_Pin(canonicalize_name(found["name"]), found["version"], _LOCK, span))
        return pins
    pins = []
    for each in declared_requirements(plugin):
        clauses = list(each.specifier)
        exact = len(clauses) == 1 and clauses[0].operator in ("==", "===") and "*" not in clauses[0].version
        if each.path == REQUIREMENTS and each.url is None and exact:
            pins.append(_Pin(each.name, clauses[0].version, each.path, each.span))
    return pins


@rule(
    "marketplace/vulnerable-dependency",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A dependency that is fixed to one release has a known vulnerability.",
    why="The release that is locked is the one that runs with the users' keys and data. OSV, which the marketplace's "
    "own check asks, knows of the vulnerability; whether the plugin can be reached by it, it does not know. "
    "`lookups: vulnerabilities` asks.",
    fix="Lock a release that the advisory names as mended.",
    authorities=(Authority(By.MARKETPLACE, "The maintainers' scan names it.", "toolkit/checks/vulns.py"),),
    bad=Example(
        "requests==2.19.0\ndify_plugin>=0.9.0,<1\n",
        path="requirements.txt",
        whole=True,
        lookups=Known(
            vulnerabilities=(
                Answer(State.YES),
                [Vulnerability("requests", "2.19.0", ("CVE-2018-18074", "GHSA-x84v-xcm2-53pg"), "high")],
            )
        ),
    ),
    good=Example(
        "requests==2.32.4\ndify_plugin>=0.9.0,<1\n",
        path="requirements.txt",
        whole=True,
        lookups=Known(vulnerabilities=(Answer(State.NO), [])),
    ),
)
def vulnerable(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.is_bundle:
        return
    lookups = plugin.options.lookups
    pins = _pins(plugin) if lookups is not NOTHING else []
    answer, found = lookups.vulnerabilities([(pin.name, pin.version) for pin in pins])
    yield from missing(plugin, answer)
    by_release: dict[tuple[str, str], list[Vulnerability]] = {}
    for item in found:
        by_release.setdefault((item.package, item.version), []).append(item)
    for pin in {(pin.name, pin.version): pin for pin in reversed(pins)}.values():
        items = by_release.get((pin.name, pin.version), [])
        if items:
            message = say(
                "{value} has known vulnerabilities: {named}.",
                value=quote(f"{pin.name} {pin.version}"),
                named=_named(items),
            )
            yield Hit(message, pin.path, pin.span, subject=pin.name, group="vulnerabilities")


def _named(items: Sequence[Vulnerability]) -> str:
    """The vulnerabilities by one of their ids, the worst first."""
    order = ("critical", "high", "medium", "low", "")
    ranked = sorted(items, key=lambda item: (order.index(item.severity), item.ids))
    shown = [
        say("{vulnerability} ({severity})", vulnerability=name, severity=item.severity) if item.severity else name
        for item in ranked[:3]
        if (name := quote(next((each for each in item.ids if each.startswith("CVE-")), item.ids[0])))
    ]
    return and_more(listed(shown), len(ranked) - 3)
