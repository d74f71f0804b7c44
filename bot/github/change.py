"""What an event changes: the trees to compare, the files between them, and the hunks that can carry comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct, field

from bot.comments.hunks import FileDiff, FileHunks, Status, parse_patch
from bot.errors import ToolError
from bot.github.client import Client, Refused, Unavailable
from bot.github.event import Event
from bot.github.tree import TEXTS, BlobStore, GitHubTree, sha_of, tree_id
from bot.plugin import PluginRoot, find_roots
from bot.plugin.discovery import MANIFEST, folders_above
from bot.plugin.scope import Scope, scope_of
from bot.source import GitTree, Tree

#: GitHub lists at most this many files of a pull request.
MAX_FILES = 3000
#: Small pages that are asked for to get patches that GitHub left out.
MAX_SMALL_PAGES = 20
#: Up to so many files a comparison tells of as well as the list of the pull request's files, and saves a request. It
#: has 300 at most.
MAX_COMPARED_FILES = 100
#: Commits of a change that a comparison is asked to list: with the head among them its tree need not be asked for.
COMMITS = 30
#: Once the patches of one answer come to about 20,000 lines, GitHub leaves out the rest. Shorter answers are whole.
CUT_FROM_LINES = 10_000

#: What GitHub says of changed files, by path.
_Rows = dict[str, Mapping[str, Any]]


class EventChange(Struct, frozen=True, dict=True):
    """The change of an event.

    `base` is None where everything is reviewed. `paths` are the files that differ, by their names before and after.
    `diffs` holds the hunks of a pull request by path after the change, and is None outside pull requests. `unmapped`
    counts changed files for which GitHub gave no hunks although there must be some.
    """

    head: Tree
    head_sha: str
    base: Tree | None = None
    base_sha: str | None = None
    paths: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    diffs: Mapping[str, FileDiff] | None = None
    unmapped: int = 0

    @cached_property
    def scope(self) -> Scope:
        """The plugins of the head that the change touches; all of them where there is nothing to compare with."""
        if self.base is None:
            scope = Scope(tuple(find_roots(self.head)))
        else:
            self._prefetch(_manifests_above(self.head, self.paths))
            scope = scope_of(self.head, self.base, self.paths, self.renamed)
        if self.base is None or any(not root.package for root in scope.roots):
            self._prefetch(scope.roots)
        return scope

    def close(self) -> None:
        """Ends what the trees of a checkout keep running."""
        for tree in (self.head, self.base):
            if isinstance(tree, GitTree):
                tree.close()

    def _prefetch(self, roots: Iterable[PluginRoot]) -> None:
        """Asks for the texts of these plugins, of head and base together: a hundred cost one request."""
        folders = [root for root in roots if not root.package]
        blobs: dict[str, int] = {}
        for tree in (self.head, self.base):
            if isinstance(tree, GitHubTree):
                paths = [path for path in tree.entries() if path.lower().endswith(TEXTS)]
                blobs |= tree.blobs(path for path in paths if any(root.holds(path) for root in folders))
        if isinstance(self.head, GitHubTree):
            self.head.store.prefetch(blobs)


def _manifests_above(tree: Tree, paths: Iterable[str]) -> list[PluginRoot]:
    """The folders with a manifest that paths lie in: likely plugins, whose texts are asked for in one go."""
    entries = tree.entries()
    folders = {folder for path in paths for folder in folders_above(path)}
    return [root for root in map(PluginRoot, sorted(folders)) if root.manifest in entries]


def read_change(client: Client, event: Event) -> EventChange:
    """The change of an event, through the API. Raises `ToolError` when GitHub does not give it whole."""
    blobs = BlobStore(client)
    head = GitHubTree(client, event.head_sha, blobs)
    if event.base_sha is None:
        return EventChange(head, event.head_sha)
    try:
        if event.pull_request is None:
            base = GitHubTree(client, event.base_sha, blobs)
            paths = _differing(base, head)
            renamed = _renamed(client, event.base_sha, event.head_sha) if _looks_renamed(base, head, paths) else {}
            return EventChange(head, event.head_sha, base, event.base_sha, paths, with_folders(renamed, base, head))
        few = event.pull_request.changed_files
        compared = few is not None and few <= MAX_COMPARED_FILES
        comparison = _comparison(client, event.base_sha, event.head_sha, with_files=compared)
        base_sha, rows = comparison.base, comparison.rows
        base = GitHubTree(client, base_sha, blobs, comparison.base_tree)
        head = GitHubTree(client, event.head_sha, blobs, comparison.head_tree)
        # The trees say which files differ: the list of a large pull request is cut, and its patches can be.
        paths = _differing(base, head)
        diffs, unmapped = _diffs_of(rows), _lost_patches(rows)
        if not compared or _may_be_cut(rows) or not paths <= _named(diffs):
            diffs, unmapped = pull_request_diffs(client, event.pull_request.number)
    except Refused as error:
        raise ToolError(f"the change cannot be read from GitHub: {error}") from error
    except Unavailable as error:
        raise ToolError(f"the change could not be read from GitHub: {error}") from error
    renamed = {
        diff.path: diff.old_path
        for diff in diffs.values()
        if diff.status is Status.RENAMED and diff.old_path is not None
    }
    return EventChange(
        head,
        event.head_sha,
        base,
        base_sha,
        paths,
        with_folders(renamed, base, head),
        diffs,
        unmapped + len(paths - _named(diffs)),
    )


def with_folders(renamed: Mapping[str, str], base: Tree, head: Tree) -> dict[str, str]:
    """The renames, completed for the files of a plugin that has moved with its manifest.

    A file that is small or much changed does not look renamed, but is what it was as far as the plugin goes.
    """
    complete = dict(renamed)
    for new, old in renamed.items():
        if new.rpartition("/")[2] != MANIFEST or old.rpartition("/")[2] != MANIFEST:
            continue
        after, before = new.removesuffix(MANIFEST), old.removesuffix(MANIFEST)
        for path in head.entries():
            was = before + path.removeprefix(after)
            if path.startswith(after) and was in base.entries() and was not in head.entries():
                complete.setdefault(path, was)
    return complete


def _looks_renamed(base: GitHubTree, head: GitHubTree, paths: Iterable[str]) -> bool:
    """Whether a plugin may have moved: one manifest is new, and another gone."""
    manifests = [path for path in paths if path.rpartition("/")[2] == MANIFEST]
    return any(path not in base.entries() for path in manifests) and any(
        path not in head.entries() for path in manifests
    )


def _named(diffs: Mapping[str, FileDiff]) -> set[str]:
    return {name for diff in diffs.values() for name in (diff.path, diff.old_path) if name is not None}


def _differing(base: GitHubTree, head: GitHubTree) -> frozenset[str]:
    """The paths whose contents differ. What both trees have is remembered as unchanged."""
    before, after = base.contents(), head.contents()
    head.store.unchanged = frozenset(oid for oid, *_ in before.values()) & frozenset(oid for oid, *_ in after.values())
    return frozenset(path for path, _ in before.items() ^ after.items())


class _Comparison(Struct, frozen=True):
    """What GitHub's comparison of two commits tells."""

    base: str
    base_tree: str
    #: Git's id of the tree of the head; None where the change has several commits.
    head_tree: str | None
    rows: _Rows


