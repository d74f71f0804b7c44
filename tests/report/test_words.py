"""The words that all reports share say just what is the case."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from msgspec.structs import astuple, replace

from bot.findings import LocaleCoverage, Location, Severity, Unchecked
from bot.options import Profile
from bot.report import words
from bot.report.html import render as render_html
from bot.report.markdown import render_report
from bot.report.text import render as render_text
from bot.report.words import Gap
from bot.review.result import Asked, Result
from tests.report.samples import RESULT, ROOT, SUMMARY, finding
from tests.report.test_escape import nasty


@pytest.mark.parametrize(
    ("number", "text"), [(0, "no error"), (1, "1 error"), (2, "2 errors"), (12_345, "12,345 errors")]
)
def test_counted(number: int, text: str) -> None:
    assert words.counted(number, "error") == text


@pytest.mark.parametrize(
    ("severities", "text"),
    [
        ([], ""),
        ([Severity.NOTICE], "1 notice"),
        ([Severity.NOTICE, Severity.ERROR, Severity.ERROR], "2 errors and 1 notice"),
        (list(Severity), "1 error, 1 warning and 1 notice"),
    ],
)
def test_tally(severities: list[Severity], text: str) -> None:
    assert words.tally(finding("yaml/a", severity, "m", "a.yaml") for severity in severities) == text


@pytest.mark.parametrize(
    ("coverage", "percent"),
    [
        (LocaleCoverage(0, 0), 100),
        (LocaleCoverage(0, 9), 0),
        (LocaleCoverage(9, 9), 100),
        (LocaleCoverage(999, 1000), 99),
    ],
)
def test_only_what_is_complete_is_100_percent(coverage: LocaleCoverage, percent: int) -> None:
    assert words.percent(coverage) == percent


WHOLE = LocaleCoverage(9, 9)
PARTS = LocaleCoverage(6, 9, missing=2, copied=1)


def told(
    locales: dict[str, LocaleCoverage],
    base_locales: dict[str, LocaleCoverage],
    *,
    base: str | None = "main",
    changed: bool = True,
) -> dict[str, str]:
    """What the table of translations says of each locale about the change in translated, missing and copied texts."""
    plugin = replace(SUMMARY, locales=locales, base_locales=base_locales)
    tables = words.translations(replace(RESULT, plugins=(plugin,), compared_to=base), changed=changed)
    return {row.locale: " ".join(map(words.signed, astuple(row.change))) for table in tables for row in table.locales}


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        pytest.param(PARTS, WHOLE, "(−3) (+2) (+1)", id="lost"),
        pytest.param(WHOLE, PARTS, "(+3) (−2) (−1)", id="completed"),
        pytest.param(LocaleCoverage(9, 1_209, 1_200), WHOLE, " (+1,200) ", id="more to translate"),
        pytest.param(LocaleCoverage(12, 12), WHOLE, None, id="more, all of it translated"),
        pytest.param(PARTS, PARTS, None, id="as before"),
        pytest.param(PARTS, None, "  ", id="new plugin"),
        pytest.param(WHOLE, None, None, id="new plugin that lacks nothing"),
        pytest.param(LocaleCoverage(0, 0), LocaleCoverage(0, 0), None, id="nothing to translate"),
    ],
)
def test_a_locale_is_told_with_the_change_against_the_base(
    now: LocaleCoverage, before: LocaleCoverage | None, change: str | None
) -> None:
    told_of = told({"ja_JP": now}, {"ja_JP": before} if before is not None else {})
    assert told_of.get("ja_JP") == change


def test_locales_that_lack_texts_stand_beside_those_that_change() -> None:
    locales = {"en_US": WHOLE, "zh_Hans": WHOLE, "pt_BR": PARTS, "ja_JP": PARTS}
    before = {"en_US": WHOLE, "zh_Hans": WHOLE, "pt_BR": PARTS, "ja_JP": WHOLE}
    assert list(told(locales, before)) == ["pt_BR", "ja_JP"]


@pytest.mark.parametrize(("base", "changed"), [(None, True), ("main", False)])
def test_without_a_change_to_tell_all_that_lacks_is_told(base: str | None, changed: bool) -> None:
    locales = {"en_US": LocaleCoverage(8, 9, missing=1), "zh_Hans": WHOLE, "ja_JP": PARTS}
    assert list(told(locales, locales, base=base, changed=changed)) == ["en_US", "ja_JP"]


def test_plugins_that_lack_most_are_first() -> None:
    lacking = {"a": LocaleCoverage(0, 3, 3), "b": LocaleCoverage(1, 9, 8), "c": LocaleCoverage(0, 8, 4, 4), "d": WHOLE}
    plugins = tuple(replace(SUMMARY, root=root, locales={"ja_JP": of}, base_locales={}) for root, of in lacking.items())
    tables = words.translations(replace(RESULT, plugins=plugins), changed=True)
    assert [table.plugin for table in tables] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("location", "plugin", "place"),
    [
        (Location("tools/x/a.yaml"), None, "tools/x/a.yaml"),
        (Location("tools/x/a.yaml"), "tools/x", "a.yaml"),
        (Location("tools/xy/a.yaml"), "tools/x", "tools/xy/a.yaml"),
        (Location("a.yaml"), ".", "a.yaml"),
        (Location("x.difypkg", "a.yaml"), None, "x.difypkg!a.yaml"),
        (Location("x.difypkg", "a.yaml"), "x.difypkg", "a.yaml"),
        (Location("x.difypkg"), "x.difypkg", "x.difypkg"),
    ],
)
def test_a_file_is_named_from_its_plugin_on(location: Location, plugin: str | None, place: str) -> None:
    assert words.place(replace(finding("yaml/a", Severity.ERROR, "m", ""), location=location), plugin) == place


def test_gaps_of_many_plugins_are_one() -> None:
    gaps = [Unchecked("yaml/a", f"p{n}", "offline") for n in range(5)] + [Unchecked("yaml/a", "p9", "too large")]
    assert words.gaps(replace(RESULT, unchecked=tuple(gaps))) == [
        Gap("yaml/a", "5 plugins", "offline"),
        Gap("yaml/a", "`p9`", "too large"),
    ]


def test_the_command_repeats_the_review() -> None:
    tool = "dify-plugin-review check"
    assert words.reproduce(replace(RESULT, compared_to=None)) == f"{tool} {ROOT}"
    strict = replace(RESULT, profile=Profile.MARKETPLACE, fail_on=Severity.WARNING, compared_to="main")
    assert words.reproduce(strict) == f"{tool} {ROOT} --profile marketplace --fail-on warning --base main"
    assert words.reproduce(replace(RESULT, fail_on=None, compared_to="a b; c")) == f"{tool} {ROOT} --fail-on never"
    assert words.reproduce(replace(RESULT, compared_to="HEAD~1")) == f"{tool} {ROOT} --base 'HEAD~1'"
    asked = Asked("a b.yml", True, ("locale", "yaml/syntax"), ("asset",), ("ja_JP",), "2026-05-27", "1.9.0", "b.json")
    assert words.reproduce(replace(RESULT, compared_to=None, asked=asked)) == (
        f"{tool} {ROOT} '--config=a b.yml' --baseline=b.json --no-config --select locale,yaml/syntax --ignore asset "
        "--locales ja_JP --policy 2026-05-27 --dify 1.9.0"
    )
    many = replace(RESULT, plugins=(SUMMARY,) * 9, compared_to=None)
    assert words.reproduce(many) == tool


@given(nasty)
def test_no_name_of_a_plugin_is_more_than_an_argument(root: str) -> None:
    command = words.reproduce(replace(RESULT, plugins=(replace(SUMMARY, root=root),), compared_to=root))
    assert command.isprintable()
    arguments = shlex.split(command)
    assert arguments[:2] == ["dify-plugin-review", "check"]
    assert set(arguments[2:]) <= {root, f"./{root}", "--base"}
    assert not arguments[2:] or arguments[2] == "--base" or not arguments[2].startswith("-")


def test_a_plugin_in_the_working_directory_is_called_by_its_name() -> None:
    alone = replace(RESULT, plugins=(replace(SUMMARY, root="."),))
    alone = replace(alone, findings=tuple(replace(f, plugin=".") for f in RESULT.findings), unchecked=())
    texts = (words.headline(alone), render_html(alone), render_report(alone), render_text(alone))
    for text in texts:
        assert "weather" in text
        assert not re.search(r"<code>\.</code>|`\.`|^\.$", text, re.MULTILINE)
    nameless = replace(alone, plugins=(replace(SUMMARY, root=".", name=None),))
    assert words.headline(nameless).endswith("in `.`")


def test_every_noun_that_is_counted_is_in_the_table() -> None:
    bot = Path(words.__file__).parents[1]
    code = "\n".join(path.read_text(encoding="utf-8") for path in bot.rglob("*.py"))
    templates = "\n".join(path.read_text(encoding="utf-8") for path in bot.rglob("*.j2"))
    counted = {noun for found in re.findall(r"\bcounted\(.*\)", code) for noun in re.findall(r'"([a-z ]+)"', found)}
    nouns = counted | set(re.findall(r'\bcounted\("([a-z ]+)"\)', templates))
    assert len(nouns) > 12
    for noun in nouns:
        assert words.counted(2, noun) == f"2 {noun}s"


@pytest.mark.parametrize(
    ("translated", "total", "bar"),
    [
        (0, 41, "░░░░░░░░░░"),
        (1, 400, "█░░░░░░░░░"),
        (20, 40, "█████░░░░░"),
        (399, 400, "█████████░"),
        (41, 41, "██████████"),
        (0, 0, "██████████"),
    ],
)
def test_a_bar_is_full_only_when_nothing_lacks(translated: int, total: int, bar: str) -> None:
    assert words.bar(LocaleCoverage(translated, total)) == bar


def test_known_translations_are_offered_for_the_locale_that_lacks_most() -> None:
    locales = {
        "en_US": LocaleCoverage(0, 9, 9),
        "pt_BR": LocaleCoverage(4, 9, 5),
        "ja_JP": LocaleCoverage(1, 9, 8),
        "zh_Hans": LocaleCoverage(0, 9, 0, 9),
    }
    plugin = replace(SUMMARY, root="tools/weather", locales=locales)
    offer = words.known_translations(Result(Profile.AUTHOR, None, (plugin,)))
    assert offer.startswith("`dify-plugin-review fix --translate ja_JP tools/weather` puts in the translations")


def test_nothing_is_offered_where_nothing_lacks_or_can_be_written() -> None:
    whole = replace(SUMMARY, locales={"ja_JP": LocaleCoverage(9, 9)})
    package = replace(SUMMARY, root="acme/weather/weather.difypkg", locales={"ja_JP": LocaleCoverage(1, 9, 8)})
    assert words.known_translations(Result(Profile.AUTHOR, None, (whole, package))) == ""
