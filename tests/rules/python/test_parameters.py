"""The parameters of tools and their like against those the code reads. The SDK says what happens."""

from __future__ import annotations

import pytest

from bot.findings import Finding
from bot.rules.registry import catalogue, run_rules
from bot.source.memory import MemoryTree
from tests.rules.python.oracle import Sdk, tool
from tests.support.reviewing import changed, fixed, found, opened, text_at

UNREAD, RENAMED = "python/unread-parameter", "python/renamed-parameter"
UNDECLARED, OPTIONAL = "python/undeclared-parameter", "python/optional-parameter"
YAML, CODE = "tools/current_weather.yaml", "tools/current_weather.py"


def parameters(**declared: str) -> str:
    """The parameters of the tool, each with what else its entry says."""
    items = "".join(
        f"  - name: {name}\n    type: string\n    form: llm\n    label: {{en_US: A}}\n"
        f"    human_description: {{en_US: A}}\n    llm_description: A\n{more}"
        for name, more in declared.items()
    )
    return f"parameters:\n{items}" if items else "parameters: []\n"


REQUIRED, BLANK, DEFAULT = "    required: true\n", "", "    default: x\n"


def plugin(code: str, files: dict[str, str] | None = None, /, **declared: str) -> MemoryTree:
    return changed(parameters(**declared), YAML, files={CODE: code, **(files or {})})


def said(tree: MemoryTree) -> list[tuple[str, str, str, str]]:
    """Rule, severity, file and text at fault of everything that the rules about parameters find."""
    findings: list[Finding] = [item for rule in (UNREAD, RENAMED, UNDECLARED, OPTIONAL) for item in found(rule, tree)]
    return [
        (item.rule.partition("/")[2], item.severity.label, item.location.path, text_at(tree, item)) for item in findings
    ]


def test_a_parameter_that_nothing_reads() -> None:
    reads = "yield [tool_parameters[name] for name in ('a', 'b', 'c')]"
    tree = plugin(tool(reads), a=REQUIRED, b=REQUIRED, c=REQUIRED, d=REQUIRED)
    assert said(tree) == [("unread-parameter", "warning", YAML, "d")]


def test_code_at_its_beginning_may_not_read_everything_yet() -> None:
    tree = plugin(tool("yield tool_parameters['a'], tool_parameters['b']"), a=REQUIRED, b=REQUIRED, d=REQUIRED)
    assert said(tree) == [("unread-parameter", "notice", YAML, "d")]


@pytest.mark.parametrize(
    "line",
    [
        "yield self.create_text_message(str(dict(**tool_parameters)))",
        "yield self.create_json_message(tool_parameters)",
        "yield helper(tool_parameters)",
        "yield self.create_text_message(' '.join(tool_parameters.values()))",
        "yield [tool_parameters[name] for name in make()]",
    ],
)
def test_nothing_is_said_of_parameters_out_of_sight(line: str) -> None:
    assert said(plugin(tool(line), a=REQUIRED, b=BLANK)) == []


GUARDS = """\
import contextlib
NAMES = ('a', 'b')
def need(given, name):
    if name not in given:
        raise ValueError(name)
def ready(given, name):
    return name in given
def fail(name):
    print(name)
    raise ValueError(name)
def text(given, name):
    if name in given:
        return given[name]
    return ''
def whole(given):
    return 'a' in given and 'b' in given
class Check:
    def __init__(self, given):
        if 'b' not in given:
            raise ValueError('b')
"""


