"""Rules about what the marketplace wants to read in a README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from bot.findings import Authority, By, Severity, quote, quote_list
from bot.locale import readme
from bot.messages import listed, say
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.documents import README, text
from bot.rules.marketplace.asked import REFUSES, is_submitted, policy, refusal
from bot.rules.registry import Example, Hit, rule

_CHECK = "toolkit/checks/readme.py"
_WARNS = (Authority(By.MARKETPLACE, "The marketplace warns.", _CHECK),)
_COMPLETE = (
    "# Weather\n\n## Setup\n\nInstall the plugin and enter the API key.\n\n## Usage\n\nAdd the tool to a workflow.\n\n"
    "## Connection\n\nThe plugin needs the network.\n\nhttps://github.com/acme/weather\n"
)


@cache
def _source_links(hosts: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(host) for host in hosts)
    return re.compile(rf"https?://(?:www\.)?(?:{names})/[^\s)>\"]", re.IGNORECASE)


@rule(
    "readme/no-source",
    severity=Severity.ERROR,
    summary="`README.md` has no address of the plugin's source.",
    why="The marketplace wants an address on an accepted host anywhere in `README.md`.",
    fix="Add a line such as `Source: https://github.com/<owner>/<repository>`.",
    authorities=(Authority(By.MARKETPLACE, REFUSES, f"{_CHECK}, toolkit/checks/source_hosts.py"),),
    bad=Example("# Weather\n\nThe current weather.\n", path=README, whole=True, profile=Profile.MARKETPLACE),
    good=Example(_COMPLETE, path=README, whole=True, profile=Profile.MARKETPLACE),
)
def no_source(plugin: Plugin) -> Iterator[Hit]:
    severity = refusal(plugin, "readme-metadata/source", None)
    content = text(plugin, README) if severity is not None else None
    if content is None or not content.strip():
        return  # What is missing or empty is said.
    hosts = policy(plugin).source_hosts
    if not _source_links(hosts).search(content):
        message = say(
            "`README.md` has no address of the source. The marketplace accepts {hosts}. {refuses}",
            hosts=quote_list(hosts),
            refuses=REFUSES,
        )
        yield Hit(message, README, severity=severity)


#: What the pre-check looks for, in lower case and within words too.
_SECTIONS = {
    "set-up": ("setup", "install", "configure", "configuration", "getting started"),
    "use": ("use", "usage", "example", "workflow", "chatflow"),
    "credentials": ("api key", "apikey", "credential", "token", "secret", "auth"),
    "connection": ("connect", "endpoint", "base url", "host", "proxy", "network"),
}


@rule(
    "readme/no-section",
    severity=Severity.NOTICE,
    summary="`README.md` does not speak of set-up, use, credentials or connection.",
    why="The marketplace looks for words about each of the four, and warns where it finds no such word.",
    fix="Write a section on each, even if it says that nothing is needed.",
    authorities=_WARNS,
    bad=Example("# Weather\n\nhttps://github.com/acme/weather\n", path=README, whole=True, profile=Profile.MARKETPLACE),
    good=Example(_COMPLETE, path=README, whole=True, profile=Profile.MARKETPLACE),
)
def no_section(plugin: Plugin) -> Iterator[Hit]:
    if not is_submitted(plugin) or not policy(plugin).has("readme-metadata/sections"):
        return
    content = (text(plugin, README) or "").lower()
    missing = [name for name, words in _SECTIONS.items() if not any(word in content for word in words)]
    if content.strip() and missing:
        message = say("`README.md` has no word about {listed}. The marketplace warns.", listed=_listed(missing))
        yield Hit(message, README, subject=" ".join(missing))


def _listed(names: list[str]) -> str:
    *most, last = map(say, names)
    return say("{first} or {second}", first=listed(most), second=last) if most else last


_LOCALIZED = regex(r"README[_-][A-Za-z]{2,3}(?:[_-][A-Za-z0-9]+)?\.md")


@rule(
    "readme/locale-name",
    severity=Severity.NOTICE,
    summary="A README in another language has a name that the marketplace warns about.",
    why="The pre-check warns about names such as `README_zh.md` in the root of the package, and proposes "
    "`README.<locale>.md`. Dify itself reads `readme/README_<locale>.md` and nothing else.",
    fix="Move the file to `readme/README_<locale>.md`, or remove it where that one is there.",
    authorities=_WARNS,
    bad=Example(
        "",
        files={"README_CN.md": "# 天气\n", "readme/README_zh_Hans.md": "# 天气\n"},
        profile=Profile.MARKETPLACE,
    ),
    good=Example("", files={"readme/README_zh_Hans.md": "# 天气\n"}, profile=Profile.MARKETPLACE),
)
def locale_name(plugin: Plugin) -> Iterator[Hit]:
    if not is_submitted(plugin) or not policy(plugin).has("readme-metadata/locale-name"):
        return
    paths = tuple(path for path in plugin.packed_files if path.endswith(".md"))
    lost = {found.path for found in readme.lost(paths) if not plugin.has_file(readme.PATH.format(found.locale))}
    for path in sorted(set(paths) - lost):
        if _LOCALIZED.fullmatch(path):
            message = say(
                "The pre-check warns about the name {path}. Dify reads `readme/README_<locale>.md` alone.",
                path=quote(path),
            )
            yield Hit(message, path)
