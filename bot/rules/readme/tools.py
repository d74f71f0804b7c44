"""The rule about tools that a README names and the plugin does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from bot.findings import Authority, By, Confidence, Severity, Span, quote
from bot.format.judge.unknown import nearest
from bot.format.traits import DocumentKind
from bot.plugin import Plugin
from bot.plugin.documents import readmes
from bot.plugin.forms import items
from bot.plugin.markdown import without_fences
from bot.rules.registry import Example, Hit, rule

#: A name alone, in code, bold or plain: `**create_order**`.
_NAME: Final = (
    r"(?:\*\*)?(?P<code>`?)(?P<name>[A-Za-z][A-Za-z0-9]{0,80}(?:[_-][A-Za-z0-9]{1,80}){0,20})(?P=code)(?:\*\*)?"
)
_ITEM: Final = re.compile(r"(?P<indent>[ \t]{0,40})(?:[-*+]|\d{1,3}[.)])[ \t]{1,9}")
_NAMED_ITEM: Final = re.compile(_ITEM.pattern + _NAME + r"[ \t]{0,9}(?:[:：(–—]|-[ \t]|$)")
_NAMED_ROW: Final = re.compile(r"[ \t]{0,9}\|[ \t]{0,99}" + _NAME + r"[ \t]{0,99}\|")
_RULER: Final = re.compile(r"[ \t]{0,9}\|[ \t:|-]+$")
_HEADING: Final = re.compile(r"(?P<level>#{1,6})[ \t]")
_NAMED_HEADING: Final = re.compile(r"#{2,6}[ \t]{1,9}(?:\d{1,3}[.)]?[ \t]{1,9})?" + _NAME + r"[ \t]{0,9}$")
#: What is said of tools that the plugin has no more, or not yet.
_NOT_HERE: Final = re.compile(
    r"coming soon|planned|roadmap|todo|to do|remov|deprecat|future|not yet|no longer|upcoming|legacy|renamed"
    r"|即将|计划|废弃|移除|规划|今後|予定|廃止",
    re.IGNORECASE,
)
#: What tells an identifier from a word.
_IDENTIFIER: Final = re.compile(r"[_-]|[a-z][A-Z]")


@dataclass(slots=True)
class _Block:
    """A table, the items of a list at one level, or the headings at one level of a part."""

    #: The names with the lines they stand on.
    named: list[tuple[str, int, int]] = field(default_factory=list)
    #: Entries that are no name.
    others: int = 0
    is_about_others: bool = False

    def add(self, line: str, number: int, found: re.Match[str] | None) -> None:
        if found is None:
            self.others += 1
        elif not _NOT_HERE.search(line):
            self.named.append((found["name"], number, found.start("name") + 1))


_PROVIDER: Final = """\
identity: {author: acme, name: weather, label: {en_US: Weather}, description: {en_US: W}, icon: icon.svg}
tools: [tools/current_weather.yaml, tools/forecast.yaml]
extra: {python: {source: provider/weather.py}}
"""
_FORECAST: Final = """\
identity: {name: forecast, author: acme, label: {en_US: Forecast}}
description: {human: {en_US: F}, llm: F}
extra: {python: {source: tools/current_weather.py}}
"""


def _example(*lines: str) -> Example:
    text = "\n".join(["# Weather", "", *lines, ""])
    files = {"provider/weather.yaml": _PROVIDER, "tools/forecast.yaml": _FORECAST}
    return Example(text, path="README.md", whole=True, files=files)


@rule(
    "readme/unknown-tool",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="The README names a tool that the plugin does not have.",
    why="Users read the README before they install the plugin, and do not find the tool. The rule speaks where a "
    "list, a table or a row of headings has two or more of the plugin's tools by name, and another name among fewer.",
    fix="Name the tool as its document does, add the document to `tools` of the provider, or strike the name out.",
    authorities=(Authority(By.CONSOLE, "The page of the plugin promises what is not there.", "decoder/helper.go:529"),),
    bad=_example("- `current_weather`: now", "- `forecast`: the next days", "- `air_quality`: what is in the air"),
    good=_example("- `current_weather`: now", "- `forecast`: the next days"),
)
def unknown_tool(plugin: Plugin) -> Iterator[Hit]:
    tools = plugin.derived(_tool_names)
    if len(tools) < 2:
        return
    known = plugin.derived(_other_names)
    seen: set[str] = set()
    for readme in readmes(plugin):
        for block in _blocks(without_fences(readme.text or "")):
            ours = [name for name, *_ in block.named if _plain(name) in known.tools]
            strange = [each for each in block.named if _is_strange(each[0], known)]
            others = block.others + len(block.named) - len(ours) - len(strange)
            if block.is_about_others or len(ours) < 2 or len(ours) <= len(strange) or others > 1:
                continue
            for name, line, column in strange:
                if name in seen:
                    continue
                seen.add(name)
                # What the README lists itself is not what it means by another name.
                meant = nearest(name, [tool for tool in tools if _plain(tool) not in map(_plain, ours)])
                hint = f" Did you mean {quote(meant[0])}?" if meant else ""
                message = f"The README lists {quote(name)} among the tools, and the plugin has no such tool.{hint}"
                span = Span(line, column, line, column + len(name))
                yield Hit(message, readme.path, span, subject=name)


def _is_strange(name: str, known: _Known) -> bool:
    plain = _plain(name)
    return plain not in known.tools and plain not in known.others and bool(_IDENTIFIER.search(name))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _tool_names(plugin: Plugin) -> tuple[str, ...]:
    names = (linked.document.text_at("identity", "name") for linked in plugin.linked(DocumentKind.TOOL))
    return tuple(name for name in names if name)


@dataclass(frozen=True, slots=True)
class _Known:
    """Names without case and separators: what the tools are called, and what else has a name."""

    tools: frozenset[str]
    others: frozenset[str]


def _other_names(plugin: Plugin) -> _Known:
    tools: set[str] = set()
    others = {plugin.manifest.text_at("name") or ""}
    for linked in plugin.linked():
        document = linked.document
        names = {PurePosixPath(linked.path).stem, *_texts(document.get("identity", "name"))}
        names.update(_texts(document.get("identity", "label")), _texts(document.get("model")))
        (tools if linked.kind is DocumentKind.TOOL else others).update(names)
        schema = document.get("output_schema")
        properties = schema.get("properties") if isinstance(schema, dict) else None
        others.update(name for name in properties or () if isinstance(name, str))
    others.update(item.name for item in items(plugin) if item.name)
    for item in items(plugin):
        others.update(value for _, value in item.option_values())
    return _Known(frozenset(map(_plain, tools)), frozenset(map(_plain, others)))


def _texts(value: Any) -> Iterator[str]:
    for each in value.values() if isinstance(value, dict) else (value,):
        if isinstance(each, str):
            yield each


class _Reader:
    """Goes through the lines of a README."""

    def __init__(self) -> None:
        self.found: list[_Block] = []
        self.headings: dict[int, _Block] = {}
        self.lists: dict[int, _Block] = {}
        self.table: _Block | None = None
        self.is_about_others = False

    def opened(self) -> _Block:
        self.found.append(_Block(is_about_others=self.is_about_others))
        return self.found[-1]

    def read(self, line: str, number: int) -> None:
        heading, item = _HEADING.match(line), _ITEM.match(line)
        if line.lstrip().startswith("|"):
            self.table = self.table or self.opened()
            if not _RULER.match(line):
                self.table.add(line, number, _NAMED_ROW.match(line))
            return
        self.table = None
        if heading is not None:
            self.lists = {}
            self.is_about_others = _NOT_HERE.search(line) is not None
            block = self.at(self.headings, len(heading["level"]))
            block.add(line, number, _NAMED_HEADING.match(line))
        elif item is not None:
            block = self.at(self.lists, len(item["indent"].expandtabs(4)))
            block.add(line, number, _NAMED_ITEM.match(line))
        elif line.strip() and not line[0].isspace():
            self.lists = {}

    def at(self, blocks: dict[int, _Block], level: int) -> _Block:
        """The block of a level; those of deeper levels are over."""
        for each in [each for each in blocks if each > level]:
            del blocks[each]
        if level not in blocks:
            blocks[level] = self.opened()
        return blocks[level]


def _blocks(text: str) -> list[_Block]:
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.read(line.rstrip("\r"), number)
    return reader.found
