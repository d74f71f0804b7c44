"""Rules about patterns of model files."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Iterator

from bot.document import Document
from bot.findings import Authority, By, Confidence, Safety, Severity, quote
from bot.messages import say
from bot.plugin import Plugin, Reference
from bot.plugin.paths import tidied
from bot.rules.reference.links import path_fix, pattern_example, pattern_fault
from bot.rules.registry import Hit, at_value, rule


@rule(
    "reference/pattern",
    severity=Severity.ERROR,
    summary="A pattern for models is read differently by Dify and by the SDK.",
    why="Dify matches patterns against the paths in the package, as Go's `filepath.Match` does: nothing is tidied up, "
    "`**` is a single level and `[!a]` no negation. The SDK asks Python's `Path.glob`. Where they differ, models are "
    "there in remote debugging and gone after installation, or the other way round.",
    fix="Write `models/<type>/*.yaml`, with forward slashes and without `./`, `**` and brackets.",
    authorities=(
        Authority(By.INSTALLER, "Models are missing.", "decoder/helper.go:210"),
        Authority(By.SDK, "The plugin does not start.", "entities/model/provider.py:253"),
    ),
    bad=pattern_example("./models/llm/*.yaml"),
    good=pattern_example("models/llm/*.yaml"),
)
def pattern(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.references:
        if reference.is_glob:
            found = pattern_fault(reference)
            if found is not None:
                message, severity = found
                document = plugin.documents[reference.source].document
                canonical = tidied(reference.written) or ""
                fix = None
                if canonical not in ("", reference.written) and "**" not in canonical and "[" not in canonical:
                    fix = path_fix(document, reference.pointer, canonical)
                yield at_value(
                    document, reference.pointer, message, subject=reference.written, severity=severity, fix=fix
                )


@rule(
    "reference/no-match",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="A pattern for models finds nothing.",
    why="Nobody objects to a pattern without matches: the provider just has no models.",
    fix="Correct the pattern, add models, or remove the section when the provider has customizable models only.",
    authorities=(Authority(By.INSTALLER, "The provider has no models.", "decoder/helper.go:210"),),
    bad=pattern_example("models/LLM/*.yaml"),
    good=pattern_example("models/llm/*.yaml"),
)
def no_match(plugin: Plugin) -> Iterator[Hit]:
    for reference in _empty(plugin):
        document = plugin.documents[reference.source].document
        near = _near(plugin, reference.written)
        if near is not None:
            message = say(
                "{written} finds nothing; there is {near}.", written=quote(reference.written), near=quote(near)
            )
            meant = f"{posixpath.dirname(near)}/*{posixpath.splitext(near)[1]}"
            fix = path_fix(document, reference.pointer, meant, Safety.UNSAFE)
            # As with a section that nobody reads, its models are lost.
            lost = not _finds_models(plugin, reference, len(("models", "llm")))
            severity = None if lost and _is_predefined(document) else Severity.WARNING
            yield at_value(document, reference.pointer, message, subject=reference.written, severity=severity, fix=fix)
        elif _is_predefined(document) and not _finds_models(plugin, reference, 0):
            message = say("{written} finds no models.", written=quote(reference.written))
            yield at_value(document, reference.pointer, message, subject=reference.written, severity=Severity.NOTICE)


def _empty(plugin: Plugin) -> Iterator[Reference]:
    """The patterns that find nothing, and that no reader fails on."""
    for reference in plugin.references:
        readers = (reference.packaged, reference.debugged)
        if reference.is_glob and not any(reader.found or reader.failure for reader in readers):
            yield reference


def meant_folders(plugin: Plugin) -> frozenset[str]:
    """The folders that patterns which find nothing were meant for."""
    near = (_near(plugin, reference.written) for reference in _empty(plugin))
    return frozenset(posixpath.dirname(path) for path in near if path is not None)


def _near(plugin: Plugin, written: str) -> str | None:
    """A YAML file that the pattern would find in other letter case, with another suffix, or with slashes."""
    wanted = written.strip().replace("\\", "/").lower().removesuffix(".yaml").removesuffix(".yml")
    folder, _, name = wanted.rpartition("/")
    for lower, path in plugin.files_by_lower.items():
        parent, _, file = lower.rpartition("/")
        stem, _, suffix = file.rpartition(".")
        is_model = suffix in ("yaml", "yml") and not file.endswith("_position.yaml")
        if is_model and parent == folder and name in ("*", stem):
            return path
    return _near_folder(plugin, folder)


def _near_folder(plugin: Plugin, folder: str) -> str | None:
    """A YAML file that no pattern finds, in a folder with nearly the same path."""
    found = {path for reference in plugin.references for path in reference.found}
    left = {
        posixpath.dirname(path).lower(): path
        for path in sorted(plugin.packed_files - found)
        if path.endswith((".yaml", ".yml")) and "/" in path and path not in plugin.documents
    }
    near = difflib.get_close_matches(folder[:200], list(left)[:_COMPARED], 1, 0.8) if left else []
    return left[near[0]] if near else None


#: Among so many folders the nearest is looked for.
_COMPARED = 200


def _is_predefined(document: Document) -> bool:
    methods = document.get("configurate_methods")
    return not isinstance(methods, list) or "predefined-model" in methods


def _finds_models(plugin: Plugin, reference: Reference, length: int) -> bool:
    """Whether other patterns of the same provider find models: those below so many parts of the pointer."""
    return any(
        other.is_glob and other.found and other.pointer[:length] == reference.pointer[:length]
        for other in plugin.references
        if other.source == reference.source
    )
