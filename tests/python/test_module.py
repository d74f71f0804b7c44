from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.findings import Span
from bot.limits import Account
from bot.python import module as module_room
from bot.python.grammar import SyntaxProblem, verdict
from bot.python.module import STDLIB, Module, Modules, parse
from bot.source.memory import MemoryTree
from bot.source.tree import Kind
from tests.python.plugins import module_of, modules_of


def test_a_file_is_parsed_once_and_only_when_asked_for() -> None:
    read: list[str] = []

    class Counting(MemoryTree):
        def read(self, path: str) -> bytes:
            read.append(path)
            return super().read(path)

    modules = Modules(Counting({"a.py": "x = 1", "b.py": "y = 2"}))
    assert modules.paths == ("a.py", "b.py")
    assert read == []
    assert modules.get("a.py") is modules.get("a.py")
    assert read == ["a.py"]
    assert modules.get("A.py") is None


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("x = (\n", 1, 5, "never closed"),
        ("字 = 1\nx = '字' 字 2\n", 2, 9, "invalid syntax"),
        ("if x:\n\ty = 1\n        z = 2\n", 3, 1, "tabs"),
        ("x = 1\0\n", 1, 6, "null bytes"),
        ("a = 1\ny = '\n", 2, 5, "unterminated"),
        ("def f():\n    pass\nreturn 1\n", 3, 1, "'return' outside function"),
        ("def f():\n    await g()\n", 2, 5, "'await' outside async function"),
        ("x = await g()\n", 1, 5, "'await' outside function"),
        ("class A:\n    x = yield\n", 2, 9, "'yield' outside function"),
        ("for x in y:\n    def f():\n        break\n", 3, 9, "'break' outside loop"),
        ("if x:\n    nonlocal y\n", 2, 5, "nonlocal declaration not allowed at module level"),
        ("def f():\n    from os import *\n", 2, 5, "import * only allowed at module level"),
        ("class A:\n    def f(self, a, *, a): pass\n", 2, 5, "duplicate argument 'a' in function definition"),
        ("async def f(a, **a): pass\n", 1, 1, "duplicate argument 'a' in function definition"),
        ("from __future__ import annotations, braces\n", 1, 37, "future feature braces is not defined"),
        ("for x in y: pass\nelse:\n    continue\n", 3, 5, "'continue' not properly in loop"),
        ("def f():\n    async with a: pass\n", 2, 5, "'async with' outside async function"),
        ("def f():\n    async for a in b: pass\n", 2, 5, "'async for' outside async function"),
    ],
)
def test_what_python_refuses_is_an_error_with_its_place(source: str, line: int, column: int, message: str) -> None:
    module = module_of(source)
    assert module.tree is None
    assert module.skipped is None
    assert module.error is not None
    assert (module.error.line, module.error.column) == (line, column)
    assert message in module.error.message


VALID = [
    "async def f():\n    async for a in b:\n        await a\n        if a: continue\n        break\n",
    "def f():\n    yield\n    g = lambda: (yield)\n    return (x async for x in y) if 0 else None\n",
    "async def f():\n    return [await x for x in y]\n",
    "def f(x=(yield_ := 1)):\n    async def g(): await x\n    return g\n",
    "def f():\n    return (await x for x in y)\n",
    "while x:\n    try: pass\n    finally:\n        break\nelse: pass\n",
    "for x in y:\n    match x:\n        case 1: continue\n        case _: break\n",
    "class A:\n    def f(self): return 1\n    g = lambda self: (yield)\n",
    "@(yield_)\nclass A: pass\n",
    "'text'\nfrom __future__ import annotations\nfrom __future__ import division\nimport a\n",
    "# text\nfrom __future__ import annotations\n",
    "import a\nimport __future__\n",
]
#: What compiles or not is for the compiler to say, which is asked here about sources written for it.
REFUSED = [
    "class A:\n    return 1\n",
    "lambda: await_\nyield 1\n",
    "def f():\n    lambda: await x\n",
    "for x in y: pass\nbreak\n",
    "class A:\n    for x in y:\n        class B:\n            continue\n",
    "while 1: pass\nelse:\n    break\n",
    "async def f():\n    def g():\n        await x\n",
    "with a:\n    return\n",
    "try: pass\nexcept A:\n    continue\n",
    "def f():\n    [await x for x in y]\n",
    "match a:\n    case 1:\n        return\n",
    "def f():\n    return {x async for x in y}\n",
    "import a\nfrom __future__ import annotations\n",
    "'text'\n'text'\nfrom __future__ import annotations\n",
    "b'text'\nfrom __future__ import annotations\n",
    "f'text'\nfrom __future__ import annotations\n",
    "if 1:\n    from __future__ import annotations\n",
    "def f():\n    from __future__ import annotations\n",
]


