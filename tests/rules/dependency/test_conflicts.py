"""Dependencies that cannot be installed together, and releases of the SDK that do not exist."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.format.gates import SDK_RELEASES
from bot.format.sdk_requirements import package_requirements, sdk_requirements
from bot.plugin import Plugin
from bot.rules.dependency import solving
from bot.rules.dependency.declared import LOCK
from bot.rules.dependency.solving import solved
from bot.rules.registry import NotJudged, catalogue
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, found, opened, text_at

FILE = "requirements.txt"
CONFLICT, NO_SUCH, IMPORT, DIFFER = (
    "dependency/conflict", "dependency/no-such-sdk", "dependency/undeclared-import", "dependency/disagreement",
)  # fmt: skip


def asking(*lines: str, **files: str) -> MemoryTree:
    return changed("", FILE, files={FILE: "\n".join(lines) + "\n", **files})


def places(rule: str, *lines: str) -> list[str]:
    tree = asking(*lines)
    return [text_at(tree, item) for item in found(rule, tree)]


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (["dify_plugin==0.10.1", "requests==2.31.0"], ["requests==2.31.0"]),
        (["dify_plugin==0.10.1", "pydantic<2"], ["pydantic<2"]),
        (["dify_plugin==0.10.1", "Werkzeug~=2.3"], ["Werkzeug~=2.3"]),
        (["dify_plugin==0.10.1", "httpx>=0.28.1,<0.28"], ["httpx>=0.28.1,<0.28"]),
        (["dify_plugin==0.10.1", "httpx==0.28.1", "httpx==0.27.2"], ["httpx==0.27.2"]),
        (["dify_plugin>=0.9.0,<1", "requests==2.31.0", "pydantic<2"], ["requests==2.31.0", "pydantic<2"]),
        (["dify_plugin==0.10.1", "httpx==0.28.1", "requests>=2.33.1,<3"], []),
        # An older release that is admitted goes with it.
        (["dify_plugin>=0.5,<1", "requests==2.32.5"], []),
        (["dify_plugin>=0.0.1b72,<1", "requests==2.31.0"], []),
        (["dify_plugin==0.10.1", "requests==2.31.0; python_version < '3.10'"], []),
        (["dify_plugin==0.10.1", "requests @ https://example.com/requests.tar.gz"], []),
        (["dify_plugin", "numpy==1.0", "numpy!=1.0"], ["numpy!=1.0"]),
        (["requests==2.31.0"], []),
        # What the SDK needs has needs of its own.
        (["dify_plugin==0.6.2", "greenlet==3.0.3"], ["greenlet==3.0.3"]),
        (["dify_plugin==0.6.2", "greenlet>=3.2.2"], []),
        (["dify_plugin>=0.4.2,<1", "jinja2==3.0.3", "httpx>=0.28"], ["jinja2==3.0.3"]),
        (["dify_plugin==0.6.2", "pydantic==2.11.7", "pydantic_core==2.33.1"], ["pydantic_core==2.33.1"]),
        (["dify_plugin==0.6.2", "pydantic==2.11.7", "pydantic_core==2.33.2"], []),
        # An older release of the SDK, a pre-release, or a version that is not in the table, may do.
        (["dify_plugin>=0.2,<1", "greenlet==3.1.1"], []),
        (["dify_plugin>=0.9,<1", "httpcore<1"], []),
        (["dify_plugin==0.10.1", "gevent==99.1", "greenlet==3.0.3"], []),
    ],
)
def test_requirements_that_rule_each_other_out(lines: list[str], at: list[str]) -> None:
    assert places(CONFLICT, *lines) == at


def test_a_lock_file_was_resolved_already() -> None:
    project = '[project]\nname = "w"\nversion = "0.1.0"\ndependencies = ["dify_plugin==0.10.1", "requests==2.31.0"]\n'
    assert len(found(CONFLICT, asking(**{"pyproject.toml": project}))) == 1
    assert found(CONFLICT, asking(**{"pyproject.toml": project, LOCK: "version = 1\n"})) == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("dify_plugin==0.6.5", 1),
        ("dify_plugin~=0.4.9", 1),
        ("dify_plugin>0.6.2,<0.7.0b1", 1),
        ("dify_plugin==0.6.2", 0),
        ("dify_plugin==0.2.3", 0),
        ("dify_plugin==0.7.0b1", 0),
        ("dify_plugin==0.0.1b13", 0),
        ("dify_plugin", 0),
    ],
)
def test_releases_that_do_not_exist(line: str, count: int) -> None:
    assert len(places(NO_SUCH, line)) == count


def test_a_release_newer_than_the_table_is_not_judged() -> None:
    plugin: Plugin = opened(asking("dify_plugin==99.0"))
    assert [type(item) for item in catalogue()[NO_SUCH].check(plugin)] == [NotJudged]


def test_the_table_says_what_the_installed_sdk_says() -> None:
    mine = sdk_requirements()[version("dify_plugin")]
    real = [Requirement(text) for text in requires("dify_plugin") or () if "extra ==" not in text]
    assert dict(mine) == {each.name.lower().replace("_", "-"): each.specifier for each in real}
    assert set(sdk_requirements()) <= set(SDK_RELEASES)


def test_the_table_says_what_the_installed_packages_say() -> None:
    compared = 0
    for name, releases in package_requirements().items():
        try:
            mine = releases.get(version(name))
        except PackageNotFoundError:
            continue
        if mine is not None:
            environment = {"extra": "", "python_version": "3.12", "python_full_version": "3.12.0"}
            needed = [Requirement(text) for text in requires(name) or ()]
            real = {
                canonicalize_name(each.name): each.specifier
                for each in needed
                if each.specifier and (each.marker is None or each.marker.evaluate(environment))
            }
            assert dict(mine) == real, name
            compared += 1
    assert compared >= 5


def test_what_takes_too_long_to_tell_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    solved.cache_clear()
    monkeypatch.setattr(solving, "MAX_ROUNDS", 1)
    tree = asking("dify_plugin==0.6.2", "requests>=2.32", "greenlet>=3")
    (told,) = catalogue()[CONFLICT].check(opened(tree))
    assert isinstance(told, NotJudged)
    solved.cache_clear()


def test_the_conflict_names_what_needs_it() -> None:
    (finding,) = found(CONFLICT, asking("dify_plugin==0.6.2", "greenlet==3.0.3"))
    assert "`greenlet==3.0.3` rules out what the SDK needs: `gevent 25.5.1`, which needs `greenlet>=3.2.2`." in (
        finding.message
    )
    assert [item.location.path for item in finding.related] == [FILE]


PANDAS = (
    "import pandas\nfrom dify_plugin import Tool\nclass A(Tool):\n"
    "    def _invoke(self, p):\n        yield pandas.x(p)\n"
)
LAZY = (
    "from dify_plugin import Tool\nclass A(Tool):\n    def _invoke(self, p):\n        import pandas\n        yield p\n"
)
PROJECT = '[project]\nname = "w"\nversion = "0.1.0"\nrequires-python = ">=3.12"\ndependencies = {}\n'


def test_a_requirement_in_the_file_that_is_not_read() -> None:
    files = {"tools/current_weather.py": PANDAS, "pyproject.toml": PROJECT.format('["dify_plugin>=0.9,<1"]')}
    (finding,) = found(IMPORT, asking("dify_plugin>=0.9,<1", "pandas>=2,<3", **files))
    assert finding.severity.label == "error"
    assert "`requirements.txt` asks for `pandas`, but" in finding.message
    assert finding.related[0].location.path == FILE


def test_a_requirement_that_only_the_project_has_is_missing_with_a_mirror() -> None:
    both = PROJECT.format('["dify_plugin>=0.9,<1", "pandas>=2,<3"]')
    tree = asking("dify_plugin>=0.9,<1", **{"tools/current_weather.py": PANDAS, "pyproject.toml": both})
    assert found(IMPORT, tree) == []
    (finding,) = found(DIFFER, tree)
    assert (finding.severity.label, finding.location.path) == ("warning", FILE)
    used = asking("dify_plugin>=0.9,<1", **{"pyproject.toml": both})
    assert [item.severity.label for item in found(DIFFER, used)] == ["notice"]


def test_an_import_inside_a_function_is_a_warning() -> None:
    (finding,) = found(IMPORT, asking("dify_plugin>=0.9,<1", **{"tools/current_weather.py": LAZY}))
    assert finding.severity.label == "warning"
    assert "when it is needed" in finding.message
    guarded = LAZY.replace("        import pandas", "        try: import pandas\n        except ImportError: pass")
    assert found(IMPORT, asking("dify_plugin>=0.9,<1", **{"tools/current_weather.py": guarded})) == []
