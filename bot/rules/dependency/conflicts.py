"""Rules about dependencies that cannot be installed together, and about releases that do not exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.findings import Authority, By, Confidence, Severity, quote
from bot.format.gates import SDK_VERSIONS
from bot.format.sdk_requirements import sdk_requirements
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.dependencies import SDK, Declared
from bot.plugin.project import PYPROJECT
from bot.rules.dependency.declared import INSTALL, LOCK, NOT_INSTALLED, effective_requirements, installed_by
from bot.rules.dependency.solving import MAX_ROUNDS, Need, Objection, known_names, solved
from bot.rules.registry import Example, Hit, NotJudged, Place, rule

#: Releases that were withdrawn, and can be installed by their exact version all the same.
_YANKED: Final = frozenset({"0.2.3"})
_CANNOT = (Authority(By.INSTALLER, "The dependencies are not installed, and the plugin does not start.", INSTALL),)


def _asked(plugin: Plugin) -> dict[str, list[Declared]]:
    """What is installed, by name; nothing where a lock file decides, which was resolved by uv itself."""
    if plugin.is_bundle or (LOCK in plugin.packed_files and installed_by(plugin) == PYPROJECT):
        return {}
    found: dict[str, list[Declared]] = {}
    for each in effective_requirements(plugin):
        if each.applies and each.url is None:
            found.setdefault(each.name, []).append(each)
    return found


def _together(declared: list[Declared]) -> SpecifierSet:
    combined = SpecifierSet()
    for each in declared:
        combined &= each.specifier
    return combined


@rule(
    "dependency/conflict",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="Two requirements rule each other out.",
    why="uv looks for one version of each package that satisfies everybody: every line of the plugin, what the SDK "
    "depends on, and what these packages need themselves. With none it installs nothing, and the plugin does not "
    "start. A resolver looks for such versions in a table of the SDK's releases and of the packages that they need; of "
    "every other package any version may exist. The rule speaks only when no release of the SDK that the plugin admits "
    "will do.",
    fix="Widen the requirement, or ask for a release of the SDK that goes with it.",
    authorities=_CANNOT,
    bad=Example("dify_plugin==0.10.1\nrequests==2.31.0\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin==0.10.1\nrequests>=2.33.1,<3\n", path="requirements.txt", whole=True),
)
def conflict(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    asked = _asked(plugin)
    combined = {name: _together(declared) for name, declared in asked.items()}
    impossible = {name for name, specifier in combined.items() if specifier.is_unsatisfiable()}
    for name in impossible:
        last, first = asked[name][-1], asked[name][0]
        if last is first:
            message = say(
                "No version satisfies {text}. {not_installed}", text=quote(last.text), not_installed=NOT_INSTALLED
            )
            yield Hit(message, last.path, last.span, subject=last.text)
        else:
            message = say(
                "No version satisfies both {text} and {text2}. {not_installed}",
                text=quote(first.text),
                text2=quote(last.text),
                not_installed=NOT_INSTALLED,
            )
            place = Place(first.path, first.span, say("The other requirement."))
            yield Hit(message, last.path, last.span, subject=last.text, related=(place,))
    if SDK in asked and SDK not in impossible:
        yield from _with_the_sdk(asked, combined, impossible)


def _with_the_sdk(
    asked: dict[str, list[Declared]], combined: dict[str, SpecifierSet], impossible: set[str]
) -> Iterator[Hit | NotJudged]:
    needs = {name: Need(name, combined[name]) for name in combined.keys() & known_names() - impossible}
    releases = [str(release) for release in combined[SDK].filter(SDK_VERSIONS)][::-1]
    if not needs or any(release not in sdk_requirements() for release in releases):
        return  # A release that is not in the table may go with everything.
    for release in releases:
        is_possible = solved(release, frozenset(needs.values())).is_possible
        if is_possible is None:
            yield NotJudged(
                say(
                    "it takes more than {rounds:,} choices to tell whether the dependencies can be installed together",
                    rounds=MAX_ROUNDS,
                )
            )
        if is_possible is not False:
            return
    if not releases:
        return
    # Without one that will do, the newest is what the author most likely wants.
    newest = releases[0]
    found = {name: solved(newest, frozenset((need,))).objections for name, need in sorted(needs.items())}
    if not any(found.values()):
        found = dict.fromkeys(needs, solved(newest, frozenset(needs.values())).objections)
    for name, against in found.items():
        objection = next((each for each in against if each.need.name == name), None)
        if objection is not None:
            yield _ruled_out(asked[name][-1], asked[SDK][-1], objection)


def _ruled_out(declared: Declared, sdk: Declared, objection: Objection) -> Hit:
    by, needed = objection.by, quote(objection.need)
    if by.name == SDK:
        message = say(
            "{text} rules out what `dify_plugin` {release} needs: {value}. ",
            text=quote(declared.text),
            release=str(by.version),
            value=needed,
        )
    else:
        message = say(
            "{text} rules out what the SDK needs: {package}, which needs {value}. ",
            text=quote(declared.text),
            package=quote(f"{by.name} {by.version}"),
            value=needed,
        )
    place = Place(sdk.path, sdk.span, say("The release of the SDK."))
    return Hit(message + NOT_INSTALLED, declared.path, declared.span, subject=declared.text, related=(place,))


@rule(
    "dependency/no-such-sdk",
    severity=Severity.ERROR,
    summary="No release of the SDK has the version that is asked for.",
    why="uv installs nothing when one requirement cannot be satisfied, and the plugin does not start.",
    fix="Ask for a release that exists, such as `dify_plugin>=0.9.0,<1`.",
    authorities=_CANNOT,
    bad=Example("dify_plugin==0.6.5\n", path="requirements.txt", whole=True),
    good=Example("dify_plugin==0.6.2\n", path="requirements.txt", whole=True),
)
def no_such_sdk(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    declared = _asked(plugin).get(SDK, [])
    specifier = _together(declared)
    if not declared or specifier.is_unsatisfiable() or any(True for _ in specifier.filter(SDK_VERSIONS, True)):
        return
    if any(specifier.contains(release, prereleases=True) for release in _YANKED):
        return
    last = declared[-1]
    newest = SDK_VERSIONS[-1]
    bounds = [bound for each in specifier if (bound := _version(each.version)) is not None]
    if any(bound > newest for bound in bounds):
        yield NotJudged(say("the newest release of the SDK that is known here is {newest}", newest=str(newest)))
    elif all(bound > Version("0.0.1") for bound in bounds):  # Gaps among the betas may be withdrawn releases.
        message = say(
            "There is no release of the SDK for {text}. {not_installed}",
            text=quote(last.text),
            not_installed=NOT_INSTALLED,
        )
        yield Hit(message, last.path, last.span, subject=last.text)


def _version(text: str) -> Version | None:
    try:
        return Version(text.removesuffix(".*"))
    except ValueError:
        return None
