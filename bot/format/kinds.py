"""Which model describes which kind of document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from bot.format.traits import TRAITS, DocumentKind, Structure

if TYPE_CHECKING:
    from bot.format.models.base import Spec


@cache
def model_of(kind: DocumentKind) -> Any:
    """The model of a kind of document. Its module is imported when it is first asked for."""
    return _imported(*TRAITS[kind].model)


def model_of_structure(structure: Structure) -> type[Spec]:
    """The model of the items of a structure, which has its name."""
    return cast("type[Spec]", _imported(_MODULES[structure], structure.value))


def _imported(module: str, name: str) -> Any:
    return getattr(import_module(f"bot.format.models.{module}"), name)


#: The module in `bot/format/models/` that a structure is in.
_MODULES: Mapping[Structure, str] = {
    Structure.TOOL_PARAMETER: "tool",
    Structure.AGENT_PARAMETER: "agent_strategy",
    Structure.DATASOURCE_PARAMETER: "datasource",
    Structure.EVENT_PARAMETER: "event",
    Structure.CONFIG: "provider_config",
    Structure.MODEL_FORM: "model_provider",
}


class _Models(Mapping[DocumentKind, Any]):
    def __getitem__(self, kind: DocumentKind) -> Any:
        return model_of(kind)

    def __iter__(self) -> Iterator[DocumentKind]:
        return iter(TRAITS)

    def __len__(self) -> int:
        return len(TRAITS)


#: The model of each kind of document.
MODELS: Mapping[DocumentKind, Any] = _Models()
