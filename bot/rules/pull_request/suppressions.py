"""Rules about comments that ask to ignore findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.errors import closest
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote, quote_list
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.suppression_comments import SuppressionComment, suppression_comments
from bot.rules.registry import FAMILIES, Example, Hit, catalogue, rule

_PROJECT = "README, “Configuration”"


@rule(
    "pull-request/suppression-without-reason",
    severity=Severity.WARNING,
    summary="A suppression comment gives no reason.",
    why="Whoever reads the file next cannot tell whether the finding was judged or only silenced. A comment without a "
    "reason has no effect.",
    fix="Write why the finding does not matter here, behind the brackets.",
    authorities=(Authority(By.PROJECT, "The comment has no effect.", _PROJECT),),
    bad=Example("# dify-plugin-review: ignore[schema/unknown-key]\nmaintainer: acme\n"),
    good=Example("# dify-plugin-review: ignore[schema/unknown-key] read by our release script\nmaintainer: acme\n"),
)
def suppression_without_reason(plugin: Plugin) -> Iterator[Hit]:
    for comment in suppression_comments(plugin):
        if comment.names and not comment.reason:
            yield about(
                comment, say("The comment gives no reason, so it suppresses nothing: write it behind the brackets.")
            )


@rule(
    "pull-request/unused-suppression",
    severity=Severity.WARNING,
    summary="A suppression comment suppresses nothing.",
    why="What it was written for is gone, is elsewhere, or is called otherwise. Left in place, it would hide the next "
    "mistake on its line.",
    fix="Remove the comment, or the name in it that suppresses nothing. It speaks of its own line; alone on a line, "
    "also of the next.",
    authorities=(Authority(By.PROJECT, "The comment has no effect.", _PROJECT),),
    bad=Example("# dify-plugin-review: ignore[schema/unknown-key] read by our release script\nversion: 0.1.0\n"),
    good=Example("# dify-plugin-review: ignore[schema/unknown-key] read by our release script\nmaintainer: acme\n"),
)
def unused_suppression(plugin: Plugin) -> Iterator[Hit]:
    """What shows from the comment alone; the rest takes the other rules' findings and is added by the policy."""
    for comment in suppression_comments(plugin):
        if not comment.names:
            form = "`dify-plugin-review: ignore[rule] reason`"
            yield about(comment, say("The comment suppresses nothing: it is not of the form {form}.", form=form))
        for name in unknown_names(comment):
            meant = closest(name, (*FAMILIES, *catalogue()))
            hint = say(" Did you mean {meant}?", meant=quote(meant)) if meant else ""
            yield about(
                comment, say("There is no rule or family {name}.{hint}", name=quote(name), hint=hint), detail=name
            )


def unused(comment: SuppressionComment, names: Sequence[str]) -> Hit:
    """The hit for a comment of which `names` suppress nothing."""
    fix = None
    if len(names) == len(comment.names) and comment.removal is not None:
        fix = Fix(say("Remove the comment"), Safety.SAFE, (Edit(comment.path, comment.removal, ""),))
    where = say("this line") if len(comment.lines) == 1 else say("line {line}", line=comment.lines[-1])
    message = say(
        "The comment suppresses nothing: there is no finding of {names} on {where}.",
        names=quote_list(names),
        where=where,
    )
    return about(comment, message, detail=",".join(names), fix=fix)


def about(comment: SuppressionComment, message: str, detail: str = "", fix: Fix | None = None) -> Hit:
    """A hit at a suppression comment."""
    return Hit(message, comment.path, comment.span, subject=f"{comment.text}\0{detail}", fix=fix)


def unknown_names(comment: SuppressionComment) -> tuple[str, ...]:
    """The names in a comment that belong to no rule and no family."""
    return tuple(name for name in comment.names if name not in FAMILIES and name not in catalogue())
