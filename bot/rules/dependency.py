"""Rules about what a plugin asks to be installed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from bot.findings import Authority, By, Confidence, Severity, Span, quote, quote_list
from bot.options import Profile
from bot.plugin import Plugin
from bot.plugin.dependencies import REQUIREMENTS, SDK, Declared, declared_requirements, requirement_lines
from bot.plugin.project import PYPROJECT, Project, is_version, project_of
from bot.rules.registry import Example, Hit, rule
from bot.spec.gates import SDK_PYTHONS, SDK_RELEASES

LOCK = "uv.lock"

_INSTALL = "setup_python_environment.go:135"
_NOT_INSTALLED = "Dify cannot install the dependencies, so the plugin does not start."
_RUNTIME = (Authority(By.INSTALLER, "The dependencies cannot be installed.", _INSTALL),)
_TOOLKIT = Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/dependencies.py")

_MAX_BYTES = 256 * 1024
_MAX_LINE = 2000
_MAX_LOCK_BYTES = 8 * 1024 * 1024

_PROJECT = '[project]\nname = "weather"\nversion = "0.1.0"\nrequires-python = ">=3.12"\ndependencies = {}\n'


def _pyproject(dependencies: str, python: str = ">=3.12") -> dict[str, str | bytes]:
    return {PYPROJECT: _PROJECT.format(dependencies).replace(">=3.12", python)}


def _installed_by(plugin: Plugin) -> str | None:
    """The file by which Dify installs, of those that are packed."""
    return next((path for path in (PYPROJECT, REQUIREMENTS) if path in plugin.packed_files), None)


def _is_exported(plugin: Plugin) -> bool:
    """Whether the packager makes `requirements.txt` of the lock file (G packager.go:110)."""
    there = plugin.tree.entries()
    return not plugin.root.package and REQUIREMENTS not in there and PYPROJECT in there and LOCK in there


def _effective(plugin: Plugin) -> list[Declared]:
    """The requirements of the file by which Dify installs, and of those it includes."""
    by_project = _installed_by(plugin) == PYPROJECT
    return [each for each in declared_requirements(plugin) if (each.path == PYPROJECT) == by_project]


@rule(
    "dependency/no-file",
    severity=Severity.ERROR,
    summary="The package has neither `pyproject.toml` nor `requirements.txt`.",
    why="Dify installs a plugin's dependencies, the SDK among them, by one of these files, and fails without.",
    fix="Add `requirements.txt` or `pyproject.toml` at the plugin root, with `dify_plugin` in it.",
    authorities=_RUNTIME,
    bad=Example("", removed=("requirements.txt",)),
    good=Example(""),
)
def no_file(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.manifest.readable or plugin.broken_package:
        return
    if _installed_by(plugin) is None and not _is_exported(plugin):
        left_out = next((path for path in (PYPROJECT, REQUIREMENTS) if path in plugin.tree.entries()), None)
        pattern = plugin.packing.left_out_by(left_out) if left_out is not None else None
        if pattern is not None:
            message = f"{quote(pattern.text)} leaves {quote(left_out)} out of the package. {_NOT_INSTALLED}"
            yield Hit(message, plugin.packing.ignore.path, pattern.span, subject=pattern.text)
        else:
            message = f"There is neither `pyproject.toml` nor `requirements.txt`. {_NOT_INSTALLED}"
            yield Hit(message, plugin.manifest.path)
    elif plugin.options.profile is Profile.OFFICIAL and PYPROJECT not in plugin.packed_files:
        yield Hit("There is no `pyproject.toml`, which the official repository demands.", plugin.manifest.path)


@rule(
    "dependency/invalid",
    severity=Severity.ERROR,
    summary="A dependency file cannot be read, or holds a line that is no requirement.",
    why="Dify installs by uv, which refuses the whole file for one line that it cannot read. Where there "
    "is a `pyproject.toml`, it reads no other file.",
    fix="Write requirements as PEP 508 defines them, such as `requests>=2.32,<3`.",
    authorities=(Authority(By.INSTALLER, "The dependencies cannot be installed.", "PEP 508, PEP 621"),),
    bad=Example("dify_plugin>=0.9.0,<1\nrequests=>2.32\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin>=0.9.0,<1\nrequests>=2.32,<3\n", path="requirements.txt", whole=True),
)
def invalid(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    used = _installed_by(plugin)
    if used == PYPROJECT and LOCK in plugin.packed_files:
        used = LOCK
    for path, text, span in _unreadable(plugin):
        if _is_direct(text):
            continue
        message = f"{quote(text)} is no requirement by PEP 508."
        if path == used:
            yield Hit(f"{message} {_NOT_INSTALLED}", path, span, subject=text)
        else:
            spared = f"{message} Dify installs by {quote(used)}, and does not see it." if used else message
            yield Hit(spared, path, span, severity=Severity.WARNING, subject=text)
    for text, span in _missing_includes(plugin) if used == REQUIREMENTS else ():
        yield Hit(f"There is no file {quote(text)} in the package. {_NOT_INSTALLED}", REQUIREMENTS, span, subject=text)
    project = project_of(plugin)
    if project is None:
        return
    for key, fault in _project_faults(project.table or {}):
        message = f"In `pyproject.toml`, {quote(key)} {fault}: uv refuses the file. {_NOT_INSTALLED}"
        yield Hit(message, PYPROJECT, project.span_of("", "project", key), subject=key)
    if project.failure:
        message = f"`pyproject.toml` is no valid TOML: {project.failure}. {_NOT_INSTALLED}"
        yield Hit(message, PYPROJECT, project.span)
    elif project.table is None and not _has_workspace(project):
        message = (
            "`pyproject.toml` has no table `[project]`: `uv sync` installs nothing, not even the SDK, and the plugin "
            "does not start."
        )
        yield Hit(message, PYPROJECT, confidence=Confidence.LIKELY)


def _has_workspace(project: Project) -> bool:
    tool = (project.data or {}).get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    return isinstance(uv, dict) and "workspace" in uv


_DIRECT = re.compile(r"(git|hg|svn|bzr)\+|https?:|ftp:|file:|\.{0,2}/|\.$|\.\[|.*\.(whl|zip|tar\.gz)$", re.IGNORECASE)


def _is_direct(text: str) -> bool:
    """Whether a line names what to install by its address or its place on disk."""
    return _DIRECT.match(text) is not None


def _unreadable(plugin: Plugin) -> Iterator[tuple[str, str, Span]]:
    """What stands as a requirement and is none by PEP 508: the file, the text, and where it is."""
    for line in requirement_lines(plugin, REQUIREMENTS):
        # What `$` brings in is known where it is installed only.
        asks = line.includes is None and not line.is_rest and not line.text.startswith("-") and "${" not in line.text
        if asks and not _is_requirement(line.text):
            yield REQUIREMENTS, line.text, line.span
    project = project_of(plugin)
    listed = project.table.get("dependencies") if project is not None and project.table is not None else None
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, str) and len(item) <= _MAX_LINE and not _is_requirement(item) and project is not None:
            yield PYPROJECT, item, project.span_of(item, "project", "dependencies")


def _missing_includes(plugin: Plugin) -> Iterator[tuple[str, Span]]:
    """The files that `requirements.txt` includes and that are not in the package."""
    for line in requirement_lines(plugin, REQUIREMENTS):
        known = line.includes is not None and "://" not in line.includes and "${" not in line.includes
        if known and posixpath.normpath(line.text) not in plugin.packed_files:
            yield line.text, line.span


# What a project may be called (PEP 508).
_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE)


def _project_faults(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys of the table `project` for which uv refuses the file, and what is wrong with them (PEP 621)."""
    if not table:
        return
    name, version, listed, dynamic = (table.get(key) for key in ("name", "version", "dependencies", "dynamic"))
    if not isinstance(name, str):
        yield "name", "is missing" if name is None else "is no text"
    elif len(name) > _MAX_LINE or not _NAME.fullmatch(name):
        yield "name", "takes letters, digits and `-`, `_`, `.` between them"
    if version is None:
        if not (isinstance(dynamic, list) and "version" in dynamic):
            yield "version", "is missing"
    elif not isinstance(version, str):
        yield "version", "is no text"
    elif not is_version(version):
        yield "version", f"is no version: {quote(version)}"
    if listed is not None and not (isinstance(listed, list) and all(isinstance(item, str) for item in listed)):
        yield "dependencies", "is no list of texts"


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except (InvalidRequirement, RecursionError):
        return False
    return True


