"""Which model describes which kind of document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from bot.format.models.base import DocumentKind

_MODELS = {
    DocumentKind.MANIFEST: ("manifest", "Manifest"),
    DocumentKind.BUNDLE: ("bundle", "Bundle"),
    DocumentKind.TOOL_PROVIDER: ("tool_provider", "ToolProvider"),
    DocumentKind.TOOL: ("tool", "Tool"),
    DocumentKind.MODEL_PROVIDER: ("model_provider", "ModelProvider"),
    DocumentKind.MODEL: ("model", "Model"),
    DocumentKind.MODEL_POSITION: ("model_position", "ModelPosition"),
    DocumentKind.ENDPOINT_GROUP: ("endpoint_group", "EndpointGroup"),
    DocumentKind.ENDPOINT: ("endpoint", "Endpoint"),
    DocumentKind.AGENT_STRATEGY_PROVIDER: ("agent_strategy_provider", "AgentStrategyProvider"),
    DocumentKind.AGENT_STRATEGY: ("agent_strategy", "AgentStrategy"),
    DocumentKind.DATASOURCE_PROVIDER: ("datasource_provider", "DatasourceProvider"),
    DocumentKind.DATASOURCE: ("datasource", "Datasource"),
    DocumentKind.TRIGGER_PROVIDER: ("trigger_provider", "TriggerProvider"),
    DocumentKind.EVENT: ("event", "Event"),
}


@cache
def model_of(kind: DocumentKind) -> Any:
    """The model of a kind of document. Its module is imported when it is first asked for."""
    module, name = _MODELS[kind]
    return getattr(import_module(f"bot.format.models.{module}"), name)


class _Models(Mapping[DocumentKind, Any]):
    def __getitem__(self, kind: DocumentKind) -> Any:
        return model_of(kind)

    def __iter__(self) -> Iterator[DocumentKind]:
        return iter(_MODELS)

    def __len__(self) -> int:
        return len(_MODELS)


#: The model of each kind of document.
MODELS: Mapping[DocumentKind, Any] = _Models()