@pytest.mark.parametrize(
    "lines",
    [
        ["p['b']"],
        ["if 'b' in p: p['b']"],
        ["'b' in p and p['b']"],
        ["'b' not in p or p['b']"],
        ["p['b'] if p.get('b') else 1"],
        ["[p[n] for n in NAMES]"],
        ["[p[n] for n in NAMES if n in p]"],
        ["if not p.get('b'): return", "p['b']"],
        ["need(p, 'b')", "p['b']"],
        ["need(p, 'a')", "p['b']"],
        ["need(p, name := 'b')", "p[name]"],
        ["if not ready(p, 'b'): return", "p['b']"],
        ["missing = [n for n in NAMES if not p.get(n)]", "if missing: return", "p['b']"],
        ["if missing := [n for n in NAMES if n not in p]: raise ValueError(missing)", "p['b']"],
        ["missing = {'b'} - set(('a',))", "if missing: return", "p['b']"],
        ["with contextlib.suppress(KeyError): p['b']"],
        ["try: p['b']", "except LookupError: pass"],
        ["p['b'] = p['b'].strip()"],
        ["p['b'] += 'x'"],
        ["p['b'] = p.get('b', '')", "p['b']"],
        ["p |= {'b': 1}", "p['b']"],
        ["p = p | {'b': 1}", "p['b']"],
        ["p = {'b': 1, **p}", "p['b']"],
        ["p.update([('b', 1)])", "p['b']"],
        ["'%(b)s' % p"],
        ["'%(a)s %%(b)s' % p", "p.get('b')"],
        ["'{b}'.format(**p)"],
        ["'{b[0]}'.format_map(p)"],
        ["if (q := p): q['b']"],
        ["Kept(p)"],
        ["Kept(p) if 'b' in p else 1"],
        ["f = (lambda: p['b']) if 'b' in p else None"],
        ["match p['a']:", "    case 'x' if 'b' in p: p['b']"],
        ["def f(): return p['b']", "f()"],
        ["def f(): return p['b']", "if 'b' in p: f()"],
        ["def f(): return p['b']", "def g(): return f()", "if 'b' in p: g()"],
        ["if 'b' not in p: fail('b')", "p['b']"],
        ["if 'b' not in p: text(p, 'b')", "p['b']"],
        ["text(p, 'b')", "p['b']"],
        ["Check(p)", "p['b']"],
        ["if not whole(p): return", "p['b']"],
        ["is_whole = whole(p)", "if is_whole: p['b']"],
    ],
)
def test_a_key_that_is_missing_is_named_just_where_the_sdk_fails(sdk_process: Sdk, lines: list[str]) -> None:
    more = "class Kept:\n    def __init__(self, p):\n        self.b = p['b']\n"
    code = tool("p = tool_parameters", *lines, "yield self.create_text_message('x')", head=GUARDS + more)
    fails = sdk_process.ask(source=code, parameters={"a": "x"}).get("error") == "KeyError"
    blank = [(rule, severity) for rule, severity, *_ in said(plugin(code, a=REQUIRED, b=BLANK)) if rule[:2] == "op"]
    assert blank == ([("optional-parameter", "warning")] if fails else [])


