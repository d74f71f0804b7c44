"""Reviews a bundled example plugin with something changed, for tests of rules."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from bot.document.edits import apply_edits
from bot.findings import Finding
from bot.options import Options
from bot.plugin import Plugin, find_roots
from bot.review.engine import open_plugin, review
from bot.rules.example import example_tree
from bot.rules.registry import Example, catalogue
from bot.source import MemoryTree, Tree


def changed(text: str, path: str, base: str = "tool", files: Mapping[str, str | bytes] | None = None) -> MemoryTree:
    """The example plugin with the top-level keys of `text` replaced in `path`, and with `files`."""
    return example_tree(Example(textwrap.dedent(text).lstrip("\n"), path=path, base=base, files=files or {}))


def opened(tree: Tree) -> Plugin:
    return open_plugin(tree, find_roots(tree)[0], Options())


def found(rule: str, tree: Tree) -> list[Finding]:
    """What one rule finds."""
    return sorted(catalogue()[rule].findings(opened(tree)), key=lambda finding: finding.sort_key)


def said(tree: MemoryTree, *families: str) -> list[tuple[str, str]]:
    """The rules and severities of everything that a whole review finds, but for the locale rules."""
    result = review(tree, find_roots(tree), Options(select=families, ignore=("locale",)))
    assert result.errors == ()
    return [(finding.rule, finding.severity.label) for finding in result.findings]


def text_at(tree: MemoryTree, finding: Finding) -> str:
    """The text of the file at the place of the finding, which has to be within one line."""
    span = finding.location.span
    assert span is not None
    assert span.line == span.end_line
    line = tree.read(finding.location.path).decode().split("\n")[span.line - 1]
    return line[span.column - 1 : span.end_column - 1]


def fixed(tree: MemoryTree, finding: Finding) -> str:
    """The file of the finding with its fix applied."""
    assert finding.fix is not None
    return apply_edits(tree.read(finding.location.path).decode(), finding.fix.edits)
