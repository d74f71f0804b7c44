"""Plain scalars that YAML 1.1, which the SDK reads, and yaml.v3 understand differently."""

from __future__ import annotations

import pytest

from bot.document import read_document
from bot.findings import By, Severity
from bot.format.judge.verdict import divergences, span_of, validate
from bot.format.traits import DocumentKind
from tests.format.plugins import SAMPLES

READ = "yaml/read-differently"
INPUT = 'input: "0.5"'


def change(path: str, old: str, new: str) -> tuple[DocumentKind, bytes]:
    sample = next(s for s in SAMPLES if str(s) == path)
    assert old in sample.text
    return sample.kind, sample.text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("path", "old", "new", "severity", "by", "fix"),
    [
        ("tools/tools/forecast.yaml", "default: 3", "default: yes", Severity.WARNING, By.SDK, '"yes"'),
        ("tools/tools/forecast.yaml", "default: 3", "default: 1:30", Severity.WARNING, By.SDK, '"1:30"'),
        ("tools/tools/forecast.yaml", "min: 1\n", "min: 1:30\n", Severity.ERROR, By.PACKAGER, "90"),
        ("tools/tools/forecast.yaml", "precision: 1\n", "precision: 1:00\n", Severity.ERROR, By.PACKAGER, "60"),
        ("tools/provider/weather.yaml", "default: eu", "default: No", Severity.WARNING, By.SDK, '"No"'),
        ("models/models/llm/large.yaml", "default: low", "default: off", Severity.WARNING, By.SDK, '"off"'),
        ("models/models/llm/large.yaml", "mode: chat", "mode: on", Severity.WARNING, By.SDK, '"on"'),
    ],
)
def test_read_differently(path: str, old: str, new: str, severity: Severity, by: By, fix: str) -> None:
    kind, content = change(path, old, new)
    document = read_document(path, content)
    found = divergences(document, kind)
    assert [(each.rule, each.severity) for each in found] == [("yaml/read-differently", severity)]
    assert [each.by for each in found[0].authorities] == [by]
    assert found[0].fix is not None
    assert [edit.text for edit in found[0].fix.edits] == [fix]
    span = span_of(document, found[0])
    line = content.decode().splitlines()[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == new.strip().partition(": ")[2]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        # yaml.v3 takes these words where a boolean is wanted.
        ("tools/tools/forecast.yaml", "required: true", "required: Yes"),
        ("tools/endpoints/report.yaml", "hidden: false", "hidden: off"),
        # Free-form values are nobody's to judge.
        ("tools/tools/forecast.yaml", "      type: number\noutput", "      type: yes\noutput"),
        ("tools/tools/forecast.yaml", "    temperature:\n      type: number", "    temperature:\n      const: no"),
        # What one reader alone reads cannot be read differently.
        ("models/provider/acme.yaml", "      url: https://acme.example/keys", "      url: https://acme.example/keys"),
        ("tools/tools/forecast.yaml", "            value: London", "            value: London"),
    ],
)
def test_read_alike(path: str, old: str, new: str) -> None:
    sample = next(s for s in SAMPLES if str(s) == path)
    text = sample.text.replace(old, new, 1)
    assert divergences(read_document(path, text.encode()), sample.kind) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "rule", "by"),
    [
        ("tools/tools/forecast.yaml", "min: 1\n", "min: -.inf\n", "schema/invalid-value", By.INSTALLER),
        ("tools/tools/forecast.yaml", "default: 3", "default: .nan", "schema/invalid-value", By.INSTALLER),
        ("tools/tools/forecast.yaml", "precision: 1\n", "precision: 9223372036854775808\n", READ, By.PACKAGER),
        ("models/models/llm/large.yaml", INPUT, "input: 1_000", READ, By.PACKAGER),
        ("models/models/llm/large.yaml", INPUT, "input: 0x1F", READ, By.PACKAGER),
    ],
)
def test_a_number_that_the_daemon_does_not_take(path: str, old: str, new: str, rule: str, by: By) -> None:
    kind, content = change(path, old, new)
    found = divergences(read_document(path, content), kind)
    assert [(each.rule, each.severity) for each in found] == [(rule, Severity.ERROR)]
    assert [each.by for each in found[0].authorities] == [by]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("tools/tools/forecast.yaml", "min: 1\n", "min: 1_0\n"),
        ("tools/tools/forecast.yaml", "default: 3", "default: 0x1F"),
        ("tools/tools/forecast.yaml", "precision: 1\n", "precision: 9223372036854775807\n"),
        ("tools/tools/forecast.yaml", "min: 1\n", "min: 9223372036854775808\n"),
        ("models/models/llm/large.yaml", INPUT, "input: +1.5e3"),
    ],
)
def test_a_number_that_the_daemon_takes(path: str, old: str, new: str) -> None:
    kind, content = change(path, old, new)
    assert divergences(read_document(path, content), kind) == []


def test_a_violation_covers_the_place() -> None:
    kind, content = change(
        "tools/tools/forecast.yaml", "  llm: Returns the weather forecast for a place.", "  llm: yes"
    )
    document = read_document("forecast.yaml", content)
    assert [violation.rule for violation in validate(document, kind)] == ["schema/not-text"]
    assert divergences(document, kind) == []


def test_an_alias_is_reported_once() -> None:
    text = "parameters:\n  - &p {name: a, default: &d yes}\n  - {name: b, default: *d}\n  - *p\n"
    found = divergences(read_document("x.yaml", text.encode()), DocumentKind.TOOL)
    assert len(found) == 1


def test_a_document_that_is_one_scalar() -> None:
    for text in ("yes", "1:30", "2026-01-15 08:00:00Z"):
        assert divergences(read_document("x.yaml", text.encode()), DocumentKind.TOOL) == []
