"""Pointers to nodes of a document."""

from __future__ import annotations

#: The keys and list indexes (0-based) that lead from the root of a document to a node.
Pointer = tuple[str | int, ...]


def pointer_text(pointer: Pointer) -> str:
    """The pointer as text, by RFC 6901; the root is the empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in pointer)
