"""What the manifest asks permission for against what the code does."""

from __future__ import annotations

import pytest

from bot.python.sdk import PERMISSIONS
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, found, text_at

TOOL = "tools/current_weather.py"
HEAD = "from dify_plugin import Tool\nclass A(Tool):\n    def _invoke(self, tool_parameters):\n        "
STORES = "self.session.storage.set('k', b'')"
NOT_GRANTED, UNUSED, NO_EFFECT = "permission/not-granted", "permission/unused", "permission/no-effect"


def plugin(code: str, granted: str = "{}", files: dict[str, str | bytes] | None = None) -> MemoryTree:
    """The example with one line of code, and with this under `resource.permission`, in flow style."""
    manifest = f"resource:\n  memory: 268435456\n  permission: {granted}\n"
    return changed(manifest, "manifest.yaml", files={TOOL: f"{HEAD}{code}\n", **(files or {})})


def granting(permission: str) -> str:
    section, _, flag = permission.partition(".")
    return f"{{{section}: {{enabled: true{f', {flag}: true' if flag else ''}}}}}"


# --- used and not granted ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chain", PERMISSIONS)
def test_every_call_needs_its_permission(chain: tuple[str, ...]) -> None:
    call = ".".join(("self.session", *chain))
    permission = PERMISSIONS[chain]
    (finding,) = found(NOT_GRANTED, tree := plugin(f"{call}(1)"))
    assert (finding.severity.label, text_at(tree, finding)) == ("error", call)
    assert f"`{'.'.join(chain)}` needs `{permission.partition('.')[0]}: enabled: true`" in finding.message
    assert found(NOT_GRANTED, plugin(f"{call}(1)", granting(permission))) == []
    assert found(UNUSED, plugin(f"{call}(1)", granting(permission))) == []


@pytest.mark.parametrize(
    ("granted", "count"),
    [
        ("{model: {enabled: true, llm: true}}", 0),
        ("{model: {enabled: true}}", 1),
        ("{model: {enabled: true, llm: false}}", 1),
        ("{model: {enabled: false, llm: true}}", 1),
        ("{model: {llm: true}}", 1),
        ("{model: {enabled: true, tts: true}}", 1),
        ("{model: {enabled: 'yes', llm: 'On'}}", 0),
        ("{model: {enabled: 'true', llm: true}}", 0),  # The quotes are reported as such.
        ("{model: {enabled: 'no', llm: true}}", 1),
        ("{model: true}", 1),
        ("", 1),
        ("[]", 1),
    ],
)
def test_a_model_needs_both_flags(granted: str, count: int) -> None:
    assert len(found(NOT_GRANTED, plugin("self.session.model.llm.invoke(x, [])", granted))) == count


@pytest.mark.parametrize(
    "code",
    [
        "self.session.file.upload('a', b'', 'text/plain')",
        "requests.Session().storage.set(1)",
        "helper(self.session)",
        "helper(self.session.storage)",
        "'self.session.storage.set(1)'  # self.session.storage.set(1)",
        "self.storage.set('k', b'')",
        "hasattr(self.session, 'storage')",
    ],
)
def test_what_takes_no_permission(code: str) -> None:
    assert found(NOT_GRANTED, plugin(code)) == []


def test_each_call_is_named() -> None:
    tree = plugin(f"{STORES}; self.session.storage.get('k')")
    assert [finding.subject for finding in found(NOT_GRANTED, tree)] == ["storage.set", "storage.get"]


def test_only_what_the_plugin_runs_counts() -> None:
    unused: dict[str, str | bytes] = {"tests/test_a.py": f"def f(self):\n    {STORES}\n"}
    helper: dict[str, str | bytes] = {"tools/helper.py": f"def f(self):\n    {STORES}\n"}
    assert found(NOT_GRANTED, plugin("pass", files=unused)) == []
    (finding,) = found(NOT_GRANTED, plugin("from tools import helper", files=helper))
    assert finding.location.path == "tools/helper.py"


def test_nothing_is_said_of_a_manifest_that_cannot_be_read() -> None:
    tree = plugin(STORES)
    files = {path: tree.read(path) for path in tree.entries()}
    assert found(NOT_GRANTED, MemoryTree({**files, "manifest.yaml": files["manifest.yaml"] + b"x: [\n"})) == []


