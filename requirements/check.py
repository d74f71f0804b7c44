"""Says what the environment that runs it lacks of what locks name and ask for: check.py LOCK…

The locks are installed with `--no-deps`: nothing is resolved then, so nothing else would notice a distribution that a
lock leaves out. Extras count: `pip check` does not look at what `pyjwt[crypto]` asks for beyond `pyjwt`. The
environment needs `packaging`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "dify-plugin-review"


def locked(lock: str) -> dict[str, str]:
    """The version of every distribution that the text of a lock names for this Python and platform."""
    pins: dict[str, str] = {}
    for line in lock.splitlines():
        if line[:1] not in ("", " ", "#"):
            pin = Requirement(line.rstrip("\\ "))
            if pin.marker is None or pin.marker.evaluate():
                (version,) = pin.specifier
                pins[canonicalize_name(pin.name)] = version.version
    return pins


def lacking(pins: dict[str, str], asked: Iterable[Requirement], installed: Iterable[Distribution]) -> Iterator[str]:
    """A sentence for every locked version that is not installed, and for every requirement that is not met: those in
    `asked`, and in turn those of everything locked or asked for, with the extras that are asked for."""
    found: dict[str, Distribution] = {canonicalize_name(item.metadata["Name"]): item for item in installed}
    for name, version in pins.items():
        if name not in found:
            yield f"{name} {version} is locked and not installed"
        elif found[name].version != version:
            yield f"{name} {version} is locked, and {found[name].version} is installed"
    waiting = [(requirement, "the project") for requirement in asked]
    waiting += [(Requirement(name), "the lock") for name in pins if name in found]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement, by = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if name not in found:
            yield f"{requirement} is not installed; {by} asks for it"
            continue
        if not requirement.specifier.contains(found[name].version, prereleases=True):
            yield f"{requirement} is not met by {found[name].version}; {by} asks for it"
        # The empty extra stands for what is asked for in any case.
        for extra in {"", *requirement.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _asked_by(found[name], extra)


def _asked_by(distribution: Distribution, extra: str) -> Iterator[tuple[Requirement, str]]:
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            # What it depends on has been evaluated, with this extra.
            requirement.marker = None
            yield requirement, str(distribution.metadata["Name"])


def main(locks: list[str]) -> int:
    pins: dict[str, str] = {}
    for lock in locks:
        pins |= locked(Path(lock).read_text(encoding="utf-8"))
    installed = list(distributions())
    there = any(distribution.metadata["Name"] == PROJECT for distribution in installed)
    sentences = sorted(set(lacking(pins, [Requirement(PROJECT)] if there else [], installed)))
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