LOADED = "def load(*given):\n    return {'zone': 1, 'b': 2}\ndef work(a, b='', zone=''):\n    return a\n"


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        (["tool_parameters['zone']"], [UNDECLARED]),
        (["tool_parameters = load()", "tool_parameters['zone'], tool_parameters['b']"], []),
        (["tool_parameters = load(tool_parameters['a'])", "tool_parameters['zone']"], []),
        (["for tool_parameters in [load()]: tool_parameters['zone']"], []),
        (["tool_parameters['b']", "tool_parameters = load()"], [OPTIONAL]),
        (["tool_parameters = load(tool_parameters['b'])"], [OPTIONAL]),
        (["tool_parameters = {**tool_parameters} if tool_parameters else {}", "tool_parameters['b']"], [OPTIONAL]),
        (["tool_parameters = copy.deepcopy(tool_parameters or None)", "tool_parameters['b']"], [OPTIONAL]),
        (["given = typing.cast(dict, tool_parameters)", "given['b']"], [OPTIONAL]),
        (["work(**tool_parameters)", "work('', zone='x')"], []),
    ],
)
def test_another_dictionary_under_the_name_of_the_parameters(lines: list[str], rules: list[str]) -> None:
    code = tool(
        "tool_parameters['a'], tool_parameters.get('b')", *lines, "yield 1", head=LOADED + "import copy, typing\n"
    )
    assert [f"python/{rule}" for rule, *_ in said(plugin(code, a=REQUIRED, b=BLANK))] == rules


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["old = p.get('old')", "if old: raise ValueError(f'{old} is withdrawn')"], 0),
        (["old = p.get('old', 'auto')", "if old not in ('auto', 'x'): return", "if old == 'x': return"], 0),
        (["old = p.get('old')", "if not old: raise ValueError('old')"], 1),
        (["if not p.get('old'): raise ValueError('old')"], 1),
        (["if not p.get('a') and not p.get('old'): raise ValueError('a')"], 0),
        (["old = p.get('old')", "if old: raise ValueError('old')", "yield old"], 1),
        (["for k in ('a', 'old'):", "    if p.get(k): break"], 0),
        (["for k in ('old', 'a'):", "    if p.get(k): break"], 1),
        (["for k in ('a', 'old'): p.get(k)"], 1),
        (["next((p[k] for k in ('a', 'old') if k in p), None)"], 0),
        (["next(filter(None, (p.get(k) for k in ('a', 'old'))), None)"], 0),
        (["list(p[k] for k in ('a', 'old') if k in p)"], 1),
        (["p.__contains__('old')"], 0),
    ],
)
def test_what_is_read_only_to_refuse_it_or_in_place_of_a_declared_one(lines: list[str], count: int) -> None:
    tree = plugin(tool("p = tool_parameters", "p['a']", *lines, "yield 1"), a=REQUIRED)
    assert len(found(UNDECLARED, tree)) == count


@pytest.mark.parametrize("line", ["from tools.shared import *", "from tools.shared import work"])
def test_a_function_by_an_import_of_everything(line: str) -> None:
    code = tool("yield work(tool_parameters)", head=f"{line}\n")
    tree = plugin(code, {"tools/shared.py": "def work(given):\n    return given['b']\n"}, b=BLANK)
    assert said(tree) == [("optional-parameter", "warning", "tools/shared.py", "'b'")]


@pytest.mark.parametrize(("decorator", "count"), [("@staticmethod\n", 1), ("@tool(name='x')\n", 0)])
def test_a_decorator_may_make_a_function_take_something_else(decorator: str, count: int) -> None:
    method = "    @staticmethod\n    def work(b):\n        return b\n".replace("@staticmethod\n", decorator)
    tree = plugin(tool("yield self.work(**tool_parameters)", methods=method), b=BLANK)
    assert len(found(OPTIONAL, tree)) == count


def test_runtime_parameters_silence_everything() -> None:
    code = tool("yield 1", methods="    def _get_runtime_parameters(self):\n        return []\n")
    assert said(plugin(code, a=REQUIRED)) == []


@pytest.mark.parametrize("name", ["query_description", "reason", "thought", "search_reasoning"])
def test_what_makes_the_model_explain_itself_need_not_be_read(name: str) -> None:
    assert said(plugin(tool("yield 1"), **{name: REQUIRED})) == []


@pytest.mark.parametrize(
    ("declared", "read"),
    [("username", "userName"), ("tag", "tags"), ("status", "status_id"), ("limit", "rows"), ("quarter", "qaurter")],
)
def test_a_parameter_under_another_name(sdk_process: Sdk, declared: str, read: str) -> None:
    code = tool(f"yield self.create_text_message(str(tool_parameters.get('{read}')))")
    tree = plugin(code, **{declared: REQUIRED})
    assert said(tree) == [("renamed-parameter", "warning", YAML, declared)]
    (finding,) = found(RENAMED, tree)
    assert finding.related[0].location.path == CODE
    answer = sdk_process.ask(source=code, parameters={declared: "entered"})
    assert answer["messages"][0]["message"]["text"] == "None"


