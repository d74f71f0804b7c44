"""The page has everything, and nothing in it runs, loads or breaks out of its place."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.findings import Finding, Severity, fingerprinted
from bot.report import escape, html, words
from bot.review.outline import rows
from bot.review.result import Result
from bot.review.support import Releases, Support
from bot.rules.registry import DOCS_URL
from tests.report import samples
from tests.report.hostile import filled, results
from tests.report.samples import CONTEXT, RESULT, finding
from tests.report.test_escape import NASTY_WORDS

VOID = {"meta", "br", "link", "img", "input", "hr", "base", "embed", "source"}
OUR_TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "span", "p", "b", "main", "section",
    "details", "summary", "ul", "li", "a", "code", "small", "pre", "footer", "div", "table", "thead", "tbody", "tr",
    "th", "td", "meter", "label", "select", "option", "script",
}  # fmt: skip
OUR_ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "aria-hidden", "open", "href", "rel", "scope", "min",
    "max", "value", "colspan", "id", "hidden", "role", "aria-label", "data-told",
}  # fmt: skip


class Page(HTMLParser):
    """A page whose elements are all closed where they should be."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data!r}")

    def handle_data(self, data: str) -> None:
        self.text += data


def plain(message: str) -> str:
    return " ".join(unescape(escape.html(message)).replace("`", "").split())


def result_of(*findings: Finding) -> Result:
    return replace(RESULT, findings=tuple(fingerprinted(findings)))


def test_a_page_says_everything() -> None:
    page = Page(html.render(RESULT, CONTEXT))
    text = " ".join(page.text.split())
    assert "✗ Fix 4 errors in tools/weather" in text
    assert "4 errors 4 warnings 4 notices 2 fixed 9 old, not counted" in text
    for item in RESULT.active:
        assert plain(item.message) in text
        assert item.location.path.removeprefix("tools/weather/") in text
    assert "Likely fix: Write acme-inc." in text
    assert "packager: The packager refuses the plugin: icon not found. decoder/helper.go:343" in text
    assert "73% 30/41" in text
    assert "marketplace/version-exists in tools/weather: no marketplace address is configured" in text
    assert "Where the tool is installed: dify-plugin-review check tools/weather" in text


def test_the_releases_that_a_plugin_works_on_are_a_table() -> None:
    rows = (Releases("1.0.0", "1.3.0", False, False, False), Releases("1.3.1", "1.17.0", True, True, True))
    support = Support("1.3.1", starts=True, because=(), releases=rows)
    weather = replace(RESULT.plugins[0], support=support)
    page = html.render(replace(RESULT, plugins=(weather, *RESULT.plugins[1:])), CONTEXT)
    table = page[page.index('<table class="support">') :]
    cells = re.findall("<t[dh](?: [^>]*)?>([^<]*)<", table[: table.index("</table>")])
    assert cells == [
        *("Dify", "installs", "starts", "lists", "shows"),
        *("1.0.0 – 1.3.0", "no", "yes", "no", "no"),
        *("1.3.1 – 1.17.0", "yes", "yes", "yes", "yes"),
    ]
    assert "Everything that it uses is there from Dify 1.3.1 on." in page
    everywhere = replace(weather, support=replace(support, releases=rows[1:]))
    assert 'class="support"' not in html.render(replace(RESULT, plugins=(everywhere,)), CONTEXT)


def test_lines_and_rules_are_linked() -> None:
    links = {value for name, value in Page(html.render(RESULT, CONTEXT)).attributes if name == "href"}
    assert f"{CONTEXT.files_url}/tools/weather/manifest.yaml#L8" in links
    assert samples.RULES["asset/prefix"].docs in links
    assert not any("/tools/" in (value or "") for name, value in Page(html.render(RESULT)).attributes if name == "href")


def test_the_four_outcomes_differ() -> None:
    headlines = {
        match[1]
        for result in (RESULT, samples.PASSED, samples.NOTHING, samples.BROKEN)
        if (match := re.search(r'<header class="([a-z-]+)">', html.render(result)))
    }
    assert headlines == {"failed", "passed", "nothing-to-check", "error"}
    assert "KeyError: &#x27;icon&#x27;" in html.render(samples.BROKEN)


def test_only_its_own_style_and_script_are_let_in() -> None:
    source = html.render(RESULT)
    (style,), (script,) = (re.findall(f"<{tag}>(.*?)</{tag}>", source, re.DOTALL) for tag in ("style", "script"))
    allowed = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    policy = "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
    assert f'http-equiv="Content-Security-Policy" content="{policy.format(*allowed)}"' in source
    assert not re.search(r"url\(|@import|expression", style)
    assert not re.search(r"innerHTML|insertAdjacent|document.write|eval|fetch", script)


def test_a_finding_comes_with_its_line_and_the_value_marked() -> None:
    text = "a: 1\nicon: missing.png\n"
    place = finding("asset/missing", Severity.ERROR, "There is no file.", "manifest.yaml", (2, 7, 18))
    source = html.render(result_of(place), texts=lambda location: text)
    assert '<pre class="line">icon: <b>missing.png</b></pre>' in source
    secret = replace(place, rule="security/secret")
    assert '<pre class="line">' not in html.render(result_of(secret), texts=lambda location: text)


def test_no_line_with_a_secret_is_shown() -> None:
    text = "key: ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5"
    place = finding("yaml/a", Severity.ERROR, "Wrong.", "manifest.yaml", (1, 1, 4))
    assert "ghp_aB3d" not in html.render(result_of(place), texts=lambda location: text)


def test_old_findings_can_be_asked_for() -> None:
    source = html.render(RESULT)
    assert RESULT.old
    old = source[source.index('<details class="plugin old">') :]
    assert all(plain(item.message) in " ".join(Page(f"<div>{old.partition('</main>')[0]}</div>").text.split())
               for item in RESULT.old)  # fmt: skip
    assert 'id="by-age"' in source
    assert 'id="by-age"' not in html.render(replace(RESULT, findings=RESULT.active))


def test_a_report_of_thousands_stays_small() -> None:
    crowd = [
        replace(
            finding("locale/missing", Severity.NOTICE, f"`text {n}` has no text in `pt_BR`.", "a.yaml", (n + 1, 1, 2)),
            plugin=f"p{n % 260}",
            group=f"group {n % 1000}",
        )
        for n in range(5000)
    ]
    source = html.render(result_of(*crowd))
    assert len(source) < 1024 * 1024
    assert "With so many findings" in source


def test_ten_thousand_findings_are_all_there() -> None:
    crowd = [
        finding("yaml/a", Severity(1 + n % 3), f"number {n}.", f"f{n % 50}.yaml", (n + 1, 1, 2), plugin=f"p{n % 9}")
        for n in range(10_000)
    ]
    source = html.render(result_of(*crowd))
    assert len(set(re.findall(r"number ([0-9]+)\.", source))) == 10_000


@given(st.sampled_from(NASTY_WORDS).map(filled) | results())
@example(RESULT)
def test_nothing_of_a_plugin_takes_effect(result: Result) -> None:
    page = Page(html.render(result, CONTEXT))
    assert set(page.tags) <= OUR_TAGS
    assert {name for name, _ in page.attributes} <= OUR_ATTRIBUTES
    for name, value in page.attributes:
        if name == "href":
            assert value is not None
            assert value.startswith(("#", CONTEXT.files_url + "/", DOCS_URL, words.INSTALL_URL))
    text = " ".join(page.text.split())
    for row in rows(result.active):
        assert plain(row.first.message) in text.replace("`", "")
