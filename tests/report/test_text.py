"""The report for a terminal is one line a finding, and nothing in it is obeyed."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from msgspec.structs import replace

from bot.findings import Finding, LocaleCoverage, Severity, Suppression, Unchecked, fingerprinted
from bot.report import text
from bot.review.result import Result
from tests.report import samples
from tests.report.hostile import results
from tests.report.samples import RESULT, finding
from tests.support.runner import Runner

OPEN = (Unchecked("python/syntax", samples.ROOT, "x", blocking=True),)
SCOPE = "1 plugin (14 files, 83 ms)"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def result_of(*findings: Finding) -> Result:
    return replace(RESULT, findings=tuple(fingerprinted(findings)))


def test_a_report() -> None:
    assert (
        text.render(RESULT, concise=True)
        == """\
tools/weather/.env warning package/secret `.env` would be packaged. Add it to `.difyignore`.

tools/weather/manifest.yaml notice readme/missing The plugin has no `README.md`.
tools/weather/manifest.yaml:3:9 error manifest/author `Acme Inc.` is not a name that Dify installs: an author has 1 to \
64 of `a-z`, `0-9`, `-` and `_`. The plugin packages, but Dify refuses to install it.
    fix: Write `acme-inc` (unsafe)
tools/weather/manifest.yaml:7:3 warning locale/misspelt-key `ja_Jp` is read by nobody: Japanese is `ja_JP`. Users see \
English instead.
    fix: Rename the key to `ja_JP` (safe)
tools/weather/manifest.yaml:8:7 error asset/prefix `_assets/icon.svg` must be written `icon.svg`: media are named \
from `_assets` on. The packager refuses the plugin.
    fix: Write `icon.svg` (safe)
tools/weather/manifest.yaml:12:15 warning permission/missing `tools/forecast.py` calls a model \
(`self.session.model.llm.invoke`), but the manifest does not ask for the permission `model`. The call fails.

tools/weather/provider/weather.yaml:31:5 error reference/missing There is no file `tools/alerts.yaml`. The packager \
refuses the plugin.

tools/weather/tools/forecast.yaml:4:5 notice locale/missing `/identity/label` has no text in `pt_BR`. (2 more like it)
tools/weather/tools/forecast.yaml:6:5 warning locale/misspelt-key `ja_Jp` is read by nobody: Japanese is `ja_JP`. \
Users see English instead.
    fix: Rename the key to `ja_JP` (safe)
tools/weather/tools/forecast.yaml:13:11 error schema/unknown-value `strng` is not one of the types that a parameter \
can have; did you mean `string`? The plugin packages and installs, but does not start: the SDK refuses the tool.
    fix: Write `string` (safe)

           translated       missing       copied  set aside
tools/weather
  zh_Hans  40/41  97% (+2)        1 (+1)       0          5
  pt_BR    30/41  73% (−1)        9 (+4)       2          5
  ja_JP     0/41   0%            41 (+3)       0          5
`dify-plugin-review fix --translate ja_JP tools/weather` puts in the translations that are known, for a speaker to read.