@rule(
    "dependency/no-sdk",
    severity=Severity.ERROR,
    summary="`dify_plugin` is not among the dependencies.",
    why="Dify installs what the plugin declares and nothing else. Without its SDK the plugin does not start.",
    fix="Add `dify_plugin`, with a lower and an upper bound, to the file that the finding names.",
    authorities=(Authority(By.SDK, "The plugin does not start.", _INSTALL),),
    bad=Example("requests>=2.32,<3\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin>=0.9.0,<1\n", path="requirements.txt", whole=True),
)
def no_sdk(plugin: Plugin) -> Iterator[Hit]:
    path = _installed_by(plugin)
    if plugin.is_bundle or path is None or any(each.name == SDK and each.applies for each in _effective(plugin)):
        return
    if any(True for _ in _unreadable(plugin)) or _includes(plugin):
        return  # The SDK may be what could not be read.
    project = project_of(plugin)
    if path == PYPROJECT and project is not None and any(_project_faults(project.table or {})):
        return  # What is wrong is said of the file.
    if path == PYPROJECT and (project is None or project.table is None or project.is_dynamic):
        return
    if plugin.read(path, _MAX_BYTES) is None:
        return
    message = f"{quote(path)} does not name `dify_plugin`."
    if any(each.name == SDK for each in declared_requirements(plugin)):
        message += " `requirements.txt` does, but Dify installs by `pyproject.toml`."
    yield Hit(f"{message} The plugin packages and installs, but does not start.", path)


