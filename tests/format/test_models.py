"""The models against the plugins that use every field, and against the SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from bot.findings import By
from bot.format.judge.fields import Field, find, root_field, step
from bot.format.judge.verdict import divergences, validate
from bot.format.kinds import MODELS
from bot.format.models.base import Asset, Glob, Link, Localized, Origin, PythonSource, Spec
from bot.format.models.constructed import CONSTRUCTED
from bot.format.models.i18n import I18nObject
from bot.format.models.model_config import ModelConfig
from bot.format.models.node_response import NodeResponse
from bot.format.models.tool_selector import ToolSelectorParameter
from bot.format.references import references
from bot.format.traits import DocumentKind
from tests.format.conftest import Sdk
from tests.format.plugins import SAMPLES, Sample
from tests.format.versions import for_release

#: Structures that exist at run time only, so that no document can hold them.
RUNTIME: tuple[type[Spec], ...] = (*CONSTRUCTED.values(), ModelConfig, NodeResponse, ToolSelectorParameter)


def reachable(model: Any) -> set[type[Spec]]:
    found: set[type[Spec]] = set()
    fields = [root_field(model)]
    while fields:
        for form in fields.pop().alternatives:
            if isinstance(form.type, type) and issubclass(form.type, Spec):
                if form.type not in found:
                    found.add(form.type)
                    fields.extend(inner for name in form.type.model_fields if (inner := step(form, name)))
            else:
                fields.extend(inner for part in (0, "key") if (inner := step(form, part)))
    return found


MODELS_OF_DOCUMENTS = sorted({model for kind in MODELS for model in reachable(MODELS[kind])}, key=lambda m: m.__name__)


def used(field: Field, value: Any) -> Iterator[tuple[type[Spec], str]]:
    """Which fields of which models a value fills."""
    for form in field.alternatives:
        if isinstance(form.type, type) and issubclass(form.type, Spec) and isinstance(value, dict):
            for key, item in value.items():
                inner = step(form, key)
                if inner is not None:
                    yield form.type, key
                    yield from used(inner, item)
        elif isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in pairs:
                inner = step(form, key)
                if inner is not None:
                    yield from used(inner, item)


def test_the_plugins_use_every_field() -> None:
    filled: set[tuple[type[Spec], str]] = set()
    for sample in SAMPLES:
        for model, key in used(root_field(MODELS[sample.kind]), sample.document.data):
            filled |= {(base, key) for base in model.__mro__ if issubclass(base, Spec) and key in base.model_fields}
    wanted = {(model, key) for model in MODELS_OF_DOCUMENTS for key in model.model_fields}
    assert sorted(f"{model.__name__}.{key}" for model, key in wanted - filled) == [
        "DatasourceParameter.scope"  # Remote debugging refuses any value of it, so a clean plugin has none.
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_the_plugins_are_clean(sample: Sample) -> None:
    document = sample.document
    assert document.problems == ()
    assert [*validate(document, sample.kind), *divergences(document, sample.kind)] == []


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.extension], ids=str)
def test_the_sdk_loads_the_plugins(sdk: Sdk, sample: Sample) -> None:
    if sample.plugin == "tools" and sample.extension == "tools":
        tool = next(s for s in SAMPLES if s.path == "tools/forecast.yaml")
        text = yaml.safe_dump(for_release(tool.document.data, sdk.version), allow_unicode=True, sort_keys=False)
        sample = tool
    else:
        text = sample.text
    assert sdk.refuses(sample, text) == ""


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.value)
def test_every_kind_builds(kind: DocumentKind) -> None:
    assert TypeAdapter(MODELS[kind]).core_schema


@pytest.mark.parametrize("model", [*MODELS_OF_DOCUMENTS, *RUNTIME], ids=lambda model: model.__name__)
def test_every_field_says_where_it_comes_from(model: type[Spec]) -> None:
    for name, info in model.model_fields.items():
        origins = [each for each in info.metadata if isinstance(each, Origin)]
        assert len(origins) == 1, f"{name} has {len(origins)} origins"
        origin = origins[0]
        assert re.search(r"[a-z0-9`_]", origin.text), name
        places = [place.partition(".") for place in (origin.place, *origin.inherited)]
        entries = [references()["fields"].get(structure, {}).get(field) for structure, _, field in places]
        cited = set(next(filter(None, entries), {}))
        readers = {"daemon"} if origin.daemon else set()
        readers |= {"sdk"} if origin.sdk else set()
        if not origin.nested and name not in ("contact", "network"):
            assert readers, f"nobody reads {name}"
            assert cited & {"daemon", "sdk"} == readers, f"{origin.place} is cited by {cited}"


@pytest.mark.parametrize("model", MODELS_OF_DOCUMENTS, ids=lambda model: model.__name__)
def test_keys_are_judged_in_one_way_only(model: type[Spec]) -> None:
    known = set(model.model_fields)
    told = [set(model.mistaken), set(model.misplaced), set(model.remarks)]
    for keys in told:
        assert not keys & known
    assert sum(map(len, told)) == len(set().union(*told))
    assert set(model.mistaken.values()) <= known


def test_links_lead_from_the_manifest_to_every_kind() -> None:
    reached = {DocumentKind.MANIFEST}
    while True:
        links = {link.to for kind in reached for _, link, _ in find(MODELS[kind], Link)}
        globs = {glob.to for kind in reached for _, glob, _ in find(MODELS[kind], Glob)}
        if links | globs <= reached:
            break
        reached |= links | globs
    assert reached == set(DocumentKind) - {DocumentKind.BUNDLE}


def test_each_kind_with_code_names_its_base_class() -> None:
    bases = {kind: {marker.base for _, marker, _ in find(MODELS[kind], PythonSource)} for kind in MODELS}
    models = "LargeLanguageModel | TextEmbeddingModel | RerankModel | TTSModel | Speech2TextModel | ModerationModel"
    assert {kind: names for kind, names in bases.items() if names} == {
        DocumentKind.TOOL_PROVIDER: {"ToolProvider"},
        DocumentKind.TOOL: {"Tool"},
        DocumentKind.MODEL_PROVIDER: {"ModelProvider", models},
        DocumentKind.ENDPOINT_GROUP: {"Endpoint"},
        DocumentKind.ENDPOINT: {"Endpoint"},
        DocumentKind.AGENT_STRATEGY: {"AgentStrategy"},
        DocumentKind.DATASOURCE_PROVIDER: {"DatasourceProvider"},
        DocumentKind.DATASOURCE: {""},
        DocumentKind.TRIGGER_PROVIDER: {"Trigger"},
        DocumentKind.EVENT: {"Event"},
    }
    (_, marker, _), *_ = find(MODELS[DocumentKind.DATASOURCE], PythonSource)
    assert dict(marker.by)["online_drive"] == "OnlineDriveDatasource"


@pytest.mark.parametrize(
    ("kind", "pattern", "checked_by"),
    [
        (DocumentKind.MANIFEST, ("icon",), (By.PACKAGER, By.INSTALLER)),
        (DocumentKind.TOOL_PROVIDER, ("identity", "icon"), (By.PACKAGER, By.INSTALLER)),
        (DocumentKind.TOOL_PROVIDER, ("identity", "icon_dark"), (By.INSTALLER,)),
        (DocumentKind.AGENT_STRATEGY_PROVIDER, ("identity", "icon"), (By.INSTALLER,)),
        (DocumentKind.MODEL_PROVIDER, ("icon_small", "ja_JP"), (By.PACKAGER, By.INSTALLER)),
        (DocumentKind.MODEL_PROVIDER, ("icon_large_dark", "en_US"), (By.INSTALLER,)),
        (DocumentKind.DATASOURCE, ("identity", "icon"), (By.INSTALLER,)),
        (DocumentKind.TRIGGER_PROVIDER, ("identity", "icon"), (By.PACKAGER, By.INSTALLER)),
    ],
)
def test_assets_say_who_misses_them(kind: DocumentKind, pattern: tuple[str, ...], checked_by: tuple[By, ...]) -> None:
    assets = {place: asset.checked_by for place, asset, _ in find(MODELS[kind], Asset)}
    assert assets[pattern] == checked_by


def test_icons_are_no_texts_to_translate() -> None:
    places = {place for place, _, _ in find(MODELS[DocumentKind.MODEL_PROVIDER], Localized)}
    assert ("label",) in places
    assert not any("icon" in str(place) for place in places)
    assert issubclass(root_field(I18nObject).models[0], I18nObject)
