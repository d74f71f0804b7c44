"""Reads a submission to a marketplace: the text of the pull request as it is now, and the version before.

The payload of an event tells what the text was when the event happened. A job that is run again gets the old payload,
so the text is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

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


#: Open pull requests that are looked at, newest first, and files of each; with them the text of the one under review.
_RIVALS: Final = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { title body }
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
    text: tuple[str, str] | None = None
    unread, rivals, no_rivals = "", None, ""
    if with_rivals:
        text, rivals, no_rivals = _rivals(client, number, package)
    if text is None:
        text, unread = _text(client, number)
    base = change.base.entries() if change.base is not None else {}
    head = change.head.entries()
    # GitHub lists a file that was renamed once, and so does the pre-check.
    changed = change.paths - {old for old in change.renamed.values() if old not in head}
    return Submission(
        package,
        text[0] if text is not None else None,
        text[1] if text is not None else None,
        unread,
        changed=tuple(sorted(changed)),
        removed=frozenset(path for path in changed if path not in head),
        before=tuple(path for path in base if is_package(path)),
        previous=_previous(package, change.base, change.renamed) if change.base is not None else "",
        number=number,
        rivals=rivals,
        rivals_unread=no_rivals,
    )


def _text(client: Client, number: int) -> tuple[tuple[str, str] | None, str]:
    """Title and body of a pull request, or why they are not known."""
    try:
        return _texts_of(client.get(f"/pulls/{number}")), ""
    except (Refused, Unavailable) as error:
        return None, str(error)
    except (LookupError, TypeError):
        return None, say("GitHub's answer is unusable")


def _texts_of(pull: Any) -> tuple[str, str]:
    """Raises `LookupError` and `TypeError` for what is not a pull request."""
    title, body = str(pull["title"]), pull["body"] or ""
    if not isinstance(body, str):
        raise TypeError("the body is not text")
    return title, body


#: Number and path of the packages that other pull requests submit.
_Rivals = tuple[tuple[int, str], ...]


def _rivals(client: Client, number: int, package: str) -> tuple[tuple[str, str] | None, _Rivals | None, str]:
    """Title and body of the pull request, and the other open ones with a package of the same name, or why these are not
    known."""
    owner, name = client.repository.split("/")
    try:
        data = client.graphql(_RIVALS, {"owner": owner, "name": name, "number": number})
        text = _texts_of(data["repository"]["pullRequest"])
        found = [
            (int(pull["number"]), str(file["path"]))
            for pull in data["repository"]["pullRequests"]["nodes"]
            for file in (pull["files"] or {"nodes": []})["nodes"]
        ]
    except (Refused, Unavailable) as error:
        return None, None, say("the other pull requests were not read ({reason})", reason=str(error))
    except (LookupError, TypeError, ValueError):
        unusable = say("GitHub's answer is unusable")
        return None, None, say("the other pull requests were not read ({reason})", reason=unusable)
    wanted = plugin_name(package).lower()
    same = (
        (other, path)
        for other, path in found
        if other != number and is_package(path) and plugin_name(path).lower() == wanted
    )
    return text, tuple(sorted(same)), ""


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
