"""What a path that a document writes was meant to name, when it names no file as it is."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Slip(Enum):
    """How a written path differs from the file that was surely meant."""

    #: `./`, a slash at the start, `..`, doubled slashes: tools that tidy paths up still find the file.
    UNTIDY = "untidy"
    #: Backslashes, or blanks at the ends.
    SPELLING = "spelling"
    CASE = "case"
    #: Written from the folder of the document instead of the plugin root.
    RELATIVE = "relative"
    #: `.yml` for `.yaml` or the other way round.
    SUFFIX = "suffix"


@dataclass(frozen=True, slots=True)
class Meant:
    """The file that a path was meant to name."""

    path: str
    slip: Slip


def normalise(written: str) -> str | None:
    """The path from the plugin root that `written` leads to on disk; None when it leaves the root or is not a path.

    Leading and doubled slashes and `./` are taken away, as `filepath.Join` does (G fs.go:136).
    """
    if not written or "\0" in written:
        return None
    path = posixpath.normpath(written.lstrip("/") or ".")
    return None if path in (".", "..") or path.startswith("../") else path


def tidied(written: str) -> str | None:
    """`written` without blanks at its ends and with slashes for backslashes, normalised."""
    return normalise(written.strip().replace("\\", "/"))


def meant_file(written: str, document: str, files_by_lower: Mapping[str, str]) -> Meant | None:
    """The file that `written`, in a document at the path `document`, was meant to name; None when it cannot be told.

    `files_by_lower` are the files of the plugin by their path in lower case.
    """
    path = tidied(written)
    if path is None:
        return None
    actual = files_by_lower.get(path.lower())
    if actual is not None:
        if actual != path:
            return Meant(actual, Slip.CASE)
        return Meant(actual, Slip.UNTIDY if normalise(written) == actual else Slip.SPELLING)
    folder = posixpath.dirname(document)
    beside = normalise(f"{folder}/{written.strip()}") if folder else None
    if beside is not None and files_by_lower.get(beside.lower()) == beside:
        return Meant(beside, Slip.RELATIVE)
    stem, dot, suffix = path.rpartition(".")
    if dot and suffix in _OTHER_SUFFIX:
        other = f"{stem}.{_OTHER_SUFFIX[suffix]}"
        if files_by_lower.get(other.lower()) == other:
            return Meant(other, Slip.SUFFIX)
    return None


_OTHER_SUFFIX = {"yml": "yaml", "yaml": "yml"}
