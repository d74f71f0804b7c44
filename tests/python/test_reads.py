"""What code reads from a dictionary, and where it leaves sight."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from bot.limits import Limit
from bot.python import reads as reads_room
from bot.python.fields import Taken, taken_by_class
from bot.python.reads import (
    MAX_GUARD_STEPS,
    MAX_READS,
    MAX_VARIABLES,
    How,
    Traced,
    called,
    is_guarded,
    list_of_texts,
    trace,
)
from bot.python.scopes import Scope, Scopes, scopes_of
from tests.python.plugins import modules_of


def traced(*lines: str, more: str = "", files: dict[str, str] | None = None) -> tuple[Traced, Scopes]:
    """What happens to `d` in a method of these lines; `more` stands below the class."""
    body = "\n".join(f"        {line}" for line in lines)
    head = "from tools import b\nclass Tool(b.Base):\n    def run(self, d, other=None):\n"
    source = f"{head}{body}\n{more}\n"
    base = {"tools/b.py": "class Base:\n    def inherited(self, p):\n        p['base']\n"}
    scopes = scopes_of(modules_of({"tools/a.py": source, **base, **(files or {})}))
    file = scopes.file_at("tools/a.py")
    assert file is not None
    cls = file.top.classes["Tool"]
    return trace(scopes, cls.functions["run"], "d", cls), scopes


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        (["d['a']"], "a"),
        (["d.get('a')", "d.get('b', 1)"], "a b"),
        (["d.pop('a', None)", "d.setdefault('b', 1)"], "a b"),
        (["'a' in d", "'b' not in d"], "a b"),
        (["e = d", "e['a']"], "a"),
        (["e = d or {}", "e['a']"], "a"),
        (["e = d", "e = dict()", "e['a']"], "a"),
        (["e = d", "e = None", "e['a']"], "a"),
        (["d.clear()", "d['a']"], "a"),
        (["if (e := d): e['a']"], "a"),
        (["e = d if d else {}", "e['a']"], "a"),
        (["(d or {}).get('a')"], "a"),
        (["e = dict(d)", "e['a']"], "a"),
        (["def inner():", "    return d['a']", "inner()"], "a"),
        (["f = lambda: d['a']"], "a"),
        (["[d['a'] for x in other]"], "a"),
        (["for k in ('a', 'b'): d[k]"], "a b"),
        (["for k, v in [('a', 1), ('b', 2)]: d.get(k)"], "a b"),
        (["m = {'a': 1, 'b': 2}", "for k, v in m.items(): d.get(k)", "for k in m: d[k]"], "a b a b"),
        (["m = {'x': 'a'}", "for k, v in m.items(): d.get(v)"], "a"),
        (["names = ['a']", "{k: d[k] for k in names if k in d}"], "a a"),
        (["d[KEY]"], "a"),
        (["d[b.KEY]"], "z"),
        (["d['a' if other else 'b']"], "a b"),
        (["match d:", "    case {'a': x}: pass"], "a"),
        (["self.inherited(d)"], "base"),
        (["self.helper(d)"], "a"),
        (["self.helper(p=d)"], "a"),
        (["helper(1, d)"], "b"),
        (["Tool.fixed(d)", "self.fixed(d)"], "c"),
        (["Other().run(d)"], "o"),
        (["o = Other()", "o.run(d)"], "o"),
        (["d['a'] += 1"], "a"),
        (["d.__getitem__('a')"], "a"),
        (["'%(a)s of %(b)05d %%(c)s' % d"], "a b"),
        (["'{a.x} {b[0]:>{c}} {{e}} {}'.format(1, **d)"], "a b c"),
        (["'{a}'.format_map(d)"], "a"),
        (["e = d | other", "e['a']"], "a"),
        (["e = {'x': 1} | d", "e['a']"], "a"),
        (["Kept(d)", "Kept(1, rest=d)"], "a b"),
    ],
)
def test_keys_that_are_read(lines: list[str], keys: str) -> None:
    more = (
        "    def helper(self, p):\n        return p['a']\n"
        "    @staticmethod\n    def fixed(p):\n        p['c']\n"
        "KEY = 'a'\ndef helper(x, p):\n    p.get('b')\n"
        "class Other:\n    def run(self, p):\n        p['o']\n"
        "class Kept:\n    def __init__(self, p, rest={}):\n        self.a = p['a']\n        rest['b']\n"
    )
    files = {"tools/b.py": "KEY = 'z'\nclass Base:\n    def inherited(self, p):\n        p['base']\n"}
    found, _ = traced(*lines, more=more, files=files)
    assert not found.escaped
    assert sorted(read.key for read in found.reads) == sorted(keys.split())


@pytest.mark.parametrize(
    "line",
    [
        "unknown(d)",
        "requests.post('x', json=d)",
        "f(**d)",
        "unknown({**d})",
        "[d]",
        "d.items()",
        "unknown(d.copy())",
        "deepcopy(d)",
        "keyed(d, other)",
        "keyed(d, *other)",
        "keyed(d, **other)",
        "keyed(d, key=other)",
        "self.relayed(d, other)",
        "def get(k): return d[k]\n        get('a'), get(other)",
        "def get(k): return d[k]\n        get('a'), list(map(get, other))",
        "def get(k): return d[k]",
        "def get(k): return get(k), d[k]\n        get('a')",
        "def get(k):\n            k = other\n            return d[k]\n        get('a')",
        "takes(*other, **d)",
        "takes(**d, **other)",
        "Decorated(**d)",
        "Loose(**d)",
        "Before(**d)",
        "Strange(**d)",
        "Unknown(**d)",
        "for k in d: pass",
        "[k for k in d]",
        "return d",
        "yield d",
        "self.d = d",
        "other['x'] = d",
        "d[other]",
        "d.get(other)",
        "d[f'{other}']",
        "Model(d)",
        "Whatever.model_validate(d)",
        "get = d.get",
        "x, y = d, 1",
        "d + other",
        "template % d",
        "template.format(**d)",
        "template.format_map(d)",
        "global g; g = d",
        "locals()",
        "d.get",
        "self.none(d)",
        "def h(*rest): pass\n        h(d)",
        "for k in other: d[k]",
    ],
)
def test_where_the_dictionary_leaves_sight(line: str) -> None:
    assert traced(*line.split("\n        "), more=TAKING)[0].escaped


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("unknown(d)", True),
        ("unknown(**d)", True),
        ("d.items()", True),
        ("map(d.get, other)", True),
        ("d[other]", True),
        ("for k in d: pass", True),
        ("[*d]", True),
        ("match d:\n            case {**rest}: pass", True),
        ("self.d = d", False),
        ("return d", False),
        ("sdk.helper(d)", False),
        ("Sdk.from_credentials(d)", False),
        ("Sdk().take(d)", False),
        ("other.get_instance().validate_credentials('m', d)", False),
    ],
)
def test_what_leaves_the_plugin(line: str, left: bool) -> None:
    more = "from dify_plugin import Tool as SdkTool\nfrom dify_plugin import sdk\nclass Sdk(SdkTool):\n    pass\n"
    more += "    def take(self, p):\n        super().take(p)\n"
    found, _ = traced(line, more=more)
    assert found.escaped
    assert found.left is left


TAKING = """
    def relayed(self, p, name, *, how=1):
        return keyed(p, key=name)
    def kept(self, a, b=1, *, c, e=2):
        pass
