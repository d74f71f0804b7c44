"""The review as one HTML page: no scripts, nothing loaded from elsewhere, readable in the dark and on a telephone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2.sandbox import SandboxedEnvironment

from bot import __version__
from bot.findings import Severity
from bot.report import escape, words
from bot.report.links import NOWHERE, Context, file_url, finding_url
from bot.report.template import Html, html_templates
from bot.review.outline import outline
from bot.review.result import Result

_SYMBOLS = {"passed": "✓", "failed": "✗", "nothing-to-check": "–", "error": "!"}


def render(result: Result, context: Context = NOWHERE) -> str:
    """The result as a page, with everything in it."""
    headline = words.headline(result, on_change=result.compared_to is not None)
    return (
        _templates()
        .get_template("report.html.j2")
        .render(
            result=result,
            context=context,
            conclusion=result.conclusion.value,
            symbol=_SYMBOLS[result.conclusion.value],
            title=headline.replace("`", ""),
            headline=headline,
            counts={severity.label: result.count(severity) for severity in words.SEVERITIES},
            plugins=outline(result.active),
            summaries={plugin.root: plugin for plugin in result.plugins},
            translations=words.translations(result, changed=False),
            files=sum(plugin.files for plugin in result.plugins),
            unchecked=words.gaps(result),
            reproduce=words.reproduce(result),
            install_url=words.INSTALL_URL,
            version=__version__,
            style=Html(style()),
            style_hash=style_hash(),
        )
    )


@cache
def style() -> str:
    """The style sheet of every page."""
    return (Path(__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")


@cache
def style_hash() -> str:
    """Its hash, for the content security policy."""
    return base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()


@cache
def _templates() -> SandboxedEnvironment:
    environment = html_templates()
    filters: dict[str, Callable[..., object]] = {
        "message": lambda message: Html(escape.html_message(message)),
        "counted": words.counted,
        "tally": words.tally,
        "fraction": words.fraction,
        "percent": words.percent,
        "signed": words.signed,
        "revision": words.short_revision,
    }
    environment.filters.update(filters)
    environment.globals.update(
        place=words.place,
        location=words.location,
        rule_of=words.rule,
        url=finding_url,
        file_url=file_url,
        error=Severity.ERROR,
    )
    return environment
