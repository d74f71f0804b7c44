"""Whatever a plugin puts into text, it shows as itself and does nothing, in every place where text leaves.

The referees are parsers of the receiving side: GitHub's own Markdown parser (cmark-gfm), a second one, Python's HTML
parser, a reading of the runner's protocol. They see only what the functions under test return.
"""

from __future__ import annotations

import html as html_library
import re
import sys
import unicodedata
import uuid
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import cmarkgfm  # type: ignore[import-untyped]
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]
from hypothesis import assume, example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.findings import quote
from bot.report import escape
from tests.support.runner import (
    MESSAGE_LIMIT,
    SUMMARY_LIMIT,
    Command,
    Runner,
    StepError,
    parse_outputs,
    read_summary,
)

JOINER = "\u2060"

NASTY_WORDS = (
    # references and addresses
    "@everyone", "@octocat", "@acme/team", "a@b.example", "mailto:a@b.example", "acme@1234567", "#1", "GH-12",
    "gh-1", "acme/repo#3", "GHSA-xxxx-xxxx-xxxx", "CVE-2024-1", "https://evil.example/x", "http://",
    "HTTP://e.example", "ftp://e.example", "//e.example", "www.e.example", "WWW.e.example", "xmpp:a@b.example",
    "javascript:alert(1)", ":tada:", ":+1:", "readme.md",
    # Markdown
    "[x](https://e.example)", "![x](y)", "[x]: https://e.example", "[^1]", "[ ]", "[x]", "<https://e.example>",
    "\\", "\\|", "\\`", "`", "``", "```", "````", "~~~", "~~x~~", "**x**", "__x__", "_x_", "*", "- ", "+ ",
    "* ", "-", "--", "---", "===", "=", "1. ", "2) ", "> ", "# ", "## ", "|", "||", ":-", ":-:", "|---|", "$x$",
    "$$", "$`x`$", "$", "    ",
    # HTML and templates
    "<!-- x -->", "<!--", "-->", "<b>", "</summary>", "</code>", "<script>", "<img src=x onerror=y>",
    "<details>", "<br", "&lt;", "&amp;", "&#64;", "&copy", "{{7*7}}", "${{ github.token }}", "{% raw %}", '"',
    "'",
    # the runner
    "::error::x", "::error file=a,line=1::x", "::stop-commands::x", "::set-output name=a::b", "::endgroup::",
    "::", ":", "##[error]x", "##[group]x", "##[", "#\ufe0f#\ufe0f[error]x", "#\u200b#[error]x",
    "\ufe0e::error::x", "]", "%0A", "%25", "%", "%3A", ",", "==", "ghadelimiter_",
    # characters
    "\n", "\r", "\r\n", "\t", " ", "  \n", "\x0b", "\x0c", "\x00", "\x1b[31m", "\x1b]8;;https://e.example\x07",
    "\x9b", "\x85", "\u2028", "\u202e", "\u2066", "\u200d", "\u200b", "\u2060", "\ufeff", "\ud800", "\udfff",
    "\udcff", "\U000e0041", "\u0301", "\ufe0f", "👩\u200d🚀", "é", "漢字", "שלום", "\u00a0", "\u3000", "\ufffe",
    "\uffff", "a", "word",
)  # fmt: skip

nasty = st.lists(
    st.one_of(
        st.sampled_from(NASTY_WORDS),
        st.sampled_from("`@#|<>[]()!*_~\\:/&;$%,=+-.0129 \n\r\t\x1b\u202e"),
        st.characters(),
        st.characters(categories=["Cs"]),
    ),
    max_size=12,
).map("".join)


def weightless(text: str) -> str:
    """The text as it is read: without joiners, and with white space as HTML collapses it."""
    return " ".join(text.replace(JOINER, "").split())


# --- renderers ------------------------------------------------------------------------------------------------------

_second_opinion = MarkdownIt("gfm-like", {"html": True})
# GitHub links `www.…` and URLs with a scheme (the first referee checks that), not every `readme.md`.
assert _second_opinion.linkify is not None
_second_opinion.linkify.set({"fuzzy_link": False})


