"""What readers make of a report: whatever a plugin put into it does nothing there."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from tests.report.test_escape import FOUND_IN_TEXT, RENDERERS, Page

#: Everything that our templates write, and what a renderer makes of Markdown in them.
_TAGS = {
    "a", "b", "br", "code", "del", "details", "em", "h3", "hr", "i", "li", "ol", "p", "pre", "strong", "sub", "summary",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"href", "align", "style", "class", "open", "lang"}
_OUR_COMMENT = re.compile(r"!-- dify-plugin-review:(?:summary|review|finding [0-9a-f ]+|state \{[^<>]*\}) ")
#: What a suggestion puts into the file is given exactly.
_SUGGESTION = re.compile(r"^(`{3,})suggestion\r?\n.*?^\1[ ]*$", re.MULTILINE | re.DOTALL)
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def assert_inert(markdown: str, hosts: Collection[str]) -> None:
    """Nothing in a body of ours is an element, a link (but to `hosts`), a mention, a reference or a mark of others."""
    outside = _SUGGESTION.sub("", markdown)
    assert not _HIDDEN.search(outside), _HIDDEN.search(outside)
    for name, render in RENDERERS.items():
        page = Page(render(markdown))
        for tag in page.tags:
            ours = tag.removeprefix("/") in _TAGS or _OUR_COMMENT.match(tag)
            assert ours, f"{name}: <{tag}>"
        for attribute, value in page.attributes:
            assert attribute in _ATTRIBUTES, f"{name}: {attribute}={value!r}"
            if attribute == "href":
                parts = urlsplit(value or "")
                assert parts.scheme in ("http", "https"), f"{name}: {value!r}"
                assert parts.netloc in hosts, f"{name}: {value!r}"
            if attribute in ("style", "class"):
                assert re.fullmatch(r"text-align:\s*\w+|language-\w+", value or ""), f"{name}: {attribute}={value!r}"
        for text in page.prose:
            found = FOUND_IN_TEXT.search(text)
            assert not found, f"{name}: {found} in {text!r}"


def words_of(markdown: str) -> str:
    """What a person reads, with every code span and without the signs that keep text inert."""
    page = Page(RENDERERS["cmark-gfm"](markdown))
    return " ".join([*page.prose, *page.code]).replace("\u2060", "")
