"""The `check` command: finds plugins below paths of this machine, and reviews them."""

from __future__ import annotations

import gc
import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import compress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.errors import UsageError
from bot.findings import Coverage, Outside, quote
from bot.options import CONFIGURATION, Options
from bot.plugin import PluginRoot, find_roots
from bot.plugin.discovery import MANIFEST, PACKAGE_SUFFIX
from bot.plugin.scope import scope_of
from bot.review.engine import Base, review
from bot.review.occasion import NO_OCCASION, Occasion
from bot.review.result import Result
from bot.source import MAX_ENTRIES, Entry, GitTree, LocalTree, Tree, Unreadable, find_repository, run_git, subtree
from bot.source.worktree import WorkTree

if TYPE_CHECKING:
    from bot.command.progress import Progress
    from bot.review.cache import Cache


def options_for(config: str | None, *, use_config: bool, folder: Path = Path()) -> Options:
    """The options that the configuration gives: `config`, else the default file of the folder if it is there.

    Raises `UsageError` when the configuration cannot be read or is wrong.
    """
    if not use_config:
        return Options()
    name = config if config is not None else CONFIGURATION
    path = folder / name if config is None else Path(name)
    if config is None:
        # The working directory may hold somebody else's change: a link in it could show any file in a complaint.
        if path.is_symlink() or path.parent.is_symlink():
            raise UsageError(f"the configuration {quote(name)} is a symbolic link: name the file with --config")
        if not path.is_file():
            return Options()
    # Few repositories have one, and the model of it takes time to import.
    from bot.policy.configuration import MAX_BYTES, read_config

    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"the configuration {quote(name)} cannot be read: {_reason(error)}") from error
    return read_config(content, name)


class Target(Struct, frozen=True):
    """A folder of this machine, and plugins in it."""

    folder: Path
    tree: LocalTree
    roots: tuple[PluginRoot, ...]

    @property
    def is_of_packages(self) -> bool:
        """Whether packages were named, and not the folder that they are in."""
        return all(root.package for root in self.roots)

    def shown(self, path: str) -> str:
        """A path in the tree as findings name it: relative to the working directory."""
        return "/".join(part for part in (_prefix(self.folder), path) if part)


def touched(paths: Sequence[str]) -> tuple[Target, tuple[Outside, ...]]:
    """The plugins that changed files belong to, with those in them, and the files that belong to none.

    The commit that is checked out tells which plugins there were: what is left of one is reviewed, and a file that is
    gone counts for its plugin.
    """
    repository = find_repository(Path())
    root = (repository or Path()).resolve()
    tree = LocalTree(root, repository)
    changed = frozenset(PurePath(os.path.relpath(Path.cwd() / path, root)).as_posix() for path in paths)
    try:
        with GitTree(repository, "HEAD") if repository is not None else nullcontext(tree) as before:
            scope = scope_of(tree, before, changed, {})
    except UsageError:  # There is no commit yet.
        scope = scope_of(tree, tree, changed, {})
    meant = list(_nearest(scope.roots, changed))
    folders = [each.path for each in meant if not each.package]
    inside = find_roots(tree, folders) if folders else ()
    prefix = _prefix(root)
    roots = tuple(replace(each, prefix=prefix) for each in sorted({*meant, *inside}))
    outside = tuple(replace(each, path="/".join(filter(None, (prefix, each.path)))) for each in scope.outside)
    return Target(root, tree, roots), outside


def _nearest(roots: Sequence[PluginRoot], changed: Iterable[str]) -> Iterator[PluginRoot]:
    """The roots without those in which only plugins inside of them have changed."""
    for root in roots:
        inner = [other for other in roots if other != root and root.holds(other.path)]
        own = [path for path in changed if root.holds(path)]
        if not own or any(not any(other.holds(path) for other in inner) for path in own):
            yield root


def in_turn(targets: Iterable[Target]) -> Iterator[Target]:
    """The targets one after the other. What the reviews of one leave is collected, as the engine does between plugins.

    The collector does not run by itself in a command.
    """
    for index, target in enumerate(targets):
        if index:
            gc.collect(1)
        yield target


def find_targets(paths: Sequence[str]) -> list[Target]:
    """The plugins below paths, each once; for a path inside of a plugin, that plugin.

    Raises `UsageError` for a path that does not exist, and for a file that belongs to no plugin.
    """
    if not paths:
        return [Target(Path(), LocalTree(Path()), ())]
    targets = []
    seen: set[str] = set()
    trees: dict[Path, LocalTree] = {}  # Hundreds of packages may lie in one folder, which is listed once.
    for path in paths:
        folder, under = _folder(path)
        if folder not in trees:
            trees[folder] = LocalTree(folder, find_repository(folder))
        tree = trees[folder]
        prefix = _prefix(folder)
        may_hold = under == ("",) or under[0].lower().endswith((MANIFEST, PACKAGE_SUFFIX))
        roots = [replace(root, prefix=prefix) for root in find_roots(tree, under)] if may_hold else []
        if not roots:
            enclosing = _enclosing(folder)
            if enclosing is not None:
                folder, tree = enclosing
                roots = [PluginRoot("", prefix=_prefix(folder))]
            elif not Path(os.path.normpath(path)).is_dir():
                raise UsageError(f"{quote(path)} is in no plugin, and is not a manifest.yaml or a .difypkg file itself")
        targets.append(Target(folder, tree, tuple(root for root in roots if root.shown not in seen)))
        seen.update(root.shown for root in roots)
    return targets


