"""Rules about the privacy policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml import ScalarNode

from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.format.judge.verdict import quoted
from bot.messages import say
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.documents import PRIVACY, text
from bot.plugin.markdown import span_at
from bot.plugin.paths import normalise, tidied
from bot.rules.registry import Example, Hit, at_value, rule

_REFUSES = say("The marketplace refuses the plugin.")
_CHECK = "toolkit/checks/manifest.py"
_MARKETPLACE = (
    Authority(By.MARKETPLACE, _REFUSES, _CHECK),
    Authority(By.DOCS, "The policy is required for the marketplace.", "plugin-info-by-manifest.mdx:232"),
)
_URL = regex(r"https?://\S+", re.IGNORECASE)
_SCHEME = regex(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def _blocks(plugin: Plugin) -> Severity:
    """Policy of the marketplace is an error where it counts."""
    return Severity.ERROR if plugin.options.profile is Profile.MARKETPLACE else Severity.WARNING


def _named(plugin: Plugin) -> str | None:
    """The file that the manifest names as the policy, in the spelling of the disk, if it is there."""
    written = plugin.manifest.text_at("privacy")
    path = normalise(written) if written and not _SCHEME.match(written) else None
    return path if path is not None and plugin.has_file(path) else None


def _is_hosted(plugin: Plugin) -> bool:
    return _URL.fullmatch(plugin.manifest.text_at("privacy") or "") is not None


@rule(
    "privacy/missing",
    severity=Severity.NOTICE,
    summary="The manifest names no privacy policy.",
    why="The marketplace wants `privacy` in the manifest, a file of the package or a URL, and a file `PRIVACY.md` "
    "besides; there it is an error. Elsewhere a plugin needs neither, and all that is said is that nothing points at a "
    "`PRIVACY.md` that is there.",
    fix="Add `PRIVACY.md`, which says what data the plugin handles, and `privacy: PRIVACY.md` in the manifest.",
    authorities=_MARKETPLACE,
    bad=Example('privacy: ""\n'),
    good=Example("privacy: PRIVACY.md\n"),
)
def missing(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.manifest.readable:
        return
    written = (plugin.manifest.text_at("privacy") or "").strip()
    has_file = plugin.has_file(PRIVACY)
    if plugin.options.profile is Profile.MARKETPLACE:
        if not written:
            message = say("The manifest names no privacy policy. {refuses}", refuses=_REFUSES)
            yield at_value(plugin.manifest, ("privacy",), message, severity=Severity.ERROR)
        elif not has_file and _URL.fullmatch(written):
            # The submission requirements allow a policy that is hosted, and the pre-check does not.
            message = say(
                "The pre-check of the marketplace refuses a plugin without a file `PRIVACY.md`, although a "
                "policy at an address is allowed: add a `PRIVACY.md` with the same text, or with the address."
            )
            yield at_value(plugin.manifest, ("privacy",), message, severity=Severity.WARNING)
        elif not has_file and _named(plugin):
            message = say(
                "The pre-check of the marketplace wants the policy in a file `PRIVACY.md`, in just this "
                "spelling: rename {named}, and name it in `privacy`. {refuses}",
                named=quote(_named(plugin)),
                refuses=_REFUSES,
            )
            yield at_value(plugin.manifest, ("privacy",), message, severity=Severity.ERROR)
    elif has_file and not written:
        message = say("There is a `PRIVACY.md`, but `privacy` in the manifest does not name it.")
        yield at_value(plugin.manifest, ("privacy",), message)


@rule(
    "privacy/missing-file",
    severity=Severity.WARNING,
    summary="`privacy` names a file that is not there.",
    why="The packager takes any text. Readers find nothing, and the marketplace refuses the plugin.",
    fix="Write the path of the file as it is spelled, `PRIVACY.md` as a rule, or a URL.",
    authorities=_MARKETPLACE,
    bad=Example("privacy: privacy.md\n"),
    good=Example("privacy: PRIVACY.md\n"),
)
def missing_file(plugin: Plugin) -> Iterator[Hit]:
    written = plugin.manifest.text_at("privacy")
    if plugin.is_bundle or not written or not written.strip():
        return
    if _URL.fullmatch(written) or _named(plugin):
        if plugin.options.profile is Profile.MARKETPLACE:
            yield from _in_refused_form(plugin, written)
        return
    if (normalise(written) or "") in plugin.tree.entries():
        return  # A link: what it leads to is packed.
    path = tidied(written)
    actual = plugin.files_by_lower.get(path.lower()) if path is not None else None
    fix = None
    if actual is not None:
        message = say(
            "The privacy policy is spelled {actual}, not {written}.", actual=quote(actual), written=quote(written)
        )
        node = plugin.manifest.node(("privacy",))
        if isinstance(node, ScalarNode) and "\n" not in node.value:
            plain = actual if re.fullmatch(r"[\w./-]+", actual) else quoted(actual)
            edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), plain)
            fix = Fix(say("Write {actual}", actual=quote(actual)), Safety.SAFE, (edit,))
    elif _SCHEME.match(written):
        message = say(
            "{written} is neither a file of the plugin nor an address that begins with `https://`.",
            written=quote(written),
        )
    else:
        message = say("There is no file {written}.", written=quote(written))
    yield at_value(plugin.manifest, ("privacy",), message, subject=written, fix=fix, severity=_blocks(plugin))


def _in_refused_form(plugin: Plugin, written: str) -> Iterator[Hit]:
    """What leads to the policy, and not for the pre-check, which knows small letters and relative paths only."""
    if _URL.fullmatch(written):
        scheme, rest = written.split(":", 1)
        right, severity = f"{scheme.lower()}:{rest}", Severity.WARNING
    else:
        right, severity = _named(plugin) or "", Severity.ERROR
        if not written.removeprefix("./").startswith("/"):
            return
    if right == written:
        return
    message = say(
        "The pre-check of the marketplace refuses {written}: write {right}.", written=quote(written), right=quote(right)
    )
    span = plugin.manifest.span(("privacy",))
    fix = Fix(say("Write {actual}", actual=quote(right)), Safety.SAFE, (Edit(plugin.manifest.path, span, right),))
    is_plain = re.fullmatch(r"[\w./-]+|https?://[\w./?=&%-]+", right) is not None
    yield at_value(
        plugin.manifest, ("privacy",), message, subject=written, fix=fix if is_plain else None, severity=severity
    )


@rule(
    "privacy/ignored",
    severity=Severity.WARNING,
    summary="The privacy policy is left out of the package.",
    why="The marketplace and readers look for it in the package.",
    fix="Narrow the pattern in the ignore file.",
    authorities=(Authority(By.MARKETPLACE, _REFUSES, _CHECK),),
    bad=Example("PRIVACY.md\n", path=".difyignore", whole=True),
    good=Example("__pycache__/\n", path=".difyignore", whole=True),
)
def ignored(plugin: Plugin) -> Iterator[Hit]:
    path = _named(plugin)
    pattern = plugin.packing.left_out_by(path) if path is not None else None
    if pattern is not None:
        by = say("{text} in {path}", text=quote(pattern.text), path=quote(plugin.packing.ignore.path))
        message = say("{path} is left out of the package by {by}.", path=quote(path), by=by)
        yield at_value(plugin.manifest, ("privacy",), message, subject=path or "", severity=_blocks(plugin))


#: Words of which the pre-check looks for one, in lower case and within words too.
_DISCLOSURE = (
    "collect",
    "personal data",
    "user data",
    "store",
    "storage",
    "retain",
    "retention",
    "persist",
    "log",
    "third party",
    "third-party",
    "share",
    "send",
    "transmit",
    "external service",
)


@rule(
    "privacy/no-disclosure",
    severity=Severity.WARNING,
    summary="The privacy policy does not say what happens to data.",
    why="The marketplace looks for words on collecting, keeping, logging, sending and sharing data, and warns where "
    "it finds no such word.",
    fix="Say which data the plugin handles, to whom it sends them, and how long they are kept, or that it does not "
    "collect any.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace warns.", _CHECK),),
    bad=Example("# Privacy\n\nWe like the weather.\n", path="PRIVACY.md", whole=True, profile=Profile.MARKETPLACE),
    good=Example(
        "The plugin sends the name of the place to weather.example.\n",
        path="PRIVACY.md",
        whole=True,
        profile=Profile.MARKETPLACE,
    ),
)
def no_disclosure(plugin: Plugin) -> Iterator[Hit]:
    path = _named(plugin)
    if plugin.is_bundle or plugin.options.profile is not Profile.MARKETPLACE or path is None:
        return
    content = (text(plugin, path) or "").lower()
    if content.strip() and not _TEMPLATE.search(content) and not any(word in content for word in _DISCLOSURE):
        yield Hit(say("The policy does not say which data are collected, kept, sent or shared."), path)


_TEMPLATE = regex("please fill in the privacy policy", re.IGNORECASE)


@rule(
    "privacy/template",
    severity=Severity.WARNING,
    summary="The privacy policy is empty, or still the one of the template.",
    why="It says nothing about what the plugin does with data. The marketplace refuses it.",
    fix="Write which data the plugin handles, to whom it sends them, and how long they are kept.",
    authorities=_MARKETPLACE,
    bad=Example("!!! Please fill in the privacy policy of the plugin.\n", path="PRIVACY.md", whole=True),
    good=Example("The plugin sends the name of the place to weather.example.\n", path="PRIVACY.md", whole=True),
)
def template(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    named = _named(plugin)
    paths = dict.fromkeys(path for path in (named, PRIVACY) if path is not None and plugin.has_file(path))
    for path in paths:
        content = text(plugin, path)
        if content is None:
            continue
        found = _TEMPLATE.search(content)
        if found is not None:
            message = say("The privacy policy is still the text of the template, which asks to be filled in.")
            # The pre-check reads the policy that the manifest names: of another file it wants only that it is there.
            severity = Severity.WARNING if path != named and _is_hosted(plugin) else _blocks(plugin)
            yield Hit(message, path, span_at(content, found.start(), len(found[0])), severity=severity)
        elif not content.strip():
            yield Hit(say("The privacy policy is an empty file."), path, severity=_blocks(plugin))
