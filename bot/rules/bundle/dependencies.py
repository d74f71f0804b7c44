"""Rules about bundles: the plugins that they bring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.findings import Authority, By, Severity, quote
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule

#: The key of `value` that each type of dependency needs (G bundle_entities/dependency.go:180).
_KEYS: Final = {"github": "repo_pattern", "marketplace": "marketplace_pattern", "package": "path"}

_HEAD = (
    "type: bundle\nname: acme_weather\nversion: 0.1.0\nauthor: acme\nicon: icon.svg\nlabels:\n  en_US: Weather\n"
    "description:\n  en_US: Weather and forecasts.\ntags: []\ndependencies:\n  - type: {}\n    value:\n      {}\n"
)


def _bundle(kind: str, value: str, **files: bytes) -> Example:
    return Example(_HEAD.format(kind, value), path="manifest.yaml", whole=True, files={**files})


@rule(
    "bundle/no-dependencies",
    severity=Severity.WARNING,
    summary="A bundle brings no plugins.",
    why="A bundle is the list of plugins that are installed with it. The packager packs one without any, and to "
    "install it does nothing.",
    fix="Name the plugins under `dependencies`.",
    authorities=(Authority(By.INSTALLER, "Nothing is installed.", "bundle_entities/bundle.go:19"),),
    bad=Example(_HEAD.partition("dependencies:")[0] + "dependencies: []\n", path="manifest.yaml", whole=True),
    good=_bundle("marketplace", "marketplace_pattern: acme/weather:0.1.0"),
)
def no_dependencies(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle and plugin.manifest.get("dependencies") == []:
        message = say("The bundle names no plugins: to install it does nothing.")
        yield at_key(plugin.manifest, ("dependencies",), message)


@rule(
    "bundle/dependency-value",
    severity=Severity.ERROR,
    summary="A dependency of a bundle does not say where its plugin is.",
    why="Each type of dependency has a key of its own: `github` a `repo_pattern`, `marketplace` a "
    "`marketplace_pattern`, `package` a `path`. The packager decodes anything, and the installation finds no plugin.",
    fix="Write the key that the finding names.",
    authorities=(Authority(By.INSTALLER, "Dify does not install the bundle.", "bundle_entities/dependency.go:180"),),
    bad=_bundle("github", "marketplace_pattern: acme/weather:0.1.0"),
    good=_bundle("marketplace", "marketplace_pattern: acme/weather:0.1.0"),
)
def dependency_value(plugin: Plugin) -> Iterator[Hit]:
    dependencies = plugin.manifest.get("dependencies") if plugin.is_bundle else None
    for index, item in enumerate(dependencies if isinstance(dependencies, list) else ()):
        kind = item.get("type") if isinstance(item, dict) else None
        value = item.get("value") if isinstance(item, dict) else None
        needed = _KEYS.get(kind) if isinstance(kind, str) else None
        if needed is None or not isinstance(value, dict):
            continue  # What is wrong with the shape is said of the shape.
        pointer = ("dependencies", index, "value")
        if value.get(needed) in (None, ""):
            message = say(
                "A dependency of type {kind} needs {needed}: Dify does not install the bundle.",
                kind=quote(kind),
                needed=quote(needed),
            )
            yield at_parent(plugin.manifest, (*pointer, needed), message, subject=needed)
        for key in _KEYS.values():
            if key != needed and key in value and value.get(needed):
                message = say(
                    "{key} is for another type of dependency and has no effect on {kind}.",
                    key=quote(key),
                    kind=quote(kind),
                )
                yield at_key(plugin.manifest, (*pointer, key), message, subject=key, severity=Severity.WARNING)


@rule(
    "bundle/not-a-package",
    severity=Severity.ERROR,
    summary="A dependency of a bundle names a file that is not a plugin package.",
    why="A dependency of type `package` is a `.difypkg` in `_assets`, which is installed with the bundle.",
    fix="Put the package into `_assets` and name it.",
    authorities=(Authority(By.INSTALLER, "Dify does not install the bundle.", "bundle_entities/dependency.go:234"),),
    bad=_bundle("package", "path: icon.svg"),
    good=Example(
        _HEAD.format("package", "path: weather.difypkg"), whole=True, files={"_assets/weather.difypkg": b"PK\x05\x06"}
    ),
)
def not_a_package(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.asset_references if plugin.is_bundle else ():
        is_path = reference.pointer[0] == "dependencies"
        if is_path and reference.written in plugin.assets and not reference.written.lower().endswith(".difypkg"):
            message = say(
                "{written} is not a plugin package: Dify does not install the bundle.", written=quote(reference.written)
            )
            yield at_value(plugin.manifest, reference.pointer, message, subject=reference.written)
