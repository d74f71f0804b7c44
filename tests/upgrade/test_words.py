"""Every break has its sentences, and every piece of the plugin in them is quoted."""

from __future__ import annotations

import re

import pytest

from bot.upgrade.surface import CATEGORIES, Sort
from bot.upgrade.words import effect, said, way_out
from tests.upgrade.test_difference import BREAKS, SILENT, compared


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_told_with_its_effect_and_a_way_out(name: str) -> None:
    example, edits, _ = BREAKS[name]
    for change in compared(example, *edits).breaks:
        for sentence in (said(change), effect(change), way_out(change)):
            assert re.fullmatch(r"[A-Z`].*\.", sentence)
        named = change.old if change.kind == "category-removed" else f"`{change.subject}`"
        assert named is not None
        assert named in said(change)


@pytest.mark.parametrize("name", SILENT)
def test_other_changes_are_told_too(name: str) -> None:
    example, edits = SILENT[name]
    for change in compared(example, *edits).changes:
        assert re.fullmatch(r"[A-Z`].*\.", said(change))


def test_hostile_names_are_inert() -> None:
    edit = ("tools/current_weather.yaml", "  - name: city", '  - name: "](http://x)`<b>\\n"')
    change = compared("tool", edit).breaks[-1]
    assert "\n" not in said(change)
    assert "`](http://x)ˋ<b>⏎`" in said(change)


def test_the_provider_of_every_category_has_words() -> None:
    from bot.upgrade.words import EFFECTS

    named = {f"{category.provider}-removed" for category in CATEGORIES if category.key != "endpoints"}
    assert named <= EFFECTS.keys()
    fields = (Sort.CREDENTIAL, Sort.SETTING, Sort.SUBSCRIPTION_PROPERTY, Sort.SUBSCRIPTION_PARAMETER, Sort.PARAMETER)
    for sort in fields:
        assert {f"{sort}-{what}" for what in ("removed", "added-required", "now-required")} <= EFFECTS.keys()
