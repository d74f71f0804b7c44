"""Rules about imports that nothing installs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.limits import Limit
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.dependencies import Declared, declared_requirements
from bot.plugin.sources import sources_of
from bot.python.imports import Undeclared, undeclared
from bot.rules.dependency.declared import effective_requirements
from bot.rules.registry import Example, Hit, Place, rule

#: A larger lock file is not read (bytes).
_MAX_LOCK = Limit(8 * 1024 * 1024, "has more than {n:,} bytes, and is not read", "dependency/undeclared-import")

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
    "declared package might still bring it along, and it is only a warning, as it is for an import inside a function. "
    "Groups for developers, and extras that nobody asks for, are not installed.",
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
    names = {item.name for item in effective_requirements(plugin) if item.applies} or {item.name for item in declared}
    sources = sources_of(plugin)
    started = sorted(sources.started)
    later = [path for path in sources.needed if path not in sources.started]
    runs = ((started, False), (later, False), (sources.reachable, True))
    if not any(undeclared(sources.modules, paths, names, lazy=lazy) for paths, lazy in runs):
        return  # The lock file, which is large, can only take findings away.
    locked, said = _locked(plugin), set[str]()
    for paths, lazy in runs:
        for item in undeclared(sources.modules, paths, names, locked, lazy=lazy):
            if item.external.name not in said:
                said.add(item.external.name)
                yield _hit(item, declared, names, lazy=paths is not started)


def _hit(item: Undeclared, declared: list[Declared], names: set[str], *, lazy: bool) -> Hit:
    external = item.external
    wanted = external.distributions or (external.name,)
    unread = next((each for each in declared if each.name in wanted and each.name not in names), None)
    if unread is not None:
        message = say(
            "{path} asks for {name}, but is not the file that Dify installs by",
            path=quote(unread.path),
            name=quote(external.name),
        )
    else:
        message = say("The code imports {name}, which no declared dependency brings", name=quote(external.name))
        if external.distributions and external.distributions != (external.name,):
            message += say(": it is in {distributions}", distributions=quote_list(external.distributions))
    message += (
        say(". The import fails when it is needed.") if lazy else say(". The import fails when the plugin starts.")
    )
    certain = item.certain or unread is not None
    return Hit(
        message,
        external.path,
        item.span,
        severity=None if certain and not lazy else Severity.WARNING,
        confidence=Confidence.CERTAIN if item.certain else None,
        subject=external.name,
        anchor=external.name,
        related=(Place(unread.path, unread.span, say("The requirement that is not read.")),)
        if unread is not None
        else (),
    )


#: What matters of `uv.lock`, which uv writes line by line in this form. A whole TOML parser takes 50 times as long.
_LOCKED = regex(
    r"""^(?: (?P<package>\[\[package\]\])
        | name\ =\ "(?P<name>[^"]+)"
        | source\ =\ \{\ (?P<root>virtual|editable)\ =\ "\."\ \}
        | \[package\.(?P<table>[a-z-]+)\]
        | (?P<group>[A-Za-z0-9._-]+)\ =\ \[
        | [ ]{4}\{\ name\ =\ "(?P<needs>[^"]+)"(?:.*?\ extra\ =\ \[(?P<extras>[^\]]*)\])?
    )""",
    re.MULTILINE | re.VERBOSE,
)


def _locked(plugin: Plugin) -> set[str] | None:
    """The names of the packages that are installed by `uv.lock`, or None without one that can be read.

    Dify runs `uv sync --no-dev`: groups for developers and extras that nobody asks for are in the file, and are not
    installed (setup_python_environment.go:96).
    """
    content = plugin.read("uv.lock", _MAX_LOCK)
    try:
        text = content.decode("utf-8") if content is not None else ""
    except UnicodeDecodeError:
        return None
    #: By package and extra ("" for none), the packages that it needs, each with the extras that are asked for.
    needs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    root = name = table = group = ""
    for found in _LOCKED.finditer(text.replace("\r\n", "\n")):
        if found["package"]:
            name = table = group = ""
        elif found["name"] and not name:
            name = found["name"]
            needs[name, ""] = []
        elif found["root"]:
            root = name
        elif found["table"]:
            table = found["table"]
        elif found["group"]:
            group = found["group"]
        elif found["needs"]:
            extra = {"": "", "optional-dependencies": group}.get(table)
            if extra is not None and (table or group == "dependencies"):
                extras = re.findall(r'"([^"]+)"', found["extras"] or "")
                needs.setdefault((name, extra), []).extend((found["needs"], asked) for asked in ("", *extras))
    everything = {package for package, _ in needs}
    return _reached(needs, root) - {root} if root else everything or None


def _reached(needs: Mapping[tuple[str, str], Sequence[tuple[str, str]]], root: str) -> set[str]:
    """The packages that a package needs, those included that they need in turn."""
    reached, left = {(root, "")}, [(root, "")]
    while left:
        for each in needs.get(left.pop(), ()):
            if each not in reached:
                reached.add(each)
                left.append(each)
    return {name for name, _ in reached}
