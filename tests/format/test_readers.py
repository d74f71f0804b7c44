"""How the two readers take a scalar where a type is wanted.

The daemon's column was checked with its own structures and yaml.v3 3.0.1.
"""

from __future__ import annotations

import pytest
from yaml import ScalarNode

from bot.document import read_document
from bot.format.judge.readers import Expected, daemon_takes, sdk_takes, shape_of
from bot.format.models.base import Shape


def parsed(text: str) -> tuple[object, ScalarNode]:
    document = read_document("x.yaml", f"value: {text}\n".encode())
    node = document.node(("value",))
    assert isinstance(node, ScalarNode)
    return document.get("value"), node


@pytest.mark.parametrize(
    ("text", "sdk", "daemon"),
    [
        ("true", True, True),
        ("yes", True, True),
        ("Yes", True, True),
        ("On", True, True),
        ("y", True, True),
        ("t", True, False),
        ("'true'", True, False),
        ("'yes'", True, True),
        ("'On'", True, True),
        ("1", True, False),
        ("0.0", True, False),
        ("2", False, False),
        ("maybe", False, False),
    ],
)
def test_booleans(text: str, sdk: bool, daemon: bool) -> None:
    value, node = parsed(text)
    assert (isinstance(value, bool) or sdk_takes(Expected.BOOLEAN, value)) is sdk
    assert daemon_takes(Expected.BOOLEAN, value, node) is daemon


@pytest.mark.parametrize(
    ("text", "sdk", "daemon"),
    [
        ("1", True, True),
        ("'1'", True, False),
        ("2.5", False, True),
        ("2.0", True, True),
        ("1e6", False, True),
        ("1_000", True, True),
        ("0o17", False, True),
        ("0x1F", True, True),
        ("1:30", True, False),
        ("true", True, False),
        ("99999999999999999999", True, False),
        (".inf", False, False),
        (".nan", False, False),
        ("many", False, False),
        ("2026-01-15", False, False),
    ],
)
def test_integers(text: str, sdk: bool, daemon: bool) -> None:
    value, node = parsed(text)
    whole = isinstance(value, int) and not isinstance(value, bool)
    assert (whole or sdk_takes(Expected.INTEGER, value)) is sdk
    assert daemon_takes(Expected.INTEGER, value, node) is daemon


@pytest.mark.parametrize(
    ("text", "sdk", "daemon"),
    [
        ("1", True, True),
        ("'7.5'", True, False),
        ("1.5e3", True, True),
        ("1e3", True, True),
        (".inf", True, True),
        ("190:20:30.15", True, False),
        ("many", False, False),
        ("[]", False, False),
    ],
)
def test_numbers(text: str, sdk: bool, daemon: bool) -> None:
    document = read_document("x.yaml", f"value: {text}\n".encode())
    value, node = document.get("value"), document.node(("value",))
    assert (isinstance(value, int | float) or sdk_takes(Expected.NUMBER, value)) is sdk
    assert daemon_takes(Expected.NUMBER, value, node) is daemon


@pytest.mark.parametrize(
    ("text", "sdk", "daemon"),
    [
        ("0.5", True, True),
        ("'0.5'", True, True),
        ("1e-6", True, True),
        ("'-.5'", True, True),
        ("' 1 '", True, False),
        ("1_000", True, False),
        (".inf", False, False),
        ("free", False, False),
        ("true", False, False),
    ],
)
def test_decimals(text: str, sdk: bool, daemon: bool) -> None:
    value, node = parsed(text)
    assert sdk_takes(Expected.DECIMAL, value) is sdk
    assert daemon_takes(Expected.DECIMAL, value, node) is daemon


@pytest.mark.parametrize(
    ("text", "sdk", "daemon"),
    [
        ("2026-01-15", True, True),
        ("2026-1-5", False, True),
        ("2026-01-15T08:00:00Z", True, True),
        ("2026-01-15t08:00:00.25+08:00", True, True),
        ("2026-01-15 08:00:00", True, True),
        ("'2026-01-15T08:00:00.5Z'", True, True),
        ("'2026-01-15'", True, False),
        ("2026-01-15T08:00:00", True, False),
        ("2026-01-15 08:00:00 +8", True, False),
        ("2026-01-15 08:00:00Z", True, False),
        ("'2026-01-15T08:00:00'", True, False),
        ("'2026-01-15T08:00:00,5Z'", True, False),
        ("yesterday", False, False),
        ("20260115", True, False),
    ],
)
def test_times(text: str, sdk: bool, daemon: bool) -> None:
    value, node = parsed(text)
    assert sdk_takes(Expected.TIME, value) is sdk
    assert daemon_takes(Expected.TIME, value, node) is daemon


@pytest.mark.parametrize("text", ["", "~", "null"])
def test_null_is_nothing_to_the_daemon_and_a_value_to_the_sdk(text: str) -> None:
    value, node = parsed(text)
    for expected in Expected:
        assert daemon_takes(expected, value, node)
        assert not sdk_takes(expected, value)


def test_text_is_what_the_daemon_makes_of_any_scalar() -> None:
    for text in ("3.12", "true", "2026-01-15", "'x'"):
        value, node = parsed(text)
        assert daemon_takes(Expected.TEXT, value, node)
        assert not sdk_takes(Expected.TEXT, value)


@pytest.mark.parametrize(
    ("text", "shape"),
    [("[]", Shape.LIST), ("{}", Shape.MAPPING), ("~", Shape.NULL), ("''", Shape.SCALAR), ("0", Shape.SCALAR)],
)
def test_shapes(text: str, shape: Shape) -> None:
    document = read_document("x.yaml", f"value: {text}\n".encode())
    assert shape_of(document.get("value"), document.node(("value",))) is shape
