"""Lines that have slipped go back to where they are read, as they are written."""

from __future__ import annotations

import pytest

from bot.fixes.fix import find_fixes
from bot.options import Options
from bot.plugin import find_roots
from bot.source import MemoryTree
from tests.support.reviewing import changed, fixed, found

UNKNOWN_KEY = Options(select=("schema/unknown-key",))
TOOL, PROVIDER = "tools/current_weather.yaml", "provider/weather.yaml"
PARAMETER = "parameters:\n  - name: city\n    type: string\n    form: llm\n    label: {en_US: City}\n"
#: A provider in which everything after its identity is short.
REST = "tools: [tools/current_weather.yaml]\nextra: {python: {source: provider/weather.py}}\n"
IDENTITY = (
    "identity:\n  author: acme\n  name: weather\n  label: {en_US: W}\n  description: {en_US: W}\n  icon: icon.svg\n"
)


def mended(text: str, path: str) -> str | None:
    """The file after all rounds of safe fixes, which a second run has nothing to add to; None where nothing is done."""
    tree = changed("", path, files={path: text})
    changes = find_fixes(tree, find_roots(tree), UNKNOWN_KEY).changes
    if not changes:
        return None
    after = changes[path].after.decode()
    again = changed("", path, files={path: after})
    assert find_fixes(again, find_roots(again), UNKNOWN_KEY).changes == {}
    assert found("schema/unknown-key", again) == []
    return after


def tool(parameter: str) -> str:
    head = (
        "identity: {author: acme, name: current_weather, label: {en_US: W}}\ndescription: {human: {en_US: W}, llm: W}\n"
    )
    return head + "extra: {python: {source: tools/current_weather.py}}\n" + PARAMETER + parameter


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "    human_description:\n      en_US: x\n      #\n      llm_description: >  #\n        a\n\n        b\n",
            "    human_description:\n      en_US: x\n      #\n    llm_description: >  #\n      a\n\n      b\n",
        ),
        (
            "    human_description:\n      llm_description: some\n      en_US: x\n",
            "    human_description:\n      en_US: x\n    llm_description: some\n",
        ),
        (
            "    human_description:\n      en_US: x\n      llm_description: y",
            "    human_description:\n      en_US: x\n    llm_description: y\n",
        ),
        (
            "    human_description:\r\n      en_US: x\r\n      llm_description: y\r\n",
            "    human_description:\r\n      en_US: x\r\n    llm_description: y\r\n",
        ),
        ("    human_description: {en_US: x, llm_description: y}\n", None),
        ("    llm_description: z\n    human_description:\n      en_US: x\n      llm_description: y\n", None),
        ("    human_description:\n      llm_description: y\n", None),
        ("    human_description:\n      en_US: x\n      llm_description:\n        - y\n", None),
    ],
)
def test_a_line_that_is_too_deep(before: str, after: str | None) -> None:
    assert mended(tool(before), TOOL) == (None if after is None else tool(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            IDENTITY + REST + "tags:  # two\n- weather\n\n- travel\n",
            IDENTITY + "  tags:  # two\n  - weather\n\n  - travel\n" + REST,
        ),
        (IDENTITY + REST + "tags: [weather]", IDENTITY + "  tags: [weather]\n" + REST),
        (IDENTITY + "tags: [weather]\n" + REST, IDENTITY + "  tags: [weather]\n" + REST),
        (IDENTITY + REST + "tags: [rain]\n", None),
        (IDENTITY + "  tags: [travel]\n" + REST + "tags: [weather]\n", None),
        (IDENTITY + REST + "? tags\n: [weather]\n", None),
        (
            IDENTITY + "credentials_for_provider:\n  key:\n    type: text-input\n    label: {en_US: K}\n"
            "    help:\n    en_US: Get it\n    # also\n    pt_BR: Obtenha\n    url: https://acme.example\n" + REST,
            IDENTITY + "credentials_for_provider:\n  key:\n    type: text-input\n    label: {en_US: K}\n"
            "    help:\n      en_US: Get it\n      pt_BR: Obtenha\n    # also\n    url: https://acme.example\n" + REST,
        ),
    ],
)
def test_lines_that_are_not_deep_enough(before: str, after: str | None) -> None:
    assert mended(before, PROVIDER) == after


@pytest.mark.parametrize(("tag", "tags"), [("[weather]", "[weather]"), ("weather", None), ("[rain]", None)])
def test_one_tag_is_a_list_of_tags(tag: str, tags: str | None) -> None:
    assert mended(f"{IDENTITY}  tag: {tag}\n{REST}", PROVIDER) == (tags and f"{IDENTITY}  tags: {tags}\n{REST}")
    manifest = _files()["manifest.yaml"].decode().replace("tags:\n  - weather\n", f"tag: {tag}\n")
    assert mended(manifest, "manifest.yaml") == (tags and manifest.replace("tag:", "tags:"))


def test_what_stands_in_the_items_of_a_list_stays() -> None:
    options = "    type: select\n    options:\n      - value: a\n        label: {en_US: A}\n        required: true\n"
    (finding,) = found(
        "schema/unknown-key", MemoryTree({**_files(), TOOL: tool(options).replace("    type: string\n", "")})
    )
    assert finding.fix is None


def test_a_manifest_is_moved_in_with_a_person_looking() -> None:
    tree = changed("minimum_dify_version: 1.0.0\n", "manifest.yaml")
    (finding,) = found("schema/unknown-key", tree)
    assert "  minimum_dify_version: 1.0.0\n" in fixed(tree, finding)
    assert find_fixes(tree, find_roots(tree), UNKNOWN_KEY).changes == {}


def _files() -> dict[str, bytes]:
    tree = changed("", TOOL)
    return {path: tree.read(path) for path in tree.entries()}
