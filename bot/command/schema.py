"""The `schema` command: what an editor needs for the YAML of plugins, as one schema or as a folder of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bot.errors import UsageError
from bot.findings import quote
from bot.format.json_schema import json_schema, schema_kinds
from bot.format.traits import TRAITS, DocumentKind
from bot.options import CONFIGURATION
from bot.policy.configuration import configuration_schema

#: The schema of the configuration file, which is no document of a plugin.
CONFIGURATION_NAME: Final = "configuration"
#: The settings of an editor, and the key in them that says which schema is for which files.
SETTINGS: Final = "settings.json"
SCHEMAS_SETTING: Final = "yaml.schemas"

_PROVIDERS: Final = tuple(kind for kind, traits in TRAITS.items() if traits.lists is not None)
#: The patterns of each place in a plugin, and the kinds of document there; where there are several, the keys tell.
#: A manifest may name other folders: these are the ones that the templates of Dify make.
_PLACES: Final[Mapping[str, tuple[tuple[str, ...], tuple[DocumentKind, ...]]]] = {
    "in-provider": (("**/provider/*.yaml", "**/group/*.yaml"), _PROVIDERS),
    "in-tools": (("**/tools/*.yaml",), (DocumentKind.TOOL,)),
    "in-models": (("**/models/*/*.yaml",), (DocumentKind.MODEL,)),
    "in-endpoints": (("**/endpoints/*.yaml",), (DocumentKind.ENDPOINT, DocumentKind.ENDPOINT_GROUP)),
    "in-strategies": (("**/strategies/*.yaml",), (DocumentKind.AGENT_STRATEGY,)),
    "in-datasources": (("**/datasources/*.yaml",), (DocumentKind.DATASOURCE,)),
    "in-events": (("**/events/*.yaml", "**/events/*/*.yaml"), (DocumentKind.EVENT,)),
}
_MANIFEST: Final = "**/manifest.yaml"


def schema_names() -> tuple[str, ...]:
    """The names that `schema` takes."""
    return (*schema_kinds(), CONFIGURATION_NAME)


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one of `schema_names`."""
    return configuration_schema() if name == CONFIGURATION_NAME else json_schema(schema_kinds()[name])


def text_of(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def write_all(folder: str) -> list[str]:
    """Writes every schema, `catalog.json` and `settings.json` into a folder; the names of the files.

    Raises `UsageError` where the folder or a file cannot be written.
    """
    place = Path(folder)
    files = editor_files(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"the schemas cannot be written to {quote(folder)}: {reason}") from error
    return list(files)


def editor_files(folder: str) -> dict[str, str]:
    """The text of every schema, of `catalog.json` and of `settings.json`, by name, for a folder."""
    files = {_file(name): schema(name) for name in schema_names()}
    files |= {_file(place): made for place, made in _dispatching()}
    matches = {_file(place): list(patterns) for place, (patterns, _) in _PLACES.items()}
    matches[_file("in-root")] = [_MANIFEST]
    matches[_file(CONFIGURATION_NAME)] = [f"**/{CONFIGURATION}"]
    entries = []
    for name, patterns in matches.items():
        title = files[name]["title"]
        entries.append({"name": title, "description": title, "fileMatch": patterns, "url": f"./{name}"})
    catalogue = "https://json.schemastore.org/schema-catalog.json"
    files["catalog.json"] = {"$schema": catalogue, "version": 1, "schemas": entries}
    place = Path(folder)
    shown = place.as_posix() if place.is_absolute() else f"./{place.as_posix()}"
    files[SETTINGS] = {SCHEMAS_SETTING: {f"{shown}/{name}": patterns for name, patterns in matches.items()}}
    return {name: text_of(data) for name, data in files.items()}


def _file(name: str) -> str:
    return f"{name}.schema.json"


def _dispatching() -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of places: what a document is there, its keys tell."""
    bundle = {"properties": {"type": {"const": "bundle"}}, "required": ["type"]}
    manifest = {"if": bundle, "then": _ref(DocumentKind.BUNDLE), "else": _ref(DocumentKind.MANIFEST)}
    yield "in-root", _titled("manifest.yaml", [manifest])
    for place, (patterns, kinds) in _PLACES.items():
        title = f"YAML in {patterns[0].split('/')[1]}"
        if len(kinds) == 1:
            # The folder of a repository may have the name too: `tools/weather/manifest.yaml`.
            others = {"anyOf": [_signed(kind) for kind, traits in TRAITS.items() if traits.signs and kind not in kinds]}
            conditions: list[dict[str, Any]] = [{"if": {**others, "type": "object"}, "else": _ref(kinds[0])}]
            if kinds == (DocumentKind.MODEL,):
                position = _ref(DocumentKind.MODEL_POSITION)
                conditions = [{"if": {"type": "array"}, "then": position, "else": conditions[0]}]
            yield place, _titled(title, conditions)
        else:
            yield place, _titled(title, [{"if": _signed(kind), "then": _ref(kind)} for kind in kinds])


def _signed(kind: DocumentKind) -> dict[str, Any]:
    return {"anyOf": [{"required": sorted(sign)} for sign in TRAITS[kind].signs]}


def _ref(kind: DocumentKind) -> dict[str, str]:
    return {"$ref": _file(kind.value.replace(" ", "-"))}


def _titled(title: str, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "title": f"Dify plugin: {title}", "allOf": conditions}
