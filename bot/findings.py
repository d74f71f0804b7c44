"""What a review says: findings, where they are, who objects, and how to fix them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum, StrEnum
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from bot.messages import Message, and_more, listed
from bot.patterns import regex


class Severity(IntEnum):
    """How bad it is; see the README for the promise behind each word. Ordered: ERROR is the greatest."""

    NOTICE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Severity:
        """Raises `KeyError` for anything but `error`, `warning`, `notice`."""
        return cls[text.upper()] if text.islower() else cls[""]


class Confidence(StrEnum):
    """How sure the rule is that the finding is deserved."""

    CERTAIN = "certain"
    LIKELY = "likely"


class By(StrEnum):
    """The authorities that can object to a plugin, in the order in which a user meets them."""

    DOCS = "docs"
    PACKAGER = "packager"
    INSTALLER = "installer"
    #: Dify's API server: it reads the declaration that the daemon hands on.
    PLATFORM = "platform"
    SDK = "SDK"
    DEBUGGING = "remote debugging"
    CONSOLE = "console"
    MARKETPLACE = "marketplace"
    PROJECT = "this project"


class Reach(StrEnum):
    """How far a refusal by the platform reaches."""

    PROVIDER = "provider"
    PLUGIN = "plugin"
    #: Everything of the kind in the workspace: the platform reads its lists in one go.
    WORKSPACE = "workspace"


class Authority(Struct, frozen=True):
    """Who objects, what then happens to the user, and where that is written."""

    by: By
    consequence: str
    source: str
    #: Of a refusal by the platform only: how far it reaches, and the first release of Dify that refuses.
    reach: Reach | None = None
    since: str = ""


class Span(Struct, frozen=True):
    """A place in a text: 1-based, columns in Unicode code points, end exclusive in columns."""

    line: int
    column: int
    end_line: int
    end_column: int


class Location(Struct, frozen=True):
    """A file, or a place in it.

    `path` is relative to the working directory (the repository root in the Action); for a file inside a
    package it is the package and `member` the file. `span` is None for a finding about the whole file. What is said
    of a pull request itself has no path (""): `source` is then the text that `span` is in.
    """

    path: str
    member: str | None = None
    span: Span | None = None
    source: Literal["title", "body"] | None = None

    @property
    def file(self) -> str:
        """The file to name to a person: `pkg.difypkg!manifest.yaml` inside a package."""
        if self.source is not None:
            return "title of the pull request" if self.source == "title" else "text of the pull request"
        return f"{self.path}!{self.member}" if self.member is not None else self.path


class Related(Struct, frozen=True):
    """Another place that a finding is about, and what is there, in a few words.

    With `before`, the place is in the version that the review compares with.
    """

    location: Location
    message: str
    before: bool = False
    #: The line there as the file has it, without its indentation; "" where there is none.
    excerpt: str = ""


class Safety(StrEnum):
    """`safe`: the fix keeps the meaning and can be applied unseen. `unsafe`: a person should look first."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Edit(Struct, frozen=True):
    """Replaces the text of `span` in the file `path` (relative to the plugin root) by `text`.

    A file that does not exist is an empty one, which the edit makes.
    """

    path: str
    span: Span
    text: str


class Move(Struct, frozen=True):
    """Gives the file `path` the path `to`, which no other file has. Both are relative to the plugin root."""

    path: str
    to: str


