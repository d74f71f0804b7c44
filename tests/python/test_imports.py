from __future__ import annotations

import pytest

from bot.findings import Span
from bot.python.distributions import BRINGS
from bot.python.imports import Reach, broken_imports, external_imports, reachable, undeclared
from tests.python.plugins import modules_of


def reached(files: dict[str, str], *sources: str, entrypoint: str = "main") -> list[str]:
    return sorted(reachable(modules_of(files), sources, entrypoint))


def test_what_the_entry_point_and_the_sources_import_is_reachable() -> None:
    files = {
        "main.py": "from app import run\n",
        "app.py": "",
        "tools/__init__.py": "from . import setup_\n",
        "tools/setup_.py": "",
        "tools/a.py": "from .deep.b import x\nimport tools.c as c\nfrom tools import d\n",
        "tools/c.py": "def f():\n    from tools.lazy import x\n",
        "tools/d.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tools.typed import T\n",
        "tools/deep/b.py": "import importlib\nimportlib.import_module('tools.named')\n__import__('tools.old')\n",
        "tools/lazy.py": "try:\n    from tools.tried import x\nexcept ImportError: pass\n",
        "tools/named.py": "import json, requests\n",
        "tools/old.py": "",
        "tools/tried.py": "",
        "tools/typed.py": "",
        "tools/orphan.py": "import tools.a\n",
        "tests/test_a.py": "import tools.orphan\n",
    }
    expected = ["app.py", "main.py"] + [
        f"tools/{name}.py" for name in ("__init__", "a", "c", "d", "deep/b", "lazy", "named", "old", "setup_", "tried")
    ]
    assert reached(files, "tools/a.py") == expected
    assert reached(files) == ["app.py", "main.py"]
    assert reached(files, "tools/none.py", "/x.py", entrypoint="none") == []


def test_relative_dynamic_imports_and_packages_as_entry_points() -> None:
    files = {
        "server/__init__.py": "",
        "server/__main__.py": "from . import run\n",
        "server/run.py": "from importlib import import_module\nimport_module('.late', __package__)\n",
        "server/late.py": "import_module(name)\n",
    }
    assert reached(files, entrypoint="server") == sorted(files)


def test_files_that_import_each_other_end() -> None:
    files = {"tools/a.py": "from tools.b import *\n", "tools/b.py": "from tools.a import *\nimport tools.b\n"}
    assert reached(files, "tools/a.py") == ["tools/a.py", "tools/b.py"]


def test_a_file_that_does_not_parse_is_reached_all_the_same() -> None:
    assert reached({"tools/a.py": "import ("}, "tools/a.py") == ["tools/a.py"]


# External imports


def external(source: str, **others: str) -> list[str]:
    files = {"tools/a.py": source, **{path.replace("__", "/") + ".py": text for path, text in others.items()}}
    return [found.name for found in external_imports(modules_of(files), ["tools/a.py"])]


def test_external_imports_are_those_that_run_at_once() -> None:
    source = """
import json, requests, tools.b, utils
from google.cloud.storage import Client
from google import genai
import google.protobuf.json_format
from PIL import Image
import distutils.core
from . import b
try:
    import orjson
except ImportError:
    import ujson
if x:
    import numpy
def f():
    import pandas
"""
    assert external(source, tools__b="", shared__utils="") == [
        "requests",
        "google.cloud.storage",
        "google.genai",
        "google.protobuf",
        "PIL",
        "distutils",
    ]


def test_a_folder_that_an_installed_package_would_hide_is_not_taken_for_external() -> None:
    assert external("import openai\n", openai__x="") == []


# Undeclared dependencies


def missing(source: str, declared: list[str], locked: list[str] | None = None) -> list[tuple[str, bool]]:
    modules = modules_of({"tools/a.py": source})
    return [(found.external.name, found.certain) for found in undeclared(modules, ["tools/a.py"], declared, locked)]


