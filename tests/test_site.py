"""The pages of the documentation as the site's generator gets them."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from bot.languages import ENGLISH, LANGUAGES
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


def test_the_page_about_releases_is_that_of_the_table(tmp_path: Path) -> None:
    platform_page.write(tmp_path)
    for made in tmp_path.rglob("platform.md"):
        committed = ROOT / "docs" / made.relative_to(tmp_path)
        assert committed.read_text(encoding="utf-8") == made.read_text(encoding="utf-8"), "stale: run `make docs`"


#: The pages for who contributes, which is done in English.
FOR_CONTRIBUTORS = {"architecture.md", "languages.md", "locale-style.md"}


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != ENGLISH])
def test_every_page_is_there_in_every_language_and_in_its_menu(language: str) -> None:
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).as_posix() for folder in ("", "start") for path in (docs / folder).glob("*.md")}
    translated = {path.relative_to(docs / language).as_posix() for path in (docs / language).rglob("*.md")}
    assert translated == pages - FOR_CONTRIBUTORS
    menu = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    (own,) = (entry[LANGUAGES[language]] for entry in menu if isinstance(entry, dict) and LANGUAGES[language] in entry)
    assert set(own) == {f"{language}/{page}" for page in translated} | {f"rules/{language}/README.md"}


@pytest.mark.parametrize("page", ["how-dify-shows-it.md", "editors.md", "index.md"])
def test_a_translated_page_has_the_parts_of_the_english_one(page: str) -> None:
    """Who changes one changes all: headings, rows of tables, and what is code."""

    def parts(path: Path) -> tuple[int, int, Counter[str]]:
        text = re.sub(r"\]\([^)]*\)", "]", path.read_text(encoding="utf-8"))
        text = re.sub(r"^```\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        headings, rows = (re.findall(f"^{sign}", text, re.MULTILINE) for sign in ("#+ ", r"\|"))
        return len(headings), len(rows), Counter(re.findall(r"`[^`\n]+`", text))

    english = parts(ROOT / "docs" / page)
    for path in (ROOT / "docs").glob(f"*_*/{page}"):
        assert parts(path) == english, path


def shown(text: str) -> list[str]:
    """What can be copied from a page: code without its comments."""
    blocks = re.findall(r"^```[a-z]+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
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
