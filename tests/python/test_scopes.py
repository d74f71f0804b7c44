from __future__ import annotations

import ast
import sys

import pytest

from bot.findings import Span
from bot.python import scopes as scopes_room
from bot.python.scopes import (
    MAX_ALTERNATIVES,
    MAX_FILES,
    MAX_LINEAGE,
    MAX_NAMES,
    File,
    Imported,
    Mark,
    Outside,
    Own,
    Ref,
    Scope,
    Scopes,
    Value,
    dotted,
    instance_class,
    scopes_of,
)
from tests.python.plugins import modules_of


def scopes(files: dict[str, str]) -> Scopes:
    return scopes_of(modules_of(files))


def read(source: str) -> File:
    file = scopes({"tools/a.py": source}).file_at("tools/a.py")
    assert file is not None
    return file


def dumped(values: list[ast.expr | None]) -> list[str | None]:
    return [None if value is None else ast.unparse(value) for value in values]


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("x = 1", ["1"]),
        ("x: int = 1", ["1"]),
        ("x: int", []),
        ("x = y = 1", ["1"]),
        ("x, y = 1, 2", ["1"]),
        ("(y, [x]) = 1, [2]", ["2"]),
        ("*x, y = 1, 2", [None]),
        ("x, *y = 1, 2", [None]),
        ("x, y = *z, 1", [None]),
        ("match y:\n    case x: pass", [None]),
        ("match y:\n    case [*x]: pass", [None]),
        ("match y:\n    case {**x}: pass", [None]),
        ("x, y = make()", [None]),
        ("x, y = 1, 2, 3", [None]),
        ("print(x := 1)", ["1"]),
        ("x += 1", [None]),
        ("for x in y: pass", [None]),
        ("[x for x in y]", [None]),
        ("with y as x: pass", [None]),
        ("try: pass\nexcept E as x: pass", [None]),
        ("def x(): pass", [None]),
        ("class x: pass", [None]),
        ("x = 1\nx = 2", ["1", "2"]),
        ("def f():\n    x = 1", []),
        ("y.x = 1", []),
    ],
)
def test_the_values_of_a_name(source: str, values: list[str | None]) -> None:
    assert dumped(read(source).top.names["x"]) == values


def test_imports_are_kept_as_written() -> None:
    top = read("import a.b\nimport a.c as d\nfrom e import f\nfrom ..g import h as i\nfrom e import z as f").top
    assert top.imports == {
        "a": [Imported("a")],
        "d": [Imported("a.c")],
        "f": [Imported("e", 0, "f"), Imported("e", 0, "z")],
        "i": [Imported("g", 2, "h")],
    }
    assert not top.names


def test_a_class_has_attributes_and_what_its_methods_return() -> None:
    source = """
class A:
    x = 1
    @property
    def p(self):
        return 2
    def m(this, other):
        this.y = 3
        other.z = 4
        def inner():
            this.w = 5
            return 6
        return inner
    @staticmethod
    def s(self):
        self.v = 7
"""
    cls = read(source).top.classes["A"]
    assert {name: dumped([value for value, _ in values]) for name, values in cls.attributes.items()} == {
        "x": ["1"], "p": ["2"], "y": ["3"], "w": ["5"],
    }  # fmt: skip
    assert dumped([value for value, _ in cls.returns["m"]]) == ["inner"]
    assert cls.functions["m"].self_name == "this"
    assert cls.functions["s"].self_name is None
    assert list(cls.functions["m"].parameters) == ["this", "other"]
    assert cls.functions["p"].decorators == {"property"}
    assert instance_class("this", cls.functions["m"].functions["inner"]) is cls
    assert instance_class("other", cls.functions["m"]) is None


def test_only_its_own_yields_make_a_function_a_generator() -> None:
    top = read(
        "def f():\n    def g():\n        yield 1\n    lambda: (yield)\n    return g\ndef h():\n    yield from f()"
    ).top
    assert [len(top.functions[name].yields) for name in "fh"] == [0, 1]
    assert len(top.functions["f"].functions["g"].yields) == 1


def test_reads_belong_to_the_scope_that_binds_the_name() -> None:
    source = """
x = 1
def f(x):
    x
    def g():
        return x
    lambda x: x
class A:
    x = 2
    y = x
    def m(self):
        return x
"""
    file = read(source)

    def lines(scope: Scope) -> list[int]:
        return [node.lineno for node in file.reads(scope, "x")]

    assert lines(file.top.functions["f"]) == [4, 6]
    assert lines(file.top.classes["A"]) == [10]
    assert lines(file.top) == [12]
    assert file.reads(file.top, "nothing") == ()


def test_heads_stand_outside_of_their_definitions() -> None:
    file = read("@deco(1)\ndef f(a=2):\n    3\n    lambda b=4: 5\nclass A(B[6]):\n    7")
    scope_of = {node.value: file.scope_of(node) for node in ast.walk(file.top.node) if isinstance(node, ast.Constant)}
    function, cls = file.top.functions["f"], file.top.classes["A"]
    assert [scope_of[number] for number in (1, 2, 3, 4, 6, 7)] == [
        file.top,
        file.top,
        function,
        function,
        file.top,
        cls,
    ]
    assert isinstance(scope_of[5].node, ast.Lambda)


