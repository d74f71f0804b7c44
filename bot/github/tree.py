"""A revision on GitHub as a source tree, read through the API: no clone, no checkout.

The recursive tree is one request; blobs come in batches through GraphQL. A blob that GraphQL cannot give exactly
(binary, truncated, not UTF-8) is read alone through the REST API: git's own hash of the content decides.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote as percent_encode

from bot.errors import ToolError
from bot.github.client import Client, Refused, Unavailable
from bot.plugin.discovery import PACKAGE_SUFFIX
from bot.source import Entry, Kind, Unreadable, regular_file

#: Blobs asked for in one GraphQL query.
BATCH = 100
#: The sum of blob sizes in one query, in bytes: GraphQL answers slowly, or not at all, when asked for much more.
BATCH_BYTES = 4 * 1024 * 1024
#: Larger blobs go through the REST API alone: GraphQL cuts their text.
MAX_TEXT_BYTES = 500 * 1024
#: What the rules read as text, by how names end; it is fetched in batches.
TEXTS = (".yaml", ".yml", ".py", ".md", ".txt", ".toml", ".lock", ".svg", ".difyignore", ".gitignore")
#: Other files, such as images, that are read in one run, each with a request.
MAX_SINGLES = 20
#: Requests that listing a tree may cost when GitHub cuts the recursive listing.
MAX_LISTINGS = 200

_LFS_VERSION = b"version https://git-lfs.github.com/spec/"
_LFS_POINTER_BYTES = 1024

_KINDS = {"100644": Kind.FILE, "100664": Kind.FILE, "100755": Kind.FILE, "120000": Kind.LINK}


class BlobStore:
    """Contents by git's blob id, shared by the trees of one run: what base and head have in common is read once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._contents: dict[str, bytes] = {}
        #: Blobs that head and base have in common: what is wrong with them is old.
        self.unchanged: frozenset[str] = frozenset()
        #: Files read alone so far that are no texts.
        self.singles = 0

    def holds(self, oid: str) -> bool:
        """Whether a blob has been read."""
        return oid in self._contents

    def prefetch(self, blobs: Mapping[str, int]) -> None:
        """Reads blobs (size in bytes by id) together. What fails here is read alone when it is needed."""
        wanted = [(oid, size) for oid, size in blobs.items() if oid not in self._contents and size <= MAX_TEXT_BYTES]
        batch: list[str] = []
        total = 0
        for oid, size in wanted:
            if batch and (len(batch) == BATCH or total + size > BATCH_BYTES):
                self._fetch(batch)
                batch, total = [], 0
            batch.append(oid)
            total += size
        if batch:
            self._fetch(batch)

    def read(self, oid: str) -> bytes:
        """One blob. Raises `Refused` and `Unavailable`."""
        if oid not in self._contents:
            answer = self._client.get(f"/git/blobs/{oid}")
            try:
                content = base64.b64decode(answer["content"])
            except (KeyError, TypeError, ValueError, binascii.Error) as error:
                raise Unavailable(f"GitHub's answer for the blob {oid} is unusable") from error
            if not _is_blob(oid, content):
                raise Unavailable(f"GitHub's answer for the blob {oid} is not that blob")
            self._contents[oid] = content
        return self._contents[oid]

    def _fetch(self, oids: list[str]) -> None:
        owner, name = self._client.repository.split("/")
        fields = " ".join(f'b{i}: object(oid: "{oid}") {{ ... on Blob {{ text }} }}' for i, oid in enumerate(oids))
        query = f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {fields} }} }}"
        try:
            data = self._client.graphql(query, {"owner": owner, "name": name})
        except (Refused, Unavailable):
            return
        repository = data.get("repository") or {}
        for i, oid in enumerate(oids):
            blob = repository.get(f"b{i}")
            text = blob.get("text") if isinstance(blob, dict) else None
            if isinstance(text, str):
                content = text.encode("utf-8", "surrogatepass")
                if _is_blob(oid, content):
                    self._contents[oid] = content


def read_file(client: Client, commit: str, path: str) -> bytes | None:
    """One file of a commit of which nothing else is read; None when there is none. Raises `ToolError`."""
    try:
        answer = client.get(f"/contents/{percent_encode(path, safe='/')}", {"ref": commit})
        if answer["type"] != "file" or answer["encoding"] != "base64":
            raise ToolError(f"{path} at {commit} is no file that GitHub gives")
        return base64.b64decode(answer["content"])
    except Refused as error:
        if error.status == 404:
            return None
        raise ToolError(f"{path} cannot be read from GitHub: {error}") from error
    except Unavailable as error:
        raise ToolError(f"{path} could not be read from GitHub: {error}") from error
    except (LookupError, TypeError, ValueError) as error:
        raise ToolError(f"GitHub's answer for {path} is unusable") from error