import copy
from pydantic import BaseModel, Field, model_validator, ConfigDict
from dataclasses import dataclass, field
from unknown import Whatever
def keyed(p, key='default', other=None):
    return p.get(key)
def tested(p, key):
    return p[key] if key in p else None
def takes(x, y=1, **rest):
    return rest['z']
class Model(BaseModel):
    a: str
    b: int = 1
    c: str | None
    given: str = Field(alias='d')
    e: list[str] = Field(default_factory=list)
    f: str = Field(..., description='x')
    g: Annotated[str, Field(description='x')]
    _private: int
    kind: ClassVar[str]
class Narrow(Model):
    b: int
class Loose(BaseModel):
    model_config = ConfigDict(extra='allow')
    a: str
class Before(BaseModel):
    a: str
    @model_validator(mode='before')
    def look(cls, values):
        return values
class Strange(BaseModel):
    a: str = Field(alias=make())
class Unknown(Whatever):
    a: str
@dataclass
class Data:
    a: str
    b: int = 1
    c: list = field(default_factory=list)
    e: int = field()
@whatever
class Decorated:
    a: str
class Made:
    def __init__(self, a, b=None):
        pass
"""


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        (["e = {**d}", "e['a']"], "a!"),
        (["e = {'x': 1, **d}", "e['a']"], "a!"),
        (["e = d.copy()", "e['a']"], "a!"),
        (["e = copy.deepcopy(d)", "e['a']"], "a!"),
        (["if 'x' in locals(): pass", "d['a']"], "a!"),
        (["keyed(d, 'a')", "keyed(d, key='b')", "keyed(d)"], "a b default"),
        (["tested(d, 'a')"], "a a"),
        (["self.relayed(d, 'a')", "self.relayed(d, 'b')", "keyed(d, 'c')"], "a b c"),
        (["for k in ('a', 'b'): keyed(d, k)"], "a b"),
        (["def get(k): return d[k]", "get('a')", "get('b')"], "a b"),
        (["def get(k='c'): return d[k]", "get('a')", "get()"], "a c"),
        (["takes(**d)"], "x! y z!"),
        (["takes(1, **d)"], "y z!"),
        (["takes(x=1, **d)"], "y z!"),
        (["self.kept(**d)"], "a! b c! e"),
        (["Model(**d)"], "a! b c! d! e f! g!"),
        (["Model(a=1, **d)"], "b c! d! e f! g!"),
        (["Model.model_validate(d)"], "a! b c! d! e f! g!"),
        (["Narrow(**d)"], "a! b! c! d! e f! g!"),
        (["Data(**d)"], "a! b c e!"),
        (["Made(**d)"], "a! b"),
    ],
)
def test_what_takes_the_dictionary_apart(lines: list[str], keys: str) -> None:
    found, _ = traced(*lines, more=TAKING)
    assert not found.escaped
    fails = [f"{read.key}!" if read.how is How.SUBSCRIPT else read.key for read in found.reads]
    assert sorted(fails) == sorted(keys.split())


def test_a_required_field_with_an_alias_only_is_required() -> None:
    more = "from pydantic import BaseModel, Field\nclass Model(BaseModel):\n    a: str = Field(alias='b')\n"
    found, _ = traced("Model(**d)", more=more)
    assert [(read.key, read.how, read.error) for read in found.reads] == [("b", How.SUBSCRIPT, "ValidationError")]


def test_what_refuses_other_keys() -> None:
    assert traced("self.kept(**d)", more=TAKING)[0].is_closed
    assert traced("Data(**d)", more=TAKING)[0].is_closed
    assert not traced("takes(**d)", more=TAKING)[0].is_closed
    assert not traced("Model(**d)", more=TAKING)[0].is_closed


@pytest.mark.parametrize(
    ("line", "guarded"),
    [
        ("Model(**d)", False),
        ("try: Model(**d)\nexcept ValidationError: pass", True),
        ("try: Model(**d)\nexcept ValueError as error: print(error)", True),
        ("try: Model(**d)\nexcept ValueError as error: raise E from error", False),
        ("try: Model(**d)\nexcept KeyError: pass", False),
        ("try: Data(**d)\nexcept TypeError: pass", True),
        ("if 'a' in d: Model(**d)", True),
    ],
)
def test_guards_of_what_takes_the_dictionary_apart(line: str, guarded: bool) -> None:
    found, scopes = traced(*line.split("\n"), more=TAKING)
    (read,) = [read for read in found.reads if read.key == "a" and read.how is How.SUBSCRIPT]
    assert is_guarded(scopes, read) is guarded


@pytest.mark.parametrize(
    "line",
    [
        "f'{d}'",
        "'%s' % d",
        "'%s %s' % (d, 1)",
        "str(d)",
        "len(d)",
        "print(d)",
        "logger.info('x', d)",
        "self._logger.debug(d)",
        "isinstance(d, dict)",
        "if d: pass",
        "if not d: pass",
        "d is None",
        "d == {}",
        "d",
        "assert d",
        "del d['a']",
        "d['a'] = 1",
        "d.update(a=1)",
        "d.update({'a': 1})",
    ],
)
def test_what_reads_no_key(line: str) -> None:
    found, _ = traced(line)
    assert not found.escaped
    assert found.reads == []


def test_keys_that_are_stored() -> None:
    found, _ = traced("d['a'] = 1", "d.update(b=1)", "d.update({'c': 1})", "d.setdefault('e', 1)")
    assert set(found.stored) == {"a", "b", "c", "e"}
    assert set(traced("d |= {'a': 1}", "e = {'b': 1} | d", "f = e | {'c': 1}")[0].stored) == {"a", "b", "c"}
    assert "*" in traced("d |= other")[0].stored
    assert "*" in traced("d[other] = 1")[0].stored
    assert "*" in traced("d.update(other)")[0].stored
    assert "*" in traced("d.update(**other)")[0].stored


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        ("KEYS", "a b"),
        ("('a', 'b')", "a b"),
        ("{'a'}", "a"),
        ("MIXED", None),
        ("TABLE", "a b"),
        ("TABLE[0]", None),
        ("TABLE.keys()", "a b"),
        ("TABLE.values()", "x y"),
        ("TABLE.keys(1)", None),
        ("TABLE.items()", None),
        ("TABLE.items()[0]", "a b"),
        ("TABLE.items()[1]", "x y"),
        ("TABLE.items()[2]", None),
        ("KEYS.items()[0]", None),
        ("KEYS.values()", None),
        ("none.keys()", None),
        ("list(KEYS)", "a b"),
        ("tuple(set(sorted(frozenset(KEYS))))", "a b"),
        ("list(list(list(list(list(KEYS)))))", None),
        ("list()", None),
        ("reversed(KEYS)", None),
        ("PAIRS[0]", "a b"),
        ("PAIRS[1]", None),
        ("PAIRS[2]", None),
        ("KEYS[0]", None),
        ("enumerate(KEYS)[1]", "a b"),
        ("enumerate(KEYS)[0]", None),
        ("enumerate(PAIRS)[1]", None),
        ("SAME", "a b"),
        ("1", None),
    ],
)
def test_texts_that_are_listed(expression: str, texts: str | None) -> None:
    source = "KEYS = ['a', 'b']\nMIXED = ['a', 1]\nTABLE = {'a': 'x', 'b': 'y'}\nPAIRS = [('a', 1), ('b', 2)]\n"
    source += "SAME = KEYS\n"
    scopes = scopes_of(modules_of({"tools/a.py": source}))
    file = scopes.file_at("tools/a.py")
    assert file is not None
    found = list_of_texts(scopes, ast.parse(expression, mode="eval").body, file.top)
    assert (None if found is None else " ".join(found)) == texts


@pytest.mark.parametrize(
    ("call", "leads_to"),
    [
        ("self.f(1)", "Sub.f 1"),
        ("self.only(1)", "Base.only 1"),
        ("self.fixed(1)", "Base.fixed 0"),
        ("self.made(1)", "Base.made 1"),
        ("super().f(1)", "Base.f 1"),
        ("super().none(1)", None),
        ("super(Mid, self).f(1)", "Base.f 1"),
        ("other().f(1)", None),
        ("Base().f(1)", "Base.f 1"),
        ("Base.f(self, 1)", "Base.f 0"),
        ("Base.made(1)", "Base.made 1"),
        ("Base.none(1)", None),
        ("kept.f(1)", "Base.f 1"),
        ("free(1)", " free 0"),
        ("Base(1)", None),
        ("unknown.f(1)", None),
        ("self.f.g(1)", None),
    ],
)
def test_the_function_that_a_call_runs(call: str, leads_to: str | None) -> None:
    source = f"""
