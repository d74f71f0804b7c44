"""The lines of a pull request that a comment can be attached to, and where a comment is after the head moved."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from standin.diff import FileDiff, Place, Side
from standin.repository import Repository
from standin.state import Pull, ReviewComment


class Wanted(Struct, frozen=True):
    """The anchor that a request asks for: a line (or a range that ends at it), or a position in the patch."""

    path: str
    side: Side = "RIGHT"
    line: int | None = None
    start_side: Side | None = None
    start_line: int | None = None
    position: int | None = None


class Anchor(Struct, frozen=True):
    """An anchor that exists. `start_line` is None for a single line."""

    path: str
    side: Side
    line: int
    start_side: Side | None
    start_line: int | None
    position: int
    diff_hunk: str


class Unplaced(Exception):
    """An anchor that does not exist; `problem` is `path`, `line`, `hunk` or `order`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def base_tip(repository: Repository, pull: Pull) -> str:
    return repository.resolve(pull.base_ref) or pull.base_sha


def merge_base(repository: Repository, pull: Pull, head: str) -> str:
    return repository.merge_base(base_tip(repository, pull), head) or pull.base_sha


def changes(repository: Repository, pull: Pull, head: str | None = None) -> tuple[FileDiff, ...]:
    """What the pull request changes, since the common ancestor of its base and its head (or `head`)."""
    head = head or pull.head_sha
    return repository.diff(merge_base(repository, pull, head), head)


def commits(repository: Repository, pull: Pull) -> tuple[str, ...]:
    """The commits of the pull request, oldest first."""
    return repository.commits(base_tip(repository, pull), pull.head_sha)


def place(files: Collection[FileDiff], wanted: Wanted, refused: Collection[tuple[str, Side, int]] = ()) -> Anchor:
    """The anchor in these changes, or `Unplaced`.

    Lines must lie inside a hunk, and the start of a range before its end in the same hunk. `refused` are lines that
    are not accepted although they do.
    """
    file = next((file for file in files if file.path == wanted.path), None)
    if file is None:
        raise Unplaced("path")
    side, line = wanted.side, wanted.line
    if line is None and wanted.position is not None:
        found = file.anchor(wanted.position)
        if found is None:
            raise Unplaced("line")
        side, line = found
    spot = file.place(side, line) if line is not None else None
    if line is None or spot is None or (wanted.path, side, line) in refused:
        raise Unplaced("line")
    start_side: Side | None = None
    if wanted.start_line is not None:
        start_side = wanted.start_side or side
        _check_start(file, start_side, wanted.start_line, side, line, spot)
    return Anchor(
        path=wanted.path,
        side=side,
        line=line,
        start_side=start_side,
        start_line=wanted.start_line,
        position=spot.position,
        diff_hunk=file.hunk_until(spot),
    )


def _check_start(file: FileDiff, start_side: Side, start_line: int, side: Side, line: int, end: Place) -> None:
    if start_side == side and start_line >= line:
        raise Unplaced("order")
    start = file.place(start_side, start_line)
    if start is None or start.hunk != end.hunk:
        raise Unplaced("hunk")
    if start.position >= end.position:
        raise Unplaced("order")


def current(repository: Repository, pull: Pull, comment: ReviewComment) -> Anchor | None:
    """Where a comment on lines is in today's diff, or None if it is outdated.

    The lines are followed from the commit they were commented at to the head; a line that was changed since, or that
    is in no hunk any more, is outdated.
    """
    if comment.line is None:
        return None
    if comment.side == "RIGHT":
        old, new = comment.commit, pull.head_sha
    else:
        old, new = merge_base(repository, pull, comment.commit), merge_base(repository, pull, pull.head_sha)
    path = comment.path
    if comment.side == "LEFT":
        then = next((f for f in changes(repository, pull, comment.commit) if f.path == comment.path), None)
        path = then.old_path if then else path
    moved = next((file for file in repository.diff(old, new) if file.old_path == path and file.status != "added"), None)
    line, start = comment.line, comment.start_line
    if moved is not None:
        followed = moved.follow(line)
        start = moved.follow(start) if start is not None else None
        if followed is None or (comment.start_line is not None and start is None):
            return None
        path, line = moved.path, followed
    today = changes(repository, pull)
    name = next((f.path for f in today if (f.path if comment.side == "RIGHT" else f.old_path) == path), path)
    try:
        return place(today, Wanted(name, comment.side, line, comment.start_side, start))
    except Unplaced:
        return None
