"""What an image file really is, and what an SVG does besides being drawn. Bounded, whatever the file holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NoReturn
from xml.parsers import expat

from bot.limits import Limit
from bot.messages import say
from bot.patterns import regex

#: A larger SVG is not parsed (bytes); the largest icon of a published plugin has 600 KiB.
MAX_SVG_BYTES: Final = Limit(
    1024 * 1024,
    "has more than {n:,} bytes, and is not read",
    *("asset/active-svg", "asset/broken-svg", "asset/template-icon"),
)

#: The formats that browsers draw, by the suffixes that stand for them.
FORMATS: Final = {
    "svg": "SVG",
    "png": "PNG",
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "gif": "GIF",
    "webp": "WebP",
    "bmp": "BMP",
    "ico": "ICO",
    "avif": "AVIF",
}

#: Suffixes of the formats, the usual one first.
SUFFIXES: Final = {kind: suffix for suffix, kind in reversed(FORMATS.items())} | {"JPEG": "jpg"}

#: Suffixes of media files, which belong in `_assets`.
MEDIA: Final = (*FORMATS, "tiff", "mp4", "mov", "webm", "avi", "mp3", "wav")

_MAGIC: Final = (
    (regex(rb"\x89PNG\r\n\x1a\n"), "PNG"),
    (regex(rb"\xff\xd8\xff"), "JPEG"),
    (regex(rb"GIF8[79]a"), "GIF"),
    (regex(rb"RIFF.{4}WEBP", re.DOTALL), "WebP"),
    (regex(rb"BM.{12}[\x0c\x28\x38\x40\x6c\x7c]\x00\x00\x00", re.DOTALL), "BMP"),
    (regex(rb"\x00\x00\x01\x00"), "ICO"),
    (regex(rb".{4}ftyp(avif|avis)", re.DOTALL), "AVIF"),
    (regex(rb"version https://git-lfs\.github\.com/spec/"), "Git LFS pointer"),
    (regex(rb"(?i)\s*(<!doctype html|<html)"), "HTML"),
    (regex(rb"%PDF-"), "PDF"),
)
# What may stand before the root element of an SVG.
_SVG = regex(rb"\s*(<\?xml|<!--|<!DOCTYPE\s+svg|<(\w{1,20}:)?svg[\s>/])", re.IGNORECASE)


def format_of(content: bytes) -> str | None:
    """The format of an image by its first bytes; None when they tell nothing."""
    head = content[:4096].removeprefix(b"\xef\xbb\xbf")
    for magic, kind in _MAGIC:
        if magic.match(head):
            return kind
    if _SVG.match(head) and re.search(rb"<(\w{1,20}:)?svg[\s>/]", content[:65536]):
        return "SVG"
    return None


# The usual line that names the standard of SVG, or any other without declarations of its own.
_DOCTYPE = regex(rb"<!DOCTYPE\s[^\[\]<>]{0,500}>", re.IGNORECASE)
# An entity that is fetched, or made of others, which is how a few lines become gigabytes.
_ENTITY = regex(rb"<!ENTITY\s+(?:%\s+)?[^\s\"'<>]{1,100}\s+(?:SYSTEM|PUBLIC|\"[^\"]{0,999}[&%]|'[^']{0,999}[&%])")
_SCRIPT = regex(rb"<script[\s>]|<[^<>]{1,2000}\son[a-z]{3,20}\s*=", re.IGNORECASE)


def svg_faults(content: bytes) -> tuple[list[str], str | None]:
    """What an SVG does that no icon should, each in a few words, and why it cannot be read as XML, if so."""
    content = _DOCTYPE.sub(b"", content, count=1)
    drawing = _Drawing()
    try:
        drawing.read(content)
    except _EntityDeclared:
        # Old drawing programs abbreviate by entities, which is harmless; what is drawn then has to be searched as text.
        if _ENTITY.search(content):
            return [say("declares an entity that grows, or is fetched from elsewhere")], None
        return ([say("runs script")] if _SCRIPT.search(content) else []), None
    except _DeclaredElsewhere:
        return [say("refers to a declaration outside the file")], None
    except _Enough:
        pass
    except expat.ExpatError as error:
        return list(drawing.faults), say(
            "{error} in line {line}", error=expat.ErrorString(error.code), line=error.lineno
        )
    except Exception as error:  # What decoding raises where the file names an encoding of its own.
        return list(drawing.faults), type(error).__name__
    return list(drawing.faults), None


class _EntityDeclared(Exception):
    """The file declares an entity: it ends here, before any is made use of."""


class _DeclaredElsewhere(Exception):
    """The file asks for another one, which is not read."""


class _Enough(Exception):
    """Nothing more is to be learned from the file."""


_MAX_FAULTS = 5
_ACTIVE = frozenset({"iframe", "embed", "object", "handler", "listener"})
_FETCHING = frozenset({"image", "use", "feimage", "link", "iframe", "embed", "object", "pattern", "mpath"})
_ELSEWHERE = regex(r"\s*(?:https?:|ftp:|file:)?//", re.IGNORECASE)
_STYLE_ELSEWHERE = regex(r"(?:@import\s*['\"]?|url\(\s*['\"]?)\s{0,20}(?:https?:|ftp:|file:)?//", re.IGNORECASE)


class _Drawing:
    """Collects what an SVG does, without keeping the document."""

    def __init__(self) -> None:
        self.faults: dict[str, None] = {}
        self._element = ""
        self._style: list[str] = []

    def read(self, content: bytes) -> None:
        """Raises `_EntityDeclared`, `_DeclaredElsewhere`, `_Enough`, and what expat does."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        # A declaration outside has to be asked for, or it would pass unseen.
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE)
        parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = _refuse_entity
        parser.ExternalEntityRefHandler = _refuse_file
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._text
        parser.EndElementHandler = self._end
        parser.Parse(content, True)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._element = element = name.rpartition(":")[2].lower()
        self._style = []
        if element in _ACTIVE:
            self._add(say("holds a <{element}>", element=element))
        for key, value in attributes.items():
            attribute = key.rpartition(":")[2].lower()
            if attribute.startswith("on") and len(attribute) > 2:
                self._add(say("runs script by its attribute {attribute}", attribute=attribute[:40]))
            elif attribute in ("href", "src", "data"):
                if element == "script":
                    self._add(say("holds a <script>"))
                elif value[:40].strip().lower().startswith("javascript:"):
                    self._add(say("links to javascript:"))
                elif element in _FETCHING and _ELSEWHERE.match(value):
                    self._add(say("fetches a file from elsewhere in <{element}>", element=element))
            elif _STYLE_ELSEWHERE.search(value):
                self._add(say("fetches a file from elsewhere by its style"))

    def _text(self, content: str) -> None:
        if self._element == "script" and not content.isspace():
            self._add(say("holds a <script>"))
        elif self._element == "style":
            self._style.append(content)

    def _end(self, name: str) -> None:
        if self._style and _STYLE_ELSEWHERE.search("".join(self._style)):
            self._add(say("fetches a file from elsewhere by its style"))
        self._element, self._style = "", []

    def _add(self, fault: str) -> None:
        self.faults[fault] = None
        if len(self.faults) >= _MAX_FAULTS:
            raise _Enough


def _refuse_entity(*_: object) -> NoReturn:
    raise _EntityDeclared


def _refuse_file(*_: object) -> NoReturn:
    raise _DeclaredElsewhere
