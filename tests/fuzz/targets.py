"""Readers of hostile data, each with sound inputs to spoil and what must hold of any answer.

A target takes bytes. It may answer in any way but two: by an exception that is not one of ours, and by a pass that a
corrupted answer of GitHub's is to blame for.
"""

from __future__ import annotations

import copy
import json
import random
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from bot.comments.hunks import FileHunks, parse_diff, parse_patch
from bot.errors import ToolError, UsageError
from bot.github.change import read_change
from bot.github.client import Client, Refused
from bot.github.event import Event, PullRequest, read_event
from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import Base, review
from bot.review.result import Conclusion
from bot.rules.example import example_plugin
from bot.source import MemoryTree, Unreadable
from bot.source.package import PackageTree
from standin import StandIn
from tests.support.metamorphic import below, packed
from tests.support.standin import Workspace

PLUGIN = example_plugin("tool")
SHA = "a" * 40


class Target(Struct, frozen=True):
    """`seeds` are sound inputs, `pieces` what is put into them; `run` fails by an exception that it should not."""

    seeds: tuple[bytes, ...]
    pieces: tuple[bytes, ...]
    run: Callable[[bytes], None]
    #: Makes a spoilt input of its own.
    spoil: Callable[[bytes, random.Random], bytes] | None = None


def _reviewed(files: Mapping[str, bytes], *families: str) -> None:
    tree = MemoryTree(files)
    result = review(tree, find_roots(tree), Options(select=families))
    assert result.errors == (), result.errors


def _yaml(data: bytes) -> None:
    _reviewed({**PLUGIN, "tools/current_weather.yaml": data}, "yaml", "schema", "reference")
    _reviewed({**PLUGIN, "manifest.yaml": data}, "yaml", "manifest")


def _file(path: str, *families: str) -> Callable[[bytes], None]:
    return lambda data: _reviewed({**PLUGIN, path: data}, *families)


def _zip(data: bytes) -> None:
    package = PackageTree(data, "a.difypkg")
    assert all(problem.message for problem in package.problems)
    for path, entry in package.entries().items():
        try:
            content = package.read(path)
        except Unreadable:
            continue
        assert len(content) == entry.size
    tree = MemoryTree({"a.difypkg": data})
    result = review(tree, find_roots(tree), Options(select=("package", "yaml")))
    assert result.errors == ()
    assert result.conclusion is not Conclusion.NOTHING_TO_CHECK


def _patch(data: bytes) -> None:
    for diff in parse_diff(data).values():
        _walk(diff.hunks)
    _walk(FileHunks(parse_patch(data.decode("utf-8", "replace"))))


def _walk(hunks: FileHunks) -> None:
    for line in range(40):
        hunks.contains(line)
        hunks.old_line(line)
        hunks.new_line(line)
    assert all(change.new or change.old for change in hunks.changes)


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def _payload(data: bytes) -> None:
    path = _folder() / "event.json"
    path.write_bytes(data)
    for name in ("pull_request_target", "merge_group", "push", "schedule", "release"):
        environment = {
            "GITHUB_EVENT_NAME": name,
            "GITHUB_REPOSITORY": "acme/plugins",
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_SHA": SHA,
        }
        try:
            event = read_event(environment)
        except UsageError:
            continue
        assert len(event.head_sha) in (40, 64)


# --- answers of GitHub's ----------------------------------------------------------------------------------------------


