"""The formats of a report by name. Each is imported when it is asked for: most runs need one of them."""

from __future__ import annotations

import os
import sys

from bot.review.result import Result


def render(result: Result, form: str, *, quiet: bool = False, to_file: bool = False) -> str:
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

        return render_html(result)
    from bot.report.text import render as render_text

    colour = not to_file and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return render_text(result, colour=colour, quiet=quiet)
