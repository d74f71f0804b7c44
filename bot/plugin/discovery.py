"""Finds plugin roots: folders with a manifest of type `plugin` or `bundle`, and `.difypkg` files.

The YAML parser says whether a `manifest.yaml` is a plugin's. A folder that has what only a plugin has is a root, too,
when its manifest cannot be read or has another name: rules say so, and it is never passed over.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from bot.document import read_document
from bot.patterns import regex
from bot.source import Entry, Kind, Tree, Unreadable, follow, followed, leading_to, paths_below
from bot.source.links import MAX_LINKS
from bot.submission import submission

MANIFEST = "manifest.yaml"
PACKAGE_SUFFIX = submission.PACKAGE_SUFFIX


#: Folders that hold other people's code or git's own data, never a plugin under review.
SKIPPED = frozenset({".git", "node_modules", "site-packages", "__pycache__", ".venv", "venv"})

_TYPES = frozenset({"plugin", "bundle"})
_LIKE_A_PLUGIN = "like a plugin"
# Keys that a plugin manifest has and other files called manifest.yaml (Kubernetes, browser extensions) lack.
_SIGNS = frozenset({"plugins", "resource", "meta", "author", "dependencies"})
# What a manifest that cannot be parsed has at least one of, in whatever form its lines begin.
_KEYS = regex(
    r"^\W{0,9}(?:version|type|author|name|label|labels|icon|created_at|tags|plugins|resource|meta|dependencies)\b",
    re.MULTILINE,
)
_SDK = regex(rb"dify[_-]plugin", re.IGNORECASE)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def without_leftovers(roots: Iterable[PluginRoot]) -> Iterator[PluginRoot]:
    """The roots without the packages that lie beside the manifest of a plugin.

    The packager writes the package into the folder of the plugin. There it is a file of the plugin, which rules judge
    as such; only in a repository of packages is it something to review.
    """
    roots = tuple(roots)
    folders = {root.path for root in roots if not root.package}
    for root in roots:
        if not root.package or root.path.rpartition("/")[0] not in folders:
            yield root


class PluginRoot(Struct, frozen=True, order=True):
    """Where a plugin is: a folder (`""` is the root of the tree) or the path of a package."""

    path: str
    package: bool = False
    #: What findings put before the path: where the tree itself is, relative to the working directory.
    prefix: str = ""

    @property
    def shown(self) -> str:
        """The root as findings name it; `.` is the working directory."""
        return "/".join(part for part in (self.prefix, self.path) if part) or "."

    @property
    def manifest(self) -> str:
        """The path of the manifest, or of the package."""
        return self.path if self.package else f"{self.path}/{MANIFEST}".lstrip("/")

    def holds(self, path: str) -> bool:
        """Whether a file of the tree belongs to this plugin."""
        if self.package or not self.path:
            return path == self.path or not self.path
        return path.startswith(self.path + "/")


class _Folder(Struct):
    """What of a folder may tell a plugin."""

    #: Files that are called a manifest in some spelling, by their names.
    manifests: dict[str, Entry] = field(default_factory=dict)
    has_assets: bool = False
    has_provider: bool = False
    #: The entry point and the files of dependencies, which name the SDK.
    sources: list[str] = field(default_factory=list)


def find_roots(tree: Tree, under: Iterable[str] = ("",), above: Iterable[str] | None = None) -> list[PluginRoot]:
    """The plugin roots below some folders of the tree, sorted by path: those inside of others too.

    `under` may name packages and manifests. With `above` only the folders that these paths lie in are looked at, and
    the packages among them.
    """
    prefixes = {path.strip("/") for path in under}
    wanted = None if above is None else {folder for path in above for folder in (path, *folders_above(path))}

    def is_wanted(path: str, place: str) -> bool:
        if wanted is not None and place not in wanted:
            return False
        return not prefixes.isdisjoint((path, *folders_above(path)))

    folders: dict[str, _Folder] = {}
    roots = set()
    for path, entry in tree.entries().items():
        *above_it, name = path.split("/")
        if not SKIPPED.isdisjoint(above_it):
            continue
        folder = "/".join(above_it)
        if name.lower().endswith(PACKAGE_SUFFIX) and is_wanted(path, path):
            roots.add(PluginRoot(path, package=True))
        for part in ("_assets", "provider"):
            if part in above_it:
                marked = folders.setdefault("/".join(above_it[: above_it.index(part)]), _Folder())
                marked.has_assets |= part == "_assets"
                marked.has_provider |= part == "provider"
        if name.lower() in ("manifest.yaml", "manifest.yml"):
            folders.setdefault(folder, _Folder()).manifests[name] = entry
        elif name in ("main.py", "requirements.txt", "pyproject.toml") and entry.kind is not Kind.OTHER:
            folders.setdefault(folder, _Folder()).sources.append(path)
    candidates = {
        path: folder
        for path, folder in folders.items()
        if (folder.manifests or ((folder.has_assets or folder.has_provider) and folder.sources))
        and any(is_wanted(f"{path}/{name}".lstrip("/"), path) for name in (*folder.manifests, MANIFEST))
    }
    places = _places(tree, candidates.values())
    tree.prefetch(places.values())
    roots.update(PluginRoot(path) for path, folder in candidates.items() if _is_root(tree, folder, places))
    return sorted(roots)


def files_of(tree: Tree, root: PluginRoot) -> Tree:
    """The files of the plugin in a folder, with what the links among them lead to."""
    prefix = f"{root.path}/" if root.path else ""
    entries = tree.entries()
    links = (
        path.removeprefix(prefix)
        for path in paths_below(tree, prefix)
        if entries[path].kind is Kind.LINK and SKIPPED.isdisjoint(path.split("/"))
    )
    return followed(tree, root.path, links)


def linking(tree: Tree, paths: Iterable[str]) -> set[str]:
    """The links of a tree that lead to one of the paths. Of more links than are followed, the rest may."""
    links = [
        path
        for path, entry in tree.entries().items()
        if entry.kind is Kind.LINK and SKIPPED.isdisjoint(path.split("/"))
    ]
    return leading_to(tree, links[:MAX_LINKS], paths) | set(links[MAX_LINKS:]) if links else set()


def folders_above(path: str) -> Iterator[str]:
    """The folders that a path lies in, the nearest first; `""` is the root of the tree."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _places(tree: Tree, folders: Iterable[_Folder]) -> dict[str, str]:
    """Where the manifests and sources of the folders are that can be read: itself, or what a link leads to."""
    paths = [
        path
        for folder in folders
        for path in (
            *(entry.path for entry in folder.manifests.values()),
            *(folder.sources if MANIFEST not in folder.manifests else ()),
        )
    ]
    entries = tree.entries()
    links = [path for path in paths if entries[path].kind is Kind.LINK]
    return {path: path for path in paths if entries[path].kind is Kind.FILE} | (follow(tree, links) if links else {})


