"""What a release or a tag is about: the plugins that it names, and the packages that are attached to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote as percent_encode

from msgspec import Struct
from msgspec.structs import replace

from bot.errors import ToolError
from bot.github.change import EventChange
from bot.github.client import Client, Refused, Unavailable
from bot.github.event import Event
from bot.github.tags import commits_by_tag, name_of
from bot.github.tree import TEXTS, BlobStore, GitHubTree
from bot.plugin import PluginRoot
from bot.review.occasion import Occasion
from bot.source import Entry, Kind, Tree
from bot.source.package import MAX_PACKAGE_BYTES
from bot.submission.release import Release
from bot.submission.submission import is_package, plugin_name

#: Packages of one release that are read.
MAX_ATTACHED: Final = 10


def read_release(
    client: Client, event: Event, change: EventChange, roots: Sequence[PluginRoot]
) -> tuple[EventChange, tuple[PluginRoot, ...], Occasion]:
    """The change, the plugins and the occasion of a release: attached packages are plugins beside those of the tag.

    What is attached is asked for: a job before this one may have attached it after the event. Raises `ToolError` when
    GitHub does not give the release or a package.
    """
    names = {root: name_of(change.head, root) for root in roots if not root.package}
    attached = _attached(client, event.tag) if event.is_release else []
    release = Release(event.tag, tuple(asset.name for asset in attached) if event.is_release else None)
    meant = [root for root, name in names.items() if release.is_of(name, root.path.rpartition("/")[2])]
    chosen = meant or list(names)
    if len(chosen) > 1 and not meant:
        # The tag of a repository with several plugins names none of them.
        release = replace(release, tag="")
    if len(attached) > MAX_ATTACHED:
        raise ToolError(f"the release has more than {MAX_ATTACHED} packages attached, which are not all read")
    contents: dict[str, bytes] = {}
    for asset in attached:
        if asset.name in change.head.entries():
            raise ToolError("a package of the release has the name of a file of the repository")
        try:
            contents[asset.name] = client.download(f"/releases/assets/{asset.id}", MAX_PACKAGE_BYTES + 1)
        except (Refused, Unavailable) as error:
            raise ToolError(f"a package of the release could not be read from GitHub: {error}") from error
    tree = _With(change.head, contents)
    sources = {
        name: (change.head, source)
        for name in contents
        if (source := _source_of(name, {root: names[root] for root in chosen})) is not None
    }
    packages = [PluginRoot(name, package=True) for name in contents]
    previous = _previous(client, event.tag, chosen if release.tag else (), change.head)
    occasion = Occasion(release=release if release.tag else None, sources=sources, previous=previous)
    return replace(change, head=tree), (*(meant or roots), *packages), occasion


class _Asset(Struct, frozen=True):
    """A package that is attached to a release."""

    id: int
    name: str


def _attached(client: Client, tag: str) -> list[_Asset]:
    """The packages that are attached to the release of a tag."""
    try:
        answer = client.get(f"/releases/tags/{percent_encode(tag, safe='')}")
        assets = [_Asset(int(asset["id"]), str(asset["name"])) for asset in answer["assets"]]
    except (Refused, Unavailable) as error:
        raise ToolError(f"the release could not be read from GitHub: {error}") from error
    except (LookupError, TypeError, ValueError) as error:
        raise ToolError("GitHub's answer about the release is unusable") from error
    return [asset for asset in assets if is_package(asset.name) and "/" not in asset.name]


def _previous(client: Client, tag: str, roots: Iterable[PluginRoot], head: Tree) -> dict[str, tuple[Tree, PluginRoot]]:
    """The plugins in the tag of the version before, where they are in the same place there."""
    roots = tuple(roots)
    if not roots:
        return {}
    try:
        commits = commits_by_tag(client)
    except (Refused, Unavailable) as error:
        raise ToolError(f"the tags could not be read from GitHub: {error}") from error
    before = Release(tag).before(commits)
    if before is None:
        return {}
    tree = GitHubTree(client, commits[before], head.store if isinstance(head, GitHubTree) else BlobStore(client))
    found: dict[str, tuple[Tree, PluginRoot]] = {
        root.path: (tree, root) for root in roots if root.manifest in tree.entries()
    }
    texts = (path for path in tree.entries() if path.lower().endswith(TEXTS))
    tree.prefetch(path for path in texts if any(root.holds(path) for _, root in found.values()))
    return found


def _source_of(package: str, names: Mapping[PluginRoot, str]) -> PluginRoot | None:
    """The plugin of the repository that a package was packed from, by its name, or as there is one only."""
    if len(names) == 1:
        return next(iter(names))
    wanted = plugin_name(package).lower()
    found = [root for root, name in names.items() if wanted in (name.lower(), root.path.rpartition("/")[2].lower())]
    return found[0] if len(found) == 1 else None


class _With:
    """A tree with some more files."""

    def __init__(self, tree: Tree, files: Mapping[str, bytes]) -> None:
        self._tree = tree
        self._files = files
        more = {path: Entry(path, Kind.FILE, len(content)) for path, content in files.items()}
        self._entries = dict(sorted({**tree.entries(), **more}.items()))

    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    def read(self, path: str) -> bytes:
        return self._files[path] if path in self._files else self._tree.read(path)

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        return self._tree.targets(path for path in paths if path not in self._files)

    def prefetch(self, paths: Iterable[str]) -> None:
        self._tree.prefetch(path for path in paths if path not in self._files)