def _github(source: str) -> str:
    rendered: str = cmarkgfm.github_flavored_markdown_to_html(
        source, Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    )
    return rendered


RENDERERS: dict[str, Callable[[str], str]] = {"cmark-gfm": _github, "markdown-it": _second_opinion.render}


class Page(HTMLParser):
    """A rendered page: its tags in order, comments among them, and the texts between them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.prose: list[str] = []
        self.code: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        self.tags.append("/" + tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append("!--" + data)

    def handle_decl(self, decl: str) -> None:
        self.tags.append("!" + decl)

    def handle_pi(self, data: str) -> None:
        self.tags.append("?" + data)

    def unknown_decl(self, data: str) -> None:
        self.tags.append("![" + data)

    def handle_data(self, data: str) -> None:
        (self.code if self.tags and self.tags[-1] == "code" else self.prose).append(data)

    @property
    def words(self) -> list[str]:
        return [words for text in self.prose if (words := weightless(text))]


PLACES = {
    "paragraph": "{}",
    "among words": "before {} after",
    "second line": "before\n{}",
    "list item": "- {}\n- other",
    "heading": "### {}",
    "quote": "> {}",
    "link text": "[{}](https://e.example)",
    "table cell": "| a | b |\n| --- | --- |\n| {} | end |",
    "last table cell": "| a | b |\n| --- | --- |\n| end | {} |",
    "summary": "<details><summary>{}</summary>\n\nbody\n\n</details>",
}
# In an HTML block backticks are just backticks.
PLACES_FOR_CODE = {where: place for where, place in PLACES.items() if where != "summary"}
by_each_renderer = pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)

# What GitHub looks for in the text of a page, outside of code, once Markdown is done. Wider than its own patterns:
# what stands before a mention, or what may follow it, is not asked.
FOUND_IN_TEXT = re.compile(
    r"@[0-9a-z]|\#[0-9]|\bgh-[0-9]|\bghsa-\w|\bcve-[0-9]|:[\w+-]+:|(?:https?|ftp):/|//\w|www\.|mailto:[^\s\u2060]"
    r"|(?<!\u2060)\$|\$(?!\u2060)",
    re.IGNORECASE | re.ASCII,
)


# --- characters -----------------------------------------------------------------------------------------------------

# Arabic and other signs that stand under the digits after them: format characters by category, but printed.
PRINTED_FORMATS = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}


def test_every_control_format_and_separator_character_is_shown() -> None:
    hidden = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and code not in PRINTED_FORMATS
    ]
    assert len(hidden) > 2000
    assert not set(escape.visible("".join(hidden))) & set(hidden)


@pytest.mark.parametrize("blank", ["\u034f", "\u115f", "\u3164", "\uffa0", "\u180b", "\ufe00", "\U000e0100"])
def test_letters_and_marks_that_print_nothing_are_shown(blank: str) -> None:
    assert escape.visible(f"a{blank}b") == f"a\\{'u' if blank < chr(0xFFFF) else 'U000'}{ord(blank):04x}b"


def test_what_can_be_read_is_left_alone() -> None:
    text = "Grüße, 漢字かな 한국어 עברית العربية हिन्दी – “quotes” … ⚠\ufe0f ✅ 100\u00a0% \u3000 \\n ` ~"
    assert escape.visible(text) == text


def test_symbols_stand_for_line_breaks_and_tabs() -> None:
    assert escape.visible("a\r\nb\nc\rd\te") == "a⏎b⏎c␍d⇥e"
    assert escape.visible("a\r\nb\nc", newline="\n") == "a\nb\nc"


@given(nasty)
def test_no_escaping_leaves_what_cannot_be_encoded(text: str) -> None:
    escaped = [
        escape.encodable(text), escape.visible(text), escape.clip(text, 5, 9), escape.markdown(text),
        escape.markdown_code(text), escape.markdown_message(text), escape.markdown_fence(text),
        escape.markdown_url("https://e.example/" + text) or "", escape.path_url(text, text), escape.sarif_uri(text),
        escape.html(text), escape.html_message(text), escape.terminal(text), escape.terminal(text, multiline=True),
        escape.command("error", {"title": text}, text), escape.log_line(text), escape.output_file_entry("a", text),
    ]  # fmt: skip
    for one in escaped:
        assert one.encode().decode() == one


# --- clip -----------------------------------------------------------------------------------------------------------


@given(nasty, st.integers(0, 14), st.none() | st.integers(0, 30))
def test_clipped_text_fits_and_is_a_beginning(text: str, points: int, byte_limit: int | None) -> None:
    whole = escape.encodable(text)
    clipped = escape.clip(text, points, byte_limit)
    fits = len(whole) <= points and (byte_limit is None or len(whole.encode()) <= byte_limit)
    assert len(clipped) <= points
    assert byte_limit is None or len(clipped.encode()) <= byte_limit
    assert clipped == whole if fits else clipped == "" or (clipped[-1] == "…" and whole.startswith(clipped[:-1]))


@pytest.mark.parametrize(
    ("message", "points", "clipped"),
    [
        ("It reads `a.py:1`.", 40, "It reads `a.py:1`."),
        ("It reads `a.py:1`, `b.py:2`.", 24, "It reads `a.py:1`…"),
        ("It reads `a.py:1` (`b.py:2`).", 22, "It reads `a.py:1`…"),
        ("It reads `a.py:1`, and nothing else.", 24, "It reads `a.py:1`, and …"),
        ("`a.py:1` is read.", 4, "…"),
        ("It ends in a lone `", 40, "It ends in a lone `"),
    ],
)
def test_a_clipped_message_has_no_half_of_a_code_span(message: str, points: int, clipped: str) -> None:
    assert escape.clip_message(message, points) == clipped


@pytest.mark.parametrize(
    ("text", "points", "byte_limit", "clipped"),
    [
        ("abcdef", 6, None, "abcdef"),
        ("abcdef", 5, None, "abcd…"),
        ("abcdef", 1, None, "…"),
        ("abcdef", 0, None, ""),
        ("abcdef", 6, 5, "ab…"),
        ("abcdef", 6, 3, "…"),
        ("abcdef", 6, 2, ""),
        ("aéé", 9, 4, "a…"),
        ("漢字かな", 9, 11, "漢字…"),
        ("ae\u0301x", 3, None, "a…"),
        ("a👩\u200d🚀b", 4, None, "a…"),
        ("a👩\u200d🚀bc", 5, None, "a👩\u200d🚀…"),
        ("a\ud800b", 2, None, "a…"),
        ("a" + 100 * "\u0301", 50, None, "a" + 48 * "\u0301" + "…"),
    ],
)
def test_clip_keeps_characters_whole(text: str, points: int, byte_limit: int | None, clipped: str) -> None:
    assert escape.clip(text, points, byte_limit) == clipped


# --- Markdown -------------------------------------------------------------------------------------------------------


def assert_inert(render: Callable[[str], str], text: str) -> None:
    """In no place does the text add a tag, an attribute, or anything that GitHub would link."""
    expected = weightless(escape.visible(text, newline=" "))
    for place in PLACES.values():
        plain = Page(render(place.format("PLAIN")))
        page = Page(render(place.format(escape.markdown(text))))
        assert page.tags == plain.tags
        assert page.attributes == plain.attributes
        assert page.words == [words.replace("PLAIN", expected) for words in plain.words]
        assert not [found for found in page.prose if FOUND_IN_TEXT.search(found)]


@by_each_renderer
@given(text=nasty)
@example(text="    indented")
@example(text="12) item")
@example(text="- - x")
@example(text="[x]: https://e.example")
def test_markdown_shows_as_itself_and_does_nothing(render: Callable[[str], str], text: str) -> None:
    assume(weightless(escape.visible(text, newline=" ")))  # an empty list item or cell says nothing
    assert_inert(render, text)


@by_each_renderer
@pytest.mark.parametrize("word", [word for word in NASTY_WORDS if word.strip()])
def test_each_nasty_word_alone_is_inert(render: Callable[[str], str], word: str) -> None:
    assert_inert(render, word)


def test_the_referees_do_see_what_is_not_escaped() -> None:
    """Without escaping the same checks fail, so they can."""
    for render in RENDERERS.values():
        assert "a" in Page(render("https://e.example")).tags
        assert "strong" in Page(render("**x**")).tags
        assert "!-- x " in Page(render("<!-- x -->")).tags
    assert "a" in Page(_github("www.e.example a&#64;b.example")).tags
    for text in ("@octocat", "(@acme/team)", "#1", "a/b#1", "GH-1", ":tada:", "www.x", "https://x", "$x$"):
        assert FOUND_IN_TEXT.search(text)


def test_prose_stays_readable() -> None:
    assert (
        escape.markdown("The file is 3.5 MB, (too large) - see it: 50%")
        == "The file is 3.5 MB, (too large) - see it: 50%"
    )


@by_each_renderer
@given(text=nasty)
@example(text="")
@example(text=" ")
@example(text=" a ")
@example(text=" ` ")
@example(text="`` ` ```")
@example(text="\\|")
@example(text="]:x")
@example(text="a@b.example|https://e.example|www.e.example|</code>|`")
def test_code_span_shows_exactly_the_text(render: Callable[[str], str], text: str) -> None:
    span = escape.markdown_code(text)
    assert "\n" not in span
    for place in PLACES_FOR_CODE.values():
        page = Page(render(place.format(span)))
        assert page.tags == Page(render(place.format("`PLAIN`"))).tags
        # Where an element has to stand in for the code span, joiners keep its text inert.
        code = [code.replace(JOINER, "") for code in page.code] if span.startswith("<code>") else page.code
        assert code == [escape.visible(text) or " "]


@by_each_renderer
@given(
    parts=st.lists(st.tuples(nasty.map(lambda text: text.replace("`", "")), nasty.map(quote)), min_size=1, max_size=3)
)
@example(parts=[("", quote("a")), ("", quote("b")), ("", quote("`"))])
@example(parts=[("", quote("]:x"))])
@example(parts=[("@", quote("octocat")), ("$", quote("x")), ("$", quote("a|b"))])
def test_message_gives_its_pieces_as_code_and_the_rest_as_text(
    render: Callable[[str], str], parts: list[tuple[str, str]]
) -> None:
    written = escape.markdown_message("".join(prose + piece for prose, piece in parts))
    pieces = [escape.visible(piece[1:-1]) for _, piece in parts]
    for place in PLACES_FOR_CODE.values():
        plain = Page(render(place.format("PLAIN")))
        page = Page(render(place.format(written)))
        assert [code.replace(JOINER, "") for code in page.code] == pieces
        assert [tag for tag in page.tags if tag.strip("/") != "code"] == plain.tags
        assert page.attributes == plain.attributes
        assert not [found for found in page.prose if FOUND_IN_TEXT.search(found)]
        # Every word of the prose is there, in order, between the pieces.
        shown = weightless(" ".join(page.prose))
        assert weightless(" ".join(escape.visible(prose, newline=" ") for prose, _ in parts)) in shown


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("", ""),
        ("no piece", "no piece"),
        ("`a` is not `b`.", "`a` is not `b`."),
        ("`a``b`", f"`a`{JOINER}`b`"),
        ("a ` alone", "a &#96; alone"),
        ("``", "&#96;&#96;"),
        ("`a|b`", "<code>a&#124;b</code>"),
        ("say `@all`, @all", f"say `@all`, @{JOINER}all"),
    ],
)
def test_message(message: str, written: str) -> None:
    assert escape.markdown_message(message) == written


@given(nasty, st.sampled_from(["", "suggestion", "yaml"]))
@example("", "suggestion")
@example("```suggestion\nx\n```\n", "suggestion")
@example("\n", "suggestion")
@example("a\r\nb\r\n", "suggestion")
@example("````\n`````", "")
def test_fence_holds_exactly_the_text(text: str, info: str) -> None:
    fence = escape.markdown_fence(text, info)
    opening, rest = fence.split("\n", 1)
    ticks = opening.removesuffix(info)
    assert rest.removesuffix(ticks).removesuffix("\n") == escape.encodable(text).removesuffix("\n")
    lines = re.sub(r"\r\n?", "\n", escape.encodable(text) + ("\n" if text and not text.endswith("\n") else ""))
    blocks = [token for token in _second_opinion.parse(f"before\n\n{fence}\n\nafter") if token.level == 0]
    assert [block.type for block in blocks] == [
        "paragraph_open", "paragraph_close", "fence", "paragraph_open", "paragraph_close"
    ]  # fmt: skip
    assert blocks[2].info == info
    assert blocks[2].content == lines.replace("\0", "\ufffd")
    page = Page(_github(f"before\n\n{fence}\n\nafter"))
    assert page.tags == ["p", "/p", "pre", "code", "/code", "/pre", "p", "/p"]


def test_fence_takes_no_foreign_info_string() -> None:
    with pytest.raises(ValueError, match="info string"):
        escape.markdown_fence("x", "yaml\n```")


# --- URLs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://e.example", "https://e.example"),
        ("HTTPS://e.example:8443/a?b=c&d#e", "https://e.example:8443/a?b=c&d#e"),
        ("http://e.example/a b(c)[d]<e>|f\"g'", "http://e.example/a%20b%28c%29%5Bd%5D%3Ce%3E%7Cf%22g%27"),
        ("https://e.example/100%/%20%zz", "https://e.example/100%25/%20%25zz"),
        ("https://e.example/é\u202e\n", "https://e.example/%C3%A9%E2%80%AE%0A"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://e.example/\ud800", "https://e.example/%EF%BF%BD"),
        ("javascript:alert(1)", None),
        ("javascript://e.example/%0Aalert(1)", None),
        ("data:text/html,x", None),
        ("//e.example", None),
        ("/a", None),
        ("https:e.example", None),
        ("https://", None),
        ("https:///a", None),
        (" https://e.example", None),
        ("https://user@e.example", None),
        ("https://user:word@e.example", None),
        ("https://e.example\\@other.example", None),
        ("https://e.example\n/a", None),
        ("https://a..b", None),
        ("https://e.example)", None),
        ("https://e.example|x", None),
        ("https://a\uff0fb.example", None),
        ("https://" + "a" * 300 + ".example", None),
        ("", None),
    ],
)
def test_link_target(url: str, target: str | None) -> None:
    assert escape.markdown_url(url) == target


@by_each_renderer
@given(rest=nasty)
def test_link_target_stays_one_target(render: Callable[[str], str], rest: str) -> None:
    target = escape.markdown_url("https://e.example/" + rest)
    assert target is not None
    for where in ("paragraph", "among words", "list item", "heading", "table cell"):
        place = PLACES[where]
        page = Page(render(place.format(f"[x]({target})")))
        assert page.attributes == [("href", target)]
        assert [tag for tag in page.tags if tag.strip("/") != "a"] == Page(render(place.format("PLAIN"))).tags


@given(st.lists(nasty, max_size=4))
@example(["..", "..", "x"])
@example(["a/../b", "./c", "//d"])
@example(["%2e%2e", "%2F"])
def test_path_of_a_url_keeps_names_and_never_climbs(segments: list[str]) -> None:
    url = escape.path_url(*segments)
    assert re.fullmatch(r"[A-Za-z0-9._~%/-]*", url)
    names = [name for name in escape.encodable("/".join(segments)).split("/") if name not in {"", ".", ".."}]
    assert [unquote(name) for name in url.split("/") if name] == names
    assert urlsplit(urljoin("https://e.example/a/b/", url)).path == "/a/b/" + url


@given(nasty)
@example("")
@example("a:b/c")
@example("//host/x")
@example("100%25.yaml")
@example("語/é\u202e.yaml")
def test_sarif_uri_is_a_relative_reference_to_the_path(path: str) -> None:
    uri = escape.sarif_uri(path)
    assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri)
    assert unquote(uri) == (escape.encodable(path) or ".")
    parts = urlsplit(uri)
    assert not parts.scheme
    assert not parts.netloc
    if not {"", ".", ".."} & set(uri.split("/")):
        assert urljoin("file:///repo/", uri) == "file:///repo/" + uri


# --- HTML and the terminal ------------------------------------------------------------------------------------------


@given(nasty)
@example("\"'<>&")
def test_html_is_text_in_an_element_and_in_an_attribute(text: str) -> None:
    escaped = escape.html(text)
    shown = "\t".join(escape.visible(part, newline="\n") for part in text.split("\t"))
    page = Page(f"<p title=\"{escaped}\" lang='{escaped}'>{escaped}</p>")
    assert page.tags == ["p", "/p"]
    assert page.attributes == [("title", shown), ("lang", shown)]
    assert "".join(page.prose) == shown


@given(nasty, nasty.map(quote))
def test_html_message_gives_pieces_as_code(text: str, piece: str) -> None:
    page = Page(escape.html_message(text.replace("`", "") + piece))
    assert page.tags == ["code", "/code"]
    assert page.code == [escape.visible(piece[1:-1])]
    assert "".join(page.prose) == html_library.unescape(escape.html(text.replace("`", "")))


@given(nasty)
def test_terminal_has_nothing_to_obey(text: str) -> None:
    assert escape.terminal(text).isprintable() or not _controls(escape.terminal(text))
    assert not _controls(escape.terminal(text, multiline=True).replace("\n", ""))
    assert escape.terminal(text, multiline=True).count("\n") == text.count("\n")


def _controls(text: str) -> list[str]:
    return [
        c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and ord(c) not in PRINTED_FORMATS
    ]


def test_terminal() -> None:
    assert (
        escape.terminal("\x1b[31mred\x1b]0;title\x07\r\nnext\ttab") == "\\u001b[31mred\\u001b]0;title\\u0007⏎next⇥tab"
    )
    assert escape.terminal("a\r\nb\rc", multiline=True) == "a\nb␍c"


# --- the runner -----------------------------------------------------------------------------------------------------


def test_the_runner_does_obey_what_is_not_escaped() -> None:
    """Without escaping the same reading finds commands, so it can."""
    for line in (
        "::error::x",
        "  ::Error file=a.yaml, line=3::x",
        "text ##[error]x",
        "\u2060::error::x",
        "##\u200b[error]x",
        "::stop-commands::a-long-token",
    ):
        assert len(Runner().feed(line)) == 1
    assert Runner().feed("a\r::error file=a%2Cb,line=1::50%25%0Ax\n")[0] == Command(
        "error", {"file": "a,b", "line": "1"}, "50%\nx"
    )
    stopped = Runner()
    assert len(stopped.feed("::stop-commands::a-long-token\n::error::x\n::a-long-token::\n::error::y")) == 3
    assert [annotation.message for annotation in stopped.annotations] == ["y"]
    many = Runner()
    many.feed("::error::x\n" * 12 + "::notice::" + "y" * 5000)
    assert [len(annotation.message) for annotation in many.annotations] == [1] * 10 + [MESSAGE_LIMIT]


def test_the_runner_takes_outputs_literally() -> None:
    assert parse_outputs("a=b<<c=d\n\nb<<E\nx\n\ny=1\nE\n") == {"a": "b<<c=d", "b": "x\n\ny=1"}
    for wrong in ("a", "a<<E\nx", "a<<E\nx\n", "<<E\nx\nE\n"):
        with pytest.raises(StepError):
            parse_outputs(wrong)
    with pytest.raises(StepError):
        read_summary(bytes(SUMMARY_LIMIT + 1))
    assert read_summary("é".encode()) == "é"


def assert_only_printed(text: str) -> None:
    runner = Runner()
    line = escape.log_line(text)
    assert runner.feed(line + "\n") == []
    assert runner.log == [line]
    assert line.replace(" ", "") == escape.visible(text).replace(" ", "")


@given(nasty)
def test_a_log_line_is_only_printed(text: str) -> None:
    assert_only_printed(text)


@pytest.mark.parametrize(
    "text",
    [
        *NASTY_WORDS,
        " \t::error::x",
        "\u00a0::error::x",
        "\u2060::error::x",
        ":\ufe0f:error::x",
        "##\ufe0e[error]y",
        "####[error]##[error]",
        "a\n::error::x\r##[error]y\u2028::error::z",
    ],
)
def test_a_known_trick_in_a_log_line_is_only_printed(text: str) -> None:
    assert_only_printed(text)


@pytest.mark.parametrize("text", ["Reviewed 3 plugins: 2 errors", "class Foo::Bar", "array[#1] ## [x]", "漢字: x"])
def test_an_ordinary_log_line_is_left_alone(text: str) -> None:
    assert escape.log_line(text) == text


@given(nasty, nasty, st.integers(1, 999))
@example("a:b,c%3A", "100%0A%25", 1)
@example("a,line=9::error::x", "##[error]x\n::error::y", 2)
def test_a_command_is_the_only_one_and_says_what_was_meant(title: str, message: str, line: int) -> None:
    runner = Runner()
    printed = escape.command("error", {"title": title, "file": "", "line": line}, message)
    (command,) = runner.feed(printed + "\n")
    assert command.name == "error"
    assert command.properties == {"line": str(line)} | (
        {"title": shown} if (shown := escape.visible(title).lstrip("=")) else {}
    )
    assert command.message.replace(" ", "") == escape.visible(message, newline="\n").replace(" ", "")
    assert runner.annotations == [command]
    assert runner.log == []
    # The runner prints the message to the log again, where the page looks for older commands.
    assert Runner().feed("\n".join("|" + line for line in command.message.split("\n"))) == []


@given(
    st.sampled_from(["x", "😀", "%", "\n", "e\u0301", "\u202e", "👩\u200d🚀"]),
    st.integers(0, 3),
    st.integers(4090, 4100),
)
@example("😀", 1, 2048)
def test_a_long_message_is_cut_before_the_runner_does_it(unit: str, shift: int, times: int) -> None:
    runner = Runner()
    whole = escape.visible("y" * shift + unit * times, newline="\n")
    runner.feed(escape.command("warning", {}, "y" * shift + unit * times))
    (annotation,) = runner.annotations
    length = len(annotation.message.encode("utf-16-le")) // 2
    assert length <= MESSAGE_LIMIT
    if len(whole.encode("utf-16-le")) // 2 <= MESSAGE_LIMIT:
        assert annotation.message == whole
    else:
        assert annotation.message[-1] == "…"
        assert whole.startswith(annotation.message[:-1])
        assert length > MESSAGE_LIMIT - 20


def test_command_is_written_as_the_toolkit_writes_it() -> None:
    assert (
        escape.command("error", {"file": "a,b:c.yaml", "line": 3, "endLine": 4, "title": "50% off"}, "1\n2% ::x")
        == "::error file=a%2Cb%3Ac.yaml,line=3,endLine=4,title=50%25 off::1%0A2%25 ::x"
    )
    assert escape.command("notice", {"title": "", "line": 0}, "") == "::notice line=0::"
    assert escape.command("endgroup", {}, "") == "::endgroup::"


@pytest.mark.parametrize(
    ("name", "key"), [("error::x", "file"), ("", "file"), ("error", "a=b"), ("error", "a,b"), ("a b", "c")]
)
def test_command_takes_no_foreign_name(name: str, key: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        escape.command(name, {key: "x"}, "")


@given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]*", fullmatch=True), nasty, max_size=4))
@example({"a": "", "b": "\n", "c": "x\r\n", "d": "ghadelimiter_\nb<<EOF\n"})
def test_outputs_arrive_as_they_were(outputs: dict[str, str]) -> None:
    text = "".join(escape.output_file_entry(name, value) for name, value in outputs.items())
    assert parse_outputs(text) == {name: escape.encodable(value) for name, value in outputs.items()}


def test_delimiter_of_an_output_is_not_in_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    guessed, other = uuid.uuid4(), uuid.uuid4()
    answers = iter([guessed, other])
    monkeypatch.setattr(uuid, "uuid4", lambda: next(answers))
    value = f"x\nghadelimiter_{guessed}\nadmin=yes"
    assert parse_outputs(escape.output_file_entry("a", value)) == {"a": value}


@pytest.mark.parametrize("name", ["", "a=b", "a<<b", "a\nb", "1a", "a b"])
def test_output_takes_no_foreign_name(name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        escape.output_file_entry(name, "x")