@pytest.mark.parametrize("source", [*VALID, *REFUSED])
def test_misplaced_statements_are_those_the_compiler_refuses(source: str) -> None:
    try:
        compile(source, "x.py", "exec", dont_inherit=True)
        refused = None
    except SyntaxError as problem:
        refused = problem.lineno
    error = module_of(source).error
    assert (error.line if error else None) == refused


def test_warnings_of_the_compiler_stay_unheard(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = module_of("x = '\\d'\nif x is 1: pass\nassert (x, 'y')\n")
    assert module.error is None
    assert capfd.readouterr() == ("", "")


#: Left out where Python 3.12 itself cannot parse what an older one refuses.
NEEDS_A_TREE = ("python/missing-class", "python/broken-import", "permission/not-granted")


@pytest.mark.parametrize(
    "source",
    [
        "type X = int\n",
        "class A[T]: pass\n",
        "def f[T](x: T) -> T: return x\n",
        "x = f'{'\\n'.join(y)}'\n",
        "x = f'{'\"'}'\n",
        "x = f'{f'{f'{1}'}'}'\n",
        "x = f'{f\"{a['b']}\"}'\n",
        'x = f"""{"""a"""}"""\ny = 1\n',
        "x = f'{\n1 # a comment\n}'\n",
    ],
)
def test_syntax_of_the_python_that_plugins_run_on_is_no_error(source: str) -> None:
    account = Account()
    module = Modules(MemoryTree({"a.py": source.encode()}), account).get("a.py")
    assert module is not None
    assert module.error is None
    assert (module.tree is None) == (sys.version_info < (3, 12))
    assert [left.rules for left in account] == ([NEEDS_A_TREE] if sys.version_info < (3, 12) else [])


@pytest.mark.parametrize(
    ("source", "literals"),
    [
        ("d = {}\nx = f'{d['é']}{d[\"b\"]}'; y = 'c'\n", ["é", "b", "c"]),
        ('x = f"é {u.split("a")[1].find("b")} {u[""]}"\ny = "c"\n', ["é ", "a", "b", " ", "", "c"]),
        ("x = f'{a!r:{b}}{'c'}'\n", ["c"]),
        ("x = rf'{a[b'c']}'\r\ny = (\r'd')\n", [b"c", "d"]),
    ],
)
def test_quotes_inside_an_f_string_are_read_on_every_python(source: str, literals: list[object]) -> None:
    module = module_of(source)
    assert module.tree is not None
    assert module.text == source
    found = [
        node for node in ast.walk(module.tree) if isinstance(node, ast.Constant) and not isinstance(node.value, int)
    ]
    assert sorted(map(repr, (node.value for node in found))) == sorted(map(repr, literals))
    if sys.version_info >= (3, 12):
        return
    spans = [module.span(node) for node in found if node.value in ("c", "d") and node.lineno > 1]
    lines = module.lines
    assert [lines[at.line - 1][at.column - 1 : at.end_column - 1] for at in spans] in ([], ['"c"'], ["'c'"], ["'d'"])


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ('x = f"{a["b"]}"\ny = 1 1\n', (2, 7)),
        ('x = f"é{"é"}"; y = = 1\n', (1, 20)),
        ("type X = int\r\rclass A(:\r    pass\n", (3, 9)),
        ("x = f'{1}'\ny = 2 3\n", (2, 7)),
        ("type X = int\nreturn 1  # noqa\n", (2, 1)),
        ("# ruff: noqa\ntype X = int\nbreak\n", (3, 1)),
        ("type X = int\nfrom __future__ import annotations\n", (2, 1)),
        ("type X = int\nyield 1\n", (2, 1)),
        ("type X = int\nawait x\n", (2, 1)),
    ],
)
def test_an_error_beside_newer_syntax_is_reported_on_every_python(source: str, place: tuple[int, int]) -> None:
    error = module_of(source).error
    assert error is not None
    # Python names the first of the two expressions without a comma between them, its own parser the second.
    assert error.line == place[0]
    assert place[1] - 2 <= error.column <= place[1]


