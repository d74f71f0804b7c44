"""The page says everything once in each locale, marks findings where they are seen, and nothing of a plugin acts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.languages import speaking
from bot.options import Options
from bot.plugin import Plugin, find_roots
from bot.plugin.images import format_of
from bot.preview import readme
from bot.preview.look import MAX_README
from bot.preview.make import MAX_PLUGINS, Gallery
from bot.preview.pictures import Picture
from bot.preview.texts import LOCALES
from bot.review.engine import Base, review
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.report.test_escape import NASTY_WORDS, nasty
from tests.support.reviewing import changed

VOID = {"meta", "br", "img", "input", "hr"}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "h4", "h5", "h6", "span", "p", "b",
    "main", "section", "details", "summary", "ul", "ol", "li", "code", "small", "pre", "footer", "div", "fieldset",
    "legend", "label", "input", "select", "option", "article", "img", "script", "s", "em", "strong", "blockquote",
    "table", "thead", "tbody", "tr", "th", "td", "br", "hr",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "open", "type", "id", "value", "checked", "role",
    "aria-label", "aria-labelledby", "dir", "data-in", "data-name", "data-default", "data-when", "data-field", "title",
    "tabindex", "src", "alt", "data-told",
}  # fmt: skip
ATTACKS = (
    *NASTY_WORDS,
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "javascript:alert(1)",
    "</style><script>alert(1)</script>", "</script><svg onload=alert(1)>", "{{ safe('<b>') }}", "{% raw %}",
    "<iframe src=//e.example></iframe>", "<base href=//e.example>", "<form action=//e.example>", "x" * 5000,
    "\u202eevil", "e" + "\u0301" * 300, "<a href=javascript:alert(1)>x</a>", "data:text/html,<script>1</script>",
)  # fmt: skip


class Page(HTMLParser):
    """A page, with what its elements and attributes are, and the texts of each locale."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {locale: [] for locale in LOCALES}
        self.words = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        values = dict(attrs)
        if tag not in VOID:
            self.open.append((tag, values.get("data-in") if (values.get("class") or "").startswith("text") else None))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] and self.open[-1][1]:
            for locale in str(self.open[-1][1]).split():
                self.texts[locale].append(data)
        elif not {"style", "script"} & {tag for tag, _ in self.open}:
            self.words += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")


def page_of(tree: MemoryTree, base: MemoryTree | None = None, language: str = "") -> str:
    gallery = Gallery()
    against = Base(base, "main") if base is not None else None
    result = review(tree, find_roots(tree), Options(language=language), against, seen=gallery.see)
    with speaking(language):
        return gallery.page([result])


def assert_inert(source: str) -> Page:
    page = Page(source)
    assert set(page.tags) <= TAGS
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
    for tag, name, value in page.attributes:
        if name == "src":
            kind, _, data = value.partition(";base64,")
            assert tag == "img"
            assert kind.startswith("data:image/")
            assert format_of(base64.b64decode(data, validate=True)) is not None
        elif name == "http-equiv":
            assert value == "Content-Security-Policy"
    return page


