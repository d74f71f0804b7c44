"""Loads a plugin: follows the links from its manifest, and keeps what every rule needs at hand."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.document import Document, Pointer, Problem, ProblemCode, read_document
from bot.document.reader import TOP
from bot.findings import LocaleCoverage, Location, Span, Unchecked
from bot.locale.localization import Localization
from bot.options import Options
from bot.plugin.discovery import MANIFEST, PluginRoot
from bot.source import Kind, Tree, Unreadable
from bot.spec.base import DocumentKind, Glob, Link
from bot.spec.fields import find, matches
from bot.spec.kinds import MODELS
from bot.spec.verdict import Violation, validate


@dataclass(frozen=True, slots=True)
class Reference:
    """A path or pattern that a document writes, and the files it leads to.

    `written` is as in the document, `target` the normalised path from the plugin root (None when it leaves the root).
    """

    source: str
    pointer: Pointer
    kind: DocumentKind
    written: str
    target: str | None
    found: tuple[str, ...]
    is_glob: bool = False


@dataclass(frozen=True, slots=True)
class LinkedDocument:
    """A YAML file and the kind of document that the link to it asks for."""

    document: Document
    kind: DocumentKind
    #: The reference by which it was reached first; None for the manifest.
    link: Reference | None = None

    @property
    def path(self) -> str:
        return self.document.path


class Plugin:
    """A plugin under review. Paths are relative to its root."""

    def __init__(
        self,
        root: PluginRoot,
        tree: Tree,
        documents: dict[str, LinkedDocument],
        references: tuple[Reference, ...],
        options: Options,
        base: Plugin | None = None,
    ) -> None:
        self.root = root
        self.tree = tree
        #: Every linked document that could be read, by path; the manifest is the first.
        self.documents = documents
        self.references = references
        self.options = options
        #: The same plugin at the base revision, when the review compares with one that has it.
        self.base = base
        #: Why the package could not be opened at all, as a sentence.
        self.unreadable: str | None = None
        #: What rules could not judge; filled by them.
        self.unchecked: list[Unchecked] = []

    @property
    def name(self) -> str:
        """The root as findings name it."""
        return self.root.shown

    @property
    def manifest(self) -> Document:
        return self.documents[MANIFEST].document

    @property
    def is_bundle(self) -> bool:
        return self.documents[MANIFEST].kind is DocumentKind.BUNDLE

    @property
    def broken_package(self) -> bool:
        """Whether the plugin is a package whose archive has faults, which explain what else is missing."""
        return self.unreadable is not None or bool(getattr(self.tree, "problems", ()))

    def linked(self, *kinds: DocumentKind) -> Iterator[LinkedDocument]:
        """The readable linked documents of these kinds (of all, when none is named)."""
        for linked in self.documents.values():
            if linked.document.readable and (not kinds or linked.kind in kinds):
                yield linked

    def has_file(self, path: str) -> bool:
        """Whether there is a regular file in just this spelling."""
        entry = self.tree.entries().get(path)
        return entry is not None and entry.kind is Kind.FILE

    @cached_property
    def files_by_lower(self) -> dict[str, str]:
        """The regular files by their path in lower case, to find wrong letter case."""
        return {path.lower(): path for path, entry in self.tree.entries().items() if entry.kind is Kind.FILE}

    @cached_property
    def assets(self) -> frozenset[str]:
        """The names of the files below `_assets`."""
        return frozenset(
            path.removeprefix("_assets/")
            for path, entry in self.tree.entries().items()
            if path.startswith("_assets/") and entry.kind is Kind.FILE
        )

    @cached_property
    def localization(self) -> Localization:
        """What the plugin says in the locales that the review asks for."""
        documents = ((linked.document, linked.kind) for linked in self.linked())
        return Localization(documents, (*self.options.required_locales, *self.options.wanted_locales))

    @property
    def coverage(self) -> Mapping[str, LocaleCoverage]:
        """How complete each locale asked for is; empty for a plugin without texts."""
        return self.localization.coverage

    @cached_property
    def violations(self) -> dict[str, list[tuple[LinkedDocument, Violation]]]:
        """What departs from the spec models, by rule. Each document is validated once."""
        result: dict[str, list[tuple[LinkedDocument, Violation]]] = {}
        for linked in self.linked():
            for violation in validate(linked.document, linked.kind):
                result.setdefault(violation.rule, []).append((linked, violation))
        return result

    def location(self, path: str, span: Span | None = None) -> Location:
        """Where a file of the plugin is, as findings say it."""
        root = self.root.shown
        if self.root.package:
            return Location(root, path or None, span)
        parts = [part for part in (root, path) if part and part != "."]
        return Location("/".join(parts) or ".", None, span)


def load(tree: Tree, root: PluginRoot, options: Options, base: Plugin | None = None) -> Plugin:
    """Loads the plugin whose root the tree is. Wrong links do not stop the rest."""
    loader = _Loader(tree)
    loader.follow()
    return Plugin(root, tree, loader.documents, tuple(loader.references), options, base)


class _Loader:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files = [path for path, entry in tree.entries().items() if entry.kind is Kind.FILE]
        self.documents: dict[str, LinkedDocument] = {}
        self.references: list[Reference] = []

    def follow(self) -> None:
        """Breadth first, so that a remote tree can fetch the documents of one level together."""
        manifest = self._read(MANIFEST)
        is_bundle = manifest.get("type") == "bundle"
        kind = DocumentKind.BUNDLE if is_bundle else DocumentKind.MANIFEST
        level = [LinkedDocument(manifest, kind)]
        self.documents[MANIFEST] = level[0]
        while level:
            wanted: dict[str, Reference] = {}
            for linked in level:
                for reference in self._references(linked):
                    self.references.append(reference)
                    for path in reference.found:
                        if path not in self.documents:
                            wanted.setdefault(path, reference)
            self._tree.prefetch(wanted)
            level = [
                LinkedDocument(self._read(path), _kind_of(path, reference), reference)
                for path, reference in wanted.items()
            ]
            self.documents.update((linked.path, linked) for linked in level)

    def _read(self, path: str) -> Document:
        try:
            return read_document(path, self._tree.read(path))
        except Unreadable as error:
            message = f"The file {error.reason}."
            return Document(path, None, problems=(Problem(ProblemCode.UNREADABLE, message, TOP),))

    def _references(self, linked: LinkedDocument) -> Iterator[Reference]:
        model = MODELS.get(linked.kind)
        if model is None or not linked.document.readable:
            return
        data = linked.document.data
        for pattern, link, _ in find(model, Link):
            for pointer, written in matches(data, pattern):
                if isinstance(written, str):
                    target = normalise(written)
                    entry = self._tree.entries().get(target) if target else None
                    found = (target,) if target and entry is not None and entry.kind is Kind.FILE else ()
                    yield Reference(linked.path, pointer, link.to, written, target, found)
        for pattern, glob, _ in find(model, Glob):
            for pointer, written in matches(data, pattern):
                if isinstance(written, str):
                    paths = tuple(glob_matches(written, self._files))
                    yield Reference(linked.path, pointer, glob.to, written, None, paths, is_glob=True)


def _kind_of(path: str, reference: Reference) -> DocumentKind:
    # S entities/model/provider.py:256: of what a model pattern finds, files with this ending are order lists.
    if reference.kind is DocumentKind.MODEL and path.endswith("_position.yaml"):
        return DocumentKind.MODEL_POSITION
    return reference.kind


def normalise(written: str) -> str | None:
    """The path from the plugin root that `written` leads to on disk; None when it leaves the root or is no path.

    Leading and doubled slashes and `./` are taken away, as `filepath.Join` does (G fs.go:136).
    """
    if not written or "\0" in written:
        return None
    path = posixpath.normpath(written.lstrip("/") or ".")
    return None if path in (".", "..") or path.startswith("../") else path


def glob_matches(pattern: str, paths: Iterable[str]) -> Iterator[str]:
    """The paths that either reading of a model pattern finds: `*` stays in a folder, `**` is any depth."""
    segments = pattern.removeprefix("./").split("/")
    compiled = [None if segment == "**" else re.compile(fnmatch.translate(segment)) for segment in segments]
    for path in paths:
        if _glob_match(compiled, path.split("/")):
            yield path


def _glob_match(segments: list[re.Pattern[str] | None], parts: list[str]) -> bool:
    # `reached[i]`: the segments so far can match the first i parts.
    reached = [True] + [False] * len(parts)
    for segment in segments:
        following = [False] * (len(parts) + 1)
        for index, ok in enumerate(reached):
            if segment is None:
                following[index] = ok or (index > 0 and following[index - 1])
            elif ok and index < len(parts) and segment.match(parts[index]):
                following[index + 1] = True
        reached = following
    return reached[-1]
