"""The rules about the classes in a plugin's Python, at the edges of what fires and what does not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.findings import Severity
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, fixed, found, said, text_at

TOOL, TOOL_YAML = "tools/current_weather.py", "tools/current_weather.yaml"
PROVIDER, PROVIDER_YAML = "provider/weather.py", "provider/weather.yaml"
TRIGGER, TRIGGER_YAML = "provider/codehub.py", "provider/codehub.yaml"
SOURCES = ["python", "reference"]

GOOD_TOOL = (
    "from dify_plugin import Tool\nclass A(Tool):\n    def _invoke(self, tool_parameters): yield from tool_parameters\n"
)
GOOD_TRIGGER = (
    "from dify_plugin.interfaces.trigger import Trigger, TriggerSubscriptionConstructor\n"
    "class A(Trigger):\n    def _dispatch_event(self, subscription, request): ...\n"
)
CONSTRUCTOR = (
    "class C(TriggerSubscriptionConstructor):\n"
    "    def _create_subscription(self, *a): ...\n    def _delete_subscription(self, *a): ...\n"
    "    def _refresh_subscription(self, *a): ...\n"
)
SUBSCRIBES = (
    "subscription_constructor:\n  parameters:\n    - name: repository\n      type: dynamic-select\n"
    "      required: true\n      label:\n        en_US: Repository\n  credentials_schema:\n"
    "    access_token:\n      type: secret-input\n"
    "      required: true\n      label:\n        en_US: Token\n  oauth_schema:\n    client_schema: []\n"
    "    credentials_schema:\n      - name: access_token\n        type: secret-input\n        label:\n"
    "          en_US: Token\n"
)


def python(source: str, path: str = TOOL, base: str = "tool", files: Mapping[str, str] | None = None) -> MemoryTree:
    return changed("", path, base=base, files={**(files or {}), path: source})


def places(rule: str, tree: MemoryTree) -> list[tuple[str, str]]:
    """The severities of what one rule finds, and the texts it points at."""
    return [(finding.severity.label, text_at(tree, finding)) for finding in found(rule, tree)]


def trigger(source: str, text: str = "subscription_schema: []\n") -> MemoryTree:
    return changed(text, TRIGGER_YAML, base="trigger", files={TRIGGER: source})


# --- the file that is named -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "files", "expected"),
    [
        ("tools/weather.py", {}, [("python/missing-source", "error")]),
        ("tools", {"tools/__init__.py": GOOD_TOOL}, [("reference/source-suffix", "warning")]),
        ("tools/Current_weather.py", {}, [("reference/wrong-case", "error")]),
        ("./tools/current_weather.py", {}, []),
        ("../tools/current_weather.py", {}, [("python/missing-source", "error")]),
        # Python makes a package of a folder, which has no class.
        ("tools", {}, [("python/missing-source", "error")]),
        ("tools/", {}, [("python/missing-source", "error")]),
        ("tools.current_weather", {}, [("python/missing-source", "error")]),
        ("''", {}, [("python/missing-source", "error")]),
        # What is installed under these names would be loaded instead.
        ("json.py", {"json.py": GOOD_TOOL}, []),
        ("dify_plugin/a.py", {"dify_plugin/a.py": GOOD_TOOL}, []),
    ],
)
def test_sources(written: str, files: dict[str, str], expected: list[tuple[str, str]]) -> None:
    tree = changed(f"extra:\n  python:\n    source: {written}\n", TOOL_YAML, files=files)
    found_here = [item for item in said(tree, *SOURCES) if item[0] != "reference/orphan"]
    assert found_here == expected


@pytest.mark.parametrize(
    ("entrypoint", "files", "count"),
    [
        ("main", {}, 0),
        ("main.py", {}, 1),
        ("Main", {}, 1),
        ("app.main", {"app/main.py": ""}, 0),
        ("app", {"app/__main__.py": ""}, 0),
        ("app", {"app/__init__.py": "", "app/__main__.py": ""}, 0),
        ("app", {"app/__init__.py": ""}, 1),
        ("app", {"app/run.py": ""}, 1),
    ],
)
def test_entrypoints(entrypoint: str, files: dict[str, str], count: int) -> None:
    meta = "meta:\n  version: 0.0.1\n  arch: [amd64]\n  runner:\n    language: python\n    version: '3.12'\n"
    tree = changed(f"{meta}    entrypoint: {entrypoint}\n", "manifest.yaml", files=files)
    assert places("python/entrypoint", tree) == [("error", entrypoint)] * count
    if entrypoint == "main.py":
        (finding,) = found("python/entrypoint", tree)
        assert f"{meta}    entrypoint: main\n" in fixed(tree, finding)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({TOOL: "x = = 1\n"}, [TOOL]),
        ({TOOL: "from tools import helper\n" + GOOD_TOOL, "tools/helper.py": "x ="}, ["tools/helper.py"]),
        ({TOOL: GOOD_TOOL + "def f():\n    from tools import helper\n", "tools/helper.py": "x ="}, ["tools/helper.py"]),
        ({"tools/unused.py": "x ="}, []),
        ({"tests/test_tool.py": "x ="}, []),
        (
            {
                TOOL: f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import types_\n{GOOD_TOOL}",
                "types_.py": "x =",
            },
            [],
        ),
        ({"main.py": "return\n"}, ["main.py"]),
        ({PROVIDER: b"# \xe9\n"}, [PROVIDER]),
    ],
)
def test_what_the_plugin_runs_has_to_parse_and_the_rest_should(
    files: dict[str, str | bytes], expected: list[str]
) -> None:
    findings = found("python/syntax", changed("", TOOL_YAML, files=files))
    assert [item.location.path for item in findings if item.severity is Severity.ERROR] == expected
    broken = [path for path, text in files.items() if text in ("x =", "x = = 1\n", "return\n", b"# \xe9\n")]
    assert [item.location.path for item in findings] == broken


def test_a_syntax_error_is_at_its_place() -> None:
    tree = python("from dify_plugin import Tool\nclass A(Tool)\n    pass\n")
    (finding,) = found("python/syntax", tree)
    span = finding.location.span
    assert span is not None
    assert (span.line, span.column) == (2, 14)
    # The file that does not parse says nothing about its classes.
    assert said(tree, "python") == [("python/syntax", "error")]


# --- the one class ----------------------------------------------------------------------------------------------------

BASE = {"tools/base.py": "from dify_plugin import Tool\nclass Base(Tool):\n    def _invoke(self, p): yield\n"}


@pytest.mark.parametrize(
    ("source", "files", "expected"),
    [
        ("class A: ...\n", {}, ["python/missing-class"]),
        ("from dify_plugin import ToolProvider\nclass A(ToolProvider): ...\n", {}, ["python/missing-class"]),
        ("from dify_plugin import Tool\n", {}, ["python/missing-class"]),
        (GOOD_TOOL, {}, []),
        ("import dify_plugin as d\nclass A(d.Tool):\n    def _invoke(self, p): yield\n", {}, []),
        ("from tools.base import Base\n", BASE, []),
        ("import tools.base as b\nclass A(b.Base): ...\n", BASE, []),
        ("from tools.base import Base\nclass A(Base): ...\n", BASE, ["python/several-classes"]),
        (GOOD_TOOL + "B = A\n", {}, ["python/several-classes"]),
        (GOOD_TOOL + "class B(A): ...\n", {}, ["python/several-classes"]),
        (GOOD_TOOL + "class B(A): ...\ndel A\n", {}, []),
        (GOOD_TOOL + "if __name__ == '__main__':\n    B = A\n", {}, []),
        # What cannot be told is not said.
        ("from somewhere import make\nA = make()\n", {}, []),
        ("from somewhere import *\n", {}, []),
        ("globals()['A'] = 1\n", {}, []),
        ("from somewhere import Base\nclass A(Base): ...\n", {}, []),
        (
            "from dify_plugin import Tool\ntry:\n    from other import A\nexcept Exception:\n    class A(Tool): ...\n",
            {},
            [],
        ),
    ],
)
def test_classes_of_a_tool(source: str, files: dict[str, str], expected: list[str]) -> None:
    rules = ("python/missing-class", "python/several-classes", "python/abstract-method")
    tree = python(source, files=files)
    assert [finding.rule for rule in rules for finding in found(rule, tree)] == expected


def test_the_class_of_a_datasource_follows_from_its_provider() -> None:
    source = "from dify_plugin.interfaces.datasource.online_document import OnlineDocumentDatasource\n"
    source += (
        "class A(OnlineDocumentDatasource):\n    def _get_pages(self, p): ...\n    def _get_content(self, p): ...\n"
    )
    files = {"datasources/pages.py": source}
    documents = changed("provider_type: online_document\n", "provider/wiki.yaml", base="datasource", files=files)
    crawls = changed("provider_type: website_crawl\n", "provider/wiki.yaml", base="datasource", files=files)
    unknown = changed("provider_type: other\n", "provider/wiki.yaml", base="datasource", files=files)
    assert places("python/missing-class", documents) == places("python/missing-class", unknown) == []
    assert places("python/missing-class", crawls) == [("error", "datasources/pages.py")]


def test_the_second_class_is_pointed_at() -> None:
    tree = python(GOOD_TOOL + "class Second(A): ...\n")
    assert places("python/several-classes", tree) == [("error", "Second")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A(Tool): ...\n", [("warning", "A")]),
        ("class A(Tool):\n    def invoke(self, p): yield\n", [("warning", "A")]),
        ("class A(Tool):\n    async def _invoke(self, p): yield\n", []),
        ("class A(Tool):\n    _invoke = make()\n", []),
        ("class M:\n    def _invoke(self, p): yield\nclass A(M, Tool): ...\n", []),
        # The SDK's own method comes first in the order of resolution.
        ("class M:\n    def _invoke(self, p): yield\nclass A(Tool, M): ...\n", [("warning", "A")]),
        ("from somewhere import M\nclass A(M, Tool): ...\n", []),
        ("@register\nclass A(Tool): ...\n", []),
        ("class A(Tool):\n    if x:\n        def _invoke(self, p): yield\n", []),
        ("class A(Tool): ...\nA._invoke = lambda self, p: None\n", []),
    ],
)
def test_methods_of_a_tool(source: str, expected: list[tuple[str, str]]) -> None:
    assert places("python/abstract-method", python("from dify_plugin import Tool\n" + source)) == expected


def test_a_model_provider_is_made_when_the_plugin_starts() -> None:
    tree = python("from dify_plugin import ModelProvider\nclass A(ModelProvider): ...\n", "provider/acme.py", "model")
    assert places("python/abstract-method", tree) == [("error", "A")]


# --- imports of the plugin's own --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("from tools.helper import f", "tools.helper"),
        ("from .helper import f", "tools.helper"),
        ("import tools.helper", "tools.helper"),
        ("from tools import helper", "tools.helper"),
        ("from provider.weather import Weather", "provider.weather.Weather"),
        ("from ..helper import f", None),
        ("from provider.weather import WeatherProvider", ""),
        ("from helper import f", ""),
        ("def f():\n    from tools.helper import f", ""),
        ("try:\n    from tools.helper import f\nexcept ImportError:\n    f = None", ""),
        ("import sys\nsys.path.append('lib')\nfrom tools.helper import f", ""),
    ],
)
def test_imports(line: str, missing: str | None) -> None:
    expected = {
        "": [],
        None: ["The import climbs above the plugin root. The plugin packages and installs, but does not start."],
    }.get(missing, [f"The plugin has no `{missing}`. The plugin packages and installs, but does not start."])
    assert [finding.message for finding in found("python/broken-import", python(f"{line}\n{GOOD_TOOL}"))] == expected


def test_a_broken_import_in_a_file_that_is_only_needed_later() -> None:
    helper = "from tools.missing import x\n"
    now, later = "from tools.helper import x\n", "def f():\n    from tools.helper import x\n"
    messages = []
    for line in (now, later, f"try:\n    {now}except ImportError:\n    pass\n"):
        tree = python(f"{line}\n{GOOD_TOOL}", files={"tools/helper.py": helper})
        messages.append([finding.message for finding in found("python/broken-import", tree)])
    assert messages == [
        ["The plugin has no `tools.missing`. The plugin packages and installs, but does not start."],
        ["The plugin has no `tools.missing`. What imports the file fails."],
        [],
    ]


# --- methods that the documents ask for -------------------------------------------------------------------------------

DYNAMIC = (
    "parameters:\n  - name: city\n    type: dynamic-select\n    form: form\n    label:\n      en_US: City\n"
    "    human_description:\n      en_US: The city.\n"
)
FETCH = "    def _fetch_parameter_options(self, parameter): return []\n"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        (GOOD_TOOL, 1),
        (GOOD_TOOL + FETCH, 0),
        (GOOD_TOOL + FETCH.replace("_fetch", "fetch"), 0),
        ("from tools.base import Base\nclass A(Base): ...\ndel Base\n", 1),
        ("from tools.base import Fetching\nclass A(Fetching):\n    def _invoke(self, p): yield\ndel Fetching\n", 0),
        (
            "from somewhere import M\nfrom dify_plugin import Tool\nclass A(M, Tool):\n    def _invoke(self, p): ...\n",
            0,
        ),
        ("class A: ...\n", 0),
    ],
)
def test_options_of_a_tool(source: str, count: int) -> None:
    base = {"tools/base.py": BASE["tools/base.py"] + "class Fetching(Tool):\n" + FETCH}
    tree = changed(DYNAMIC, TOOL_YAML, files={TOOL: source, **base})
    assert places("python/dynamic-select-options", tree) == [("error", "dynamic-select")] * count


def test_options_of_an_event() -> None:
    tree = changed(DYNAMIC.replace("    form: form\n", ""), "events/star.yaml", base="trigger")
    assert places("python/dynamic-select-options", tree) == [("error", "dynamic-select")]


def test_every_parameter_is_named() -> None:
    tree = changed(DYNAMIC + DYNAMIC.partition("\n")[2].replace("city", "street"), TOOL_YAML)
    assert [finding.subject for finding in found("python/dynamic-select-options", tree)] == ["city", "street"]


SCHEMA = (
    "oauth_schema:\n  client_schema: []\n  credentials_schema:\n    - name: token\n      type: secret-input\n"
    "      label:\n        en_US: Token\n"
)
AUTHORIZE = "    def _oauth_get_authorization_url(self, *a): return ''\n"
EXCHANGE = "    def _oauth_get_credentials(self, *a): ...\n"


@pytest.mark.parametrize(
    ("methods", "lacking"),
    [
        ("", "_oauth_get_authorization_url _oauth_get_credentials"),
        (AUTHORIZE, "_oauth_get_credentials"),
        (AUTHORIZE + EXCHANGE, ""),
        (AUTHORIZE.replace("_oauth", "oauth") + EXCHANGE.replace("_oauth", "oauth"), ""),
    ],
)
@pytest.mark.parametrize(
    ("base", "document", "path", "head"),
    [
        ("tool", PROVIDER_YAML, PROVIDER, "from dify_plugin import ToolProvider as P\n"),
        (
            "datasource",
            "provider/wiki.yaml",
            "provider/wiki.py",
            "from dify_plugin.interfaces.datasource import DatasourceProvider as P\n",
        ),
    ],
)
def test_signing_in(base: str, document: str, path: str, head: str, methods: str, lacking: str) -> None:
    source = f"{head}class A(P):\n    def _validate_credentials(self, c): ...\n{methods}"
    tree = changed(SCHEMA, document, base=base, files={path: source})
    findings = [(text_at(tree, finding), finding.subject) for finding in found("python/oauth-methods", tree)]
    assert findings == ([("oauth_schema", lacking)] if lacking else [])


@pytest.mark.parametrize(
    ("form", "methods", "count"),
    [
        ("credentials_for_provider:\n  key: {type: secret-input}\n", "    pass\n", 1),
        ("credentials_for_provider:\n  - name: key\n    type: secret-input\n", "    pass\n", 1),
        ("credentials_for_provider: {}\n", "    pass\n", 0),
        ("credentials_for_provider:\n", "    pass\n", 0),
        ("tools: []\n", "    def _validate_credentials(self, credentials): ...\n", 0),
        ("tools: []\n", "    def validate_credentials(self, credentials): ...\n", 0),
    ],
)
def test_credentials_of_a_tool_provider(form: str, methods: str, count: int) -> None:
    source = "from dify_plugin import ToolProvider\nclass A(ToolProvider):\n" + methods
    tree = changed(form, PROVIDER_YAML, files={PROVIDER: source})
    assert places("python/credentials-check", tree) == [("warning", "credentials_for_provider")] * count


def test_credentials_of_a_datasource_provider() -> None:
    source = "from dify_plugin.interfaces.datasource import DatasourceProvider\nclass A(DatasourceProvider): ...\n"
    tree = python(source, "provider/wiki.py", "datasource")
    assert places("python/credentials-check", tree) == [("warning", "credentials_schema")]


RUNTIME = "    def _get_runtime_parameters(self): return []\n"


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("has_runtime_parameters: true\n", GOOD_TOOL, [("warning", "true")]),
        ("has_runtime_parameters: true\n", GOOD_TOOL + RUNTIME, []),
        ("has_runtime_parameters: false\n", GOOD_TOOL + RUNTIME, [("warning", "A")]),
        ("parameters: []\n", GOOD_TOOL + RUNTIME, [("warning", "A")]),
        ("parameters: []\n", GOOD_TOOL, []),
        ("has_runtime_parameters: true\n", "from somewhere import A\n", []),
    ],
)
def test_runtime_parameters(text: str, source: str, expected: list[tuple[str, str]]) -> None:
    assert places("python/runtime-parameters", changed(text, TOOL_YAML, files={TOOL: source})) == expected


# --- the subscription constructor of a trigger ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("subscription_schema: []\n", GOOD_TRIGGER, []),
        ("subscription_schema: []\n", GOOD_TRIGGER + CONSTRUCTOR, []),
        ("subscription_constructor:\n", GOOD_TRIGGER, []),
        ("subscription_constructor:\n  parameters: []\n", GOOD_TRIGGER + CONSTRUCTOR, []),
        (
            "subscription_constructor:\n  parameters: []\n",
            GOOD_TRIGGER,
            [("python/missing-class", "error", "subscription_constructor")],
        ),
        (
            "subscription_constructor:\n  parameters: []\n",
            GOOD_TRIGGER + "from somewhere import make\nC = make()\n",
            [],
        ),
        (
            "subscription_schema: []\n",
            GOOD_TRIGGER + CONSTRUCTOR + "class D(C): ...\n",
            [("python/several-classes", "error", "D")],
        ),
        (
            "subscription_schema: []\n",
            GOOD_TRIGGER + "class C(TriggerSubscriptionConstructor):\n    def _create_subscription(self, *a): ...\n",
            [("python/abstract-method", "warning", "C")],
        ),
    ],
)
def test_the_class_of_a_subscription_constructor(text: str, source: str, expected: list[tuple[str, str, str]]) -> None:
    tree = trigger(source, text)
    rules = ("python/missing-class", "python/several-classes", "python/abstract-method")
    assert [(rule, *place) for rule in rules for place in places(rule, tree)] == expected


METHODS = {
    "python/dynamic-select-options": (FETCH, "dynamic-select"),
    "python/oauth-methods": (AUTHORIZE + EXCHANGE, ""),
    "python/credentials-check": ("    def _validate_api_key(self, credentials): ...\n", "credentials_schema"),
}


@pytest.mark.parametrize("rule", METHODS)
def test_what_a_subscription_constructor_declares(rule: str) -> None:
    methods, place = METHODS[rule]
    assert found(rule, trigger(GOOD_TRIGGER + CONSTRUCTOR + methods, SUBSCRIBES)) == []
    assert found(rule, trigger(GOOD_TRIGGER + methods + CONSTRUCTOR, SUBSCRIBES)) != []
    tree = trigger(GOOD_TRIGGER + CONSTRUCTOR, SUBSCRIBES)
    (finding,) = found(rule, tree)
    assert finding.pointer is not None
    assert finding.pointer.startswith("/subscription_constructor/")
    assert "`C` in `provider/codehub.py` does not implement `_" in finding.message
    assert not place or text_at(tree, finding) == place


@pytest.mark.parametrize("rule", METHODS)
def test_what_stands_beside_the_subscription_constructor_is_read_by_nobody(rule: str) -> None:
    inner = "\n".join(line[2:] for line in SUBSCRIBES.splitlines()[1:]) + "\n"
    assert found(rule, trigger(GOOD_TRIGGER, inner)) == []
