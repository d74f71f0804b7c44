"""Plugins are moved to another release of the SDK as a whole, and nothing else of a file changes."""

from __future__ import annotations

import re

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.findings import Severity
from bot.fixes.fix import Outcome
from bot.fixes.migrate import migrate
from bot.fixes.migrations import migrations
from bot.format.gates import SDK_VERSIONS
from bot.options import Options
from bot.plugin import find_roots
from bot.plugin.dependencies import raised
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.source.archives import archive

Files = dict[str, bytes]

TOOL = "tools/current_weather.py"
PROJECT = """\
[project]
name = "weather"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "requests>=2.32,<3",  # ours
    "dify_plugin~=0.7.1",
]
"""


def plugin(code: str = "", requirement: str = "dify_plugin>=0.7.0,<0.8.0", /, **files: bytes) -> Files:
    """The bundled tool, with more code in front of its own, asking for an old SDK."""
    whole = example_plugin("tool")
    text = whole[TOOL].decode()
    whole[TOOL] = f"{code}{text}".encode()
    whole["requirements.txt"] = f"{requirement}\n".encode()
    return {**whole, **files}


def moved(files: Files, name: str = "sdk-0.9") -> Outcome:
    tree = MemoryTree(files)
    outcome = migrate(tree, find_roots(tree), Options(), migrations()[name])
    again = {**files, **{path: change.after for path, change in outcome.changes.items()}}
    tree = MemoryTree(again)
    assert not migrate(tree, find_roots(tree), Options(), migrations()[name]).changes
    worse = [item.severity for item in outcome.after.findings].count(Severity.ERROR)
    assert worse <= [item.severity for item in outcome.before.findings].count(Severity.ERROR)
    return outcome


def code_after(code: str, name: str = "sdk-0.9", **files: bytes) -> str:
    before = plugin(code, **files)
    outcome = moved(before, name)
    after = outcome.changes[TOOL].after if TOOL in outcome.changes else before[TOOL]
    rest = example_plugin("tool")[TOOL].decode()
    assert after.decode().endswith(rest)
    return after.decode().removesuffix(rest)


IMPORT = "from dify_plugin.entities import I18nObject\n"


#: Code in which the names between « and » are to change, and nothing else.
NAMES = [
    # Arguments, in any order, over several lines, beside what is not one.
    "a = I18nObject(«en_US»='漢', «zh_Hans» = '字')  # en_US\n",
    "a = I18nObject(\n    «ja_JP»='x',\n\t«en_US»='y',\n)\n",
    "漢 = 1; a = [I18nObject(«en_US»='漢')]\n",
    "a = I18nObject(**{'en_US': 'x'})\n",
    # Attributes, read and set, of what may be a localized text.
    "def f(e):\n    e.label.«en_US» = e.help.«zh_Hans»\n",
    "a = I18nObject(«en_US»='x') \\\n  .  «en_US»\n",
    # Other functions keep their arguments, and other packages their attributes.
    "a = dict(en_US='x')\n",
    "import babel\na = babel.en_US\nb = babel.all()['x'].en_US\n",
    # The class is known by where it comes from.
    "from dify_plugin.entities import I18nObject as T\na = T(«en_US»='')\n",
    "import dify_plugin.entities as e\na = e.I18nObject(«en_US»='')\n",
    "from tools.texts import T\na = T(«en_US»='')\n",
    "from elsewhere import I18nObject as T\na = T(en_US='')\n",
    "class T:\n    def __init__(self, en_US): pass\na = T(en_US='')\n",
]


def old(marked: str) -> str:
    return marked.replace("«", "").replace("»", "")


def new(marked: str) -> str:
    return re.sub("«(.*?)»", lambda found: found[1].lower(), marked)


def test_localized_texts_get_their_new_names() -> None:
    marked = {f"tools/case_{at}.py": IMPORT + code for at, code in enumerate(NAMES)}
    marked["tools/star.py"] = "from dify_plugin.entities import *\na = I18nObject(«en_US»='')\n"
    marked["tools/texts.py"] = "from dify_plugin.entities import I18nObject as T\n"
    changes = moved(plugin(**{path: old(code).encode() for path, code in marked.items()})).changes
    for path, code in marked.items():
        assert (changes[path].after.decode() if path in changes else old(code)) == new(code)


