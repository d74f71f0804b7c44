"""What a plugin asks to be installed: by which file, whether it can be, and whether the SDK is among it."""

from __future__ import annotations

import posixpath

import pytest

from bot.findings import Finding, Severity, Span
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import open_plugin
from bot.rules.example import example_plugin
from bot.rules.registry import catalogue
from bot.source import MemoryTree
from tests.support.reviewing import fixed, found, said, text_at

SDK = '"dify_plugin>=0.9.0,<1"'


def project(dependencies: str = SDK, more: str = "", python: str = ">=3.12") -> str:
    head = f'[project]\nname = "weather"\nrequires-python = "{python}"\ndependencies = [{dependencies}]\n'
    return f'{head}version = "0.1.0"\n{more}'


def plugin_with(requirements: str | None = None, pyproject: str | None = None, **files: str) -> MemoryTree:
    kept = {path: data for path, data in example_plugin("tool").items() if path != "requirements.txt"}
    given = {"requirements.txt": requirements, "pyproject.toml": pyproject}
    return MemoryTree({**kept, **{path: text for path, text in given.items() if text is not None}, **files})


def run(rule: str, tree: MemoryTree, profile: Profile = Profile.AUTHOR) -> list[Finding]:
    plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=profile))
    return catalogue()[rule].findings(plugin)


def rules(tree: MemoryTree) -> list[tuple[str, str]]:
    """What is said of the dependencies, but for the imports, which are another matter."""
    return [item for item in said(tree, "dependency") if item[0] != "dependency/undeclared-import"]


# --- which file -------------------------------------------------------------------------------------------------


def test_no_file() -> None:
    assert rules(plugin_with()) == [("dependency/no-file", "error")]


def test_a_file_that_is_left_out() -> None:
    tree = plugin_with("dify_plugin>=0.9.0,<1\n", **{".difyignore": "*.txt\n"})
    (finding,) = found("dependency/no-file", tree)
    assert text_at(tree, finding) == "*.txt"


@pytest.mark.parametrize(
    "files",
    [
        {"requirements": "dify_plugin>=0.9.0,<1\n"},
        {"requirements": "dify-plugin~=0.9\n"},
        {"requirements": "Dify.Plugin>=0.9.0\n"},
        {"pyproject": project(), "uv.lock": '[[package]]\nname = "dify-plugin"\nversion = "0.9.1"\n'},
        {"pyproject": project(), "uv.lock": "", ".difyignore": "uv.lock\n"},
        {"requirements": "-r base.txt\n", "base.txt": "dify_plugin>=0.9.0,<1\n"},
    ],
)
def test_files_that_will_do(files: dict[str, str]) -> None:
    assert rules(plugin_with(**files)) == []


def test_the_official_repository_wants_pyproject_and_a_lock() -> None:
    tree = plugin_with("dify_plugin>=0.9.0,<1\n")
    assert len(run("dependency/no-file", tree, Profile.OFFICIAL)) == 1
    lone = plugin_with(pyproject=project())
    assert [each.severity.label for each in run("dependency/no-lock", lone)] == ["notice"]
    assert [each.severity.label for each in run("dependency/no-lock", lone, Profile.OFFICIAL)] == ["error"]


# --- whether it can be read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["requests=>2", "requests 2.0", "a b c", "requests>=2,,<3", "=1.0", "my package"])
def test_lines_that_are_no_requirement(line: str) -> None:
    tree = plugin_with(f"dify_plugin>=0.9.0,<1\n  {line}  # why not\n")
    (finding,) = found("dependency/invalid", tree)
    assert text_at(tree, finding) == line


