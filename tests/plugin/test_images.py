"""What an image is by its bytes, and what an SVG does besides being drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plugin.images import FORMATS, MAX_SVG_BYTES, SUFFIXES, format_of, svg_faults
from bot.rules.example import example_plugin

DRAWN = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'>{}</svg>"
STANDARD = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"\xff\xd8\xff\xe0....", "JPEG"),
        (b"GIF89a....", "GIF"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "WebP"),
        (b"\x00\x00\x01\x00\x01\x00", "ICO"),
        (b"\x00\x00\x00\x1cftypavif", "AVIF"),
        (DRAWN.encode(), "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>", "SVG"),
        (STANDARD.encode() + b"<svg:svg/>", "SVG"),
        (b"<!DOCTYPE html><html><svg/></html>", "HTML"),
        (b"<?xml version='1.0'?><rss/>", None),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"", None),
        (b"just text", None),
    ],
)
def test_formats(content: bytes, kind: str | None) -> None:
    assert format_of(content) == kind


def test_every_format_has_its_suffix() -> None:
    assert {FORMATS[suffix] for suffix in SUFFIXES.values()} == set(FORMATS.values())
    assert SUFFIXES["JPEG"] == "jpg"


@pytest.mark.parametrize(
    ("inner", "fault"),
    [
        ("<script>steal()</script>", "holds a <script>"),
        ("<script href='x.js'/>", "holds a <script>"),
        ("<g onclick='steal()'/>", "runs script by its attribute onclick"),
        ("<a href=' JavaScript:steal()'/>", "links to javascript:"),
        ("<image href='https://tracker.example/a.png'/>", "fetches a file from elsewhere in <image>"),
        (
            "<use xmlns:xlink='http://www.w3.org/1999/xlink' xlink:href='//tracker.example/a.svg#b'/>",
            "fetches a file from elsewhere in <use>",
        ),
        ("<foreignObject><iframe/></foreignObject>", "holds a <iframe>"),
        ("<style>@import 'https://tracker.example/a.css';</style>", "fetches a file from elsewhere by its style"),
        (
            "<style><![CDATA[a{fill:url( http://tracker.example/a)}]]></style>",
            "fetches a file from elsewhere by its style",
        ),
        ("<rect style='fill:url(//tracker.example/a)'/>", "fetches a file from elsewhere by its style"),
    ],
)
def test_an_svg_that_does_more(inner: str, fault: str) -> None:
    assert svg_faults(DRAWN.format(inner).encode()) == ([fault], None)


@pytest.mark.parametrize(
    "content",
    [
        DRAWN.format("<circle r='1'/>"),
        DRAWN.format("<a href='https://acme.example'><path d='M0 0'/></a>"),
        DRAWN.format("<image href='data:image/png;base64,AAAA'/><use href='#a'/>"),
        DRAWN.format("<style>a{fill:url(#gradient)}</style><rect fill='url(#gradient)'/>"),
        DRAWN.format("<script xmlns=''/>"),
        STANDARD + DRAWN.format(""),
        '<!DOCTYPE svg [<!ENTITY ns "http://ns.example/">]>' + DRAWN.format(""),
    ],
)
def test_an_svg_that_is_only_drawn(content: str) -> None:
    assert svg_faults(content.encode()) == ([], None)


ENTITY = ["declares an entity that grows, or is fetched from elsewhere"]


@pytest.mark.parametrize(
    "declarations",
    [
        '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        "<!ENTITY a PUBLIC 'x' 'http://tracker.example'>",
        '<!ENTITY % a "x"><!ENTITY b "%a;">',
    ],
)
def test_entity_tricks(declarations: str) -> None:
    content = f"<!DOCTYPE svg [{declarations}]>" + DRAWN.format("<text>&c;</text>")
    assert svg_faults(content.encode()) == (ENTITY, None)


def test_script_behind_a_harmless_entity() -> None:
    content = '<!DOCTYPE svg [<!ENTITY ns "x">]>' + DRAWN.format("<script>steal()</script>")
    assert svg_faults(content.encode()) == (["runs script"], None)


def test_a_million_laughs_are_never_expanded() -> None:
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 50))
    content = f'<!DOCTYPE svg [<!ENTITY a0 "ha">{lines}]>' + DRAWN.format("<text>&a49;</text>")
    assert svg_faults(content.encode()) == (ENTITY, None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<svg><circle r=1></svg>", "not well-formed (invalid token) in line 1"),
        ("<svg>\n<g></svg>", "mismatched tag in line 2"),
        ("<svg/><svg/>", "junk after document element in line 1"),
        ("", "no element found"),
    ],
)
def test_an_svg_that_nobody_draws(content: str, reason: str) -> None:
    faults, failure = svg_faults(content.encode())
    assert faults == []
    assert failure is not None
    assert failure.startswith(reason)


def test_nesting_without_end() -> None:
    assert svg_faults(b"<svg>" + b"<g>" * (MAX_SVG_BYTES.most // 3))[0] == []


@given(st.binary(max_size=200).map(lambda content: b"<svg>" + content))
def test_any_content(content: bytes) -> None:
    faults, failure = svg_faults(content)
    assert all(faults)
    assert failure is None or failure
    format_of(content)


def test_the_bundled_icons_are_drawn() -> None:
    for name in ("agent", "datasource", "endpoint", "model", "tool", "trigger"):
        for path, content in example_plugin(name).items():
            if path.endswith(".svg"):
                assert format_of(content) == "SVG"
                assert svg_faults(content) == ([], None)
