"""Every way in which text leaves: one function for each place, and no other room escapes anything.

All of them take any string, also one with control characters or lone surrogates, and never fail on it; only names
that this program itself chooses (of a command, an output, a fence) are refused, with `ValueError`. Characters that
a reader cannot see, or that reorder what a reader sees, come out visible (`\\u202e`). Cut long text with `clip`
before escaping it, never after.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote as percent_encode

from bot.patterns import regex

#: The runner cuts the message of an annotation after this many UTF-16 code units (actions/runner, ExecutionContext.cs).
COMMAND_MESSAGE_LIMIT = 4096

_SURROGATE = regex(r"[\ud800-\udfff]")

# Controls, line and paragraph separators, bidirectional controls, and what Unicode calls default ignorable. The two
# variation selectors that choose between text and emoji presentation (U+FE0E, U+FE0F) are ordinary in prose.
_HIDDEN = regex(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U00013430-\U00013455\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# What XML 1.0 allows in no form, besides controls and surrogates.
_NOT_IN_XML = regex(r"[\ufffe\uffff]")
_LINE_BREAK = regex(r"\r\n|\n")
_SYMBOLS = {"\t": "⇥", "\r": "␍"}
_SPACES = regex(r" {2,}")

# WORD JOINER: no width, no line break. It parts what GitHub would otherwise take for a mention, a reference, a link.
_JOINER = "\u2060"

# What means something to GitHub in the middle of a line. Entities hold inside HTML blocks (<summary>) too, where
# backslashes do not. Mentions, references, emoji and addresses are looked for when entities are decoded already, so
# only a joiner keeps them apart; and dollar signs are found in the source by some renderers, in the text by others.
_MARKDOWN = regex(
    r"(?P<markup>[\\`*_\[\]<>&~|])"
    r"|(?P<joined>[@#]|:(?!\s)|/(?=/)|(?i:www(?=\.)|(?<![A-Za-z0-9])(?:GH-(?=[0-9])|(?:GHSA|CVE)-)))"
    r"|(?P<dollar>\$)"
)
# What means something at the start of a line only: a list item, the underline of a heading.
_MARKDOWN_START = regex(r"\A( ?(?=[-+=])| ?[0-9]+(?=[.)]))(.)")

# A piece of the plugin in a finding's message.
_QUOTED = regex(r"`([^`]+)`")
_BACKTICKS = regex(r"`+")
_FENCE_INFO = regex(r"[A-Za-z0-9_+-]*")

_URL = regex(r"(https?)://([^\s/?#\\:@%]{1,253})(:[0-9]{1,5})?((?:[/?#].*)?)", re.IGNORECASE | re.DOTALL)
_HOST = regex(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")
_STRAY_PERCENT = regex(r"%(?![0-9A-Fa-f]{2})")

# The runner obeys `##[command]` anywhere in a line and `::command::` at its start, past blanks. It compares by culture
# (.NET's default), that is past characters without weight, such as the joiner: so whatever is not ASCII counts as not
# there, and a visible character is put between.
_COMMAND_ANYWHERE = regex(r"#(?=[^\x00-\x7f]*#[^\x00-\x7f]*\[)")
_COMMAND_AT_START = regex(r"\A([^\x21-\x7e]*:)(?=[^\x00-\x7f]*:)")
_COMMAND_NAME = regex(r"[A-Za-z][A-Za-z-]*")
_OUTPUT_NAME = regex(r"[A-Za-z_][A-Za-z0-9_-]*")

# `clip` gives up at most so many characters for the sake of a whole one: a longer pile of marks is not a word.
_LONGEST_CLUSTER = 16


# --- characters -----------------------------------------------------------------------------------------------------


def encodable(text: str) -> str:
    """`text` with every surrogate replaced by U+FFFD, so that it can be encoded."""
    return _SURROGATE.sub("\ufffd", text)


def visible(text: str, newline: str = "⏎") -> str:
    """`text`, encodable, with every hidden character shown: tabs as a symbol, others as `\\u200b`.

    `newline` stands for each line break (LF or CR LF); `"\\n"` keeps them.
    """
    if text.isascii() and text.isprintable():
        return text
    return newline.join(_HIDDEN.sub(_shown, line) for line in _LINE_BREAK.split(encodable(text)))


def _shown(hidden: re.Match[str]) -> str:
    code = ord(hidden[0])
    return _SYMBOLS.get(hidden[0]) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def clip(text: str, points: int, byte_limit: int | None = None) -> str:
    """`text`, or its beginning and an ellipsis, in at most `points` code points and `byte_limit` UTF-8 bytes.

    The cut does not part a character from its combining marks, nor the members of a joined emoji.
    """
    text = encodable(text)
    if len(text) <= points and (byte_limit is None or len(text.encode()) <= byte_limit):
        return text
    room = None if byte_limit is None else byte_limit - len("…".encode())
    if points < 1 or (room is not None and room < 0):
        return ""
    kept = text[: points - 1]
    if room is not None:
        kept = kept.encode()[:room].decode(errors="ignore")
    return _cut(text, len(kept))


def clip_message(message: str, points: int) -> str:
    """A message as `clip` cuts it, with no half of a code span at its end."""
    clipped = clip(message, points)
    if clipped == message or clipped.count("`") % 2 == 0:
        return clipped
    return clipped[: clipped.rindex("`")].rstrip(" (,:") + "…"


def _cut(text: str, end: int) -> str:
    for whole in range(end, max(end - _LONGEST_CLUSTER, 0), -1):
        if not _joined(text[whole - 1], text[whole]):
            return text[:whole] + "…"
    return text[:end] + "…"


def _joined(first: str, second: str) -> bool:
    return "\u200d" in (first, second) or unicodedata.category(second) in {"Mn", "Mc", "Me"}


# --- Markdown -------------------------------------------------------------------------------------------------------


def markdown(text: str) -> str:
    """`text` as inert inline Markdown: GitHub shows it as it is, and it does nothing.

    It holds in paragraphs, list items, headings and table cells, and in HTML elements among Markdown such as
    `<summary>`. It is one line: a line break becomes a space, and so does a run of spaces.
    """
    return _MARKDOWN_START.sub(lambda start: start[1] + _entity(start[2]), _inline(text))


def _inline(text: str) -> str:
    return _MARKDOWN.sub(_inert, _SPACES.sub(" ", visible(text, newline=" ")))


def _inert(special: re.Match[str]) -> str:
    text = special[0]
    if special.lastgroup == "markup":
        return _entity(text)
    if special.lastgroup == "dollar":
        return _JOINER + _entity(text) + _JOINER
    return text + _JOINER


def _entity(character: str) -> str:
    return f"&#{ord(character)};"


def markdown_code(text: str) -> str:
    """`text` as a code span, one line, never empty, good in a table too.

    Backticks mean nothing inside an HTML element such as `<summary>`: put `markdown(text)` between `<code>` tags there.
    """
    shown = visible(text) or " "
    if "|" in shown or "]:" in shown or _COMMAND_ANYWHERE.search(shown):
        # Inside a table a code span needs `\|`, outside it must not have it; and renderers disagree about `\\|`. In
        # the text of a link at the start of a line, `]:` would make it a link reference definition. In a report that
        # is printed to the log of a job, the runner would obey `##[command]`.
        return f"<code>{_MARKDOWN.sub(_inert, shown)}</code>"
    ticks = "`" * (_longest_backticks(shown) + 1)
    # A code span loses one space at each end if it has them at both; next to a backtick it needs them.
    ends = shown[0] + shown[-1]
    pad = " " if "`" in ends or (ends == "  " and shown.strip(" ")) else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def markdown_message(message: str) -> str:
    """The message of a finding: what stands between backticks as code spans, the rest as inert text."""
    prose_and_pieces = _QUOTED.split(message)
    last = len(prose_and_pieces) - 1
    result = [markdown(prose_and_pieces[0])]
    for index, part in enumerate(prose_and_pieces[1:], 1):
        if index % 2:
            result.append(markdown_code(part))
        else:
            # Two code spans side by side would read as one.
            result.append(_inline(part) or (_JOINER if index < last else ""))
    return "".join(result)


def markdown_fence(text: str, info: str = "") -> str:
    """`text` in a fenced code block, exactly, down to its line endings; for suggestions (`info="suggestion"`) too.

    A missing line ending at the end of `text` is supplied, as a fence cannot do without.
    """
    if not _FENCE_INFO.fullmatch(info):
        raise ValueError(f"not an info string: {info!r}")
    ticks = "`" * max(3, _longest_backticks(text) + 1)
    ending = "" if not text or text.endswith("\n") else "\n"
    return f"{ticks}{info}\n{encodable(text)}{ending}{ticks}"


def _longest_backticks(text: str) -> int:
    return max((len(run[0]) for run in _BACKTICKS.finditer(text)), default=0)


# --- URLs -----------------------------------------------------------------------------------------------------------


def markdown_url(url: str) -> str | None:
    """`url` as the target of a Markdown link, or None unless it is plain http or https.

    A URL with user information, with an IPv6 address or with a host that is not a name is not plain.
    """
    match = _URL.fullmatch(encodable(url))
    if not match:
        return None
    try:
        host = match[2].encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if not _HOST.fullmatch(host):
        return None
    rest = percent_encode(_STRAY_PERCENT.sub("%25", match[4]), safe="/?#%:@!&+,=~")
    return f"{match[1].lower()}://{host}{match[3] or ''}{rest}"


def path_url(*segments: str) -> str:
    """The segments, joined by slashes and percent-encoded, for the path of a URL.

    A segment may be a path itself. Empty segments, `.` and `..` are left out: browsers resolve them even when encoded.
    """
    names = "/".join(segments).split("/")
    return "/".join(percent_encode(encodable(name), safe="") for name in names if name not in {"", ".", ".."})


def sarif_uri(path: str) -> str:
    """`path`, POSIX and relative, as a relative reference (RFC 3986) for SARIF's `artifactLocation.uri`."""
    relative = path.lstrip("/")
    return "%2F" * (len(path) - len(relative)) + percent_encode(encodable(relative), safe="/") or "."


