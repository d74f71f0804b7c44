"""What every report relies on: pieces of a plugin are inert in messages, and fingerprints outlive moved lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.findings import Finding, Location, Severity, Span, fingerprinted, quote, quote_list


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("city", "`city`"),
        ("", "`''`"),
        (None, "`None`"),
        (3.10, "`3.1`"),
        ("a`b", "`aˋb`"),
        ("a\nb\tc\rd", "`a⏎b⇥c␍d`"),
        ("a\x1b[31m", "`a\\u001b[31m`"),
        ("a\u202eb", "`a\\u202eb`"),
        ("a\u200bb", "`a\\u200bb`"),
        ("\udcff", "`\\udcff`"),
        ("x" * 81, "`" + "x" * 79 + "…`"),
        ("x" * 80, "`" + "x" * 80 + "`"),
    ],
)
def test_quote(value: object, shown: str) -> None:
    assert quote(value) == shown


@given(st.text(st.characters(), max_size=120), st.integers(2, 100))
def test_a_quoted_text_is_one_short_code_span_that_can_be_seen(text: str, limit: int) -> None:
    shown = quote(text, limit)
    assert shown[0] == shown[-1] == "`"
    assert "`" not in shown[1:-1]
    assert 1 <= len(shown[1:-1]) <= limit
    assert len(shown.splitlines()) == 1
    shown.encode("utf-8")


def test_a_long_list_is_counted() -> None:
    assert quote_list(["a", "b", "c"], 2) == "`a`, `b` and 1 more"
    assert quote_list(["a", "b"], 2) == "`a`, `b`"
    assert quote_list([]) == ""


def test_the_words_for_severities() -> None:
    assert [Severity.parse(severity.label) for severity in Severity] == list(Severity)
    assert Severity.ERROR > Severity.WARNING > Severity.NOTICE
    for word in ("Error", "ERROR", "fatal", "", "never"):
        with pytest.raises(KeyError):
            Severity.parse(word)


def at(line: int, *, subject: str = "lable", anchor: str = "/lable", path: str = "weather/manifest.yaml") -> Finding:
    location = Location(path, None, Span(line, 1, line, 6))
    return Finding("schema/unknown-key", Severity.WARNING, "m", location, "weather", subject=subject, anchor=anchor)


def prints(*findings: Finding) -> list[str]:
    return [finding.fingerprint for finding in fingerprinted(findings)]


def test_fingerprints_of_released_versions_stay() -> None:
    """They are in comments on pull requests and in code scanning: another digest makes every finding new."""
    assert prints(at(3)) == ["faa622808ddf79bdd6ea"]


def test_a_fingerprint_survives_moved_lines_and_other_words() -> None:
    moved = replace(at(90), message="other words", severity=Severity.ERROR, new=False)
    assert prints(at(3)) == prints(moved)


@pytest.mark.parametrize(
    "other",
    [
        at(3, subject="labl"),
        at(3, anchor="/tools/0/lable"),
        at(3, path="weather/provider/acme.yaml"),
        replace(at(3), rule="schema/missing-key"),
        replace(at(3), location=Location("weather/manifest.yaml", "a.yaml", None)),
    ],
)
def test_a_fingerprint_is_of_rule_file_place_and_value(other: Finding) -> None:
    assert prints(at(3)) != prints(other)


def test_equal_findings_are_told_apart_by_their_order() -> None:
    first, second = prints(at(3), at(7))
    assert first != second
    assert prints(at(7), at(3)) == [first, second]
    assert prints(at(4), at(8), at(9))[:2] == [first, second]


def test_findings_are_sorted_by_place() -> None:
    whole_file = replace(at(1), location=Location("weather/manifest.yaml"))
    inside = replace(at(1), location=Location("weather/manifest.yaml", "x.yaml", Span(1, 1, 1, 2)))
    shuffled = [at(9), at(2, path="a.yaml"), inside, at(3), whole_file]
    places = [(item.location.file, item.location.span and item.location.span.line) for item in fingerprinted(shuffled)]
    assert places == [
        ("a.yaml", 2),
        ("weather/manifest.yaml", None),
        ("weather/manifest.yaml", 3),
        ("weather/manifest.yaml", 9),
        ("weather/manifest.yaml!x.yaml", 1),
    ]
