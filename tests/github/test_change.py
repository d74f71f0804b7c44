"""Changes and trees through the API, on a stand-in that is backed by a real repository."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.comments.hunks import Status
from bot.errors import ToolError
from bot.github.change import EventChange, read_change
from bot.github.checkout import read_checkout
from bot.github.client import Client
from bot.github.event import Event, PullRequest
from bot.github.tree import BlobStore, GitHubTree
from bot.source import GitTree, Kind, MemoryTree, Unchanged, Unreadable, follow
from standin import Limits, Pull
from tests.support.standin import CheckedStandIn, StandInFactory, Workspace

READ = {"contents": "read", "pull_requests": "read"}

MANIFEST = "type: plugin\nname: a\nauthor: acme\n"


def client_of(github: CheckedStandIn) -> Client:
    return Client(github.api_url, github.token(READ), "acme/plugins", sleep=lambda _: None)


def event_of(pull: Pull, changed_files: int | None = None) -> Event:
    request = PullRequest(pull.number, pull.base_sha, pull.head_sha, "acme/plugins", "acme/plugins", changed_files)
    return Event("pull_request_target", "acme/plugins", pull.head_sha, pull.base_sha, request)


def opened(standin: StandInFactory, workspace: Workspace, **options: Any) -> tuple[CheckedStandIn, Pull]:
    github = standin(workspace.path, **options)
    return github, github.open_pull("feature")


def files_requests(github: CheckedStandIn) -> int:
    return sum(exchange.path.endswith("/files") for exchange in github.requests)


@pytest.mark.parametrize("told", [4, 101, None])
def test_a_pull_request_is_its_head_against_the_merge_base(
    standin: StandInFactory, workspace: Workspace, told: int | None
) -> None:
    start = workspace.commit({"a/manifest.yaml": MANIFEST, "a/old.txt": "x\n" * 30, "gone.txt": "1\n"})
    head = workspace.commit(
        {"a/manifest.yaml": MANIFEST + "version: 1\n", "a/new.txt": "x\n" * 30, "a/old.txt": None, "gone.txt": None},
        branch="feature",
    )
    workspace.git("checkout", "-q", "main")
    workspace.commit({"later.txt": "on main\n"})
    github, pull = opened(standin, workspace)
    client = client_of(github)
    change = read_change(client, event_of(pull, told))
    assert (change.base_sha, change.head_sha, change.unmapped) == (start, head, 0)
    assert change.paths == {"a/manifest.yaml", "a/new.txt", "a/old.txt", "gone.txt"}
    assert change.renamed == {"a/new.txt": "a/old.txt"}
    assert change.diffs is not None
    assert change.diffs["a/manifest.yaml"].hunks.contains(4)
    assert not change.diffs["a/manifest.yaml"].hunks.contains(5)
    assert change.diffs["gone.txt"].status is Status.REMOVED
    assert [root.path for root in change.scope.roots] == ["a"]
    # The comparison, two trees and the texts; the list of files where there may be too many to compare.
    assert client.requests == (4 if told == 4 else 6)
    assert files_requests(github) == (told != 4)


@pytest.mark.parametrize("told", [3, None])
def test_a_checkout_gives_the_same_change_without_a_request(
    standin: StandInFactory, workspace: Workspace, told: int | None
) -> None:
    workspace.commit({"a/manifest.yaml": MANIFEST, "a/x.txt": "1\n2\n3\n", "b.bin": b"\0\1"})
    workspace.commit({"a/x.txt": "1\n2\n3\n4\n", "b.bin": b"\0\2", "ü ü.txt": "new\n"}, branch="feature")
    github, pull = opened(standin, workspace)
    event = event_of(pull, told)
    through_api = read_change(client_of(github), event)
    local = read_checkout(workspace.path, event)
    assert local is not None
    assert local.diffs is not None
    assert through_api.diffs is not None
    assert (local.base_sha, local.paths, local.renamed) == (
        through_api.base_sha,
        through_api.paths,
        through_api.renamed,
    )
    assert {path: diff.hunks for path, diff in local.diffs.items()} == {
        path: diff.hunks for path, diff in through_api.diffs.items()
    }


def test_a_checkout_without_the_commits_gives_nothing(tmp_path: Path, workspace: Workspace) -> None:
    workspace.commit({"x": "1\n"})
    event = Event("push", "acme/plugins", "f" * 40, "e" * 40)
    assert read_checkout(workspace.path, event) is None
    assert read_checkout(tmp_path / "nowhere", event) is None


def test_the_tree_on_github_is_the_tree_in_git(standin: StandInFactory, workspace: Workspace) -> None:
    (workspace.path / "link").symlink_to("/etc/passwd")
    workspace.git("add", "link")
    commit = workspace.commit(
        {
            "text.yaml": "ü: 1\r\n",
            "latin.txt": b"caf\xe9\n",
            "icon.png": b"\x89PNG\0\1",
            "empty": b"",
            "big.txt": b"x" * 600_000,
            "mark.txt": "\ufeffx\n",
        }
    )
    github = standin(workspace.path)
    client = client_of(github)
    remote = GitHubTree(client, commit, BlobStore(client))
    with GitTree(workspace.path, commit) as local:
        assert dict(remote.entries()) == dict(local.entries())
        remote.prefetch(remote.entries())
        for path, entry in remote.entries().items():
            if entry.kind is Kind.FILE:
                assert remote.read(path) == local.read(path), path
        assert remote.targets(remote.entries()) == local.targets(local.entries()) == {"link": "/etc/passwd"}
    with pytest.raises(Unreadable):
        remote.read("link")
    with pytest.raises(Unreadable):
        remote.read("nowhere")


def test_links_cost_one_request_together(standin: StandInFactory, workspace: Workspace) -> None:
    for number in range(20):
        (workspace.path / f"link{number}").symlink_to(f"a{number}")
    workspace.git("add", ".")
    commit = workspace.commit({"a1": "1"})
    github = standin(workspace.path)
    client = client_of(github)
    remote = GitHubTree(client, commit, BlobStore(client))
    remote.entries()
    before = len(github.requests)
    assert follow(remote, remote.entries()) == {"link1": "a1"}
    assert len(github.requests) == before + 1


def test_blobs_come_a_hundred_at_a_time_and_once(standin: StandInFactory, workspace: Workspace) -> None:
    commit = workspace.commit({f"f{number}.yaml": f"n: {number}\n" for number in range(250)})
    github = standin(workspace.path)
    client = client_of(github)
    blobs = BlobStore(client)
    tree = GitHubTree(client, commit, blobs)
    tree.prefetch(tree.entries())
    assert client.requests == 2 + 3
    again = GitHubTree(client, commit, blobs)
    again.prefetch(again.entries())
    assert {again.read(f"f{number}.yaml") for number in range(250)} == {b"n: %d\n" % n for n in range(250)}
    assert client.requests == 2 + 3 + 2


def large(standin: StandInFactory, workspace: Workspace) -> tuple[CheckedStandIn, GitHubTree, bytes]:
    """A tree on GitHub with one large file, listed, and what the file holds."""
    content = random.Random(1).randbytes(8 * 1024 * 1024)
    commit = workspace.commit({"a.difypkg": content})
    github = standin(workspace.path)
    tree = GitHubTree(client_of(github), commit, BlobStore(client_of(github)))
    tree.entries()
    return github, tree, content


def test_a_large_file_is_one_request_and_once_in_memory(standin: StandInFactory, workspace: Workspace) -> None:
    github, tree, content = large(standin, workspace)
    before = len(github.requests)
    # In another process, as the stand-in's own memory would count.
    reader = f"""