def test_outermost_chains_calls_and_strings_are_listed() -> None:
    file = read("a.b.c(d.e)\nx.y = 'text'\nf\n")
    assert [ast.unparse(node) for node, _ in file.attributes] == ["a.b.c", "d.e"]
    assert [ast.unparse(node) for node, _ in file.calls] == ["a.b.c(d.e)"]
    assert [text for _, text in file.strings] == ["text"]
    assert {node.id for node, _ in file.names} == {"a", "d", "x", "f"}


# Where names lead

FILES = {
    "tools/a.py": """
from tools.b import f, A as B, missing
from . import b
import tools.b
import tools.b as tb
import requests
""",
    "tools/b.py": """
from .c import Base, g
def f(): pass
h = f
class A(Base):
    def own(self): pass
""",
    "tools/c.py": """
import dify_plugin
def g(): pass
class Base(dify_plugin.Tool):
    def own(self): pass
    def inherited(self): pass
""",
}


@pytest.mark.parametrize(
    ("expression", "leads_to"),
    [
        ("f", ("tools/b.py", "f")),
        ("B", ("tools/b.py", "A")),
        ("b.f", ("tools/b.py", "f")),
        ("tools.b.f", ("tools/b.py", "f")),
        ("tb.h", ("tools/b.py", "f")),
        ("b.g", ("tools/c.py", "g")),
        ("B.own", ("tools/b.py", "own")),
        ("B.inherited", ("tools/c.py", "inherited")),
        ("B.none", None),
        ("missing", None),
        ("requests.get", None),
        ("f.own", None),
        ("f()", None),
        ("unbound", None),
    ],
)
def test_definitions_are_found_through_files(expression: str, leads_to: tuple[str, str] | None) -> None:
    known = scopes(FILES)
    file = known.file_at("tools/a.py")
    assert file is not None
    found = known.definition(ast.parse(expression, mode="eval").body, file.top)
    assert (found and (found.file.module.path, found.name)) == leads_to


@pytest.mark.parametrize(
    "source",
    [
        "def f(): pass\ndel f",
        "def f(): pass\nif x:\n    def f(): pass",
        "if x:\n    f = a\nelse:\n    from b import f",
        "f = f",
        "f = g\ng = f",
        "for f in x: pass",
        "from tools.a import f",
    ],
)
def test_what_a_name_is_stays_open_when_it_is_not_certain(source: str) -> None:
    known = scopes({"tools/a.py": source})
    file = known.file_at("tools/a.py")
    assert file is not None
    assert known.definition(ast.Name("f", ast.Load()), file.top) is None


def test_the_last_definition_counts() -> None:
    known = scopes({"tools/a.py": "def f(): pass\ndef f(): pass"})
    file = known.file_at("tools/a.py")
    assert file is not None
    found = known.definition(ast.Name("f", ast.Load()), file.top)
    assert found is not None
    assert found.span.line == 2


def test_a_class_is_known_whole_that_was_asked_for_half_way() -> None:
    files = {
        "tools/a.py": "import tools.b\nclass A: pass\nx = tools.b.B.f\n",
        "tools/b.py": "import tools.a\nclass B(tools.a.A): pass\nx = B.f\n",
    }
    known = scopes(files)
    assert known.names("tools/a.py") is not None
    file = known.file_at("tools/b.py")
    assert file is not None
    assert [cls.name for cls in known.lineage(file.top.classes["B"])[0]] == ["B", "A"]


def test_a_lineage_names_the_bases_from_elsewhere() -> None:
    known = scopes(FILES)
    file = known.file_at("tools/b.py")
    assert file is not None
    classes, outside = known.lineage(file.top.classes["A"])
    assert [cls.name for cls in classes] == ["A", "Base"]
    assert outside == ("dify_plugin.Tool",)


@pytest.mark.parametrize(
    ("source", "outside"),
    [
        ("class A: pass", ()),
        ("from x import B\nclass A(B[int]): pass", ("x.B",)),
        ("class A(make()): pass", None),
        ("class A(B): pass", None),
        ("class A(metaclass=M): pass", None),
        ("class B(A): pass\nclass A(B): pass", None),
    ],
)
def test_a_lineage_that_is_not_known(source: str, outside: tuple[str, ...] | None) -> None:
    known = scopes({"tools/a.py": source})
    file = known.file_at("tools/a.py")
    assert file is not None
    assert known.lineage(file.top.classes["A"])[1] == outside


