from __future__ import annotations

import pytest

from bot.findings import Span
from bot.python import sdk
from bot.python.classes import Resolution, Source, find_source, missing_abstract, overrides, subclasses_in_module
from bot.python.sdk import SdkClass
from tests.python.plugins import TOOL, modules_of


def resolve(files: dict[str, str], base: str = "Tool", path: str = "tools/a.py") -> Resolution:
    return subclasses_in_module(modules_of(files), path, base)


def names(resolution: Resolution) -> list[str]:
    return [found.name for found in resolution.certain]


# What counts


@pytest.mark.parametrize(
    ("source", "base"),
    [
        ("from dify_plugin import Tool\nclass A(Tool): ...", "Tool"),
        ("from dify_plugin import Tool as T\nclass A(T): ...", "Tool"),
        ("import dify_plugin\nclass A(dify_plugin.Tool): ...", "Tool"),
        ("import dify_plugin as dp\nclass A(dp.Tool): ...", "Tool"),
        ("import dify_plugin.interfaces.tool\nclass A(dify_plugin.interfaces.tool.Tool): ...", "Tool"),
        ("from dify_plugin.interfaces import tool\nclass A(tool.Tool): ...", "Tool"),
        ("from dify_plugin.interfaces.tool.tool import Tool\nclass A(Tool): ...", "Tool"),
        ("from dify_plugin import *\nclass A(Tool): ...", "Tool"),
        ("from dify_plugin.interfaces.agent import AgentStrategy\nclass A(AgentStrategy): ...", "AgentStrategy"),
        ("from dify_plugin.interfaces.trigger import Event\nclass A(Event): ...", "Event"),
        (
            ("from dify_plugin.interfaces.model.large_language_model import LargeLanguageModel\n"
            "class A(LargeLanguageModel): ..."),
            "LargeLanguageModel",
        ),
        ("from dify_plugin.interfaces.agent import ToolProvider\nclass A(ToolProvider): ...", "ToolProvider"),
        (
            ("from dify_plugin.interfaces.datasource.website import WebsiteCrawlDatasource\n"
            "class A(WebsiteCrawlDatasource): ..."),
            "WebsiteCrawlDatasource",
        ),
        ("from dify_plugin import Tool\nimport abc\nclass A(Tool, abc.ABC): ...", "Tool"),
        ("from dify_plugin import Tool\nclass A(Tool, metaclass=ABCMeta): ...\n", "Tool"),
        ("from dify_plugin import Tool\nclass Mixin: ...\nclass A(Mixin, Tool): ...", "Tool"),
        ("from dify_plugin import Tool\nif True:\n    class A(Tool): ...\nelse:\n    class B(Tool): ...", "Tool"),
        ("from dify_plugin import Tool\nimport sys\nif sys.version_info >= (3, 12):\n    class A(Tool): ...", "Tool"),
        ("from dify_plugin import Tool\nif x:\n    raise ValueError\nclass A(Tool): ...", "Tool"),
        ("from dify_plugin import Tool\ntry:\n    class A(Tool): ...\nfinally:\n    x = 1", "Tool"),
        ("from dify_plugin import Tool\nwith open('x') as f:\n    class A(Tool): ...", "Tool"),
        ("from dify_plugin import Tool\nclass Tool(Tool): ...\nA = Tool\ndel Tool", "Tool"),
        ("from dify_plugin import Tool\nfrom dataclasses import dataclass\n@dataclass\nclass A(Tool): ...", "Tool"),
        (("from typing import Generic, TypeVar\nfrom dify_plugin import Tool\nT = TypeVar('T')\n"
         "class B(Generic[T]): ...\nclass A(B[int], Tool): ..."), "Tool"),
        ("from dify_plugin import Tool\nclass A(Tool): ...\nB, C = 1, A\ndel A\nA = C\ndel C", "Tool"),
        ("from dify_plugin import Tool\nfrom pydantic import BaseModel\nclass P(BaseModel): ...\nclass A(Tool): ...",
         "Tool"),
    ],
)  # fmt: skip
def test_one_subclass(source: str, base: str) -> None:
    found = resolve({"tools/a.py": source}, base)
    assert found.single is not None, found
    assert found.single.name == "A"
    assert found.is_known
    assert not found.is_missing
    assert not found.is_multiple


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (TOOL + "class Base(Tool): ...\nclass A(Base): ...", ["Base", "A"]),
        (TOOL + "class A(Tool): ...\nB = A", ["A", "B"]),
        (TOOL + "class A(Tool): ...\n_b = C = A", ["A", "_b", "C"]),
        (TOOL + "class A(Tool): ...\nclass B(Tool): ...", ["A", "B"]),
        (TOOL + "class Outer:\n    class Inner(Tool): ...\nA = Outer.Inner", []),
    ],
)
def test_intermediate_classes_and_second_names_count(source: str, expected: list[str]) -> None:
    found = resolve({"tools/a.py": source})
    assert names(found) == expected
    assert found.is_multiple == (len(expected) > 1)


