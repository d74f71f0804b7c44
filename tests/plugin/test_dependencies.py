"""What a plugin asks to be installed, read from whatever its files hold."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plugin import Plugin
from bot.plugin.dependencies import Declared, declared_requirements, declared_sdk, poetry_specifier
from bot.source.memory import MemoryTree
from tests.support.reviewing import opened

MANIFEST = "type: plugin\nauthor: acme\nname: a\nplugins: {}\n"


def plugin(files: Mapping[str, str | bytes]) -> Plugin:
    return opened(MemoryTree({"manifest.yaml": MANIFEST, **files}))


def names(files: Mapping[str, str | bytes]) -> list[str]:
    return [f"{each.name}{each.specifier}" for each in declared_requirements(plugin(files))]


def place(text: str, declared: Declared) -> str:
    line = text.removeprefix("\ufeff").split("\n")[declared.span.line - 1]
    return line[declared.span.column - 1 : declared.span.end_column - 1]


REQUIREMENTS = """\
# What the plugin needs.
dify_plugin>=0.9.0,<1.0.0   # the SDK

  httpx[http2]>=0.27 ; python_version >= "3.10"
Ruamel.YAML==0.18.* \\
    --hash=sha256:0000
-e .
--index-url https://pypi.example/simple
git+https://github.com/acme/thing
wheel @ https://files.example/wheel.whl
old-thing; python_version < "3"
not a requirement!
"""


def test_a_requirements_file() -> None:
    found = declared_requirements(plugin({"requirements.txt": REQUIREMENTS}))
    assert [each.name for each in found] == ["dify-plugin", "httpx", "ruamel-yaml", "wheel", "old-thing"]
    assert [str(each.specifier) for each in found] == ["<1.0.0,>=0.9.0", ">=0.27", "==0.18.*", "", ""]
    assert [each.url for each in found] == [None, None, None, "https://files.example/wheel.whl", None]
    assert [each.applies for each in found] == [True, True, True, True, False]
    assert [place(REQUIREMENTS, each) for each in found] == [each.text for each in found]
    assert found[1].text == 'httpx[http2]>=0.27 ; python_version >= "3.10"'


def test_files_named_by_a_requirements_file() -> None:
    files = {
        "requirements.txt": "-r more/base.txt\nb\n",
        "more/base.txt": "a\n--requirement=other.txt\n-r ../requirements.txt\n-r missing.txt\n-r ../../etc/passwd\n",
        "more/other.txt": "c>=1\n",
    }
    assert names(files) == ["a", "c>=1", "b"]


@pytest.mark.parametrize("content", [REQUIREMENTS.encode("utf-8-sig"), REQUIREMENTS.encode("utf-16")])
def test_marks_of_byte_order(content: bytes) -> None:
    assert names({"requirements.txt": content})[0] == "dify-plugin<1.0.0,>=0.9.0"


PYPROJECT = """\
[project]
name = "thing"
description = "needs dify_plugin>=0.9.0"
dependencies = [
    "dify_plugin>=0.9.0",  # the SDK
    'httpx>=0.27',
]

[dependency-groups]
dev = ["pytest>=8"]

[tool.poetry.dependencies]
python = "^3.12"
requests = "^2.31"
redis = { version = "~5.0", extras = ["hiredis"] }
local = { path = "../local" }
"""


def test_a_pyproject_file() -> None:
    found = declared_requirements(plugin({"pyproject.toml": PYPROJECT}))
    assert [f"{each.name}{each.specifier}" for each in found] == [
        "dify-plugin>=0.9.0",
        "httpx>=0.27",
        "requests<3,>=2.31",
        "redis<5.1,>=5.0",
    ]
    assert [place(PYPROJECT, each) for each in found] == ["dify_plugin>=0.9.0", "httpx>=0.27", "^2.31", "~5.0"]
    assert [each.span.line for each in found] == [5, 6, 14, 15]


def test_what_is_in_a_comment_or_another_text_is_no_place() -> None:
    text = """\
