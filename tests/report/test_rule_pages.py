"""The catalogue and the pages: complete, in step with the rules, and without surprises for those who read them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.format.references import cited
from bot.report.rule_pages import pages, render, render_page, write
from bot.rules.registry import DOCS_URL, FAMILIES, Rule, catalogue

ROOT = Path(__file__).parents[2]
RULES = tuple(catalogue().values())


def written(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_committed_pages_are_those_of_the_rules() -> None:
    assert written(ROOT / "docs" / "rules") == pages(RULES), "docs/rules is stale: run `make docs`"


def test_pages_of_rules_that_are_no_more_go(tmp_path: Path) -> None:
    write(RULES, tmp_path)
    write(RULES[1:], tmp_path)
    assert written(tmp_path) == pages(RULES[1:])


def test_ids_are_stable_kebab_case_of_a_known_family() -> None:
    for rule in RULES:
        assert re.fullmatch(r"[a-z-]+/[a-z0-9]+(-[a-z0-9]+)*", rule.id)
        assert rule.family in FAMILIES


def test_every_rule_has_one_page_that_its_link_and_the_index_lead_to() -> None:
    texts = pages(RULES)
    linked = re.findall(r"^\| \[`([^`]+)`\]\(([^)]+)\)", texts["README.md"], re.MULTILINE)
    assert dict(linked) == {rule.id: f"{rule.id}.md" for rule in RULES}
    for rule in RULES:
        assert rule.docs.startswith(DOCS_URL)
        assert texts[rule.docs.removeprefix(DOCS_URL)].startswith(f"# {rule.id}\n")


def test_links_of_findings_lead_into_this_repository() -> None:
    assert DOCS_URL.endswith("/blob/main/docs/rules/")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_fences_of_a_page_are_balanced(rule: Rule) -> None:
    open_fence: str | None = None
    for line in render_page(rule, "markdown").splitlines():
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
        sources = [part for item in rule.authorities for part, _ in cited(item.source)]
        for said in (rule.id, rule.summary, rule.why, rule.fix, *sources):
            assert said in page
    data = json.loads(render_page(rule, "json"))
    assert data["id"] == rule.id
    assert data["bad"]


def test_the_catalogue_as_text_is_a_line_a_rule() -> None:
    lines = render(RULES, "text").splitlines()
    assert [line.split()[0] for line in lines] == [rule.id for rule in RULES]
    assert len(json.loads(render(RULES, "json"))) == len(RULES)
