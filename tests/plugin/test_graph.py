"""A plugin is loaded as a graph: what is linked, what was meant, what a file really is, what is packed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.traits import DocumentKind
from bot.limits import Limit
from bot.options import Options
from bot.plugin import Plugin, Reference, find_roots
from bot.plugin.kinds import kind_of, shape_of
from bot.plugin.packing import Packing
from bot.plugin.paths import Meant, Slip, meant_file, normalise
from bot.plugin.plugin import MAX_PATTERNS
from bot.review.engine import open_plugin
from bot.rules.example import example_plugin
from bot.source import Kind, LocalTree, MemoryTree
from tests.source.archives import archive
from tests.support.reviewing import changed, opened

PLUGINS = ("agent", "datasource", "endpoint", "model", "tool", "trigger")


def the_link(plugin: Plugin) -> Reference:
    return next(reference for reference in plugin.references if not reference.is_glob)


@pytest.mark.parametrize("name", PLUGINS)
def test_every_document_of_a_real_plugin_is_reached(name: str) -> None:
    files = example_plugin(name)
    plugin = opened(MemoryTree(files))
    assert set(plugin.documents) == {path for path in files if path.endswith(".yaml")}
    assert all(reference.found and reference.meant is None for reference in plugin.references)
    assert plugin.packed_files == set(files)
    assert {reference.path for reference in plugin.asset_references} <= set(files)
    assert plugin.asset_references


# --- what was meant ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "slip"),
    [
        ("provider/Weather.yaml", Slip.CASE),
        ("provider\\weather.yaml", Slip.SPELLING),
        (" provider/weather.yaml ", Slip.SPELLING),
        ("provider/weather.yml", Slip.SUFFIX),
    ],
)
def test_a_wrong_link_does_not_stop_the_rest(written: str, slip: Slip) -> None:
    plugin = opened(changed(f"plugins:\n  tools:\n    - '{written}'\n", "manifest.yaml"))
    reference = the_link(plugin)
    assert reference.found == ()
    assert reference.meant == Meant("provider/weather.yaml", slip)
    assert "tools/current_weather.yaml" in plugin.documents


def test_a_path_from_the_documents_own_folder() -> None:
    plugin = opened(changed("tools:\n  - current.yaml\n", "provider/weather.yaml", files={"provider/current.yaml": ""}))
    link = next(reference for reference in plugin.references if reference.written == "current.yaml")
    assert link.meant == Meant("provider/current.yaml", Slip.RELATIVE)


def test_nothing_is_meant_by_a_path_that_could_be_any() -> None:
    assert (
        meant_file("provider/other.yaml", "manifest.yaml", {"provider/weather.yaml": "provider/weather.yaml"}) is None
    )
    assert meant_file("../weather.yaml", "manifest.yaml", {"weather.yaml": "weather.yaml"}) is None
    assert meant_file("", "manifest.yaml", {}) is None


@given(st.text(alphabet="./\\ aA\0\n", max_size=12))
def test_a_normalised_path_stays_inside(written: str) -> None:
    path = normalise(written)
    if path is not None:
        assert not path.startswith(("/", "../"))
        assert path not in ("", ".", "..")
        assert "//" not in path
        assert normalise(path) == path


# --- what a file really is --------------------------------------------------------------------------------------


def test_each_bundled_document_is_the_kind_that_its_link_says() -> None:
    for name in PLUGINS:
        plugin = opened(MemoryTree(example_plugin(name)))
        for linked in plugin.linked():
            if linked.link is not None:
                assert linked.kind in (linked.link.kind, DocumentKind.MODEL_POSITION)


PROVIDERS = (
    DocumentKind.TOOL_PROVIDER,
    DocumentKind.MODEL_PROVIDER,
    DocumentKind.ENDPOINT_GROUP,
    DocumentKind.AGENT_STRATEGY_PROVIDER,
    DocumentKind.DATASOURCE_PROVIDER,
    DocumentKind.TRIGGER_PROVIDER,
)


@pytest.mark.parametrize("name", PLUGINS)
def test_a_provider_is_told_from_every_other_kind(name: str) -> None:
    plugin = opened(MemoryTree(example_plugin(name)))
    provider = next(linked for linked in plugin.linked() if linked.kind in PROVIDERS)
    for expected in PROVIDERS:
        assert kind_of(provider.path, provider.document.data, expected) is provider.kind
    assert shape_of(provider.document.data) is provider.kind


UNREAD = ("tools", "strategies", "datasources", "events", "endpoints", "credentials_for_provider", "plugins", "models")


@pytest.mark.parametrize("key", UNREAD)
def test_a_key_that_nobody_reads_does_not_make_another_kind_of_document(key: str) -> None:
    for name in PLUGINS:
        plugin = opened(MemoryTree(example_plugin(name)))
        for linked in plugin.linked():
            if linked.link is not None and isinstance(linked.document.data, dict):
                data = {**linked.document.data, key: linked.document.data.get(key, [])}
                assert kind_of(linked.path, data, linked.link.kind) is linked.kind, linked.path


def test_a_tool_in_the_place_of_a_provider_is_checked_as_a_tool() -> None:
    plugin = opened(changed("plugins:\n  tools:\n    - tools/current_weather.yaml\n", "manifest.yaml"))
    assert plugin.documents["tools/current_weather.yaml"].kind is DocumentKind.TOOL
    assert plugin.violations == {}


@pytest.mark.parametrize("data", [None, [], "text", {}, {1: 2}, {"identity": {}}, {"label": {}, "extra": {}}])
def test_what_cannot_be_told_is_what_the_link_says(data: object) -> None:
    assert kind_of("a.yaml", data, DocumentKind.TOOL_PROVIDER) is DocumentKind.TOOL_PROVIDER
    assert shape_of(data) is None


# --- patterns ---------------------------------------------------------------------------------------------------


def test_both_readings_of_a_pattern_are_kept() -> None:
    tree = changed("models:\n  llm:\n    predefined:\n      - ./models/llm/*.yaml\n", "provider/acme.yaml", "model")
    pattern = next(reference for reference in opened(tree).references if reference.is_glob)
    assert pattern.packaged.found == ()
    assert len(pattern.debugged.found) == 3
    assert set(pattern.found) == set(pattern.debugged.found)


def test_more_patterns_than_anybody_writes_are_not_followed() -> None:
    lines = "".join(f"      - models/llm/{n}*.yaml\n" for n in range(MAX_PATTERNS.most + 50))
    plugin = opened(changed(f"models:\n  llm:\n    predefined:\n{lines}", "provider/acme.yaml", "model"))
    assert sum(reference.is_glob for reference in plugin.references) == MAX_PATTERNS.most
    (left_out,) = plugin.account
    assert left_out.path == "provider/acme.yaml"
    assert "reference/pattern" in left_out.rules


# --- what is packed ---------------------------------------------------------------------------------------------


def test_without_an_ignore_file_everything_is_packed() -> None:
    files = {"manifest.yaml": "", ".env": "", ".venv/x.py": "", "tools/__pycache__/x.pyc": ""}
    assert Packing(MemoryTree(files)).files == set(files)


def test_difyignore_comes_before_gitignore_and_both_only_at_the_root() -> None:
    both = {".difyignore": "a\n", ".gitignore": "b\n", "a": "", "b": "", "lib/.difyignore": "c\n", "lib/c": ""}
    assert Packing(MemoryTree(both)).files == set(both) - {"a"}
    one = {".gitignore": "b\n", "a": "", "b": ""}
    packing = Packing(MemoryTree(one))
    assert packing.files == {".gitignore", "a"}
    assert packing.ignore.path == ".gitignore"


def test_an_ignore_file_that_is_a_link_says_nothing() -> None:
    packing = Packing(MemoryTree({"a": ""}, kinds={".difyignore": Kind.LINK}))
    assert not packing.known
    assert packing.files == {"a", ".difyignore"}


def test_a_thousand_lines_are_not_asked_about_ten_thousand_files() -> None:
    files = {f"data/{n}": "" for n in range(10_000)}
    lines = "".join(f"*{n}*x*\n" for n in range(1000))
    assert Packing(MemoryTree({**files, ".difyignore": "data/\n"})).files == {".difyignore"}
    packing = Packing(MemoryTree({**files, ".difyignore": lines}))
    assert not packing.known
    assert len(packing.files) == 10_001


def test_a_package_holds_all_that_is_in_it() -> None:
    files = {**example_plugin("tool"), ".difyignore": b"provider/\n"}
    tree = MemoryTree({"weather.difypkg": archive(files)})
    plugin = open_plugin(tree, find_roots(tree)[0], Options())
    assert plugin.packed_files == set(files)


def test_of_a_bundle_only_what_belongs_to_it_is_packed() -> None:
    files = {"manifest.yaml": "type: bundle\nname: b\n", ".difyignore": "_assets\n", "_assets/x/a.difypkg": "", "x": ""}
    plugin = opened(MemoryTree({**files, "README.md": "", "README_CN.md": "", "docs/README.md": ""}))
    assert plugin.packed_files == {"manifest.yaml", "_assets/x/a.difypkg", "README.md", "README_CN.md"}


# --- hostile ----------------------------------------------------------------------------------------------------


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("identity: {}\ntools: []\n")
    root = tmp_path / "plugin"
    root.mkdir()
    for path, content in example_plugin("tool").items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    (root / "provider/weather.yaml").unlink()
    (root / "provider/weather.yaml").symlink_to(outside / "secret.yaml")
    (root / "loop").symlink_to(root)
    tree = LocalTree(root)
    plugin = open_plugin(tree, find_roots(tree)[0], Options())
    assert "provider/weather.yaml" not in plugin.documents
    assert the_link(plugin).found == ()
    assert {"loop", "provider/weather.yaml"} <= plugin.packed_files


def test_a_file_that_vanishes_is_a_problem_of_that_file(tmp_path: Path) -> None:
    for path, content in example_plugin("tool").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    tree = LocalTree(tmp_path)
    root = find_roots(tree)[0]
    (tmp_path / "tools/current_weather.yaml").unlink()
    (tmp_path / "README.md").unlink()
    plugin = open_plugin(tree, root, Options())
    assert [problem.code.value for problem in plugin.documents["tools/current_weather.yaml"].document.problems] == [
        "unreadable"
    ]
    assert plugin.read("README.md", Limit(1000, "is large", "readme/template")) is None
    assert [entry.path for entry in plugin.account] == ["README.md"]


def test_links_in_a_circle_end() -> None:
    files = {"provider/weather.yaml": "identity:\n  name: a\ntools:\n  - provider/weather.yaml\n  - manifest.yaml\n"}
    plugin = opened(MemoryTree({**example_plugin("tool"), **files}))
    assert set(plugin.documents) == {"manifest.yaml", "provider/weather.yaml"}
