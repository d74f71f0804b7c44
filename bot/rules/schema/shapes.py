"""Rules about the shape of documents: every departure from the spec models.

What each finding says, who objects and how bad it is comes from `bot.format.judge.verdict`; the severity below is the
usual one.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bot.findings import Authority, By, Severity
from bot.format.builtin import LOST_SECTION
from bot.format.judge.consequence import refusal
from bot.format.traits import DocumentKind
from bot.plugin import Plugin
from bot.plugin.globs import BadPattern, go_matches
from bot.rules.registry import Example, Hit, rule, violations

_PACKAGER = Authority(By.PACKAGER, "The packager refuses the plugin.", "decoder/helper.go:22")
_PLATFORM = refusal(DocumentKind.TOOL_PROVIDER, None, "core/plugin/entities/plugin.py")
_SDK = Authority(By.SDK, "The plugin does not start.", "core/plugin_registration.py:160")


@rule(
    "schema/missing-key",
    severity=Severity.ERROR,
    summary="A key that some reader demands is missing.",
    why="The packager checks only what `manifest.yaml` must hold. Most other missing keys show when the plugin starts "
    "and the SDK refuses the document: it packages, installs and never runs. Some lists the platform wants, though "
    "both others take them for empty: then Dify does not install the plugin.",
    fix="Add the key. The finding stands at the mapping that lacks it.",
    authorities=(_PACKAGER, _PLATFORM, _SDK),
    bad=Example("resource:\n  permission: {}\n"),
    good=Example("resource:\n  memory: 268435456\n"),
)
def missing_key(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "schema/missing-key")


@rule(
    "schema/wrong-type",
    severity=Severity.ERROR,
    summary="A value has the wrong shape: a list for a mapping, text for a number.",
    why="A reader that expects another type refuses the whole document. The platform refuses a list that the plugin is "
    "in, and with it everything that others have in the list.",
    fix="Write the value in the shape that the finding names.",
    authorities=(_PACKAGER, _PLATFORM, _SDK),
    bad=Example("tags: weather\n"),
    good=Example("tags:\n  - weather\n"),
)
def wrong_type(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "schema/wrong-type")


@rule(
    "schema/not-text",
    severity=Severity.ERROR,
    summary="A value that must be text is a number, a boolean or a date to the SDK.",
    why="YAML 1.1, which the SDK reads, takes `3.12` for a number and `no` for false. The packager decodes the same "
    "value as text, so the plugin packages and installs, and then does not start.",
    fix="Put the value in quotes.",
    authorities=(_SDK,),
    bad=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  runner:\n    language: python\n    version: 3.12\n"
        "    entrypoint: main\n"
    ),
    good=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  runner:\n    language: python\n    version: '3.12'\n"
        "    entrypoint: main\n"
    ),
)
def not_text(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "schema/not-text")


@rule(
    "schema/quoted-value",
    severity=Severity.ERROR,
    summary="A number or boolean stands in quotes.",
    why="The SDK would convert it, but the packager does not: text is not a number to its decoder.",
    fix="Remove the quotes.",
    authorities=(_PACKAGER,),
    bad=Example('resource:\n  memory: "268435456"\n'),
    good=Example("resource:\n  memory: 268435456\n"),
)
def quoted_value(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "schema/quoted-value")


@rule(
    "schema/null-value",
    severity=Severity.ERROR,
    summary="A key has no value where the SDK demands one.",
    why="The packager takes null for an empty value; the SDK's models do not.",
    fix="Write the value, or remove the key.",
    authorities=(_SDK,),
    bad=Example("plugins:\n  tools:\n    - provider/weather.yaml\n  models:\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
    yields_to=("manifest/no-extension",),
)
def null_value(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "schema/null-value")


@rule(
    "schema/unknown-value",
    severity=Severity.ERROR,
    summary="A value is not one of those that the format knows.",
    why="Types, forms, tags and the like come from fixed lists. The packager checks those of the manifest, the SDK "
    "those of the other documents when the plugin starts. The platform has lists of its own, and refuses the plugin "
    "or a whole list of the workspace that it is in.",
    fix="Use one of the values that the finding lists.",
    authorities=(_PACKAGER, _PLATFORM, _SDK),
    bad=Example("tags:\n  - wheather\n"),
    good=Example("tags:\n  - weather\n"),
)
def unknown_value(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "schema/unknown-value")


@rule(
    "schema/invalid-value",
    severity=Severity.ERROR,
    summary="A value is outside the range, length or pattern that the format allows.",
    why="A reader checks the value and refuses the document. The platform cannot use a provider whose name it does not "
    "take for an id.",
    fix="Bring the value within the limits that the finding names.",
    authorities=(_PACKAGER, _PLATFORM, _SDK),
    bad=Example("resource:\n  memory: 1048576\n  permission:\n    storage:\n      enabled: true\n      size: 16\n"),
    good=Example(
        "resource:\n  memory: 1048576\n  permission:\n    storage:\n      enabled: true\n      size: 1048576\n"
    ),
)
def invalid_value(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "schema/invalid-value")


@rule(
    "schema/unknown-key",
    severity=Severity.WARNING,
    summary="A key that nobody reads.",
    why="Both readers drop unknown keys without a message. What was meant by it is lost: usually the key is misspelt, "
    "or indented into the wrong mapping. Where no key of the format is near, it is only a notice.",
    fix="Rename the key, move it to where it belongs, or remove it.",
    authorities=(
        Authority(By.SDK, "The key has no effect.", "no model of entities/** forbids extra keys"),
        Authority(By.PACKAGER, "The key has no effect.", "yaml.v3 without KnownFields"),
    ),
    bad=Example("icon_drak: icon.svg\n"),
    good=Example("icon_dark: icon.svg\n"),
)
def unknown_key(plugin: Plugin) -> Iterator[Hit]:
    for hit in violations(plugin, "schema/unknown-key"):
        match hit.pointer:
            case ("models", str(key)) if hit.severity is Severity.ERROR and not _finds_models(plugin, hit.path, key):
                message = hit.message.removesuffix(f" {LOST_SECTION}")
                yield replace(hit, message=message, severity=Severity.WARNING, authorities=None)
            case _:
                # The same slip in many places is one row, and one comment in each file.
                yield replace(hit, group=f"{hit.severity} {hit.subject}" if hit.fix is not None else None)


def _finds_models(plugin: Plugin, path: str, section: str) -> bool:
    """Whether the patterns of a section that nobody reads would find anything, so that models are lost."""
    patterns = plugin.documents[path].document.get("models", section, "predefined")
    if not isinstance(patterns, list):
        return False
    for pattern in patterns[:_PATTERNS]:
        try:
            if isinstance(pattern, str) and any(True for _ in go_matches(pattern, plugin.packed_files)):
                return True
        except BadPattern:
            return True
    return len(patterns) > _PATTERNS


#: More patterns of one section are taken to find something.
_PATTERNS = 100
