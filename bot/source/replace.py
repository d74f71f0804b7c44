"""Replaces and makes files in a folder of other people's files: the one place where anything of a plugin is written."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.messages import say
from bot.source.local import checked_folder, open_folder


class NotWritten(Exception):
    """A file was left as it was; `reason` says why, as a clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def replace_file(root: Path, path: str, before: bytes, after: bytes) -> None:
    """Replaces a file below `root` in one step, with its permissions.

    Raises `NotWritten` when a link leads to the file, when it does not hold what the change was made of any more, and
    when the system refuses. The file is then as it was.
    """
    *folders, name = path.split("/")
    try:
        with _entered(root, folders) as (folder, opened):
            _replace(folder, opened, name, before, after)
    except OSError as error:
        raise _refused(error) from error


def move_file(root: Path, path: str, to: str, before: bytes, after: bytes) -> None:
    """Gives a file below `root` another path, with its permissions, and the content `after`.

    Raises `NotWritten` as `create_file` and `replace_file` do. The file is then where it was, as it was.
    """
    *folders, name = path.split("/")
    try:
        with _entered(root, folders) as (folder, opened):
            mode = _checked(folder, opened, name, before)
            create_file(root, to, after, mode)
            try:
                os.unlink(folder / name, dir_fd=opened)
            except OSError:
                _remove(root, to)
                raise
    except OSError as error:
        raise _refused(error) from error


def _remove(root: Path, path: str) -> None:
    """Takes away a file that was just made."""
    *folders, name = path.split("/")
    with suppress(OSError), _entered(root, folders) as (folder, opened):
        os.unlink(folder / name, dir_fd=opened)


def create_file(root: Path, path: str, content: bytes, mode: int = 0o666) -> None:
    """Makes a file below `root`, with the folders on the way to it. What the system masks of `mode` it does not get.

    Raises `NotWritten` when a link is on the way, when something has the name already, and when the system refuses.
    """
    *folders, name = path.split("/")
    try:
        for depth in range(len(folders)):
            _make_folder(root, folders[:depth], folders[depth])
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with (
            _entered(root, folders) as (folder, opened),
            os.fdopen(os.open(folder / name, flags, mode, dir_fd=opened), "wb") as file,
        ):
            file.write(content)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise NotWritten(say("a link or a file is where its folder should be")) from error
        if error.errno == errno.EEXIST:
            raise NotWritten(say("something has this name already")) from error
        raise NotWritten(say("it cannot be written: {reason}", reason=error.strerror or str(error))) from error


def _refused(error: OSError) -> NotWritten:
    """What is said of a file that was there, and that the system does not let change."""
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENOENT):
        return NotWritten(say("it was replaced while it was reviewed"))
    return NotWritten(say("it cannot be written: {reason}", reason=error.strerror or str(error)))


def _make_folder(root: Path, folders: Sequence[str], name: str) -> None:
    """Makes a folder, unless it exists. Raises `OSError`."""
    with _entered(root, folders) as (folder, opened), suppress(FileExistsError):
        os.mkdir(folder / name, dir_fd=opened)


@contextmanager
def _entered(root: Path, folders: Sequence[str]) -> Iterator[tuple[Path, int | None]]:
    """The folder without a link on the way to it; open, so that no later rename or link can redirect what follows.

    On systems that open by whole path only, it is not open and only checked. Raises `OSError`.
    """
    if os.open not in os.supports_dir_fd:
        yield checked_folder(root, folders), None
        return
    opened = open_folder(root, folders)
    try:
        yield Path(), opened
    finally:
        os.close(opened)


def _checked(folder: Path, opened: int | None, name: str, before: bytes) -> int:
    """The permissions of a file that holds what the change was made of. Raises `OSError` and `NotWritten`."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(folder / name, flags, dir_fd=opened), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or file.read(len(before) + 1) != before:
            raise NotWritten(say("it was changed while it was reviewed"))
    return stat.S_IMODE(status.st_mode)


def _replace(folder: Path, opened: int | None, name: str, before: bytes, after: bytes) -> None:
    """Replaces `name` in the folder, which is `opened` or reached by its path. Raises `OSError` and `NotWritten`."""
    mode = _checked(folder, opened, name, before)
    temporary = folder / f".dify-plugin-review-{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o600, dir_fd=opened)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
        os.replace(temporary, folder / name, src_dir_fd=opened, dst_dir_fd=opened)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=opened)
        raise
