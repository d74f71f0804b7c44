"""YAML documents with positions: every key and value knows where it stands and how both readers read it."""

from __future__ import annotations

from bot.document.pointer import Pointer, pointer_text
from bot.document.reader import MAX_YAML_BYTES, Document, Problem, ProblemCode, read_document

__all__ = [
    "MAX_YAML_BYTES",
    "Document",
    "Pointer",
    "Problem",
    "ProblemCode",
    "pointer_text",
    "read_document",
]
