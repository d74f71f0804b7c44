"""In which order and groups people read findings."""

from __future__ import annotations

from msgspec.structs import replace

from bot.findings import Confidence, Finding, Location, Severity, Span
from bot.review.outline import outline, rows


def made(rule: str, severity: Severity, line: int = 1, plugin: str = "a", group: str | None = None) -> Finding:
    location = Location(f"{plugin}/manifest.yaml", None, Span(line, 1, line, 2))
    return Finding(rule, severity, f"{rule} {line}", location, plugin, group=group)


def test_the_most_severe_is_read_first_and_then_the_surest_and_then_by_place() -> None:
    error = made("yaml/tab", Severity.ERROR, 9)
    likely = replace(made("yaml/tab", Severity.ERROR, 1), confidence=Confidence.LIKELY)
    second, first = made("asset/prefix", Severity.WARNING, 5), made("asset/prefix", Severity.WARNING, 4)
    assert [row.first for row in rows([second, likely, first, error])] == [error, likely, first, second]


def test_findings_of_a_group_are_one_row() -> None:
    group = [made("locale/missing", Severity.NOTICE, line, group="zh_Hans") for line in (3, 1, 2)]
    (row,) = rows(group)
    assert [finding.location.span.line for finding in row.findings if finding.location.span] == [1, 2, 3]
    assert row.line == 1


def test_a_group_is_of_one_rule_and_one_plugin() -> None:
    one = made("locale/missing", Severity.NOTICE, group="x")
    others = [replace(one, rule="locale/copied"), replace(one, plugin="b"), replace(one, group="y")]
    assert len(rows([one, *others])) == 4
    alone = replace(one, group=None)
    assert len(rows([alone, alone])) == 2


def test_a_row_is_as_severe_as_its_worst_finding() -> None:
    group = [made("asset/size", severity, group="x") for severity in Severity]
    (row,) = rows(group)
    assert row.severity is Severity.ERROR
    assert row.first.severity is Severity.ERROR


def test_a_finding_about_a_whole_file_has_no_line() -> None:
    (row,) = rows([replace(made("asset/size", Severity.ERROR), location=Location("a/x.svg"))])
    assert row.line == 0


def test_plugins_and_rules_stand_in_the_order_of_their_worst() -> None:
    findings = [
        made("asset/size", Severity.NOTICE, plugin="a"),
        made("yaml/tab", Severity.WARNING, plugin="a"),
        made("asset/size", Severity.ERROR, plugin="b"),
        made("yaml/tab", Severity.NOTICE, plugin="b"),
    ]
    told = outline(findings)
    assert [(plugin.plugin, [rule.rule for rule in plugin.rules]) for plugin in told] == [
        ("b", ["asset/size", "yaml/tab"]),
        ("a", ["yaml/tab", "asset/size"]),
    ]
    assert [rule.severity for rule in told[0].rules] == [Severity.ERROR, Severity.NOTICE]
    assert sorted(finding.message for plugin in told for finding in plugin.findings) == sorted(
        finding.message for finding in findings
    )
    assert outline([]) == ()