@pytest.mark.parametrize(
    ("statement", "declared"),
    [
        ("import requests, httpx, yaml, pydantic, werkzeug, dify_plugin, dotenv, typing_extensions", ["dify_plugin"]),
        ("import PIL", ["Pillow"]),
        ("import cv2", ["opencv_python_headless"]),
        ("from google.cloud import storage", ["google-cloud-storage"]),
        ("from google.cloud import vision", ["google-cloud-vision"]),
        ("import googleapiclient, google.auth", ["google-api-python-client"]),
        ("import azure.identity", ["azure-ai-ml"]),
        ("import botocore", ["boto3"]),
        ("import ruamel", ["ruamel.yaml"]),
        ("import some_thing", ["some-thing"]),
        ("import Some_Thing", ["some.thing"]),
        ("import langchain_core.tools", ["langchain-openai"]),
        ("import distutils.core", ["setuptools"]),
        ("import some_thing", ["its-distribution-has-another-name"]),
    ],
)
def test_declared_imports(statement: str, declared: list[str]) -> None:
    assert missing(statement, declared) == []
    assert missing(statement, declared, [*declared, *BRINGS.get(declared[0], ())]) == []


def test_undeclared_imports() -> None:
    source = "import bs4\nimport bs4.element\nfrom PIL import Image\nimport some_thing\n"
    assert missing(source, ["dify_plugin", "requests"]) == [("bs4", False), ("PIL", False), ("some_thing", False)]
    assert missing(source, ["dify_plugin"], ["dify-plugin", "requests"]) == [
        ("bs4", True),
        ("PIL", True),
        ("some_thing", False),
    ]
    assert missing(source, ["dify_plugin"], ["beautifulsoup4", "pillow", "some-thing"]) == []


def test_a_dependency_that_may_bring_anything_along_silences_what_no_lock_file_confirms() -> None:
    assert missing("import bs4", ["dify_plugin", "acme-sdk"]) == []
    assert missing("import bs4", ["dify_plugin", "acme-sdk"], ["dify-plugin", "acme-sdk"]) == [("bs4", True)]
    assert missing("import some_thing", ["dify_plugin", "acme-sdk"], ["dify-plugin", "acme-sdk"]) == []


def test_modules_that_python_3_12_dropped_need_a_distribution() -> None:
    assert missing("import imp\nimport distutils\n", ["dify_plugin"], ["dify-plugin"]) == [
        ("imp", True),
        ("distutils", True),
    ]


def test_an_undeclared_import_is_reported_where_it_first_stands() -> None:
    modules = modules_of({"tools/a.py": "import os\nimport bs4\nimport bs4\n"})
    (found,) = undeclared(modules, ["tools/a.py"], [])
    assert found.span == Span(2, 8, 2, 11)
    assert found.external.distributions == ("beautifulsoup4",)


# Broken imports


def broken(files: dict[str, str | bytes], path: str = "tools/a.py") -> list[str | None]:
    return [found.missing for found in broken_imports(modules_of(files), [path])]


BESIDE: dict[str, str | bytes] = {
    "tools/b.py": "x = 1\nif flag:\n    y = 1\ndef f():\n    global z\n    z = 1\ndel_ = 1\ndel del_\n",
    "tools/pack/__init__.py": "from .inner import thing\n",
    "tools/pack/inner.py": "thing = 1\n",
    "tools/dynamic.py": "def __getattr__(name): ...\n",
    "tools/star.py": "from os.path import *\n",
    "tools/outside.py": "from acme import *\n",
    "tools/hacked/__init__.py": "__path__.append('elsewhere')\n",
    "tools/bad.py": "x = (",
    "tools/native.cpython-312-x86_64-linux-gnu.so": b"\x7fELF",
}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from tools.nothing import x", "tools.nothing"),
        ("from .nothing import x", "tools.nothing"),
        ("import tools.pack.nothing", "tools.pack.nothing"),
        ("import tools.B", "tools.B"),
        ("from tools.b import nothing", "tools.b.nothing"),
        ("from tools.b import del_", "tools.b.del_"),
        ("from tools import nothing", "tools.nothing"),
        ("from .pack import nothing", "tools.pack.nothing"),
        ("from tools.b.c import x", "tools.b.c"),
        ("from tools.b import x, nothing, y", "tools.b.nothing"),
        ("from ... import x", None),
    ],
)
def test_imports_that_fail(statement: str, expected: str | None) -> None:
    assert broken({"tools/a.py": statement, **BESIDE}) == [expected]


