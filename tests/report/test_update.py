"""What the summary says of an update: first, and old beside new, each linked."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from bot.comments.plan import plan
from bot.findings import Location, Related, Severity, Span, fingerprinted
from bot.report import markdown, words
from bot.report.links import Context
from bot.review.result import Result
from bot.upgrade.update import Break, Update
from tests.report.samples import CONTEXT, RESULT, ROOT, SUMMARY, finding

LINKED = replace(CONTEXT, base_url="https://github.com/acme/plugins/blob/1d2c3b4a5f6e")


def place(path: str, line: int) -> Location:
    return Location(f"{ROOT}/{path}", span=Span(line, 5, line, 9))


def row(name: str) -> Break:
    before, after = place("tools/old.yaml", 17), place("tools/new.yaml", 16)
    return Break(
        "tool-removed", f"`{name}`", "gone", f"The tool `{name}` is gone.", "It fails.", "Keep it.", before, after
    )


UPDATE = Update("0.1.0", "0.1.1", False, "0.2.0", 2, (row("a"), row("b|c")), ("A default changed.",), ("`x` is new.",))


def result_with(update: Update) -> Result:
    said = [
        finding("upgrade/feature-removed", Severity.WARNING, each.change, "tools/new.yaml", (16, 5, 9))
        for each in update.breaks
    ]
    said = [replace(item, related=(Related(place("tools/old.yaml", 17), "`a` before", before=True),)) for item in said]
    return replace(RESULT, plugins=(replace(SUMMARY, update=update),), findings=tuple(fingerprinted(said)))


def summary(update: Update, context: Context = LINKED) -> str:
    return markdown.summary_comment(replace(plan(result_with(update)), on_change=True), context)


def test_the_update_is_the_first_thing_after_the_verdict() -> None:
    body = summary(UPDATE)
    _, first = body.split("\n\n")[:2]
    assert first.startswith("**This update `0.1.0` → `0.1.1` breaks 2 things for existing users**.")
    assert "`0.2.0` would announce it." in first


def test_old_and_new_are_linked_each_at_its_revision() -> None:
    body = summary(UPDATE)
    old = f"https://github.com/acme/plugins/blob/1d2c3b4a5f6e/{ROOT}/tools/old.yaml#L17"
    new = f"{CONTEXT.files_url}/{ROOT}/tools/new.yaml#L16"
    assert f"| [`a`]({old}) | [gone]({new}) | It fails. |" in body
    assert "| [<code>b&#124;c</code>](" in body
    assert "https://" not in "".join(line for line in summary(UPDATE, Context()).splitlines() if line.startswith("| `"))


def test_many_breaks_are_counted_and_each_finding_has_its_place_below() -> None:
    body = summary(replace(UPDATE, count=30, breaks=tuple(row(f"tool{number}") for number in range(30))))
    assert "… and 18 more." in body
    assert all(f"The tool `tool{number}` is gone." in body for number in range(30))


def test_what_else_changes_is_folded() -> None:
    body = summary(UPDATE)
    assert "<summary>What else this update changes: 2</summary>\n\n- A default changed.\n- `x` is new.\n" in body
    quiet = replace(UPDATE, count=0, breaks=())
    assert "<summary>What this update changes: 2</summary>" in summary(quiet)
    assert "breaks" not in summary(quiet)


def test_an_update_that_changes_nothing_is_not_mentioned() -> None:
    assert "update" not in summary(Update("0.1.0", "0.1.1", False, "0.2.0"))


def test_the_size_of_a_comment_holds_whatever_an_update_brings() -> None:
    text = "`" + "x" * 900 + "` is new."
    big = replace(UPDATE, breaks=tuple(row("y" * 500) for _ in range(150)), news=(text,) * 150, lesser=(text,) * 150)
    result = result_with(big)
    result = replace(result, plugins=result.plugins * 15)
    assert markdown.COMMENT_LIMIT.holds(markdown.summary_comment(plan(result), LINKED))


@pytest.mark.parametrize(
    ("update", "headline", "step"),
    [
        (Update("1.0.0", "2.0.0", True, "2.0.0", 1), "`1.0.0` → `2.0.0` breaks 1 thing for existing users", ""),
        (Update("1", None, False, None, 0), "`1` → no version breaks nothing that workspaces have stored", ""),
        (
            Update("1", "2", False, None, 1),
            "`1` → `2` breaks 1 thing for existing users",
            "The version announces no break",
        ),
    ],
)
def test_the_words(update: Update, headline: str, step: str) -> None:
    assert words.update_headline(update) == headline
    assert re.match(step or "$", words.update_step(update))
