"""Every edge of a real plugin, broken in turn: the finding stands at the reference, and nothing crashes.

The edges are what the documents of a bundled plugin name: documents, Python sources, icons, and the privacy policy.
The review decides by the names in the tree, so it finds wrong letter case whatever the disk thinks of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import Struct

from bot.document import Pointer
from bot.findings import Finding, Severity
from bot.options import Options
from bot.plugin import find_roots
from bot.plugin.sources import sources_of
from bot.review.engine import review
from bot.rules.example import example_plugin
from bot.source import Kind, MemoryTree
from tests.support.reviewing import opened

PLUGINS = ("agent", "datasource", "endpoint", "model", "tool", "trigger")


class Edge(Struct, frozen=True):
    """A place in a document that names a file."""

    plugin: str
    document: str
    pointer: Pointer
    written: str
    target: str
    sort: str

    def __str__(self) -> str:
        return f"{self.plugin}:{self.document}/{'/'.join(map(str, self.pointer))}"


def edges() -> Iterator[Edge]:
    for name in PLUGINS:
        plugin = opened(MemoryTree(example_plugin(name)))
        for reference in plugin.references:
            if not reference.is_glob:
                yield Edge(name, reference.source, reference.pointer, reference.written, reference.found[0], "link")
        for item in sources_of(plugin).declared:
            assert item.path is not None
            yield Edge(name, item.linked.path, item.pointer, item.written, item.path, "source")
        for asset in plugin.asset_references:
            yield Edge(name, asset.linked.path, asset.pointer, asset.written, asset.path, "icon")
        yield Edge(name, "manifest.yaml", ("privacy",), "PRIVACY.md", "PRIVACY.md", "policy")


EDGES = list(edges())


def files_of(edge: Edge) -> dict[str, bytes]:
    return dict(example_plugin(edge.plugin))


def findings(files: dict[str, bytes], **kinds: Kind) -> list[Finding]:
    tree = MemoryTree(files, kinds=kinds)
    result = review(tree, find_roots(tree), Options(ignore=("locale",)))
    assert result.errors == ()
    return list(result.findings)


def at(edge: Edge, found: list[Finding]) -> list[Finding]:
    """The findings at just the value that the edge is drawn by."""
    plugin = opened(MemoryTree(example_plugin(edge.plugin)))
    span = plugin.documents[edge.document].document.span(edge.pointer)
    return [finding for finding in found if finding.location.path == edge.document and finding.location.span == span]


def worst(found: list[Finding]) -> Severity:
    return max(finding.severity for finding in found)


def expected(edge: Edge) -> Severity:
    # The packager does not look at the privacy policy.
    return Severity.WARNING if edge.sort == "policy" else Severity.ERROR


def test_there_are_edges_of_each_sort() -> None:
    assert {edge.sort for edge in EDGES} == {"link", "source", "icon", "policy"}
    assert len(EDGES) > 40


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_removed(edge: Edge) -> None:
    files = files_of(edge)
    del files[edge.target]
    if edge.sort == "icon" and not any(path.startswith("_assets/") for path in files):
        # The folder is gone with its only file, and that is said once, in the manifest.
        rules = [finding.rule for finding in findings(files) if finding.rule.startswith("asset/")]
        assert rules == ["asset/no-folder"]
        return
    there = at(edge, findings(files))
    assert there
    assert worst(there) is expected(edge)
    assert any(edge.written in finding.message or edge.target in finding.message for finding in there)


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_renamed(edge: Edge) -> None:
    files = files_of(edge)
    folder, _, name = edge.target.rpartition("/")
    files[f"{folder}/other_{name}".lstrip("/")] = files.pop(edge.target)
    there = at(edge, findings(files))
    assert there
    assert worst(there) is expected(edge)


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_moved(edge: Edge) -> None:
    files = files_of(edge)
    moved = f"elsewhere/{edge.target.rpartition('/')[2]}"
    files[moved] = files.pop(edge.target)
    if edge.sort == "icon":
        files["_assets/keep.svg"] = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    there = at(edge, findings(files))
    assert there
    assert worst(there) is expected(edge)
    if edge.sort == "icon":
        assert [finding.rule for finding in there] == ["asset/outside-assets"]
        assert moved in there[0].message


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_in_another_letter_case(edge: Edge) -> None:
    files = files_of(edge)
    folder, _, name = edge.target.rpartition("/")
    other = f"{folder}/{name.swapcase()}".lstrip("/")
    files[other] = files.pop(edge.target)
    there = at(edge, findings(files))
    assert [finding.severity for finding in there] == [expected(edge)]
    assert other.removeprefix("_assets/") in there[0].message
    assert there[0].fix is not None
    # The fix draws the edge anew, and the plugin is as it was.
    span = there[0].fix.edits[0].span
    lines = files[edge.document].decode().split("\n")
    line = lines[span.line - 1]
    lines[span.line - 1] = line[: span.column - 1] + there[0].fix.edits[0].text + line[span.end_column - 1 :]
    files[edge.document] = "\n".join(lines).encode()
    # A file that ends in capitals is found then, but served as another kind of file: that is a finding of its own.
    left = [finding for finding in at(edge, findings(files)) if finding.rule != "asset/served-as"]
    assert [finding for finding in left if finding.severity > Severity.NOTICE] == []


class IgnoringCase(MemoryTree):
    """A tree on a disk like those of macOS and Windows: it lists exact names, and opens files in any letter case."""

    def read(self, path: str) -> bytes:
        actual = {name.lower(): name for name in self.entries()}
        return super().read(actual.get(path.lower(), path))


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_in_another_letter_case_on_a_disk_that_ignores_it(edge: Edge) -> None:
    files = files_of(edge)
    folder, _, name = edge.target.rpartition("/")
    files[f"{folder}/{name.swapcase()}".lstrip("/")] = files.pop(edge.target)
    tree = IgnoringCase(files)
    assert tree.read(edge.target)
    result = review(tree, find_roots(tree), Options(ignore=("locale",)))
    assert [finding.severity for finding in at(edge, list(result.findings))] == [expected(edge)]


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge.sort != "policy"], ids=str)
def test_left_out_by_the_ignore_file(edge: Edge) -> None:
    files = files_of(edge)
    files[".difyignore"] = f"# leftovers\n/{edge.target}\n".encode()
    there = at(edge, findings(files))
    assert [(finding.rule, finding.severity) for finding in there] == [("reference/ignored", Severity.ERROR)]
    assert "line 2 of `.difyignore`" in there[0].message


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge.sort in ("link", "source")], ids=str)
def test_in_place_of_a_folder(edge: Edge) -> None:
    files = files_of(edge)
    files[f"{edge.target}/inside.txt"] = files.pop(edge.target)
    there = at(edge, findings(files))
    assert there
    assert worst(there) is Severity.ERROR


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_as_a_link(edge: Edge) -> None:
    files = files_of(edge)
    del files[edge.target]
    tree = MemoryTree(files, kinds={edge.target: Kind.LINK})
    result = review(tree, find_roots(tree), Options(ignore=("locale",)))
    assert result.errors == ()
    assert [finding.location.path for finding in result.findings if finding.rule == "package/not-portable"] == [
        edge.target
    ]


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge.sort == "link"], ids=str)
@pytest.mark.parametrize(
    ("spelling", "rule"),
    [
        ("./{}", "reference/not-canonical"),
        ("/{}", "reference/not-canonical"),
        ("x/../{}", "reference/not-canonical"),
        ("{}/", "reference/not-canonical"),
        (" {}", "reference/not-canonical"),
        ("{} ", "reference/not-canonical"),
        ("../{}", "reference/outside"),
    ],
)
def test_written_otherwise(edge: Edge, spelling: str, rule: str) -> None:
    files = files_of(edge)
    text = files[edge.document].decode()
    assert text.count(edge.written) == 1
    files[edge.document] = text.replace(edge.written, f'"{spelling.format(edge.written)}"').encode()
    rules = [finding.rule for finding in findings(files) if finding.severity is Severity.ERROR]
    assert rules == [rule]
