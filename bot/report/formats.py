"""The formats of a report by name. Each is imported when it is asked for: most runs need one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from bot.findings import Location
from bot.review.result import Result

#: The text of a file as it is now; None where it cannot be read.
Texts = Callable[[Location], str | None]

#: The formats for people at a terminal; the others are for programs and pages.
TERMINAL = ("text", "concise")


class Terminal(Struct, frozen=True):
    """What a report for a terminal depends on besides the result.

    `width` is in columns, None where lines are not wrapped. `texts` knows the text of a file, for excerpts.
    """

    colour: bool = False
    width: int | None = None
    quiet: bool = False
    statistics: bool = False
    texts: Texts | None = None


def parts(result: Result, form: str, terminal: Terminal | None = None) -> Iterator[str]:
    """The same as `render` in pieces, where the whole would take much memory."""
    if form == "json":
        from bot.report.json import parts as json_parts

        return json_parts(result)
    return iter((render(result, form, terminal),))


def render(result: Result, form: str, terminal: Terminal | None = None) -> str:
    """The result in one of the formats of `check`."""
    if form == "json":
        from bot.report.json import render as render_json

        return render_json(result)
    if form == "sarif":
        from bot.report.sarif import render as render_sarif

        return render_sarif(result)
    if form == "github":
        from bot.report.workflow import render as render_workflow

        return render_workflow(result)
    if form == "markdown":
        from bot.report.markdown import render_report

        return render_report(result)
    if form == "html":
        from bot.report.html import render as render_html

        return render_html(result, texts=terminal.texts if terminal is not None else None)
    if form == "junit":
        from bot.report.junit import render as render_junit

        return render_junit(result)
    if form == "gitlab":
        from bot.report.gitlab import render as render_gitlab

        return render_gitlab(result)
    how = terminal or Terminal()
    if form == "rdjson":
        from bot.report.rdjson import render as render_rdjson

        return render_rdjson(result, how.texts)
    from bot.report.text import render as render_text

    return render_text(
        result,
        concise=form == "concise",
        colour=how.colour,
        quiet=how.quiet,
        statistics=how.statistics,
        width=how.width,
        texts=how.texts,
    )