@pytest.mark.parametrize(
    "statement",
    [
        "from tools.b import x, y, z, __name__",
        "from tools import b, pack",
        "from .pack import thing, inner",
        "import tools.pack.inner",
        "from tools.dynamic import anything",
        "from tools.star import join, anything",
        "from tools.outside import anything",
        "from tools.hacked.more import x",
        "from tools.bad import x",
        "from tools.b import *",
        "from tools.native import x",
        "import requests.nothing, json.nothing",
        "try:\n    from tools.nothing import x\nexcept ImportError: pass",
        "def f():\n    from tools.nothing import x",
        "if TYPE_CHECKING:\n    from tools.nothing import x",
        "import sys\nsys.path.append('lib')\nimport tools.nothing",
    ],
)
def test_imports_that_may_work(statement: str) -> None:
    assert broken({"tools/a.py": statement, **BESIDE}) == []


def test_a_broken_import_says_where_it_is() -> None:
    (found,) = broken_imports(modules_of({"tools/a.py": "from tools.x import (\n    y,\n)\n"}), ["tools/a.py"])
    assert (found.path, found.missing, found.span) == ("tools/a.py", "tools.x", Span(1, 6, 1, 13))


@pytest.mark.parametrize(
    ("statement", "span"),
    [
        ("from tools.x import y", (1, 6, 13)),
        ("from .x import y", (1, 6, 8)),
        ("from ...x import y", (1, 6, 10)),
        ("x = 1; from  tools.x  import y, z", (1, 14, 21)),
        ("from tools.x import \\\n    y", (1, 6, 13)),
        ("import tools.x as y", (1, 8, 20)),
        ("from tools.b import y", (1, 21, 22)),
    ],
)
def test_what_is_missing_is_pointed_at(statement: str, span: tuple[int, int, int]) -> None:
    files: dict[str, str | bytes] = {"tools/a.py": statement, "tools/b.py": ""}
    found = broken_imports(modules_of(files), ["tools/a.py"])[0].span
    assert (found.line, found.column, found.end_column) == span


FROM_A_TOOL: dict[Reach, dict[str, str]] = {
    Reach.START: {
        "a": "import tools.b",
        "b": "from .c import x",
        "c": "try:\n    import tools.d\nexcept OSError: pass",
    },
    Reach.USE: {"e": "x = 1", "f": "x = 1", "g": "x = 1"},
    Reach.ANY: {"h": "x = 1", "i": "x = 1", "j": "x = 1"},
}


def test_how_far_a_file_is_from_the_start() -> None:
    entry = (
        "import tools.a\n"
        "def f():\n    import tools.e\n"
        "    try:\n        import tools.f\n    except Exception as problem:\n        raise OSError from problem\n"
        "class A:\n    def g(self):\n        from tools import g\n"
        "try:\n    import tools.h\nexcept ImportError: pass\n"
        "if flag:\n    import tools.i\n"
        "importlib.import_module('tools.j')\n"
    )
    files: dict[str, str | bytes] = {"main.py": entry, "tools/d.py": ""}
    expected = {"main.py", "tools/d.py"}
    for bodies in FROM_A_TOOL.values():
        files |= {f"tools/{name}.py": body for name, body in bodies.items()}
    for reach, bodies in FROM_A_TOOL.items():
        expected |= {f"tools/{name}.py" for name in bodies}
        assert reachable(modules_of(files), [], "main", reach) == expected


@pytest.mark.parametrize(
    ("handler", "survives"),
    [
        ("except Exception: pass", True),
        ("except Exception: raise", False),
        ("except: log(); raise OSError('failed')", False),
        ("except Exception: return None", True),
        ("except Exception:\n        if flag: return\n        raise", True),
        ("except Exception:\n        if flag: raise", True),
        ("except ImportError: raise OSError('install it')", True),
        ("except ValueError: pass", False),
    ],
)
def test_a_failed_import_is_survived_unless_the_handler_gives_up(handler: str, survives: bool) -> None:
    source = f"def f():\n    try:\n        import a\n    {handler}\n"
    (statement,) = modules_of({"a.py": source}).get("a.py").imports  # type: ignore[union-attr]
    assert statement.guarded is survives
