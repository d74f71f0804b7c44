"""Finds plugin roots: folders with a manifest of type `plugin` or `bundle`, and `.difypkg` files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.document import read_document
from bot.source import Kind, Tree, Unreadable
from bot.submission import submission

MANIFEST = "manifest.yaml"
PACKAGE_SUFFIX = submission.PACKAGE_SUFFIX


#: Folders that hold other people's code or git's own data, never a plugin under review.
_SKIPPED = {".git", "node_modules", "site-packages", "__pycache__", ".venv", "venv"}
_TYPE = re.compile(rb"^type[ \t]*:[ \t]*['\"]?([A-Za-z_-]*)", re.MULTILINE)
# Keys that a plugin manifest has and other files called manifest.yaml (Kubernetes, browser extensions) lack.
_SIGNS = re.compile(rb"^(?:plugins|resource|meta|author|dependencies)[ \t]*:", re.MULTILINE)

# What a manifest that cannot be parsed has at least one of.
_KEYS = re.compile(rb"^(?:version|type|author|name|label|labels|icon|created_at|tags)[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class PluginRoot:
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


def find_roots(tree: Tree, under: Iterable[str] = ("",)) -> list[PluginRoot]:
    """The plugin roots below some folders of the tree, sorted by path.

    `under` may name packages and manifests too. A manifest inside another plugin (an example in its `tests`, say) is
    not a root of its own: the outermost wins.
    """
    prefixes = [path.strip("/") for path in under]
    manifests = []
    roots = set()
    for path, entry in tree.entries().items():
        name = path.rpartition("/")[2]
        wanted = name == MANIFEST or name.lower().endswith(PACKAGE_SUFFIX)
        if not wanted or entry.kind is not Kind.FILE or _SKIPPED & set(path.split("/")[:-1]):
            continue
        if not any(not prefix or path == prefix or path.startswith(prefix + "/") for prefix in prefixes):
            continue
        if name == MANIFEST:
            manifests.append(path)
        else:
            roots.add(PluginRoot(path, package=True))
    tree.prefetch(manifests)
    folders = {path.rpartition("/")[0] for path in manifests if _is_manifest(tree, path)}
    for folder in folders:
        parts = folder.split("/") if folder else []
        outer = {"/".join(parts[:length]) for length in range(len(parts))}
        if not outer & folders:
            roots.add(PluginRoot(folder))
    kept = {root for root in roots if not root.package or not any(_inside(root.path, f) for f in folders)}
    return sorted(kept)


def _inside(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")


def _is_manifest(tree: Tree, path: str) -> bool:
    """Whether a `manifest.yaml` is a plugin's: by its type, or, where that is broken, by the keys around it."""
    try:
        content = tree.read(path)
    except Unreadable:
        return True
    found = _TYPE.search(content)
    if found and found[1].lower() in (b"plugin", b"bundle"):
        return True
    signs = len(set(_SIGNS.findall(content)))
    return signs >= 2 or (bool(signs or _KEYS.search(content)) and not read_document(path, content).readable)
