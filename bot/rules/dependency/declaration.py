"""Rules about how a plugin writes what has to be installed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from bot.findings import Authority, By, Confidence, Severity, Span, quote, quote_list
from bot.messages import say, sentences
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.dependencies import MAX_BYTES, REQUIREMENTS, SDK, Declared, declared_requirements, requirement_lines
from bot.plugin.project import PYPROJECT, Project, project_of
from bot.plugin.sources import sources_of
from bot.python.imports import undeclared
from bot.rules.dependency.declared import (
    INSTALL,
    LOCK,
    NOT_INSTALLED,
    TOOLKIT,
    effective_requirements,
    example_pyproject,
    installed_by,
    is_exported,
    project_faults,
    unreadable_requirements,
)
from bot.rules.dependency.precheck import Entry, Verdict, entries, verdict
from bot.rules.marketplace.asked import REFUSES, is_submitted, policy, refusal
from bot.rules.registry import Example, Hit, rule

_RUNTIME = (Authority(By.INSTALLER, "The dependencies cannot be installed.", INSTALL),)


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
    if installed_by(plugin) is None and not is_exported(plugin):
        left_out = next((path for path in (PYPROJECT, REQUIREMENTS) if path in plugin.tree.entries()), None)
        pattern = plugin.packing.left_out_by(left_out) if left_out is not None else None
        if pattern is not None:
            message = say(
                "{text} leaves {left_out} out of the package. {not_installed}",
                text=quote(pattern.text),
                left_out=quote(left_out),
                not_installed=NOT_INSTALLED,
            )
            yield Hit(message, plugin.packing.ignore.path, pattern.span, subject=pattern.text)
        else:
            message = say(
                "There is neither `pyproject.toml` nor `requirements.txt`. {not_installed}", not_installed=NOT_INSTALLED
            )
            yield Hit(message, plugin.manifest.path)
    elif plugin.options.profile is Profile.OFFICIAL and PYPROJECT not in plugin.packed_files:
        yield Hit(say("There is no `pyproject.toml`, which the official repository demands."), plugin.manifest.path)


@rule(
    "dependency/invalid",
    severity=Severity.ERROR,
    summary="A dependency file cannot be read, or holds a line that is not a requirement.",
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
    used = installed_by(plugin)
    if used == PYPROJECT and LOCK in plugin.packed_files:
        used = LOCK
    for path, text, span in unreadable_requirements(plugin):
        if _is_direct(text):
            continue
        message = say("{text} is not a requirement by PEP 508.", text=quote(text))
        if path == used:
            yield Hit(sentences(message, NOT_INSTALLED), path, span, subject=text)
        else:
            spared = (
                say("{message} Dify installs by {used}, and does not see it.", message=message, used=quote(used))
                if used
                else message
            )
            yield Hit(spared, path, span, severity=Severity.WARNING, subject=text)
    for text, span in _missing_includes(plugin):
        missing = say("There is no file {text} in the package.", text=quote(text))
        if used == REQUIREMENTS:
            yield Hit(sentences(missing, NOT_INSTALLED), REQUIREMENTS, span, subject=text)
        elif used is not None and is_submitted(plugin):
            spared = say("{missing} Dify installs by {used}, and does not see it.", missing=missing, used=quote(used))
            yield Hit(spared, REQUIREMENTS, span, severity=Severity.WARNING, subject=text)
    project = project_of(plugin)
    if project is None:
        return
    for key, fault in project_faults(project.table or {}):
        message = say(
            "In `pyproject.toml`, {key} {fault}: uv refuses the file. {not_installed}",
            key=quote(key),
            fault=fault,
            not_installed=NOT_INSTALLED,
        )
        yield Hit(message, PYPROJECT, project.span_of("", "project", key), subject=key)
    if project.failure:
        message = say(
            "`pyproject.toml` is not valid TOML: {failure}. {not_installed}",
            failure=project.failure,
            not_installed=NOT_INSTALLED,
        )
        yield Hit(message, PYPROJECT, project.span)
    elif project.table is None and not _has_workspace(project):
        message = say(
            "`pyproject.toml` has no table `[project]`: `uv sync` installs nothing, not even the SDK, and "
            "the plugin does not start."
        )
        yield Hit(message, PYPROJECT, confidence=Confidence.LIKELY)


def _has_workspace(project: Project) -> bool:
    tool = (project.data or {}).get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    return isinstance(uv, dict) and "workspace" in uv


_DIRECT = regex(r"(git|hg|svn|bzr)\+|https?:|ftp:|file:|\.{0,2}/|\.$|\.\[|.*\.(whl|zip|tar\.gz)$", re.IGNORECASE)


def _is_direct(text: str) -> bool:
    """Whether a line names what to install by its address or its place on disk."""
    return _DIRECT.match(text) is not None


def _missing_includes(plugin: Plugin) -> Iterator[tuple[str, Span]]:
    """The files that `requirements.txt` includes and that are not in the package."""
    for line in requirement_lines(plugin, REQUIREMENTS):
        known = line.includes is not None and "://" not in line.includes and "${" not in line.includes
        if known and posixpath.normpath(line.text) not in plugin.packed_files:
            yield line.text, line.span


@rule(
    "dependency/direct-url",
    severity=Severity.WARNING,
    summary="A dependency is named by its address, or by a folder.",
    why="What lies at an address changes or disappears, cannot be reviewed by its version, and is not reached by "
    "installations that use a mirror. The marketplace refuses it.",
    fix="Depend on a release on PyPI.",
    authorities=(TOOLKIT, Authority(By.INSTALLER, "The installation depends on the address.", INSTALL)),
    bad=Example(
        "dify_plugin>=0.9.0,<1\ngit+https://github.com/acme/weather-client\n", path="requirements.txt", whole=True
    ),
    good=Example("dify_plugin>=0.9.0,<1\nweather-client>=1,<2\n", path="requirements.txt", whole=True),
)
def direct_url(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    found = [(each.path, each.text, each.span) for each in declared_requirements(plugin) if each.url is not None]
    found += [item for item in unreadable_requirements(plugin) if _is_direct(item[1])]
    listed = {(path, span) for path, _, span in found}
    found += [
        (each.path, each.text, each.span)
        for each in entries(plugin)
        if verdict(each, policy(plugin)) in (Verdict.FROM_GIT, Verdict.FROM_ADDRESS)
        and (each.path, each.span) not in listed
    ]
    for path, text, span in found:
        said = verdict(Entry(path, text, span), policy(plugin))
        if said is Verdict.LOCAL:
            continue
        severity = refusal(plugin, "package-dependencies/address") if said.refuses else Severity.WARNING
        yield Hit(
            say("{text} is installed from an address.", text=quote(text)), path, span, severity=severity, subject=text
        )


@rule(
    "dependency/local-path",
    severity=Severity.WARNING,
    summary="A dependency is installed from a folder of the package, or in editable form.",
    why="Installers that take packages from an index do not find it, and its version says nothing. Where the folder is "
    "not in the package, nothing is installed. A reviewer of the marketplace has to approve it.",
    fix="Depend on a release on PyPI, or import the code as a part of the plugin.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace warns.", "toolkit/checks/dependencies.py"),
        Authority(By.INSTALLER, "The dependencies cannot be installed where the folder is missing.", INSTALL),
    ),
    bad=Example("dify_plugin>=0.9.0,<1\n-e .\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin>=0.9.0,<1\nweather-client>=1,<2\n", path="requirements.txt", whole=True),
)
def local_path(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    for each in entries(plugin):
        if verdict(each, policy(plugin)) is not Verdict.LOCAL:
            continue
        place = posixpath.normpath(_PLACE.sub("", each.text).strip())
        is_there = place == "." or any(path == place or path.startswith(f"{place}/") for path in plugin.packed_files)
        if is_there or each.path != installed_by(plugin) or LOCK in plugin.packed_files:
            message = say(
                "{text} is installed from a folder, which a reviewer of the marketplace has to approve.",
                text=quote(each.text),
            )
            yield Hit(message, each.path, each.span, subject=each.text)
        else:
            message = say(
                "{text} is not in the package. {not_installed}", text=quote(each.text), not_installed=NOT_INSTALLED
            )
            yield Hit(message, each.path, each.span, severity=Severity.ERROR, subject=each.text)


_PLACE = regex(r"^(-e|--editable)\s+|^[\w.-]+(\[[^\]]*\])?\s+@\s+")


@rule(
    "dependency/unpinned",
    severity=Severity.NOTICE,
    summary="A dependency is asked for in any version.",
    why="A later release may break the plugin on the day it appears. The marketplace refuses a requirement without a "
    "version.",
    fix="Give a lower and an upper bound, such as `requests>=2.32,<3`.",
    authorities=(TOOLKIT,),
    bad=Example("dify_plugin>=0.9.0,<1\nrequests\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin>=0.9.0,<1\nrequests>=2.32,<3\n", path="requirements.txt", whole=True),
)
def unpinned(plugin: Plugin) -> Iterator[Hit]:
    # A lock file decides on the versions, whatever the requirements allow.
    submitted = is_submitted(plugin)
    locked = LOCK in plugin.packed_files and installed_by(plugin) == PYPROJECT
    if plugin.is_bundle or (locked and not submitted):
        return
    said = {(each.path, each.span): verdict(each, policy(plugin)) for each in entries(plugin)}
    for each in declared_requirements(plugin) if submitted else effective_requirements(plugin):
        if each.url is None and not each.specifier and each.name != SDK:
            refused = said.get((each.path, each.span)) is Verdict.NO_VERSION
            severity = refusal(plugin, "package-dependencies/version", None) if refused else None
            message = say(
                "{text} allows any version.{which}",
                text=quote(each.text),
                which="" if severity is None else f" {REFUSES}",
            )
            group = f"dependency/unpinned {each.path}"
            yield Hit(message, each.path, each.span, severity=severity, subject=each.text, group=group)


@rule(
    "dependency/disagreement",
    severity=Severity.NOTICE,
    summary="`pyproject.toml` and `requirements.txt` ask for different things.",
    why="Dify installs by `pyproject.toml`, but by `requirements.txt` where a mirror of PyPI is configured, and so do "
    "the checks of the marketplace. What differs is found out by users.",
    fix="Keep the two alike, or have one file only.",
    authorities=(Authority(By.INSTALLER, "It depends on the installation which file counts.", INSTALL),),
    bad=Example("", files=example_pyproject('["dify_plugin>=0.9.0,<1", "requests>=2.32,<3"]')),
    good=Example(
        "dify_plugin>=0.9.0,<1\n", "requirements.txt", whole=True, files=example_pyproject('["dify_plugin>=0.9.0,<1"]')
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
    if not ours or not theirs or _is_export(plugin, ours, theirs):
        return
    differing = sorted(
        name
        for name in ours.keys() | theirs.keys()
        if name not in ours or name not in theirs or ours[name].specifier != theirs[name].specifier
    )
    if differing:
        first = theirs.get(differing[0]) or ours[differing[0]]
        message = say("`pyproject.toml` and `requirements.txt` differ in {names}.", names=quote_list(differing, 5))
        missing = _imported_without(plugin, set(theirs))
        if missing:
            message += say(
                " With a mirror of PyPI {missing} is not installed, and the plugin does not start.",
                missing=quote_list(missing, 5),
            )
        yield Hit(
            message,
            first.path if not missing else REQUIREMENTS,
            first.span if not missing else None,
            severity=Severity.WARNING if missing else None,
            subject=",".join(differing)[:200],
        )


def _imported_without(plugin: Plugin, names: set[str]) -> list[str]:
    """What the plugin imports when it starts and these distributions do not bring."""
    sources = sources_of(plugin)
    return [item.external.name for item in undeclared(sources.modules, sorted(sources.started), names)]


def _is_export(plugin: Plugin, ours: Mapping[str, Declared], theirs: Mapping[str, Declared]) -> bool:
    """Whether the requirements were written by a tool from the project, with all that its dependencies need.

    Tools say so (uv, pip-compile, Rye, PDM); else all that is there is pinned, and fits what the project asks for.
    """
    content = plugin.read(REQUIREMENTS, MAX_BYTES) or b""
    if _GENERATED.search(content[:500]) or b"--hash=" in content or b"# via " in content:
        return True
    pins = {name: next(iter(each.specifier)) for name, each in theirs.items() if len(each.specifier) == 1}
    exact = {name: pin.version for name, pin in pins.items() if pin.operator == "==" and "*" not in pin.version}
    fitting = (name in exact and each.specifier.contains(exact[name], prereleases=True) for name, each in ours.items())
    return len(exact) == len(theirs) > len(ours) and all(fitting)


_GENERATED = regex(rb"generated by", re.IGNORECASE)
