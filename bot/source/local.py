"""A folder on this machine as a source tree."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import Path

from bot.errors import UsageError
from bot.messages import say
from bot.source.tree import MAX_ENTRIES, MAX_FILE_BYTES, TOO_LARGE, Entry, Kind, Unreadable, regular_file

#: The tag of a Windows junction: a folder that is a link in all but name (`ntifs.h`, IO_REPARSE_TAG_MOUNT_POINT).
_JUNCTION = 0xA0000003

#: Files up to this size are kept after they were read, and so many bytes of them together.
_SMALL = 128 * 1024
_RECENT = 1024 * 1024
_ARCHIVE = b"PK\x03\x04"

#: Whether files can be opened relative to an open folder, which no rename or link can then redirect. Not on Windows.
_HAS_DIR_FD = os.open in os.supports_dir_fd


class LocalTree:
    """The folder `root`, which is trusted and may itself be reached through a link; nothing in it is.

    `repository` is the folder of the git repository that holds it, where links may lead to. Links are listed and never
    followed. `.git` is left out. A folder that may not be listed is one entry of
    `Kind.OTHER`. A file is read only in the spelling of the listing, and only if no link leads to it by then.
    """

    def __init__(
        self, root: Path, repository: Path | None = None, only: Sequence[str] = ("",), *, at_once: bool = True
    ) -> None:
        """Of the folder nothing is there but the folders and files `only`, which are paths in it.

        Without `at_once` its folders are listed as their entries are asked for, and a large repository never whole.
        """
        self._root = root
        self._repository = repository
        self._only = only
        self._entries: Mapping[str, Entry] | None = None if at_once else _ByFolder(root)
        self._recent: dict[str, bytes] = {}
        self._recent_bytes = 0

    def entries(self) -> Mapping[str, Entry]:
        """See `Tree.entries`. Raises `UsageError` for no folder, or one with more than `MAX_ENTRIES` names."""
        if self._entries is None:
            found = {entry.path: entry for entry in _scan(self._root, self._only)}
            self._entries = dict(sorted(found.items()))
        return self._entries

    def read(self, path: str) -> bytes:
        regular_file(self.entries(), path)
        known = self._recent.get(path)
        if known is not None:
            return known
        try:
            descriptor = _open_below(self._root, path)
            try:
                content = _read_regular(descriptor, path)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Unreadable(path, _reason(error)) from error
        self._remember(path, content)
        return content

    def _remember(self, path: str, content: bytes) -> None:
        """Keeps small files for a while: most are read several times, by one rule after the other. An archive is read
        once, and each of hundreds of them may lie in a folder of its own."""
        if len(content) > _SMALL or content.startswith(_ARCHIVE):
            return
        self._recent[path] = content
        self._recent_bytes += len(content)
        while self._recent_bytes > _RECENT:
            self._recent_bytes -= len(self._recent.pop(next(iter(self._recent))))

    @property
    def has_git(self) -> bool:
        """Whether git's own data are in the folder, which are not listed."""
        return (self._root / ".git").is_dir()

    @cached_property
    def around(self) -> tuple[LocalTree, str] | None:
        """The repository that holds the folder, and where in it the folder is; None where it is the repository."""
        root = self._root.resolve()
        if self._repository is None or (root == self._repository and self._only == ("",)):
            return None
        if root != self._repository and self._repository not in root.parents:
            return None
        return LocalTree(self._repository, at_once=False), root.relative_to(self._repository).as_posix()

    @cached_property
    def _absolute(self) -> str:
        return str(self._root.absolute())

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        entries = self.entries()
        written = {}
        for path in paths:
            if path in entries and entries[path].kind is Kind.LINK:
                with suppress(OSError):
                    written[path] = _read_link(self._root, path)
        return written

    def state(self, path: str) -> tuple[str, str, int]:
        """The absolute path of the regular file at `path`, what the system says changes with it, and when it changed.

        The time is in nanoseconds since 1970. Raises `Unreadable`.
        """
        place = f"{self._absolute}/{path}"
        try:
            found = os.lstat(place)
        except OSError as error:
            raise Unreadable(path, _reason(error)) from error
        changed = max(found.st_mtime_ns, found.st_ctime_ns)
        return place, f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}", changed

    def prefetch(self, paths: Iterable[str]) -> None:
        """Nothing to do: the disk is at hand."""