@pytest.mark.parametrize(
    "source",
    [
        "",
        TOOL,
        "import requests\nfrom openai import OpenAI\nclass A: ...\nx = OpenAI()\n",
        "from dify_plugin import ToolProvider\nclass A(ToolProvider): ...",
        "from dify_plugin.entities.tool import ToolInvokeMessage\nclass A(ToolInvokeMessage): ...",
        TOOL + "def f():\n    class A(Tool): ...\n",
        TOOL + "class A:\n    class B(Tool): ...\n",
        TOOL + "class A(Tool): ...\ndel A",
        TOOL + "class A(Tool): ...\nA = 1",
        TOOL + "class A(Tool): ...\ndef A(): ...",
        TOOL + "if False:\n    class A(Tool): ...\n",
        TOOL + "if __name__ == '__main__':\n    class A(Tool): ...\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tools.b import B\nx: 'B'\n",
        TOOL + "TOOLS = [Tool]\nname = Tool.__name__ + 'x'\nis_tool = not Tool\ndef f(): return Tool\n",
        "from enum import Enum\nclass A(str, Enum):\n    X = 'x'\n",
        "import logging\nlogger = logging.getLogger(__name__)\n",
        "class A(int): ...\nclass B(A, object): ...\nclass C(Exception): ...\n",
        "from dify_plugin import Tool as A\nB = A\n",
    ],
)
def test_no_subclass(source: str) -> None:
    found = resolve({"tools/a.py": source, "tools/b.py": TOOL + "class B(Tool): ..."})
    assert found == Resolution()
    assert found.is_missing


