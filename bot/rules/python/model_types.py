"""Rules about the classes behind the types of models that a provider announces."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.format.builtin import SECTIONS
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.sources import sources_of
from bot.rules.registry import Example, Hit, at_value, rule

_CLASSES = dict(SECTIONS.values())


@rule(
    "python/missing-model-class",
    severity=Severity.ERROR,
    summary="A provider announces a type of models that no class implements.",
    why="The SDK takes the classes of models from the files in `model_sources`. A type without one is accepted when "
    "the plugin starts: users see its models, and every call of them fails.",
    fix="Name the file with the class in `model_sources`, or take the type out of `supported_model_types`.",
    authorities=(Authority(By.SDK, "Every call of such a model fails.", "core/plugin_registration.py:421"),),
    bad=Example(
        "extra:\n  python:\n    provider_source: provider/acme.py\n    model_sources: [models/llm/llm.py]\n",
        path="provider/acme.yaml",
        base="model",
    ),
    good=Example(
        "supported_model_types: [llm]\n"
        "models:\n  llm:\n    predefined: [models/llm/*.yaml]\n    position: models/llm/_position.yaml\n"
        "extra:\n  python:\n    provider_source: provider/acme.py\n    model_sources: [models/llm/llm.py]\n",
        path="provider/acme.yaml",
        base="model",
    ),
)
def missing_model_class(plugin: Plugin) -> Iterator[Hit]:
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        types = provider.document.get("supported_model_types")
        usable = _usable_types(plugin, provider)
        for index, kind in enumerate(types if isinstance(types, list) else ()):
            if isinstance(kind, str) and kind in usable and _lacks_class(plugin, provider, _CLASSES[kind]):
                message = say(
                    "None of the files in `model_sources` has a class for {kind} (a subclass of {classes}): "
                    "every call of such a model fails.",
                    kind=quote(kind),
                    classes=quote(_CLASSES[kind]),
                )
                yield at_value(provider.document, ("supported_model_types", index), message, subject=kind)


def _usable_types(plugin: Plugin, provider: LinkedDocument) -> frozenset[str]:
    """The types of which users can choose a model: predefined ones, or any where they add models themselves."""
    methods = provider.document.get("configurate_methods")
    if isinstance(methods, list) and "customizable-model" in methods:
        return frozenset(_CLASSES)
    models = (linked.document.text_at("model_type") for linked in plugin.linked(DocumentKind.MODEL))
    return frozenset(kind for kind in models if kind in _CLASSES)


def _lacks_class(plugin: Plugin, provider: LinkedDocument, base: str) -> bool:
    """Whether none of the files that a provider names can have a subclass of `base`."""
    sources = sources_of(plugin)
    for item in sources.of_kind(DocumentKind.MODEL_PROVIDER):
        if item.linked is not provider or "model_sources" not in item.pointer:
            continue
        module = sources.modules.get(item.path) if item.path is not None else None
        if module is None or module.tree is None:
            return False  # What is wrong with the file is said of it.
        if not sources.subclasses(item, base).is_missing:
            return False
    return isinstance(provider.document.get("extra", "python", "model_sources") or [], list)
