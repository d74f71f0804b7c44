"""What is a plugin, however its manifest is spelt, and what a change is about."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
import yaml

from bot.options import Options
from bot.plugin import find_roots
from bot.plugin.scope import scope_of
from bot.review.engine import Base, review
from bot.review.result import Conclusion, Result
from bot.rules.example import example_plugin
from bot.source import Kind, MemoryTree
from bot.source.links import MAX_LINKS

PLUGIN = example_plugin("tool")
MANIFEST = PLUGIN["manifest.yaml"].decode()
DATA = yaml.safe_load(MANIFEST)
LINES = MANIFEST.splitlines()

#: The same manifest, as a parser reads it.
SPELLINGS = {
    "quoted keys": "".join(f'"{line.split(":")[0]}":{line.partition(":")[2]}\n' if line[:1].isalpha() else f"{line}\n"
                           for line in LINES),
    "JSON": json.dumps(DATA, default=str),
    "JSON in one line with blanks": "  \n" + json.dumps(DATA, default=str, separators=(" , ", " : ")),
    "one space": "".join(f" {line}\n" for line in LINES),
    "tagged keys": MANIFEST.replace("type: plugin", "!!str type: plugin").replace("author:", "!!str author:"),
    "explicit keys": MANIFEST.replace("type: plugin", "? type\n: plugin"),
    "CR": MANIFEST.replace("\n", "\r"),
    "CRLF": MANIFEST.replace("\n", "\r\n"),
    "NEL": MANIFEST.replace("\n", "\x85"),
    "LS": MANIFEST.replace("\n", "\u2028"),
    "a comment first": "# x\n---\n" + MANIFEST,
    "a directive": "%YAML 1.1\n---\n" + MANIFEST,
    "a byte order mark": "\ufeff" + MANIFEST,
    "a quoted value": MANIFEST.replace("type: plugin", "type: 'plugin'"),
    "an escaped value": MANIFEST.replace("type: plugin", 'type: "pl\\u0075gin"'),
    "an anchor": MANIFEST.replace("type: plugin", "type: &t plugin"),
    "a folded value": MANIFEST.replace("type: plugin", "type: >-\n  plugin"),
    "padded": MANIFEST + "\n" * 100_000 + "# x\n",
}  # fmt: skip


def roots(files: Mapping[str, bytes | str], kinds: Mapping[str, Kind] | None = None) -> list[str]:
    return [root.path for root in find_roots(MemoryTree(files, kinds=kinds))]


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_the_parser_decides(text: str) -> None:
    assert roots({"p/manifest.yaml": text}) == ["p"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_a_finding(encoding: str) -> None:
    content = ("" if encoding == "utf-16" else "\ufeff") + MANIFEST
    tree = MemoryTree({**PLUGIN, "manifest.yaml": content.encode(encoding)})
    result = review(tree, find_roots(tree), Options())
    assert "yaml/encoding" in {finding.rule for finding in result.findings}


@pytest.mark.parametrize(
    "text",
    [
        "kind: Deployment\nmetadata:\n  name: a\n",
        '{"manifest_version": 3, "name": "x", "version": "1"}',
        "- a\n",
        "",
        "x",
    ],
)
def test_other_files_of_that_name_are_not_plugins(text: str) -> None:
    assert roots({"p/manifest.yaml": text, "p/src/main.py": "import os\n"}) == []


#: What becomes of a manifest while the rest of the plugin stays.
BROKEN: dict[str, dict[str, bytes | str | None]] = {
    "deleted": {"manifest.yaml": None},
    "emptied": {"manifest.yaml": ""},
    "text": {"manifest.yaml": "Weather for everybody\n"},
    "a list": {"manifest.yaml": "- a\n"},
    "another type": {"manifest.yaml": "type: text\n"},
    "no type": {"manifest.yaml": MANIFEST.replace("type: plugin\n", "")},
    "syntax": {"manifest.yaml": "a: [\n"},
    "renamed to .yml": {"manifest.yaml": None, "manifest.yml": MANIFEST},
    "renamed in case": {"manifest.yaml": None, "Manifest.YAML": MANIFEST},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("folder", ["", "a/b/"])
def test_a_plugin_without_a_readable_manifest_is_a_finding(changes: dict[str, bytes | str | None], folder: str) -> None:
    files = {path: content for path, content in {**PLUGIN, **changes}.items() if content is not None}
    tree = MemoryTree({folder + path: content for path, content in files.items()})
    result = review(tree, find_roots(tree), Options())
    assert result.conclusion is Conclusion.FAILED


def changed(
    before: dict[str, bytes | str], after: dict[str, bytes | str], kinds: dict[str, Kind] | None = None
) -> Result:
    base, head = MemoryTree(before), MemoryTree(after, kinds=kinds)
    paths = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} | set(kinds or {})
    scope = scope_of(head, base, paths, {})
    return review(head, scope.roots, Options(), Base(base, "main"), scope.outside)


def below(folder: str, files: Mapping[str, bytes | str]) -> dict[str, bytes | str]:
    return {f"{folder}/{path}": content for path, content in files.items()}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_a_plugin_that_is_lost_is_an_error(changes: dict[str, bytes | str | None]) -> None:
    after = {path: content for path, content in {**PLUGIN, **changes}.items() if content is not None}
    # What marks a plugin may go with it.
    bare = {path: content for path, content in after.items() if not path.startswith("_assets")}
    for left in (after, bare):
        result = changed(below("p", PLUGIN), {f"p/{path}": content for path, content in left.items()})
        assert result.conclusion is Conclusion.FAILED


@pytest.mark.parametrize("kind", [Kind.LINK, Kind.OTHER])
def test_a_manifest_that_becomes_a_link_is_an_error(kind: Kind) -> None:
    left = {path: content for path, content in PLUGIN.items() if path != "manifest.yaml"}
    result = changed(below("p", PLUGIN), below("p", left), {"p/manifest.yaml": kind})
    assert result.conclusion is Conclusion.FAILED
    assert roots(below("p", left), {"p/manifest.yaml": kind}) == ["p"]


def test_a_change_of_what_a_link_leads_to_touches_the_plugin() -> None:
    plugin = below("p", PLUGIN)
    links = {"p/.difyignore": "../common/ignore"}
    before = MemoryTree({**plugin, "common/ignore": "*.log\n"}, links=links)
    for left in ({"common/ignore": "provider/\n"}, {}):
        scope = scope_of(MemoryTree({**plugin, **left}, links=links), before, {"common/ignore"}, {})
        assert [root.path for root in scope.roots] == ["p"]


def test_a_manifest_may_be_a_link_to_a_manifest() -> None:
    left = {path: content for path, content in PLUGIN.items() if path != "manifest.yaml"}
    tree = MemoryTree({**below("p", left), "common/it.yaml": MANIFEST}, links={"p/manifest.yaml": "../common/it.yaml"})
    assert [root.path for root in find_roots(tree)] == ["p"]
    result = review(tree, find_roots(tree), Options())
    assert (result.conclusion, result.coverage.not_judged) == (Conclusion.PASSED, ())


def test_a_plugin_that_is_removed_whole_is_named() -> None:
    result = changed({**below("p", PLUGIN), "README.md": ""}, {"README.md": "x"})
    assert result.conclusion is Conclusion.NOTHING_TO_CHECK
    assert [(item.path, item.reason) for item in result.coverage.outside] == [
        ("p", "is where a plugin was, which the change removes"),
        ("README.md", "has no `manifest.yaml` of a plugin in a folder above it"),
    ]


def test_a_submodule_where_a_plugin_was_is_named() -> None:
    result = changed(below("p", PLUGIN), {}, {"p": Kind.OTHER})
    assert "p" in {item.path for item in result.coverage.outside}


@pytest.mark.parametrize("kind", [Kind.LINK, Kind.OTHER])
def test_a_package_that_is_not_a_file_is_an_error(kind: Kind) -> None:
    result = changed({}, {}, {"a.difypkg": kind})
    assert result.conclusion is Conclusion.FAILED


def test_a_plugin_at_the_root_hides_none_below() -> None:
    broken: dict[str, bytes | str] = {**PLUGIN, "manifest.yaml": MANIFEST.replace("type: plugin", "type: plugln")}
    before = below("p", PLUGIN)
    after: dict[str, bytes | str] = {**PLUGIN, **below("p", broken)}
    result = changed(before, after)
    assert [plugin.root for plugin in result.plugins] == [".", "p"]
    assert result.conclusion is Conclusion.FAILED
    assert "package/nested-plugin" in {finding.rule for finding in result.findings if finding.plugin == "."}


@pytest.mark.parametrize("folder", ["node_modules", "venv", ".git"])
def test_folders_that_are_not_searched_are_named(folder: str) -> None:
    result = changed({}, below(f"{folder}/p", PLUGIN))
    assert result.conclusion is Conclusion.NOTHING_TO_CHECK
    assert len(result.coverage.outside) == len(PLUGIN)
    assert all(f"`{folder}`" in item.reason for item in result.coverage.outside)


def test_every_changed_path_is_in_the_account() -> None:
    after = {**below("p", PLUGIN), "docs/a.md": "", "k8s/manifest.yaml": "kind: Pod\n", ".github/x.yml": ""}
    result = changed({}, after)
    assert result.coverage.reviewed == len(PLUGIN)
    assert {item.path for item in result.coverage.outside} == {"docs/a.md", "k8s/manifest.yaml", ".github/x.yml"}


@pytest.mark.parametrize("name", ["manifest.yml", "Manifest.yaml", "plugin.yaml", "manifest.yaml.txt"])
def test_a_manifest_under_another_name_is_named(name: str) -> None:
    tree = MemoryTree({name if path == "manifest.yaml" else path: content for path, content in PLUGIN.items()})
    (finding,) = (item for item in review(tree, find_roots(tree), Options()).findings if item.severity.label == "error")
    assert (finding.rule, f"Rename `{name}`" in finding.message) == ("yaml/unreadable", True)


def test_a_change_touches_the_plugin_whose_link_leads_there_among_however_many_links() -> None:
    many = {f"docs/{number:05}": "page" for number in range(MAX_LINKS + 5)}
    links = {**many, "p/.difyignore": "../common/ignore"}
    files = {**below("p", PLUGIN), "docs/page": "", "common/ignore": "*.log\n"}
    before, after = MemoryTree(files, links=links), MemoryTree({**files, "common/ignore": "*.py\n"}, links=links)
    assert [root.path for root in scope_of(after, before, {"common/ignore"}, {}).roots] == ["p"]


def test_every_manifest_that_is_a_link_is_read() -> None:
    links = {f"p{number}/manifest.yaml": "../common/it.yaml" for number in range(MAX_LINKS + 5)}
    tree = MemoryTree({"common/it.yaml": MANIFEST}, links=links)
    assert len(find_roots(tree)) == MAX_LINKS + 5