@pytest.mark.parametrize(
    "source",
    [
        "from acme_sdk import AcmeTool\n",
        "from acme_sdk import AcmeTool\nclass A(AcmeTool): ...",
        "from acme_sdk import *\n",
        "import acme_sdk\nclass A(acme_sdk.Tool): ...",
        "from dify_plugin.interfaces.tool import SomethingNew\nclass A(SomethingNew): ...",
        "from dify_plugin.something.new import Tool2\n",
        TOOL + "if x:\n    class A(Tool): ...\n",
        TOOL + "try:\n    class A(Tool): ...\nexcept Exception:\n    pass\n",
        TOOL + "for x in y:\n    class A(Tool): ...\n",
        TOOL + "for x in (1, 2):\n    class A(Tool): ...\n",
        TOOL + "for x in (1, 2):\n    class A(Tool): ...\n    if x: break\n    A = 1\n",
        TOOL + "while True:\n    A = type('A', (Tool,), {})\n    break\n    A = 1\n",
        TOOL + "A = 1\ntry:\n    class A(Tool): ...\n    raise ValueError\n    A = 2\nexcept ValueError:\n    pass\n",
        TOOL + "try:\n    class A(Tool): ...\n    f()\n    A = 2\nexcept ValueError:\n    pass\n",
        TOOL + "class B(Tool): ...\nA = 1\ndef f():\n    global A\n    A = B\nf()\nC = A\ndel B\n",
        TOOL
        + "class B(Tool): ...\nA = 1\ndef f():\n    global A\n    A = B\nf()\ndef g(): return A\nC = g()\nB = A = 1\n",
        TOOL + "class R:\n    t = [type('A', (Tool,), {})]\nr = R()\nA = r.t[0]\n",
        TOOL + "Base = Tool if x else object\nclass A(Base): ...\n",
        "from .conditional import *\n",
        "from .changed import C\n",
        "from .changed import D\n",
        TOOL + "while x:\n    class A(Tool): ...\n",
        TOOL + "from contextlib import suppress\nwith suppress(Exception):\n    class A(Tool): ...\n",
        TOOL + "match x:\n    case 1:\n        class A(Tool): ...\n",
        TOOL + "def make():\n    class A(Tool): ...\n    return A\nB = make()\n",
        TOOL + "def make(base): return type('X', (base,), {})\nB = make(Tool)\n",
        TOOL + "def f():\n    global A\n    class A(Tool): ...\nf()\n",
        TOOL + "globals()['A'] = type('A', (Tool,), {})\n",
        TOOL + "exec('class A(Tool): pass')\n",
        TOOL + "import sys\nsetattr(sys.modules[__name__], 'A', Tool)\n",
        TOOL + "REGISTRY = {'a': type('A', (Tool,), {})}\nA = REGISTRY['a']\n",
        TOOL + "import importlib\nA = importlib.import_module('tools.' + x).A\n",
        TOOL + "A = getattr(object, x, Tool)\n",
        TOOL + "class M(type): ...\nA = M('A', (Tool,), {})\n",
        "from .b import x\nA = x.anything\n",
        "from .gone import A\n",
        "from ..above import A\n",
        TOOL + "def deco(cls): return make(cls)\n@deco\nclass A(Tool): ...",
        TOOL + "class A(*bases): ...",
        "class A(A): ...",
        TOOL + "A = type('A', (Tool,), {})\n",
        TOOL + "(A := type('A', (Tool,), {}))\n",
        TOOL + "if x:\n    class A(Tool): ...\nelse:\n    class A(Tool): ...\n",
        TOOL + "from typing import TypeVar\nT = TypeVar('T', bound=Tool)\n",
        TOOL + "class A(Tool): ...\nA = A if x else None\n",
    ],
)
def test_what_cannot_be_known_is_not_claimed(source: str) -> None:
    files = {"tools/a.py": source, "tools/b.py": "class C:\n    def __getattr__(self, name): ...\nx = unknown()\n"}
    files["tools/changed.py"] = (
        TOOL + "class B(Tool): ...\nA = 1\ndef f():\n    global A\n    A = B\nf()\nC = A\ndef g(): return A\nD = g()\n"
    )
    files["tools/conditional.py"] = TOOL + "if x:\n    class A(Tool): ...\n"
    found = resolve(files)
    assert not found.is_missing
    assert not found.is_multiple
    assert found.single is None
    assert not found.is_known


def test_a_name_that_may_be_a_class_is_possible_and_says_which() -> None:
    source = TOOL + "class B(Tool): ...\nclass C: ...\nA = B if x else C\n"
    found = resolve({"tools/a.py": source})
    (possible,) = found.possible
    assert [item.name for item in found.certain] == ["B"]
    assert found.single is None
    assert not found.is_known
    assert (possible.name, [cls.name for cls in possible.definitions]) == ("A", ["B"])


def test_two_certain_classes_are_too_many_whatever_else_there_is() -> None:
    found = resolve({"tools/a.py": TOOL + "from acme import X\nclass A(Tool): ...\nclass B(Tool): ...\n"})
    assert found.doubts
    assert found.single is None
    assert found.is_multiple
    assert found.is_known


# Other files


