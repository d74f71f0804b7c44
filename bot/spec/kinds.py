"""Which model describes which kind of document."""

from __future__ import annotations

from typing import Any

from bot.spec.base import DocumentKind
from bot.spec.bundle import Bundle
from bot.spec.manifest import Manifest

#: The model of each kind of document that has one.
MODELS: dict[DocumentKind, Any] = {
    DocumentKind.MANIFEST: Manifest,
    DocumentKind.BUNDLE: Bundle,
}
