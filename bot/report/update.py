"""Updates as text, Markdown, JSON and release notes: what they break, what can be felt, and what is new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from bot import __version__
from bot.findings import Location, quote
from bot.languages import told
from bot.messages import Message, say, sentences
from bot.report import escape, json_bounds, words
from bot.report.json import dumps, update_data
from bot.upgrade.update import Update

#: So many sentences of one list are shown; JSON has all.
_MOST = 60


class Compared(Struct, frozen=True):
    """Two versions of one plugin. `update` is None where they could not be compared, and `reason` says why.

    `old` and `new` are the two as they were named: a package, a folder, or a place in a revision.
    """

    name: str
    old: str
    new: str
    update: Update | None
    reason: str = ""


class Comparison(Struct, frozen=True):
    """What was compared. `added` and `gone` are plugins of which only one side has a version."""

    compared: tuple[Compared, ...]
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


_NOTHING: Final = say("There is no plugin to compare.")


# --- text -------------------------------------------------------------------------------------------------------------


def render_text(comparison: Comparison) -> str:
    """For a terminal."""
    lines = [line for compared in comparison.compared for line in (*_text(compared), "")]
    lines += [told(say("New: {name}", name=name)) for name in comparison.added]
    lines += [told(say("Gone: {name}", name=name)) for name in comparison.gone]
    if not comparison.compared and not lines:
        lines = [told(_NOTHING)]
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{escape.log_line(line)}\n" for line in lines)


def _text(compared: Compared) -> Iterator[str]:
    update = compared.update
    if update is None:
        yield told(say("{name}: not compared, because {reason}", name=compared.name, reason=compared.reason))
        return
    yield told(say("{name}: {headline}", name=compared.name, headline=words.update_headline(update)))
    if words.update_step(update):
        yield f"  {told(words.update_step(update))}"
    for row in update.breaks:
        yield ""
        yield f"  {told(sentences(row.change, row.effect))}"
        for label, location in ((say("before"), row.before), (say("now"), row.after)):
            if location is not None:
                yield f"    {told(label):<7} {_place(location)}"
        yield f"    {told(row.way_out)}"
    for title, listed in _lists(update):
        yield ""
        yield f"  {told(title)}:"
        yield from (f"    {told(sentence)}" for sentence in listed)


def _lists(update: Update) -> Iterator[tuple[Message, Sequence[str]]]:
    """The lists of an update that have anything, with their titles."""
    for title, listed in (
        (say("Can be felt, and breaks nothing"), update.lesser),
        (say("New"), update.news),
        (say("Not compared"), update.not_compared),
    ):
        if listed:
            left = len(listed) - _MOST
            yield title, (*listed[:_MOST], *([say("… and {n:,} more.", n=left)] if left > 0 else []))


def _place(location: Location) -> str:
    return f"{location.file}:{location.span.line}" if location.span is not None else location.file


# --- Markdown ---------------------------------------------------------------------------------------------------------


def render_markdown(comparison: Comparison) -> str:
    """For a comment or a page."""
    parts = [_markdown(compared) for compared in comparison.compared]
    parts += [told(say("New: {name}", name=escape.markdown_code(name))) + "\n" for name in comparison.added]
    parts += [told(say("Gone: {name}", name=escape.markdown_code(name))) + "\n" for name in comparison.gone]
    return "\n".join(parts) or f"{told(_NOTHING)}\n"


def _markdown(compared: Compared) -> str:
    update = compared.update
    name = escape.markdown_code(compared.name)
    if update is None:
        reason = escape.markdown(told(compared.reason))
        return f"### {name}\n\n{told(say('Not compared, because {reason}.', reason=reason))}\n"
    text = f"### {name}: {_message(words.update_headline(update))}\n"
    if words.update_step(update):
        text += f"\n{_message(words.update_step(update))}\n"
    if update.breaks:
        heads = map(told, (say("Before"), say("Now"), say("What happens")))
        text += f"\n| {' | '.join(heads)} |\n| :-- | :-- | :-- |\n"
        text += "".join(
            f"| {_message(row.old)} | {_message(row.new)} | {_message(row.effect)} |\n" for row in update.breaks
        )
    for title, listed in _lists(update):
        text += f"\n**{told(title)}**\n\n" + "".join(f"- {_message(sentence)}\n" for sentence in listed)
    return text


def _message(message: str) -> str:
    return escape.markdown_message(told(message))


# --- release notes ----------------------------------------------------------------------------------------------------


def render_notes(comparison: Comparison) -> str:
    """A draft of what the marketplace asks for as "What changed", in Markdown."""
    parts = []
    for compared in comparison.compared:
        update = compared.update
        if update is None:
            parts.append(f"<!-- {escape.markdown(compared.name)} could not be compared. -->\n")
            continue
        title = _message(quote(update.new_version or "next"))
        text = f"## {title if len(comparison.compared) == 1 else f'{escape.markdown_code(compared.name)} {title}'}\n"
        breaking = [sentences(row.change, row.effect) for row in update.breaks]
        for heading, listed in (
            (say("Breaking"), breaking),
            (say("Changed"), update.lesser),
            (say("New"), update.news),
        ):
            if listed:
                text += f"\n### {told(heading)}\n\n"
                text += "".join(f"- {_message(sentence)}\n" for sentence in listed[:_MOST])
        if not (breaking or update.lesser or update.news):
            text += f"\n{told(say('Nothing that users can see has changed.'))}\n"
        parts.append(text)
    return "\n".join(parts)


# --- JSON -------------------------------------------------------------------------------------------------------------


def render_json(comparison: Comparison) -> str:
    """As data, in the form in which a result has the updates of its plugins."""
    data: dict[str, Any] = {
        "version": json_bounds.VERSION,
        "tool": {"name": words.TOOL, "version": __version__},
        "plugins": [
            {
                "name": escape.clip(compared.name, json_bounds.PATH_POINTS),
                "old": escape.clip(compared.old, json_bounds.PATH_POINTS),
                "new": escape.clip(compared.new, json_bounds.PATH_POINTS),
                "update": update_data(compared.update) if compared.update is not None else None,
                "not_compared": escape.clip(compared.reason, json_bounds.TEXT_POINTS),
            }
            for compared in comparison.compared
        ],
        "added": [escape.clip(name, json_bounds.PATH_POINTS) for name in comparison.added],
        "gone": [escape.clip(name, json_bounds.PATH_POINTS) for name in comparison.gone],
    }
    return dumps(data) + "\n"