def _is_blob(oid: str, content: bytes) -> bool:
    digest = hashlib.sha256 if len(oid) == 64 else hashlib.sha1
    return digest(b"blob %d\0" % len(content) + content).hexdigest() == oid


class GitHubTree:
    """The files of a commit on GitHub."""

    def __init__(self, client: Client, commit: str, blobs: BlobStore) -> None:
        self._client = client
        self._commit = commit
        self.store = blobs
        self._entries: dict[str, Entry] | None = None
        self._oids: dict[str, str] = {}

    def entries(self) -> Mapping[str, Entry]:
        """Raises `ToolError` when GitHub does not give the whole listing: half a tree is no tree."""
        if self._entries is None:
            rows: dict[str, dict[str, Any]] = {}
            try:
                self._list(self._commit, "", rows, [0])
            except Refused as error:
                raise ToolError(f"the files of {self._commit} cannot be listed: {error}") from error
            except Unavailable as error:
                raise ToolError(f"the files of {self._commit} could not be listed: {error}") from error
            except (LookupError, TypeError, AttributeError) as error:
                raise ToolError(f"GitHub's listing of {self._commit} is unusable") from error
            self._entries = {}
            for path in sorted(rows):
                row = rows[path]
                kind = _KINDS.get(str(row.get("mode")), Kind.OTHER)
                size = row.get("size")
                executable = row.get("mode") == "100755"
                self._entries[path] = Entry(path, kind, size if isinstance(size, int) else None, executable)
                self._oids[path] = str(row.get("sha"))
        return self._entries

    def _list(self, sha: str, prefix: str, rows: dict[str, dict[str, Any]], count: list[int]) -> None:
        answer = self._listing(sha, count, recursive=True)
        if not answer.get("truncated"):
            for row in answer["tree"]:
                if row.get("type") != "tree":
                    rows[prefix + row["path"]] = row
            return
        # GitHub cuts listings of over 100,000 entries or 7 MB: go down one level and list each folder.
        answer = self._listing(sha, count, recursive=False)
        if answer.get("truncated"):
            raise Unavailable(f"GitHub cuts the listing of the folder {prefix or '.'}")
        for row in answer["tree"]:
            if row.get("type") == "tree":
                self._list(row["sha"], f"{prefix}{row['path']}/", rows, count)
            else:
                rows[prefix + row["path"]] = row

    def _listing(self, sha: str, count: list[int], *, recursive: bool) -> dict[str, Any]:
        count[0] += 1
        if count[0] > MAX_LISTINGS:
            raise Unavailable(f"the repository takes more than {MAX_LISTINGS} requests to list")
        answer = self._client.get(f"/git/trees/{sha}", {"recursive": "1"} if recursive else None)
        if not isinstance(answer, dict) or not isinstance(answer.get("tree"), list):
            raise Unavailable("GitHub's answer is no listing")
        return answer

    def oid(self, path: str) -> str | None:
        """Git's id of the content at `path`, or None."""
        self.entries()
        return self._oids.get(path)

    def read(self, path: str) -> bytes:
        regular_file(self.entries(), path)
        oid = self._oids[path]
        if not self.store.holds(oid) and not path.lower().endswith((*TEXTS, PACKAGE_SUFFIX)):
            # An image costs a request of its own: only those that the change brings are worth it.
            if oid in self.store.unchanged or self.store.singles >= MAX_SINGLES:
                raise Unreadable(path, "was not read, to save requests")
            self.store.singles += 1
        try:
            content = self.store.read(oid)
        except (Refused, Unavailable) as error:
            # Not `Unreadable`: that would blame the plugin for a fault of GitHub's.
            raise ToolError(f"{path} could not be read from GitHub: {error}") from error
        if content.startswith(_LFS_VERSION) and len(content) <= _LFS_POINTER_BYTES:
            raise Unreadable(path, "is kept in Git LFS: the repository has only a pointer to it")
        return content

    def oids(self) -> Mapping[str, str]:
        """Git's id of the content at each path."""
        self.entries()
        return self._oids

    def blobs(self, paths: Iterable[str]) -> dict[str, int]:
        """Git's ids of the files among `paths`, with their sizes in bytes."""
        entries = self.entries()
        return {
            self._oids[path]: entries[path].size or 0
            for path in paths
            if path in entries and entries[path].kind is Kind.FILE
        }

    def prefetch(self, paths: Iterable[str]) -> None:
        self.store.prefetch(self.blobs(paths))
