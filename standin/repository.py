"""The git repository behind the stand-in. Everything GitHub knows about code is asked of git itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

from msgspec import Struct

from standin.diff import FileDiff, Status

# What a branch, a tag, a pull request's ref or a (shortened) object name may look like. git's own operators for
# revisions (`^`, `~`, `:`, `@{`, `..`) are not part of it.
_NAME = re.compile(r"(?!.*(?:\.\.|@\{|//))[^\s\x00-\x20~^:?*\[\\-][^\s\x00-\x20~^:?*\[\\]*")
_FOUND = re.compile(r"([0-9a-f]{40,64}) (\w+) (\d+)")
_PERSON = re.compile(r"(.*) <(.*)> (\d+) [+-]\d{4}")

_STATUS: dict[str, Status] = {
    "A": "added",
    "C": "copied",
    "D": "removed",
    "M": "modified",
    "R": "renamed",
    "T": "changed",
}

#: What git said of objects that are named in full, by the command: it holds in every repository that has them.
_TOLD: dict[tuple[str, ...], bytes] = {}

_DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--diff-algorithm=default", "--submodule=short")


class Person(Struct, frozen=True):
    """An author or committer. `time` is in seconds since 1970."""

    name: str
    email: str
    time: int


class Commit(Struct, frozen=True):
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


class TreeEntry(Struct, frozen=True):
    """One name in a tree; `kind` is `blob`, `tree` or `commit` (a submodule), `size` that of a blob in bytes."""

    path: str
    mode: str
    kind: str
    sha: str
    size: int | None


class Repository:
    """A git repository, bare or not. Its working tree, its index and its HEAD are never looked at.

    Raises `ValueError` if there is no repository at `path`, or no git to ask.
    """

    def __init__(self, path: Path, *, detect_copies: bool = False, patch_lines: int, patch_bytes: int) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            # A repository around this folder is not one of ours.
            "GIT_CEILING_DIRECTORIES": str(path.resolve().parent),
            "LC_ALL": "C",
        }
        self._directory = path
        program = shutil.which("git")
        if program is None:
            raise ValueError("git is not installed")
        self._program = program
        found = self._git("rev-parse", "--absolute-git-dir") if path.is_dir() else None
        if found is None:
            raise ValueError(f"{path} is not a git repository")
        self._directory = Path(os.fsdecode(found.rstrip(b"\n")))
        self._renames = ("-M", "-C") if detect_copies else ("-M",)
        self._patch_lines = patch_lines
        self._patch_bytes = patch_bytes
        self._reader_lock = threading.Lock()
        self._reader = subprocess.Popen(
            [self._program, "cat-file", "--batch-command"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            cwd=self._directory,
        )
        self._questions, self._answers = cast(IO[bytes], self._reader.stdin), cast(IO[bytes], self._reader.stdout)
        # Two commits never change, so nor does what lies between them.
        self.diff = lru_cache(maxsize=512)(self._diff)
        self.commit = lru_cache(maxsize=4096)(self._commit)
        self.merge_base = lru_cache(maxsize=512)(self._merge_base)
        self.commits = lru_cache(maxsize=512)(self._commits)

    def close(self) -> None:
        self._questions.close()
        self._answers.close()
        self._reader.wait()

    def _git(self, *arguments: str, extra: Mapping[str, str] | None = None, given: str = "") -> bytes | None:
        """What git prints, or None if it fails. `extra` is added to its environment; it reads what is `given`."""
        done = subprocess.run(
            [self._program, *arguments],
            input=given.encode(),
            capture_output=True,
            env={**self._environment, **(extra or {})},
            # Inside the git directory, where no attributes or files of a working tree take part.
            cwd=self._directory,
        )
        return done.stdout if done.returncode == 0 else None

    def _told(self, *arguments: str) -> bytes | None:
        """The same for a command that names objects in full and asks of nothing else."""
        said = _TOLD.get(arguments)
        if said is None and (said := self._git(*arguments)) is not None:
            _TOLD[arguments] = said
        return said

    # Objects

    def _ask(self, command: str, name: str) -> tuple[str, str, bytes] | None:
        """The object name, kind and (for `contents`) bytes of what `name` stands for."""
        with self._reader_lock:
            self._questions.write(f"{command} {name}\n".encode())
            self._questions.flush()
            found = _FOUND.fullmatch(self._answers.readline().decode(errors="replace").rstrip("\n"))
            if found is None:
                return None
            content = b""
            if command == "contents":
                content = self._answers.read(int(found[3]))
                self._answers.read(1)
        return found[1], found[2], content

    def read(self, sha: str) -> tuple[str, bytes] | None:
        """Kind and bytes of the object with exactly this name, or None."""
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", sha):
            return None
        found = self._ask("contents", sha)
        return (found[1], found[2]) if found else None

    def resolve(self, name: str, kind: str = "commit") -> str | None:
        """The object of this kind that a branch, tag, ref or (shortened) object name stands for, in this order."""
        if not _NAME.fullmatch(name):
            return None
        for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
            if found := self._ask("info", f"{candidate}^{{{kind}}}"):
                return found[0]
        return None

    def tags(self) -> list[tuple[str, str]]:
        """Every tag and the commit that it stands for."""
        listed = self._git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags") or b""
        names = os.fsdecode(listed).splitlines()
        return [(name, sha) for name in names if (sha := self.resolve(f"refs/tags/{name}")) is not None]

    def _commit(self, sha: str) -> Commit:
        """Raises `KeyError` if there is no such commit."""
        found = self.read(sha)
        if found is None or found[0] != "commit":
            raise KeyError(sha)
        head, _, message = found[1].decode(errors="replace").partition("\n\n")
        fields: dict[str, list[str]] = {}
        for line in head.split("\n"):
            key, _, value = line.partition(" ")
            fields.setdefault(key, []).append(value)
        return Commit(
            sha=sha,
            tree=fields["tree"][0],
            parents=tuple(fields.get("parent", ())),
            author=_person(fields["author"][0]),
            committer=_person(fields["committer"][0]),
            message=message.rstrip("\n"),
        )

    def tree(self, sha: str, *, recursive: bool) -> list[TreeEntry]:
        """The entries of a tree, in git's order; recursive listings name the folders too, as GitHub does."""
        options = ("-r", "-t") if recursive else ()
        output = self._told("ls-tree", "-z", "-l", *options, sha) or b""
        entries = []
        for record in output.split(b"\0")[:-1]:
            meta, _, path = record.partition(b"\t")
            mode, kind, name, size = meta.decode().split()
            entries.append(TreeEntry(path.decode(errors="replace"), mode, kind, name, _size(size)))
        return entries

    def entry(self, sha: str, path: str) -> TreeEntry | None:
        """What lies at `path` of a commit or tree; the root is its own entry."""
        if not path:
            tree = self.resolve(sha, "tree")
            return TreeEntry("", "040000", "tree", tree, None) if tree else None
        output = self._told("--literal-pathspecs", "ls-tree", "-z", "-l", sha, "--", path) or b""
        for record in output.split(b"\0")[:-1]:
            meta, _, found = record.partition(b"\t")
            mode, kind, name, size = meta.decode().split()
            if found.decode(errors="replace") == path:
                return TreeEntry(path, mode, kind, name, _size(size))
        return None

    # History

    def _merge_base(self, one: str, other: str) -> str | None:
        output = self._told("merge-base", one, other)
        return output.decode().strip() if output else None

    def _commits(self, base: str, head: str) -> tuple[str, ...]:
        """The commits of `head` that `base` lacks, oldest first."""
        output = self._told("rev-list", "--reverse", "--topo-order", f"{base}..{head}") or b""
        return tuple(output.decode().split())

    def update_refs(self, refs: Mapping[str, str]) -> None:
        """Raises `ValueError` if git refuses."""
        changes = "".join(f"update {name} {sha}\n" for name, sha in refs.items())
        if self._git("update-ref", "--stdin", given=changes) is None:
            raise ValueError(f"git cannot set {', '.join(refs)}")

    def merge(self, base: str, head: str, title: str) -> str | None:
        """A commit that merges `head` into `base`, or None if they conflict. No ref or working tree changes."""
        output = self._git("merge-tree", "--write-tree", base, head)
        if output is None:
            return None
        tree = output.decode().split("\n", 1)[0]
        return self._made(tree, (base, head), title, self.commit(head).committer.time) or None

    def _made(self, tree: str, parents: Sequence[str], message: str, seconds: int) -> str:
        """A commit by GitHub itself; "" if git refuses."""
        when = f"@{seconds} +0000"
        identity = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", "GitHub"), ("EMAIL", "noreply@github.com"), ("DATE", when))
        }
        of = [word for parent in parents for word in ("-p", parent)]
        made = self._git("commit-tree", tree, *of, "-m", message, extra=identity)
        return made.decode().strip() if made else ""

    def commit_files(self, parent: str, files: Mapping[str, bytes | None], message: str) -> str:
        """A commit on top of another with other contents of files, which become plain ones; None for a file that goes.

        No ref changes. Raises `ValueError` if git refuses a path.
        """
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._git("read-tree", parent, extra=index)
            for path, content in files.items():
                if content is None:
                    self._git("--work-tree", folder, "update-index", "--force-remove", path, extra=index)
                    continue
                source = Path(folder) / "content"
                source.write_bytes(content)
                blob = self._git("hash-object", "-w", "--no-filters", str(source))
                entry = f"100644,{(blob or b'').decode().strip()},{path}"
                if blob is None or self._git("update-index", "--add", "--cacheinfo", entry, extra=index) is None:
                    raise ValueError(f"git does not take the path {path}")
            tree = self._git("write-tree", extra=index)
        return self._made((tree or b"").decode().strip(), (parent,), message, self.commit(parent).committer.time + 1)

    # Changes

    def _diff(self, old: str, new: str) -> tuple[FileDiff, ...]:
        """The changed files between two commits or trees, in git's order, with three lines of context."""
        what = ("-z", "--raw", "--numstat", "--no-abbrev", "-p", "-U3", "--inter-hunk-context=0", "--full-index")
        told = self._told(*_DIFF, *what, *self._renames, old, new) or b""
        # An empty record is between the lists and the patches.
        summary, _, text = told.partition(b"\0\0")
        patches = _patches(text)
        return tuple(self._file(entry, patches) for entry in _entries(summary))

    def _file(self, entry: _Entry, patches: Iterator[bytes]) -> FileDiff:
        patch = next(patches, b"")
        if entry.status == "changed":
            # git writes a change of type as two patches: the old file goes, the new one comes.
            patch += b"\n" + next(patches, b"")
        shown: str | None = patch.decode(errors="replace") if patch.startswith(b"@@") else None
        if shown is not None and (len(patch) > self._patch_bytes or shown.count("\n") >= self._patch_lines):
            shown = None
        return FileDiff(
            path=entry.path,
            previous=entry.previous,
            status=entry.status,
            sha=entry.sha,
            additions=entry.additions,
            deletions=entry.deletions,
            patch=shown,
            submodule=entry.submodule,
        )