@pytest.mark.parametrize(
    "line",
    [
        "# comment",
        "-i https://mirror.example/simple",
        "--extra-index-url=https://mirror.example",
        "requests>=2,<3 ; python_version >= '3.9'  # why",
        "requests==2.32.0 --hash=sha256:abc",
        "requests==2.32.0 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def",
        "${PACKAGE}",
        "requests[socks]>=2,<3",
        "",
    ],
)
def test_lines_that_pip_understands(line: str) -> None:
    assert found("dependency/invalid", plugin_with(f"dify_plugin>=0.9.0,<1\n{line}\n")) == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[project\nname = "a"\n', 1, "not valid TOML"),
        ('[project]\nname = "a"\nname = "b"\n', None, "not valid TOML"),
        ("[tool.ruff]\nline-length = 100\n", None, "no table `[project]`"),
        (project('"requests=>2"'), 4, "not a requirement"),
        # Tried with uv 0.13.8, as is what it takes below.
        (project().replace('name = "weather"\n', ""), 1, "`name` is missing"),
        (project().replace("weather", "the weather!"), 2, "`name` takes letters"),
        (project().replace('version = "0.1.0"\n', ""), 1, "`version` is missing"),
        (project().replace('"0.1.0"', "1"), 5, "`version` is not text"),
        (project().replace('"0.1.0"', '"abc"'), 5, "`version` is not a version: `abc`"),
        (project("1"), 4, "`dependencies` is not a list of texts"),
        (project().replace(f"[{SDK}]", SDK), 4, "`dependencies` is not a list of texts"),
    ],
)
def test_projects_that_uv_refuses(text: str, line: int | None, message: str) -> None:
    (finding,) = found("dependency/invalid", plugin_with(pyproject=text))
    assert message in finding.message
    if line is not None:
        assert finding.location.span is not None
        assert finding.location.span.line == line


def test_a_version_may_come_from_elsewhere() -> None:
    text = project().replace('version = "0.1.0"', 'dynamic = ["version"]')
    assert found("dependency/invalid", plugin_with(pyproject=text)) == []


def test_what_dify_does_not_read_is_no_error() -> None:
    wrong = project(f'{SDK}, "requests=>2"')
    for tree, told in (
        (plugin_with(pyproject=wrong, **{"uv.lock": ""}), "Dify installs by `uv.lock`"),
        (plugin_with("requests=>2\n", project()), "Dify installs by `pyproject.toml`"),
    ):
        (finding,) = found("dependency/invalid", tree)
        assert finding.severity is Severity.WARNING
        assert told in finding.message


@pytest.mark.parametrize("line", ["-r more.txt", "--requirement=more.txt", "  -c ./more.txt  # why"])
def test_files_that_requirements_include(line: str) -> None:
    text = f"dify_plugin>=0.9.0,<1\n{line}\n"
    tree = plugin_with(text)
    (finding,) = found("dependency/invalid", tree)
    assert posixpath.normpath(text_at(tree, finding)) == "more.txt"
    assert finding.severity is Severity.ERROR
    assert found("dependency/invalid", plugin_with(text, **{"more.txt": ""})) == []
    # There, and left out of the package.
    assert len(found("dependency/invalid", plugin_with(text, **{"more.txt": "", ".difyignore": "more.txt\n"}))) == 1
    assert found("dependency/invalid", plugin_with(text, project())) == []


@pytest.mark.parametrize("line", ["-r https://acme.example/more.txt", "-r ${MORE}", "-e ./more"])
def test_includes_that_cannot_be_known(line: str) -> None:
    assert found("dependency/invalid", plugin_with(f"dify_plugin>=0.9.0,<1\n{line}\n")) == []


def test_a_workspace_needs_no_project() -> None:
    assert found("dependency/invalid", plugin_with(pyproject="[tool.uv.workspace]\nmembers = []\n")) == []


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "x = " + "[" * 5000,
        "a." * 5000 + "b = 1\n",
        "\x00\x01\x02",
        "x = " + "9" * 5000,
        "project = 3\n",
        "[project]\ndependencies = 3\nrequires-python = 3\nversion = 3\n",
        '[project]\ndependencies = ["' + "x" * 5000 + '", 3, ""]\n',
    ],
)
def test_any_project(text: str) -> None:
    for rule in catalogue().values():
        if rule.family in ("dependency", "version"):
            for finding in found(rule.id, plugin_with("x\n" * 3, text, **{"uv.lock": text})):
                assert len(finding.message) < 500


