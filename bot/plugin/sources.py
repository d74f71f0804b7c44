"""The Python of a plugin as its documents declare it: which files hold which classes, and what they import."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from bot.document import Pointer
from bot.format.judge.fields import find, matches
from bot.format.kinds import MODELS
from bot.format.models.base import PythonSource
from bot.format.traits import DocumentKind
from bot.limits import Account
from bot.plugin.contents import is_own
from bot.plugin.plugin import LinkedDocument, Plugin
from bot.python.classes import Resolution, Source, find_source, subclasses_in_module
from bot.python.imports import Reach, reachable
from bot.python.module import Modules
from bot.python.scopes import scopes_of

#: Where a trigger provider says how subscriptions are made, and the class that does it.
CONSTRUCTOR: Final[Pointer] = ("subscription_constructor",)
CONSTRUCTOR_CLASS: Final = "TriggerSubscriptionConstructor"
_MODULES: Final = "modules"


class Declared(Struct, frozen=True):
    """A `source` that a document writes, and the classes of the SDK of which the file must define a subclass."""

    linked: LinkedDocument
    pointer: Pointer
    written: str
    #: Names of SDK classes; several where one of them will do. Empty where it cannot be told.
    bases: tuple[str, ...]
    many: bool
    source: Source
    #: The class may be missing.
    optional: bool = False

    @property
    def path(self) -> str | None:
        return self.source.path


class Sources:
    """The Python of one plugin. Files are parsed when they are first asked for."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self.modules = _modules_of(plugin)
        self._subclasses: dict[tuple[str, str], Resolution] = {}

    @cached_property
    def declared(self) -> tuple[Declared, ...]:
        """Every source that a linked document declares, in the order of the documents."""
        found = []
        for linked in self._plugin.linked():
            model = MODELS.get(linked.kind)
            for pattern, marker, _ in find(model, PythonSource) if model is not None else ():
                for pointer, written in matches(linked.document.data, pattern):
                    if isinstance(written, str):
                        bases = self._bases(linked, marker)
                        source = find_source(self.modules, written)
                        found.append(Declared(linked, pointer, written, bases, marker.many, source))
        return tuple(found)

    @cached_property
    def constructors(self) -> tuple[Declared, ...]:
        """The classes that make the subscriptions of triggers, which stand in the sources of the providers.

        They are demanded where there is a `subscription_constructor`: then `pointer` leads to it.
        """
        found = []
        for item in self.of_kind(DocumentKind.TRIGGER_PROVIDER):
            declared = isinstance(item.linked.document.get(*CONSTRUCTOR), dict)
            pointer = CONSTRUCTOR if declared else item.pointer
            found.append(replace(item, pointer=pointer, bases=(CONSTRUCTOR_CLASS,), many=False, optional=not declared))
        return tuple(found)

    def _bases(self, linked: LinkedDocument, marker: PythonSource) -> tuple[str, ...]:
        if marker.base:
            return tuple(marker.base.split(" | "))
        provider = self._plugin.documents.get(linked.link.source) if linked.link else None
        kind = provider.document.text_at("provider_type") if provider else None
        base = dict(marker.by).get(kind or "")
        return (base,) if base else ()

    @cached_property
    def entrypoint(self) -> str:
        """The dotted name of the module that starts the plugin."""
        return self._plugin.manifest.text_at("meta", "runner", "entrypoint") or "main"

    @cached_property
    def reachable(self) -> tuple[str, ...]:
        """The files that the plugin may execute, sorted."""
        return self._reached(Reach.ANY)

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Those without which the plugin, or something in it, surely fails."""
        return self._reached(Reach.USE)

    @cached_property
    def started(self) -> frozenset[str]:
        """Those without which the plugin does not start."""
        return frozenset(self._reached(Reach.START))

    def _reached(self, reach: Reach) -> tuple[str, ...]:
        written = [item.written for item in self.declared]
        return tuple(sorted(reachable(self.modules, written, self.entrypoint, reach)))

    def subclasses(self, declared: Declared, base: str) -> Resolution:
        """What the SDK's loader would find for a declared source. The file must exist."""
        key = (declared.path or "", base)
        if key not in self._subclasses:
            self._subclasses[key] = subclasses_in_module(self.modules, *key)
        return self._subclasses[key]

    def of_kind(self, *kinds: DocumentKind) -> list[Declared]:
        return [item for item in self.declared if item.linked.kind in kinds]


def let_go(plugin: Plugin) -> None:
    """Takes a plugin apart that is of no use any more: the collector takes long to find that out by itself."""
    modules: Modules | None = plugin.lasting.get(_MODULES)
    if modules is not None:
        scopes_of(modules).let_go()
    vars(plugin).clear()


def _modules_of(plugin: Plugin) -> Modules:
    """The modules of the plugin: those of a moment ago where no Python has changed since."""
    known: Modules | None = plugin.lasting.get(_MODULES)
    if known is not None and known.renewed(plugin.tree):
        modules = known
        scopes_of(modules).steps = 0
    else:
        modules = plugin.lasting[_MODULES] = Modules(plugin.tree, Account(), known)
    plugin.account.include(modules.account)
    return modules


def sources_of(plugin: Plugin) -> Sources:
    """The Python of a plugin, made once and shared by all rules."""
    return plugin.derived(Sources)


def own_code(plugin: Plugin) -> list[str]:
    """The Python files of the plugin itself that are packed, whether it imports them or not."""
    return [path for path in sources_of(plugin).modules.paths if is_own(path) and path in plugin.packed_files]


def is_test(path: str) -> bool:
    """Whether a file is one that pytest or unittest runs, by its name or its folder."""
    *folders, name = path.split("/")
    named = name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
    return named or not {"test", "tests"}.isdisjoint(folders)