class Base:
    def f(self, p): pass
    def only(self, p): pass
    @staticmethod
    def fixed(p): pass
    @classmethod
    def made(cls, p): pass
class Mid(Base):
    def f(self, p):
        kept = Base()
        {call}
class Sub(Mid):
    def f(self, p): pass
def free(p): pass
"""
    scopes = scopes_of(modules_of({"tools/a.py": source}))
    file = scopes.file_at("tools/a.py")
    assert file is not None
    node, where = next((node, where) for node, where in file.calls if node.lineno == 12)
    function, offset = called(scopes, node, where, file.top.classes["Sub"])
    owner = function.owner.name + "." if function is not None and function.owner is not None else " "
    assert (f"{owner}{function.name} {offset}" if function is not None else None) == leads_to


def test_names_that_are_put_together_fit_by_their_frame() -> None:
    found, _ = traced("for i in range(3): d.get(f'agent_{i}_url')")
    assert found.reads_key("agent_2_url")
    assert not found.reads_key("agent_url")


def test_a_variable_that_may_hold_another_dictionary_is_not_sure() -> None:
    found, _ = traced("e = d", "e = make()", "e['a']")
    assert [read.sure for read in found.reads] == [False]


@pytest.mark.parametrize(("value", "sure"), [("None", True), ("{}", True), ("dict()", True), ("dict(a=1)", False)])
def test_nothing_in_the_place_of_the_dictionary_leaves_a_variable_sure(value: str, sure: bool) -> None:
    found, _ = traced("e = d", f"if other: e = {value}", "e['a']")
    assert [read.sure for read in found.reads] == [sure]


def test_keyword_only_defaults_are_keys_too() -> None:
    more = "def keyed(p, *, key='default', other):\n    return p.get(key)\n"
    assert [read.key for read in traced("keyed(d, other=1)", more=more)[0].reads] == ["default"]


GUARDS = [
    "if 'a' in d: d['a']",
    "if d.get('a'): d['a']",
    "x = d['a'] if 'a' in d else 1",
    "'a' in d and d['a']",
    "if 'a' not in d: return\nd['a']",
    "if not d.get('a'): raise E\nd['a']",
    "a = d.get('a')\nif not a: return\nd['a']",
    "for k in ['a', 'b']:\n    if k not in d: raise E\nd['a']",
    "need = ['a']\nif not all(k in d for k in need): return\nd['a']",
    "try: d['a']\nexcept KeyError: pass",
    "try:\n    other()\n    d['a']\nexcept (KeyError, ValueError): pass",
    "try: x = d['a']\nexcept Exception: x = 1",
    "d['a'] = 1\nd['a']",
    "d.setdefault('a', 1)\nd['a']",
    "d.update(a=1)\nd['a']",
    "assert 'a' in d\nd['a']",
    "[d['a'] for x in other if 'a' in d]",
    "self.check(d)\nd['a']",
    "if 'a' in d: self.helper(d)",
    "for k in ('a',):\n    if k in d: d[k]",
    "with suppress(KeyError): d['a']",
    "d.update(other, a=1)\nd['a']",
    "for k in d:\n    if k == 'a': break\nelse: return\nd['a']",
]
BARE = [
    "d['a']",
    "x = d['a'] or 1",
    "if 'b' in d: d['a']",
    "other(a=1)\nd['a']",
    "d.copy(a=1)\nd['a']",
    "with open('a'): d['a']",
    "for k in other: print(k)\nd['a']",
    "if 'a' in d: pass\nf = lambda: d['a']",
    "if not d.get('a'): print('Invalid')\nd['a']",
    "try:\n    other()\n    d['a']\nexcept Exception as e: pass",
    "try: d['a']\nexcept ValueError: pass",
    "self.helper(d)",
    "self.look(d)\nd['a']",
]
MORE = """
    def helper(self, p):
        return p['a']
    def check(self, p):
        if not p.get('a'):
            raise ValueError
    def look(self, p):
        return p.get('a')
