"""Rules about dependencies that the marketplace refuses for their form, or asks a reviewer to look at."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from bot.findings import Authority, By, Severity, quote
from bot.messages import say
from bot.options import Profile
from bot.plugin import Plugin
from bot.plugin.dependencies import SDK, poetry_specifier
from bot.rules.dependency.precheck import Entry, Verdict, entries, verdict
from bot.rules.dependency.sdk import lowest_release
from bot.rules.marketplace.asked import is_submitted, policy
from bot.rules.registry import Example, Hit, rule

_SOURCE = "toolkit/checks/dependencies.py"
_WARNS = (Authority(By.MARKETPLACE, "The marketplace warns.", _SOURCE),)
_SUBMITTED = Profile.MARKETPLACE


def _example(*lines: str) -> Example:
    text = "".join(f"{line}\n" for line in ("dify_plugin>=0.9.0,<1.0.0", *lines))
    return Example(text, path="requirements.txt", whole=True, profile=_SUBMITTED)


@rule(
    "dependency/refused-form",
    severity=Severity.WARNING,
    summary="A dependency is written in a form that is valid, and that the marketplace's pre-check refuses.",
    why="The pre-check reads dependencies with patterns of its own: of the SDK it takes the first number after `>=` or "
    "`==` and compares it part by part, so that `>=0.9`, `~=0.9.0` and `>0.9.0` are too old to it. It refuses options "
    "of pip that it does not know as dependencies without a version, and judges groups that Dify never installs.",
    fix="Write `dify_plugin>=0.9.0,<1.0.0`; give every entry a version with `==`, `>=` or `~=`; write `--option value` "
    "with a blank.",
    authorities=(Authority(By.MARKETPLACE, "The pre-check refuses the plugin.", _SOURCE),),
    bad=Example("dify_plugin~=0.9.0\n", path="requirements.txt", whole=True, profile=_SUBMITTED),
    good=_example(),
)
def refused_form(plugin: Plugin) -> Iterator[Hit]:
    if not is_submitted(plugin):
        return
    for each in entries(plugin):
        said = verdict(each, policy(plugin))
        if not said.refuses or said in (Verdict.FROM_GIT, Verdict.FROM_ADDRESS):
            continue
        if said is Verdict.OLD_SDK:
            if each.is_installed and not _is_new_enough(each, policy(plugin).sdk_floor):
                continue  # That is no matter of form.
            floor = policy(plugin).sdk_floor
            form = quote(f"dify_plugin>={floor},<1.0.0")
            message = say(
                "The pre-check of the marketplace refuses the form {text}. Write {form}.",
                text=quote(each.text),
                form=form,
            )
        elif not each.is_installed:
            message = say(
                "The pre-check of the marketplace refuses {text}, because it has no version, although Dify "
                "never installs it. Give it a version, such as `>=1`.",
                text=quote(each.text),
            )
        elif _allows_any(each.text):
            continue  # That is no matter of form.
        else:
            message = say(
                "The pre-check of the marketplace finds no version in {text} and refuses it. Write a "
                "requirement with `==`, `>=` or `~=`, and options as `--index-url <address>` with a blank.",
                text=quote(each.text),
            )
        group = f"dependency/refused-form {each.path} {said.name}"
        yield Hit(message, each.path, each.span, subject=each.text, group=group)


def _is_new_enough(entry: Entry, floor: str) -> bool:
    """Whether a requirement of the SDK allows no release below the required one, by PEP 508 or in Poetry's notation."""
    try:
        specifier = Requirement(entry.text).specifier
    except (InvalidRequirement, RecursionError):
        constraint = entry.text.removeprefix("dify_plugin").removeprefix("dify-plugin").strip()
        poetry = poetry_specifier(constraint) if len(constraint) < 200 else None
        if poetry is None:
            return False
        specifier = poetry
    lowest = lowest_release(specifier)
    return lowest is not None and lowest >= Version(floor)


def _allows_any(text: str) -> bool:
    """Whether a requirement has no version, so that any will do: by PEP 508, or `*` in Poetry's notation."""
    name, _, constraint = text.partition(" ")
    if constraint.strip() == "*":
        return True
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return text.lstrip().startswith(("/", ".")) or (not constraint and not name.startswith("-"))
    return not requirement.specifier


@rule(
    "dependency/no-upper-bound",
    severity=Severity.NOTICE,
    summary="A dependency has only a lower bound.",
    why="The next major release may break the plugin on the day it appears. The marketplace warns.",
    fix="Add an upper bound, such as `requests>=2.32,<3`.",
    authorities=_WARNS,
    bad=_example("requests>=2.32"),
    good=_example("requests>=2.32,<3"),
)
def no_upper_bound(plugin: Plugin) -> Iterator[Hit]:
    for each in entries(plugin) if is_submitted(plugin) else ():
        if verdict(each, policy(plugin)) is Verdict.LOWER_BOUND:
            message = say("{text} has only a lower bound: any later release will do.", text=quote(each.text))
            group = f"dependency/no-upper-bound {each.path}"
            yield Hit(message, each.path, each.span, subject=each.text, group=group)


@rule(
    "dependency/large",
    severity=Severity.NOTICE,
    summary="A dependency is so large that a reviewer of the marketplace has to approve it.",
    why="Such packages have hundreds of megabytes, or bring a browser: every installation downloads them.",
    fix="Do without it, or say in the pull request why it is needed.",
    authorities=_WARNS,
    bad=_example("torch>=2,<3"),
    good=_example("requests>=2.32,<3"),
)
def large(plugin: Plugin) -> Iterator[Hit]:
    for each in entries(plugin) if is_submitted(plugin) else ():
        if each.name in policy(plugin).large_dependencies and each.name != SDK:
            message = say(
                "{name} is very large: a reviewer of the marketplace has to approve it.", name=quote(each.name)
            )
            yield Hit(message, each.path, each.span, subject=each.name)
