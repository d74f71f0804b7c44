"""The README of a plugin as HTML that does nothing: its headings, lists and tables, its words, its own pictures.

Markup is ours alone: of what the README says only text gets in, escaped. Addresses are shown and lead nowhere; tags in
the README are left out, as browsers leave them out, with what scripts and styles hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from bot.languages import told
from bot.messages import say
from bot.plugin.documents import shown_in_dify
from bot.preview.pictures import Picture
from bot.report.escape import html
from bot.report.template import Html

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: Headings of a README stand below those of the page.
_TAGS: Final = {f"h{level}": f"h{min(level + 3, 6)}" for level in range(1, 7)} | {
    tag: tag
    for tag in ("p", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s")
}
_SILENT: Final = frozenset({"script", "style", "template", "noscript", "title", "textarea"})


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt  # Takes its time, and only the preview renders Markdown.

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def render(text: str, picture: Callable[[str], Picture]) -> Html:
    """Markdown as HTML. `picture` gives the file of the plugin at a path from its root."""
    writer = _Writer(picture)
    writer.blocks(_reader().parse(text))
    return Html("".join(writer.out))


class _Writer:
    def __init__(self, picture: Callable[[str], Picture]) -> None:
        self._picture = picture
        self.out: list[str] = []

    def blocks(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type == "inline":
                self._inline(token.children or ())
            elif token.type in ("fence", "code_block"):
                self.out.append(f'<pre tabindex="0"><code>{html(token.content)}</code></pre>')
            elif token.type == "html_block":
                words = self._words(token.content)
                if words:
                    self.out.append(f"<p>{words}</p>")
            elif token.type == "hr":
                self.out.append("<hr>")
            elif token.tag in _TAGS and not token.hidden:
                tag = _TAGS[token.tag]
                self.out.append(f"<{tag}>" if token.nesting == 1 else f"</{tag}>")

    def _inline(self, tokens: Sequence[Token]) -> None:
        links: list[tuple[str, int]] = []
        silent = ""
        for token in tokens:
            if token.type == "html_inline":
                found = re.match(r"<(/?)([a-z][a-z0-9]*)", token.content, re.IGNORECASE)
                tag = found[2].lower() if found else ""
                if tag in _SILENT and found:
                    silent = "" if found[1] else tag
                if tag == "img":
                    self.out.append(self._words(token.content))
                elif tag == "br":
                    self.out.append("<br>")
            elif silent:
                continue
            elif token.type == "text":
                self.out.append(html(token.content))
            elif token.type == "code_inline":
                self.out.append(f"<code>{html(token.content)}</code>")
            elif token.type == "image":
                self.out.append(self._image(str(token.attrs.get("src", "")), token.content))
            elif token.type == "link_open":
                self.out.append('<span class="link">')
                links.append((str(token.attrs.get("href", "")), len(self.out)))
            elif token.type == "link_close" and links:
                address, start = links.pop()
                said = "".join(self.out[start:])
                self.out.append("</span>")
                if address and html(unquote(address)) not in said and html(address) not in said:
                    self.out.append(f' <span class="address">{html(unquote(address))}</span>')
            elif token.type in ("softbreak", "hardbreak"):
                self.out.append("\n" if token.type == "softbreak" else "<br>")
            elif token.tag in _TAGS:
                self.out.append(f"<{_TAGS[token.tag]}>" if token.nesting == 1 else f"</{_TAGS[token.tag]}>")
        self.out.extend("</span>" for _ in links)

    def _words(self, source: str) -> str:
        """What a browser shows of HTML: its text, and pictures of the plugin."""
        parser = _Text(self._image)
        try:
            parser.feed(source)
            parser.close()
        except (AssertionError, ValueError):  # What the parser of the library makes of some broken declarations.
            return html(source)
        return "".join(parser.out).strip()

    def _image(self, address: str, alt: str) -> str:
        path = shown_in_dify(unquote(address)) if len(address) < 1000 and not re.match(r"[a-z]+:|//", address) else None
        picture = (
            self._picture(path) if path else Picture(address, reason=say("is not of the plugin, and is not loaded"))
        )
        if picture.address:
            return f'<img src="{picture.address}" alt="{html(alt)}">'
        shown, reason = html(unquote(address)[:300]), html(told(picture.reason))
        return f'<span class="no-picture">{html(alt)} <span class="address">{shown}</span> {reason}</span>'


class _Text(HTMLParser):
    def __init__(self, image: Callable[[str, str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._image = image
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent = tag
        elif tag == "img":
            values = dict(attrs)
            self.out.append(self._image(values.get("src") or "", values.get("alt") or ""))
        elif tag in ("br", "p", "div", "li", "tr", "h1", "h2", "h3"):
            self.out.append("<br>" if self.out else "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.out.append(html(data))
