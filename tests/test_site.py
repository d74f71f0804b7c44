"""The pages of the documentation as the site's generator gets them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from bot.report import platform_page

ROOT = Path(__file__).parents[1]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, in a repository with some files."""
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / "docs" / "site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "docs" / "start").mkdir(parents=True)
    for name in ("README.md", "docs/other.md", "docs/start/one.md"):
        (tmp_path / name).write_text("# A page\n", encoding="utf-8")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("[a](../other.md#part)", "[a](../other.md#part)"),
        ("[a](../../README.md#part)", "[a]({github}/README.md#part)"),
        ("[`a`](../../README.md)", "[`a`]({github}/README.md)"),
        ("[a](https://example.com) [b](#here)", "[a](https://example.com) [b](#here)"),
        ("`[a](none.md)`", "`[a](none.md)`"),
        (
            "```markdown\n[a](none.md)\n```\n[a](../../README.md)",
            "```markdown\n[a](none.md)\n```\n[a]({github}/README.md)",
        ),
    ],
)
def test_links_lead_to_pages_or_to_github(site: ModuleType, tmp_path: Path, text: str, after: str) -> None:
    page = tmp_path / "docs" / "start" / "one.md"
    page.write_text(text, encoding="utf-8")
    assert site.page_of(page) == after.format(github=site.ON_GITHUB)


def test_a_link_to_nothing_is_an_error(site: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "start" / "one.md"
    page.write_text("[a](none.md)", encoding="utf-8")
    with pytest.raises(ValueError, match=r"one.md links to docs/start/none.md, which does not exist"):
        site.page_of(page)


def test_every_page_is_copied_anew(site: ModuleType, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "old.md").write_text("", encoding="utf-8")
    site.copy(made)
    assert sorted(path.relative_to(made).as_posix() for path in made.rglob("*.md")) == ["other.md", "start/one.md"]


def test_the_page_about_releases_is_that_of_the_table() -> None:
    committed = (ROOT / "docs" / "platform.md").read_text(encoding="utf-8")
    assert committed == platform_page.render(), "docs/platform.md is stale: run `make docs`"
