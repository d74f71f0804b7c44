"""The pages of the documentation as the site's generator gets them."""

from __future__ import annotations

import importlib.util
import re
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


def shown(text: str) -> list[str]:
    """What can be copied from a page: code without its comments."""
    blocks = re.findall(r"^```(?:console|yaml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r"\s+# .*", "", line) for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*_*/**/*.md")), ids=str)
def test_a_translated_page_shows_the_commands_of_the_english_one(path: Path) -> None:
    english = (ROOT / "docs").joinpath(*path.relative_to(ROOT / "docs").parts[1:])
    assert shown(path.read_text(encoding="utf-8")) == shown(english.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("README.*_*.md")), ids=str)
def test_a_translated_readme_shows_only_what_the_english_one_shows(path: Path) -> None:
    text, english = path.read_text(encoding="utf-8"), (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(shown(text)) <= set(shown(english))
    assert f"]({path.name})" in english.split("\n## ", 1)[0]
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / target).exists(), target
