"""Rules about updates that leave the installed plugin behind: another identity, a category or provider that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, NotJudged, rule
from bot.rules.upgrade.breaks import breaks
from bot.upgrade import change_of
from bot.upgrade.surface import CATEGORIES, Sort

_PROVIDER = "identity:\n  author: acme\n  name: {}\n  label:\n    en_US: Weather\n  description:\n    en_US: Weather.\n  icon: icon.svg\n"  # noqa: E501


@rule(
    "upgrade/identity-changed",
    severity=Severity.ERROR,
    summary="The update changes the plugin's author or name.",
    why="Dify knows a plugin by `author/name`. With another author or name it is another plugin: the daemon refuses to "
    "upgrade one to the other, no update is offered, and everyone who has the old one stays with it.",
    fix="Keep the author and the name. To move users on purpose, publish a last version of the old plugin whose README "
    "says where the new one is.",
    authorities=(
        Authority(By.INSTALLER, "The upgrade is refused: the plugin ids are different.", "controllers/plugins.go:112"),
    ),
    bad=Example("name: weather_forecast\n", before="name: weather\n"),
    good=Example("name: weather\ntags:\n  - travel\n", before="name: weather\n"),
)
def identity_changed(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    found = change_of(plugin)
    if isinstance(found, str):
        yield NotJudged(say("not compared with the version before, because {found}", found=found))
    yield from breaks(plugin, (None,), "identity-author", "identity-name")


@rule(
    "upgrade/category-removed",
    severity=Severity.ERROR,
    summary="The update removes a whole category of the plugin: all its tools, models or endpoints.",
    why="Dify keeps a row for each category of an installed plugin, and makes them anew from the new declaration. What "
    "is gone from `plugins` is gone from every workspace: all nodes and apps that use it fail.",
    fix="Keep the category. Deprecate what is in it before it goes.",
    authorities=(Authority(By.INSTALLER, "The category is deleted from the installation.", "curd/atomic.go:545"),),
    bad=Example("plugins:\n  tools: []\n", before="plugins:\n  tools:\n    - provider/weather.yaml\n"),
    good=Example(
        "plugins:\n  tools:\n    - ./provider/weather.yaml\n",
        before="plugins:\n  tools:\n    - provider/weather.yaml\n",
    ),
)
def category_removed(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, (None,), "category-removed")


@rule(
    "upgrade/provider-removed",
    severity=Severity.ERROR,
    summary="The update renames a provider.",
    why="Nodes, apps and knowledge bases keep the name of the provider beside that of the tool or model. After the "
    "update Dify finds no provider of that name, and everything that uses one of its tools or models fails.",
    fix="Keep the name of the provider. What users see is its label, which may change.",
    authorities=(
        Authority(By.PLATFORM, "Nodes fail: the provider is not found.", "core/tools/tool_manager.py:169"),
        Authority(By.PLATFORM, "Apps fail: the provider does not exist.", "core/app/llm/model_access.py:71"),
    ),
    bad=Example(_PROVIDER.format("forecast"), path="provider/weather.yaml", before=_PROVIDER.format("weather")),
    good=Example(
        _PROVIDER.format("weather").replace("Weather.", "Weather everywhere."),
        path="provider/weather.yaml",
        before=_PROVIDER.format("weather"),
    ),
)
def provider_removed(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    found = change_of(plugin)
    if found is not None and not isinstance(found, str):
        yield from map(NotJudged, found.not_compared)
    yield from breaks(plugin, (Sort.PROVIDER,), *(f"{category.provider}-removed" for category in CATEGORIES))