def test_the_code_fails_when_it_subscripts_the_other_name(sdk_process: Sdk) -> None:
    code = tool("yield self.create_text_message(tool_parameters['file_path'])")
    tree = plugin(code, filepath=REQUIRED)
    assert said(tree) == [("renamed-parameter", "error", YAML, "filepath")]
    assert sdk_process.ask(source=code, parameters={"filepath": "x"}) == {"error": "KeyError", "text": "'file_path'"}
    (finding,) = found(RENAMED, tree)
    assert finding.fix is not None
    (edit,) = finding.fix.edits
    assert (edit.path, edit.text) == (CODE, "'filepath'")
    repaired = code.replace("'file_path'", edit.text)
    assert "messages" in sdk_process.ask(source=repaired, parameters={"filepath": "x"})


@pytest.mark.parametrize(
    ("reads", "kind", "rules"),
    [
        ("tool_parameters.get('rows', 3)", "number", [RENAMED]),
        ("tool_parameters.get('rows', '')", "number", [UNREAD, UNDECLARED]),
        ("tool_parameters.get('rows', True)", "number", [UNREAD, UNDECLARED]),
        ("tool_parameters.get('rows')", "number", [UNREAD, UNDECLARED]),
        ("tool_parameters.get('limiter')", "number", [RENAMED]),
        ("tool_parameters.get('limitation')", "number", [RENAMED]),
        ("shared(tool_parameters)", "number", [UNREAD]),
    ],
)
def test_the_only_two_that_are_left_are_the_same_only_where_something_says_so(
    reads: str, kind: str, rules: list[str]
) -> None:
    head = "from tools.shared import shared\n"
    code = tool(f"yield tool_parameters['a'], tool_parameters['b'], tool_parameters['c'], {reads}", head=head)
    declared = parameters(a=REQUIRED, b=REQUIRED, c=REQUIRED, limit=BLANK).replace("string", kind)
    other = parameters(rows=REQUIRED) + "extra:\n  python:\n    source: tools/other.py\n"
    identity = "identity: {name: other, author: a, label: {en_US: A}}\ndescription: {human: {en_US: A}, llm: A}\n"
    provider = changed("", "provider/weather.yaml").read("provider/weather.yaml").decode()
    files = {
        CODE: code,
        "tools/shared.py": "def shared(given):\n    return given.get('rows', 3)\n",
        "tools/other.yaml": identity + other,
        "tools/other.py": tool("yield shared(tool_parameters)", head=head),
        "provider/weather.yaml": provider.replace("tools:\n", "tools:\n  - tools/other.yaml\n", 1),
    }
    tree = changed(
        declared, YAML, files=files if "shared" in reads else {CODE: code, "tools/shared.py": "shared = 1\n"}
    )
    assert [rule for rule, *_ in said(tree)] == [rule.partition("/")[2] for rule in rules]


def test_code_that_classes_share_may_read_what_one_of_them_declares() -> None:
    base = "from dify_plugin import Tool\n\n\nclass Base(Tool):\n    def _invoke(self, tool_parameters):\n"
    base += "        yield tool_parameters.get('a'), tool_parameters.get('b'){}\n"
    derived = "from tools import base\n\n\nclass {}(base.Base):\n    pass\n"
    other = parameters(b=BLANK) + "extra:\n  python:\n    source: tools/other.py\n"
    identity = "identity: {name: other, author: a, label: {en_US: A}}\ndescription: {human: {en_US: A}, llm: A}\n"
    provider = changed("", "provider/weather.yaml").read("provider/weather.yaml").decode()
    files = {
        "tools/base.py": base.format(""),
        "tools/other.py": derived.format("OtherTool"),
        "tools/other.yaml": identity + other,
        "provider/weather.yaml": provider.replace("tools:\n", "tools:\n  - tools/other.yaml\n", 1),
    }
    assert said(plugin(derived.format("CurrentWeatherTool"), files, a=BLANK)) == []
    files["tools/base.py"] = base.format(", tool_parameters.get('c')")
    tree = plugin(derived.format("CurrentWeatherTool"), files, a=BLANK)
    assert said(tree) == [("undeclared-parameter", "notice", "tools/base.py", "'c'")]