def _includes(plugin: Plugin) -> bool:
    """Whether the requirements bring others in from a file that is not among those that could be read."""
    lines = requirement_lines(plugin, REQUIREMENTS) if _installed_by(plugin) == REQUIREMENTS else ()
    editable = ("-e", "--editable")
    return any((line.includes and not line.is_constraint) or line.text.startswith(editable) for line in lines)


@rule(
    "dependency/sdk-version",
    severity=Severity.WARNING,
    summary="The SDK is asked for in a version that is too old, or in any version.",
    why="Documentation asks for at least 0.5.0, the marketplace for at least 0.9.0. Without a lower bound an old "
    "release may be installed beside other requirements, and what works today depends on the day.",
    fix="Write `dify_plugin>=0.9.0,<1.0.0`, or the newest version that you have tested with.",
    authorities=(
        _TOOLKIT,
        Authority(By.DOCS, "At least 0.5.0 is required.", "release-to-dify-marketplace.mdx:43"),
    ),
    bad=Example("dify_plugin\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin>=0.9.0,<1\n", path="requirements.txt", whole=True),
)
def sdk_version(plugin: Plugin) -> Iterator[Hit]:
    declared = next((each for each in _effective(plugin) if each.name == SDK and each.applies), None)
    if plugin.is_bundle or declared is None or declared.url is not None:
        return
    lowest = _lowest(declared.specifier)
    blocks = plugin.options.profile is Profile.MARKETPLACE
    severity = Severity.ERROR if blocks else Severity.WARNING
    if lowest is None:
        message = f"{quote(declared.text)} has no lower bound: any release of the SDK will do."
    elif lowest < Version("0.5.0"):
        message = f"{quote(declared.text)} allows releases of the SDK before 0.5.0, which are too old."
    elif lowest < Version("0.9.0"):
        message = f"{quote(declared.text)} allows releases of the SDK before 0.9.0, which the marketplace demands."
        severity = Severity.ERROR if blocks else Severity.NOTICE
    else:
        return
    yield Hit(message, declared.path, declared.span, severity=severity, subject=declared.text)


def _lowest(specifier: SpecifierSet) -> Version | None:
    """The version below which the specifier allows nothing; None when there is none."""
    bounds = []
    for each in specifier:
        if each.operator in (">=", ">", "==", "~=", "==="):
            try:
                bounds.append(Version(each.version.removesuffix(".*")))
            except InvalidVersion:
                continue
    return max(bounds, default=None)


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
    bad=Example("", files=_pyproject('["dify_plugin>=0.9.0,<1"]', ">=3.13")),
    good=Example("", files=_pyproject('["dify_plugin>=0.9.0,<1"]')),
)
def python_version(plugin: Plugin) -> Iterator[Hit]:
    wanted = _wanted_python(plugin)
    if wanted is None:
        return
    if wanted.specifier is None:
        message = f"{quote(wanted.text)} is no version specifier. {_NOT_INSTALLED}"
        yield Hit(message, PYPROJECT, wanted.span, severity=Severity.ERROR, subject=wanted.text)
    elif not wanted.allows(12) and _without_sdk(plugin, wanted) is None:
        message = (
            f"{quote(wanted.text)} excludes Python 3.12, the only one that Dify has: another has to be fetched from "
            "GitHub, and where that cannot be reached, the plugin does not start."
        )
        yield Hit(message, PYPROJECT, wanted.span, subject=wanted.text)


