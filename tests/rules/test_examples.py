"""Every rule's page tells the truth: its bad example triggers the rule, its good example does not."""

from __future__ import annotations

import pytest

from bot.findings import Finding
from bot.options import Options, Profile
from bot.plugin import PluginRoot, find_roots
from bot.review.engine import Base, review
from bot.review.occasion import Occasion
from bot.rules.example import base_tree, example_plugin, example_tree, source_tree
from bot.rules.registry import Example, Rule, catalogue
from bot.source.memory import MemoryTree
from bot.submission.example import PACKAGE

RULES = list(catalogue().values())


def findings_of(example: Example) -> tuple[Finding, ...]:
    tree = example_tree(example)
    before = base_tree(example)
    base = Base(before, "the base revision") if before is not None else None
    profile = example.profile if example.submission is None else Profile.MARKETPLACE
    options = Options(profile=profile, lookups=example.lookups)
    source = source_tree(example)
    sources = {PACKAGE: (source, PluginRoot(""))} if source is not None else {}
    occasion = Occasion(example.submission, example.release, sources)
    result = review(tree, find_roots(tree), options, base, occasion=occasion)
    assert result.errors == ()
    return result.findings


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_bad_example_triggers_the_rule_as_severely_as_the_page_says(rule: Rule) -> None:
    found = [finding for finding in findings_of(rule.bad) if finding.rule == rule.id]
    assert found
    assert all(finding.message and finding.location.file for finding in found)
    assert {finding.severity for finding in found} == {rule.severity}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_good_example_does_not(rule: Rule) -> None:
    assert [finding for finding in findings_of(rule.good) if finding.rule == rule.id] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_page_is_complete(rule: Rule) -> None:
    for text in (rule.summary, rule.why, rule.fix):
        assert text.strip().endswith((".", ")"))
        assert text == text.strip()
    assert rule.authorities
    assert all(authority.consequence and authority.source for authority in rule.authorities)


@pytest.mark.parametrize("name", ["tool", "model", "endpoint", "agent", "datasource", "trigger"])
def test_example_plugins_are_clean(name: str) -> None:
    tree = MemoryTree(example_plugin(name))
    result = review(tree, find_roots(tree), Options())
    assert [f"{finding.rule} {finding.message}" for finding in result.findings] == []
    assert [plugin.kind for plugin in result.plugins] == ["plugin"]