def test_dotted_names_come_from_outside_only() -> None:
    source = "import a.b\nfrom c import d\nfrom . import e\nx = 1\ndef f(a): a.b\ndef g():\n    d = 1\ndef h(): pass"
    file = read(source)
    top = file.top

    def name(text: str, scope: Scope = top) -> str | None:
        return dotted(ast.parse(text, mode="eval").body, scope)

    assert name("a.b.z") == "a.b.z"
    assert name("d.y") == "c.d.y"
    assert name("e") == ""
    assert name("x") is None
    assert name("a", top.functions["f"]) is None
    assert name("d.y", top.functions["g"]) is None
    assert name("d.y", top.functions["h"]) == "c.d.y"
    assert name("f()") is None


def test_ten_thousand_definitions_are_read_in_one_walk() -> None:
    file = read("".join(f"def f{n}(): return f{n + 1}\n" for n in range(10_000)))
    assert len(file.top.functions) == 10_000


def test_a_file_that_does_not_parse_has_no_scopes() -> None:
    assert scopes({"tools/a.py": "def"}).file_at("tools/a.py") is None
    assert scopes({}).file_at("tools/a.py") is None


def test_the_texts_and_names_in_a_node_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    file = read("x = a('b', c['d'], a)\n")
    call = file.calls[0][0]
    found = file.texts_in(call), file.names_in(call)
    assert found == (frozenset({"b", "d"}), ("a", "c"))
    monkeypatch.setattr(scopes_room, "walk", None)
    assert (file.texts_in(call), file.names_in(call)) == found


# What names stand for once the module has been imported

PLUGIN = {
    "tools/b.py": """
import os
from dify_plugin import Tool
from . import c
class B(Tool): pass
class Other: pass
def give(): return B
def text(x="a" + os.sep): return os.path.join(x, "b")
def calls(): return text() and calls()
def lazy():
    from .c import C
    return C
def lazier():
    import tools.b
    return tools.b.B
def nested():
    def inner(): return B
    return inner()
def changes():
    global current
    current = B
def resets():
    global number
    number = 2
def loops():
    names = [name for name in os.environ]
    return names
class Maker:
    B = None
    def make(self): return B
def count():
    made = 0
    def more():
        nonlocal made
        made = B
    return made
current = None
number = 1
TOOLS = [B]
LIST = [1, 2]
_private = 1
if os.name == "nt":
    maybe = 1
""",
    "tools/c.py": "class C: pass\n",
    "tools/closed.py": "from .b import B, Other\n__all__ = ['B']\n",
    "tools/open.py": "from os import *\nx = 1\n",
    "email.py": "b = 1",
    "tools/doubtful.py": "globals()",
    "tools/computed.py": "__all__ = names()",
    "tools/broken.py": "def",
    "folder/d.py": "class D: pass\n",
    "lib/__init__.py": "from tools.b import B\n",
    "lib/sub.py": "x = 1\n",
}


def described(value: Value) -> str:
    match value:
        case Mark():
            return value.name
        case Outside(dotted=dotted, is_module=is_module):
            return f"module {dotted}" if is_module else dotted
        case Own(dotted=dotted):
            return f"own {dotted}"
        case Ref(path=path, name=name):
            return f"{path} {name}"
    assert isinstance(value, Scope)
    return f"{'class' if value.is_class else 'def'} {value.name}"


def stands_for(source: str, name: str = "X") -> list[str]:
    known = scopes({**PLUGIN, "tools/a.py": source})
    names = known.names("tools/a.py")
    assert names is not None
    return [described(value) for value in names.values.get(name, ())]


