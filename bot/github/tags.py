"""The tags of a repository, and the plugins that a commit has."""

from __future__ import annotations

from itertools import islice

from bot.document import read_document
from bot.github.client import Client, Unavailable
from bot.plugin import PluginRoot
from bot.plugin.discovery import MANIFEST
from bot.source import Tree, Unreadable


def commits_by_tag(client: Client, most: int | None = None) -> dict[str, str]:
    """The commit of each tag; with `most`, of so many that GitHub lists first. Raises `Refused` and `Unavailable`."""
    try:
        return {str(each["name"]): str(each["commit"]["sha"]) for each in islice(client.pages("/tags"), most)}
    except (LookupError, TypeError) as error:
        raise Unavailable("GitHub's answer about the tags is unusable") from error


def name_of(tree: Tree, root: PluginRoot) -> str:
    """The name in the manifest of a plugin; "" if it has no name, or cannot be read."""
    try:
        return read_document(MANIFEST, tree.read(root.manifest)).text_at("name") or ""
    except Unreadable:
        return ""
