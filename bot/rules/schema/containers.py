"""Rules about documents that exist to list others, and list none."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.format.kinds import MODELS
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, at_key, at_parent, rule
from bot.rules.schema.form_values import has_key_for

#: What each kind of provider lists: the key, and what users do not get without it.
_LISTS = {
    DocumentKind.TOOL_PROVIDER: ("tools", say("users get no tool")),
    DocumentKind.ENDPOINT_GROUP: ("endpoints", say("nothing can be called")),
    DocumentKind.AGENT_STRATEGY_PROVIDER: ("strategies", say("users get no strategy")),
    DocumentKind.DATASOURCE_PROVIDER: ("datasources", say("users get no datasource")),
    DocumentKind.TRIGGER_PROVIDER: ("events", say("no workflow can start on it")),
}


@rule(
    "schema/empty-provider",
    severity=Severity.WARNING,
    summary="A provider, or a group of endpoints, lists nothing.",
    why="Packager, installer and SDK accept an empty list. The plugin installs and starts, and its users find nothing "
    "in it.",
    fix="List the files, as paths from the plugin root.",
    authorities=(Authority(By.CONSOLE, "The provider is listed with nothing in it.", "tool_declaration.go:283"),),
    bad=Example("tools: []\n", path="provider/weather.yaml"),
    good=Example("tools:\n  - tools/current_weather.yaml\n", path="provider/weather.yaml"),
)
def empty_provider(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(*_LISTS):
        key, happens = _LISTS[linked.kind]
        data = linked.document.data
        if not isinstance(data, dict) or data.get(key, []) != [] or has_key_for(MODELS[linked.kind], data, key):
            continue
        message = say("The {kind} has nothing in {key}: {happens}.", kind=linked.kind, key=quote(key), happens=happens)
        place = at_key if key in data else at_parent
        yield place(linked.document, (key,), message, subject=key)
