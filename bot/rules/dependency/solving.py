"""Whether requirements can be met together with a release of the SDK, by a resolver and a dated table.

The table has what each release of the SDK needs, and what the releases of these packages need themselves. Of every
other package any version may exist that its requirements admit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Final

from msgspec import Struct
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, Resolver
from resolvelib.resolvers import RequirementInformation, ResolutionTooDeep

from bot.format.sdk_requirements import Requires, package_requirements, sdk_requirements
from bot.plugin.dependencies import SDK

#: So many choices are tried for a release of the SDK.
MAX_ROUNDS: Final = 200


class Need(Struct, frozen=True):
    """A requirement: a package and the versions that will do."""

    name: str
    specifier: SpecifierSet

    def __str__(self) -> str:
        return f"{self.name}{self.specifier}"


class Choice(Struct, frozen=True):
    """A version of a package, or with None one of those that `specifier` admits."""

    name: str
    version: Version | None
    specifier: SpecifierSet


class Objection(Struct, frozen=True):
    """What cannot be met besides something else: `need`, which the version `by` of a package has."""

    by: Choice
    need: Need


class _Provider(AbstractProvider[Need, Choice, str]):
    def __init__(self, names: frozenset[str]) -> None:
        #: What else is needed goes together by itself.
        self._names = names

    def identify(self, requirement_or_candidate: Need | Choice) -> str:
        return requirement_or_candidate.name

    def get_preference(  # type: ignore[override]
        self, identifier: str, backtrack_causes: Sequence[RequirementInformation[Need, Choice]], **_: object
    ) -> tuple[bool, bool, str]:
        came_in_the_way = any(cause.requirement.name == identifier for cause in backtrack_causes)
        return identifier != SDK, not came_in_the_way, identifier

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Need]],
        incompatibilities: Mapping[str, Iterator[Choice]],
    ) -> Sequence[Choice]:
        specifier = SpecifierSet()
        for need in requirements[identifier]:
            specifier &= need.specifier
        excluded = set(incompatibilities[identifier])
        return [choice for choice in _choices(identifier, specifier) if choice not in excluded]

    def is_satisfied_by(self, requirement: Need, candidate: Choice) -> bool:
        if candidate.version is None:
            return set(requirement.specifier) <= set(candidate.specifier)
        return requirement.specifier.contains(candidate.version, prereleases=True)

    def get_dependencies(self, candidate: Choice) -> Iterable[Need]:
        needed = _known(candidate.name).get(str(candidate.version), Requires())
        return [Need(name, specifier) for name, specifier in needed.items() if name in self._names]


def _known(name: str) -> Mapping[str, Requires]:
    """What the known versions of a package need."""
    return sdk_requirements() if name == SDK else package_requirements().get(name, {})


def _choices(name: str, specifier: SpecifierSet) -> list[Choice]:
    """The versions of a package, the newest first; any that is admitted where none of them is known."""
    if specifier.is_unsatisfiable():
        return []
    # uv takes a pre-release where nothing else will do.
    newest_first = sorted(specifier.filter(map(Version, _known(name)), prereleases=True), reverse=True)
    found = sorted(newest_first, key=lambda each: each.is_prerelease)
    return [Choice(name, version, SpecifierSet()) for version in found] or [Choice(name, None, specifier)]


class Outcome(Struct, frozen=True):
    """Whether needs can be met together; None where that takes more than `MAX_ROUNDS` choices to tell."""

    is_possible: bool | None
    #: What came in the way last.
    objections: tuple[Objection, ...] = ()


class _Bounded(BaseReporter[Need, Choice, str]):
    def starting_round(self, index: int) -> None:
        if index >= MAX_ROUNDS:
            raise ResolutionTooDeep(index)


@lru_cache(maxsize=1024)
def solved(release: str, needs: frozenset[Need]) -> Outcome:
    """Whether needs can be met together with a release of the SDK."""
    provider = _Provider(_concerned({SDK, *(need.name for need in needs)}))
    asked = (Need(SDK, SpecifierSet(f"=={release}")), *sorted(needs, key=str))
    try:
        # After a tenth of its rounds resolvelib goes back to a state from which it may miss what there is.
        Resolver(provider, _Bounded()).resolve(asked, max_rounds=20 * MAX_ROUNDS)
    except ResolutionImpossible as error:
        parents = ((cause.parent, cause.requirement) for cause in error.causes)
        return Outcome(False, tuple(Objection(parent, need) for parent, need in parents if parent is not None))
    except ResolutionTooDeep:
        return Outcome(None)
    return Outcome(True)


def _concerned(names: Set[str]) -> frozenset[str]:
    """The packages, and those that need one of them, directly or not."""
    found = set(names)
    while more := {
        name
        for name, releases in package_requirements().items()
        if name not in found and any(found & needed.keys() for needed in releases.values())
    }:
        found |= more
    return frozenset(found)


@lru_cache(maxsize=1)
def known_names() -> frozenset[str]:
    """The packages that the table has something about."""
    requires = (*sdk_requirements().values(), *(each for of in package_requirements().values() for each in of.values()))
    return frozenset(name for needed in requires for name in needed)