def test_imported_subclasses_count_where_they_are_imported() -> None:
    files = {
        "tools/a.py": TOOL + "from tools.b import B\nclass A(Tool): ...\n",
        "tools/b.py": TOOL + "\nclass B(Tool): ...\n",
    }
    first, second = resolve(files).certain
    assert (first.name, first.path, first.place) == ("B", "tools/b.py", Span(2, 21, 2, 22))
    assert first.span == Span(3, 7, 3, 8)
    assert (second.name, second.path, second.place) == ("A", "tools/a.py", Span(3, 7, 3, 8))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from tools.b import B", ["B"]),
        ("from .b import B as C", ["C"]),
        ("from . import b", []),
        ("import tools.b", []),
        ("from .pack import B", ["B"]),
        ("from .pack import *", ["B"]),
        ("from .pack import b", []),
        ("from .pack.b import B", ["B"]),
        ("from .star import *", ["B", "C"]),
        ("from .listed import *", ["C"]),
        ("from . import b\nX = b.B", ["X"]),
        ("import tools.b as q\nX = q.B", ["X"]),
        ("import tools.pack\nX = tools.pack.b.B", ["X"]),
        ("try:\n    from tools.b import B\nexcept ImportError:\n    from b import B", ["B"]),
        ("from tools.b import Tool", []),
        ("from tools.b import *", ["B", "C"]),
    ],
)
def test_imports_are_followed(statement: str, expected: list[str]) -> None:
    files = {
        "tools/a.py": statement + "\n",
        "tools/b.py": TOOL + "class B(Tool): ...\nC = B\n_D = B\n",
        "tools/pack/__init__.py": "from .b import B\n",
        "tools/pack/b.py": "from dify_plugin.interfaces.tool import Tool\nclass B(Tool): ...\n",
        "tools/star.py": "from tools.b import *\n",
        "tools/listed.py": "from tools.b import B, C\n__all__ = ['C']\n",
    }
    found = resolve(files)
    assert names(found) == expected
    assert found.is_known


def test_a_base_is_found_through_several_files() -> None:
    files = {
        "tools/a.py": "from .middle import Middle\nclass A(Middle): ...\n",
        "tools/middle.py": "from shared import base\nclass Middle(base.Base): ...\n",
        "shared/__init__.py": "",
        "shared/base.py": "import dify_plugin as d\nclass Base(d.Tool): ...\n",
    }
    assert names(resolve(files)) == ["Middle", "A"]


@pytest.mark.parametrize(
    "package",
    [
        "from tools.b import B\n__all__ = names()\n",
        "from tools.b import B\n__all__ = ['B', name]\n",
        "from tools.b import B\n__all__ = []\n__all__ += ['B']\n",
        "from tools.b import B\n__all__ = ['B']\n__all__.extend(more)\n",
        "from tools.b import B\nif x:\n    __all__ = ['B']\nelse:\n    __all__ = []\n",
        "from tools.b import B\nfrom shared2 import __all__\n",
    ],
)
def test_a_computed_list_of_public_names_leaves_a_doubt(package: str) -> None:
    files = {
        "tools/a.py": "from shared import *\n",
        "shared.py": package,
        "tools/b.py": TOOL + "class B(Tool): ...\nC = B\n",
    }
    found = resolve(files)
    assert (names(found), [item.name for item in found.possible]) == ([], ["B"])
    assert "it imports everything from shared" in found.doubts


def test_classes_of_the_sdk_count_when_they_derive_from_the_base() -> None:
    source = "from dify_plugin import ModelProvider, OAICompatProvider\nclass A(OAICompatProvider): ...\n"
    found = resolve({"tools/a.py": source}, "ModelProvider")
    assert names(found) == ["OAICompatProvider", "A"]
    assert isinstance(found.certain[0].definition, SdkClass)
    assert found.certain[0].path is None
    assert found.certain[0].place == Span(1, 40, 1, 57)


def test_everything_of_the_sdk_brings_its_subclasses_along() -> None:
    files = {"tools/a.py": "from dify_plugin import *\nclass A(ModelProvider): ...\n"}
    assert set(names(resolve(files, "ModelProvider"))) == {"OAICompatProvider", "A"}
    assert names(resolve(files, "ToolProvider")) == ["AgentProvider"]


def test_a_file_that_does_not_parse_leaves_everything_open() -> None:
    found = resolve({"tools/a.py": "class A(\n"})
    assert found.doubts == ("it does not parse",)
    assert resolve({}).doubts == ("there is no such file",)
    through = resolve({"tools/a.py": "from .b import B\n", "tools/b.py": "class B(\n"})
    assert not through.is_missing


def test_only_classes_of_the_sdk_can_be_asked_for() -> None:
    with pytest.raises(KeyError):
        resolve({"tools/a.py": ""}, "Tulip")


