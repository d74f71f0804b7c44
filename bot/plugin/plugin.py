"""Loads a plugin: follows the links from its manifest, and keeps what every rule needs at hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar, cast

from msgspec import Struct
from yaml import ScalarNode

from bot.document import Document, Pointer, Problem, ProblemCode, read_document
from bot.document.reader import TOP
from bot.findings import LocaleCoverage, Location, Span, quote
from bot.format.judge.fields import Field, find, matches
from bot.format.judge.verdict import Violation, divergences, validate
from bot.format.kinds import MODELS
from bot.format.models.base import Asset, Glob, Link
from bot.format.traits import DocumentKind
from bot.limits import Account, Limit
from bot.locale.localization import Localization
from bot.lookups import Answer
from bot.messages import say
from bot.options import Options
from bot.plugin.discovery import MANIFEST, PluginRoot
from bot.plugin.globs import BadPattern, go_matches, sdk_folder, sdk_matches
from bot.plugin.kinds import kind_of
from bot.plugin.packing import Packing
from bot.plugin.paths import Meant, meant_file, misspelt_file, normalise
from bot.source import Kind, Tree, Unchanged, Unreadable
from bot.source.package import PackageTree
from bot.submission import Submission
from bot.submission.release import Release

_PATTERN_RULES = ("reference/pattern", "reference/no-match", "schema/missing-key")
#: More patterns of models are not followed in one plugin; published ones have up to 12.
MAX_PATTERNS = Limit(200, "brings more than {n:,} patterns for models: the rest are not followed", *_PATTERN_RULES)
#: A longer pattern is not followed (code points).
MAX_PATTERN = Limit(1024, "has a pattern of more than {n:,} characters, which is not followed", *_PATTERN_RULES)

#: For so many links to files that are not there, one with nearly the same name is looked for.
_MAX_TYPOS = 50

_YAML = (".yaml", ".yml", ".json")
_Made = TypeVar("_Made")


class Globbed(Struct, frozen=True):
    """What one reader finds by a pattern, or, in plain words, why it fails on it."""

    found: tuple[str, ...] = ()
    failure: str = ""


class Reference(Struct, frozen=True):
    """A path or pattern that a document writes, and the files it leads to.

    `written` is as in the document, `target` the normalised path from the plugin root (None when it leaves the root).
    `meant` is the file that a path which leads nowhere was surely meant for. A pattern has `packaged`, what the daemon
    finds in the package, and `debugged`, what the SDK finds; `found` are the documents among both.
    """

    source: str
    pointer: Pointer
    kind: DocumentKind
    written: str
    target: str | None
    found: tuple[str, ...]
    is_glob: bool = False
    meant: Meant | None = None
    packaged: Globbed = Globbed()
    debugged: Globbed = Globbed()

    @property
    def follows(self) -> tuple[str, ...]:
        """The documents to go on with: wrong links do not stop what they mean from being checked."""
        return (self.meant.path,) if self.meant is not None and not self.found else self.found


class LinkedDocument(Struct, frozen=True):
    """A YAML file and the kind of document that the link to it asks for."""

    document: Document
    kind: DocumentKind
    #: The reference by which it was reached first; None for the manifest.
    link: Reference | None = None

    @property
    def path(self) -> str:
        return self.document.path


class AssetReference(Struct, frozen=True):
    """A value that names a file below `_assets`."""

    linked: LinkedDocument
    pointer: Pointer
    written: str
    asset: Asset
    field: Field

    @property
    def path(self) -> str:
        """The path from the plugin root that the value stands for."""
        return f"_assets/{self.written}"


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
        packing: Packing | None = None,
        account: Account | None = None,
        previous: Plugin | None = None,
    ) -> None:
        self.root = root
        self.tree = tree
        #: Every linked document that could be read, by path; the manifest is the first.
        self.documents = documents
        self.references = references
        self.options = options
        #: What is not read of the plugin.
        self.account = account or Account()
        #: What ends up in the package.
        self.packing = packing or Packing(tree, is_package=root.package, account=self.account)
        #: The same plugin at the base revision, when the review compares with one that has it.
        self.base = base
        #: The version that users have: that of the base revision, or the one published before this one.
        self.previous = previous or base
        self._derived: dict[Callable[[Plugin], Any], Any] = {}
        #: What may be of use again when the plugin is reviewed a moment later. Who takes it makes sure that it holds.
        self.lasting: dict[str, Any] = {}
        #: Why the package could not be opened at all, as a sentence.
        self.unreadable: str | None = None
        #: The pull request that submits the plugin to a marketplace, where there is one.
        self.submission: Submission | None = None
        #: The release or tag that the plugin is reviewed for, where there is one.
        self.release: Release | None = None
        #: What the package was packed from. An answer says why that is not known; None: nobody asked.
        self.source: Plugin | Answer | None = None

    def derived(self, make: Callable[[Plugin], _Made]) -> _Made:
        """What `make` makes of this plugin, made once and kept as long as the plugin."""
        if make not in self._derived:
            self._derived[make] = make(self)
        return cast(_Made, self._derived[make])

    @cached_property
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
    def is_checkout(self) -> bool:
        """Whether the folder of the plugin is that of a git repository, whose own data no tree lists."""
        return bool(getattr(self.tree, "has_git", False))

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
        return files_by_lower(self.tree)

    @property
    def packed_files(self) -> frozenset[str]:
        """The files that the packager puts into the package; all of them where the plugin is one already."""
        return self.packing.files

    def read(self, path: str, limit: Limit, length: int | None = None) -> bytes | None:
        """The bytes of a file, or with `length` only the first ones.

        None where the plugin has no such file. None too where the file is larger than `limit` or cannot be read: then
        `account` says so.
        """
        entry = self.tree.entries().get(path)
        if entry is None or (entry.size is not None and self.account.exceeds(limit, path, entry.size)):
            return None
        try:
            # What is packed need not be unpacked at once.
            content = self.tree.head(path, length) if isinstance(self.tree, PackageTree) else self.tree.read(path)
        except Unchanged:
            return None
        except Unreadable as error:
            self.account.leave_out(path, error.reason, limit.rules)
            return None
        return None if self.account.exceeds(limit, path, len(content)) else content[:length]

    @cached_property
    def assets(self) -> frozenset[str]:
        """The names of the files below `_assets`. A link counts: packager and SDK read what it leads to."""
        return frozenset(
            path.removeprefix("_assets/")
            for path, entry in self.tree.entries().items()
            if path.startswith("_assets/") and entry.kind is not Kind.OTHER
        )

    @cached_property
    def asset_references(self) -> tuple[AssetReference, ...]:
        """Every value of a linked document that names a file below `_assets`, in the order of the documents."""
        return tuple(
            AssetReference(linked, pointer, written, asset, field)
            for linked in self.linked()
            for pattern, asset, field in find(MODELS[linked.kind], Asset)
            for pointer, written in matches(linked.document.data, pattern)
            if isinstance(written, str) and written
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
            found = validate(linked.document, linked.kind, account=self.account)
            for violation in [*found, *divergences(linked.document, linked.kind, found)]:
                result.setdefault(violation.rule, []).append((linked, violation))
        return result

    def own_path(self, file: str) -> str:
        """The path from the plugin root of a file that `location` names."""
        prefix = f"{self.name}!" if self.root.package else f"{self.name}/"
        return file if prefix == "./" else file.removeprefix(prefix)

    def location(self, path: str, span: Span | None = None) -> Location:
        """Where a file of the plugin is, as findings say it."""
        root = self.name
        if self.root.package:
            return Location(root, path or None, span)
        parts = [part for part in (root, path) if part and part != "."]
        return Location("/".join(parts) or ".", None, span)


def load(
    tree: Tree,
    root: PluginRoot,
    options: Options,
    base: Plugin | None = None,
    previous: Plugin | None = None,
    earlier: Plugin | None = None,
) -> Plugin:
    """Loads the plugin whose root the tree is. Wrong links do not stop the rest.

    `previous` is the version published before where the base revision has none in this place. `earlier` is the plugin
    as it was a moment ago: what did not change since is not parsed again.
    """
    previous = previous or base
    account = Account()
    loader = _Loader(tree, account, is_package=root.package, known=earlier or previous)
    loader.follow()
    if not root.package:
        _leave_out_links(tree, loader.packing, account)
    documents, references = loader.documents, tuple(loader.references)
    plugin = Plugin(root, tree, documents, references, options, base, loader.packing, account, previous)
    if earlier is not None:
        plugin.lasting = earlier.lasting
    return plugin


def _leave_out_links(tree: Tree, packing: Packing, account: Account) -> None:
    """Notes what would be packed and cannot be read: links that lead elsewhere, and submodules."""
    for path, entry in tree.entries().items():
        if entry.kind is not Kind.FILE and packing.left_out_by(path) is None:
            if entry.kind is Kind.LINK:
                reason = say("is a symbolic link to no regular file of the repository, and is not followed")
            else:
                reason = say("is a submodule, a device or a name that git refuses, which is not followed")
            account.leave_out(path, reason, ("package/not-portable",))


def files_by_lower(tree: Tree) -> dict[str, str]:
    """The regular files of a tree by their path in lower case."""
    return {path.lower(): path for path, entry in tree.entries().items() if entry.kind is Kind.FILE}


class _Loader:
    def __init__(self, tree: Tree, account: Account, *, is_package: bool, known: Plugin | None) -> None:
        self._tree = tree
        self._account = account
        self._known = known
        self._is_package = is_package
        self._files = [path for path, entry in tree.entries().items() if entry.kind is Kind.FILE]
        self._by_lower = files_by_lower(tree)
        self.packing = Packing(tree, is_package=is_package, account=account)
        self.documents: dict[str, LinkedDocument] = {}
        self.references: list[Reference] = []
        self.patterns = 0
        self._typos = 0

    def follow(self) -> None:
        """Breadth first, so that a remote tree can fetch the documents of one level together."""
        manifest = self._read(MANIFEST)
        is_bundle = _is_bundle(manifest)
        if is_bundle:
            self.packing = Packing(self._tree, is_package=self._is_package, is_bundle=True, account=self._account)
        kind = DocumentKind.BUNDLE if is_bundle else DocumentKind.MANIFEST
        level = [LinkedDocument(manifest, kind)]
        self.documents[MANIFEST] = level[0]
        while level:
            wanted: dict[str, Reference] = {}
            for linked in level:
                for reference in self._references(linked):
                    self.references.append(reference)
                    for path in reference.follows:
                        if path not in self.documents:
                            wanted.setdefault(path, reference)
            self._tree.prefetch(wanted)
            level = [self._linked(path, reference) for path, reference in wanted.items()]
            self.documents.update((linked.path, linked) for linked in level)

    def _linked(self, path: str, reference: Reference) -> LinkedDocument:
        document = self._read(path)
        return LinkedDocument(document, kind_of(path, document.data, reference.kind), reference)

    def _read(self, path: str) -> Document:
        try:
            known = self._known.documents.get(path) if self._known is not None else None
            content = self._tree.read(path)
            if known is not None and known.document.is_made_of(content):
                return known.document  # Most documents are the same in the version before, and are parsed once.
            return read_document(path, content)
        except Unreadable as error:
            message = say("The file {reason}.", reason=error.reason)
            return Document(path, None, problems=(Problem(ProblemCode.UNREADABLE, message, TOP),))

    def _references(self, linked: LinkedDocument) -> Iterator[Reference]:
        model = MODELS.get(linked.kind)
        if model is None or not linked.document.readable:
            return
        data = linked.document.data
        links = [
            (pointer, link.to, path)
            for pattern, link, field in find(model, Link)
            for pointer, written in matches(data, pattern)
            if (path := _path(linked.document, pointer, written, field)) is not None
        ]
        taken = {normalise(written) for _, _, written in links}
        for pointer, kind, written in links:
            yield self._link(linked.path, pointer, kind, written, taken)
        for pattern, glob, _ in find(model, Glob):
            for pointer, written in matches(data, pattern):
                if isinstance(written, str):
                    self.patterns += 1
                    if self._account.exceeds(MAX_PATTERNS, linked.path, self.patterns):
                        return
                    if not self._account.exceeds(MAX_PATTERN, linked.path, len(written)):
                        yield self._glob(linked.path, pointer, glob.to, written)

    def _link(
        self, source: str, pointer: Pointer, kind: DocumentKind, written: str, taken: Collection[str | None]
    ) -> Reference:
        target = normalise(written)
        entry = self._tree.entries().get(target) if target else None
        if target and entry is not None and entry.kind is Kind.FILE:
            return Reference(source, pointer, kind, written, target, (target,))
        meant = meant_file(written, source, self._by_lower)
        if meant is None and entry is None and self._typos < _MAX_TYPOS:
            self._typos += 1
            others = {source, MANIFEST, *(path for path in taken if path is not None)}
            meant = misspelt_file(written, others, self._by_lower)
        return Reference(source, pointer, kind, written, target, (), meant=meant)

    @cached_property
    def _folders(self) -> list[str]:
        """The folders that the plugin has where it runs."""
        return sorted({path[: found.start()] for path in self.packing.files for found in re.finditer("/", path)})

    def _glob(self, source: str, pointer: Pointer, kind: DocumentKind, written: str) -> Reference:
        packed = (path for path in self._files if path in self.packing.files)
        packaged = _globbed(go_matches(written, packed))
        debugged = _globbed(sdk_matches(written, self._files))
        folder = None if debugged.failure else sdk_folder(written, self._folders)
        if folder is not None:
            failure = say("finds the folder {folder}, and reads it as a file", folder=quote(folder))
            debugged = Globbed(debugged.found, failure)
        both = dict.fromkeys((*packaged.found, *debugged.found))
        found = tuple(path for path in both if path.lower().endswith(_YAML))
        return Reference(source, pointer, kind, written, None, found, True, None, packaged, debugged)


def _is_bundle(manifest: Document) -> bool:
    """Whether a manifest is that of a bundle. Where its type fits nothing else in it, the type is what is wrong."""
    keys = manifest.data if isinstance(manifest.data, dict) else {}
    if manifest.get("type") == "bundle":
        return "dependencies" in keys or "plugins" not in keys
    return manifest.get("type") != "plugin" and "dependencies" in keys and "plugins" not in keys


def _path(document: Document, pointer: Pointer, written: Any, field: Field) -> str | None:
    """The path that a link writes. What only the daemon reads is text to it as it stands: `5` names a file."""
    if isinstance(written, str) or written is None or field.read_by_sdk:
        return written if isinstance(written, str) else None
    node = document.node(pointer)
    return node.value if isinstance(node, ScalarNode) else None


def _globbed(found: Iterator[str]) -> Globbed:
    try:
        return Globbed(tuple(found))
    except BadPattern as error:
        return Globbed(failure=str(error))
