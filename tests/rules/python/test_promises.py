"""What a declaration promises and the code does not keep: outputs, checks, messages, attributes."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from packaging.version import Version

from bot.rules.registry import NotJudged, catalogue
from bot.source.memory import MemoryTree
from tests.rules.python.oracle import Sdk, tool
from tests.support.reviewing import changed, fixed, found, opened, text_at

YAML, CODE = "tools/current_weather.yaml", "tools/current_weather.py"
PROVIDER = "provider/weather.py"
ASKS = "credentials_for_provider:\n  key:\n    type: secret-input\n    required: true\n    label: {en_US: Key}\n"
OUTPUT, CHECK, DROPPED = "python/output-not-emitted", "python/check-never-runs", "python/message-dropped"
UNDECLARED = "python/undeclared-output"
WITHOUT, ATTRIBUTE, I18N = "python/tool-without-runtime", "python/unknown-attribute", "python/i18n-attribute"


def code(*lines: str, head: str = "", methods: str = "") -> MemoryTree:
    return changed("", CODE, files={CODE: tool(*lines, head=head, methods=methods)})


def places(rule: str, tree: MemoryTree) -> list[tuple[str, str]]:
    return [(item.severity.label, text_at(tree, item)) for item in found(rule, tree)]


# --- outputs ----------------------------------------------------------------------------------------------------------


def outputs(*names: str) -> str:
    properties = "".join(f"    {name}: {{type: string}}\n" for name in names)
    return f"output_schema:\n  type: object\n  properties:\n{properties}"


def emitting(*lines: str, names: tuple[str, ...] = ("a", "b"), methods: str = "", more: str = "") -> list[str]:
    source = tool(*lines, methods=methods) + more
    tree = changed(outputs(*names), YAML, files={CODE: source})
    return [text for _, text in places(OUTPUT, tree)]


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (["yield self.create_json_message({'a': 1, 'b': 2})"], ["output_schema"]),
        (["yield self.create_variable_message('a', 1)"], ["b"]),
        (["yield self.create_variable_message('a', 1)", "yield self.create_stream_variable_message('b', 1)"], []),
        (["yield self.create_variable_message(variable_name='a', variable_value=1)"], ["b"]),
        (["for n in ('a', 'b'): yield self.create_variable_message(n, 1)"], []),
        (["for n, v in {'a': 1, 'b': 2}.items(): yield self.create_variable_message(n, v)"], []),
        (["for n, v in make().items(): yield self.create_variable_message(n, v)"], []),
        (["yield from self.helper()"], ["b"]),
        (["yield from helper(self)"], ["a"]),
        (["yield from unknown(self)"], []),
        (["yield from unknown(self.create_variable_message)"], []),
        (["emit = self.create_variable_message", "yield emit('a', 1)"], []),
        (["yield {'x': self.create_variable_message}['x']('a', 1)"], []),
        (["emit = self.create_text_message", "yield emit('a')"], ["output_schema"]),
        (["V = Message.VariableMessage", "yield Message(V(variable_name='a'))"], []),
        (["yield Message(type='variable', message={'variable_name': 'a'})"], []),
        (["yield Message(type='text', message={'text': 'variable_name'})"], ["output_schema"]),
        (["yield from unknown(tool_parameters)"], ["output_schema"]),
        (["yield Message(VariableMessage(variable_name='a'))"], ["b"]),
    ],
)
def test_outputs(lines: list[str], at: list[str]) -> None:
    methods = "    def helper(self):\n        yield self.create_variable_message('a', 1)\n"
    if "self.helper" not in lines[0]:
        methods = ""
    more = "def helper(tool):\n    yield tool.create_variable_message('b', 1)\n"
    assert emitting(*lines, methods=methods, more=more) == at


def test_names_that_every_tool_has_are_another_rules_business() -> None:
    assert emitting("yield self.create_json_message({})", names=("text", "json", "files")) == []


def test_what_a_service_answers_may_be_described() -> None:
    source = tool("yield self.create_json_message(response.json())")
    tree = changed(outputs("a"), YAML, files={CODE: source})
    assert places(OUTPUT, tree) == [("notice", "a")]


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (["yield self.create_variable_message('a', 1)"], []),
        (["yield self.create_variable_message('c', 1)"], ["'c'"]),
        (["yield self.create_variable_message('c', 1)", "yield self.create_variable_message('d', 1)"], ["'c'"]),
        (["yield self.create_variable_message('c', 1)", "yield self.create_variable_message('c', 2)"], ["'c'"]),
        (["for n in ('a', 'c'): yield self.create_variable_message(n, 1)"], ["n"]),
        (["for n in make(): yield self.create_variable_message(n, 1)"], []),
        (["yield self.create_variable_message('json', 1)", "yield self.create_variable_message('text', 1)"], []),
        (["yield from self.helper()"], ["'c'"]),
        (["yield 1"], []),
        (["yield from unknown(self)", "yield self.create_stream_variable_message('c', '')"], ["'c'"]),
    ],
)
def test_outputs_that_are_not_declared(lines: list[str], at: list[str]) -> None:
    methods = "    def helper(self):\n        yield self.create_variable_message('c', 1)\n"
    tree = changed(outputs("a"), YAML, files={CODE: tool(*lines, methods=methods)})
    assert places(UNDECLARED, tree) == [("notice", text) for text in at]


def test_all_that_a_tool_does_not_declare_is_one_finding() -> None:
    lines = ["yield self.create_variable_message('b', 1)", "yield self.create_variable_message('c', 1)"]
    (finding,) = found(UNDECLARED, changed(outputs("a"), YAML, files={CODE: tool(*lines)}))
    assert "emits `b`, `c`, which `output_schema` does not declare" in finding.message
    assert finding.related[0].location.path == YAML
    (finding,) = found(UNDECLARED, code(*lines))
    assert "does not declare in an `output_schema`" in finding.message
    assert found(UNDECLARED, changed("output_schema: {$ref: x}", YAML, files={CODE: tool(*lines)})) == []


def test_tools_that_share_code_emit_what_one_of_them_declares() -> None:
    shared = "def emit(tool):\n    yield tool.create_variable_message('b', 1)\n"
    source = tool("yield from emit(self)", head="from tools.shared import emit\n")
    identity = "identity: {name: other, author: a, label: {en_US: A}}\ndescription: {human: {en_US: A}, llm: A}\n"
    provider = changed("", "provider/weather.yaml").read("provider/weather.yaml").decode()
    files = {
        CODE: source,
        "tools/shared.py": shared,
        "tools/other.yaml": identity + outputs("b") + "extra:\n  python:\n    source: tools/other.py\n",
        "tools/other.py": source,
        "provider/weather.yaml": provider.replace("tools:\n", "tools:\n  - tools/other.yaml\n", 1),
    }
    assert found(UNDECLARED, changed(outputs("a"), YAML, files=files)) == []
    files["tools/shared.py"] = shared.replace("'b'", "'c'")
    assert [item.location.path for item in found(UNDECLARED, changed(outputs("a"), YAML, files=files))] == [
        "tools/shared.py"
    ]


def test_a_tool_of_too_many_functions_is_not_judged_and_says_so() -> None:
    more = "".join(f"def f{number}():\n    f{number + 1}()\n" for number in range(400))
    tree = changed(outputs("a"), YAML, files={CODE: tool("yield f0()") + more})
    assert [type(item) for item in catalogue()[OUTPUT].check(opened(tree))] == [NotJudged]


def test_a_json_message_fills_no_variable(sdk_process: Sdk) -> None:
    answer = sdk_process.ask(source=tool("yield self.create_json_message({'a': 1})"))
    assert [message["type"] for message in answer["messages"]] == ["json"]


# --- calls that never run ---------------------------------------------------------------------------------------------

HEAD = "from dify_plugin import ToolProvider\nfrom tools.current_weather import CurrentWeatherTool\n"


def check(*lines: str, asks: str = ASKS, methods: str = "", generator: bool = True) -> MemoryTree:
    body = "".join(f"        {line}\n" for line in lines)
    provider = f"{HEAD}\n\nclass P(ToolProvider):\n    def _validate_credentials(self, credentials):\n{body}{methods}"
    run = "yield self.create_text_message('x')" if generator else "return [self.create_text_message('x')]"
    return changed(asks, "provider/weather.yaml", files={PROVIDER: provider, CODE: tool(run)})


INVOKE = "CurrentWeatherTool.from_credentials(credentials).invoke({})"


def test_a_check_whose_body_never_runs(sdk_process: Sdk) -> None:
    tree = check("try:", f"    {INVOKE}", "except Exception as e:", "    raise ValueError(e)")
    assert places(CHECK, tree) == [("warning", INVOKE)]
    (finding,) = found(CHECK, tree)
    assert f"for _ in {INVOKE}:\n                pass" in fixed(tree, finding)
    assert finding.related[0].location.path == CODE
    source = tool("raise ValueError('wrong key')", "yield 1")
    made = "CurrentWeatherTool.from_credentials({}).invoke({})"
    assert "generator" in sdk_process.ask(source=source, expression=made)["value"]
    assert sdk_process.ask(source=source, expression=f"list({made})") == {"error": "ValueError", "text": "wrong key"}


@pytest.mark.parametrize(
    "line",
    [
        f"for _ in {INVOKE}: pass",
        f"list({INVOKE})",
        f"next({INVOKE})",
        f"x = {INVOKE}",
        f"use({INVOKE})",
        "requests.get('x').invoke()",
    ],
)
def test_what_is_iterated_or_passed_on_may_run(line: str) -> None:
    assert places(CHECK, check(line)) == []


def test_a_tool_that_returns_a_list_runs() -> None:
    assert places(CHECK, check(INVOKE, generator=False)) == []


def test_a_provider_that_asks_for_nothing_is_never_asked() -> None:
    assert places(CHECK, check(INVOKE, asks="credentials_for_provider: {}\n")) == []


def test_a_generator_of_the_tool_that_is_called_by_its_own_name() -> None:
    line = INVOKE.replace(".invoke", "._invoke")
    assert places(CHECK, check(line)) == [("warning", line)]
    assert places(CHECK, check(line, generator=False)) == []


def test_a_variable_that_holds_the_tool() -> None:
    tree = check("t = CurrentWeatherTool.from_credentials(credentials)", "t.invoke({})")
    assert places(CHECK, tree) == [("warning", "t.invoke({})")]


def test_messages_that_nothing_yields() -> None:
    methods = (
        "    def helper(self):\n        yield self.create_text_message('x')\n"
        "    def plain(self):\n        def inner():\n            yield 1\n        return inner\n"
    )
    lines = ["self.create_text_message('a')", "self.helper()", "self.plain()", "self.finish_log_message(1)", "yield 1"]
    tree = code(*lines, methods=methods)
    assert places(DROPPED, tree) == [
        ("warning", "self.create_text_message('a')"),
        ("warning", "self.helper()"),
        ("notice", "self.finish_log_message(1)"),
    ]
    first, second, _ = found(DROPPED, tree)
    assert "        yield self.create_text_message('a')\n" in fixed(tree, first)
    assert "        yield from self.helper()\n" in fixed(tree, second)


@pytest.mark.parametrize(
    ("line", "dropped"),
    [
        ("tool_parameters and self.create_text_message('a')", True),
        ("self.create_text_message('a') if tool_parameters else None", True),
        ("x = tool_parameters and self.create_text_message('a')", False),
        ("self.create_text_message('a') and print()", False),
        ("print() if self.create_text_message('a') else None", False),
    ],
)
def test_a_message_in_what_a_statement_chooses(line: str, dropped: bool) -> None:
    findings = found(DROPPED, code(line, "yield 1"))
    assert [(item.severity.label, item.fix) for item in findings] == ([("warning", None)] if dropped else [])


def test_a_message_method_of_the_plugins_own_may_send_by_itself() -> None:
    methods = "    def create_text_message(self, text):\n        send(text)\n"
    assert places(DROPPED, code("self.create_text_message('a')", "yield 1", methods=methods)) == []


RETURNED = [
    ("if x: return self.create_text_message('a')", "self.create_text_message('a')", None),
    ("return self.create_text_message('a')", "self.create_text_message('a')", "yield self.create_text_message('a')"),
    ("return self.helper()", "self.helper()", "yield from self.helper()"),
    ("return ValueError('a')", "ValueError('a')", "raise ValueError('a')"),
    ("return", None, None),
    ("return other('a')", None, None),
    ("return self.answer('a')", None, None),
]


@pytest.mark.parametrize(("line", "at", "written"), RETURNED, ids=[line for line, *_ in RETURNED])
def test_what_a_generator_returns_is_lost(line: str, at: str | None, written: str | None) -> None:
    methods = "    def helper(self): yield 1\n    def answer(self, text): return text\n"
    tree = code("yield 1", line, methods=methods)
    assert places(DROPPED, tree) == [("warning", at)] * (at is not None)
    for finding in found(DROPPED, tree):
        assert (finding.fix is not None) is (written is not None)
        if written is not None:
            assert f"        {written}\n" in fixed(tree, finding)
    assert places(DROPPED, code(line, methods=methods)) == []  # It is no generator.


# --- tools made the wrong way -----------------------------------------------------------------------------------------


def test_a_tool_without_runtime_and_session(sdk_process: Sdk) -> None:
    line = "list(CurrentWeatherTool().invoke({}))"
    assert places(WITHOUT, check(line)) == [("error", "CurrentWeatherTool()")]
    assert sdk_process.ask(source=tool("yield 1"), expression="CurrentWeatherTool()")["error"] == "TypeError"
    assert places(WITHOUT, check("CurrentWeatherTool(1, 2)")) == []
    assert places(WITHOUT, check("CurrentWeatherTool(**credentials)")) == []
    assert places(WITHOUT, check(line, asks="credentials_for_provider: {}\n")) == []


def test_a_method_that_nothing_calls_makes_no_tool() -> None:
    method = "    def get_tools(self):\n        return [CurrentWeatherTool()]\n"
    assert places(WITHOUT, check("pass", methods=method)) == []
    assert len(places(WITHOUT, check("self.get_tools()", methods=method))) == 1


@pytest.mark.parametrize(
    ("name", "line", "found"),
    [
        ("_get_tools", "pass", 0),
        ("get_tools", "client.get_tools()", 0),
        ("_get_tools", "self._get_tools()", 1),
        ("_get_tools", "type(self)()._get_tools()", 0),
        ("_oauth_get_credentials", "pass", 1),
        ("helper", "P().helper()", 1),
        ("helper", "p = P()\n        p.helper()", 1),
    ],
)
def test_a_method_is_called_where_the_class_is_surely_meant(name: str, line: str, found: int) -> None:
    method = f"    def {name}(self):\n        return [CurrentWeatherTool()]\n"
    assert len(places(WITHOUT, check(line, methods=method))) == found


def test_a_tool_with_an_init_of_its_own_may_need_nothing() -> None:
    tree = code("CurrentWeatherTool()", "yield 1", methods="    def __init__(self): pass\n")
    assert places(WITHOUT, tree) == []


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("yield self.credentials['key']", ["self.credentials"]),
        ("yield self.fork_tool_runtime(1)", ["self.fork_tool_runtime"]),
        ("yield self.create_markdown_message('x')", ["self.create_markdown_message"]),
        ("yield self.runtime.credentials, self.session, self.create_text_message('x')", []),
        ("self.mine = 1\n        yield self.mine", []),
        ("yield self.constant, self.method, self.annotated", []),
        ("yield self.none if hasattr(self, 'none') else 1", []),
        ("try:\n            yield self.none\n        except AttributeError: pass", []),
        ("setattr(self, 'none', 1)\n        yield self.none", []),
        ("yield self.__class__", []),
    ],
)
def test_attributes_that_nothing_has(sdk_process: Sdk, line: str, at: list[str]) -> None:
    methods = "    constant = 1\n    annotated: int\n    def method(self): ...\n"
    tree = code(line, methods=methods)
    assert [text for _, text in places(ATTRIBUTE, tree)] == at
    if at:
        assert sdk_process.ask(source=tool(line, methods=methods))["error"] == "AttributeError"


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (["t = CurrentWeatherTool.from_credentials(credentials)", "t.fork_tool_runtime({})"], ["t.fork_tool_runtime"]),
        (["x = CurrentWeatherTool.from_credentials({}).none.other"], ["CurrentWeatherTool.from_credentials({}).none"]),
        (["for _ in CurrentWeatherTool.from_credentials({}).invoke({}): pass"], []),
        (["t = CurrentWeatherTool.from_credentials({})", "t = other", "t.none"], []),
        (["t = CurrentWeatherTool.from_credentials({})", "if hasattr(t, 'none'): t.none"], []),
        (["list(CurrentWeatherTool().none())"], []),
    ],
)
def test_what_a_tool_that_the_code_makes_does_not_have(lines: list[str], at: list[str]) -> None:
    assert places(ATTRIBUTE, check(*lines)) == [("error", text) for text in at]
    assert places(ATTRIBUTE, check(*lines, asks="credentials_for_provider: {}\n")) == []


def test_a_function_that_gets_the_tool_may_set_attributes() -> None:
    head = "def prepare(tool, name):\n    tool.mine = name\n"
    assert places(ATTRIBUTE, code("prepare(self, 'x')", "yield self.mine", head=head)) == []
    assert len(places(ATTRIBUTE, code("prepare(self, 'x')", "yield self.other", head=head))) == 1
    assert len(places(ATTRIBUTE, code("prepare(other, 'x')", "yield self.mine", head=head))) == 1


@pytest.mark.parametrize(
    ("more", "count"),
    [("", 1), ("CurrentWeatherTool.none = 1\n", 0), ("setattr(CurrentWeatherTool, 'none', 1)\n", 0), ("none = 1\n", 1)],
)
def test_attributes_that_a_module_sets_on_the_class(more: str, count: int) -> None:
    tree = changed("", CODE, files={CODE: tool("yield self.none") + more})
    assert len(places(ATTRIBUTE, tree)) == count


@pytest.mark.parametrize("base", ["ABC", "Generic[T]"])
def test_plain_bases_have_no_more_attributes(base: str) -> None:
    head = "from abc import ABC\nfrom typing import Generic\n"
    source = tool("yield self.none", head=head).replace("(Tool)", f"(Tool, {base})")
    assert len(places(ATTRIBUTE, changed("", CODE, files={CODE: source}))) == 1


def test_a_base_from_elsewhere_may_have_anything() -> None:
    source = tool("yield self.none").replace("from dify_plugin import Tool", "from dify_plugin import Tool\nimport x")
    tree = changed("", CODE, files={CODE: source.replace("(Tool)", "(Tool, x.Mixin)")})
    assert places(ATTRIBUTE, tree) == []


@pytest.mark.parametrize(
    ("requirement", "severity"),
    [("dify_plugin>=0.9.0,<1", "error"), ("dify_plugin>=0.5,<1", "warning"), ("dify_plugin>=0.5,<0.9", None)],
)
def test_localized_texts_have_other_attributes(sdk_process: Sdk, requirement: str, severity: str | None) -> None:
    head = "from dify_plugin.entities import I18nObject\n"
    source = tool("label = I18nObject(en_US='x')", "yield self.create_text_message(label.en_US)", head=head)
    tree = changed("", CODE, files={CODE: source, "requirements.txt": requirement + "\n"})
    assert places(I18N, tree) == ([(severity, "label.en_US")] if severity else [])
    if severity == "error":
        (finding,) = found(I18N, tree)
        # The old name fails since 0.9.0, the new one before it.
        works = [name for name in (source, fixed(tree, finding)) if "messages" in sdk_process.ask(source=name)]
        assert works == [fixed(tree, finding) if Version(version("dify_plugin")) >= Version("0.9.0") else source]


@pytest.mark.parametrize(
    "line", ["yield other.en_US", "yield make().label.en_US", "yield I18nObject(en_US='x')", "yield label.en_us"]
)
def test_what_is_not_certainly_a_localized_text(line: str) -> None:
    head = "from dify_plugin.entities import I18nObject\n"
    assert places(I18N, code("label = I18nObject(en_US='x')", line, head=head)) == []


def test_parameters_that_are_annotated() -> None:
    head = "from dify_plugin.entities import I18nObject\nfrom dify_plugin.entities.tool import ToolParameter\n"
    methods = (
        "    def a(self, x: I18nObject): return x.zh_Hans\n    def b(self, p: ToolParameter): return p.label.ja_JP\n"
        "    def c(self, x): return x.zh_Hans\n    def d(self, a: Optional[I18nObject]): return a.pt_BR\n"
        "    def e(self, b: 'None | I18nObject'): return b.pt_BR\n    def f(self, c: list[I18nObject]): c.pt_BR\n"
        "    def g(self, e: 'Other'): return e.pt_BR\n    def h(self, f: None | I18nObject): return f.pt_BR\n"
    )
    tree = code("yield 1", head=head, methods=methods)
    assert [text for _, text in places(I18N, tree)] == [
        *("x.zh_Hans", "p.label.ja_JP", "a.pt_BR", "b.pt_BR", "f.pt_BR"),
    ]


# --- how the SDK makes a tool -----------------------------------------------------------------------------------------

MADE = [
    ("", "takes"),
    (", runtime", "takes"),
    (", session, runtime", None),
    (", runtime, session, more", "asks"),
    (", runtime, session, *, more", "asks"),
    (", runtime, session, more=1", None),
    (", runtime, session, *, more=1", None),
    (", **options", None),
    (", more, **options", "asks"),
    (", *options", "takes"),
    (", *, runtime, session", None),
]


@pytest.mark.parametrize(("parameters", "problem"), MADE)
def test_what_the_sdk_makes_a_tool_with(parameters: str, problem: str | None, sdk_process: Sdk) -> None:
    methods = f"    def __init__(self{parameters}):\n        self.runtime = self.session = None\n"
    tree = code("yield 1", methods=methods)
    found_there = found("python/constructor", tree)
    assert [text_at(tree, item) for item in found_there] == ["__init__"] * (problem is not None)
    assert all(("does not take" in item.message) is (problem == "takes") for item in found_there)
    made = sdk_process.ask(
        source=tool("yield 1", methods=methods), expression="CurrentWeatherTool(runtime=1, session=2)"
    )
    assert (made.get("error") == "TypeError") is (problem is not None)