[project]
dependencies = [
    # 'a "b>=1"
    "dify_plugin @ https://example.com/'b>=1'",
    \"\"\"c"b>=1"\"\"\",
    "b>=1",
]
"""
    found = [each for each in declared_requirements(plugin({"pyproject.toml": text})) if each.name == "b"]
    assert [(each.span.line, place(text, each)) for each in found] == [(6, "b>=1")]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("[tool.poetry.dependencies]\n", 'a{} = "^1"\n'),
        ("[tool.poetry.dependencies]\n", '"a{}" = "\\u003e=1"\n'),
        ("[project]\ndependencies = [\n", '  "\\u0061{}>=1",\n'),
    ],
)
def test_a_project_of_thousands_of_dependencies(head: str, line: str) -> None:
    lines = [line.format(index) for index in range(4000)]
    text = head + "".join(lines) + ("]\n" if "project" in head else "")
    assert len(declared_requirements(plugin({"pyproject.toml": text}))) == len(lines)


def test_the_file_that_dify_installs_by_comes_first() -> None:
    files = {"requirements.txt": "dify_plugin==0.5\n", "pyproject.toml": PYPROJECT}
    declared = declared_sdk(plugin(files))
    assert declared is not None
    assert (declared.path, str(declared.specifier)) == ("pyproject.toml", ">=0.9.0")
    declared = declared_sdk(plugin({**files, "pyproject.toml": "[project]\nname = 'thing'\n"}))
    assert declared is not None
    assert declared.path == "requirements.txt"


@pytest.mark.parametrize(
    ("wanted", "specifier"),
    [
        ("^1.2.3", "<2,>=1.2.3"),
        ("^0.2.3", "<0.3,>=0.2.3"),
        ("^0.0.3", "<0.0.4,>=0.0.3"),
        ("^0", "<1,>=0"),
        ("~1.2.3", "<1.3,>=1.2.3"),
        ("~1", "<2,>=1"),
        ("~=1.4.2", "~=1.4.2"),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        (">=1.2, <2", "<2,>=1.2"),
        ("*", ""),
    ],
)
def test_the_notation_of_poetry(wanted: str, specifier: str) -> None:
    assert str(poetry_specifier(wanted)) == specifier


@pytest.mark.parametrize("wanted", ["^1 || ^2", "latest", "^x", ""])
def test_what_no_specifier_can_say(wanted: str) -> None:
    assert poetry_specifier(wanted) is None


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": "[project\n"},
        {"pyproject.toml": "project = 5\ntool = []\n"},
        {"pyproject.toml": "[project]\ndependencies = {a = 1}\n[tool.poetry]\ndependencies = 5\n"},
        {"pyproject.toml": "[project]\ndependencies = [1, [], '', 'a b c']\n"},
        {"pyproject.toml": "a = " + "[" * 50_000},
        {"pyproject.toml": "a = " + "9" * 50_000},
        {"pyproject.toml": "\n".join(f"a{n}." + "b." * 900 + "c = 1" for n in range(100))},
        {"pyproject.toml": b"\xff\xfe[\x00"},
        {"requirements.txt": "a; " + "(" * 1900},
        {"requirements.txt": "-r requirements.txt\n-r ./requirements.txt\n"},
        {"requirements.txt": "a>=" + "1." * 5000},
        {"requirements.txt": b"\x00\xff" * 300},
        {"requirements.txt": "a\n" * 1_000_000},
    ],
)
def test_content_that_says_nothing(files: Mapping[str, str | bytes]) -> None:
    assert names(files) == []


@given(st.text(alphabet="dify_plugin-.,;<>=!~^*@#[](){}'\"\\ \t\r\n0123x&|+:/", max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    files = {"requirements.txt": text, "pyproject.toml": f"[project]\ndependencies = [{text!r}]\n{text}"}
    for declared in declared_requirements(plugin(files)):
        source = files[declared.path]
        assert declared.text in source
        if declared.path == "requirements.txt":
            assert place(source, declared) == declared.text
