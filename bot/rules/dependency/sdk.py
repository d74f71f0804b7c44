"""Rules about the release of the SDK that a plugin asks for."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.format.gates import SDK_VERSIONS
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.dependencies import (
    MAX_BYTES,
    REQUIREMENTS,
    SDK,
    Declared,
    declared_requirements,
    from_release,
    requirement_lines,
    with_specifier,
)
from bot.plugin.project import PYPROJECT, project_of
from bot.rules.dependency.declared import (
    INSTALL,
    LOCK,
    TOOLKIT,
    effective_requirements,
    installed_by,
    project_faults,
    unreadable_requirements,
)
from bot.rules.dependency.precheck import Verdict, entries, verdict
from bot.rules.marketplace.asked import is_submitted, policy, refusal
from bot.rules.registry import Example, Hit, rule


@rule(
    "dependency/no-sdk",
    severity=Severity.ERROR,
    summary="`dify_plugin` is not among the dependencies.",
    why="Dify installs what the plugin declares and nothing else. Without its SDK the plugin does not start.",
    fix="Add `dify_plugin`, with a lower and an upper bound, to the file that the finding names.",
    authorities=(Authority(By.SDK, "The plugin does not start.", INSTALL),),
    bad=Example("requests>=2.32,<3\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin>=0.9.0,<1\n", path="requirements.txt", whole=True),
)
def no_sdk(plugin: Plugin) -> Iterator[Hit]:
    path = installed_by(plugin)
    if (
        plugin.is_bundle
        or path is None
        or any(each.name == SDK and each.applies for each in effective_requirements(plugin))
    ):
        return
    if any(True for _ in unreadable_requirements(plugin)) or _includes(plugin):
        return  # The SDK may be what could not be read.
    project = project_of(plugin)
    if path == PYPROJECT and project is not None and any(project_faults(project.table or {})):
        return  # What is wrong is said of the file.
    if path == PYPROJECT and (project is None or project.table is None or project.is_dynamic):
        return
    if plugin.read(path, MAX_BYTES) is None:
        return
    if any("dependency/no-sdk" in left_out.rules for left_out in plugin.account):
        return  # The SDK may be in what was not read.
    message = say("{path} does not name `dify_plugin`.", path=quote(path))
    if any(each.name == SDK for each in declared_requirements(plugin)):
        message += say(" `requirements.txt` does, but Dify installs by `pyproject.toml`.")
    yield Hit(say("{message} The plugin packages and installs, but does not start.", message=message), path)


def _includes(plugin: Plugin) -> bool:
    """Whether the requirements bring others in from a file that is not among those that could be read."""
    lines = requirement_lines(plugin, REQUIREMENTS) if installed_by(plugin) == REQUIREMENTS else ()
    editable = ("-e", "--editable")
    return any((line.includes and not line.is_constraint) or line.text.startswith(editable) for line in lines)


@rule(
    "dependency/sdk-version",
    severity=Severity.WARNING,
    summary="The SDK is asked for in a version that is too old, or in any version.",
    why="The documentation asks for 0.5.0 or later, and the marketplace for 0.9.0 as the lowest release allowed. uv "
    "installs the highest release that is allowed: an old upper bound or pin keeps a plugin on an old SDK. Without any "
    "lower bound, another requirement may bring in an old release.",
    fix="Write `dify_plugin>=0.9.0,<1.0.0`, or the newest version that you have tested with.",
    authorities=(
        TOOLKIT,
        Authority(By.DOCS, "At least 0.5.0 is required.", "release-to-dify-marketplace.mdx:43"),
    ),
    bad=Example("dify_plugin\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin>=0.9.0,<1\n", path="requirements.txt", whole=True),
)
def sdk_version(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    # The pre-check of the marketplace reads every file; Dify installs by one.
    asked = declared_requirements(plugin) if is_submitted(plugin) else effective_requirements(plugin)
    said = {(each.path, each.span): verdict(each, policy(plugin)) for each in entries(plugin)}
    floor = policy(plugin).sdk_floor
    sdks = [each for each in asked if each.name == SDK and each.applies and each.url is None]
    first = {each.path: each for each in reversed(sdks)}
    for declared in sdks:
        # Of several in one file, the pre-check reads each by itself; to Dify the first says what is meant.
        if declared is not first[declared.path] and not is_submitted(plugin):
            continue
        lowest, installed = lowest_release(declared.specifier), _highest_release(declared.specifier)
        # uv installs the highest release that is allowed, so a low bound alone harms nobody.
        is_old = installed is None or installed < Version("0.5.0")
        if lowest is not None and lowest >= Version(floor):
            continue
        if lowest is None:
            message = say("{text} has no lower bound: any release of the SDK will do.", text=quote(declared.text))
        elif is_old and not is_submitted(plugin):
            message = say("{text} allows only releases of the SDK before 0.5.0. ", text=quote(declared.text))
            message += say("The documentation asks for 0.5.0 or later.")
        else:
            message = say("{text} allows releases of the SDK before {floor}. ", text=quote(declared.text), floor=floor)
            message += say("The marketplace demands {floor} or later.", floor=floor)
        advice = Severity.WARNING if lowest is None or is_old else Severity.NOTICE
        refused = said.get((declared.path, declared.span), Verdict.OLD_SDK).refuses
        severity = refusal(plugin, "package-dependencies/sdk", advice) if refused else advice
        fix = _raise_lower_bound(plugin, declared, Version(floor)) if installed is not None else None
        yield Hit(message, declared.path, declared.span, severity=severity, subject=declared.text, fix=fix)


def _raise_lower_bound(plugin: Plugin, declared: Declared, floor: Version) -> Fix | None:
    """A lower bound that changes nothing, where the highest release that is allowed is installed and is above it."""
    highest = _highest_release(declared.specifier)
    is_literal = declared.span.end_column - declared.span.column == len(declared.text)
    if highest is None or highest < floor or plugin.has_file(LOCK) or not is_literal:
        return None
    text = with_specifier(declared, declared.text, from_release(declared.specifier, floor))
    if text is None:
        return None
    return Fix(say("Write {choice}", choice=quote(text)), Safety.SAFE, (Edit(declared.path, declared.span, text),))


def _highest_release(specifier: SpecifierSet) -> Version | None:
    """The highest known release that the specifier allows; None when it allows none."""
    # Releases before 0.1 are pre-releases, which count where nothing else is allowed.
    return max(specifier.filter(SDK_VERSIONS), default=None)


def lowest_release(specifier: SpecifierSet) -> Version | None:
    """The version below which the specifier allows nothing; None when there is none."""
    bounds = []
    for each in specifier:
        if each.operator in (">=", ">", "==", "~=", "==="):
            try:
                bounds.append(Version(each.version.removesuffix(".*")))
            except ValueError:
                continue
    return max(bounds, default=None)
