"""Rules about `output_schema`: the variables that tools, datasources and events return."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.document import Document, Pointer
from bot.findings import Authority, By, Severity, quote, quote_list
from bot.format.traits import DocumentKind, kinds_with
from bot.messages import say
from bot.patterns import regex
from bot.plugin import LinkedDocument, Plugin
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule

_TOOL = "tools/current_weather.yaml"
_KINDS = kinds_with("has_output")


@rule(
    "schema/output-schema",
    severity=Severity.WARNING,
    summary="The output schema does not describe variables.",
    why="Workflows offer the variables that `output_schema` describes: a JSON Schema of the type `object` whose "
    "`properties` name them, each with its type. Anything else is stored and offers nothing.",
    fix="Write `type: object`, and each variable with its `type` under `properties`.",
    authorities=(Authority(By.DOCS, "Workflows do not offer the variables.", "tool.mdx:265"),),
    bad=Example("output_schema:\n  temperature:\n    type: number\n", path=_TOOL),
    good=Example("output_schema:\n  type: object\n  properties:\n    temperature:\n      type: number\n", path=_TOOL),
)
def output_schema(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(*_KINDS):
        schema = linked.document.get("output_schema")
        if isinstance(schema, dict) and schema:
            yield from _object(linked.document, schema)


def _object(document: Document, schema: dict[Any, Any]) -> Iterator[Hit]:
    kind, properties = schema.get("type"), schema.get("properties")
    if "$ref" in schema or any(key in schema for key in _COMBINATIONS):
        return
    if kind != "object":
        pointer = ("output_schema", "type")
        if "type" not in schema:
            message = say("The output schema has no `type: object`: workflows do not offer its variables.")
            yield at_parent(document, pointer, message)
        elif isinstance(kind, str):
            message = say(
                "The output schema is of the type {kind}, not `object`: workflows do not offer its variables.",
                kind=quote(kind),
            )
            yield at_value(document, pointer, message, subject=kind)
        else:
            message = say("`type` of the output schema must be `object`: workflows do not offer its variables.")
            yield at_key(document, pointer, message)
    elif "properties" not in schema:
        message = say("The output schema has no `properties`: it describes no variables.")
        yield at_parent(document, ("output_schema", "properties"), message)
    elif not isinstance(properties, dict):
        message = say(
            "`properties` of the output schema must be a mapping from the names of variables to their schemas."
        )
        yield at_key(document, ("output_schema", "properties"), message)
    else:
        for name, described in properties.items():
            yield from _variable(document, str(name), described)


_COMBINATIONS = ("anyOf", "oneOf", "allOf")
#: What a schema may have instead of a type.
_UNTYPED = ("$ref", "enum", "const", *_COMBINATIONS)


def _variable(document: Document, name: str, schema: Any) -> Iterator[Hit]:
    pointer = ("output_schema", "properties", name)
    if not isinstance(schema, dict):
        message = say("The variable {name} must be described by a mapping with its `type`.", name=quote(name))
        yield at_key(document, pointer, message, subject=name)
    elif "type" not in schema and not any(key in schema for key in _UNTYPED):
        yield at_key(document, pointer, say("The variable {name} has no `type`.", name=quote(name)), subject=name)
    else:
        kind = schema.get("type")
        if isinstance(kind, str) and kind not in _TYPES and not _COMPACT.fullmatch(kind):
            message = say(
                "{kind} is not a type of JSON Schema: workflows do not know what {name} is.",
                kind=quote(kind),
                name=quote(name),
            )
            yield at_value(document, (*pointer, "type"), message, subject=kind)


#: The types of JSON Schema, those that the editor of workflows knows besides, and its short form for arrays.
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null", "file", "any", "secret")
_COMPACT = regex(r"array\[[a-z]+\]")


#: What a text field of a workflow can name (A graphon runtime/variable_pool.py:25).
_VARIABLE = regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,29}", re.ASCII)


@rule(
    "schema/output-name",
    severity=Severity.WARNING,
    summary="An output variable that no text field of a workflow can name.",
    why="Texts in a workflow name a variable as `{{#node.name#}}`. Dify finds names of letters, digits and `_` there, "
    "which begin with no digit and have 30 characters at most. The variable can still be chosen in a list.",
    fix="Rename the variable, in the schema and in the code.",
    authorities=(
        Authority(
            By.PLATFORM, "The text keeps `{{#…#}}` in place of the value.", "graphon/runtime/variable_pool.py:25"
        ),
    ),
    bad=Example("output_schema:\n  type: object\n  properties:\n    wind-speed:\n      type: number\n", path=_TOOL),
    good=Example("output_schema:\n  type: object\n  properties:\n    wind_speed:\n      type: number\n", path=_TOOL),
)
def output_name(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(*_KINDS):
        properties = linked.document.get("output_schema", "properties")
        for name in properties if isinstance(properties, dict) else ():
            if isinstance(name, str) and not _VARIABLE.fullmatch(name):
                message = say(
                    "A workflow cannot use the variable {name} in a text: a name there has at most 30 of "
                    "a-z, A-Z, 0-9 and `_`, and does not begin with a digit.",
                    name=quote(name),
                )
                yield at_key(linked.document, ("output_schema", "properties", name), message, subject=name)


_SCHEMAS = say("https://dify.ai/schemas/v1/")
#: The schemas that Dify brings (A core/schemas/builtin/schemas/v1).
_KNOWN_SCHEMAS = (
    "file",
    "general_structure",
    "multimodal_general_structure",
    "parent_child_structure",
    "multimodal_parent_child_structure",
    "qa_structure",
)
#: What the platform looks at as one of its own references (A core/schemas/resolver.py).
_DIFY_REF = regex(r"https://dify\.ai/schemas/(v[0-9]+)/([a-zA-Z0-9_-]+)\.json")
_FILE = "output_schema:\n  type: object\n  properties:\n    page:\n      $ref: https://dify.ai/schemas/v1/{}.json\n"
#: Schemas are searched for references so far down.
_DEEPEST = 50


@rule(
    "schema/output-reference",
    severity=Severity.WARNING,
    summary="An output schema refers to a schema that Dify does not have.",
    why="Dify replaces `$ref: https://dify.ai/schemas/v1/….json` by a schema of its own. It leaves a name that it does "
    "not know as it is, and the variable has no type.",
    fix="Refer to one of the schemas that the finding lists, or write the schema out.",
    authorities=(Authority(By.PLATFORM, "The variable has no type.", "core/schemas/resolver.py"),),
    bad=Example(_FILE.format("files"), path=_TOOL),
    good=Example(_FILE.format("file"), path=_TOOL),
)
def output_reference(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.TOOL, DocumentKind.DATASOURCE):
        for pointer, written in _references(linked.document.get("output_schema"), ("output_schema",)):
            match = _DIFY_REF.fullmatch(written)
            if match is not None and (match[1] != "v1" or match[2] not in _KNOWN_SCHEMAS):
                message = say(
                    "Dify has no schema {written}; it has {known_schemas} under {schemas}.",
                    written=quote(written),
                    known_schemas=quote_list(_KNOWN_SCHEMAS),
                    schemas=_SCHEMAS,
                )
                yield at_value(linked.document, pointer, message, subject=written)


def _references(schema: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if len(pointer) > _DEEPEST:
        return
    if isinstance(schema, dict):
        written = schema.get("$ref")
        if isinstance(written, str):
            yield (*pointer, "$ref"), written
        for key, value in schema.items():
            yield from _references(value, (*pointer, key))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _references(value, (*pointer, index))


#: The variables that every tool returns (D tool.mdx:35).
_BUILT_IN = ("text", "json", "files")


@rule(
    "schema/reserved-output",
    severity=Severity.WARNING,
    summary="An output variable has the name of one that every tool has.",
    why="Every tool returns `text`, `json` and `files`. A variable of the same name hides the built-in one, or is "
    "hidden by it.",
    fix="Rename the variable, in the schema and in the code.",
    authorities=(Authority(By.DOCS, "One of the two variables is lost.", "tool.mdx:35"),),
    bad=Example("output_schema:\n  type: object\n  properties:\n    text:\n      type: string\n", path=_TOOL),
    good=Example("output_schema:\n  type: object\n  properties:\n    summary:\n      type: string\n", path=_TOOL),
)
def reserved_output(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.TOOL):
        properties = linked.document.get("output_schema", "properties")
        for name in _BUILT_IN:
            if isinstance(properties, dict) and name in properties:
                message = say("Every tool returns a variable {name} already: one of the two is lost.", name=quote(name))
                yield at_key(linked.document, ("output_schema", "properties", name), message, subject=name)


#: What the console reads from each page that a crawler returns (D datasource-plugin.mdx:221).
_PAGE = ("source_url", "content", "title", "description")
_PAGES = "output_schema:\n  type: object\n  properties:\n{}"


_DOCUMENTS = """\
identity:
  author: acme
  name: acme_wiki
  label:
    en_US: Acme Wiki
  description:
    en_US: Brings the pages of an Acme wiki into a knowledge base.
  icon: icon.svg
