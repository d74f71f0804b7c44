"""Rules run, crash alone, and are compared with a base revision."""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Iterator, Mapping

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.findings import Finding, Severity, Unchecked
from bot.options import Options, Profile
from bot.plugin import Plugin, PluginRoot, find_roots
from bot.review.engine import Base, open_plugin, review, review_plugin, selected_rules
from bot.review.result import Conclusion, Result
from bot.rules.example import example_plugin
from bot.rules.registry import Check, Hit, NotJudged, catalogue, run_rules
from bot.source.memory import MemoryTree
from tests.source.archives import archive

EXAMPLE = example_plugin("tool")
MANIFEST = EXAMPLE["manifest.yaml"]
TOOL = "tools/current_weather.yaml"

#: One rule of which every unknown key is a finding.
ONLY = Options(select=("schema/unknown-key",))

Files = Mapping[str, bytes]


def plugin(folder: str = "", manifest: bytes = b"", more: Files | None = None) -> dict[str, bytes]:
    """The bundled example in a folder, with lines added to its manifest."""
    files = {**EXAMPLE, "manifest.yaml": MANIFEST + manifest, **(more or {})}
    return {f"{folder}/{path}".lstrip("/"): content for path, content in files.items()}


def reviewed(
    files: Files, options: Options = ONLY, before: Files | None = None, renamed: Mapping[str, str] | None = None
) -> Result:
    tree = MemoryTree(files)
    base = Base(MemoryTree(before), "base", renamed or {}) if before is not None else None
    return review(tree, find_roots(tree), options, base)


def news(result: Result) -> list[tuple[str, bool]]:
    assert result.errors == ()
    return [(item.subject or item.location.file, item.new) for item in result.findings]