# --- HTML and the terminal ------------------------------------------------------------------------------------------


def html(text: str) -> str:
    """`text` for an HTML element or a quoted attribute. Line breaks and tabs are kept."""
    import html as html_library  # with all entities; few reports need them

    escaped = "\t".join(html_library.escape(visible(part, newline="\n")) for part in text.split("\t"))
    # In a report that is printed to the log of a job, the runner would obey `##[command]`.
    return _COMMAND_ANYWHERE.sub("&#35;", escaped)


def xml(text: str) -> str:
    """`text` for an element or a quoted attribute of XML 1.0: one line, with only the characters that XML allows."""
    return html(visible(_NOT_IN_XML.sub("\ufffd", text)))


def html_message(message: str) -> str:
    """The message of a finding in HTML: what stands between backticks as `<code>`."""
    parts = _QUOTED.split(message)
    return "".join(f"<code>{html(part)}</code>" if index % 2 else html(part) for index, part in enumerate(parts))


def terminal(text: str, multiline: bool = False) -> str:
    """`text` without anything that a terminal obeys. Line breaks are kept, as LF, only when `multiline`."""
    return visible(text, newline="\n" if multiline else "⏎")


# --- the runner of GitHub Actions -----------------------------------------------------------------------------------


def command(name: str, properties: Mapping[str, str | int], message: str) -> str:
    """A workflow command, one line without its line break: `::error file=a.yaml,line=3::message`.

    `message` may have several lines and is cut to what the runner accepts. Empty properties are left out, as the
    runner does; it also strips `=` from the start of a value, and blanks from the end of the last one.
    """
    for word in (name, *properties):
        if not _COMMAND_NAME.fullmatch(word):
            raise ValueError(f"not the name of a command or property: {word!r}")
    pairs = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value != "")
    shown = _COMMAND_ANYWHERE.sub("# ", visible(message, newline="\n"))
    data = _clip_utf16(shown, COMMAND_MESSAGE_LIMIT)
    return f"::{name}{' ' if pairs else ''}{pairs}::{_data(data)}"


def _data(text: str) -> str:
    # The third escape, of CR, is never needed: `visible` has shown it.
    return text.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")


def _clip_utf16(text: str, units: int) -> str:
    encoded = text.encode("utf-16-le")
    if len(encoded) <= 2 * units:
        return text
    return _cut(text, len(encoded[: 2 * (units - 1)].decode("utf-16-le", errors="ignore")))


def log_line(text: str) -> str:
    """`text` as one whole line of output that the runner only prints: no command in it is obeyed."""
    return _COMMAND_AT_START.sub(r"\1 ", _COMMAND_ANYWHERE.sub("# ", visible(text)))


def output_file_entry(name: str, value: str) -> str:
    """The lines that set the output `name` in the file `GITHUB_OUTPUT`. The value may have several lines."""
    if not _OUTPUT_NAME.fullmatch(name):
        raise ValueError(f"not the name of an output: {name!r}")
    import uuid  # and what it asks the platform; only the Action has outputs

    value = encodable(value)
    delimiter = f"ghadelimiter_{uuid.uuid4()}"
    while delimiter in value:
        delimiter = f"ghadelimiter_{uuid.uuid4()}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