def _comparison(client: Client, base: str, head: str, *, with_files: bool) -> _Comparison:
    """The merge base, git's ids of the trees, and what changed since by path, if it is asked for."""

    def made(answer: Any) -> _Comparison:
        commit = answer["merge_base_commit"]
        rows = _files(answer) if with_files else {}
        return _Comparison(sha_of(commit), tree_id(commit["commit"]), _tree_of(answer, head), rows)

    # The first page has all of the files, and the commits of most changes, the head among them. The second has no
    # files, which saves GitHub the work.
    page = {"per_page": COMMITS, "page": 1} if with_files else {"per_page": 1, "page": 2}
    return client.get_made(made, f"/compare/{base}...{head}", page)


def _tree_of(answer: Any, head: str) -> str | None:
    """Git's id of the tree of the head, if its commit is among those that a comparison lists."""
    try:
        return next((tree_id(row["commit"]) for row in answer["commits"] if sha_of(row) == head), None)
    except (LookupError, TypeError, ValueError, Unavailable):
        return None


def _files(answer: Mapping[str, Any]) -> _Rows:
    """The changed files of a comparison; none when they are unusable, as there is another list."""
    try:
        return _by_name(answer["files"])
    except (LookupError, TypeError, ValueError):
        return {}


def _by_name(rows: Any) -> _Rows:
    """Raises `LookupError`, `TypeError` and `ValueError` for what is not a list of changed files."""
    if not isinstance(rows, list):
        raise TypeError("not a list")
    for row in rows:
        texts = (row["filename"], row["status"], row.get("previous_filename", ""), row.get("patch", ""))
        if not isinstance(row, dict) or not all(isinstance(text, str) for text in texts) or not row["filename"]:
            raise ValueError("not a changed file")
    return {row["filename"]: row for row in rows}


