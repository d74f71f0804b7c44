"""How Go's yaml.v3 and PyYAML read one scalar. The expectations are from the two libraries' own documentation."""

from __future__ import annotations

import pytest
from yaml import ScalarNode

from bot.document import read_document
from bot.document.scalars import Reading, diverges, go_reading, is_true, sdk_reading


def scalar(text: str) -> ScalarNode:
    node = read_document("x.yaml", f"a: {text}\n".encode()).node(("a",))
    assert isinstance(node, ScalarNode)
    return node


@pytest.mark.parametrize(
    ("text", "sdk", "go"),
    [
        ("yes", Reading.BOOLEAN, Reading.TEXT),
        ("On", Reading.BOOLEAN, Reading.TEXT),
        ("true", Reading.BOOLEAN, Reading.BOOLEAN),
        ("y", Reading.TEXT, Reading.TEXT),
        ("1_000", Reading.INTEGER, Reading.INTEGER),
        ("012", Reading.INTEGER, Reading.INTEGER),
        ("08", Reading.TEXT, Reading.FLOAT),
        ("0o14", Reading.TEXT, Reading.INTEGER),
        ("0x1F", Reading.INTEGER, Reading.INTEGER),
        ("0b11", Reading.INTEGER, Reading.INTEGER),
        ("3.12", Reading.FLOAT, Reading.FLOAT),
        ("1.10", Reading.FLOAT, Reading.FLOAT),
        ("1e6", Reading.TEXT, Reading.FLOAT),
        ("1.5e+3", Reading.FLOAT, Reading.FLOAT),
        (".inf", Reading.FLOAT, Reading.FLOAT),
        ("1:30", Reading.INTEGER, Reading.TEXT),
        ("2026-01-02", Reading.DATE, Reading.DATE),
        ("2026-1-2", Reading.TEXT, Reading.DATE),
        ("2026-01-02T03:04:05", Reading.DATE, Reading.TEXT),
        ("2026-01-02T03:04:05Z", Reading.DATE, Reading.DATE),
        ("2026-01-02 03:04:05", Reading.DATE, Reading.DATE),
        ("~", Reading.NULL, Reading.NULL),
        ("1.0.0", Reading.TEXT, Reading.TEXT),
        ("'yes'", Reading.TEXT, Reading.TEXT),
        ('"3.12"', Reading.TEXT, Reading.TEXT),
    ],
)
def test_readings(text: str, sdk: Reading, go: Reading) -> None:
    node = scalar(text)
    assert sdk_reading(node) is sdk
    assert go_reading(node) is go


@pytest.mark.parametrize(
    ("text", "expected"), [("yes", True), ("true", False), ("1:30", True), ("1e6", False), ("5", False)]
)
def test_divergence_is_what_only_the_sdk_takes_for_more_than_text(text: str, expected: bool) -> None:
    assert diverges(scalar(text)) is expected


@pytest.mark.parametrize("text", ["true", "yes", "'yes'", '"ON"', "y", "'Y'", "1", "'true'"])
def test_what_means_true(text: str) -> None:
    assert is_true(read_document("x.yaml", f"a: {text}\n".encode()).get("a"))


@pytest.mark.parametrize("text", ["false", "no", "'no'", "n", "0", "", "null", "[true]", "{yes: 1}", "2", "'off'"])
def test_what_does_not_mean_true(text: str) -> None:
    assert not is_true(read_document("x.yaml", f"a: {text}\n".encode()).get("a"))