# --- granted and not used ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "granted", "idle"),
    [
        ("pass", "{tool: {enabled: true}}", "tool"),
        ("pass", "{tool: {enabled: true}, app: {enabled: true}, node: {enabled: true}}", "tool node app"),
        ("pass", "{model: {enabled: true, llm: true, tts: true}}", "model.llm model.tts"),
        ("self.session.model.llm.invoke(x, [])", "{model: {enabled: true, llm: true, tts: true}}", "model.tts"),
        ("pass", "{storage: {enabled: true, size: 1048576}}", "storage"),
        ("pass", "{endpoint: {enabled: true}}", "endpoint"),
        # Who is handed the storage may use it.
        ("helper(self.session.storage)", "{storage: {enabled: true, size: 1048576}}", ""),
        # What is wrong with the call is said there.
        ("self.session.storage.put('x')", "{storage: {enabled: true, size: 1048576}}", ""),
        ("self.session.model.summary('x')", "{model: {enabled: true, llm: true}}", ""),
        ("self.session.model.summary('x')", "{model: {enabled: true, llm: true, tts: true}}", "model.tts"),
        ("pass", "{tool: {enabled: false}, model: {enabled: false, llm: true}}", ""),
        ("pass", "{}", ""),
        ("pass", "[]", ""),
    ],
)
def test_what_is_never_used(code: str, granted: str, idle: str) -> None:
    tree = plugin(code, granted)
    findings = found(UNUSED, tree)
    assert [finding.subject for finding in findings] == ([idle] if idle else [])
    place = "permission" if " " in idle else idle.rpartition(".")[2]
    assert all(text_at(tree, finding) == place for finding in findings)


@pytest.mark.parametrize("other", ["x = (\n", "#" * 1_100_000])
def test_a_file_that_cannot_be_read_may_use_anything(other: str) -> None:
    files: dict[str, str | bytes] = {"tools/helper.py": other}
    assert found(UNUSED, plugin("from tools import helper", "{tool: {enabled: true}}", files)) == []


def test_endpoints_use_their_permission() -> None:
    manifest = "resource:\n  memory: 1\n  permission: {endpoint: {enabled: true}}\n"
    assert found(UNUSED, changed(manifest, "manifest.yaml", base="endpoint")) == []


# --- flags and sizes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "place"),
    [
        ("{enabled: true}", "true"),
        ("{enabled: true, llm: false}", "true"),
        ("{llm: yes}", "yes"),
        ("{enabled: false, tts: true}", "true"),
        ("{enabled: true, moderation: true}", ""),
        ("{enabled: 'yes', moderation: 'on'}", ""),
        ("{enabled: 'no', tts: true}", "true"),
        ("{enabled: true, text-embedding: true}", ""),  # The key is reported.
        ("{enabled: false}", ""),
        ("{}", ""),
        ("true", ""),
    ],
)
def test_flags_without_effect(model: str, place: str) -> None:
    tree = plugin("pass", f"{{model: {model}}}")
    assert [text_at(tree, finding) for finding in found(NO_EFFECT, tree)] == ([place] if place else [])


@pytest.mark.parametrize(
    ("granted", "count"),
    [
        ("{endpoint: {enabled: true}}", 0),
        ("{endpoint: {enabled: 'yes'}}", 0),
        ("{endpoint: {enabled: y}}", 0),
        ("{endpoint: {enabled: false}}", 1),
        ("{endpoint: {enabled: 'off'}}", 1),
        ("{endpoint: true}", 1),
        ("{}", 1),
        ("", 1),
    ],
)
def test_endpoints_need_permission(granted: str, count: int) -> None:
    manifest = f"resource:\n  memory: 1\n  permission: {granted}\n"
    tree = changed(manifest, "manifest.yaml", base="endpoint")
    findings = found("permission/endpoint", tree)
    assert [text_at(tree, finding) for finding in findings] == ["endpoints"] * count
    assert found("permission/endpoint", plugin("pass", granted)) == []


@pytest.mark.parametrize(
    ("size", "count"),
    [("104857600", 0), ("104857601", 1), ("1073741824", 1), ("1073741825", 0), ("'104857601'", 0), ("true", 0)],
)
def test_storage_beyond_what_dify_grants(size: str, count: int) -> None:
    tree = plugin(STORES, f"{{storage: {{enabled: true, size: {size}}}}}")
    assert [text_at(tree, finding) for finding in found("permission/storage-size", tree)] == [size] * count
