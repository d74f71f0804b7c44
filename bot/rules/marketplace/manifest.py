"""Rules about the fields of the manifest for which only the marketplace asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.findings import Authority, By, Severity, quote, quote_list
from bot.messages import say
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.rules.marketplace.asked import REFUSES, is_submitted, policy, refusal
from bot.rules.registry import Example, Hit, at_parent, at_value, rule

_CHECK = "toolkit/checks/manifest.py"
_AUTHORITIES = (Authority(By.MARKETPLACE, REFUSES, _CHECK),)

#: What the pre-check takes for an e-mail address: one `@`, and a domain with a dot.
_EMAIL = regex(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@rule(
    "marketplace/contact",
    severity=Severity.WARNING,
    summary="`contact` is not an e-mail address, or is missing.",
    why="The marketplace wants an address at which the author can be reached. Packager and installer ignore the key.",
    fix="Add `contact: name@example.com` to the manifest, with one address that is read.",
    authorities=_AUTHORITIES,
    bad=Example("contact: acme.example/support\n"),
    good=Example("contact: support@acme.example\n"),
)
def contact(plugin: Plugin) -> Iterator[Hit]:
    manifest = plugin.manifest
    if plugin.is_bundle or not manifest.readable:
        return
    severity = refusal(plugin, "manifest-metadata/contact")
    value = manifest.get("contact")
    written = value.strip() if isinstance(value, str) else value
    if written is None or written == "":
        if is_submitted(plugin) and severity is Severity.ERROR:
            message = say("The manifest has no `contact`, an e-mail address of the author. {refuses}", refuses=REFUSES)
            yield at_value(manifest, ("contact",), message, severity=severity)
    elif not isinstance(written, str) or not _EMAIL.fullmatch(written):
        message = say(
            "`contact` must be one e-mail address, not {written}. {refuses}", written=quote(written), refuses=REFUSES
        )
        yield at_value(manifest, ("contact",), message, severity=severity, subject=str(written)[:200])


_WEB: Final = regex(r"https?://([^\s/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


@rule(
    "marketplace/repository",
    severity=Severity.ERROR,
    summary="`repo` is not a source repository on an accepted host, or is missing.",
    why="Reviewers and users look at the source. The marketplace accepts the hosts that its policy lists, and wants "
    "the repository, not the front page of the host.",
    fix="Add `repo: https://github.com/<owner>/<repository>` to the manifest. Another host is accepted after a pull "
    "request to the marketplace's toolkit.",
    authorities=(Authority(By.MARKETPLACE, REFUSES, f"{_CHECK}, toolkit/checks/source_hosts.py"),),
    bad=Example("repo: https://git.acme.example/weather\n", profile=Profile.MARKETPLACE),
    good=Example("repo: https://github.com/acme/weather\n", profile=Profile.MARKETPLACE),
    yields_to=("manifest/repo-url",),
)
def repository(plugin: Plugin) -> Iterator[Hit]:
    manifest = plugin.manifest
    if plugin.is_bundle or not manifest.readable:
        return
    severity = refusal(plugin, "manifest-metadata/repo", None)
    written = manifest.text_at("repo")
    if manifest.get("repo") is None:
        if severity is not None:
            message = say("The manifest has no `repo`, the address of the plugin's source. {refuses}", refuses=REFUSES)
            yield at_value(manifest, ("repo",), message, severity=severity)
        return
    if not written or severity is None:
        return
    found = _WEB.fullmatch(written.strip())
    hosts = policy(plugin).source_hosts
    host = found[1].lower().removeprefix("www.") if found is not None else ""
    if found is None:  # What is no address at all, the packager refuses.
        message = say(
            "`repo` must be an address that begins with `https://`: {written}. {refuses}",
            written=quote(written),
            refuses=REFUSES,
        )
    elif host not in hosts:
        shown = quote(found[1])
        message = say(
            "`repo` is on {shown}; the marketplace accepts {hosts}. {refuses}",
            shown=shown,
            hosts=quote_list(hosts),
            refuses=REFUSES,
        )
    elif not re.fullmatch(r"/[^\s)>\"]+", found[2]):
        message = say(
            "`repo` names the host and no repository: {written}. {refuses}", written=quote(written), refuses=REFUSES
        )
    else:
        return
    yield at_value(manifest, ("repo",), message, severity=severity, subject=written)


_RESERVED: Final = ("langgenius", "dify")


@rule(
    "marketplace/reserved-author",
    severity=Severity.ERROR,
    summary="The author contains a name that is kept for Dify itself.",
    why="The marketplace refuses authors with `dify` or `langgenius` in any place: the pre-check compares letters as "
    "they are, the maintainers compare them without case.",
    fix="Choose an author without these names. Where the plugin is installed already, it becomes another plugin.",
    authorities=_AUTHORITIES,
    bad=Example("author: dify-fans\n", profile=Profile.MARKETPLACE),
    good=Example("author: acme\n", profile=Profile.MARKETPLACE),
)
def reserved_author(plugin: Plugin) -> Iterator[Hit]:
    written = plugin.manifest.text_at("author") or ""
    severity = refusal(plugin, "manifest-metadata/author", None)
    found = [name for name in _RESERVED if name in written.lower()]
    if severity is not None and found:
        message = say(
            "The author {written} contains {found}, which is kept for Dify. {refuses}",
            written=quote(written),
            found=quote(found[0]),
            refuses=REFUSES,
        )
        yield at_value(plugin.manifest, ("author",), message, severity=severity, subject=written)


@rule(
    "marketplace/minimum-dify-version",
    severity=Severity.WARNING,
    summary="The manifest does not name the oldest Dify on which the plugin works.",
    why="The marketplace recommends `meta.minimum_dify_version`: without it an old Dify installs a plugin that it "
    "cannot use.",
    fix="Add `minimum_dify_version` to `meta`.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace warns.", _CHECK),),
    bad=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  runner:\n    language: python\n    version: '3.12'\n"
        "    entrypoint: main\n",
        profile=Profile.MARKETPLACE,
    ),
    good=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  minimum_dify_version: 1.14.2\n  runner:\n    language: python\n"
        "    version: '3.12'\n    entrypoint: main\n",
        profile=Profile.MARKETPLACE,
    ),
)
def minimum_dify_version(plugin: Plugin) -> Iterator[Hit]:
    if not is_submitted(plugin) or not policy(plugin).has("manifest-metadata/minimum-dify-version"):
        return
    if not isinstance(plugin.manifest.get("meta"), dict):
        return  # Which is said.
    pointer = ("meta", "minimum_dify_version")
    if plugin.manifest.get(*pointer) is None:
        message = say(
            "`meta` has no `minimum_dify_version`. The marketplace asks for it, and does not refuse the plugin."
        )
        yield at_parent(plugin.manifest, pointer, message)
