"""Reads a submission to a marketplace: the text of the pull request as it is now, and the version before.

The payload of an event tells what the text was when the event happened. A job that is run again gets the old payload,
so the text is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bot.document import read_document
from bot.errors import ToolError
from bot.github.change import EventChange
from bot.github.client import Client, Refused, Unavailable
from bot.messages import say
from bot.plugin.discovery import MANIFEST
from bot.source import Tree, Unreadable
from bot.source.package import PackageTree
from bot.submission import Submission
from bot.submission.submission import file_version, folder_of, is_package, plugin_name, version_key

#: Packages that are opened because their names do not tell their version.
MAX_OPENED: Final = 3


#: Open pull requests that are looked at, newest first, and files of each.
_RIVALS: Final = """
query($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    pullRequests(states: [OPEN], last: 100) {
      nodes { number files(first: 3) { nodes { path } } }
    }
  }
}
"""


def read_submission(
    client: Client, change: EventChange, number: int, packages: Iterable[str], *, with_rivals: bool = False
) -> Submission | None:
    """The submission that a pull request makes; None for one without a package.

    `with_rivals`: the other open pull requests are asked for too.
    """
    submitted = sorted(packages)
    if not submitted:
        return None
    package = submitted[0]
    title: str | None = None
    body: str | None = None
    unread = ""
    try:
        answer = client.get(f"/pulls/{number}")
        title, body = str(answer["title"]), answer["body"] or ""
        if not isinstance(body, str):
            raise TypeError("the body is not text")
    except (Refused, Unavailable) as error:
        title, body, unread = None, None, str(error)
    except (LookupError, TypeError):
        title, body, unread = None, None, say("GitHub's answer is unusable")
    rivals, no_rivals = _rivals(client, number, package) if with_rivals else (None, "")
    base = change.base.entries() if change.base is not None else {}
    head = change.head.entries()
    return Submission(
        package,
        title,
        body,
        unread,
        changed=tuple(sorted(change.paths)),
        removed=frozenset(path for path in change.paths if path not in head),
        before=tuple(path for path in base if is_package(path)),
        previous=_previous(package, change.base, change.renamed) if change.base is not None else "",
        number=number,
        rivals=rivals,
        rivals_unread=no_rivals,
    )


def _rivals(client: Client, number: int, package: str) -> tuple[tuple[tuple[int, str], ...] | None, str]:
    """The other open pull requests with a package of the same name, or why they are not known."""
    owner, name = client.repository.split("/")
    try:
        data = client.graphql(_RIVALS, {"owner": owner, "name": name})
        found = [
            (int(pull["number"]), str(file["path"]))
            for pull in data["repository"]["pullRequests"]["nodes"]
            for file in (pull["files"] or {"nodes": []})["nodes"]
        ]
    except (Refused, Unavailable) as error:
        return None, say("the other pull requests were not read ({reason})", reason=str(error))
    except (LookupError, TypeError, ValueError):
        return None, say("the other pull requests were not read ({reason})", reason=say("GitHub's answer is unusable"))
    wanted = plugin_name(package).lower()
    same = (
        (other, path)
        for other, path in found
        if other != number and is_package(path) and plugin_name(path).lower() == wanted
    )
    return tuple(sorted(same)), ""


def _previous(package: str, base: Tree, renamed: Mapping[str, str]) -> str:
    """The package of the version before: what is overwritten, or the highest version in the folder."""
    if package in renamed:
        return renamed[package]
    entries = base.entries()
    if package in entries:
        return package
    folder, name = folder_of(package), plugin_name(package)
    siblings = [path for path in entries if is_package(path) and folder_of(path) == folder]
    if folder.rpartition("/")[2].lower() not in {each.lower() for each in (name, *map(plugin_name, siblings))}:
        # Not the folder of one plugin: there may be packages of others in it.
        siblings = [path for path in siblings if plugin_name(path) == name]
    named = [path for path in siblings if file_version(path) is not None]
    unnamed = [path for path in siblings if file_version(path) is None][:MAX_OPENED]
    versions = {path: file_version(path) or "" for path in named}
    if unnamed:
        versions |= {path: _version_in(base, path) for path in unnamed}
    return max(versions, key=lambda path: version_key(versions[path]), default="")


def _version_in(base: Tree, path: str) -> str:
    """The version in the manifest of a package, or "0"."""
    try:
        document = read_document(MANIFEST, PackageTree(base.read(path), path).read(MANIFEST))
    except (Unreadable, ToolError):
        return "0"
    return document.text_at("version") or "0"