@pytest.mark.parametrize(
    ("source", "values"),
    [
        # Imports
        ("import os as X", ["module os"]),
        ("import os.path as X", ["module os.path"]),
        ("import X.y", ["module X"]),
        ("from os import path as X", ["os.path"]),
        ("from dify_plugin import Tool as X", ["dify_plugin.Tool"]),
        ("import tools.b as X", ["own tools.b"]),
        ("import tools.none as X", ["UNKNOWN"]),
        ("import folder as X", ["own folder"]),
        ("from folder import d as X", ["own folder.d"]),
        ("from folder import none as X", ["UNKNOWN"]),
        ("from .b import B as X", ["tools/b.py B"]),
        ("from . import b as X", ["own tools.b"]),
        ("from ... import X", ["UNKNOWN"]),
        ("import json.none as X", ["module json.none"]),
        ("import lib\nX = lib.sub.x", ["lib/sub.py x"]),
        ("import lib\nX = lib.B.none", ["UNKNOWN"]),
        ("import d as X", ["module d"]),
        ("import sys\nsys.path.append('folder')\nimport d as X", ["UNKNOWN"]),
        ("import sys\nsys.path.append('folder')\nimport json as X", ["module json"]),
        ("import sys\nsys.path.append('folder')\nimport none as X", ["module none"]),
        # In their order
        ("X = 1", ["OTHER"]),
        ("X: int = 1", ["OTHER"]),
        ("X: int", []),
        ("class X: pass", ["class X"]),
        ("def X(): pass", ["def X"]),
        ("async def X(): pass", ["def X"]),
        ("def X(): pass\nX = 1", ["OTHER"]),
        ("class A: pass\nX = A\nA = 1", ["class A"]),
        ("class A: pass\nX = Y = A", ["class A"]),
        ("class A: pass\nX = 1\nX, A = A, X", ["class A"]),
        ("class A: pass\n[X] = [A]", ["class A"]),
        ("class A: pass\nX, *b = A, 1", ["UNKNOWN"]),
        ("X, b = 1", ["OTHER"]),
        ("X, b = unknown", ["UNKNOWN"]),
        ("X = 1\ndel X", ["UNBOUND"]),
        ("X = 1\nX += unknown", ["OTHER"]),
        ("(X := 1)", ["UNBOUND", "OTHER"]),
        ("[X for X in y]", []),
        # One way or another
        ("X = 1\nif y:\n    class X: pass", ["OTHER", "class X"]),
        ("if y:\n    class X: pass", ["UNBOUND", "class X"]),
        ("if True:\n    class X: pass", ["class X"]),
        ("if True:\n    X = 1\nelse:\n    class X: pass", ["OTHER"]),
        ("if False:\n    X = 1\nelse:\n    class X: pass", ["class X"]),
        ("if False:\n    X = 1\nelif y:\n    class X: pass", ["UNBOUND", "class X"]),
        ("if y: X = 1\nelse: class_ = 2; X = str", ["UNBOUND", "OTHER", "builtins.str"]),
        ("if (X := y): pass", ["UNBOUND", "UNKNOWN"]),
        ("try:\n    class X: pass\nexcept E: pass", ["UNBOUND", "class X"]),
        ("try:\n    class X: pass\nexcept E:\n    raise", ["class X"]),
        ("try:\n    class X: pass\nexcept E:\n    sys.exit(1)", ["class X"]),
        ("try:\n    class X: pass\nexcept E:\n    os._exit(1)", ["class X"]),
        ("try:\n    class X: pass\nexcept E:\n    quit()", ["class X"]),
        ("try:\n    class X: pass\nexcept E:\n    stop()", ["UNBOUND", "class X"]),
        ("try:\n    class X: pass\nexcept E:\n    raise\nexcept F: pass", ["UNBOUND", "class X"]),
        ("try:\n    pass\nexcept E:\n    X = 1\n    raise", []),
        ("try: y()\nexcept E: pass\nelse:\n    class X: pass", ["UNBOUND", "class X"]),
        ("try: y()\nexcept E: pass\nfinally:\n    class X: pass", ["class X"]),
        ("try:\n    class X: pass\nfinally: y()", ["class X"]),
        ("try: y()\nexcept E as X: pass", ["UNBOUND"]),
        ("try:\n    from .b import B as X\nexcept E:\n    X = 1", ["tools/b.py B"]),
        ("try:\n    from .b import B as X\n    y()\nexcept E: pass", ["UNBOUND", "tools/b.py B"]),
        ("try:\n    from .none import X\nexcept E: pass", ["UNBOUND", "UNKNOWN"]),
        ("try:\n    from os import path as X\nexcept E: pass", ["UNBOUND", "os.path"]),
        ("try:\n    from email import b as X\nexcept E: pass", ["UNBOUND", "UNKNOWN"]),
        ("try:\n    import tools.b as X\nexcept E: pass", ["UNBOUND", "own tools.b"]),
        ("try:\n    from folder import d as X\nexcept E: pass", ["UNBOUND", "own folder.d"]),
        ("with y:\n    class X: pass", ["class X"]),
        ("with suppress(E):\n    class X: pass", ["UNBOUND", "class X"]),
        ("with open('y') as X: pass", ["OTHER"]),
        ("with y as X: pass", ["UNKNOWN"]),
        ("with open('y') as y, unknown as X: pass", ["UNKNOWN"]),
        ("for X in (1, 2): pass", ["UNBOUND", "OTHER"]),
        ("for X in unknown: pass", ["UNBOUND", "UNKNOWN"]),
        ("for y in z:\n    for X in (1, 2): pass", ["UNBOUND", "UNKNOWN"]),
        ("for y in z:\n    X = 1", ["UNBOUND", "UNKNOWN"]),
        ("for y in z:\n    class X: pass", ["UNBOUND", "class X", "UNKNOWN"]),
        ("for y in z:\n    import os as X", ["UNBOUND", "UNKNOWN"]),
        ("for y in z:\n    del X", ["UNBOUND"]),
        ("for y in z: pass\nelse:\n    class X: pass", ["UNBOUND", "class X"]),
        ("while y:\n    X = 1", ["UNBOUND", "UNKNOWN"]),
        ("while y: pass\nelse:\n    X = 1", ["UNBOUND", "OTHER"]),
        ("match y:\n    case 1:\n        X = 1", ["UNBOUND", "OTHER"]),
        ("match y:\n    case X: pass", ["UNBOUND", "UNKNOWN"]),
        ("X = 1\ndef f():\n    global X\n    X = 2", ["OTHER"]),
        ("def f():\n    global X\n    X = 2", ["UNBOUND", "OTHER"]),
        ("X = 1\ndef f():\n    global X\n    X = y", ["OTHER", "UNKNOWN"]),
        ("X = 1\ndef f():\n    global X\n    return X", ["OTHER"]),
        ("X = 1\ndef f():\n    global X\n    import X", ["OTHER", "UNKNOWN"]),
        ("A = 1\ndef f():\n    global A\n    A = y\nX = A", ["OTHER", "UNKNOWN"]),
        ("X = 1\ndef f():\n    X = 2\n    def g():\n        nonlocal X\n        X = y", ["OTHER"]),
        ("global X\nX = [1]", ["OTHER"]),
        # Expressions
        ("X = str", ["builtins.str"]),
        ("from x import *\nX = str", ["UNKNOWN"]),
        ("X = none", ["UNKNOWN"]),
        ("X = __file__", ["builtins.__file__"]),
        ("import os\nX = os.path.join(__file__, 'y')", ["OTHER"]),
        ("import os\nX = os.environ.get('y').z", ["OTHER"]),
        ("import os, dify_plugin\nX = os if y else dify_plugin", ["module os", "module dify_plugin"]),
        ("import os\nX = y or os", ["UNKNOWN", "module os"]),
        ("X = 1 if y else (2 if z else str)", ["OTHER", "builtins.str"]),
        ("X = " + "1 if y else (" * 7 + "str" + ")" * 7, ["OTHER", "builtins.str"]),
        ("X = " + "1 if y else (" * 8 + "str" + ")" * 8, ["OTHER", "UNKNOWN"]),
        ("from .b import B\nX = [B]", ["HOLDER"]),
        ("from .b import B\nX = [B][0]", ["UNKNOWN"]),
        ("from .b import B\nX = [B].pop", ["UNKNOWN"]),
        ("from .b import B\nX = lambda: B", ["HOLDER"]),
        ("from .b import B\nX = B()", ["HOLDER"]),
        ("from .b import B\nX = B().make", ["UNKNOWN"]),
        ("from .b import B\nX = type(B)", ["UNKNOWN"]),
        ("from .b import B\nX = str(B)", ["UNKNOWN"]),
        ("from .b import TOOLS\nX = len(TOOLS)", ["UNKNOWN"]),
        ("from .b import LIST\nX = LIST[0]", ["OTHER"]),
        ("from .b import LIST\nX = [item for item in LIST]", ["OTHER"]),
        ("from .b import LIST\nX = sorted(LIST, key=lambda item: item + 1)", ["OTHER"]),
        ("from .b import B\nX = not B", ["HOLDER"]),
        ("from dify_plugin import Tool\nX = Tool()", ["HOLDER"]),
        ("from dify_plugin import none\nX = none()", ["UNKNOWN"]),
        ("from dify_plugin.entities.tool import ToolInvokeMessage as M\nX = M(1)", ["OTHER"]),
        ("from dify_plugin import Tool\nX = type[Tool]", ["OTHER"]),
        ("from dify_plugin import Tool\nX = Tool[int]", ["OTHER"]),
        ("from .b import B\nX = B[int]", ["UNKNOWN"]),
        ("X = (y := 1)", ["UNKNOWN"]),
        ("from acme import A\nX = A()", ["UNKNOWN"]),
        ("import requests\nX = requests.Session()", ["OTHER"]),
        ("import importlib\nX = importlib.import_module('y')", ["UNKNOWN"]),
        ("X = eval('y')", ["UNKNOWN"]),
        ("import dify_plugin\nX = [dify_plugin]", ["HOLDER"]),
        ("class M(type): pass\nX = M('y', (), {})", ["UNKNOWN"]),
        ("@unknown\nclass A: pass\nX = A()", ["UNKNOWN"]),
        # Calls of the plugin's own functions
        ("from .b import give\nX = give()", ["UNKNOWN"]),
        ("from .b import give\nX = f'{give()}'", ["HOLDER"]),
        ("from .b import text\nX = text()", ["OTHER"]),
        ("from .b import text, B\nX = text(B)", ["UNKNOWN"]),
        ("from .b import calls\nX = calls()", ["OTHER"]),
        ("from .b import lazy\nX = lazy()", ["UNKNOWN"]),
        ("from .b import lazier\nX = lazier()", ["UNKNOWN"]),
        ("from .b import nested\nX = nested()", ["UNKNOWN"]),
        ("from .b import loops\nX = loops()", ["OTHER"]),
        ("from .b import Maker\nX = Maker()", ["HOLDER"]),
        ("from .b import count\nX = count()", ["UNKNOWN"]),
        ("from .b import current\nX = current", ["tools/b.py current"]),
        ("from .b import current\nX = [current]", ["HOLDER"]),
        ("from .b import number\nX = [number]", ["OTHER"]),
        ("from .b import none\nX = [none]", ["HOLDER"]),
        ("def f(x=unknown): return x\nX = f()", ["UNKNOWN"]),
        ("def f(*, x=unknown): return x\nX = f()", ["UNKNOWN"]),
        ("def f(*, x, y=1): return x\nX = f(x=1)", ["OTHER"]),
        ("def f(): return A\nA = 1\nX = f()", ["OTHER"]),
        ("def f():\n    class A:\n        B = 1\n        def m(self): return B\nclass B: pass\nX = f()", ["UNKNOWN"]),
        ("def f():\n    class A:\n        B = 1\n        C = B\n    return A\nX = f()", ["OTHER"]),
        ("def f(): return A\nclass A: pass\nX = f()", ["UNKNOWN"]),
        ("def wrap(f): return unknown\n@wrap\ndef X(): pass", ["UNKNOWN"]),
        ("import functools\n@functools.cache\ndef X(): pass", ["def X"]),
        ("import functools\n@functools.lru_cache(unknown)\ndef X(): pass", ["def X"]),
        # Classes
        ("from abc import ABCMeta\nclass X(metaclass=ABCMeta): pass", ["class X"]),
        ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass X: pass", ["class X"]),
        ("import functools\n@functools.cache\nclass X: pass", ["class X", "UNKNOWN"]),
        ("from x import dataclass\n@dataclass\nclass X: pass", ["class X", "UNKNOWN"]),
        ("class A:\n    class B: pass\nX = A.B", ["class B"]),
        ("class A:\n    def f(self): pass\nclass B(A): pass\nX = B.f", ["def f"]),
        ("class A:\n    x = 1\nX = A.x", ["UNKNOWN"]),
        # Everything
        ("from dify_plugin import *\nX = Tool", ["dify_plugin.Tool"]),
    ],
)
def test_what_a_name_stands_for(source: str, values: list[str]) -> None:
    assert stands_for(source) == values


