"""The verdict about the bad example of every rule does not depend on how the plugin is told."""

from __future__ import annotations

import pytest

from bot.options import Options
from bot.rules.example import base_tree, example_tree
from bot.rules.registry import Rule, catalogue
from bot.source import MemoryTree
from tests.support.metamorphic import PLACES, TOGETHER, TRANSFORMATIONS, changed_together

#: The examples that are not submissions of packages, nor too large to be read.
RULES = [rule for rule in catalogue().values() if rule.bad.submission is None and rule.id != "package/too-large"]


def files_of(tree: MemoryTree) -> dict[str, bytes]:
    return {path: tree.read(path) for path in tree.entries()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_verdict_stays(rule: Rule) -> None:
    tree, before = example_tree(rule.bad), base_tree(rule.bad)
    families = (rule.family, "yaml", "manifest", "reference")
    options = Options(profile=rule.bad.profile, lookups=rule.bad.lookups, select=families)
    changed = changed_together(files_of(tree), options, files_of(before) if before is not None else None)
    assert changed == {}


def test_every_transformation_is_made() -> None:
    assert sorted(name for names in TOGETHER.values() for name in names) == sorted(TRANSFORMATIONS)
    assert sorted(TOGETHER) == sorted(PLACES)