def test_code_may_look_among_the_parameters_for_what_the_provider_asks_for() -> None:
    assert said(plugin(tool("yield tool_parameters['a'], tool_parameters.get('api_key')"), a=REQUIRED)) == []
    failing = plugin(tool("yield tool_parameters['a'], tool_parameters['api_key']"), a=REQUIRED)
    assert said(failing) == [("undeclared-parameter", "error", CODE, "'api_key'")]


@pytest.mark.parametrize(
    ("declared", "read"), [("image1", "image2"), ("min_price", "max_price"), ("begin_date", "end_date"), ("lat", "lng")]
)
def test_names_that_differ_by_meaning_are_not_misspelt(declared: str, read: str) -> None:
    code = tool(f"yield tool_parameters.get('{read}'), tool_parameters.get('other')")
    rules = [rule for rule, *_ in said(plugin(code, **{declared: BLANK}))]
    assert rules == ["unread-parameter", "undeclared-parameter", "undeclared-parameter"]


def test_names_that_have_nothing_in_common_are_not_renamed_by_a_fix() -> None:
    tree = plugin(tool("yield tool_parameters.get('rows')"), limit=BLANK)
    assert [item.fix for item in found(RENAMED, tree)] == [None]


def test_two_unread_and_two_undeclared_without_likeness_are_four_findings() -> None:
    tree = plugin(tool("yield tool_parameters.get('x1'), tool_parameters.get('x2')"), a=BLANK, b=BLANK)
    assert [rule for rule, *_ in said(tree)] == ["unread-parameter"] * 2 + ["undeclared-parameter"] * 2


def test_a_parameter_that_is_not_declared(sdk_process: Sdk) -> None:
    code = tool("yield self.create_text_message(tool_parameters['a'] + tool_parameters['b'])")
    tree = plugin(code, a=REQUIRED)
    assert said(tree) == [("undeclared-parameter", "error", CODE, "'b'")]
    assert sdk_process.ask(source=code, parameters={"a": "x"})["error"] == "KeyError"
    lost = plugin(tool("yield tool_parameters['a'], tool_parameters.get('b', 1)"), a=REQUIRED)
    assert said(lost) == [("undeclared-parameter", "notice", CODE, "'b'")]


@pytest.mark.parametrize(
    "lines",
    [
        ["x = tool_parameters.get('a') or tool_parameters.get('old')", "yield x"],
        ["x = tool_parameters.get('a')", "if not x:", "    x = tool_parameters.get('old')", "yield x"],
        ["if 'a' in tool_parameters:", "    x = 1", "else:", "    x = tool_parameters.get('old')", "yield x"],
        ["x = tool_parameters['a'] if 'a' in tool_parameters else tool_parameters.get('old')", "yield x"],
        ["yield tool_parameters.get('a', tool_parameters.get('old'))"],
        ["yield tool_parameters['a']", "if tool_parameters.get('old'):", "    raise ValueError('withdrawn')"],
        ["tool_parameters['old'] = 1", "yield tool_parameters['a'], tool_parameters['old']"],
        ["yield tool_parameters['a'], 'old' in tool_parameters"],
    ],
)
def test_fallbacks_and_refusals_are_not_undeclared(lines: list[str]) -> None:
    assert said(plugin(tool(*lines), a=DEFAULT)) == []


