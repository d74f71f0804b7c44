"""The plugins written for these tests: between them they use every field of every kind of document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from bot.document import Document, read_document
from bot.format.traits import DocumentKind

ROOT = Path(__file__).parent / "plugins"


class Sample(Struct, frozen=True):
    """A document of one of the plugins, and the extension and file through which the SDK reaches it."""

    plugin: str
    path: str
    kind: DocumentKind
    extension: str
    through: str

    @property
    def text(self) -> str:
        return (ROOT / self.plugin / self.path).read_text(encoding="utf-8")

    @property
    def document(self) -> Document:
        return read_document(self.path, self.text.encode())

    def __str__(self) -> str:
        return f"{self.plugin}/{self.path}"


_PROVIDERS = (
    ("tools", "tools", "provider/weather.yaml", DocumentKind.TOOL_PROVIDER, {"tools": DocumentKind.TOOL}),
    (
        "tools",
        "endpoints",
        "group/hooks.yaml",
        DocumentKind.ENDPOINT_GROUP,
        {"endpoints": DocumentKind.ENDPOINT},
    ),
    ("models", "models", "provider/acme.yaml", DocumentKind.MODEL_PROVIDER, {"models": DocumentKind.MODEL}),
    (
        "agent",
        "agent_strategies",
        "provider/planner.yaml",
        DocumentKind.AGENT_STRATEGY_PROVIDER,
        {"strategies": DocumentKind.AGENT_STRATEGY},
    ),
    (
        "datasource",
        "datasources",
        "provider/drive.yaml",
        DocumentKind.DATASOURCE_PROVIDER,
        {"datasources": DocumentKind.DATASOURCE},
    ),
    ("trigger", "triggers", "provider/shop.yaml", DocumentKind.TRIGGER_PROVIDER, {"events": DocumentKind.EVENT}),
)


def samples() -> Iterator[Sample]:
    """Every document of the plugins, the bundle's manifest included."""
    for plugin in ("tools", "models", "agent", "datasource", "trigger"):
        yield Sample(plugin, "manifest.yaml", DocumentKind.MANIFEST, "manifest", "manifest.yaml")
    for plugin, extension, provider, kind, folders in _PROVIDERS:
        yield Sample(plugin, provider, kind, extension, provider)
        for folder, inner in folders.items():
            for file in sorted((ROOT / plugin / folder).rglob("*.yaml")):
                of = DocumentKind.MODEL_POSITION if file.name == "_position.yaml" else inner
                yield Sample(plugin, file.relative_to(ROOT / plugin).as_posix(), of, extension, provider)
    yield Sample("bundle", "manifest.yaml", DocumentKind.BUNDLE, "", "")


SAMPLES = tuple(samples())
