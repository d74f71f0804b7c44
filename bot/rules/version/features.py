"""Rules about what the declared versions of the SDK and of Dify know."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version
from yaml import ScalarNode

from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.format.gates import SDK_VERSIONS, Older, Since, dify_has, dify_release, is_known
from bot.format.judge.adding import added
from bot.format.judge.consequence import loss, refusal
from bot.format.judge.verdict import quoted
from bot.messages import Message, joined, listed, say, sentences
from bot.plugin import Plugin
from bot.plugin.dependencies import declared_sdk
from bot.plugin.needs import Used, needed_dify, used_features
from bot.rules.registry import Example, Hit, NotJudged, at_key, at_value, rule

_TOOL = "tools/current_weather.yaml"
_DATE = (
    "parameters:\n  - name: day\n    type: date\n    form: form\n    label:\n      en_US: Day\n"
    "    human_description:\n      en_US: The day to look at.\n"
)


@rule(
    "version/sdk-feature",
    severity=Severity.ERROR,
    summary="The plugin uses a feature that the SDK it asks for does not have.",
    why="Types, features and keys have come with releases of `dify_plugin`. A release that is too old refuses a "
    "document with a type that it does not know, so the plugin does not start, and ignores keys that it does not know. "
    "It is an error when the declared range holds no release that has the feature, and a warning when it holds older "
    "ones too: an installation may have one of those locked.",
    fix="Raise the lower bound to the version that the finding names, or do without the feature.",
    authorities=(Authority(By.SDK, "The plugin does not start, or the feature does not work.", "PyPI, dify_plugin"),),
    bad=Example(_DATE, path=_TOOL, files={"requirements.txt": "dify_plugin>=0.9.0,<0.10\n"}),
    good=Example(_DATE, path=_TOOL, files={"requirements.txt": "dify_plugin>=0.10.1,<1\n"}),
)
def sdk_feature(plugin: Plugin) -> Iterator[Hit]:
    declared = declared_sdk(plugin)
    if plugin.is_bundle or declared is None or declared.url is not None or not declared.specifier:
        return
    found: list[tuple[Since, Severity, Used]] = []
    for used in plugin.derived(used_features):
        since = used.feature.sdk
        severity = _severity(since, declared.specifier) if since is not None else None
        if since is not None and severity is not None:
            found.append((since, severity, used))
    for since, severity, used in found:
        if since.older is Older.HIDES and any(other.older is not Older.HIDES for other, *_ in found):
            continue  # The finding that matters asks for a newer SDK already.
        allows = say("allows older ones only") if _excluded(since, declared.specifier) else say("allows older ones too")
        happens = _OLDER_SDK[since.older]
        message = say(
            "{name} needs version {release} or later of the SDK, but {text} in {path} {allows}. {happens}",
            name=say(used.feature.name),
            release=since.release,
            text=quote(declared.text),
            path=quote(declared.path),
            allows=allows,
            happens=happens,
        )
        authorities = (Authority(By.SDK, happens, since.source),)
        subject = f"{used.feature.name} {used.value!s:.80}"
        yield _at(used, message, severity=severity, authorities=authorities, subject=subject)


_OLDER_SDK = {
    Older.REFUSES: say("An older SDK refuses the document, and the plugin does not start."),
    Older.LOSES: say("An older SDK knows nothing of it: what it adds never works."),
    # The daemon reads the key itself, so an installed plugin has it all the same.
    Older.HIDES: say("Remote debugging with an older SDK ignores it."),
}


def _at(used: Used, message: str, **more: Any) -> Hit:
    place = at_key if isinstance(used.value, list | dict) else at_value
    return place(used.document, used.pointer, message, **more)


def _severity(since: Since, specifier: SpecifierSet) -> Severity | None:
    """How bad it is to use a feature with the SDKs of a range; None when they all have it."""
    if _excluded(since, specifier):
        return Severity.NOTICE if since.older is Older.HIDES else Severity.ERROR
    if since.older is Older.HIDES or not any(clause.operator in _LOWER_BOUNDS for clause in specifier):
        return None  # Without a lower bound, the requirement is a finding of its own.
    if any(release < since.version for release in _released(str(specifier))):
        return Severity.WARNING
    return None


_LOWER_BOUNDS = {">=", ">", "==", "===", "~="}


def _excluded(since: Since, specifier: SpecifierSet) -> bool:
    """Whether no release that has the feature is in the range, now or later."""
    return not any(release >= since.version for release in (*_released(str(specifier)), *_to_come(str(specifier))))


@lru_cache(maxsize=64)
def _released(specifier: str) -> tuple[Version, ...]:
    """The releases of the SDK in a range."""
    return tuple(SpecifierSet(specifier).filter(SDK_VERSIONS))


@lru_cache(maxsize=64)
def _to_come(specifier: str) -> tuple[Version, ...]:
    """Versions in a range that may be released one day: whether it is open upwards."""
    return tuple(SpecifierSet(specifier).filter(_FUTURE))


_FUTURE = [Version(text) for text in ("0.10.3", "0.11.0", "0.12.0", "0.99.0", "1.0.0", "1.99.0", "99.0.0")]


_META = (
    "meta:\n  version: 0.0.1\n  arch: [amd64]\n  minimum_dify_version: {}\n  runner:\n    language: python\n"
    '    version: "3.12"\n    entrypoint: main\n'
)


_MINIMUM = ("meta", "minimum_dify_version")
#: A plugin that names no oldest Dify, and needs none later than this, is left in peace.
_SETTLED = Version("1.10.0")
#: So many features are named in one message.
_NAMED = 4


@rule(
    "version/dify-feature",
    severity=Severity.ERROR,
    summary="The plugin needs a later Dify than it asks for.",
    why="Types, features and keys have come with releases of Dify. A release that does not know a type refuses the "
    "whole list in which the plugin stands: the plugin cannot be installed there, or all tools of the workspace "
    "disappear. A key that it does not know is dropped (a warning). With `meta.minimum_dify_version` the console does "
    "not offer the plugin to older releases. Without it this is a notice, if the plugin needs more than 1.10.0. "
    "With `--dify` the same is asked of the release that is named.",
    fix="Name the version that the finding names, or a later one, or do without the feature.",
    authorities=(
        Authority(By.PLATFORM, "An older Dify refuses the plugin, or goes without what it adds.", "format/gates.toml"),
    ),
    bad=Example(_META.format("1.8.0"), base="datasource"),
    good=Example(_META.format("1.9.0"), base="datasource"),
)
def dify_feature(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.is_bundle:
        return
    yield from _asked_for(plugin)
    written = plugin.manifest.text_at(*_MINIMUM)
    if written is None:
        if plugin.manifest.get(*_MINIMUM) is None:
            yield from _unsaid(plugin)
        return
    declared = dify_release(written)
    if declared is None:
        return  # `manifest/minimum-dify-version` says so.
    # No Dify before 1.0.0 has plugins.
    declared = max(declared, Version("1.0.0"))
    lacking, unknown = _lacking(plugin, declared)
    if unknown:
        yield _unknown(unknown, say("Dify {written}, the oldest that the plugin asks for,", written=quote(written)))
    if lacking:
        required = max(since.version for _, since in lacking)
        message = say(
            "The plugin asks for Dify {written} or later, but needs {required}: {because}.",
            written=quote(written),
            required=str(required),
            because=_because(lacking),
        )
        node = plugin.manifest.node(_MINIMUM)
        fix = None
        if isinstance(node, ScalarNode):
            edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), quoted(str(required)))
            fix = Fix(say("Ask for {required}", required=quote(required)), _safety(lacking, required), (edit,))
        subject = ",".join([written, *(used.feature.name for used, _ in lacking)])
        severity, authorities = _judged(lacking)
        message = _message(lacking, message)
        yield at_value(
            plugin.manifest, _MINIMUM, message, severity=severity, authorities=authorities, subject=subject, fix=fix
        )


def _safety(lacking: list[tuple[Used, Since]], required: Version) -> Safety:
    """Whether a later Dify can be asked for unseen: where all that are shut out refuse the plugin anyway."""
    refusing = [since.version for _, since in lacking if since.older is Older.REFUSES]
    return Safety.SAFE if required in refusing else Safety.UNSAFE


def _asked_for(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    """What does not work on the release that `--dify` names."""
    asked = dify_release(plugin.options.dify) if plugin.options.dify else None
    if asked is None:
        return
    if not is_known(asked):
        yield NotJudged(
            say("Dify {dify} is not among the releases that this tool knows", dify=quote(plugin.options.dify))
        )
    lacking, unknown = _lacking(plugin, asked)
    if unknown and is_known(asked):
        yield _unknown(unknown, say("Dify {dify}", dify=quote(plugin.options.dify)))
    for used, since in lacking:
        message = say("{name} came with Dify {release}.", name=say(used.feature.name), release=since.release)
        message = _message([(used, since)], message, say("Dify {dify}", dify=plugin.options.dify))
        severity, authorities = _judged([(used, since)])
        subject = f"--dify {used.feature.name}"
        yield _at(used, message, severity=severity, authorities=authorities, subject=subject)


def _unsaid(plugin: Plugin) -> Iterator[Hit]:
    needs = plugin.derived(needed_dify)
    if not needs or not isinstance(plugin.manifest.get("meta"), dict):
        return
    required = max(since.version for _, since in needs)
    if required <= _SETTLED:
        return
    newest = [(used, since) for used, since in needs if since.version > _SETTLED]
    message = say(
        "The plugin does not say which Dify it needs. It needs {required}: {because}.",
        required=str(required),
        because=_because(newest),
    )
    edits = added(plugin.manifest, ("meta",), {"minimum_dify_version": quoted(str(required))})
    fix = Fix(say("Ask for {required}", required=quote(required)), Safety.UNSAFE, edits) if edits is not None else None
    _, authorities = _judged(newest)
    youngest, _ = max(newest, key=lambda each: each[1].version)
    yield _at(
        youngest,
        _message(newest, message),
        severity=Severity.NOTICE,
        authorities=authorities,
        subject=",".join(used.feature.name for used, _ in newest),
        fix=fix,
    )


def _lacking(plugin: Plugin, release: Version) -> tuple[list[tuple[Used, Since]], list[Used]]:
    """The features in use that a release does not have, and those of which that is not known."""
    lacking = []
    unknown = []
    for used, since in plugin.derived(needed_dify):
        has = dify_has(since.release, release)
        if has is False:
            lacking.append((used, since))
        elif has is None:
            unknown.append(used)
    return lacking, unknown


def _unknown(unknown: list[Used], release: str) -> NotJudged:
    names = listed(_within(used.feature.name) for used in unknown[:_NAMED])
    return NotJudged(
        say(
            "it is not known for this release whether {release} has what the plugin uses: {names}",
            release=release,
            names=names,
        )
    )


def _because(lacking: list[tuple[Used, Since]]) -> Message:
    """The features with their places, the youngest first, as the rest of a sentence."""
    youngest = sorted(lacking, key=lambda each: each[1].version, reverse=True)
    named = [
        say(
            "{within} ({path}, line {line}) came with {release}",
            within=_within(used.feature.name),
            path=quote(used.document.path),
            line=used.line,
            release=since.release,
        )
        for used, since in youngest[:_NAMED]
    ]
    if len(youngest) > _NAMED:
        named.append(say("{count} more", count=len(youngest) - _NAMED))
    return joined("{first}; {second}", named)


def _within(name: str) -> Message:
    """A name that begins a sentence, as it stands within one."""
    return say(name) if name[1:2].isupper() else say(name).clause()


def _message(lacking: list[tuple[Used, Since]], problem: Message, dify: Message | None = None) -> Message:
    """A whole message: what a Dify that lacks the features loses comes first, what it only hides last."""
    refused = [(used, since) for used, since in lacking if since.older is Older.REFUSES]
    if refused:
        used, since = max(refused, key=lambda each: each[1].version)
        before = say("a Dify before {release}", release=since.release)
        return sentences(loss(used.kind, dify=dify or before), problem)
    if any(since.older is Older.LOSES for _, since in lacking):
        return say(
            "{problem} {dify} installs the plugin, and nobody can use it.",
            problem=problem,
            dify=dify or say("An older Dify"),
        )
    return say("{problem} {dify} ignores it.", problem=problem, dify=dify or say("An older Dify"))


def _judged(lacking: list[tuple[Used, Since]]) -> tuple[Severity, tuple[Authority, ...]]:
    refused = [(used, since) for used, since in lacking if since.older is Older.REFUSES]
    if refused:
        used, since = max(refused, key=lambda each: each[1].version)
        return Severity.ERROR, (refusal(used.kind, None, since.source),)
    _, since = max(lacking, key=lambda each: each[1].version)
    happens = (
        say("An older Dify cannot use the plugin.")
        if since.older is Older.LOSES
        else say("An older Dify drops the key.")
    )
    return Severity.WARNING, (Authority(By.PLATFORM, happens, since.source),)
