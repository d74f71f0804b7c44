"""What a submitted package was packed from: the repository that its manifest names, at the tag of its version."""

from __future__ import annotations

from bot.document import Document, read_document
from bot.errors import ToolError
from bot.findings import quote
from bot.github.client import Client, Refused, Unavailable
from bot.github.tags import commits_by_tag, name_of
from bot.github.tree import TEXTS, BlobStore, GitHubTree
from bot.lookups import Answer, State
from bot.messages import say
from bot.patterns import regex
from bot.plugin import PluginRoot, find_roots
from bot.plugin.discovery import MANIFEST
from bot.source import Tree, Unreadable
from bot.source.package import PackageTree
from bot.submission.release import Release

#: Tags that are looked at, of which each hundred costs a request.
MAX_TAGS = 500
_NAME = regex(r"/(?P<repository>[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}?)(?:\.git)?(?:/.*)?")


def read_source(client: Client, site: str, tree: Tree, package: str) -> tuple[Tree, PluginRoot] | Answer | None:
    """The source of a package of the tree as tree and root, or why it is not known.

    Only repositories of this GitHub (`site`) are asked. None for a package that cannot be opened, which is a finding of
    its own.
    """
    try:
        manifest = read_document(MANIFEST, PackageTree(tree.read(package), package).read(MANIFEST))
    except (Unreadable, ToolError):
        return None
    written = manifest.text_at("repo") or ""
    address = _NAME.fullmatch(written.removeprefix(site)) if written.startswith(f"{site}/") else None
    if address is None:
        return Answer(State.NOT_ASKED, say("the manifest names no repository of {site}", site=quote(site)))
    other = client.beside(address["repository"])
    try:
        return _source(other, manifest)
    except (Unavailable, ToolError) as error:
        reason = say(
            "the source {source} could not be read ({reason}): run the job again",
            source=quote(written),
            reason=str(error),
        )
        return Answer(State.UNKNOWN, reason)
    except Refused as error:
        reason = say("the source {source} cannot be read ({reason})", source=quote(written), reason=str(error))
        return Answer(State.NOT_ASKED, reason)
    finally:
        client.requests += other.requests


def _source(client: Client, manifest: Document) -> tuple[Tree, PluginRoot] | Answer:
    """The plugin at the tag of its version. Raises `Refused`, `Unavailable` and `ToolError`."""
    name, version = manifest.text_at("name") or "", manifest.text_at("version") or ""
    source = quote(client.repository)
    commits = commits_by_tag(client, MAX_TAGS)
    tags = [tag for tag in commits if Release(tag).version == version]
    tag = next((tag for tag in tags if Release(tag).is_of(name)), tags[0] if len(tags) == 1 else None)
    if tag is None:
        if tags:
            found = say("the source {source} has several tags of {version}", source=source, version=quote(version))
        else:
            found = say("the source {source} has no tag of {version}", source=source, version=quote(version))
        if len(commits) == MAX_TAGS:
            found += say(" (of its tags, {n:,} were looked at)", n=MAX_TAGS)
        return Answer(State.NOT_ASKED, found)
    tree = GitHubTree(client, commits[tag], BlobStore(client))
    roots = [root for root in find_roots(tree) if not root.package]
    if len(roots) > 1:
        roots = [root for root in roots if name_of(tree, root) == name]
    if len(roots) != 1:
        missing = say(
            "the source {source} has no plugin {name} at {tag}", source=source, name=quote(name), tag=quote(tag)
        )
        return Answer(State.NOT_ASKED, missing)
    tree.prefetch(path for path in tree.entries() if roots[0].holds(path) and path.lower().endswith(TEXTS))
    return tree, roots[0]
