"""What a translation must keep: placeholders, Markdown links, line breaks. And characters that nobody sees."""

from __future__ import annotations

import re

from bot.findings import quote_list

_URL = re.compile(r"https?://\S+")
# Names in ASCII: what programs put in. Letters of other scripts in braces are a translated hint to the reader.
_PLACEHOLDER = re.compile(
    r"\{\{[ ]?#?[\w.\- ]{0,64}#?[ ]?\}\}"
    r"|\$\{\w{1,64}\}"
    r"|\{[A-Za-z_][\w.]{0,63}\}|\{\d?\}"
    r"|\$[A-Za-z_]\w{0,63}"
    r"|%(?:\(\w{1,64}\)|\d\$)?[sdif](?!\w)",
    re.ASCII,
)
_TRANSLATED_PLACEHOLDER = re.compile(r"\{[^{}\s]*[^\x00-\x7f{}\s][^{}\s]*\}")
_LINK = re.compile(r"\[[^\[\]]{1,512}\]\([^()\s]{1,2048}\)")
_MAY_HOLD = re.compile(r"[{%$\[\n]")
#: A longer text is compared by its beginning (characters).
_LONGEST = 8192

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")


def differences(english: str, translation: str) -> list[str]:
    """What a translation does not keep of the English, as clauses; empty when nothing."""
    if not _MAY_HOLD.search(english) and not _MAY_HOLD.search(translation):
        return []
    english, translation = english[:_LONGEST].strip(), translation[:_LONGEST].strip()
    clauses = []
    wanted, found = _placeholders(english), _placeholders(translation)
    lost = [name for name in wanted if name not in found]
    added = [name for name in found if name not in wanted]
    if len(lost) > len(_TRANSLATED_PLACEHOLDER.findall(translation)):
        clauses.append(f"lacks {quote_list(lost, 5)}")
    if added:
        clauses.append(f"has {quote_list(added, 5)}, which the English has not")
    links = len(_LINK.findall(english)), len(_LINK.findall(translation))
    if links[0] != links[1]:
        clauses.append(f"has {_counted(links[1], 'link')} where the English has {links[0] or 'none'}")
    breaks = _breaks(english), _breaks(translation)
    if breaks[0] != breaks[1]:
        clauses.append(f"has {_counted(breaks[1], 'line break')} where the English has {breaks[0] or 'none'}")
    return clauses


def _placeholders(text: str) -> list[str]:
    return list(dict.fromkeys(re.sub(r"\s", "", found) for found in _PLACEHOLDER.findall(_URL.sub(" ", text))))


def _breaks(text: str) -> int:
    """Line breaks between lines that hold something."""
    return sum(bool(line.strip()) for line in text.split("\n")) - 1


def _counted(count: int, what: str) -> str:
    return f"no {what}" if not count else f"{count} {what}" if count == 1 else f"{count} {what}s"


def hidden_characters(text: str) -> list[str]:
    """The characters that change what a reader sees without being seen, once each: control characters, lone
    surrogates, zero-width spaces, and what turns the direction of writing."""
    return list(dict.fromkeys(_HIDDEN.findall(text)))
