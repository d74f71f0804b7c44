"""What an editor shows for a position: the rules of the findings there, and the documentation of the field."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol.types import MarkupContent, MarkupKind
from msgspec import Struct

from bot.editor.fields import described, leads_to, sources
from bot.format.judge.fields import Field
from bot.languages import told
from bot.messages import listed, say
from bot.report.escape import markdown_code
from bot.rules.registry import Rule


class Markup(Struct, frozen=True):
    """The forms of text that an editor shows."""

    is_markdown: bool

    def content(self, paragraphs: Iterable[str]) -> MarkupContent:
        kind = MarkupKind.Markdown if self.is_markdown else MarkupKind.PlainText
        return MarkupContent(kind, "\n\n".join(paragraphs))

    def link(self, text: str, address: str) -> str:
        return f"[{text}]({address})" if self.is_markdown else f"{text} ({address})"

    def strong(self, text: str) -> str:
        return f"**{text}**" if self.is_markdown else text

    def code(self, text: str) -> str:
        return markdown_code(text) if self.is_markdown else f"`{text}`"

    def rule(self, rule: Rule) -> str:
        """Why a rule is there, and how to fix what it finds."""
        head = self.strong(self.link(rule.id, rule.docs))
        fix = self.strong(told(say("Fix.")))
        return "\n\n".join([f"{head}: {told(rule.summary)}", told(rule.why), f"{fix} {told(rule.fix)}"])

    def field(self, field: Field, name: str | None = None) -> MarkupContent:
        return self.content(self.about_field(field, name))

    def about_field(self, field: Field, name: str | None = None) -> list[str]:
        """What a field is, what it takes, and who says so."""
        paragraphs = []
        texts = [origin.text for origin in field.origins if not origin.nested] or [each.text for each in field.origins]
        kind = leads_to(field) or described(field)
        if name is not None:
            paragraphs.append(f"{self.strong(self.code(name))}{f': {told(kind)}' if kind else ''}")
        if texts:
            paragraphs.append(told(texts[-1]))
        if field.choices:
            words = listed(self.code(str(choice)) for choice in field.choices)
            paragraphs.append(told(say("One of {choices}.", choices=words)))
        cited = [f"{told(by)} {self.link(self.code(part), address)}" for by, part, address in sources(field)]
        if cited:
            paragraphs.append(told(say("Written in: {places}", places=listed(cited))))
        return paragraphs
