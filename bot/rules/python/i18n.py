"""The rule about attributes of localized texts, which have other names since release 0.9.0 of the SDK."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from packaging.version import Version

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote
from bot.format.gates import SDK_VERSIONS
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.dependencies import declared_sdk
from bot.python.localized import RENAMED, is_localized
from bot.python.nodes import walk
from bot.rules.python.generators import reachable_files
from bot.rules.python.loading import TOOL_PATH
from bot.rules.registry import Example, Hit, rule

_SINCE: Final = Version("0.9.0")

_CODE = (
    "from dify_plugin import Tool\nfrom dify_plugin.entities import I18nObject\n\n\nclass CurrentWeatherTool(Tool):\n"
    "    def _invoke(self, tool_parameters):\n        label = I18nObject(en_US='Weather')\n"
    "        yield self.create_text_message(label.{} + str(tool_parameters))\n"
)
_PINNED: Final = {"requirements.txt": "dify_plugin>=0.9.0,<1\n"}


@rule(
    "python/i18n-attribute",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="The code reads a localized text by a name that the SDK has no more.",
    why="Since release 0.9.0 the attributes of `I18nObject` are `en_us`, `zh_hans`, `pt_br` and `ja_jp`. Reading "
    "`en_US` raises an AttributeError, setting it a ValueError. It is a warning where the requirement also admits "
    "older releases. The arguments of the constructor keep both names.",
    fix="Use the new name, and ask for `dify_plugin>=0.9.0`.",
    authorities=(Authority(By.SDK, "The line fails with an AttributeError.", "dify_plugin/entities/__init__.py"),),
    bad=Example(_CODE.format("en_US"), path=TOOL_PATH, whole=True, files=_PINNED),
    good=Example(_CODE.format("en_us"), path=TOOL_PATH, whole=True, files=_PINNED),
)
def i18n_attribute(plugin: Plugin) -> Iterator[Hit]:
    severity: Severity | None = None
    known = False
    for file in reachable_files(plugin):
        text = file.module.text
        if not any(f".{name}" in text for name in RENAMED):
            continue
        if not known:
            known, admitted = True, _admitted(plugin)
            if not any(release >= _SINCE for release in admitted):
                return
            severity = Severity.WARNING if any(release < _SINCE for release in admitted) else None
        module = file.module
        for node in walk(file.top.node):
            if not (isinstance(node, ast.Attribute) and node.attr in RENAMED):
                continue
            if not is_localized(node.value, file.scope_of(node)):
                continue
            span = module.span(node)
            new = RENAMED[node.attr]
            message = say(
                "Since release 0.9.0 of the SDK {attr} is called {new}: this fails.",
                attr=quote(node.attr),
                new=quote(new),
            )
            edits: tuple[Edit, ...] = ()
            line = module.lines[span.end_line - 1]
            if line[: span.end_column - 1].endswith(node.attr):
                start = span.end_column - len(node.attr)
                edits = (Edit(module.path, type(span)(span.end_line, start, span.end_line, span.end_column), new),)
            fix = (
                Fix(say("Call it {new}", new=quote(new)), Safety.UNSAFE if severity else Safety.SAFE, edits)
                if edits
                else None
            )
            yield Hit(message, module.path, span, severity=severity, subject=node.attr, fix=fix)


def _admitted(plugin: Plugin) -> Sequence[Version]:
    """The releases of the SDK that may be installed."""
    declared = declared_sdk(plugin)
    return SDK_VERSIONS if declared is None else list(declared.specifier.filter(SDK_VERSIONS, True))
