"""A revision on GitHub as a source tree, read through the API: no clone, no checkout.

The recursive tree is one request; blobs come in batches through GraphQL. A blob that GraphQL cannot give exactly
(binary, truncated, not UTF-8) is read alone through the REST API: git's own hash of the content decides.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote as percent_encode

from msgspec import Struct

from bot.errors import ToolError
from bot.github.client import Client, Refused, Unavailable
from bot.messages import say
from bot.patterns import regex
from bot.source import Entry, Kind, Unchanged, Unreadable, is_object, regular_file
from bot.source.tree import MAX_PATH_BYTES, is_odd_name
from bot.submission.submission import PACKAGE_SUFFIX

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

_RAW: Final = "application/vnd.github.raw"
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
        #: Files read alone so far that are not texts.
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

    def read(self, oid: str, size: int = 0) -> bytes:
        """One blob of so many bytes. Raises `Refused` and `Unavailable`."""
        if oid not in self._contents and size > MAX_TEXT_BYTES:
            # As JSON it would be in memory five times over. What goes wrong is told there.
            with suppress(Refused, Unavailable):
                content = self._client.download(f"/git/blobs/{oid}", size, _RAW)
                if is_object(oid, content):
                    self._contents[oid] = content
        if oid not in self._contents:

            def content_of(answer: Any) -> bytes:
                content = base64.b64decode(answer["content"])
                if not is_object(oid, content):
                    raise Unavailable(f"GitHub's answer for the blob {oid} is not that blob")
                return content

            self._contents[oid] = self._client.get_made(content_of, f"/git/blobs/{oid}")
        return self._contents[oid]

    def _fetch(self, oids: list[str]) -> None:
        owner, name = self._client.repository.split("/")
        fields = " ".join(f'b{i}: object(oid: "{oid}") {{ ... on Blob {{ text }} }}' for i, oid in enumerate(oids))
        query = f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {fields} }} }}"
        try:
            data = self._client.graphql(query, {"owner": owner, "name": name})
        except (Refused, Unavailable):
            return
        repository = data.get("repository")
        if not isinstance(repository, dict):
            return
        for i, oid in enumerate(oids):
            blob = repository.get(f"b{i}")
            text = blob.get("text") if isinstance(blob, dict) else None
            if isinstance(text, str):
                content = text.encode("utf-8", "surrogatepass")
                if is_object(oid, content):
                    self._contents[oid] = content


def read_file(client: Client, commit: str, path: str) -> bytes | None:
    """One file of a commit of which nothing else is read; None when there is none. Raises `ToolError`."""

    def content_of(answer: Any) -> bytes:
        if answer["type"] != "file" or answer["encoding"] != "base64":
            raise ToolError(f"{path} at {commit} is not a file that GitHub gives")
        content = base64.b64decode(answer["content"])
        if not is_object(str(answer["sha"]), content):
            raise Unavailable(f"GitHub's answer for {path} does not hold the file")
        return content

    try:
        return client.get_made(content_of, f"/contents/{percent_encode(path, safe='/')}", {"ref": commit})
    except Refused as error:
        if error.status == 404:
            return None
        raise ToolError(f"{path} cannot be read from GitHub: {error}") from error
    except Unavailable as error:
        raise ToolError(f"{path} could not be read from GitHub: {error}") from error


class _Row(Struct, frozen=True):
    """One line of a listing."""

    path: str
    mode: str
    kind: str
    oid: str
    size: int | None


_ROW_KINDS: Final = frozenset({"blob", "tree", "commit"})
_OID = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MODE = regex(r"[0-7]{5,6}")
#: Modes as the API writes them and as git stores them.
_FOLDER_MODE: Final = "40000"


def _row(row: Any) -> _Row:
    """Raises `LookupError`, `TypeError` and `ValueError` for what is not a line of a listing."""
    path, mode, kind, oid, size = row["path"], row["mode"], row["type"], row["sha"], row.get("size")
    if kind not in _ROW_KINDS or not (_OID.fullmatch(oid) and _MODE.fullmatch(mode)) or "" in path.split("/"):
        raise ValueError(path)
    is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    return _Row(path, mode.lstrip("0"), kind, oid, size if is_size else None)


def _is_whole(oid: str, rows: Iterable[_Row], *, recursive: bool) -> bool:
    """Whether the rows are all that is in the tree `oid`: git names a tree by a digest of its rows.

    A folder with a name that holds U+FFFD is taken as it is: what git stores need not be UTF-8, and JSON is.
    """
    folders: dict[str, list[_Row]] = {"": []}
    oids = {"": oid}
    for row in rows:
        folder = row.path.rpartition("/")[0]
        folders.setdefault(folder, []).append(row)
        if row.kind == "tree" and recursive:
            folders.setdefault(row.path, [])
            oids[row.path] = row.oid
    if folders.keys() != oids.keys():
        return False
    return all(_is_tree(oids[folder], children) for folder, children in folders.items())


def _is_tree(oid: str, rows: Iterable[_Row]) -> bool:
    named = [(row.path.rpartition("/")[2], row) for row in rows]
    # git sorts a folder as if its name ended with a slash.
    named.sort(key=lambda item: (item[0] + "/" * (item[1].mode == _FOLDER_MODE)).encode("utf-8", "surrogatepass"))
    content = b"".join(
        f"{row.mode} {name}\0".encode("utf-8", "surrogatepass") + bytes.fromhex(row.oid) for name, row in named
    )
    return is_object(oid, content, "tree") or any("\ufffd" in name for name, _ in named)


class GitHubTree:
    """The files of a commit on GitHub. `root` is git's id of its tree; it is asked for where it is not known."""

    #: A clone has git's own data in this folder, which are not listed.
    has_git = True

    def __init__(self, client: Client, commit: str, blobs: BlobStore, root: str | None = None) -> None:
        self._client = client
        self._commit = commit
        self._root = root
        self.store = blobs
        self._entries: dict[str, Entry] | None = None
        self._oids: dict[str, str] = {}

    def entries(self) -> Mapping[str, Entry]:
        """Raises `ToolError` when GitHub does not give the whole listing: half a tree is not a tree."""
        if self._entries is None:
            rows: dict[str, _Row] = {}
            try:
                self._list(self._root or self._tree_of_commit(), "", rows, [0])
            except Refused as error:
                raise ToolError(f"the files of {self._commit} cannot be listed: {error}") from error
            except Unavailable as error:
                raise ToolError(f"the files of {self._commit} could not be listed: {error}") from error
            self._entries = {path: _entry(path, rows[path]) for path in sorted(rows)}
            self._oids = {path: rows[path].oid for path in self._entries}
        return self._entries

    def _tree_of_commit(self) -> str:
        def tree_of(answer: Any) -> str:
            if sha_of(answer) != self._commit:
                raise Unavailable(f"GitHub's answer for the commit {self._commit} is about another")
            return tree_id(answer)

        return self._client.get_made(tree_of, f"/git/commits/{self._commit}")

    def _list(self, oid: str, prefix: str, rows: dict[str, _Row], count: list[int]) -> None:
        listed = self._listing(oid, count, recursive=True)
        if listed is None:
            # GitHub cuts listings of over 100,000 entries or 7 MB: go down one level and list each folder.
            listed = self._listing(oid, count, recursive=False)
            if listed is None:
                raise Unavailable(f"GitHub cuts the listing of the folder {prefix or '.'}")
            for row in listed:
                if row.kind == "tree":
                    self._list(row.oid, f"{prefix}{row.path}/", rows, count)
        rows.update((prefix + row.path, row) for row in listed if row.kind != "tree")

    def _listing(self, oid: str, count: list[int], *, recursive: bool) -> list[_Row] | None:
        """The rows of a tree; None where GitHub cuts them."""
        count[0] += 1
        if count[0] > MAX_LISTINGS:
            raise Unavailable(f"the repository takes more than {MAX_LISTINGS} requests to list")

        def rows_of(answer: Any) -> list[_Row] | None:
            if answer["truncated"]:
                return None
            rows = [_row(row) for row in answer["tree"]]
            if not _is_whole(oid, rows, recursive=recursive):
                raise Unavailable(f"GitHub's listing of the tree {oid} is not whole")
            return rows

        return self._client.get_made(rows_of, f"/git/trees/{oid}", {"recursive": "1"} if recursive else None)

    def oid(self, path: str) -> str | None:
        """Git's id of the content at `path`, or None."""
        self.entries()
        return self._oids.get(path)

    def read(self, path: str) -> bytes:
        entry = regular_file(self.entries(), path)
        oid = self._oids[path]
        if not self.store.holds(oid) and not path.lower().endswith((*TEXTS, PACKAGE_SUFFIX)):
            # An image costs a request of its own: only those that the change brings are worth it.
            if oid in self.store.unchanged:
                raise Unchanged(path, say("is the same in the base revision"))
            if self.store.singles >= MAX_SINGLES:
                reason = say("was not read: of other files than texts, {n:,} are read in one run", n=MAX_SINGLES)
                raise Unreadable(path, reason)
            self.store.singles += 1
        try:
            content = self.store.read(oid, entry.size or 0)
        except (Refused, Unavailable) as error:
            # Not `Unreadable`: that would blame the plugin for a fault of GitHub's.
            raise ToolError(f"{path} could not be read from GitHub: {error}") from error
        if content.startswith(_LFS_VERSION) and len(content) <= _LFS_POINTER_BYTES:
            raise Unreadable(path, say("is kept in Git LFS: the repository has only a pointer to it"))
        return content

    def contents(self) -> Mapping[str, tuple[str, Kind, bool]]:
        """What tells the content at each path from another: git's id of it, its kind, and the executable bit."""
        return {path: (self._oids[path], entry.kind, entry.executable) for path, entry in self.entries().items()}

    def blobs(self, paths: Iterable[str]) -> dict[str, int]:
        """Git's ids of the files among `paths`, with their sizes in bytes."""
        entries = self.entries()
        return {
            self._oids[path]: entries[path].size or 0
            for path in paths
            if path in entries and entries[path].kind is Kind.FILE
        }

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        entries = self.entries()
        links = [path for path in paths if path in entries and entries[path].kind is Kind.LINK]
        sizes = {self._oids[path]: entries[path].size or 0 for path in links}
        self.store.prefetch(sizes)
        written = {}
        for path in links:
            # What GitHub does not give is not known: the link is not followed, and named.
            with suppress(Refused, Unavailable):
                if sizes[self._oids[path]] <= MAX_PATH_BYTES:
                    written[path] = self.store.read(self._oids[path]).decode("utf-8", "surrogateescape")
        return written

    def prefetch(self, paths: Iterable[str]) -> None:
        self.store.prefetch(self.blobs(paths))


def sha_of(thing: Any) -> str:
    """Git's id of what the API tells of. Raises `LookupError`, `TypeError` and `ValueError` where there is none."""
    oid = thing["sha"]
    if not _OID.fullmatch(oid):
        raise ValueError(oid)
    return str(oid)


def tree_id(commit: Any) -> str:
    """Git's id of the tree of a commit. Raises as `sha_of` does."""
    return sha_of(commit["tree"])


def _entry(path: str, row: _Row) -> Entry:
    kind = Kind.OTHER if is_odd_name(path) else _KINDS.get(row.mode, Kind.OTHER)
    return Entry(path, kind, row.size, row.mode == "100755")