def test_any_requirements() -> None:
    tree = plugin_with("\x80(((\n" * 100 + "-r requirements.txt\n" + "a" * 100_000 + "\n-r ../x\n")
    assert ("dependency/invalid", "error") in rules(tree)


# --- the SDK ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "files",
    [
        {"requirements": "httpx>=0.27,<1\n"},
        {"requirements": "dify_plugin>=0.9.0 ; sys_platform == 'win32'\n"},
        {"requirements": "dify_plugin>=0.9.0,<1\n", "pyproject": project('"httpx>=0.27,<1"')},
    ],
)
def test_no_sdk(files: dict[str, str]) -> None:
    assert ("dependency/no-sdk", "error") in rules(plugin_with(**files))


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject": project("", 'dynamic = ["dependencies"]\n').replace("dependencies = []\n", "")},
        {"requirements": "-r https://acme.example/base.txt\n"},
        {"requirements": "-e .\n"},
        {"requirements": "dify_plugin=>0.9\n"},
        {"requirements": "git+https://github.com/langgenius/dify-plugin-sdks\n"},
    ],
)
def test_where_it_may_come_from_elsewhere(files: dict[str, str]) -> None:
    assert found("dependency/no-sdk", plugin_with(**files)) == []


@pytest.mark.parametrize(
    ("requirement", "author", "marketplace"),
    [
        ("dify_plugin", "warning", "error"),
        ("dify_plugin<1", "warning", "error"),
        ("dify_plugin!=0.5.0", "warning", "error"),
        ("dify_plugin>=0.3.0,<0.6.0", "notice", "error"),
        ("dify_plugin>=0.3.0,<0.10", "notice", "error"),
        ("dify_plugin>=0.3.0", "notice", "error"),
        ("dify_plugin>=0.3.0,<0.5", "warning", "error"),
        ("dify_plugin~=0.0.1b72", "warning", "error"),
        ("dify_plugin==0.4.*", "warning", "error"),
        ("dify_plugin>=0.5.0,<1", "notice", "error"),
        ("dify_plugin>=0.9.0", None, None),
        ("dify_plugin~=0.9.0", None, None),
        ("dify_plugin>0.8.9,>=0.9.0", None, None),
        ("dify_plugin==1.0.0rc1", None, None),
    ],
)
def test_versions_of_the_sdk(requirement: str, author: str | None, marketplace: str | None) -> None:
    tree = plugin_with(f"{requirement}\n")
    for profile, severity in ((Profile.AUTHOR, author), (Profile.MARKETPLACE, marketplace)):
        findings = run("dependency/sdk-version", tree, profile)
        assert [finding.severity.label for finding in findings] == [severity] * (severity is not None)
        assert all(text_at(tree, finding) == requirement for finding in findings)


def test_the_pre_check_reads_each_of_several_lines_for_the_sdk() -> None:
    tree = plugin_with("dify_plugin>=0.9.0,<1\ndify-plugin>=0.5.0\n")
    assert run("dependency/sdk-version", tree, Profile.AUTHOR) == []
    (finding,) = run("dependency/sdk-version", tree, Profile.MARKETPLACE)
    assert (finding.severity.label, text_at(tree, finding)) == ("error", "dify-plugin>=0.5.0")


# --- Python -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("python", [">=3.12", ">=3.11,<4", "==3.12.*", "~=3.12", ">=3.12.4", "", ">3.12", "!=3.12.1"])
def test_python_that_will_do(python: str) -> None:
    assert found("dependency/python-version", plugin_with(pyproject=project(python=python))) == []


@pytest.mark.parametrize("python", [">=3.13", "<3.12", "==3.11.*", "~=3.11.0", ">=3.10,<3.12", "three"])
def test_python_that_will_not(python: str) -> None:
    tree = plugin_with(pyproject=project(python=python), **{"uv.lock": ""})
    (finding,) = run("dependency/python-version", tree)
    assert text_at(tree, finding) == python
    assert finding.severity is (Severity.ERROR if python == "three" else Severity.WARNING)