def test_a_source_that_two_documents_name() -> None:
    other = parameters(b=REQUIRED) + "extra:\n  python:\n    source: tools/current_weather.py\n"
    head = "identity: {name: other, author: a, label: {en_US: A}}\ndescription: {human: {en_US: A}, llm: A}\n"
    provider = changed("", "provider/weather.yaml").read("provider/weather.yaml").decode()
    files = {
        "tools/other.yaml": head + other,
        "provider/weather.yaml": provider.replace("tools:\n", "tools:\n  - tools/other.yaml\n", 1),
    }
    code = tool("yield tool_parameters.get('a'), tool_parameters.get('b')")
    assert said(plugin(code, files, a=REQUIRED)) == []
    assert [rule for rule, *_ in said(plugin(tool("yield tool_parameters.get('a')"), files, a=REQUIRED))] == [
        "unread-parameter"
    ]


def test_an_optional_parameter_that_is_taken_for_granted(sdk_process: Sdk) -> None:
    code = tool("yield self.create_text_message(text=tool_parameters['a'])")
    tree = plugin(code, a=BLANK)
    assert said(tree) == [("optional-parameter", "warning", CODE, "'a'")]
    assert sdk_process.ask(source=code, parameters={}) == {"error": "KeyError", "text": "'a'"}
    (finding,) = found(OPTIONAL, tree)
    assert "tool_parameters.get('a')" in fixed(tree, finding)
    assert said(plugin(code, a=DEFAULT)) == []
    assert said(plugin(code, a=REQUIRED)) == []


@pytest.mark.parametrize(
    "lines",
    [
        ["if 'a' in tool_parameters:", "    yield tool_parameters['a']"],
        ["if not tool_parameters.get('a'):", "    raise ValueError", "yield tool_parameters['a']"],
        ["try:", "    yield tool_parameters['a']", "except KeyError:", "    yield 1"],
    ],
)
def test_what_is_guarded_may_be_optional(lines: list[str]) -> None:
    assert said(plugin(tool(*lines), a=BLANK)) == []


AGENT = "from dify_plugin.interfaces.agent import AgentStrategy\n\n\nclass PlannerStrategy(AgentStrategy):\n"
AGENT += "    def _invoke(self, parameters):\n        yield {}\n"
SITE = "from dify_plugin.interfaces.datasource.website import WebsiteCrawlDatasource\n\n\n"
SITE += (
    "class Pages(WebsiteCrawlDatasource):\n    def _get_website_crawl(self, datasource_parameters):\n        yield {}\n"
)
EVENT = "from dify_plugin.interfaces.trigger import Event\n\n\nclass StarEvent(Event):\n"
EVENT += "    def _on_event(self, request, parameters, payload):\n        return {}\n"
OTHERS = {
    "agent": ("strategies/planner", AGENT, "parameters", "agent strategy"),
    "datasource": ("datasources/pages", SITE, "datasource_parameters", "datasource"),
    "trigger": ("events/star", EVENT, "parameters", "event"),
}


@pytest.mark.parametrize("base", OTHERS)
@pytest.mark.parametrize(
    ("reads", "rule", "severity"),
    [
        ("{0}.get('a'), {0}.get('b')", None, ""),
        ("{0}.get('a')", UNREAD, "warning"),
        ("{0}.get('a'), {0}.get('bee', 'x')", RENAMED, "warning"),
        ("{0}.get('a'), {0}['bee']", RENAMED, "error"),
        ("{0}.get('a'), {0}.get('b'), {0}.get('c')", UNDECLARED, "notice"),
        ("{0}.get('a'), {0}.get('b'), {0}['c']", UNDECLARED, "error"),
        ("{0}.get('a'), {0}['b']", OPTIONAL, "warning"),
        ("unknown({0})", None, ""),
    ],
)
def test_the_parameters_of_the_other_kinds(base: str, reads: str, rule: str | None, severity: str) -> None:
    place, code, name, kind = OTHERS[base]
    names = ("a", "bees") if rule == RENAMED else ("a", "b")
    items = "".join(f"  - name: {each}\n    type: string\n    label: {{en_US: A}}\n" for each in names)
    tree = changed(f"parameters:\n{items}", f"{place}.yaml", base, {f"{place}.py": code.format(reads.format(name))})
    findings = [item for each in (UNREAD, RENAMED, UNDECLARED, OPTIONAL) for item in found(each, tree)]
    assert [(item.rule, item.severity.label) for item in findings] == ([(rule, severity)] if rule else [])
    if rule == UNDECLARED:
        assert f"which the {kind} does not declare" in findings[0].message


