from __future__ import annotations

import ast

import pytest

from bot.python import scopes as scopes_room
from bot.python.scopes import File, Imported, Scope, Scopes, dotted, instance_class, scopes_of
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
    file = read("import a.b\nfrom c import d\nfrom . import e\nx = 1\ndef f(a): a.b")
    top = file.top

    def name(text: str, scope: Scope = top) -> str | None:
        return dotted(ast.parse(text, mode="eval").body, scope)

    assert name("a.b.z") == "a.b.z"
    assert name("d.y") == "c.d.y"
    assert name("e") == ""
    assert name("x") is None
    assert name("a", top.functions["f"]) is None
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
