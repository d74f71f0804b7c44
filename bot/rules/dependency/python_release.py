"""Rules about the release of Python that a plugin asks for."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from bot.findings import Authority, By, Severity, Span, quote
from bot.format.gates import SDK_PYTHONS, SDK_VERSIONS
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.dependencies import SDK
from bot.plugin.project import PYPROJECT, project_of
from bot.rules.dependency.declared import LOCK, NOT_INSTALLED, effective_requirements, example_pyproject, installed_by
from bot.rules.registry import Example, Hit, rule


@rule(
    "dependency/python-version",
    severity=Severity.WARNING,
    summary="`requires-python` excludes Python 3.12.",
    why="Dify has Python 3.12 and no other. For a project that does not allow it, uv throws away the environment that "
    "Dify has made and fetches another Python from GitHub, at each installation anew. Where that cannot be reached, "
    "nothing is installed.",
    fix='Write `requires-python = ">=3.12"`.',
    authorities=(
        Authority(By.INSTALLER, "The plugin depends on a Python from elsewhere.", "setup_python_environment.go:422"),
    ),
    bad=Example("", files=example_pyproject('["dify_plugin>=0.9.0,<1"]', ">=3.13")),
    good=Example("", files=example_pyproject('["dify_plugin>=0.9.0,<1"]')),
)
def python_version(plugin: Plugin) -> Iterator[Hit]:
    wanted = _wanted_python(plugin)
    if wanted is None:
        return
    if wanted.specifier is None:
        message = say(
            "{text} is not a version specifier. {not_installed}", text=quote(wanted.text), not_installed=NOT_INSTALLED
        )
        yield Hit(message, PYPROJECT, wanted.span, severity=Severity.ERROR, subject=wanted.text)
    elif not wanted.allows(12) and _without_sdk(plugin, wanted) is None:
        message = say(
            "{text} excludes Python 3.12, the only one that Dify has: another has to be fetched from GitHub, "
            "and where that cannot be reached, the plugin does not start.",
            text=quote(wanted.text),
        )
        yield Hit(message, PYPROJECT, wanted.span, subject=wanted.text)


class _Python(Struct, frozen=True):
    """The value of `requires-python`, and the specifier that it is, if it is one."""

    text: str
    specifier: SpecifierSet | None
    span: Span

    def allows(self, minor: int) -> bool:
        """Whether it allows some release of a minor version of Python 3."""
        specifier = self.specifier
        return specifier is not None and any(
            specifier.contains(f"3.{minor}.{patch}", prereleases=True) for patch in (*range(20), 99)
        )


def _wanted_python(plugin: Plugin) -> _Python | None:
    project = project_of(plugin)
    if plugin.is_bundle or project is None or project.table is None:
        return None
    text = project.table.get("requires-python")
    if not isinstance(text, str):
        return None
    span = project.span_of(text, "project", "requires-python")
    try:
        return _Python(text, SpecifierSet(text), span)
    except InvalidSpecifier:
        return _Python(text, None, span)


@rule(
    "dependency/python-range",
    severity=Severity.ERROR,
    summary="`requires-python` allows a Python that the SDK does not.",
    why="Without a lock file, uv looks for versions that suit every Python that `requires-python` allows, not just the "
    "one that Dify runs. Releases of the SDK from 0.8.0 on need 3.12, those before it 3.11: where the requirement "
    "allows no older one, uv finds no solution and installs nothing.",
    fix='Write `requires-python = ">=3.12"`, or commit the lock file that `uv lock` writes.',
    authorities=(Authority(By.INSTALLER, "The dependencies cannot be installed.", "setup_python_environment.go:95"),),
    bad=Example("", files=example_pyproject('["dify_plugin>=0.9.0,<1"]', ">=3.10"), removed=("requirements.txt",)),
    good=Example("", files=example_pyproject('["dify_plugin>=0.9.0,<1"]', ">=3.12"), removed=("requirements.txt",)),
)
def python_range(plugin: Plugin) -> Iterator[Hit]:
    wanted = _wanted_python(plugin)
    sdk = next((each for each in effective_requirements(plugin) if each.name == SDK), None)
    if wanted is None or sdk is None:
        return
    minor = _without_sdk(plugin, wanted)
    if minor is not None:
        message = say(
            "{text} allows Python 3.{minor}, for which {text2} has no release of the SDK: uv finds no "
            "solution. {not_installed}",
            text=quote(wanted.text),
            minor=minor,
            text2=quote(sdk.text),
            not_installed=NOT_INSTALLED,
        )
        yield Hit(message, PYPROJECT, wanted.span, subject=wanted.text)


def _without_sdk(plugin: Plugin, wanted: _Python) -> int | None:
    """The newest minor version of Python 3 that the project allows, and no release of the SDK that it asks for.

    None where uv does not look for versions because there is a lock file, and where a marker or an address makes it
    unknown which releases count.
    """
    sdk = next((each for each in effective_requirements(plugin) if each.name == SDK), None)
    if installed_by(plugin) != PYPROJECT or LOCK in plugin.packed_files or sdk is None:
        return None
    if sdk.url is not None or ";" in sdk.text:
        return None
    pythons = [_oldest_python(release) for release in sdk.specifier.filter(SDK_VERSIONS, True)]
    return next((minor for minor in reversed(range(min(pythons, default=0))) if wanted.allows(minor)), None)


def _oldest_python(sdk: Version) -> int:
    """The minor version of the oldest Python 3 on which a release of the SDK runs."""
    return next((minor for first, minor in SDK_PYTHONS if sdk >= Version(first)), 0)