MODEL = "from pydantic import BaseModel\n\n\nclass Asked(BaseModel):\n    a: str\n    b: str{}\n\n\n"
ECHO = "yield self.create_text_message(str(Asked(**tool_parameters)))"


def test_a_model_that_takes_the_parameters_needs_what_is_optional(sdk_process: Sdk) -> None:
    code = tool(ECHO, head=MODEL.format(""))
    tree = plugin(code, a=REQUIRED, b=BLANK)
    assert said(tree) == [("optional-parameter", "warning", CODE, "b")]
    (finding,) = found(OPTIONAL, tree)
    assert "ValidationError" in finding.message
    assert sdk_process.ask(source=code, parameters={"a": "x"})["error"] == "ValidationError"
    assert said(plugin(tool(ECHO, head=MODEL.format(" = ''")), a=REQUIRED, b=BLANK)) == []


def test_a_model_drops_what_it_does_not_take(sdk_process: Sdk) -> None:
    code = tool(ECHO, head=MODEL.format(" = ''"))
    tree = plugin(code, a=REQUIRED, b=BLANK, zone=BLANK)
    assert said(tree) == [("unread-parameter", "notice", YAML, "zone")]
    answer = sdk_process.ask(source=code, parameters={"a": "x", "zone": "y"})
    assert answer["messages"][0]["message"]["text"] == "a='x' b=''"


def test_a_function_that_takes_the_parameters_by_name(sdk_process: Sdk) -> None:
    code = tool("yield from self.run(**tool_parameters)", methods="    def run(self, a, b):\n        yield a\n")
    assert said(plugin(code, a=REQUIRED, b=REQUIRED)) == []
    undeclared = plugin(code, a=REQUIRED)
    assert said(undeclared) == [("undeclared-parameter", "error", CODE, "b")]
    assert sdk_process.ask(source=code, parameters={"a": "x"})["error"] == "TypeError"
    refused = plugin(code, a=REQUIRED, b=REQUIRED, zone=REQUIRED)
    (finding,) = found(UNREAD, refused)
    assert "it fails with a TypeError when it is set" in finding.message
    assert sdk_process.ask(source=code, parameters={"a": "x", "b": "x", "zone": "y"})["error"] == "TypeError"


def test_a_helper_that_is_given_the_key() -> None:
    head = "def entered(given, key):\n    return given.get(key)\n\n\n"
    code = tool("yield entered(tool_parameters, 'a'), entered(tool_parameters, 'b')", head=head)
    assert said(plugin(code, a=BLANK, b=BLANK)) == []
    assert said(plugin(code, a=BLANK, zone=BLANK)) == [
        ("unread-parameter", "notice", YAML, "zone"),
        ("undeclared-parameter", "notice", CODE, "'b'"),
    ]


def test_more_code_than_is_followed_is_not_judged_and_says_so() -> None:
    many = [f"x = tool_parameters['p{number}']" for number in range(1_000)]
    tree = plugin(tool(*many, "yield x"), **{f"p{number}": BLANK for number in range(1_000)})
    assert OPTIONAL in unchecked(tree)
    aliases = ["x0 = tool_parameters", *(f"x{number + 1} = x{number}" for number in range(200)), "yield 1"]
    assert UNREAD in unchecked(plugin(tool(*aliases), a=BLANK))


def unchecked(tree: MemoryTree) -> set[str]:
    return {entry.rule for entry in run_rules(opened(tree), list(catalogue().values())).unchecked}
