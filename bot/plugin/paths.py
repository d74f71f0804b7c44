"""What a path that a document writes was meant to name, when it names no file as it is."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Collection, Mapping
from enum import Enum

from msgspec import Struct

from bot.patterns import regex


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
    #: Misspelt: nearly the path of a file that nothing else in the document names.
    TYPO = "typo"


class Meant(Struct, frozen=True):
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


#: Among so many files the nearest is looked for, and paths up to so many characters.
_COMPARED, _LONGEST = 500, 200
_DIGITS = regex("[0-9]+")


def misspelt_file(written: str, taken: Collection[str], files_by_lower: Mapping[str, str]) -> Meant | None:
    """The file with the name of `written` in another folder, or with nearly the same path; none of those `taken`.

    Two that differ in a number alone are two files.
    """
    path = tidied(written)
    suffix = posixpath.splitext(path)[1] if path is not None else ""
    if path is None or not suffix or len(path) > _LONGEST:
        return None
    plain = _DIGITS.sub("", path)
    files = [
        file
        for file in files_by_lower.values()
        if file.endswith(suffix) and file not in taken and _DIGITS.sub("", file) != plain
    ]
    name = posixpath.basename(path)
    moved = [file for file in files if posixpath.basename(file) == name]
    if len(moved) == 1:
        return Meant(moved[0], Slip.TYPO)
    near = difflib.get_close_matches(path, files[:_COMPARED], 2, _CLOSE)
    if not near or (len(near) > 1 and _closeness(path, near[1]) > 0.97 * _closeness(path, near[0])):
        return None
    return Meant(near[0], Slip.TYPO)


#: How much of two paths is the same, from 0 to 1, where one is a slip of the other.
_CLOSE = 0.88


def _closeness(path: str, other: str) -> float:
    return difflib.SequenceMatcher(None, path, other).ratio()


_OTHER_SUFFIX = {"yml": "yaml", "yaml": "yml"}