class _ByFolder(Mapping[str, Entry]):
    """The entries of a folder, of which only the folders on the way to what is asked for are listed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        #: The names in each folder that was asked for, None for those of folders; and what may not be listed.
        self._folders: dict[str, Mapping[str, Entry | None]] = {}
        self._closed: dict[str, Entry] = {}

    def __getitem__(self, path: str) -> Entry:
        folder, _, name = path.rpartition("/")
        entry = self._names(folder)[name]
        if entry is None:
            self._names(path)
            entry = self._closed[path]
        return entry

    def _names(self, folder: str) -> Mapping[str, Entry | None]:
        """Nothing for what is not a folder, or may not be listed."""
        if not self._folders:
            self._folders[""] = self._listed("")
        unknown = []
        while folder not in self._folders:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        names = self._folders[folder]
        for inner in reversed(unknown):
            name = inner.rpartition("/")[2]
            names = self._folders[inner] = self._listed(inner) if name in names and names[name] is None else {}
        return names

    def _listed(self, folder: str) -> Mapping[str, Entry | None]:
        prefix = folder and f"{folder}/"
        try:
            with os.scandir(f"{self._root}/{folder}") as children:
                found = list(islice(children, MAX_ENTRIES + 1))
                if len(found) > MAX_ENTRIES:
                    raise _too_many(self._root)
                some = [child for child in found if child.name != ".git"]
                return {child.name: None if _is_folder(child) else _entry(prefix + child.name, child) for child in some}
        except OSError:
            self._closed[folder] = Entry(folder, Kind.OTHER)
            return {}

    def __iter__(self) -> Iterator[str]:
        return (entry.path for entry in _scan(self._root, ("",)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _scan(root: Path, only: Iterable[str]) -> Iterator[Entry]:
    """Every entry of `root` that is below one of the paths `only`, or is one, in no order."""
    seen = 0
    folders: list[str] = []
    named: dict[str, set[str]] = {}
    for path in only:
        if not path or (root / path).is_dir():
            folders.append(path and f"{path}/")
        else:
            folder, _, name = path.rpartition("/")
            named.setdefault(f"{folder}/" if folder else "", set()).add(name)
    asked = frozenset(folders)
    for prefix, names in named.items():
        with suppress(OSError), os.scandir(root / prefix) as children:  # What is gone by now is not there.
            yield from (_entry(prefix + child.name, child) for child in children if child.name in names)
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(os.path.join(root, prefix)) as children:  # noqa: PTH118 - half the time of the listing
                for child in children:
                    seen += 1
                    if seen > MAX_ENTRIES:
                        raise _too_many(root)
                    if child.name == ".git":
                        continue
                    path = prefix + child.name
                    if _is_folder(child):
                        folders.append(path + "/")
                    else:
                        yield _entry(path, child)
        except OSError as error:
            if prefix in asked:
                raise UsageError(f"{root / prefix} cannot be listed as a folder: {error.strerror or error}.") from error
            yield Entry(prefix.rstrip("/"), Kind.OTHER)


def _too_many(root: Path) -> UsageError:
    return UsageError(
        f"{root} holds more than {MAX_ENTRIES:,} files and folders: name the folders of its "
        "plugins, each of which may hold as many (with `plan`, several jobs review them)."
    )


def _entry(path: str, child: os.DirEntry[str]) -> Entry:
    if child.is_file(follow_symlinks=False):
        try:
            status = child.stat(follow_symlinks=False)
        except OSError:  # it has just vanished: reading it will say so
            return Entry(path, Kind.FILE)
        return Entry(path, Kind.FILE, status.st_size, bool(status.st_mode & 0o111) and os.name == "posix")
    return Entry(path, Kind.LINK if child.is_symlink() or _is_junction(child) else Kind.OTHER)


def _is_folder(child: os.DirEntry[str]) -> bool:
    return child.is_dir(follow_symlinks=False) and not _is_junction(child)


def _is_junction(child: os.DirEntry[str]) -> bool:
    return os.name == "nt" and getattr(child.stat(follow_symlinks=False), "st_reparse_tag", 0) == _JUNCTION


def _open_below(root: Path, path: str) -> int:
    """A descriptor of the file at `path` that no link below `root` has led to. Raises `OSError`."""
    *folders, name = path.split("/")
    if not _HAS_DIR_FD:
        return _open_checked(root, folders, name)
    folder = open_folder(root, folders)
    try:
        # A pipe put in the file's place must not make the open wait for a writer.
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


def _read_link(root: Path, path: str) -> str:
    """Where the link at `path` leads, which no link below `root` has led to. Raises `OSError`."""
    folder, _, name = path.rpartition("/")
    folders = folder.split("/") if folder else []
    if not _HAS_DIR_FD:
        return (checked_folder(root, folders) / name).readlink().as_posix()
    opened = open_folder(root, folders)
    try:
        return os.readlink(name, dir_fd=opened)
    finally:
        os.close(opened)


def open_folder(root: Path, folders: Iterable[str]) -> int:
    """A descriptor of a folder that no link below `root` has led to, nor can lead away from. Raises `OSError`."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in folders:
        try:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def checked_folder(root: Path, folders: Iterable[str]) -> Path:
    """The same for systems that open by whole path only: no link has led there just now. Raises `OSError`."""
    folder = Path(os.path.realpath(root)).joinpath(*folders)
    if os.path.realpath(folder) != str(folder):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return folder


def _open_checked(root: Path, folders: list[str], name: str) -> int:
    """As `_open_below`, for systems that open by whole path only: what was opened is compared with what was meant."""
    target = checked_folder(root, folders) / name
    meant = os.lstat(target)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(target, flags)
    if not os.path.samestat(meant, os.fstat(descriptor)):
        os.close(descriptor)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return descriptor


def _read_regular(descriptor: int, path: str) -> bytes:
    """The bytes of the open file. Its size is only a guess: it may grow, and some files tell none."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(path, say("is not a regular file"))
    data = os.read(descriptor, min(status.st_size, MAX_FILE_BYTES) + 1)
    if len(data) != status.st_size:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data += file.read(MAX_FILE_BYTES + 1 - len(data))
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable(path, TOO_LARGE)
    return data


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return say("has vanished since its folder was listed")
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
        return say("was replaced since its folder was listed")
    if error.errno in (errno.EACCES, errno.EPERM):
        return say("may not be read by this user")
    return say("cannot be read: {reason}", reason=error.strerror or str(error))