def _joined(targets: Sequence[Target]) -> list[Target]:
    """The targets, those below the working directory as one: they share processes, the cache and translations."""
    repository = find_repository(Path())
    here = os.path.realpath("")
    parts = [_is_part(target, here, repository) for target in targets]
    inside = list(compress(targets, parts))
    if len(inside) < 2 or sum(len(target.tree.entries()) for target in inside) > MAX_ENTRIES:
        return list(targets)
    roots = [replace(root, path=root.shown, prefix="") for target in inside for root in target.roots]
    # Of a folder with packages, those that were named.
    only = dict.fromkeys(
        path
        for target in inside
        for path in ((root.shown for root in target.roots) if target.is_of_packages else (_prefix(target.folder),))
    )
    joined = Target(Path(), LocalTree(Path(), repository, tuple(only)), tuple(roots))
    return [joined, *(target for target, part in zip(targets, parts, strict=True) if not part)]


def _is_part(target: Target, here: str, repository: Path | None) -> bool:
    """Whether what is in a target can be read from the working directory on, with the same result."""
    place = _prefix(target.folder)
    return (
        bool(target.roots and place)
        and os.path.realpath(target.folder) == os.path.join(here, *place.split("/"))  # noqa: PTH118 - as text
        and not (target.folder / ".git").exists()
        and find_repository(target.folder) == repository
    )


def targets_of(paths: Sequence[str], *, touched_only: bool) -> tuple[list[Target], tuple[Outside, ...]]:
    """What the arguments of a command mean: the plugins below them, or with `touched_only` those that they change."""
    if not touched_only:
        return find_targets(paths), ()
    target, outside = touched(paths)
    return [target], outside