@dataclass(frozen=True, slots=True)
class _Python:
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
    bad=Example("", files=_pyproject('["dify_plugin>=0.9.0,<1"]', ">=3.10"), removed=("requirements.txt",)),
    good=Example("", files=_pyproject('["dify_plugin>=0.9.0,<1"]', ">=3.12"), removed=("requirements.txt",)),
)
def python_range(plugin: Plugin) -> Iterator[Hit]:
    wanted = _wanted_python(plugin)
    sdk = next((each for each in _effective(plugin) if each.name == SDK), None)
    if wanted is None or sdk is None:
        return
    minor = _without_sdk(plugin, wanted)
    if minor is not None:
        message = (
            f"{quote(wanted.text)} allows Python 3.{minor}, and {quote(sdk.text)} no release of the SDK for it: "
            f"uv finds no solution. {_NOT_INSTALLED}"
        )
        yield Hit(message, PYPROJECT, wanted.span, subject=wanted.text)


def _without_sdk(plugin: Plugin, wanted: _Python) -> int | None:
    """The newest minor version of Python 3 that the project allows, and no release of the SDK that it asks for.

    None where uv does not look for versions because there is a lock file, and where a marker or an address makes it
    unknown which releases count.
    """
    sdk = next((each for each in _effective(plugin) if each.name == SDK), None)
    if _installed_by(plugin) != PYPROJECT or LOCK in plugin.packed_files or sdk is None:
        return None
    if sdk.url is not None or ";" in sdk.text:
        return None
    pythons = [_oldest_python(Version(release)) for release in sdk.specifier.filter(SDK_RELEASES, True)]
    return next((minor for minor in reversed(range(min(pythons, default=0))) if wanted.allows(minor)), None)


def _oldest_python(sdk: Version) -> int:
    """The minor version of the oldest Python 3 on which a release of the SDK runs."""
    return next((minor for first, minor in SDK_PYTHONS if sdk >= Version(first)), 0)


