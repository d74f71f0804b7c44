"""Reading pull requests, files and git objects."""

from __future__ import annotations

import base64

import pytest

from standin import Limits
from tests.standin.conftest import WorldFactory, numbered


def test_a_pull_request_from_a_fork(world: WorldFactory) -> None:
    w = world()
    pull = w.api("GET", "pulls/1").json
    assert (pull["head"]["label"], pull["head"]["repo"]["full_name"], pull["head"]["repo"]["fork"]) == (
        "fork:feature",
        "fork/plugins",
        True,
    )
    assert pull["head"]["sha"] == w.workspace.git("rev-parse", "feature")
    assert pull["base"]["sha"] == w.workspace.git("rev-parse", "main")
    assert (pull["changed_files"], pull["additions"], pull["deletions"], pull["commits"]) == (3, 5, 4, 1)
    assert pull["merge_commit_sha"] == w.workspace.git("rev-parse", "refs/pull/1/merge")
    assert w.workspace.git("rev-parse", "refs/pull/1/head") == pull["head"]["sha"]


def test_a_deleted_fork_is_null(world: WorldFactory) -> None:
    w = world()
    w.pull.head_repo = None
    assert w.api("GET", "pulls/1").json["head"]["repo"] is None
    assert w.api("GET", "pulls").json[0]["head"]["label"] == "fork:feature"


def test_a_conflict_has_no_merge_commit(world: WorldFactory) -> None:
    w = world()
    w.workspace.git("checkout", "-q", "main")
    w.workspace.commit({"a.txt": numbered(60, _10="another ten")})
    w.gh.push(w.pull, "feature")
    pull = w.api("GET", "pulls/1").json
    assert (pull["mergeable"], pull["merge_commit_sha"]) == (False, None)


def test_pull_requests_are_found_by_head_base_and_state(world: WorldFactory) -> None:
    w = world()
    w.workspace.commit({"b.txt": "b"}, branch="other")
    w.gh.open_pull("other", base="feature")
    w.gh.pulls[2].state = "closed"

    def found(query: str) -> list[int]:
        return [pull["number"] for pull in w.api("GET", f"pulls{query}").json]

    assert found("") == [1]
    assert found("?state=all") == [2, 1]
    assert found("?state=closed") == [2]
    assert found("?state=all&base=main") == [1]
    assert found("?state=all&head=fork%3Afeature") == [1]
    assert found("?state=all&head=acme:feature") == []
    # GitHub ignores a head without an owner.
    assert found("?state=all&head=feature") == [2, 1]
    assert [p["number"] for p in w.api("GET", f"commits/{w.pull.head_sha}/pulls").json] == [1]


def test_files_come_in_pages_that_are_linked(world: WorldFactory) -> None:
    w = world(changed={f"file-{index:03}.txt": "x\n" for index in range(120)})
    first = w.api("GET", "pulls/1/files?per_page=50")
    assert [file["filename"] for file in first.json] == [f"file-{index:03}.txt" for index in range(50)]
    links = first.headers["Link"]
    # GitHub's own links name the repository by its id.
    assert f'/repositories/{w.api("GET", "").json["id"]}/pulls/1/files?per_page=50&page=2>; rel="next"' in links
    assert 'page=3>; rel="last"' in links
    assert 'rel="prev"' not in links
    following = links.split(">", 1)[0].lstrip("<").removeprefix(w.gh.api_url)
    second = w.api("GET", following)
    assert second.json[0]["filename"] == "file-050.txt"
    assert w.gh.requests[-1].path == "/repos/acme/plugins/pulls/1/files"
    last = w.api("GET", "pulls/1/files?per_page=50&page=3")
    assert len(last.json) == 20
    assert 'rel="next"' not in last.headers["Link"]
    assert len(w.api("GET", "pulls/1/files").json) == 30
    assert len(w.api("GET", "pulls/1/files?per_page=1000").json) == 100
    assert w.api("GET", "pulls/1/files?per_page=50&page=4").json == []


def test_files_beyond_the_limit_are_not_listed(world: WorldFactory) -> None:
    w = world(limits=Limits(pull_files=5), changed={f"{index}.txt": "x\n" for index in range(8)})
    answer = w.api("GET", "pulls/1/files")
    assert len(answer.json) == 5
    assert "Link" not in answer.headers
    assert w.api("GET", "pulls/1").json["changed_files"] == 8


