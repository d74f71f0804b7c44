"""How the two readers understand one scalar: PyYAML (YAML 1.1, the SDK) and Go's yaml.v3 (packager, installer).

Source: `resolve.go` and `decode.go` of gopkg.in/yaml.v3 3.0.1, `resolver.py` and `constructor.py` of PyYAML 6.
"""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from typing import Any

from yaml import ScalarNode

from bot.patterns import regex


class Reading(StrEnum):
    """What a scalar is to a reader."""

    TEXT = "text"
    INTEGER = "an integer"
    FLOAT = "a number"
    BOOLEAN = "a boolean"
    DATE = "a date"
    NULL = "null"


_GO_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), Reading.BOOLEAN),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), Reading.NULL),
    **dict.fromkeys((".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), Reading.FLOAT),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), Reading.FLOAT),
}
_GO_INTEGER = regex(r"[-+]?(?:0x[0-9a-fA-F]+|0b[01]+|0o?[0-7]+|[1-9][0-9]*|0)", re.ASCII)
_GO_FLOAT = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_DAY = "([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
_CLOCK = "([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?"
#: The layouts of timestamps that yaml.v3 tries (resolve.go:265). A time of day after a `T` needs its zone.
_GO_TIMESTAMPS = (
    regex(rf"{_DAY}[Tt]{_CLOCK}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})", re.ASCII),
    regex(rf"{_DAY} +{_CLOCK}", re.ASCII),
    regex(_DAY, re.ASCII),
)


def is_plain(node: ScalarNode) -> bool:
    """Whether the scalar stands without quotes and without a block marker."""
    return node.style in (None, "")


def go_reading(node: ScalarNode) -> Reading:
    """What yaml.v3 takes the scalar for when the target does not say."""
    if not is_plain(node):
        return Reading.TEXT
    text = node.value
    if text in _GO_WORDS:
        return _GO_WORDS[text]
    if not text or text[0] not in "+-.0123456789":
        return Reading.TEXT
    if is_go_timestamp(text):
        return Reading.DATE
    digits = text.replace("_", "")
    if _GO_INTEGER.fullmatch(digits):
        return Reading.INTEGER
    if _GO_FLOAT.fullmatch(digits):
        return Reading.FLOAT
    return Reading.TEXT


def is_go_timestamp(text: str) -> bool:
    """Whether yaml.v3 takes a plain scalar with this text for a moment in time."""
    for layout in _GO_TIMESTAMPS:
        found = layout.fullmatch(text)
        if found is not None:
            return _is_moment(*(int(part) for part in found.groups()))
    return False


def _is_moment(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> bool:
    try:
        datetime.datetime(year or 4, month, day, hour, minute, second, tzinfo=datetime.UTC)
    except ValueError:
        return False
    return True


def sdk_reading(node: ScalarNode) -> Reading:
    """What PyYAML takes the scalar for."""
    return _PYYAML_TAGS.get(node.tag, Reading.TEXT)


_PYYAML_TAGS = {
    "tag:yaml.org,2002:null": Reading.NULL,
    "tag:yaml.org,2002:bool": Reading.BOOLEAN,
    "tag:yaml.org,2002:int": Reading.INTEGER,
    "tag:yaml.org,2002:float": Reading.FLOAT,
    "tag:yaml.org,2002:timestamp": Reading.DATE,
}


#: The words that pydantic takes for true in lax mode.
TRUE_WORDS = frozenset({"true", "1", "yes", "on", "t", "y"})


def is_true(value: Any) -> bool:
    """Whether a value means true where a boolean is wanted: words of YAML 1.1 do so even in quotes."""
    return value.lower() in TRUE_WORDS if isinstance(value, str) else value in (True, 1)


def diverges(node: ScalarNode) -> bool:
    """Whether PyYAML reads a boolean, number or date in a plain scalar where yaml.v3 reads something else, or may do so
    with some targets: a number that is large, infinite, or not written with decimal digits alone.

    The other way round (`1e6`, `0o14`, `08` are text to PyYAML only) shows as a wrong type to the SDK.
    """
    sdk = sdk_reading(node)
    if sdk is Reading.TEXT or not is_plain(node):
        return False
    return go_reading(node) is not sdk or (sdk in _NUMBERS and _PECULIAR.search(node.value) is not None)


_NUMBERS = (Reading.INTEGER, Reading.FLOAT)
_PECULIAR = regex(r"[_xbnN]|[0-9]{19}", re.ASCII)
