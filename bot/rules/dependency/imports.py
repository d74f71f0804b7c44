"""Rules about imports that nothing installs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.limits import Limit
from bot.plugin import Plugin
from bot.plugin.dependencies import declared_requirements
from bot.plugin.sources import sources_of
from bot.python.imports import undeclared
from bot.rules.registry import Example, Hit, rule

#: A larger lock file is not read (bytes).
_MAX_LOCK = Limit(8 * 1024 * 1024, "has more than {:,} bytes, and is not read", "dependency/undeclared-import")

_TOOL = "tools/current_weather.py"
_USES_PANDAS = """\
import pandas
from dify_plugin import Tool


class CurrentWeatherTool(Tool):
    def _invoke(self, tool_parameters):
        yield self.create_text_message(str(pandas.Timestamp.now()))
"""


@rule(
    "dependency/undeclared-import",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="The code imports a package that no declared dependency brings.",
    why="Dify installs what `pyproject.toml` or `requirements.txt` declares, and nothing else. The import fails when "
    "the plugin starts. With a lock file, which lists everything that is installed, this is certain; without one a "
    "declared package might still bring it along, and it is only a warning.",
    fix="Add the package to the dependencies.",
    authorities=(Authority(By.SDK, "The plugin does not start.", "setup_python_environment.go:135"),),
    bad=Example(
        _USES_PANDAS,
        path=_TOOL,
        whole=True,
        files={"uv.lock": 'version = 1\n\n[[package]]\nname = "dify-plugin"\nversion = "0.9.1"\n'},
    ),
    good=Example(
        _USES_PANDAS,
        path=_TOOL,
        whole=True,
        files={"requirements.txt": "dify_plugin>=0.5.0,<1.0.0\npandas>=2,<3\n"},
    ),
)
def undeclared_import(plugin: Plugin) -> Iterator[Hit]:
    declared = declared_requirements(plugin)
    if plugin.is_bundle or not declared:
        return  # Nothing is declared, or it cannot be read: other rules speak of that.
    names = {item.name for item in declared}
    sources = sources_of(plugin)
    if not undeclared(sources.modules, sources.reachable, names):
        return  # The lock file, which is large, can only take findings away.
    for item in undeclared(sources.modules, sources.reachable, names, _locked(plugin)):
        external = item.external
        message = f"No declared dependency brings {quote(external.name)}"
        if external.distributions:
            message += f" (from {quote_list(external.distributions)})"
        message += ". The import fails when the plugin starts."
        yield Hit(
            message,
            external.path,
            item.span,
            severity=None if item.certain else Severity.WARNING,
            confidence=Confidence.CERTAIN if item.certain else None,
            subject=external.name,
            anchor=external.name,
        )


#: An entry of `uv.lock`, which uv writes in just this form. A whole TOML parser takes 50 times as long.
_LOCKED = re.compile(r'^\[\[package\]\]\nname = "([^"\n]+)"$', re.MULTILINE)


def _locked(plugin: Plugin) -> set[str] | None:
    """The names of the packages in `uv.lock`, or None without one that can be read."""
    content = plugin.read("uv.lock", _MAX_LOCK)
    try:
        text = content.decode("utf-8") if content is not None else ""
    except UnicodeDecodeError:
        return None
    return set(_LOCKED.findall(text.replace("\r\n", "\n"))) or None
