"""The runner sees just the annotations that are meant, whatever the texts."""

from __future__ import annotations

from hypothesis import given
from msgspec.structs import replace

from bot.findings import Finding, Fix, Location, Safety, Severity, Span, fingerprinted
from bot.report import workflow
from bot.review.outline import rows
from bot.review.result import Result
from tests.report import samples
from tests.report.hostile import results
from tests.report.samples import RESULT, finding
from tests.support.runner import Command, Runner


def run(text: str) -> Runner:
    runner = Runner()
    runner.feed(text)
    return runner


def result_of(*findings: Finding) -> Result:
    return replace(RESULT, findings=tuple(fingerprinted(findings)))


def test_an_annotation_for_each_row() -> None:
    runner = run(workflow.render(RESULT))
    assert [(c.name, c.properties["title"]) for c in runner.commands] == [
        ("error", "manifest/author"),
        ("error", "asset/prefix"),
        ("error", "reference/missing"),
        ("error", "schema/unknown-value"),
        ("warning", "package/secret"),
        ("warning", "locale/misspelt-key"),
        ("warning", "locale/misspelt-key"),
        ("warning", "permission/missing"),
        ("notice", "readme/missing"),
        ("notice", "locale/missing"),
    ]
    assert runner.commands[1] == Command(
        "error",
        {
            "file": "tools/weather/manifest.yaml",
            "line": "8",
            "endline": "8",
            "col": "7",
            "endcolumn": "23",
            "title": "asset/prefix",
        },
        "`_assets/icon.svg` must be written `icon.svg`: media are named from `_assets` on. The packager refuses the "
        "plugin. Fix: Write `icon.svg`.",
    )
    assert runner.commands[-1].message == "`/identity/label` has no text in `pt_BR`. 2 more like it."
    assert runner.annotations == runner.commands
    assert runner.log == ["Fix 4 errors in `tools/weather`."]


def test_of_each_level_the_first_ten_and_a_count_of_the_others() -> None:
    findings = [finding("yaml/a", Severity(1 + n % 3), f"m{n}", "a.yaml", (n + 1, 1, 2)) for n in range(45)]
    runner = run(workflow.render(result_of(*findings), elsewhere="the summary of the job"))
    assert [command.name for command in runner.commands] == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    assert runner.annotations == runner.commands
    assert runner.log[0] == "5 errors, 5 warnings and 5 notices more: see the summary of the job."


def test_what_the_step_says_of_itself_takes_room_from_the_notices() -> None:
    findings = [finding("yaml/a", Severity(1 + n % 3), f"m{n}", "a.yaml", (n + 1, 1, 2)) for n in range(45)]
    about_the_step = "".join("::notice title=Dify Plugin Review::said\n" for _ in range(2))
    runner = run(about_the_step + workflow.render(result_of(*findings), notices=2))
    assert runner.annotations == runner.commands
    assert [sum(c.name == name for c in runner.commands) for name in ("error", "warning", "notice")] == [10, 10, 10]
    assert runner.log[0] == "5 errors, 5 warnings and 7 notices more: see --format text."
    assert len(run(workflow.render(result_of(*findings), notices=11)).commands) == 20


def test_only_what_nothing_else_says() -> None:
    runner = run(workflow.render(RESULT, RESULT.active[:1]))
    assert [command.properties["title"] for command in runner.commands] == ["package/secret"]


def test_a_fix_that_has_to_be_looked_at_is_called_likely() -> None:
    for safety, word in ((Safety.SAFE, "Fix"), (Safety.UNSAFE, "Likely fix")):
        at = replace(finding("yaml/a", Severity.ERROR, "Wrong.", "a.yaml"), fix=Fix("Mend `it`", safety, ()))
        assert run(workflow.render(result_of(at))).commands[0].message == f"Wrong. {word}: Mend `it`."


def test_a_place_on_several_lines_has_no_columns() -> None:
    at = finding("yaml/a", Severity.ERROR, "m", "a.yaml")
    at = replace(at, location=replace(at.location, span=Span(3, 9, 5, 2)))
    properties = run(workflow.render(result_of(at))).commands[0].properties
    assert properties == {"file": "tools/weather/a.yaml", "line": "3", "endline": "5", "title": "yaml/a"}


def test_a_file_in_a_package_is_named_in_the_message() -> None:
    at = replace(
        finding("yaml/a", Severity.ERROR, "m", ""), location=Location("x.difypkg", "a.yaml", Span(3, 9, 3, 10))
    )
    command = run(workflow.render(result_of(at))).commands[0]
    assert command.properties == {"file": "x.difypkg", "title": "yaml/a"}
    assert command.message == "In x.difypkg!a.yaml:3:9: m"


def test_nothing_to_check_is_said() -> None:
    assert workflow.render(samples.NOTHING) == "Nothing to check: no Dify plugin is touched.\n"


def test_a_fault_is_in_the_log() -> None:
    fault = run(workflow.render(samples.BROKEN)).commands[-1]
    assert fault.name == "error"
    assert "KeyError: 'icon'" in fault.message


@given(results())
def test_no_text_is_obeyed(result: Result) -> None:
    text = workflow.render(result)
    runner = run(text)
    assert [command.name for command in runner.commands[: len(rows(result.active))]] == [
        {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "notice"}[row.severity]
        for row in sorted(rows(result.active), key=lambda row: -row.severity)
    ]
    assert all(set(c.properties) <= {"file", "line", "endline", "col", "endcolumn", "title"} for c in runner.commands)
    assert not runner.failed
    assert text.count("\n") == len(runner.commands) + len(runner.log)
    assert len(runner.commands) + len(runner.log) == len(rows(result.active)) + len(result.errors) + 1
