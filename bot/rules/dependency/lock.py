"""Rules about `uv.lock`."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.findings import Authority, By, Severity, quote, quote_list
from bot.limits import Limit
from bot.messages import say
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.dependencies import REQUIREMENTS, declared_requirements
from bot.plugin.project import PYPROJECT
from bot.rules.dependency.declared import LOCK, example_pyproject, is_exported
from bot.rules.registry import Example, Hit, rule

_MAX_LOCK_BYTES = Limit(8 * 1024 * 1024, "has more than {n:,} bytes, and is not read", "dependency/stale-lock")


# Lock files have megabytes: only a pattern that begins with fixed letters is searched for at the speed of a text.
_LOCKED = regex(r'\[\[package\]\]\r?\nname = "([^"\n]+)"\r?\nversion = "([^"\n]+)"')


@rule(
    "dependency/stale-lock",
    severity=Severity.WARNING,
    summary="`uv.lock` does not fit `pyproject.toml`.",
    why="With a lock file Dify installs what is in it (`uv sync --frozen`) and does not look at the requirements: what "
    "was added or raised since is not installed.",
    fix="Run `uv lock` and commit the file.",
    authorities=(
        Authority(By.INSTALLER, "The dependency is not installed as required.", "setup_python_environment.go:160"),
    ),
    bad=Example(
        "",
        files={
            **example_pyproject('["dify_plugin>=0.9.0,<1", "requests>=2.32,<3"]'),
            LOCK: '[[package]]\nname = "dify-plugin"\nversion = "0.9.0"\n',
        },
    ),
    good=Example(
        "",
        files={
            **example_pyproject('["dify_plugin>=0.9.0,<1"]'),
            LOCK: '[[package]]\nname = "dify-plugin"\nversion = "0.9.0"\n',
        },
    ),
)
def stale_lock(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not {PYPROJECT, LOCK} <= plugin.packed_files:
        return
    content = plugin.read(LOCK, _MAX_LOCK_BYTES)
    locked: dict[str, set[str]] = {}
    for name, version in _LOCKED.findall((content or b"").decode("utf-8", "replace")):
        locked.setdefault(canonicalize_name(name), set()).add(version)
    if not locked:
        return
    for each in declared_requirements(plugin):
        if each.path != PYPROJECT or not each.applies or each.url is not None:
            continue
        versions = locked.get(each.name)
        if versions is None:
            message = say("{text} is not in `uv.lock`, so it is not installed.", text=quote(each.text))
        elif not any(_allows(each.specifier, version) for version in versions):
            held = quote_list(sorted(versions), 3)
            message = say(
                "`uv.lock` holds {name} {held}, which {text} does not allow.",
                name=quote(each.name),
                held=held,
                text=quote(each.text),
            )
        else:
            continue
        yield Hit(message, each.path, each.span, subject=each.text)


def _allows(specifier: SpecifierSet, version: str) -> bool:
    try:
        return specifier.contains(Version(version), prereleases=True)
    except ValueError:
        return True


@rule(
    "dependency/no-lock",
    severity=Severity.NOTICE,
    summary="The dependencies are in `pyproject.toml` alone.",
    why="The checks of the marketplace install `requirements.txt` and nothing else; those of the official repository "
    "want `uv.lock` or `requirements.txt`.",
    fix="Run `uv lock`, or `uv export --format requirements.txt -o requirements.txt`.",
    authorities=(Authority(By.MARKETPLACE, "The dependencies are not tested.", "pre-pr-check-per-plugin.yaml:202"),),
    bad=Example("", files=example_pyproject('["dify_plugin>=0.9.0,<1"]'), removed=("requirements.txt",)),
    good=Example("", files=example_pyproject('["dify_plugin>=0.10.1,<1.0.0"]')),
)
def no_lock(plugin: Plugin) -> Iterator[Hit]:
    packed = plugin.packed_files
    if plugin.is_bundle or PYPROJECT not in packed or {REQUIREMENTS, LOCK} & packed or is_exported(plugin):
        return
    severity = Severity.ERROR if plugin.options.profile is Profile.OFFICIAL else Severity.NOTICE
    message = say("There is neither `uv.lock` nor `requirements.txt` besides `pyproject.toml`.")
    yield Hit(message, PYPROJECT, severity=severity)
