"""The resolver against the loader it stands for: the SDK's own, on plugins made up for the purpose."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.python.classes import Resolution, subclasses_in_module
from tests.python.plugins import modules_of


class Loader:
    """The SDK in another process, where it may patch what it likes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("loader.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._line() == {"version": 1}

    def find(self, files: dict[str, str], path: str, base: str) -> list[str] | None:
        """The names of the classes found, or None when the file cannot be imported."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"files": files, "path": path, "base": base}) + "\n")
        self._process.stdin.flush()
        answer = self._line()
        return None if "error" in answer else list(answer["found"])

    def close(self) -> None:
        # Without requests it ends; leaving the context waits for that and closes the pipes.
        with self._process:
            pass

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    loader = Loader()
    yield loader
    loader.close()


def check(found: Resolution, real: list[str]) -> None:
    """Whether nothing that `found` claims is contradicted by what the loader finds."""
    left = Counter(real)
    left.subtract(item.definition.name for item in found.certain if item.definition)
    assert min(left.values(), default=0) >= 0
    assert len(found.certain) <= len(real)
    if not found.doubts:
        assert len(real) <= len(found.certain) + len(found.possible)
    if found.is_missing:
        assert real == []
    if found.is_multiple:
        assert len(real) > 1
    if found.single:
        assert len(real) == 1
        assert real[0] in {definition.name for definition in found.single.definitions}


NAMES = st.sampled_from(["A", "B", "C", "D"])
BASES = st.sampled_from(
    ["Tool", "Tool", "ToolProvider", "object", "dify_plugin.Tool", "A", "B", "C", "D", "b.C", "c.D"]
)
VALUES = st.sampled_from(
    [
        *["A", "B", "C", "D", "Tool", "None", "1", "[A]", "{'k': B}", "make(A)", "give()", "[A][0]", "(A, B)[1]"],
        *[
            "A if flag else B",
            "A or B",
            "type('X', (A,), {})",
            "b.B",
            "c.C",
            "{'k': C}['k']",
            "lambda: A",
            "A.__name__",
        ],
    ]
)
CONDITIONS = st.sampled_from(
    ["flag", "not flag", "True", "False", "__name__ == '__main__'", "sys.version_info < (3, 8)"]
)
IMPORTS = st.sampled_from(
    [
        "from tools.b import A",
        "from .b import B as A",
        "from tools.b import *",
        "from .c import *",
        "from tools.c import C, D",
        "from . import c as b",
        "import tools.c as b",
        "import tools.c; A = tools.c.D",
        "from dify_plugin import ToolProvider as A",
        "from dify_plugin import OAICompatProvider as D",
        "from dify_plugin.interfaces.agent import AgentProvider as C",
        "from missing_module import A",
    ]
)


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines] or ["    pass"]


@st.composite
def statements(draw: st.DrawFn, depth: int = 2) -> list[str]:
    """The lines of one statement, which may fail when it is executed."""
    kinds = ["class", "class", "class", "alias", "import", "def", "unpack", "del and bind"]
    kind = draw(st.sampled_from(kinds + ["if", "try", "for", "with", "match", "global"] * (depth > 0)))
    name = draw(NAMES)
    inner = st.lists(statements(depth - 1), min_size=1, max_size=2).map(lambda blocks: list(chain(*blocks)))
    match kind:
        case "class":
            return [f"class {name}({draw(BASES)}):", f"    {draw(st.sampled_from(['pass', 'class B(A): pass']))}"]
        case "alias":
            return [f"{name} = {draw(VALUES)}"]
        case "import":
            return [draw(IMPORTS)]
        case "def":
            return [f"def {draw(st.sampled_from(['make', 'give', name]))}(x=None):", f"    return {draw(VALUES)}"]
        case "del and bind":
            # What is deleted for good mostly breaks what comes after it.
            return [f"del {name}", *([f"{name} = {draw(VALUES)}"] if draw(st.integers(0, 3)) else [])]
        case "unpack":
            return [f"{name}, {draw(NAMES)} = {draw(VALUES)}, {draw(VALUES)}"]
        case "if":
            lines = [f"if {draw(CONDITIONS)}:", *indented(draw(inner))]
            if draw(st.booleans()):
                lines += [f"elif {draw(CONDITIONS)}:", *indented(draw(inner))]
            return lines + (["else:", *indented(draw(inner))] if draw(st.booleans()) else [])
        case "try":
            return ["try:", *indented(draw(inner)), "except Exception:", *indented(draw(inner))]
        case "for":
            return [f"for {name} in ({draw(VALUES)},):", *indented(draw(inner))]
        case "with":
            return ["with contextlib.suppress(Exception):", *indented(draw(inner))]
        case "match":
            return ["match flag:", "    case True:", *indented(indented(draw(inner)))]
        case _:
            return ["def change():", f"    global {name}", f"    {name} = {draw(VALUES)}", "change()"]


@st.composite
def files(draw: st.DrawFn) -> dict[str, str]:
    made = {}
    for path in ("tools/a.py", "tools/b.py", "tools/c.py"):
        head = ["import contextlib, sys", "import dify_plugin", "from dify_plugin import Tool, ToolProvider"]
        head += [f"flag = {draw(st.booleans())}", "def make(x): return x", "def give(): return None"]
        head += ["A = B = C = D = object", "class D(Tool): pass"]
        if path != "tools/c.py":
            head += ["from tools import c", "b = c"]
        body = chain(*draw(st.lists(statements(), max_size=5)))
        public = draw(st.sampled_from(["", "", "__all__ = ['A', 'B']", "__all__ = [n for n in dir() if n < 'E']"]))
        made[path] = "\n".join([*head, *body, public, ""])
    if draw(st.booleans()):
        made["tools/__init__.py"] = draw(st.sampled_from(["", "from .c import *\n"]))
    return made


@given(plugin=files(), base=st.sampled_from(["Tool", "ToolProvider", "ModelProvider"]))
def test_the_resolver_never_contradicts_the_loader(loader: Loader, plugin: dict[str, str], base: str) -> None:
    for path in ("tools/a.py", "tools/b.py"):
        found = subclasses_in_module(modules_of(plugin), path, base)
        real = loader.find(plugin, path, base)
        if real is not None:
            check(found, real)


SIMPLE = st.sampled_from(
    [
        ["class A(Tool):", "    pass"],
        ["class B(A):", "    pass"],
        ["class C(ToolProvider):", "    pass"],
        ["D = A"],
        ["A = None"],
        ["from .b import *"],
        ["from tools.b import A as D"],
        ["from tools import c"],
        ["class D(c.A):", "    pass"],
        ["if True:", "    class C(Tool): pass", "else:", "    class D(Tool): pass"],
        ["A, B = 1, A"],
        ["del B"],
    ]
)


@given(st.lists(SIMPLE, max_size=6), st.lists(SIMPLE, max_size=4))
def test_ordinary_code_is_resolved_and_not_just_left_open(
    loader: Loader, first: list[list[str]], second: list[list[str]]
) -> None:
    head = ["from dify_plugin import Tool, ToolProvider"]
    plugin = {
        "tools/a.py": "\n".join([*head, *chain(*first), ""]),
        "tools/b.py": "\n".join([*head, *(line for lines in second for line in lines if ".b" not in line), ""]),
        "tools/c.py": "\n".join([*head, "class A(Tool): pass", ""]),
    }
    for base in ("Tool", "ToolProvider"):
        real = loader.find(plugin, "tools/a.py", base)
        if real is None:
            continue
        found = subclasses_in_module(modules_of(plugin), "tools/a.py", base)
        assert found.is_known
        assert sorted(definition.name for item in found.certain for definition in item.definitions) == real


def test_the_loader_itself_is_at_work(loader: Loader) -> None:
    plugin = {"tools/a.py": "from dify_plugin import Tool\nclass A(Tool): pass\nB = A\n"}
    assert loader.find(plugin, "tools/a.py", "Tool") == ["A", "A"]
    assert loader.find({"tools/a.py": "import missing_module\n"}, "tools/a.py", "Tool") is None