import tracemalloc
from bot.github.client import Client
from bot.github.tree import BlobStore
store = BlobStore(Client({github.api_url!r}, {github.token({"contents": "read"})!r}, "acme/plugins"))
tracemalloc.start()
content = store.read({tree.oid("a.difypkg")!r}, {len(content)})
print(len(content), tracemalloc.get_traced_memory()[1] / len(content) < 1.5)
"""
    done = subprocess.run([sys.executable, "-c", reader], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(content)), "True"]
    assert len(github.requests) == before + 1


@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 502}, {"status": 200, "body": {"no": "blob"}}])
def test_a_large_file_that_is_not_given_as_it_is_comes_as_json(
    standin: StandInFactory, workspace: Workspace, fault: dict[str, Any]
) -> None:
    github, tree, content = large(standin, workspace)
    github.faults.add(("GET", "/git/blobs/"), times=1, **fault)
    assert tree.read("a.difypkg") == content


def test_a_cut_listing_is_completed_folder_by_folder(standin: StandInFactory, workspace: Workspace) -> None:
    files = {f"p{plugin}/f{number}.txt": f"{plugin} {number}\n" for plugin in range(5) for number in range(20)}
    commit = workspace.commit({**files, "top.txt": "x\n"})
    github = standin(workspace.path, limits=Limits(tree_entries=30))
    client = client_of(github)
    tree = GitHubTree(client, commit, BlobStore(client))
    assert set(tree.entries()) == {*files, "top.txt"}


@pytest.mark.parametrize("told", [30, None])
def test_patches_that_github_left_out_are_asked_for_again(
    standin: StandInFactory, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, told: int | None
) -> None:
    monkeypatch.setattr("bot.github.change.CUT_FROM_LINES", 900)
    workspace.commit({f"f{number:02}.txt": "a\n" * 40 for number in range(30)})
    workspace.commit({f"f{number:02}.txt": "b\n" * 40 for number in range(30)}, branch="feature")
    github, pull = opened(standin, workspace, limits=Limits(response_patch_lines=900))
    change = read_change(client_of(github), event_of(pull, told))
    assert change.diffs is not None
    assert change.unmapped == 0
    assert all(diff.hunks.contains(1) for diff in change.diffs.values())
    assert len(change.diffs) == 30


@pytest.mark.parametrize("told", [31, 5, 0])
def test_a_comparison_that_tells_of_too_few_files_is_not_believed(
    standin: StandInFactory, workspace: Workspace, told: int
) -> None:
    workspace.commit({"a.txt": "a\n"})
    workspace.commit({f"f{number:02}.txt": "b\n" for number in range(31)}, branch="feature")
    github, pull = opened(standin, workspace, limits=Limits(compare_files=30))
    change = read_change(client_of(github), event_of(pull, told))
    assert change.diffs is not None
    assert (len(change.diffs), change.unmapped, files_requests(github)) == (31, 0, 1)


@pytest.mark.parametrize("files", [None, {}, [], [{}], [None], 5, "files"])
def test_a_comparison_without_usable_files_does_not_cost_the_review(
    standin: StandInFactory, workspace: Workspace, files: Any
) -> None:
    start = workspace.commit({"a.txt": "a\n"})
    workspace.commit({"a.txt": "b\n"}, branch="feature")
    github, pull = opened(standin, workspace)
    body = {"merge_base_commit": {"sha": start}, "files": files}
    github.faults.add(match=("GET", r"/compare/"), status=200, body=body)
    change = read_change(client_of(github), event_of(pull, 1))
    assert change.diffs is not None
    assert change.diffs["a.txt"].hunks.contains(1)


@pytest.mark.parametrize("told", [30, None])
def test_binary_files_are_no_reason_to_ask_again(standin: StandInFactory, workspace: Workspace, told: int) -> None:
    files = {f"{number}.png": b"\x89PNG\0%d" % number for number in range(30)}
    workspace.commit(files)
    workspace.commit({path: content + b"x" for path, content in files.items()}, branch="feature")
    github, pull = opened(standin, workspace)
    client = client_of(github)
    change = read_change(client, event_of(pull, told))
    assert (change.unmapped, len(change.diffs or {})) == (0, 30)
    assert client.requests == (3 if told else 5)


def test_a_fault_of_github_is_a_tool_error_and_no_finding(standin: StandInFactory, workspace: Workspace) -> None:
    workspace.commit({"a/manifest.yaml": MANIFEST})
    workspace.commit({"a/manifest.yaml": MANIFEST + "x: 1\n"}, branch="feature")
    github, pull = opened(standin, workspace)
    github.faults.add(match=("GET", r"/git/trees/"), status=500, times=50)
    with pytest.raises(ToolError, match="could not be"):
        read_change(client_of(github), event_of(pull))


Damage = Callable[[dict[str, Any]], None]

_DAMAGES: dict[str, Damage] = {
    "a row of the root is missing": lambda a: a["tree"].remove(next(r for r in a["tree"] if r["path"] == "z.txt")),
    "a row below is missing": lambda a: a["tree"].remove(next(r for r in a["tree"] if r["path"] == "p/manifest.yaml")),
    "one level deep": lambda a: a.update(tree=[r for r in a["tree"] if "/" not in r["path"]]),
    "another mode": lambda a: a["tree"][-1].update(mode="120000"),
    "another content": lambda a: a["tree"][-1].update(sha="0" * 40),
    "a row twice under another name": lambda a: a["tree"].append({**a["tree"][-1], "path": "zz"}),
    "empty": lambda a: a.update(tree=[]),
    "no list": lambda a: a.update(tree={"a": 1}),
    "no answer to whether it is cut": lambda a: a.pop("truncated"),
    "rows that are texts": lambda a: a.update(tree=["manifest.yaml"]),
    "a path that is a number": lambda a: a["tree"][-1].update(path=7),
    "no mode": lambda a: a["tree"][-1].pop("mode"),
}


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES)
def test_a_listing_that_is_not_whole_is_asked_for_again_and_never_believed(
    standin: StandInFactory, workspace: Workspace, damage: Damage
) -> None:
    workspace.commit({"p/manifest.yaml": "a", "p/q/r.txt": "b", "z.txt": "c", "天气/x": "d"})
    workspace.commit({"p/manifest.yaml": "aa"}, branch="feature")
    github, pull = opened(standin, workspace)
    client = client_of(github)
    tree = client.get("/git/commits/" + pull.head_sha)["tree"]["sha"]
    answer = client.get(f"/git/trees/{tree}", {"recursive": "1"})
    damage(answer)
    github.faults.add(match=("GET", rf"/git/trees/{tree}"), status=200, body=answer)
    head = GitHubTree(client, pull.head_sha, BlobStore(client))
    assert set(head.entries()) == {"p/manifest.yaml", "p/q/r.txt", "z.txt", "天气/x"}
    github.faults.add(match=("GET", rf"/git/trees/{tree}"), status=200, body=answer, times=99)
    with pytest.raises(ToolError):
        read_change(client, event_of(pull))


def test_a_file_that_becomes_a_link_of_the_same_content_is_a_change(
    standin: StandInFactory, workspace: Workspace
) -> None:
    workspace.commit({"p/a.txt": "b.txt"})
    workspace.commit({}, branch="feature")
    (workspace.path / "p/a.txt").unlink()
    (workspace.path / "p/a.txt").symlink_to("b.txt")
    workspace.commit({})
    github, pull = opened(standin, workspace)
    change = read_change(client_of(github), event_of(pull))
    assert change.paths == {"p/a.txt"}
    assert change.head.entries()["p/a.txt"].kind is Kind.LINK


def touched(tree: MemoryTree, *paths: str) -> list[str]:
    return [root.path for root in EventChange(tree, "f" * 40, MemoryTree({}), "e" * 40, frozenset(paths)).scope.roots]


def test_touched_roots_are_those_above_changed_files() -> None:
    tree = MemoryTree(
        {
            "a/manifest.yaml": MANIFEST,
            "a/tools/x.yaml": "x",
            "a/examples/inner/manifest.yaml": MANIFEST,
            "b/manifest.yaml": MANIFEST,
            "c/manifest.yaml": "kind: Deployment\n",
            "pkg.difypkg": b"PK",
            "README.md": "x",
        }
    )
    assert touched(tree, "a/examples/inner/x", "README.md", "c/y") == ["a", "a/examples/inner"]
    assert touched(tree, "b/gone.yaml", "pkg.difypkg") == ["b", "pkg.difypkg"]
    assert touched(tree, "README.md") == []


def test_everything_is_reviewed_where_nothing_is_compared() -> None:
    tree = MemoryTree({"a/manifest.yaml": MANIFEST, "b/manifest.yaml": MANIFEST})
    assert [root.path for root in EventChange(tree, "f" * 40).scope.roots] == ["a", "b"]


def test_images_that_both_revisions_have_cost_no_request(standin: StandInFactory, workspace: Workspace) -> None:
    workspace.commit({"a/manifest.yaml": MANIFEST, "a/_assets/old.png": b"\x89PNG\0old"})
    workspace.commit({"a/_assets/new.png": b"\x89PNG\0new"}, branch="feature")
    github, pull = opened(standin, workspace)
    client = client_of(github)
    change = read_change(client, event_of(pull))
    before = client.requests
    with pytest.raises(Unchanged):
        change.head.read("a/_assets/old.png")
    assert client.requests == before
    assert change.head.read("a/_assets/new.png") == b"\x89PNG\0new"
    assert client.requests == before + 1
