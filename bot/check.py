"""The `check` command: finds plugins below paths of this machine, reviews them, and renders the result."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from bot.errors import UsageError
from bot.findings import quote
from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import Base, review
from bot.review.result import Result
from bot.source import GitTree, LocalTree, find_repository, run_git, subtree


def options_for(config: str | None, *, use_config: bool) -> Options:
    """The options that the configuration gives: `config`, else the default file if it is there.

    Raises `UsageError` when the configuration cannot be read or is wrong.
    """
    from bot.config import DEFAULT_PATH, read_config

    if not use_config:
        return Options()
    path = Path(config) if config is not None else Path(DEFAULT_PATH)
    if config is None and not path.is_file():
        return Options()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the configuration {quote(str(path))} cannot be read: {error.strerror}") from error
    return read_config(content, str(path))


def run(paths: Sequence[str], options: Options, base: str | None = None) -> Result:
    """Reviews every plugin below `paths`, against the git revision `base` if it is given.

    Raises `UsageError` for a path that does not exist and for a revision that git does not know.
    """
    results = []
    seen: set[str] = set()
    for path in dict.fromkeys(os.path.normpath(path) for path in paths):
        folder, under = _folder(path)
        tree = LocalTree(folder)
        prefix = _prefix(folder)
        roots = [replace(root, prefix=prefix) for root in find_roots(tree, under)]
        fresh = [root for root in roots if root.shown not in seen]
        seen.update(root.shown for root in fresh)
        if base is None:
            results.append(review(tree, fresh, options))
            continue
        with _base_tree(folder, base) as (git_tree, inside, renamed):
            compared = Base(subtree(git_tree, inside), base, renamed)
            results.append(review(tree, fresh, options, compared))
    return _together(results)


def _folder(path: str) -> tuple[Path, tuple[str, ...]]:
    """The folder to list for a path of the command line, and which of its files are meant."""
    place = Path(path)
    if place.is_dir():
        return place, ("",)
    if not place.is_file():
        raise UsageError(f"there is no file or folder {quote(path)}")
    if place.name == "manifest.yaml":
        return place.parent, ("manifest.yaml",)
    if place.suffix.lower() == ".difypkg":
        return place.parent, (place.name,)
    raise UsageError(f"{quote(path)} is neither a folder nor a manifest.yaml nor a .difypkg file")


def _prefix(folder: Path) -> str:
    """The folder as findings name it: relative to the working directory, with forward slashes."""
    try:
        relative = os.path.relpath(folder)
    except ValueError:  # Another drive on Windows.
        relative = str(folder.resolve())
    text = PurePath(relative).as_posix()
    return "" if text == "." else text


class _base_tree:
    """A git revision of the repository that holds a folder: the tree, the folder's path in it, and renames."""

    def __init__(self, folder: Path, revision: str) -> None:
        repository = find_repository(folder)
        if repository is None:
            raise UsageError(f"--base needs a git repository, and {quote(str(folder))} is in none")
        self._tree = GitTree(repository, revision)
        inside = PurePath(os.path.relpath(folder.resolve(), repository.resolve())).as_posix()
        self._inside = "" if inside == "." else inside
        self._renamed = _renames(repository, self._tree.commit, self._inside)

    def __enter__(self) -> tuple[GitTree, str, dict[str, str]]:
        return self._tree, self._inside, self._renamed

    def __exit__(self, *_: object) -> None:
        self._tree.close()


def _renames(repository: Path, commit: str, inside: str) -> dict[str, str]:
    """Old path by new path for files that were renamed between `commit` and HEAD, relative to the folder `inside`."""
    output = run_git(repository, "diff-tree", "-r", "-M", "--name-status", "-z", commit, "HEAD")
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    prefix = f"{inside}/" if inside else ""
    renamed = {}
    for status in fields:
        if status.startswith(("R", "C")):
            old, new = next(fields, ""), next(fields, "")
            if status.startswith("R") and old.startswith(prefix) and new.startswith(prefix):
                renamed[new.removeprefix(prefix)] = old.removeprefix(prefix)
        elif status:
            next(fields, "")
    return renamed


def _together(results: Sequence[Result]) -> Result:
    if len(results) == 1:
        return results[0]
    first = results[0]
    fixed = [result.fixed for result in results if result.fixed is not None]
    return replace(
        first,
        plugins=tuple(plugin for result in results for plugin in result.plugins),
        findings=tuple(sorted((item for result in results for item in result.findings), key=lambda f: f.sort_key)),
        unchecked=tuple(item for result in results for item in result.unchecked),
        errors=tuple(item for result in results for item in result.errors),
        fixed=sum(fixed) if fixed else None,
        duration_ms=sum(result.duration_ms for result in results),
    )


def render(result: Result, form: str, *, quiet: bool = False, to_file: bool = False) -> str:
    """The result in one of the formats of `check`."""
    if form == "json":
        from bot.report.json import render as render_json

        return render_json(result)
    if form == "sarif":
        from bot.report.sarif import render as render_sarif

        return render_sarif(result)
    if form == "github":
        from bot.report.workflow import render as render_workflow

        return render_workflow(result)
    if form == "markdown":
        from bot.report.markdown import render_report

        return render_report(result)
    if form == "html":
        from bot.report.html import render as render_html

        return render_html(result)
    from bot.report.text import render as render_text

    colour = not to_file and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return render_text(result, colour=colour, quiet=quiet)