# What uv resolved and what not, tried with uv 0.13.8 and the releases on PyPI.
UNSOLVED = [
    (">=3.8", "dify_plugin>=0.9.0,<1", 11),
    (">=3.11", "dify_plugin>=0.9.0,<1", 11),
    (">=3.11,<3.12", "dify_plugin>=0.9", 11),
    (">=3.10", "dify_plugin>=0.5,<1", 10),
]
SOLVED = [
    (">=3.12", "dify_plugin>=0.9.0,<1"),
    (">=3.11", "dify_plugin>=0.5,<1"),
    ("==3.11.*", "dify_plugin>=0.5"),
    (">=3.10", "dify_plugin"),
]


@pytest.mark.parametrize(("python", "sdk", "minor"), UNSOLVED)
def test_python_for_which_there_is_no_sdk(python: str, sdk: str, minor: int) -> None:
    pyproject = project(f'"{sdk}"', python=python)
    tree = plugin_with(pyproject=pyproject)
    (finding,) = run("dependency/python-range", tree)
    assert text_at(tree, finding) == python
    assert f"allows Python 3.{minor}, for which `{sdk}` has no release" in finding.message
    assert run("dependency/python-version", tree) == []
    # With a lock uv resolves nothing, and a requirements.txt is not read where there is a project.
    assert run("dependency/python-range", plugin_with(pyproject=pyproject, **{"uv.lock": ""})) == []
    assert len(run("dependency/python-range", plugin_with(f"{sdk}\n", pyproject))) == 1


@pytest.mark.parametrize(("python", "sdk"), SOLVED)
def test_python_for_which_there_is_an_sdk(python: str, sdk: str) -> None:
    assert run("dependency/python-range", plugin_with(pyproject=project(f'"{sdk}"', python=python))) == []


@pytest.mark.parametrize("sdk", ["dify_plugin>=0.9; python_version>='3.12'", "dify_plugin @ https://example.com/a.whl"])
def test_releases_that_are_not_known(sdk: str) -> None:
    assert run("dependency/python-range", plugin_with(pyproject=project(f'"{sdk}"', python=">=3.8"))) == []


# --- addresses and bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "git+https://github.com/acme/client@v1",
        "client @ git+https://github.com/acme/client",
        "https://acme.example/client-1.0-py3-none-any.whl",
        "wheels/client-1.0-py3-none-any.whl",
    ],
)
def test_addresses(line: str) -> None:
    tree = plugin_with(f"dify_plugin>=0.9.0,<1\n{line}\n")
    assert rules(tree) == [("dependency/direct-url", "warning")]
    (finding,) = found("dependency/direct-url", tree)
    assert text_at(tree, finding) == line
    assert [each.severity.label for each in run("dependency/direct-url", tree, Profile.MARKETPLACE)] == ["error"]


def test_a_folder_of_the_package() -> None:
    requirements = "dify_plugin>=0.9.0,<1\n./client\n"
    assert rules(plugin_with(requirements)) == [("dependency/local-path", "error")]
    assert rules(plugin_with(requirements, **{"client/setup.py": ""})) == [("dependency/local-path", "warning")]


def test_unpinned() -> None:
    tree = plugin_with("dify_plugin>=0.9.0,<1\nhttpx\nrequests>=2\n")
    (finding,) = found("dependency/unpinned", tree)
    assert text_at(tree, finding) == "httpx"
    assert [each.severity.label for each in run("dependency/unpinned", tree, Profile.MARKETPLACE)] == ["error"]


def test_a_lock_pins() -> None:
    lock = '[[package]]\nname = "dify-plugin"\nversion = "0.9.0"\n\n[[package]]\nname = "httpx"\nversion = "0.28.1"\n'
    tree = plugin_with(pyproject=project(f'{SDK}, "httpx"'), **{"uv.lock": lock})
    assert rules(tree) == []
    assert len(run("dependency/unpinned", tree, Profile.MARKETPLACE)) == 1