def filled(base: str, attacks: Iterator[str]) -> MemoryTree:
    """An example plugin with an attack in every text for people, and in every field that leads nowhere else."""

    def fill(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {each: fill(inner, str(each)) for each, inner in value.items()}
        if isinstance(value, list):
            return [fill(each, key) for each in value]
        kept = ("type", "form", "model_type", "source", "provider_source", "runner", "kind", "en_US_icon")
        is_path = isinstance(value, str) and re.search(r"\.(yaml|py|svg|md)$|\*", value)
        return value if key in kept or is_path or not isinstance(value, str) else next(attacks)

    files: dict[str, bytes] = {}
    for path, content in example_plugin(base).items():
        if path.endswith(".yaml"):
            data = fill(yaml.safe_load(content))
            if path == "manifest.yaml":
                data = {**data, "version": next(attacks), "tags": [next(attacks)], "repo": next(attacks)}
                data["meta"] = {**data["meta"], "minimum_dify_version": next(attacks)}
            files[path] = yaml.safe_dump(data, allow_unicode=True).encode("utf-8", "replace")
        else:
            files[path] = content
    files["README.md"] = "\n\n".join(ATTACKS).encode("utf-8", "replace")
    files["_assets/icon.svg"] = (
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
    )
    return MemoryTree(files)


def test_no_text_of_a_plugin_acts() -> None:
    count = 0

    def attacks() -> Iterator[str]:
        nonlocal count
        while True:
            yield ATTACKS[count % len(ATTACKS)]
            count += 1

    source = attacks()
    for base in ("tool", "model", "agent", "datasource", "trigger", "endpoint"):
        assert_inert(page_of(filled(base, source)))
    assert count > 200


@given(nasty)
def test_no_readme_acts(text: str) -> None:
    made = readme.render(text, lambda path: Picture(path, reason="is not there"))
    page = Page(f"<div>{made}</div>")
    assert set(page.tags) <= TAGS - {"script", "style", "img", "input"}
    assert {(name, value) for _, name, value in page.attributes} <= {
        ("class", "link"), ("class", "address"), ("class", "no-picture"), ("tabindex", "0"),
    }  # fmt: skip


def test_a_readme_shows_its_own_pictures_and_names_addresses() -> None:
    text = """
# Hello & welcome

<p align="center"><b>Bold</b> <img src="_assets/a.png" alt="A"><script>lost()</script></p>

[docs](https://docs.example/x) ![B](_assets/b.png) ![C](https://e.example/c.png) <https://auto.example>

| a | b |
|---|---|
| 1 | ~~2~~ |
"""
    made = readme.render(text, lambda path: Picture(path, f"data:image/png;base64,{path[-5]}"))
    assert "<h4>Hello &amp; welcome</h4>" in made
    assert '<img src="data:image/png;base64,a" alt="A">' in made
    assert '<img src="data:image/png;base64,b" alt="B">' in made
    assert '<span class="link">docs</span> <span class="address">https://docs.example/x</span>' in made
    assert "https://e.example/c.png</span> is not of the plugin" in made
    assert made.count("https://auto.example") == 1
    assert "<td>1</td><td><s>2</s></td>" in made
    assert "lost" not in made
    assert "href" not in made


@pytest.mark.parametrize(
    "text", ["> " * 30_000, "[" * 60_000, "*a " * 20_000, "<" * 60_000, "![" * 30_000, "- " * 30_000]
)
def test_a_readme_that_is_hard_to_read_is_shown_or_cut(text: str) -> None:
    page = page_of(MemoryTree({**example_plugin("tool"), "README.md": text.encode()}))
    Page(page)
    assert "the beginning is shown" in page or len(text) <= MAX_README.most


def test_the_page_speaks_the_language_and_starts_with_its_locale() -> None:
    tree = MemoryTree({**example_plugin("tool"), "README.md": b"![a](https://e.example/a.png)"})
    english, chinese = page_of(tree), page_of(tree, language="zh_Hans")
    for label in (
        "What users of Dify see", "Card in the marketplace", "Source code", ">Theme<", ">Inputs<", ">hidden text<",
        "is not of the plugin", "Portuguese: ", "parts shown", "Users fill these in",
    ):  # fmt: skip
        assert label in english
        assert label not in chinese
    assert '<html lang="zh-Hans">' in chinese
    assert re.findall(r'value="(\w+)" checked>[^ ]', chinese)[0] == "zh_Hans"
    assert re.findall(r'value="(\w+)" checked>[^ ]', english)[0] == "en_US"


def test_each_text_is_there_once_in_each_locale() -> None:
    marked = iter(range(10_000))
    said: dict[str, list[str]] = {locale: [] for locale in LOCALES}

    def text() -> dict[str, str]:
        written = {locale: f"{locale} text {next(marked)}" for locale in LOCALES}
        for locale, words in written.items():
            said[locale].append(words)
        return written

    parameters = [
        {
            "name": f"p{number}",
            "type": "select",
            "form": "form",
            "label": text(),
            "human_description": text(),
            "options": [{"value": f"v{each}", "label": text()} for each in range(3)],
        }
        for number in range(20)
    ]
    source = yaml.dump({"parameters": parameters}, Dumper=yaml.CSafeDumper)
    page = Page(page_of(changed(source, "tools/current_weather.yaml")))
    for locale in LOCALES:
        shown = [words for words in page.texts[locale] if re.match(r".. ?_?\w+ text \d+", words)]
        assert [words for words in shown if words.startswith(locale)] == shown
        assert sorted(shown) == sorted(said[locale])


def test_findings_are_marked_where_they_are_seen() -> None:
    text = """
    parameters:
    - {name: city, type: strin, form: llm, label: {en_US: City}, human_description: {en_US: Which}}
    """
    source = page_of(changed(text, "tools/current_weather.yaml"))
    field = source[source.index('data-name="city"') :]
    assert "schema/unknown-value" in field[: field.index("</article>")]
    assert "is not drawn" in field[: field.index("</article>")]


def test_a_gap_is_marked_and_counted() -> None:
    source = page_of(changed("label: {en_US: Only English}", "manifest.yaml"))
    gap = '<span class="text gap" data-in="zh_Hans ja_JP pt_BR" lang="en" dir="auto">Only English</span>'
    assert gap in source
    assert "Japanese: 2 texts in English" in source


def test_what_changed_stands_beside_what_was() -> None:
    before = MemoryTree(example_plugin("tool"))
    after = changed("label: {en_US: Another}", "manifest.yaml")
    source = page_of(after, before)
    assert source.count('<div class="pair changed">') == 1
    changed_part = source[source.index('<div class="pair changed">') :]
    assert changed_part.index("Before") < changed_part.index("After") < changed_part.index("Another")
    assert page_of(before, before).count('<div class="pair changed">') == 0


def test_the_policy_allows_just_this_script_and_this_style() -> None:
    source = page_of(MemoryTree(example_plugin("tool")))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', source)
    assert policy is not None

    def digest(tag: str) -> str:
        inside = re.search(f"<{tag}>(.*?)</{tag}>", source, re.DOTALL)
        assert inside is not None
        return base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()

    assert policy[1].split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest('style')}'",
        f"script-src 'sha256-{digest('script')}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_conditions_reach_the_script_as_they_are() -> None:
    text = """
    provider_credential_schema:
      credential_form_schemas:
      - {variable: key, label: {en_US: Key}, type: text-input, show_on: [{variable: 'a"<', value: "\\u202e'&"}]}
    """
    page = Page(page_of(changed(text, "provider/acme.yaml", "model")))
    (when,) = [value for _, name, value in page.attributes if name == "data-when"]
    assert json.loads(when) == [['a"<', "\u202e'&"]]


def test_plugins_without_room_are_named() -> None:
    gallery = Gallery()
    plugin = example_plugin("endpoint")
    files: Mapping[str, bytes] = {
        f"p{number}/{path}": content for number in range(MAX_PLUGINS.most + 2) for path, content in plugin.items()
    }
    tree = MemoryTree(dict(files))
    names: list[str] = []

    def see(each: Plugin) -> None:
        names.append(each.name)
        gallery.see(each)

    source = gallery.page([review(tree, find_roots(tree), Options(select=("yaml",)), seen=see)])
    assert f"the page has no room for 2 more plugins: {names[-2]}, {names[-1]}" in source


@given(st.binary(max_size=300))
def test_no_icon_acts(content: bytes) -> None:
    assert_inert(page_of(MemoryTree({**example_plugin("endpoint"), "_assets/icon.svg": content})))