def test_a_class_of_the_plugin_may_have_the_name() -> None:
    marked = f"{IMPORT}class L:\n    en_US = 1\nx = L.en_US\ny = I18nObject(«en_US»='').«en_US»\n"
    assert code_after(old(marked)) == new(marked)


OLD_MODULE, NEW_MODULE = "from dify_plugin.entities.tool import", "from dify_plugin.entities.provider_config import"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{OLD_MODULE} LogMetadata\n", f"{NEW_MODULE} LogMetadata\n"),
        (
            f"{OLD_MODULE} LogMetadata as L, ToolInvokeMessage\n",
            f"{NEW_MODULE} LogMetadata as L\n{OLD_MODULE} ToolInvokeMessage\n",
        ),
        (
            f"if True:\r\n    {OLD_MODULE} (\r\n        ToolRuntime,\r\n        LogMetadata,\r\n    )\r\n",
            f"if True:\r\n    {NEW_MODULE} LogMetadata\r\n    {OLD_MODULE} (\r\n        ToolRuntime,\r\n    )\r\n",
        ),
        (
            f"{OLD_MODULE} ToolRuntime, LogMetadata\n",
            f"{NEW_MODULE} LogMetadata\n{OLD_MODULE} ToolRuntime\n",
        ),
        (f"{OLD_MODULE} ToolRuntime\n", f"{OLD_MODULE} ToolRuntime\n"),
    ],
)
def test_a_name_is_imported_from_where_it_is(before: str, after: str) -> None:
    assert code_after(before, "sdk-0.7") == after


@pytest.mark.parametrize(
    "before",
    [
        "from dify_plugin.entities.tool import (\n    LogMetadata,  # for the log\n    ToolRuntime,\n)\n",
        "x = 1; from dify_plugin.entities.tool import LogMetadata, ToolRuntime\n",
    ],
)
def test_what_cannot_be_cut_out_is_left_and_said(before: str) -> None:
    files = plugin(before)
    outcome = moved(files, "sdk-0.7")
    assert TOOL not in outcome.changes
    assert [refusal.finding.location.path for refusal in outcome.refused] == [TOOL]


def test_requirements_python_and_runner_move_with_the_sdk() -> None:
    files = plugin(
        **{"pyproject.toml": PROJECT.encode(), "uv.lock": b'[[package]]\nname = "dify-plugin"\nversion = "0.7.1"\n'}
    )
    files["manifest.yaml"] = files["manifest.yaml"].replace(b'version: "3.12"', b"version: '3.11'  # ours")
    assert b"'3.11'" in files["manifest.yaml"]
    outcome = moved(files)
    project = outcome.changes["pyproject.toml"].after.decode()
    assert project == PROJECT.replace("~=0.7.1", ">=0.9.0,<1.0.0").replace(">=3.11", ">=3.12")
    assert outcome.changes["requirements.txt"].after == b"dify_plugin>=0.9.0,<1.0.0\n"
    assert b'version: "3.12"  # ours' in outcome.changes["manifest.yaml"].after
    assert [refusal.reason for refusal in outcome.refused] == ["run `uv lock`: Dify installs what is locked"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ">=0.9.0"),
        (">=0.5.0", ">=0.9.0"),
        ("~=0.7.1", ">=0.9.0,<1.0.0"),
        ("==0.0.1b65", ">=0.9.0,<1.0.0"),
        (">=0.5.0,<0.8.0", ">=0.9.0,<1.0.0"),
        (">=0.5,<1", ">=0.9.0,<1"),
        (">=0.5,!=0.6.0,!=0.9.1", ">=0.9.0,!=0.9.1"),
        ("<1.0.0", ">=0.9.0,<1.0.0"),
        (">=0.9.0", None),
        (">0.8.1", None),
        ("==0.10.1", None),
    ],
)
def test_only_what_is_below_the_release_is_shut_out(before: str, after: str | None) -> None:
    floor = Version("0.9.0")
    assert raised(SpecifierSet(before), floor, [each for each in SDK_VERSIONS if each < floor]) == after


