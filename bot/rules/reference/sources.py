"""Rules about the paths of Python sources."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.sources import sources_of
from bot.rules.reference.links import NOT_STARTED, SDK, path_fix
from bot.rules.registry import Example, Hit, at_value, rule


@rule(
    "reference/source-suffix",
    severity=Severity.WARNING,
    summary="A `source` does not end in `.py`.",
    why="The SDK cuts the suffix off, whatever it is, and imports the module that remains. So the plugin works "
    "although the path names another file, until somebody relies on it.",
    fix="Name the Python file.",
    authorities=(Authority(By.SDK, "The module beside the file is loaded.", "core/plugin_registration.py:63"),),
    bad=Example("extra:\n  python:\n    source: tools/current_weather.yaml\n", path="tools/current_weather.yaml"),
    good=Example("extra:\n  python:\n    source: tools/current_weather.py\n", path="tools/current_weather.yaml"),
)
def source_suffix(plugin: Plugin) -> Iterator[Hit]:
    for item in sources_of(plugin).declared:
        if item.path is not None and not item.written.endswith(".py"):
            message = say(
                "{written} is not a Python file; the SDK loads {path} instead.",
                written=quote(item.written),
                path=quote(item.path),
            )
            fix = (
                None if item.path.endswith("/__init__.py") else path_fix(item.linked.document, item.pointer, item.path)
            )
            yield at_value(item.linked.document, item.pointer, message, subject=item.written, fix=fix)


@rule(
    "reference/dotted-source",
    severity=Severity.ERROR,
    summary="The path of a `source` holds a dot that is not its suffix.",
    why="The SDK makes a module name of the path: slashes become dots, and so `tools/gpt-4.5.py` is the module `5` in "
    "the package `tools.gpt-4`, which does not exist.",
    fix="Rename the file so that it has no dot but the one of `.py`.",
    authorities=(SDK,),
    bad=Example(
        "extra:\n  python:\n    source: tools/weather-1.5.py\n",
        path="tools/current_weather.yaml",
        files={"tools/weather-1.5.py": "from dify_plugin import Tool\n"},
    ),
    good=Example("extra:\n  python:\n    source: tools/current_weather.py\n", path="tools/current_weather.yaml"),
)
def dotted_source(plugin: Plugin) -> Iterator[Hit]:
    for item in sources_of(plugin).declared:
        stem = item.written.rpartition(".")[0]
        if item.path is None and "." in stem.removeprefix("./") and plugin.has_file(item.written):
            message = say(
                "Python cannot import {written}: the dot makes it a module of another name. ",
                written=quote(item.written),
            )
            yield at_value(item.linked.document, item.pointer, message + NOT_STARTED, subject=item.written)