"""


@pytest.mark.parametrize(("code", "guarded"), [*((code, True) for code in GUARDS), *((code, False) for code in BARE)])
def test_what_guards_a_subscript(code: str, guarded: bool) -> None:
    found, scopes = traced(*code.split("\n"), more=MORE)
    last = [read for read in found.reads if read.how is How.SUBSCRIPT][-1]
    assert is_guarded(scopes, last) is guarded


def test_functions_that_call_each_other_end() -> None:
    found, _ = traced("f(d)", more="def f(p):\n    g(p)\ndef g(p):\n    f(p)\n    p['a']\n")
    assert [read.key for read in found.reads] == ["a"]


def test_more_variables_than_are_followed_count_as_out_of_sight() -> None:
    lines = ["x0 = d", *(f"x{n + 1} = x{n}" for n in range(300))]
    found, scopes = traced(*lines)
    assert found.escaped
    assert [(entry.path, entry.reason) for entry in scopes.modules.account] == [("tools/a.py", MAX_VARIABLES.reason)]


def test_a_model_that_takes_a_dictionary_in_thousands_of_calls_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = "from pydantic import BaseModel\nclass Model(BaseModel):\n" + "".join(f"    k{n}: int\n" for n in range(300))
    asked = 0

    def count(scopes: Scopes, cls: Scope) -> Taken | None:
        nonlocal asked
        asked += 1
        return taken_by_class(scopes, cls)

    monkeypatch.setattr(reads_room, "taken_by_class", count)
    found, scopes = traced(*["Model(**d)"] * 1_000, more=more)
    assert found.escaped
    assert len(found.reads) <= MAX_READS.most
    assert asked == 1
    assert [(entry.path, entry.reason) for entry in scopes.modules.account] == [("tools/a.py", MAX_READS.reason)]


def test_more_reads_than_are_followed_count_as_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads_room, "MAX_READS", Limit(10, "is too long"))
    assert not traced(*["d['a']"] * 10)[0].escaped
    found, _ = traced(*["d['a']"] * 11)
    assert found.escaped
    assert len(found.reads) == 10


def test_more_steps_than_are_taken_count_as_guarded() -> None:
    found, scopes = traced(*(f"x = d['k{n}']" for n in range(2_000)))
    answers = [is_guarded(scopes, read) for read in found.reads]
    assert (answers[0], answers[-1]) == (False, True)
    assert [entry.reason for entry in scopes.modules.account] == [MAX_GUARD_STEPS.reason]


def test_nothing_more_is_looked_at_after_the_last_step(monkeypatch: pytest.MonkeyPatch) -> None:
    found, scopes = traced(*(f"x = d['k{n}']" for n in range(200)))
    monkeypatch.setattr(reads_room, "MAX_GUARD_STEPS", Limit(10, "is too long"))
    looked = 0
    bodies = reads_room._bodies

    def count(node: ast.AST) -> Iterator[list[ast.stmt]]:
        nonlocal looked
        looked += 1
        return bodies(node)

    monkeypatch.setattr(reads_room, "_bodies", count)
    assert [is_guarded(scopes, read) for read in found.reads].count(False) < 10
    assert looked < 20


def test_a_variable_that_is_given_itself_a_thousand_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    is_empty = reads_room._is_empty

    def count(node: ast.expr | None) -> bool:
        nonlocal looked
        looked += 1
        return is_empty(node)

    monkeypatch.setattr(reads_room, "_is_empty", count)
    found, _ = traced("x = d", *["x = x"] * 1_000, "x['a']")
    assert [read.key for read in found.reads] == ["a"]
    assert looked < 10_000
