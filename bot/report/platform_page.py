"""The page about features by release, `docs/platform.md`: the table of `bot/format/gates.toml` for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bot.format.gates import DIFY_RELEASES, FEATURES, SDK_RELEASES, Feature, Older, Since
from bot.format.judge.fields import EACH
from bot.languages import ENGLISH, LANGUAGES, speaking, spoken, told
from bot.messages import Message, listed, say

#: Of a feature with more places, only the kinds of documents are named.
MAX_PLACES: Final = 3
_SINCE: Final[Mapping[Older, Message]] = {
    Older.REFUSES: say("from {release}: an older one refuses the document"),
    Older.LOSES: say("from {release}: with an older one it never works"),
    Older.HIDES: say("from {release}: an older one leaves it out"),
}


def write(folder: Path) -> None:
    """Writes the page, and that of each other language to the folder of the language."""
    for name in LANGUAGES:
        of_language = folder if name == ENGLISH else folder / name
        of_language.mkdir(exist_ok=True)
        with speaking(name):
            (of_language / "platform.md").write_text(render(), encoding="utf-8")


def render() -> str:
    """The page as Markdown, in the language that is spoken."""
    rules = "rules/README.md" if spoken().is_english else f"../rules/{spoken().name}/README.md"
    intro = say(
        "Made by `make docs` from the table that the rules of the family [`version`]({rules}#version) read. A feature "
        "that is not here works in every release that is known: Dify {first_dify} to {last_dify}, and the SDK "
        "(`dify_plugin`) {first_sdk} to {last_sdk}. `dify-plugin-review check --dify 1.9.0` says what does not work "
        "on one of them.",
        rules=rules,
        first_dify=str(DIFY_RELEASES[0]),
        last_dify=str(DIFY_RELEASES[-1]),
        first_sdk=str(SDK_RELEASES[0]),
        last_sdk=str(SDK_RELEASES[-1]),
    )
    heads = (say("feature"), say("where it stands"), "Dify", "daemon", "SDK")
    return "\n".join(
        [
            f"# {told(say('Features by release'))}\n",
            f"{told(intro)}\n",
            f"| {' | '.join(map(told, heads))} |",
            "|---|---|---|---|---|",
            *_rows(),
            "",
        ]
    )


def _rows() -> Iterator[str]:
    for feature in FEATURES:
        kinds: dict[str, list[str]] = {}
        for use in feature.uses:
            kinds.setdefault(_path(use.pattern), []).append(use.kind.value)
        lines = [say("`{path}` of {kinds}", path=path, kinds=listed(map(say, of))) for path, of in kinds.items()]
        if len(lines) > MAX_PLACES:
            lines = [listed(map(say, dict.fromkeys(kind for of in kinds.values() for kind in of)))]
        where = "<br>".join(map(told, lines))
        cells = (told(feature.name), where, _since(feature.dify), _daemon(feature), _since(feature.sdk))
        yield f"| {' | '.join(cells)} |"


def _path(pattern: tuple[object, ...]) -> str:
    return ".".join("*" if part is EACH else str(part) for part in pattern)


def _since(since: Since | None) -> str:
    return told(say("any") if since is None else say(_SINCE[since.older], release=str(since.release)))


def _daemon(feature: Feature) -> str:
    return told(say("from {release}", release=str(feature.daemon)) if feature.daemon else say("any"))
