"""Whether requirements can be met together with a release of the SDK, by a resolver and a dated table.

The table has what each release of the SDK needs, and what the releases of these packages need themselves. Of every
other package any version may exist that its requirements admit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, Resolver
from resolvelib.resolvers import ResolutionTooDeep

from bot.format.gates import SDK_VERSIONS
from bot.format.sdk_requirements import package_requirements, sdk_requirements
from bot.plugin.dependencies import SDK

#: So many choices are tried. The plugins at hand take at most a tenth.
MAX_ROUNDS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Need:
    """A requirement: a package and the versions that will do."""

    name: str
    specifier: SpecifierSet

    def __str__(self) -> str:
        return f"{self.name}{self.specifier}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A version of a package, or with None one of those that `specifier` admits."""

    name: str
    version: Version | None
    specifier: SpecifierSet


@dataclass(frozen=True, slots=True)
class Objection:
    """What cannot be met besides something else: `need`, which the version `by` of a package has."""

    by: Choice
    need: Need


class _Provider(AbstractProvider[Need, Choice, str]):
    def identify(self, requirement_or_candidate: Need | Choice) -> str:
        return requirement_or_candidate.name

    def get_preference(self, identifier: str, **_: object) -> tuple[bool, str]:  # type: ignore[override]
        return identifier != SDK, identifier

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
        table = sdk_requirements() if candidate.name == SDK else package_requirements().get(candidate.name, {})
        needed = table.get(str(candidate.version)) or {}
        return [Need(name, specifier) for name, specifier in needed.items()]


def _choices(name: str, specifier: SpecifierSet) -> list[Choice]:
    """The versions of a package, the newest first; any that is admitted where none of them is known."""
    if specifier.is_unsatisfiable():
        return []
    if name == SDK:
        found = list(specifier.filter(SDK_VERSIONS))[::-1]
    else:
        # uv takes a pre-release where nothing else will do.
        known = map(Version, package_requirements().get(name, ()))
        newest_first = sorted(specifier.filter(known, prereleases=True), reverse=True)
        found = sorted(newest_first, key=lambda each: each.is_prerelease)
    return [Choice(name, version, SpecifierSet()) for version in found] or [Choice(name, None, specifier)]


@lru_cache(maxsize=1024)
def objections(needs: frozenset[Need]) -> tuple[Objection, ...] | None:
    """None where all can be met together, or nobody can tell; else what came in the way last."""
    try:
        Resolver(_Provider(), BaseReporter()).resolve(sorted(needs, key=str), max_rounds=MAX_ROUNDS)
    except ResolutionImpossible as error:
        return tuple(Objection(cause.parent, cause.requirement) for cause in error.causes if cause.parent is not None)
    except ResolutionTooDeep:
        return None
    return None


@lru_cache(maxsize=1)
def known_names() -> frozenset[str]:
    """The packages that the table has something about."""
    requires = (*sdk_requirements().values(), *(each for of in package_requirements().values() for each in of.values()))
    return frozenset(name for needed in requires for name in needed)
