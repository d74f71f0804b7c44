"""Small plugins for tests about localized texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from bot.document import read_document
from bot.format.models.i18n import LOCALES
from bot.format.traits import DocumentKind
from bot.locale.localization import Localization

Texts = Mapping[str, object]


def localization(
    *texts: Texts, manifest: Mapping[str, object] | None = None, locales: Sequence[str] = LOCALES
) -> Localization:
    """A plugin whose tool has a parameter with each of the texts as its label."""
    tool = {"parameters": [{"name": f"p{index}", "label": dict(text)} for index, text in enumerate(texts)]}
    return of(
        {"tool.yaml": (tool, DocumentKind.TOOL), "manifest.yaml": (manifest or {}, DocumentKind.MANIFEST)}, locales
    )


def of(documents: Mapping[str, tuple[object, DocumentKind]], locales: Sequence[str] = LOCALES) -> Localization:
    return Localization(
        (
            (
                read_document(
                    path, yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False).encode()
                ),
                kind,
            )
            for path, (data, kind) in documents.items()
        ),
        locales,
    )