@pytest.mark.parametrize(
    ("source", "doubts", "is_open"),
    [
        ("from .computed import *", ["it imports everything from computed"], True),
        ("import os", [], False),
        ("from os import *", [], True),
        ("from acme import *", ["it imports everything from acme"], True),
        ("from dify_plugin import *", [], False),
        ("from dify_plugin.none import *", ["it imports everything from dify_plugin.none"], True),
        ("from .b import *", [], False),
        ("from .open import *", [], True),
        ("from .doubtful import *", ["it imports everything from doubtful"], False),
        ("from .broken import *", ["it imports everything from broken"], True),
        ("from .none import *", ["it imports everything from none"], True),
        ("from . import *", ["it imports everything from a package of the plugin"], True),
        ("globals()", ["it uses globals()"], False),
        ("def f(): return globals()", ["it uses globals()"], False),
        ("exec('x')", ["it uses exec()"], False),
        ("class A:\n    vars()", ["it uses vars()"], False),
        ("def f(): return locals()", [], False),
        ("f = lambda: vars()", [], False),
        ("import sys\nsys.modules[__name__].x = 1", ["it uses sys.modules"], False),
    ],
)
def test_what_may_bind_further_names(source: str, doubts: list[str], is_open: bool) -> None:
    names = scopes({**PLUGIN, "tools/a.py": source}).names("tools/a.py")
    assert names is not None
    assert (list(names.doubts), names.is_open) == (doubts, is_open)


