"""Rules about names that must be unique, or must fit where Dify uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from bot.document import Pointer
from bot.findings import Authority, By, Confidence, Severity, quote
from bot.format.models.base import IDENTIFIER
from bot.format.traits import DocumentKind, Structure
from bot.messages import say
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.forms import Item, forms
from bot.rules.registry import Example, Hit, at_value, rule

_TWICE = (
    "parameters:\n  - name: city\n    type: string\n    form: form\n    label:\n      en_US: City\n"
    "    human_description:\n      en_US: A city.\n  - name: {}\n    type: string\n    form: form\n    label:\n"
    "      en_US: Country\n    human_description:\n      en_US: A country.\n"
)


@rule(
    "schema/duplicate-name",
    severity=Severity.WARNING,
    summary="Two items of one form have the same name.",
    why="Nobody refuses the form: users see both fields, and the plugin gets one value, that of the last. Fields of a "
    "model provider may share a name when different conditions in `show_on` keep them from being shown together.",
    fix="Rename or remove one of them.",
    authorities=(
        Authority(By.DOCS, "Only the last value reaches the plugin.", "tool-plugin.mdx:234"),
        Authority(By.CONSOLE, "The form shows both fields.", "tool_declaration.go:129"),
    ),
    bad=Example(_TWICE.format("city"), path="tools/current_weather.yaml"),
    good=Example(_TWICE.format("country"), path="tools/current_weather.yaml"),
)
def duplicate_name(plugin: Plugin) -> Iterator[Hit]:
    for form in forms(plugin):
        seen: dict[str, dict[frozenset[tuple[str, str]], Item]] = {}
        for item in form:
            name = item.name
            if not name or isinstance(item.pointer[-1], str):
                continue  # The keys of a mapping are unique, or not YAML.
            conditions = _conditions(item)
            others = seen.setdefault(name, {})
            # A field without conditions meets every other, one with conditions those of the same.
            other = others.get(conditions) or others.get(frozenset())
            if other is None and others and not conditions:
                other = next(iter(others.values()))
            others.setdefault(conditions, item)
            if other is not None:
                yield _twice(item.linked, item.name_pointer, name, item.called, other.name_pointer)
    for linked in plugin.linked(DocumentKind.MODEL):
        yield from _duplicate_rules(linked)


def _conditions(item: Item) -> frozenset[tuple[str, str]]:
    """When a field of a model provider is shown; other forms know no conditions."""
    listed = item.data.get("show_on") if item.structure is Structure.MODEL_FORM else None
    found = set()
    for each in listed if isinstance(listed, list) else []:
        variable, value = (each.get("variable"), each.get("value")) if isinstance(each, dict) else (None, None)
        if isinstance(variable, str) and isinstance(value, str):
            found.add((variable, value))
    return frozenset(found)


def _duplicate_rules(linked: LinkedDocument) -> Iterator[Hit]:
    rules = linked.document.get("parameter_rules")
    first: dict[str, Pointer] = {}
    for index in range(len(rules) if isinstance(rules, list) else 0):
        pointer = ("parameter_rules", index, "name")
        name = linked.document.text_at(*pointer)
        if name and first.setdefault(name, pointer) != pointer:
            yield _twice(linked, pointer, name, say("parameter"), first[name])


def _twice(linked: LinkedDocument, pointer: Pointer, name: str, called: str, first: Pointer) -> Hit:
    line = linked.document.span(first).line
    message = say(
        "There is a {called} {name} already, on line {line}. Users see both, and only the last value reaches "
        "the plugin.",
        called=called,
        name=quote(name),
        line=line,
    )
    return at_value(linked.document, pointer, message, subject=name)


#: What a provider lists: the key of its identity's name, what to call it, who objects, and what happens.
_LISTED: dict[DocumentKind, tuple[str, By, str, str]] = {
    DocumentKind.TOOL: (
        say("tool"),
        By.SDK,
        say("The SDK keeps only the last of them: the other can never be called."),
        "core/plugin_registration.py:232",
    ),
    DocumentKind.AGENT_STRATEGY: (
        say("strategy"),
        By.SDK,
        say("The SDK keeps only the last of them: the other can never be used."),
        "core/plugin_registration.py:252",
    ),
    DocumentKind.DATASOURCE: (
        say("datasource"),
        By.SDK,
        say("The SDK keeps only the last of them: the other can never be used."),
        "core/plugin_registration.py:291",
    ),
    DocumentKind.EVENT: (
        say("event"),
        By.SDK,
        say("The plugin packages and installs, but does not start."),
        "core/trigger_factory.py:48",
    ),
}


@rule(
    "schema/duplicate-identity",
    severity=Severity.ERROR,
    summary="Two tools, strategies, datasources or events of one provider have the same name.",
    why="The SDK finds them by name. Of tools, strategies and datasources it keeps the last and never runs the others; "
    "for events it stops the plugin. Several providers of one kind are a finding of their own.",
    fix="Give each its own `identity.name`.",
    authorities=(
        Authority(By.SDK, "The first can never be called.", "core/plugin_registration.py:232"),
        Authority(By.SDK, "With events, the plugin does not start.", "core/trigger_factory.py:48"),
    ),
    bad=Example(
        "tools:\n  - tools/current_weather.yaml\n  - tools/forecast.yaml\n",
        path="provider/weather.yaml",
        files={"tools/forecast.yaml": "identity:\n  name: current_weather\n  author: acme\n"},
    ),
    good=Example(
        "tools:\n  - tools/current_weather.yaml\n  - tools/forecast.yaml\n",
        path="provider/weather.yaml",
        files={"tools/forecast.yaml": "identity:\n  name: forecast\n  author: acme\n"},
    ),
)
def duplicate_identity(plugin: Plugin) -> Iterator[Hit]:
    first: dict[tuple[str, str], LinkedDocument] = {}
    for reference in plugin.references:
        if reference.kind not in _LISTED:
            continue
        called, by, happens, source = _LISTED[reference.kind]
        for path in reference.found:
            linked = plugin.documents.get(path)
            name = linked.document.text_at("identity", "name") if linked is not None else None
            if linked is None or not name or linked.kind is not reference.kind:
                continue
            other = first.setdefault((reference.source, name), linked)
            if other is not linked:
                if PurePosixPath(other.path).stem != name == PurePosixPath(path).stem:
                    # The name is that of the file: the other has taken it.
                    linked, other = other, linked
                message = say(
                    "{path} is a {called} of the name {name} already. {happens}",
                    path=quote(other.path),
                    called=called,
                    name=quote(name),
                    happens=happens,
                )
                authorities = (Authority(by, happens, source),)
                pointer = ("identity", "name")
                yield at_value(linked.document, pointer, message, subject=name, authorities=authorities)


@rule(
    "schema/datasource-name",
    severity=Severity.WARNING,
    summary="The name of a datasource holds more than letters, digits, `-` and `_`.",
    why="The name becomes part of addresses and identifiers, just as those of tools and events. For these the daemon "
    "has a pattern, for datasources it has none: they pass, and break where the name is used. For the name of the "
    "provider the platform has a pattern of its own.",
    fix="Use letters, digits, `-` and `_`. What users see is `label`.",
    authorities=(Authority(By.DOCS, "Addresses with the name break.", "datasource_declaration.go:35"),),
    confidence=Confidence.LIKELY,
    bad=Example(
        "identity:\n  author: acme\n  name: acme wiki\n  label:\n    en_US: Acme Wiki\n",
        path="datasources/pages.yaml",
        base="datasource",
    ),
    good=Example(
        "identity:\n  author: acme\n  name: acme_wiki\n  label:\n    en_US: Acme Wiki\n",
        path="datasources/pages.yaml",
        base="datasource",
    ),
)
def datasource_name(plugin: Plugin) -> Iterator[Hit]:
    pointer = ("identity", "name")
    for linked in plugin.linked(DocumentKind.DATASOURCE):
        name: Any = linked.document.text_at(*pointer)
        if name is not None and not re.search(IDENTIFIER, name):
            message = say(
                "{name} holds more than letters, digits, `-` and `_`: addresses with the name break.", name=quote(name)
            )
            yield at_value(linked.document, pointer, message, subject=name)
