"""A revision of a local git repository as a source tree, read without a checkout."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from bot.errors import ToolError, UsageError
from bot.messages import say
from bot.patterns import regex
from bot.source.tree import (
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    MAX_PATH_BYTES,
    TOO_LARGE,
    Entry,
    Kind,
    Unreadable,
    is_odd_name,
    regular_file,
)

#: Seconds a git command may take.
TIMEOUT = 120.0

#: Bytes a git command may print before it is stopped. A few objects can describe a tree of billions of files.
MAX_OUTPUT_BYTES = 128 * 1024 * 1024

_CHUNK = 1024 * 1024

#: Whatever a repository's own configuration says, nothing of it is run and nothing is fetched.
_OPTIONS = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.quotePath=false"),
    *("-c", "log.showSignature=false"),
    *("-c", "protocol.allow=never"),
)

#: Commands that only read what is committed. Others (`status`, `diff`, `checkout`) also look at the work tree, and
#: for that they run the filter programs that a repository configures.
_READING = frozenset(
    {
        "cat-file",
        "diff-tree",
        "for-each-ref",
        "log",
        "ls-files",
        "ls-tree",
        "merge-base",
        "rev-list",
        "rev-parse",
        "show",
    }
)

#: Of these, the ones that would run a repository's own diff and text conversion programs.
_DIFFING = frozenset({"diff-tree", "log", "show"})

_COMMIT_ID = regex(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})\n")

#: The first line of a Git LFS pointer, and the most bytes one may have (Git LFS specification, "The Pointer").
_LFS_VERSION = b"version https://git-lfs.github.com/spec/"
_LFS_POINTER_BYTES = 1024

_KINDS = {b"100644": Kind.FILE, b"100664": Kind.FILE, b"100755": Kind.FILE, b"120000": Kind.LINK}


def find_repository(folder: Path) -> Path | None:
    """The nearest folder at or above `folder` that holds a `.git`, or None."""
    absolute = folder.resolve()
    return next((place for place in (absolute, *absolute.parents) if (place / ".git").exists()), None)


def run_git(repository: Path, *arguments: str, timeout: float = TIMEOUT) -> bytes:
    """What `git <arguments>` prints in `repository`: the folder that holds `.git`, or a bare repository.

    It runs nothing a repository configures (hooks, file monitors, diff and text conversion programs, pagers), reads
    no configuration of the user or the machine, takes paths literally, and never reaches a network or another
    repository. The first argument is a command that reads commits only; two of them are compared by `diff-tree`. A
    revision given by anybody else belongs behind `--end-of-options`.

    Raises `ToolError` when git is missing, fails, runs longer than `timeout` seconds, or prints more than
    `MAX_OUTPUT_BYTES`; `ValueError` for any other command.
    """
    if not arguments or arguments[0] not in _READING:
        raise ValueError(f"git {' '.join(arguments[:1])} does more than read commits")
    with _output(repository, arguments, timeout) as output:
        return b"".join(_chunks(output, repository))


def resolve_revision(repository: Path, revision: str) -> str:
    """The id of the commit that `revision` names. Raises `UsageError` when there is none."""
    try:
        output = run_git(repository, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except _GitFailed as error:
        if error.code == 1:
            raise _unknown_revision(repository, revision) from error
        raise UsageError(f"{repository} and revision {revision!r} cannot be used: {error.said}.") from error
    if not _COMMIT_ID.fullmatch(output):  # `^main` and its like are understood, but name no single commit
        raise _unknown_revision(repository, revision)
    return output.decode().strip()


def merge_base(repository: Path, a: str, b: str) -> str | None:
    """The id of the best common ancestor of two revisions, or None when they (or a shallow clone) have none.

    Raises `UsageError` when one of them is not a revision.
    """
    commits = [resolve_revision(repository, revision) for revision in (a, b)]
    try:
        return run_git(repository, "merge-base", *commits).decode().strip()
    except _GitFailed as error:
        if error.code == 1:
            return None
        raise


class GitTree:
    """The files of `revision` in `repository`: the folder that holds `.git`, or a bare repository.

    Nothing is checked out, and names are never given to the disk. Submodules and names that git itself would
    refuse to check out are entries of `Kind.OTHER`. Sizes are None in a partial clone that lacks some of the files.

    Close it, or use it in a `with` statement: it keeps one git process. It may be read from several threads.
    Raises `UsageError` for a bad repository or revision.
    """

    #: A clone has git's own data in this folder, which are not listed.
    has_git = True

    def __init__(self, repository: Path, revision: str) -> None:
        self._repository = repository
        #: The id of the commit.
        self.commit = resolve_revision(repository, revision)
        self._objects: dict[str, str] = {}
        self._entries: dict[str, Entry] | None = None
        self._reader: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def entries(self) -> Mapping[str, Entry]:
        """See `Tree.entries`. Raises `UsageError` for more than `MAX_ENTRIES` names, `ToolError` when git fails."""
        with self._lock:
            if self._entries is None:
                try:
                    listing = self._list("-l")
                except _GitFailed:  # the sizes of files that a partial clone lacks
                    listing = self._list()
                self._objects = {entry.path: identity for entry, identity in listing}
                self._entries = {entry.path: entry for entry, _ in sorted(listing, key=lambda item: item[0].path)}
            return self._entries

    def oid(self, path: str) -> str | None:
        """Git's id of the content at `path`, or None."""
        self.entries()
        return self._objects.get(path)

    def read(self, path: str) -> bytes:
        """See `Tree.read`. A Git LFS pointer, and a file that a partial clone lacks, is unreadable, too."""
        regular_file(self.entries(), path)
        with self._lock:
            data = self._content(path, self._objects[path])
        if len(data) <= _LFS_POINTER_BYTES and data.startswith(_LFS_VERSION):
            raise Unreadable(path, say("is kept in Git LFS: the repository has only a pointer to it"))
        return data

    def targets(self, paths: Iterable[str]) -> Mapping[str, str]:
        entries = self.entries()
        written = {}
        for path in paths:
            entry = entries.get(path)
            if entry is not None and entry.kind is Kind.LINK and (entry.size or 0) <= MAX_PATH_BYTES:
                with suppress(Unreadable), self._lock:
                    written[path] = self._content(path, self._objects[path]).decode("utf-8", "surrogateescape")
        return written

    def prefetch(self, paths: Iterable[str]) -> None:
        """Nothing to do: the repository is at hand."""

    def close(self) -> None:
        """Ends the git process; reading again starts another."""
        with self._lock:
            self._stop()

    def _list(self, *options: str) -> list[tuple[Entry, str]]:
        arguments = ("ls-tree", "-r", "-z", "--full-tree", *options, self.commit)
        listing: list[tuple[Entry, str]] = []
        rest = b""
        with _output(self._repository, arguments, TIMEOUT) as output:
            for chunk in _chunks(output, self._repository):
                *records, rest = (rest + chunk).split(b"\0")
                listing.extend(map(_entry, records))
                if len(listing) > MAX_ENTRIES:
                    raise UsageError(
                        f"{self._repository} at {self.commit} holds more than {MAX_ENTRIES:,} files: "
                        "review its folders without a base instead."
                    )
        return listing

    def _content(self, path: str, identity: str) -> bytes:
        """The bytes of one object. A reader that has met a damaged one is of no more use, and is replaced."""
        try:
            reader = self._reader = self._reader or _start_reader(self._repository)
            questions, answers = cast("IO[bytes]", reader.stdin), cast("IO[bytes]", reader.stdout)
            questions.write(identity.encode() + b"\n")
            questions.flush()
            answer = answers.readline(200).split()
            if answer[1:] == [b"missing"]:
                raise Unreadable(path, say("is missing from the repository, which is damaged or a partial clone"))
            size = int(answer[2]) if answer[:2] == [identity.encode(), b"blob"] else -1
            if size > MAX_FILE_BYTES:
                self._stop()
                raise Unreadable(path, TOO_LARGE)
            data = answers.read(size + 1) if size >= 0 else b""
        except OSError:
            data, size = b"", -1
        if size < 0 or len(data) != size + 1:
            self._stop()
            raise Unreadable(path, say("cannot be read from the repository, which is damaged or a partial clone"))
        return data[:-1]

    def _stop(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.kill()
            reader.communicate()


def _entry(record: bytes) -> tuple[Entry, str]:
    """One record of `git ls-tree -z`, with the id of its object."""
    about, _, name = record.partition(b"\t")
    mode, _, identity, *size = about.split()
    path = name.decode("utf-8", "surrogateescape")
    kind = Kind.OTHER if is_odd_name(path) else _KINDS.get(mode, Kind.OTHER)
    length = int(size[0]) if size and size[0].isdigit() else None
    return Entry(path, kind, length, mode == b"100755"), identity.decode()


def _unknown_revision(repository: Path, revision: str) -> UsageError:
    return UsageError(f"{repository} has no revision {revision!r}: name another, or fetch it first.")


class _GitFailed(ToolError):
    """git ended with `code`, saying `said`."""

    def __init__(self, repository: Path, command: str, code: int, said: str) -> None:
        super().__init__(f"git {command} failed in {repository}: {said}.")
        self.code = code
        self.said = said


@contextmanager
def _output(repository: Path, arguments: tuple[str, ...], timeout: float) -> Iterator[IO[bytes]]:
    """The output of a git command; leaving the block early stops it. Raises `ToolError` and `_GitFailed`."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    with tempfile.TemporaryFile() as complaints:
        process = _start(repository, arguments, stdin=subprocess.DEVNULL, stderr=complaints)
        watch = threading.Timer(timeout, stop)
        watch.daemon = True
        watch.start()
        try:
            with cast("IO[bytes]", process.stdout) as output:
                yield output
            code = process.wait()
        finally:
            watch.cancel()
            process.kill()
            process.wait()
        if late.is_set():
            raise ToolError(f"git {arguments[0]} took longer than {timeout:g} seconds in {repository}.")
        if code != 0:
            complaints.seek(0)
            said = complaints.read(2000).decode("utf-8", "replace").strip().split("\n")[0].rstrip(".")
            raise _GitFailed(repository, arguments[0], code, said or f"it ended with code {code}")


def _chunks(output: IO[bytes], repository: Path) -> Iterator[bytes]:
    total = 0
    while chunk := output.read(_CHUNK):
        total += len(chunk)
        if total > MAX_OUTPUT_BYTES:
            raise ToolError(f"git in {repository} printed more than {MAX_OUTPUT_BYTES // 1024**2} MiB.")
        yield chunk


def _start_reader(repository: Path) -> subprocess.Popen[bytes]:
    return _start(repository, ("cat-file", "--batch"), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _start(
    repository: Path, arguments: tuple[str, ...], *, stdin: int, stderr: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    command, *rest = arguments
    if command in _DIFFING:
        rest = ["--no-ext-diff", "--no-textconv", *rest]
    # The user has named this folder, so whoever owns it (the runner of a container job, say) is not an obstacle.
    trust = ("-c", f"safe.directory={repository.resolve().as_posix()}")
    try:
        return subprocess.Popen(
            [_git(), "-C", str(repository), *_OPTIONS, *trust, command, *rest],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=_environment(repository),
        )
    except OSError as error:
        raise ToolError(f"git cannot be started: {error.strerror or error}.") from error
    except ValueError as error:  # no system passes on a zero byte
        raise UsageError(f"A revision or path given to git holds a zero byte: {arguments!r}.") from error


def _environment(repository: Path) -> dict[str, str]:
    """The environment without any word of git's, plus what keeps git to itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(repository.resolve().parent),  # this repository, or none
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


@cache
def _git() -> str:
    """The path of git. Never the working directory's: that is where the reviewed files are."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in map(Path, os.get_exec_path()):
        if folder.is_absolute() and os.access(folder / name, os.X_OK) and (folder / name).is_file():
            return str(folder / name)
    raise ToolError("git is needed to read a revision, but is not installed or not on the PATH.")