def _renamed(client: Client, base: str, head: str) -> dict[str, str]:
    """Old path by new path, as far as GitHub tells: it lists the first 300 files of a comparison."""
    rows = client.get_made(_files, f"/compare/{base}...{head}", {"per_page": 1})
    return {
        path: row["previous_filename"]
        for path, row in rows.items()
        if row["status"] == "renamed" and row.get("previous_filename")
    }


def pull_request_diffs(client: Client, number: int) -> tuple[dict[str, FileDiff], int]:
    """The changed files of a pull request by path, and how many lack hunks that they must have.

    Raises `Refused` and `Unavailable`.
    """
    try:
        return _diffs(client, f"/pulls/{number}/files")
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise Unavailable("GitHub's list of changed files is unusable") from error


def _diffs(client: Client, path: str) -> tuple[dict[str, FileDiff], int]:
    rows = _by_name(list(client.pages(path, limit=MAX_FILES // 100 + 1)))
    names = list(rows)
    pages = [{name: rows[name] for name in names[start : start + 100]} for start in range(0, len(names), 100)]
    cut = {name for page in pages if _may_be_cut(page) for name in page}
    hollow = {name: at // 10 + 1 for at, name in enumerate(names) if name in cut and _looks_hollow(rows[name])}
    # Smaller pages bring left out patches back. What looks empty then as well is binary.
    for page in sorted(set(hollow.values()))[:MAX_SMALL_PAGES]:
        for name, row in client.get_made(_by_name, path, {"per_page": 10, "page": page}).items():
            hollow.pop(name, None)
            if name in rows:
                rows[name] = row
    return _diffs_of(rows), len(hollow) + _lost_patches(rows)


def _may_be_cut(rows: _Rows) -> bool:
    """Whether GitHub may have left out patches without a sign: such rows look empty, as binary files do."""
    return sum(str(row.get("patch") or "").count("\n") + 1 for row in rows.values()) >= CUT_FROM_LINES


def _looks_hollow(row: Mapping[str, Any]) -> bool:
    return row.get("status") == "modified" and "patch" not in row and not row.get("changes")


def _lost_patches(rows: _Rows) -> int:
    return sum("patch" not in row and bool(row.get("changes")) for row in rows.values())


def _diffs_of(rows: _Rows) -> dict[str, FileDiff]:
    return {name: _file_diff(row) for name, row in rows.items()}


def _file_diff(row: Mapping[str, Any]) -> FileDiff:
    try:
        status = Status(row.get("status", ""))
    except ValueError:
        status = Status.MODIFIED  # GitHub's `changed` and `unchanged`: nothing of the content.
    path = str(row["filename"])
    old = None if status is Status.ADDED else str(row.get("previous_filename") or path)
    return FileDiff(path, status, old, FileHunks(parse_patch(str(row.get("patch") or ""))))
