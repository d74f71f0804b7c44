"""The review as one HTML page: nothing loaded from elsewhere, readable in the dark, on a telephone and without script.

The one script is ours, and only hides what a filter does not ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from jinja2.sandbox import SandboxedEnvironment

from bot import __version__
from bot.findings import Authority, Finding, Severity
from bot.languages import spoken, told
from bot.messages import listed
from bot.patterns import regex
from bot.plugin.secrets import without_secrets
from bot.report import escape, words
from bot.report.checklist import checklists
from bot.report.excerpts import pieces
from bot.report.formats import Texts
from bot.report.links import NOWHERE, Context, file_url, finding_url
from bot.report.template import Html, asset, digest, digest_of, html_templates
from bot.review.outline import Row, outline
from bot.review.result import Result

_SYMBOLS = {"passed": "✓", "failed": "✗", "nothing-to-check": "–", "error": "!"}


#: With more rows than this only errors and warnings are shown with their lines.
MAX_EXCERPTS: Final = 500
#: Then so many others are listed below one that is like them.
MAX_OTHERS: Final = 10
#: Columns of a line that are shown.
_ROOM: Final = 110
_PIECE = regex(r"`([^`]+)`")


def render(result: Result, context: Context = NOWHERE, texts: Texts | None = None) -> str:
    """The result as a page, with everything in it. `texts` knows the text of a file, for the lines of findings."""
    new, old = outline(result.active), outline(result.old)
    shown = [row for plugin in (*new, *old) for rule in plugin.rules for row in rule.rows]
    crowded = len(shown) > MAX_EXCERPTS

    def excerpt(row: Row) -> tuple[str, str, str] | None:
        finding = row.first
        if finding.rule.startswith("security/") or (crowded and row.severity is Severity.NOTICE):
            return None
        text = texts(finding.location) if texts is not None else None
        found = pieces(finding.location.span, text, finding.excerpt, _ROOM)
        line = "".join(found or ())
        return found if line.strip() and without_secrets(line) == line else None

    rules: dict[str, dict[tuple[Authority, ...], int]] = {}
    for row in shown:
        known = rules.setdefault(row.first.rule, {})
        known.setdefault(row.first.authorities, len(known) + 1)
    style = Html(asset("report.css") + _severities())
    headline = words.headline(result, on_change=result.compared_to is not None)
    return (
        _templates()
        .get_template("report.html.j2")
        .render(
            result=result,
            context=context,
            conclusion=result.conclusion.value,
            symbol=_SYMBOLS[result.conclusion.value],
            title=told(headline).replace("`", ""),
            tag=spoken().tag,
            headline=headline,
            counts={severity.label: result.count(severity) for severity in words.SEVERITIES},
            checklists=list(checklists(result)),
            listed=[*((plugin, False) for plugin in new), *((plugin, True) for plugin in old)],
            rules=dict(sorted(rules.items())),
            excerpt=excerpt,
            crowded=crowded,
            others=lambda row: row.findings[1 : MAX_OTHERS + 1 if crowded else None],
            most_others=MAX_OTHERS,
            summaries={plugin.root: plugin for plugin in result.plugins},
            names={item.plugin: words.called(result, item.plugin) for item in result.findings},
            translations=words.translations(result, changed=False),
            known_translations=words.known_translations(result),
            support=words.support(result),
            support_legend=words.SUPPORT_LEGEND,
            files=sum(plugin.files for plugin in result.plugins),
            unchecked=words.gaps(result),
            reproduce=words.reproduce(result),
            install_url=words.INSTALL_URL,
            offer=words.offer(result),
            version=__version__,
            script=asset("report.js"),
            script_hash=digest("report.js"),
            style=style,
            style_hash=digest_of(style),
        )
    )


def _severities() -> str:
    """The styles that name the severity of each rule: in every heading the word would be there some thousand times."""
    labels = [severity.label for severity in words.SEVERITIES]
    return "".join(f'.rule.{label} > h3::before {{ content: "{told(label)}"; }}\n' for label in labels)


def _difference(finding: Finding, first: Finding) -> str:
    """What is to be said of a finding below one like it, as a message: the pieces that differ, else all of it."""
    if _PIECE.sub("", finding.message) != _PIECE.sub("", first.message):
        return finding.message
    both = zip(_PIECE.findall(finding.message), _PIECE.findall(first.message), strict=True)
    return " ".join(f"`{piece}`" for piece, other in both if piece != other)


@cache
def _templates() -> SandboxedEnvironment:
    environment = html_templates()
    filters: dict[str, Callable[..., object]] = {
        "message": lambda message: Html(escape.html_message(told(message))),
        "in_english": lambda message: Html(escape.html_message(message)),
        "told": told,
        "listed": listed,
        "counted": words.counted,
        "tally": words.tally,
        "fraction": words.fraction,
        "percent": words.percent,
        # For a meter, which goes from 0 to 1 by itself.
        "share": lambda coverage: f"{words.percent(coverage) / 100:g}",
        "signed": words.signed,
        "revision": words.short_revision,
    }
    environment.filters.update(filters)
    environment.globals.update(
        place=words.place,
        english=words.in_english,
        location=words.location,
        rule_of=words.rule,
        difference=_difference,
        url=finding_url,
        file_url=file_url,
        severities=[severity.label for severity in words.SEVERITIES],
    )
    return environment
