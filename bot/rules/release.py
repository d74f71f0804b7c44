"""Rules about the version of a plugin."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Severity, quote
from bot.plugin import Plugin
from bot.plugin.markdown import span_at
from bot.plugin.project import PYPROJECT, project_of
from bot.rules.registry import Example, Hit, rule

#: What uv writes into a new project.
_UNTOUCHED = "0.1.0"


@rule(
    "version/pyproject",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="`pyproject.toml` has another version than the manifest.",
    why="Nobody reads the version there, but somebody wrote it, and readers take it for the plugin's. The 0.1.0 of a "
    "new project is left alone.",
    fix="Write the version of the manifest.",
    authorities=(Authority(By.PROJECT, "Readers are misled.", "cmd/commandline/plugin/templates/python/GUIDE.md:152"),),
    bad=Example("version: 0.2.0\n", files={PYPROJECT: '[project]\nname = "weather"\nversion = "0.1.1"\n'}),
    good=Example("version: 0.2.0\n", files={PYPROJECT: '[project]\nname = "weather"\nversion = "0.2.0"\n'}),
)
def pyproject(plugin: Plugin) -> Iterator[Hit]:
    version = plugin.manifest.text_at("version")
    project = project_of(plugin)
    written = project.table.get("version") if project is not None and project.table is not None else None
    if plugin.is_bundle or project is None or version is None or not isinstance(written, str):
        return
    if written not in (version, _UNTOUCHED):
        start = project.text.find(f'"{written}"', max(project.text.find("[project]"), 0))
        span = span_at(project.text, start + 1, len(written)) if start >= 0 else None
        message = f"`pyproject.toml` says version {quote(written)}, the manifest {quote(version)}."
        yield Hit(message, PYPROJECT, span, subject=written)