# Sources


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("tools/a.py", Source("tools/a.py")),
        ("./tools/a.py", Source("tools/a.py")),
        ("tools//a.py", Source("tools/a.py")),
        ("tools/a.yaml", Source("tools/a.py")),
        ("tools/a", Source("tools/a.py")),
        ("tools/b.py", Source("tools/b/__init__.py")),
        ("tools/hy-phen.py", Source("tools/hy-phen.py")),
        ("main.py", Source("main.py")),
        ("tools/A.py", Source()),
        ("tools/none.py", Source()),
        ("none/a.py", Source()),
        ("tools/gpt-4.5.py", Source()),
        ("/tools/a.py", Source()),
        ("../tools/a.py", Source()),
        ("tools\\a.py", Source()),
        ("", Source()),
        (".", Source()),
        ("tools/folder.py", Source(doubt="tools.folder is a folder", is_folder=True)),
        ("json.py", Source(doubt="an installed module is called json too")),
        ("email/a.py", Source(doubt="an installed module is called email too")),
    ],
)
def test_the_file_behind_a_source(source: str, expected: Source) -> None:
    files = dict.fromkeys(
        ["tools/a.py", "tools/b/__init__.py", "tools/b.py", "tools/hy-phen.py", "tools/gpt-4.5.py", "main.py"], ""
    )
    modules = modules_of({**files, "tools/folder/x.py": "", "email/a.py": ""})
    assert find_source(modules, source) == expected


# Methods


def only(files: dict[str, str], base: str = "Tool", name: str = "A") -> tuple[frozenset[str] | None, Resolution]:
    modules = modules_of(files)
    found = subclasses_in_module(modules, "tools/a.py", base)
    return missing_abstract(modules, next(item for item in found.certain if item.name == name)), found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("class A(Tool): ...", {"_invoke"}),
        ("class A(Tool):\n    def _invoke(self, p): ...", set()),
        ("class A(Tool):\n    async def _invoke(self, p): ...", set()),
        ("def f(self, p): ...\nclass A(Tool):\n    _invoke = f", set()),
        ("class A(Tool):\n    _invoke: object = None", set()),
        ("class A(Tool):\n    _invoke: object", {"_invoke"}),
        ("import threading\nclass A(Tool, threading.local): ...", {"_invoke"}),
        ("class A(Tool, dict): ...", {"_invoke"}),
        ("from dify_plugin.entities.tool import ToolInvokeMessage as M\nclass A(Tool, M): ...", {"_invoke"}),
        ("def f(a):\n    a._invoke = setattr(a, 'b', 1)\nclass A(Tool): ...", {"_invoke"}),
        ("class A(Tool):\n    from x import _invoke", set()),
        ("class A(Tool):\n    if x:\n        def _invoke(self, p): ...", set()),
        ("class A(Tool): ...\nA._invoke = lambda self, p: None", set()),
        ("class M:\n    def _invoke(self, p): ...\nclass A(M, Tool): ...", set()),
        ("class M:\n    def _invoke(self, p): ...\nclass A(Tool, M): ...", {"_invoke"}),
        ("class B(Tool):\n    def _invoke(self, p): ...\nclass A(B): ...", set()),
        (
            (
                "from abc import abstractmethod\nclass B(Tool):\n    @abstractmethod\n    def extra(self): ...\n"
                "class A(B):\n    def _invoke(self, p): ..."
            ),
            {"extra"},
        ),
        (
            (
                "import abc\nclass B(Tool):\n    @property\n    @abc.abstractmethod\n    def extra(self): ...\n"
                "class A(B):\n    extra = 1\n    def _invoke(self, p): ..."
            ),
            set(),
        ),
        ("class B(Tool):\n    def _invoke(self): ...\nclass C(Tool): ...\nclass A(C, B): ...", set()),
    ],
)
def test_abstract_methods_left_open(body: str, expected: set[str]) -> None:
    missing, _ = only({"tools/a.py": TOOL + body})
    assert missing == frozenset(expected)


