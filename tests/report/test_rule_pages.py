"""The catalogue and the pages: complete, in step with the rules, and without surprises for those who read them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.report.rule_pages import anchor, render, render_page
from bot.rules.registry import FAMILIES, Rule, catalogue

ROOT = Path(__file__).parents[2]
RULES = tuple(catalogue().values())


def test_the_committed_catalogue_is_the_one_of_the_rules() -> None:
    committed = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert committed == render(RULES, "markdown"), "docs/rules.md is stale: run `make docs`"


def test_ids_are_stable_kebab_case_of_a_known_family() -> None:
    for rule in RULES:
        assert re.fullmatch(r"[a-z-]+/[a-z0-9]+(-[a-z0-9]+)*", rule.id)
        assert rule.family in FAMILIES


def test_every_rule_has_one_page_that_its_link_leads_to() -> None:
    prose = re.sub(r"^(`{3,}).*?^\1$", "", render(RULES, "markdown"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^### (.+)$", prose, re.MULTILINE)
    # GitHub makes the anchor of a heading by dropping what is no letter, digit, hyphen or space.
    anchors = [re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings]
    assert anchors == [anchor(rule) for rule in RULES]
    assert len(set(anchors)) == len(anchors)
    assert all(rule.docs.endswith(f"docs/rules.md#{anchor(rule)}") for rule in RULES)


def test_fences_of_the_catalogue_are_balanced() -> None:
    open_fence: str | None = None
    for line in render(RULES, "markdown").splitlines():
        found = re.match(r"^(`{3,})", line)
        if found and open_fence is None:
            open_fence = found[1]
        elif open_fence is not None and line == open_fence:
            open_fence = None
    assert open_fence is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_page_says_why_who_and_how(rule: Rule) -> None:
    for form in ("text", "markdown"):
        page = render_page(rule, form)
        for said in (rule.id, rule.summary, rule.why, rule.fix, *(item.source for item in rule.authorities)):
            assert said in page
    data = json.loads(render_page(rule, "json"))
    assert data["id"] == rule.id
    assert data["bad"]


def test_the_catalogue_as_text_is_a_line_a_rule() -> None:
    lines = render(RULES, "text").splitlines()
    assert [line.split()[0] for line in lines] == [rule.id for rule in RULES]
    assert len(json.loads(render(RULES, "json"))) == len(RULES)
