"""One departure of a document from its spec model, and where it stands."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from bot.document import Document, Pointer
from bot.findings import Authority, Fix, Severity, Span


class Place(Enum):
    """Which part of the node at a pointer a violation is about."""

    VALUE = "value"
    KEY = "key"
    #: The node that lacks the key: the pointer names the missing key.
    PARENT = "parent"


class Violation(Struct, frozen=True):
    rule: str
    severity: Severity
    message: str
    pointer: Pointer
    place: Place = Place.VALUE
    authorities: tuple[Authority, ...] = ()
    subject: str = ""
    fix: Fix | None = None


def span_of(document: Document, violation: Violation) -> Span:
    """Where a violation stands in its document."""
    match violation.place:
        case Place.VALUE:
            return document.span(violation.pointer)
        case Place.KEY:
            return document.span_of_key(violation.pointer)
        case Place.PARENT:
            return document.span_of_parent(violation.pointer)