# --- two files, and the lock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirements", "names"),
    [
        ("dify_plugin<1,>=0.9.0\nHTTPX>=0.27,<1\n", None),
        ("dify_plugin>=0.9.0,<1\n", "httpx"),
        ("dify_plugin>=0.10.0,<1\nhttpx>=0.27,<1\n", "dify-plugin"),
        ("dify_plugin>=0.9.0,<1\nhttpx>=0.27,<1\nrequests>=2,<3\n", "requests"),
        ("# This file was autogenerated by uv\ndify_plugin==0.9.0\n    # via weather\nhttpx==0.27\n", None),
        ("# This file is @generated by PDM.\n\ncertifi==2025.1.31\ndify-plugin==0.9.0\nhttpx==0.27.2\n", None),
        ("certifi==2025.1.31\ndify-plugin==0.9.0\nhttpx==0.27.2\n", None),
        ("certifi==2025.1.31\ndify-plugin==0.9.0\nhttpx==0.26\n", "certifi`, `dify-plugin`, `httpx"),
        ("certifi\ndify-plugin==0.9.0\nhttpx==0.27.2\n", "certifi`, `dify-plugin`, `httpx"),
    ],
)
def test_two_files(requirements: str, names: str | None) -> None:
    tree = plugin_with(requirements, project(f'{SDK}, "httpx>=0.27,<1"'))
    findings = found("dependency/disagreement", tree)
    assert [f"`{names}`" in finding.message for finding in findings] == [True] * (names is not None)


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        ('[[package]]\nname = "dify-plugin"\nversion = "0.9.1"\n', None),
        ('[[package]]\r\nname = "dify-plugin"\r\nversion = "0.9.1"\r\n', None),
        ('[[package]]\nname = "dify-plugin"\nversion = "0.8.0"\n', "holds `dify-plugin` `0.8.0`"),
        ('[[package]]\nname = "httpx"\nversion = "0.28.1"\n', "is not in `uv.lock`"),
        ("", None),
        ("no lock at all", None),
    ],
)
def test_locks(lock: str, message: str | None) -> None:
    tree = plugin_with(pyproject=project(), **{"uv.lock": lock})
    findings = found("dependency/stale-lock", tree)
    assert len(findings) == (message is not None)
    for finding in findings:
        assert message is not None
        assert message in finding.message
        assert text_at(tree, finding) == SDK.strip('"')


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("--requirement=base.txt", True),
        ("-r=base.txt", True),
        ("--constraint=base.txt", True),
        ("-r base.txt", False),
        ("--requirement base.txt", False),
        ("--constraint base.txt", False),
    ],
)
def test_the_pre_check_takes_options_with_a_blank_only(line: str, refused: bool) -> None:
    tree = plugin_with(f"dify_plugin>=0.9.0,<1.0.0\n{line}\n", **{"base.txt": "httpx==1\n"})
    findings = run("dependency/refused-form", tree, Profile.MARKETPLACE)
    assert [(item.location.span, line in item.message) for item in findings] == (
        [(Span(2, 1, 2, 1 + len(line)), True)] if refused else []
    )


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("dify_plugin", "dify_plugin>=0.9.0"),
        ("dify-plugin >= 0.5.0 ; python_version > '3'", "dify-plugin>=0.9.0 ; python_version > '3'"),
        ("dify_plugin>=0.5,<1  # why", "dify_plugin>=0.9.0,<1  # why"),
        # Another release would be installed than today.
        ("dify_plugin>=0.5.0,<0.8", None),
        ("dify_plugin==0.6.0", None),
        ("dify_plugin~=0.0.1b72", None),
    ],
)
def test_a_lower_bound_is_raised_where_that_changes_nothing(written: str, after: str | None) -> None:
    tree = plugin_with(f"{written}\n")
    (finding,) = found("dependency/sdk-version", tree)
    assert (fixed(tree, finding) if finding.fix is not None else None) == (f"{after}\n" if after else None)
    locked = plugin_with(pyproject=project('"dify_plugin>=0.5.0"'), **{"uv.lock": ""})
    assert [each.fix for each in found("dependency/sdk-version", locked)] == [None]
