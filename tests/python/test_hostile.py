"""Sources made to exhaust or crash a reader. Each must be answered, and by the right kind of answer."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping

import pytest

from bot.python import module as module_room
from bot.python.calls import constructions, misuses, uses
from bot.python.classes import missing_abstract, overrides, subclasses_in_module
from bot.python.imports import broken_imports, reachable, undeclared
from bot.python.module import Module, Modules
from bot.python.reads import called
from bot.python.scopes import Scope, Scopes, scopes_of
from tests.python.plugins import TOOL, modules_of

METHOD = TOOL + "class A(Tool):\n    def f(self, session):\n"


def ask_everything(files: Mapping[str, str | bytes]) -> Modules:
    """Asks every question of this room about every file."""
    modules = modules_of(files)
    for path in modules.paths:
        for base in ("Tool", "LargeLanguageModel"):
            found = subclasses_in_module(modules, path, base)
            for item in (*found.certain, *found.possible)[:50]:
                missing_abstract(modules, item)
                overrides(modules, item, "_invoke")
    reachable(modules, ["tools/a.py"])
    uses(modules, modules.paths)
    misuses(modules, modules.paths)
    constructions(modules, modules.paths)
    undeclared(modules, modules.paths, [])
    broken_imports(modules, modules.paths)
    return modules


def counts(files: Mapping[str, str | bytes], path: str = "tools/a.py") -> tuple[int, int, bool]:
    """How many subclasses of `Tool` are certain and possible, and whether there is doubt."""
    found = subclasses_in_module(ask_everything(files), path, "Tool")
    return len(found.certain), len(found.possible), bool(found.doubts)


@pytest.mark.parametrize(
    ("source", "parsed"),
    [
        ("(" * 1_000_000, False),
        ("[" * 190 + "]" * 190, True),
        ("-" * 90_000 + "1", False),
        ("not " * 90_000 + "1", False),
        ("x = " + "1+" * 40_000 + "1", False),
        ("x = a" + ".a" * 45_000, False),
        ("x = f" + "()" * 30_000, False),
        ("lambda: " * 30_000 + "1", False),
        ("x = " + "1 if a else " * 20_000 + "1", False),
        ("if a: pass\n" + "elif b: pass\n" * 20_000, False),
        ("".join(" " * depth + "if a:\n" for depth in range(99)) + " " * 99 + "pass\n", True),
        ("".join(" " * depth + "if a:\n" for depth in range(300)) + " " * 300 + "pass\n", False),
        ("a\n" * 30_000, True),
        ("x = '" + "a" * 900_000 + "'\n", True),
        ("a," * 300_000, False),
        ("9" * 5_000, False),
        ("\0" * 1000, False),
        ("\\\n" * 50_000 + "a", True),
        ("f'{" * 100, False),
        ("\r" * 100_000, True),
        ("# coding: utf-8\n" * 10_000, True),
    ],
    ids=range(21),
)
def test_bombs_are_answered(source: str, parsed: bool) -> None:
    module = ask_everything({"tools/a.py": source}).get("tools/a.py")
    assert module is not None
    assert (module.tree is not None) == parsed
    assert [module.tree, module.error, module.skipped].count(None) == 2


def test_the_parser_survives_its_worst_inputs_in_a_small_process() -> None:
    # In another process: a crash of the parser would take the tests along.
    code = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from bot.python.module import parse
bombs = ["(" * 10**6, "-" * 10**5 + "1", "a" + "[0]" * 10**5, "{" * 99 + "}" * 99, "1 + " * 10**5 + "1"]
for text in bombs:
    module = parse("a.py", text)
    assert module.tree or module.error or module.skipped
print("alive")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_ten_thousand_names_for_a_class() -> None:
    source = TOOL + "class A0(Tool): ...\n" + "".join(f"A{n + 1} = A{n}\n" for n in range(10_000))
    assert counts({"tools/a.py": source}) == (10_001, 0, False)


def test_a_hierarchy_ten_thousand_classes_deep() -> None:
    source = TOOL + "class A0(Tool): ...\n" + "".join(f"class A{n + 1}(A{n}): ...\n" for n in range(10_000))
    assert counts({"tools/a.py": source}) == (10_001, 0, False)


def test_thousands_of_branches() -> None:
    source = TOOL + "".join(f"if x{n}:\n    class A(Tool): ...\n" for n in range(2_000))
    certain, possible, doubt = counts({"tools/a.py": source})
    assert certain == 0
    assert possible or doubt
    chain = (
        TOOL
        + "if x:\n    class A(Tool): ...\n"
        + "".join(f"elif x{n}:\n    class A{n}(Tool): ...\n" for n in range(400))
    )
    assert counts({"tools/a.py": chain}) == (0, 401, False)


def test_functions_that_call_each_other_ten_thousand_deep() -> None:
    source = "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(10_000))
    source += "def f10000(): return 1\nx = f0()\n"
    assert counts({"tools/a.py": source}) == (0, 0, False)


def test_a_large_function_called_thousands_of_times() -> None:
    source = TOOL + "def f():\n" + "    x = 1\n" * 4_000 + "".join(f"y{n} = f()\n" for n in range(2_000))
    assert counts({"tools/a.py": source}) == (0, 0, False)


@pytest.mark.parametrize(
    "source",
    [
        "def f(): return (" + "".join(f"a{n}, " for n in range(2_000)) + ")\n" + "x = f()\n" * 2_000,
        "from .b import *\n" * 2_000,
    ],
    ids=["calls", "stars"],
)
def test_thousands_of_names_looked_at_thousands_of_times(source: str) -> None:
    names = "".join(f"a{n} = 1\n" for n in range(2_000))
    modules = ask_everything({"tools/a.py": names + source, "tools/b.py": names})
    assert [item.path for item in modules.account] == ["tools/a.py"]
    assert not subclasses_in_module(modules, "tools/a.py", "Tool").is_known


def test_a_try_of_thousands_of_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    absolute = Modules.absolute

    def count(self: Modules, importer: Module, dotted: str, level: int) -> str | None:
        nonlocal asked
        asked += 1
        return absolute(self, importer, dotted, level)

    monkeypatch.setattr(Modules, "absolute", count)
    source = "try:\n" + "".join(f"    from .b import a{n}\n" for n in range(2_000)) + "except E: pass\n"
    assert subclasses_in_module(modules_of({"tools/a.py": source, "tools/b.py": ""}), "tools/a.py", "Tool").doubts
    assert asked <= 4_000


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"tools/a.py": "class A(A): ...\n"}, (0, 0, True)),
        ({"tools/a.py": "A = A\n"}, (0, 0, True)),
        ({"tools/a.py": "from tools.a import A\n"}, (0, 0, True)),
        ({"tools/a.py": "from tools.a import *\nfrom .a import *\n"}, (0, 0, True)),
        (
            {
                "tools/a.py": TOOL + "from tools.b import B\nclass A(B): ...\n",
                "tools/b.py": "from tools.a import A\nclass B(A): ...\n",
            },
            (0, 0, True),
        ),
        ({"tools/a.py": "from tools.b import X\n", "tools/b.py": "from tools.a import X\n"}, (0, 0, True)),
        (
            {
                "tools/a.py": TOOL + "from tools.b import *\nclass A(Tool): ...\n",
                "tools/b.py": "from tools.a import *\n",
            },
            (1, 0, True),
        ),
        (
            {"tools/a.py": TOOL + "import tools.b\nclass A(Tool): ...\n", "tools/b.py": "import tools.a\n"},
            (1, 0, False),
        ),
    ],
)
def test_circles(files: dict[str, str], expected: tuple[int, int, bool]) -> None:
    assert counts(files) == expected


@pytest.mark.parametrize("source", ["class A(A.B): ...\n", "class A(B.x): ...\nclass B(A.x): ...\n"])
def test_classes_that_are_looked_for_in_themselves(source: str) -> None:
    scopes = scopes_of(modules_of({"tools/a.py": source}))
    file = scopes.file_at("tools/a.py")
    assert file is not None
    cls = file.top.classes["A"]
    assert scopes.lineage(cls) == ([cls], None)


@pytest.mark.parametrize(("target", "function"), [("a", "a.f"), ("self.a", "self.a.f")])
def test_a_variable_of_thousands_of_values(monkeypatch: pytest.MonkeyPatch, target: str, function: str) -> None:
    lines = f"        {target} = C()\n        {function}()\n" * 1_000
    source = "class C:\n    def f(self): ...\nclass D:\n    def g(self):\n" + lines
    scopes = scopes_of(modules_of({"tools/a.py": source}))
    file = scopes.file_at("tools/a.py")
    assert file is not None
    asked = 0
    definition = Scopes.definition

    def count(self: Scopes, node: ast.expr, scope: Scope, depth: int = 0) -> Scope | None:
        nonlocal asked
        asked += 1
        return definition(self, node, scope, depth)

    monkeypatch.setattr(Scopes, "definition", count)
    found = {called(scopes, call, scope, None)[0] for call, scope in file.calls if isinstance(call.func, ast.Attribute)}
    assert found == {file.top.classes["C"].functions["f"]}
    assert asked < 10_000


@pytest.mark.parametrize("statement", ["from tools.m{} import *", "from tools.m{} import A"])
def test_a_name_passed_through_a_thousand_files(statement: str) -> None:
    files = {f"tools/m{n}.py": statement.format(n + 1) + "\n" for n in range(1_000)}
    files |= {"tools/m1000.py": TOOL + "class A(Tool): ...\n", "tools/a.py": statement.format(0) + "\n"}
    assert counts(files) == (0, 0, True)


def test_files_that_all_import_everything_from_each_other() -> None:
    names = range(40)
    files = {f"tools/m{n}.py": "".join(f"from tools.m{m} import *\n" for m in names) + f"x{n} = 1\n" for n in names}
    assert counts({**files, "tools/a.py": TOOL + "from tools.m0 import *\nclass A(Tool): ...\n"})[0] == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["a0 = session", *(f"a{n + 1} = a{n}" for n in range(4_000)), "a3999.storage.get(1)"],
        [f"a{n} = a{m}" for n in range(90) for m in range(90)],
        [f"self.a{n} = self.a{n + 1}" for n in range(3_000)],
        ["x = " + " or ".join(["session"] * 3_000), "x.storage.get(1)"],
        ["x = session" + ".session" * 900 + ".storage.get(1)"],
        ["x = " + "(" * 90 + "a if b else c" + ")" * 90],
        ["session.storage.get(1)"] * 3_000,
    ],
    ids=range(7),
)
def test_names_for_names_for_sessions(lines: list[str]) -> None:
    source = METHOD + "".join(f"        {line}\n" for line in lines)
    modules = ask_everything({"tools/a.py": source})
    found = uses(modules, ["tools/a.py"])
    assert len(found) == (3_000 if len(lines) == 3_000 and "storage" in lines[0] else len(found))
    assert {use.permission for use in found} <= {"storage"}


def test_a_plugin_of_bombs_stays_within_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_room.MAX_PLUGIN_TOKENS, "most", 10_000)
    files = {f"tools/f{n}.py": "a\n" * 1_200 for n in range(20)} | {"tools/z.py": TOOL + "class A(Tool): ...\n"}
    modules = ask_everything(files)
    parsed = [path for path in modules.paths if (module := modules.get(path)) and module.tree]
    assert len(parsed) == 9
    assert "tools/z.py" in parsed


def test_the_bounds_leave_room_for_the_largest_plugins_there_are() -> None:
    assert module_room.MAX_BYTES.most >= 5 * 195_276
    assert module_room.MAX_TOKENS.most >= 2 * 37_513
    assert module_room.MAX_PLUGIN_TOKENS.most >= 4 * 60_439


def test_paths_of_any_shape() -> None:
    files = {"d/" * 400 + "a.py": "x = 1\n", "tools/.py": "", "tools/a b.py": "", "tools/é.py": "import tools.é\n"}
    source = "import " + ".".join(["d"] * 400) + ".a\nfrom tools import é\n"
    modules = ask_everything({**files, "tools/a.py": source})
    assert reachable(modules, ["tools/a.py", "\0", "tools/\ud800.py"]) == {
        "tools/a.py",
        "tools/é.py",
        "d/" * 400 + "a.py",
    }


def test_a_thousand_calls_in_a_thousand_handlers() -> None:
    attempt = "        try:\n            session.tool(1)\n        except Exception: pass\n"
    modules = ask_everything({"tools/a.py": METHOD + attempt * 5000})
    found = misuses(modules, ["tools/a.py"])
    assert len(found) == 5000
    assert all(misuse.caught for misuse in found)
