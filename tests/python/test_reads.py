"""What code reads from a dictionary, and where it leaves sight."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from bot.limits import Limit
from bot.python import reads as reads_room
from bot.python.reads import MAX_GUARD_STEPS, MAX_VARIABLES, How, Traced, is_guarded, trace
from bot.python.scopes import Scopes, scopes_of
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
    ],
)
def test_keys_that_are_read(lines: list[str], keys: str) -> None:
    more = (
        "    def helper(self, p):\n        return p['a']\n"
        "    @staticmethod\n    def fixed(p):\n        p['c']\n"
        "KEY = 'a'\ndef helper(x, p):\n    p.get('b')\n"
        "class Other:\n    def run(self, p):\n        p['o']\n"
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
        "{**d}",
        "[d]",
        "d.items()",
        "d.copy()",
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
        "Model.model_validate(d)",
        "get = d.get",
        "x, y = d, 1",
        "d | {}",
        "global g; g = d",
        "locals()",
        "d.get",
        "self.none(d)",
        "def h(*rest): pass\n        h(d)",
        "for k in other: d[k]",
    ],
)
def test_where_the_dictionary_leaves_sight(line: str) -> None:
    assert traced(*line.split("\n        "))[0].escaped


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
    assert found.stored == {"a", "b", "c", "e"}
    assert "*" in traced("d[other] = 1")[0].stored
    assert "*" in traced("d.update(other)")[0].stored


def test_names_that_are_put_together_fit_by_their_frame() -> None:
    found, _ = traced("for i in range(3): d.get(f'agent_{i}_url')")
    assert found.reads_key("agent_2_url")
    assert not found.reads_key("agent_url")


def test_a_variable_that_may_hold_another_dictionary_is_not_sure() -> None:
    found, _ = traced("e = d", "e = make()", "e['a']")
    assert [read.sure for read in found.reads] == [False]


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
    "assert 'a' in d\nd['a']",
    "[d['a'] for x in other if 'a' in d]",
    "self.check(d)\nd['a']",
    "if 'a' in d: self.helper(d)",
    "for k in ('a',):\n    if k in d: d[k]",
    "with suppress(KeyError): d['a']",
]
BARE = [
    "d['a']",
    "x = d['a'] or 1",
    "if 'b' in d: d['a']",
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
