"""Where the text of a pull request says what, for people and for the pre-check."""

from __future__ import annotations

import pytest

from bot.findings import Span
from bot.submission import template
from bot.submission.example import COMPLETE
from bot.submission.text import Body


def body_of(section: str, *lines: str) -> Body:
    return Body("\n".join((f"## {section}", *lines)))


def text_at(body: Body, span: Span) -> str:
    assert span.line == span.end_line
    return body.lines[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_fields_are_found_with_their_values(ending: str) -> None:
    body = Body(COMPLETE.replace("\n", ending))
    fields = body.sections[template.INFORMATION].fields()
    assert {name: text_at(body, field.span) for name, field in fields.items()} == {
        "Author": "acme",
        "Plugin name": "weather",
        "Version": "0.1.0",
        "Source repository": "https://github.com/acme/weather",
        "Contact": "crew@acme.example",
    }
    assert all(field.strict for field in fields.values())
    assert set(body.sections) == set(template.SECTIONS)
    assert all(section.heading.strict for section in body.sections.values())


@pytest.mark.parametrize(
    ("line", "value", "strict"),
    [
        ("- **Contact**: a@b.example", "a@b.example", True),
        ("  -   **Contact**:a@b.example  ", "a@b.example", True),
        ("- **Contact**: <!-- who --> a@b.example", "a@b.example", True),
        ("- **contact**: a@b.example", "a@b.example", False),
        ("- **Contact:** a@b.example", "a@b.example", False),
        ("* **Contact**: a@b.example", "a@b.example", False),
        ("- Contact: a@b.example", "a@b.example", False),
        ("**Contact**： a@b.example", "a@b.example", False),
        ("| Contact | a@b.example |", "a@b.example", False),
        ("- **Contact**: <!-- who -->", "", True),
        ("- **Contact**:", "", True),
    ],
)
def test_a_field_as_people_write_it(line: str, value: str, strict: bool) -> None:
    body = body_of(template.INFORMATION, line)
    field = body.sections[template.INFORMATION].fields()["Contact"]
    assert (field.value, field.strict) == (value, strict)
    assert text_at(body, field.span) == value or (not value and text_at(body, field.span).startswith("**Contact"))


@pytest.mark.parametrize(
    ("line", "ticked", "strict"),
    [
        ("- [x] New plugin", True, True),
        ("- [X] new plugin  ", True, True),
        ("  -[x]New plugin", True, True),
        ("- [ ] New plugin", False, False),
        ("- [] New plugin", False, False),
        ("- [✓] New plugin", True, False),
        ("- [ ✓] New plugin", True, False),
        ("- [x ] New plugin", True, False),
        ("* [x] New plugin", True, False),
        ("1. [x] New plugin", True, False),
        ("- [x] **New plugin**", True, False),
        ("- [x] New plugin.", True, False),
        (r"- \[x\] New plugin", True, False),
        ("- ✅ New plugin", True, False),
        ("- [-] New plugin", False, False),
        ("- [no] New plugin", False, False),
    ],
)
def test_a_box_as_people_tick_it(line: str, ticked: bool, strict: bool) -> None:
    (box,) = body_of(template.TYPE, line).sections[template.TYPE].boxes(template.TYPES)
    assert (box.ticked, box.strict) == (ticked, strict)


def test_other_boxes_are_none_of_the_options() -> None:
    section = body_of(template.TYPE, "- [x] New plugins are fun", "- [x] I have read the rules").sections[template.TYPE]
    assert section.boxes(template.TYPES) == []


@pytest.mark.parametrize(
    ("heading", "strict"),
    [
        ("## Risk level", True),
        ("##  risk   LEVEL ", True),
        ("### Risk level", False),
        ("# Risk level", False),
        ("## Risk level:", False),
        ("## **Risk level**", False),
        ("**Risk level**", False),
    ],
)
def test_a_heading_as_people_write_it(heading: str, strict: bool) -> None:
    body = Body(f"{heading}\n- [x] Low risk\n\n## Local validation\nran it\n")
    section = body.sections[template.RISK]
    assert section.heading.strict is strict
    assert [box.option for box in section.boxes(template.RISKS)] == ["Low risk"]
    assert text_at(body, section.heading.span) == heading.strip()


def test_of_two_sections_with_one_heading_the_last_is_read() -> None:
    body = Body("## Risk level\n- [x] Low risk\n## Risk level\n- [x] High risk\n")
    assert [box.option for box in body.sections[template.RISK].boxes(template.RISKS)] == ["High risk"]


def test_comments_are_no_text() -> None:
    body = Body("## What changed\n\n<!-- one\n\ntwo -->\n\n## Local validation\n<!-- open\n")
    assert body.sections[template.CHANGES].text == ""
    # The pre-check does not take an open comment for one.
    assert body.sections[template.VALIDATION].text == "<!-- open"


def test_han_outside_of_code_and_comments() -> None:
    body = Body("abc 工作 def 流\n```\n安装\n```\n<!-- 注释 -->\nかな\n" + template.ALLOWED_SNIPPETS[0])
    ((span, characters),) = body.han()
    assert (span, characters) == (Span(1, 5, 1, 7), "工作流")


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("## Plugin information", "##\u00a0Plugin information", True),
        ("## Risk level", "##\n## Risk level", False),
        ("## Risk level", "## \n\n## Risk level", False),
        ("## Risk level", "##\ntext\n## Risk level", True),
        ("## Plugin information\n", "## Plugin information\n# What changed\n", True),
        ("## Risk level", "### Risk level", False),
    ],
)
def test_which_headings_the_pre_check_sees(old: str, new: str, *, seen: bool) -> None:
    sections = Body(COMPLETE.replace(old, new)).sections
    assert set(sections) == set(template.SECTIONS)
    assert all(section.heading.strict for section in sections.values()) is seen
    assert len(sections[template.INFORMATION].fields()) == len(template.FIELDS)


def test_of_two_sections_the_pre_check_reads_the_last_and_of_the_notes_the_first() -> None:
    text = "## Risk level\nfirst\n## Risk level\nlast\n## Security and privacy notes\nfirst\n"
    sections = Body(f"{text}## Security and privacy notes\nlast\n").sections
    assert (sections[template.RISK].text, sections[template.NOTES].text) == ("last", "first")