def test_a_requirement_keeps_its_form() -> None:
    written = (
        "dify-plugin [x] >= 0.5.0 ; python_version > '3'\nDify_Plugin (>=0.5)\ndify_plugin>=0.5.0  # why\n"
        "dify_plugin @ https://example.com/x.whl"
    )
    outcome = moved(plugin("", written))
    assert outcome.changes["requirements.txt"].after.decode() == (
        "dify-plugin [x]>=0.9.0 ; python_version > '3'\nDify_Plugin>=0.9.0\ndify_plugin>=0.9.0  # why\n"
        "dify_plugin @ https://example.com/x.whl\n"
    )


def test_hashes_are_left_to_who_writes_them() -> None:
    outcome = moved(plugin("", f"dify_plugin==0.7.0 \\\n    --hash=sha256:{'0' * 64}"))
    assert "requirements.txt" not in outcome.changes
    assert ["hashes" in refusal.reason for refusal in outcome.refused] == [True]


def test_a_constraint_of_poetry_is_one_too() -> None:
    project = '[tool.poetry.dependencies]\npython = "^3.12"\ndify_plugin = "^0.7"\n'
    files = plugin(**{"pyproject.toml": project.encode()})
    assert moved(files).changes["pyproject.toml"].after.decode() == project.replace("^0.7", ">=0.9.0,<1.0.0")


def test_a_word_of_documents_changes_with_its_quotes() -> None:
    files = plugin("", "dify_plugin==0.10.1")
    path = "tools/current_weather.yaml"
    files[path] = files[path].replace(
        b"extra:\n",
        (
            b"  - name: day\n    type: 'date-picker'\n    form: form\n    label:\n      en_US: Day\n"
            b"    human_description:\n      en_US: The date-picker.\n"
            b"extra:\n"
        ),
    )
    outcome = moved(files, "sdk-0.10")
    assert outcome.changes[path].after == files[path].replace(b"'date-picker'", b"'date-range'")


def test_what_the_new_sdk_needs_is_let_in() -> None:
    before = "dify_plugin~=0.7.1\nrequests~=2.32.3\nwerkzeug>=3,<4\nhttpx==0.27.0\nyarl<1.23"
    outcome = moved(plugin("", before))
    assert outcome.changes["requirements.txt"].after.decode().splitlines() == [
        "dify_plugin>=0.9.0,<1.0.0",
        "requests>=2.33.1,<3.0.0",
        "werkzeug>=3,<4",
        "httpx>=0.28.1,<1.0.0",
        "yarl>=1.23.0,<2.0.0",
    ]


def test_a_plugin_is_moved_whole_or_not_at_all() -> None:
    """What the new SDK needs is another major version: the plugin's own code may not run with it."""
    outcome = moved(
        plugin(
            f"{IMPORT}a = I18nObject(en_US='x')\n",
            "dify_plugin>=0.7.0,<0.8.0\npackaging>=25,<26",
        )
    )
    assert (dict(outcome.changes), outcome.fixed) == ({}, ())
    assert outcome.refused[0].reason.endswith("so the plugin stays as it is")


def test_a_file_in_another_encoding_is_left_and_said() -> None:
    text = f"# coding: latin-1\n# ä\n{IMPORT}a = I18nObject(en_US='x')\n".encode("latin-1")
    outcome = moved(plugin(**{"tools/other.py": text}))
    assert "tools/other.py" not in outcome.changes
    assert outcome.refused[0].finding.location.path == "tools/other.py"


def test_packages_stay_and_choices_are_kept() -> None:
    package = {"weather.difypkg": archive(plugin(f"{IMPORT}a = I18nObject(en_US='x')\n"))}
    assert not moved(package).changes
    files = plugin(f"{IMPORT}a = I18nObject(en_US='x')\n")
    tree = MemoryTree(files)
    asked = []

    def no(findings: object, changes: object) -> bool:
        asked.append(changes)
        return False

    outcome = migrate(tree, find_roots(tree), Options(), migrations()["sdk-0.9"], choose=no)
    assert (len(asked), dict(outcome.changes), outcome.fixed) == (1, {}, ())
