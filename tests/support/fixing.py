"""A bundled example plugin with something changed, and rules whose fixes are right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from bot.findings import Edit, Fix, Safety, Severity, Span
from bot.plugin import Plugin
from bot.rules.example import example_plugin
from bot.rules.registry import Check, Hit, Rule, catalogue

MANIFEST = example_plugin("tool")["manifest.yaml"]

#: What stands in for a rule in these tests: `with_rule` gives it another function.
RULE = "manifest/author"

Files = dict[str, bytes]


def plugin_with(**changes: bytes) -> Files:
    """The bundled example with the values of top-level keys of its manifest replaced."""
    text = MANIFEST
    for key, value in changes.items():
        head, _, rest = text.partition(f"\n{key}: ".encode())
        assert rest, key
        text = head + f"\n{key}: ".encode() + value + b"\n" + rest.partition(b"\n")[2]
    return {**example_plugin("tool"), "manifest.yaml": text}


@pytest.fixture
def with_rule(monkeypatch: pytest.MonkeyPatch) -> Callable[[Check], None]:
    """Makes a function the only rule there is, beside those that read YAML and the spec models."""

    def install(check: Check) -> None:
        rules: dict[str, Rule] = {
            name: rule for name, rule in catalogue().items() if rule.family in ("yaml", "schema", "asset")
        }
        rules[RULE] = replace(catalogue()[RULE], check=check, severity=Severity.WARNING)
        monkeypatch.setattr("bot.review.engine.catalogue", lambda: rules)

    return install


def span_of(plugin: Plugin, path: str, text: str) -> Span:
    """Where a text stands first in a file."""
    content = plugin.tree.read(path).decode()
    before = content[: content.index(text)]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    return Span(line, column, line, column + len(text))


def swaps(*pairs: tuple[str, str], path: str = "manifest.yaml", safety: Safety = Safety.SAFE) -> Check:
    """A rule that finds texts in a file, and whose fix puts others in their place."""

    def check(plugin: Plugin) -> Iterator[Hit]:
        content = plugin.tree.read(path).decode()
        for old, new in pairs:
            if old in content:
                span = span_of(plugin, path, old)
                offered = Fix(f"Write {new}", safety, (Edit(path, span, new),))
                yield Hit(f"Found {old}.", path, span, subject=old, fix=offered)

    return check
