"""In a template a value is escaped unless somebody said that it is safe."""

from __future__ import annotations

import pytest
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from bot.report.template import Html, Markdown, html_templates, markdown_templates


def rendered(environment: SandboxedEnvironment, template: str, **values: object) -> str:
    return environment.from_string(template).render(**values)


def test_a_forgotten_filter_does_no_harm() -> None:
    assert rendered(markdown_templates(), "{{ x }}", x="*a* <b>") == "&#42;a&#42; &#60;b&#62;"
    assert rendered(html_templates(), '<a title="{{ x }}">', x='"><b>') == '<a title="&quot;&gt;&lt;b&gt;">'


def test_what_is_marked_is_left_as_it_is() -> None:
    assert rendered(markdown_templates(), "{{ x }}", x=Markdown("*a*")) == "*a*"
    assert rendered(html_templates(), "{{ x }}", x=Html("<b>")) == "<b>"


@pytest.mark.parametrize(
    "template", ["{{ x ~ y }}", "{{ x + y }}", "{{ [x, y] | join }}", "{{ x | upper }}", "{% set z = x %}{{ z ~ y }}"]
)
def test_what_is_made_of_safe_text_is_not_safe(template: str) -> None:
    assert "*" not in rendered(markdown_templates(), template, x=Markdown("*a*"), y="*b*")


def test_a_mark_for_one_language_is_none_for_the_other() -> None:
    assert rendered(html_templates(), "{{ x }}", x=Markdown("<b>")) == "&lt;b&gt;"
    assert rendered(markdown_templates(), "{{ x }}", x=Html("<b>")) == "&#60;b&#62;"


def test_a_name_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="nothing"):
        rendered(markdown_templates(), "{{ nothing }}")


@pytest.mark.parametrize("value", [None, True, 1.5, ["x"], object()])
def test_only_text_and_whole_numbers_are_printed(value: object) -> None:
    with pytest.raises(TypeError):
        rendered(markdown_templates(), "{{ x }}", x=value)


def test_templates_are_in_a_sandbox() -> None:
    with pytest.raises(SecurityError):
        rendered(markdown_templates(), "{{ x.__class__.__mro__ }}", x="a")