def _is_root(tree: Tree, folder: _Folder, places: Mapping[str, str]) -> bool:
    """Whether a folder is a plugin's: by the type in its manifest, or, where that is broken, by what is around it."""
    entry = folder.manifests.get(MANIFEST)
    for candidate in (entry,) if entry is not None else folder.manifests.values():
        if candidate.path not in places:
            continue
        try:
            keys, kind = _manifest(tree.read(places[candidate.path]))
        except Unreadable:
            return True
        if candidate is not entry:
            if kind in _TYPES and keys is not None and _SIGNS & keys:
                return True
        elif kind in (*_TYPES, _LIKE_A_PLUGIN) or (keys is not None and len(_SIGNS & keys) >= 2):
            return True
    return (folder.has_assets and folder.has_provider) or (
        (folder.has_assets or folder.has_provider) and _names_sdk(tree, folder, places)
    )


def _names_sdk(tree: Tree, folder: _Folder, places: Mapping[str, str]) -> bool:
    """Whether the entry point or the dependencies name the SDK; what cannot be read may."""
    for path in folder.sources:
        try:
            if _SDK.search(tree.read(places.get(path, path))):
                return True
        except Unreadable:
            return True
    return False


def _manifest(content: bytes) -> tuple[frozenset[str] | None, str]:
    """The top-level keys of a manifest, None when it cannot be parsed, and its type in lower case.

    The type of one that cannot be parsed is `_LIKE_A_PLUGIN` where its lines are.
    """
    if content.startswith(_UTF_16):
        # The SDK refuses it, and PyYAML reads it: so does whoever wrote it.
        content = content.decode("utf-16", "replace").encode("utf-8", "replace")
    document = read_document(MANIFEST, content)
    if document.readable:
        if not isinstance(document.data, dict):
            return frozenset(), ""
        return frozenset(map(str, document.data)), str(document.data.get("type")).strip().lower()
    return None, _LIKE_A_PLUGIN if _KEYS.search(content.decode("utf-8", "replace")) else ""
