"""Which model describes which kind of document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from bot.format.traits import TRAITS, DocumentKind


@cache
def model_of(kind: DocumentKind) -> Any:
    """The model of a kind of document. Its module is imported when it is first asked for."""
    module, name = TRAITS[kind].model
    return getattr(import_module(f"bot.format.models.{module}"), name)


class _Models(Mapping[DocumentKind, Any]):
    def __getitem__(self, kind: DocumentKind) -> Any:
        return model_of(kind)

    def __iter__(self) -> Iterator[DocumentKind]:
        return iter(TRAITS)

    def __len__(self) -> int:
        return len(TRAITS)


#: The model of each kind of document.
MODELS: Mapping[DocumentKind, Any] = _Models()
