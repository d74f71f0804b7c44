"""Finds secrets in texts: tokens of vendors by their shape, private keys, and random values given to secret names.

What is found is never given out: `masked` shows the beginning that everybody knows, and the length.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import groupby
from posixpath import splitext
from typing import Any, Final

from msgspec import Struct

from bot.messages import say
from bot.patterns import regex
from bot.tables import read_table

#: More finds in one text are counted and not kept.
MAX_FOUND: Final = 100

_ALPHABETS: Final = {
    "alnum": "A-Za-z0-9",
    "word": "A-Za-z0-9_",
    "url": "A-Za-z0-9_-",
    "hex": "0-9a-f",
    "upper": "A-Z0-9",
    "base64": "A-Za-z0-9+/",
    "path": "A-Za-z0-9/",
    "dotted": "A-Za-z0-9=_.-",
}


class Sort(Enum):
    """How sure it is that something is a secret, and why."""

    #: The shape of a vendor, with a random rest; or a private key with its body.
    CERTAIN = "certain"
    #: A random value that is given to a secret name.
    RANDOM = "random"
    #: The shape of a vendor, and surely a placeholder or an example.
    EXAMPLE = "example"
    #: A value that could be a password, given to a secret name.
    PLAIN = "plain"


class Secret(Struct, frozen=True):
    """What looks like a secret: `start` and `end` in the text, and what it is in words ("a token of GitHub")."""

    sort: Sort
    what: str
    start: int
    end: int
    masked: str
    #: The name that it is given to, where there is one.
    key: str = ""
    #: Whether the pre-check of the marketplace sees it: it wants the name before the value, without quotes.
    is_assigned: bool = True


class _Shape(Struct, frozen=True):
    vendor: str
    prefix: str
    pattern: str


class _Shapes(Struct, frozen=True):
    #: By what `beginning` finds, in the order of the table, where a longer beginning stands before a shorter one.
    by_beginning: Mapping[str, tuple[_Shape, ...]]
    #: Every beginning, each character once where several begin alike: that halves the time, and so does it to look for
    #: no guard before.
    beginning: re.Pattern[str]


@cache
def _shapes() -> _Shapes:
    data = read_table(__file__, "secret_shapes.toml")
    shapes = tuple(_shape(each) for each in data["shape"])
    # The shorter of two is found first.
    prefixes = sorted({shape.prefix for shape in shapes})
    by_beginning = {each: tuple(shape for shape in shapes if shape.prefix.startswith(each)) for each in prefixes}
    return _Shapes(by_beginning, re.compile(_any_of(prefixes)))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """There are many shapes, and few plugins have one."""
    return re.compile(pattern)


def _any_of(texts: Sequence[str]) -> str:
    """A pattern for the shortest of some sorted texts."""
    if not texts[0]:
        return ""
    rest = [(char, _any_of([each[1:] for each in group])) for char, group in groupby(texts, key=lambda each: each[0])]
    return f"(?:{'|'.join(re.escape(char) + pattern for char, pattern in rest)})"


def _shape(data: dict[str, Any]) -> _Shape:
    alphabet = _ALPHABETS[data["alphabet"]]
    low, high = data["length"]
    # The guard before is a word boundary, as "sk-" ends many words.
    pattern = rf"(?<![A-Za-z0-9_]){re.escape(data['prefix'])}([{alphabet}]{{{low},{high}}})(?![{alphabet}])"
    return _Shape(data["vendor"], data["prefix"], pattern)


class Search:
    """A search in the texts of one plugin. A third of all lines stand in several of them, and are searched once."""

    def __init__(self) -> None:
        #: The lines in which nothing was found, by whether they are code.
        self._quiet: defaultdict[bool, set[str]] = defaultdict(set)

    def secrets(self, path: str, text: str) -> list[Secret]:
        """What looks like a secret in one of the texts; see `secrets`."""
        if len(text) > _MAX_SPLIT or _KEY_END in text:
            return secrets(path, text)
        quiet = self._quiet[_is_code(path)]
        new = set(text.split("\n")) - quiet
        if secrets(path, "\n".join(new)):  # But for the body of a key, a secret stands on one line.
            return secrets(path, text)
        if len(quiet) < _MAX_QUIET:
            quiet |= new
        return []


#: A longer text is not split, and of more lines no account is kept: it bounds the memory.
_MAX_SPLIT: Final = 256 * 1024
_MAX_QUIET: Final = 50_000


def secrets(path: str, text: str) -> list[Secret]:
    """What looks like a secret in a text file, in order, at most `MAX_FOUND`."""
    found = [*_tokens(text), *_private_keys(text)]
    lines = {text.count("\n", 0, each.start) for each in found}
    for each in _assigned(text, is_code=_is_code(path)):
        # One secret is found once, by what says most of it.
        if not any(each.start < other.end and other.start < each.end for other in found) and (
            each.sort is not Sort.PLAIN or text.count("\n", 0, each.start) not in lines
        ):
            found.append(each)
        if len(found) >= MAX_FOUND:
            break
    return sorted(found, key=lambda each: each.start)[:MAX_FOUND]


def without_secrets(text: str) -> str:
    """A text that is shown to people, with what looks like a secret masked."""
    for each in reversed(secrets("", text)):
        if each.sort is not Sort.EXAMPLE:
            text = f"{text[: each.start]}{each.masked}{text[each.end :]}"
    return text


# --- shapes of vendors ------------------------------------------------------------------------------------------


def _tokens(text: str) -> Iterator[Secret]:
    for count, (shape, found) in enumerate(_shaped(text)):
        if count >= MAX_FOUND:
            return
        real = is_random(found[1]) and not _is_example(found[0])
        sort = Sort.CERTAIN if real else Sort.EXAMPLE
        what = say("a token of {vendor}", vendor=shape.vendor)
        yield Secret(sort, what, found.start(), found.end(), masked(found[0], len(shape.prefix)))
    if "eyJ" in text:
        for found in _JWT.finditer(text):
            real = _is_jwt(found[0])
            sort = Sort.CERTAIN if real else Sort.EXAMPLE
            yield Secret(sort, say("a JSON web token"), found.start(), found.end(), masked(found[0], 3))


def _shaped(text: str) -> Iterator[tuple[_Shape, re.Match[str]]]:
    """What has the shape of a vendor, with the vendor that has the longest beginning."""
    shapes = _shapes()
    for beginning in shapes.beginning.finditer(text):
        for shape in shapes.by_beginning[beginning[0]]:
            found = _compiled(shape.pattern).match(text, beginning.start())
            if found is not None:
                yield shape, found
                break


_JWT = regex(r"\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{8,2000}\b")


def _is_jwt(token: str) -> bool:
    """Whether a token is not a placeholder, and its claims are not those of the examples on the web."""
    try:
        header, claims = (_decoded(part) for part in token.split(".")[:2])
    except (ValueError, binascii.Error, RecursionError):
        return all(map(is_random, token.split("."))) and not _is_example(token)
    sample = isinstance(claims, dict) and (claims.get("name") == "John Doe" or claims.get("sub") == "1234567890")
    return isinstance(header, dict) and "alg" in header and not sample


def _decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


_KEY_END: Final = "PRIVATE KEY-----"
_KEY_HEADER = regex(r"-----BEGIN ([A-Z ]{0,40})PRIVATE KEY-----")
_KEY_BODY = regex(r"(?:\\n|\\r|\s|[\"',+()]){0,40}([A-Za-z0-9+/]{20,60})(?![A-Za-z0-9+/]*(?:\.\.|…))")


def _private_keys(text: str) -> Iterator[Secret]:
    if _KEY_END not in text:
        return
    for count, found in enumerate(_KEY_HEADER.finditer(text)):
        if count >= MAX_FOUND:
            return
        body = text[found.end() : found.end() + 400]
        # Headers that RFC 1421 allows between the first line and the key.
        body = re.sub(r"^\s*(?:[\w-]{1,40}: [^\n]{0,200}\n\s*)+", "\n", body)
        key = _KEY_BODY.match(body)
        real = key is not None and is_random(key[1])
        sort = Sort.CERTAIN if real else Sort.EXAMPLE
        yield Secret(sort, say("a private key"), found.start(), found.end(), "-----BEGIN … PRIVATE KEY-----")


# --- values that are given to secret names ------------------------------------------------------------------------

#: In a text in lower case: a search that ignores case takes three times as long.
_NAME: Final = regex(r"(?:a(?:pi|ccess)[_-]?key|p(?:assw(?:or)?d|rivate[_-]?key)|secret|token)[a-z0-9_.-]{0,60}")
#: The names that the pre-check of the marketplace knows.
_SEEN: Final = regex(r"api_?key|access_key|private_key|secret|token|password", re.IGNORECASE)
_BEFORE: Final = regex(r"[A-Za-z0-9_.-]{0,60}$")
#: In one line: the line below `token:` is not its value.
_VALUE: Final = regex(
    r"""(?P<quote>["']?)[^\S\r\n]{0,10}[:=][^\S\r\n]{0,10}(?P<value>"[^"\n]{0,400}"|'[^'\n]{0,400}'|[^"',\s#}]{1,400})"""
)
#: In a value, no more names with values of their own are looked at: it has no room for more that could be secrets, of
#: 12 characters each.
MAX_INSIDE: Final = 33
#: Files in which a value without quotes is an expression.
_CODE: Final = frozenset((".py", ".pyi", ".js", ".jsx", ".mjs", ".ts", ".tsx", ".go", ".java", ".rb", ".rs", ".php"))


def _is_code(path: str) -> bool:
    return splitext(path)[1].lower() in _CODE


#: Names that say how much, what kind or where, and hold no secret themselves.
_NO_SECRET: Final = regex(
    r"(max|min|num|n|total|count|limit|prompt|completion|input|output|context|first|last|next|page)[_-]?tokens?|"
    r".*tokens$|.*token_?(type|url|uri|endpoint|count|limit|usage|price|budget|id|name|expires?.*|path|size)|"
    r".*(secret|password|key)_?(name|type|url|uri|path|label|hint|field|id|length|placeholder|policy)|.*_(help|label)",
    re.IGNORECASE,
)


def _assigned(text: str, *, is_code: bool) -> Iterator[Secret]:
    lowered = text.lower()
    if len(lowered) != len(text):  # A few letters become two. What a line holds depends on no other line.
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    end = inside = 0
    for found in _NAME.finditer(lowered):
        value = _VALUE.match(text, found.end())
        if value is None:
            continue
        inside = inside + 1 if found.start() < end else 0
        if inside > MAX_INSIDE:
            continue
        end = end if inside else value.end()
        line = max(text.rfind("\n", 0, found.start()) + 1, found.start() - 60)
        before = _BEFORE.search(text, line, found.start())
        key = (before[0] if before else "") + text[found.start() : found.end()]
        written = value["value"]
        is_quoted = written[:1] in "\"'" and len(written) > 1
        literal = written[1:-1] if is_quoted else written
        if (is_code and not is_quoted) or _is_placeholder(literal):
            continue
        if not is_quoted and re.search(r"[(\[$]", literal):
            continue  # A call, as in an example in a text.
        # A formatted text of Python is an expression too.
        if is_code and text[value.start("value") - 1 : value.start("value")] in "fF" and "{" in literal:
            continue
        sort = _sort_of(literal, key)
        if sort is not None:
            start = value.start("value") + is_quoted
            end = value.end("value") - is_quoted
            seen = not value["quote"] and _SEEN.search(key) is not None
            yield Secret(sort, say("a secret"), start, end, masked(literal, 0), key, seen)


def _sort_of(value: str, key: str) -> Sort | None:
    if len(value) >= 12 and not value.startswith(("http://", "https://", "./", "../", "/")):
        if re.fullmatch(r"[0-9a-fA-F]+", value):
            return Sort.RANDOM if entropy(value) >= 3 else None
        if re.fullmatch(r"[A-Za-z0-9+/=_.-]+", value) and entropy(value) >= 4.5:
            return Sort.EXAMPLE if _is_name(value) or _is_example(value) else Sort.RANDOM
    if _NO_SECRET.fullmatch(key) or not re.fullmatch(r"[!-~]{6,100}", value) or "://" in value:
        return None
    # A name of something else, such as the key of another setting, or a word of prose.
    if _is_name(value) or any(word in value.lower() for word in ("token", "secret", "key", "password", "bearer")):
        return None
    return Sort.PLAIN


def _is_name(value: str) -> bool:
    """Whether a value is words, a path, a host or an attribute: letters alone between its marks."""
    parts = [part for part in re.split(r"[./_\-+=:]", value) if part]
    return all(re.fullmatch(r"[A-Za-z]{2,20}|v?\d{1,2}", part) for part in parts)


_PLACEHOLDERS: Final = regex(
    r"|changeme|change[-_ ]?me|dummy.*|example.*|fake.*|none|null|nil|placeholder|test|todo|undefined|string|str|bool|"
    r"true|false|yes|no|on|off|optional|required|-?\d+(\.\d+)?|[x*_.\-]+|<.*>?|\$.*|\{.*|%.*|\[.*|\(.*|&.*|\*.*|!.*|"
    r"secret-input|text-input|.*\byour\b.*|your.*|my[-_].*|.*[*]{3}.*|enter[-_ ].*|insert[-_ ].*|.*\.\.\..*|.*…",
    re.IGNORECASE,
)


def _is_placeholder(value: str) -> bool:
    return _PLACEHOLDERS.fullmatch(value.strip()) is not None


_EXAMPLE: Final = regex(
    r"example|your|xxxx|placeholder|dummy|sample|changeme|redacted|\*{3}|\.{3}|0{6}|1234567|abcdefg|qwerty|test-?key",
    re.IGNORECASE,
)


def _is_example(token: str) -> bool:
    # Before a long secret, the numbers of a workspace and a user say nothing.
    parts = token.split("-")
    judged = [part for part in parts if not part.isdigit()] if len(parts[-1]) >= 16 else parts
    return _EXAMPLE.search("-".join(judged)) is not None


def is_random(value: str) -> bool:
    """Whether a text looks as if it was made by chance: not words between hyphens, and no pattern that repeats."""
    words = [part for part in re.split(r"[-_.]", value) if part]
    if words and all(re.fullmatch(r"[a-z]{1,20}|[A-Z][a-z]{1,20}|[A-Z]{1,20}|\d{1,4}", word) for word in words):
        return False
    return entropy(value) >= 3 and any(char.isdigit() or char.isupper() for char in value)


def entropy(value: str) -> float:
    """The entropy of a text in bits per character (Shannon)."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values()) if total else 0.0


def masked(value: str, known: int) -> str:
    """A secret as it may be shown: at most the `known` characters of its beginning that everybody knows."""
    return f"{value[:known]}… ({len(value)} characters)"