class _Entry(Struct, frozen=True):
    path: str
    previous: str | None
    status: Status
    sha: str
    additions: int
    deletions: int
    submodule: bool


def _entries(summary: bytes) -> Iterator[_Entry]:
    """Joins what `git diff --raw --numstat -z` says in two lists about the same files."""
    tokens = [token.decode(errors="replace") for token in summary.split(b"\0")]
    names: list[tuple[list[str], str, str | None]] = []
    index = 0
    while index < len(tokens) and tokens[index].startswith(":"):
        meta = tokens[index][1:].split(" ")
        if meta[4][0] in "RC":
            names.append((meta, tokens[index + 2], tokens[index + 1]))
            index += 3
        else:
            names.append((meta, tokens[index + 1], None))
            index += 2
    for meta, path, previous in names:
        added, deleted, _ = tokens[index].split("\t", 2)
        index += 3 if previous is not None else 1
        old_mode, new_mode, old_sha, new_sha, letter = meta
        yield _Entry(
            path=path,
            previous=previous,
            status=_STATUS[letter[0]],
            sha=old_sha if letter == "D" else new_sha,
            # A binary file has no count of lines.
            additions=0 if added == "-" else int(added),
            deletions=0 if deleted == "-" else int(deleted),
            submodule="160000" in (old_mode, new_mode),
        )


def _patches(text: bytes) -> Iterator[bytes]:
    """The patch of each file, from its first `@@`, without the last line's end; empty where there is none.

    Every line of a patch's content begins with a blank, `+`, `-` or a backslash, so these headers are headers.
    """
    for section in re.split(rb"(?m)^diff --git .*\n", text)[1:]:
        start = re.search(rb"(?m)^@@ ", section)
        yield section[start.start() :].removesuffix(b"\n") if start else b""


def _size(text: str) -> int | None:
    # `-` for what is not a blob, `BAD` for a blob that a partial clone lacks.
    return int(text) if text.isdecimal() else None


def _person(text: str) -> Person:
    found = _PERSON.fullmatch(text)
    return Person(found[1], found[2], int(found[3])) if found else Person(text, "", 0)
