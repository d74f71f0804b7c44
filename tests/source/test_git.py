"""Revisions of real git repositories, damaged and hostile ones included."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import ToolError, UsageError
from bot.source import GitTree, Kind, Unreadable, find_repository, merge_base, resolve_revision, run_git
from bot.source import git as module
from tests.source.repositories import blob, commit_all, commit_tree, git, init


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit of two files, `a.yaml` and `folder/b.yaml`."""
    root = init(tmp_path / "repository")
    (root / "folder").mkdir()
    (root / "a.yaml").write_bytes(b"a")
    (root / "folder" / "b.yaml").write_bytes(b"bbbb")
    commit_all(root)
    return root


@pytest.fixture
def fresh_search_for_git() -> Iterator[None]:
    module._git.cache_clear()
    yield
    module._git.cache_clear()


def contents(tree: GitTree) -> dict[str, bytes]:
    return {path: tree.read(path) for path, entry in tree.entries().items() if entry.kind is Kind.FILE}


def loose_object(repository: Path, identity: str) -> Path:
    return repository / ".git" / "objects" / identity[:2] / identity[2:]


class TestRevisions:
    def test_the_revision_is_read_and_not_the_work_tree(self, repository: Path) -> None:
        (repository / "a.yaml").write_bytes(b"not committed")
        (repository / "new.yaml").write_bytes(b"")
        with GitTree(repository, "HEAD") as tree:
            assert contents(tree) == {"a.yaml": b"a", "folder/b.yaml": b"bbbb"}

    def test_every_way_to_name_a_commit(self, repository: Path) -> None:
        first = git(repository, "rev-parse", "HEAD")
        git(repository, "tag", "-a", "v1", "-m", "annotated")
        (repository / "a.yaml").write_bytes(b"2")
        commit_all(repository)
        for name in (first, first[:10], "HEAD~1", "v1", "refs/tags/v1", "main^"):
            with GitTree(repository, name) as tree:
                assert tree.commit == first, name
                assert tree.read("a.yaml") == b"a"

    @pytest.mark.parametrize(
        "revision",
        [
            "",
            " ",
            "nope",
            "0" * 40,
            "HEAD:a.yaml",
            "HEAD^{tree}",
            "HEAD..HEAD",
            "HEAD HEAD",
            "^HEAD",
            "HEAD\nHEAD",
            "HEAD\0",
            "--all",
            "--help",
            "-h",
            "--output=owned",
            "--git-dir=/",
            "x@{push}",
            "`id`",
            "$(id)",
            "\udcff",
        ],
    )
    def test_everything_else_is_a_usage_error(self, repository: Path, revision: str) -> None:
        with pytest.raises(UsageError):
            GitTree(repository, revision)
        assert sorted(path.name for path in repository.iterdir()) == [".git", "a.yaml", "folder"]

    def test_the_error_names_repository_and_revision(self, repository: Path) -> None:
        with pytest.raises(UsageError) as caught:
            resolve_revision(repository, "nope")
        assert str(caught.value) == f"{repository} has no revision 'nope': name another, or fetch it first."

    def test_a_commit_without_files(self, tmp_path: Path) -> None:
        root = init(tmp_path)
        commit_all(root)
        with GitTree(root, "HEAD") as tree:
            assert tree.entries() == {}


