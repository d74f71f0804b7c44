"""The READMEs that Dify shows, and which of their images it finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plugin.documents import MAX_SEARCHED, readmes, shown_in_dify, shown_on_github
from bot.plugin.markdown import images, span_at, without_fences
from bot.rules.example import example_plugin
from bot.source import MemoryTree
from tests.support.reviewing import opened


def targets(text: str) -> list[tuple[str, int, int]]:
    return [(image.target, image.span.line, image.span.column) for image in images(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("![a](_assets/a.png)", [("_assets/a.png", 1, 6)]),
        (
            "x\n\n  ![](./_assets/a.png 'title') ![b]( <_assets/a b.png> )",
            [("./_assets/a.png", 3, 7), ("_assets/a b.png", 3, 39)],
        ),
        ('<p><img width="600" src="_assets/a.png"></p>', [("_assets/a.png", 1, 26)]),
        ("<IMG\nsrc='a%20b.png?raw=true#x'>", [("a b.png", 2, 6)]),
        ("[![badge](https://x.example/b.svg)](https://x.example)", [("https://x.example/b.svg", 1, 11)]),
        ("`![a](a.png)` and <!-- ![a](a.png)\n![b](b.png) -->", []),
        ("```\n![a](a.png)\n```\n~~~md\n![b](b.png)\n~~~", []),
        ("````\n```\n![a](a.png)\n````\n![b](b.png)", [("b.png", 5, 6)]),
        ("a link [a](a.png), no image", []),
        ("![a](_assets/a_(1).png)", [("_assets/a_(1).png", 1, 6)]),
        ("x\n\n    ![a](a.png)\n", []),
        ("x ![a][logo]\n\n[logo]: _assets/a.png 'A'\n", [("_assets/a.png", 1, 3)]),
        ("![a\\](b)](_assets/a.png)", [("_assets/a.png", 1, 11)]),
        ("\\![a](a.png)", []),
        ("![a](_assets/%E5%A4%A9.png)", [("_assets/天.png", 1, 6)]),
        ("# x\r\ry\r\r![a](a.png)\r\nz\n\n![b](b.png)", [("a.png", 1, 14), ("b.png", 4, 6)]),
    ],
)
def test_images(text: str, found: list[tuple[str, int, int]]) -> None:
    assert targets(text) == found


def test_which_images_are_the_plugins_own() -> None:
    text = (
        "![](https://x.example/a.png) ![](//x.example/a) ![](data:image/png;base64,AA) ![](#a) ![](a.png) ![](/a.png)"
    )
    assert [image.target for image in images(text) if image.is_local] == ["a.png", "/a.png"]


@given(st.text(alphabet="`~!-<>[]()a\r\n ", max_size=60))
def test_positions_stay(text: str) -> None:
    blanked = without_fences(text)
    assert len(blanked) == len(text)
    assert [index for index, char in enumerate(text) if char == "\n"] == [
        index for index, char in enumerate(blanked) if char == "\n"
    ]
    lines = text.split("\n")
    for image in images(text):
        line = lines[image.span.line - 1]
        assert image.span.end_column <= len(line) + 1


def test_hostile_texts_have_no_images() -> None:
    for text in ("![", "<img ", "`", "<!--", "[![", "![a][", "> ", "- "):
        assert list(images(text * (MAX_SEARCHED.most // 16 // len(text)))) == []


def test_spans() -> None:
    assert span_at("ab\ncde", 4, 2).line == 2
    assert (span_at("ab\ncde", 4, 2).column, span_at("ab\ncde", 4, 2).end_column) == (2, 4)


@pytest.mark.parametrize(
    ("readme", "target", "dify", "github"),
    [
        ("README.md", "_assets/a.png", "_assets/a.png", "_assets/a.png"),
        ("README.md", "./_assets/a.png", "_assets/a.png", "_assets/a.png"),
        ("README.md", "/_assets/a.png", None, "_assets/a.png"),
        ("readme/README_ja_JP.md", "../_assets/a.png", None, "_assets/a.png"),
        ("readme/README_ja_JP.md", "_assets/a.png", "_assets/a.png", "readme/_assets/a.png"),
        ("README.md", "../a.png", None, "../a.png"),
    ],
)
def test_who_shows_what(readme: str, target: str, dify: str | None, github: str) -> None:
    assert shown_in_dify(target) == dify
    assert shown_on_github(readme, target) == github


def test_the_readmes_that_dify_shows() -> None:
    names = ("readme/README_zh_Hans.md", "readme/README_CN.md", "README_zh_Hans.md", "docs/README.md")
    tree = MemoryTree({**example_plugin("tool"), **dict.fromkeys(names, "x\r\n"), "README.md": "\ufeffy"})
    assert [(readme.path, readme.text) for readme in readmes(opened(tree))] == [
        ("README.md", "y"),
        ("readme/README_zh_Hans.md", "x\n"),
    ]
