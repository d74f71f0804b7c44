"""The classes that the SDK makes of a plugin's sources, with the documents that each answers for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from msgspec import Struct

from bot.findings import Span
from bot.format.traits import DocumentKind
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.sources import Declared, Sources, sources_of
from bot.python.reads import Read, Traced, trace
from bot.python.scopes import Scope, Scopes, scopes_of
from bot.rules.registry import Place

#: Methods that make the parameters of a tool while it runs: then its declaration does not hold them all.
_RUNTIME_PARAMETERS: Final = "_get_runtime_parameters"
#: The methods that the SDK gives the parameters which a document declares. It fills the first parameter, unless it
#: gives them by a name. The data sources of drives get none of theirs.
_GETTING: Final[Mapping[DocumentKind, tuple[tuple[str, str | None], ...]]] = {
    DocumentKind.TOOL: (("_invoke", None),),
    DocumentKind.AGENT_STRATEGY: (("_invoke", None),),
    DocumentKind.DATASOURCE: (("_get_website_crawl", None), ("_get_pages", None)),
    DocumentKind.EVENT: (("_on_event", "parameters"),),
}


class Entry(Struct, dict=True):
    """A class that the SDK calls. Several documents may name its source."""

    kind: DocumentKind
    linked: tuple[LinkedDocument, ...]
    cls: Scope
    scopes: Scopes

    @cached_property
    def lineage(self) -> list[Scope]:
        """The class and those of the plugin that it derives from."""
        return self.scopes.lineage(self.cls)[0]

    @cached_property
    def bases(self) -> tuple[str, ...] | None:
        """The bases from outside the plugin; None when there may be others."""
        return self.scopes.lineage(self.cls)[1]

    @property
    def in_sight(self) -> bool:
        """Whether the class has no bases but those of the plugin and of the SDK."""
        return self.bases is not None and all(_is_known(base) for base in self.bases)

    def method(self, name: str) -> Scope | None:
        found = self.scopes.member(self.cls, name)
        return found if found is not None and found.is_function else None

    @cached_property
    def getting(self) -> Scope | None:
        """The method that the SDK gives the parameters."""
        methods = (self.method(name) for name, _ in _GETTING.get(self.kind, ()))
        return next((method for method in methods if method is not None), None)

    @cached_property
    def parameters(self) -> Traced | None:
        """What happens to the parameters that the document declares; None when that cannot be told."""
        method = self.getting
        if method is None or not self.in_sight or self.scopes.member(self.cls, _RUNTIME_PARAMETERS) is not None:
            return None
        if method.decorators - {"override", "typing.override"}:
            return None
        names = [name for name in method.parameters if name != method.self_name]
        if self.kind is DocumentKind.TOOL and len(names) >= 2 and names[0] == "user_id":
            names = names[1:]
        wanted = dict(_GETTING[self.kind])[method.name] or (names[0] if names else None)
        return trace(self.scopes, method, wanted, self.cls) if wanted in names else None


def _is_known(base: str) -> bool:
    return base.startswith("dify_plugin.") or base in {"abc.ABC", "object", "typing.Generic", "typing.Protocol"}


def entries(plugin: Plugin, kind: DocumentKind) -> tuple[Entry, ...]:
    """The classes of one kind of document, each once."""
    return tuple(entry for entry in plugin.derived(_entries) if entry.kind is kind)


def all_entries(plugin: Plugin) -> tuple[Entry, ...]:
    """The classes of every kind of document, each once."""
    return plugin.derived(_entries)


def _entries(plugin: Plugin) -> tuple[Entry, ...]:
    sources = sources_of(plugin)
    scopes = scopes_of(sources.modules)
    by_source: dict[tuple[DocumentKind, str, tuple[str, ...]], list[Declared]] = {}
    for item in (*sources.declared, *sources.constructors):
        if item.path is not None and item.bases:
            by_source.setdefault((item.linked.kind, item.path, item.bases), []).append(item)
    found = []
    for (kind, *_), items in by_source.items():
        linked = {item.linked.path: item.linked for item in items}
        found += [Entry(kind, tuple(linked.values()), cls, scopes) for cls in _classes_of(sources, items[0])]
    return tuple(found)


def _classes_of(sources: Sources, item: Declared) -> Iterator[Scope]:
    for base in item.bases:
        resolution = sources.subclasses(item, base)
        if not item.many and resolution.single is None:
            continue
        for found in resolution.certain:
            cls = found.definition
            if isinstance(cls, Scope) and (not item.many or found.path == item.path):
                yield cls


def read_span(read: Read) -> Span:
    """The key as the code writes it."""
    return read.file.module.span(read.node)


def read_place(read: Read, message: str) -> Place:
    """Where the code reads a key, as the other place of a finding."""
    return Place(read.file.module.path, read_span(read), message)
