"""Rules about the kinds of extension that a manifest lists."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote, quote_list
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.manifest.installer import NOT_INSTALLED
from bot.rules.registry import Example, Hit, at_key, at_value, rule


@rule(
    "manifest/no-extension",
    severity=Severity.ERROR,
    summary="The plugin extends nothing.",
    why="A manifest whose `plugins` names no provider packages, and is refused when it is installed.",
    fix="Name at least one provider file under `plugins`.",
    authorities=(Authority(By.INSTALLER, NOT_INSTALLED, "plugin_declaration.go:287"),),
    bad=Example("plugins: {}\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def no_extension(plugin: Plugin) -> Iterator[Hit]:
    plugins = plugin.manifest.get("plugins")
    if plugin.is_bundle or not isinstance(plugins, dict):
        return
    if any(plugins.get(key) for key in _KINDS) or set(plugins) - set(_KINDS):
        return  # A misspelt key is reported as such.
    message = say("`plugins` names no provider. {not_installed}", not_installed=NOT_INSTALLED)
    without_value = next((key for key in plugins if plugins[key] is None), None)
    pointer = ("plugins",) if without_value is None else ("plugins", without_value)
    yield at_key(plugin.manifest, pointer, message)


_KINDS = ("tools", "models", "endpoints", "agent_strategies", "datasources", "triggers")


@rule(
    "manifest/conflicting-extensions",
    severity=Severity.ERROR,
    summary="The plugin mixes kinds that exclude each other.",
    why="Models, agent strategies, datasources and triggers each stand alone; only tools and endpoints may be "
    "together. The packager does not look, the installer refuses.",
    fix="Split the plugin in two.",
    authorities=(Authority(By.INSTALLER, NOT_INSTALLED, "plugin_declaration.go:291"),),
    bad=Example("plugins:\n  tools:\n    - provider/weather.yaml\n  models:\n    - provider/model.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def conflicting_extensions(plugin: Plugin) -> Iterator[Hit]:
    plugins = plugin.manifest.get("plugins")
    if plugin.is_bundle or not isinstance(plugins, dict):
        return
    present = [key for key in _KINDS if plugins.get(key)]
    if len(present) > 1 and set(present) != {"tools", "endpoints"}:
        message = say(
            "A plugin cannot have {present} together. {not_installed}",
            present=quote_list(present),
            not_installed=NOT_INSTALLED,
        )
        yield at_key(plugin.manifest, ("plugins", present[-1]), message, subject=" ".join(present))


@rule(
    "manifest/several-providers",
    severity=Severity.ERROR,
    summary="A plugin names several providers of one kind.",
    why="The format allows one provider of each kind. The daemon keeps the last of the list, remote debugging the "
    "first: the others are silently lost.",
    fix="Keep one provider; make others plugins of their own.",
    authorities=(Authority(By.INSTALLER, "All providers but the last are lost.", "decoder/helper.go:67"),),
    bad=Example("plugins:\n  tools:\n    - provider/weather.yaml\n    - provider/forecast.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def several_providers(plugin: Plugin) -> Iterator[Hit]:
    for key in _KINDS:
        items = plugin.manifest.get("plugins", key)
        if isinstance(items, list) and any(item != items[-1] for item in items):
            message = say(
                "{key} names {count} providers; Dify keeps only the last, {item}, and the others are lost.",
                key=quote(key),
                count=len(items),
                item=quote(items[-1]),
            )
            yield at_value(plugin.manifest, ("plugins", key, 0), message, subject=key)