@pytest.fixture
def with_rules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replaces the functions of rules; all other rules are left out."""

    def install(**checks: Check) -> None:
        names = {name.replace("__", "/").replace("_", "-"): check for name, check in checks.items()}
        rules = {name: replace(catalogue()[name], check=check) for name, check in names.items()}
        monkeypatch.setattr("bot.review.engine.catalogue", lambda: rules)

    return install


def finds(*subjects: str) -> Check:
    def check(_: Plugin) -> Iterator[Hit]:
        for subject in subjects:
            yield Hit(f"Found {subject}.", "manifest.yaml", subject=subject)

    return check


def crashing(error: Exception, *found: str) -> Check:
    def check(plugin: Plugin) -> Iterator[Hit | NotJudged]:
        yield from finds(*found)(plugin)
        raise error

    return check


# --- running ----------------------------------------------------------------------------------------------------------


def test_a_result_says_what_was_reviewed() -> None:
    result = reviewed({**plugin("a"), **plugin("b", b"maintainer: x\n")}, replace(ONLY, profile=Profile.OFFICIAL))
    first, second = result.plugins
    assert (first.root, first.kind, first.author, first.name, first.version) == (
        "a",
        "plugin",
        "acme",
        "weather",
        "0.1.0",
    )
    assert (first.categories, first.files) == (("tool",), len(EXAMPLE))
    assert second.root == "b"
    assert (result.profile, result.fail_on) == (Profile.OFFICIAL, Severity.ERROR)
    assert [item.plugin for item in result.findings] == ["b"]
    assert (result.compared_to, result.fixed) == (None, None)


def test_nothing_to_review() -> None:
    result = review(MemoryTree({}), [], Options())
    assert (result.conclusion, result.exit_code, result.plugins) == (Conclusion.NOTHING_TO_CHECK, 0, ())


def test_findings_are_sorted_by_place_then_rule() -> None:
    result = reviewed({**plugin("b", b"z: 1\na: 1\n"), **plugin("a", b"b: 1\n"), "c.difypkg": b"x"}, Options())
    assert list(result.findings) == sorted(result.findings, key=lambda item: item.sort_key)
    assert [item.location.path for item in result.findings if item.rule == "schema/unknown-key"] == [
        "a/manifest.yaml",
        "b/manifest.yaml",
        "b/manifest.yaml",
    ]


def test_a_crash_loses_only_what_its_rule_would_still_say(with_rules: Callable[..., None]) -> None:
    with_rules(
        yaml__syntax=finds("first"),
        manifest__author=crashing(ValueError("boom"), "before"),
        schema__unknown_key=finds("last"),
    )
    result = reviewed({**plugin("a"), **plugin("b")}, Options())
    assert sorted(item.subject for item in result.findings if item.plugin == "a") == ["before", "first", "last"]
    assert result.errors == (
        "The rule manifest/author failed on a: ValueError: boom",
        "The rule manifest/author failed on b: ValueError: boom",
    )
    assert (result.conclusion, result.exit_code) == (Conclusion.ERROR, 3)


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), KeyError("x"), AssertionError(), StopIteration()])
def test_whatever_a_rule_raises_is_an_error_of_the_tool(with_rules: Callable[..., None], error: Exception) -> None:
    with_rules(yaml__syntax=crashing(error))
    result = reviewed(plugin(), Options())
    assert len(result.errors) == 1
    assert result.exit_code == 3


def test_only_selected_rules_run(with_rules: Callable[..., None]) -> None:
    crash = crashing(AssertionError("it ran"))
    with_rules(yaml__syntax=finds("yes"), yaml__tab=crash, schema__unknown_key=crash)
    for options in (
        Options(select=("yaml/syntax",)),
        Options(ignore=("yaml/tab", "schema")),
        Options(severities={"yaml/tab": None, "schema": None}),
    ):
        assert news(reviewed(plugin(), options)) == [("yes", True)]


def test_what_was_not_checked_is_told(with_rules: Callable[..., None]) -> None:
    def unchecking(plugin: Plugin) -> Iterator[NotJudged]:
        yield NotJudged("offline")

    with_rules(yaml__syntax=unchecking)
    result = reviewed({**plugin("a"), **plugin("b")}, Options(), before=plugin("a"))
    assert result.unchecked == tuple(Unchecked("yaml/syntax", name, "offline", blocking=True) for name in "ab")


def test_a_package_that_cannot_be_opened_is_one_finding() -> None:
    for content in (b"", b"PK", archive({})[:-4], b"\0" * 100):
        result = reviewed({"a.difypkg": content}, Options())
        assert [item.rule for item in result.findings] == ["package/archive"]


def test_what_a_plugin_is_made_of_is_free_after_its_review() -> None:
    """Without the garbage collector, which does not run by itself in a command."""
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, ast.Module) for each in gc.get_objects())
        assert review_plugin(MemoryTree(example_plugin("tool")), PluginRoot(""), Options()).errors == ()
        assert sum(isinstance(each, ast.Module) for each in gc.get_objects()) == before
    finally:
        gc.enable()


def test_reviewing_twice_says_the_same() -> None:
    files = {**plugin("a", b"maintainer: x\nversion: 1.0\n"), "b.difypkg": archive(plugin("", b"icon: none.svg\n"))}
    first, second = reviewed(files, Options()), reviewed(files, Options())
    assert replace(first, duration_ms=0) == replace(second, duration_ms=0)
    assert [item.fingerprint for item in first.findings] == [item.fingerprint for item in second.findings]


# --- fingerprints -----------------------------------------------------------------------------------------------------


def fingerprints(files: Files, options: Options = ONLY) -> dict[str, str]:
    result = reviewed(files, options)
    assert all(len(item.fingerprint) == 20 for item in result.findings)
    return {
        f"{item.location.path}:{item.location.span.line if item.location.span else 0}": item.fingerprint
        for item in result.findings
    }


def test_fingerprints_tell_findings_apart() -> None:
    files = {**plugin("a", b"x: 1\ny: 1\n"), **plugin("b", b"x: 1\n")}
    assert len(set(fingerprints(files).values())) == 3


def test_equal_findings_are_told_apart_by_their_order(with_rules: Callable[..., None]) -> None:
    with_rules(yaml__syntax=finds("same", "same", "other"))
    prints = [item.fingerprint for item in reviewed(plugin(), Options()).findings]
    assert len(set(prints)) == 3
    with_rules(yaml__syntax=finds("same", "other"))
    assert {item.fingerprint for item in reviewed(plugin(), Options()).findings} < set(prints)


# --- against a base ---------------------------------------------------------------------------------------------------


def test_moved_lines_are_old() -> None:
    before = plugin("a", b"x: 1\n")
    after = {**before, "a/manifest.yaml": b"# comment\n\n" + before["a/manifest.yaml"] + b"y: 1\n"}
    result = reviewed(after, before=before)
    assert news(result) == [("x", False), ("y", True)]
    assert (result.compared_to, result.fixed) == ("base", 0)
    assert [item.subject for item in result.active] == ["y"]


def test_what_is_gone_is_fixed() -> None:
    before = {**plugin("a", b"x: 1\ny: 1\n"), **plugin("b", b"z: 1\n")}
    result = reviewed({**plugin("a", b"y: 1\n"), **plugin("b")}, before=before)
    assert news(result) == [("y", False)]
    assert result.fixed == 2


def test_a_second_of_the_same_is_new(with_rules: Callable[..., None]) -> None:
    def per_mark(plugin: Plugin) -> Iterator[Hit | NotJudged]:
        text = (plugin.manifest.text or "").split("\n")
        yield from finds(*["same"] * sum(line == "# mark" for line in text))(plugin)

    with_rules(yaml__syntax=per_mark)
    mark = b"# mark\n"
    assert news(reviewed(plugin("a", mark * 2), Options(), plugin("a", mark))) == [("same", False), ("same", True)]
    result = reviewed(plugin("a", mark), Options(), plugin("a", mark * 3))
    assert (news(result), result.fixed) == ([("same", False)], 2)


def test_an_item_put_in_before_leaves_the_others_old() -> None:
    def tool(*names: str) -> bytes:
        items = "".join(f"  - name: {name}\n    type: string\n    colour: red\n" for name in names)
        return b"identity: {author: acme, name: w, label: {en_US: W}}\nparameters:\n" + items.encode()

    before, after = plugin(more={TOOL: tool("b", "c")}), plugin(more={TOOL: tool("a", "b", "c")})
    result = reviewed(after, before=before)
    colours = [item for item in result.findings if item.subject == "colour"]
    assert [(item.pointer, item.new) for item in colours] == [
        ("/parameters/0/colour", True),
        ("/parameters/1/colour", False),
        ("/parameters/2/colour", False),
    ]


def test_another_value_at_the_same_place_is_new() -> None:
    options = Options(select=("schema/unknown-value",))
    manifest = MANIFEST.replace(b"- amd64", b"- amd65"), MANIFEST.replace(b"- amd64", b"- amd66")
    before, after = ({**plugin(), "manifest.yaml": text} for text in manifest)
    assert [item.new for item in reviewed(after, options, before).findings] == [True]
    assert [item.new for item in reviewed(before, options, before).findings] == [False]


def test_a_renamed_folder_keeps_its_findings() -> None:
    before, after = plugin("a", b"x: 1\n"), plugin("b", b"x: 1\ny: 1\n")
    renamed = {f"b/{path}": f"a/{path}" for path in EXAMPLE}
    assert news(reviewed(after, before=before, renamed=renamed)) == [("x", False), ("y", True)]
    assert news(reviewed(after, before=before)) == [("x", True), ("y", True)]


def test_a_plugin_whose_place_another_has_taken() -> None:
    before = {**plugin("a", b"x: 1\n"), **plugin("b", b"y: 1\n")}
    after = {**plugin("b", b"x: 1\n"), **plugin("c", b"y: 1\n")}
    renamed = {f"{new}/{path}": f"{old}/{path}" for new, old in (("b", "a"), ("c", "b")) for path in EXAMPLE}
    result = reviewed(after, before=before, renamed=renamed)
    assert (news(result), result.fixed) == ([("x", False), ("y", False)], 0)


def test_a_plugin_that_the_base_lacks_is_new() -> None:
    result = reviewed(plugin("a", b"x: 1\n"), before=plugin("b"))
    assert (news(result), result.fixed) == ([("x", True)], 0)


def test_a_base_that_is_broken_makes_nothing_old() -> None:
    before = {**plugin("a", b"x: 1\n"), "a/manifest.yaml": b"type: plugin\nx: [\n"}
    result = reviewed(plugin("a", b"x: 1\n"), before=before)
    assert news(result) == [("x", True)]


def test_packages_are_compared_by_their_path() -> None:
    def packed(lines: bytes) -> dict[str, bytes]:
        return {"dist/a.difypkg": archive(plugin("", lines))}

    # What was wrong with its predecessor is published anew.
    assert news(reviewed(packed(b"y: 1\nx: 1\n"), before=packed(b"x: 1\n"))) == [("y", True), ("x", True)]
    assert news(reviewed(packed(b"x: 1\n"), before=packed(b"x: 1\n"))) == [("x", False)]
    renamed = {"dist/b.difypkg": "dist/a.difypkg"}
    moved = {"dist/b.difypkg": packed(b"x: 1\n")["dist/a.difypkg"]}
    assert news(reviewed(moved, before=packed(b"x: 1\n"), renamed=renamed)) == [("x", False)]


def test_rules_see_the_base(with_rules: Callable[..., None]) -> None:
    def compare(plugin: Plugin) -> Iterator[Hit]:
        if plugin.base is not None:
            versions = f"{plugin.base.manifest.get('version')} to {plugin.manifest.get('version')}"
            yield Hit(versions, "manifest.yaml", subject=versions)

    with_rules(yaml__syntax=compare)
    after = {**plugin(), "manifest.yaml": MANIFEST.replace(b"0.1.0", b"0.2.0", 1)}
    assert news(reviewed(after, Options(), plugin())) == [("0.1.0 to 0.2.0", True)]


# --- whatever comes ---------------------------------------------------------------------------------------------------

keys = st.sampled_from(
    ["type", "version", "author", "name", "label", "icon", "plugins", "resource", "meta", "tags", "x"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(keys, values, max_size=6))
def test_any_manifest_is_reviewed_and_old_against_itself(data: dict[str, object]) -> None:
    text = yaml.safe_dump({"type": "plugin", "author": "a", "plugins": {}, **data}, allow_unicode=True)
    files = {**plugin(), "manifest.yaml": text.encode("utf-8", "surrogatepass")}
    tree = MemoryTree(files)
    root = PluginRoot("")
    alone = review(tree, [root], Options())
    assert alone.errors == ()
    against_itself = review(tree, [root], Options(), Base(tree, "itself"))
    assert [item for item in against_itself.findings if item.new and not _about_the_change(item)] == []
    assert against_itself.fixed == 0


def _about_the_change(item: Finding) -> bool:
    """Some rules compare with the base, and say what only a change can do."""
    return item.rule.startswith(("version/", "pull-request/"))


def test_run_rules_gives_sorted_findings_with_fingerprints() -> None:
    tree = MemoryTree(plugin("a", b"z: 1\ny: 1\n"))
    results = run_rules(open_plugin(tree, find_roots(tree)[0], ONLY), selected_rules(ONLY))
    assert (results.errors, [item.subject for item in results.findings]) == ((), ["z", "y"])
    assert all(item.fingerprint for item in results.findings)
    assert results.judged == {rule.id for rule in selected_rules(ONLY)}
