"""A finding as an editor shows it."""

from __future__ import annotations

from lsprotocol.types import DiagnosticSeverity, DiagnosticTag, Position, Range

from bot.editor.diagnostics import diagnostic, message_of
from bot.findings import Authority, By, Finding, Location, Related, Severity

HERE = Range(Position(1, 2), Position(1, 5))


def finding(**more: object) -> Finding:
    return Finding("schema/unknown-key", Severity.NOTICE, "`a` has no effect.", Location("a.yaml"), ".", **more)  # type: ignore[arg-type]


def test_what_then_happens_stands_below_what_is_wrong() -> None:
    refuses = Authority(By.PACKAGER, "The packager refuses it.", "")
    said = Authority(By.SDK, "`a` has no effect.", "")
    assert message_of(finding(authorities=(refuses, refuses, said))) == (
        "`a` has no effect.\npackager: The packager refuses it."
    )


def test_what_could_go_is_faded() -> None:
    shown = diagnostic(finding(), HERE, lambda *_: None)
    assert shown.tags == [DiagnosticTag.Unnecessary]
    assert shown.severity is DiagnosticSeverity.Information
    assert (shown.code, shown.range) == ("schema/unknown-key", HERE)


def test_other_places_are_linked_where_they_can_be_opened() -> None:
    now, before = Related(Location("b.yaml"), "Here too."), Related(Location("b.yaml"), "It was here.", before=True)
    shown = diagnostic(finding(related=(now, before)), HERE, lambda *_: ("file:///b.yaml", HERE))
    assert [(item.location.uri, item.message) for item in shown.related_information or ()] == [
        ("file:///b.yaml", "Here too.")
    ]
    assert diagnostic(finding(related=(now,)), HERE, lambda *_: None).related_information is None