def run(
    paths: Sequence[str],
    options: Options,
    base: str | None = None,
    source: str | None = None,
    cache: Cache | None = None,
    *,
    touched_only: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Reviews every plugin below `paths`, against the git revision `base` if it is given, and tells the `progress`.

    With `touched_only`, `paths` are changed files, and the plugins that they belong to are reviewed. Packages are
    compared with what the plugin in the folder `source` packs to. Raises `UsageError` for a path that
    does not exist, for a revision that git does not know, and for a source that is not one plugin.
    """
    results: list[Result] = []
    targets, outside = targets_of(paths, touched_only=touched_only)
    packed_from = _source(source) if source is not None else None
    told = None
    if progress is not None:
        progress.expect(sum(len(target.roots) for target in targets))
        told = progress.advance
    for target in in_turn(targets if base is not None else _joined(targets)):
        sources = {root.path: packed_from for root in target.roots if root.package and packed_from is not None}
        occasion = Occasion(sources=sources) if sources else NO_OCCASION
        if base is None:
            results.append(review(target.tree, target.roots, options, None, outside, occasion, cache, told=told))
        else:
            with base_of(target.folder, base) as compared:
                roots = changed(target, compared) if not sources else target.roots
                if told is not None:
                    told(len(target.roots) - len(roots))
                result = review(target.tree, roots, options, compared, outside, occasion, told=told)
                results.append(replace(result, unchanged=len(target.roots) - len(roots)))
    return together(results)


def changed(target: Target, base: Base) -> tuple[PluginRoot, ...]:
    """The plugins that are not just what they were at the base revision, where everything about them is old."""
    repository = find_repository(target.folder)
    if repository is None or not isinstance(base.library, GitTree):
        return target.roots
    tree = WorkTree(repository, target.folder, base.folder, target.tree)
    same = tree.same(base.library, (root.path for root in target.roots))
    return tuple(root for root in target.roots if root.path not in same)


def _source(folder: str) -> tuple[Tree, PluginRoot]:
    """The one plugin in a folder. Raises `UsageError` where there is none, or several."""
    found = [(target.tree, root) for target in find_targets([folder]) for root in target.roots if not root.package]
    if len(found) != 1:
        raise UsageError(f"--source takes the folder of one plugin, and {quote(folder)} has {len(found)}")
    return found[0]


def _folder(path: str) -> tuple[Path, tuple[str, ...]]:
    """The folder to list for a path of the command line, and which of its files are meant."""
    place = Path(os.path.normpath(path))
    try:
        is_folder, is_file = place.is_dir(), place.is_file()
    except (OSError, ValueError):  # Too long a name, or one with a NUL.
        is_folder = is_file = False
    if not path or not (is_folder or is_file):
        raise UsageError(f"there is no file or folder {quote(path)}")
    if is_folder:
        return place, ("",)
    return place.parent, (place.name,)


def _enclosing(folder: Path) -> tuple[Path, LocalTree] | None:
    """The nearest folder above that is a plugin, up to the repository or the home folder that holds it."""
    absolute = folder.resolve()
    repository = find_repository(absolute)
    for above in (absolute, *absolute.parents):
        if (above / MANIFEST).is_file():
            tree = LocalTree(above, repository)
            if PluginRoot("") in find_roots(tree, (MANIFEST,)):
                return above, tree
        if above in (repository, Path.home()):
            return None
    return None


def _prefix(folder: Path) -> str:
    """The folder as findings name it: relative to the working directory, with forward slashes."""
    try:
        relative = os.path.relpath(folder)
    except ValueError:  # Another drive on Windows.
        relative = str(folder.resolve())
    text = PurePath(relative).as_posix()
    return "" if text == "." else text


@contextmanager
def base_of(folder: Path, revision: str) -> Iterator[Base]:
    """What the folder was at a git revision of the repository that holds it. Raises `UsageError`."""
    repository = find_repository(folder)
    if repository is None:
        raise UsageError(f"--base needs a git repository, and {quote(str(folder))} is in none")
    inside = PurePath(os.path.relpath(folder.resolve(), repository)).as_posix()
    with GitTree(repository, revision) as tree:
        renamed = {
            _relative(new, inside): _relative(old, inside) for new, old in _renames(repository, tree.commit).items()
        }
        # Findings name files from the working directory on, plugins are looked up in the tree.
        prefix = _prefix(folder)
        shown = {f"{prefix}/{new}": f"{prefix}/{old}" for new, old in renamed.items()} if prefix else {}
        reviewed = tree if inside == "." else _RelativeTree(tree, inside)
        yield Base(reviewed, revision, renamed | shown, tree, inside)


def _renames(repository: Path, commit: str) -> dict[str, str]:
    """Old path by new path for files that were renamed between `commit` and HEAD."""
    output = run_git(repository, "diff-tree", "-r", "-M", "--name-status", "-z", commit, "HEAD")
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    renamed = {}
    for status in fields:
        if status.startswith(("R", "C")):
            old, new = next(fields, ""), next(fields, "")
            if status.startswith("R"):
                renamed[new] = old
        elif status:
            next(fields, "")
    return renamed


def _relative(path: str, folder: str) -> str:
    """A path of the repository from one of its folders on: `../` leads to what is outside."""
    return posixpath.relpath(f"/{path}", f"/{folder}")


class _RelativeTree:
    """A tree with its paths from one of its folders on, so that a plugin moved into the folder is found outside it."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self._folder = folder
        self._entries: dict[str, Entry] | None = None

    @property
    def inside(self) -> Tree:
        """The folder alone."""
        return subtree(self._tree, self._folder)

    @property
    def around(self) -> tuple[Tree, str]:
        """The whole tree, and where in it the folder is."""
        return self._tree, self._folder

    def entries(self) -> Mapping[str, Entry]:
        if self._entries is None:
            entries = ((_relative(path, self._folder), entry) for path, entry in self._tree.entries().items())
            self._entries = {path: replace(entry, path=path) for path, entry in sorted(entries)}
        return self._entries

    def read(self, path: str) -> bytes:
        try:
            return self._tree.read(self._absolute(path))
        except Unreadable as error:
            raise Unreadable(path, error.reason) from error

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        written = self._tree.targets(self._absolute(path) for path in paths)
        return {_relative(path, self._folder): target for path, target in written.items()}

    def prefetch(self, paths: Iterable[str]) -> None:
        self._tree.prefetch(self._absolute(path) for path in paths)

    def _absolute(self, path: str) -> str:
        return posixpath.normpath(f"/{self._folder}/{path}").lstrip("/")


def together(results: Sequence[Result]) -> Result:
    """Several results as one."""
    if len(results) == 1:
        return results[0]
    fixed = [result.fixed for result in results if result.fixed is not None]
    return replace(
        results[0],
        plugins=tuple(plugin for result in results for plugin in result.plugins),
        findings=tuple(sorted((item for result in results for item in result.findings), key=lambda f: f.sort_key)),
        unchecked=tuple(item for result in results for item in result.unchecked),
        coverage=Coverage(
            sum(result.coverage.reviewed for result in results),
            tuple(item for result in results for item in result.coverage.outside),
            tuple(item for result in results for item in result.coverage.not_judged),
        ),
        errors=tuple(item for result in results for item in result.errors),
        fixed=sum(fixed) if fixed else None,
        unchanged=sum(result.unchanged for result in results),
        duration_ms=sum(result.duration_ms for result in results),
    )


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
