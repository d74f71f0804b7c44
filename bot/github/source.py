"""What a submitted package was packed from: the repository that its manifest names, at the tag of its version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.document import Document, read_document
from bot.errors import ToolError
from bot.findings import quote
from bot.github.client import Client, Refused, Unavailable
from bot.github.tree import TEXTS, BlobStore, GitHubTree
from bot.lookups import Answer, State
from bot.plugin import PluginRoot, find_roots
from bot.plugin.discovery import MANIFEST
from bot.source import Tree, Unreadable
from bot.source.package import PackageTree
from bot.submission.release import Release

#: Pages of tags that are asked for, of 100 tags each.
MAX_TAG_PAGES = 5
_NAME = re.compile(r"/(?P<repository>[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}?)(?:\.git)?(?:/.*)?")


@dataclass(frozen=True, slots=True)
class Source:
    """Tree and root by the path of the package; where there is none, why not."""

    found: Mapping[str, tuple[Tree, PluginRoot]] = field(default_factory=dict)
    missing: Mapping[str, Answer] = field(default_factory=dict)


def read_source(client: Client, site: str, tree: Tree, package: str) -> Source:
    """The source of a package of the tree. Of repositories, only those of this GitHub (`site`) are asked."""
    try:
        manifest = read_document(MANIFEST, PackageTree(tree.read(package), package).read(MANIFEST))
    except (Unreadable, ToolError):
        return Source()  # That is a finding of its own.
    written = manifest.text_at("repo") or ""
    address = _NAME.fullmatch(written.removeprefix(site)) if written.startswith(f"{site}/") else None
    if address is None:
        return Source(missing={package: Answer(State.NOT_ASKED, f"the manifest names no repository of {site}")})
    other = client.beside(address["repository"])
    try:
        found = _source(other, manifest)
    except (Unavailable, ToolError) as error:
        found = Answer(State.UNKNOWN, f"the source {quote(written)} could not be read ({error}): run the job again")
    except Refused as error:
        found = Answer(State.NOT_ASKED, f"the source {quote(written)} cannot be read ({error})")
    finally:
        client.requests += other.requests
    return Source(missing={package: found}) if isinstance(found, Answer) else Source({package: found})


def _source(client: Client, manifest: Document) -> tuple[Tree, PluginRoot] | Answer:
    """The tree and root of a plugin at the tag of its version. Raises `Refused`, `Unavailable` and `ToolError`."""
    name, version = manifest.text_at("name") or "", manifest.text_at("version") or ""
    try:
        commits = {str(each["name"]): str(each["commit"]["sha"]) for each in client.pages("/tags", limit=MAX_TAG_PAGES)}
    except (LookupError, TypeError) as error:
        raise Unavailable("GitHub's answer about the tags is unusable") from error
    tags = [tag for tag in commits if Release(tag).version == version]
    tag = next((tag for tag in tags if Release(tag).is_of(name)), tags[0] if len(tags) == 1 else None)
    if tag is None:
        number = "no tag" if not tags else "several tags"
        return Answer(State.NOT_ASKED, f"the source {quote(client.repository)} has {number} of {quote(version)}")
    tree = GitHubTree(client, commits[tag], BlobStore(client))
    roots = [root for root in find_roots(tree) if not root.package]
    if len(roots) > 1:
        roots = [root for root in roots if _name_of(tree, root) == name]
    if len(roots) != 1:
        return Answer(
            State.NOT_ASKED, f"the source {quote(client.repository)} has no plugin {quote(name)} at {quote(tag)}"
        )
    tree.prefetch(path for path in tree.entries() if roots[0].holds(path) and path.lower().endswith(TEXTS))
    return tree, roots[0]


def _name_of(tree: Tree, root: PluginRoot) -> str | None:
    try:
        return read_document(MANIFEST, tree.read(root.manifest)).text_at("name")
    except Unreadable:
        return None