class _Replay(Client):
    """A client that answers from what it was once told."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__("http://127.0.0.1:1", "", "acme/plugins", sleep=lambda seconds: None)
        self._answers = answers

    def _sent(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> tuple[Mapping[str, Any], Any]:
        self.requests += 1
        key = _key(verb, url, parameters, body)
        if key not in self._answers:
            raise Refused(404, "Not Found")
        return {}, copy.deepcopy(self._answers[key])


class _Recorder(Client):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answers: dict[str, Any] = {}

    def _sent(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> tuple[Mapping[str, Any], Any]:
        headers, data = super()._sent(verb, url, parameters, body)
        self.answers[_key(verb, url, parameters, body)] = copy.deepcopy(data)
        return headers, data


def _key(verb: str, url: str, parameters: Mapping[str, Any] | None, body: Mapping[str, Any] | None) -> str:
    path = "/graphql" if "graphql" in url else url
    return json.dumps([verb, path, dict(parameters or {}), dict(body or {})], sort_keys=True)


@cache
def _recorded() -> tuple[Event, dict[str, Any]]:
    """A pull request that breaks a plugin, and everything that GitHub answers about it."""
    workspace = Workspace(_folder() / "repository")
    workspace.commit({**below("tools/weather", PLUGIN), "README.md": "x"})
    broken = PLUGIN["tools/current_weather.yaml"].replace(b"type: string", b"type: strng")
    workspace.commit({"tools/weather/tools/current_weather.yaml": broken}, branch="feature")
    with StandIn(workspace.path, "acme/plugins") as github:
        pull = github.open_pull("feature")
        token = github.token({"contents": "read", "pull_requests": "read"})
        request = PullRequest(pull.number, pull.base_sha, pull.head_sha, "acme/plugins", "acme/plugins", 1)
        event = Event("pull_request_target", "acme/plugins", pull.head_sha, pull.base_sha, request)
        client = _Recorder(github.api_url, token, "acme/plugins")
        assert _conclusion(client, event) is Conclusion.FAILED
        # What is asked for when GraphQL gives no texts.
        tree = read_change(client, event).head
        for path in tree.entries():
            client.get(f"/git/blobs/{tree.oid(path)}")  # type: ignore[attr-defined]
    return event, client.answers


def _conclusion(client: Client, event: Event) -> Conclusion:
    change = read_change(client, event)
    assert change.base is not None
    options = Options(select=("schema", "yaml", "manifest"))
    base = Base(change.base, "base", change.renamed)
    result = review(change.head, change.scope.roots, options, base, change.scope.outside)
    assert result.errors == ()
    return result.conclusion


def _answers(data: bytes) -> None:
    """`data` is the JSON of all answers, one of them spoilt."""
    event, _ = _recorded()
    try:
        answers = json.loads(data)
    except ValueError:
        return
    try:
        conclusion = _conclusion(_Replay(answers), event)
    except ToolError:
        return
    assert conclusion is Conclusion.FAILED, "green on a corrupted answer"


_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    1.5,
    "",
    "x",
    "tree",
    "100644",
    "a" * 40,
    [],
    {},
    ["x"],
    {"a": 1},
    "\0",
    "../..",
)


def _spoil_answer(data: bytes, random: random.Random) -> bytes:
    answers = json.loads(data)
    for _ in range(random.randint(1, 3)):
        key = random.choice(sorted(answers))
        node: Any = answers[key]
        parent: Any = answers
        at: Any = key
        while isinstance(node, (dict, list)) and node and random.random() < 0.85:
            parent, at = node, (random.choice(sorted(node)) if isinstance(node, dict) else random.randrange(len(node)))
            node = parent[at]
        match random.randrange(4):
            case 0:
                del parent[at]
            case 1 if isinstance(parent, list):
                parent.insert(at, copy.deepcopy(random.choice(parent)))
            case 2 if isinstance(node, str) and node:
                cut = random.randrange(len(node))
                parent[at] = node[:cut] + random.choice(("", "x", "\n", node[:3])) + node[cut + random.randint(0, 4) :]
            case _:
                parent[at] = copy.deepcopy(random.choice(_VALUES))
        if not answers:
            break
    return json.dumps(answers).encode()


@cache
def targets() -> dict[str, Target]:
    """The targets by name."""
    diff = (
        b"diff --git a/a.txt b/a.txt\nindex 1..2 100644\n--- a/a.txt\n+++ b/a.txt\n"
        b"@@ -1,3 +1,4 @@\n a\n-b\n+c\n+d\n e\n"
        b'diff --git "a/\\303\\251" "b/\\303\\251"\nnew file mode 100644\n--- /dev/null\n+++ "b/\\303\\251"\n'
        b"@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\ndiff --git a/x b/y\nrename from x\nrename to y\n"
    )
    side = {"sha": SHA, "ref": "main", "repo": {"full_name": "acme/plugins"}}
    pull = {"number": 1, "base": side, "head": side, "changed_files": 1, "title": "t", "body": "b"}
    payloads = (
        {"pull_request": pull},
        {"merge_group": {"base_sha": SHA, "head_sha": SHA}},
        {"before": SHA, "after": SHA, "ref": "refs/tags/v1"},
        {"release": {"tag_name": "v1", "target_commitish": "main"}},
    )
    pieces = (b"\0", b"\xff", b"\n", b"\r", b"\t", b" ", b"'", b'"', b"\\", b"\xe2\x80\xa8", b"a" * 300)
    in_yaml = (b": ", b"- ", b"[", b"]", b"{", b"}", b"? ", b"&a ", b"*a", b"<<: *a", b"!!str ", b"|\n", b"\n---\n")
    in_python = (b"def f(", b"class A(Tool):", b"f'{", b"yield ", b"await ", b"import ", b"lambda: ", b"(" * 99)
    in_ignore = (b"*", b"**", b"?", b"[", b"]", b"[!", b"!", b"/", b"#", b"{a,b}", b"[a-", b"**/" * 40)
    in_requirements = (b"==1.0", b">=", b"!=1.*", b"~=", b"; ", b"[x]", b" @ https://a.b", b"\\\n", b"-c x\n", b"${A}")
    in_project = (b"[a]\n", b"[[a]]\n", b"a.b = 1\n", b"[", b"{", b'"""', b"'''", b"1979-05-27", b"\\u0061", b"^1, <2")
    in_image = (b"<g>", b"</g>", b"<!--", b"<![CDATA[", b"&a;", b"<!DOCTYPE a [", b"url(#a)", b"href=", b"<script>")
    in_readme = (
        b"![a](b)",
        b"[a](b",
        b"<img src=a>",
        b"```\n",
        b"> ",
        b"- ",
        b"|a|\n|-|\n",
        b"<a ",
        b"[a]: b\n",
        b"*_" * 50,
    )
    in_zip = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07", b"\xff\xff\xff\xff", b"\0\0\0\0")
    in_patch = (b"@@ -1 +1 @@\n", b"@@ -9999999,99999999 +1 @@\n", b"+", b"-", b"diff --git ")
    in_json = (b"null", b"[]", b"{}", b"-1", b"1e999", b'"' + b"0" * 40 + b'"', b"[" * 500, b"true")
    yaml_seeds = tuple(data for path, data in PLUGIN.items() if path.endswith(".yaml"))
    python_seeds = tuple(data for path, data in PLUGIN.items() if path.endswith(".py") and data)
    ignore_seeds = (b"*.pyc\n__pycache__/\n!keep\n/build\n**/x/**\n", b"tools/*.yaml\n[a-z]*\n\\#x\n")
    project_seeds = (
        b"[project]\nname = 'a'\nversion = '0.1'\ndependencies = [\n  'dify_plugin>=0.5',\n]\n",
        b"[tool.poetry.dependencies]\npython = '^3.12'\ndify_plugin = '^0.5'\na = {version = '~1', extras = ['b']}\n",
    )
    zip_seeds = (packed(PLUGIN), packed(PLUGIN, 0), packed({"a/manifest.yaml": PLUGIN["manifest.yaml"]}))
    return {
        "yaml": Target(yaml_seeds, (*pieces, *in_yaml), _yaml),
        "python": Target(
            python_seeds, (*pieces, *in_python), _file("tools/current_weather.py", "python", "permission")
        ),
        "ignore": Target(ignore_seeds, (*pieces, *in_ignore), _file(".difyignore", "package", "reference")),
        "requirements": Target(
            (b"dify_plugin>=0.5.0,<1\n-r more.txt\nhttpx[http2]==0.27 ; python_version < '3.13'  # x\n",),
            (*pieces, *in_requirements),
            _file("requirements.txt", "dependency", "version"),
        ),
        "project": Target(project_seeds, (*pieces, *in_project), _file("pyproject.toml", "dependency", "version")),
        "image": Target((PLUGIN["_assets/icon.svg"],), (*pieces, *in_image), _file("_assets/icon.svg", "asset")),
        "readme": Target(
            (PLUGIN["README.md"],), (*pieces, *in_readme), _file("README.md", "readme", "asset", "locale")
        ),
        "zip": Target(zip_seeds, (*pieces, *in_zip), _zip),
        "patch": Target((diff,), (*pieces, *in_patch), _patch),
        "payload": Target(tuple(json.dumps(each).encode() for each in payloads), (*pieces, *in_json), _payload),
        "answers": Target((b"",), (), _answers, _spoil_answer),
    }


def answers_seed() -> bytes:
    """All answers about the recorded pull request, as JSON."""
    return json.dumps(_recorded()[1]).encode()