provider_type: online_document
datasources:
  - datasources/pages.yaml
extra:
  python:
    source: provider/wiki.py
"""


@rule(
    "schema/crawler-output",
    severity=Severity.WARNING,
    summary="The output schema of a crawler lacks a variable that Dify reads.",
    why="For each page of a website, Dify reads `source_url`, `content`, `title` and `description`. What the schema "
    "does not describe cannot be used in the knowledge pipeline.",
    fix="Describe all four under `properties`.",
    authorities=(Authority(By.DOCS, "Pages lack what the schema does not describe.", "datasource-plugin.mdx:221"),),
    bad=Example(_PAGES.format("    content:\n      type: string\n"), path="datasources/pages.yaml", base="datasource"),
    good=Example(
        _PAGES.format("".join(f"    {name}:\n      type: string\n" for name in _PAGE)),
        path="datasources/pages.yaml",
        base="datasource",
    ),
)
def crawler_output(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.DATASOURCE):
        properties = linked.document.get("output_schema", "properties")
        if _provider_type(plugin, linked) != "website_crawl" or not isinstance(properties, dict):
            continue
        lacking = [name for name in _PAGE if name not in properties]
        if lacking:
            names = ", ".join(quote(name) for name in lacking)
            message = say(
                "The output schema of a crawler needs {names} too: Dify reads them from every page.", names=names
            )
            yield at_key(linked.document, ("output_schema", "properties"), message, subject=" ".join(lacking))


@rule(
    "schema/document-output",
    severity=Severity.WARNING,
    summary="The output schema of online documents lacks `content`.",
    why="The text of a document comes in the variable `content`. What the schema does not describe cannot be used in "
    "the knowledge pipeline.",
    fix="Describe `content` under `properties`, and return it with `create_variable_message`.",
    authorities=(Authority(By.DOCS, "The text of the document cannot be used.", "datasource-plugin.mdx:275"),),
    bad=Example(
        _PAGES.format("    page_id:\n      type: string\n"),
        path="datasources/pages.yaml",
        base="datasource",
        files={"provider/wiki.yaml": _DOCUMENTS},
    ),
    good=Example(
        _PAGES.format("    content:\n      type: string\n"),
        path="datasources/pages.yaml",
        base="datasource",
        files={"provider/wiki.yaml": _DOCUMENTS},
    ),
)
def document_output(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.DATASOURCE):
        properties = linked.document.get("output_schema", "properties")
        if _provider_type(plugin, linked) != "online_document" or not isinstance(properties, dict):
            continue
        if "content" not in properties:
            message = say("The output schema of an online document needs `content`: the text of the document is there.")
            yield at_key(linked.document, ("output_schema", "properties"), message)


def _provider_type(plugin: Plugin, linked: LinkedDocument) -> str | None:
    provider = plugin.documents.get(linked.link.source) if linked.link is not None else None
    return provider.document.text_at("provider_type") if provider is not None else None
