"""Rules about `.difyignore` and `.gitignore`."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote, quote_list
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.ignore import Pattern
from bot.rules.registry import Example, Hit, rule


@rule(
    "package/negated-pattern",
    severity=Severity.WARNING,
    summary="A pattern with `!` in the ignore file takes nothing back.",
    why="The packager asks each pattern by itself, and the first that excludes a file wins. Unlike git, it ignores "
    "patterns with `!`: the file stays out of the package.",
    fix="Narrow the pattern that excludes the file.",
    authorities=(Authority(By.PACKAGER, "The file is not packed.", "decoder/fs.go:94"),),
    bad=Example("*.md\n!PRIVACY.md\n", path=".difyignore", whole=True),
    good=Example("docs/*.md\n!PRIVACY.md\n", path=".difyignore", whole=True),
)
def negated_pattern(plugin: Plugin) -> Iterator[Hit]:
    ignore = plugin.packing.ignore
    negated = [pattern for pattern in ignore.patterns if pattern.negated]
    if not negated:
        return
    lost: dict[Pattern, list[str]] = {}
    for path in plugin.tree.entries():
        names = path.split("/")
        for pattern in negated:
            if _is_about(pattern, names) and ignore.excluding(path) is not None:
                lost.setdefault(pattern, []).append(path)
    for pattern, paths in lost.items():
        message = say(
            "{text} has no effect: {paths} stays out of the package.",
            text=quote(pattern.text),
            paths=quote_list(paths, 3),
        )
        yield Hit(message, ignore.path, pattern.span, subject=pattern.text)


def _is_about(pattern: Pattern, names: list[str]) -> bool:
    return pattern.matches(names, False) or any(pattern.matches(names[:depth], True) for depth in range(1, len(names)))
