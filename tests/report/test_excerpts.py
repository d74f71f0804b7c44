"""The report for a terminal: excerpt and caret in place, fixes as diffs, repeats folded, nothing wider than asked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.findings import Authority, By, Edit, Finding, Fix, Location, Related, Safety, Severity, Span, fingerprinted
from bot.report import text
from bot.report.excerpts import MAX_FULL, columns
from bot.review.result import Result
from tests.report.hostile import results
from tests.report.samples import RESULT, TEXTS

ANSI = re.compile(r"\x1b(?:\[[0-9;]*m|\]8;[^\x1b]*\x1b\\)")
FILE = "tools/weather/manifest.yaml"


def of(*findings: Finding) -> Result:
    return replace(RESULT, findings=tuple(fingerprinted(findings)))


def at(line: int, start: int, end: int, rule: str = "schema/wrong-type", **more: object) -> Finding:
    place = Location(FILE, span=Span(line, start, line, end))
    return Finding(rule, Severity.ERROR, "Wrong.", place, "tools/weather", **more)  # type: ignore[arg-type]


def shown(result: Result, content: str | None = None, width: int | None = None, colour: bool = False) -> list[str]:
    texts = {FILE: content} if content is not None else TEXTS
    return text.render(result, width=width, colour=colour, texts=lambda place: texts.get(place.path)).splitlines()


def test_a_finding_in_full() -> None:
    edit = Edit("manifest.yaml", Span(2, 7, 2, 15), "acme-inc")
    fix = Fix("Write `acme-inc`", Safety.UNSAFE, (edit,))
    refused = (Authority(By.INSTALLER, "Dify refuses to install the plugin.", "plugin_declaration.go:99"),)
    other = Related(
        Location("tools/weather/tools/a.yaml", span=Span(1, 1, 1, 4)), "It is said here too.", excerpt="a: 1"
    )
    found = at(2, 7, 15, "manifest/author", authorities=refused, fix=fix, related=(other,))
    assert shown(of(found), "version: 1\nname: Acme Inc\nlast: 3\n")[:13] == [
        "error[manifest/author]: Wrong.",
        "  --> tools/weather/manifest.yaml:2:7",
        "  |",
        "2 | name: Acme Inc",
        "  |       ^^^^^^^^",
        "  ::: tools/weather/tools/a.yaml:1:1 It is said here too.",
        "  |",
        "1 | a: 1",
        "  = installer: Dify refuses to install the plugin.",
        "  = fix: Write `acme-inc` (look at it first)",
        "  | - name: Acme Inc",
        "  | + name: acme-inc",
        "",
    ]


@pytest.mark.parametrize(
    ("line", "start", "end", "excerpt", "caret"),
    [
        ("名前: 天気", 5, 7, "名前: 天気", "      ^^^^"),
        ("\ta: b", 5, 6, "    a: b", "       ^"),
        ("a: e\u0301x", 5, 6, "a: e\u0301x", "    ^"),
        ("a: b", 5, 5, "a: b", "    ^"),
        ("a: \u202eb", 4, 5, "a: \\u202eb", "   ^^^^^^"),
    ],
    ids=["wide", "tab", "combining", "behind the end", "invisible"],
)
def test_carets_stand_below_the_value(line: str, start: int, end: int, excerpt: str, caret: str) -> None:
    lines = shown(of(at(1, start, end)), line)
    row = next(index for index, each in enumerate(lines) if each.startswith("1 | "))
    assert lines[row][4:] == excerpt
    assert lines[row + 1][4:].rstrip() == caret


def test_a_very_long_line_keeps_the_value_in_sight() -> None:
    lines = shown(of(at(1, 5001, 5006)), "x" * 5000 + "VALUE" + "y" * 5000, width=60)
    excerpt = next(line for line in lines if line.startswith("1 | "))
    assert "…" in excerpt
    assert "VALUE" in excerpt
    assert columns(excerpt) <= 60


def test_the_most_severe_are_last() -> None:
    severities = [re.match(r"(error|warning|notice)\[", line) for line in shown(RESULT)]
    order = [match[1] for match in severities if match]
    assert order == sorted(order, key=["notice", "warning", "error"].index)
    assert set(order) == {"notice", "warning", "error"}


def test_repeats_are_folded_to_their_places() -> None:
    found = [replace(at(n, 1, 2, "locale/misspelt-key"), severity=Severity.WARNING) for n in range(1, 20)]
    lines = shown(of(*found), "a\n" * 30)
    assert sum(line.startswith("warning[") for line in lines) == 2
    assert f"17 more of locale/misspelt-key: {FILE}:{','.join(map(str, range(3, 20)))}" in lines


def test_files_that_do_not_fit_on_a_line_have_one_each_and_show_their_ends() -> None:
    base = replace(at(7, 1, 2, "locale/misspelt-key"), severity=Severity.WARNING)
    paths = ["a.yaml", f"{'folder/' * 9}b.yaml", "c.yaml"]
    found = [replace(base, location=replace(base.location, path=path)) for path in paths for _ in range(2)]
    lines = shown(of(*(replace(each, message=f"m{n}") for n, each in enumerate(found))), width=40)
    start = lines.index("4 more of locale/misspelt-key:")
    assert lines[start + 1 : start + 3] == ["  c.yaml:7", "  …/folder/folder/folder/folder/b.yaml:7"]


def test_thousands_of_findings_are_a_line_for_each_rule() -> None:
    rules = [f"schema/rule-{n}" for n in range(80)]
    found = [replace(at(n, 1, 2, rules[n % 80]), severity=Severity.NOTICE) for n in range(1, 5001)]
    lines = shown(of(*found, at(3, 1, 2)), "abc\n" * 5001)
    assert len(found) > MAX_FULL
    assert len(lines) < 60
    assert any(re.fullmatch(r"notice +63 schema/rule-1 in 1 file, first .*:1:1", line) for line in lines)
    narrow = shown(of(*found), "abc\n" * 5001, width=60)
    assert any(re.fullmatch(r"notice +63 schema/rule-1 in 1 file, first ….*:1:1", line) for line in narrow)
    assert sum(line.startswith("error[") for line in lines) == 1


def test_the_numbers_of_all_severities_stand_below_each_other() -> None:
    found = [replace(at(n, 1, 2, f"schema/rule-{n}"), severity=Severity.NOTICE) for n in range(1, MAX_FULL + 1)]
    lines = shown(of(*found, replace(at(9, 1, 2, "schema/rule-0"), severity=Severity.WARNING)))
    assert len({line.index(" schema/rule-") for line in lines if re.match(r"(notice|warning) +1 ", line)}) == 1


@pytest.mark.parametrize(
    ("message", "first"),
    [
        ("The tool disappears. Write `1.6.0`.", "The tool disappears."),
        ("`a. B` is not a file. It is a folder.", "`a. B` is not a file."),
        ("Dify 1.6.0 refuses it, e.g. for lists. Or not.", "Dify 1.6.0 refuses it, e.g. for lists."),
        ("缺少键。请添加。", "缺少键。"),
        ("A ` alone. It ends nothing.", "A ` alone. It ends nothing."),
        ("One sentence.", "One sentence."),
    ],
)
def test_the_first_sentence_is_the_headline(message: str, first: str) -> None:
    drawn = text.render(of(replace(at(1, 1, 2), message=message)), colour=True)
    assert f"\x1b[1m: {first}\x1b[0m" in drawn


def test_secrets_are_not_shown() -> None:
    assert not any("hunter2" in line for line in shown(of(at(1, 1, 8, "security/secret")), "hunter2 = 1"))


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_nothing_of_a_finding_is_wider_than_the_terminal(width: int) -> None:
    lines = shown(RESULT, width=width)
    end = next(index for index, line in enumerate(lines) if "translated" in line)
    wide = [line for line in lines[:end] if columns(line) > width and "-->" not in line]
    assert wide == []


@given(result=results(), width=st.sampled_from([None, 20, 80]))
def test_nothing_is_obeyed_and_colours_change_nothing(result: Result, width: int | None) -> None:
    plain = text.render(result, width=width, texts=lambda place: "a\x1b[31m\u202e::error::x\r\n" * 5)
    assert not any(character in plain for character in "\x1b\r\x07\u202e")
    assert not re.search(r"(?m)^\s*::", plain)
    coloured = text.render(result, width=width, colour=True, texts=lambda place: "a\x1b[31m\u202e::error::x\r\n" * 5)
    assert ANSI.sub("", coloured) == plain