9 findings that 1d2c3b4a5f has too: not counted
2 findings of 1d2c3b4a5f: fixed
not judged: tools/weather/a.py is a symbolic link
not checked: marketplace/version-exists in `tools/weather`: no marketplace address is configured
4 fixable with `dify-plugin-review fix` (1 more with --unsafe)
✗ 4 errors, 4 warnings and 4 notices in 1 plugin (14 files, 83 ms)
"""
    )


def test_what_fix_cannot_write_is_not_called_fixable() -> None:
    packed = replace(RESULT, findings=tuple(replace(item, plugin="weather.difypkg") for item in RESULT.findings))
    assert "4 fixable with" in text.render(RESULT)
    assert "fixable" not in text.render(packed, statistics=True)


def test_quiet_is_errors_and_the_verdict() -> None:
    lines = text.render(RESULT, concise=True, quiet=True).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("tools/")] == ["error"] * 4
    assert lines[-1].startswith("✗ 4 errors")
    assert "set aside" not in "".join(lines)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (samples.PASSED, "✓ Nothing new to fix in " + SCOPE),
        (replace(samples.PASSED, findings=()), "✓ Nothing to fix in " + SCOPE),
        (
            samples.NOTHING,
            "– Nothing to check: no manifest.yaml of a Dify plugin or bundle, and no .difypkg file",
        ),
        (
            samples.BROKEN,
            "! The review did not finish: 4 errors, 4 warnings and 4 notices found so far in " + SCOPE,
        ),
        (replace(RESULT, fail_on=None), f"– 4 errors, 4 warnings and 4 notices in {SCOPE}; nothing was asked to block"),
        (
            replace(samples.PASSED, unchecked=OPEN),
            f"! Not judged: `python/syntax` in `{samples.ROOT}`; Nothing new to fix in {SCOPE}",
        ),
    ],
)
def test_the_last_line_is_the_verdict(result: Result, verdict: str) -> None:
    assert text.render(result, concise=True).splitlines()[-1] == verdict


def test_nothing_to_check_is_one_line() -> None:
    assert text.render(samples.NOTHING, concise=True).count("\n") == 1


def test_a_fault_of_the_tool_is_told() -> None:
    assert "The review failed: The rule asset/prefix failed on tools/weather: KeyError: 'icon'" in text.render(
        samples.BROKEN
    )


def test_colour_changes_no_word() -> None:
    coloured = text.render(RESULT, concise=True, colour=True)
    assert coloured != text.render(RESULT, concise=True)
    assert ANSI.sub("", coloured) == text.render(RESULT, concise=True)


def test_many_notices_are_counted() -> None:
    notices = [finding("yaml/a", Severity.NOTICE, f"m{n}", "a.yaml", (n + 1, 1, 2)) for n in range(50)]
    warnings = [finding("yaml/b", Severity.WARNING, f"m{n}", "a.yaml", (n + 1, 1, 2)) for n in range(50)]
    report = text.render(result_of(*notices, *warnings), concise=True)
    assert report.count(" notice yaml/a ") == 20
    assert report.count(" warning yaml/b ") == 50
    assert "and 30 notices more; --format json has all of them\n" in report


def test_suppressed_findings_are_counted() -> None:
    hidden = finding("yaml/a", Severity.ERROR, "m", "a.yaml", suppressed=Suppression("a.yaml:1", "because"))
    assert "1 finding suppressed\n" in text.render(result_of(hidden), concise=True)


def test_translations_of_many_plugins_the_least_complete_first() -> None:
    plugins = tuple(
        replace(samples.SUMMARY, root=f"tools/p{n:02}", locales={"ja_JP": LocaleCoverage(n, 24)}, base_locales={})
        for n in range(25)
    )
    lines = text.render(replace(RESULT, plugins=plugins), concise=True).splitlines()
    rows = [index for index, line in enumerate(lines) if "/24 " in line]
    assert [lines[index - 1] for index in rows] == [f"tools/p{n:02}" for n in range(3)]
    assert lines[rows[-1] + 1] == "and 21 plugins more"


def test_without_a_base_nothing_is_in_brackets() -> None:
    plugin = replace(samples.SUMMARY, base_locales={})
    report = text.render(replace(samples.PASSED, plugins=(plugin,), compared_to=None, fixed=None), concise=True)
    assert "  pt_BR    30/41  73%        9       2          5\n" in report


def test_what_the_change_does_nothing_to_needs_no_table() -> None:
    same = replace(samples.SUMMARY, base_locales=samples.SUMMARY.locales)
    assert "set aside" not in text.render(replace(samples.RESULT, plugins=(same,)), concise=True)


def test_complete_translations_need_no_table() -> None:
    complete = {"en_US": LocaleCoverage(9, 9), "ja_JP": LocaleCoverage(9, 9)}
    whole = replace(samples.SUMMARY, locales=complete, base_locales={})
    assert "set aside" not in text.render(replace(samples.PASSED, plugins=(whole,)), concise=True)


@given(results())
def test_no_text_is_obeyed_by_terminal_or_runner(result: Result) -> None:
    report = text.render(result, concise=True)
    assert {c for c in report if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"}} <= {"\n"}
    assert Runner().feed(report) == []
    assert ANSI.sub("", text.render(result, concise=True, colour=True)) == report


def test_statistics_count_the_findings_of_each_rule() -> None:
    lines = text.render(RESULT, concise=True, statistics=True).splitlines()
    counted = [line for line in lines if re.match(r" +\d+ (error|warning|notice) ", line)]
    assert counted[0] == "     3 notice  locale/missing"
    assert "     2 warning locale/misspelt-key (2 fixable)" in counted
    assert sum(int(line.split()[0]) for line in counted) == len(RESULT.active)