def test_everything_of_another_file_is_what_it_makes_public() -> None:
    known = scopes({**PLUGIN, "tools/a.py": "from .b import *\n", "tools/d.py": "from .closed import *\n"})
    everything, closed = known.names("tools/a.py"), known.names("tools/d.py")
    assert everything is not None
    assert closed is not None
    assert {"B", "Other", "give", "os", "c", "Tool"} <= set(everything.values)
    assert "_private" not in everything.values
    assert everything.values["maybe"] == (Mark.UNBOUND, Ref("tools/b.py", "maybe"))
    assert list(closed.values) == ["B"]


def test_names_keep_where_they_were_bound_last() -> None:
    names = scopes({"tools/a.py": "x = 1\nx = 2\nimport os as y\ndef f():\n    global z\n    z = 1\n"}).names(
        "tools/a.py"
    )
    assert names is not None
    assert [getattr(names.places[name], "lineno", None) for name in "xyz"] == [2, 3, None]


def test_more_alternatives_than_can_be_told_apart_are_unknown() -> None:
    branches = [f"if x{n}:\n    class A{n}: pass\n    X = A{n}\n" for n in range(MAX_ALTERNATIVES)]
    assert len(stands_for("".join(branches[1:]))) == MAX_ALTERNATIVES
    assert stands_for("".join(branches)) == ["UNKNOWN"]


@pytest.mark.parametrize("module", ["importlib", "pkgutil", "pydoc", "runpy", "pickle", "marshal", "gc"])
def test_what_finds_classes_by_name_may_give_any(module: str) -> None:
    assert stands_for(f"import {module}\nX = {module}.f('y')") == ["UNKNOWN"]


@pytest.mark.parametrize("function", ["eval", "exec", "globals", "locals", "vars", "__import__", "compile"])
def test_functions_that_look_around_may_give_any_class(function: str) -> None:
    assert stands_for(f"X = {function}('y')") == ["UNKNOWN"]