@pytest.mark.parametrize(
    "hostile",
    ["y=" + "-" * 200_000 + "1\n", "y=" + "[" * 200_000, "y=" + "a=" * 100_000 + "1\n", "y=" + "not " * 60_000 + "1\n"],
    ids=["minus", "brackets", "targets", "not"],
)
def test_what_is_hard_to_parse_ends_neither_the_review_nor_in_a_wrong_error(hostile: str) -> None:
    found = verdict(f'x = f"{{a["b"]}}"\n{hostile}')
    assert found is None or found.error is not None


def test_no_more_is_asked_after_a_file_that_could_not_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(module_room, "verdict", lambda text: asked.append(text))
    monkeypatch.setattr(module_room, "_may_be_newer", lambda text, problem: True)
    account = Account()
    modules = Modules(MemoryTree({f"{name}.py": b"x = = 1\n" for name in "abc"}), account)
    assert all(module and module.skipped for module in map(modules.get, modules.paths))
    assert len(asked) == 1
    assert [left.rules for left in account] == [module_room.RULES] * 3


@pytest.mark.parametrize("source", ["x = (\n", "def f(:\n    pass\n", "y = f'{x}'\n\n\n\n\n\nx = = 1\n"])
def test_an_error_that_newer_syntax_does_not_explain_is_reported_on_every_python(source: str) -> None:
    assert module_of(source).error is not None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xef\xbb\xbfx = '\xc3\xa9'\n", "x = 'é'\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        ("# coding: gbk\nx = '字'\n".encode("gbk"), "# coding: gbk\nx = '字'\n"),
        (b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", None),
    ],
)
def test_encodings_are_honoured(raw: bytes, text: str | None) -> None:
    module = module_of(raw)
    assert module.tree is not None
    assert module.text == (text if text is not None else raw.decode("cp1252"))


@pytest.mark.parametrize(
    ("raw", "line", "column"),
    [
        (b"a = 1\nx = 'ab\xe9'\n", 2, 8),
        (b"# coding: no-such-thing\n", 1, 1),
        (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", 1, 1),
        (b"# coding: ascii\nx = '\xe9'\n", 2, 6),
        ("x = 1\n".encode("utf-16"), 1, 1),
    ],
)
def test_what_cannot_be_decoded_is_an_error(raw: bytes, line: int, column: int) -> None:
    error = module_of(raw).error
    assert error is not None
    assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize("name", ["rot13", "zlib_codec", "utf-7", "punycode", "unicode_escape", "idna", "utf-16"])
def test_odd_encodings_are_left_alone(name: str) -> None:
    module = module_of(f"# coding: {name}\nx = 1\n".encode())
    assert module.tree is None
    assert module.error is None or name == "utf-16"


def test_links_and_oversized_files_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = MemoryTree({"a.py": "x = 1\n" * 10}, kinds={"link.py": Kind.LINK, "odd.py": Kind.OTHER})
    modules = Modules(tree)
    link = modules.get("link.py")
    assert link is not None
    assert link.skipped is not None
    assert "link" in link.skipped
    assert modules.get("odd.py") is None
    monkeypatch.setattr(module_room.MAX_BYTES, "most", 20)
    account = Account()
    big = Modules(tree, account).get("a.py")
    assert big is not None
    assert big.skipped == module_room.MAX_BYTES.reason
    assert [(entry.path, entry.reason) for entry in account] == [("a.py", big.skipped)]


def test_the_tokens_of_a_file_and_of_a_plugin_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_room.MAX_TOKENS, "most", 30)
    monkeypatch.setattr(module_room.MAX_PLUGIN_TOKENS, "most", 50)
    modules = modules_of({"a.py": "x = 1\n" * 9, "b.py": "x = 1\n" * 9, "c.py": "x = 1\n" * 11})
    skipped = {path: module.skipped for path in modules.paths if (module := modules.get(path))}
    assert skipped["a.py"] is None
    assert skipped["b.py"] == module_room.MAX_PLUGIN_TOKENS.reason
    assert skipped["c.py"] == module_room.MAX_TOKENS.reason