class Fix(Struct, frozen=True):
    """What mends a finding. The edits are made before the files are moved: they name each by the path that it has."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...] = ()
    moves: tuple[Move, ...] = ()


class Suppression(Struct, frozen=True):
    """Why a finding does not count: where that was said, and the reason given there."""

    where: str
    reason: str


class Finding(Struct, frozen=True):
    """One thing to say about a plugin.

    `message` is plain text in which every piece of the plugin stands between backticks, put there by `quote`;
    reporters escape it where it leaves. `pointer` is the YAML pointer (RFC 6901) of the node it is about, `anchor` the
    same with list items called by their names, and `subject` the value at fault: these two make the fingerprint.
    `group` gathers findings that presentations show as one row.
    """

    rule: str
    severity: Severity
    message: str
    location: Location
    plugin: str
    confidence: Confidence = Confidence.CERTAIN
    pointer: str | None = None
    anchor: str = ""
    subject: str = ""
    authorities: tuple[Authority, ...] = ()
    fix: Fix | None = None
    #: The line of the finding, for one with related places, in a package, or in the text of a pull request; else "".
    excerpt: str = ""
    group: str | None = None
    related: tuple[Related, ...] = ()
    new: bool = True
    suppressed: Suppression | None = None
    fingerprint: str = ""

    @property
    def sort_key(self) -> tuple[str, str, int, int, str, str]:
        span = self.location.span
        line, column = (span.line, span.column) if span else (0, 0)
        member = self.location.member or self.location.source or ""
        return (self.location.path, member, line, column, self.rule, self.message)


class LocaleCoverage(Struct, frozen=True):
    """How many of a plugin's localized texts one locale has.

    `total` counts the texts that need a translation; `missing` and `copied` (same as the English) are among them,
    `exempt` is how many more need none.
    """

    translated: int
    total: int
    missing: int = 0
    copied: int = 0
    exempt: int = 0


class Unchecked(Struct, frozen=True):
    """Something that could not be judged, and why. It is never shown as passed.

    `blocking` entries are those whose rule could have failed the review.
    """

    rule: str
    plugin: str
    reason: str
    blocking: bool = False


class Outside(Struct, frozen=True):
    """A changed path that belongs to no plugin, and why."""

    path: str
    reason: str


class UnjudgedFile(Struct, frozen=True):
    """A file of a plugin, as findings name it, that was not read whole, and why."""

    path: str
    plugin: str
    reason: str


class Coverage(Struct, frozen=True):
    """The account of what a review was given: every file is in one of the three.

    `reviewed` counts the files of plugins that were read, or that no rule has to read.
    """

    reviewed: int = 0
    outside: tuple[Outside, ...] = ()
    not_judged: tuple[UnjudgedFile, ...] = ()


_HIDDEN = regex(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def _shown(hidden: re.Match[str]) -> str:
    return {"\n": "⏎", "\t": "⇥", "\r": "␍"}.get(hidden[0]) or f"\\u{ord(hidden[0]):04x}"


def quote(value: object, limit: int = 80) -> str:
    """`value` as an inert code span for a message: one line, visible, at most `limit` code points."""
    text = value if isinstance(value, str) else str(value)
    cut = text[: limit + 1]
    shown = cut if cut.isprintable() else _HIDDEN.sub(_shown, cut)
    if len(shown) > limit:
        shown = shown[: limit - 1] + "…"
    return "`" + (shown.replace("`", "ˋ") or "''") + "`"


def quote_list(values: Iterable[object], limit: int = 20) -> Message:
    """Some values as code spans, joined for a sentence; past `limit` they are counted."""
    items = list(values)
    return and_more(listed(quote(item) for item in items[:limit]), len(items) - limit)


def fingerprinted(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, sorted, each with its fingerprint.

    A fingerprint is made of rule, file, YAML pointer (list items by name) and the value at fault, so it survives
    moved lines and inserted items. Equal ones are told apart by their order in the file.
    """
    seen: dict[str, int] = {}
    result = []
    for finding in sorted(findings, key=lambda f: f.sort_key):
        location = finding.location
        place = location.member or location.source or ""
        key = "\0".join((finding.rule, location.path, place, finding.anchor, finding.subject))
        seen[key] = occurrence = seen.get(key, 0) + 1
        digest = hashlib.sha256(f"{key}\0{occurrence}".encode("utf-8", "surrogatepass")).hexdigest()[:20]
        result.append(replace(finding, fingerprint=digest))
    return result