@pytest.mark.parametrize(
    "body",
    [
        "from acme import Mixin\nclass A(Mixin, Tool): ...",
        "from langchain import Mixin\nclass A(Mixin, Tool): ...",
        "class A(Tool, *more): ...",
        "class B(Tool): ...\nclass C(B): ...\nclass A(B, C): ...",
        "if x:\n    class M: ...\nelse:\n    class M:\n        def _invoke(self): ...\nclass A(M, Tool): ...",
        "class A(Tool, metaclass=make()): ...",
        "class A(Tool):\n    locals()['_invoke'] = print\n    exec('x')",
        "class A(Tool): ...\nsetattr(A, name, print)",
    ],
)
def test_abstract_methods_of_a_class_not_fully_known_are_not_claimed(body: str) -> None:
    assert only({"tools/a.py": TOOL + body})[0] is None


def test_models_have_abstract_methods_from_two_classes() -> None:
    source = (
        "from dify_plugin import LargeLanguageModel\n"
        "class A(LargeLanguageModel):\n"
        "    def _invoke(self): ...\n"
        "    def validate_credentials(self): ...\n"
    )
    missing, _ = only({"tools/a.py": source}, "LargeLanguageModel")
    assert missing == frozenset({"get_num_tokens", "_invoke_error_mapping"})


@pytest.mark.parametrize("name", sorted(name for name in sdk.CLASSES if name.startswith("OAICompat")))
def test_the_ready_made_classes_of_the_sdk_leave_nothing_open(name: str) -> None:
    base = next(parent for parent in sdk.CLASSES[name].bases if not parent.startswith("_"))
    missing, _ = only({"tools/a.py": f"from dify_plugin import {name}\nclass A({name}): ...\n"}, base)
    assert missing == frozenset()


@pytest.mark.parametrize(
    ("body", "itself", "anywhere"),
    [
        ("class A(Tool): ...", False, False),
        ("class A(Tool):\n    def _fetch_parameter_options(self, p): ...", True, True),
        ("class A(Tool):\n    _fetch_parameter_options = something", True, True),
        ("class B(Tool):\n    async def _fetch_parameter_options(self, p): ...\nclass A(B): ...", False, True),
        ("class M:\n    def _fetch_parameter_options(self, p): ...\nclass A(Tool, M): ...", False, True),
        ("class A(Tool):\n    if x:\n        def _fetch_parameter_options(self, p): ...", None, None),
        ("from acme import M\nclass A(M, Tool): ...", False, None),
        (
            "from acme import M\nclass A(M, Tool):\n    def _fetch_parameter_options(self, p): ...",
            True,
            True,
        ),
        ("class A(Tool): ...\nA._fetch_parameter_options = print", True, True),
    ],
)
def test_overridden_methods(body: str, itself: bool | None, anywhere: bool | None) -> None:
    modules = modules_of({"tools/a.py": TOOL + body})
    found = subclasses_in_module(modules, "tools/a.py", "Tool")
    cls = next(item for item in found.certain if item.name == "A")
    assert overrides(modules, cls, "_fetch_parameter_options", inherited=False) is itself
    assert overrides(modules, cls, "_fetch_parameter_options") is anywhere


def test_classes_of_the_sdk_override_nothing() -> None:
    modules = modules_of({"tools/a.py": "from dify_plugin import OAICompatProvider\n"})
    (found,) = subclasses_in_module(modules, "tools/a.py", "ModelProvider").certain
    assert overrides(modules, found, "validate_provider_credentials") is False
    assert missing_abstract(modules, found) == frozenset()


def test_of_two_classes_that_a_name_may_stand_for_only_what_they_share_is_said() -> None:
    source = (
        TOOL
        + """
class B(Tool):
    def _invoke(self, p): ...
    def helper(self): ...
class C(Tool):
    def helper(self): ...
A = B if x else C
del B, C
"""
    )
    modules = modules_of({"tools/a.py": source})
    found = subclasses_in_module(modules, "tools/a.py", "Tool")
    assert found.single is not None
    assert found.single.definition is None
    assert (found.single.path, found.single.span) == (None, None)
    assert len(found.single.definitions) == 2
    assert missing_abstract(modules, found.single) is None
    assert overrides(modules, found.single, "_invoke") is None
    assert overrides(modules, found.single, "helper") is True
