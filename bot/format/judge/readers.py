"""What the two readers make of a YAML node where a field wants a certain type.

The SDK reads YAML 1.1 with PyYAML and converts in pydantic's lax mode; the daemon decodes with Go's yaml.v3 into typed
fields. Source: pydantic's conversion table; `decode.go` and `resolve.go` of gopkg.in/yaml.v3 3.0.1.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from bot.document.scalars import Reading, go_reading, is_go_timestamp, is_plain
from bot.format.models.base import Shape
from bot.format.models.values import DECIMAL, RFC3339


class Expected(Enum):
    """What a field takes, in the words of messages."""

    TEXT = "text"
    BOOLEAN = "true or false"
    INTEGER = "a whole number"
    NUMBER = "a number"
    DECIMAL = "a decimal number"
    TIME = "a date, or a date and time"
    LIST = "a list"
    MAPPING = "a mapping"
    CHOICE = "one of a few values"
    BASIC = "text, a number, true or false"
    JSON = "what JSON can say: no dates, no binary data, no keys that are not text"


def shape_of(value: Any, node: Node | None) -> Shape:
    """The shape of a value; a scalar that YAML 1.1 reads as null has the shape NULL."""
    if isinstance(node, SequenceNode) or isinstance(value, list):
        return Shape.LIST
    if isinstance(node, MappingNode) or isinstance(value, dict):
        return Shape.MAPPING
    return Shape.NULL if value is None else Shape.SCALAR


def sdk_takes(expected: Expected, value: Any) -> bool:
    """Whether the SDK's models convert the value, given that it is not of the type itself."""
    match expected:
        case Expected.TEXT:
            return isinstance(value, bytes) and _decodes(value)
        case Expected.BOOLEAN:
            return _converts(bool, value)
        case Expected.INTEGER:
            return _converts(int, value)
        case Expected.NUMBER:
            return _converts(float, value)
        case Expected.DECIMAL:
            return _converts(Decimal, value)
        case Expected.TIME:
            return _converts(datetime.datetime, value)
        case Expected.BASIC:
            return isinstance(value, bytes) and _decodes(value)
        case _:
            return False


def daemon_takes(expected: Expected, value: Any, node: Node | None) -> bool:
    """Whether the daemon decodes the node into a field of that type without an error; null leaves any field empty."""
    if value is None and shape_of(value, node) is Shape.NULL:
        return True
    if expected in (Expected.BASIC, Expected.JSON):
        return True
    if not isinstance(node, ScalarNode):
        # The decimal type is a structure to the decoder, which takes a mapping for it and finds no key it knows.
        return expected is Expected.DECIMAL and isinstance(node, MappingNode)
    match expected:
        case Expected.TEXT | Expected.CHOICE:
            return True
        case Expected.BOOLEAN:
            return go_boolean(node)
        case Expected.INTEGER:
            return go_reading(node) in (Reading.INTEGER, Reading.FLOAT) and _fits_int64(node)
        case Expected.NUMBER:
            return go_reading(node) in (Reading.INTEGER, Reading.FLOAT)
        case Expected.DECIMAL:
            return DECIMAL.fullmatch(node.value) is not None
        case Expected.TIME:
            return go_time(node)
        case _:
            return False


#: The words that pydantic takes for false in lax mode.
FALSE_WORDS = frozenset({"false", "0", "no", "off", "f", "n"})

#: Words that are text to yaml.v3, quoted or not, but that it takes where a boolean is wanted (decode.go:687).
GO_BOOLEAN_WORDS = frozenset(
    {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"}
)


def go_boolean(node: ScalarNode) -> bool:
    """Whether yaml.v3 takes the scalar where a boolean is wanted."""
    return go_reading(node) is Reading.BOOLEAN or node.value in GO_BOOLEAN_WORDS


def go_time(node: ScalarNode) -> bool:
    """Whether yaml.v3 takes the scalar where a time is wanted: as a timestamp, or as RFC 3339 (resolve.go:265)."""
    return (is_plain(node) and is_go_timestamp(node.value)) or RFC3339.fullmatch(node.value) is not None


#: So many digits are more than any integer of 64 bits has.
_LONG = 40


def _fits_int64(node: ScalarNode) -> bool:
    digits = node.value.replace("_", "")
    try:
        return int(digits) < 2**63 if len(digits) < _LONG else digits.startswith("-")
    except ValueError:
        pass
    try:
        return float(digits) < 2.0**63
    except ValueError:
        return not node.value.startswith(".")  # Hexadecimal and its like, which nobody writes that long.


def _decodes(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


@cache
def _lax(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _converts(kind: type, value: Any) -> bool:
    try:
        _lax(kind).validate_python(value)
    except ValidationError:
        return False
    return True
