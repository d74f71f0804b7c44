"""Updates as text, Markdown, JSON and release notes: what they break, what can be felt, and what is new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot import __version__
from bot.findings import Location, quote
from bot.report import escape, schema, words
from bot.report.json import dumps, update_data
from bot.upgrade.update import Update

#: So many sentences of one list are shown; JSON has all.
_MOST = 60


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions of one plugin. `update` is None where they could not be compared, and `reason` says why.

    `old` and `new` are the two as they were named: a package, a folder, or a place in a revision.
    """

    name: str
    old: str
    new: str
    update: Update | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared. `added` and `gone` are plugins of which only one side has a version."""

    compared: tuple[Compared, ...]
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


# --- text -------------------------------------------------------------------------------------------------------------


def render_text(comparison: Comparison) -> str:
    """For a terminal."""
    lines = [line for compared in comparison.compared for line in (*_text(compared), "")]
    lines += [f"New: {name}" for name in comparison.added]
    lines += [f"Gone: {name}" for name in comparison.gone]
    if not comparison.compared and not lines:
        lines = ["There is no plugin to compare."]
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{escape.log_line(line)}\n" for line in lines)


def _text(compared: Compared) -> Iterator[str]:
    update = compared.update
    if update is None:
        yield f"{compared.name}: not compared, because {compared.reason}"
        return
    yield f"{compared.name}: {words.update_headline(update)}"
    if words.update_step(update):
        yield f"  {words.update_step(update)}"
    for row in update.breaks:
        yield ""
        yield f"  {row.change} {row.effect}"
        for label, location in (("before", row.before), ("now", row.after)):
            if location is not None:
                yield f"    {label:<7} {_place(location)}"
        yield f"    {row.way_out}"
    for title, sentences in _lists(update):
        yield ""
        yield f"  {title}:"
        yield from (f"    {sentence}" for sentence in sentences)


def _lists(update: Update) -> Iterator[tuple[str, Sequence[str]]]:
    """The lists of an update that have anything, with their titles."""
    for title, sentences in (
        ("Can be felt, and breaks nothing", update.lesser),
        ("New", update.news),
        ("Not compared", update.not_compared),
    ):
        if sentences:
            left = len(sentences) - _MOST
            yield title, (*sentences[:_MOST], *([f"… and {left:,} more."] if left > 0 else []))


def _place(location: Location) -> str:
    return f"{location.file}:{location.span.line}" if location.span is not None else location.file


# --- Markdown ---------------------------------------------------------------------------------------------------------


def render_markdown(comparison: Comparison) -> str:
    """For a comment or a page."""
    parts = [_markdown(compared) for compared in comparison.compared]
    parts += [f"New: {escape.markdown_code(name)}\n" for name in comparison.added]
    parts += [f"Gone: {escape.markdown_code(name)}\n" for name in comparison.gone]
    return "\n".join(parts) or "There is no plugin to compare.\n"


def _markdown(compared: Compared) -> str:
    update = compared.update
    name = escape.markdown_code(compared.name)
    if update is None:
        return f"### {name}\n\nNot compared, because {escape.markdown(compared.reason)}.\n"
    text = f"### {name}: {_message(words.update_headline(update))}\n"
    if words.update_step(update):
        text += f"\n{_message(words.update_step(update))}\n"
    if update.breaks:
        text += "\n| Before | Now | What happens |\n| :-- | :-- | :-- |\n"
        text += "".join(
            f"| {_message(row.old)} | {_message(row.new)} | {_message(row.effect)} |\n" for row in update.breaks
        )
    for title, sentences in _lists(update):
        text += f"\n**{title}**\n\n" + "".join(f"- {_message(sentence)}\n" for sentence in sentences)
    return text


def _message(message: str) -> str:
    return escape.markdown_message(message)


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
        breaking = [f"{row.change} {row.effect}" for row in update.breaks]
        for heading, sentences in (("Breaking", breaking), ("Changed", update.lesser), ("New", update.news)):
            if sentences:
                text += f"\n### {heading}\n\n" + "".join(f"- {_message(sentence)}\n" for sentence in sentences[:_MOST])
        if not (breaking or update.lesser or update.news):
            text += "\nNothing that users can see has changed.\n"
        parts.append(text)
    return "\n".join(parts)


# --- JSON -------------------------------------------------------------------------------------------------------------


def render_json(comparison: Comparison) -> str:
    """As data, in the form in which a result has the updates of its plugins."""
    data: dict[str, Any] = {
        "version": schema.VERSION,
        "tool": {"name": words.TOOL, "version": __version__},
        "plugins": [
            {
                "name": escape.clip(compared.name, schema.PATH_POINTS),
                "old": escape.clip(compared.old, schema.PATH_POINTS),
                "new": escape.clip(compared.new, schema.PATH_POINTS),
                "update": update_data(compared.update) if compared.update is not None else None,
                "not_compared": escape.clip(compared.reason, schema.TEXT_POINTS),
            }
            for compared in comparison.compared
        ],
        "added": [escape.clip(name, schema.PATH_POINTS) for name in comparison.added],
        "gone": [escape.clip(name, schema.PATH_POINTS) for name in comparison.gone],
    }
    return dumps(data) + "\n"