@rule(
    "dependency/direct-url",
    severity=Severity.WARNING,
    summary="A dependency is named by its address, or by a folder.",
    why="What lies at an address changes or disappears, cannot be reviewed by its version, and is not reached by "
    "installations that use a mirror. The marketplace refuses it.",
    fix="Depend on a release on PyPI.",
    authorities=(_TOOLKIT, Authority(By.INSTALLER, "The installation depends on the address.", _INSTALL)),
    bad=Example(
        "dify_plugin>=0.9.0,<1\ngit+https://github.com/acme/weather-client\n", path="requirements.txt", whole=True
    ),
    good=Example("dify_plugin>=0.9.0,<1\nweather-client>=1,<2\n", path="requirements.txt", whole=True),
)
def direct_url(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    severity = Severity.ERROR if plugin.options.profile is Profile.MARKETPLACE else Severity.WARNING
    found = [(each.path, each.text, each.span) for each in declared_requirements(plugin) if each.url is not None]
    found += [item for item in _unreadable(plugin) if _is_direct(item[1])]
    for path, text, span in found:
        yield Hit(f"{quote(text)} is installed from an address.", path, span, severity=severity, subject=text)


@rule(
    "dependency/unpinned",
    severity=Severity.NOTICE,
    summary="A dependency is asked for in any version.",
    why="A later release may break the plugin on the day it appears. The marketplace refuses a requirement without a "
    "version.",
    fix="Give a lower and an upper bound, such as `requests>=2.32,<3`.",
    authorities=(_TOOLKIT,),
    bad=Example("dify_plugin>=0.9.0,<1\nrequests\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin>=0.9.0,<1\nrequests>=2.32,<3\n", path="requirements.txt", whole=True),
)
def unpinned(plugin: Plugin) -> Iterator[Hit]:
    # A lock file decides on the versions, whatever the requirements allow.
    marketplace = plugin.options.profile is Profile.MARKETPLACE
    locked = LOCK in plugin.packed_files and _installed_by(plugin) == PYPROJECT
    if plugin.is_bundle or (locked and not marketplace):
        return
    for each in _effective(plugin):
        if each.url is None and not each.specifier and each.name != SDK:
            message = f"{quote(each.text)} allows any version."
            severity = Severity.ERROR if marketplace else None
            group = f"dependency/unpinned {each.path}"
            yield Hit(message, each.path, each.span, severity=severity, subject=each.text, group=group)


@rule(
    "dependency/disagreement",
    severity=Severity.NOTICE,
    summary="`pyproject.toml` and `requirements.txt` ask for different things.",
    why="Dify installs by `pyproject.toml`, but by `requirements.txt` where a mirror of PyPI is configured, and so do "
    "the checks of the marketplace. What differs is found out by users.",
    fix="Keep the two alike, or have one file only.",
    authorities=(Authority(By.INSTALLER, "It depends on the installation which file counts.", _INSTALL),),
    bad=Example("", files=_pyproject('["dify_plugin>=0.9.0,<1", "requests>=2.32,<3"]')),
    good=Example(
        "dify_plugin>=0.9.0,<1\n", "requirements.txt", whole=True, files=_pyproject('["dify_plugin>=0.9.0,<1"]')
    ),
)
def disagreement(plugin: Plugin) -> Iterator[Hit]:
    project = project_of(plugin)
    both = {PYPROJECT, REQUIREMENTS} <= plugin.packed_files
    if plugin.is_bundle or not both or project is None or project.table is None or project.is_dynamic:
        return
    declared = declared_requirements(plugin)
    ours = {each.name: each for each in declared if each.path == PYPROJECT and each.applies}
    theirs = {each.name: each for each in declared if each.path != PYPROJECT and each.applies}
    if not ours or not theirs or _is_export(plugin):
        return
    differing = sorted(
        name
        for name in ours.keys() | theirs.keys()
        if name not in ours or name not in theirs or ours[name].specifier != theirs[name].specifier
    )
    if differing:
        first = theirs.get(differing[0]) or ours[differing[0]]
        verb = "differs" if len(differing) == 1 else "differ"
        message = f"`pyproject.toml` and `requirements.txt` {verb} in {quote_list(differing, 5)}."
        yield Hit(message.replace("` differs", "` differ"), first.path, first.span, subject=",".join(differing)[:200])


def _is_export(plugin: Plugin) -> bool:
    """Whether the requirements were written by a tool from the project, with all that its dependencies need."""
    content = plugin.read(REQUIREMENTS, _MAX_BYTES) or b""
    return b"autogenerated by" in content[:500] or b"--hash=" in content or b"# via " in content


# Lock files have megabytes: only a pattern that begins with fixed letters is searched for at the speed of a text.
_LOCKED = re.compile(r'\[\[package\]\]\r?\nname = "([^"\n]+)"\r?\nversion = "([^"\n]+)"')


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
            **_pyproject('["dify_plugin>=0.9.0,<1", "requests>=2.32,<3"]'),
            LOCK: '[[package]]\nname = "dify-plugin"\nversion = "0.9.0"\n',
        },
    ),
    good=Example(
        "",
        files={
            **_pyproject('["dify_plugin>=0.9.0,<1"]'),
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
            message = f"{quote(each.text)} is not in `uv.lock`, so it is not installed."
        elif not any(_allows(each.specifier, version) for version in versions):
            held = quote_list(sorted(versions), 3)
            message = f"`uv.lock` holds {quote(each.name)} {held}, which {quote(each.text)} does not allow."
        else:
            continue
        yield Hit(message, each.path, each.span, subject=each.text)


def _allows(specifier: SpecifierSet, version: str) -> bool:
    try:
        return specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


@rule(
    "dependency/no-lock",
    severity=Severity.NOTICE,
    summary="The dependencies are in `pyproject.toml` alone.",
    why="The checks of the marketplace install `requirements.txt` and nothing else; those of the official repository "
    "want `uv.lock` or `requirements.txt`.",
    fix="Run `uv lock`, or `uv export --format requirements.txt -o requirements.txt`.",
    authorities=(Authority(By.MARKETPLACE, "The dependencies are not tested.", "pre-pr-check-per-plugin.yaml:202"),),
    bad=Example("", files=_pyproject('["dify_plugin>=0.9.0,<1"]'), removed=("requirements.txt",)),
    good=Example("", files=_pyproject('["dify_plugin>=0.10.1,<1.0.0"]')),
)
def no_lock(plugin: Plugin) -> Iterator[Hit]:
    packed = plugin.packed_files
    if plugin.is_bundle or PYPROJECT not in packed or {REQUIREMENTS, LOCK} & packed or _is_exported(plugin):
        return
    severity = Severity.ERROR if plugin.options.profile is Profile.OFFICIAL else Severity.NOTICE
    message = "There is neither `uv.lock` nor `requirements.txt` besides `pyproject.toml`."
    yield Hit(message, PYPROJECT, severity=severity)
