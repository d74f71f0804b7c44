"""The page about features by release, `docs/platform.md`: the table of `bot/format/gates.toml` for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.format.gates import DIFY_RELEASES, FEATURES, SDK_RELEASES, Feature, Older, Since
from bot.format.judge.fields import EACH

#: Of a feature with more places, only the kinds of documents are named.
MAX_PLACES: Final = 3
_OLDER = {
    Older.REFUSES: "an older one refuses the document",
    Older.LOSES: "with an older one it never works",
    Older.HIDES: "an older one leaves it out",
}


def render() -> str:
    """The page as Markdown."""
    rows = "\n".join(_rows())
    return f"""\
# Features by release

Made by `make docs` from the table that the rules of the family [`version`](rules/README.md#version) read. A feature
that is not here works in every release that is known: Dify {DIFY_RELEASES[0]} to {DIFY_RELEASES[-1]}, and the SDK
(`dify_plugin`) {SDK_RELEASES[0]} to {SDK_RELEASES[-1]}. `dify-plugin-review check --dify 1.9.0` says what does not work
on one of them.

| feature | where it stands | Dify | daemon | SDK |
|---|---|---|---|---|
{rows}
"""


def _rows() -> Iterator[str]:
    for feature in FEATURES:
        kinds: dict[str, list[str]] = {}
        for use in feature.uses:
            kinds.setdefault(_path(use.pattern), []).append(use.kind.value)
        lines = [f"`{path}` of {', '.join(of)}" for path, of in kinds.items()]
        if len(lines) > MAX_PLACES:
            lines = [", ".join(dict.fromkeys(kind for of in kinds.values() for kind in of))]
        where = "<br>".join(lines)
        cells = (feature.name, where, _since(feature.dify), _daemon(feature), _since(feature.sdk))
        yield f"| {' | '.join(cells)} |"


def _path(pattern: tuple[object, ...]) -> str:
    return ".".join("*" if part is EACH else str(part) for part in pattern)


def _since(since: Since | None) -> str:
    return "any" if since is None else f"from {since.release}: {_OLDER[since.older]}"


def _daemon(feature: Feature) -> str:
    return f"from {feature.daemon}" if feature.daemon else "any"