@pytest.mark.parametrize(
    "padding",
    ["# a, b, c\n" * 40, "#" * 200 + "\n", "'''" + "a, b\n" * 40 + "'''\n", "    # ' a\r" * 40],
    ids=["comments", "marks", "text", "quotes"],
)
def test_comments_do_not_use_up_the_tokens(monkeypatch: pytest.MonkeyPatch, padding: str) -> None:
    monkeypatch.setattr(module_room.MAX_TOKENS, "most", 30)
    monkeypatch.setattr(module_room.MAX_PLUGIN_TOKENS, "most", 60)
    padded = modules_of({"a.py": padding + "x = 1\n", "b.py": "x = 1\n" * 9, "c.py": padding + "x = = 1\n"})
    assert [module.skipped for path in padded.paths if (module := padded.get(path))] == [None] * 3
    broken = padded.get("c.py")
    assert broken is not None
    assert broken.error is not None


def test_comments_in_files_before_leave_tokens_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_room.MAX_TOKENS, "most", 30)
    monkeypatch.setattr(module_room.MAX_PLUGIN_TOKENS, "most", 50)
    padded = modules_of({f"{name}.py": "# a b c d e f g h i j k\nx = 1\n" for name in "abcdefgh"})
    assert [module.skipped for path in padded.paths if (module := padded.get(path))] == [None] * 8


@pytest.mark.parametrize(
    "code",
    [
        "x = '#' + 1" + " + 1" * 40,
        "x = f'{" + "1 + " * 40 + "1}'",
        "x = f'''\n# {" + "1 + " * 40 + "1}'''",
        "'''#''';" + "x;" * 40,
    ],
)
def test_what_looks_like_a_comment_and_is_code_counts(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(module_room.MAX_TOKENS, "most", 30)
    assert module_of(code + "\n").skipped == module_room.MAX_TOKENS.reason


def test_what_only_an_older_python_takes_for_a_comment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_room.MAX_TOKENS, "most", 30)
    module = module_of('x = f"{"#"}"' + " + 1" * 40 + "\n")
    assert module.tree is None
    assert module.skipped is not None


def test_spans_count_code_points() -> None:
    module = module_of("é = 'é'; class_ = 1\nclass 字(é): pass\nasync   def 名(): pass\n")
    second = module.body[1]
    assert module.span(second) == Span(1, 10, 1, 20)
    cls, function = module.body[2], module.body[3]
    assert isinstance(cls, ast.ClassDef)
    assert isinstance(function, ast.AsyncFunctionDef)
    assert module.span_of_name(cls) == Span(2, 7, 2, 8)
    assert module.span(cls.bases[0]) == Span(2, 9, 2, 10)
    assert module.span_of_name(function) == Span(3, 13, 3, 14)


@given(st.lists(st.sampled_from(["é", "字", "😀", "a", " ", "\t", "\x0c", "\x1c", "\u2028"]), max_size=12))
def test_a_span_cuts_out_what_python_read(parts: list[str]) -> None:
    text = "".join(parts)
    module = parse("a.py", f"x = '''{text}''' + name_\ry = 1\r\nz = '{text.strip()}'\n")
    assert module.tree is not None
    names = [node for node in ast.walk(module.tree) if isinstance(node, ast.Name) and node.id == "name_"]
    span = module.span(names[0])
    assert module.lines[span.line - 1][span.column - 1 : span.end_column - 1] == "name_"
    assert len(module.lines) == 4


@given(st.text(max_size=60) | st.text(alphabet="()[]{}:,.'\"\\\n\t fx=1", max_size=60))
def test_any_text_has_exactly_one_outcome(text: str) -> None:
    module = parse("a.py", text)
    assert [module.tree is not None, module.error is not None, module.skipped is not None].count(True) == 1
    if module.error is not None:
        assert 1 <= module.error.line <= len(module.lines)
        assert 1 <= module.error.column <= len(module.lines[module.error.line - 1]) + 1