def test_patches_run_out_within_one_answer(world: WorldFactory) -> None:
    """The files after that look as if nothing had changed in them; smaller pages give them right."""
    limits = Limits(response_patch_lines=20)
    w = world(limits=limits, changed={f"{index}.txt": numbered(9) for index in range(5)})

    def shown(query: str) -> list[tuple[int, bool]]:
        return [(file["changes"], "patch" in file) for file in w.api("GET", f"pulls/1/files{query}").json]

    assert shown("") == [(9, True), (9, True), (0, False), (0, False), (0, False)]
    assert shown("?per_page=2&page=2") == [(9, True), (9, True)]


def test_files_that_have_no_patch(world: WorldFactory) -> None:
    w = world(changed={"old name.txt": None, "new name.txt": numbered(20), "b.bin": b"\0", "empty": ""})
    files = {file["filename"]: file for file in w.api("GET", "pulls/1/files").json}
    assert all("patch" not in file for file in files.values())
    renamed = files["new name.txt"]
    assert (renamed["status"], renamed["previous_filename"], renamed["changes"]) == ("renamed", "old name.txt", 0)
    assert renamed["raw_url"].endswith("/new%20name.txt")


def test_commits_of_a_pull_request(world: WorldFactory) -> None:
    w = world(limits=Limits(pull_commits=2))
    shas = [w.pull.head_sha, w.push({"b.txt": "1"}), w.push({"b.txt": "2"})]
    commits = w.api("GET", "pulls/1/commits").json
    assert [commit["sha"] for commit in commits] == shas[:2]
    assert commits[0]["commit"]["message"] == "Change lines"


def test_comparisons(world: WorldFactory) -> None:
    w = world(limits=Limits(compare_files=2))
    base = w.workspace.git("rev-parse", "main")
    w.workspace.git("checkout", "-q", "main")
    w.workspace.commit({"elsewhere.txt": "x"})
    for basehead in ("main...feature", "main...fork:feature", f"main...{w.pull.head_sha}"):
        shape = w.api("GET", f"compare/{basehead}").json
        assert (shape["status"], shape["ahead_by"], shape["behind_by"]) == ("diverged", 1, 1)
        assert shape["merge_base_commit"]["sha"] == base
        assert [file["filename"] for file in shape["files"]] == ["a.txt", "gone.txt"]
    assert w.api("GET", "compare/main...feature?per_page=1").json["commits"][0]["sha"] == w.pull.head_sha
    # Files are on the first page alone.
    assert "files" not in w.api("GET", "compare/main...feature?per_page=1&page=2").json
    assert w.api("GET", "compare/main...main").json["status"] == "identical"
    assert w.api("GET", "compare/main...nowhere").status == 404
    w.workspace.git("checkout", "-q", "--orphan", "unrelated")
    w.workspace.commit({"x": "x"})
    answer = w.api("GET", "compare/main...unrelated")
    assert (answer.status, answer.json["message"]) == (404, "No common ancestor between main and unrelated.")


def test_trees_and_blobs(world: WorldFactory) -> None:
    w = world(changed={"dir/é.txt": "héllo\n", "z.bin": bytes(range(256))})
    tree = w.api("GET", f"git/trees/{w.pull.head_sha}?recursive=1").json
    paths = {entry["path"]: entry for entry in tree["tree"]}
    assert {"dir", "dir/é.txt", "a.txt"} <= set(paths)
    assert tree["truncated"] is False
    assert "size" not in paths["dir"]
    blob = w.api("GET", f"git/blobs/{paths['z.bin']['sha']}").json
    assert base64.b64decode(blob["content"]) == bytes(range(256))
    assert (blob["encoding"], blob["size"]) == ("base64", 256)
    # Base64 comes in lines.
    assert max(map(len, blob["content"].split("\n"))) == 60
    raw = w.api("GET", f"git/blobs/{paths['z.bin']['sha']}", Accept="application/vnd.github.raw+json")
    assert raw.body == bytes(range(256))
    flat = w.api("GET", f"git/trees/{w.pull.head_sha}").json
    assert "dir/é.txt" not in [entry["path"] for entry in flat["tree"]]
    assert w.api("GET", "git/trees/feature").json["sha"] == w.pull.head_sha
    assert w.api("GET", f"git/trees/{paths['dir']['sha']}").json["tree"][0]["path"] == "é.txt"
    for nothing in ("git/trees/nowhere", f"git/blobs/{'0' * 40}", f"git/blobs/{w.pull.head_sha}", "git/commits/main"):
        assert w.api("GET", nothing).status == 404


