"""Values without one type: what may stand as a default, a price, a time."""

import math
import re
from abc import ABC, abstractmethod
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bot.findings import By
from bot.patterns import regex


class _Value(ABC):
    """A marker that checks a value of any type. Raises PydanticCustomError from `check`."""

    @abstractmethod
    def check(self, value: Any) -> Any: ...

    def json_schema(self) -> dict[str, Any]:
        return {}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), **self.json_schema()}


class Basic(_Value):
    """Text, a number or a boolean. `lists` names who refuses a list: by default the SDK."""

    def __init__(self, lists: tuple[By, ...] = (By.SDK,)) -> None:
        self.lists = lists

    def check(self, value: Any) -> Any:
        if value is None or isinstance(value, str | int | float) or (isinstance(value, list) and not self.lists):
            return value
        raise PydanticCustomError("basic_value", "not a basic value")

    def json_schema(self) -> dict[str, Any]:
        kinds = ["string", "number", "boolean", "null"]
        return {"type": [*kinds, "array"] if not self.lists else kinds}


class Json(_Value):
    """Whatever JSON can say: no dates, no binary data, no keys that are not text."""

    def check(self, value: Any) -> Any:
        if not _is_json(value):
            raise PydanticCustomError("json_value", "not a JSON value")
        return value


def _is_json(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    return value is None or isinstance(value, str | int | float)


class Price(_Value):
    """A decimal number, in quotes or without."""

    def check(self, value: Any) -> Any:
        if isinstance(value, str):
            good = DECIMAL.fullmatch(value) is not None
        else:
            good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not good:
            raise PydanticCustomError("decimal_value", "not a decimal number")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["number", "string"]}


class Unwelcome(_Value):
    """Whatever stands here, remote debugging refuses it, for the reason that the field's origin gives."""

    def check(self, value: Any) -> Any:
        if value is not None:
            raise PydanticCustomError("unwelcome", "refused by remote debugging")
        return value


#: The decimal numbers that both readers take (G shopspring/decimal NewFromString, S decimal.Decimal).
DECIMAL = regex(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]{1,9})?", re.ASCII)


class Time(_Value):
    """A moment: a date or time without quotes, or RFC 3339 in quotes.

    The readers know different ways to write one, so how it is written decides: every unquoted value is an error here,
    for `bot.format.judge.readers` to judge.
    """

    def check(self, value: Any) -> Any:
        if not isinstance(value, str) or not RFC3339.fullmatch(value):
            raise PydanticCustomError("time_value", "not a time in RFC 3339")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string"}


#: What Go's time.Time takes as text.
RFC3339 = regex(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
    re.ASCII,
)
