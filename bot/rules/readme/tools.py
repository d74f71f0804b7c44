"""The rule about tools that a README names and the plugin does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from msgspec import Struct, field

from bot.findings import Authority, By, Confidence, Severity, Span, quote
from bot.format.judge.unknown import nearest
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.documents import readmes
from bot.plugin.forms import items
from bot.plugin.markdown import line_starts, span_at, tokens
from bot.rules.registry import Example, Hit, Place, rule

#: A name alone, in code, bold or plain: `**create_order**`.
_NAME: Final = (
    r"(?:\*\*)?(?P<code>`?)(?P<name>[A-Za-z][A-Za-z0-9]{0,80}(?:[_-][A-Za-z0-9]{1,80}){0,20})(?P=code)(?:\*\*)?"
)
_NAMED_ITEM: Final = regex(_NAME + r"[ \t]{0,9}(?:[:：(–—]|-[ \t]|$)", re.MULTILINE)
_NAMED_CELL: Final = regex(_NAME + r"$")
_NAMED_HEADING: Final = regex(r"(?:\d{1,3}[.)]?[ \t]{1,9})?" + _NAME + r"$")
#: What is said of tools that the plugin has no more, or not yet.
_NOT_HERE: Final = regex(
    r"coming soon|planned|roadmap|todo|to do|remov|deprecat|future|not yet|no longer|upcoming|legacy|renamed"
    r"|即将|计划|废弃|移除|规划|今後|予定|廃止",
    re.IGNORECASE,
)
#: What tells an identifier from a word.
_IDENTIFIER: Final = regex(r"[_-]|[a-z][A-Z]")


class _Block(Struct):
    """A table, the items of a list, or the headings at one level of a part."""

    is_about_others: bool
    #: The names, each where it stands.
    named: list[tuple[str, Span]] = field(default_factory=list)
    #: Entries that are no name.
    others: int = 0

    def add(self, text: str, start: int, end: int, found: re.Match[str] | None) -> None:
        """Adds an entry, whose line is between two offsets of the README."""
        if found is None:
            self.others += 1
        elif not _NOT_HERE.search(text[start:end]):
            at = max(start, text.find(found["name"], start, end))
            self.named.append((found["name"], span_at(text, at, len(found["name"]))))


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
        for block in _blocks(readme.text or "") if _names_several(readme.text or "", tools) else ():
            ours = [name for name, _ in block.named if _plain(name) in known.tools]
            strange = [each for each in block.named if _is_strange(each[0], known)]
            others = block.others + len(block.named) - len(ours) - len(strange)
            if block.is_about_others or len(ours) < 2 or len(ours) <= len(strange) or others > 1:
                continue
            for name, span in strange:
                if name in seen:
                    continue
                seen.add(name)
                # What the README lists itself is not what it means by another name.
                meant = nearest(name, [tool for tool in tools if _plain(tool) not in map(_plain, ours)])
                hint = say(" Did you mean {meant}?", meant=quote(meant[0])) if meant else ""
                message = say(
                    "The README lists {name} among the tools, and the plugin has no such tool.{hint}",
                    name=quote(name),
                    hint=hint,
                )
                yield Hit(message, readme.path, span, subject=name, related=plugin.derived(_lists))


def _is_strange(name: str, known: _Known) -> bool:
    plain = _plain(name)
    return plain not in known.tools and plain not in known.others and bool(_IDENTIFIER.search(name))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _tool_names(plugin: Plugin) -> tuple[str, ...]:
    names = (linked.document.text_at("identity", "name") for linked in plugin.linked(DocumentKind.TOOL))
    return tuple(name for name in names if name)


def _lists(plugin: Plugin) -> tuple[Place, ...]:
    """Where the providers list their tools."""
    return tuple(
        Place(linked.path, linked.document.span_of_key(("tools",)), say("The tools that the plugin has."))
        for linked in plugin.linked(DocumentKind.TOOL_PROVIDER)
        if linked.document.get("tools")
    )


class _Known(Struct, frozen=True):
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


def _names_several(text: str, tools: Sequence[str]) -> bool:
    """Whether a README may have two of the tools by name: hardly any other is worth parsing."""
    plain = _plain(text)
    return sum(_plain(tool) in plain for tool in tools) > 1


def _blocks(text: str) -> list[_Block]:
    """The tables, lists and levels of headings of a README with their entries."""
    starts = line_starts(text)
    found: list[_Block] = []
    headings: dict[int, _Block] = {}
    lists: list[_Block] = []
    block, pattern = _Block(is_about_others=False), None
    start = end = 0
    is_about_others = False

    def opened() -> _Block:
        found.append(_Block(is_about_others))
        return found[-1]

    for token in tokens(text):
        if token.map is not None:
            start, end = starts[token.map[0] : token.map[0] + 2]
        match token.type:
            case "heading_open":
                level = int(token.tag[1:])
                is_about_others = _NOT_HERE.search(text[start:end]) is not None
                headings = {each: known for each, known in headings.items() if each <= level}
                block = headings[level] = headings.get(level) or opened()
                pattern = _NAMED_HEADING
            case "bullet_list_open" | "ordered_list_open":
                lists.append(opened())
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                block, pattern = lists[-1], _NAMED_ITEM
            case "table_open":
                block = opened()
            case "tr_open":
                pattern = _NAMED_CELL
            case "inline" if pattern is not None:
                # The first text of an entry is what it is about.
                block.add(text, start, end, pattern.match(token.content))
                pattern = None
            case _:
                pass
    return found