def test_a_large_tree_is_truncated(world: WorldFactory) -> None:
    w = world(limits=Limits(tree_entries=3))
    tree = w.api("GET", "git/trees/main?recursive=1").json
    assert (len(tree["tree"]), tree["truncated"]) == (3, True)


def test_contents(world: WorldFactory) -> None:
    w = world(
        limits=Limits(contents_bytes=100), changed={"dir/small": "small", "dir/large": "x" * 101, "dir/empty": ""}
    )
    (w.workspace.path / "dir/link").symlink_to("small")
    w.push({})
    ref = f"?ref={w.pull.head_sha}"
    small = w.api("GET", f"contents/dir/small{ref}").json
    assert base64.b64decode(small["content"]) == b"small"
    assert w.api("GET", f"contents/dir/small{ref}", Accept="application/vnd.github.raw").body == b"small"
    large = w.api("GET", f"contents/dir/large{ref}").json
    assert (large["encoding"], large["content"], large["size"]) == ("none", "", 101)
    assert w.api("GET", f"contents/dir/empty{ref}").json["encoding"] == "base64"
    assert w.api("GET", f"contents/dir/link{ref}").json["target"] == "small"
    listed = w.api("GET", f"contents/dir{ref}").json
    assert [(entry["name"], entry["path"], entry["type"]) for entry in listed] == [
        ("empty", "dir/empty", "file"),
        ("large", "dir/large", "file"),
        ("link", "dir/link", "symlink"),
        ("small", "dir/small", "file"),
    ]
    assert [entry["name"] for entry in w.api("GET", f"contents/{ref}").json][:2] == ["a.txt", "dir"]
    # Without a ref, it is the default branch.
    assert w.api("GET", "contents/dir/small").status == 404
    answer = w.api("GET", "contents/a.txt?ref=nowhere")
    assert (answer.status, answer.json["message"]) == (404, "No commit found for the ref nowhere")


def test_a_submodule(world: WorldFactory) -> None:
    w = world()
    w.workspace.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    w.workspace.git("commit", "-q", "-m", "Add a submodule")
    w.gh.push(w.pull, "feature")
    added = {file["filename"]: file for file in w.api("GET", "pulls/1/files").json}["module"]
    # It has no page here.
    assert (added["blob_url"], added["raw_url"], added["sha"]) == (None, None, "1" * 40)
    assert w.api("GET", "contents/module?ref=feature").json["type"] == "submodule"
    tree = w.api("GET", "git/trees/feature").json["tree"]
    assert {entry["path"]: entry["type"] for entry in tree}["module"] == "commit"


def test_commits(world: WorldFactory) -> None:
    w = world()
    commit = w.api("GET", "commits/feature").json
    assert commit["sha"] == w.pull.head_sha
    assert [file["filename"] for file in commit["files"]] == ["a.txt", "gone.txt", "new.txt"]
    assert commit["stats"] == {"additions": 5, "deletions": 4, "total": 9}
    root = w.api("GET", f"commits/{commit['parents'][0]['sha']}").json
    assert (len(root["files"]), root["parents"]) == (4, [])
    assert w.api("GET", f"git/commits/{commit['sha']}").json["tree"]["sha"] == commit["commit"]["tree"]["sha"]
    answer = w.api("GET", "commits/nowhere")
    assert (answer.status, answer.json["message"]) == (422, "No commit found for SHA: nowhere")


@pytest.mark.parametrize("spelling", ["acme/plugins", "Acme/Plugins"])
def test_the_repository_in_any_case(world: WorldFactory, spelling: str) -> None:
    w = world()
    assert w.api("GET", f"/repos/{spelling}").json["full_name"] == "acme/plugins"


def test_unknown_places(world: WorldFactory) -> None:
    w = world(malformed=True)
    for path in (
        "/repos/acme/other",
        "/repos/acme/plugins/nothing",
        "/nothing",
        "pulls/2",
        "pulls/x",
        "pulls/1/files/3",
    ):
        answer = w.api("GET", path)
        assert (answer.status, answer.json["message"]) == (404, "Not Found")
        assert answer.json["status"] == "404"
    assert w.api("PATCH", "pulls/1", {"title": "x"}).status == 404
