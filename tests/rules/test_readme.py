"""The README: there, the plugin's own, in English, with images that are shown."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.findings import Finding
from bot.fixes.fix import FileChange, find_fixes
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import open_plugin
from bot.rules.example import example_plugin
from bot.rules.registry import catalogue
from bot.source import MemoryTree
from tests.support.reviewing import changed, found, said, text_at

SETUP = "Describe how to configure the plugin: required credentials or API keys, where to obtain them"
PNG = b"\x89PNG\r\n\x1a\n"


def without(*paths: str, **files: str) -> MemoryTree:
    kept = {path: data for path, data in example_plugin("tool").items() if path not in paths}
    return MemoryTree({**kept, **files})


def run(rule: str, tree: MemoryTree, profile: Profile) -> list[Finding]:
    plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=profile))
    return catalogue()[rule].findings(plugin)


def labels(rule: str, tree: MemoryTree) -> list[list[str]]:
    """The severities for authors and for the marketplace."""
    profiles = (Profile.AUTHOR, Profile.MARKETPLACE)
    return [[finding.severity.label for finding in run(rule, tree, profile)] for profile in profiles]


def readme(text: str, path: str = "README.md", files: Mapping[str, str | bytes] | None = None) -> MemoryTree:
    return changed("", "manifest.yaml", files={path: text, "_assets/a.png": PNG, **(files or {})})


# --- README -----------------------------------------------------------------------------------------------------


def test_no_readme() -> None:
    assert labels("readme/missing", without("README.md")) == [["warning"], ["error"]]


def test_a_readme_in_lower_case() -> None:
    (finding,) = found("readme/missing", without("README.md", **{"readme.md": "# Weather\n\nAll about it.\n"}))
    assert finding.location.path == "readme.md"


@pytest.mark.parametrize(
    ("text", "severities"),
    [
        ("", [["warning"], ["error"]]),
        (" \n\n", [["warning"], ["error"]]),
        ("# weather\n\n**Author:** acme\n**Version:** 0.1.0\n**Type:** tool\n\n### Description\n", [["warning"]] * 2),
        (f"# weather\n\nShows weather.\n\n### Setup\n\n{SETUP}, and any prerequisites.\n", [["warning"]] * 2),
        ("# weather\n\nShows the weather.\n", [[], []]),
        ("# weather\n\n![How it looks](_assets/a.png)\n", [[], []]),
    ],
)
def test_templates(text: str, severities: list[list[str]]) -> None:
    assert labels("readme/template", readme(text)) == severities


def test_where_the_placeholder_is() -> None:
    placeholder = "Replace the placeholder sections below with real content before publishing"
    tree = readme(f"# weather\r\n\r\n> {placeholder} it.\r\n")
    (finding,) = found("readme/template", tree)
    assert text_at(tree, finding) == placeholder


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("# Weather\n\nSee 天气预报 and `城市`.\n", "6 Chinese characters, the first being `天气预报`"),
        ("# Weather\n\n气\n", "one Chinese character, `气`"),
        ("# Weather\n\n```\n天气\n```\n", None),
        ("# Weather\n\n~~~\n天气\n~~~\n", "2 Chinese characters, the first being `天气`"),
        ("# Weather\n\nカナ 한글 ，\n", None),
    ],
)
def test_chinese_as_the_marketplace_counts_it(text: str, count: str | None) -> None:
    tree = readme(text)
    assert labels("readme/not-english", tree) == ([["notice"], ["error"]] if count else [[], []])
    for finding in found("readme/not-english", tree):
        assert f"The README holds {count};" in finding.message
        assert text_at(tree, finding) in text


def test_a_translation_may_be_chinese() -> None:
    assert found("readme/not-english", readme("天气", "readme/README_zh_Hans.md")) == []


# --- images -----------------------------------------------------------------------------------------------------

TRANSLATION = "readme/README_ja_JP.md"


@pytest.mark.parametrize(
    ("path", "target", "rule"),
    [
        ("README.md", "_assets/a.png", None),
        ("README.md", "./_assets/a.png", None),
        ("README.md", "./_assets/a.png?raw=true", None),
        ("README.md", "https://acme.example/a.png", None),
        ("README.md", "_assets/b.png", "readme/missing-image"),
        ("README.md", "_assets/A.png", "readme/missing-image"),
        ("README.md", "_Assets/a.png", "readme/missing-image"),
        ("README.md", "docs/b.png", "readme/missing-image"),
        ("README.md", "docs/a.png", "readme/image-outside-assets"),
        ("README.md", "/docs/a.png", "readme/image-outside-assets"),
        ("README.md", "../common/a.png", "readme/image-outside-assets"),
        ("README.md", "/_assets/a.png", "readme/image-path"),
        (TRANSLATION, "_assets/a.png", None),
        (TRANSLATION, "../_assets/a.png", "readme/image-path"),
        (TRANSLATION, "../_assets/b.png", "readme/missing-image"),
        (TRANSLATION, "../docs/a.png", "readme/image-outside-assets"),
        (TRANSLATION, "docs/a.png", "readme/image-outside-assets"),
        (TRANSLATION, "a.png", "readme/missing-image"),
        ("docs/README.md", "b.png", None),
        ("README.md", "a%20b.png", "readme/missing-image"),
    ],
)
def test_images(path: str, target: str, rule: str | None) -> None:
    tree = readme(f"# Weather\n\nAll about it: ![a]({target})\n", path, {"docs/a.png": PNG})
    rules = [name for name, _ in said(tree, "readme")]
    assert rules == [rule] * (rule is not None)
    if rule is not None:
        (finding,) = found(rule, tree)
        assert (text_at(tree, finding), finding.location.path) == (target, path)


def fixes(tree: MemoryTree, rule: str) -> Mapping[str, FileChange]:
    return find_fixes(tree, find_roots(tree), Options(select=(rule,))).changes


def test_images_move_to_where_dify_looks() -> None:
    text = "![b](docs/b.png) ![b](./docs/b.png)\n\n<img src='/c.png'>\n"
    changes = fixes(readme(text, files={"docs/b.png": PNG, "c.png": PNG}), "readme/image-outside-assets")
    assert {path: change.to for path, change in changes.items()} == {
        "README.md": None,
        "c.png": "_assets/c.png",
        "docs/b.png": "_assets/b.png",
    }
    after = "![b](_assets/b.png) ![b](_assets/b.png)\n\n<img src='_assets/c.png'>\n"
    assert changes["README.md"].after.decode() == after


def test_an_image_moves_once_with_every_address_of_it() -> None:
    files: dict[str, str | bytes] = {
        "docs/b.png": PNG,
        TRANSLATION: "![docs/b.png](../docs/b.png)\n",
        "readme/README_zh_Hans.md": "<img src='docs/b.png'>\n",
        "docs/GUIDE.md": "[b](b.png)\n",
        "README_PT.md": "![b](docs/b.png#top)\n",
        "tools/images.py": 'counted = {"docs": 1}\nprint(counted["docs"], docs)\n',
    }
    tree = readme("![docs/b.png](docs/b.png) <img alt='docs/b.png' src='docs/b.png'>\n", files=files)
    outcome = find_fixes(tree, find_roots(tree), Options(select=IMAGES))
    assert {path: (change.to, change.after) for path, change in outcome.changes.items()} == {
        "README.md": (None, b"![docs/b.png](_assets/b.png) <img alt='docs/b.png' src='_assets/b.png'>\n"),
        TRANSLATION: (None, b"![docs/b.png](_assets/b.png)\n"),
        "readme/README_zh_Hans.md": (None, b"<img src='_assets/b.png'>\n"),
        "docs/GUIDE.md": (None, b"[b](../_assets/b.png)\n"),
        "README_PT.md": (None, b"![b](_assets/b.png#top)\n"),
        "docs/b.png": ("_assets/b.png", PNG),
    }
    assert outcome.after.active == ()


IMAGES = ("readme/image-outside-assets", "readme/missing-image")


@pytest.mark.parametrize(
    "files",
    [
        {"docs/a.png": PNG},
        {"docs/b.png": PNG, "tools/x.py": 'open("docs/" + name)'},
        {"docs/b.png": PNG, "tools/x.py": 'open(f"{here}docs")'},
        {"docs/b.png": PNG, "GUIDE.md": "It is in docs/b.png.\n"},
        {"docs/b.png": PNG, "GUIDE.md": "![b][it]\n\n[it]: docs/b.png\n"},
        {"docs/b.png": PNG, "GUIDE.md": "```\n![b](docs/b.png)\n```\n"},
        {"docs/b.png": PNG, "GUIDE.md": "![b](/docs/b.png)\n"},
        {"docs/b.png": PNG, "notes.txt": "See b.png.\n"},
        {"docs/b.png": PNG, TRANSLATION: "![b](../docs/%62.png)\n"},
        {"docs/b.png": PNG, ".difyignore": "_assets/b.png\n"},
        {"docs/b.png": PNG, "GUIDE.md": "![b](docs/b.png\n"},
        {"docs/b b.png": PNG},
        {},
    ],
)
def test_an_image_that_something_else_may_need_stays(files: dict[str, str | bytes]) -> None:
    text = "".join(f"![x](<{path}>)\n" for path in files if path.endswith(".png")) or "![x](../b.png)\n"
    tree = readme(text, files=files)
    assert [
        finding.fix for finding in found("readme/image-outside-assets", tree) if finding.location.path == "README.md"
    ] == [None]


def test_an_image_is_spelt_as_its_file() -> None:
    after = fixes(readme("![A](./_assets/A.PNG)\n"), "readme/missing-image")["README.md"].after
    assert after == b"![A](./_assets/a.png)\n"


def test_the_right_spelling_is_named() -> None:
    (finding,) = found("readme/missing-image", readme("![a](_assets/A.PNG)"))
    assert finding.message == "The image is spelled `_assets/a.png`, not `_assets/A.PNG`."


UNKNOWN_TOOL = "readme/unknown-tool"
FORECAST = {
    "provider/weather.yaml": "identity: {author: acme, name: weather, label: {en_US: W}, description: {en_US: W}}\n"
    "credentials_for_provider: {api_key: {type: secret-input, label: {en_US: K}}}\n"
    "tools: [tools/current_weather.yaml, tools/forecast.yaml]\nextra: {python: {source: provider/weather.py}}\n",
    "tools/forecast.yaml": "identity: {name: forecast, author: acme, label: {en_US: Next days}}\n"
    "description: {human: {en_US: F}, llm: F}\nextra: {python: {source: tools/current_weather.py}}\n",
}
TWO = "- `current_weather`: now\n- `forecast`: later\n"


def unknown_tools(text: str) -> list[tuple[int, str]]:
    tree = changed("", "README.md", files={**FORECAST, "README.md": text})
    return [(item.location.span.line, text_at(tree, item)) for item in found(UNKNOWN_TOOL, tree) if item.location.span]


@pytest.mark.parametrize(
    "text",
    [
        f"# W\n\n{TWO}- `air_quality`: the air\n",
        f"# W\n\n{TWO}\n- `air_quality`: the air\n",
        f"# W\n\n{TWO}    - `city_name`: where\n- **air_quality** - the air\n",
        "1. **current_weather**: now\n2. **forecast**: later\n3. **air_quality**: the air\n",
        "| Tool | Job |\n| --- | --- |\n| `current_weather` | a |\n| `forecast` | b |\n| `air_quality` | c |\n",
        "## Tools\n### current_weather\nnow\n### forecast\nlater\n### air_quality\nthe air\n",
        f"# W\n\n{TWO}- airQuality: the air\n",
        f"# W\r\rx\n\n{TWO}- `air_quality`: the air\n",
    ],
)
def test_a_tool_that_only_the_readme_has(text: str) -> None:
    ((line, name),) = unknown_tools(text)
    assert name in ("air_quality", "airQuality")
    assert name in text.split("\n")[line - 1]


def test_the_list_of_tools_is_shown_beside_one_that_only_the_readme_has() -> None:
    text = "1. **current_weather**: now\n2. **forecast**: later\n3. **air_quality**: the air\n"
    (finding,) = found(UNKNOWN_TOOL, changed("", "README.md", files={**FORECAST, "README.md": text}))
    assert [(item.location.path, item.excerpt[:6]) for item in finding.related] == [("provider/weather.yaml", "tools:")]


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        f"{TWO}- `air`: a word\n",
        f"{TWO}- `air_quality`: coming soon\n",
        f"## Roadmap\n{TWO}- `air_quality`: the air\n",
        f"{TWO}- `next-days`: what a tool is called in the console\n",
        f"{TWO}- `Current_Weather`: the same\n",
        f"{TWO}- `api_key`: what the provider asks for\n",
        f"{TWO}\nThe other plugin has:\n- `air_quality`: the air\n",
        f"{TWO}- `air_quality`: the air\n- `sea_level`: the sea\n",
        f"{TWO}- other\n- things\n- `air_quality`: the air\n",
        f"```\n{TWO}- `air_quality`: the air\n```\n",
        "- `current_weather`: now\n- `air_quality`: the air\n",
        "Use `current_weather`, `forecast` and `air_quality`.\n",
    ],
)
def test_readmes_that_name_no_other_tool_for_sure(text: str) -> None:
    assert unknown_tools(text) == []


def test_a_name_that_is_nearly_that_of_a_tool_which_is_not_listed() -> None:
    text = "- `current_weather`: now\n- `forecast`: later\n- `current_wheather`: now\n"
    tree = changed("", "README.md", files={**FORECAST, "README.md": text})
    assert "Did you mean" not in found(UNKNOWN_TOOL, tree)[0].message
    files = {
        **FORECAST,
        "tools/third_tool.yaml": FORECAST["tools/forecast.yaml"].replace("name: forecast", "name: air_quality_index"),
        "provider/weather.yaml": FORECAST["provider/weather.yaml"].replace("t.yaml]", "t.yaml, tools/third_tool.yaml]"),
        "README.md": f"{TWO}- `air_quality`: the air\n",
    }
    assert "Did you mean `air_quality_index`?" in found(UNKNOWN_TOOL, changed("", "README.md", files=files))[0].message