@given(st.binary(max_size=40))
def test_any_bytes_have_exactly_one_outcome(raw: bytes) -> None:
    module = module_of(raw)
    assert [module.tree is not None, module.error is not None, module.skipped is not None].count(True) == 1


def flags(module: Module) -> dict[str, str]:
    """Each imported name with the letters of what is special about it."""
    return {
        found.bound: ("L" if found.lazy else "") + ("G" if found.guarded else "") + ("T" if found.typing_only else "")
        for found in module.imports
    }


def test_imports_know_when_they_are_executed() -> None:
    module = module_of(
        """
import plain.sub, other as renamed
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import typed
else:
    import untyped
if sys.version_info >= (3, 11):
    import always
if sys.platform == "win32":
    import windows
elif x:
    import middle
else:
    import unix
try:
    import tried
except (KeyError, ImportError):
    import fallback
else:
    import after
finally:
    import finally_
try:
    import unguarded
except ValueError:
    pass
with suppress(ImportError):
    import suppressed
with open(x):
    import opened
def f():
    import lazy
    def g():
        from a import lazier
class A:
    import in_class
for x in y:
    import looped
if __name__ == "__main__":
    import main_only
"""
    )
    assert flags(module) == {
        "plain": "",
        "renamed": "",
        "TYPE_CHECKING": "",
        "typed": "GT",
        "untyped": "",
        "always": "",
        "windows": "G",
        "middle": "G",
        "unix": "G",
        "tried": "G",
        "fallback": "G",
        "after": "",
        "finally_": "",
        "unguarded": "",
        "suppressed": "G",
        "opened": "",
        "lazy": "L",
        "lazier": "L",
        "in_class": "",
        "looped": "G",
        "main_only": "G",
    }


def absolute_names(path: str, source: str, others: Iterable[str] = ()) -> list[str | None]:
    modules = modules_of({path: source, **dict.fromkeys(others, "")})
    module = modules.get(path)
    assert module is not None
    return [modules.absolute(module, statement.module, statement.level) for statement in module.imports]


def test_relative_imports_are_resolved_as_python_does() -> None:
    source = "from . import a\nfrom .b import c\nfrom .. import d\nfrom ...e import f\nimport g.h\n"
    assert absolute_names("p/q/m.py", source) == ["p.q", "p.q.b", "p", None, "g.h"]
    assert absolute_names("p/q/__init__.py", source) == ["p.q", "p.q.b", "p", None, "g.h"]
    assert absolute_names("m.py", source) == [None, None, None, None, "g.h"]


def test_a_package_comes_before_a_module_before_a_folder() -> None:
    modules = modules_of({"a/__init__.py": "", "a.py": "", "b.py": "", "b/c.py": "", "d/e.py": ""})
    found = {
        name: place and (place.path, place.folder)
        for name in ("a", "b", "d", "d.e", "x")
        for place in [modules.locate(name)]
    }
    assert found == {
        "a": ("a/__init__.py", "a"),
        "b": ("b.py", None),
        "d": (None, "d"),
        "d.e": ("d/e.py", None),
        "x": None,
    }
    # `b` is the module, so the folder next to it is out of reach.
    assert modules.locate("b.c") is None


def test_names_that_may_mean_something_installed_are_not_certain() -> None:
    modules = modules_of({"json.py": "", "openai/x.py": "", "requests/__init__.py": "", "tools/x.py": ""})
    assert modules.is_own("tools.x") is True
    assert modules.is_own("requests") is True
    assert modules.is_own("openai") is None
    assert modules.is_own("json") is None
    assert modules.is_own("yaml") is False


def test_the_standard_library_is_that_of_python_3_12() -> None:
    assert {"asyncio", "cgi", "telnetlib", "tomllib"} <= STDLIB
    assert not {"distutils", "imp", "asyncore", "annotationlib"} & STDLIB


def test_derived_tables_are_made_once() -> None:
    modules = modules_of({})
    made: list[Modules] = []

    def make(given: Modules) -> list[int]:
        made.append(given)
        return [1]

    assert modules.derived(make) is modules.derived(make)
    assert made == [modules]


def test_an_error_has_no_tree_to_conclude_from() -> None:
    assert module_of("x = (").body == []
    assert module_of("x = (").imports == ()
    assert parse("a.py", "x =").error == SyntaxProblem("invalid syntax", 1, 4)