@pytest.mark.parametrize(
    "decorator",
    ["dataclass", "final", "runtime_checkable", "total_ordering", "unique", "deprecated", "override"],
)
def test_decorators_that_give_back_the_class(decorator: str) -> None:
    assert stands_for(f"import typing\n@typing.{decorator}\nclass X: pass") == ["class X"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type X = …` is newer than this Python")
def test_an_alias_of_a_type_is_no_class() -> None:
    assert stands_for("from .b import B\ntype X = B") == ["OTHER"]


@pytest.mark.parametrize(
    ("source", "expression", "made"),
    [
        ("x = C()", "x", "C"),
        ("x = None\nx = C()", "x", "C"),
        ("x = C()\nx = C()", "x", "C"),
        ("x = C()\nx = D()", "x", None),
        ("x = None", "x", None),
        ("x = C", "x", None),
        ("x = f()", "x", None),
        ("def f(): pass\nx = f()", "x", None),
        ("from y import x\nx = C()", "x", None),
        ("x = C()", "y", None),
        ("x = C()", "x[0]", None),
        ("x = C()", "x.y", None),
        ("x = C()", "(x.y).z", None),
    ],
)
def test_what_a_variable_is_an_instance_of(source: str, expression: str, made: str | None) -> None:
    known = scopes({"tools/a.py": "class C: pass\nclass D: pass\n" + source})
    file = known.file_at("tools/a.py")
    assert file is not None
    found = known.instance(ast.parse(expression, mode="eval").body, file.top)
    assert (found and found.name) == made


def test_what_an_attribute_is_an_instance_of() -> None:
    known = scopes(
        {
            "tools/a.py": """
class C: pass
class H:
    def m(self, x):
        self.x = C()
        x = C()
        self.y = x
"""
        }
    )
    file = known.file_at("tools/a.py")
    assert file is not None
    method = file.top.classes["H"].functions["m"]

    def made(expression: str) -> str | None:
        found = known.instance(ast.parse(expression, mode="eval").body, method)
        return found.name if found is not None else None

    assert [made(text) for text in ("self.x", "self.y", "self.z", "x", "x.x")] == ["C", None, None, None, None]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("ONE", "1"),
        ("b.ONE", "1"),
        ("tools.b.ONE", "1"),
        ("TWICE", None),
        ("b.TWICE", None),
        ("PASSED", "2"),
        ("b.PASSED", "2"),
        ("LOOPED", None),
        ("b.none", None),
        ("os.sep", None),
        ("LOCAL", None),
        ("f()", None),
    ],
)
def test_the_value_of_a_variable_of_another_file(expression: str, value: str | None) -> None:
    known = scopes({
        "tools/a.py": "import os, tools.b\nfrom . import b\nfrom .b import ONE, TWICE, PASSED, LOOPED\nLOCAL = 1\n",
        "tools/b.py": "ONE = 1\nTWICE = 1\nTWICE = 2\nfrom .c import PASSED\nfor LOOPED in x: pass\n",
        "tools/c.py": "PASSED = 2\n",
    })  # fmt: skip
    file = known.file_at("tools/a.py")
    assert file is not None
    found = known.written(ast.parse(expression, mode="eval").body, file.top)
    assert (found and ast.unparse(found[0])) == value


def test_in_a_function_a_name_has_one_value_or_is_not_known() -> None:
    known = scopes({
        "tools/a.py": """
def g(): pass
def f(given, *rest):
    one = g
    two = g
    two = g
    from tools.b import f as imported, none
    import tools.b as module
    def inner(): pass
    class Inner:
        def m(self): pass
    for looped in rest: pass
    both = imported
    from tools.b import f as both
""",
        "tools/b.py": "def f(): pass\n",
    })  # fmt: skip
    file = known.file_at("tools/a.py")
    assert file is not None
    function = file.top.functions["f"]

    def leads_to(expression: str) -> str | None:
        found = known.definition(ast.parse(expression, mode="eval").body, function)
        return f"{found.file.module.path} {found.name}" if found is not None else None

    names = ("g", "one", "imported", "module.f", "inner", "Inner", "Inner.m")
    assert [leads_to(name) for name in names] == [
        "tools/a.py g", "tools/a.py g", "tools/b.py f", "tools/b.py f", "tools/a.py inner", "tools/a.py Inner",
        "tools/a.py m",
    ]  # fmt: skip
    others = ("given", "rest", "two", "none", "module", "looped", "both", "Inner.none", "unbound")
    assert [leads_to(name) for name in others] == [None] * len(others)


def test_a_variable_of_a_class_is_not_an_attribute_of_its_instances() -> None:
    source = "class C: pass\nclass D: pass\nclass H:\n    x = C()\n    def m(self):\n        self.x = D()\n"
    known = scopes({"tools/a.py": source})
    file = known.file_at("tools/a.py")
    assert file is not None
    cls = file.top.classes["H"]
    attribute = ast.parse("self.x", mode="eval").body
    assert known.instance(ast.Name("x", ast.Load()), cls) is file.top.classes["C"]
    assert known.instance(attribute, cls.functions["m"]) is None


@pytest.mark.parametrize(
    ("body", "leaves"),
    [("return", True), ("if y: raise E", True), ("pass", False), ("y = 1\n        continue", False)],
)
def test_a_condition_after_which_the_function_is_left(body: str, leaves: bool) -> None:
    file = read(f"def f():\n  for z in y:\n    if x:\n        {body}\n    else:\n        return")
    condition = next(node for node in file.parents if isinstance(node, ast.If))
    assert [file.leaves(condition), file.leaves(condition)] == [leaves, leaves]


def test_calls_in_a_function_are_those_of_functions_inside_it_too() -> None:
    file = read("a()\ndef f():\n    b()\n    def g():\n        c()\n    return lambda: d()\n")
    function = file.top.functions["f"]
    assert [ast.unparse(call) for call, _ in file.calls_in(function)] == ["b()", "c()", "d()"]
    assert [ast.unparse(call) for call, _ in file.calls_in(function.functions["g"])] == ["c()"]
    assert file.calls_in(file.top) == ()


def test_statements_and_names_have_places() -> None:
    file = read("x = [y]\nclass A:\n    async def f(self): pass\n")
    display = file.top.names["x"][0]
    assert display is not None
    assert isinstance(file.statement(display), ast.Assign)
    method = file.top.classes["A"].functions["f"]
    assert (file.top.span, method.span) == (Span(1, 1, 1, 1), Span(3, 15, 3, 16))
    assert (file.top.name, method.name, method.is_function, method.is_class) == ("", "f", True, False)


def test_decorators_are_named_by_their_last_part() -> None:
    file = read("@a.b\n@c(1)\n@d().e\n@(f or g)\ndef x(): pass\nlambda: 1")
    assert file.top.functions["x"].decorators == {"b", "c", "e", ""}
    assert file.top.decorators == frozenset()


def test_files_import_each_other_as_deep_as_is_followed() -> None:
    def known(count: int) -> list[str]:
        files = {f"m{n}.py": f"from m{n + 1} import *\n" for n in range(count - 1)}
        names = scopes({**files, f"m{count - 1}.py": "x = 1\n"}).names("m0.py")
        assert names is not None
        return list(names.values)

    assert known(MAX_FILES.most) == ["x"]
    assert known(MAX_FILES.most + 1) == []


def test_a_name_passes_through_as_many_files_as_are_followed() -> None:
    def known(count: int) -> list[str]:
        files = {f"m{n}.py": f"from m{n + 1} import x\n" for n in range(count)}
        room = scopes({**files, f"m{count}.py": "x = 1\n"})
        return [described(value) for value in room.resolve(Ref("m0.py", "x"))]

    assert known(MAX_NAMES.most - 1) == ["OTHER"]
    assert known(MAX_NAMES.most) == ["UNKNOWN"]


def test_a_lineage_is_followed_so_far() -> None:
    def known(count: int) -> tuple[int, bool]:
        room = scopes({"a.py": "class A0: pass\n" + "".join(f"class A{n + 1}(A{n}): pass\n" for n in range(count - 1))})
        file = room.file_at("a.py")
        assert file is not None
        classes, outside = room.lineage(file.top.classes[f"A{count - 1}"])
        return len(classes), outside is not None

    assert known(MAX_LINEAGE.most) == (MAX_LINEAGE.most, True)
    assert known(MAX_LINEAGE.most + 1) == (MAX_LINEAGE.most + 1, False)


@pytest.mark.parametrize(
    ("source", "outside"),
    [
        ("class A(object): pass", ("object",)),
        ("import abc\nclass A(abc.ABC): pass", ("abc.ABC",)),
        ("class B: pass\nclass C(B): pass\nclass A(B, C): pass", ()),
        ("import x\nclass B(x.Y): pass\nclass A(B, x.Z): pass", ("x.Z", "x.Y")),
        ("import x\n@x.y\nclass A: pass", None),
        ("if x:\n    class B: pass\nelse:\n    class B: pass\nclass A(B): pass", None),
        ("A = 1\nif x:\n    class A: pass", ()),
        ("for x in y:\n    class A: pass", None),
        ("def f(): pass\nclass A(f): pass", None),
    ],
)
def test_a_lineage_of_one_class_in_many_shapes(source: str, outside: tuple[str, ...] | None) -> None:
    known = scopes({"tools/a.py": source})
    file = known.file_at("tools/a.py")
    assert file is not None
    assert known.lineage(file.top.classes["A"])[1] == outside


def test_a_member_is_the_first_that_the_lineage_has() -> None:
    known = scopes(
        {
            "tools/a.py": """
class A:
    def f(self): pass
    def g(self): pass
    class C: pass
    x = 1
class B(A):
    def f(self): pass
    g = None
"""
        }
    )
    file = known.file_at("tools/a.py")
    assert file is not None
    a, b = file.top.classes["A"], file.top.classes["B"]
    assert [known.member(b, name) for name in ("f", "g", "C", "x", "y")] == [
        b.functions["f"], None, a.classes["C"], None, None,
    ]  # fmt: skip
