"""Rules about YAML values that readers understand otherwise than they look."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document import ProblemCode
from bot.findings import Authority, By, Severity
from bot.format.judge.fields import resolve
from bot.format.kinds import MODELS
from bot.messages import say, sentences
from bot.plugin import LinkedDocument, Plugin
from bot.rules.registry import Example, Hit, rule, violations
from bot.rules.yaml.aliases import looked_at
from bot.rules.yaml.problems import LIMIT, SDK, problem_hits


@rule(
    "yaml/duplicate-key",
    severity=Severity.ERROR,
    summary="A mapping has the same key twice.",
    why="The packager refuses a document that it decodes with a key given twice. In parts that it does not decode "
    "(unknown keys, `extra`) the last one silently wins, and what the first said is lost.",
    fix="Keep one of the two. Often the second was meant for another mapping and is indented wrongly.",
    authorities=(
        Authority(By.PACKAGER, "The packager refuses the plugin.", "yaml.v3 decode.go, decoder/helper.go:22"),
    ),
    bad=Example("label:\n  en_US: Weather\n  en_US: Forecast\n"),
    good=Example("label:\n  en_US: Weather\n  zh_Hans: 天气\n"),
)
def duplicate_key(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.documents.values():
        for problem in linked.document.problems:
            if problem.code is ProblemCode.DUPLICATE_KEY and problem.pointer is not None:
                mapping = problem.pointer[:-1]
                kept = looked_at(linked.kind, mapping)
                decoded = not kept and _decoded_by_daemon(linked, mapping)
                end = "The packager refuses the plugin." if decoded else "The last one wins, the first is lost."
                if kept:
                    end = say("Dify takes both, the SDK only the last.")
                yield Hit(
                    sentences(problem.message, end),
                    linked.path,
                    problem.span,
                    problem.pointer,
                    severity=Severity.ERROR if decoded else Severity.WARNING,
                    subject=problem.subject,
                    anchor=linked.document.anchor(problem.pointer),
                )


def _decoded_by_daemon(linked: LinkedDocument, mapping: tuple[str | int, ...]) -> bool:
    """Whether the daemon decodes the mapping: only then does yaml.v3 notice a duplicate."""
    model = MODELS.get(linked.kind)
    if model is None:
        return False
    for length in range(len(mapping), -1, -1):
        field = resolve(model, mapping[:length])
        if field is not None:
            # Below a field of free form the daemon decodes everything; below a model it skips unknown keys.
            return field.read_by_daemon and (length == len(mapping) or not field.models)
    return False


@rule(
    "yaml/complex-key",
    severity=Severity.ERROR,
    summary="A mapping or a list is used as a key.",
    why="The SDK's reader cannot make a key of it, and the plugin does not start. Usually a `?` or a `{` was not "
    "meant.",
    fix="Write a plain key, or put the text in quotes.",
    authorities=SDK,
    bad=Example("label:\n  {en_US}: Weather\n"),
    good=Example("label:\n  en_US: Weather\n"),
)
def complex_key(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.COMPLEX_KEY)


@rule(
    "yaml/unknown-tag",
    severity=Severity.ERROR,
    summary="A value carries a tag that the SDK does not know.",
    why="The SDK loads YAML safely and refuses every tag beyond the standard ones.",
    fix="Remove the tag, or put the text in quotes if the `!` belongs to it.",
    authorities=SDK,
    bad=Example("label:\n  en_US: !upper Weather\n"),
    good=Example('label:\n  en_US: "!upper Weather"\n'),
)
def unknown_tag(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.UNKNOWN_TAG, end=say("The plugin does not start."))


@rule(
    "yaml/unreadable-value",
    severity=Severity.ERROR,
    summary="A value has the form of a number, date or other special value, but is not one.",
    why="PyYAML takes `2026-02-30` for a date and a bare `=` for a value of its own, and then fails on it.",
    fix="Put the value in quotes.",
    authorities=SDK,
    bad=Example("created_at: 2026-02-30\n"),
    good=Example("created_at: 2026-02-28\n"),
)
def unreadable_value(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.BAD_SCALAR)


@rule(
    "yaml/excessive",
    severity=Severity.ERROR,
    summary="The file nests absurdly deep, holds absurdly many values, or its aliases expand without bound.",
    why="No plugin needs it, and readers run out of memory or stack on it.",
    fix="Write the values out, flatter.",
    authorities=LIMIT,
    bad=Example("tags: &tags [*tags]\n"),
    good=Example("tags: [weather]\n"),
)
def excessive(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.TOO_DEEP, ProblemCode.TOO_MANY, ProblemCode.ALIAS_BOMB)


@rule(
    "yaml/read-differently",
    severity=Severity.ERROR,
    summary="The packager and the SDK read a value differently.",
    why="The SDK reads YAML 1.1, where `1:30` is ninety and `no` is false; the packager reads them as text. It refuses "
    "text where a number belongs, and where anything may stand it passes on another value than the SDK sees.",
    fix="Write numbers in decimal, `true` or `false` for booleans, and put text in quotes.",
    authorities=(Authority(By.PACKAGER, "The packager refuses the plugin.", "yaml.v3 decode.go"),),
    bad=Example("resource:\n  memory: 20:42:52:16\n"),
    good=Example("resource:\n  memory: 4474936\n"),
)
def read_differently(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "yaml/read-differently")
