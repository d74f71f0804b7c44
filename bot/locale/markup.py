"""What a translation must keep: placeholders, Markdown links, line breaks. And characters that nobody sees."""

from __future__ import annotations

import re

from bot.findings import quote_list
from bot.messages import Message, say, say_plural
from bot.patterns import regex

_URL = regex(r"https?://\S+")
# Names in ASCII: what programs put in. Letters of other scripts in braces are a translated hint to the reader.
_PLACEHOLDER = regex(
    r"\{\{[ ]?#?[\w.\- ]{0,64}#?[ ]?\}\}"
    r"|\$\{\w{1,64}\}"
    r"|\{[A-Za-z_][\w.]{0,63}\}|\{\d?\}"
    r"|\$[A-Za-z_]\w{0,63}"
    r"|%(?:\(\w{1,64}\)|\d\$)?[sdif](?!\w)",
    re.ASCII,
)
_TRANSLATED_PLACEHOLDER = regex(r"\{[^{}\s]*[^\x00-\x7f{}\s][^{}\s]*\}")
_LINK = regex(r"\[[^\[\]]{1,512}\]\([^()\s]{1,2048}\)")
_MAY_HOLD = regex(r"[{%$\[\n]")
#: A longer text is compared by its beginning (characters).
_LONGEST = 8192

_HIDDEN = regex("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")


def differences(english: str, translation: str) -> list[Message]:
    """What a translation does not keep of the English, as clauses; empty when nothing."""
    if not _MAY_HOLD.search(english) and not _MAY_HOLD.search(translation):
        return []
    english, translation = english[:_LONGEST].strip(), translation[:_LONGEST].strip()
    clauses: list[Message] = []
    wanted, found = _placeholders(english), _placeholders(translation)
    lost = [name for name in wanted if name not in found]
    added = [name for name in found if name not in wanted]
    if len(lost) > len(_TRANSLATED_PLACEHOLDER.findall(translation)):
        clauses.append(say("lacks {lost}", lost=quote_list(lost, 5)))
    if added:
        clauses.append(say("has {added}, which the English has not", added=quote_list(added, 5)))
    links = len(_LINK.findall(english)), len(_LINK.findall(translation))
    if links[0] != links[1]:
        clauses.append(
            say(
                "has {links} where the English has {english}",
                links=say_plural("{n} link", "{n} links", links[1]) if links[1] else say("no link"),
                english=links[0] or say("none"),
            )
        )
    breaks = _breaks(english), _breaks(translation)
    if breaks[0] != breaks[1]:
        clauses.append(
            say(
                "has {breaks} where the English has {english}",
                breaks=say_plural("{n} line break", "{n} line breaks", breaks[1])
                if breaks[1]
                else say("no line break"),
                english=breaks[0] or say("none"),
            )
        )
    return clauses


def _placeholders(text: str) -> list[str]:
    return list(dict.fromkeys(re.sub(r"\s", "", found) for found in _PLACEHOLDER.findall(_URL.sub(" ", text))))


def _breaks(text: str) -> int:
    """Line breaks between lines that hold something."""
    return sum(bool(line.strip()) for line in text.split("\n")) - 1


def hidden_characters(text: str) -> list[str]:
    """The characters that change what a reader sees without being seen, once each: control characters, lone
    surrogates, zero-width spaces, and what turns the direction of writing."""
    return list(dict.fromkeys(_HIDDEN.findall(text)))
