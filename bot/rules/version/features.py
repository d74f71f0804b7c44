"""Rules about what the declared versions of the SDK and of Dify know."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version
from yaml import ScalarNode

from bot.document import Document, Pointer
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.format.gates import DIFY_GATES, SDK_GATES, SDK_RELEASES, Older, SdkGate, Use
from bot.format.judge.fields import matches
from bot.format.judge.verdict import quoted
from bot.plugin import Plugin
from bot.plugin.dependencies import declared_sdk
from bot.rules.registry import Example, Hit, at_key, at_value, rule

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
    found: list[tuple[SdkGate, Severity, Document, Pointer, Any]] = []
    for gate in SDK_GATES:
        severity = _severity(gate, declared.specifier)
        use = _first_use(plugin, gate.uses) if severity is not None else None
        if severity is not None and use is not None:
            found.append((gate, severity, *use))
    for gate, severity, document, pointer, value in found:
        if gate.older is Older.HIDES and any(other.older is not Older.HIDES for other, *_ in found):
            continue  # The finding that matters asks for a newer SDK already.
        allows = "allows older ones only" if _excluded(gate, declared.specifier) else "allows older ones too"
        message = (
            f"{gate.feature} needs version {gate.since} or later of the SDK, but {quote(declared.text)} in "
            f"{quote(declared.path)} {allows}. {gate.older.value}"
        )
        place = at_key if isinstance(value, list | dict) else at_value
        authorities = (Authority(By.SDK, gate.older.value, gate.source),)
        subject = f"{gate.feature} {value!s:.80}"
        yield place(document, pointer, message, severity=severity, authorities=authorities, subject=subject)


def _severity(gate: SdkGate, specifier: SpecifierSet) -> Severity | None:
    """How bad it is to use the feature with the SDKs of a range; None when they all have it."""
    if _excluded(gate, specifier):
        return Severity.NOTICE if gate.older is Older.HIDES else Severity.ERROR
    if gate.older is Older.HIDES or not any(clause.operator in _LOWER_BOUNDS for clause in specifier):
        return None  # Without a lower bound, the requirement is a finding of its own.
    if any(release < Version(gate.since) for release in _released(str(specifier))):
        return Severity.WARNING
    return None


_LOWER_BOUNDS = {">=", ">", "==", "===", "~="}


def _excluded(gate: SdkGate, specifier: SpecifierSet) -> bool:
    """Whether no release that has the feature is in the range, now or later."""
    return not any(
        release >= Version(gate.since) for release in (*_released(str(specifier)), *_to_come(str(specifier)))
    )


@lru_cache(maxsize=64)
def _released(specifier: str) -> tuple[Version, ...]:
    """The releases of the SDK in a range."""
    return tuple(SpecifierSet(specifier).filter(_RELEASES))


@lru_cache(maxsize=64)
def _to_come(specifier: str) -> tuple[Version, ...]:
    """Versions in a range that may be released one day: whether it is open upwards."""
    return tuple(SpecifierSet(specifier).filter(_FUTURE))


_RELEASES = [Version(release) for release in SDK_RELEASES]
_FUTURE = [Version(text) for text in ("0.10.3", "0.11.0", "0.12.0", "0.99.0", "1.0.0", "1.99.0", "99.0.0")]


def _first_use(plugin: Plugin, uses: tuple[Use, ...]) -> tuple[Document, Pointer, Any] | None:
    for use in uses:
        for linked in plugin.linked(use.kind):
            for pointer, value in matches(linked.document.data, use.pattern):
                if use.when(value):
                    return linked.document, pointer, value
    return None


_META = (
    "meta:\n  version: 0.0.1\n  arch: [amd64]\n  minimum_dify_version: {}\n  runner:\n    language: python\n"
    '    version: "3.12"\n    entrypoint: main\n'
)


@rule(
    "version/dify-feature",
    severity=Severity.WARNING,
    summary="The oldest Dify version that the plugin names does not have what the plugin extends.",
    why="Dify installs a plugin from `meta.minimum_dify_version` on. A version that does not know datasources or "
    "triggers installs the plugin, and nothing of it can be used. Nothing is said where the key is missing.",
    fix="Name the version that the finding names, or a later one.",
    authorities=(
        Authority(By.DOCS, "An older Dify installs a plugin that it cannot use.", "datasource-plugin.mdx:84"),
    ),
    bad=Example(_META.format("1.8.0"), base="datasource"),
    good=Example(_META.format("1.9.0"), base="datasource"),
)
def dify_feature(plugin: Plugin) -> Iterator[Hit]:
    pointer = ("meta", "minimum_dify_version")
    written = plugin.manifest.text_at(*pointer)
    if plugin.is_bundle or written is None:
        return
    try:
        # A pre-release has what its release will have.
        declared = Version(Version(written).base_version)
    except InvalidVersion:
        return  # `manifest/minimum-dify-version` says so.
    lacking = [
        gate for gate in DIFY_GATES if declared < Version(gate.since) and _first_use(plugin, gate.uses) is not None
    ]
    if not lacking:
        return
    gate = max(lacking, key=lambda each: Version(each.since))
    message = (
        f"{gate.feature} needs Dify {gate.since} or later, but the plugin asks for {quote(written)} or later. An older "
        "Dify installs a plugin that it cannot use."
    )
    node = plugin.manifest.node(pointer)
    fix = None
    if isinstance(node, ScalarNode):
        edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), quoted(gate.since))
        fix = Fix(f"Ask for {quote(gate.since)}", Safety.UNSAFE, (edit,))
    authorities = (Authority(By.DOCS, "An older Dify cannot use the plugin.", gate.source),)
    yield at_value(plugin.manifest, pointer, message, subject=written, authorities=authorities, fix=fix)