class TestRepositories:
    @pytest.mark.parametrize("name", ["plain", "missing", "repository/folder"])
    def test_no_repository(self, repository: Path, name: str) -> None:
        """A folder inside a repository is none itself: the caller says which repository is meant."""
        (repository.parent / "plain").mkdir()
        with pytest.raises(UsageError, match="cannot be used"):
            GitTree(repository.parent / name, "HEAD")

    def test_bare(self, repository: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
        with GitTree(tmp_path / "bare.git", "main") as tree:
            assert tree.read("folder/b.yaml") == b"bbbb"

    def test_work_tree_beside_its_repository(self, repository: Path, tmp_path: Path) -> None:
        git(repository, "worktree", "add", "--quiet", str(tmp_path / "other"))
        with GitTree(tmp_path / "other", "HEAD") as tree:
            assert tree.read("folder/b.yaml") == b"bbbb"

    def test_sha256(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "--quiet", "--object-format=sha256")
        (tmp_path / "a.yaml").write_bytes(b"a")
        assert len(commit_all(tmp_path)) == 64
        with GitTree(tmp_path, "HEAD") as tree:
            assert contents(tree) == {"a.yaml": b"a"}

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
    def test_of_another_user(self, repository: Path) -> None:
        """As in a container job, where the runner owns the checkout and the action runs as root."""
        for path in (repository, *repository.rglob("*")):
            os.chown(path, 12345, 12345)
        with GitTree(repository, "HEAD") as tree:
            assert tree.read("a.yaml") == b"a"

    def test_is_found_from_within(self, repository: Path) -> None:
        assert find_repository(repository / "folder") == repository.resolve()
        assert find_repository(repository) == repository.resolve()
        assert find_repository(repository.parent) is None


class TestListing:
    def test_kinds(self, repository: Path) -> None:
        content, commit = blob(repository, b"target"), git(repository, "rev-parse", "HEAD")
        records = [
            f"100644 blob {content}\tplain",
            f"100755 blob {content}\trunnable",
            f"120000 blob {content}\tlink",
            f"160000 commit {commit}\tsubmodule",
        ]
        with GitTree(repository, commit_tree(repository, "\0".join(records).encode())) as tree:
            listed = {path: (entry.kind, entry.size, entry.executable) for path, entry in tree.entries().items()}
            assert listed == {
                "link": (Kind.LINK, 6, False),
                "plain": (Kind.FILE, 6, False),
                "runnable": (Kind.FILE, 6, True),
                "submodule": (Kind.OTHER, None, False),
            }
            with pytest.raises(Unreadable, match="is not a regular file"):
                tree.read("submodule")

    @pytest.mark.parametrize("name", ["..", ".", ".git", ".GIT"])
    def test_names_that_git_would_not_check_out(self, repository: Path, name: str) -> None:
        content = blob(repository, b"evil")
        with GitTree(repository, commit_tree(repository, f"100644 blob {content}\t{name}".encode())) as tree:
            assert [(path, entry.kind) for path, entry in tree.entries().items()] == [(name, Kind.OTHER)]
            with pytest.raises(Unreadable, match="is not a regular file"):
                tree.read(name)

    def test_names_may_be_any_bytes(self, repository: Path) -> None:
        content = blob(repository, b"x")
        names = [b"caf\xe9", b"\n\t\x1b[2J", b'"quoted"', b"\\", "天".encode()]
        records = b"\0".join(f"100644 blob {content}\t".encode() + name for name in sorted(names))
        with GitTree(repository, commit_tree(repository, records)) as tree:
            assert sorted(tree.entries()) == sorted(name.decode("utf-8", "surrogateescape") for name in names)
            assert set(contents(tree).values()) == {b"x"}

    def test_names_that_differ_in_case_only(self, repository: Path) -> None:
        """Whatever the disk can hold."""
        records = "\0".join(f"100644 blob {blob(repository, name.encode())}\t{name}" for name in ("A.yaml", "a.yaml"))
        with GitTree(repository, commit_tree(repository, records.encode())) as tree:
            assert contents(tree) == {"A.yaml": b"A.yaml", "a.yaml": b"a.yaml"}

    def test_a_few_objects_that_describe_billions_of_files(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_ENTRIES", 5000)
        inner = f"100644 blob {blob(repository, b'')}\t"
        for _ in range(12):
            inner = f"040000 tree {self._ten(repository, inner)}\t"
        commit = commit_tree(repository, f"{inner}bomb".encode())
        with GitTree(repository, commit) as tree, pytest.raises(UsageError, match=r"holds more than 5,000 files"):
            tree.entries()

    @staticmethod
    def _ten(repository: Path, record: str) -> str:
        return git(repository, "mktree", "-z", data="\0".join(f"{record}{n}" for n in range(10)).encode())


class TestContent:
    def test_lfs_pointer(self, repository: Path) -> None:
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 12345\n"
        (repository / "icon.png").write_bytes(pointer)
        (repository / "about-lfs.md").write_bytes(b"A pointer starts with\n" + pointer)
        (repository / "long.md").write_bytes(pointer + b"x" * 1024)
        commit_all(repository)
        with GitTree(repository, "HEAD") as tree:
            with pytest.raises(Unreadable, match="is kept in Git LFS"):
                tree.read("icon.png")
            assert tree.read("about-lfs.md").endswith(pointer)
            assert tree.read("long.md").startswith(pointer)

    def test_missing_object(self, repository: Path) -> None:
        loose_object(repository, git(repository, "rev-parse", "HEAD:a.yaml")).unlink()
        with GitTree(repository, "HEAD") as tree:
            with pytest.raises(Unreadable, match="is missing from the repository"):
                tree.read("a.yaml")
            assert tree.read("folder/b.yaml") == b"bbbb"

    def test_damaged_object(self, repository: Path) -> None:
        damaged = loose_object(repository, git(repository, "rev-parse", "HEAD:a.yaml"))
        damaged.chmod(stat.S_IRUSR | stat.S_IWUSR)
        damaged.write_bytes(b"garbage")
        with GitTree(repository, "HEAD") as tree:
            for _ in range(2):
                with pytest.raises(Unreadable, match="from the repository, which is damaged"):
                    tree.read("a.yaml")
                assert tree.read("folder/b.yaml") == b"bbbb"

    def test_missing_folder(self, repository: Path) -> None:
        loose_object(repository, git(repository, "rev-parse", "HEAD:folder")).unlink()
        with GitTree(repository, "HEAD") as tree, pytest.raises(ToolError, match="git ls-tree failed in"):
            tree.entries()

    @pytest.mark.parametrize("knows_the_variable", [True, False])
    def test_partial_clone_is_not_completed(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch, knows_the_variable: bool
    ) -> None:
        """Nor by a git too old for `GIT_NO_LAZY_FETCH`."""
        environment = module._environment
        if not knows_the_variable:
            monkeypatch.setattr(module, "_environment", lambda place: environment(place) | {"GIT_NO_LAZY_FETCH": "0"})
        clone = repository.parent / "clone"
        git(repository, "config", "uploadpack.allowFilter", "true")
        git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(repository.parent, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{repository}", "clone")
        git(clone, "cat-file", "blob", "HEAD:folder/b.yaml")  # plain git fetches it now
        before = sorted((clone / ".git" / "objects").rglob("*"))
        with GitTree(clone, "HEAD") as tree:
            assert [entry.size for entry in tree.entries().values()] == [None, None]
            with pytest.raises(Unreadable, match="a partial clone"):
                tree.read("a.yaml")
            assert tree.read("folder/b.yaml") == b"bbbb"
            with monkeypatch.context() as smaller:
                smaller.setattr(module, "MAX_FILE_BYTES", 3)
                with pytest.raises(Unreadable, match="is larger than"):
                    tree.read("folder/b.yaml")
            assert tree.read("folder/b.yaml") == b"bbbb"
        assert sorted((clone / ".git" / "objects").rglob("*")) == before

    def test_replacements_do_not_count(self, repository: Path) -> None:
        git(repository, "replace", git(repository, "rev-parse", "HEAD:a.yaml"), blob(repository, b"replaced"))
        assert git(repository, "cat-file", "blob", "HEAD:a.yaml") == "replaced"
        with GitTree(repository, "HEAD") as tree:
            assert tree.read("a.yaml") == b"a"

    def test_from_several_threads(self, repository: Path) -> None:
        files = {f"{number}.yaml": bytes([number]) * 5000 * number for number in range(40)}
        for name, content in files.items():
            (repository / name).write_bytes(content)
        commit_all(repository)
        wrong: list[str] = []

        def read_all() -> None:
            wrong.extend(name for name in files if tree.read(name) != files[name])

        with GitTree(repository, "HEAD") as tree:
            readers = [threading.Thread(target=read_all) for _ in range(4)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        assert wrong == []

    def test_closing_ends_the_process(self, repository: Path) -> None:
        tree = GitTree(repository, "HEAD")
        tree.close()
        assert tree.read("a.yaml") == b"a"
        process = tree._reader
        assert process is not None
        assert process.poll() is None
        tree.close()
        tree.close()
        assert process.poll() is not None
        assert tree.read("a.yaml") == b"a", "reading opens it again"
        tree.close()


class TestNothingIsRun:
    @pytest.fixture
    def trap(self, repository: Path) -> Path:
        """A repository whose configuration runs a program at every turn; the file it would make."""
        sprung, program = repository.parent / "sprung", repository.parent / "program"
        program.write_text(f"#!/bin/sh\necho $0 $@ >> '{sprung}'\n")
        program.chmod(0o755)
        (repository / ".gitattributes").write_text("* diff=evil filter=evil merge=evil\n")
        (repository / "a.yaml").write_bytes(b"changed")
        commit_all(repository)
        unsigned = git(repository, "cat-file", "commit", "HEAD")
        signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
        signed = unsigned.replace("\n\n", f"\n{signature}", 1).encode() + b"\n"
        commit = git(repository, "hash-object", "-t", "commit", "-w", "--stdin", data=signed)
        git(repository, "update-ref", "refs/heads/main", commit)
        hooks = repository / ".git" / "hooks"
        hooks.mkdir(exist_ok=True)
        for hook in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
            (hooks / hook).symlink_to(program)
        for name in (
            "core.fsmonitor", "core.pager", "pager.ls-tree", "pager.log", "core.sshCommand", "core.askPass",
            "core.editor", "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.smudge",
            "filter.evil.process", "merge.evil.driver", "gpg.program", "credential.helper", "core.alternateRefsCommand",
        ):  # fmt: skip
            git(repository, "config", name, str(program))
        git(repository, "config", "log.showSignature", "true")
        git(repository, "config", "core.hooksPath", str(hooks))
        for command in ("ls-tree", "cat-file", "rev-parse"):
            git(repository, "config", f"alias.{command}", f"!{program}")
        return sprung

    def test_control(self, repository: Path, trap: Path) -> None:
        """Plain git does fall into it."""
        with suppress(subprocess.CalledProcessError):  # the program answers nothing that git would understand
            git(repository, "diff", "HEAD~1", "HEAD")
        assert trap.exists()

    def test_control_of_signatures(self, repository: Path, trap: Path) -> None:
        git(repository, "log", "-1")
        assert " --verify " in trap.read_text()

    def test_by_the_tree(self, repository: Path, trap: Path) -> None:
        with GitTree(repository, "HEAD") as tree:
            assert contents(tree)["a.yaml"] == b"changed"
        assert not trap.exists()

    @pytest.mark.parametrize(
        "arguments", [("diff-tree", "-p", "HEAD~1", "HEAD"), ("log", "-p"), ("show", "HEAD")], ids=" ".join
    )
    def test_by_comparing(self, repository: Path, trap: Path, arguments: tuple[str, ...]) -> None:
        assert b"\n-a\n" in run_git(repository, *arguments)
        assert not trap.exists()

    @pytest.mark.parametrize(
        "arguments", [("status",), ("diff", "HEAD"), ("checkout", "."), ("fetch", "."), ("-c", "a=b", "log"), ()]
    )
    def test_by_commands_that_do_more(self, repository: Path, trap: Path, arguments: tuple[str, ...]) -> None:
        with pytest.raises(ValueError, match="does more than read commits"):
            run_git(repository, *arguments)
        assert not trap.exists()

    def test_the_environment_does_not_redirect(self, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_EXTERNAL_DIFF"):
            monkeypatch.setenv(name, "/nowhere")
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.abbrev")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", "nonsense")
        with GitTree(repository, "HEAD") as tree:
            assert tree.read("a.yaml") == b"a"

    @pytest.mark.usefixtures("fresh_search_for_git")
    def test_no_git_of_the_reviewed_folder(self, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (repository / "git").write_text("#!/bin/sh\necho owned > owned\n")
        (repository / "git").chmod(0o755)
        monkeypatch.chdir(repository)
        monkeypatch.setenv("PATH", os.pathsep.join(["", ".", os.environ["PATH"]]))
        assert resolve_revision(repository, "HEAD")
        assert not (repository / "owned").exists()


class TestRunGit:
    def test_gives_the_bytes(self, repository: Path) -> None:
        assert run_git(repository, "cat-file", "blob", "HEAD:folder/b.yaml") == b"bbbb"

    def test_takes_paths_literally(self, repository: Path) -> None:
        assert run_git(repository, "log", "--format=%s", "HEAD", "--", ":(glob)**") == b""
        assert run_git(repository, "log", "--format=%s", "HEAD", "--", "a.yaml") == b"A commit\n"

    def test_says_in_a_sentence_what_failed(self, repository: Path) -> None:
        with pytest.raises(ToolError) as caught:
            run_git(repository, "cat-file", "blob", "HEAD:missing")
        said = "fatal: path 'missing' does not exist in 'HEAD'"
        assert str(caught.value) == f"git cat-file failed in {repository}: {said}."

    def test_stops_at_a_limit(self, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MAX_OUTPUT_BYTES", 3)
        with pytest.raises(ToolError, match="printed more than"):
            run_git(repository, "cat-file", "blob", "HEAD:folder/b.yaml")

    @pytest.mark.usefixtures("fresh_search_for_git")
    def test_stops_in_time(self, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 600\n")
        (tmp_path / "git").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        with pytest.raises(ToolError, match=r"git log took longer than 0\.1 seconds"):
            run_git(repository, "log", timeout=0.1)

    @pytest.mark.usefixtures("fresh_search_for_git")
    def test_without_git(self, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(repository))
        with pytest.raises(ToolError, match="git is needed"):
            run_git(repository, "log")


class TestMergeBase:
    def test_of_branches(self, repository: Path) -> None:
        base = git(repository, "rev-parse", "HEAD")
        git(repository, "checkout", "--quiet", "-b", "change")
        commit_all(repository, "on the branch")
        git(repository, "checkout", "--quiet", "main")
        commit_all(repository, "on main")
        assert merge_base(repository, "main", "change") == base

    def test_of_unrelated_revisions(self, repository: Path) -> None:
        other = commit_tree(repository, f"100644 blob {blob(repository, b'')}\tother".encode())
        assert merge_base(repository, "main", other) is None

    def test_of_no_revision(self, repository: Path) -> None:
        with pytest.raises(UsageError, match="has no revision '--all'"):
            merge_base(repository, "main", "--all")
